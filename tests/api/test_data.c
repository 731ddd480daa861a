/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* Data of any size in pieces of any size, and what hf_wants says on the way. Checklist S9. */

static hf_config *mutual(hf_config *server)
{
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    return server;
}

static hf_config *alice(void)
{
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_RSA]);
    return client;
}

/* S9: record boundaries and read boundaries mean nothing. */
static void any_number_of_bytes_at_a_time(void **state)
{
    (void)state;
    static const size_t chunks[] = {1, 2, 3, 5, 7, 64, 1000, 16384};
    hf_config *client = alice(), *server = mutual(test_server_config());
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        struct pair *p = pair_new(client, server, TEST_HOST);
        p->chunk = chunks[i];
        pair_run(p);
        pair_assert_complete(p);
        pair_exchange(p, 20000);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_new(client, server, TEST_HOST);
        p->chunk = chunks[i];
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_true(hf_negotiated(p->server)->resumed);
        assert_int_equal(hf_close(p->client), HF_OK);
        pair_run(p);
        assert_true(hf_wants(p->server) & HF_CLOSED_IN);
        hf_session_free(session);
        pair_free(p);
    }
    hf_config_free(client);
    hf_config_free(server);
}

static void sizes_around_every_boundary(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,     2,     15,    16,    17,    255,  256,
                                   16383, 16384, 16385, 32768, 32769, 65535, 65536};
    static const char *const suites[] = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                         "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                                         "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"};
    for (size_t s = 0; s < 3; s++) {
        hf_config *client = test_client_config();
        assert_int_equal(hf_config_suites(client, suites[s], NULL), HF_OK);
        struct pair *p = pair_take(client, test_server_config(), TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        uint64_t sum = 0;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            pair_exchange(p, sizes[i]);
            sum += sizes[i];
        }
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            hf_stats stats = hf_conn_stats(pair_conn(p, side));
            assert_int_equal(stats.bytes_in, sum);
            assert_int_equal(stats.bytes_out, sum);
            assert_true(stats.records_in > 15 && stats.records_out > 15);
        }
        pair_free(p);
    }
}

static void five_megabytes_both_ways(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    pair_run(p);
    pair_exchange(p, 5 * 1024 * 1024 + 1);
    pair_free(p);
}

/* Nothing is lost where the limit of unsent bytes stops hf_push_app, and nothing grows past it. */
static void unsent_bytes_are_bounded(void **state)
{
    (void)state;
    enum { LIMIT = 40000, LEN = 200000 };
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_limits(client, 0, LIMIT), HF_OK);
    struct pair *p = pair_take(client, test_server_config(), TEST_HOST);
    pair_run(p);
    uint8_t *bytes = calloc(1, LEN);
    size_t used = 0, again = 99;
    assert_int_equal(hf_push_app(p->client, (hf_bytes){bytes, LEN}, &used), HF_OK);
    assert_in_range(used, 16384, LIMIT);
    assert_in_range(hf_peek_wire(p->client).len, used, LIMIT + 16384);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){bytes, LEN}, &again), HF_OK);
    assert_true(again == 0);
    free(bytes);
    pair_run(p);
    assert_int_equal(p->received[HF_SERVER].len, used);
    pair_exchange(p, 300000);
    pair_free(p);
}

/* hf_drop_wire and hf_drop_app take any part; more than there is counts as all. */
static void windows_are_dropped_in_pieces(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    uint8_t wire[2000];
    size_t len = 0, used = 0;
    for (hf_bytes out = hf_peek_wire(p->client); out.len; out = hf_peek_wire(p->client)) {
        wire[len++] = out.data[0];
        hf_drop_wire(p->client, 1);
    }
    assert_int_equal(hf_push_wire(p->server, wire, len, &used), HF_OK);
    assert_int_equal(used, len);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"abcdef", 6}, &used), HF_OK);
    hf_bytes out = hf_peek_wire(p->client);
    len = out.len;
    memcpy(wire, out.data, len);
    hf_drop_wire(p->client, len + 1000);
    assert_int_equal(hf_peek_wire(p->client).len, 0);
    assert_int_equal(hf_push_wire(p->server, wire, len, &used), HF_OK);
    for (size_t i = 0; i < 6; i++) {
        hf_bytes app = hf_peek_app(p->server);
        assert_int_equal(app.len, 6 - i);
        assert_int_equal(app.data[0], "abcdef"[i]);
        hf_drop_app(p->server, i == 5 ? 100 : 1);
    }
    assert_int_equal(hf_peek_app(p->server).len, 0);
    pair_exchange(p, 10);
    pair_free(p);
}

