/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

/* OCSP stapling and must-staple as users see them: RFC 6066 8, RFC 6961, RFC 7633; in TLS 1.3 beside the
 * certificate, RFC 8446 4.4.2.1. */

/* ---- the verdicts ---- */
struct verdict_case {
    struct test_ocsp spec;
    hf_staple_verdict verdict;
    hf_err error;
    bool always; /* fatal in soft mode too */
};

/* What a server sends although it must not, our own would not: its clock is another one. */
static int64_t early = TEST_NOW - 3 * TEST_DAY;

static const struct verdict_case verdicts[] = {
    {{.status = TEST_GOOD}, HF_STAPLE_GOOD, HF_OK, false},
    {{.by = TEST_DELEGATE_ANSWERS}, HF_STAPLE_GOOD, HF_OK, false},
    {{.status = TEST_REVOKED}, HF_STAPLE_REVOKED, HF_STATUS_REVOKED, true},
    {{.status = TEST_UNKNOWN}, HF_STAPLE_UNKNOWN, HF_STATUS_UNKNOWN, false},
    {{.by = TEST_STRANGER_ANSWERS}, HF_STAPLE_BAD, HF_BAD_STATUS_RESPONSE, false},
    {{.by = TEST_DELEGATE_LACKS_USAGE}, HF_STAPLE_BAD, HF_BAD_STATUS_RESPONSE, false},
    {{.broken_signature = true}, HF_STAPLE_BAD, HF_BAD_STATUS_RESPONSE, false},
    {{.this_update = TEST_NOW - 4 * TEST_DAY, .next_update = TEST_NOW - TEST_DAY},
     HF_STAPLE_STALE,
     HF_STATUS_RESPONSE_EXPIRED,
     false},
};

static void play_verdict(const struct verdict_case *v, const struct test_identity *identity,
                         hf_status_policy policy, bool refused)
{
    struct test_ocsp spec = v->spec;
    spec.of = identity;
    hf_config *server = server_with(identity, &spec);
    if (v->verdict == HF_STAPLE_STALE) {
        assert_int_equal(hf_config_clock(server, test_clock, &early), HF_OK);
    }
    struct pair *p = pair_take(client_with(policy), server, TEST_HOST);
    pair_run(p);
    assert_int_equal(seen_by_client(p)->peer_status, v->verdict);
    assert_int_equal(seen_by_client(p)->peer_status_error, v->error);
    assert_true(seen_by_client(p)->stapled && hf_negotiated(p->server)->stapled);
    if (refused) {
        pair_assert_refused(p, HF_CLIENT, v->error, 113); /* bad_certificate_status_response */
        assert_non_null(strstr(hf_failed(p->client)->detail, "certificate 0"));
    } else {
        pair_assert_complete(p);
        pair_exchange(p, 100);
    }
    pair_free(p);
}

static void test_verdicts(void **state)
{
    (void)state;
    const struct test_identity *plain = &test_pki()->server[TEST_P256];
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const struct verdict_case *v = &verdicts[i];
        play_verdict(v, plain, HF_STATUS_SOFT, v->always);
        play_verdict(v, plain, HF_STATUS_HARD, v->verdict != HF_STAPLE_GOOD);
    }
}

/* RFC 7633 4.3.3: such a certificate is refused without a good response, soft or hard; not by a client that
 * did not ask. */
static void test_must_staple(void **state)
{
    (void)state;
    struct test_identity must = test_identity_make(&(struct test_spec){.feature = "status_request"});
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        play_verdict(&verdicts[i], &must, HF_STATUS_SOFT, verdicts[i].verdict != HF_STAPLE_GOOD);
    }
    for (hf_status_policy policy = HF_STATUS_OFF; policy <= HF_STATUS_HARD; policy++) {
        hf_config *server = test_server_without_identity();
        test_add_identity(server, &must);
        struct pair *p = pair_take(client_with(policy), server, TEST_HOST);
        pair_run(p);
        if (policy == HF_STATUS_OFF) {
            pair_assert_complete(p);
            assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_NOT_ASKED);
        } else {
            pair_assert_refused(p, HF_CLIENT, HF_MUST_STAPLE, 113);
            assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_MISSING);
        }
        pair_free(p);
    }
    test_identity_free(&must);
}

