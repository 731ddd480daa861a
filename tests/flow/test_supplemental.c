/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

/*
 * SupplementalData and user mapping said wrongly by a peer that is right in everything else: RFC 4680 2, RFC
 * 4681. Checklist U1, U2, U3, U7, U8.
 */
#define B(...)                                                                 \
    {                                                                          \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
    }

static const struct trait client = {.side = CLIENT, .supplemental = SENDS_SUPPLEMENTAL},
                          server = {.side = SERVER, .supplemental = SENDS_SUPPLEMENTAL},
                          plain_client = {.side = CLIENT}, plain_server = {.side = SERVER};

/* ---- the body ---- */
static void try_body(enum side liar, struct slice body, hf_err row, const char *what)
{
    struct meeting m = meet(liar, &client, &server, false);
    m.liar->lie = say_body;
    m.liar->number = SUPPLEMENTAL_DATA;
    m.liar->about = &body;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    if (row == HF_OK) {
        expect_complete(m.liar->conn, m.subject, what);
    } else {
        expect_refused(m.subject, m.liar->conn, row, what);
        assert_string_equal(hf_failed(m.subject)->step, "SupplementalData");
        assert_false(hf_supplemental_received(m.subject, 0, NULL)); /* U4: nobody sees any of it */
    }
    part(&m);
}

/* U2: every length is checked before anybody sees an entry, every type against what was agreed. */
static void test_u2_bodies(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct slice body;
        hf_err err;
    } rows[] = {
        {"an entry", B(0, 0, 6, 0x40, 2, 0, 2, 'h', 'i'), HF_OK},
        {"an entry with nothing in it", B(0, 0, 4, 0x40, 2, 0, 0), HF_OK},
        {"zero entries", B(0, 0, 0), HF_MALFORMED_MESSAGE},
        {"no list", {(const uint8_t *)"", 0}, HF_MALFORMED_MESSAGE},
        {"half a length", B(0, 0), HF_MALFORMED_MESSAGE},
        {"a list longer than the message", B(0, 0, 7, 0x40, 2, 0, 2, 'h', 'i'), HF_MALFORMED_MESSAGE},
        {"a list of 2^24-1 bytes", B(0xff, 0xff, 0xff, 0x40, 2, 0, 2, 'h', 'i'), HF_MALFORMED_MESSAGE},
        {"a byte behind the list", B(0, 0, 6, 0x40, 2, 0, 2, 'h', 'i', 0), HF_MALFORMED_MESSAGE},
        {"an entry longer than the list", B(0, 0, 6, 0x40, 2, 0, 3, 'h', 'i'),
         HF_MALFORMED_SUPPLEMENTAL_DATA},
        {"an entry of 2^16-1 bytes", B(0, 0, 6, 0x40, 2, 0xff, 0xff, 'h', 'i'),
         HF_MALFORMED_SUPPLEMENTAL_DATA},
        {"an entry shorter than what follows", B(0, 0, 6, 0x40, 2, 0, 1, 'h', 'i'),
         HF_MALFORMED_SUPPLEMENTAL_DATA},
        {"a type alone", B(0, 0, 2, 0x40, 2), HF_MALFORMED_SUPPLEMENTAL_DATA},
        {"a second entry cut short", B(0, 0, 8, 0x40, 2, 0, 2, 'h', 'i', 0x40, 3),
         HF_MALFORMED_SUPPLEMENTAL_DATA},
        {"a type nobody agreed on", B(0, 0, 6, 0x40, 3, 0, 2, 'h', 'i'), HF_SUPPLEMENTAL_NOT_AGREED},
        {"such a type behind one that was", B(0, 0, 10, 0x40, 2, 0, 2, 'h', 'i', 0xff, 0x66, 0, 0),
         HF_SUPPLEMENTAL_NOT_AGREED},
        {"a type twice", B(0, 0, 10, 0x40, 2, 0, 2, 'h', 'i', 0x40, 2, 0, 0), HF_SUPPLEMENTAL_DUPLICATE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        try_body(CLIENT, rows[i].body, rows[i].err, rows[i].what);
        try_body(SERVER, rows[i].body, rows[i].err, rows[i].what);
    }
}

/* U2: what is agreed is agreed for one direction: hints are the client's (RFC 4681 3). */
static void test_u2_the_other_direction(void **state)
{
    (void)state;
    const struct slice hint = B(0, 0, 15, 0, 0, 0, 11, 0, 9, 64, 0, 6, 0, 0, 0, 2, 'a', 'b');
    try_body(CLIENT, hint, HF_OK, "a hint of the client");
    try_body(SERVER, hint, HF_SUPPLEMENTAL_NOT_AGREED, "a hint of the server");
}

