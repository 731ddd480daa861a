/* SPDX-License-Identifier: MIT */
#include "malformed.h"

#include <stdio.h>

/* Messages whose bytes are not what their layout says, sent by a peer that is right in everything else: every
 * strict prefix, bytes behind the end, every length off by one, every field at min - 1 and max + 1. Checklist
 * S6. */
/* ---- too short, too long ---- */
static void shorten(struct puppet *p, const struct lie *lie)
{
    puppet_set_body(p, slice_of(puppet_body(p).data, lie->number));
}

/* Where the extensions begin: a hello may end there (RFC 5246 7.4.1.2), and then lacks what policy asks for.
 */
static size_t extensions_at(size_t row)
{
    struct field_view view;
    struct slice body =
        slice_of(real_messages[row].bytes + HANDSHAKE_HEADER, real_messages[row].len - HANDSHAKE_HEADER);
    for (size_t i = 0; layout_describe(sent[row].layout, body, i, &view); i++) {
        if (view.kind == FIELD_TAIL) {
            return view.offset;
        }
    }
    return SIZE_MAX;
}

static void test_every_strict_prefix(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        size_t without = sent[row].layout ? extensions_at(row) : SIZE_MAX;
        for (size_t len = 0; len + HANDSHAKE_HEADER < real_messages[row].len; len++) {
            if (!is_worth_trying(row, len)) {
                continue;
            }
            hf_err err = len != without                ? HF_MALFORMED_MESSAGE
                         : sent[row].m == CLIENT_HELLO ? HF_NO_SIGNATURE_ALGORITHMS
                                                       : HF_INSECURE_RENEGOTIATION_PEER;
            struct lie lie = {.row = row, .change = shorten, .number = len};
            struct meeting m = tell_it(&lie);
            expect_refused(m.subject, m.liar->conn, err, lie_label(&lie, "prefix"));
            part(&m);
        }
    }
}

static void lengthen(struct puppet *p, const struct lie *lie)
{
    uint8_t body[8192];
    struct slice old = puppet_body(p);
    memcpy(body, old.data, old.len);
    memset(body + old.len, 0, lie->number);
    puppet_set_body(p, slice_of(body, old.len + lie->number));
}

static void test_bytes_behind_the_end(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        for (size_t extra = 1; extra <= 5; extra++) {
            struct lie lie = {.row = row, .change = lengthen, .number = extra};
            expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, "bytes more");
        }
    }
}

/* ---- fields ---- */
/* The message again, with the contents of one field replaced; a raw encoder that knows no bounds. */
static void replace_field(struct puppet *p, const struct lie *lie)
{
    static uint8_t body[PUPPET_MESSAGE_MAX];
    struct writer w = writer_of(body, sizeof body);
    struct slice old = puppet_body(p);
    struct field_view view;
    const struct field *f = sent[lie->row].layout->fields;
    for (size_t i = 0; layout_describe(sent[lie->row].layout, old, i, &view); i++) {
        if (i != lie->number) {
            write_bytes(&w, slice_of(old.data + view.offset, view.length));
        } else if (f[i].kind == FIELD_REST || f[i].kind == FIELD_BYTES) {
            write_bytes(&w, lie->bytes);
        } else {
            write_vector(&w, f[i].width, lie->bytes);
        }
    }
    assert_false(w.full);
    puppet_set_body(p, written(&w));
}

static void try_length(size_t row, size_t field, size_t len)
{
    static const uint8_t zeros[70000];
    const struct field *f = &sent[row].layout->fields[field];
    if (len > sizeof zeros || (f->width && f->width < 4 && len >> 8 * f->width)) {
        return; /* cannot be said */
    }
    struct lie lie = {.row = row, .change = replace_field, .number = field, .bytes = slice_of(zeros, len)};
    bool too_long = real_messages[row].len + len > message_row(sent[row].m)->bound && len > 1000;
    struct meeting m = tell_it(&lie);
    char what[120];
    (void)snprintf(what, sizeof what, "%zu bytes of %s, field", len, f->name);
    expect_refused(m.subject, m.liar->conn, too_long ? HF_MESSAGE_TOO_LONG : HF_MALFORMED_MESSAGE,
                   lie_label(&lie, what));
    part(&m);
}

static void test_every_field_beyond_its_bounds(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        const struct field *f = sent[row].layout ? sent[row].layout->fields : NULL;
        for (size_t i = 0; f && f[i].kind != FIELD_END; i++) {
            if (f[i].kind == FIELD_NUMBER) {
                continue;
            }
            if (f[i].min) {
                try_length(row, i, f[i].min - 1);
            }
            try_length(row, i, (size_t)f[i].max + 1);
            if (f[i].unit > 1) {
                try_length(row, i, f[i].min + 1);
                try_length(row, i, f[i].max + 1);
            }
        }
    }
}

static void change_byte(struct puppet *p, const struct lie *lie)
{
    p->bytes[HANDSHAKE_HEADER + lie->number] = (uint8_t)(p->bytes[HANDSHAKE_HEADER + lie->number] + lie->by);
    p->told = true;
}

/* Each length inside a message says one more, one less, and the most it can. */
static void test_every_length_that_does_not_add_up(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        struct slice body =
            slice_of(real_messages[row].bytes + HANDSHAKE_HEADER, real_messages[row].len - HANDSHAKE_HEADER);
        struct field_view view;
        for (size_t i = 0; sent[row].layout && layout_describe(sent[row].layout, body, i, &view); i++) {
            const struct field *f = &sent[row].layout->fields[i];
            if (f->kind != FIELD_VECTOR && f->kind != FIELD_TAIL) {
                continue;
            }
            size_t at = view.offset + f->width - 1u;
            int changes[] = {1, -1, 255 - body.data[at], -body.data[at]};
            for (size_t c = 0; c < 4; c++) {
                struct lie lie = {.row = row, .change = change_byte, .number = at, .by = changes[c]};
                if (changes[c]) {
                    expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, f->name);
                }
            }
        }
    }
}

