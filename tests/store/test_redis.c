/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "pki.h"
#include "store/slots.h"

/* A real redis-server: alone, behind TLS, and three as a cluster. */

struct answer {
    unsigned calls; /* what loop_run waits for */
    hf_resumption why;
    char record[32];
    hf_store_reply_kind kind;
    int64_t integer;
    size_t count;
    char text[64];
    uint64_t took;
};

static void done(void *arg, hf_bytes record, hf_resumption why)
{
    struct answer *a = arg;
    a->calls++;
    a->why = why;
    snprintf(a->record, sizeof a->record, "%.*s", (int)record.len, (const char *)record.data);
}

static struct answer look_up(struct loop *l, const char *key)
{
    struct answer a = {0};
    uint64_t begun = loop_now();
    hf_store_look_up(l->store, key, done, &a, begun);
    assert_true(loop_run(l, &a.calls, 1000));
    a.took = loop_now() - begun;
    return a;
}

static void replied(void *arg, const hf_store_reply *r)
{
    struct answer *a = arg;
    if (r == NULL) {
        return;
    }
    a->calls++;
    a->kind = r->kind;
    a->integer = r->integer;
    a->count = r->count;
    hf_bytes text = r->count ? r->items[0].bytes : r->bytes;
    snprintf(a->text, sizeof a->text, "%.*s", (int)text.len, (const char *)text.data);
}

static struct answer ask_of(struct loop *l, const char *key, const char *words)
{
    struct answer a = {0};
    hf_bytes argv[16];
    hf_store_command c = {.argv = argv, .key = key, .timeout = 5000};
    while (*words) {
        size_t len = strcspn(words, " ");
        argv[c.argc++] = (hf_bytes){(const uint8_t *)words, len};
        words += len + (words[len] == ' ');
    }
    hf_store_ask(l->store, &c, replied, &a, loop_now());
    assert_true(loop_run(l, &a.calls, 6000));
    if (a.kind == HF_REPLY_NONE || a.kind == HF_REPLY_ERROR) {
        fail_msg("%s", a.text);
    }
    return a;
}

static struct answer ask(struct loop *l, const char *words)
{
    return ask_of(l, NULL, words);
}

static void put(struct loop *l, const char *key, const char *record, const char *index)
{
    hf_session_record r = {key, {(const uint8_t *)record, strlen(record)}, 100, &index, index != NULL};
    hf_store_effect(l->store, &r);
    loop_run(l, NULL, 1);
}

static void wait_connected(struct loop *l, unsigned links)
{
    uint64_t begun = loop_now();
    while (hf_store_statistics(l->store).connected < links) {
        loop_run(l, NULL, 10);
        if (loop_now() > begun + 12000) {
            fail_msg("not connected: %s", hf_store_trouble(l->store));
        }
    }
}

static struct loop *connected(const char *url, unsigned links, const hf_store_options *o)
{
    struct loop *l = loop_new(url, o);
    wait_connected(l, links);
    return l;
}

/* Everything once; two stores: two nodes of a fleet. */
static void all_of_it(const char *url, const hf_store_options *o)
{
    struct loop *a = connected(url, 2, o), *b = connected(url, 2, o);
    ask(a, "FLUSHALL");
    put(a, "one", "sealed", "alice");
    put(a, "two", "sealed too", "alice");
    ask(a, "PING");
    loop_run(a, NULL, 20);
    assert_string_equal(look_up(b, "one").record, "sealed");
    assert_string_equal(look_up(b, "two").record, "sealed too");
    assert_int_equal(look_up(b, "none").why, HF_SESSION_UNKNOWN);
    assert_in_range(ask(a, "PTTL hf:1:one").integer, 94000, 100000);
    assert_in_range(ask(a, "PTTL hf:1:i:alice").integer, 99000, 100000);
    assert_int_equal(ask(a, "SMEMBERS hf:1:i:alice").count, 2);
    put(a, "one", "another", NULL); /* NX: a session is what it was */
    loop_run(a, NULL, 20);
    assert_string_equal(look_up(b, "one").record, "sealed");
    hf_session_record forget = {.key = "one"};
    hf_store_effect(a->store, &forget);
    loop_run(a, NULL, 20);
    assert_int_equal(look_up(b, "one").why, HF_SESSION_UNKNOWN);
    ask(b, "UNLINK hf:1:two"); /* revoked by a tool: no copy is given out, anywhere */
    assert_int_equal(look_up(a, "two").why, HF_SESSION_UNKNOWN);
    assert_int_equal(look_up(b, "two").why, HF_SESSION_UNKNOWN);
    hf_store_stats s = hf_store_statistics(a->store);
    assert_int_equal(s.put_errors + s.error + s.timeout, 0);
    loop_free(a);
    loop_free(b);
}

