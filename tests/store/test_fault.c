/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
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

/* A primary that there was no memory for is not one too many; the slots are asked for again soon. */
static void no_memory_for_a_primary(void **state)
{
    (void)state;
    static const char map[] = "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$1\r\na\r\n:6379\r\n"
                              "*3\r\n:8192\r\n:16383\r\n*2\r\n$1\r\nb\r\n:6379\r\n";
    unsigned failed = 0;
    bool fired = true;
    for (unsigned long n = 1; fired; n++) {
        struct world w = {.now = 1000};
        uint8_t bytes[sizeof map];
        w.store = hf_store_new("redis://a?cluster", &(hf_store_options){.connections = 1}, NULL);
        settle(&w);
        say(&w, 0, "+PONG\r\n");
        memcpy(bytes, map, sizeof map);
        fault_arm(n, FAULT_OURS);
        hf_store_push(w.store, w.link[0], bytes, sizeof map - 1, w.now);
        fault_disarm();
        fired = fault_fired();
        assert_null(strstr(hf_store_trouble(w.store), "more primaries"));
        if (strstr(hf_store_trouble(w.store), "out of memory")) {
            failed++;
            assert_true(hf_store_due(w.store) == w.now + 1000);
        }
        hf_store_free(w.store);
    }
    assert_int_equal(failed, 1);
}

/* ---- what is freed holds no password ---- */

#define SECRET "a-password-that-nobody-finds"

static volatile unsigned leaks; /* the compiler knows free, and that it changes nothing of ours */

static void is_clean(const void *p)
{
    if (memmem(p, malloc_usable_size((void *)(uintptr_t)p), SECRET, strlen(SECRET))) {
        leaks++;
    }
}

/* hiredis frees what it has formatted. */
void __wrap_redisFreeCommand(char *command);
void __real_redisFreeCommand(char *command);
void __wrap_redisFreeCommand(char *command)
{
    if (command) {
        is_clean(command);
    }
    __real_redisFreeCommand(command);
}

static uint32_t link_to(hf_store *store)
{
    hf_store_endpoint e;
    assert_true(hf_store_dial(store, &e, 1000));
    hf_store_linked(store, e.link, true, 1000);
    return e.link;
}

enum ending { SENT, SENT_IN_PIECES, UNSENT, HALF_SENT, LOST, OUTGROWN, ENDINGS };

static void play_password(enum ending ending)
{
    static char record[6000];
    uint8_t greeted[] = "+OK\r\n+PONG\r\n";
    hf_store *store = hf_store_new("redis://me:" SECRET "@a", &(hf_store_options){.connections = 1}, NULL);
    uint32_t link = link_to(store);
    hf_bytes out = hf_store_peek(store, link);
    assert_non_null(memmem(out.data, out.len, SECRET, strlen(SECRET)));
    size_t piece = ending == SENT || ending == OUTGROWN ? out.len : ending == HALF_SENT ? out.len - 1 : 7;
    size_t sent = 0, most = ending == UNSENT || ending == LOST ? 0 : ending == HALF_SENT ? piece : out.len;
    while (sent < most) {
        hf_store_drop(store, link, piece);
        sent += piece;
    }
    if (ending == LOST) {
        hf_store_push(store, link, greeted, 0, 1000);
    } else if (ending != UNSENT) {
        hf_store_push(store, link, greeted, sizeof greeted - 1, 1000);
    }
    if (ending == HALF_SENT || ending == OUTGROWN) {
        memset(record, 'r', sizeof record);
        hf_session_record put = {.key = "key", .sealed = {(const uint8_t *)record, sizeof record}, .life = 9};
        hf_store_effect(store, &put);
        assert_true(hf_store_peek(store, link).len > sizeof record);
    }
    hf_store_free(store);
}

static void no_password_is_freed(void **state)
{
    (void)state;
    fault_on_free(is_clean);
    void *volatile dirty = malloc(100); /* it does look */
    memcpy(dirty, SECRET, sizeof SECRET);
    leaks = 0;
    free(dirty);
    assert_int_equal(leaks, 1);
    for (enum ending ending = 0; ending < ENDINGS; ending++) {
        leaks = 0;
        play_password(ending);
        if (leaks) {
            print_error("ending %d: freed %u times with the password in it\n", ending, leaks);
        }
        assert_int_equal(leaks, 0);
    }
    fault_on_free(NULL);
}

/* Nor does a buffer that lives on. */
static void no_password_is_kept(void **state)
{
    (void)state;
    hf_store *store = hf_store_new("redis://:" SECRET "@a", NULL, NULL);
    uint32_t link = link_to(store);
    hf_bytes out = hf_store_peek(store, link);
    hf_store_drop(store, link, out.len - 1);
    assert_null(memmem(out.data, out.len, SECRET, strlen(SECRET)));
    hf_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_server), cmocka_unit_test(a_cluster), cmocka_unit_test(no_memory_for_a_primary),
        cmocka_unit_test(no_password_is_freed), cmocka_unit_test(no_password_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
