/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "store/slots.h"

/* A Redis Cluster: whose key is whose, redirections, nodes that come and go. */

#define URL "redis://127.0.0.1:7001?cluster"
#define ONE "*3\r\n:0\r\n:8191\r\n*3\r\n$9\r\n127.0.0.1\r\n:7001\r\n$2\r\nid\r\n"
#define TWO "*3\r\n:8192\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:7002\r\n$2\r\nid\r\n"
#define BOTH "*2\r\n" ONE TWO

/* A session key whose full name is in a slot between these. */
static void key_in(unsigned first, unsigned last, char key[40])
{
    for (int i = 0; i < 100000; i++) {
        char name[60];
        int len = snprintf(name, sizeof name, "hf:1:key-%d", i);
        uint16_t slot = slot_of((hf_bytes){(const uint8_t *)name, (size_t)len});
        if (slot >= first && slot <= last) {
            snprintf(key, 40, "key-%d", i);
            return;
        }
    }
    fail();
}

static struct fake *cluster(const char *slots)
{
    static const hf_store_options one = {.connections = 1};
    struct fake *f = fake_new(URL, &one);
    f->slots = slots;
    fake_settle(f);
    return f;
}

/* Until the slots are asked for again, as they are now and then. */
static struct fake_link *refreshing(struct fake *f)
{
    f->slots = NULL;
    while (fake_count(f, "CLUSTER SLOTS") == 0) {
        fake_wait(f, 1);
        assert_true(f->now <= FAKE_START + 31000);
    }
    return fake_asking(f, "CLUSTER SLOTS");
}

static void keys_go_to_their_servers(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40], high[40];
    struct fake_lookup k;
    assert_int_equal(fake_links(f), 2);
    assert_int_equal(fake_to(f, 7001)->port, 7001);
    key_in(0, 8191, low);
    key_in(8192, 16383, high);
    fake_look_up(f, &k, low);
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7001);
    fake_answer(f, fake_asking(f, "GETRANGE"), "$1\r\na\r\n");
    fake_look_up(f, &k, high);
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7002);
    fake_answer(f, fake_asking(f, "GETRANGE"), "$1\r\na\r\n");
    /* an index is elsewhere than its session */
    char index[40], name[60];
    unsigned slot = 0;
    for (int i = 0; slot < 8192; i++) {
        snprintf(index, sizeof index, "index-%d", i);
        int len = snprintf(name, sizeof name, "hf:1:i:%s", index);
        slot = slot_of((hf_bytes){(const uint8_t *)name, (size_t)len});
    }
    const char *const indexes[] = {index};
    hf_session_record r = {low, {(const uint8_t *)"sealed", 6}, 10, indexes, 1};
    hf_store_effect(f->store, &r);
    fake_settle(f);
    assert_int_equal(fake_asking(f, "SET")->port, 7001);
    assert_int_equal(fake_asking(f, "SADD")->port, 7002);
    assert_int_equal(fake_count(f, "PEXPIRE"), 2);
    fake_free(f);
}

static void before_the_slots_are_known(void **state)
{
    (void)state;
    struct fake *f = cluster(NULL);
    struct fake_lookup k;
    fake_look_up(f, &k, "key");
    assert_none(&k, HF_SESSION_STORE_FAILED);
    fake_answer(f, fake_asking(f, "CLUSTER SLOTS"), BOTH);
    fake_look_up(f, &k, "key");
    assert_int_equal(k.calls, 0);
    fake_free(f);
}

static void not_a_cluster(void **state)
{
    (void)state;
    struct fake *f = cluster("-ERR This instance has cluster support disabled\r\n");
    assert_non_null(strstr(hf_store_trouble(f->store), "leave out '?cluster'"));
    fake_wait(f, 5000);
    assert_int_equal(f->hangups, 0);
    fake_free(f);
}

