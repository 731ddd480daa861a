/* SPDX-License-Identifier: MIT */
/* table */
#include "conn/policy.h"

/*
 * The policies. A released one is never edited: add lists of a new date and let the alias move to them.
 * tests/api/test_policy.c holds each date's contents once more, word by word.
 */
#define LIST(array)                           \
    {                                         \
        array, sizeof array / sizeof array[0] \
    }

/* clang-format off */
/* ---- 2026-11: RFC 9325 ---- */
#define WHY_TLS13 "TLS 1.3: forward secrecy and AEAD with every suite"
#define WHY_TLS13_CHACHA20 "the same, for peers without AES instructions"
#define SUITES13_2026_11 \
    {"TLS_AES_128_GCM_SHA256", WHY_TLS13, "RFC 8446 B.4"}, \
    {"TLS_AES_256_GCM_SHA384", WHY_TLS13, "RFC 8446 B.4"}, \
    {"TLS_CHACHA20_POLY1305_SHA256", WHY_TLS13_CHACHA20, "RFC 8446 B.4"}
#define WHY_RECOMMENDED "forward secrecy and AEAD: what RFC 9325 4.2 recommends"
#define WHY_CHACHA20 "the same, for peers without AES instructions"
#define SUITES_2026_11 \
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", WHY_CHACHA20, "RFC 7905 2"}, \
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", WHY_CHACHA20, "RFC 7905 2"}

#define WHY_GROUP "as strong as AES-128, and fast"
#define WHY_LARGE_GROUP "for peers whose own policy asks for more"
#define WHY_HYBRID "TLS 1.3, secret also from quantum computers; where libcrypto has ML-KEM: 3.5 and newer"
#define RFC_HYBRID "RFC 8446 4.2.7, draft-ietf-tls-ecdhe-mlkem"
#define GROUPS_2026_11 \
    {"X25519MLKEM768", WHY_HYBRID, RFC_HYBRID}, \
    {"secp256r1", WHY_GROUP, "RFC 8422 5.1.1"}, \
    {"x25519", WHY_GROUP, "RFC 8422 5.1.1"}, \
    {"secp384r1", WHY_LARGE_GROUP, "RFC 8422 5.1.1"}, \
    {"x448", WHY_LARGE_GROUP, "RFC 8422 5.1.1"}, \
    {"secp521r1", WHY_LARGE_GROUP, "RFC 8422 5.1.1"}, \
    {"SecP256r1MLKEM768", WHY_HYBRID, RFC_HYBRID}

#define WHY_ECDSA "with elliptic curves: a tenth of RSA's cost to sign"
#define WHY_PSS "RSA with the padding that has a proof"
#define WHY_PKCS1 "RSA as every peer of TLS 1.2 has it"
#define SCHEMES_2026_11 \
    {"ecdsa_secp256r1_sha256", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ecdsa_secp384r1_sha384", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ecdsa_secp521r1_sha512", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ed25519", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ed448", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"rsa_pss_rsae_sha256", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_rsae_sha384", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_rsae_sha512", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_pss_sha256", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_pss_sha384", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_pss_sha512", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pkcs1_sha256", WHY_PKCS1, "RFC 5246 7.4.1.4.1"}, \
    {"rsa_pkcs1_sha384", WHY_PKCS1, "RFC 5246 7.4.1.4.1"}, \
    {"rsa_pkcs1_sha512", WHY_PKCS1, "RFC 5246 7.4.1.4.1"}

/* ---- compat-2026-11 ---- */
#define WHY_CCM "forward secrecy and AEAD, for small devices that have no GCM"
#define COMPAT_SUITES13_2026_11 \
    {"TLS_AES_128_CCM_SHA256", WHY_CCM, "RFC 8446 B.4"}
