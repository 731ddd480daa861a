/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_KX_H
#define HF_CRYPTO_OPENSSL_KX_H

#include "crypto/openssl/openssl.h"

/* Bytes for a private key: from the config's source when it has one, else from libcrypto's generator for
 * private values. */
enum err kx_random(const struct random_source *r, struct span out) CHECKED;
/* A scalar in [1, order), as many bytes as the order has. */
enum err kx_random_scalar(const struct group *g, const struct random_source *r,
                          struct secret *scalar) CHECKED;
/* The uncompressed point scalar * G. */
enum err kx_public_point(const struct group *g, const struct secret *scalar, uint8_t *out) CHECKED;

/* ECDH over the curves of ec_group_of: kx_ec.c, or kx_ec_evp.c with HF_CRYPTO_EVP_ONLY. */
enum err kx_ec_start(struct key_share *k, const struct random_source *r) CHECKED;
enum err kx_ec_finish(const struct key_share *k, struct slice peer, uint8_t *shared) CHECKED;
void kx_ec_end(struct key_share *k);
/* The same with a certificate's private key. */
enum err kx_ec_agree(const struct private_key *k, struct slice peer, uint8_t *shared) CHECKED;

/* FFDHE: kx_dh.c. The first fails where libcrypto has no DH. */
bool kx_dh_fetch(struct fetched *f);
void kx_dh_drop(struct fetched *f);
enum err kx_dh_start(struct key_share *k, const struct random_source *r) CHECKED;
/* padded: as long as the prime, else without leading zeros. */
enum err kx_dh_finish(const struct key_share *k, struct slice peer, bool padded,
                      struct premaster *shared) CHECKED;

/* ML-KEM beside a curve: kx_hybrid.c. The first says whether libcrypto can. */
bool kx_hybrid_fetch(void);
enum err kx_hybrid_start(struct key_share *k, const struct random_source *r) CHECKED;
enum err kx_hybrid_finish(const struct key_share *k, struct slice peer, struct premaster *shared) CHECKED;
enum err kx_hybrid_respond(struct key_share *k, struct slice peer, const struct random_source *r,
                           struct premaster *shared) CHECKED;
void kx_hybrid_end(struct key_share *k);

/* EVP_PKEY_derive of one private and one public key, wherever they came from. */
enum err kx_derive(EVP_PKEY *private_key, EVP_PKEY *peer, struct span shared) CHECKED;

#endif
