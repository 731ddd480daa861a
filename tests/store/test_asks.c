/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "store/slots.h"

/* hf_store_ask: the commands of tools. */

struct told {
    unsigned replies, ends; /* ends: replied was called with NULL */
    hf_store_reply_kind kind;
    int64_t integer;
    size_t count;
    char bytes[400], items[200];
};

static void replied(void *arg, const hf_store_reply *r)
{
    struct told *t = arg;
    if (r == NULL) {
        t->ends++;
        return;
    }
    t->replies++;
    t->kind = r->kind;
    t->integer = r->integer;
    t->count = r->count;
    if (r->kind == HF_REPLY_BYTES || r->kind == HF_REPLY_ERROR) {
        assert_int_equal(r->bytes.data[r->bytes.len], 0);
    }
    snprintf(t->bytes, sizeof t->bytes, "%.*s", (int)r->bytes.len, (const char *)r->bytes.data);
    for (size_t i = 0; i < r->count; i++) {
        size_t len = strlen(t->items);
        snprintf(t->items + len, sizeof t->items - len, "%.*s,", (int)r->items[i].bytes.len,
                 (const char *)r->items[i].bytes.data);
    }
}

static hf_store_command command(const char *words, hf_bytes argv[8])
{
    hf_store_command c = {.argv = argv};
    while (*words) {
        size_t len = strcspn(words, " ");
        argv[c.argc++] = (hf_bytes){(const uint8_t *)words, len};
        words += len + (words[len] == ' ');
    }
    return c;
}

static void ask(struct fake *f, struct told *t, const char *words)
{
    hf_bytes argv[8];
    hf_store_command c = command(words, argv);
    *t = (struct told){0};
    hf_store_ask(f->store, &c, replied, t, f->now);
    fake_settle(f);
}

static void ask_everywhere(struct fake *f, struct told *t, const char *words)
{
    hf_bytes argv[8];
    hf_store_command c = command(words, argv);
    c.every_server = true;
    *t = (struct told){0};
    hf_store_ask(f->store, &c, replied, t, f->now);
    fake_settle(f);
}

