/* SPDX-License-Identifier: MIT */
#include "one_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One server that is away, slow, or answers what it should not: what serves meanwhile. */
static void nothing_is_connected(void **state)
{
    (void)state;
    struct fake *f = fake_new(URL, NULL);
    struct fake_lookup k;
    f->refuses = true;
    fake_settle(f);
    fake_look_up(f, &k, KEY);
    assert_none(&k, HF_SESSION_STORE_FAILED);
    assert_int_equal(k.ended, k.began);
    assert_non_null(strstr(hf_store_trouble(f->store), "127.0.0.1:6379: it cannot be reached"));
    fake_put(f, KEY, "kept here", 100); /* what this node made serves it meanwhile */
    fake_look_up(f, &k, KEY);
    assert_found(&k, "kept here");
    hf_store_stats s = fake_stats(f);
    assert_int_equal(s.error, 2);
    assert_int_equal(s.hit_local, 1);
    assert_int_equal(s.put_errors, 1);
    assert_int_equal(s.connected, 0);
    f->refuses = false;
    fake_wait(f, 5000);
    assert_int_equal(fake_stats(f).connected, 2);
    assert_string_equal(hf_store_trouble(f->store), "");
    fake_free(f);
}

/* 50 ms, doubling to 5 s, three quarters of it at least; one connection at a time while none stands. */
static void pauses_between_connections(void **state)
{
    (void)state;
    struct fake *f = fake_new(URL, NULL);
    f->refuses = true;
    fake_settle(f);
    assert_int_equal(f->dialed, 1);
    for (unsigned wait = 50, n = 2; n < 12; n++) {
        fake_wait(f, wait * 3 / 4 - 1);
        assert_int_equal(f->dialed, n - 1);
        uint64_t begun = f->now;
        while (f->dialed == n - 1) {
            fake_wait(f, 1);
        }
        assert_in_range(f->now - begun, 1, wait - (wait * 3 / 4 - 1));
        wait = wait * 2 > 5000 ? 5000 : wait * 2;
    }
    fake_free(f);
}

/* A link that stood for a second proves the server well; one that did not, nothing. */
static void pauses_begin_anew(void **state)
{
    (void)state;
    hf_store_options o = {.connections = 1};
    for (unsigned stands = 999; stands < 1001; stands++) {
        struct fake *f = fake_new(URL, &o);
        f->refuses = true;
        fake_wait(f, 3000); /* 50, 100, … 1600 */
        f->refuses = false;
        while (fake_stats(f).connected == 0) {
            fake_wait(f, 1);
        }
        fake_wait(f, stands);
        unsigned dialed = f->dialed;
        fake_say(f, fake_link(f, 0), "", 0);
        fake_wait(f, 50);
        assert_int_equal(f->dialed, dialed + (stands >= 1000));
        fake_free(f);
    }
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *trouble;
        bool closes;
    } rows[] = {
        {"-LOADING Redis is loading the dataset in memory\r\n", "LOADING", false},
        {"-NOAUTH Authentication required.\r\n", "give the user's name and password", true},
        {"-MOVED 1 127.0.0.1:7000\r\n", "add '?cluster'", false},
        {"-ASK 1 127.0.0.1:7000\r\n", "add '?cluster'", false},
        {"-CLUSTERDOWN Hash slot not served\r\n", "slots of the cluster", false},
        {"-TRYAGAIN Multiple keys\r\n", "moving", false},
        {"-WRONGTYPE Operation against a key\r\n", "name space", false},
        {"-NOPERM this user has no permissions\r\n", "allow the user", false},
        {"-ERR \033[31mred\r\n", "ERR ?[31mred", false},
        {":1\r\n", "is no session", false},
        {"*1\r\n$1\r\na\r\n", "is no session", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake *f = one_server();
        struct fake_lookup k;
        fake_put(f, KEY, "sealed", 100);
        struct fake_link *l = fake_asking(f, "SET");
        fake_answer(f, l, "+OK\r\n");
        fake_look_up(f, &k, KEY);
        assert_ptr_equal(fake_asking(f, GET), l); /* a key's commands keep their order */
        fake_answer(f, l, rows[i].reply);
        assert_found(&k, "sealed"); /* by the copy here */
        assert_int_equal(fake_stats(f).error, 1);
        assert_int_equal(fake_stats(f).hit_local, 1);
        assert_non_null(strstr(hf_store_trouble(f->store), rows[i].trouble));
        assert_int_equal(f->hangups, rows[i].closes);
        fake_free(f);
    }
}

