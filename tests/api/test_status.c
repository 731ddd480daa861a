/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ocsp.h"

/* OCSP stapling, must-staple and SCT delivery as users see them: RFC 6066 8, RFC 6961, RFC 7633, RFC 6962. */

static hf_config *client_with(hf_status_policy policy)
{
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_status(c, policy), HF_OK);
    return c;
}

static hf_err staple(hf_config *server, const struct test_ocsp *spec, hf_problem *why)
{
    hf_bytes response = test_ocsp_make(spec);
    hf_err err = hf_config_staple(server, response, why);
    test_ocsp_free(response);
    return err;
}

static hf_config *server_with(const struct test_identity *identity, const struct test_ocsp *spec)
{
    hf_config *s = test_server_without_identity();
    hf_problem why;
    test_add_identity(s, identity);
    assert_int_equal(staple(s, spec, &why), HF_OK);
    return s;
}

static const hf_summary *seen_by_client(const struct pair *p)
{
    return hf_negotiated(p->client);
}

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

/* ---- what a config takes ---- */
static void test_what_can_be_stapled(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *server = test_server_config(), *client = test_client_config();
    hf_problem why;
    hf_bytes good = test_ocsp_make(&(struct test_ocsp){.of = of});
    assert_int_equal(hf_config_staple(NULL, good, &why), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_staple(server, (hf_bytes){NULL, 0}, &why), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_staple(client, good, &why), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_staple(server, (hf_bytes){good.data, 0}, &why), HF_BAD_STAPLE);
    for (size_t len = 1; len < good.len; len++) {
        assert_int_equal(hf_config_staple(server, (hf_bytes){good.data, len}, &why), HF_BAD_STAPLE);
    }
    assert_int_equal(hf_config_staple(server, (hf_bytes){good.data, 32 * 1024 + 1}, &why), HF_BAD_STAPLE);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .no_answer = 3}, &why), HF_BAD_STAPLE);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .other_serial = true}, &why),
                     HF_STAPLE_OF_ANOTHER);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = &test_pki()->server[TEST_RSA]}, &why),
                     HF_STAPLE_OF_ANOTHER);
    assert_int_equal(hf_config_staple_file(server, "/nowhere/x.ocsp", &why), HF_FILE_UNREADABLE);
    assert_non_null(strstr(why.sentence, "/nowhere/x.ocsp"));
    /* taken, with a warning */
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .next_update = TEST_NOW - 1}, &why), HF_OK);
    assert_non_null(strstr(why.sentence, "expired on 2026-05-31 23:59:59 UTC"));
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .status = TEST_REVOKED}, &why), HF_OK);
    assert_non_null(strstr(why.sentence, "revoked"));
    assert_int_equal(hf_config_staple(server, good, &why), HF_OK);
    assert_string_equal(why.sentence, "");
    test_ocsp_free(good);
    assert_int_equal(hf_config_status(server, HF_STATUS_SOFT), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_status(client, (hf_status_policy)3), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_sct(server, true), HF_BAD_ARGUMENT);
    test_freeze(client);
    assert_int_equal(hf_config_status(client, HF_STATUS_SOFT), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_sct(client, true), HF_CONFIG_FROZEN);
    hf_config_free(server);
    hf_config_free(client);
}

/* ---- signed certificate timestamps: RFC 6962 3.3 ---- */
static const char two_scts[] = "\0\7\0\1a\0\2bc";

static void test_timestamps(void **state)
{
    (void)state;
    for (int asks = 0; asks < 2; asks++) {
        for (int has = 0; has < 2; has++) {
            hf_config *client = test_client_config(), *server = test_server_config();
            assert_int_equal(hf_config_sct(client, asks), HF_OK);
            if (has) {
                hf_bytes list = {(const uint8_t *)two_scts, sizeof two_scts - 1};
                assert_int_equal(hf_config_sct_list(server, 0, list), HF_OK);
            }
            struct pair *p = pair_take(client, server, TEST_HOST);
            pair_run(p);
            pair_assert_complete(p);
            hf_bytes got = seen_by_client(p)->peer_sct_list;
            assert_int_equal(got.len, asks && has ? sizeof two_scts - 1 : 0);
            assert_true(!got.len || memcmp(got.data, two_scts, got.len) == 0);
            pair_free(p);
        }
    }
}

/* The longest list, beside the longest application protocol and as much of the application's own as there may
 * be. */
