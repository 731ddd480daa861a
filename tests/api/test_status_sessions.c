/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

/* What is stapled through the life of a config, of a connection and of a session: RFC 6066 1.1, 8, RFC 6960,
 * RFC 5746.
 */

/* ---- renewing ---- */
/* RFC 6960 4.2.2.1, RFC 6066 8: a response out of date is not sent; a new one is, with the config frozen. */
static void test_renewal(void **state)
{
    (void)state;
    int64_t now = TEST_NOW;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    struct test_ocsp first = {.of = of, .next_update = TEST_NOW + 100};
    hf_config *client = client_with(HF_STATUS_SOFT), *server = server_with(of, &first);
    assert_int_equal(hf_config_clock(client, test_clock, &now), HF_OK);
    assert_int_equal(hf_config_clock(server, test_clock, &now), HF_OK);
    test_freeze(client);
    test_freeze(server);
    static const struct {
        int64_t at;
        bool renewed, sent;
    } steps[] = {{-TEST_DAY - 301, false, false}, /* not of this day yet */
                 {-TEST_DAY - 300, false, true},
                 {99, false, true},
                 {100, false, false},
                 {500, false, false},
                 {500, true, true}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        now = TEST_NOW + steps[i].at;
        hf_problem why;
        if (steps[i].renewed) {
            assert_int_equal(staple(server, &(struct test_ocsp){.of = of}, &why), HF_OK);
            assert_string_equal(why.sentence, "");
        }
        struct pair *p = pair_connect(client, server, TEST_HOST);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->stapled, steps[i].sent);
        assert_int_equal(seen_by_client(p)->peer_status, steps[i].sent ? HF_STAPLE_GOOD : HF_STAPLE_MISSING);
        pair_free(p);
    }
    hf_config_free(client);
    hf_config_free(server);
}

/* SupplementalData, which the application is asked for, stands between the ServerHello, which says that a
 * response follows, and CertificateStatus: what is renewed there does not change under the handshake. */
static void test_renewal_in_the_midst(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = client_with(HF_STATUS_SOFT), *server = server_with(of, &(struct test_ocsp){.of = of});
    const hf_supplemental_type row = {
        .type = 65400, .extension = 65300, .server_sends = true, .when = HF_UNSAFE_IN_CLEAR};
    assert_int_equal(hf_config_supplemental(client, &row), HF_OK);
    assert_int_equal(hf_config_supplemental(server, &row), HF_OK);
    struct pair *p = pair_new(client, server, TEST_HOST);
    pair_run(p);
    assert_int_equal(hf_asked(p->server, NULL), HF_ASK_SUPPLEMENTAL);
    assert_non_null(strstr(p->steps[HF_SERVER], "ServerHello"));
    assert_null(strstr(p->steps[HF_SERVER], "Certificate"));
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .status = TEST_REVOKED}, NULL), HF_OK);
    assert_int_equal(hf_answer_supplemental(p->server, NULL, 0), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(seen_by_client(p)->stapled);
    assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_GOOD);
    pair_free(p);
    p = pair_new(client, server, TEST_HOST);
    pair_run(p);
    assert_int_equal(hf_answer_supplemental(p->server, NULL, 0), HF_OK);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_STATUS_REVOKED, 113);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
}

/* The chain is remembered as validated; what is stapled to it is judged each time. */
static void test_the_chain_cache_hides_nothing(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = test_freeze(client_with(HF_STATUS_HARD)),
              *server = test_freeze(server_with(of, &(struct test_ocsp){.of = of})),
              *silent = test_freeze(test_server_config());
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    pair_free(p);
    p = pair_connect(client, silent, TEST_HOST);
    pair_assert_refused(p, HF_CLIENT, HF_STATUS_MISSING, 113);
    pair_free(p);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .broken_signature = true}, NULL), HF_OK);
    p = pair_connect(client, server, TEST_HOST);
    pair_assert_refused(p, HF_CLIENT, HF_BAD_STATUS_RESPONSE, 113);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(silent);
}

