/* SPDX-License-Identifier: MIT */
#include "meeting.h"

/*
 * A Finished that is wrong, and a session resumed as another. Checklist S3, S11, E2, R4.
 */
static const struct trait client = {.side = CLIENT}, server = {.side = SERVER};

/* ---- Finished: S3 ---- */
static void test_finished_with_a_wrong_byte(void **state)
{
    (void)state;
    for (int resumed = 0; resumed < 2; resumed++) {
        for (int liar = CLIENT; liar <= SERVER; liar++) {
            for (size_t bit = 0; bit < 8 * VERIFY_DATA_SIZE; bit++) {
                struct field_lie lie = {FINISHED, "verify_data", bit / 8, false, (uint8_t)(1u << bit % 8)};
                struct meeting m = meet((enum side)liar, &client, &server, resumed);
                m.liar->lie = lie_in_field;
                m.liar->about = &lie;
                expect_refusal(&m, HF_BAD_FINISHED, "one bit of Finished");
            }
        }
    }
}

static void say_the_other_finished(struct puppet *p, enum message m)
{
    if (m == FINISHED) {
        enum side other = other_side(p->conn->hs->cursor.me);
        puppet_set_body(p, slice_of(p->conn->negotiated.verify_data[other], VERIFY_DATA_SIZE));
    }
}

static void test_finished_reflected(void **state)
{
    (void)state;
    for (int resumed = 0; resumed < 2; resumed++) { /* the one who is second says what the first one said */
        struct meeting m = meet(resumed ? CLIENT : SERVER, &client, &server, resumed);
        m.liar->lie = say_the_other_finished;
        expect_refusal(&m, HF_BAD_FINISHED, "the other's Finished");
    }
}

