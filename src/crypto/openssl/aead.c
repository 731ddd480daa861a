/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"
#include "crypto/openssl/openssl.h"

#include <limits.h>

/* The schedule is an EVP_CIPHER_CTX with its key set: a record costs one IV, the additional data, the bytes
 * and the tag. */

static bool libcrypto_start(void)
{
    return true; /* what crypto_start cannot fetch is its failure */
}

static enum err libcrypto_key_set(struct aead_key *k, struct slice key)
{
    EVP_CIPHER_CTX *schedule = EVP_CIPHER_CTX_new();
    if (!schedule) {
        return libcrypto_failed(E_NO_MEMORY);
    }
    if (EVP_CipherInit_ex2(schedule, fetched.cipher[k->aead], key.data, NULL, k->use == AEAD_SEAL, NULL) !=
        1) {
        EVP_CIPHER_CTX_free(schedule);
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    k->schedule = schedule;
    return OK;
}

static void libcrypto_key_wipe(struct aead_key *k)
{
    EVP_CIPHER_CTX_free(k->schedule); /* wipes the key */
}

/* Everything but the tag. */
static bool run(struct aead_key *k, const uint8_t *nonce, struct slice additional, struct slice in,
                uint8_t *out)
{
    EVP_CIPHER_CTX *schedule = k->schedule;
    int written;
    if (additional.len > INT_MAX || in.len > INT_MAX) {
        return false;
    }
    if (EVP_CipherInit_ex2(schedule, NULL, NULL, nonce, -1, NULL) != 1) {
        return false;
    }
    if (additional.len &&
        EVP_CipherUpdate(schedule, NULL, &written, additional.data, (int)additional.len) != 1) {
        return false;
    }
    if (!in.len) {
        return true;
    }
    return EVP_CipherUpdate(schedule, out, &written, in.data, (int)in.len) == 1 && (size_t)written == in.len;
}

static enum err libcrypto_seal(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                               struct slice plain, uint8_t *out)
{
    uint8_t nothing[AEAD_TAG_SIZE];
    int written;
    if (!run(k, nonce, additional, plain, out) || EVP_CipherFinal_ex(k->schedule, nothing, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, out + plain.len) != 1) {
        wipe(out, plain.len + AEAD_TAG_SIZE); /* an unauthenticated key stream must not leave */
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    return OK;
}

static enum err libcrypto_open(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                               struct slice sealed, uint8_t *out)
{
    if (sealed.len < AEAD_TAG_SIZE) {
        return E_BAD_RECORD_MAC;
    }
    size_t len = sealed.len - AEAD_TAG_SIZE;
    uint8_t tag[AEAD_TAG_SIZE], nothing[AEAD_TAG_SIZE];
    int written;
    memcpy(tag, sealed.data + len, sizeof tag);
    if (!run(k, nonce, additional, slice_of(sealed.data, len), out) ||
        EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1) {
        wipe(out, len);
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    if (EVP_CipherFinal_ex(k->schedule, nothing, &written) != 1) {
        wipe(out, len);
        return libcrypto_failed(E_BAD_RECORD_MAC);
    }
    return OK;
}

const struct aead_implementation aead_libcrypto = {
    .name = "libcrypto",
    .start = libcrypto_start,
    .serves = {[AEAD_AES_128_GCM] = true, [AEAD_AES_256_GCM] = true, [AEAD_CHACHA20_POLY1305] = true},
    .key_set = libcrypto_key_set,
    .key_wipe = libcrypto_key_wipe,
    .seal = libcrypto_seal,
    .open = libcrypto_open,
};