static void replies_of_every_kind(void **state)
{
    (void)state;
    struct fake *f = fake_up("redis://127.0.0.1", NULL);
    struct told t;
    static const struct {
        const char *resp;
        hf_store_reply_kind kind;
        const char *bytes;
    } rows[] = {{"+OK\r\n", HF_REPLY_BYTES, "OK"},
                {"$3\r\na\r\n\r\n", HF_REPLY_BYTES, "a\r\n"},
                {"-ERR no\r\n", HF_REPLY_ERROR, "ERR no"},
                {"$-1\r\n", HF_REPLY_NIL, ""},
                {"*-1\r\n", HF_REPLY_NIL, ""},
                {":-5\r\n", HF_REPLY_INTEGER, ""},
                {"*0\r\n", HF_REPLY_LIST, ""},
                {"*3\r\n$1\r\na\r\n*1\r\n:1\r\n$2\r\nbc\r\n", HF_REPLY_LIST, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(f, &t, "DO IT");
        assert_int_equal(t.replies, 0);
        fake_answer(f, fake_asking(f, "DO IT"), rows[i].resp);
        assert_int_equal(t.replies, 1);
        assert_int_equal(t.kind, rows[i].kind);
        assert_string_equal(t.bytes, rows[i].bytes);
        assert_int_equal(t.integer, rows[i].kind == HF_REPLY_INTEGER ? -5 : 0);
    }
    assert_string_equal(t.items, "a,,bc,");
    assert_int_equal(t.count, 3);
    fake_free(f);
}

/* Unlike a lookup it waits for a connection. */
static void waits(void **state)
{
    (void)state;
    struct fake *f = fake_new("redis://127.0.0.1", NULL);
    struct told t, lost;
    f->refuses = true;
    ask(f, &t, "PING x");
    fake_wait(f, 1000);
    assert_int_equal(t.replies, 0);
    f->refuses = false;
    fake_wait(f, 900);
    fake_answer(f, fake_asking(f, "PING x"), "$1\r\nx\r\n");
    assert_string_equal(t.bytes, "x");
    ask(f, &t, "A");
    ask(f, &lost, "B");
    fake_wait(f, 1999);
    assert_int_equal(t.replies, 0);
    fake_wait(f, 1);
    assert_int_equal(t.kind, HF_REPLY_NONE);
    assert_int_equal(t.replies, 1);
    fake_free(f);

    f = fake_new("redis://127.0.0.1", NULL);
    f->refuses = true;
    ask(f, &t, "A");
    fake_wait(f, 2000);
    assert_int_equal(t.kind, HF_REPLY_NONE);
    assert_non_null(strstr(t.bytes, "127.0.0.1:6379: it cannot be reached"));
    fake_free(f);
}

static void lost(void **state)
{
    (void)state;
    struct fake *f = fake_up("redis://127.0.0.1", NULL);
    struct told t;
    ask(f, &t, "A");
    fake_say(f, fake_asking(f, "A"), "", 0);
    assert_int_equal(t.kind, HF_REPLY_NONE);
    assert_non_null(strstr(t.bytes, "lost")); /* not sent again: nobody knows whether it was done */
    fake_wait(f, 100);
    ask(f, &t, "B");
    hf_store_free(f->store);
    f->store = NULL;
    assert_int_equal(t.replies, 1);
    fake_free(f);
}

static void not_at_all(void **state)
{
    (void)state;
    struct told t;
    struct fake *f = fake_new("memory:", NULL);
    ask(f, &t, "A");
    assert_int_equal(t.kind, HF_REPLY_NONE);
    assert_non_null(strstr(t.bytes, "in memory"));
    ask_everywhere(f, &t, "A");
    assert_int_equal(t.replies, 1);
    assert_int_equal(t.ends, 1);
    fake_free(f);
    f = fake_up("redis://a", NULL);
    ask(f, &t, "");
    assert_non_null(strstr(t.bytes, "1 to 64 arguments"));
    uint8_t *big = calloc(1, 65537);
    hf_store_command c = {.argv = &(hf_bytes){big, 65537}, .argc = 1};
    t = (struct told){0};
    hf_store_ask(f->store, &c, replied, &t, f->now);
    assert_int_equal(t.kind, HF_REPLY_NONE);
    free(big);
    for (int i = 0; i < 1024; i++) {
        ask(f, &t, "A");
    }
    ask(f, &t, "A");
    assert_non_null(strstr(t.bytes, "too many"));
    fake_free(f);
}

#define MAP \
    "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:7001\r\n*3\r\n:8192\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7002\r\n"

static void in_a_cluster(void **state)
{
    (void)state;
    static const hf_store_options one = {.connections = 1};
    struct fake *f = fake_new("redis://127.0.0.1:7001?cluster", &one);
    struct told t;
    hf_bytes argv[8];
    ask_everywhere(f, &t, "DBSIZE"); /* before anything is known */
    assert_int_equal(fake_count(f, "DBSIZE"), 0);
    fake_answer(f, fake_asking(f, "CLUSTER SLOTS"), MAP);
    f->slots = MAP;
    assert_int_equal(fake_count(f, "DBSIZE"), 2);
    fake_answer(f, fake_to(f, 7001), ":1\r\n");
    assert_int_equal(t.replies, 1);
    assert_int_equal(t.ends, 0);
    fake_answer(f, fake_to(f, 7002), ":2\r\n");
    assert_int_equal(t.replies, 2);
    assert_int_equal(t.ends, 1);

    ask_everywhere(f, &t, "DBSIZE"); /* one dies */
    fake_say(f, fake_to(f, 7002), "", 0);
    assert_int_equal(t.replies, 1);
    assert_int_equal(t.kind, HF_REPLY_NONE);
    fake_wait(f, 2000);
    assert_int_equal(t.replies, 2);
    assert_int_equal(t.ends, 1);
    fake_answer(f, fake_to(f, 7001), ":1\r\n"); /* late: nobody is told */
    assert_int_equal(t.replies, 2);

    hf_store_command c = command("GET foo", argv);
    c.key = "foo"; /* slot 12182 */
    t = (struct told){0};
    hf_store_ask(f->store, &c, replied, &t, f->now);
    fake_settle(f);
    assert_int_equal(fake_asking(f, "GET foo")->port, 7002);
    fake_answer(f, fake_to(f, 7002), "-MOVED 12182 127.0.0.1:7001\r\n");
    fake_answer(f, fake_asking(f, "GET foo"), "$3\r\nbar\r\n");
    assert_string_equal(t.bytes, "bar");
    fake_free(f);
}

static void ask_keyed(struct fake *f, struct told *t)
{
    hf_bytes argv[8];
    hf_store_command c = command("GET foo", argv);
    c.key = "foo"; /* slot 12182 */
    *t = (struct told){0};
    hf_store_ask(f->store, &c, replied, t, f->now);
    fake_settle(f);
}

static struct fake *cluster(void)
{
    static const hf_store_options one = {.connections = 1};
    struct fake *f = fake_new("redis://127.0.0.1:7001?cluster", &one);
    f->slots = MAP;
    fake_settle(f);
    assert_int_equal(fake_links(f), 2);
    return f;
}

/* To a server without a link: it waits for one, like any other, and is followed once. */
static void moved_to_where_no_link_is(void **state)
{
    (void)state;
    struct fake *f = cluster();
    struct told t;
    ask_keyed(f, &t);
    f->slots = NULL; /* nobody says more than the redirection */
    f->refuses = true;
    fake_answer(f, fake_to(f, 7002), "-MOVED 12182 127.0.0.1:7003\r\n");
    fake_wait(f, 500);
    assert_int_equal(t.replies, 0);
    assert_int_equal(fake_count(f, "GET foo"), 0);
    assert_int_equal(fake_stats(f).moved, 0);
    f->refuses = false;
    fake_wait(f, 500);
    assert_int_equal(fake_asking(f, "GET foo")->port, 7003);
    assert_int_equal(fake_stats(f).moved, 1);
    fake_answer(f, fake_to(f, 7003), "$3\r\nbar\r\n");
    assert_int_equal(t.replies, 1);
    assert_string_equal(t.bytes, "bar");

    ask_keyed(f, &t); /* once */
    f->hangs = true;
    fake_answer(f, fake_asking(f, "GET foo"), "-MOVED 12182 127.0.0.1:7004\r\n");
    struct fake_link *l = fake_to(f, 7004);
    l->connected = true;
    hf_store_linked(f->store, l->name, true, f->now);
    fake_settle(f);
    fake_answer(f, fake_asking(f, "GET foo"), "-MOVED 12182 127.0.0.1:7005\r\n");
    assert_int_equal(t.replies, 1);
    assert_int_equal(t.kind, HF_REPLY_ERROR);
    assert_int_equal(fake_count(f, "GET foo"), 0);
    fake_free(f);
}

/* Until its time is over; a redirection to nowhere is the answer. */
static void moved_and_never_linked(void **state)
{
    (void)state;
    static const char *const nowhere[] = {"-MOVED 12182 127.0.0.1:7002\r\n", "-MOVED 12182 nowhere\r\n",
                                          "-MOVED 1 127.0.0.1:7003\r\n"};
    struct told t;
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        struct fake *f = cluster();
        f->slots = NULL;
        ask_keyed(f, &t);
        fake_answer(f, fake_to(f, 7002), nowhere[i]);
        while (t.replies == 0) {
            fake_answer(f, fake_asking(f, "GET foo"), nowhere[i]);
        }
        assert_int_equal(t.replies, 1);
        assert_int_equal(t.kind, HF_REPLY_ERROR);
        fake_free(f);
    }
    struct fake *f = cluster();
    f->slots = NULL;
    f->refuses = true;
    ask_keyed(f, &t);
    fake_wait(f, 1000);
    fake_answer(f, fake_to(f, 7002), "-MOVED 12182 127.0.0.1:7003\r\n");
    fake_wait(f, 999);
    assert_int_equal(t.replies, 0);
    fake_wait(f, 1);
    assert_int_equal(t.replies, 1);
    assert_int_equal(t.kind, HF_REPLY_NONE);
    assert_non_null(strstr(t.bytes, "127.0.0.1:7003: it cannot be reached"));
    fake_free(f);
}

