/* SPDX-License-Identifier: MIT */
#include "second_handshake.h"

/* A peer that lies in its hello of the second handshake: renegotiation_info, and what must not change.
 * Checklist N2, N5, E6. */
#define CBC "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"

/* RFC 5746 3.5, 3.7: "apply to both full handshakes and session resumption handshakes". */
static void try_lie(enum side subject, const struct lie *lie)
{
    for (int resuming = 0; resuming <= 1; resuming++) {
        struct stage s;
        second_begin(&s, subject, lie);
        begin_again(subject == CLIENT ? s.subject : s.liar->conn, resuming);
        converse(s.liar->conn, s.subject);
        assert_true(s.liar->told);
        if (lie->row == HF_OK) {
            expect_complete(s.subject, s.liar->conn, lie->name);
            assert_int_equal(hf_conn_stats(s.subject).renegotiations, 1);
        } else {
            expect_refused(s.subject, s.liar->conn, lie->row, lie->name);
            assert_int_equal(hf_conn_stats(s.subject).renegotiations, 0);
        }
        second_end(&s);
    }
}

/* ---- renegotiation_info ---- */
static void nothing(struct hello *h, void *arg)
{
    (void)h, (void)arg;
}

static void empty_ri(struct hello *h, void *arg)
{
    hello_drop(h, RI);
    hello_add(h, RI, "\0", 1);
    (void)arg;
}

/* Each byte wrong, one at a time: the puppet's number says which. */
static void wrong_byte(struct hello *h, void *arg)
{
    struct hello_extension *e = hello_find(h, RI);
    size_t at = 1 + ((const struct puppet *)arg)->number;
    assert_true(at < e->len);
    e->body[at] ^= 0x80;
}

static void set_ri(struct hello *h, size_t len)
{
    struct hello_extension *e = hello_find(h, RI);
    e->body[0] = (uint8_t)len;
    e->len = 1 + len;
}

static void one_byte_less(struct hello *h, void *arg)
{
    (void)arg;
    set_ri(h, hello_find(h, RI)->len - 2);
}

static void one_byte_more(struct hello *h, void *arg)
{
    (void)arg;
    set_ri(h, hello_find(h, RI)->len);
}

static void both_halves(struct hello *h, void *arg)
{
    const struct negotiated *n = &((const struct puppet *)arg)->conn->negotiated;
    memcpy(hello_find(h, RI)->body + 13, n->verify_data[SERVER], 12);
    set_ri(h, 24);
}

static void the_other_half(struct hello *h, void *arg)
{
    const struct negotiated *n = &((const struct puppet *)arg)->conn->negotiated;
    memcpy(hello_find(h, RI)->body + 1, n->verify_data[SERVER], 12);
    set_ri(h, 12);
}

static void the_first_half(struct hello *h, void *arg)
{
    (void)arg;
    set_ri(h, 12);
}

static void halves_swapped(struct hello *h, void *arg)
{
    const struct negotiated *n = &((const struct puppet *)arg)->conn->negotiated;
    memcpy(hello_find(h, RI)->body + 1, n->verify_data[SERVER], 12);
    memcpy(hello_find(h, RI)->body + 13, n->verify_data[CLIENT], 12);
}

static void lying_length(struct hello *h, void *arg)
{
    (void)arg;
    hello_find(h, RI)->body[0]++;
}

static void ri_twice(struct hello *h, void *arg)
{
    struct hello_extension *e = hello_find(h, RI);
    (void)arg;
    hello_add(h, RI, e->body, e->len);
}

static void n2_a_renegotiating_client_hello(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"the truth", nothing, HF_OK},
        {"no renegotiation_info (3.7)", no_ri, MISMATCH},
        {"an empty one, as in a first handshake (3.7)", empty_ri, MISMATCH},
        {"the SCSV beside it (3.7)", scsv_too, MISMATCH},
        {"the SCSV instead of it (3.7)", scsv_instead, MISMATCH},
        {"one byte less", one_byte_less, MISMATCH},
        {"one byte more", one_byte_more, MISMATCH},
        {"both halves", both_halves, MISMATCH},
        {"the server's half", the_other_half, MISMATCH},
        {"a length that is none", lying_length, HF_MALFORMED_EXTENSION},
        {"twice", ri_twice, HF_DUPLICATE_EXTENSION},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        try_lie(SERVER, &lies[i]);
    }
}

