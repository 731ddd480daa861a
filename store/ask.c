/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

/*
 * The user's own commands. They wait for a link, unlike lookups, and end once: answered, out of time, or
 * lost. One for every server is a whole that waits until the servers are known and is then made of parts.
 */
#define ASK_TIME 2000
#define ASK_BYTES_MAX (64 * 1024)

static void unlist(struct hf_store *s, struct ask *a)
{
    struct ask **at = &s->asks;
    while (*at != a) {
        at = &(*at)->next;
    }
    *at = a->next;
    s->ask_count--;
}

static void list(struct hf_store *s, struct ask *a)
{
    struct ask **at = &s->asks;
    while (*at) {
        at = &(*at)->next;
    }
    *at = a;
    s->ask_count++;
}

/* Its reply may still come: nobody waits for it. */
static void disown(struct hf_store *s, const struct ask *a)
{
    for (size_t i = 0; i < s->servers; i++) {
        for (size_t k = 0; k < LINKS_MAX; k++) {
            struct link *l = s->server[i]->link[k];
            for (size_t n = 0; l && n < l->ring_len; n++) {
                struct pending *p = &l->ring[(l->ring_start + n) % l->ring_room];
                p->ask = p->ask == a ? NULL : p->ask;
            }
        }
    }
}

static const hf_store_reply out_of_memory = {.kind = HF_REPLY_NONE,
                                             .bytes = {(const uint8_t *)"out of memory", 13}};

static void ask_end(struct hf_store *s, struct ask *a, const hf_store_reply *reply)
{
    struct ask *whole = a->whole;
    hf_store_replied *replied = a->replied;
    void *arg = a->arg;
    bool last = a->every;
    unlist(s, a);
    if (a->sent) {
        disown(s, a);
    }
    if (whole == NULL) {
        command_free(a->command);
    }
    free(a);
    bool short_of = false;
    if (whole && --whole->parts == 0) {
        short_of = whole->incomplete;
        unlist(s, whole);
        command_free(whole->command);
        free(whole);
        last = true;
    }
    replied(arg, reply);
    if (short_of) {
        replied(arg, &out_of_memory);
    }
    if (last) {
        replied(arg, NULL);
    }
}

void ask_lost(struct hf_store *s, struct ask *a, const char *why)
{
    hf_store_reply none = {.kind = HF_REPLY_NONE, .bytes = {(const uint8_t *)why, strlen(why)}};
    ask_end(s, a, &none);
}

/* ---- sending ---- */

static struct link *ask_link(const struct hf_store *s, const struct ask *a)
{
    struct server *server = a->server ? a->server : a->keyed ? server_of_slot(s, a->slot) : NULL;
    if (server) {
        return server_link(server, "");
    }
    for (size_t i = 0; i < s->servers && !a->keyed; i++) {
        struct link *l = server_link(s->server[i], "");
        if (l) {
            return l;
        }
    }
    return NULL;
}

static bool ask_send(struct hf_store *s, struct ask *a, struct link *l)
{
    struct pending p = {.what = AWAIT_ASK, .ask = a, .until = a->deadline + STUCK_TIME};
    return link_send_encoded(s, l, a->command, &p);
}

static bool part_of(struct hf_store *s, struct ask *whole, struct server *server)
{
    struct ask *a = calloc(1, sizeof *a);
    if (a == NULL) {
        return false;
    }
    *a = (struct ask){.whole = whole,
                      .server = server,
                      .deadline = whole->deadline,
                      .replied = whole->replied,
                      .arg = whole->arg,
                      .command = whole->command};
    whole->parts++;
    list(s, a);
    return true;
}

/* True when it has become its parts. */
static bool split(struct hf_store *s, struct ask *whole)
{
    if (s->url.cluster && !s->mapped) {
        return false;
    }
    for (size_t i = 0; i < s->servers; i++) {
        if (s->server[i]->primary && !part_of(s, whole, s->server[i])) {
            whole->incomplete = true;
        }
    }
    return whole->parts > 0;
}

void asks_send(struct hf_store *s)
{
    for (struct ask *a = s->asks; a; a = a->next) {
        if (a->sent) {
            continue;
        }
        if (a->every) {
            a->sent = split(s, a); /* parts come behind it in the list */
            continue;
        }
        struct link *l = ask_link(s, a);
        a->sent = l && ask_send(s, a, l);
        s->stats.moved += a->sent && a->redirected; /* it waited for that */
    }
}

/* ---- ending ---- */

