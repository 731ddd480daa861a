/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

/* What is found with GETRANGE has no time to live we know of; the record itself says until when it is good.
 */
#define FOUND_LIFE (24 * 3600 * UINT64_C(1000))

/* ---- which are open, by deadline ---- */

bool lookups_init(struct hf_store *s)
{
    s->lookup = calloc(s->options.in_flight, sizeof *s->lookup);
    s->earliest = s->latest = NO_LOOKUP;
    s->free_lookup = 0;
    for (uint32_t i = 0; s->lookup && i < s->options.in_flight; i++) {
        s->lookup[i].later = i + 1 < s->options.in_flight ? i + 1 : NO_LOOKUP;
    }
    return s->lookup != NULL;
}

/* Its place is in the low half of its name. */
static struct lookup *lookup_open(struct hf_store *s)
{
    uint32_t i = s->free_lookup;
    if (i == NO_LOOKUP) {
        return NULL;
    }
    struct lookup *k = &s->lookup[i];
    s->free_lookup = k->later;
    s->lookups++;
    *k = (struct lookup){.name = ++s->last_lookup << 16 | i, .earlier = s->latest, .later = NO_LOOKUP};
    *(s->latest == NO_LOOKUP ? &s->earliest : &s->lookup[s->latest].later) = i;
    s->latest = i;
    return k;
}

static struct lookup *lookup_named(const struct hf_store *s, uint64_t name)
{
    uint32_t i = name & 0xffff;
    return s->lookup && name && i < s->options.in_flight && s->lookup[i].name == name ? &s->lookup[i] : NULL;
}

static void lookup_close(struct hf_store *s, struct lookup *k)
{
    uint32_t i = (uint32_t)(k - s->lookup);
    *(k->earlier == NO_LOOKUP ? &s->earliest : &s->lookup[k->earlier].later) = k->later;
    *(k->later == NO_LOOKUP ? &s->latest : &s->lookup[k->later].earlier) = k->earlier;
    k->name = 0;
    k->later = s->free_lookup;
    s->free_lookup = i;
    s->lookups--;
}

/* ---- how they end ---- */

static const hf_bytes none = {NULL, 0};

/* What done gets is a copy: it may put other records in the place of this one. One that is good once goes. */
static bool give_local(struct hf_store *s, const struct lookup *k, hf_resumption why)
{
    uint8_t copy[HF_SESSION_RECORD_MAX];
    const struct lru_entry *e = key_forgotten(s, k->key) ? NULL : lru_find(&s->records, k->key, s->now);
    if (e == NULL) {
        return false;
    }
    hf_bytes record = {copy, e->len};
    memcpy(copy, e->bytes, e->len);
    if (k->take) {
        lru_drop(&s->records, k->key);
    }
    k->done(k->arg, record, k->take ? why : HF_RESUMED);
    return true;
}

/* The store cannot say: what is known here serves. k is a copy of one that is closed already. */
static void could_not(struct hf_store *s, const struct lookup *k, uint64_t *count, hf_resumption why)
{
    ++*count;
    s->stats.hit_local++;
    if (!give_local(s, k, why)) {
        s->stats.hit_local--;
        k->done(k->arg, none, why);
    }
}

static void lookup_fail(struct hf_store *s, struct lookup *open, uint64_t *count, bool failure)
{
    struct lookup k = *open;
    lookup_close(s, open);
    if (failure) {
        breaker_bad(&k.server->breaker, s->now, store_random(s));
    }
    could_not(s, &k, count, count == &s->stats.timeout ? HF_SESSION_STORE_LATE : HF_SESSION_STORE_FAILED);
}

static void count_latency(struct hf_store *s, uint64_t took)
{
    size_t i = 0;
    while (i + 1 < HF_STORE_LATENCIES && took >> i) {
        i++;
    }
    s->stats.latency[i]++;
}