static void test_missing(void **state)
{
    (void)state;
    for (hf_status_policy policy = HF_STATUS_OFF; policy <= HF_STATUS_HARD; policy++) {
        struct pair *p = pair_take(client_with(policy), test_server_config(), TEST_HOST);
        pair_run(p);
        assert_false(seen_by_client(p)->stapled);
        assert_int_equal(seen_by_client(p)->peer_status,
                         policy == HF_STATUS_OFF ? HF_STAPLE_NOT_ASKED : HF_STAPLE_MISSING);
        if (policy == HF_STATUS_HARD) {
            pair_assert_refused(p, HF_CLIENT, HF_STATUS_MISSING, 113);
        } else {
            pair_assert_complete(p);
        }
        pair_free(p);
    }
}

/* A server that has a response does not send it to a client that did not ask: RFC 6066 8. */
static void test_not_asked(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    struct pair *p =
        pair_take(client_with(HF_STATUS_OFF), server_with(of, &(struct test_ocsp){.of = of}), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(strstr(p->steps[HF_SERVER], "CertificateStatus"));
    assert_false(hf_negotiated(p->server)->stapled);
    pair_free(p);
}

/* ---- the application's say ---- */
static bool overrule(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)pair;
    hf_question q;
    assert_int_equal(hf_asked(asked, &q), HF_ASK_VERIFY);
    assert_int_equal(q.verdict, *(const hf_err *)arg);
    assert_int_equal(hf_answer_verdict(asked, HF_OK), HF_OK);
    return true;
}

static void test_the_application_may_overrule(void **state)
{
    (void)state;
    static const hf_err verdict = HF_STATUS_REVOKED;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = client_with(HF_STATUS_SOFT);
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    struct pair *p =
        pair_take(client, server_with(of, &(struct test_ocsp){.of = of, .status = TEST_REVOKED}), TEST_HOST);
    p->ask = overrule;
    p->ask_arg = (void *)(uintptr_t)&verdict;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_REVOKED);
    assert_int_equal(seen_by_client(p)->peer_verdict, HF_STATUS_REVOKED);
    assert_false(seen_by_client(p)->peer_verified);
    pair_free(p);
}

static void test_a_chain_that_does_not_validate(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = hf_config_client();
    assert_non_null(client);
    assert_int_equal(hf_config_versions(client, test_version, test_version), HF_OK);
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_status(client, HF_STATUS_HARD), HF_OK);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    struct pair *p = pair_take(client, server_with(of, &(struct test_ocsp){.of = of}), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(seen_by_client(p)->stapled);
    assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_NOT_JUDGED);
    pair_free(p);
}

