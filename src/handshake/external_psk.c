/* SPDX-License-Identifier: MIT */
#include "handshake/external_psk.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- the list ---- */
static enum err make_room(struct external_psks *all)
{
    void *memory;
    if (all->count == EXTERNAL_PSKS_MAX) {
        return E_BUFFER_LIMIT;
    }
    if (all->count < all->room) {
        return OK;
    }
    size_t room = all->room ? 2 * all->room : 4;
    TRY(memory_new(room * sizeof *all->list, &memory));
    if (all->count) {
        memcpy(memory, all->list, all->count * sizeof *all->list);
    }
    memory_free(all->list, all->room * sizeof *all->list);
    all->list = memory;
    all->room = room;
    return OK;
}

static size_t size_of(const struct external_psk *psk)
{
    return sizeof *psk + psk->identity.len;
}

enum err external_psk_new(const struct external_psk *like, struct external_psk **out)
{
    void *memory;
    TRY(memory_new(size_of(like), &memory));
    struct external_psk *psk = memory;
    *psk = *like;
    memcpy(psk->bytes, like->identity.data, like->identity.len);
    psk->identity.data = psk->bytes;
    psk->name.data = psk->bytes + (like->name.data - like->identity.data);
    *out = psk;
    return OK;
}

void external_psk_free(struct external_psk *psk)
{
    if (psk) {
        memory_free(psk, size_of(psk));
    }
}

enum err external_psk_add(struct external_psks *all, const struct external_psk *like)
{
    TRY(make_room(all));
    TRY(external_psk_new(like, &all->list[all->count]));
    all->count++;
    return OK;
}

/* Takes away what was added behind the first so many. */
static void cut(struct external_psks *all, size_t count)
{
    while (all->count > count) {
        external_psk_free(all->list[--all->count]);
    }
}

void external_psks_free(struct external_psks *all)
{
    cut(all, 0);
    memory_free(all->list, all->room * sizeof *all->list);
    *all = (struct external_psks){0};
}

/* ---- finding: identities are public, and compared as bytes (RFC 9257 6.1.1) ---- */
static int compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_identity(const void *a, const void *b)
{
    const struct external_psk *const *left = a, *const *right = b;
    return compare((*left)->identity, (*right)->identity);
}

void external_psks_sort(struct external_psks *all, const struct external_psk **twice)
{
    *twice = NULL;
    if (all->count) {
        qsort(all->list, all->count, sizeof *all->list, by_identity);
    }
    for (size_t i = 1; i < all->count && !*twice; i++) {
        bool same = compare(all->list[i - 1]->identity, all->list[i]->identity) == 0;
        *twice = same ? all->list[i] : NULL;
    }
}

const struct external_psk *external_psk_find(const struct external_psks *all, struct slice identity)
{
    for (size_t from = 0, to = all->count; from < to;) {
        size_t middle = from + (to - from) / 2;
        int order = compare(identity, all->list[middle]->identity);
        if (order == 0) {
            return all->list[middle];
        }
        from = order > 0 ? middle + 1 : from;
        to = order > 0 ? to : middle;
    }
    return NULL;
}

/* ---- importing, RFC 9258 ---- */
/* RFC 9258 10: the KDFs of TLS 1.3's suites. */
static const struct target {
    uint16_t kdf;
    enum hash hash;
} targets[] = {{1, HASH_SHA256}, {2, HASH_SHA384}};
#define TARGETS (sizeof targets / sizeof *targets)
#define TARGET_PROTOCOL 0x0304

/* RFC 9258 5.1: epskx = HKDF-Extract(0, epsk), ipskx = HKDF-Expand-Label(epskx, "derived psk",
 * Hash(ImportedIdentity), L), with the hash of the key and not that of the KDF. */
static enum err derive(const struct importable_psk *from, struct slice identity, struct secret *out)
{
    static const uint8_t zeros[HASH_MAX];
    size_t size = hash_size(from->hash);
    uint8_t extracted[HASH_MAX], hash[HASH_MAX];
    struct hmac_key epskx = {0};
    TRY(hash_once(from->hash, identity, hash));
    enum err e = hkdf_extract(from->hash, slice_of(zeros, size), from->key, extracted);
    e = e == OK ? hmac_key_set(&epskx, from->hash, slice_of(extracted, size)) : e;
    e = e == OK ? hkdf_expand_label(&epskx, "derived psk", slice_of(hash, size),
                                    (struct span){out->data, out->len})
                : e;
    hmac_key_wipe(&epskx);
    wipe(extracted, sizeof extracted);
    return e;
}

static enum err import_for(struct external_psks *all, const struct importable_psk *from,
                           const struct target *target)
{
    uint8_t bytes[EXTERNAL_IDENTITY_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_vector(&w, 2, from->external_identity);
    write_vector(&w, 2, from->context);
    write_number(&w, TARGET_PROTOCOL, 2);
    write_number(&w, target->kdf, 2);
    if (w.full) { /* RFC 9258 5.1: rejected */
        return E_BAD_ARGUMENT;
    }
    struct external_psk psk = {
        .identity = written(&w),
        .name = slice_of(bytes + 2, from->external_identity.len),
        .hash = target->hash,
        .imported = true,
    };
    psk.key.len = hash_size(target->hash);
    enum err e = derive(from, psk.identity, &psk.key);
    e = e == OK ? external_psk_add(all, &psk) : e;
    secret_wipe(&psk.key);
    return e;
}

enum err external_psk_import(struct external_psks *all, const struct importable_psk *from)
{
    size_t before = all->count;
    enum err e = OK;
    for (size_t i = 0; i < TARGETS && e == OK; i++) {
        e = import_for(all, from, &targets[i]);
    }
    cut(all, e == OK ? all->count : before);
    return e;
}

/* ---- one that is asked for by its identity ---- */
static const struct target *target_of(struct slice identity, struct importable_psk *parts)
{
    struct reader r = reader_of(identity);
    parts->external_identity = read_vector(&r, 2);
    parts->context = read_vector(&r, 2);
    uint32_t protocol = read_number(&r, 2), kdf = read_number(&r, 2);
    bool fits = read_done(&r) && parts->external_identity.len && protocol == TARGET_PROTOCOL;
    for (size_t i = 0; i < TARGETS && fits; i++) {
        if (targets[i].kdf == kdf) {
            return &targets[i];
        }
    }
    return NULL;
}

bool external_psk_is_imported(struct slice identity, struct importable_psk *parts)
{
    return target_of(identity, parts) != NULL;
}

enum err external_psk_import_as(struct slice identity, const struct importable_psk *from,
                                struct external_psk **out)
{
    struct importable_psk parts;
    const struct target *target = target_of(identity, &parts);
    if (!target) {
        return E_BAD_ARGUMENT;
    }
    struct external_psk psk = {
        .identity = identity, .name = parts.external_identity, .hash = target->hash, .imported = true};
    psk.key.len = hash_size(target->hash);
    enum err e = derive(from, identity, &psk.key);
    e = e == OK ? external_psk_new(&psk, out) : e;
    secret_wipe(&psk.key);
    return e;
}
