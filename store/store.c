/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "store/inside.h"

#define BUDGET 25
#define BUDGET_MAX 500
#define IN_FLIGHT 1024
#define IN_FLIGHT_MAX 65535
#define LOCAL_SESSIONS 4096
#define MEMORY_SESSIONS 20480
#define SESSIONS_MAX (1u << 24)
#define CONNECTIONS 2
#define NAME_SPACE_MAX 32

/* ---- options ---- */

static bool refuse(hf_problem *why, hf_err err, const char *sentence)
{
    why->err = err;
    snprintf(why->sentence, sizeof why->sentence, "%s", sentence);
    return false;
}

static bool option(uint32_t *value, uint32_t standard, uint32_t most)
{
    *value = *value ? *value : standard;
    return *value <= most;
}

static bool take_options(struct hf_store *s, const hf_store_options *options, hf_problem *why)
{
    hf_store_options *o = &s->options;
    *o = options ? *options : (hf_store_options){0};
    if (!option(&o->budget, BUDGET, BUDGET_MAX)) {
        return refuse(why, HF_BAD_ARGUMENT, "the budget of a lookup is 1 to 500 milliseconds");
    }
    if (!option(&o->in_flight, IN_FLIGHT, IN_FLIGHT_MAX)) {
        return refuse(why, HF_BAD_ARGUMENT, "at most 65535 lookups can be in flight");
    }
    if (!option(&o->local_sessions, LOCAL_SESSIONS, SESSIONS_MAX) ||
        !option(&o->memory_sessions, MEMORY_SESSIONS, SESSIONS_MAX)) {
        return refuse(why, HF_BAD_ARGUMENT, "at most 16777216 sessions can be held in memory");
    }
    if (!option(&o->connections, CONNECTIONS, LINKS_MAX)) {
        return refuse(why, HF_BAD_ARGUMENT, "at most 16 connections can be made to each server");
    }
    const char *space = o->name_space ? o->name_space : "hf";
    size_t len = strspn(space, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (len == 0 || space[len] || len > NAME_SPACE_MAX) {
        return refuse(why, HF_BAD_ARGUMENT, "a store's name space is 1 to 32 of a-z, 0-9 and '-'");
    }
    snprintf(s->prefix, sizeof s->prefix, "%s:1:", space);
    o->name_space = NULL; /* the caller's */
    return true;
}

/* Another's, or one that trusts what the system trusts. */
static bool take_tls(struct hf_store *s, hf_problem *why)
{
    if (s->url.kind != URL_TLS) {
        return true;
    }
    if (s->options.tls) {
        s->tls = hf_config_share(s->options.tls);
        return true;
    }
    s->tls = hf_config_client();
    hf_err err = s->tls ? hf_config_trust_system(s->tls) : HF_NO_MEMORY;
    if (err != HF_OK) {
        return refuse(why, err, hf_err_sentence(err));
    }
    return hf_config_freeze(s->tls, why) == HF_OK;
}

static bool take_memory(struct hf_store *s, hf_problem *why)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
        seed = (uint64_t)(uintptr_t)s; /* early at boot */
    }
    s->random = seed | 1;
    bool in_memory = s->url.kind == URL_MEMORY;
    uint32_t most = in_memory ? s->options.memory_sessions : s->options.local_sessions;
    bool made = lru_init(&s->records, most, store_random(s)) &&
                lru_init(&s->negative, NEGATIVE_MAX, store_random(s));
    if (made && s->url.cluster) {
        s->slots = calloc(1, SLOTS);
        made = s->slots != NULL;
    }
    if (made && !in_memory) {
        made = lookups_init(s);
    }
    return made || refuse(why, HF_NO_MEMORY, hf_err_sentence(HF_NO_MEMORY));
}

static bool take_servers(struct hf_store *s, hf_problem *why)
{
    size_t count = s->url.kind == URL_MEMORY ? 0 : s->url.kind == URL_UNIX ? 1 : s->url.nodes;
    for (size_t i = 0; i < count; i++) {
        const struct url_node *n = &s->url.node[i]; /* of a socket: "", 0 */
        if (server_find(s, n->host, n->port)) {
            continue; /* named twice */
        }
        struct server *server = server_add(s, n->host, n->port);
        if (server == NULL) {
            return refuse(why, HF_NO_MEMORY, hf_err_sentence(HF_NO_MEMORY));
        }
        server->primary = !s->url.cluster; /* CLUSTER SLOTS tells */
    }
    return true;
}

