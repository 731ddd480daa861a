/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "session/session.h"

/*
 * Sessions in memory: shards by ID, each with its own lock, hash chains and a least-recently-used list. IDs
 * in here are our own, and what they end with is as good as random, so that is the hash; an ID from the wire
 * can at worst walk a chain of ours (checklist R8).
 */
#define SHARDS 16

struct entry {
    struct session *session;
    struct entry *chain;         /* next in its bucket */
    struct entry *older, *newer; /* by use */
};
struct shard {
    pthread_mutex_t lock;
    struct entry **buckets;
    struct entry *oldest, *newest;
    size_t count;
};
struct session_store {
    size_t capacity, buckets; /* of each shard; buckets is a power of two */
    struct shard shard[SHARDS];
};

static size_t id_hash(struct slice id)
{
    size_t h = 0, len = id.len < sizeof h ? id.len : sizeof h;
    memcpy(&h, id.data + id.len - len, len);
    return h;
}

static struct shard *shard_of(struct session_store *s, struct slice id)
{
    return &s->shard[id_hash(id) % SHARDS];
}

static struct entry **bucket_of(struct session_store *s, struct shard *shard, struct slice id)
{
    return &shard->buckets[id_hash(id) / SHARDS & (s->buckets - 1)];
}

static void unlink_use(struct shard *shard, struct entry *e)
{
    *(e->older ? &e->older->newer : &shard->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &shard->newest) = e->older;
    e->older = e->newer = NULL;
}

static void link_newest(struct shard *shard, struct entry *e)
{
    e->older = shard->newest;
    *(shard->newest ? &shard->newest->newer : &shard->oldest) = e;
    shard->newest = e;
}

static struct entry **find(struct session_store *s, struct shard *shard, struct slice id)
{
    struct entry **at = bucket_of(s, shard, id);
    while (*at && !slice_equal(slice_of((*at)->session->id, (*at)->session->id_len), id)) {
        at = &(*at)->chain;
    }
    return at;
}

static void drop(struct shard *shard, struct entry **at)
{
    struct entry *e = *at;
    *at = e->chain;
    unlink_use(shard, e);
    shard->count--;
    session_release(e->session);
    memory_free(e, sizeof *e);
}

enum err session_store_new(size_t capacity, struct session_store **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct session_store), &memory));
    struct session_store *s = memory;
    s->capacity = (capacity + SHARDS - 1) / SHARDS;
    for (s->buckets = 1; s->buckets < s->capacity; s->buckets *= 2) {}
    for (size_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_init(&s->shard[i].lock, NULL);
    }
    for (size_t i = 0; i < SHARDS; i++) {
        enum err e = memory_new(s->buckets * sizeof(struct entry *), &memory);
        if (e != OK) {
            session_store_free(s);
            return e;
        }
        s->shard[i].buckets = memory;
    }
    *out = s;
    return OK;
}

void session_store_free(struct session_store *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &s->shard[i];
        while (shard->oldest) {
            const struct session *oldest = shard->oldest->session;
            drop(shard, find(s, shard, slice_of(oldest->id, oldest->id_len)));
        }
        memory_free(shard->buckets, s->buckets * sizeof(struct entry *));
        (void)pthread_mutex_destroy(&shard->lock);
    }
    memory_free(s, sizeof *s);
}

struct session *session_store_get(struct session_store *s, struct slice id, int64_t now)
{
    if (id.len != SESSION_ID_MAX) { /* ours are all of this length */
        return NULL;
    }
    struct shard *shard = shard_of(s, id);
    struct session *found = NULL;
    pthread_mutex_lock(&shard->lock);
    struct entry **at = find(s, shard, id);
    if (*at) {
        struct entry *e = *at;
        found = session_share(e->session);
        if (found->expires <= now) {
            drop(shard, at);
        } else {
            unlink_use(shard, e);
            link_newest(shard, e);
        }
    }
    pthread_mutex_unlock(&shard->lock);
    return found;
}

void session_store_put(struct session_store *s, struct session *session)
{
    struct slice id = slice_of(session->id, session->id_len);
    void *memory;
    if (!s->capacity || memory_new(sizeof(struct entry), &memory) != OK) {
        return;
    }
    struct entry *e = memory;
    e->session = session_share(session);
    struct shard *shard = shard_of(s, id);
    pthread_mutex_lock(&shard->lock);
    struct entry **at = find(s, shard, id);
    if (*at) {
        drop(shard, at);
    }
    if (shard->count >= s->capacity) {
        const struct session *oldest = shard->oldest->session;
        drop(shard, find(s, shard, slice_of(oldest->id, oldest->id_len)));
    }
    at = bucket_of(s, shard, id);
    e->chain = *at;
    *at = e;
    link_newest(shard, e);
    shard->count++;
    pthread_mutex_unlock(&shard->lock);
}

bool session_store_take(struct session_store *s, struct slice id)
{
    struct shard *shard = shard_of(s, id);
    pthread_mutex_lock(&shard->lock);
    struct entry **at = find(s, shard, id);
    bool there = *at != NULL;
    if (there) {
        drop(shard, at);
    }
    pthread_mutex_unlock(&shard->lock);
    return there;
}

void session_store_forget(struct session_store *s, struct slice id)
{
    (void)session_store_take(s, id);
}

size_t session_store_count(struct session_store *s)
{
    size_t count = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&s->shard[i].lock);
        count += s->shard[i].count;
        pthread_mutex_unlock(&s->shard[i].lock);
    }
    return count;
}
