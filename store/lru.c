/* SPDX-License-Identifier: MIT */
#include "store/lru.h"

#include <stdlib.h>
#include <string.h>

uint64_t key_hash(const char *key, uint64_t seed)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed; /* FNV-1a, and a last stir */
    for (; *key; key++) {
        h = (h ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
    }
    h ^= h >> 32;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

bool lru_init(struct lru *l, size_t most, uint64_t seed)
{
    *l = (struct lru){.most = most, .seed = seed, .buckets = 1};
    while (l->buckets < most) {
        l->buckets *= 2;
    }
    l->table = calloc(l->buckets, sizeof *l->table);
    return l->table != NULL;
}

void lru_free(struct lru *l)
{
    for (struct lru_entry *e = l->newest, *older; e; e = older) {
        older = e->older;
        free(e);
    }
    free(l->table);
    *l = (struct lru){0};
}

static struct lru_entry **place(const struct lru *l, const char *key)
{
    struct lru_entry **at = &l->table[key_hash(key, l->seed) & (l->buckets - 1)];
    while (*at && strcmp((*at)->key, key) != 0) {
        at = &(*at)->next;
    }
    return at;
}

static void unchain(struct lru *l, struct lru_entry *e)
{
    *(e->newer ? &e->newer->older : &l->newest) = e->older;
    *(e->older ? &e->older->newer : &l->oldest) = e->newer;
    e->newer = e->older = NULL;
}

static void chain(struct lru *l, struct lru_entry *e)
{
    e->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = e;
    l->newest = e;
}

static void drop_at(struct lru *l, struct lru_entry **at)
{
    struct lru_entry *e = *at;
    *at = e->next;
    unchain(l, e);
    l->count--;
    free(e);
}

struct lru_entry *lru_find(struct lru *l, const char *key, uint64_t now)
{
    struct lru_entry **at = l->table ? place(l, key) : NULL;
    if (at == NULL || *at == NULL) {
        return NULL;
    }
    if ((*at)->expires <= now) {
        drop_at(l, at);
        return NULL;
    }
    unchain(l, *at);
    chain(l, *at);
    return *at;
}

struct lru_entry *lru_put(struct lru *l, const char *key, hf_bytes bytes, uint64_t expires)
{
    size_t length = strlen(key);
    if (l->most == 0 || length >= KEY_SIZE) {
        return NULL;
    }
    struct lru_entry **at = place(l, key);
    if (*at && (*at)->len == bytes.len &&
        (bytes.len == 0 || memcmp((*at)->bytes, bytes.data, bytes.len) == 0)) {
        unchain(l, *at);
        chain(l, *at);
        return *at;
    }
    struct lru_entry *e = calloc(1, sizeof *e + bytes.len);
    if (e == NULL) {
        return NULL;
    }
    if (*at) {
        drop_at(l, at);
    } else if (l->count >= l->most) {
        drop_at(l, place(l, l->oldest->key));
    }
    e->expires = expires;
    e->len = bytes.len;
    memcpy(e->key, key, length + 1);
    if (bytes.len) {
        memcpy(e->bytes, bytes.data, bytes.len);
    }
    at = &l->table[key_hash(key, l->seed) & (l->buckets - 1)];
    e->next = *at;
    *at = e;
    chain(l, e);
    l->count++;
    return e;
}

void lru_drop(struct lru *l, const char *key)
{
    struct lru_entry **at = l->table ? place(l, key) : NULL;
    if (at && *at) {
        drop_at(l, at);
    }
}
