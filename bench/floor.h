/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_FLOOR_H
#define HF_BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "peer.h"

/*
 * The floor: the primitive calls one side of a handshake cannot do without, made through the cheapest public
 * libcrypto functions known, on real keys, with no protocol code, no certificate parsing and no records
 * around them.
 */
struct floor {
    struct work work;
    BN_CTX *numbers;
    EC_GROUP *p256;
    EC_KEY *share;           /* kept; a new key pair is generated in it each time */
    uint8_t share_bytes[65]; /* its public point as sent */
    uint8_t peer_share[65];
    uint8_t secret[32];
    EC_KEY *ec_signer, *ec_leaf; /* ec_leaf: the peer's key, read anew from leaf_bytes each time */
    uint8_t leaf_bytes[65];
    RSA *rsa_signer;
    uint8_t signature[256]; /* by the signer over the digest of `signed_bytes` */
    unsigned signature_len;
    EVP_CIPHER *gcm;
    EVP_PKEY_CTX *x_maker; /* X25519 */
    EVP_PKEY *x_share, *x_peer;
};

/* The sums, one call for one handshake of one side. */
void floor_full(struct floor *, enum side);
void floor_resumed(struct floor *, enum side);

void floor_keys_make(struct floor *, const struct pki *);
void floor_keys_free(struct floor *);

void floor_make_share(struct floor *);
void floor_make_x25519(struct floor *); /* the same of X25519 */
void floor_agree_x25519(struct floor *);
void floor_agree(struct floor *);
void floor_verify_chain(struct floor *);
void floor_verify(struct floor *);
void floor_sign(struct floor *);

/* The symmetric part: hashes, PRF, record protection. */
void floor_hash(size_t len);
void floor_tail_full(struct floor *, size_t transcript);
void floor_tail_resumed(struct floor *, size_t transcript);
/* TLS 1.3: the key schedule and the records of the flights, each of which one side seals and the other opens.
 */
void floor_tail13(struct floor *, size_t transcript, size_t flights);

/*
 * The raw AEAD, AES-128-GCM: a key kept for a connection, one record at a time, by what handfast uses on this
 * machine: libipsec-mb where it is there and the CPU has VAES and AVX-512, else libcrypto.
 */
struct floor_aead;
void floor_aead_start(void);
const char *floor_aead_name(void);
struct floor_aead *floor_aead_new(const struct floor *, const uint8_t *key, bool sealing);
void floor_aead_free(struct floor_aead *);
/* sealed begins with the explicit nonce and ends with the tag, as a TLS 1.2 record has them. */
void floor_aead_seal(struct floor_aead *, uint8_t *sealed, const uint8_t *message, size_t len);
void floor_aead_open(struct floor_aead *, uint8_t *sealed, size_t len);

#endif
