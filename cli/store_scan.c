/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/store_tool.h"
#include "store/slots.h"

/* A whole store, piece by piece: SCAN on each primary, SSCAN on a set. */

enum { PRIMARIES = 64 };
#define PIECE "500"

struct walk {
    store_name *visit;
    void *arg;
    const char *prefix; /* to be taken off; "" for none */
    char cursor[32];
    bool begun, wrong;
};

static bool same_text(const hf_store_reply *r, char *out, size_t size)
{
    bool fits = r->kind == HF_REPLY_BYTES && r->bytes.len > 0 && r->bytes.len < size;
    if (fits) {
        memcpy(out, r->bytes.data, r->bytes.len);
        out[r->bytes.len] = '\0';
    }
    return fits;
}

/* [cursor, [name, …]] */
static void on_piece(void *arg, const hf_store_reply *r)
{
    struct walk *w = arg;
    char name[256];
    size_t prefix = strlen(w->prefix);
    bool well = r->kind == HF_REPLY_LIST && r->count == 2 && r->items[1].kind == HF_REPLY_LIST &&
                same_text(&r->items[0], w->cursor, sizeof w->cursor);
    if (!well) {
        w->wrong = true;
        return;
    }
    for (size_t i = 0; i < r->items[1].count; i++) {
        if (same_text(&r->items[1].items[i], name, sizeof name) && strncmp(name, w->prefix, prefix) == 0) {
            w->visit(w->arg, name + prefix);
        }
    }
}

/* set NULL: the names of the server that key is on. */
static bool walk(struct store_tool *t, struct walk *w, const char *set, const char *key)
{
    char pattern[80];
    snprintf(pattern, sizeof pattern, "%s*", w->prefix);
    snprintf(w->cursor, sizeof w->cursor, "0");
    while (!t->failed && !w->wrong && (!w->begun || strcmp(w->cursor, "0") != 0)) {
        char cursor[sizeof w->cursor];
        memcpy(cursor, w->cursor, sizeof cursor);
        w->begun = true;
        struct store_words words = set != NULL ? store_words(set, "SSCAN", set)
                                               : store_words(key, "SCAN", cursor);
        if (set != NULL) {
            store_words_add(&words, cursor);
        } else {
            store_words_add(&words, "MATCH");
            store_words_add(&words, pattern);
        }
        store_words_add(&words, "COUNT");
        store_words_add(&words, PIECE);
        store_tool_ask(t, &words, on_piece, w);
        store_tool_wait(t);
    }
    if (w->wrong && !t->failed) {
        say_error("the session store: an answer that is none to %s", set != NULL ? "SSCAN" : "SCAN");
        t->failed = true;
    }
    return !t->failed;
}

bool store_members(struct store_tool *t, const char *set, store_name *visit, void *arg)
{
    struct walk w = {.visit = visit, .arg = arg, .prefix = ""};
    return walk(t, &w, set, NULL);
}

/* ---- the primaries of a cluster ---- */
struct primaries {
    size_t count;
    char name[PRIMARIES][300];
    uint16_t slot[PRIMARIES]; /* one that each has */
    bool is_cluster;
    const char *wrong; /* why not all of them are known; NULL: they are */
};

/* [first, last, [host, port, …], replicas…] */
static void add_primary(struct primaries *p, const hf_store_reply *row)
{
    bool well = row->kind == HF_REPLY_LIST && row->count >= 3 && row->items[0].kind == HF_REPLY_INTEGER &&
                row->items[0].integer >= 0 && row->items[0].integer < SLOTS &&
                row->items[2].kind == HF_REPLY_LIST && row->items[2].count >= 2 &&
                row->items[2].items[1].kind == HF_REPLY_INTEGER;
    if (!well) {
        p->wrong = "an answer that is none to CLUSTER SLOTS";
        return;
    }
    const hf_store_reply *node = row->items[2].items;
    char name[sizeof p->name[0]];
    snprintf(name, sizeof name, "%.255s:%lld",
             node[0].kind == HF_REPLY_BYTES && node[0].bytes.len > 0 ? (const char *)node[0].bytes.data : "",
             (long long)node[1].integer);
    size_t known = 0;
    while (known < p->count && strcmp(p->name[known], name) != 0) {
        known++;
    }
    if (known == PRIMARIES) {
        p->wrong = "a cluster of more than 64 servers";
    } else if (known == p->count) {
        memcpy(p->name[known], name, sizeof name);
        p->slot[p->count++] = (uint16_t)row->items[0].integer;
    }
}

/* A list of those. One that is not understood may be of a server that nothing else names. */
static void on_slots(void *arg, const hf_store_reply *r)
{
    struct primaries *p = arg;
    if (r->kind != HF_REPLY_LIST) {
        p->wrong = "an answer that is none to CLUSTER SLOTS";
        return;
    }
    for (size_t i = 0; i < r->count && p->wrong == NULL; i++) {
        add_primary(p, &r->items[i]);
    }
    if (p->count == 0 && p->wrong == NULL) {
        p->wrong = "a cluster in which no slot has a server";
    }
}

/* A name that is in this slot. */
static void name_in(uint16_t slot, char out[24])
{
    unsigned long i = 0;
    do {
        snprintf(out, 24, "%lu", i++);
    } while (slot_of((hf_bytes){(const uint8_t *)out, strlen(out)}) != slot);
}

/* SCAN is answered by any node, and a store that was not told of the cluster asks the same one each time: a
 * name that is elsewhere shows that, as an error. */
static void ask_for_one(struct store_tool *t, const char *key, const char *prefix)
{
    char name[80];
    snprintf(name, sizeof name, "%s{%s}", prefix, key); /* in the slot of what is in the braces */
    struct store_words words = store_words(name, "STRLEN", name);
    store_tool_ask(t, &words, NULL, NULL);
    store_tool_wait(t);
}

static void on_info(void *arg, const hf_store_reply *r)
{
    struct primaries *p = arg;
    p->is_cluster |= r->kind == HF_REPLY_BYTES &&
                     strstr((const char *)r->bytes.data, "cluster_enabled:1") != NULL;
}

bool store_scan(struct store_tool *t, store_name *visit, void *arg)
{
    struct primaries p = {0};
    struct store_words info = store_words(NULL, "INFO", "cluster"),
                       slots = store_words(NULL, "CLUSTER", "SLOTS");
    store_tool_ask(t, &info, on_info, &p);
    if (!store_tool_wait(t)) {
        return false;
    }
    if (p.is_cluster) {
        store_tool_ask(t, &slots, on_slots, &p);
        store_tool_wait(t);
    }
    if (p.wrong != NULL && !t->failed) {
        say_error("the session store: %s, so not every session would be seen", p.wrong);
        t->failed = true;
    }
    for (size_t i = 0; i < (p.is_cluster ? p.count : 1) && !t->failed; i++) {
        char key[24];
        struct walk w = {.visit = visit, .arg = arg, .prefix = hf_store_prefix(t->store.store)};
        if (p.is_cluster) {
            name_in(p.slot[i], key);
            ask_for_one(t, key, w.prefix);
        }
        walk(t, &w, NULL, p.is_cluster ? key : NULL);
    }
    return !t->failed;
}
