/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"

/* HF_CRYPTO_EVP_ONLY is for those whom only libcrypto's providers may serve. */
static const struct aead_implementation *const implementations[] = {
#if defined(HF_HAVE_IPSECMB) && !defined(HF_CRYPTO_EVP_ONLY)
    &aead_ipsecmb,
#endif
    &aead_libcrypto,
};
#define IMPLEMENTATIONS (sizeof implementations / sizeof implementations[0])

static bool can[IMPLEMENTATIONS];
static const struct aead_implementation *chosen[AEAD_COUNT];

void aead_start(void)
{
    for (size_t i = 0; i < IMPLEMENTATIONS; i++) {
        can[i] = implementations[i]->start();
    }
    aead_prefer(NULL);
}

const char *aead_implementation_name(size_t i)
{
    for (size_t at = 0; at < IMPLEMENTATIONS; at++) {
        if (can[at] && i-- == 0) {
            return implementations[at]->name;
        }
    }
    return NULL;
}

void aead_prefer(const char *name)
{
    for (size_t a = 0; a < AEAD_COUNT; a++) {
        chosen[a] = NULL;
        for (size_t i = 0; i < IMPLEMENTATIONS; i++) {
            bool named = name && strcmp(implementations[i]->name, name) == 0;
            if (can[i] && implementations[i]->serves[a] && (!chosen[a] || named)) {
                chosen[a] = implementations[i];
            }
        }
    }
}

enum err aead_key_set(struct aead_key *k, enum aead a, enum aead_use use, struct slice key)
{
    aead_key_wipe(k);
    if (a == AEAD_NONE || a >= AEAD_COUNT || key.len != aead_key_size(a) || !chosen[a]) {
        return E_INTERNAL;
    }
    struct aead_key fresh = {.aead = a, .use = use, .by = chosen[a]};
    TRY(fresh.by->key_set(&fresh, key));
    *k = fresh;
    return OK;
}

void aead_key_wipe(struct aead_key *k)
{
    if (k->schedule) {
        k->by->key_wipe(k);
    }
    *k = (struct aead_key){0};
}

enum err aead_seal(struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional,
                   struct slice plain, uint8_t *out)
{
    if (!k->schedule || k->use != AEAD_SEAL) {
        return E_INTERNAL;
    }
    return k->by->seal(k, nonce, additional, plain, out);
}

/* Up to here copying costs less than a second call of the cipher, with either implementation. */
#define COPIED_MAX 768

enum err aead_seal_joined(struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional,
                          struct slice plain, struct span out)
{
    size_t tag = aead_tag_size(k->aead);
    if (!k->schedule || k->use != AEAD_SEAL || out.len < tag || plain.len > out.len - tag) {
        return E_INTERNAL;
    }
    struct slice whole = slice_of(out.data, out.len - tag);
    if (plain.data != out.data && plain.len > COPIED_MAX && plain.len < whole.len) {
        return k->by->seal_joined(k, nonce, additional, plain, out);
    }
    if (plain.data != out.data && plain.len) {
        memcpy(out.data, plain.data, plain.len);
    }
    return k->by->seal(k, nonce, additional, whole, out.data);
}

enum err aead_open(struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional,
                   struct slice sealed, uint8_t *out)
{
    if (!k->schedule || k->use != AEAD_OPEN) {
        return E_INTERNAL;
    }
    return k->by->open(k, nonce, additional, sealed, out);
}