static void by_port_and_socket(void **state)
{
    (void)state;
    static struct server_process p;
    char url[160];
    server_start(
        &p,
        "requirepass sec/ret\nuser me on >pass ~hf:* +getrange +getdel +set +unlink +sadd +pexpire +ping +select\n");
    snprintf(url, sizeof url, "redis://:sec%%2Fret@127.0.0.1:%u/3", p.port);
    all_of_it(url, NULL);
    snprintf(url, sizeof url, "unix://:sec%%2Fret@%s/redis.sock?db=2", p.folder);
    all_of_it(url, NULL);
    snprintf(url, sizeof url, "redis://me:pass@127.0.0.1:%u", p.port); /* what a server needs to be allowed */
    struct loop *l = connected(url, 2, NULL);
    put(l, "one", "sealed", "alice");
    assert_string_equal(look_up(l, "one").record, "sealed");
    hf_session_record forget = {.key = "one"};
    hf_store_effect(l->store, &forget);
    loop_run(l, NULL, 20);
    assert_string_equal(hf_store_trouble(l->store), "");
    loop_free(l);
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", p.port);
    l = loop_new(url, NULL);
    loop_run(l, NULL, 100);
    assert_non_null(strstr(hf_store_trouble(l->store), "NOAUTH"));
    loop_free(l);
    server_kill(&p);
    server_remove_folder(&p);
}

/* SIGSTOP, SIGCONT, kill -9, and a server that comes back empty. */
static void away_and_back(void **state)
{
    (void)state;
    static struct server_process p;
    char url[160];
    server_start(&p, "");
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", p.port);
    struct loop *l = connected(url, 2, NULL);
    put(l, "one", "sealed", NULL);
    assert_string_equal(look_up(l, "one").record, "sealed");

    kill(p.pid, SIGSTOP);
    for (int i = 0; i < 100; i++) {
        struct answer a = look_up(l, i % 2 ? "one" : "other");
        assert_string_equal(a.record, i % 2 ? "sealed" : "");
        assert_true(a.took < 200); /* 25, on a machine that does nothing else */
        loop_run(l, NULL, 2);
    }
    assert_true(hf_store_statistics(l->store).breaker > 50);
    kill(p.pid, SIGCONT);
    wait_connected(l, 1);
    for (int i = 0; hf_store_statistics(l->store).breaker_state != HF_BREAKER_CLOSED; i++) {
        assert_true(i < 1200);
        loop_run(l, NULL, 10);
    }
    assert_string_equal(look_up(l, "one").record, "sealed");

    server_kill(&p);
    loop_run(l, NULL, 50);
    assert_string_equal(look_up(l, "one").record, "sealed"); /* from here */
    assert_int_equal(look_up(l, "other").why, HF_SESSION_STORE_FAILED);
    server_start_again(&p);
    wait_connected(l, 2);
    assert_int_equal(look_up(l, "one").why, HF_SESSION_UNKNOWN); /* it knows better: it is empty */
    put(l, "two", "sealed", NULL);
    assert_string_equal(look_up(l, "two").record, "sealed");
    loop_free(l);
    server_kill(&p);
    server_remove_folder(&p);
}