#define WHY_DHE "forward secrecy and AEAD for peers without elliptic curves; RFC 9325 4.1 advises against DHE"
#define WHY_CBC "forward secrecy, but CBC: under encrypt-then-MAC (RFC 7366) where the peer has it, else opened in constant time"
#define WHY_RSA "no forward secrecy: whoever gets the server's key reads what was recorded; RFC 9325 4.1 advises against it"
#define WHY_RSA_CBC "neither forward secrecy nor AEAD: for the oldest peers"
#define COMPAT_SUITES_2026_11 \
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", WHY_CCM, "RFC 7251 2"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM", WHY_CCM, "RFC 7251 2"}, \
    {"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", WHY_DHE, "RFC 5288 3"}, \
    {"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", WHY_DHE, "RFC 5288 3"}, \
    {"TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", WHY_DHE, "RFC 7905 2"}, \
    {"TLS_DHE_RSA_WITH_AES_128_CCM", WHY_DHE, "RFC 6655 3"}, \
    {"TLS_DHE_RSA_WITH_AES_256_CCM", WHY_DHE, "RFC 6655 3"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", WHY_CBC, "RFC 5289 3.1"}, \
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", WHY_CBC, "RFC 5289 3.1"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", WHY_CBC, "RFC 5289 3.1"}, \
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", WHY_CBC, "RFC 5289 3.1"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", WHY_CBC, "RFC 8422 6"}, \
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", WHY_CBC, "RFC 8422 6"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", WHY_CBC, "RFC 8422 6"}, \
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", WHY_CBC, "RFC 8422 6"}, \
    {"TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", WHY_CBC, "RFC 5246 A.5"}, \
    {"TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", WHY_CBC, "RFC 5246 A.5"}, \
    {"TLS_DHE_RSA_WITH_AES_128_CBC_SHA", WHY_CBC, "RFC 5246 A.5"}, \
    {"TLS_DHE_RSA_WITH_AES_256_CBC_SHA", WHY_CBC, "RFC 5246 A.5"}, \
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", WHY_RSA, "RFC 5288 3"}, \
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", WHY_RSA, "RFC 5288 3"}, \
    {"TLS_RSA_WITH_AES_128_CCM", WHY_RSA, "RFC 6655 3"}, \
    {"TLS_RSA_WITH_AES_256_CCM", WHY_RSA, "RFC 6655 3"}, \
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", WHY_RSA_CBC, "RFC 5246 A.5"}, \
    {"TLS_RSA_WITH_AES_256_CBC_SHA256", WHY_RSA_CBC, "RFC 5246 A.5"}, \
    {"TLS_RSA_WITH_AES_128_CBC_SHA", WHY_RSA_CBC, "RFC 5246 A.5"}, \
    {"TLS_RSA_WITH_AES_256_CBC_SHA", WHY_RSA_CBC, "RFC 5246 A.5"}
#define WHY_FFDHE "for DHE: primes that are known to be good"
#define COMPAT_GROUPS_2026_11 \
    {"ffdhe2048", WHY_FFDHE, "RFC 7919 A.1"}, \
    {"ffdhe3072", WHY_FFDHE, "RFC 7919 A.2"}, \
    {"ffdhe4096", WHY_FFDHE, "RFC 7919 A.3"}, \
    {"ffdhe6144", WHY_FFDHE, "RFC 7919 A.4"}, \
    {"ffdhe8192", WHY_FFDHE, "RFC 7919 A.5"}

/* ---- all-2026-11 ---- */
#define WHY_CCM_8 "AEAD with a tag of 8 bytes: one forgery in 2^64 succeeds"
#define ALL_SUITES13_2026_11 \
    {"TLS_AES_128_CCM_8_SHA256", WHY_CCM_8, "RFC 8446 B.4"}
#define WHY_STATIC "no forward secrecy: the key exchange is the certificate's own key; RFC 9325 4.1 advises against it"
#define WHY_ANON "nobody is authenticated: whoever is in between can be the peer (RFC 5246 F.1.1.1)"
#define ALL_SUITES_2026_11 \
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", WHY_CCM_8, "RFC 7251 2"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", WHY_CCM_8, "RFC 7251 2"}, \
    {"TLS_DHE_RSA_WITH_AES_128_CCM_8", WHY_CCM_8, "RFC 6655 3"}, \
    {"TLS_DHE_RSA_WITH_AES_256_CCM_8", WHY_CCM_8, "RFC 6655 3"}, \
    {"TLS_RSA_WITH_AES_128_CCM_8", WHY_CCM_8, "RFC 6655 3"}, \
    {"TLS_RSA_WITH_AES_256_CCM_8", WHY_CCM_8, "RFC 6655 3"}, \
    {"TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", WHY_STATIC, "RFC 5289 3.2"}, \
    {"TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", WHY_STATIC, "RFC 5289 3.2"}, \
    {"TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384", WHY_STATIC, "RFC 5289 3.2"}, \
    {"TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", WHY_STATIC, "RFC 5289 3.2"}, \
    {"TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", WHY_STATIC, "RFC 5289 3.1"}, \
    {"TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", WHY_STATIC, "RFC 5289 3.1"}, \
    {"TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384", WHY_STATIC, "RFC 5289 3.1"}, \
    {"TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384", WHY_STATIC, "RFC 5289 3.1"}, \
    {"TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", WHY_STATIC, "RFC 4492 6"}, \
    {"TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", WHY_STATIC, "RFC 4492 6"}, \
    {"TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA", WHY_STATIC, "RFC 4492 6"}, \
    {"TLS_ECDH_RSA_WITH_AES_256_CBC_SHA", WHY_STATIC, "RFC 4492 6"}, \
    {"TLS_DH_anon_WITH_AES_128_GCM_SHA256", WHY_ANON, "RFC 5288 3"}, \
    {"TLS_DH_anon_WITH_AES_256_GCM_SHA384", WHY_ANON, "RFC 5288 3"}, \
    {"TLS_ECDH_anon_WITH_AES_128_CBC_SHA", WHY_ANON, "RFC 4492 6"}, \
    {"TLS_ECDH_anon_WITH_AES_256_CBC_SHA", WHY_ANON, "RFC 4492 6"}, \
    {"TLS_DH_anon_WITH_AES_128_CBC_SHA256", WHY_ANON, "RFC 5246 A.5"}, \
    {"TLS_DH_anon_WITH_AES_256_CBC_SHA256", WHY_ANON, "RFC 5246 A.5"}, \
    {"TLS_DH_anon_WITH_AES_128_CBC_SHA", WHY_ANON, "RFC 5246 A.5"}, \
    {"TLS_DH_anon_WITH_AES_256_CBC_SHA", WHY_ANON, "RFC 5246 A.5"}