static void moved(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40], text[64], name[60];
    struct fake_lookup k;
    key_in(0, 8191, low);
    int len = snprintf(name, sizeof name, "hf:1:%s", low);
    unsigned slot = slot_of((hf_bytes){(const uint8_t *)name, (size_t)len});
    snprintf(text, sizeof text, "-MOVED %u 127.0.0.1:7002\r\n", slot);
    f->slots = NULL;
    fake_look_up(f, &k, low);
    fake_wait(f, 10);
    fake_answer(f, fake_to(f, 7001), text);
    assert_int_equal(k.calls, 0);
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7002); /* followed */
    assert_int_equal(fake_stats(f).moved, 1);
    fake_wait(f, 14);
    fake_answer(f, fake_to(f, 7002), "$1\r\na\r\n");
    assert_found(&k, "a");
    fake_look_up(f, &k, low); /* remembered */
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7002);
    fake_answer(f, fake_to(f, 7002), "$1\r\na\r\n");
    fake_wait(f, 300);
    assert_int_equal(fake_count(f, "CLUSTER SLOTS"), 1); /* and the whole asked for anew */
    fake_free(f);
}

/* A lookup of a key that the first node has, and which sends it elsewhere so. */
static struct fake *redirected(const char *resp, struct fake_lookup *k, char low[40])
{
    struct fake *f = cluster(BOTH);
    key_in(0, 8191, low);
    fake_look_up(f, k, low);
    fake_answer(f, fake_to(f, 7001), resp);
    return f;
}

/* Only once, only in time, only to where a link is. */
static void moved_again(void **state)
{
    (void)state;
    char low[40];
    struct fake_lookup k;
    struct fake *f = redirected("-MOVED 1 127.0.0.1:7002\r\n", &k, low);
    fake_answer(f, fake_asking(f, "GETRANGE"), "-MOVED 1 127.0.0.1:7001\r\n");
    assert_none(&k, HF_SESSION_STORE_FAILED);
    assert_int_equal(fake_count(f, "GETRANGE"), 0);

    fake_look_up(f, &k, low);
    fake_wait(f, 25);
    assert_none(&k, HF_SESSION_STORE_LATE);
    fake_answer(f, fake_asking(f, "GETRANGE"), "-MOVED 1 127.0.0.1:7002\r\n");
    assert_int_equal(fake_count(f, "GETRANGE"), 0);

    f->slots = NULL;
    fake_look_up(f, &k, low);
    fake_answer(f, fake_asking(f, "GETRANGE"), "-MOVED 1 127.0.0.1:7003\r\n"); /* nobody we knew */
    assert_none(&k, HF_SESSION_STORE_FAILED);
    assert_int_equal(fake_to(f, 7003)->port, 7003); /* now we do */
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_CLOSED);
    fake_free(f);
}

static void asked(void **state)
{
    (void)state;
    char low[40];
    struct fake_lookup k;
    struct fake *f = redirected("-ASK 1 127.0.0.1:7002\r\n", &k, low);
    struct fake_link *l = fake_to(f, 7002);
    assert_string_equal(fake_asked(l), "ASKING");
    fake_answer(f, l, "+OK\r\n");
    fake_answer(f, l, "$1\r\na\r\n");
    assert_found(&k, "a");
    assert_int_equal(fake_stats(f).asked, 1);
    fake_look_up(f, &k, low); /* not remembered: the slot is still the other's */
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7001);
    fake_free(f);
}

static void puts_follow_too(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40];
    key_in(0, 8191, low);
    fake_put(f, low, "sealed", 10);
    fake_answer(f, fake_asking(f, "SET"), "-ASK 1 127.0.0.1:7002\r\n");
    struct fake_link *l = fake_to(f, 7002);
    assert_string_equal(fake_asked(l), "ASKING");
    fake_answer(f, l, "+OK\r\n");
    assert_non_null(strstr(fake_asked(l), " sealed PX "));
    fake_answer(f, l, "-MOVED 1 127.0.0.1:7001\r\n"); /* no further */
    assert_int_equal(fake_count(f, "SET"), 0);
    assert_int_equal(fake_stats(f).put_errors, 1);
    fake_forget(f, low);
    fake_answer(f, fake_asking(f, "UNLINK"), "-MOVED 1 127.0.0.1:7002\r\n");
    assert_int_equal(fake_asking(f, "UNLINK")->port, 7002);
    fake_free(f);
}