static void test_the_longest_list_of_timestamps(void **state)
{
    (void)state;
    static uint8_t own[4092], list[1024] = {3, 254, 3, 252};
    char alpn[256] = {0};
    memset(alpn, 'a', 255);
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_sct(client, true), HF_OK);
    assert_int_equal(hf_config_sct_list(server, 0, (hf_bytes){list, sizeof list}), HF_OK);
    for (int side = 0; side < 2; side++) {
        hf_config *c = side == HF_CLIENT ? client : server;
        assert_int_equal(hf_config_alpn(c, alpn, false), HF_OK);
        assert_int_equal(hf_config_extension(c, 0xff77, HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO,
                                             (hf_bytes){own, sizeof own}),
                         HF_OK);
    }
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, sizeof list);
    assert_memory_equal(seen_by_client(p)->peer_sct_list.data, list, sizeof list);
    assert_int_equal(hf_extension_received(p->client, 0xff77).len, sizeof own);
    pair_free(p);
}

/* 3.3.1: not when a session is resumed. */
static void test_timestamps_are_not_sent_again(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_sct(client, true), HF_OK);
    assert_int_equal(hf_config_sct_list(server, 0, (hf_bytes){(const uint8_t *)two_scts, 9}), HF_OK);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, 9);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    assert_true(seen_by_client(p)->resumed);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, 0);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void test_what_a_list_of_timestamps_is(void **state)
{
    (void)state;
    uint8_t sct[1 + 32 + 8 + 2 + 2 + 2 + 70] = {0}, large[1100] = {4, 0x4a, 4, 0x48};
    sct[43] = 4, sct[44] = 3, sct[46] = 70;
    const struct {
        hf_bytes list;
        hf_err err;
    } rows[] = {
        {{(const uint8_t *)two_scts, 9}, HF_OK},
        {{(const uint8_t *)two_scts, 8}, HF_BAD_SCT_LIST},
        {{(const uint8_t *)"\0\0", 2}, HF_BAD_SCT_LIST},        /* at least one: RFC 6962 3.3 */
        {{(const uint8_t *)"\0\2\0\0", 4}, HF_BAD_SCT_LIST},    /* and none of them empty */
        {{(const uint8_t *)"\0\3\0\1a\0", 6}, HF_BAD_SCT_LIST}, /* nothing behind it */
        {{(const uint8_t *)"\0\4\0\1a\0", 6}, HF_BAD_SCT_LIST}, /* half a length */
        {{(const uint8_t *)"", 0}, HF_BAD_SCT_LIST},
        {{sct, sizeof sct}, HF_OK}, /* one, as a log gives it */
        {{sct, sizeof sct - 1}, HF_BAD_SCT_LIST},
        {{large, sizeof large}, HF_BAD_SCT_LIST},
    };
    hf_config *server = test_server_config(), *client = test_client_config();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(hf_config_sct_list(server, 0, rows[i].list), rows[i].err);
    }
    assert_int_equal(hf_config_sct_list(server, 1, rows[0].list), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_sct_list(client, 0, rows[0].list), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_sct_list(server, 0, (hf_bytes){NULL, 0}), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_sct_list_file(server, 0, "/nowhere/x.sct"), HF_FILE_UNREADABLE);
    hf_config_free(server);
    hf_config_free(client);
}

static void test_from_files(void **state)
{
    (void)state;
    char path[] = "/tmp/handfast-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    hf_bytes response = test_ocsp_make(&(struct test_ocsp){.of = &test_pki()->server[TEST_P256]});
    hf_config *server = test_server_config();
    hf_problem why;
    assert_int_equal(write(fd, response.data, response.len), (long)response.len);
    assert_int_equal(hf_config_staple_file(server, path, &why), HF_OK);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, two_scts, 9, 0), 9);
    assert_int_equal(hf_config_sct_list_file(server, 0, path), HF_OK);
    assert_int_equal(hf_config_staple_file(server, path, &why), HF_BAD_STAPLE);
    hf_config *client = client_with(HF_STATUS_HARD);
    assert_int_equal(hf_config_sct(client, true), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, 9);
    pair_free(p);
    test_ocsp_free(response);
    close(fd);
    unlink(path);
}

static void test_words(void **state)
{
    (void)state;
    for (hf_staple_verdict v = HF_STAPLE_NOT_ASKED; v <= HF_STAPLE_REVOKED; v++) {
        assert_true(strlen(hf_staple_verdict_word(v)) > 2);
    }
    assert_string_equal(hf_staple_verdict_word((hf_staple_verdict)99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_must_staple),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_not_asked),
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_renewal_in_the_midst),
        cmocka_unit_test(test_the_chain_cache_hides_nothing),
        cmocka_unit_test(test_resumption),
        cmocka_unit_test(test_resumption_with_an_identity_picked),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_a_session_ends_with_the_response),
        cmocka_unit_test(test_the_application_may_overrule),
        cmocka_unit_test(test_a_chain_that_does_not_validate),
        cmocka_unit_test(test_the_whole_chain),
        cmocka_unit_test(test_two_identities),
        cmocka_unit_test(test_what_can_be_stapled),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_the_longest_list_of_timestamps),
        cmocka_unit_test(test_timestamps_are_not_sent_again),
        cmocka_unit_test(test_what_a_list_of_timestamps_is),
        cmocka_unit_test(test_from_files),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
