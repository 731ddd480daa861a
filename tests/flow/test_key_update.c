/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

#include "conn/conn.h"

/* KeyUpdate, RFC 8446 4.6.3, 7.2, 5.5: as applications see it, and what a peer that lies gets. */

static char logged[2][16][200]; /* by side: the lines of the key log */
static unsigned lines[2];

static void keep_line(void *arg, const char *line)
{
    hf_side side = *(const hf_side *)arg;
    assert_true(strlen(line) < sizeof logged[0][0]);
    strcpy(logged[side][lines[side]++ % 16], line);
}

static hf_config *speaking13(hf_side side)
{
    static const hf_side sides[] = {HF_CLIENT, HF_SERVER};
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    assert_int_equal(hf_config_keylog(c, keep_line, (void *)(uintptr_t)&sides[side]), HF_OK);
    return c;
}

static struct pair *connected(void)
{
    lines[HF_CLIENT] = lines[HF_SERVER] = 0;
    struct pair *p = pair_take(speaking13(HF_CLIENT), speaking13(HF_SERVER), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 100);
    return p;
}

static void assert_updates(const struct pair *p, unsigned client, unsigned server)
{
    unsigned sent[2] = {client, server};
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        hf_side other = side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
        assert_int_equal(hf_conn_stats(pair_conn(p, side)).key_updates_sent, sent[side]);
        assert_int_equal(hf_conn_stats(pair_conn(p, side)).key_updates_received, sent[other]);
    }
}

/* Both sides log the same secret of this name, RFC 9850. */
static void assert_logged(const char *label)
{
    const char *found[2] = {NULL, NULL};
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        for (unsigned i = 0; i < 16; i++) {
            size_t len = strlen(label);
            if (strncmp(logged[side][i], label, len) == 0 && logged[side][i][len] == ' ') {
                found[side] = logged[side][i];
            }
        }
    }
    assert_non_null(found[HF_CLIENT]);
    assert_non_null(found[HF_SERVER]);
    assert_string_equal(found[HF_CLIENT], found[HF_SERVER]);
}

/* RFC 8446 7.2: what is behind it is under other keys, in that direction alone. */
static void either_side_changes_its_keys(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected();
        hf_side other = side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
        struct hf_conn *by = pair_conn(p, side), *of = pair_conn(p, other);
        struct secret before = by->after13->traffic[side], theirs = by->after13->traffic[other];
        assert_int_equal(hf_update_keys(by, false), HF_OK);
        pair_run(p);
        assert_memory_not_equal(before.data, by->after13->traffic[side].data, before.len);
        assert_memory_equal(of->after13->traffic[side].data, by->after13->traffic[side].data, before.len);
        assert_memory_equal(theirs.data, by->after13->traffic[other].data, theirs.len);
        assert_updates(p, side == HF_CLIENT, side == HF_SERVER);
        assert_logged(side == HF_CLIENT ? "CLIENT_TRAFFIC_SECRET_1" : "SERVER_TRAFFIC_SECRET_1");
        assert_non_null(strstr(p->steps[side], "KeyUpdate"));
        pair_exchange(p, 40000);
        pair_free(p);
    }
}

/* RFC 8446 4.6.3: update_requested is answered with update_not_requested. */
static void the_peer_is_asked_too(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected();
        for (unsigned times = 1; times <= 3; times++) {
            assert_int_equal(hf_update_keys(pair_conn(p, side), true), HF_OK);
            pair_run(p);
            assert_updates(p, times, times);
            pair_exchange(p, 1000);
        }
        assert_logged("CLIENT_TRAFFIC_SECRET_3");
        assert_logged("SERVER_TRAFFIC_SECRET_3");
        pair_free(p);
    }
}

static void both_at_once(void **state)
{
    (void)state;
    struct pair *p = connected();
    assert_int_equal(hf_update_keys(p->client, true), HF_OK);
    assert_int_equal(hf_update_keys(p->server, true), HF_OK);
    pair_run(p);
    pair_exchange(p, 1000);
    assert_updates(p, 2, 2); /* its own, and the answer */
    pair_free(p);
}

