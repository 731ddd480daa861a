/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_CHAIN_H
#define HF_CRYPTO_OPENSSL_CHAIN_H

#include <openssl/x509_vfy.h>

#include "crypto/openssl/trust.h"

#define HELPERS_MAX 32 /* certificates beside the leaf that are looked at */

/* One validation under way. */
struct validation {
    const struct trust *trust;
    const struct certificate *leaf;
    const struct chain_policy *policy;
    struct chain_verdict *verdict;
    X509 *leaf_x509;
    STACK_OF(X509) * helpers;    /* owned */
    STACK_OF(X509) * candidates; /* anchors, borrowed */
    X509_STORE_CTX *path;
};

/* Fills the verdict: which certificate, then the sentence's rest. */
void verdict_set(struct chain_verdict *v, enum err err, int depth, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* From what libcrypto found wrong with the path. */
void verdict_of_path(struct validation *run);
/* What libcrypto does not look at, over a path that it accepted. */
void verdict_of_policy(struct validation *run);
void x509_describe(X509 *x, char *out, size_t size);

#endif
