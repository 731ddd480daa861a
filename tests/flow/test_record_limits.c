/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

/*
 * max_fragment_length (RFC 6066 4) and record_size_limit (RFC 8449 4, 5): what hellos may say of them, and
 * peers that agree and do not keep it. Checklist A5, R2.
 */
#define MFL EXTENSION_MAX_FRAGMENT_LENGTH
#define RSL EXTENSION_RECORD_SIZE_LIMIT
#define PAD EXTENSION_PADDING
#define NONE SIZE_MAX
static const struct trait server = {.side = SERVER}, without_rsl = {.side = SERVER, .record_size_limit = -1},
                          client_512 = {.side = CLIENT, .max_fragment = 512},
                          client_both = {.side = CLIENT, .max_fragment = 512, .record_size_limit = 300},
                          padded = {.side = CLIENT, .padding = 700};

/* ---- hellos with another body of one extension ---- */
struct edit {
    uint16_t code;
    const char *bytes;
    size_t len; /* NONE: taken out */
};
/* Up to three of them, ended by one without bytes. */
#define EDITS_MAX 3

static bool is_edited(const struct edit *edits, uint16_t code)
{
    for (size_t i = 0; edits && i < EDITS_MAX && edits[i].bytes; i++) {
        if (edits[i].code == code) {
            return true;
        }
    }
    return false;
}

/* New bodies stand behind the others, in the order of the edits. */
static void write_edited(const struct edit *edits, struct slice old, struct writer *w)
{
    struct list l = list_of(old);
    struct extension_entry x;
    while (list_next_extension(&l, &x)) {
        if (!is_edited(edits, x.type)) {
            write_number(w, x.type, 2);
            write_vector(w, 2, x.body);
        }
    }
    for (size_t i = 0; edits && i < EDITS_MAX && edits[i].bytes; i++) {
        if (edits[i].len != NONE) {
            write_number(w, edits[i].code, 2);
            write_vector(w, 2, slice_of(edits[i].bytes, edits[i].len));
        }
    }
}

