/* SPDX-License-Identifier: MIT */
#include "one_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One server: what is sent, and what replies do. */
static void what_is_sent(void **state)
{
    (void)state;
    static const char *const index[] = {"one", "two"};
    struct fake *f = one_server();
    assert_int_equal(fake_links(f), 2);
    assert_string_equal(hf_store_prefix(f->store), "hf:1:");
    hf_session_record r = {KEY, {(const uint8_t *)"sealed", 6}, 100, index, 2};
    hf_store_effect(f->store, &r);
    fake_settle(f);
    struct fake_link *l = fake_asking(f, "SET hf:1:" KEY " sealed PX ");
    unsigned long life = strtoul(fake_asked(l) + strlen("SET hf:1:" KEY " sealed PX "), NULL, 10);
    assert_in_range(life, 95000, 100000); /* 0 to 5 % less, never more */
    assert_string_equal(strrchr(fake_asked(l), ' '), " NX");
    fake_answer(f, l, "+OK\r\n");
    for (int i = 0; i < 2; i++) {
        l = fake_asking(f, i ? "SADD hf:1:i:two " KEY : "SADD hf:1:i:one " KEY);
        fake_answer(f, l, ":1\r\n");
        assert_string_equal(fake_asked(l),
                            i ? "PEXPIRE hf:1:i:two 100000 NX" : "PEXPIRE hf:1:i:one 100000 NX");
        fake_answer(f, l, ":1\r\n");
        assert_string_equal(fake_asked(l),
                            i ? "PEXPIRE hf:1:i:two 100000 GT" : "PEXPIRE hf:1:i:one 100000 GT");
        fake_answer(f, l, ":0\r\n");
    }
    fake_forget(f, KEY);
    l = fake_asking(f, "UNLINK hf:1:" KEY);
    fake_answer(f, l, ":1\r\n");
    hf_store_stats s = fake_stats(f);
    assert_int_equal(s.puts, 1);
    assert_int_equal(s.put_bytes, 6);
    assert_int_equal(s.put_errors, 0);
    assert_int_equal(s.forgets, 1);
    fake_free(f);
}

static void before_redis_7(void **state)
{
    (void)state;
    static const char *const index[] = {"one"};
    struct fake *f = one_server();
    hf_session_record r = {KEY, {(const uint8_t *)"sealed", 6}, 100, index, 1};
    for (int i = 0; i < 2; i++) {
        hf_store_effect(f->store, &r);
        fake_settle(f);
        fake_answer(f, fake_asking(f, "SET "), i ? "$-1\r\n" : "+OK\r\n");
        struct fake_link *l = fake_asking(f, "SADD ");
        fake_answer(f, l, ":1\r\n");
        if (i == 0) {
            fake_answer(f, l, "-ERR wrong number of arguments for 'pexpire' command\r\n");
            fake_answer(f, l, "-ERR wrong number of arguments for 'pexpire' command\r\n");
        }
        assert_string_equal(fake_asked(l), "PEXPIRE hf:1:i:one 100000");
        fake_answer(f, l, ":1\r\n");
        assert_string_equal(fake_asked(l), "");
    }
    fake_free(f);
}

static void found_and_not(void **state)
{
    (void)state;
    struct fake *f = one_server();
    struct fake_lookup k;
    fake_look_up(f, &k, KEY);
    assert_int_equal(k.calls, 0);
    fake_answer(f, fake_asking(f, GET), "$3\r\nabc\r\n");
    assert_found(&k, "abc");
    fake_look_up(f, &k, KEY);
    f->now += 3;
    fake_answer(f, fake_asking(f, GET), "$0\r\n\r\n");
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_look_up(f, &k, KEY);
    fake_answer(f, fake_asking(f, GET), "$-1\r\n");
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_look_up(f, &k, "no{braces}");
    assert_none(&k, HF_SESSION_UNKNOWN);
    hf_store_stats s = fake_stats(f);
    assert_int_equal(s.hit, 1);
    assert_int_equal(s.miss, 3);
    assert_int_equal(s.latency[0], 2);
    assert_int_equal(s.latency[2], 1); /* 3 ms: under 4 */
    fake_free(f);
}

/* Replies in pieces of one byte, several in one piece. */
static void pieces(void **state)
{
    (void)state;
    static const char reply[] = "$3\r\nabc\r\n$3\r\nabc\r\n";
    struct fake *f = one_server();
    struct fake_lookup k[4];
    for (int i = 0; i < 4; i++) {
        fake_look_up(f, &k[i], KEY);
    }
    struct fake_link *l = fake_asking(f, GET);
    for (size_t i = 0; i < sizeof reply - 1; i++) {
        assert_int_equal(k[0].calls, i >= 9);
        fake_say(f, l, reply + i, 1);
    }
    fake_say(f, l, reply, sizeof reply - 1);
    for (int i = 0; i < 4; i++) {
        assert_found(&k[i], "abc");
    }
    fake_free(f);
}

