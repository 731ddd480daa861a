/* SPDX-License-Identifier: MIT */
#ifndef STORE_LRU_H
#define STORE_LRU_H

#include <handfast/keyring.h>
#include <stdbool.h>

/* Session keys and index names, NUL included. */
#define KEY_SIZE HF_SESSION_INDEX_SIZE

/* A bounded table by key that forgets what was not used for the longest time. */
struct lru_entry {
    struct lru_entry *newer, *older; /* by use */
    struct lru_entry *next;          /* in its bucket */
    uint64_t expires;                /* milliseconds, the store's clock */
    bool told;                       /* the owner's: a server knows of it too */
    char key[KEY_SIZE];
    size_t len;
    uint8_t bytes[];
};

struct lru {
    struct lru_entry **table;
    size_t buckets, count, most;
    struct lru_entry *newest, *oldest;
    uint64_t seed; /* keys come from peers by way of a hash; no one shall know where they fall */
};

/* False when out of memory. most 0: holds nothing, ever. */
bool lru_init(struct lru *l, size_t most, uint64_t seed);
void lru_free(struct lru *l);
/* NULL when there is none, or none any more; it counts as used. It lives until the next lru_put or lru_drop.
 */
struct lru_entry *lru_find(struct lru *l, const char *key, uint64_t now);
/* Puts or replaces; what is there already stays with its time to live. NULL when out of memory or not held.
 */
struct lru_entry *lru_put(struct lru *l, const char *key, hf_bytes bytes, uint64_t expires);
void lru_drop(struct lru *l, const char *key);

/* Text to a number that spreads it. */
uint64_t key_hash(const char *key, uint64_t seed);

#endif
