/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <string.h>

#define RESEED_TIME 1000 /* without any link, the URL's nodes are tried again */
#define RETRY_TIME 1000  /* after a reply that said nothing, or not all */

/* ---- when to ask ---- */

void topology_refresh(struct hf_store *s)
{
    uint64_t soonest = s->now > s->refresh_not_before ? s->now : s->refresh_not_before;
    if (s->refresh_at > soonest) {
        s->refresh_at = soonest;
    }
}

uint64_t topology_due(const struct hf_store *s)
{
    if (!s->url.cluster) {
        return UINT64_MAX;
    }
    if (!any_ready(s)) {
        return s->alone_since == UINT64_MAX ? s->now : s->alone_since + RESEED_TIME;
    }
    return s->refreshing ? UINT64_MAX : s->refresh_at;
}

/* The nodes of the URL, beside those we know: they tell of the others. */
static void seed(struct hf_store *s)
{
    for (size_t i = 0; i < s->url.nodes; i++) {
        const struct url_node *n = &s->url.node[i];
        if (server_find(s, n->host, n->port) == NULL) {
            server_add(s, n->host, n->port);
        }
    }
}

static void ask_somebody(struct hf_store *s)
{
    uint64_t first = store_random(s);
    for (size_t i = 0; i < s->servers; i++) {
        struct link *l = server_link(s->server[(first + i) % s->servers], "");
        if (l && link_send_words(s, l, "CLUSTER SLOTS", AWAIT_TOPOLOGY)) {
            s->refreshing = true;
            s->refresh_not_before = s->now + REFRESH_PAUSE;
            s->refresh_at = s->now + REFRESH_TIME - store_random(s) % (REFRESH_TIME / 4);
            return;
        }
    }
    s->refresh_at = s->now + RETRY_TIME;
}

void topology_tick(struct hf_store *s)
{
    if (!s->url.cluster || s->ending) {
        return;
    }
    if (any_ready(s)) {
        s->alone_since = UINT64_MAX;
        if (!s->refreshing && s->now >= s->refresh_at) {
            ask_somebody(s);
        }
    } else if (s->alone_since == UINT64_MAX) {
        s->alone_since = s->now;
    } else if (s->now >= s->alone_since + RESEED_TIME) {
        s->alone_since = s->now;
        seed(s);
    }
}

/* ---- what it says: [first, last, [host, port, …primary], [replica]…]… ---- */

struct range {
    uint16_t first, last;
    struct url_node at;
};

