/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

struct link *link_new(struct hf_store *s, struct server *server, size_t place)
{
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL || !resp_init(&l->resp)) {
        free(l);
        return NULL;
    }
    l->name = ++s->last_link;
    l->state = LINK_DIALING;
    l->server = server;
    l->since = l->used = s->now;
    server->link[place] = l;
    return l;
}

struct link *link_find(const struct hf_store *s, uint32_t name)
{
    for (size_t i = 0; i < s->servers; i++) {
        for (size_t k = 0; k < LINKS_MAX; k++) {
            struct link *l = s->server[i]->link[k];
            if (l && l->name == name) {
                return l;
            }
        }
    }
    struct link *l = s->ended;
    while (l && l->name != name) {
        l = l->next;
    }
    return l;
}

void link_free(struct link *l)
{
    hf_conn_free(l->tls);
    resp_free(&l->resp);
    bytes_free(&l->out);
    free(l->ring);
    free(l);
}

static void leave_server(struct hf_store *s, struct link *l)
{
    struct server *server = l->server;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        server->link[i] = server->link[i] == l ? NULL : server->link[i];
    }
    if (l->state == LINK_READY && s->now - l->since >= PROVEN_TIME) {
        server->backoff.wait = 0;
    }
    server->dial_at = s->now + backoff_next(&server->backoff, store_random(s));
}

/* Its reader, and the reply in it, stay until it is hung up: we may be inside of it. */
void link_end(struct hf_store *s, struct link *l)
{
    if (l->state == LINK_ENDED) {
        return;
    }
    struct server *server = l->server;
    leave_server(s, l);
    l->state = LINK_ENDED;
    l->server = NULL;
    l->next = s->ended;
    s->ended = l;
    bytes_drop(&l->out, l->out.len);
    topology_refresh(s);
    while (l->ring_len) {
        struct pending p = *link_oldest(l);
        link_dropped(l);
        reply_lost(s, server, &p);
    }
}

struct pending *link_oldest(const struct link *l)
{
    return l->ring_len ? &l->ring[l->ring_start] : NULL;
}

void link_dropped(struct link *l)
{
    if (l->ring_len) {
        l->ring_start = (l->ring_start + 1) % l->ring_room;
        l->ring_len--;
    }
}

/* Doubles, up to what is allowed. */
static bool ring_reserve(struct link *l)
{
    if (l->ring_len < l->ring_room) {
        return true;
    }
    size_t room = l->ring_room ? l->ring_room * 2 : 16;
    struct pending *ring = l->ring_len < AWAITED_MAX ? calloc(room, sizeof *ring) : NULL;
    if (ring == NULL) {
        return false;
    }
    for (size_t i = 0; i < l->ring_len && l->ring_room; i++) {
        ring[i] = l->ring[(l->ring_start + i) % l->ring_room];
    }
    free(l->ring);
    l->ring = ring;
    l->ring_start = 0;
    l->ring_room = room;
    return true;
}

bool link_send_encoded(struct hf_store *s, struct link *l, hf_bytes encoded, const struct pending *p)
{
    if (encoded.len == 0 || l->state == LINK_ENDED || !ring_reserve(l) ||
        !bytes_add(&l->out, encoded, OUT_MAX)) {
        return false;
    }
    struct pending *to = &l->ring[(l->ring_start + l->ring_len++) % l->ring_room];
    *to = *p;
    to->until = p->until ? p->until : s->now + STUCK_TIME;
    l->used = s->now;
    return true;
}

bool link_send(struct hf_store *s, struct link *l, const struct command *c, const struct pending *p)
{
    hf_bytes encoded = command_encode(c);
    bool sent = link_send_encoded(s, l, encoded, p);
    command_free(encoded);
    return sent;
}

bool link_send_words(struct hf_store *s, struct link *l, const char *words, enum awaited what)
{
    struct command c = {.argc = 0};
    struct pending p = {.what = what};
    while (*words) {
        size_t len = strcspn(words, " ");
        command_add(&c, words, len);
        words += len + (words[len] == ' ');
    }
    return link_send(s, l, &c, &p);
}

static bool greet(struct hf_store *s, struct link *l, const struct command *c)
{
    struct pending p = {.what = AWAIT_GREETING};
    l->greetings++;
    return link_send(s, l, c, &p);
}

static bool begin_tls(struct hf_store *s, struct link *l)
{
    hf_problem why;
    if (s->tls) {
        l->tls = hf_conn_new(s->tls, l->server->at.host, &why);
        if (l->tls == NULL) {
            trouble(s, l->server, why.sentence, NULL);
            return false;
        }
    }
    return true;
}

void link_greet(struct hf_store *s, struct link *l)
{
    char number[24];
    struct command auth = {.argc = 0}, choose = {.argc = 0}, ping = {.argc = 0};
    l->state = LINK_GREETING;
    l->since = s->now;
    bool sent = begin_tls(s, l);
    if (sent && s->url.password[0]) {
        command_text(&auth, "AUTH");
        if (s->url.user[0]) {
            command_text(&auth, s->url.user);
        }
        command_text(&auth, s->url.password);
        sent = greet(s, l, &auth);
    }
    if (sent && s->url.db) {
        command_text(&choose, "SELECT");
        command_number(&choose, number, s->url.db);
        sent = greet(s, l, &choose);
    }
    command_text(&ping, "PING");
    if (!sent || !greet(s, l, &ping)) {
        s->stats.connect_failures++;
        link_end(s, l);
    }
}

void link_ready(struct hf_store *s, struct link *l)
{
    struct breaker *b = &l->server->breaker;
    l->state = LINK_READY;
    l->since = s->now;
    s->stats.connects++;
    s->trouble[0] = '\0';
    if (b->state == HF_BREAKER_OPEN && b->again > s->now) {
        b->again = s->now;
    }
    if (!s->mapped) {
        topology_refresh(s);
    }
    topology_tick(s);
    asks_send(s);
    writes_tell(s);
}