/* A node goes, another takes over: its links end, lookups on them too; nothing points to it any more. */
static void nodes_come_and_go(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40], high[40];
    struct fake_lookup k;
    key_in(0, 8191, low);
    key_in(8192, 16383, high);
    fake_look_up(f, &k, low);
    f->slots = "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:7003\r\n" TWO;
    fake_wait(f, 31000); /* asked for now and then */
    assert_int_equal(k.calls, 1);
    assert_int_equal(fake_links(f), 2);
    fake_look_up(f, &k, low);
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7003);
    fake_look_up(f, &k, high);
    assert_int_equal(fake_to(f, 7002)->port, 7002);
    f->slots = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:7002\r\n"; /* "": the host that answers */
    struct fake_lookup gone;
    fake_wait(f, 30000);
    fake_look_up(f, &gone, low);
    assert_int_equal(fake_links(f), 1);
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7002);
    fake_free(f);
}

static void lookups_of_a_node_that_goes(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40];
    struct fake_lookup k;
    key_in(0, 8191, low);
    struct fake_link *l = refreshing(f);
    fake_look_up(f, &k, low);
    fake_answer(f, l, "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7002\r\n");
    assert_none(&k, HF_SESSION_STORE_FAILED);
    fake_free(f);
}

/* Who takes the place of the one that goes keeps its slots. */
static void servers_change_places(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40];
    struct fake_lookup k;
    key_in(0, 8191, low);
    fake_answer(f, refreshing(f), "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:7003\r\n" TWO);
    fake_look_up(f, &k, low);
    assert_int_equal(fake_asking(f, "GETRANGE")->port, 7003);
    fake_free(f);
}

static void a_map_with_holes(void **state)
{
    (void)state;
    struct fake *f = cluster("*1\r\n" ONE);
    f->slots = NULL;
    fake_wait(f, 999);
    assert_int_equal(fake_count(f, "CLUSTER SLOTS"), 0);
    fake_wait(f, 1);
    fake_answer(f, fake_asking(f, "CLUSTER SLOTS"), BOTH);
    fake_wait(f, 20000);
    assert_int_equal(fake_count(f, "CLUSTER SLOTS"), 0);
    fake_free(f);
}

/* It is the server that does not answer, not the one that sent us there. */
static void whose_breaker(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    char low[40], high[40];
    struct fake_lookup k;
    key_in(0, 8191, low);
    key_in(8192, 16383, high);
    for (int i = 0; i < 5; i++) {
        fake_look_up(f, &k, low);
        fake_answer(f, fake_to(f, 7001), "-ASK 1 127.0.0.1:7002\r\n");
        fake_wait(f, 25);
        assert_none(&k, HF_SESSION_STORE_LATE);
    }
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_OPEN);
    fake_look_up(f, &k, high);
    assert_none(&k, HF_SESSION_STORE_FAILED);
    assert_int_equal(fake_stats(f).breaker, 1);
    fake_look_up(f, &k, low);
    assert_ptr_equal(fake_to(f, 7001), fake_asking(f, "GETRANGE"));
    fake_answer(f, fake_to(f, 7001), "$1\r\na\r\n");
    assert_found(&k, "a");
    fake_free(f);
}

/* A lost link may mean a failover: the others are asked. */
static void a_lost_link(void **state)
{
    (void)state;
    struct fake *f = cluster(BOTH);
    f->slots = NULL;
    fake_wait(f, 300);
    assert_int_equal(fake_count(f, "CLUSTER SLOTS"), 0);
    f->refuses = true;
    fake_say(f, fake_to(f, 7002), "", 0);
    assert_int_equal(fake_asking(f, "CLUSTER SLOTS")->port, 7001);
    fake_free(f);
}

