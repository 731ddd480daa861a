/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_CRYPTO_H
#define HF_CRYPTO_CRYPTO_H

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"
#include "crypto/derive.h"
#include "crypto/exchange.h"

/*
 * The only door to crypto libraries: what TLS needs, grouped by need, and no library's type. Everything that
 * can be fetched or parsed is so in crypto_start or when a key is loaded; nothing here looks up a name or
 * takes a shared lock after that. Calls on different objects may run in different threads; const objects may
 * be shared.
 */

/* Once per process before anything else, from any thread, any number of times. E_CRYPTO_FAILED when libcrypto
 * lacks something. */
enum err crypto_start(void) CHECKED;
/* "OpenSSL 3.0.22 25 Aug 2026" */
const char *crypto_version(void);

/* ---- AEAD: RFC 5116 ---- */
enum aead {
    AEAD_NONE,
    AEAD_AES_128_GCM,
    AEAD_AES_256_GCM,
    AEAD_CHACHA20_POLY1305,
    AEAD_AES_128_CCM, /* RFC 6655 */
    AEAD_AES_256_CCM,
    AEAD_AES_128_CCM_8, /* with a tag of 8 bytes */
    AEAD_AES_256_CCM_8,
    AEAD_COUNT
};
#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_MAX 16
size_t aead_key_size(enum aead a);
size_t aead_tag_size(enum aead a);
enum aead_use { AEAD_SEAL, AEAD_OPEN };
/* A key with its schedule. Zeroed memory is a valid empty one. */
struct aead_implementation; /* aead.h */
struct aead_key {
    enum aead aead;
    enum aead_use use;
    const struct aead_implementation *by;
    void *schedule; /* the implementation's */
};
enum err aead_key_set(struct aead_key *k, enum aead a, enum aead_use use, struct slice key) CHECKED;
void aead_key_wipe(struct aead_key *k);
/* Writes plain.len + aead_tag_size bytes to out, which is plain.data itself or does not overlap it. */
enum err aead_seal(struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional,
                   struct slice plain, uint8_t *out) CHECKED;
/*
 * The same where plaintext lies in two places: behind plain go bytes that stand in out already, out.len -
 * plain.len - aead_tag_size of them. plain is out.data itself or does not overlap out.
 */
enum err aead_seal_joined(struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional,
                          struct slice plain, struct span out) CHECKED;
/* Writes sealed.len - aead_tag_size bytes to out, in place or not; E_BAD_RECORD_MAC, and then out holds
 * nothing of the plaintext. */
enum err aead_open(struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional,
                   struct slice sealed, uint8_t *out) CHECKED;

/* ---- CBC with HMAC: RFC 5246 6.2.3.2, RFC 7366 ---- */
enum cbc { CBC_NONE, CBC_AES_128, CBC_AES_256, CBC_COUNT };
#define CBC_BLOCK 16
#define CBC_PADDING_MAX 256 /* RFC 5246 6.2.3.2, with the byte that tells its length */
#define CBC_MAC_MAX 48
#define CBC_PREFIX 11 /* what is authenticated before a length: seq_num, type, version */
size_t cbc_key_size(enum cbc c);
struct cbc_form {
    enum cbc cbc;
    enum hash mac;
    bool encrypt_then_mac;
    bool
        truncated; /* RFC 6066 7: laboratory builds alone (HF_LAB_TRUNCATED_HMAC), elsewhere no key is made for it */
};
#define TRUNCATED_MAC 10
/* What a record carries of the MAC. */
size_t cbc_mac_size(const struct cbc_form *form);
/* Both keys with their schedules. Zeroed memory is a valid empty one. */
struct cbc_hmac_key {
    void *schedule;
};
enum err cbc_hmac_key_set(struct cbc_hmac_key *k, const struct cbc_form *form, enum aead_use use,
                          struct slice key, struct slice mac_key) CHECKED;
void cbc_hmac_key_wipe(struct cbc_hmac_key *k);
/* Bytes behind len bytes of plaintext: the MAC, and padding to whole blocks as short as it can be. */
size_t cbc_hmac_tail(const struct cbc_form *form, size_t len);
/*
 * out begins with the IV, CBC_BLOCK bytes that the caller drew at random; behind it go plain (which may stand
 * there already) and the tail.
 */
