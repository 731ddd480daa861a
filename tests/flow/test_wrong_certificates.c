/* SPDX-License-Identifier: MIT */
#include "meeting.h"

/*
 * Certificate messages at their place, well formed, that do not serve the suite, are empty where one is due,
 * or are not proven; and requests that nothing fits. Checklist S5, S7.
 */
static const struct trait client = {.side = CLIENT}, server = {.side = SERVER},
                          server_rsa = {.side = SERVER, .key = TEST_RSA};
static const struct trait server_requires = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE};

/* A suite that was offered, but not for the key of the certificate that follows. */
static void test_certificate_that_does_not_serve_the_suite(void **state)
{
    (void)state;
    struct field_lie lie = {SERVER_HELLO, "cipher_suite", .bytes = slice_of("\xc0\x2f", 2)};
    struct meeting m = meet(SERVER, &client, &server, false);
    m.liar->lie = lie_in_field;
    m.liar->about = &lie;
    expect_refusal(&m, HF_UNSUPPORTED_CERTIFICATE, "an ECDSA certificate under an RSA suite");
    lie.bytes = slice_of("\xc0\x2b", 2);
    m = meet(SERVER, &client, &server_rsa, false);
    m.liar->lie = lie_in_field;
    m.liar->about = &lie;
    expect_refusal(&m, HF_UNSUPPORTED_CERTIFICATE, "an RSA certificate under an ECDSA suite");
}

static void test_certificates_that_are_missing(void **state)
{
    (void)state;
    static const struct slice empty = {(const uint8_t *)"\0\0\0", 3};
    struct meeting m = meet(SERVER, &client, &server, false);
    m.liar->lie = say_body;
    m.liar->number = CERTIFICATE;
    m.liar->about = &empty;
    expect_refusal(&m, HF_EMPTY_SERVER_CERTIFICATE, "no server certificate");
    m = meet(CLIENT, &client, &server_requires, false);
    m.liar->lie = say_body;
    m.liar->number = CERTIFICATE;
    m.liar->about = &empty;
    expect_refusal(&m, HF_CLIENT_CERTIFICATE_MISSING, "no client certificate"); /* S7 */
}

/* Behind a good leaf something that is no certificate. An application that is asked says what it was told. */
static void spoil_the_issuer(struct puppet *p, enum message m)
{
    if (m == CERTIFICATE) {
        size_t second = HANDSHAKE_HEADER + 3;
        second += 3u + ((size_t)p->bytes[second + 1] << 8 | p->bytes[second + 2]);
        assert_true(second + 3 < p->len);
        p->bytes[second + 3] ^= 0xff; /* SEQUENCE no more */
        p->told = true;
    }
}

static void test_chain_with_something_that_is_no_certificate(void **state)
{
    (void)state;
    static const struct trait asked = {.side = CLIENT, .asks = HF_ASK_VERIFY};
    struct meeting m = meet(SERVER, &client, &server, false);
    m.liar->lie = spoil_the_issuer;
    expect_refusal(&m, HF_MALFORMED_CERTIFICATE, "no certificate in the chain");
    m = meet(SERVER, &asked, &server, false);
    m.liar->lie = spoil_the_issuer;
    converse(m.liar->conn, m.subject);
    hf_question q;
    assert_int_equal(hf_asked(m.subject, &q), HF_ASK_VERIFY);
    assert_int_equal(q.verdict, HF_MALFORMED_CERTIFICATE);
    assert_int_equal(hf_answer_verdict(m.subject, HF_BAD_FINISHED), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_verdict(m.subject, q.verdict), HF_OK);
    expect_refusal(&m, HF_MALFORMED_CERTIFICATE, "no certificate in the chain, by the application's word");
}

/* RFC 5246 7.4.6: a client that has nothing of what is asked for says so, and signs nothing. */
static void test_certificate_requests_that_nothing_fits(void **state)
{
    (void)state;
    const struct trait c = MUTUAL_CLIENT(TEST_P256);
    static const struct trait server_asks = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST};
    static const struct field_lie lies[] = {
        {CERTIFICATE_REQUEST, "certificate_types", .bytes = {(const uint8_t *)"\1", 1}}, /* rsa_sign */
        {CERTIFICATE_REQUEST, "certificate_types", .bytes = {(const uint8_t *)"\3\4\24\177", 4}},
        {CERTIFICATE_REQUEST, "signature_algorithms", .bytes = {(const uint8_t *)"\x7a\x7a\2\3\4\1", 6}},
        {CERTIFICATE_REQUEST, "certificate_authorities", .bytes = {(const uint8_t *)"\0\2\60\0", 4}},
    };
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct meeting m = meet(SERVER, &c, &server_asks, false);
        m.liar->lie = lie_in_field;
        m.liar->about = &lies[i];
        converse(m.liar->conn, m.subject);
        assert_true(m.liar->told);
        expect_complete(m.liar->conn, m.subject, lies[i].field);
        assert_true(hf_negotiated(m.subject)->identity == HF_NO_IDENTITY);
        assert_true(hf_negotiated(m.subject)->client_auth_requested);
        assert_int_equal(hf_negotiated(m.liar->conn)->peer_chain.len, 0);
        part(&m);
    }
}

/* A client that shows a certificate and then does not prove it, or proves what it did not show: S7. */
static void test_certificate_without_certificate_verify(void **state)
{
    (void)state;
    const struct trait c = MUTUAL_CLIENT(TEST_P256);
    static const struct trait server_asks = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST};
    const struct trait *const servers[] = {&server_requires, &server_asks};
    for (size_t i = 0; i < 2; i++) {
        struct meeting m = meet(CLIENT, &c, servers[i], false);
        m.liar->lie = leave_out;
        m.liar->number = CERTIFICATE_VERIFY;
        expect_refusal(&m, HF_EARLY_CHANGE_CIPHER_SPEC, "a certificate that is not proven");
        static const struct slice empty = {(const uint8_t *)"\0\0\0", 3};
        m = meet(CLIENT, &c, servers[i], false);
        m.liar->lie = say_body;
        m.liar->number = CERTIFICATE;
        m.liar->about = &empty;
        expect_refusal(&m, i == 0 ? HF_CLIENT_CERTIFICATE_MISSING : HF_UNEXPECTED_MESSAGE,
                       "a proof of a certificate that was not shown");
        m = meet(CLIENT, &c, servers[i], false);
        m.liar->lie = leave_out;
        m.liar->number = CERTIFICATE;
        expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "no Certificate message at all");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_that_does_not_serve_the_suite),
        cmocka_unit_test(test_certificates_that_are_missing),
        cmocka_unit_test(test_chain_with_something_that_is_no_certificate),
        cmocka_unit_test(test_certificate_requests_that_nothing_fits),
        cmocka_unit_test(test_certificate_without_certificate_verify),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
