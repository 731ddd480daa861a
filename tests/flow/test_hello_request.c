/* SPDX-License-Identifier: MIT */
#include "places.h"

/* HelloRequest and ClientHello where they have an answer: RFC 5246 7.4.1.1. Checklist N3, N7, S9. */

static void ask_again(struct puppet *p, enum message m)
{
    if (m == *(const enum message *)p->about) {
        puppet_handshake(p, real_message(HELLO_REQUEST));
    }
}

static bool in_flight(const struct act_case *a, enum message m)
{
    const struct places p = read_places(a, SERVER);
    uint32_t sent = 0;
    for (size_t i = 0; i < p.count; i++) {
        sent |= p.at[i].allowed;
    }
    return m == CERTIFICATE_REQUEST ? (a->facts & CLIENT_AUTH) != 0 : (sent & 1u << m) != 0;
}

/* N7: ignored while negotiating, not hashed (the Finished match), not answered. */
static void test_hello_request_while_negotiating(void **state)
{
    (void)state;
    static const enum message before[] = {SERVER_HELLO,        CERTIFICATE,       SERVER_KEY_EXCHANGE,
                                          CERTIFICATE_REQUEST, SERVER_HELLO_DONE, FINISHED};
    for (size_t i = 0; i < act_case_count; i++) {
        for (size_t m = 0; m < sizeof before / sizeof *before; m++) {
            struct stage s = stage_at(&act_cases[i], CLIENT, 0);
            s.peer->lie = ask_again;
            s.peer->about = &before[m];
            converse(s.peer->conn, s.subject);
            expect_complete(s.peer->conn, s.subject, place_label(&act_cases[i], CLIENT, "HelloRequest", m));
            assert_true(s.peer->told == in_flight(&act_cases[i], before[m]));
            assert_int_equal(hf_conn_stats(s.subject).renegotiations_refused, 0);
            stage_clear(&s);
            handshakes_tried++;
        }
    }
}

static void many_requests(struct puppet *p, enum message m)
{
    for (size_t i = 0; m == SERVER_HELLO && i < p->number; i++) {
        puppet_handshake(p, real_message(HELLO_REQUEST));
    }
}

/* S9: but not for ever. */
static void test_hello_requests_without_end(void **state)
{
    (void)state;
    for (size_t n = 8; n <= 9; n++) {
        struct stage s = stage_at(&act_cases[0], CLIENT, 0);
        s.peer->lie = many_requests;
        s.peer->number = n;
        converse(s.peer->conn, s.subject);
        if (n == 8) {
            expect_complete(s.peer->conn, s.subject, "eight HelloRequests");
        } else {
            expect_refused(s.subject, s.peer->conn, HF_TOO_MANY_HELLO_REQUESTS, "nine HelloRequests");
        }
        stage_clear(&s);
        handshakes_tried++;
    }
}

static void expect_no_renegotiation(struct stage *s, const char *what)
{
    assert_null(hf_failed(s->subject));
    assert_int_equal(hf_conn_stats(s->subject).renegotiations_refused, 1);
    carry(s->subject, s->peer->conn);
    assert_null(hf_failed(s->peer->conn));
    assert_int_equal(hf_conn_stats(s->peer->conn).warnings_received, 1);
    (void)what;
    handshakes_tried++;
}

/* N3: once the handshake is complete both are answered by a warning, whole or in pieces, and data goes on. */
static void again_when_complete(const struct act_case *a, enum side subject, const struct places *p,
                                size_t place)
{
    enum message m = subject == CLIENT ? HELLO_REQUEST : CLIENT_HELLO;
    if (place + 1 != p->count || a->again) {
        return;
    }
    for (size_t piece = 1; piece <= real_message(m).len; piece = piece * 3) {
        struct stage s = stage_at(a, subject, place);
        struct slice message = real_message(m);
        uint64_t start = s.peer->conn->out.protection.sequence;
        while (message.len) {
            size_t take = piece < message.len ? piece : message.len;
            assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_HANDSHAKE, slice_of(message.data, take)),
                             HF_OK);
            message = slice_after(message, take);
        }
        assert_int_equal(s.peer->conn->out.protection.sequence, start);
        expect_no_renegotiation(&s, a->name);
        stage_clear(&s);
    }
}

static void test_renegotiation_is_refused_with_a_warning(void **state)
{
    (void)state;
    everywhere(again_when_complete);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_request_while_negotiating),
        cmocka_unit_test(test_hello_requests_without_end),
        cmocka_unit_test(test_renegotiation_is_refused_with_a_warning),
    };
    return cmocka_run_group_tests(tests, learn_messages, report_places);
}
