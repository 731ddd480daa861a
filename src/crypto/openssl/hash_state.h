/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OPENSSL_HASH_STATE_H
#define HF_CRYPTO_OPENSSL_HASH_STATE_H

#include "crypto/openssl/openssl.h"

#include <openssl/sha.h>

/*
 * A running hash as hash.c and prf.c use it, inline: a derivation of RFC 5246 5 hashes some twenty short
 * pieces. Two forms of the same verbs: libcrypto's contexts in hash_run.state itself, or with
 * HF_CRYPTO_EVP_ONLY a pointer there to an EVP_MD_CTX.
 */

/* Enough of a run for state_copy into it and for state_end: the rest need not be zeroed. */
static inline void state_clear(struct hash_run *run)
{
    run->hash = HASH_NONE;
    memset(run->state, 0, sizeof(void *));
}

#ifndef HF_CRYPTO_EVP_ONLY

_Static_assert(sizeof(SHA512_CTX) <= sizeof(((struct hash_run *)0)->state),
               "hash_run.state holds the largest context");

static inline enum err state_start(struct hash_run *run, enum hash h)
{
    run->hash = h;
    switch (h) {
    case HASH_SHA1:
        return SHA1_Init((SHA_CTX *)run->state) ? OK : E_CRYPTO_FAILED;
    case HASH_SHA256:
        return SHA256_Init((SHA256_CTX *)run->state) ? OK : E_CRYPTO_FAILED;
    case HASH_SHA384:
        return SHA384_Init((SHA512_CTX *)run->state) ? OK : E_CRYPTO_FAILED;
    case HASH_SHA512:
        return SHA512_Init((SHA512_CTX *)run->state) ? OK : E_CRYPTO_FAILED;
    case HASH_NONE:
        break;
    }
    return E_INTERNAL;
}

static inline enum err state_add(struct hash_run *run, struct slice bytes)
{
    int ok = 0;
    switch (run->hash) {
    case HASH_SHA1:
        ok = SHA1_Update((SHA_CTX *)run->state, bytes.data, bytes.len);
        break;
    case HASH_SHA256:
        ok = SHA256_Update((SHA256_CTX *)run->state, bytes.data, bytes.len);
        break;
    case HASH_SHA384:
        ok = SHA384_Update((SHA512_CTX *)run->state, bytes.data, bytes.len);
        break;
    case HASH_SHA512:
        ok = SHA512_Update((SHA512_CTX *)run->state, bytes.data, bytes.len);
        break;
    case HASH_NONE:
        return E_INTERNAL;
    }
    return ok ? OK : E_CRYPTO_FAILED;
}

/* The digest; the state is used up, and must be started or copied into before it is added to again. */
static inline enum err state_finish(struct hash_run *run, uint8_t out[HASH_MAX])
{
    int ok = 0;
    switch (run->hash) {
    case HASH_SHA1:
        ok = SHA1_Final(out, (SHA_CTX *)run->state);
        break;
    case HASH_SHA256:
        ok = SHA256_Final(out, (SHA256_CTX *)run->state);
        break;
    case HASH_SHA384:
        ok = SHA384_Final(out, (SHA512_CTX *)run->state);
        break;
    case HASH_SHA512:
        ok = SHA512_Final(out, (SHA512_CTX *)run->state);
        break;
    case HASH_NONE:
        return E_INTERNAL;
    }
    return ok ? OK : E_CRYPTO_FAILED;
}

static inline size_t state_size(const struct hash_run *run)
{
    return run->hash == HASH_NONE ? 0 : run->hash == HASH_SHA256 ? sizeof(SHA256_CTX) : sizeof(SHA512_CTX);
}

/* to holds nothing, or was of the same hash. */
static inline enum err state_copy(struct hash_run *to, const struct hash_run *from)
{
    to->hash = from->hash;
    memcpy(to->state, from->state, state_size(from));
    return OK;
}

static inline void state_end(struct hash_run *run)
{
    wipe(run, offsetof(struct hash_run, state) + state_size(run));
}

#else

static inline EVP_MD_CTX **state_object(const struct hash_run *run)
{
    return (EVP_MD_CTX **)(uintptr_t)run->state;
}

static inline void state_end(struct hash_run *run)
{
    EVP_MD_CTX_free(*state_object(run));
    wipe(run, sizeof *run);
}

static inline enum err state_start(struct hash_run *run, enum hash h)
{
    memset(run, 0, sizeof *run);
    if (h == HASH_NONE || !fetched.md[h]) {
        return h == HASH_NONE ? E_INTERNAL : E_CRYPTO_FAILED;
    }
    run->hash = h;
    EVP_MD_CTX *object = EVP_MD_CTX_new();
    *state_object(run) = object;
    if (!object || EVP_DigestInit_ex2(object, fetched.md[h], NULL) != 1) {
        state_end(run);
        return libcrypto_failed(object ? E_CRYPTO_FAILED : E_NO_MEMORY);
    }
    return OK;
}

static inline enum err state_add(struct hash_run *run, struct slice bytes)
{
    EVP_MD_CTX *object = *state_object(run);
    if (!object) {
        return E_INTERNAL;
    }
    return EVP_DigestUpdate(object, bytes.data, bytes.len) == 1 ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

static inline enum err state_finish(struct hash_run *run, uint8_t out[HASH_MAX])
{
    EVP_MD_CTX *object = *state_object(run);
    if (!object) {
        return E_INTERNAL;
    }
    return EVP_DigestFinal_ex(object, out, NULL) == 1 ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

/* to is zeroed or was started. */
static inline enum err state_copy(struct hash_run *to, const struct hash_run *from)
{
    EVP_MD_CTX *source = *state_object(from);
    if (!source) {
        return E_INTERNAL;
    }
    EVP_MD_CTX *object = *state_object(to) ? *state_object(to) : EVP_MD_CTX_new();
    if (!object) {
        return libcrypto_failed(E_NO_MEMORY);
    }
    *state_object(to) = object;
    to->hash = from->hash;
    return EVP_MD_CTX_copy_ex(object, source) == 1 ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

#endif

#endif