#define WHY_SHA1 "SHA-1: collisions are made at will; RFC 9155 forbids it"
#define ALL_SCHEMES_2026_11 \
    {"ecdsa_sha1", WHY_SHA1, "RFC 5246 7.4.1.4.1"}, \
    {"rsa_pkcs1_sha1", WHY_SHA1, "RFC 5246 7.4.1.4.1"}

static const hf_policy_entry suites_2026_11[] = {SUITES13_2026_11, SUITES_2026_11};
static const hf_policy_entry groups_2026_11[] = {GROUPS_2026_11};
static const hf_policy_entry schemes_2026_11[] = {SCHEMES_2026_11};
static const hf_policy_entry compat_suites_2026_11[] = {SUITES13_2026_11, COMPAT_SUITES13_2026_11, SUITES_2026_11,
                                                        COMPAT_SUITES_2026_11};
static const hf_policy_entry compat_groups_2026_11[] = {GROUPS_2026_11, COMPAT_GROUPS_2026_11};
static const hf_policy_entry all_suites_2026_11[] = {SUITES13_2026_11, COMPAT_SUITES13_2026_11, ALL_SUITES13_2026_11,
                                                     SUITES_2026_11, COMPAT_SUITES_2026_11, ALL_SUITES_2026_11};
static const hf_policy_entry all_schemes_2026_11[] = {SCHEMES_2026_11, ALL_SCHEMES_2026_11};
/* clang-format on */

const hf_policy policies[] = {
    {
        .name = "2026-11",
        .alias = "default",
        .text =
            "TLS 1.3 and 1.2, by the profile of RFC 9325: a key exchange with forward secrecy, authenticated encryption, "
            "no SHA-1, and keys of 112 bits of strength or more. What a config has when nothing is said.",
        .min_version = TLS_1_2,
        .max_version = TLS_1_3,
        .suites = LIST(suites_2026_11),
        .groups = LIST(groups_2026_11),
        .schemes_to_sign = LIST(schemes_2026_11),
        .schemes_to_accept = LIST(schemes_2026_11),
        .min_rsa_bits = 2048,
        .min_ec_bits = 256,
        .min_dh_bits = 2048,
    },
    {
        .name = "compat-2026-11",
        .alias = "compat",
        .text =
            "For peers that the default refuses: behind everything it has, CCM, Diffie-Hellman in the groups of RFC 7919, "
            "CBC, and last RSA key transport. What is negotiated with a modern peer is what it is by default.",
        .min_version = TLS_1_2,
        .max_version = TLS_1_3,
        .suites = LIST(compat_suites_2026_11),
        .groups = LIST(compat_groups_2026_11),
        .schemes_to_sign = LIST(schemes_2026_11),
        .schemes_to_accept = LIST(schemes_2026_11),
        .min_rsa_bits = 2048,
        .min_ec_bits = 256,
        .min_dh_bits = 2048,
    },
    {
        .name = "all-2026-11",
        .alias = "all",
        .text =
            "For laboratories: every cipher suite, group and signature scheme there is, static ECDH, anonymous suites and "
            "SHA-1 among them, and keys of 1024 bits.",
        .warning =
            "the policy all is for laboratories: it has anonymous cipher suites, so that whoever is in between can be "
            "the peer (RFC 5246 F.1.1.1), and SHA-1 signatures (RFC 9155)",
        .min_version = TLS_1_2,
        .max_version = TLS_1_3,
        .suites = LIST(all_suites_2026_11),
        .groups = LIST(compat_groups_2026_11),
        .schemes_to_sign = LIST(all_schemes_2026_11),
        .schemes_to_accept = LIST(all_schemes_2026_11),
        .allows_anonymous = true,
        .min_rsa_bits = 1024,
        .min_ec_bits = 256,
        .min_dh_bits = 1024,
    },
};
const size_t policy_count = sizeof policies / sizeof policies[0];