static void none_is_authoritative(void **state)
{
    (void)state;
    struct fake *f = one_server();
    struct fake_lookup k;
    fake_put(f, KEY, "sealed", 100);
    fake_answer(f, fake_asking(f, "SET"), "+OK\r\n");
    fake_look_up(f, &k, KEY);
    fake_answer(f, fake_asking(f, GET), "$0\r\n\r\n"); /* revoked */
    assert_none(&k, HF_SESSION_UNKNOWN);
    assert_int_equal(fake_stats(f).local_records, 0);
    fake_say(f, fake_link(f, 0), "", 0);
    fake_say(f, fake_link(f, 0), "", 0);
    f->refuses = true;
    fake_look_up(f, &k, KEY);
    assert_none(&k, HF_SESSION_STORE_FAILED);
    fake_free(f);
}

static void late(void **state)
{
    (void)state;
    struct fake *f = one_server();
    struct fake_lookup k;
    fake_look_up(f, &k, KEY);
    fake_wait(f, 24);
    assert_int_equal(k.calls, 0);
    fake_wait(f, 1);
    assert_none(&k, HF_SESSION_STORE_LATE);
    assert_int_equal(k.ended - k.began, 25);
    fake_answer(f, fake_asking(f, GET), "$3\r\nabc\r\n");
    assert_int_equal(k.calls, 1);
    assert_int_equal(fake_stats(f).late, 1);
    fake_look_up(f, &k, KEY); /* again too late: but now it is known here */
    fake_wait(f, 25);
    assert_found(&k, "abc");
    assert_int_equal(fake_stats(f).hit_local, 1);
    fake_answer(f, fake_asking(f, GET), "$0\r\n\r\n"); /* and now it is not any more */
    fake_look_up(f, &k, KEY);
    fake_wait(f, 25);
    assert_none(&k, HF_SESSION_STORE_LATE);
    fake_free(f);
}

/* A loop that is late itself: what arrives after the deadline is late, tick or not. */
static void late_loop(void **state)
{
    (void)state;
    struct fake *f = one_server();
    struct fake_lookup k;
    fake_look_up(f, &k, KEY);
    f->no_ticks = true;
    f->now += 30;
    fake_answer(f, fake_asking(f, GET), "$3\r\nabc\r\n");
    assert_none(&k, HF_SESSION_STORE_LATE);
    fake_free(f);
}

static void in_flight(void **state)
{
    (void)state;
    enum { MANY = 1100 };
    struct fake *f = one_server();
    struct fake_lookup *k = calloc(MANY, sizeof *k);
    char key[40];
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        fake_look_up(f, &k[i], key);
        if (i >= 1024) {
            assert_none(&k[i], HF_SESSION_STORE_FAILED); /* no queue */
        }
    }
    assert_int_equal(fake_stats(f).in_flight, 1024);
    assert_int_equal(fake_stats(f).in_flight_full, MANY - 1024);
    fake_wait(f, 25);
    for (int i = 0; i < 1024; i++) {
        assert_none(&k[i], HF_SESSION_STORE_LATE);
    }
    assert_int_equal(fake_stats(f).in_flight, 0);
    free(k);
    fake_free(f);
}

/* What expires together ends one after another, though each of them asks again: the stack does not grow with
 * it. One more, and the breaker would answer at once. */
enum { FEW = 4 };

struct nesting {
    struct fake *f;
    unsigned depth, deepest, calls;
};

static void looks_up_again(void *arg, hf_bytes record, hf_resumption why)
{
    (void)record, (void)why;
    struct nesting *n = arg;
    n->calls++;
    if (++n->depth > n->deepest) {
        n->deepest = n->depth;
    }
    if (n->calls <= FEW) {
        hf_store_look_up(n->f->store, KEY, looks_up_again, n, n->f->now);
    }
    n->depth--;
}