/* RFC 4681 3, 6: the list inside. */
static void test_user_mapping_lists(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct slice list;
        hf_err err;
    } rows[] = {
        {"a domain", B(0, 7, 64, 0, 4, 0, 0, 0, 0), HF_BAD_UPN_DOMAIN_HINT}, /* neither name */
        {"an unknown hint", B(0, 5, 65, 0, 2, 9, 9), HF_OK},
        {"an unknown hint, then ours", B(0, 12, 65, 0, 0, 64, 0, 6, 0, 0, 0, 2, 'a', 'b'), HF_OK},
        {"an unknown hint with a lying length", B(0, 5, 65, 0, 3, 9, 9), HF_MALFORMED_USER_MAPPING},
        {"an empty list", B(0, 0), HF_MALFORMED_USER_MAPPING},
        {"nothing", {(const uint8_t *)"", 0}, HF_MALFORMED_USER_MAPPING},
        {"a list longer than the entry", B(0, 10, 64, 0, 6, 0, 0, 0, 2, 'a', 'b'), HF_MALFORMED_USER_MAPPING},
        {"a byte behind the list", B(0, 9, 64, 0, 6, 0, 0, 0, 2, 'a', 'b', 0), HF_MALFORMED_USER_MAPPING},
        {"a name longer than the hint", B(0, 9, 64, 0, 6, 0, 0, 0, 3, 'a', 'b'), HF_MALFORMED_USER_MAPPING},
        {"a byte behind the names", B(0, 9, 64, 0, 6, 0, 0, 0, 1, 'a', 'b'), HF_MALFORMED_USER_MAPPING},
        {"a domain that is none", B(0, 9, 64, 0, 6, 0, 0, 0, 2, 'a', '.'), HF_BAD_UPN_DOMAIN_HINT},
        {"a user without a domain", B(0, 9, 64, 0, 6, 0, 2, 'u', '@', 0, 0), HF_BAD_UPN_DOMAIN_HINT},
        {"a user", B(0, 10, 64, 0, 7, 0, 3, 'u', '@', 'd', 0, 0), HF_OK},
        {"two hints, the second bad",
         B(0, 19, 64, 0, 6, 0, 0, 0, 2, 'a', 'b', 64, 0, 7, 0, 3, 'u', '@', '-', 0, 0),
         HF_BAD_UPN_DOMAIN_HINT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t body[64];
        struct writer w = writer_of(body, sizeof body);
        write_number(&w, (uint32_t)rows[i].list.len + 4, 3);
        write_number(&w, USER_MAPPING_DATA, 2);
        write_vector(&w, 2, rows[i].list);
        try_body(CLIENT, written(&w), rows[i].err, rows[i].what);
    }
}

/* ---- the place ---- */
static const uint8_t hi[] = {23, 0, 0, 9, 0, 0, 6, 0x40, 2, 0, 2, 'h', 'i'};

/* Before the message `about`: SupplementalData in a record of its own, no transcript knows it. */
static void say_before(struct puppet *p, enum message m)
{
    if (m == *(const enum message *)p->about) {
        puppet_record(p, CONTENT_HANDSHAKE, slice_of(hi, sizeof hi));
    }
}

static void try_before(enum side liar, enum message before)
{
    struct meeting m = meet(liar, &client, &server, false);
    m.liar->one_record_each = true;
    m.liar->lie = say_before;
    m.liar->about = &before;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    expect_refused(m.subject, m.liar->conn, HF_UNEXPECTED_MESSAGE, message_row(before)->name);
    assert_string_equal(hf_failed(m.subject)->got, "SupplementalData");
    part(&m);
}

/* U1: RFC 4680 2, 3: one a side, the server's behind ServerHello, the client's before all else. A second one
 * is out of place wherever it stands. */
static void test_u1_a_second_one(void **state)
{
    (void)state;
    static const enum message of_server[] = {SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE,
                                             SERVER_HELLO_DONE},
                              of_client[] = {CLIENT_KEY_EXCHANGE};
    for (size_t i = 0; i < COUNT(of_server); i++) {
        try_before(SERVER, of_server[i]);
    }
    for (size_t i = 0; i < COUNT(of_client); i++) {
        try_before(CLIENT, of_client[i]);
    }
}

/* U1, U2: agreed by nobody, or by one side alone. */
static void test_u2_not_agreed(void **state)
{
    (void)state;
    static const enum message at[] = {CERTIFICATE, CLIENT_KEY_EXCHANGE};
    for (int liar = CLIENT; liar <= SERVER; liar++) {
        for (int alone = 0; alone <= 1; alone++) {
            const struct trait *c = alone && liar == CLIENT ? &client : &plain_client,
                               *s = alone && liar == SERVER ? &server : &plain_server;
            struct meeting m = meet((enum side)liar, c, s, false);
            m.liar->lie = say_before;
            m.liar->about = &at[liar == CLIENT];
            converse(m.liar->conn, m.subject);
            assert_true(m.liar->told);
            expect_refused(m.subject, m.liar->conn, HF_UNEXPECTED_MESSAGE, "not agreed");
            part(&m);
        }
    }
}