static void server_errors(void **state)
{
    (void)state;
    static struct server_process p;
    char url[160];
    server_start(&p, "maxmemory 1\nmaxmemory-policy noeviction\n");
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", p.port);
    struct loop *l = connected(url, 2, NULL);
    put(l, "one", "sealed", NULL);
    loop_run(l, NULL, 50);
    assert_int_equal(hf_store_statistics(l->store).put_errors, 1);
    assert_non_null(strstr(hf_store_trouble(l->store), "OOM"));
    ask(l, "CONFIG SET maxmemory 0");
    ask(l, "LPUSH hf:1:list x");
    assert_int_equal(look_up(l, "list").why, HF_SESSION_STORE_FAILED);
    assert_non_null(strstr(hf_store_trouble(l->store), "WRONGTYPE"));
    ask(l, "REPLICAOF 127.0.0.1 1");
    put(l, "two", "sealed", NULL);
    loop_run(l, NULL, 50);
    assert_non_null(strstr(hf_store_trouble(l->store), "READONLY"));
    assert_int_equal(hf_store_statistics(l->store).breaker_state, HF_BREAKER_CLOSED);
    loop_free(l);
    server_kill(&p);
    server_remove_folder(&p);
}

static void write_file(const struct server_process *p, const char *name, hf_bytes bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
    fclose(f);
}

static hf_config *trusting(hf_bytes root)
{
    hf_config *c = hf_config_client();
    assert_int_equal(hf_config_clock(c, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_trust_pem(c, root), HF_OK);
    assert_int_equal(hf_config_freeze(c, NULL), HF_OK);
    return c;
}

/* rediss: the server's own TLS is OpenSSL's, ours is handfast. */
static void by_tls(void **state)
{
    (void)state;
    static struct server_process p;
    struct server_process files = {.folder = "/tmp/hf-store-XXXXXX"};
    const struct test_identity *server = &test_pki()->server[TEST_P256];
    char url[160], settings[512];
    assert_non_null(mkdtemp(files.folder));
    write_file(&files, "cert.pem", server->chain);
    write_file(&files, "key.pem", server->key);
    uint16_t port = free_port();
    snprintf(settings, sizeof settings,
             "tls-port %u\ntls-cert-file %s/cert.pem\ntls-key-file %s/key.pem\n"
             "tls-ca-cert-file %s/cert.pem\ntls-auth-clients no\n",
             port, files.folder, files.folder, files.folder);
    server_start(&p, settings);
    hf_store_options o = {.tls = trusting(test_pki()->root)};
    snprintf(url, sizeof url, "rediss://localhost:%u", port);
    all_of_it(url, &o);
    hf_config_free(o.tls);

    o.tls = trusting(test_pki()->other_root); /* a server that proves nothing to us */
    struct loop *l = loop_new(url, &o);
    loop_run(l, NULL, 300);
    assert_int_equal(hf_store_statistics(l->store).connected, 0);
    assert_non_null(strstr(hf_store_trouble(l->store), hf_err_sentence(HF_UNKNOWN_CA)));
    loop_free(l);
    hf_config_free(o.tls);

    snprintf(url, sizeof url, "redis://localhost:%u", port); /* and one that wants TLS */
    l = loop_new(url, NULL);
    loop_run(l, NULL, 300);
    assert_int_equal(hf_store_statistics(l->store).connected, 0);
    assert_true(hf_store_trouble(l->store)[0] != '\0');
    loop_free(l);
    server_kill(&p);
    server_remove_folder(&p);
    server_remove_folder(&files);
}

/* ---- a cluster ---- */

#define NODES 3

static void one_does(const struct server_process *p, const char *words)
{
    char url[100];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", p->port);
    struct loop *l = loop_new(url, NULL);
    ask(l, words);
    loop_free(l);
}

static void meet(struct server_process nodes[NODES])
{
    static const char *const slots[NODES] = {"0 5460", "5461 10922", "10923 16383"};
    char words[100];
    for (int i = 0; i < NODES; i++) {
        server_start(&nodes[i], "cluster-enabled yes\ncluster-node-timeout 2000\n");
        snprintf(words, sizeof words, "CLUSTER ADDSLOTSRANGE %s", slots[i]);
        one_does(&nodes[i], words);
        snprintf(words, sizeof words, "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
        one_does(&nodes[i], words);
    }
    for (int i = 1; i < NODES; i++) {
        snprintf(words, sizeof words, "CLUSTER MEET 127.0.0.1 %u", nodes[i].port);
        one_does(&nodes[0], words);
    }
}

/* Until every slot has somebody who answers. */
static struct loop *cluster_up(const struct server_process *seed)
{
    char url[100], key[16];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u?cluster", seed->port);
    struct loop *l = connected(url, NODES * 2, NULL);
    for (int i = 0; i < 200; i++) {
        hf_store_stats before = hf_store_statistics(l->store);
        for (int n = 0; n < 60; n++) {
            snprintf(key, sizeof key, "up-%d", n);
            look_up(l, key);
        }
        hf_store_stats now = hf_store_statistics(l->store);
        if (now.miss - before.miss == 60 && now.moved == before.moved) {
            return l;
        }
        loop_run(l, NULL, 50);
    }
    fail_msg("the cluster does not come up: %s", hf_store_trouble(l->store));
    return NULL;
}

static void put_many(struct loop *l, char from)
{
    char key[16];
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "%c-%d", from, i);
        put(l, key, key, "index");
    }
    loop_run(l, NULL, 100);
}