static void n2_the_server_hello_that_answers(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"the truth", nothing, HF_OK},
        {"no renegotiation_info (3.5)", no_ri, MISMATCH},
        {"an empty one, as in a first handshake (3.5)", empty_ri, MISMATCH},
        {"one byte less", one_byte_less, MISMATCH},
        {"one byte more", one_byte_more, MISMATCH},
        {"the client's half alone", the_first_half, MISMATCH},
        {"the server's half alone", the_other_half, MISMATCH},
        {"both halves, swapped", halves_swapped, MISMATCH},
        {"a length that is none", lying_length, HF_MALFORMED_EXTENSION},
        {"twice", ri_twice, HF_DUPLICATE_EXTENSION},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        try_lie(CLIENT, &lies[i]);
    }
}

static void n2_every_byte_of_it_counts(void **state)
{
    (void)state;
    static const struct lie lie = {"a wrong byte", wrong_byte, MISMATCH};
    for (int subject = CLIENT; subject <= SERVER; subject++) {
        for (size_t at = 0; at < (subject == CLIENT ? 24u : 12u); at++) {
            struct stage s;
            second_begin(&s, (enum side)subject, &lie);
            s.liar->number = at;
            begin_again(subject == CLIENT ? s.subject : s.liar->conn, false);
            converse(s.liar->conn, s.subject);
            expect_refused(s.subject, s.liar->conn, MISMATCH, lie.name);
            second_end(&s);
        }
    }
}

static void no_etm(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, ETM);
}

static void no_name(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, SNI);
}

static void other_name(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, SNI);
    hello_add(h, SNI, "\0\14\0\0\11localhost", 14);
}

static void version_below(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0302;
}

static void version_above(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0304;
}

#define CHANGES HF_RENEGOTIATION_CHANGES_PARAMETERS

static void n5_e6_a_client_that_changes_its_mind(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"encrypt_then_mac no more (RFC 7366 3.1)", no_etm, CHANGES, CBC},
        {"another server_name", other_name, CHANGES},
        {"no server_name", no_name, CHANGES},
        {"an older version", version_below, HF_NO_COMMON_VERSION},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        try_lie(SERVER, &lies[i]);
    }
    /* extended_master_secret: in a full handshake it is this rule, in an abbreviated one RFC 7627 5.3's */
    for (int resuming = 0; resuming <= 1; resuming++) {
        static const struct lie lie = {"no extended_master_secret", no_ems, CHANGES};
        struct stage s;
        second_begin(&s, SERVER, &lie);
        begin_again(s.liar->conn, resuming);
        converse(s.liar->conn, s.subject);
        expect_refused(s.subject, s.liar->conn, resuming ? HF_EXTENDED_MASTER_SECRET_MISMATCH : CHANGES,
                       lie.name);
        second_end(&s);
    }
}

static void n5_e6_a_server_that_changes_its_mind(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"encrypt_then_mac no more (RFC 7366 3.1)", no_etm, CHANGES, CBC},
        {"an older version", version_below, HF_VERSION_NOT_OFFERED},
        {"a newer version (RFC 8446 4.1.3)", version_above, HF_VERSION_NOT_OFFERED},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        for (int resuming = 0; resuming <= (lies[i].edit == no_etm); resuming++) {
            struct stage s;
            second_begin(&s, CLIENT, &lies[i]);
            begin_again(s.subject, resuming);
            converse(s.liar->conn, s.subject);
            expect_refused(s.subject, s.liar->conn, lies[i].row, lies[i].name);
            second_end(&s);
        }
    }
    static const struct lie ems = {"no extended_master_secret", no_ems, CHANGES};
    struct stage s;
    second_begin(&s, CLIENT, &ems);
    begin_again(s.subject, false);
    converse(s.liar->conn, s.subject);
    expect_refused(s.subject, s.liar->conn, CHANGES, ems.name);
    second_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n2_a_renegotiating_client_hello),
        cmocka_unit_test(n2_the_server_hello_that_answers),
        cmocka_unit_test(n2_every_byte_of_it_counts),
        cmocka_unit_test(n5_e6_a_client_that_changes_its_mind),
        cmocka_unit_test(n5_e6_a_server_that_changes_its_mind),
    };
    return cmocka_run_group_tests_name("flow/renegotiation_hellos", tests, NULL, second_forget);
}