/* When nobody is left, the URL's nodes are tried again. */
static void all_are_gone(void **state)
{
    (void)state;
    struct fake *f = cluster("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7009\r\n");
    assert_int_equal(fake_links(f), 1);
    assert_int_equal(fake_link(f, 0)->port, 7009);
    f->refuses = true;
    fake_say(f, fake_link(f, 0), "", 0);
    fake_wait(f, 10000);
    f->refuses = false;
    f->slots = BOTH;
    fake_wait(f, 6000);
    assert_int_equal(fake_links(f), 2);
    assert_int_equal(fake_to(f, 7001)->port, 7001);
    fake_free(f);
}

static void maps_that_cannot_be(void **state)
{
    (void)state;
    static const char *const maps[] = {
        "*0\r\n",
        ":1\r\n",
        "$-1\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*2\r\n:0\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:-1\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:2\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$1\r\na\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:0\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:65536\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$3\r\na\033b\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*0\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n:1\r\n",
        "-CLUSTERDOWN x\r\n",
        "*2\r\n" ONE "*3\r\n:0\r\n:1\r\n*0\r\n",
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        struct fake *f = cluster(NULL);
        struct fake_lookup k;
        fake_answer(f, fake_asking(f, "CLUSTER SLOTS"), maps[i]);
        fake_look_up(f, &k, "key");
        assert_none(&k, HF_SESSION_STORE_FAILED); /* not a part of it counts */
        assert_true(hf_store_trouble(f->store)[0] != '\0');
        fake_wait(f, 1100);
        assert_int_equal(fake_count(f, "CLUSTER SLOTS"), 1); /* asked again */
        fake_free(f);
    }
}

/* A hundred primaries: 64 are served, and nothing is overrun. */
static void too_many(void **state)
{
    (void)state;
    char *map = malloc(20000), *at = map;
    at += sprintf(at, "*100\r\n");
    for (int i = 0; i < 100; i++) {
        at += sprintf(at, "*3\r\n:%d\r\n:%d\r\n*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n", i * 100, i * 100 + 99,
                      8000 + i);
    }
    struct fake *f = cluster(NULL);
    f->hangs = true;
    f->slots = map;
    fake_answer(f, fake_asking(f, "CLUSTER SLOTS"), map);
    assert_true(f->dialed < 70);
    fake_wait(f, 1100); /* the URL's node has made room: 64, and none is left */
    assert_true(f->dialed < 70);
    assert_non_null(strstr(hf_store_trouble(f->store), "more primaries than the 64"));
    fake_free(f);
    free(map);
}

/* 64 primaries, and the URL's node is none of them: when it has made room, the last one is served too. */
static void as_many_as_are_served(void **state)
{
    (void)state;
    char *map = malloc(20000), *at = map;
    at += sprintf(at, "*64\r\n");
    for (int i = 0; i < 64; i++) {
        at += sprintf(at, "*3\r\n:%d\r\n:%d\r\n*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n", i * 256, i * 256 + 255,
                      8000 + i);
    }
    struct fake *f = cluster(NULL);
    f->slots = map;
    fake_answer(f, fake_asking(f, "CLUSTER SLOTS"), map);
    assert_null(strstr(hf_store_trouble(f->store), "more primaries"));
    fake_wait(f, 1100);
    assert_int_equal(fake_to(f, 8063)->port, 8063);
    assert_int_equal(fake_links(f), 64);
    assert_string_equal(hf_store_trouble(f->store), "");
    fake_free(f);
    free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_go_to_their_servers),
        cmocka_unit_test(before_the_slots_are_known),
        cmocka_unit_test(not_a_cluster),
        cmocka_unit_test(moved),
        cmocka_unit_test(moved_again),
        cmocka_unit_test(asked),
        cmocka_unit_test(puts_follow_too),
        cmocka_unit_test(nodes_come_and_go),
        cmocka_unit_test(lookups_of_a_node_that_goes),
        cmocka_unit_test(servers_change_places),
        cmocka_unit_test(a_map_with_holes),
        cmocka_unit_test(whose_breaker),
        cmocka_unit_test(a_lost_link),
        cmocka_unit_test(all_are_gone),
        cmocka_unit_test(maps_that_cannot_be),
        cmocka_unit_test(too_many),
        cmocka_unit_test(as_many_as_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
