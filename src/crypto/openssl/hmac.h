/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_HMAC_H
#define HF_CRYPTO_OPENSSL_HMAC_H

#include "crypto/openssl/openssl.h"

/* The MAC of some pieces one behind the other: prf.c. */
enum err hmac_pieces(const struct hmac_key *k, const struct slice *pieces, size_t count,
                     uint8_t out[HASH_MAX]) CHECKED;

#endif
