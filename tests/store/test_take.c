/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "loop.h"

/* Sessions that are good once, RFC 8446 8.1: of all who ask for one, one is given it. */

#define KEY "abcdefghijklmnopqrstuvwxyz-_0123"
#define TAKE "GETDEL hf:1:" KEY
#define GET "GETRANGE hf:1:" KEY " 0 8192"
#define URL "redis://127.0.0.1:6379"

/* ---- a server that says what the test tells it to ---- */

static void fake_take(struct fake *f, struct fake_lookup *k)
{
    *k = (struct fake_lookup){.fake = f, .began = f->now};
    k->name = hf_store_take(f->store, KEY, fake_done, k, f->now);
    fake_settle(f);
}

static void assert_given(const struct fake_lookup *k, const char *record, hf_resumption why)
{
    assert_int_equal(k->calls, 1);
    assert_string_equal(k->record, record);
    assert_int_equal(k->why, why);
}

static void given_and_gone(void **state)
{
    (void)state;
    struct fake *f = fake_up(URL, NULL);
    struct fake_lookup k;
    fake_put(f, KEY, "abc", 100); /* this node made it, and keeps a copy */
    fake_answer(f, fake_asking(f, "SET "), "+OK\r\n");
    fake_take(f, &k);
    fake_answer(f, fake_asking(f, TAKE), "$3\r\nabc\r\n");
    assert_given(&k, "abc", HF_RESUMED);
    assert_int_equal(fake_stats(f).local_records, 0);
    fake_take(f, &k);
    fake_answer(f, fake_asking(f, TAKE), "$-1\r\n");
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_free(f);
}

/* Where the store cannot be asked, a copy may serve; it is not known to be the only one, and goes. */
static void a_copy_is_not_taken(void **state)
{
    (void)state;
    struct fake *f = fake_up(URL, NULL);
    struct fake_lookup k;
    fake_put(f, KEY, "abc", 100);
    fake_answer(f, fake_asking(f, "SET "), "+OK\r\n");
    fake_take(f, &k);
    fake_wait(f, 30); /* more than its 25 ms */
    assert_given(&k, "abc", HF_SESSION_STORE_LATE);
    assert_int_equal(fake_stats(f).local_records, 0);
    fake_answer(f, fake_asking(f, TAKE), "$3\r\nabc\r\n"); /* too late for whoever asked: it is gone */
    assert_int_equal(k.calls, 1);
    assert_int_equal(fake_stats(f).local_records, 0);
    fake_free(f);

    f = fake_new(URL, NULL);
    f->refuses = true;
    fake_settle(f);
    fake_put(f, KEY, "abc", 100);
    fake_take(f, &k);
    assert_given(&k, "abc", HF_SESSION_STORE_FAILED);
    fake_take(f, &k);
    assert_none(&k, HF_SESSION_STORE_FAILED);
    fake_free(f);
}

/* Before Redis 6.2, without the right, on a replica, on a disk that is full. */
static void servers_that_cannot(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *trouble;
        bool asked_again;
    } cannot[] = {{"-ERR unknown command `GETDEL`, with args beginning with: \r\n", "GETDEL", false},
                  {"-NOPERM this user has no permissions to run the 'getdel' command\r\n", "GETDEL", false},
                  {"-READONLY You can't write against a read only replica.\r\n", "replica", true},
                  {"-MISCONF Errors writing to the AOF file\r\n", "disk", true}};
    for (size_t i = 0; i < sizeof cannot / sizeof *cannot; i++) {
        struct fake *f = fake_up(URL, NULL);
        struct fake_lookup k;
        fake_take(f, &k);
        fake_answer(f, fake_asking(f, TAKE), cannot[i].reply);
        assert_int_equal(k.calls, 0);
        fake_answer(f, fake_asking(f, GET), "$3\r\nabc\r\n");
        assert_given(&k, "abc", HF_SESSION_POLICY);
        assert_non_null(strstr(hf_store_trouble(f->store), cannot[i].trouble));
        fake_take(f, &k);
        assert_int_equal(fake_count(f, "GETDEL"), cannot[i].asked_again);
        assert_int_equal(fake_count(f, "GETRANGE"), !cannot[i].asked_again);
        fake_free(f);
    }
}

/* RFC 8446 8.1 in a cluster: where the key is now. */
static void redirected(void **state)
{
    (void)state;
    struct fake *f = fake_new("redis://127.0.0.1:7001?cluster", NULL);
    struct fake_lookup k;
    f->slots = "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:7001\r\n"
               "*3\r\n:8192\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7002\r\n";
    fake_settle(f);
    fake_take(f, &k);
    struct fake_link *l = fake_asking(f, TAKE);
    char moved[64];
    unsigned other = l->port == 7001 ? 7002 : 7001;
    snprintf(moved, sizeof moved, "-MOVED 1 127.0.0.1:%u\r\n", other);
    fake_answer(f, l, moved);
    assert_int_equal(fake_asking(f, TAKE)->port, other);
    fake_answer(f, fake_asking(f, TAKE), "$3\r\nabc\r\n");
    assert_given(&k, "abc", HF_RESUMED);
    fake_free(f);
}