/* The breaker is the lookups' affair. */
static void moved_to_where_the_breaker_is_open(void **state)
{
    (void)state;
    struct fake *f = cluster();
    struct told t;
    struct fake_lookup k;
    f->slots = NULL;
    for (int i = 0; fake_stats(f).breaker_state == HF_BREAKER_CLOSED; i++) {
        char name[40];
        int len = snprintf(name, sizeof name, "hf:1:key-%d", i);
        if (slot_of((hf_bytes){(const uint8_t *)name, (size_t)len}) < 8192) {
            fake_look_up(f, &k, name + strlen("hf:1:"));
            fake_wait(f, 25);
        }
    }
    ask_keyed(f, &t);
    fake_answer(f, fake_to(f, 7002), "-MOVED 12182 127.0.0.1:7001\r\n");
    assert_int_equal(t.replies, 0);
    assert_int_equal(fake_count(f, "GET foo"), 1); /* behind the lookups */
    assert_int_equal(fake_stats(f).moved, 1);
    fake_free(f);
}

/* Many at once, ended by everything that can end them: each is told once, those too that are asked from
 * inside. */
struct again {
    struct fake *f;
    unsigned begun, answered;
};
enum { FIRST = 10, MORE = 50 };

static void begin(struct again *a, const char *words);

