/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

/*
 * AES-128 before AES-256: as strong as the key exchanges around it, and cheaper. ChaCha20 last: it is for
 * peers without AES instructions, who put it first themselves. ECDSA before RSA: a server's signature costs a
 * tenth.
 */
static const struct suite suites[] = {
    /* RFC 5289 3.2 */
    {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", KX_ECDHE, AUTH_ECDSA, AEAD_AES_128_GCM,
     NONCE_EXPLICIT, HASH_SHA256},
    {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", KX_ECDHE, AUTH_RSA, AEAD_AES_128_GCM, NONCE_EXPLICIT,
     HASH_SHA256},
    {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", KX_ECDHE, AUTH_ECDSA, AEAD_AES_256_GCM,
     NONCE_EXPLICIT, HASH_SHA384},
    {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", KX_ECDHE, AUTH_RSA, AEAD_AES_256_GCM, NONCE_EXPLICIT,
     HASH_SHA384},
    /* RFC 7905 2 */
    {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", KX_ECDHE, AUTH_ECDSA, AEAD_CHACHA20_POLY1305,
     NONCE_XORED, HASH_SHA256},
    {0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", KX_ECDHE, AUTH_RSA, AEAD_CHACHA20_POLY1305,
     NONCE_XORED, HASH_SHA256},
};
#define SUITES (sizeof suites / sizeof suites[0])

const struct suite *suite_at(size_t i)
{
    return i < SUITES ? &suites[i] : NULL;
}

const struct suite *suite_of(uint16_t code)
{
    for (size_t i = 0; i < SUITES; i++) {
        if (suites[i].code == code) {
            return &suites[i];
        }
    }
    return NULL;
}

size_t aead_key_size(enum aead a)
{
    switch (a) {
    case AEAD_AES_128_GCM:
        return 16;
    case AEAD_AES_256_GCM:
    case AEAD_CHACHA20_POLY1305:
        return 32;
    case AEAD_NONE:
    case AEAD_COUNT:
        break;
    }
    return 0;
}

size_t hash_size(enum hash h)
{
    switch (h) {
    case HASH_SHA1:
        return 20;
    case HASH_SHA256:
        return 32;
    case HASH_SHA384:
        return 48;
    case HASH_SHA512:
        return 64;
    case HASH_NONE:
        break;
    }
    return 0;
}