enum err cbc_hmac_seal(struct cbc_hmac_key *k, const uint8_t prefix[CBC_PREFIX], struct slice plain,
                       uint8_t *out) CHECKED;
/*
 * Opens sealed, IV included, in place; *plain points into it. Whatever is wrong is E_BAD_RECORD_MAC and
 * leaves nothing of the plaintext. MAC-then-encrypt: one path, constant in time in the plaintext's length and
 * in the padding, until it is known that the record is genuine.
 */
enum err cbc_hmac_open(struct cbc_hmac_key *k, const uint8_t prefix[CBC_PREFIX], struct span sealed,
                       struct span *plain) CHECKED;

/* ---- cipher suites: one row each (suites.c) ---- */
enum key_exchange {
    KX_ECDHE, /* with AUTH_ANON: ECDH_anon */
    KX_DHE,   /* with AUTH_ANON: DH_anon */
    KX_RSA,
    KX_ECDH, /* the certificate's own key: RFC 4492 2.1, 2.3 */
    KX_TLS13 /* chosen beside the suite: RFC 8446 4.2.7, 4.2.9 */
};
/* What kind of key the certificate has; under KX_ECDH, what kind of key signed it. */
enum authentication {
    AUTH_ECDSA, /* Ed25519 certificates serve these suites too: RFC 8422 5.1.3 */
    AUTH_RSA,
    AUTH_ANON,
    AUTH_TLS13 /* chosen beside the suite: RFC 8446 4.2.3 */
};
enum nonce_form { NONCE_EXPLICIT, NONCE_XORED }; /* RFC 5288 3; RFC 7905 2 */
struct suite {
    uint16_t code;
    const char *name;
    enum key_exchange kx;
    enum authentication auth;
    enum aead aead; /* AEAD_NONE: cbc with mac instead */
    enum nonce_form nonce;
    enum cbc cbc;
    enum hash mac;
    enum hash hash; /* of the PRF and the transcript */
};
/* TLS 1.2's, in order of preference; NULL past the last. */
const struct suite *suite_at(size_t i);
const struct suite *suite_of(uint16_t code); /* NULL when it is not one that can be negotiated in TLS 1.2 */
/* The same of TLS 1.3, RFC 8446 B.4: neither version can be given the other's by mistake. */
const struct suite *suite13_at(size_t i);
const struct suite *suite13_of(uint16_t code);
bool suite_is_tls13(const struct suite *s);
/* What a suite takes from the key block for one direction beside its IV, RFC 5246 6.3. */
size_t suite_key_size(const struct suite *s);
size_t suite_mac_key_size(const struct suite *s); /* 0 for AEAD */

/* ---- signature schemes ---- */
enum key_kind { KEY_NONE, KEY_RSA, KEY_RSA_PSS, KEY_EC, KEY_ED25519, KEY_ED448 };
struct scheme {
    uint16_t code;
    const char *name;
    enum key_kind key;
    enum hash hash;
    uint16_t group; /* for EC: the curve that RFC 8446 ties to it; TLS 1.2 does not: RFC 5246 7.4.1.4.1. 0
                       otherwise */
    bool legacy;    /* SHA-1: never in a default */
};
const struct scheme *scheme_at(size_t i); /* in order of preference; NULL past the last */
const struct scheme *scheme_of(uint16_t code);

#define SIGNATURE_MAX 1024 /* RSA-8192 */
struct signature {
    size_t len;
    uint8_t bytes[SIGNATURE_MAX];
};

/* RSA-PSS by its scheme, whatever the key's kind: RFC 8446 4.2.3. */
bool scheme_is_pss(const struct scheme *s);

/* What a certificate's or a private key's public part is, filled when parsing. KEY_NONE: none that TLS 1.2
 * could use here. */