/* A header that claims 2^24-1 bytes is refused before a byte of them is held. */
static void say_claim(struct puppet *p, enum message m)
{
    static const uint8_t header[] = {23, 0xff, 0xff, 0xff};
    if (m == SUPPLEMENTAL_DATA) {
        puppet_record(p, CONTENT_HANDSHAKE, slice_of(header, sizeof header));
    }
}

static void test_u2_a_claim_of_16_megabytes(void **state)
{
    (void)state;
    for (int liar = CLIENT; liar <= SERVER; liar++) {
        struct meeting m = meet((enum side)liar, &client, &server, false);
        m.liar->lie = say_claim;
        converse(m.liar->conn, m.subject);
        assert_true(m.liar->told);
        expect_refused(m.subject, m.liar->conn, HF_MESSAGE_TOO_LONG, "16 MB");
        part(&m);
    }
}

/* ---- the extension ---- */
/* Puts another body in place of user_mapping's in a hello: found by the bytes that ours is. */
static void say_types(struct puppet *p, enum message m)
{
    static const uint8_t ours[] = {0, 6, 0, 2, 1, UPN_DOMAIN_HINT};
    const struct slice *body = p->about;
    if (m != CLIENT_HELLO && m != SERVER_HELLO) {
        return;
    }
    uint8_t *at = NULL;
    for (size_t i = 0; !at && i + sizeof ours <= p->len; i++) {
        at = memcmp(p->bytes + i, ours, sizeof ours) == 0 ? p->bytes + i : NULL;
    }
    assert_non_null(at);
    assert_int_equal(body->len, 2); /* so that no length around it changes */
    memcpy(at + 4, body->data, 2);
    p->told = true;
}

/* U3: RFC 4681 2: the server's types are among the client's; a client with none that is known gets no answer.
 */
static void test_u3_types(void **state)
{
    (void)state;
    const struct {
        enum side liar;
        struct slice body;
        hf_err err;
    } rows[] = {
        {SERVER, B(1, 65), HF_USER_MAPPING_NOT_OFFERED}, {SERVER, B(0, 64), HF_MALFORMED_EXTENSION},
        {SERVER, B(2, 64), HF_MALFORMED_EXTENSION},      {CLIENT, B(0, 64), HF_MALFORMED_EXTENSION},
        {CLIENT, B(2, 64), HF_MALFORMED_EXTENSION},      {CLIENT, B(1, 65), HF_OK},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m = meet(rows[i].liar, &client, &server, false);
        m.liar->lie = say_types;
        m.liar->about = &rows[i].body;
        converse(m.liar->conn, m.subject);
        assert_true(m.liar->told);
        if (rows[i].err == HF_OK) {
            expect_complete(m.liar->conn, m.subject, "types");
            assert_int_equal(m.liar->conn->negotiated.supplemental.len, 6); /* ours came all the same */
        } else {
            expect_refused(m.subject, m.liar->conn, rows[i].err, "types");
        }
        part(&m);
    }
}

/* U8: RFC 8446 B.3: type 23 is reserved there. No row that TLS 1.3 reaches has it, and the flow of TLS 1.2
 * has it once a side. */
static void test_u8_not_in_tls13(void **state)
{
    (void)state;
    const struct step *const flows[] = {flow_hello, flow_resume12, flow_anytime12};
    for (size_t i = 0; i < COUNT(flows); i++) {
        for (const struct step *s = flows[i]; s->what != END_OF_FLOW; s++) {
            assert_int_not_equal(s->what, SUPPLEMENTAL_DATA);
        }
    }
    unsigned by[2] = {0, 0};
    for (const struct step *s = flow_full12; s->what != END_OF_FLOW; s++) {
        by[s->by] += s->what == SUPPLEMENTAL_DATA;
        assert_false(s->what == SUPPLEMENTAL_DATA && s->when & TLS13);
    }
    assert_int_equal(by[CLIENT], 1);
    assert_int_equal(by[SERVER], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u2_bodies),          cmocka_unit_test(test_u2_the_other_direction),
        cmocka_unit_test(test_user_mapping_lists), cmocka_unit_test(test_u1_a_second_one),
        cmocka_unit_test(test_u2_not_agreed),      cmocka_unit_test(test_u2_a_claim_of_16_megabytes),
        cmocka_unit_test(test_u3_types),           cmocka_unit_test(test_u8_not_in_tls13),
    };
    return cmocka_run_group_tests(tests, NULL, shared_configs_teardown);
}