static void expired_and_asking_again(void **state)
{
    (void)state;
    for (int by = 0; by < 3; by++) {
        struct nesting n = {.f = one_server()};
        fake_put(n.f, KEY, "kept here", 100);
        n.f->no_ticks = true;
        for (int i = 0; i < FEW; i++) {
            hf_store_look_up(n.f->store, KEY, looks_up_again, &n, n.f->now);
        }
        n.f->now += 25;
        if (by == 0) {
            hf_store_tick(n.f->store, n.f->now);
        } else if (by == 1) {
            fake_say(n.f, fake_link(n.f, 0), "$", 1);
        } else {
            hf_store_look_up(n.f->store, KEY, looks_up_again, &n, n.f->now);
        }
        assert_int_equal(n.calls, FEW);
        assert_int_equal(n.deepest, 1);
        assert_int_equal(fake_stats(n.f).in_flight, by == 2 ? FEW + 1 : FEW);
        n.f->no_ticks = false;
        fake_wait(n.f, 25);
        assert_int_equal(n.calls, by == 2 ? 2 * FEW + 1 : 2 * FEW);
        assert_int_equal(fake_stats(n.f).in_flight, 0);
        fake_free(n.f);
    }
}

static void credentials(void **state)
{
    (void)state;
    struct fake *f = fake_new("redis://me:s%40cret@localhost/3", NULL);
    f->greets = false;
    fake_settle(f);
    struct fake_link *l = fake_link(f, 0);
    assert_string_equal(l->host, "localhost");
    assert_string_equal(fake_asked(l), "AUTH me s@cret");
    fake_answer(f, l, "+OK\r\n");
    assert_string_equal(fake_asked(l), "SELECT 3");
    fake_answer(f, l, "+OK\r\n");
    assert_string_equal(fake_asked(l), "PING");
    assert_int_equal(fake_stats(f).connected, 0);
    fake_answer(f, l, "+PONG\r\n");
    assert_int_equal(fake_stats(f).connected, 1);
    fake_free(f);

    f = fake_new("unix://:secret@/run/r.sock", NULL);
    f->greets = false;
    fake_settle(f);
    l = fake_link(f, 0);
    assert_string_equal(l->host, "/run/r.sock");
    assert_string_equal(fake_asked(l), "AUTH secret");
    fake_answer(f, l, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    assert_non_null(strstr(hf_store_trouble(f->store), "/run/r.sock: WRONGPASS"));
    assert_null(strstr(hf_store_trouble(f->store), "secret"));
    assert_int_equal(f->hangups, 1);
    assert_int_equal(fake_stats(f).connect_failures, 1);
    fake_free(f);
}

static void in_memory(void **state)
{
    (void)state;
    hf_store_options o = {.memory_sessions = 2};
    struct fake *f = fake_new("memory:", &o);
    struct fake_lookup k;
    fake_settle(f);
    assert_int_equal(f->dialed, 0);
    assert_true(hf_store_due(f->store) == UINT64_MAX);
    fake_look_up(f, &k, "a");
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_put(f, "a", "A", 10);
    fake_put(f, "b", "B", 10);
    fake_look_up(f, &k, "a");
    assert_found(&k, "A");
    fake_put(f, "c", "C", 10); /* b was not used for the longest time */
    fake_look_up(f, &k, "b");
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_look_up(f, &k, "c");
    assert_found(&k, "C");
    f->now += 10000;
    fake_look_up(f, &k, "a");
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_put(f, "d", "D", 10);
    fake_forget(f, "d");
    fake_look_up(f, &k, "d");
    assert_none(&k, HF_SESSION_UNKNOWN);
    hf_store_cancel(f->store, 65536);
    assert_int_equal(fake_stats(f).hit, 2);
    assert_int_equal(fake_stats(f).miss, 4);
    fake_free(f);
}

static void options(void **state)
{
    (void)state;
    static const hf_store_options bad[] = {{.budget = 501},
                                           {.in_flight = 65536},
                                           {.connections = 17},
                                           {.name_space = ""},
                                           {.name_space = "A"},
                                           {.name_space = "123456789012345678901234567890123"},
                                           {.local_sessions = UINT32_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hf_problem why;
        assert_null(hf_store_new(URL, &bad[i], &why));
        assert_int_equal(why.err, HF_BAD_ARGUMENT);
        assert_true(why.sentence[0] != '\0');
    }
    hf_store_options o = {.name_space = "web-1", .connections = 16, .budget = 500};
    struct fake *f = fake_up(URL, &o);
    struct fake_lookup k;
    assert_int_equal(fake_links(f), 16);
    fake_look_up(f, &k, KEY);
    fake_wait(f, 499);
    fake_answer(f, fake_asking(f, "GETRANGE web-1:1:" KEY), "$1\r\na\r\n");
    assert_found(&k, "a");
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent),
        cmocka_unit_test(before_redis_7),
        cmocka_unit_test(found_and_not),
        cmocka_unit_test(pieces),
        cmocka_unit_test(none_is_authoritative),
        cmocka_unit_test(late),
        cmocka_unit_test(late_loop),
        cmocka_unit_test(in_flight),
        cmocka_unit_test(expired_and_asking_again),
        cmocka_unit_test(credentials),
        cmocka_unit_test(in_memory),
        cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
