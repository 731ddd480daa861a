/* SPDX-License-Identifier: MIT */
#include <handfast/store.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A session store, given whatever servers might say. Input: a byte that chooses one server or a cluster and
 * how long the pieces are, then steps: a byte of what to do, one of how much. Whatever comes, each lookup
 * ends once and in time, each command too, and what is held stays within its bounds.
 */
#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

#define BUDGET 25
#define LOOKUPS 64
#define LINKS 64

struct lookup {
    uint64_t name, began;
    unsigned calls;
    bool cancelled;
};

static struct world {
    hf_store *store;
    uint64_t now;
    uint32_t link[LINKS];
    struct lookup lookup[LOOKUPS];
    size_t lookups;
    unsigned asked, answered;
} w;

static void done(void *arg, hf_bytes record, hf_resumption why)
{
    struct lookup *k = arg;
    REQUIRE(k->calls++ == 0 && !k->cancelled);
    REQUIRE(w.now <= k->began + BUDGET);
    REQUIRE(record.len <= HF_SESSION_RECORD_MAX);
    REQUIRE(record.len || why == HF_SESSION_UNKNOWN || why == HF_SESSION_STORE_LATE ||
            why == HF_SESSION_STORE_FAILED);
    for (size_t i = 0; i < record.len; i++) { /* all of it can be read */
        w.answered += record.data[i] == 0xee;
    }
}

static size_t walk(const hf_store_reply *r)
{
    size_t n = 1;
    REQUIRE(r->kind <= HF_REPLY_LIST);
    for (size_t i = 0; i < r->count; i++) {
        n += walk(&r->items[i]);
    }
    return n + (r->bytes.len ? r->bytes.data[r->bytes.len - 1] : 0);
}

static void replied(void *arg, const hf_store_reply *reply)
{
    (void)arg;
    if (reply) {
        (void)walk(reply);
    } else {
        w.asked--; /* it was for every server: now that is over */
    }
}

static void replied_once(void *arg, const hf_store_reply *reply)
{
    (void)arg;
    REQUIRE(reply);
    (void)walk(reply);
    w.asked--;
}

static void settle(void)
{
    hf_store_endpoint e;
    uint32_t name;
    for (bool more = true; more;) {
        more = false;
        while (hf_store_dial(w.store, &e, w.now)) {
            for (size_t i = 0; i < LINKS; i++) {
                if (w.link[i] == 0) {
                    w.link[i] = e.link;
                    break;
                }
            }
            hf_store_linked(w.store, e.link, e.port % 7 != 3, w.now);
            more = true;
        }
        for (size_t i = 0; i < LINKS; i++) {
            hf_bytes out = hf_store_peek(w.store, w.link[i]);
            REQUIRE(out.len <= (1u << 18));
            hf_store_drop(w.store, w.link[i], out.len);
        }
        while (hf_store_hang_up(w.store, &name)) {
            for (size_t i = 0; i < LINKS; i++) {
                w.link[i] = w.link[i] == name ? 0 : w.link[i];
            }
            more = true;
        }
        if (hf_store_due(w.store) <= w.now) {
            hf_store_tick(w.store, w.now);
            more = true;
        }
    }
}

static void wait(uint64_t milliseconds)
{
    for (uint64_t until = w.now + milliseconds; w.now < until;) {
        uint64_t due = hf_store_due(w.store);
        w.now = due < until ? (due > w.now ? due : w.now) : until;
        settle();
    }
}

static void say(size_t nth, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    REQUIRE(copy);
    memcpy(copy + 1, len ? bytes : (const uint8_t *)"", len);
    for (size_t i = 0; i < LINKS; i++) {
        if (w.link[i] && nth-- == 0) {
            hf_store_push(w.store, w.link[i], copy + 1, len, w.now);
            break;
        }
    }
    free(copy);
    settle();
}

static void look_up(uint8_t which)
{
    char key[16];
    if (w.lookups < LOOKUPS) {
        struct lookup *k = &w.lookup[w.lookups++];
        *k = (struct lookup){.began = w.now};
        snprintf(key, sizeof key, "key-%u", which % 8u);
        k->name = hf_store_look_up(w.store, key, done, k, w.now);
        REQUIRE((k->name == 0) == (k->calls == 1));
    }
}

static void put(uint8_t which)
{
    static const char *const index[] = {"one", "two"};
    char key[16];
    snprintf(key, sizeof key, "key-%u", which % 8u);
    hf_session_record r = {key, {(const uint8_t *)"sealed", which & 8 ? 0 : 6}, 100, index, which >> 4 & 1};
    hf_store_effect(w.store, &r);
}

static void ask(uint8_t which)
{
    hf_bytes word = {(const uint8_t *)"DBSIZE", 6};
    hf_store_command c = {
        .argv = &word, .argc = 1, .key = which & 1 ? "foo" : NULL, .every_server = (which & 6) == 6};
    w.asked++;
    hf_store_ask(w.store, &c, c.every_server ? replied : replied_once, NULL, w.now);
}

static void cancel(uint8_t which)
{
    struct lookup *k = w.lookups ? &w.lookup[which % w.lookups] : NULL;
    if (k && k->calls == 0) {
        hf_store_cancel(w.store, k->name);
        k->cancelled = true;
    }
}

/* Bytes up to the next 0xff are said, 0xff being no part of RESP; others follow by what they are. */
static void play(const uint8_t *data, size_t size)
{
    while (size >= 2) {
        uint8_t step = data[0], how = data[1];
        size_t used = 2;
        switch (step % 8) {
        case 0:
            look_up(how);
            break;
        case 1:
            put(how);
            break;
        case 2:
            ask(how);
            break;
        case 3:
            cancel(how);
            break;
        case 4:
            wait(how);
            break;
        case 5:
            wait(how * 50u);
            break;
        case 6:
            say(how % 4, NULL, 0);
            break;
        case 7:
            while (used < size && data[used] != 0xff) {
                used++;
            }
            say(how % 4, data + 2, used - 2);
            used += used < size;
            break;
        }
        settle();
        data += used;
        size -= used;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const urls[] = {"redis://me:secret@127.0.0.1:7000/1",
                                       "redis://127.0.0.1:7000,b:7001?cluster"};
    hf_store_options o = {.in_flight = 32, .local_sessions = 16, .connections = 2};
    if (size < 1 || size > 20000) {
        return 0;
    }
    memset(&w, 0, sizeof w);
    w.now = 1000;
    w.store = hf_store_new(urls[data[0] & 1], &o, NULL);
    REQUIRE(w.store);
    settle();
    if (data[0] & 2) { /* past the greeting */
        say(0, (const uint8_t *)(data[0] & 1 ? "+PONG\r\n" : "+OK\r\n+OK\r\n+PONG\r\n"),
            data[0] & 1 ? 7 : 17);
    }
    play(data + 1, size - 1);
    hf_store_stats s = hf_store_statistics(w.store);
    REQUIRE(s.local_records <= 16 && s.in_flight <= 32);
    for (const char *t = hf_store_trouble(w.store); *t; t++) {
        REQUIRE(*t >= ' ' && *t < 0x7f);
    }
    hf_store_free(w.store);
    REQUIRE(w.asked == 0);
    for (size_t i = 0; i < w.lookups; i++) {
        REQUIRE(w.lookup[i].calls + w.lookup[i].cancelled == 1);
    }
    return 0;
}
