/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"
#include "crypto/openssl/openssl.h"

#include <limits.h>

/* The schedule is an EVP_CIPHER_CTX with its key set: a record costs one IV, the additional data, the bytes
 * and the tag. */

static bool is_ccm(enum aead a)
{
    return a >= AEAD_AES_128_CCM && a <= AEAD_AES_256_CCM_8;
}

static bool set_key(EVP_CIPHER_CTX *schedule, enum aead a, enum aead_use use, const uint8_t *key)
{
    int seal = use == AEAD_SEAL;
    if (!is_ccm(a)) {
        return EVP_CipherInit_ex2(schedule, fetched.cipher[a], key, NULL, seal, NULL) == 1;
    }
    /* CCM's parameters go into its first block: they come before the key. RFC 6655 3: a nonce of 12 bytes */
    return EVP_CipherInit_ex2(schedule, fetched.cipher[a], NULL, NULL, seal, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(schedule, EVP_CTRL_AEAD_SET_IVLEN, AEAD_NONCE_SIZE, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(schedule, EVP_CTRL_AEAD_SET_TAG, (int)aead_tag_size(a), NULL) == 1 &&
           EVP_CipherInit_ex2(schedule, NULL, key, NULL, -1, NULL) == 1;
}

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
    if (!set_key(schedule, k->aead, k->use, key.data)) {
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

/* The nonce; CCM must know the length, and when it opens the tag, before it sees a byte. */
static bool begin(struct aead_key *k, const uint8_t *nonce, size_t len, uint8_t *tag)
{
    int written;
    if (EVP_CipherInit_ex2(k->schedule, NULL, NULL, nonce, -1, NULL) != 1) {
        return false;
    }
    if (!is_ccm(k->aead)) {
        return true;
    }
    return (!tag ||
            EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_SET_TAG, (int)aead_tag_size(k->aead), tag) == 1) &&
           EVP_CipherUpdate(k->schedule, NULL, &written, NULL, (int)len) == 1;
}

static bool add(struct aead_key *k, struct slice additional)
{
    int written;
    return !additional.len ||
           EVP_CipherUpdate(k->schedule, NULL, &written, additional.data, (int)additional.len) == 1;
}

static bool run(struct aead_key *k, struct slice in, uint8_t *out)
{
    int written = 0;
    if (!in.len && !is_ccm(k->aead)) {
        return true;
    }
    /* CCM makes or checks its tag here, even of nothing */
    const uint8_t *from = in.len ? in.data : out;
    return EVP_CipherUpdate(k->schedule, out, &written, from, (int)in.len) == 1 && (size_t)written == in.len;
}

/* ran: all of the plaintext went through; out is for that and the tag. */
static enum err end(struct aead_key *k, bool ran, struct span out)
{
    uint8_t nothing[AEAD_TAG_MAX];
    int written, tag_size = (int)aead_tag_size(k->aead);
    if (!ran || EVP_CipherFinal_ex(k->schedule, nothing, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_GET_TAG, tag_size, out.data + out.len - tag_size) !=
            1) {
        wipe(out.data, out.len); /* an unauthenticated key stream must not leave */
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    return OK;
}

static enum err libcrypto_seal(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                               struct slice plain, uint8_t *out)
{
    if (additional.len > INT_MAX || plain.len > INT_MAX) {
        return E_INTERNAL;
    }
    bool ran = begin(k, nonce, plain.len, NULL) && add(k, additional) && run(k, plain, out);
    return end(k, ran, (struct span){out, plain.len + aead_tag_size(k->aead)});
}

static enum err libcrypto_seal_joined(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                                      struct slice plain, struct span out)
{
    if (additional.len > INT_MAX || out.len > INT_MAX) {
        return E_INTERNAL;
    }
    size_t len = out.len - aead_tag_size(k->aead);
    if (is_ccm(k->aead)) { /* takes its bytes in one call or not at all */
        memcpy(out.data, plain.data, plain.len);
        return libcrypto_seal(k, nonce, additional, slice_of(out.data, len), out.data);
    }
    struct slice rest = slice_of(out.data + plain.len, len - plain.len);
    bool ran = begin(k, nonce, len, NULL) && add(k, additional) && run(k, plain, out.data) &&
               run(k, rest, out.data + plain.len);
    return end(k, ran, out);
}

/* What remains when the bytes went through: CCM judged them already. */
static enum err judge(struct aead_key *k, bool ran, uint8_t *tag)
{
    uint8_t nothing[AEAD_TAG_MAX];
    int written;
    if (is_ccm(k->aead)) {
        return ran ? OK : libcrypto_failed(E_BAD_RECORD_MAC);
    }
    if (!ran ||
        EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_SET_TAG, (int)aead_tag_size(k->aead), tag) != 1) {
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    return EVP_CipherFinal_ex(k->schedule, nothing, &written) == 1 ? OK : libcrypto_failed(E_BAD_RECORD_MAC);
}

static enum err libcrypto_open(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                               struct slice sealed, uint8_t *out)
{
    if (additional.len > INT_MAX || sealed.len > INT_MAX) {
        return E_INTERNAL;
    }
    size_t tag_size = aead_tag_size(k->aead);
    if (sealed.len < tag_size) {
        return E_BAD_RECORD_MAC;
    }
    size_t len = sealed.len - tag_size;
    uint8_t tag[AEAD_TAG_MAX];
    memcpy(tag, sealed.data + len, tag_size);
    enum err err;
    if (!begin(k, nonce, len, tag) || !add(k, additional)) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
    } else {
        err = judge(k, run(k, slice_of(sealed.data, len), out), tag);
    }
    if (err != OK) {
        wipe(out, len);
    }
    return err;
}

const struct aead_implementation aead_libcrypto = {
    .name = "libcrypto",
    .start = libcrypto_start,
    .serves =
        {
            [AEAD_AES_128_GCM] = true,
            [AEAD_AES_256_GCM] = true,
            [AEAD_CHACHA20_POLY1305] = true,
            [AEAD_AES_128_CCM] = true,
            [AEAD_AES_256_CCM] = true,
            [AEAD_AES_128_CCM_8] = true,
            [AEAD_AES_256_CCM_8] = true,
        },
    .key_set = libcrypto_key_set,
    .key_wipe = libcrypto_key_wipe,
    .seal = libcrypto_seal,
    .seal_joined = libcrypto_seal_joined,
    .open = libcrypto_open,
};
