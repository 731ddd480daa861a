/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

#include "conn/conn.h"

/* Alerts of TLS 1.3, RFC 8446 6: closure alerts, and errors whatever their level says. */

static hf_config *speaking13(hf_side side)
{
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    return c;
}

static struct pair *connected(void)
{
    struct pair *p = pair_take(speaking13(HF_CLIENT), speaking13(HF_SERVER), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 100);
    return p;
}

static void say_alert(struct pair *p, hf_side by, uint8_t level, uint8_t description)
{
    const uint8_t alert[] = {level, description};
    assert_int_equal(record_write(&pair_conn(p, by)->out, CONTENT_ALERT, slice_of(alert, 2)), OK);
    pair_run(p);
}

static hf_side other(hf_side side)
{
    return side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
}

/* RFC 8446 6, 6.2: errors regardless of the AlertLevel, and so are unknown ones. */
static void every_error_ends_the_connection(void **state)
{
    (void)state;
    for (unsigned description = 1; description < 256; description++) {
        hf_side by = description % 2 ? HF_CLIENT : HF_SERVER;
        static const uint8_t levels[] = {1, 2, 0, 255};
        if (description == ALERT_user_canceled) {
            continue;
        }
        struct pair *p = connected();
        say_alert(p, by, levels[description / 2 % 4], (uint8_t)description);
        const hf_failure *f = hf_failed(pair_conn(p, other(by)));
        assert_non_null(f);
        assert_int_equal(f->err, HF_ALERT_RECEIVED);
        assert_int_equal(f->alert, description);
        assert_int_equal(f->alert_direction, HF_RECEIVED);
        pair_free(p);
    }
}

static void keep_alert(void *arg, const hf_event *e)
{
    if (e->kind == HF_EVENT_ALERT) {
        *(hf_event *)arg = *e;
    }
}

/* RFC 8446 6: whoever ends a connection for a reason says so with level fatal, in the handshake and behind it. */
static void errors_are_fatal(void **state)
{
    (void)state;
    static const struct {
        hf_err err;
        uint8_t alert;
    } errors[] = {{HF_IDENTITY_NOT_ALLOWED, 49}, {HF_UNKNOWN_CA, 48}, {HF_NO_MEMORY, 80}};
    for (size_t i = 0; i < 2 * sizeof errors / sizeof *errors; i++) {
        hf_side by = i % 2 ? HF_SERVER : HF_CLIENT;
        struct pair *p = connected();
        hf_event heard = {0};
        hf_conn_observe(pair_conn(p, other(by)), keep_alert, &heard);
        hf_abort(pair_conn(p, by), errors[i / 2].err);
        pair_run(p);
        pair_assert_refused(p, by, errors[i / 2].err, errors[i / 2].alert);
        assert_int_equal(heard.alert, errors[i / 2].alert);
        assert_int_equal(heard.alert_level, 2);
        pair_free(p);
    }
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_versions(client, 0x0303, 0x0303), HF_OK);
    struct pair *p = pair_take(client, speaking13(HF_SERVER), TEST_HOST);
    assert_true(pair_carry(p, HF_CLIENT));
    hf_bytes alert = hf_peek_wire(p->server); /* in the clear, and 70 is protocol_version */
    assert_int_equal(alert.len, 7);
    assert_memory_equal(alert.data, "\x15\3\3\0\2\2\x46", 7);
    pair_free(p);
}

/* RFC 8446 6, 6.2: nothing more is sent or received, on either side, and no key of the connection is kept. */
static void nothing_follows_an_error(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = connected();
        hf_conn *ends = pair_conn(p, by), *hears = pair_conn(p, other(by));
        size_t used;
        uint8_t record[300];
        assert_int_equal(hf_push_app(ends, (hf_bytes){(const uint8_t *)"late", 4}, &used), HF_OK);
        hf_bytes late = hf_peek_wire(ends); /* well made, and comes behind the alert */
        assert_true(late.len && late.len <= sizeof record);
        memcpy(record, late.data, late.len);
        size_t len = late.len;
        hf_drop_wire(ends, len);
        hf_abort(ends, HF_IDENTITY_NOT_ALLOWED);
        hf_bytes alert = hf_peek_wire(ends);
        assert_int_equal(alert.len, 5 + 2 + 1 + 16);
        hears->in.protection.sequence++; /* of the record that was held back */
        pair_run(p);
        pair_assert_refused(p, by, HF_IDENTITY_NOT_ALLOWED, 49);
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            hf_conn *c = pair_conn(p, side);
            assert_int_equal(hf_push_app(c, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_FAILED_BEFORE);
            assert_int_equal(used, 0);
            assert_int_equal(hf_close(c), HF_FAILED_BEFORE);
            assert_int_equal(hf_push_wire(c, record, len, &used), HF_FAILED_BEFORE);
            assert_int_equal(hf_peek_app(c).len, 0);
            assert_int_equal(hf_peek_wire(c).len, 0);
            assert_null(c->after13);
            assert_null(c->hs);
            assert_int_equal(c->in.protection.kind, PROTECT_NONE);
            assert_int_equal(c->out.protection.kind, PROTECT_NONE);
            assert_int_equal(c->negotiated.master.len, 0);
            assert_null(c->negotiated.early_exporter);
        }
        pair_free(p);
    }
}