/* ---- hf_wants ---- */
static void wants_at_each_stage(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    size_t used;
    assert_int_equal(hf_wants(p->client), HF_SEND_WIRE | HF_MORE_WIRE);
    assert_int_equal(hf_wants(p->server), HF_MORE_WIRE);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_TOO_EARLY);
    (void)pair_carry(p, HF_CLIENT);
    assert_int_equal(hf_wants(p->client), HF_MORE_WIRE);
    assert_int_equal(hf_wants(p->server), HF_SEND_WIRE | HF_MORE_WIRE);
    pair_run(p);
    assert_int_equal(hf_wants(p->client), HF_MORE_WIRE | HF_GIVE_APP);
    assert_int_equal(hf_wants(p->server), HF_MORE_WIRE | HF_GIVE_APP);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
    assert_int_equal(hf_wants(p->client), HF_MORE_WIRE | HF_GIVE_APP | HF_SEND_WIRE);
    uint8_t wire[100];
    hf_bytes out = hf_peek_wire(p->client);
    memcpy(wire, out.data, out.len);
    assert_int_equal(hf_push_wire(p->server, wire, out.len, &used), HF_OK);
    assert_int_equal(hf_wants(p->server), HF_MORE_WIRE | HF_GIVE_APP | HF_TAKE_APP);
    uint8_t more[1] = {23};
    assert_int_equal(hf_push_wire(p->server, more, 1, &used), HF_OK);
    assert_int_equal(used, 0); /* not before what is there is taken */
    hf_drop_app(p->server, 1);
    assert_int_equal(hf_wants(NULL), HF_CLOSED_IN | HF_CLOSED_OUT);
    pair_free(p);
}

/* ---- hf_conn_free at every point ---- */
static void freed_after_every_byte(void **state)
{
    (void)state;
    hf_config *client = alice(), *server = mutual(test_server_config());
    for (size_t rounds = 0; rounds < 8; rounds++) {
        struct pair *p = pair_new(client, server, TEST_HOST);
        for (size_t i = 0; i < rounds; i++) {
            (void)pair_carry(p, i % 2 ? HF_SERVER : HF_CLIENT);
        }
        pair_free(p);
    }
    for (size_t at = 0; at < 3000; at += 37) { /* in the middle of the server's flight */
        struct pair *p = pair_new(client, server, TEST_HOST);
        (void)pair_carry(p, HF_CLIENT);
        hf_bytes flight = hf_peek_wire(p->server);
        size_t len = at < flight.len ? at : flight.len, used;
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, flight.data, len);
        assert_int_equal(hf_push_wire(p->client, copy, len, &used), HF_OK);
        pair_free(p);
        free(copy);
    }
    hf_conn_free(NULL);
    hf_config_free(client);
    hf_config_free(server);
}

/* The config outlives its owner's reference; the library takes what it needs. */
static void connections_hold_their_config(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST); /* ours are gone */
    pair_run(p);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    assert_int_equal(hf_session_id(session).len, 32); /* and a session outlives its connection */
    hf_session_free(session);
}

static void border_checks(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    uint8_t byte = 22;
    size_t used = 7;
    assert_int_equal(hf_push_wire(NULL, &byte, 1, &used), HF_NULL_ARGUMENT);
    assert_int_equal(hf_push_wire(p->client, NULL, 1, &used), HF_NULL_ARGUMENT);
    assert_int_equal(hf_push_wire(p->client, &byte, 1, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_push_wire(p->client, NULL, 0, &used), HF_OK);
    assert_int_equal(used, 0);
    assert_int_equal(hf_push_app(NULL, (hf_bytes){&byte, 1}, &used), HF_NULL_ARGUMENT);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){NULL, 1}, &used), HF_NULL_ARGUMENT);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){&byte, 1}, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_peek_wire(NULL).len + hf_peek_app(NULL).len, 0);
    hf_drop_wire(NULL, 1);
    hf_drop_app(NULL, 1);
    hf_conn_observe(NULL, NULL, NULL);
    assert_int_equal(hf_close(NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_end_wire(NULL), HF_NULL_ARGUMENT);
    assert_null(hf_failed(NULL));
    assert_null(hf_conn_session(NULL));
    assert_int_equal(hf_conn_stats(NULL).records_in, 0);
    assert_false(hf_negotiated(NULL)->complete);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_bytes_at_a_time),
        cmocka_unit_test(sizes_around_every_boundary),
        cmocka_unit_test(five_megabytes_both_ways),
        cmocka_unit_test(unsent_bytes_are_bounded),
        cmocka_unit_test(windows_are_dropped_in_pieces),
        cmocka_unit_test(wants_at_each_stage),
        cmocka_unit_test(freed_after_every_byte),
        cmocka_unit_test(connections_hold_their_config),
        cmocka_unit_test(border_checks),
    };
    return cmocka_run_group_tests_name("api/data", tests, NULL, NULL);
}