hf_store *hf_store_new(const char *url, const hf_store_options *options, hf_problem *why)
{
    hf_problem unread;
    why = why ? why : &unread;
    *why = (hf_problem){.err = HF_OK};
    struct hf_store *s = calloc(1, sizeof *s);
    if (s == NULL || url == NULL) {
        refuse(why, s ? HF_NULL_ARGUMENT : HF_NO_MEMORY,
               hf_err_sentence(s ? HF_NULL_ARGUMENT : HF_NO_MEMORY));
        free(s);
        return NULL;
    }
    s->earliest = s->latest = s->free_lookup = NO_LOOKUP;
    s->alone_since = UINT64_MAX;
    if (!take_options(s, options, why) || !url_parse(url, &s->url, why) || !take_tls(s, why) ||
        !take_memory(s, why) || !take_servers(s, why)) {
        hf_store_free(s);
        return NULL;
    }
    return s;
}

void hf_store_free(hf_store *s)
{
    uint32_t link;
    if (s == NULL) {
        return;
    }
    s->ending = true;
    lookups_end(s);
    asks_end(s);
    while (s->servers) {
        server_remove(s, s->servers - 1);
    }
    while (hf_store_hang_up(s, &link)) {}
    lru_free(&s->records);
    lru_free(&s->negative);
    free(s->lookup);
    free(s->slots);
    hf_config_free(s->tls);
    url_wipe(&s->url);
    free(s);
}

/* ---- connections ---- */

static size_t free_place(const struct server *server)
{
    size_t i = 0;
    while (server->link[i]) {
        i++;
    }
    return i;
}

bool hf_store_dial(hf_store *s, hf_store_endpoint *out, uint64_t now)
{
    store_clock(s, now);
    for (size_t i = 0; i < s->servers; i++) {
        struct server *server = s->server[i];
        if (server_dial_due(s, server) > s->now) {
            continue;
        }
        struct link *l = link_new(s, server, free_place(server));
        if (l == NULL) { /* out of memory: not again at once */
            server->dial_at = s->now + backoff_next(&server->backoff, store_random(s));
            continue;
        }
        *out = (hf_store_endpoint){.link = l->name};
        if (s->url.kind == URL_UNIX) {
            out->path = s->url.path;
        } else {
            out->host = server->at.host;
            out->port = server->at.port;
        }
        return true;
    }
    return false;
}

void hf_store_linked(hf_store *s, uint32_t link, bool ok, uint64_t now)
{
    struct link *l = link_find(s, link);
    store_clock(s, now);
    if (l == NULL || l->state != LINK_DIALING) {
        return;
    }
    if (ok) {
        link_greet(s, l);
        return;
    }
    s->stats.connect_failures++;
    trouble(s, l->server, "it cannot be reached: is it running, and is the address right?", NULL);
    link_end(s, l);
}

bool hf_store_hang_up(hf_store *s, uint32_t *link)
{
    struct link *l = s->ended;
    if (l == NULL) {
        return false;
    }
    s->ended = l->next;
    *link = l->name;
    link_free(l);
    return true;
}

hf_bytes hf_store_peek(hf_store *s, uint32_t link)
{
    struct link *l = link_find(s, link);
    return l ? link_peek(s, l) : (hf_bytes){NULL, 0};
}

void hf_store_drop(hf_store *s, uint32_t link, size_t len)
{
    struct link *l = link_find(s, link);
    if (l) {
        link_drop(l, len);
    }
}

void hf_store_push(hf_store *s, uint32_t link, uint8_t *bytes, size_t len, uint64_t now)
{
    struct link *l = link_find(s, link);
    store_clock(s, now);
    lookups_expire(s); /* a reply that comes after its time is late, even where hf_store_tick is too */
    if (l) {
        link_take(s, l, bytes, len);
    }
}

/* ---- what is happening ---- */

hf_store_stats hf_store_statistics(const hf_store *s)
{
    hf_store_stats stats = s->stats;
    for (size_t i = 0; i < s->servers; i++) {
        hf_breaker state = s->server[i]->breaker.state;
        stats.connected += server_ready(s->server[i]);
        if (state == HF_BREAKER_OPEN || stats.breaker_state == HF_BREAKER_CLOSED) {
            stats.breaker_state = state; /* the worst */
        }
    }
    stats.in_flight = s->lookups;
    stats.local_records = (uint32_t)s->records.count;
    return stats;
}

const char *hf_store_prefix(const hf_store *s)
{
    return s->prefix;
}