/* ---- lists inside ---- */
static void set_body(struct puppet *p, const struct lie *lie)
{
    puppet_set_body(p, lie->bytes);
}

/* RFC 5246 7.4.2: opaque ASN.1Cert<1..2^24-1>, each in the list */
static void test_certificate_lists(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        hf_err row;
    } lists[] = {
        {"\0\0\1\0", 4, HF_MALFORMED_MESSAGE}, /* half a length */
        {"\0\0\2\0\0", 5, HF_MALFORMED_MESSAGE},
        {"\0\0\3\0\0\1", 6, HF_MALFORMED_MESSAGE}, /* a length, and nothing of it */
        {"\0\0\4\0\0\2\60", 7, HF_MALFORMED_MESSAGE},
        {"\0\0\4\377\377\377\60", 7, HF_MALFORMED_MESSAGE},
        {"\0\0\5\0\0\1\60\0", 8, HF_MALFORMED_MESSAGE},    /* and a byte behind */
        {"\0\0\3\0\0\0", 6, HF_MALFORMED_MESSAGE},         /* a certificate of no bytes */
        {"\0\0\5\0\0\2\60\0", 8, HF_MALFORMED_CERTIFICATE} /* well framed, no certificate */
    };
    for (size_t row = 0; row < SENT; row++) {
        for (size_t i = 0; sent[row].m == CERTIFICATE && i < sizeof lists / sizeof *lists; i++) {
            struct lie lie = {
                .row = row, .change = set_body, .number = i, .bytes = slice_of(lists[i].body, lists[i].len)};
            expect_refusal_of(&lie, lists[i].row, "list");
        }
    }
}

/* A certificate of no bytes behind a good leaf is no more allowed than in front. */
static void add_empty_certificate(struct puppet *p, const struct lie *lie)
{
    uint8_t body[4096] = {0};
    struct writer w = writer_of(body, sizeof body);
    struct slice old = puppet_body(p);
    size_t mark = write_open(&w, 3);
    write_bytes(&w, slice_after(old, 3));
    write_number(&w, 0, 3);
    write_close(&w, mark, 3);
    (void)lie;
    puppet_set_body(p, written(&w));
}

static void test_an_empty_certificate_behind_the_leaf(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        struct lie lie = {.row = row, .change = add_empty_certificate};
        if (sent[row].m == CERTIFICATE) {
            expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, "an empty certificate more");
        }
    }
}

/* RFC 5246 7.4.4: opaque DistinguishedName<1..2^16-1> */
static void test_authority_lists(void **state)
{
    (void)state;
    static const struct slice lists[] = {
        {(const uint8_t *)"\0", 1},          {(const uint8_t *)"\0\1", 2},
        {(const uint8_t *)"\0\2\60", 3},     {(const uint8_t *)"\377\377\60\0", 4},
        {(const uint8_t *)"\0\2\60\0\0", 5}, {(const uint8_t *)"\0\0", 2},
    };
    size_t row = exchange_row(ECDHE_MUTUAL, CERTIFICATE_REQUEST, SERVER);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct lie lie = {.row = row, .change = replace_field, .number = 2, .bytes = lists[i]};
        expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, "authorities, field");
    }
}

/* ---- the length in the header ---- */
static void say_header(struct puppet *p, const struct lie *lie)
{
    uint8_t header[] = {p->bytes[0], (uint8_t)(lie->number >> 16), (uint8_t)(lie->number >> 8),
                        (uint8_t)lie->number};
    puppet_record(p, CONTENT_HANDSHAKE, slice_of(header, sizeof header));
    p->len = 0;
}

/* S9: refused on four bytes; at the bound the rest is waited for. */
static void test_lengths_beyond_the_bound(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        size_t bound = message_row(sent[row].m)->bound;
        struct lie lie = {.row = row, .change = say_header, .number = bound + 1};
        hf_err err = bound ? HF_MESSAGE_TOO_LONG : HF_MALFORMED_MESSAGE;
        expect_refusal_of(&lie, err, "header alone");
        lie.number = 0xffffff;
        expect_refusal_of(&lie, err, "header alone");
        lie.number = bound;
        if (bound) {
            struct meeting m = meet_under(sent[row].by, exchange_config(sent[row].exchange, CLIENT),
                                          exchange_config(sent[row].exchange, SERVER), NULL);
            m.liar->lie = tell_lie;
            m.liar->about = &lie;
            m.liar->one_record_each = true;
            while (!m.liar->told && converse_until(m.liar->conn, m.subject, 1)) {}
            assert_null(hf_failed(m.subject));
            part(&m);
            lies_counted++;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_strict_prefix),
        cmocka_unit_test(test_bytes_behind_the_end),
        cmocka_unit_test(test_every_field_beyond_its_bounds),
        cmocka_unit_test(test_every_length_that_does_not_add_up),
        cmocka_unit_test(test_certificate_lists),
        cmocka_unit_test(test_an_empty_certificate_behind_the_leaf),
        cmocka_unit_test(test_authority_lists),
        cmocka_unit_test(test_lengths_beyond_the_bound),
    };
    return cmocka_run_group_tests(tests, malformed_learn, report_counted);
}