static unsigned find_many(struct loop *l, char from)
{
    unsigned found = 0;
    char key[16];
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "%c-%d", from, i);
        found += strcmp(look_up(l, key).record, key) == 0;
    }
    return found;
}

static void slot_moves(struct server_process nodes[NODES])
{
    char words[160], url[100];
    unsigned slot = slot_of((hf_bytes){(const uint8_t *)"hf:1:moved", 10}), owner = slot <= 5460    ? 0
                                                                                    : slot <= 10922 ? 1
                                                                                                    : 2;
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", nodes[(owner + 1) % NODES].port);
    struct loop *one = connected(url, 1, NULL);
    struct answer id = ask(one, "CLUSTER MYID");
    loop_free(one);
    for (unsigned i = 0; i < NODES; i++) { /* who takes it knows first */
        snprintf(words, sizeof words, "CLUSTER SETSLOT %u NODE %.40s", slot, id.text);
        one_does(&nodes[(owner + 1 + i) % NODES], words);
    }
}

static void three_nodes(void **state)
{
    (void)state;
    static struct server_process nodes[NODES];
    meet(nodes);
    struct loop *a = cluster_up(&nodes[0]), *b = cluster_up(&nodes[2]);
    put_many(a, 'a');
    assert_int_equal(find_many(b, 'a'), 60);
    assert_int_equal(ask_of(b, "hf:1:i:index", "SCARD hf:1:i:index").integer, 60);
    uint64_t moved = hf_store_statistics(b->store).moved, errors = hf_store_statistics(b->store).error;

    slot_moves(nodes);
    assert_int_equal(look_up(b, "moved").why, HF_SESSION_UNKNOWN); /* nobody told b: MOVED, followed */
    assert_int_equal(hf_store_statistics(b->store).moved, moved + 1);
    assert_int_equal(hf_store_statistics(b->store).error, errors);

    /* a node dies: its third is served by what is known here, the rest by the others */
    server_kill(&nodes[2]);
    loop_run(b, NULL, 100);
    assert_int_equal(find_many(b, 'a'), 60); /* b has seen them all */
    assert_true(hf_store_statistics(b->store).hit_local > 0);
    loop_free(a);
    loop_free(b);
    for (int i = 0; i < NODES; i++) {
        server_kill(&nodes[i]);
        server_remove_folder(&nodes[i]);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(by_port_and_socket, servers_kill),
        cmocka_unit_test_teardown(away_and_back, servers_kill),
        cmocka_unit_test_teardown(server_errors, servers_kill),
        cmocka_unit_test_teardown(by_tls, servers_kill),
        cmocka_unit_test_teardown(three_nodes, servers_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