/* It is resolved, and told to people. */
static bool printable(hf_bytes host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (host.data[i] <= ' ' || host.data[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

static bool range_decode(const hf_store_reply *r, const struct link *from, struct range *out)
{
    const hf_store_reply *i = r->items;
    if (r->kind != HF_REPLY_LIST || r->count < 3 || i[0].kind != HF_REPLY_INTEGER ||
        i[1].kind != HF_REPLY_INTEGER || i[0].integer < 0 || i[1].integer >= SLOTS ||
        i[0].integer > i[1].integer) {
        return false;
    }
    const hf_store_reply *node = &i[2];
    if (node->kind != HF_REPLY_LIST || node->count < 2 || node->items[1].kind != HF_REPLY_INTEGER ||
        node->items[1].integer < 1 || node->items[1].integer > 65535) {
        return false;
    }
    hf_bytes host = node->items[0].bytes;
    if (node->items[0].kind != HF_REPLY_BYTES || host.len == 0 || (host.len == 1 && *host.data == '?')) {
        host = (hf_bytes){(const uint8_t *)from->server->at.host,
                          strlen(from->server->at.host)}; /* the one that answers */
    }
    if (host.len >= URL_HOST_SIZE || !printable(host)) {
        return false;
    }
    *out = (struct range){.first = (uint16_t)i[0].integer, .last = (uint16_t)i[1].integer};
    memcpy(out->at.host, host.data, host.len);
    out->at.port = (uint16_t)node->items[1].integer;
    return true;
}

static size_t index_of(const struct hf_store *s, const struct server *server)
{
    size_t i = 0;
    while (s->server[i] != server) {
        i++;
    }
    return i;
}

static bool range_apply(struct hf_store *s, const struct range *r)
{
    struct server *server = server_find(s, r->at.host, r->at.port);
    if (server == NULL) {
        server = server_add(s, r->at.host, r->at.port);
    }
    if (server == NULL) {
        return false;
    }
    server->primary = true;
    memset(s->slots + r->first, (int)index_of(s, server) + 1, r->last - r->first + 1u);
    return true;
}

/* All of it must be as expected before any of it counts. */
static bool topology_fits(const struct link *from, const hf_store_reply *r)
{
    struct range range;
    bool fits = r->kind == HF_REPLY_LIST && r->count > 0;
    for (size_t i = 0; fits && i < r->count; i++) {
        fits = range_decode(&r->items[i], from, &range);
    }
    return fits;
}

static void topology_apply(struct hf_store *s, const struct link *from, const hf_store_reply *r)
{
    struct range range;
    memset(s->slots, 0, SLOTS);
    for (size_t i = 0; i < s->servers; i++) {
        s->server[i]->primary = false;
    }
    size_t known = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!range_decode(&r->items[i], from, &range)) {
            continue;
        }
        if (range_apply(s, &range)) {
            known += range.last - range.first + 1u;
        } else {
            bool full = s->servers == SERVERS_MAX;
            trouble(s, NULL,
                    full ? "the cluster has more primaries than the 64 that are served" : "out of memory",
                    NULL);
        }
    }
    if (known < SLOTS && s->refresh_at > s->now + RETRY_TIME) {
        s->refresh_at = s->now + RETRY_TIME; /* it is being made, or has lost somebody, or we had no place */
    }
    s->mapped = true;
}

/* Who serves no slots any more. Ending links calls others back: begin again after each. */
static void drop_others(struct hf_store *s)
{
    for (size_t i = 0; i < s->servers;) {
        if (s->server[i]->primary) {
            i++;
        } else {
            server_remove(s, i);
            i = 0;
        }
    }
}

void topology_reply(struct hf_store *s, struct link *l, const hf_store_reply *r)
{
    s->refreshing = false;
    if (topology_fits(l, r)) {
        topology_apply(s, l, r);
        drop_others(s);
        asks_send(s);
        writes_tell(s);
        return;
    }
    if (r->kind == HF_REPLY_ERROR && reply_begins(r, "ERR")) {
        trouble(s, l->server, "if it is no cluster, leave out '?cluster' in the URL", &r->bytes);
    } else if (r->kind == HF_REPLY_ERROR) {
        reply_problem(s, l, r);
    } else {
        trouble(s, l->server, "the cluster does not say where its slots are: is it complete?", NULL);
    }
    s->refresh_at = s->now + RETRY_TIME;
}

/* ---- redirections ---- */

struct link *redirect(struct hf_store *s, const struct link *from, const hf_store_reply *r)
{
    struct redirection to;
    if (!s->url.cluster || r->kind != HF_REPLY_ERROR || !redirection_decode(r->bytes, &to)) {
        return NULL;
    }
    const char *host = to.host[0] ? to.host : from->server->at.host;
    struct server *server = server_find(s, host, to.port);
    if (server == NULL) {
        server = server_add(s, host, to.port);
    }
    topology_refresh(s);
    if (server == NULL) {
        return NULL;
    }
    server->primary = true;
    if (!to.ask) {
        s->slots[to.slot] = (uint8_t)(index_of(s, server) + 1);
    }
    struct link *l = server->breaker.state == HF_BREAKER_CLOSED ? server_link(server, "") : NULL;
    if (l == NULL || (to.ask && !link_send_words(s, l, "ASKING", AWAIT_ASKING))) {
        return NULL;
    }
    ++*(to.ask ? &s->stats.asked : &s->stats.moved);
    return l;
}
