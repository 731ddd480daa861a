/* SPDX-License-Identifier: MIT */
#include "malformed.h"

/* Messages cut over records in every way, which are fine, and records that are not. Checklist S9. */
static void expect_acceptance_of(const struct lie *lie, const char *what)
{
    struct meeting m = tell_it(lie);
    expect_complete(m.liar->conn, m.subject, lie_label(lie, what));
    part(&m);
}

/* ---- cut over records: RFC 5246 6.2.1 ---- */
static void cut(struct puppet *p, const struct lie *lie)
{
    puppet_split(p, lie->number);
}

static void test_every_cut_over_two_records(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        for (size_t at = 1; at < real_messages[row].len; at++) {
            struct lie lie = {.row = row, .change = cut, .number = at};
            if (!is_worth_trying(row, at - 1)) {
                continue;
            }
            expect_acceptance_of(&lie, "cut at");
        }
    }
}

/* Every record holds so many bytes; what arrives comes in such pieces. */
static void test_records_and_reads_of_any_size(void **state)
{
    (void)state;
    static const uint16_t fragments[] = {1, 2, 3, 5, 7, 16, 64, 255, 1000};
    static const size_t reads[] = {1, 2, 3, 5, 6, 11, 100, SIZE_MAX};
    for (size_t f = 0; f < sizeof fragments / sizeof *fragments; f++) {
        for (size_t r = 0; r < sizeof reads / sizeof *reads; r++) {
            hf_conn *c = honest_new(shared_config(&mutual_client), NULL);
            hf_conn *s = honest_new(shared_config(&mutual_server), NULL);
            c->out.fragment = s->out.fragment = fragments[f];
            while (carry_in_pieces(c, s, reads[r]) + carry_in_pieces(s, c, reads[r]) > 0) {}
            c->out.fragment = s->out.fragment = RECORD_PLAINTEXT_MAX;
            expect_complete(c, s, "small records");
            hf_conn_free(c);
            hf_conn_free(s);
            lies_counted++;
        }
    }
}

/* A flight in one record, and every message in its own: both are fine, and we send the first. */
static void test_messages_that_share_a_record(void **state)
{
    (void)state;
    for (int each = 0; each < 2; each++) {
        struct puppet *c = puppet_new(shared_config(&mutual_client), NULL);
        struct puppet *s = puppet_new(shared_config(&mutual_server), NULL);
        c->one_record_each = s->one_record_each = each;
        converse(c->conn, s->conn);
        expect_complete(c->conn, s->conn, "records");
        /* ClientHello; Certificate to CertificateVerify; ChangeCipherSpec; Finished; and one of data */
        assert_int_equal(hf_conn_stats(s->conn).records_in, each ? 7 : 5);
        assert_int_equal(hf_conn_stats(c->conn).records_in, each ? 8 : 4);
        puppet_free(c);
        puppet_free(s);
        lies_counted++;
    }
}

/* S9: an empty handshake record is none at all. RFC 5246 6.2.1 */
static void say_empty_record(struct puppet *p, const struct lie *lie)
{
    static const uint8_t empty[] = {CONTENT_HANDSHAKE, 3, 3, 0, 0};
    (void)lie;
    assert_int_equal(record_close(&p->conn->out), OK);
    assert_int_equal(buffer_append(&p->conn->out.queue, slice_of(empty, sizeof empty)), OK);
    p->told = true;
}

static void test_empty_handshake_records(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        struct lie lie = {.row = row, .change = say_empty_record};
        hf_err err = sent[row].m == FINISHED ? HF_BAD_RECORD_MAC : HF_EMPTY_RECORD; /* not even sealed */
        struct meeting m = tell_it(&lie);
        expect_refused(m.subject, m.liar->conn, err, lie_label(&lie, "empty record"));
        part(&m);
    }
}

/* ---- ChangeCipherSpec and alerts that are not what they must be: RFC 5246 7.1, 7.2 ---- */
static void say_record(struct puppet *p, const struct lie *lie)
{
    puppet_record(p, (enum content_type)lie->number, lie->bytes);
}

static void test_change_cipher_specs_and_alerts(void **state)
{
    (void)state;
    static const struct {
        enum content_type type;
        const char *content;
        size_t len;
        hf_err row;
    } records[] = {
        {CONTENT_CHANGE_CIPHER_SPEC, "\0", 1, HF_MALFORMED_CHANGE_CIPHER_SPEC},
        {CONTENT_CHANGE_CIPHER_SPEC, "\2", 1, HF_MALFORMED_CHANGE_CIPHER_SPEC},
        {CONTENT_CHANGE_CIPHER_SPEC, "\1\1", 2, HF_MALFORMED_CHANGE_CIPHER_SPEC},
        {CONTENT_ALERT, "\1", 1, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\1\x5a\1", 3, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\1\x5a\1\x5a", 4, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\0\x5a", 2, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\3\x28", 2, HF_MALFORMED_ALERT},
    };
    for (size_t row = 0; row < SENT; row++) {
        for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
            struct lie lie = {.row = row,
                              .change = say_record,
                              .number = records[i].type,
                              .bytes = slice_of(records[i].content, records[i].len)};
            expect_refusal_of(&lie, records[i].row, "record of type");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut_over_two_records),
        cmocka_unit_test(test_records_and_reads_of_any_size),
        cmocka_unit_test(test_messages_that_share_a_record),
        cmocka_unit_test(test_empty_handshake_records),
        cmocka_unit_test(test_change_cipher_specs_and_alerts),
    };
    return cmocka_run_group_tests(tests, malformed_learn, report_counted);
}
