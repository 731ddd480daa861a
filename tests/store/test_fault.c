/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fault.h"

#include <handfast/store.h>

/* Each allocation of the store's own fails once: lookups still end once and in time, nothing leaks, and the
 * next store works as if nothing had been. */

#define LOOKUPS 6

struct world {
    hf_store *store;
    uint64_t now;
    uint32_t link[16];
    unsigned calls[LOOKUPS], replies, ends, overdue;
};

static void done(void *arg, hf_bytes record, hf_resumption why)
{
    (void)record, (void)why;
    ++*(unsigned *)arg;
}

static void replied(void *arg, const hf_store_reply *reply)
{
    struct world *w = arg;
    w->replies += reply != NULL;
    w->ends += reply == NULL;
}

static void settle(struct world *w)
{
    hf_store_endpoint e;
    uint32_t name;
    for (bool more = true; more;) {
        more = false;
        while (hf_store_dial(w->store, &e, w->now)) {
            size_t i = 0;
            while (w->link[i]) {
                i++;
            }
            w->link[i] = e.link;
            hf_store_linked(w->store, e.link, true, w->now);
            more = true;
        }
        for (size_t i = 0; i < 16; i++) {
            hf_store_drop(w->store, w->link[i], hf_store_peek(w->store, w->link[i]).len);
        }
        while (hf_store_hang_up(w->store, &name)) {
            for (size_t i = 0; i < 16; i++) {
                w->link[i] = w->link[i] == name ? 0 : w->link[i];
            }
            more = true;
        }
        if (hf_store_due(w->store) <= w->now) {
            hf_store_tick(w->store, w->now);
            more = true;
        }
    }
}

static void wait(struct world *w, uint64_t milliseconds)
{
    for (uint64_t until = w->now + milliseconds; w->now < until;) {
        uint64_t due = hf_store_due(w->store);
        w->now = due < until ? (due > w->now ? due : w->now) : until;
        settle(w);
    }
}

static void say(struct world *w, size_t nth, const char *text)
{
    uint8_t bytes[400];
    memcpy(bytes, text, strlen(text));
    if (w->link[nth]) {
        hf_store_push(w->store, w->link[nth], bytes, strlen(text), w->now);
    }
    settle(w);
}

static void look_up(struct world *w, size_t i)
{
    hf_store_look_up(w->store, "key", done, &w->calls[i], w->now);
    settle(w);
}

static void play(struct world *w, bool cluster)
{
    static const char map[] = "*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$1\r\na\r\n:6379\r\n$2\r\nid\r\n";
    static const char *const index[] = {"one"};
    hf_session_record put = {"key", {(const uint8_t *)"sealed", 6}, 100, index, 1}, forget = {.key = "key"};
    hf_bytes word = {(const uint8_t *)"DBSIZE", 6};
    hf_store_command everywhere = {.argv = &word, .argc = 1, .every_server = true};
    hf_store_options o = {.connections = 1, .in_flight = 8, .local_sessions = 8};
    w->store = hf_store_new(cluster ? "redis://a?cluster" : "redis://a", &o, NULL);
    if (w->store == NULL) {
        return;
    }
    hf_store_ask(w->store, &everywhere, replied, w, w->now);
    settle(w);
    say(w, 0, "+PONG\r\n");
    say(w, 0, cluster ? map : ":1\r\n");
    hf_store_effect(w->store, &put);
    for (size_t i = 0; i < LOOKUPS; i++) {
        look_up(w, i);
    }
    say(w, 0, "+OK\r\n:1\r\n:1\r\n:1\r\n$6\r\nsealed\r\n$0\r\n\r\n-ERR x\r\n");
    wait(w, 25);
    for (size_t i = 0; i < LOOKUPS; i++) {
        w->overdue += w->calls[i] != 1;
    }
    hf_store_effect(w->store, &forget);
    wait(w, 3000);
}

static void sweep(bool cluster)
{
    unsigned long events = 1;
    for (unsigned long n = 0; n <= events; n++) {
        struct world w = {.now = 1000};
        long live = fault_live();
        fault_arm(n, FAULT_OURS);
        play(&w, cluster);
        unsigned long seen = fault_disarm();
        events = n == 0 ? seen : events;
        bool made = w.store != NULL;
        hf_store_free(w.store);
        assert_int_equal(fault_live(), live);
        assert_true(made || n > 0);
        for (size_t i = 0; made && i < LOOKUPS; i++) {
            if (w.calls[i] != 1) {
                fail_msg("allocation %lu of %lu: lookup %zu ended %u times", n, events, i, w.calls[i]);
            }
        }
        assert_int_equal(w.overdue, 0);
        assert_int_equal(w.ends, made);
        assert_true(!made || w.replies >= 1);
    }
    print_message("%lu allocations\n", events);
    assert_in_range(events, 15, 1000);
}

static void one_server(void **state)
{
    (void)state;
    sweep(false);
}

static void a_cluster(void **state)
{
    (void)state;
    sweep(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_server), cmocka_unit_test(a_cluster)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