static void in_memory(void **state)
{
    (void)state;
    struct fake *f = fake_new("memory:", NULL);
    struct fake_lookup k;
    fake_wait(f, 1); /* it learns the time */
    fake_put(f, KEY, "abc", 100);
    fake_take(f, &k);
    assert_given(&k, "abc", HF_RESUMED);
    fake_take(f, &k);
    assert_none(&k, HF_SESSION_UNKNOWN);
    fake_free(f);
}

/* ---- a real redis-server ---- */
#define NODES 4
struct answer {
    unsigned calls;
    hf_resumption why;
    size_t len;
};

static void done(void *arg, hf_bytes record, hf_resumption why)
{
    struct answer *a = arg;
    a->calls++;
    a->why = why;
    a->len = record.len;
}

static struct loop *connected(const char *url)
{
    hf_store_options patient = {.budget = 500};
    struct loop *l = loop_new(url, &patient);
    for (int i = 0; hf_store_statistics(l->store).connected < 2; i++) {
        assert_true(i < 1000);
        loop_run(l, NULL, 10);
    }
    return l;
}

/* Several nodes of a fleet ask at once, again and again: one of them is given it each time. */
static void one_of_many_on_a_real_server(void **state)
{
    (void)state;
    static struct server_process p;
    struct loop *node[NODES];
    char url[100], key[16];
    server_start(&p, "");
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", p.port);
    for (int n = 0; n < NODES; n++) {
        node[n] = connected(url);
    }
    for (int i = 0; i < 200; i++) {
        struct answer a[NODES] = {{0}};
        snprintf(key, sizeof key, "session-%d", i);
        hf_session_record r = {key, {(const uint8_t *)"sealed", 6}, 100, NULL, 0};
        hf_store_effect(node[i % NODES]->store, &r);
        struct answer seen = {0};
        hf_store_look_up(node[i % NODES]->store, key, done, &seen, loop_now());
        assert_true(loop_run(node[i % NODES], &seen.calls, 2000)); /* it is there */
        assert_int_equal(seen.len, 6);
        for (int n = 0; n < NODES; n++) {
            hf_store_take(node[n]->store, key, done, &a[n], loop_now());
            loop_run(node[n], NULL, 0); /* sent; nobody's reply is waited for */
        }
        unsigned given = 0;
        for (int n = 0; n < NODES; n++) {
            assert_true(a[n].calls || loop_run(node[n], &a[n].calls, 2000));
            given += a[n].len == 6 && a[n].why == HF_RESUMED;
            assert_true(a[n].len == 6 || a[n].why == HF_SESSION_UNKNOWN);
        }
        assert_int_equal(given, 1);
    }
    for (int n = 0; n < NODES; n++) {
        assert_int_equal(hf_store_statistics(node[n]->store).hit_local, 0);
        assert_string_equal(hf_store_trouble(node[n]->store), "");
        loop_free(node[n]);
    }
    server_kill(&p);
    server_remove_folder(&p);
}

/* A user who may not: looked up all the same, and not taken. */
static void without_the_right(void **state)
{
    (void)state;
    static struct server_process p;
    char url[100];
    struct answer a[2] = {{0}};
    server_start(&p, "user me on >pass ~hf:* +getrange +set +unlink +sadd +pexpire +ping +select\n");
    snprintf(url, sizeof url, "redis://me:pass@127.0.0.1:%u", p.port);
    struct loop *l = connected(url);
    hf_session_record r = {"one", {(const uint8_t *)"sealed", 6}, 100, NULL, 0};
    hf_store_effect(l->store, &r);
    for (int i = 0; i < 2; i++) {
        hf_store_take(l->store, "one", done, &a[i], loop_now());
        assert_true(a[i].calls || loop_run(l, &a[i].calls, 2000));
        assert_int_equal(a[i].len, 6);
        assert_int_equal(a[i].why, HF_SESSION_POLICY);
    }
    assert_non_null(strstr(hf_store_trouble(l->store), "GETDEL"));
    loop_free(l);
    server_kill(&p);
    server_remove_folder(&p);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_and_gone),
        cmocka_unit_test(a_copy_is_not_taken),
        cmocka_unit_test(servers_that_cannot),
        cmocka_unit_test(redirected),
        cmocka_unit_test(in_memory),
        cmocka_unit_test_teardown(one_of_many_on_a_real_server, servers_kill),
        cmocka_unit_test_teardown(without_the_right, servers_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