static void edit_hello(struct puppet *p, enum message m)
{
    static uint8_t block[4096], body[4096];
    bool client = p->conn->config->settings.side == CLIENT;
    if (m != (client ? CLIENT_HELLO : SERVER_HELLO)) {
        return;
    }
    union any_message hello;
    const struct layout *l = client ? &layout_client_hello : &layout_server_hello;
    assert_int_equal(layout_decode(l, puppet_body(p), &hello), OK);
    struct slice *extensions = client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    write_edited(p->about, *extensions, &w);
    *extensions = written(&w);
    assert_int_equal(layout_encode(l, &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

static struct meeting start(const struct trait *liar, const struct trait *subject, hf_session *session)
{
    const hf_config *own = shared_config(liar), *other = shared_config(subject);
    bool by_client = liar->side == CLIENT;
    return meet_under(liar->side, by_client ? own : other, by_client ? other : own, session);
}

static struct meeting tell(const struct trait *liar, const struct trait *subject, const struct edit *edits)
{
    struct meeting m = start(liar, subject, NULL);
    m.liar->lie = edit_hello;
    m.liar->about = edits;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    return m;
}

static void refused(const struct trait *liar, const struct trait *subject, const struct edit *edits,
                    hf_err row)
{
    char what[120];
    (void)snprintf(what, sizeof what, "%s with extension %u, %zu bytes",
                   liar->side == CLIENT ? "ClientHello" : "ServerHello", edits->code, edits->len);
    struct meeting m = tell(liar, subject, edits);
    expect_refused(m.subject, m.liar->conn, row, what);
    part(&m);
}

static void accepted(const struct trait *liar, const struct trait *subject, const struct edit *edits,
                     uint16_t max_fragment, uint16_t peers_limit)
{
    struct meeting m = tell(liar, subject, edits);
    expect_complete(m.liar->conn, m.subject, "an edited hello");
    assert_int_equal(hf_negotiated(m.subject)->max_fragment, max_fragment);
    assert_int_equal(hf_negotiated(m.subject)->peer_record_size_limit, peers_limit);
    part(&m);
}

static void bodies_in_client_hello(void **state)
{
    (void)state;
    static const struct {
        struct edit edits[EDITS_MAX];
        hf_err row;
    } bad[] = {
        {{{MFL, "", 0}}, HF_MALFORMED_EXTENSION},
        {{{MFL, "\1\1", 2}}, HF_MALFORMED_EXTENSION},
        {{{MFL, "\0\2", 2}}, HF_MALFORMED_EXTENSION},
        {{{RSL, "x", NONE}, {MFL, "\0", 1}}, HF_MAX_FRAGMENT_UNKNOWN}, /* RFC 6066 4 */
        {{{RSL, "x", NONE}, {MFL, "\5", 1}}, HF_MAX_FRAGMENT_UNKNOWN},
        {{{RSL, "x", NONE}, {MFL, "\377", 1}}, HF_MAX_FRAGMENT_UNKNOWN},
        {{{MFL, "\1", 1}, {MFL, "\1", 1}}, HF_DUPLICATE_EXTENSION},
        {{{MFL, "\1", 1}, {RSL, "\0\77", 2}}, HF_RECORD_SIZE_LIMIT_TOO_SMALL}, /* RFC 8449 4 */
        {{{PAD, "\0\0\1", 3}}, HF_PADDING_NOT_ZERO},                           /* RFC 7685 3 */
        {{{PAD, "\1", 1}}, HF_PADDING_NOT_ZERO},
        {{{PAD, "", 0}, {PAD, "", 0}}, HF_DUPLICATE_EXTENSION},
        {{{EXTENSION_TRUNCATED_HMAC, "\1", 1}}, HF_MALFORMED_EXTENSION}, /* RFC 6066 7 */
    };
    static const struct trait client = {.side = CLIENT};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(&client, &server, bad[i].edits, bad[i].row);
    }
    /* RFC 8449 5: beside record_size_limit it is ignored, in either order, whatever it says */
    accepted(&client, &server, (struct edit[EDITS_MAX]){{MFL, "\1", 1}}, 0, 16384);
    accepted(&client, &server, (struct edit[EDITS_MAX]){{MFL, "\5", 1}, {RSL, "\0\100", 2}}, 0, 64);
    accepted(&client, &server, (struct edit[EDITS_MAX]){{RSL, "\100\1", 2}, {MFL, "\5", 1}}, 0, 16384);
    accepted(&client, &server, (struct edit[EDITS_MAX]){{EXTENSION_TRUNCATED_HMAC, "", 0}}, 0, 16384);
    /* RFC 7685 3: any number of zeros, and none */
    static const char zeros[900];
    accepted(&client, &server, (struct edit[EDITS_MAX]){{PAD, zeros, 0}}, 0, 16384);
    accepted(&client, &server, (struct edit[EDITS_MAX]){{PAD, zeros, sizeof zeros}}, 0, 16384);
}

/* A server that does not speak of record_size_limit takes it for any unknown extension. */
static void a_server_without_record_size_limit(void **state)
{
    (void)state;
    static const struct trait client = {.side = CLIENT};
    accepted(&client, &without_rsl, (struct edit[EDITS_MAX]){{RSL, "\0", 1}}, 0, 0);
    refused(&client, &without_rsl, (struct edit[EDITS_MAX]){{MFL, "\5", 1}, {RSL, "\1\0", 2}},
            HF_MAX_FRAGMENT_UNKNOWN);
}

static void bodies_in_server_hello(void **state)
{
    (void)state;
    static const struct trait without_both = {.side = CLIENT, .record_size_limit = -1};
    static const struct {
        const struct trait *client;
        struct edit edits[EDITS_MAX];
        hf_err row;
    } bad[] = {
        {&client_512, {{MFL, "", 0}}, HF_MALFORMED_EXTENSION},
        {&client_512, {{MFL, "\1\0", 2}}, HF_MALFORMED_EXTENSION},
        {&client_512, {{MFL, "\2", 1}}, HF_MAX_FRAGMENT_DIFFERS}, /* RFC 6066 4 */
        {&client_512, {{MFL, "\0", 1}}, HF_MAX_FRAGMENT_DIFFERS},
        {&client_512, {{MFL, "\5", 1}}, HF_MAX_FRAGMENT_DIFFERS},
        {&client_512, {{MFL, "\1", 1}, {MFL, "\1", 1}}, HF_DUPLICATE_EXTENSION},
        {&client_512, {{RSL, "\1\0", 2}}, HF_UNSOLICITED_EXTENSION},
        {&without_both, {{MFL, "\1", 1}}, HF_UNSOLICITED_EXTENSION},
        {&without_both, {{RSL, "\1\0", 2}}, HF_UNSOLICITED_EXTENSION},
        {&client_both, {{RSL, "\1\0", 2}, {MFL, "\1", 1}}, HF_TWO_RECORD_LIMITS}, /* RFC 8449 5 */
        {&client_both, {{MFL, "\1", 1}, {RSL, "\1\0", 2}}, HF_TWO_RECORD_LIMITS},
        {&client_both, {{MFL, "\2", 1}, {RSL, "\1\0", 2}}, HF_MAX_FRAGMENT_DIFFERS},
        {&client_both, {{RSL, "\0\77", 2}}, HF_RECORD_SIZE_LIMIT_TOO_SMALL},
        {&client_512, {{PAD, "", 0}}, HF_UNSOLICITED_EXTENSION},
        {&padded, {{PAD, "", 0}}, HF_MISPLACED_EXTENSION}, /* RFC 7685 3: MUST NOT echo */
        {&padded, {{PAD, "\0", 1}}, HF_MISPLACED_EXTENSION},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(&server, bad[i].client, bad[i].edits, bad[i].row);
    }
    accepted(&server, &client_512, (struct edit[EDITS_MAX]){{MFL, "x", NONE}}, 0, 0);
    accepted(&server, &client_both, (struct edit[EDITS_MAX]){{RSL, "x", NONE}, {MFL, "\1", 1}}, 512, 0);
    accepted(&server, &client_both, (struct edit[EDITS_MAX]){{RSL, "\100\1", 2}}, 0, 16384);
}

/* ---- peers that agree and do not keep it ---- */
/* From this message on it writes records as long as the protocol allows. */
static void forget_limit(struct puppet *p, enum message m)
{
    if (m == *(const enum message *)p->about) {
        assert_int_equal(record_close(&p->conn->out), OK);
        record_out_limit(&p->conn->out, RECORD_PLAINTEXT_MAX);
        p->told = true;
    }
}

static void too_long_in_the_handshake(const struct trait *liar, const struct trait *subject,
                                      enum message from)
{
    struct meeting m = start(liar, subject, NULL);
    m.liar->lie = forget_limit;
    m.liar->about = &from;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    expect_refused(m.subject, NULL, HF_RECORD_OVER_AGREED_LIMIT, message_row(from)->name);
    assert_int_equal(hf_failed(m.subject)->alert, ALERT_record_overflow);
    part(&m);
}

/* RFC 6066 4: handshake messages are fragmented too, from ServerHello on. */
static void handshake_messages_are_fragments_too(void **state)
{
    (void)state;
    static const struct trait asks = {.side = SERVER,
                                      .client_auth = HF_CLIENT_AUTH_REQUIRE,
                                      .record_size_limit = -1},
                              has = {.side = CLIENT, .has_identity = true, .max_fragment = 512};
    too_long_in_the_handshake(&without_rsl, &client_512, CERTIFICATE);
    too_long_in_the_handshake(&server, &client_512, CERTIFICATE);
    too_long_in_the_handshake(&has, &asks, CERTIFICATE);
    struct puppet *c = puppet_new(shared_config(&has), NULL);
    hf_conn *s = honest_new(shared_config(&asks), NULL);
    converse(c->conn, s);
    expect_complete(c->conn, s, "the same without lies");
    puppet_free(c);
    hf_conn_free(s);
}

/* The record that brings ServerHello was begun before the client could know; the next one is held to it. */
static void the_record_of_server_hello_itself(void **state)
{
    (void)state;
    static const enum message first = SERVER_HELLO;
    struct meeting m = start(&server, &client_512, NULL);
    m.liar->lie = forget_limit;
    m.liar->about = &first;
    carry(m.subject, m.liar->conn); /* the whole flight in one record */
    carry(m.liar->conn, m.subject);
    assert_null(hf_failed(m.subject));
    assert_int_equal(m.subject->in.fragment, 512);
    record_out_limit(&m.liar->conn->out, 512);
    converse(m.subject, m.liar->conn);
    expect_complete(m.subject, m.liar->conn, "afterwards");
    part(&m);
}

static const char *const suites[] = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                     "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                                     "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"};

/* Data of len bytes in one record: from's record layer is made to forget what was agreed. */
static hf_err data(hf_conn *from, hf_conn *to, size_t len)
{
    static const uint8_t bytes[RECORD_PLAINTEXT_MAX];
    return inject(from, to, CONTENT_APPLICATION_DATA, slice_of(bytes, len));
}

static void data_to(hf_conn *from, hf_conn *to, size_t limit)
{
    assert_int_equal(data(from, to, limit), HF_OK);
    assert_int_equal(data(from, to, limit + 1), HF_RECORD_OVER_AGREED_LIMIT);
    expect_refused(to, from, HF_RECORD_OVER_AGREED_LIMIT, "data");
}

static void data_one_byte_too_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof suites / sizeof *suites; i++) {
        struct trait c = {.side = CLIENT, .max_fragment = 1024, .suites = suites[i / 2]},
                     s = {.side = SERVER, .suites = suites[i / 2]};
        bool to_client = i % 2;
        struct meeting m = start(to_client ? &s : &c, to_client ? &c : &s, NULL);
        converse(m.liar->conn, m.subject);
        expect_complete(m.liar->conn, m.subject, suites[i / 2]);
        data_to(m.liar->conn, m.subject, 1024);
        part(&m);
    }
}