struct key_shape {
    enum key_kind kind;
    uint16_t group;      /* EC: code of its curve, 0 when it is not one of ours */
    uint16_t bits;       /* RSA modulus, EC field */
    enum hash only_hash; /* RSA-PSS: the one hash the key's parameters allow, RFC 4055 3.1; HASH_NONE: any */
};
/* Whether a key of this shape can make signatures of this scheme in TLS 1.2. */
bool scheme_fits(const struct scheme *s, const struct key_shape *key);
/*
 * And in TLS 1.3's CertificateVerify, RFC 8446 4.2.3: an ECDSA scheme is for its curve alone, and neither
 * RSASSA-PKCS1-v1_5 nor SHA-1 is for handshakes at all. Of certificates scheme_of_algorithm judges.
 */
bool scheme_fits13(const struct scheme *s, const struct key_shape *key);
/* Whether TLS 1.3 has it for CertificateVerify with some key. */
bool scheme_is_tls13(const struct scheme *s);

/* ---- private keys: immutable once loaded, shared by connections ---- */
struct private_key;
/* PEM (PKCS#8, EC, RSA; encrypted with a password) or DER. E_BAD_PEM, E_BAD_PASSWORD,
 * E_UNSUPPORTED_CERTIFICATE. */
enum err private_key_load(struct slice bytes, const char *password, struct private_key **out) CHECKED;
const struct key_shape *private_key_shape(const struct private_key *k);
enum err private_key_sign(const struct private_key *k, const struct scheme *s, struct slice message,
                          struct signature *out) CHECKED;
/*
 * KX_RSA, RFC 5246 7.4.7.1: the premaster in encrypted, and where it is not one for client_version (that of
 * ClientHello), random bytes instead. Which of the two it was shows nowhere: not in the result, not in the
 * time. What fails is for want of memory or of random bytes, or a key that is not KEY_RSA (E_INTERNAL).
 */
enum err private_key_decrypt_premaster(const struct private_key *k, uint16_t client_version,
                                       struct slice encrypted, struct premaster *out) CHECKED;
/* KX_ECDH, RFC 8422 5.10: the key's own secret with a peer's point of its curve. As kx_finish, but the key
 * stays. */
enum err private_key_agree(const struct private_key *k, struct slice peer, struct premaster *out) CHECKED;
void private_key_free(struct private_key *k);

/* ---- certificates ---- */
struct certificate;                                                             /* parsed, immutable */
enum err certificate_parse(struct slice der, struct certificate **out) CHECKED; /* E_MALFORMED_CERTIFICATE */
/*
 * A raw public key, RFC 7250, in the place of a certificate: a DER SubjectPublicKeyInfo. It has no names, no
 * usage that would limit it, no issuer, and does not end. E_MALFORMED_CERTIFICATE.
 */
enum err certificate_of_key(struct slice spki, struct certificate **out) CHECKED;
bool certificate_is_raw_key(const struct certificate *c);
/* SHA-256 over the SubjectPublicKeyInfo: what a key is known by. */
#define KEY_DIGEST_SIZE 32
enum err certificate_key_digest(const struct certificate *c, uint8_t out[KEY_DIGEST_SIZE]) CHECKED;
/* "raw EC key of 256 bits, sha256:…", cut to fit; of a SubjectPublicKeyInfo: E_MALFORMED_CERTIFICATE. */
enum err raw_key_describe(const struct certificate *c, char *out, size_t size) CHECKED;
enum err raw_key_tell(struct slice spki, char *out, size_t size) CHECKED;
/* The next public key of PEM text ("PUBLIC KEY"), or the one that is DER, as DER allocated with memory_copy;
 * *rest begins behind it. spki->data NULL: there is no more. E_BAD_PEM: it is damaged. It is not parsed. */
enum err public_key_next(struct slice *rest, struct span *spki) CHECKED;
/* The first; E_BAD_PEM where there is none. */
enum err public_key_read(struct slice bytes, struct span *spki) CHECKED;
/* A private key's public half as DER SubjectPublicKeyInfo, allocated with memory_copy. */
enum err private_key_public(const struct private_key *k, struct span *spki) CHECKED;
/* The next certificate of PEM text as DER, allocated with memory_copy; *rest begins behind it. der->data
 * NULL: there is no more. E_BAD_PEM: it is damaged. */
