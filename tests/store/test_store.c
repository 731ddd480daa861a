/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One server: what is sent, what replies do, and what serves while it is away. */

#define KEY "abcdefghijklmnopqrstuvwxyz-_0123"
#define OTHER "0000000000000000000000000000000A"
#define GET "GETRANGE hf:1:" KEY " 0 8192"
#define URL "redis://127.0.0.1:6379"

static struct fake *up(void)
{
    return fake_up(URL, NULL);
}

static void what_is_sent(void **state)
{
    (void)state;
    static const char *const index[] = {"one", "two"};
    struct fake *f = up();
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
    struct fake *f = up();
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
    struct fake *f = up();
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
    struct fake *f = up();
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

static void none_is_authoritative(void **state)
{
    (void)state;
    struct fake *f = up();
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
    struct fake *f = up();
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
    struct fake *f = up();
    struct fake_lookup k;
    fake_look_up(f, &k, KEY);
    f->no_ticks = true;
    f->now += 30;
    fake_answer(f, fake_asking(f, GET), "$3\r\nabc\r\n");
    assert_none(&k, HF_SESSION_STORE_LATE);
    fake_free(f);
}

static void forgotten_is_forgotten(void **state)
{
    (void)state;
    struct fake *f = up();
    struct fake_lookup k, before;
    fake_put(f, KEY, "sealed", 100);
    fake_answer(f, fake_asking(f, "SET"), "+OK\r\n");
    fake_look_up(f, &before, KEY);
    fake_forget(f, KEY);
    fake_answer(f, fake_asking(f, GET), "$6\r\nsealed\r\n"); /* it was on its way already */
    assert_none(&before, HF_SESSION_UNKNOWN);
    fake_look_up(f, &k, KEY);
    assert_none(&k, HF_SESSION_UNKNOWN);
    assert_int_equal(fake_count(f, "GETRANGE"), 0);
    fake_put(f, KEY, "sealed", 100);
    assert_int_equal(fake_count(f, "SET"), 0);
    fake_free(f);
}

/* What could not be told is told when somebody is there; what was told is not told again. */
static void forgotten_while_away(void **state)
{
    (void)state;
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_new(URL, &o);
    f->refuses = true;
    fake_settle(f);
    fake_forget(f, KEY);
    fake_forget(f, OTHER);
    f->refuses = false;
    fake_wait(f, 200);
    assert_int_equal(fake_count(f, "UNLINK"), 2);
    struct fake_link *l = fake_asking(f, "UNLINK hf:1:" KEY);
    fake_answer(f, l, ":1\r\n");
    fake_say(f, l, "", 0); /* the other may have been heard, or not */
    fake_wait(f, 200);
    assert_int_equal(fake_count(f, "UNLINK"), 1);
    l = fake_asking(f, "UNLINK hf:1:" OTHER);
    fake_answer(f, l, ":0\r\n");
    fake_say(f, l, "", 0);
    fake_wait(f, 200);
    assert_int_equal(fake_count(f, "UNLINK"), 0);
    fake_free(f);
}

/* Refused on a link that stands: told again every second, until it is heard. */
static void forgotten_and_refused(void **state)
{
    (void)state;
    static const char *const says[] = {"-MISCONF Errors writing to the AOF file\r\n",
                                       "-BUSY Redis is busy running a script\r\n",
                                       "-NOPERM this user has no permissions\r\n"};
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        struct fake *f = up();
        fake_wait(f, 500);
        fake_forget(f, KEY);
        for (int n = 0; n < 3; n++) {
            fake_answer(f, fake_asking(f, "UNLINK hf:1:" KEY), says[i]);
            fake_wait(f, 999);
            assert_int_equal(fake_count(f, "UNLINK"), 0);
            fake_wait(f, 1);
            assert_int_equal(fake_count(f, "UNLINK"), 1);
        }
        fake_answer(f, fake_asking(f, "UNLINK hf:1:" KEY), ":1\r\n");
        fake_wait(f, 5000);
        assert_int_equal(fake_count(f, "UNLINK"), 0);
        assert_int_equal(f->hangups, 0);
        assert_int_equal(fake_stats(f).forgets, 1);
        fake_free(f);
    }
}