/* ---- sessions ---- */
/* RFC 6066 1.1: nothing is stapled to a resumed session; and none is resumed under another policy. */
static void test_resumption(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *hard = test_freeze(client_with(HF_STATUS_HARD)),
              *off = test_freeze(client_with(HF_STATUS_OFF)),
              *server = test_freeze(server_with(of, &(struct test_ocsp){.of = of}));
    struct pair *p = pair_connect(hard, server, TEST_HOST);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(hard, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_true(seen_by_client(p)->resumed);
    assert_false(seen_by_client(p)->stapled || hf_negotiated(p->server)->stapled);
    assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_NOT_ASKED);
    pair_free(p);
    hf_session_free(session);
    p = pair_connect(off, server, TEST_HOST);
    session = pair_session(p);
    pair_free(p);
    p = pair_resume(hard, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_false(seen_by_client(p)->resumed);
    assert_int_equal(seen_by_client(p)->resumption, HF_SESSION_CONTEXT);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(hard);
    hf_config_free(off);
    hf_config_free(server);
}

static bool pick_first(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)arg, (void)pair;
    return hf_asked(asked, NULL) == HF_ASK_PICK_IDENTITY && hf_answer_identity(asked, 0) == HF_OK;
}

/* Nor when the application has picked an identity before the session was found. */
static void test_resumption_with_an_identity_picked(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = test_freeze(client_with(HF_STATUS_HARD)),
              *server = server_with(of, &(struct test_ocsp){.of = of});
    hf_session *session = NULL;
    assert_int_equal(hf_config_ask(server, HF_ASK_PICK_IDENTITY), HF_OK);
    for (int resumed = 0; resumed < 2; resumed++) {
        struct pair *p = pair_new(client, server, TEST_HOST);
        p->ask = pick_first;
        assert_true(!session || hf_conn_resume(p->client, session) == HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(seen_by_client(p)->resumed, resumed);
        assert_int_equal(seen_by_client(p)->stapled, !resumed);
        assert_int_equal(hf_negotiated(p->server)->stapled, !resumed);
        hf_session_free(session);
        session = pair_session(p);
        pair_free(p);
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* RFC 5746: a later handshake has a status of its own. */
static void test_renegotiation(void **state)
{
    (void)state;
    int64_t now = TEST_NOW;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = client_with(HF_STATUS_HARD), *server = server_with(of, &(struct test_ocsp){.of = of});
    assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_WHEN_WE_ASK, 0, 0), HF_OK);
    assert_int_equal(hf_config_renegotiation(server, HF_RENEGOTIATE_ACCEPT, 2, 1), HF_OK);
    assert_int_equal(hf_config_clock(server, test_clock, &now), HF_OK);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_int_equal(seen_by_client(p)->renegotiation, HF_RENEGOTIATED);
    now += 60; /* they may not follow one another too fast */
    assert_int_equal(seen_by_client(p)->peer_status, HF_STAPLE_GOOD);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .status = TEST_REVOKED}, NULL), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_non_null(hf_failed(p->client));
    assert_int_equal(hf_failed(p->client)->err, HF_STATUS_REVOKED);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
}

/* What was proved with a response is not resumed past the response. */
static void test_a_session_ends_with_the_response(void **state)
{
    (void)state;
    int64_t now = TEST_NOW;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *client = client_with(HF_STATUS_HARD);
    assert_int_equal(hf_config_clock(client, test_clock, &now), HF_OK);
    hf_config *server =
        test_freeze(server_with(of, &(struct test_ocsp){.of = of, .next_update = TEST_NOW + 60}));
    struct pair *p = pair_connect(test_freeze(client), server, TEST_HOST);
    hf_session *session = pair_session(p);
    pair_free(p);
    now = TEST_NOW + 60 + 301; /* and the five minutes that clocks may differ */
    p = pair_resume(client, server, TEST_HOST, session);
    assert_false(seen_by_client(p)->resumed);
    assert_int_equal(seen_by_client(p)->resumption, HF_SESSION_AUTH_AGE);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_renewal_in_the_midst),
        cmocka_unit_test(test_the_chain_cache_hides_nothing),
        cmocka_unit_test(test_resumption),
        cmocka_unit_test(test_resumption_with_an_identity_picked),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_a_session_ends_with_the_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
