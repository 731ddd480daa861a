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
#define WHY_RECOMMENDED "forward secrecy and AEAD: what RFC 9325 4.2 recommends"
#define WHY_CHACHA20 "the same, for peers without AES instructions"
#define SUITES_2026_11 \
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", WHY_RECOMMENDED, "RFC 5289 3.2"}, \
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", WHY_CHACHA20, "RFC 7905 2"}, \
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", WHY_CHACHA20, "RFC 7905 2"}

#define WHY_GROUP "128 bits of strength: the keys of a connection are no stronger"
#define WHY_LARGE_GROUP "for peers whose own policy asks for more"
#define GROUPS_2026_11 \
    {"secp256r1", WHY_GROUP, "RFC 8422 5.1.1"}, \
    {"x25519", WHY_GROUP, "RFC 8422 5.1.1"}, \
    {"secp384r1", WHY_LARGE_GROUP, "RFC 8422 5.1.1"}, \
    {"x448", WHY_LARGE_GROUP, "RFC 8422 5.1.1"}, \
    {"secp521r1", WHY_LARGE_GROUP, "RFC 8422 5.1.1"}

#define WHY_ECDSA "with elliptic curves: a tenth of RSA's cost to sign"
#define WHY_PSS "RSA with the padding that has a proof"
#define WHY_PKCS1 "RSA as every peer of TLS 1.2 has it"
#define SCHEMES_2026_11 \
    {"ecdsa_secp256r1_sha256", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ecdsa_secp384r1_sha384", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ecdsa_secp521r1_sha512", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"ed25519", WHY_ECDSA, "RFC 8422 5.1.3"}, \
    {"rsa_pss_rsae_sha256", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_rsae_sha384", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_rsae_sha512", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_pss_sha256", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_pss_sha384", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pss_pss_sha512", WHY_PSS, "RFC 8446 4.2.3"}, \
    {"rsa_pkcs1_sha256", WHY_PKCS1, "RFC 5246 7.4.1.4.1"}, \
    {"rsa_pkcs1_sha384", WHY_PKCS1, "RFC 5246 7.4.1.4.1"}, \
    {"rsa_pkcs1_sha512", WHY_PKCS1, "RFC 5246 7.4.1.4.1"}

static const hf_policy_entry suites_2026_11[] = {SUITES_2026_11};
static const hf_policy_entry groups_2026_11[] = {GROUPS_2026_11};
static const hf_policy_entry schemes_2026_11[] = {SCHEMES_2026_11};
/* clang-format on */

const hf_policy policies[] = {
    {
        .name = "2026-11",
        .alias = "default",
        .text =
            "The profile of RFC 9325 for TLS 1.2: a key exchange with forward secrecy, authenticated encryption, "
            "no SHA-1, and keys of 112 bits of strength or more. What a config has when nothing is said.",
        .suites = LIST(suites_2026_11),
        .groups = LIST(groups_2026_11),
        .schemes_to_sign = LIST(schemes_2026_11),
        .schemes_to_accept = LIST(schemes_2026_11),
        .min_rsa_bits = 2048,
        .min_ec_bits = 256,
        .min_dh_bits = 2048,
    },
};
const size_t policy_count = sizeof policies / sizeof policies[0];