enum err certificate_next(struct slice *rest, struct span *der) CHECKED;
/* The i-th; E_BAD_PEM past the last and when there is none. */
enum err certificate_from_pem(struct slice pem, size_t i, struct span *der) CHECKED;
void certificate_free(struct certificate *c);
const struct key_shape *certificate_key(const struct certificate *c);
/* Certificate's own signature scheme (who issued it signed with), 0 when it is none of ours. */
uint16_t certificate_signature_scheme(const struct certificate *c);
struct slice certificate_issuer(const struct certificate *c);     /* DER Name, lives with c */
struct slice certificate_subject(const struct certificate *c);    /* DER Name, lives with c */
struct slice certificate_public_key(const struct certificate *c); /* DER SubjectPublicKeyInfo, lives with c */
struct slice certificate_der(const struct certificate *c);        /* the whole, lives with c */
int64_t certificate_not_before(const struct certificate *c);      /* seconds since 1970 */
int64_t certificate_not_after(const struct certificate *c);
/* What RFC 6066 6 calls key_sha1_hash: of an RSA modulus, or of any other key's subjectPublicKey. A name for
 * the key, not a protection. */
#define SHA1_SIZE 20
enum err certificate_key_sha1(const struct certificate *c, uint8_t out[SHA1_SIZE]) CHECKED;
enum err sha1_of(struct slice bytes, uint8_t out[SHA1_SIZE]) CHECKED;
bool certificate_is_v3(const struct certificate *c);
/* keyUsage allows digitalSignature, or there is no keyUsage (RFC 5280 4.2.1.3). */
bool certificate_may_sign(const struct certificate *c);
bool certificate_may_encipher(const struct certificate *c); /* keyEncipherment: KX_RSA */
bool certificate_may_agree(const struct certificate *c);    /* keyAgreement: KX_ECDH, fixed ECDH clients */
/* RFC 8446 4.2.5: whether it has this extension (a DER OID) with all of these values (DER; empty: with any).
 * keyUsage and extKeyUsage are known; of any other the answer is true. */
bool certificate_meets(const struct certificate *c, struct slice extension, struct slice values);
/* Its extended key usage has OCSPSigning (RFC 6960 4.2.2.2). */
bool certificate_signs_ocsp(const struct certificate *c);
/* Its TLS feature extension lists status_request or status_request_v2 (RFC 7633 4.1). */
bool certificate_must_staple(const struct certificate *c);
bool certificate_is_valid_at(const struct certificate *c, int64_t now);
/* Whether this issuer's key made c's signature, with a hash that is sound: E_BAD_SIGNATURE. Names and CA:TRUE
 * are not looked at. */
enum err certificate_is_signed_by(const struct certificate *c, const struct certificate *issuer) CHECKED;
/* The scheme of an AlgorithmIdentifier's content for keys of this kind; NULL: none that is sound and ours. */
const struct scheme *scheme_of_algorithm(struct slice algorithm, enum key_kind kind);
/* RFC 6125 6.4: DNS name (wildcard in the leftmost label only) or IP address literal; subjectAltName only, never CN. */
bool certificate_names(const struct certificate *c, const char *name);
struct slice certificate_serial(const struct certificate *c); /* INTEGER's content, lives with c */
struct slice certificate_common_name(
    const struct certificate *c); /* the last one of its subject; empty: none */
/* i-th name of its subjectAltName: *kind numbers GeneralName's choices (RFC 5280 4.2.1.6), 1 rfc822Name, 2
 * dNSName, 6 uniformResourceIdentifier; false past the last. */
bool certificate_name_at(const struct certificate *c, size_t i, unsigned *kind, struct slice *value);
/* i-th DNS name of its subjectAltName (for choosing by SNI); empty slice past the last. Lives with c. */
struct slice certificate_dns_name(const struct certificate *c, size_t i);
/* "CN=example.org, O=…" cut to fit, always NUL-terminated; for sentences. */
void certificate_describe(const struct certificate *c, char *out, size_t size);
/* The names that it is for, as names_describe() has them. */
void certificate_describe_names(const struct certificate *c, char *out, size_t size);
/* A DER Name in the same form; "" when it is empty, or is none. */
void name_describe(struct slice name, char *out, size_t size);
/* More of a DER certificate in one line: "CN=a, issued by CN=b, from 2026-01-02 03:04:05 UTC until …, for
 * a.example". E_MALFORMED_CERTIFICATE. */