static void again(void *arg, const hf_store_reply *r)
{
    struct again *a = arg;
    assert_non_null(r);
    a->answered++;
    if (a->begun < FIRST + MORE) {
        begin(a, "AGAIN");
    }
}

static void begin(struct again *a, const char *words)
{
    hf_bytes argv[8];
    hf_store_command c = command(words, argv);
    a->begun++;
    hf_store_ask(a->f->store, &c, again, a, a->f->now);
}

static void asking_from_inside(void **state)
{
    (void)state;
    struct again a = {.f = fake_up("redis://127.0.0.1", NULL)};
    for (int i = 0; i < FIRST; i++) {
        begin(&a, "FIRST");
    }
    fake_settle(a.f);
    fake_answer(a.f, fake_asking(a.f, "FIRST"), ":1\r\n");
    assert_int_equal(a.answered, 1);
    fake_say(a.f, fake_asking(a.f, "FIRST"), "", 0); /* the connection they went to */
    assert_int_equal(a.answered, 1 + FIRST);
    fake_wait(a.f, 2500); /* what was asked meanwhile is given up */
    assert_int_equal(a.answered, 1 + 2 * FIRST);
    assert_int_equal(a.begun, 1 + 3 * FIRST);
    hf_store_free(a.f->store);
    a.f->store = NULL;
    assert_int_equal(a.begun, FIRST + MORE);
    assert_int_equal(a.answered, a.begun);
    fake_free(a.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_of_every_kind),
        cmocka_unit_test(waits),
        cmocka_unit_test(lost),
        cmocka_unit_test(not_at_all),
        cmocka_unit_test(in_a_cluster),
        cmocka_unit_test(moved_to_where_no_link_is),
        cmocka_unit_test(moved_and_never_linked),
        cmocka_unit_test(moved_to_where_the_breaker_is_open),
        cmocka_unit_test(asking_from_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
