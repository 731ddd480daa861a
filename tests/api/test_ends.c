/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* How connections end and what they bear: close_notify or not (RFC 5246 7.2.1), alerts, floods.
 * Checklist A3, S9. */

static struct pair *connected(void)
{
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

static hf_side other(hf_side side)
{
    return side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
}

/* A3: each half closes for itself; the other one goes on. */
static void half_close_either_way(void **state)
{
    (void)state;
    for (hf_side closer = HF_CLIENT; closer <= HF_SERVER; closer++) {
        struct pair *p = connected();
        hf_conn *mine = pair_conn(p, closer), *peer = pair_conn(p, other(closer));
        size_t used;
        assert_int_equal(hf_close(mine), HF_OK);
        assert_int_equal(hf_close(mine), HF_OK);
        pair_run(p);
        assert_int_equal(hf_push_app(mine, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_CLOSED);
        assert_int_equal(hf_send_warning(mine, 90), HF_CLOSED);
        assert_int_equal(hf_wants(mine), HF_MORE_WIRE | HF_CLOSED_OUT);
        assert_int_equal(hf_wants(peer), HF_GIVE_APP | HF_CLOSED_IN);
        pair_send(p, other(closer), 50000);
        assert_int_equal(hf_close(peer), HF_OK);
        pair_run(p);
        assert_int_equal(hf_wants(mine), HF_CLOSED_IN | HF_CLOSED_OUT);
        assert_int_equal(hf_wants(peer), HF_CLOSED_IN | HF_CLOSED_OUT);
        assert_int_equal(hf_end_wire(mine), HF_OK);
        assert_int_equal(hf_end_wire(peer), HF_OK);
        assert_null(hf_failed(mine));
        assert_null(hf_failed(peer));
        assert_int_equal(p->kinds[closer][HF_EVENT_CLOSED], 2);
        pair_free(p);
    }
}

/* A3: without close_notify the end is a truncation, and is said to be. */
static void an_end_without_close_notify_is_truncation(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected();
        hf_conn *conn = pair_conn(p, side);
        assert_int_equal(hf_end_wire(conn), HF_TRUNCATED);
        pair_assert_failed(p, side, HF_TRUNCATED, HF_NO_ALERT, HF_NO_DIRECTION);
        assert_int_equal(hf_peek_wire(conn).len, 0);
        assert_int_equal(hf_end_wire(conn), HF_FAILED_BEFORE);
        assert_int_equal(hf_close(conn), HF_FAILED_BEFORE);
        assert_int_equal(hf_wants(conn), HF_CLOSED_IN | HF_CLOSED_OUT);
        pair_free(p);
    }
}

static void an_end_in_the_handshake(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    (void)pair_carry(p, HF_CLIENT);
    assert_int_equal(hf_end_wire(p->client), HF_CLOSED_IN_HANDSHAKE);
    assert_int_equal(hf_close(p->server), HF_OK); /* close_notify in the middle of a handshake */
    (void)pair_carry(p, HF_SERVER);
    pair_assert_failed(p, HF_CLIENT, HF_CLOSED_IN_HANDSHAKE, HF_NO_ALERT, HF_NO_DIRECTION);
    pair_free(p);
    p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    assert_true(hf_peek_wire(p->client).len > 0);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_wants(p->client), HF_SEND_WIRE | HF_CLOSED_IN | HF_CLOSED_OUT);
    pair_run(p);
    pair_assert_failed(p, HF_SERVER, HF_CLOSED_IN_HANDSHAKE, HF_NO_ALERT, HF_NO_DIRECTION);
    /* RFC 5246 7.2.1: no more messages follow close_notify, and nothing went wrong */
    assert_null(hf_failed(p->client));
    assert_int_equal(hf_end_wire(p->client), HF_OK);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_wants(p->client), HF_CLOSED_IN | HF_CLOSED_OUT);
    pair_free(p);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) { /* before a word was said: silence */
        p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
        hf_conn *conn = side == HF_CLIENT ? p->client : p->server;
        assert_int_equal(hf_close(conn), HF_OK);
        assert_int_equal(hf_peek_wire(conn).len, 0);
        assert_int_equal(hf_wants(conn), HF_CLOSED_IN | HF_CLOSED_OUT);
        pair_free(p);
    }
}

/* RFC 5246 7.2.1: what follows close_notify is ignored, whatever it is. */
static void data_after_close_is_ignored(void **state)
{
    (void)state;
    struct pair *p = connected();
    uint8_t junk[] = "this is not a record";
    size_t used = 0;
    assert_int_equal(hf_close(p->client), HF_OK);
    pair_run(p);
    assert_int_equal(hf_push_wire(p->server, junk, sizeof junk, &used), HF_OK);
    assert_int_equal(used, sizeof junk);
    assert_int_equal(hf_peek_app(p->server).len, 0);
    assert_null(hf_failed(p->server));
    pair_send(p, HF_SERVER, 100);
    pair_free(p);
}

