/* SPDX-License-Identifier: MIT */
#include "session/box.h"

#define KEY_SIZE 32

static enum err derive(struct slice secret, struct slice salt, const char *label, struct aead_key *key,
                       enum aead_use use)
{
    uint8_t prk[HASH_MAX], bytes[KEY_SIZE];
    TRY(hkdf_extract(HASH_SHA256, salt, secret, prk));
    enum err e = hkdf_expand(HASH_SHA256, slice_of(prk, 32), slice_of_string(label),
                             (struct span){bytes, sizeof bytes});
    e = e == OK ? aead_key_set(key, AEAD_AES_256_GCM, use, slice_of(bytes, sizeof bytes)) : e;
    wipe(prk, sizeof prk);
    wipe(bytes, sizeof bytes);
    return e;
}

static const uint8_t zero_nonce[AEAD_NONCE_SIZE];

enum err box_seal(const struct box *b, struct slice plain, uint8_t *out)
{
    struct aead_key key = {0};
    enum err e = derive(b->secret, b->salt, b->label, &key, AEAD_SEAL);
    e = e == OK ? aead_seal(&key, zero_nonce, b->additional, plain, out) : e;
    aead_key_wipe(&key);
    return e;
}

enum err box_open(const struct box *b, struct slice sealed, uint8_t *out)
{
    struct aead_key key = {0};
    enum err e = derive(b->secret, b->salt, b->label, &key, AEAD_OPEN);
    e = e == OK ? aead_open(&key, zero_nonce, b->additional, sealed, out) : e;
    aead_key_wipe(&key);
    return e;
}

enum err box_salt(const struct random_source *random, struct writer *w, struct slice *salt)
{
    if (w->full || w->cap - w->len < BOX_SALT_SIZE) {
        return E_BUFFER_LIMIT;
    }
    TRY(random_fill(random, (struct span){w->base + w->len, BOX_SALT_SIZE}));
    *salt = slice_of(w->base + w->len, BOX_SALT_SIZE);
    w->len += BOX_SALT_SIZE;
    return OK;
}