/* RFC 8449 4: each side's own. */
static void each_side_has_a_limit_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof suites / sizeof *suites; i++) {
        struct trait c = {.side = CLIENT, .record_size_limit = 64, .suites = suites[i / 2]},
                     s = {.side = SERVER, .record_size_limit = 2000, .suites = suites[i / 2]};
        bool to_client = i % 2;
        struct meeting m = start(to_client ? &s : &c, to_client ? &c : &s, NULL);
        converse(m.liar->conn, m.subject);
        expect_complete(m.liar->conn, m.subject, suites[i / 2]);
        assert_int_equal(m.liar->conn->out.fragment, to_client ? 64 : 2000);
        data_to(m.liar->conn, m.subject, to_client ? 64 : 2000);
        part(&m);
    }
}

/* RFC 8449 4: "unprotected messages are not subject to this limit"; Finished is protected, and short. */
static void record_size_limit_is_for_protected_records(void **state)
{
    (void)state;
    static const struct trait c = {.side = CLIENT, .record_size_limit = 64},
                              s = {.side = SERVER, .record_size_limit = 64};
    struct meeting m = start(&s, &c, NULL);
    m.liar->one_record_each = true;
    carry(m.subject, m.liar->conn);
    assert_int_equal(m.liar->conn->out.fragment, RECORD_PLAINTEXT_MAX);
    converse(m.liar->conn, m.subject);
    expect_complete(m.liar->conn, m.subject, "certificates in the clear");
    assert_int_equal(m.liar->conn->out.fragment, 64);
    assert_int_equal(m.subject->in.fragment, 64);
    part(&m);
}