enum err certificate_tell(struct slice der, char *out, size_t size) CHECKED;
bool private_key_matches(const struct private_key *k, const struct certificate *c);
/* Verify a handshake signature by the certificate's key: E_BAD_SIGNATURE, E_SCHEME_UNFIT_FOR_KEY. */
enum err certificate_verify_signature(const struct certificate *c, const struct scheme *s,
                                      struct slice message, struct slice signature) CHECKED;
/*
 * KX_RSA, a client: makes a premaster for client_version (that of ClientHello) and encrypts it to the
 * certificate's key. encrypted has room for SIGNATURE_MAX bytes; its len becomes what is used.
 * E_UNSUPPORTED_CERTIFICATE when the key is not KEY_RSA.
 */
enum err certificate_encrypt_premaster(const struct certificate *c, uint16_t client_version,
                                       const struct random_source *r, struct premaster *out,
                                       struct span *encrypted) CHECKED;
/* KX_ECDH: the point of an EC certificate, uncompressed as a key share is. E_UNSUPPORTED_CERTIFICATE. */
enum err certificate_point(const struct certificate *c, uint8_t out[KEY_SHARE_MAX], size_t *len) CHECKED;

/* ---- chains: RFC 5280 6, with policy on top ---- */
struct trust; /* trust anchors; mutable until its config is frozen, then shared and const */
enum err trust_new(struct trust **out) CHECKED;
enum err trust_add_pem(struct trust *t, struct slice pem, size_t *added) CHECKED;
enum err trust_add_path(struct trust *t, const char *file_or_directory, size_t *added) CHECKED;
enum err trust_add_system(struct trust *t) CHECKED;
enum err trust_add_crls(struct trust *t, struct slice pem) CHECKED;
size_t trust_count(const struct trust *t);
bool trust_has_crls(const struct trust *t);
/* DER Name of the i-th anchor, for CertificateRequest; empty past the last. */
struct slice trust_name(const struct trust *t, size_t i);
/* The i-th anchor itself, lives with t; NULL past the last. */
const struct certificate *trust_certificate(const struct trust *t, size_t i);
/* SHA-256 over all anchors and CRLs in an order of its own: what a session is bound to. */
enum err trust_digest(const struct trust *t, uint8_t out[32]) CHECKED;
void trust_free(struct trust *t);

enum purpose { FOR_SERVER_AUTH, FOR_CLIENT_AUTH };
/* What the handshake does with the leaf's key; its keyUsage must allow it. */
enum key_use { KEY_SIGNS, KEY_ENCIPHERS, KEY_AGREES };
struct chain_policy {
    enum purpose purpose;
    enum key_use use;
    const char *name;   /* DNS name or IP literal the leaf must be for; NULL: none is checked */
    int64_t now;        /* seconds since 1970 */
    unsigned max_depth; /* most certificates between leaf and anchor, both excluded */
    unsigned min_rsa_bits, min_ec_bits;
};
struct chain_verdict {
    enum err err;      /* OK or why not: UNTRUSTED rows */
    int depth;         /* of the certificate at fault, 0 the leaf */
    int64_t not_after; /* earliest notAfter of the validated chain */
    char detail[256];  /* "certificate 0 (CN=server.test) expired on 2026-01-02 03:04:05 UTC": which
                          certificate and why */
};
/*
 * Validates leaf, with the rest of the peer's chain as helpers (chain: Certificate's list, each with a 24-bit
 * length, leaf first). The result is in out->err; the return value is E_NO_MEMORY or E_CRYPTO_FAILED when no
 * verdict could be reached (never a pass).
 */
enum err chain_check(const struct trust *t, const struct certificate *leaf, struct slice chain,
                     const struct chain_policy *policy, struct chain_verdict *out) CHECKED;

#endif
