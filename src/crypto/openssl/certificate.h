/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_CERTIFICATE_H
#define HF_CRYPTO_OPENSSL_CERTIFICATE_H

#include <openssl/x509.h>

#include "crypto/openssl/key.h"

#define CERTIFICATE_MAX (64 << 10)
#define PEM_MAX (16 << 20)

/* Slices point into der. libcrypto's X509 is made only where a chain is validated: it costs as much as two
 * signatures. */
struct certificate {
    struct key key;
    uint16_t signature_scheme;
    bool has_key_usage;
    uint8_t key_usage; /* the first eight bits, bit 0 the highest: RFC 5280 4.2.1.3 */
    bool signs_ocsp, must_staple;
    bool v3;
    bool is_raw_key; /* RFC 7250: der is the spki, and there is nothing else */
    int64_t not_before, not_after;
    struct slice serial, issuer, subject, spki, names;
    struct slice usage_bits, purposes;      /* contents of keyUsage and extKeyUsage; data NULL: not there */
    struct slice tbs, algorithm, signature; /* tbs with its header: what is signed */
    size_t der_len;
    uint8_t *der;
};

/* Of what is left of a TBSCertificate behind its unique identifiers. */
bool certificate_read_extensions(struct certificate *c, struct slice tbs);
/* libcrypto's form of a DER certificate; E_MALFORMED_CERTIFICATE. */
enum err x509_of(struct slice der, X509 **out) CHECKED;
/* The same of a leaf, where it is cheaper without its key: X509_get0_pubkey may answer NULL. */
enum err x509_of_leaf(const struct certificate *c, X509 **out) CHECKED;

/*
 * The next block of PEM text whose label is one of two (second may be NULL), decoded; der is allocated by
 * libcrypto: OPENSSL_free. E_BAD_PEM for a broken block; at the end OK with *der NULL.
 */
enum err pem_next(BIO *pem, const char *first, const char *second, struct span *der) CHECKED;
/* The same of text, allocated with memory_copy; *rest begins behind it. */
enum err pem_take(struct slice *rest, const char *first, const char *second, struct span *der) CHECKED;

/* "2026-01-02 03:04:05 UTC" */
#define DATE_SIZE 32
void date_describe(int64_t seconds, char out[DATE_SIZE]);

#endif