/* ---- resumption ---- */
/* RFC 6066 1.1: nothing is answered when a session is resumed; servers that repeat it are understood. */
static void a_resuming_server_that_repeats_it(void **state)
{
    (void)state;
    hf_session *session = earn_session(shared_config(&client_512), shared_config(&server));
    static const struct {
        const char *code;
        hf_err row;
    } rows[] = {{"\1", HF_OK}, {"\2", HF_MAX_FRAGMENT_DIFFERS}, {"\0", HF_MAX_FRAGMENT_DIFFERS}};
    for (size_t i = 0; i < 3; i++) {
        struct edit edits[EDITS_MAX] = {{MFL, rows[i].code, 1}};
        struct meeting m = start(&server, &client_512, session);
        m.liar->lie = edit_hello;
        m.liar->about = edits;
        converse(m.liar->conn, m.subject);
        if (rows[i].row == HF_OK) {
            expect_complete(m.liar->conn, m.subject, "a server that repeats it");
            assert_true(hf_negotiated(m.subject)->resumed);
            assert_int_equal(hf_negotiated(m.subject)->max_fragment, 512);
        } else {
            expect_refused(m.subject, m.liar->conn, rows[i].row, "another length on resumption");
        }
        part(&m);
    }
    hf_session_free(session);
}

/* A length that the session was made without cannot come with its resumption. */
static void a_resuming_server_that_brings_it_up(void **state)
{
    (void)state;
    hf_session *session = earn_session(shared_config(&client_512), shared_config(&server));
    ((struct session *)session)->max_fragment = 0; /* as the client knows it */
    struct edit some[EDITS_MAX] = {{MFL, "\1", 1}};
    struct meeting m = start(&server, &client_512, session);
    m.liar->lie = edit_hello;
    m.liar->about = some;
    converse(m.liar->conn, m.subject);
    expect_refused(m.subject, m.liar->conn, HF_MAX_FRAGMENT_DIFFERS, "a length that the session has not");
    part(&m);
    hf_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_in_client_hello),
        cmocka_unit_test(a_server_without_record_size_limit),
        cmocka_unit_test(bodies_in_server_hello),
        cmocka_unit_test(handshake_messages_are_fragments_too),
        cmocka_unit_test(the_record_of_server_hello_itself),
        cmocka_unit_test(data_one_byte_too_long),
        cmocka_unit_test(each_side_has_a_limit_of_its_own),
        cmocka_unit_test(record_size_limit_is_for_protected_records),
        cmocka_unit_test(a_resuming_server_that_repeats_it),
        cmocka_unit_test(a_resuming_server_that_brings_it_up),
    };
    return cmocka_run_group_tests(tests, NULL, shared_configs_teardown);
}
