/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

/* What a pre-shared key of TLS 1.3 is bound to, and what is asked anew each time. Checklist R1, R2, R3, R4.
 */

/* ---- R1: what it is bound to ---- */
static void another_ca_too(hf_config *c)
{
    test_trust(c, test_pki()->other_root);
}
static void another_generation(hf_config *c)
{
    assert_int_equal(hf_config_session_generation(c, "2"), HF_OK);
}
static void another_alpn(hf_config *c)
{
    assert_int_equal(hf_config_alpn(c, "h2", true), HF_OK);
}
static void auth_only_requested(hf_config *c)
{
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUEST), HF_OK);
}
static void a_suite_less(hf_config *c)
{
    assert_int_equal(hf_config_suites(c, "TLS_AES_256_GCM_SHA384", NULL), HF_OK);
}
static void another_identity(hf_config *c)
{
    test_add_identity(c, &test_pki()->server[TEST_ED25519]);
}
static change *differs_now;
static void mutual_and_different(hf_config *c)
{
    mutual(c);
    differs_now(c);
}

/* CVE-2025-23419, CVE-2025-23048: authentication is not carried to where it does not belong. */
static void another_config_is_foreign(void **state)
{
    (void)state;
    static change *const changes[] = {another_ca_too,      another_generation, another_alpn,
                                      auth_only_requested, a_suite_less,       another_identity};
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = alice13(), *server = server_by(how, mutual);
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            differs_now = changes[i];
            hf_config *other = server_by(how, mutual_and_different);
            hf_session *session = earn(client, server);
            size_t looked = store.asked;
            offers(client, other, session, HF_SESSION_FOREIGN);
            assert_int_equal(store.asked, looked); /* and no lookup */
            hf_config_free(other);
        }
        free_both(client, server);
    }
}

static void only_alice(hf_config *c)
{
    mutual(c);
    assert_int_equal(hf_config_peer_identities(c, "cn:alice", NULL), HF_OK);
}
static void only_bob(hf_config *c)
{
    mutual(c);
    assert_int_equal(hf_config_peer_identities(c, "cn:bob", NULL), HF_OK);
}

/* R3: the rule that let it in is gone: not resumed, and refused by the full handshake. */
static void a_rule_removed_in_between(void **state)
{
    (void)state;
    for (enum how how = BY_RECORD; how < WAYS; how++) {
        hf_config *client = alice13(), *before = server_by(how, only_alice),
                  *after = server_by(how, only_bob);
        hf_session *session = earn(client, before);
        struct pair *p = meet(client, after, session);
        assert_int_equal(hf_failed(p->server)->err, HF_IDENTITY_NOT_ALLOWED);
        assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_IDENTITY);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        free_both(before, after);
    }
}

static void no_mutual_resumption(hf_config *c)
{
    mutual(c);
    assert_int_equal(hf_config_resume_client_auth(c, false), HF_OK);
}

static void policy_may_want_full_handshakes(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = alice13(), *server = server_by(how, no_mutual_resumption);
        offers(client, server, earn(client, server), HF_SESSION_POLICY);
        free_both(client, server);
    }
}

static void judged(hf_config *c)
{
    mutual(c);
    assert_int_equal(hf_config_ask(c, HF_ASK_VERIFY), HF_OK);
}

static struct pair *meet_judged(hf_config *client, hf_config *server, hf_session *session,
                                struct judge *judge)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = sessions_answer;
    p->ask_arg = judge;
    if (session) {
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    }
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

static void the_verdict_is_asked_again(void **state)
{
    (void)state;
    static const hf_err verdicts[] = {HF_OK, HF_VERDICT_REFUSED};
    for (size_t i = 0; i < 2; i++) {
        hf_config *client = alice13(), *server = server_by(BY_ID, judged);
        struct judge judge = {HF_OK, verdicts[i], 0, 0};
        struct pair *p = meet_judged(client, server, NULL, &judge);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = meet_judged(client, server, session, &judge);
        assert_resumption(p, i ? HF_SESSION_IDENTITY : HF_RESUMED);
        assert_int_equal(judge.asked_resuming, 1);
        assert_int_equal(judge.asked_full, i ? 2 : 1);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* CVE-2025-68121: another host's key is not taken for this host, however the client comes by it. */
static void another_server_name(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
        assert_int_equal(hf_config_unknown_names(server, true), HF_OK);
        struct pair *p = meet_at(client, server, NULL, NULL); /* asks for no name */
        hf_session *session = pair_session(p);
        pair_free(p);
        p = meet_at(client, server, TEST_HOST, session);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_NAME);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* Checklist R4: a session of one version is none of another. */
static void only_tls12(hf_config *c)
{
    assert_int_equal(hf_config_versions(c, TLS12, TLS12), HF_OK);
}

static void versions_are_not_mixed(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *both = server_by(how, NULL), *old = server_by(how, only_tls12);
        hf_session *session = earn(client, both);
        struct pair *p = meet(client, old, session);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->version, TLS12);
        assert_false(hf_negotiated(p->client)->resumed);
        hf_session *older = pair_session(p);
        pair_free(p);
        hf_session_free(session);
        p = meet(client, both, older);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->version, TLS13);
        assert_resumption(p, HF_NOT_OFFERED == hf_negotiated(p->server)->resumption ? HF_NOT_OFFERED
                                                                                    : HF_SESSION_PARAMETERS);
        pair_free(p);
        hf_session_free(older);
        hf_config_free(client);
        free_both(both, old);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(another_config_is_foreign),
        SESSIONS_TEST(a_rule_removed_in_between),
        SESSIONS_TEST(policy_may_want_full_handshakes),
        SESSIONS_TEST(the_verdict_is_asked_again),
        SESSIONS_TEST(another_server_name),
        SESSIONS_TEST(versions_are_not_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
