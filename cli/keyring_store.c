/* SPDX-License-Identifier: MIT */
#include "cli/keyring_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/store_loop.h"

enum { TRIES = 4, PATIENCE = 2000 };

/* Compare-and-set; "" stands for nothing there. */
static const char swap[] = "local v = redis.call('GET', KEYS[1]) "
                           "if (v or '') ~= ARGV[1] then return 0 end "
                           "redis.call('SET', KEYS[1], ARGV[2]) return 1";

static void look(struct keyring_store *k);

static hf_bytes bytes_of(const char *text)
{
    return (hf_bytes){(const uint8_t *)text, strlen(text)};
}

void keyring_store_start(struct keyring_store *k, hf_store *store, hf_keyring *keyring)
{
    k->store = store;
    k->keyring = keyring;
    snprintf(k->name, sizeof k->name, "%skeyring", hf_store_prefix(store));
}

void keyring_store_end(struct keyring_store *k)
{
    file_free(&k->seen);
    file_free(&k->making);
    explicit_bzero(k->kek, sizeof k->kek);
}

static void tell(struct keyring_store *k, enum keyring_outcome outcome, const char *why)
{
    k->busy = false;
    file_free(&k->making);
    k->told(k->arg, outcome, why);
}

/* What the store answered instead of what it was asked for. */
static void tell_reply(struct keyring_store *k, const hf_store_reply *r)
{
    char why[WHY_SIZE];
    const char *said = r->bytes.len > 0 ? (const char *)r->bytes.data : "an answer of another kind";
    snprintf(why, sizeof why, "%.300s", said);
    tell(k, r->kind == HF_REPLY_NONE ? KEYRING_UNREACHABLE : KEYRING_REFUSED, why);
}

/* ---- putting ---- */
static void on_swapped(void *arg, const hf_store_reply *r)
{
    struct keyring_store *k = arg;
    if (r->kind != HF_REPLY_INTEGER) {
        tell_reply(k, r);
        return;
    }
    if (r->integer != 1) { /* somebody was faster: see what is there now */
        file_free(&k->making);
        if (++k->tries >= TRIES) {
            tell(k, KEYRING_REFUSED, "others change it all the time");
        } else {
            look(k);
        }
        return;
    }
    hf_problem why = {0};
    hf_err err = hf_keyring_unwrap(k->keyring, (hf_bytes){k->kek, sizeof k->kek}, k->making.bytes, &why);
    file_free(&k->seen);
    k->seen = k->making;
    k->making = (struct file){0};
    tell(k, err == HF_OK ? KEYRING_CHANGED : KEYRING_BROKEN, why.sentence);
}

static void put(struct keyring_store *k, const hf_keyring *what)
{
    if (keyring_bytes(what, k->kek, &k->making) != HF_OK) {
        tell(k, KEYRING_REFUSED, hf_err_sentence(HF_NO_MEMORY));
        return;
    }
    const hf_bytes argv[] = {bytes_of("EVAL"),
                             bytes_of(swap),
                             bytes_of("1"),
                             bytes_of(k->name),
                             k->seen.bytes.len > 0 ? k->seen.bytes : bytes_of(""),
                             k->making.bytes};
    const hf_store_command command = {argv, sizeof argv / sizeof *argv, k->name, PATIENCE, false};
    hf_store_ask(k->store, &command, on_swapped, k, store_loop_now());
}

/* Ours with what is due made; put where anything was, or where what is there shall be replaced. */
static void rotate(struct keyring_store *k, bool replace)
{
    bool changed = false;
    hf_keyring *next = keyring_newest(k->keyring) == 0 ? hf_keyring_new(&k->plan)
                                                       : keyring_copy_of(k->keyring);
    hf_err err = next == NULL ? HF_NO_MEMORY : hf_keyring_rotate(next, (int64_t)time(NULL), &changed);
    if (err != HF_OK) {
        tell(k, KEYRING_REFUSED, hf_err_sentence(err));
    } else if (changed || replace) {
        put(k, next);
    } else {
        tell(k, k->loaded ? KEYRING_LOADED : KEYRING_SAME, "");
    }
    hf_keyring_free(next);
}

/* ---- looking ---- */
/* False after having told what is wrong. *older: what is there has no epoch that we do not have: the store
 * was emptied and begun anew, or set back. It must not undo ours. */
static bool take(struct keyring_store *k, hf_bytes wrapped, bool *older)
{
    hf_problem why = {0};
    const hf_bytes kek = {k->kek, sizeof k->kek};
    hf_keyring *there = hf_keyring_new(NULL);
    hf_err err = there == NULL ? HF_NO_MEMORY : hf_keyring_unwrap(there, kek, wrapped, &why);
    *older = err == HF_OK && keyring_newest(there) < keyring_newest(k->keyring);
    hf_keyring_free(there);
    if (err == HF_OK && !*older) {
        err = hf_keyring_unwrap(k->keyring, kek, wrapped, &why);
        k->loaded = err == HF_OK;
    }
    uint8_t *copy = err == HF_OK && wrapped.len > 0 ? malloc(wrapped.len) : NULL;
    if (copy == NULL) {
        bool no_memory = err == HF_OK || err == HF_NO_MEMORY;
        tell(k, no_memory ? KEYRING_REFUSED : KEYRING_BROKEN,
             no_memory ? hf_err_sentence(HF_NO_MEMORY) : why.sentence);
        return false;
    }
    memcpy(copy, wrapped.data, wrapped.len);
    file_free(&k->seen);
    k->seen = (struct file){.bytes = {copy, wrapped.len}, .owned = copy};
    return true;
}

static void on_found(struct keyring_store *k, hf_bytes wrapped)
{
    bool older = false;
    bool known = wrapped.len == k->seen.bytes.len && wrapped.len > 0 &&
                 memcmp(wrapped.data, k->seen.bytes.data, wrapped.len) == 0;
    if (k->wish == KEYRING_INIT) {
        tell(k, KEYRING_EXISTS, "");
    } else if (!known && !take(k, wrapped, &older)) {
        return;
    } else if (k->wish == KEYRING_SHOW) {
        tell(k, k->loaded ? KEYRING_LOADED : KEYRING_SAME, "");
    } else {
        rotate(k, older);
    }
}

static void on_looked(void *arg, const hf_store_reply *r)
{
    struct keyring_store *k = arg;
    if (r->kind == HF_REPLY_BYTES) {
        on_found(k, r->bytes);
    } else if (r->kind != HF_REPLY_NIL) {
        tell_reply(k, r);
    } else if (k->wish == KEYRING_SHOW) {
        tell(k, KEYRING_ABSENT, "");
    } else {
        file_free(&k->seen);
        rotate(k, true);
    }
}

static void look(struct keyring_store *k)
{
    const hf_bytes argv[] = {bytes_of("GET"), bytes_of(k->name)};
    const hf_store_command command = {argv, 2, k->name, PATIENCE, false};
    hf_store_ask(k->store, &command, on_looked, k, store_loop_now());
}

void keyring_store_go(struct keyring_store *k, enum keyring_wish wish)
{
    k->wish = wish;
    k->busy = true;
    k->loaded = false;
    k->tries = 0;
    look(k);
}