static void lookup_answer(struct hf_store *s, struct lookup *open, hf_bytes record, bool taken)
{
    struct lookup k = *open;
    lookup_close(s, open);
    breaker_good(&k.server->breaker, s->now);
    count_latency(s, s->now - k.started);
    if (record.len && !key_forgotten(s, k.key)) {
        s->stats.hit++;
        k.done(k.arg, record, k.take && !taken ? HF_SESSION_POLICY : HF_RESUMED);
    } else {
        s->stats.miss++;
        k.done(k.arg, none, HF_SESSION_UNKNOWN);
    }
}

/* ---- what servers say ---- */

/* The copy here follows the store, also when the reply came too late for whoever asked. */
static void follow(struct hf_store *s, const char *key, hf_bytes record, bool taken)
{
    if (record.len == 0 || taken) {
        lru_drop(&s->records, key); /* revoked, expired, evicted or used: there, so here */
    } else if (!key_forgotten(s, key)) {
        lru_put(&s->records, key, record, s->now + FOUND_LIFE);
    }
}

static bool lookup_send(struct hf_store *s, struct link *l, const struct pending *p)
{
    char name[FULL_NAME_SIZE], number[24];
    struct command c = {.argc = 0};
    full_name(s, "", p->write.key, name);
    command_text(&c, p->takes ? "GETDEL" : "GETRANGE");
    command_text(&c, name);
    if (!p->takes) { /* "" where there is none; never more than one byte too many */
        command_text(&c, "0");
        command_number(&c, number, HF_SESSION_RECORD_MAX);
    }
    return link_send(s, l, &c, p);
}

/* GETDEL came with Redis 6.2, a user's ACL may lack it, and a server that may not write refuses it: then it
 * is a look-up like any other. */
static bool look_instead(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r)
{
    bool never = reply_begins(r, "ERR") || reply_begins(r, "NOPERM");
    bool not_now = reply_begins(r, "READONLY") || reply_begins(r, "MISCONF");
    struct pending again = *p;
    if (!p->takes || !(never || not_now)) {
        return false;
    }
    l->server->no_take |= never;
    again.takes = false;
    trouble(s, l->server,
            reply_begins(r, "ERR") ? "it knows no GETDEL: without it there is no early data"
                                   : meaning_of(r)->remedy,
            &r->bytes);
    return lookup_named(s, p->lookup) == NULL || lookup_send(s, l, &again);
}

static void lookup_refused(struct hf_store *s, struct link *l, const struct pending *p,
                           const hf_store_reply *r)
{
    struct lookup *k = lookup_named(s, p->lookup);
    if (look_instead(s, l, p, r)) {
        s->stats.late += k == NULL;
        return;
    }
    struct link *to = k && !p->redirected ? redirect(s, l, r) : NULL;
    struct pending again = *p;
    again.redirected = true;
    if (to && lookup_send(s, to, &again)) {
        k->server = to->server;
        return;
    }
    if (k) {
        lookup_fail(s, k, &s->stats.error, meaning_of(r)->failure);
    } else {
        s->stats.late++;
    }
    reply_problem(s, l, r);
}

void lookup_reply(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r)
{
    bool is_record = r->kind == HF_REPLY_BYTES && r->bytes.len <= HF_SESSION_RECORD_MAX;
    if (r->kind == HF_REPLY_ERROR) {
        lookup_refused(s, l, p, r);
        return;
    }
    struct lookup *k = lookup_named(s, p->lookup);
    if (is_record || r->kind == HF_REPLY_NIL) {
        hf_bytes record = is_record ? r->bytes : none;
        follow(s, p->write.key, record, p->takes);
        if (k) {
            lookup_answer(s, k, record, p->takes);
        } else {
            s->stats.late++;
        }
        return;
    }
    trouble(s, l->server, "what is stored under a key of ours is no session: choose another name space",
            NULL);
    if (k) {
        lookup_fail(s, k, &s->stats.error, false);
    }
}

