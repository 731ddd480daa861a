/* SPDX-License-Identifier: MIT */
#include "handshake/chain_cache.h"

#include <pthread.h>

#include "base/memory.h"

#define SHARDS 16
#define WAYS 4

struct entry {
    uint8_t key[CHAIN_CACHE_KEY];
    int64_t validated, not_after; /* not_after 0: empty */
};
struct shard {
    pthread_mutex_t lock;
    struct entry (*sets)[WAYS];
};
struct chain_cache {
    size_t sets; /* of each shard, a power of two */
    struct shard shard[SHARDS];
};

enum err chain_cache_new(size_t entries, struct chain_cache **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct chain_cache), &memory));
    struct chain_cache *c = memory;
    for (c->sets = 1; c->sets * SHARDS * WAYS < entries; c->sets *= 2) {}
    for (size_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_init(&c->shard[i].lock, NULL);
    }
    for (size_t i = 0; i < SHARDS; i++) {
        enum err e = memory_new(c->sets * sizeof *c->shard[i].sets, &memory);
        if (e != OK) {
            chain_cache_free(c);
            return e;
        }
        c->shard[i].sets = memory;
    }
    *out = c;
    return OK;
}

void chain_cache_free(struct chain_cache *c)
{
    if (!c) {
        return;
    }
    for (size_t i = 0; i < SHARDS; i++) {
        memory_free(c->shard[i].sets, c->sets * sizeof *c->shard[i].sets);
        (void)pthread_mutex_destroy(&c->shard[i].lock);
    }
    memory_free(c, sizeof *c);
}

static enum err add_all(struct hash_run *run, struct slice chain, const struct chain_policy *policy)
{
    struct slice name = policy->name ? slice_of_string(policy->name) : slice_of("", 0);
    /* lengths first: no two different questions hash the same bytes */
    uint8_t head[] = {(uint8_t)policy->purpose, (uint8_t)policy->use, policy->name != NULL,
                      (uint8_t)(name.len >> 8), (uint8_t)name.len};
    TRY(hash_add(run, slice_of(head, sizeof head)));
    TRY(hash_add(run, name));
    return hash_add(run, chain);
}

enum err chain_cache_key(struct slice chain, const struct chain_policy *policy, uint8_t key[CHAIN_CACHE_KEY])
{
    struct hash_run run;
    uint8_t digest[HASH_MAX];
    TRY(hash_start(&run, HASH_SHA256));
    enum err e = add_all(&run, chain, policy);
    if (e == OK) {
        e = hash_snapshot(&run, digest);
    }
    hash_end(&run);
    if (e == OK) {
        memcpy(key, digest, CHAIN_CACHE_KEY);
    }
    return e;
}

static struct shard *shard_of(struct chain_cache *c, const uint8_t *key)
{
    return &c->shard[key[0] % SHARDS];
}

static struct entry *set_of(const struct chain_cache *c, const struct shard *shard, const uint8_t *key)
{
    size_t at = (size_t)key[1] | (size_t)key[2] << 8 | (size_t)key[3] << 16;
    return shard->sets[at & (c->sets - 1)];
}

static bool holds(const struct entry *e, const uint8_t *key)
{
    return e->not_after && memcmp(e->key, key, CHAIN_CACHE_KEY) == 0; /* a hash of public bytes */
}

bool chain_cache_get(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY], int64_t now,
                     int64_t *not_after)
{
    struct shard *shard = shard_of(c, key);
    bool found = false;
    pthread_mutex_lock(&shard->lock);
    struct entry *set = set_of(c, shard, key);
    for (size_t i = 0; i < WAYS && !found; i++) {
        /* a clock that was set back proves nothing about notBefore */
        found = holds(&set[i], key) && set[i].validated <= now && now < set[i].validated + CHAIN_CACHE_AGE &&
                now < set[i].not_after;
        *not_after = found ? set[i].not_after : 0;
    }
    pthread_mutex_unlock(&shard->lock);
    return found;
}

void chain_cache_put(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY], int64_t now,
                     int64_t not_after)
{
    struct shard *shard = shard_of(c, key);
    pthread_mutex_lock(&shard->lock);
    struct entry *set = set_of(c, shard, key), *at = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (holds(&set[i], key)) {
            at = &set[i];
            break;
        }
        if (set[i].validated < at->validated) {
            at = &set[i];
        }
    }
    memcpy(at->key, key, CHAIN_CACHE_KEY);
    at->validated = now;
    at->not_after = not_after;
    pthread_mutex_unlock(&shard->lock);
}
