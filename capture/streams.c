/* SPDX-License-Identifier: MIT */
#include "capture/streams.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "capture/half.h"

struct connection {
    struct endpoint end[2]; /* of half[0], of half[1]: as they came */
    struct half half[2];
    void *conn;
    bool told; /* the sink knows it */
    bool over; /* and has been told that there is no more; kept so that stragglers begin nothing */
    bool midway;
    uint64_t number;
    struct connection *chained;       /* in its bucket */
    struct connection *older, *newer; /* by when they were last heard of */
};
enum { BUCKETS = 2 * STREAMS_MOST };
struct streams {
    struct sink sink;
    struct connection *buckets[BUCKETS];
    struct connection *oldest, *newest;
    size_t open, queued;
    uint64_t count, seed;
    int64_t now;
};

/* ---- the table ---- */
static uint64_t mix(uint64_t hash, const struct endpoint *e)
{
    uint64_t own = 0xcbf29ce484222325u ^ hash;
    for (size_t i = 0; i < sizeof e->address; i++) {
        own = (own ^ e->address[i]) * 0x100000001b3u;
    }
    return (own ^ e->port) * 0x9e3779b97f4a7c15u;
}

/* The same for both directions. */
static size_t bucket_of(const struct streams *s, const struct endpoint *a, const struct endpoint *b)
{
    uint64_t hash = mix(s->seed, a) + mix(s->seed, b);
    return (size_t)((hash ^ hash >> 29) % BUCKETS);
}

static bool same(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && a->family == b->family &&
           memcmp(a->address, b->address, sizeof a->address) == 0;
}

/* *which is the half that the segment belongs to. */
static struct connection *find(const struct streams *s, const struct segment *g, unsigned *which)
{
    struct connection *c = s->buckets[bucket_of(s, &g->from, &g->to)];
    for (; c != NULL; c = c->chained) {
        if (same(&c->end[0], &g->from) && same(&c->end[1], &g->to)) {
            *which = 0;
            return c;
        }
        if (same(&c->end[1], &g->from) && same(&c->end[0], &g->to)) {
            *which = 1;
            return c;
        }
    }
    return NULL;
}

static void unlink_age(struct streams *s, struct connection *c)
{
    *(c->older != NULL ? &c->older->newer : &s->oldest) = c->newer;
    *(c->newer != NULL ? &c->newer->older : &s->newest) = c->older;
}

static void link_newest(struct streams *s, struct connection *c)
{
    c->older = s->newest;
    c->newer = NULL;
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = c;
    s->newest = c;
}

static struct outlet outlet_of(const struct streams *s, const struct connection *c, int64_t time)
{
    return (struct outlet){&s->sink, c->conn, time};
}

/* Whatever waits goes on, and the sink hears that there is no more. */
static void finish(struct streams *s, struct connection *c, int64_t time)
{
    struct outlet out = outlet_of(s, c, time);
    if (c->over) {
        return;
    }
    c->over = true;
    s->queued -= c->half[0].waiting.held + c->half[1].waiting.held;
    half_end(&c->half[0], true, &out);
    half_end(&c->half[1], true, &out);
    if (c->conn != NULL) {
        s->sink.close(c->conn);
        c->conn = NULL;
    }
}

static void forget(struct streams *s, struct connection *c, int64_t time)
{
    struct connection **at = &s->buckets[bucket_of(s, &c->end[0], &c->end[1])];
    finish(s, c, time);
    while (*at != c) {
        at = &(*at)->chained;
    }
    *at = c->chained;
    unlink_age(s, c);
    s->open--;
    free(c);
}

static struct connection *begin(struct streams *s, const struct segment *g, int64_t time)
{
    if (s->open >= STREAMS_MOST) {
        forget(s, s->oldest, time);
    }
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    struct connection **head = &s->buckets[bucket_of(s, &g->from, &g->to)];
    c->end[0] = g->from;
    c->end[1] = g->to;
    c->chained = *head;
    *head = c;
    link_newest(s, c);
    s->open++;
    return c;
}

/* ---- who is who ---- */
/* A ClientHello or ServerHello in a record says it; else the lower port is the server's. */
static unsigned guess_client(const struct segment *g)
{
    const uint8_t *at = g->payload.data;
    bool hello = g->payload.len > 5 && at[0] == 22 && at[1] == 3;
    if (hello && (at[5] == 1 || at[5] == 2)) {
        return at[5] == 1 ? 0 : 1;
    }
    return g->from.port > g->to.port ? 0 : 1;
}

