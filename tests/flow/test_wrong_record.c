/* SPDX-License-Identifier: MIT */
#include "places.h"

/* Records of other types than handshake, at every place (places.h). Checklist A3, N6, S2, S3, S9. */

static void early_records(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    static const uint8_t one[] = {1};
    if (!(p->at[place].allowed & 1u << CHANGE_CIPHER_SPEC)) { /* S2, CVE-2014-0224 */
        try_record(a, subject, place, CONTENT_CHANGE_CIPHER_SPEC, slice_of(one, 1),
                   HF_EARLY_CHANGE_CIPHER_SPEC, "[ChangeCipherSpec]");
    }
    bool may_come = a->again && !(p->at[place].allowed & 1u << FINISHED); /* N6 */
    if (place + 1 < p->count && !may_come) { /* S3, also between ChangeCipherSpec and Finished */
        try_record(a, subject, place, CONTENT_APPLICATION_DATA, slice_of("early", 5),
                   HF_EARLY_APPLICATION_DATA, "application data");
    }
}

static void test_change_cipher_spec_and_data_at_each_place(void **state)
{
    (void)state;
    everywhere(early_records);
}

/* S2: a record of ChangeCipherSpec in the middle of each message the peer sends, and behind its first byte.
 */
static void straddle(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        enum message m = (enum message)i;
        if (!(p->at[place].allowed & 1u << m) || m == CHANGE_CIPHER_SPEC) {
            continue;
        }
        for (size_t cut = 1; cut < real_message(m).len; cut += real_message(m).len / 3 + 1) {
            struct stage s = stage_at(a, subject, place);
            const char *what = place_label(a, subject, "a cut message", place);
            assert_int_equal(
                inject(s.peer->conn, s.subject, CONTENT_HANDSHAKE, slice_of(real_message(m).data, cut)),
                HF_OK);
            /* not before the second ClientHello's header is whole */
            bool nothing_runs = a->again && subject == SERVER && place == 0 && cut < HANDSHAKE_HEADER;
            inject(s.peer->conn, s.subject, CONTENT_CHANGE_CIPHER_SPEC, slice_of("\1", 1));
            expect_refused(s.subject, s.peer->conn,
                           nothing_runs ? HF_EARLY_CHANGE_CIPHER_SPEC : HF_BYTES_ACROSS_KEY_CHANGE, what);
            stage_clear(&s);
            handshakes_tried++;
        }
    }
}

static void test_change_cipher_spec_inside_a_message(void **state)
{
    (void)state;
    everywhere(straddle);
}

/* S2: where it is expected, but bytes of the next message came in the record before it. */
static void bytes_before_it(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    static const uint8_t finished[] = {20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    if (!(p->at[place].allowed & 1u << CHANGE_CIPHER_SPEC)) {
        return;
    }
    /* in a second handshake the ChangeCipherSpec is a numbered record: n6_s2_messages_cut_in_the_wrong_place
     * of test_renegotiation.c */
    for (size_t len = 1; len < 4 && !a->again; len++) {
        struct stage s = stage_at(a, subject, place);
        assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_HANDSHAKE, slice_of(finished, len)), HF_OK);
        assert_true(carry_record(s.peer->conn, s.subject) > 0); /* the ChangeCipherSpec itself */
        expect_refused(s.subject, s.peer->conn, HF_BYTES_ACROSS_KEY_CHANGE,
                       place_label(a, subject, "bytes", place));
        stage_clear(&s);
        handshakes_tried++;
    }
    /* and the whole message is out of order */
    try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(finished, sizeof finished),
               HF_UNEXPECTED_MESSAGE, "Finished");
}

static void test_bytes_before_the_change_cipher_spec(void **state)
{
    (void)state;
    everywhere(bytes_before_it);
}

/* S2, S3: a Finished that is right in every byte but comes in the clear, with no ChangeCipherSpec before it.
 */
static void test_finished_without_change_cipher_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < act_case_count; i++) {
        for (int side = CLIENT; side <= SERVER; side++) {
            struct stage s = stage_at(&act_cases[i], (enum side)side, 0);
            s.peer->no_change_cipher_spec = true;
            converse(s.peer->conn, s.subject);
            expect_refused(s.subject, NULL, HF_UNEXPECTED_MESSAGE,
                           place_label(&act_cases[i], (enum side)side, "Finished", 0));
            assert_string_equal(hf_failed(s.subject)->got, "Finished");
            stage_clear(&s);
            handshakes_tried++;
        }
    }
}

/* ---- alerts, which may come at any place: RFC 5246 7.2 ---- */
static void expect_ended(struct stage *s, hf_err row, uint8_t alert, hf_direction direction, const char *what)
{
    const hf_failure *f = hf_failed(s->subject);
    if (!f || f->err != row || f->alert != alert || f->alert_direction != direction) {
        fail_msg("%s: %s", what, f ? hf_err_name(f->err) : "no failure");
    }
    assert_int_equal(hf_peek_wire(s->subject).len, 0); /* an alert is not answered */
    assert_null(hf_conn_session(s->subject));
    expect_deaf(s);
    handshakes_tried++;
}

static void alerts(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    bool complete = place + 1 == p->count;
    const char *what = place_label(a, subject, "an alert", place);
    struct stage s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\2\50", 2)), HF_ALERT_RECEIVED);
    expect_ended(&s, HF_ALERT_RECEIVED, ALERT_handshake_failure, HF_RECEIVED, what);
    stage_clear(&s);
    s = stage_at(a, subject, place); /* one that no RFC names ends it too: its level says so */
    carry(s.subject, s.peer->conn);
    assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\2\377", 2)),
                     HF_ALERT_RECEIVED);
    expect_ended(&s, HF_ALERT_RECEIVED, 255, HF_RECEIVED, what);
    stage_clear(&s);
    s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    /* a connection that renegotiates can still go back to what it was, as long as no keys are made */
    bool whole = complete || (a->again && place < p->keys_from);
    inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\1\0", 2)); /* close_notify, A3 */
    if (whole) {
        assert_null(hf_failed(s.subject));
        assert_true(hf_wants(s.subject) & HF_CLOSED_IN);
    } else {
        expect_ended(&s, HF_CLOSED_IN_HANDSHAKE, HF_NO_ALERT, HF_NO_DIRECTION, what);
    }
    stage_clear(&s);
    s = stage_at(a, subject, place);
    for (int i = 0; i < 16; i++) { /* S9 */
        assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\1\132", 2)), HF_OK);
    }
    assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\1\132", 2)),
                     HF_TOO_MANY_WARNINGS);
    expect_refused(s.subject, s.peer->conn, HF_TOO_MANY_WARNINGS, what);
    stage_clear(&s);
    handshakes_tried += 2;
}

static void test_alerts_at_each_place(void **state)
{
    (void)state;
    everywhere(alerts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_change_cipher_spec_and_data_at_each_place),
        cmocka_unit_test(test_change_cipher_spec_inside_a_message),
        cmocka_unit_test(test_bytes_before_the_change_cipher_spec),
        cmocka_unit_test(test_finished_without_change_cipher_spec),
        cmocka_unit_test(test_alerts_at_each_place),
    };
    return cmocka_run_group_tests(tests, learn_messages, report_places);
}
