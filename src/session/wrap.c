/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "session/keyring.h"

/* Keyrings and saved sessions under a key that their keeper brings. A fresh key for each, so the nonce is
 * zero. */
#define MAGIC "HFW1"
#define HEAD (4 + 1 + 16)
#define SALT_AT 5
#define TAG_SIZE 16
#define KEY_SIZE 32

size_t wrap_size(size_t plain)
{
    return HEAD + plain + TAG_SIZE;
}

static enum err derive(struct slice key, const uint8_t *head, struct aead_key *out, enum aead_use use)
{
    uint8_t prk[HASH_MAX], bytes[KEY_SIZE];
    if (key.len != KEY_SIZE) {
        return E_BAD_ARGUMENT;
    }
    TRY(hkdf_extract(HASH_SHA256, slice_of(head + SALT_AT, HEAD - SALT_AT), key, prk));
    enum err e = hkdf_expand(HASH_SHA256, slice_of(prk, 32), slice_of_string("handfast wrap v1"),
                             (struct span){bytes, sizeof bytes});
    e = e == OK ? aead_key_set(out, AEAD_AES_256_GCM, use, slice_of(bytes, sizeof bytes)) : e;
    wipe(prk, sizeof prk);
    wipe(bytes, sizeof bytes);
    return e;
}

enum err wrap_seal(enum wrapped kind, struct slice key, struct slice plain, struct writer *w)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    static const struct random_source libcryptos = {NULL, NULL};
    struct aead_key aead = {0};
    if (w->cap - w->len < wrap_size(plain.len)) {
        return E_BUFFER_LIMIT;
    }
    uint8_t *head = w->base + w->len;
    memcpy(head, MAGIC, 4);
    head[4] = (uint8_t)kind;
    TRY(random_fill(&libcryptos, (struct span){head + SALT_AT, HEAD - SALT_AT}));
    enum err e = derive(key, head, &aead, AEAD_SEAL);
    e = e == OK ? aead_seal(&aead, nonce, slice_of(head, HEAD), plain, head + HEAD) : e;
    aead_key_wipe(&aead);
    w->len += e == OK ? wrap_size(plain.len) : 0;
    return e;
}

enum err wrap_open(enum wrapped kind, struct slice key, struct slice wrapped, struct span *plain)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    struct aead_key aead = {0};
    void *memory;
    *plain = (struct span){NULL, 0};
    if (wrapped.len < HEAD + TAG_SIZE || memcmp(wrapped.data, MAGIC, 4) != 0 ||
        wrapped.data[4] != (uint8_t)kind) {
        return E_BAD_SESSION;
    }
    size_t size = wrapped.len - HEAD - TAG_SIZE;
    TRY(memory_new(size + 1, &memory));
    enum err e = derive(key, wrapped.data, &aead, AEAD_OPEN);
    e = e == OK ? aead_open(&aead, nonce, slice_of(wrapped.data, HEAD), slice_after(wrapped, HEAD), memory)
                : e;
    aead_key_wipe(&aead);
    if (e != OK) {
        memory_free(memory, size);
        return e == E_BAD_RECORD_MAC ? E_BAD_SESSION : e;
    }
    *plain = (struct span){memory, size};
    return OK;
}