/* client: index of its half. */
static void tell(struct streams *s, struct connection *c, unsigned client, int64_t time)
{
    c->told = true;
    c->number = ++s->count;
    c->half[client].from = HF_CLIENT;
    c->half[1 - client].from = HF_SERVER;
    struct ends ends = {c->end[client], c->end[1 - client], c->number, c->midway};
    c->conn = s->sink.open(s->sink.arg, &ends, time);
}

/* ---- segments ---- */
static void take_control(struct streams *s, struct connection *c, unsigned which, const struct segment *g,
                         int64_t time)
{
    struct half *h = &c->half[which];
    if (g->flags & TCP_SYN && !h->started) {
        half_start(h, g->sequence + 1);
        if (g->flags & TCP_ACK && !c->half[1 - which].started) { /* the first SYN was not captured */
            half_start(&c->half[1 - which], g->acknowledged);
        }
    }
    if (!c->told && g->flags & TCP_SYN) {
        tell(s, c, g->flags & TCP_ACK ? 1 - which : which, time);
    }
    if (!h->started && g->payload.len > 0) {
        half_start(h, g->sequence);
        c->midway = true;
    }
    if (!c->told && g->payload.len > 0) {
        unsigned client = guess_client(g);
        tell(s, c, client == 0 ? which : 1 - which, time);
    }
}

static void take_payload(struct streams *s, struct connection *c, unsigned which, const struct segment *g,
                         int64_t time)
{
    struct half *h = &c->half[which], *other = &c->half[1 - which];
    struct outlet out = outlet_of(s, c, time);
    uint32_t at = g->sequence + (g->flags & TCP_SYN ? 1u : 0u);
    size_t before = h->waiting.held + other->waiting.held;
    if (h->started) {
        half_take(h, at, g->payload, &out);
        if (g->flags & TCP_FIN) {
            half_fin(h, at + (uint32_t)g->payload.len, &out);
        }
    }
    if (g->flags & TCP_ACK && other->started) {
        half_acknowledged(other, g->acknowledged, &out);
    }
    s->queued += h->waiting.held + other->waiting.held - before;
    if (g->flags & TCP_RST || (c->half[0].ended && c->half[1].ended)) {
        finish(s, c, time);
    }
}

/* More waits altogether than may: the connections that were silent longest go on without what is missing. */
static void relieve(struct streams *s, int64_t time)
{
    for (struct connection *c = s->oldest; c != NULL && s->queued > STREAMS_QUEUED_MOST; c = c->newer) {
        struct outlet out = outlet_of(s, c, time);
        for (unsigned i = 0; i < 2; i++) {
            s->queued -= c->half[i].waiting.held;
            while (half_give_up_hole(&c->half[i], &out)) {}
        }
    }
}

void streams_take(struct streams *s, const struct segment *g, int64_t time)
{
    unsigned which = 0;
    s->now = time;
    struct connection *c = find(s, g, &which);
    bool begins = (g->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
    /* The same addresses and ports again: another connection, unless it is the same SYN once more. */
    if (c != NULL && begins && c->half[which].started && c->half[which].first != g->sequence + 1) {
        forget(s, c, time);
        c = NULL;
    }
    if (c == NULL && (g->flags & TCP_SYN || g->payload.len > 0)) {
        which = 0;
        c = begin(s, g, time);
    }
    if (c == NULL) {
        return;
    }
    unlink_age(s, c);
    link_newest(s, c);
    if (!c->over) {
        take_control(s, c, which, g, time);
        take_payload(s, c, which, g, time);
        relieve(s, time);
    }
}

struct streams *streams_new(const struct sink *sink)
{
    struct streams *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->sink = *sink;
        if (getrandom(&s->seed, sizeof s->seed, 0) < 0) {
            s->seed = 0; /* slower for who means it */
        }
    }
    return s;
}

/* Of those there are, the one that began first and is not over. */
static struct connection *first_open(const struct streams *s)
{
    struct connection *first = NULL;
    for (struct connection *c = s->oldest; c != NULL; c = c->newer) {
        if (!c->over && (first == NULL || c->number < first->number)) {
            first = c;
        }
    }
    return first;
}

void streams_free(struct streams *s)
{
    if (s == NULL) {
        return;
    }
    for (struct connection *c; (c = first_open(s)) != NULL;) {
        finish(s, c, s->now);
    }
    for (struct connection *c = s->oldest, *newer; c != NULL; c = newer) {
        newer = c->newer;
        free(c);
    }
    free(s);
}

uint64_t streams_count(const struct streams *s)
{
    return s->count;
}