/* RFC 8446 4.6.3: who is asked again and again while silent may answer once. */
static void many_wishes_have_one_answer(void **state)
{
    (void)state;
    struct pair *p = connected();
    size_t used;
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(hf_update_keys(p->client, true), HF_OK);
    }
    assert_true(pair_carry(p, HF_CLIENT));
    assert_int_equal(hf_conn_stats(p->server).key_updates_received, 5);
    assert_int_equal(hf_conn_stats(p->server).key_updates_sent, 0); /* what it has to send is not sent yet */
    /* prior to its next Application Data record */
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"y", 1}, &used), HF_OK);
    assert_int_equal(hf_conn_stats(p->server).key_updates_sent, 1);
    pair_run(p);
    assert_updates(p, 5, 1);
    assert_int_equal(p->received[HF_CLIENT].len, 100 + 2);
    pair_free(p);
}

/* RFC 8446 5.5: before the keys have protected too much, and by itself. */
static void worn_keys_are_changed_in_time(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected();
        pair_conn(p, side)->out.protection.limit = 64;
        for (int i = 0; i < 70; i++) {
            pair_send(p, side, 10);
        }
        assert_updates(p, side == HF_CLIENT, side == HF_SERVER);
        assert_true(pair_conn(p, side)->out.protection.limit > 1000000);
        pair_exchange(p, 100000);
        pair_free(p);
    }
}

static void calls_at_the_wrong_time(void **state)
{
    (void)state;
    assert_int_equal(hf_update_keys(NULL, false), HF_NULL_ARGUMENT);
    struct pair *p = pair_take(speaking13(HF_CLIENT), test_server_config(), TEST_HOST);
    assert_int_equal(hf_update_keys(p->client, false), HF_TOO_EARLY);
    pair_run(p);
    assert_int_equal(hf_negotiated(p->client)->version, 0x0303);
    assert_int_equal(hf_update_keys(p->client, false), HF_KEY_UPDATE_UNAVAILABLE);
    pair_free(p);
    p = connected();
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_update_keys(p->client, false), HF_CLOSED);
    pair_run(p);
    /* the other half goes on, with new keys too: RFC 8446 6.1 */
    assert_int_equal(hf_update_keys(p->server, true), HF_OK);
    pair_send(p, HF_SERVER, 10);
    assert_updates(p, 0, 1);                      /* nothing is answered behind close_notify */
    assert_int_equal(hf_close(p->server), HF_OK); /* close_notify under the new keys */
    pair_run(p);
    assert_true(hf_wants(p->client) & HF_CLOSED_IN);
    hf_abort(p->server, HF_HANDSHAKE_TIMEOUT);
    assert_int_equal(hf_update_keys(p->server, false), HF_FAILED_BEFORE);
    pair_free(p);
}

static void alerts_are_under_the_new_keys(void **state)
{
    (void)state;
    struct pair *p = connected();
    assert_int_equal(hf_update_keys(p->client, false), HF_OK);
    hf_abort(p->client, HF_IDENTITY_NOT_ALLOWED);
    pair_run(p);
    assert_int_equal(hf_failed(p->server)->err, HF_ALERT_RECEIVED);
    pair_free(p);
}

/* ---- a peer that lies ---- */
static void say(hf_conn *c, enum content_type type, const void *bytes, size_t len)
{
    assert_int_equal(record_write(&c->out, type, slice_of(bytes, len)), OK);
}

static void refused(const void *bytes, size_t len, hf_err err, uint8_t alert)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected();
        say(pair_conn(p, side), CONTENT_HANDSHAKE, bytes, len);
        pair_run(p);
        pair_assert_refused(p, side == HF_CLIENT ? HF_SERVER : HF_CLIENT, err, alert);
        pair_free(p);
    }
}

static void what_is_no_key_update(void **state)
{
    (void)state;
    refused((uint8_t[]){24, 0, 0, 1, 2}, 5, HF_BAD_KEY_UPDATE, 47);
    refused((uint8_t[]){24, 0, 0, 1, 255}, 5, HF_BAD_KEY_UPDATE, 47);
    refused((uint8_t[]){24, 0, 0, 0}, 4, HF_MALFORMED_MESSAGE, 50);
    refused((uint8_t[]){24, 0, 0, 2, 0, 0}, 6, HF_MESSAGE_TOO_LONG, 47);
    /* RFC 8446 5.1: alone where keys change */
    refused((uint8_t[]){24, 0, 0, 1, 0, 24}, 6, HF_BYTES_ACROSS_KEY_CHANGE, 10);
    refused((uint8_t[]){24, 0, 0, 1, 0, 24, 0, 0, 1, 0}, 10, HF_BYTES_ACROSS_KEY_CHANGE, 10);
    /* what has no place behind the handshake */
    refused((uint8_t[]){1, 0, 0, 0}, 4, HF_UNEXPECTED_MESSAGE, 10);
    refused((uint8_t[]){20, 0, 0, 32}, 4, HF_UNEXPECTED_MESSAGE, 10);
    refused((uint8_t[]){0, 0, 0, 0}, 4, HF_UNEXPECTED_MESSAGE, 10);
    refused((uint8_t[]){99, 0, 0, 0}, 4, HF_UNEXPECTED_MESSAGE, 10);
}

