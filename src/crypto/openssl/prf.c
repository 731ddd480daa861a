/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/hash_state.h"

#define BLOCK_MAX 128

/* HMAC: RFC 2104. */

void hmac_key_wipe(struct hmac_key *k)
{
    state_end(&k->inner);
    state_end(&k->outer);
}

static size_t block_size(enum hash h)
{
    return h == HASH_SHA384 || h == HASH_SHA512 ? 128 : 64;
}

static enum err start_padded(struct hash_run *run, enum hash h, uint8_t block[BLOCK_MAX], uint8_t pad)
{
    for (size_t i = 0; i < BLOCK_MAX; i++) { /* all of it: a count that is known makes vectors */
        block[i] ^= pad;
    }
    TRY(state_start(run, h));
    return state_add(run, slice_of(block, block_size(h)));
}

/* k holds nothing; whatever this returns, hmac_key_wipe is due. */
static enum err hash_key_in(struct hmac_key *k, enum hash h, struct slice key)
{
    uint8_t block[BLOCK_MAX] = {0};
    state_clear(&k->inner);
    state_clear(&k->outer);
    enum err err = OK;
    if (key.len > block_size(h)) {
        err = hash_once(h, key, block);
    } else if (key.len) {
        memcpy(block, key.data, key.len);
    }
    if (err == OK) {
        err = start_padded(&k->inner, h, block, 0x36);
    }
    if (err == OK) {
        err = start_padded(&k->outer, h, block, 0x36 ^ 0x5C);
    }
    wipe(block, sizeof block);
    return err;
}

enum err hmac_key_set(struct hmac_key *k, enum hash h, struct slice key)
{
    hmac_key_wipe(k);
    enum err err = hash_key_in(k, h, key);
    if (err != OK) {
        hmac_key_wipe(k);
    }
    return err;
}

/* The MAC of some pieces; work is a run that was cleared or used for this key before. */
static enum err mac(const struct hmac_key *k, struct hash_run *work, const struct slice *pieces, size_t count,
                    uint8_t out[HASH_MAX])
{
    TRY(state_copy(work, &k->inner));
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len) {
            TRY(state_add(work, pieces[i]));
        }
    }
    TRY(state_finish(work, out));
    TRY(state_copy(work, &k->outer));
    TRY(state_add(work, slice_of(out, hash_size(k->outer.hash))));
    return state_finish(work, out);
}

enum err hmac_pieces(const struct hmac_key *k, const struct slice *pieces, size_t count,
                     uint8_t out[HASH_MAX])
{
    struct hash_run work;
    state_clear(&work);
    enum err err = mac(k, &work, pieces, count, out);
    state_end(&work);
    return err;
}

enum err hmac_once(enum hash h, struct slice key, struct slice message, uint8_t out[HASH_MAX])
{
    struct hmac_key k;
    struct hash_run work;
    state_clear(&work);
    enum err err = hash_key_in(&k, h, key);
    if (err == OK) {
        err = mac(&k, &work, &message, 1, out);
    }
    state_end(&work);
    hmac_key_wipe(&k);
    return err;
}

/*
 * RFC 5246 5: P_hash over A(i) + label + seed, which lie together in one piece: a call of the hash costs as
 * much as thirty bytes.
 */
#define SEED_MAX 1024

enum err prf12_expand(const struct hmac_key *secret, const char *label, struct slice seed, struct span out)
{
    uint8_t joined[HASH_MAX + SEED_MAX], block[HASH_MAX];
    size_t size = hash_size(secret->outer.hash), name = strlen(label);
    if (size == 0 || name > SEED_MAX || seed.len > SEED_MAX - name) {
        return E_INTERNAL;
    }
    memcpy(joined + size, label, name);
    if (seed.len) {
        memcpy(joined + size + name, seed.data, seed.len);
    }
    struct slice a = slice_of(joined, size), a_and_seed = slice_of(joined, size + name + seed.len);
    struct slice first = slice_after(a_and_seed, size);
    struct hash_run work;
    state_clear(&work);
    enum err err = mac(secret, &work, &first, 1, joined);
    for (size_t at = 0; err == OK && at < out.len;) {
        size_t take = out.len - at < size ? out.len - at : size;
        err = mac(secret, &work, &a_and_seed, 1, block);
        if (err == OK) {
            memcpy(out.data + at, block, take);
            at += take;
            err = at < out.len ? mac(secret, &work, &a, 1, joined) : OK;
        }
    }
    state_end(&work);
    wipe(joined, a_and_seed.len);
    wipe(block, sizeof block);
    if (err != OK) {
        wipe(out.data, out.len);
    }
    return err;
}

enum err prf12(enum hash h, struct slice secret, const char *label, struct slice seed, struct span out)
{
    struct hmac_key k;
    enum err err = hash_key_in(&k, h, secret);
    if (err == OK) {
        err = prf12_expand(&k, label, seed, out);
    } else {
        wipe(out.data, out.len);
    }
    hmac_key_wipe(&k);
    return err;
}

enum err hkdf_extract(enum hash h, struct slice salt, struct slice secret, uint8_t out[HASH_MAX])
{
    return hmac_once(h, salt, secret, out);
}

enum err hkdf_expand(enum hash h, struct slice prk, struct slice label, struct span out)
{
    uint8_t block[HASH_MAX], number = 0;
    size_t size = hash_size(h), at = 0;
    if (size == 0 || out.len > 255 * size) { /* RFC 5869 2.3 */
        return E_INTERNAL;
    }
    struct hmac_key k;
    struct hash_run work;
    state_clear(&work);
    enum err err = hash_key_in(&k, h, prk);
    while (err == OK && at < out.len) {
        number++;
        struct slice pieces[3] = {slice_of(block, number > 1 ? size : 0), label, slice_of(&number, 1)};
        size_t take = out.len - at < size ? out.len - at : size;
        err = mac(&k, &work, pieces, 3, block);
        if (err == OK) {
            memcpy(out.data + at, block, take);
            at += take;
        }
    }
    state_end(&work);
    hmac_key_wipe(&k);
    wipe(block, sizeof block);
    if (err != OK) {
        wipe(out.data, out.len);
    }
    return err;
}
