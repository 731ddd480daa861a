/* SPDX-License-Identifier: MIT */
#include "again.h"

/* The client's certificate, asked for in a second handshake. Checklist N4, E4. */
static void the_client_certificate_is_asked_for_later(void **state)
{
    (void)state;
    for (enum test_key key = 0; key < TEST_KEYS; key++) {
        struct pair *p = connected_pair(alice(HF_RENEGOTIATE_ACCEPT, key), asking());
        assert_null(hf_negotiated(p->server)->peer_subject);
        assert_false(hf_negotiated(p->client)->client_auth_requested);
        pair_exchange(p, 100);
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        assert_null(hf_negotiated(p->server)->peer_subject);
        pair_run(p);
        assert_again(p, 1);
        assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
        assert_true(hf_negotiated(p->server)->peer_verified);
        assert_true(hf_negotiated(p->server)->client_scheme != 0);
        pair_exchange(p, 100);
        /* once asked, asked again: or nobody would be there afterwards */
        assert_int_equal(hf_renegotiate(p->server), HF_OK);
        renegotiation_now += 30;
        pair_run(p);
        assert_again(p, 2);
        assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
        pair_free(p);
    }
}

static void a_client_without_one(void **state)
{
    (void)state;
    struct pair *p = connected_pair(config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), asking());
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_true(hf_negotiated(p->server)->client_auth_requested);
    assert_null(hf_negotiated(p->server)->peer_subject);
    pair_exchange(p, 100);
    pair_free(p);
}

static void one_that_is_not_trusted_ends_it(void **state)
{
    (void)state;
    struct test_identity stranger =
        test_identity_make(&(struct test_spec){.issuer = TEST_BY_OTHER_ROOT, .extended = "clientAuth"});
    hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT);
    hf_config *server = asking();
    test_add_identity(client, &stranger);
    assert_int_equal(hf_config_send_ca_names(server, false), HF_OK);
    struct pair *p = connected_pair(client, server);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_CA, 48);
    pair_free(p);
    test_identity_free(&stranger);
}

/* A session from before, which knows nobody, is no answer to the question who the client is. */
static void asking_for_a_certificate_is_a_full_handshake(void **state)
{
    (void)state;
    hf_config *server = asking();
    assert_int_equal(hf_config_renegotiation(server, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    struct pair *p = connected_pair(alice(HF_RENEGOTIATE_ACCEPT, TEST_P256), server);
    hf_session *anonymous = pair_session(p);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    assert_int_equal(hf_renegotiate_resuming(p->client, anonymous), HF_OK); /* they cross */
    pair_run(p);
    assert_again(p, 1);
    assert_false(hf_negotiated(p->server)->resumed);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    /* nor may it be resumed now: alice would be gone (N4) */
    assert_int_equal(hf_renegotiate_resuming(p->client, anonymous), HF_OK);
    pair_run(p);
    assert_again(p, 2);
    assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_CONTEXT);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    hf_session_free(anonymous);
    hf_session *hers = pair_session(p);
    renegotiation_now += 30;
    assert_int_equal(hf_renegotiate_resuming(p->client, hers), HF_OK);
    pair_run(p);
    assert_again(p, 3);
    assert_true(hf_negotiated(p->server)->resumed);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    hf_session_free(hers);
    pair_free(p);
}

/* N4: another certificate in the second handshake, and the policy that lets it pass. */
static bool another_each_time(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)pair;
    return hf_answer_identity(asked, (*(size_t *)arg)++) == HF_OK;
}

static void another_certificate_is_refused_or_allowed(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        hf_side changes = i % 2 ? HF_SERVER : HF_CLIENT, judge = i % 2 ? HF_CLIENT : HF_SERVER;
        hf_config *c[2] = {alice(HF_RENEGOTIATE_ACCEPT, TEST_P256), asking()};
        test_add_identity(c[HF_CLIENT], &test_pki()->client[TEST_P384]);
        test_add_identity(c[HF_SERVER], &test_pki()->server[TEST_P384]);
        assert_int_equal(hf_config_client_auth(c[HF_SERVER], HF_CLIENT_AUTH_REQUIRE), HF_OK);
        assert_int_equal(hf_config_ask(c[changes], HF_ASK_PICK_IDENTITY), HF_OK);
        assert_int_equal(hf_config_renegotiation_may_change_peer(c[judge], i >= 2), HF_OK);
        struct pair *p = pair_take(c[HF_CLIENT], c[HF_SERVER], TEST_HOST);
        size_t next = 0;
        p->ask = another_each_time;
        p->ask_arg = &next;
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_renegotiate(p->server), HF_OK);
        pair_run(p);
        assert_int_equal(next, 2);
        if (i >= 2) {
            assert_again(p, 1);
            pair_exchange(p, 100);
        } else {
            pair_assert_refused(p, judge, HF_RENEGOTIATION_CHANGES_PEER, 47);
        }
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_certificate_is_asked_for_later),
        cmocka_unit_test(a_client_without_one),
        cmocka_unit_test(one_that_is_not_trusted_ends_it),
        cmocka_unit_test(asking_for_a_certificate_is_a_full_handshake),
        cmocka_unit_test(another_certificate_is_refused_or_allowed),
    };
    return cmocka_run_group_tests_name("api/renegotiation_certificates", tests, NULL, NULL);
}