/* ---- RFC 6961: the whole chain ---- */
static void test_the_whole_chain(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    static const struct {
        bool leaf;
        enum test_status above;
        int64_t above_until;
        hf_staple_verdict verdict;
        hf_err err;
        bool refused[3]; /* by policy */
    } rows[] = {
        {true, TEST_GOOD, TEST_NOW + TEST_DAY, HF_STAPLE_GOOD, HF_OK, {false, false, false}},
        {true, TEST_REVOKED, TEST_NOW + TEST_DAY, HF_STAPLE_REVOKED, HF_STATUS_REVOKED, {false, true, true}},
        {true, TEST_UNKNOWN, TEST_NOW + TEST_DAY, HF_STAPLE_UNKNOWN, HF_STATUS_UNKNOWN, {false, false, true}},
        /* out of date: the list goes on without it */
        {true, TEST_REVOKED, TEST_NOW - 1, HF_STAPLE_GOOD, HF_OK, {false, false, false}},
        /* an empty entry for the leaf is as if none had come */
        {false, TEST_GOOD, TEST_NOW + TEST_DAY, HF_STAPLE_MISSING, HF_STATUS_MISSING, {false, false, true}},
        {false, TEST_REVOKED, TEST_NOW + TEST_DAY, HF_STAPLE_REVOKED, HF_STATUS_REVOKED, {false, true, true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (hf_status_policy policy = HF_STATUS_SOFT; policy <= HF_STATUS_HARD; policy++) {
            hf_config *server = test_server_config();
            struct test_ocsp above = {.status = rows[i].above, .next_update = rows[i].above_until};
            assert_int_equal(staple(server, &above, NULL), HF_OK);
            if (rows[i].leaf) {
                assert_int_equal(staple(server, &(struct test_ocsp){.of = of}, NULL), HF_OK);
            }
            struct pair *p = pair_take(client_with(policy), server, TEST_HOST);
            pair_run(p);
            assert_int_equal(seen_by_client(p)->peer_status, rows[i].verdict);
            assert_true(seen_by_client(p)->stapled);
            if (rows[i].refused[policy]) {
                pair_assert_refused(p, HF_CLIENT, rows[i].err, 113);
            } else {
                pair_assert_complete(p);
            }
            pair_free(p);
        }
    }
}

/* Each response finds its certificate, whichever identity has it; each client gets that of its server. */
static void test_two_identities(void **state)
{
    (void)state;
    const struct test_identity *here = &test_pki()->server[TEST_P256];
    struct test_identity there = test_identity_make(&(struct test_spec){.names = "DNS:other.test"});
    hf_config *server = test_server_config();
    test_add_identity(server, &there);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = &there, .status = TEST_REVOKED}, NULL), HF_OK);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = here}, NULL), HF_OK);
    hf_config *client = client_with(HF_STATUS_HARD);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    pair_free(p);
    p = pair_connect(client, server, "other.test");
    pair_assert_refused(p, HF_CLIENT, HF_STATUS_REVOKED, 113);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
    test_identity_free(&there);
}

/* RFC 8446 4.4.2.1: what is renewed goes into the next handshake. */
static void test_a_response_is_renewed(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *server = test_freeze(server_with(of, &(struct test_ocsp){.of = of}));
    hf_config *client = client_with(HF_STATUS_HARD);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_GOOD);
    pair_free(p);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .status = TEST_REVOKED}, NULL), HF_OK);
    p = pair_connect(client, server, TEST_HOST);
    pair_assert_refused(p, HF_CLIENT, HF_STATUS_REVOKED, 113);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
}

/* RFC 8446 4.4.2.1: there is no CertificateStatus, and status_request_v2 is no extension of its. */
static void test_the_message_is_certificate(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    struct pair *p =
        pair_take(client_with(HF_STATUS_HARD), server_with(of, &(struct test_ocsp){.of = of}), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->version, 0x0304);
    assert_null(strstr(p->steps[HF_CLIENT], "CertificateStatus"));
    assert_true(seen_by_client(p)->stapled);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_must_staple),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_not_asked),
        cmocka_unit_test(test_the_application_may_overrule),
        cmocka_unit_test(test_a_chain_that_does_not_validate),
        cmocka_unit_test(test_the_whole_chain),
        cmocka_unit_test(test_two_identities),
        cmocka_unit_test(test_a_response_is_renewed),
    };
    const struct CMUnitTest tests13[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_must_staple),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_not_asked),
        cmocka_unit_test(test_the_application_may_overrule),
        cmocka_unit_test(test_a_chain_that_does_not_validate),
        cmocka_unit_test(test_the_whole_chain),
        cmocka_unit_test(test_two_identities),
        cmocka_unit_test(test_a_response_is_renewed),
        cmocka_unit_test(test_the_message_is_certificate),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_version = 0x0304;
    return failed + cmocka_run_group_tests(tests13, NULL, NULL);
}