void lookup_lost(struct hf_store *s, const struct pending *p)
{
    struct lookup *k = lookup_named(s, p->lookup);
    if (k) {
        lookup_fail(s, k, &s->stats.error, true);
    }
}

/* Callbacks may look up again, which comes by here: whoever runs already goes on to the last. */
void lookups_expire(struct hf_store *s)
{
    if (s->expiring) {
        return;
    }
    s->expiring = true;
    while (s->earliest != NO_LOOKUP && s->lookup[s->earliest].deadline <= s->now) {
        lookup_fail(s, &s->lookup[s->earliest], &s->stats.timeout, true);
    }
    s->expiring = false;
}

void lookups_end(struct hf_store *s)
{
    while (s->earliest != NO_LOOKUP) {
        struct lookup k = s->lookup[s->earliest];
        lookup_close(s, &s->lookup[s->earliest]);
        s->stats.error++;
        k.done(k.arg, none, HF_SESSION_STORE_FAILED);
    }
}

/* ---- the API ---- */

/* Answered from here alone: by the store in memory, or because it was forgotten here. */
static bool look_up_here(struct hf_store *s, const struct lookup *k)
{
    bool known = key_fits(k->key) && !key_forgotten(s, k->key);
    if (known && s->url.kind != URL_MEMORY) {
        return false;
    }
    s->stats.hit++;
    if (!known || !give_local(s, k, HF_RESUMED)) {
        s->stats.hit--;
        s->stats.miss++;
        k->done(k->arg, none, HF_SESSION_UNKNOWN);
    }
    return true;
}

/* NULL and the count of why not. */
static struct link *look_up_where(struct hf_store *s, const char *key, uint64_t **count)
{
    char name[FULL_NAME_SIZE];
    full_name(s, "", key, name);
    struct server *server = server_of_name(s, name);
    if (server && server->breaker.state != HF_BREAKER_CLOSED) {
        *count = &s->stats.breaker;
        return NULL;
    }
    *count = &s->stats.error;
    struct link *l = server && !s->ending ? server_link(server, key) : NULL;
    if (l) {
        *count = &s->stats.in_flight_full;
    }
    return l;
}

static uint64_t look_up(hf_store *s, const char *key, struct lookup k)
{
    uint64_t *count;
    if (key_fits(key)) {
        memcpy(k.key, key, strlen(key) + 1);
    }
    if (look_up_here(s, &k)) {
        return 0;
    }
    struct link *l = look_up_where(s, key, &count);
    struct lookup *open = l ? lookup_open(s) : NULL;
    if (open == NULL) {
        could_not(s, &k, count, HF_SESSION_STORE_FAILED);
        return 0;
    }
    k.name = open->name;
    k.earlier = open->earlier;
    k.later = open->later;
    k.started = s->now;
    k.deadline = s->now + s->options.budget;
    k.server = l->server;
    *open = k;
    struct pending p = {.what = AWAIT_LOOKUP, .lookup = k.name, .takes = k.take && !l->server->no_take};
    memcpy(p.write.key, k.key, sizeof k.key);
    if (!lookup_send(s, l, &p)) {
        lookup_fail(s, open, count, false);
        return 0;
    }
    return k.name;
}

uint64_t hf_store_look_up(hf_store *s, const char *key, hf_store_done *done, void *arg, uint64_t now)
{
    store_clock(s, now);
    lookups_expire(s);
    return look_up(s, key, (struct lookup){.done = done, .arg = arg});
}

uint64_t hf_store_take(hf_store *s, const char *key, hf_store_done *done, void *arg, uint64_t now)
{
    store_clock(s, now);
    lookups_expire(s);
    return look_up(s, key, (struct lookup){.done = done, .arg = arg, .take = true});
}

void hf_store_cancel(hf_store *s, uint64_t name)
{
    struct lookup *k = lookup_named(s, name);
    if (k) {
        lookup_close(s, k);
    }
}