/* ---- alerts ---- */
static void abort_tells_the_peer(void **state)
{
    (void)state;
    static const struct {
        hf_err why;
        uint8_t alert;
    } rows[] = {{HF_HANDSHAKE_TIMEOUT, 90}, {HF_VERDICT_REFUSED, 49}, {HF_INTERNAL, 80}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = connected();
        uint8_t byte = 0;
        size_t used = 0;
        hf_abort(p->server, rows[i].why);
        hf_abort(p->server, HF_INTERNAL); /* the first one stays */
        assert_int_equal(hf_push_wire(p->server, &byte, 1, &used), HF_FAILED_BEFORE);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, rows[i].why, rows[i].alert);
        pair_free(p);
    }
    struct pair *p = connected();
    hf_abort(p->client, HF_OK);
    assert_null(hf_failed(p->client));
    hf_abort(NULL, HF_INTERNAL);
    pair_free(p);
}

static void warnings_pass_and_are_counted(void **state)
{
    (void)state;
    struct pair *p = connected();
    assert_int_equal(hf_send_warning(p->client, 90), HF_OK);
    assert_int_equal(hf_send_warning(p->client, 0), HF_BAD_ARGUMENT);  /* close_notify: hf_close */
    assert_int_equal(hf_send_warning(p->client, 20), HF_BAD_ARGUMENT); /* always fatal */
    assert_int_equal(hf_send_warning(NULL, 90), HF_NULL_ARGUMENT);
    pair_run(p);
    assert_int_equal(hf_conn_stats(p->server).warnings_received, 1);
    assert_int_equal(p->last_alert[HF_SERVER], 90);
    pair_exchange(p, 100);
    pair_free(p);
}

/* S9: 16 in a row are borne; data in between starts the count anew. */
static void a_flood_of_warnings_ends_the_connection(void **state)
{
    (void)state;
    struct pair *p = connected();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 16; i++) {
            assert_int_equal(hf_send_warning(p->client, 90), HF_OK);
        }
        pair_send(p, HF_CLIENT, 1);
    }
    for (int i = 0; i < 17; i++) {
        assert_int_equal(hf_send_warning(p->client, 90), HF_OK);
    }
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_TOO_MANY_WARNINGS, 10);
    pair_free(p);
}

/* ---- peers that are something else ---- */
static void strangers_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        hf_err err;
    } rows[] = {{"GET / HTTP/1.1\r\n", HF_PEER_SPEAKS_HTTP},
                {"POST /x HTTP/1.0\r\n", HF_PEER_SPEAKS_HTTP},
                {"HTTP/1.1 400 Bad\r\n", HF_PEER_SPEAKS_HTTP},
                {"SSH-2.0-OpenSSH\r\n", HF_PEER_SPEAKS_SSH},
                {"220 mail.test ESMTP\r\n", HF_PEER_NOT_TLS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
            uint8_t bytes[64];
            size_t used, len = strlen(rows[i].bytes);
            memcpy(bytes, rows[i].bytes, len);
            assert_int_equal(hf_push_wire(pair_conn(p, side), bytes, len, &used), rows[i].err);
            pair_assert_failed(p, side, rows[i].err, 10, HF_SENT);
            pair_free(p);
        }
    }
}

/* ---- damage in flight ---- */
static void flip(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    size_t *at = arg; /* of all bytes the server sends */
    if (from == HF_SERVER && *at >= pair->sent[from] && *at < pair->sent[from] + bytes->len) {
        bytes->data[*at - pair->sent[from]] ^= 0x20;
    }
}

/* Whichever byte of the server's flights is changed, the client's handshake does not end well. */
static void no_bit_of_the_handshake_may_change(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    struct pair *whole = pair_connect(client, server, TEST_HOST);
    size_t total = whole->sent[HF_SERVER];
    pair_free(whole);
    for (size_t at = 0; at < total; at += 3) {
        struct pair *p = pair_new(client, server, TEST_HOST);
        p->hook = flip;
        p->hook_arg = &at;
        pair_run(p);
        assert_int_not_equal(hf_end_wire(p->client), HF_OK); /* a longer length waits in vain */
        assert_non_null(hf_failed(p->client));
        pair_free(p);
    }
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_close_either_way),
        cmocka_unit_test(an_end_without_close_notify_is_truncation),
        cmocka_unit_test(an_end_in_the_handshake),
        cmocka_unit_test(data_after_close_is_ignored),
        cmocka_unit_test(abort_tells_the_peer),
        cmocka_unit_test(warnings_pass_and_are_counted),
        cmocka_unit_test(a_flood_of_warnings_ends_the_connection),
        cmocka_unit_test(strangers_are_named),
        cmocka_unit_test(no_bit_of_the_handshake_may_change),
    };
    return cmocka_run_group_tests_name("api/ends", tests, NULL, NULL);
}