/* RFC 8446 4.6.3: what is under the next keys is not taken before a KeyUpdate under the old ones was. */
static void new_keys_unannounced(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected();
        hf_side other = side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
        size_t used;
        assert_int_equal(hf_update_keys(pair_conn(p, side), false), HF_OK);
        hf_drop_wire(pair_conn(p, side), hf_peek_wire(pair_conn(p, side)).len); /* it never arrives */
        assert_int_equal(hf_push_app(pair_conn(p, side), (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
        (void)pair_carry(p, side);
        pair_assert_failed(p, other, HF_BAD_RECORD_MAC, 20, HF_SENT);
        assert_int_equal(p->received[other].len, 100);
        pair_free(p);
    }
}

/* RFC 8446 5.1: a message may be in pieces, and nothing stands between them. */
static void in_pieces(void **state)
{
    (void)state;
    for (int between = 0; between < 3; between++) {
        struct pair *p = connected();
        hf_conn *c = p->client;
        const uint8_t m[] = {24, 0, 0, 1, 0};
        say(c, CONTENT_HANDSHAKE, m, 2);
        if (between == 1) {
            say(c, CONTENT_APPLICATION_DATA, "data", 4);
        } else if (between == 2) {
            say(c, CONTENT_APPLICATION_DATA, "", 0);
        }
        say(c, CONTENT_HANDSHAKE, m + 2, 3);
        pair_run(p);
        if (between) {
            pair_assert_refused(p, HF_SERVER, HF_INTERLEAVED_MESSAGE, 10);
        } else {
            assert_int_equal(hf_conn_stats(p->server).key_updates_received, 1);
        }
        pair_free(p);
    }
}

/* What answers us is no flood, also where the peer has no data to send. */
static void a_flood_is_refused(void **state)
{
    (void)state;
    struct pair *p = connected();
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hf_update_keys(p->client, true), HF_OK);
        pair_run(p);
        if (i % 32 == 31) {
            pair_send(p, HF_CLIENT, 1);
        }
    }
    pair_assert_complete(p);
    assert_updates(p, 100, 100);
    for (int i = 0; i < 29; i++) {
        assert_int_equal(hf_update_keys(p->client, false), HF_OK);
    }
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_TOO_MANY_KEY_UPDATES, 10);
    pair_free(p);
}

/* RFC 8446 4.6.3: before Finished there is none. */
static bool update_instead(void *arg, struct pair *p, hf_conn *asked)
{
    static const uint8_t m[] = {24, 0, 0, 1, 0};
    (void)arg;
    assert_ptr_equal(asked, p->client);
    say(asked, CONTENT_HANDSHAKE, m, sizeof m);
    assert_int_equal(hf_answer_identity(asked, HF_NO_IDENTITY), HF_OK);
    return true;
}

static void in_the_midst_of_the_handshake(void **state)
{
    (void)state;
    hf_config *client = speaking13(HF_CLIENT), *server = speaking13(HF_SERVER);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUEST), HF_OK);
    assert_int_equal(hf_config_ask(client, HF_ASK_PICK_IDENTITY), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->ask = update_instead;
    pair_run(p);
    assert_int_equal(hf_failed(p->server)->err, HF_UNEXPECTED_MESSAGE);
    assert_int_equal(hf_failed(p->server)->alert, 10);
    assert_string_equal(hf_failed(p->server)->got, "KeyUpdate");
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_side_changes_its_keys),
        cmocka_unit_test(the_peer_is_asked_too),
        cmocka_unit_test(both_at_once),
        cmocka_unit_test(many_wishes_have_one_answer),
        cmocka_unit_test(worn_keys_are_changed_in_time),
        cmocka_unit_test(calls_at_the_wrong_time),
        cmocka_unit_test(alerts_are_under_the_new_keys),
        cmocka_unit_test(what_is_no_key_update),
        cmocka_unit_test(new_keys_unannounced),
        cmocka_unit_test(in_pieces),
        cmocka_unit_test(a_flood_is_refused),
        cmocka_unit_test(in_the_midst_of_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