/* ---- resumption that is not what it says ---- */
static void edit_resumption(struct puppet *p, enum message m, uint16_t drop)
{
    static uint8_t block[2048], body[4096];
    bool from_client = p->conn->config->settings.side == CLIENT;
    if (m != (from_client ? CLIENT_HELLO : SERVER_HELLO)) {
        return;
    }
    union any_message hello;
    assert_int_equal(layout_decode(version_tls12.message[m].layout, puppet_body(p), &hello), OK);
    struct slice *extensions = from_client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct list l = list_of(*extensions);
    struct extension_entry e;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    while (list_next_extension(&l, &e)) {
        if (e.type != drop) {
            write_number(&w, e.type, 2);
            write_vector(&w, 2, e.body);
        }
    }
    *extensions = written(&w);
    assert_int_equal(layout_encode(version_tls12.message[m].layout, &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

static void without_ems(struct puppet *p, enum message m)
{
    edit_resumption(p, m, EXTENSION_EXTENDED_MASTER_SECRET);
}

/* The server's session, as if it had been made without extended_master_secret. */
static void make_plain(const hf_config *config, const hf_session *session)
{
    const struct config *settings = &config->settings;
    hf_bytes id = hf_session_id(session);
    struct session *s = session_store_get(settings->sessions, slice_of(id.data, id.len), TEST_NOW);
    assert_non_null(s);
    s->ems = false;
    session_release(s);
}

/* E2, RFC 7627 5.3 */
static void test_extended_master_secret_toggled_on_resumption(void **state)
{
    (void)state;
    /* session with, ClientHello without: the server aborts */
    struct meeting m = meet(CLIENT, &client, &server, true);
    m.liar->lie = without_ems;
    expect_refusal(&m, HF_EXTENDED_MASTER_SECRET_MISMATCH, "an extended session, a plain ClientHello");
    /* session with, ServerHello without: the client aborts */
    m = meet(SERVER, &client, &server, true);
    m.liar->lie = without_ems;
    expect_refusal(&m, HF_EXTENDED_MASTER_SECRET_MISMATCH, "an extended session, a plain ServerHello");
    /* session without: the client does not offer it at all */
    m = meet(SERVER, &client, &server, true);
    ((struct session *)m.session)->ems = false;
    converse(m.liar->conn, m.subject);
    expect_complete(m.liar->conn, m.subject, "a plain session at the client");
    assert_false(hf_negotiated(m.subject)->resumed);
    assert_int_equal(hf_negotiated(m.liar->conn)->resumption, HF_NOT_OFFERED);
    part(&m);
    /* neither: the server aborts too (SHOULD) */
    m = meet(CLIENT, &client, &server, true);
    make_plain(shared_config(&server), m.session);
    m.liar->lie = without_ems;
    expect_refusal(&m, HF_EXTENDED_MASTER_SECRET_MISMATCH, "a plain session, a plain ClientHello");
    /* session without, ClientHello with: a full handshake */
    m = meet(CLIENT, &client, &server, true);
    make_plain(shared_config(&server), m.session);
    converse(m.liar->conn, m.subject);
    expect_complete(m.liar->conn, m.subject, "a plain session, an extended ClientHello");
    assert_false(hf_negotiated(m.subject)->resumed);
    assert_int_equal(hf_negotiated(m.subject)->resumption, HF_SESSION_EMS);
    assert_true(hf_negotiated(m.subject)->extended_master_secret);
    part(&m);
}

/* R4, RFC 5246 7.4.1.3 */
static void test_resumption_under_another_suite(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        hf_err row;
    } choices[] = {{"\xc0\x2c", HF_RESUMED_WITH_OTHER_PARAMETERS},
                   {"\xcc\xa9", HF_RESUMED_WITH_OTHER_PARAMETERS},
                   {"\xc0\x2f", HF_RESUMED_WITH_OTHER_PARAMETERS},
                   {"\xc0\x09", HF_SUITE_NOT_OFFERED}};
    const struct trait aes128 = {.side = SERVER, .suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
    for (size_t i = 0; i < COUNT(choices); i++) {
        struct field_lie lie = {SERVER_HELLO, "cipher_suite", .bytes = slice_of(choices[i].bytes, 2)};
        struct meeting m = meet(SERVER, &client, &aes128, true);
        m.liar->lie = lie_in_field;
        m.liar->about = &lie;
        expect_refusal(&m, choices[i].row, "resumed under another suite");
    }
}

/* The server says another ID than the one offered, so this is no resumption; and then goes on as if it were.
 */
static void test_resumption_the_client_did_not_hear_of(void **state)
{
    (void)state;
    for (size_t at = 0; at < SESSION_ID_MAX; at += 31) {
        struct field_lie lie = {SERVER_HELLO, "session_id", at, false, 1};
        struct meeting m = meet(SERVER, &client, &server, true);
        m.liar->lie = lie_in_field;
        m.liar->about = &lie;
        expect_refusal(&m, HF_EARLY_CHANGE_CIPHER_SPEC, "another session ID");
    }
    struct field_lie none = {SERVER_HELLO, "session_id", .bytes = slice_of("", 0)};
    struct meeting m = meet(SERVER, &client, &server, true);
    m.liar->lie = lie_in_field;
    m.liar->about = &none;
    expect_refusal(&m, HF_EARLY_CHANGE_CIPHER_SPEC, "no session ID");
}

/* And the other way round: it echoes the ID, but has no such session and sends its Certificate. */
static void echo_session_id(struct puppet *p, enum message m)
{
    if (m == SERVER_HELLO) {
        p->number = 1;
        lie_in_field(p, m);
    }
}

static void test_session_id_echoed_in_a_full_handshake(void **state)
{
    (void)state;
    struct meeting m = meet(SERVER, &client, &server, true);
    hf_bytes id = hf_session_id(m.session);
    struct field_lie lie = {SERVER_HELLO, "session_id", .bytes = slice_of(id.data, id.len)};
    session_store_forget(shared_config(&server)->settings.sessions, slice_of(id.data, id.len));
    m.liar->lie = echo_session_id;
    m.liar->about = &lie;
    expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "a Certificate in a resumed handshake");
}

/* S11, RFC 5246 7.2.2: after any of this the session is not offered again, and the server does not have it.
 */
static void test_a_session_that_failed_is_forgotten(void **state)
{
    (void)state;
    struct field_lie lie = {FINISHED, "verify_data", 0, false, 1};
    for (int liar = CLIENT; liar <= SERVER; liar++) {
        struct meeting m = meet((enum side)liar, &client, &server, true);
        m.liar->lie = lie_in_field;
        m.liar->about = &lie;
        converse(m.liar->conn, m.subject);
        expect_refused(m.subject, m.liar->conn, HF_BAD_FINISHED, "a wrong Finished");
        hf_conn *c = honest_new(shared_config(&client), m.session),
                *s = honest_new(shared_config(&server), NULL);
        converse(c, s);
        expect_complete(c, s, "afterwards");
        assert_false(hf_negotiated(c)->resumed);
        hf_conn_free(c);
        hf_conn_free(s);
        part(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished_with_a_wrong_byte),
        cmocka_unit_test(test_finished_reflected),
        cmocka_unit_test(test_extended_master_secret_toggled_on_resumption),
        cmocka_unit_test(test_resumption_under_another_suite),
        cmocka_unit_test(test_resumption_the_client_did_not_hear_of),
        cmocka_unit_test(test_session_id_echoed_in_a_full_handshake),
        cmocka_unit_test(test_a_session_that_failed_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
