/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/hash_state.h"

#define BLOCK_MAX 128

/* HMAC (RFC 2104) with its key already hashed in: each message after that costs its own bytes and one block.
 */
struct keyed {
    struct hash_run inner, outer, work;
};

static void keyed_end(struct keyed *k)
{
    state_end(&k->inner);
    state_end(&k->outer);
    state_end(&k->work);
}

static size_t block_size(enum hash h)
{
    return h == HASH_SHA384 || h == HASH_SHA512 ? 128 : 64;
}

static enum err start_padded(struct hash_run *run, enum hash h, const uint8_t *block, uint8_t pad)
{
    uint8_t padded[BLOCK_MAX];
    size_t size = block_size(h);
    for (size_t i = 0; i < size; i++) {
        padded[i] = block[i] ^ pad;
    }
    enum err err = state_start(run, h);
    if (err == OK) {
        err = state_add(run, slice_of(padded, size));
    }
    wipe(padded, sizeof padded);
    return err;
}

/* Whatever it returns, keyed_end is due. */
static enum err keyed_start(struct keyed *k, enum hash h, struct slice key)
{
    uint8_t block[BLOCK_MAX] = {0};
    k->inner.hash = k->outer.hash = k->work.hash = HASH_NONE;
    memset(k->inner.state, 0, sizeof(void *));
    memset(k->outer.state, 0, sizeof(void *));
    memset(k->work.state, 0, sizeof(void *));
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
        err = start_padded(&k->outer, h, block, 0x5C);
    }
    wipe(block, sizeof block);
    return err;
}

/* HMAC over up to three pieces. */
static enum err keyed_mac(struct keyed *k, const struct slice *pieces, size_t count, uint8_t out[HASH_MAX])
{
    TRY(state_copy(&k->work, &k->inner));
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len) {
            TRY(state_add(&k->work, pieces[i]));
        }
    }
    TRY(state_finish(&k->work, out));
    TRY(state_copy(&k->work, &k->outer));
    TRY(state_add(&k->work, slice_of(out, hash_size(k->outer.hash))));
    return state_finish(&k->work, out);
}

enum err hmac_once(enum hash h, struct slice key, struct slice message, uint8_t out[HASH_MAX])
{
    struct keyed k;
    enum err err = keyed_start(&k, h, key);
    if (err == OK) {
        err = keyed_mac(&k, &message, 1, out);
    }
    keyed_end(&k);
    return err;
}

/* RFC 5246 5: P_hash over A(i) + label + seed */
static enum err expand12(struct keyed *k, struct slice label, struct slice seed, struct span out)
{
    uint8_t a[HASH_MAX], block[HASH_MAX];
    size_t size = hash_size(k->outer.hash);
    struct slice pieces[3] = {slice_of(a, size), label, seed};
    enum err err = keyed_mac(k, pieces + 1, 2, a);
    for (size_t at = 0; err == OK && at < out.len;) {
        size_t take = out.len - at < size ? out.len - at : size;
        err = keyed_mac(k, pieces, 3, block);
        if (err == OK) {
            memcpy(out.data + at, block, take);
            at += take;
            if (at < out.len) {
                err = keyed_mac(k, pieces, 1, a);
            }
        }
    }
    wipe(a, sizeof a);
    wipe(block, sizeof block);
    return err;
}

enum err prf12(enum hash h, struct slice secret, const char *label, struct slice seed, struct span out)
{
    struct keyed k;
    enum err err = keyed_start(&k, h, secret);
    if (err == OK) {
        err = expand12(&k, slice_of_string(label), seed, out);
    }
    keyed_end(&k);
    if (err != OK) {
        wipe(out.data, out.len);
    }
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
    struct keyed k;
    enum err err = keyed_start(&k, h, prk);
    while (err == OK && at < out.len) {
        number++;
        struct slice pieces[3] = {slice_of(block, number > 1 ? size : 0), label, slice_of(&number, 1)};
        size_t take = out.len - at < size ? out.len - at : size;
        err = keyed_mac(&k, pieces, 3, block);
        if (err == OK) {
            memcpy(out.data + at, block, take);
            at += take;
        }
    }
    keyed_end(&k);
    wipe(block, sizeof block);
    if (err != OK) {
        wipe(out.data, out.len);
    }
    return err;
}
