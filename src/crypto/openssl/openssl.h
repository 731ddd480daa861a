/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_OPENSSL_H
#define HF_CRYPTO_OPENSSL_OPENSSL_H

/*
 * SHA256_*, EC_KEY_* and RSA_* are deprecated in OpenSSL 3, and supported in every 3.x. They cost a fraction
 * of their EVP forms, and take no locks. HF_CRYPTO_EVP_ONLY does without them, for providers and FIPS.
 */
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/crypto.h"

#define EC_GROUPS 3
#define DH_GROUPS 5
#define DH_BITS_MIN 512 /* libcrypto's own limit */

/* An FFDHE group: libcrypto's form, whose group is NULL where it has no DH, and its prime. */
struct fetched_dh {
    EVP_PKEY *group;
    BIGNUM *p;
    uint8_t prime[DH_PRIME_MAX];
};

/* What crypto_start fetched; only read afterwards. */
struct fetched {
    EVP_MD *md[HASH_SHA512 + 1]; /* by enum hash */
    EVP_CIPHER *cipher[AEAD_COUNT], *cbc[CBC_COUNT];
    EVP_MAC *hmac;
    EC_GROUP *ec[EC_GROUPS];
    struct fetched_dh dh[DH_GROUPS];
    bool ml_kem;        /* ML-KEM-768: libcrypto 3.5 */
    OSSL_LIB_CTX *lean; /* lean.c; NULL with HF_CRYPTO_EVP_ONLY */
};
extern struct fetched fetched;

/* The shared EC_GROUP of a group's code, NULL when it is not a curve of that kind. */
const EC_GROUP *ec_group_of(uint16_t code);
/* libcrypto's name for it: "P-256"; NULL when it is not such a curve. */
const char *ec_group_name(uint16_t code);
/* The code for libcrypto's number of a curve, 0 when it is none of ours. */
uint16_t ec_group_code(int nid);

/* A library context without decoders, or NULL. */
OSSL_LIB_CTX *lean_start(void);

/* Empties libcrypto's queue of errors; E_NO_MEMORY when it says so, else otherwise. */
enum err libcrypto_failed(enum err otherwise) CHECKED;
/* Passes err on. On success drops what libcrypto complained of on its way there: the queue is the
 * application's. */
enum err libcrypto_settled(enum err err) CHECKED;

#endif