/* -OOM, -READONLY: puts fail, lookups do not. */
static void errors_of_puts(void **state)
{
    (void)state;
    struct fake *f = one_server();
    fake_put(f, KEY, "sealed", 100);
    fake_answer(f, fake_asking(f, "SET"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    assert_int_equal(fake_stats(f).put_errors, 1);
    assert_non_null(strstr(hf_store_trouble(f->store), "maxmemory-policy"));
    fake_put(f, OTHER, "sealed", 100);
    struct fake_link *l = fake_asking(f, "SET");
    fake_answer(f, l, "-READONLY You can't write against a read only replica.\r\n");
    assert_int_equal(f->hangups, 0);
    fake_wait(f, 6000); /* an old link to a replica: perhaps the name has moved on */
    fake_put(f, OTHER, "sealed", 100);
    fake_answer(f, fake_asking(f, "SET"), "-READONLY You can't write against a read only replica.\r\n");
    assert_int_equal(f->hangups, 1);
    assert_int_equal(fake_stats(f).put_errors, 3);
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_CLOSED);
    fake_free(f);
}

static void too_large(void **state)
{
    (void)state;
    struct fake *f = one_server();
    struct fake_lookup k;
    char reply[9000];
    int head = snprintf(reply, sizeof reply, "$8193\r\n");
    memset(reply + head, 'x', 8193);
    memcpy(reply + head + 8193, "\r\n", 2);
    fake_look_up(f, &k, KEY);
    fake_answer_bytes(f, fake_asking(f, GET), reply, (size_t)head + 8195);
    assert_none(&k, HF_SESSION_STORE_FAILED);
    assert_int_equal(f->hangups, 0);
    memcpy(reply, "$8192\r\n", 7);
    memcpy(reply + head + 8192, "\r\n", 2);
    fake_look_up(f, &k, KEY);
    fake_answer_bytes(f, fake_asking(f, GET), reply, (size_t)head + 8194);
    assert_int_equal(k.len, 8192);
    uint8_t *big = calloc(1, 8193);
    hf_session_record r = {.key = OTHER, .sealed = {big, 8193}, .life = 10};
    hf_store_effect(f->store, &r);
    fake_settle(f);
    assert_int_equal(fake_count(f, "SET"), 0);
    assert_int_equal(fake_stats(f).put_errors, 1);
    free(big);
    fake_free(f);
}

/* A server that says absurd things loses its link, and what was in flight on it ends. */
static void absurd(void **state)
{
    (void)state;
    static const char *const says[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "*1000000000\r\n",
        "*2147483647\r\n",
        "*-2\r\n",
        "$-2\r\n",
        "*99999999999999999999\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "$9999999999999999999999\r\n",
        ":\r\n",
        "\0\0\0",
        "*65535\r\n*65535\r\n",
        "+OK\r\n+OK\r\n",
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        struct fake *f = one_server();
        struct fake_lookup k;
        fake_look_up(f, &k, KEY);
        fake_answer_bytes(f, fake_asking(f, GET), says[i], says[i][0] ? strlen(says[i]) : 3);
        if (f->hangups != 1 || k.calls != 1) {
            fail_msg("%s: %u hang-ups, %u calls", says[i], f->hangups, k.calls);
        }
        fake_free(f);
    }
}

/* A text without an end is held up to 64 KiB and no further. */
static void endless(void **state)
{
    (void)state;
    static const char *const begins[] = {"$1000000000\r\n", "+", "-"};
    static uint8_t piece[1000];
    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < 3; i++) {
        struct fake *f = one_server();
        struct fake_lookup k;
        fake_look_up(f, &k, KEY);
        struct fake_link *l = fake_asking(f, GET);
        fake_say(f, l, begins[i], strlen(begins[i]));
        size_t said = 0;
        for (; f->hangups == 0 && said < 1000000; said += sizeof piece) {
            fake_say(f, l, piece, sizeof piece);
        }
        assert_in_range(said, 64000, 82000);
        assert_none(&k, HF_SESSION_STORE_FAILED);
        fake_free(f);
    }
}

/* Nobody takes our bytes, or answers: what we hold has an end, and nothing waits. */
static void stuck(void **state)
{
    (void)state;
    for (int deaf = 0; deaf < 2; deaf++) {
        hf_store_options o = {.connections = 1};
        struct fake *f = fake_up(URL, &o);
        char key[40], record[2001];
        memset(record, 'r', 2000);
        record[2000] = '\0';
        f->deaf = deaf;
        for (int i = 0; i < 5000; i++) {
            snprintf(key, sizeof key, "key-%d", i);
            fake_put(f, key, record, 100);
        }
        hf_store_stats s = fake_stats(f);
        assert_int_equal(s.puts, 5000);
        if (deaf) {
            assert_in_range(s.put_errors, 4850, 4900);
            assert_in_range(hf_store_peek(f->store, fake_link(f, 0)->name).len, 250000, 262144);
        } else {
            assert_int_equal(s.put_errors, 5000 - 4096);
        }
        struct fake_lookup k;
        fake_look_up(f, &k, "key-4999");
        fake_wait(f, 25);
        assert_int_equal(k.calls, 1);
        assert_int_equal(k.len, 2000); /* from here */
        f->refuses = true;
        fake_wait(f, 2000);
        assert_int_equal(f->hangups, 1); /* given up */
        assert_int_equal(fake_stats(f).put_errors, 5000);
        fake_free(f);
    }
}

static void slow_connections(void **state)
{
    (void)state;
    struct fake *f = fake_new(URL, NULL);
    f->hangs = true;
    fake_settle(f);
    fake_wait(f, 1999);
    assert_int_equal(f->hangups, 0);
    fake_wait(f, 1);
    assert_int_equal(f->hangups, 1);
    f->hangs = f->greets = false;
    fake_wait(f, 100); /* connected, but nothing is said */
    assert_int_equal(f->dialed, 2);
    fake_wait(f, 2000);
    assert_int_equal(f->hangups, 2);
    assert_non_null(strstr(hf_store_trouble(f->store), "does not answer in time"));
    fake_free(f);
}

static void idle(void **state)
{
    (void)state;
    struct fake *f = one_server();
    fake_wait(f, 60000);
    assert_int_equal(f->hangups, 0); /* PING every 15 s, answered */
    f->greets = false;
    fake_wait(f, 15000);
    assert_int_equal(fake_count(f, "PING"), 2);
    fake_wait(f, 2000);
    assert_int_equal(f->hangups, 2);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_connected),
        cmocka_unit_test(pauses_between_connections),
        cmocka_unit_test(pauses_begin_anew),
        cmocka_unit_test(errors),
        cmocka_unit_test(errors_of_puts),
        cmocka_unit_test(too_large),
        cmocka_unit_test(absurd),
        cmocka_unit_test(endless),
        cmocka_unit_test(stuck),
        cmocka_unit_test(slow_connections),
        cmocka_unit_test(idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
