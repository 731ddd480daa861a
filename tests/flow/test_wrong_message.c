/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <stdlib.h>
#include <string.h>

/* Every message at every place where it does not belong (places.h). Checklist S1, S4, S7, U1, U8. Other
 * records are in test_wrong_record.c, and HelloRequest where it has an answer in test_hello_request.c. */

/* The walk of this file and a real handshake agree: it has as many places as the peer sends messages. */
static void places_are_messages(const struct act_case *a, enum side subject, const struct places *p,
                                size_t place)
{
    if (place + 1 != p->count) {
        return;
    }
    struct stage s = stage_at(a, subject, place);
    converse(s.peer->conn, s.subject);
    expect_complete(s.peer->conn, s.subject, place_label(a, subject, "nothing wrong", place));
    assert_int_equal(hf_negotiated(s.subject)->resumed, a->resumed);
    stage_clear(&s);
    handshakes_tried++;
}

static void test_the_walk_matches_real_handshakes(void **state)
{
    (void)state;
    everywhere(places_are_messages);
}

/* Answered otherwise than by a failure: tested below. */
static bool has_an_answer(enum side subject, const struct places *p, size_t place, enum message m)
{
    bool complete = place + 1 == p->count;
    return (m == HELLO_REQUEST && subject == CLIENT) || (m == CLIENT_HELLO && subject == SERVER && complete);
}

/* RFC 5246 7.4.4: "It is a fatal handshake_failure alert for an anonymous server to request client
 * authentication." */
static bool is_anonymous_request(const struct act_case *a, enum side subject, const struct places *p,
                                 size_t place, enum message m)
{
    return m == CERTIFICATE_REQUEST && subject == CLIENT && a->facts == EPHEMERAL &&
           p->at[place].allowed & 1u << SERVER_HELLO_DONE;
}

static void wrong_messages(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        enum message m = (enum message)i;
        if (!real_message(m).len || p->at[place].allowed & 1u << m || has_an_answer(subject, p, place, m)) {
            continue;
        }
        const char *name = message_row(m)->name;
        hf_err row = is_anonymous_request(a, subject, p, place, m) ? HF_ANONYMOUS_SERVER_ASKS
                                                                   : HF_UNEXPECTED_MESSAGE;
        try_record(a, subject, place, CONTENT_HANDSHAKE, real_message(m), row, name);
        /* judged on its header: nobody makes us wait for the body of what will be refused */
        static const uint8_t lengths[][3] = {{0, 0, 0}, {0, 0, 1}, {0xff, 0xff, 0xff}};
        for (size_t l = 0; l < 3; l++) {
            uint8_t header[] = {real_message(m).data[0], lengths[l][0], lengths[l][1], lengths[l][2]};
            try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(header, 4), row, name);
        }
    }
}

/* S1 */
static void test_each_message_where_it_does_not_belong(void **state)
{
    (void)state;
    everywhere(wrong_messages);
}

static void unknown_types(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    static const uint8_t types[] = {3, 6, 26, 67, 254, 255}; /* DTLS's, drafts', nobody's, no message's */
    (void)p;
    for (size_t i = 0; i < sizeof types; i++) {
        uint8_t message[] = {types[i], 0, 0, 1, 0};
        try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(message, sizeof message),
                   HF_UNEXPECTED_MESSAGE, "a message of an unknown type");
    }
}

static void test_unknown_handshake_types(void **state)
{
    (void)state;
    everywhere(unknown_types);
}

/* What the peer really says, with one of its records lost, or twice. */
static void lost_or_repeated(const struct act_case *a, enum side subject, const struct places *p,
                             size_t place)
{
    if (place + 2 >= p->count || a->again) {
        return; /* the last message lost is only silence; said twice it is one of the wrong messages; and
                   protected records are numbered */
    }
    struct stage s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    hf_bytes b = hf_peek_wire(s.peer->conn);
    assert_true(b.len > RECORD_HEADER);
    if (b.data[0] == CONTENT_CHANGE_CIPHER_SPEC) { /* Finished then looks like anything at all */
        stage_clear(&s);
        return;
    }
    hf_drop_wire(s.peer->conn, RECORD_HEADER + (size_t)(b.data[3] << 8 | b.data[4]));
    b = hf_peek_wire(s.peer->conn);
    if (b.len) { /* more of the flight */
        bool ccs = b.data[0] == CONTENT_CHANGE_CIPHER_SPEC;
        carry_record(s.peer->conn, s.subject);
        if (!(p->at[place].allowed & p->at[place + 1].allowed)) {
            expect_refused(s.subject, s.peer->conn, ccs ? HF_EARLY_CHANGE_CIPHER_SPEC : HF_UNEXPECTED_MESSAGE,
                           place_label(a, subject, "a lost message", place));
            handshakes_tried++;
        }
    }
    stage_clear(&s);
    /* twice */
    s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    b = hf_peek_wire(s.peer->conn);
    size_t whole = RECORD_HEADER + (size_t)(b.data[3] << 8 | b.data[4]), used;
    uint8_t *copy = malloc(whole);
    assert_non_null(copy);
    memcpy(copy, b.data, whole);
    carry_record(s.peer->conn, s.subject);
    assert_null(hf_failed(s.subject));
    assert_int_equal(hf_push_wire(s.subject, copy, whole, &used), HF_UNEXPECTED_MESSAGE);
    expect_refused(s.subject, s.peer->conn, HF_UNEXPECTED_MESSAGE,
                   place_label(a, subject, "said twice", place));
    free(copy);
    stage_clear(&s);
    handshakes_tried++;
}

static void test_messages_lost_and_said_twice(void **state)
{
    (void)state;
    everywhere(lost_or_repeated);
}

/* ---- in the record of the peer's Finished ---- */
static void behind_finished(struct puppet *p, enum message m)
{
    if (m == FINISHED) {
        const struct slice *more = p->about;
        memcpy(p->bytes + p->len, more->data, more->len);
        p->len += more->len;
        p->told = true;
    }
}

static void test_messages_behind_finished_in_its_record(void **state)
{
    (void)state;
    for (int side = CLIENT; side <= SERVER; side++) {
        for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
            enum message m = (enum message)i;
            struct stage s = stage_at(case_named(side == CLIENT ? "full" : "resumed"), (enum side)side, 0);
            struct slice more = real_message(m);
            s.peer->lie = behind_finished;
            s.peer->about = &more;
            converse(s.peer->conn, s.subject);
            assert_true(s.peer->told);
            bool fine = !more.len || m == (side == CLIENT ? HELLO_REQUEST : CLIENT_HELLO);
            if (fine) {
                assert_null(hf_failed(s.subject));
                assert_true(hf_negotiated(s.subject)->complete);
            } else {
                expect_refused(s.subject, NULL, HF_UNEXPECTED_MESSAGE, message_row(m)->name);
            }
            stage_clear(&s);
            handshakes_tried++;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_walk_matches_real_handshakes),
        cmocka_unit_test(test_each_message_where_it_does_not_belong),
        cmocka_unit_test(test_unknown_handshake_types),
        cmocka_unit_test(test_messages_lost_and_said_twice),
        cmocka_unit_test(test_messages_behind_finished_in_its_record),
    };
    return cmocka_run_group_tests(tests, learn_messages, report_places);
}