/* No room for it among the bytes that wait: told when there is some. */
static void forgotten_without_room(void **state)
{
    (void)state;
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_up(URL, &o);
    struct fake_link *l = fake_link(f, 0);
    char key[40], record[2001];
    memset(record, 'r', 2000);
    record[2000] = '\0';
    f->deaf = true;
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        fake_put(f, key, record, 100);
    }
    while (hf_store_peek(f->store, l->name).len + strlen(GET) < 256 * 1024) {
        struct fake_lookup k;
        fake_look_up(f, &k, KEY);
        hf_store_cancel(f->store, k.name);
    }
    fake_forget(f, OTHER);
    f->deaf = false;
    fake_settle(f);
    assert_int_equal(fake_count(f, "UNLINK"), 0);
    while (*fake_asked(l)) {
        fake_answer(f, l, *fake_asked(l) == 'S' ? "+OK\r\n" : "$0\r\n\r\n");
    }
    fake_wait(f, 1000);
    fake_answer(f, fake_asking(f, "UNLINK hf:1:" OTHER), ":1\r\n");
    assert_int_equal(f->dialed, 1);
    fake_free(f);
}

/* Very many are told a thousand at a time, so that lookups have room on the link as well; each has its turn,
 * also where some are refused for good. */
static void forgotten_by_the_thousand(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_new(URL, &o);
    struct fake_lookup k;
    char key[40];
    f->refuses = true;
    fake_settle(f);
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        fake_forget(f, key);
    }
    f->refuses = false;
    fake_wait(f, 60);
    struct fake_link *l = fake_link(f, 0);
    unsigned told = 0, refused = 0;
    for (int round = 0; round < 4; round++) {
        assert_in_range(fake_count(f, "UNLINK"), 1, 1024);
        fake_look_up(f, &k, KEY);
        assert_int_equal(k.calls, 0);
        while (*fake_asked(l)) {
            bool refuse = strncmp(fake_asked(l), "UNLINK hf:1:key-1", 17) == 0;
            bool unlink = *fake_asked(l) == 'U';
            refused += unlink && refuse;
            told += unlink && !refuse;
            fake_answer(f, l, refuse ? "-NOPERM no\r\n" : unlink ? ":1\r\n" : "$0\r\n\r\n");
        }
        fake_wait(f, 1000);
    }
    assert_int_equal(told, MANY - 1111);
    assert_true(refused >= 1111);
    fake_free(f);
}

/* With nobody to tell there is nothing to be woken for. */
static void forgotten_without_a_link(void **state)
{
    (void)state;
    struct fake *f = fake_new(URL, NULL);
    f->hangs = true;
    fake_settle(f);
    fake_forget(f, KEY);
    assert_true(hf_store_due(f->store) == FAKE_START + 2000); /* the connection that is being made */
    fake_free(f);
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
        struct fake *f = up();
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
    struct fake *f = up();
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
    struct fake *f = up();
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
        struct fake *f = up();
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
        struct fake *f = up();
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

static void in_flight(void **state)
{
    (void)state;
    enum { MANY = 1100 };
    struct fake *f = up();
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
        struct nesting n = {.f = up()};
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
    struct fake *f = up();
    fake_wait(f, 60000);
    assert_int_equal(f->hangups, 0); /* PING every 15 s, answered */
    f->greets = false;
    fake_wait(f, 15000);
    assert_int_equal(fake_count(f, "PING"), 2);
    fake_wait(f, 2000);
    assert_int_equal(f->hangups, 2);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_sent),
                                       cmocka_unit_test(before_redis_7),
                                       cmocka_unit_test(found_and_not),
                                       cmocka_unit_test(pieces),
                                       cmocka_unit_test(nothing_is_connected),
                                       cmocka_unit_test(pauses_between_connections),
                                       cmocka_unit_test(pauses_begin_anew),
                                       cmocka_unit_test(none_is_authoritative),
                                       cmocka_unit_test(late),
                                       cmocka_unit_test(late_loop),
                                       cmocka_unit_test(forgotten_is_forgotten),
                                       cmocka_unit_test(forgotten_while_away),
                                       cmocka_unit_test(forgotten_and_refused),
                                       cmocka_unit_test(forgotten_without_room),
                                       cmocka_unit_test(forgotten_by_the_thousand),
                                       cmocka_unit_test(forgotten_without_a_link),
                                       cmocka_unit_test(errors),
                                       cmocka_unit_test(errors_of_puts),
                                       cmocka_unit_test(too_large),
                                       cmocka_unit_test(absurd),
                                       cmocka_unit_test(endless),
                                       cmocka_unit_test(stuck),
                                       cmocka_unit_test(in_flight),
                                       cmocka_unit_test(expired_and_asking_again),
                                       cmocka_unit_test(credentials),
                                       cmocka_unit_test(slow_connections),
                                       cmocka_unit_test(idle),
                                       cmocka_unit_test(in_memory),
                                       cmocka_unit_test(options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
