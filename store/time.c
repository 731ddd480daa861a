/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

void store_clock(struct hf_store *s, uint64_t now)
{
    if (now > s->now) {
        s->now = now;
    }
}

/* xorshift64*: for pauses and times to live; nothing secret hangs on it. */
uint64_t store_random(struct hf_store *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return s->random * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t link_due(const struct link *l)
{
    const struct pending *oldest = link_oldest(l);
    switch (l->state) {
    case LINK_DIALING:
    case LINK_GREETING:
        return l->since + BEGIN_TIME;
    case LINK_READY:
        return oldest ? oldest->until : l->used + IDLE_TIME;
    case LINK_ENDED:
        break;
    }
    return UINT64_MAX;
}

uint64_t server_dial_due(const struct hf_store *s, const struct server *server)
{
    unsigned links = 0;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        links += server->link[i] != NULL;
    }
    bool answers = server_ready(server) > 0;
    unsigned wanted = server->primary && answers ? s->options.connections : 1;
    return links < wanted ? server->dial_at : UINT64_MAX;
}

static uint64_t server_due(const struct hf_store *s, const struct server *server)
{
    uint64_t due = server_dial_due(s, server);
    if (server->breaker.state == HF_BREAKER_HALF_OPEN ||
        (server->breaker.state == HF_BREAKER_OPEN && server_ready(server))) {
        due = sooner(due, server->breaker.again);
    }
    for (size_t i = 0; i < LINKS_MAX; i++) {
        due = server->link[i] ? sooner(due, link_due(server->link[i])) : due;
    }
    return due;
}

uint64_t hf_store_due(const hf_store *s)
{
    uint64_t due = s->earliest == NO_LOOKUP ? UINT64_MAX : s->lookup[s->earliest].deadline;
    for (size_t i = 0; i < s->servers; i++) {
        due = sooner(due, server_due(s, s->server[i]));
    }
    due = sooner(due, sooner(asks_due(s), writes_due(s)));
    return sooner(due, topology_due(s));
}

static void link_tick(struct hf_store *s, struct link *l)
{
    if (s->now < link_due(l)) {
        return;
    }
    if (l->state == LINK_READY && link_oldest(l) == NULL) {
        l->used = s->now; /* also when memory is out: not again at once */
        link_send_words(s, l, "PING", AWAIT_PING);
        return;
    }
    trouble(s, l->server,
            l->state == LINK_DIALING
                ? "the connection is not made in time: is the address right, and no firewall between?"
            : l->state == LINK_GREETING ? "it does not answer in time"
                                        : "it does not answer any more",
            NULL);
    if (l->state != LINK_READY) {
        s->stats.connect_failures++;
    }
    link_end(s, l);
}

static void breaker_tick(struct hf_store *s, struct server *server)
{
    struct breaker *b = &server->breaker;
    if (b->state == HF_BREAKER_CLOSED || s->now < b->again) {
        return;
    }
    if (b->state == HF_BREAKER_HALF_OPEN) { /* no PONG in time */
        breaker_open(b, s->now, store_random(s));
        return;
    }
    struct link *l = server_link(server, "");
    if (l && link_send_words(s, l, "PING", AWAIT_PROBE)) {
        breaker_probe(b, s->now + s->options.budget);
    } else if (l) {
        breaker_open(b, s->now, store_random(s));
    }
}

void hf_store_tick(hf_store *s, uint64_t now)
{
    store_clock(s, now);
    lookups_expire(s);
    for (size_t i = 0; i < s->servers; i++) {
        for (size_t k = 0; k < LINKS_MAX; k++) {
            if (s->server[i]->link[k]) {
                link_tick(s, s->server[i]->link[k]);
            }
        }
        breaker_tick(s, s->server[i]);
    }
    asks_expire(s);
    topology_tick(s);
    writes_tick(s);
}
