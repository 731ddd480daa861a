/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"
#include "handshake/peer_rules.h"

/* keyring.h: hf_keyring is struct keyring. */

static struct keyring *inner(const hf_keyring *k)
{
    return (struct keyring *)(uintptr_t)k;
}

hf_keyring *hf_keyring_new(const hf_keyring_plan *plan)
{
    struct keyring_plan p = {0};
    struct keyring *k;
    if (plan) {
        p = (struct keyring_plan){plan->period, plan->life, plan->lead};
    }
    return crypto_start() == OK && keyring_new(&p, &k) == OK ? (hf_keyring *)k : NULL;
}

hf_keyring *hf_keyring_share(hf_keyring *keyring)
{
    return (hf_keyring *)keyring_share(inner(keyring));
}

void hf_keyring_free(hf_keyring *keyring)
{
    keyring_release(inner(keyring));
}

hf_err hf_keyring_rotate(hf_keyring *keyring, int64_t now, bool *changed)
{
    static const struct random_source libcryptos = {NULL, NULL};
    bool made = false;
    if (!keyring) {
        return HF_NULL_ARGUMENT;
    }
    enum err e = keyring_rotate(inner(keyring), now, &libcryptos, &made);
    if (changed) {
        *changed = made;
    }
    return public_err(e);
}

void hf_keyring_rotate_itself(hf_keyring *keyring)
{
    if (keyring) {
        keyring_rotate_itself(inner(keyring));
    }
}

/* The text of a keyring, in memory that the caller wipes and frees. */
static enum err text_of(const hf_keyring *keyring, struct span *out)
{
    void *memory;
    TRY(memory_new(KEYRING_TEXT_MAX, &memory)); /* others may load it meanwhile */
    struct writer w = writer_of(memory, KEYRING_TEXT_MAX);
    enum err e = keyring_encode(inner(keyring), &w);
    if (e != OK) {
        memory_free(memory, KEYRING_TEXT_MAX);
        return e;
    }
    *out = (struct span){memory, w.len};
    return OK;
}

static hf_err give(struct slice bytes, uint8_t *out, size_t *len)
{
    size_t room = *len;
    *len = bytes.len;
    if (!out || room < bytes.len) {
        return HF_BAD_ARGUMENT;
    }
    memcpy(out, bytes.data, bytes.len);
    return HF_OK;
}

hf_err hf_keyring_save(const hf_keyring *keyring, uint8_t *out, size_t *len)
{
    struct span text;
    if (!keyring || !len) {
        return HF_NULL_ARGUMENT;
    }
    enum err e = text_of(keyring, &text);
    if (e != OK) {
        return public_err(e);
    }
    hf_err given = give(slice_of_span(text), out, len);
    memory_free(text.data, text.len);
    return given;
}

hf_err hf_keyring_load(hf_keyring *keyring, hf_bytes text, hf_problem *why)
{
    char sentence[200] = "";
    if (!keyring || (!text.data && text.len)) {
        return problem(why, HF_NULL_ARGUMENT, "hf_keyring_load needs a keyring and a text");
    }
    enum err e = keyring_decode(inner(keyring), slice_of_bytes(text), sentence, sizeof sentence);
    return e == OK
               ? HF_OK
               : problem(why, public_err(e), "%s%s%s", err_row(e)->sentence, *sentence ? ": " : "", sentence);
}

/* ---- under a key-encryption key ---- */
hf_err hf_keyring_wrap(const hf_keyring *keyring, hf_bytes key, uint8_t *out, size_t *len)
{
    struct span text;
    if (!keyring || !len || !key.data) {
        return HF_NULL_ARGUMENT;
    }
    enum err e = text_of(keyring, &text);
    if (e != OK) {
        return public_err(e);
    }
    size_t room = *len;
    *len = wrap_size(text.len);
    struct writer w = writer_of(out, room);
    e = !out || room < *len ? E_BAD_ARGUMENT
                            : wrap_seal(WRAPPED_KEYRING, slice_of_bytes(key), slice_of_span(text), &w);
    memory_free(text.data, text.len);
    return public_err(e);
}

hf_err hf_keyring_unwrap(hf_keyring *keyring, hf_bytes key, hf_bytes wrapped, hf_problem *why)
{
    struct span text;
    if (!keyring || !key.data || !wrapped.data) {
        return problem(why, HF_NULL_ARGUMENT, "hf_keyring_unwrap needs a keyring, a key and bytes");
    }
    enum err e = wrap_open(WRAPPED_KEYRING, slice_of_bytes(key), slice_of_bytes(wrapped), &text);
    if (e != OK) {
        e = e == E_BAD_SESSION ? E_BAD_KEYRING : e;
        return problem(why, public_err(e), "%s: they were wrapped with another key, or changed",
                       err_row(e)->sentence);
    }
    hf_err loaded = hf_keyring_load(keyring, bytes_of_slice(slice_of_span(text)), why);
    memory_free(text.data, text.len);
    return loaded;
}

/* ---- looking at it ---- */
bool hf_keyring_epoch(const hf_keyring *keyring, size_t i, hf_epoch *out)
{
    struct epoch e;
    if (!keyring || !out || !keyring_epoch_at(inner(keyring), i, &e)) {
        return false;
    }
    *out = (hf_epoch){e.id, e.not_before, e.encrypt_until, e.decrypt_until};
    return true;
}

bool hf_keyring_index(const hf_keyring *keyring, size_t i, const char *identity,
                      char out[HF_SESSION_INDEX_SIZE])
{
    struct epoch at;
    char name[PEER_NAME_MAX];
    if (!keyring || !identity || !out || !peer_name_normalize(identity, name) ||
        !keyring_epoch_at(inner(keyring), i, &at)) {
        return false;
    }
    struct keyring_hold hold = keyring_enter(inner(keyring));
    const struct epoch *e = keyring_find(&hold, at.id, INT64_MIN);
    bool found = e && identity_index(e, name, out) == OK;
    keyring_leave(hold);
    return found;
}