/* Followed, or waiting to be. Where its slot has moved to there may be no link yet; there will be. */
static bool ask_follow(struct hf_store *s, struct link *l, struct ask *a, const hf_store_reply *r)
{
    struct link *to = redirect(s, l, r);
    if (to) {
        return ask_send(s, a, to);
    }
    struct server *owner = server_of_slot(s, a->slot);
    if (!s->url.cluster || !reply_begins(r, "MOVED") || owner == NULL || owner == l->server) {
        return false;
    }
    a->sent = false;
    asks_send(s); /* a breaker keeps lookups from a link that stands, not this */
    return true;
}

void ask_reply(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r)
{
    if (p->ask == NULL) {
        return;
    }
    struct ask *a = p->ask;
    bool may_follow = a->keyed && !a->redirected && r->kind == HF_REPLY_ERROR;
    a->redirected = true;
    if (may_follow && ask_follow(s, l, a, r)) {
        return;
    }
    a->sent = false; /* nothing is owed any more */
    ask_end(s, a, r);
}

/* Callbacks may ask again: begin anew after each. */
static struct ask *expired(const struct hf_store *s, uint64_t now)
{
    struct ask *a = s->asks;
    while (a && (a->deadline > now || (a->every && a->sent))) {
        a = a->next;
    }
    return a;
}

void asks_expire(struct hf_store *s)
{
    for (struct ask *a = expired(s, s->now); a; a = expired(s, s->now)) {
        char why[TROUBLE_SIZE];
        memcpy(why, s->trouble, sizeof why);
        ask_lost(s, a, a->sent ? "no reply in time" : why[0] ? why : "no connection in time");
    }
}

void asks_end(struct hf_store *s)
{
    for (struct ask *a = expired(s, UINT64_MAX); a; a = expired(s, UINT64_MAX)) {
        ask_lost(s, a, "the store was freed");
    }
}

void asks_leave(struct hf_store *s, const struct server *server)
{
    for (struct ask *a = s->asks; a;) {
        if (a->server == server) {
            ask_lost(s, a, "the server has left the cluster");
            a = s->asks;
        } else {
            a = a->next;
        }
    }
}

uint64_t asks_due(const struct hf_store *s)
{
    uint64_t due = UINT64_MAX;
    for (const struct ask *a = s->asks; a; a = a->next) {
        due = a->deadline < due ? a->deadline : due; /* a whole's is that of its parts */
    }
    return due;
}

/* ---- the API ---- */

static hf_bytes encode(const hf_store_command *command)
{
    struct command c = {.argc = 0};
    size_t total = 0;
    for (size_t i = 0; i < command->argc && i < RESP_ARGUMENTS; i++) {
        total += command->argv[i].len;
        command_add(&c, command->argv[i].len ? (const void *)command->argv[i].data : "",
                    command->argv[i].len);
    }
    bool fits = command->argc > 0 && command->argc <= RESP_ARGUMENTS && total <= ASK_BYTES_MAX;
    return fits ? command_encode(&c) : (hf_bytes){NULL, 0};
}

static const char *ask_begin(struct hf_store *s, const hf_store_command *command, struct ask **out)
{
    if (s->url.kind == URL_MEMORY) {
        return "a store in memory has no server to ask";
    }
    if (s->ask_count >= ASKS_MAX || s->ending) {
        return "too many commands wait already";
    }
    hf_bytes encoded = encode(command);
    if (encoded.len == 0) {
        return "a command has 1 to 64 arguments and at most 64 KiB";
    }
    struct ask *a = calloc(1, sizeof *a);
    if (a == NULL) {
        command_free(encoded);
        return "out of memory";
    }
    a->command = encoded;
    a->every = command->every_server;
    a->keyed = command->key != NULL;
    if (command->key) {
        a->slot = slot_of((hf_bytes){(const uint8_t *)command->key, strlen(command->key)});
    }
    a->deadline = s->now + (command->timeout ? command->timeout : ASK_TIME);
    *out = a;
    return NULL;
}

void hf_store_ask(hf_store *s, const hf_store_command *command, hf_store_replied *replied, void *arg,
                  uint64_t now)
{
    struct ask *a;
    store_clock(s, now);
    const char *why = ask_begin(s, command, &a);
    if (why) {
        hf_store_reply none = {.kind = HF_REPLY_NONE, .bytes = {(const uint8_t *)why, strlen(why)}};
        replied(arg, &none);
        if (command->every_server) {
            replied(arg, NULL);
        }
        return;
    }
    a->replied = replied;
    a->arg = arg;
    list(s, a);
    asks_send(s);
}