/* RFC 8446 6.1: each half is closed by itself, whatever level its close_notify has. */
static void close_notify_closes_one_half(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = connected();
        size_t used;
        if (by == HF_CLIENT) {
            assert_int_equal(hf_close(p->client), HF_OK);
            pair_run(p);
        } else {
            say_alert(p, by, 2, ALERT_close_notify);
        }
        hf_conn *there = pair_conn(p, other(by));
        assert_true(hf_wants(there) & HF_CLOSED_IN);
        assert_false(hf_wants(there) & HF_CLOSED_OUT);
        assert_null(hf_failed(there));
        pair_send(p, other(by), 50000); /* and the other goes on */
        if (by == HF_CLIENT) {
            assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_CLOSED);
        }
        /* RFC 8446 6.1: what follows a closure alert is ignored */
        pair_conn(p, by)->close_sent = false;
        assert_int_equal(hf_push_app(pair_conn(p, by), (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
        pair_run(p);
        assert_int_equal(p->received[other(by)].len, 100);
        assert_null(hf_failed(there));
        assert_int_equal(hf_end_wire(there), HF_OK); /* no truncation */
        pair_free(p);
    }
}

/* RFC 8446 6.1: no error, and close_notify follows. */
static void user_canceled_is_no_error(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = connected();
        say_alert(p, by, 1, ALERT_user_canceled);
        say_alert(p, by, 2, ALERT_user_canceled);
        assert_null(hf_failed(pair_conn(p, other(by))));
        assert_int_equal(hf_conn_stats(pair_conn(p, other(by))).warnings_received, 2);
        pair_exchange(p, 100);
        say_alert(p, by, 1, ALERT_close_notify);
        assert_true(hf_wants(pair_conn(p, other(by))) & HF_CLOSED_IN);
        for (int i = 0; by == HF_CLIENT && i < 18; i++) { /* and not for ever */
            hf_conn *server = p->server;
            server->close_received = false;
            say_alert(p, by, 1, ALERT_user_canceled);
        }
        assert_true(by == HF_SERVER || hf_failed(p->server)->err == HF_TOO_MANY_WARNINGS);
        pair_free(p);
    }
}

/* RFC 8446 6, 5.1: two bytes, in one record, one to a record. */
static void what_is_no_alert(void **state)
{
    static const uint8_t bytes[] = {1, 0, 1, 0};
    (void)state;
    for (size_t len = 0; len <= 4; len++) {
        if (len == 2) {
            continue;
        }
        struct pair *p = connected();
        enum err e = record_write(&p->client->out, CONTENT_ALERT, slice_of(bytes, len));
        assert_int_equal(e, OK);
        if (len) {
            pair_run(p);
            pair_assert_refused(p, HF_SERVER, HF_MALFORMED_ALERT, 50);
        }
        pair_free(p);
    }
}

/* RFC 8446 6.2: this side sends no warnings either. */
static void warnings_there_are_none(void **state)
{
    (void)state;
    struct pair *p = connected();
    assert_int_equal(hf_send_warning(p->client, ALERT_no_renegotiation), HF_BAD_ARGUMENT);
    assert_int_equal(hf_send_warning(p->client, ALERT_unrecognized_name), HF_BAD_ARGUMENT);
    assert_int_equal(hf_send_warning(p->client, ALERT_user_canceled), HF_OK);
    pair_run(p);
    assert_null(hf_failed(p->server));
    pair_free(p);
}

/* RFC 8446 6.1: user_canceled and close_notify say that nothing went wrong, before Finished as well. */
static void a_handshake_that_is_called_off(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = pair_take(speaking13(HF_CLIENT), speaking13(HF_SERVER), TEST_HOST);
        assert_true(pair_carry(p, HF_CLIENT));
        assert_int_equal(hf_close(pair_conn(p, by)), HF_OK);
        pair_run(p);
        assert_null(hf_failed(pair_conn(p, by)));
        const hf_failure *f = hf_failed(pair_conn(p, other(by)));
        if (by == HF_CLIENT) {
            assert_non_null(f);
            assert_int_equal(f->err, HF_CLOSED_IN_HANDSHAKE);
            assert_int_equal(f->alert_direction, HF_NO_DIRECTION);
        } else { /* for the client it was complete when it came */
            assert_null(f);
            assert_true(hf_wants(p->client) & HF_CLOSED_IN);
        }
        pair_free(p);
    }
}

/* A server that is not known yet may be one of TLS 1.2, which warns: RFC 6066 3. */
static void a_warning_before_the_version_is_known(void **state)
{
    (void)state;
    for (int max = 0x0303; max <= 0x0304; max++) {
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_versions(client, 0x0303, 0x0304), HF_OK);
        assert_int_equal(hf_config_versions(server, 0x0303, (uint16_t)max), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        const uint8_t alert[] = {1, ALERT_unrecognized_name};
        assert_int_equal(record_write(&p->server->out, CONTENT_ALERT, slice_of(alert, 2)), OK);
        pair_run(p);
        pair_assert_complete(p);
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_ends_the_connection),
        cmocka_unit_test(errors_are_fatal),
        cmocka_unit_test(nothing_follows_an_error),
        cmocka_unit_test(close_notify_closes_one_half),
        cmocka_unit_test(user_canceled_is_no_error),
        cmocka_unit_test(what_is_no_alert),
        cmocka_unit_test(warnings_there_are_none),
        cmocka_unit_test(a_handshake_that_is_called_off),
        cmocka_unit_test(a_warning_before_the_version_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
