/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_TRUST_H
#define HF_CRYPTO_OPENSSL_TRUST_H

#include "crypto/openssl/certificate.h"

#define DIGEST_SIZE 32

struct anchor {
    X509 *x509; /* with its extensions cached, so that reading it writes nothing */
    struct certificate *certificate;
    uint8_t digest[DIGEST_SIZE]; /* SHA-256 of its DER */
};

/*
 * Anchors lie sorted by subject as X509_NAME_cmp sees it, so that a validation picks those that can matter
 * instead of asking a shared X509_STORE, whose every look-up takes its lock. Const from the moment that its
 * config is frozen.
 */
struct trust {
    struct anchor *anchors;
    size_t count, room;
    STACK_OF(X509_CRL) * crls;
    uint8_t (*crl_digests)[DIGEST_SIZE];
    size_t crl_count;
    bool skip_malformed; /* while reading the system's: one odd certificate must not cost the others */
};

/* Index of the first anchor whose subject is not below name. */
size_t trust_find(const struct trust *t, const X509_NAME *name);

#endif
