/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_KEY_H
#define HF_CRYPTO_OPENSSL_KEY_H

#include "crypto/openssl/openssl.h"

/*
 * One half of a key pair. EC and RSA keys are held in libcrypto's own types, whose operations cost no fetch
 * and no copy; whatever has none (Ed25519, RSA-PSS with its parameters), and everything under
 * HF_CRYPTO_EVP_ONLY, is an EVP_PKEY.
 */
struct key {
    struct key_shape shape;
    EC_KEY *ec;
    RSA *rsa;
    EVP_PKEY *evp;
};
void key_free(struct key *k);
struct private_key {
    struct key key; /* evp is always there */
};

/* From a DER SubjectPublicKeyInfo. Of a type or size not used here: OK, and shape.kind is KEY_NONE or its
 * group 0. */
enum err key_of_spki(struct slice spki, struct key *out) CHECKED; /* E_MALFORMED_CERTIFICATE */
/* Fills ec or rsa, or evp with HF_CRYPTO_EVP_ONLY. */
enum err key_of_point(const char *curve, struct slice point, struct key *out) CHECKED;
enum err key_of_numbers(struct slice modulus, struct slice exponent, struct key *out) CHECKED;
/* Reads kind, group, bits and hash of what libcrypto parsed. */
struct key_shape key_shape_of(const EVP_PKEY *key);

/* scheme_fits holds. E_SIGNING_FAILED; E_BAD_SIGNATURE. */
enum err key_sign(const struct key *k, const struct scheme *s, struct slice message,
                  struct signature *out) CHECKED;
enum err key_verify(const struct key *k, const struct scheme *s, struct slice message,
                    struct slice signature) CHECKED;

/* The same by EVP: key_evp.c. */
enum err evp_sign(EVP_PKEY *key, const struct scheme *s, struct slice message, struct signature *out) CHECKED;
enum err evp_verify(EVP_PKEY *key, const struct scheme *s, struct slice message,
                    struct slice signature) CHECKED;

#endif
