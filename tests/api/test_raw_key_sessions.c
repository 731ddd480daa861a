/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

#include <stdio.h>

/* Sessions of peers that showed raw public keys, RFC 7250: resumed under the same types and the same trust,
 * and under no other. In both versions; in memory, in a store, in tickets. Checklist R1, R3. */

static uint16_t spoken; /* version of every config here */
#define EACH_VERSION_AND_WAY(how)                   \
    for (spoken = TLS12; spoken <= TLS13; spoken++) \
        for (enum how how = BY_ID; how < WAYS; how++)

static hf_bytes key_of(hf_side side)
{
    return side == HF_CLIENT ? test_pki()->client[TEST_P256].key : test_pki()->server[TEST_P256].key;
}

static void trust_peer_of(hf_config *c, hf_side side)
{
    test_trust_key(c, key_of(side == HF_CLIENT ? HF_SERVER : HF_CLIENT));
}

static void trust_somebody(hf_config *c)
{
    uint8_t digest[32] = {1};
    assert_int_equal(hf_config_trust_key_sha256(c, (hf_bytes){digest, sizeof digest}), HF_OK);
}

/* A change of server_by's config, which has a certificate too. */
static void raw_mutual(hf_config *c)
{
    assert_int_equal(hf_config_versions(c, spoken, spoken), HF_OK);
    assert_int_equal(hf_config_identity_raw_key(c, key_of(HF_SERVER), NULL), HF_OK);
    trust_peer_of(c, HF_SERVER);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE), HF_OK);
}

static hf_config *raw_client(change *differs)
{
    hf_config *c = speaking13(hf_config_client());
    assert_int_equal(hf_config_versions(c, spoken, spoken), HF_OK);
    assert_int_equal(hf_config_identity_raw_key(c, key_of(HF_CLIENT), NULL), HF_OK);
    trust_peer_of(c, HF_CLIENT);
    if (differs) {
        differs(c);
    }
    return c;
}

/* The session of a full handshake, of either version. */
static hf_session *earned(hf_config *client, hf_config *server)
{
    struct pair *p = meet(client, server, NULL);
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->server)->resumed);
    hf_session *session = pair_session(p);
    pair_free(p);
    return session;
}

static void assert_raw(const struct pair *p)
{
    const hf_summary *c = hf_negotiated(p->client), *s = hf_negotiated(p->server);
    assert_int_equal(c->peer_certificate_type, HF_RAW_PUBLIC_KEY);
    assert_int_equal(c->own_certificate_type, HF_RAW_PUBLIC_KEY);
    assert_int_equal(s->peer_certificate_type, HF_RAW_PUBLIC_KEY);
    assert_int_equal(s->own_certificate_type, HF_RAW_PUBLIC_KEY);
    assert_true(c->peer_raw_key.len > 0 && c->peer_chain.len == 0 && c->peer_verified);
    assert_true(s->peer_raw_key.len > 0 && s->peer_chain.len == 0 && s->peer_verified);
}

static void resumed_with_what_was_shown(void **state)
{
    (void)state;
    EACH_VERSION_AND_WAY(how)
    {
        hf_config *client = raw_client(NULL), *server = server_by(how, raw_mutual);
        hf_session *session = earned(client, server), *again = NULL;
        uint8_t saved[4096];
        size_t len = sizeof saved;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK); /* and what a client keeps knows it */
        assert_int_equal(hf_session_load((hf_bytes){saved, len}, &again), HF_OK);
        struct pair *p = meet(client, server, again);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_raw(p);
        pair_free(p);
        hf_session_free(session);
        hf_session_free(again);
        free_both(client, server);
    }
}

/* ---- a client under other trust ---- */
static void trust_a_ca_too(hf_config *c)
{
    test_trust(c, test_pki()->root);
}
static void ask_too(hf_config *c)
{
    assert_int_equal(hf_config_ask_raw_keys(c), HF_OK);
    assert_int_equal(hf_config_ask(c, HF_ASK_VERIFY), HF_OK);
}
static void show_a_certificate_too(hf_config *c)
{
    test_add_identity(c, &test_pki()->client[TEST_P256]);
}
static void require_of_a_ca_too(hf_config *c)
{
    raw_mutual(c);
    trust_a_ca_too(c);
}
static void trust_one_more(hf_config *c)
{
    raw_mutual(c);
    trust_somebody(c);
}
static void require_a_certificate(hf_config *c)
{
    assert_int_equal(hf_config_versions(c, spoken, spoken), HF_OK);
    assert_int_equal(hf_config_identity_raw_key(c, key_of(HF_SERVER), NULL), HF_OK);
    mutual(c);
}

static void a_client_with_other_trust_does_not_offer_it(void **state)
{
    (void)state;
    static change *const changes[] = {trust_somebody, trust_a_ca_too, ask_too, show_a_certificate_too};
    for (spoken = TLS12; spoken <= TLS13; spoken++) {
        hf_config *client = raw_client(NULL), *server = server_by(BY_ID, raw_mutual);
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            hf_config *other = raw_client(changes[i]);
            hf_session *session = earned(client, server);
            struct judge judge = {HF_OK, HF_OK, 0, 0};
            struct pair *p = pair_new(other, server, TEST_HOST);
            p->ask = sessions_answer;
            p->ask_arg = &judge;
            assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
            pair_run(p);
            pair_assert_complete(p);
            assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_CONTEXT);
            assert_false(hf_negotiated(p->server)->resumed);
            pair_free(p);
            hf_session_free(session);
            hf_config_free(other);
        }
        free_both(client, server);
    }
}

/* The key is no longer trusted: the session is not resumed, and the full handshake refuses it. */
static void only_somebody(hf_config *c)
{
    assert_int_equal(hf_config_versions(c, spoken, spoken), HF_OK);
    assert_int_equal(hf_config_identity_raw_key(c, key_of(HF_SERVER), NULL), HF_OK);
    trust_somebody(c);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE), HF_OK);
}

static void a_key_that_is_trusted_no_more(void **state)
{
    (void)state;
    EACH_VERSION_AND_WAY(how)
    {
        hf_config *client = raw_client(NULL), *server = server_by(how, raw_mutual);
        hf_config *after = server_by(how, only_somebody);
        hf_session *session = earned(client, server);
        struct pair *p = meet(client, after, session);
        assert_int_equal(hf_failed(p->server)->err, HF_RAW_KEY_NOT_TRUSTED);
        assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_FOREIGN);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        free_both(server, after);
    }
}

static void a_server_with_other_trust_does_not_know_it(void **state)
{
    (void)state;
    static change *const changes[] = {require_of_a_ca_too, trust_one_more};
    EACH_VERSION_AND_WAY(how)
    {
        hf_config *client = raw_client(NULL), *server = server_by(how, raw_mutual);
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            hf_config *other = server_by(how, changes[i]);
            offers(client, other, earned(client, server), HF_SESSION_FOREIGN);
            hf_config_free(other);
        }
        /* and one that takes certificates alone asks for one */
        hf_config *other = server_by(how, require_a_certificate);
        hf_session *session = earned(client, server);
        struct pair *p = meet(client, other, session);
        assert_int_equal(hf_failed(p->server)->err, HF_NO_COMMON_CERTIFICATE_TYPE);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(other);
        free_both(client, server);
    }
}

/* ---- what is asked anew each time ---- */
static char rule[80];
static void raw_and_rule(hf_config *c)
{
    raw_mutual(c);
    assert_int_equal(hf_config_peer_identities(c, rule, NULL), HF_OK);
}

static void rules_know_keys_by_their_digest(void **state)
{
    (void)state;
    uint8_t digest[32];
    assert_int_equal(hf_public_key_sha256(key_of(HF_CLIENT), digest), HF_OK);
    EACH_VERSION_AND_WAY(how)
    {
        strcpy(rule, "sha256:");
        for (size_t i = 0; i < sizeof digest; i++) {
            (void)snprintf(rule + 7 + 2 * i, 3, "%02x", digest[i]);
        }
        hf_config *client = raw_client(NULL), *server = server_by(how, raw_and_rule);
        offers(client, server, earned(client, server), HF_RESUMED);
        rule[8] = rule[8] == '0' ? '1' : '0';
        hf_config *stricter = server_by(how, raw_and_rule);
        hf_session *session = earned(client, server);
        struct pair *p = meet(client, stricter, session);
        assert_int_equal(hf_failed(p->server)->err, HF_IDENTITY_NOT_ALLOWED);
        assert_int_equal(hf_negotiated(p->server)->resumption,
                         how == BY_ID ? HF_SESSION_UNKNOWN : HF_SESSION_IDENTITY);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        free_both(server, stricter);
    }
}

static void judged(hf_config *c)
{
    raw_mutual(c);
    assert_int_equal(hf_config_ask_raw_keys(c), HF_OK);
    assert_int_equal(hf_config_ask(c, HF_ASK_VERIFY), HF_OK);
}

static bool judge_key(void *arg, struct pair *p, hf_conn *conn)
{
    hf_question q;
    (void)p;
    assert_int_equal(hf_asked(conn, &q), HF_ASK_VERIFY);
    assert_true(q.raw_key.len > 0 && q.chain.len == 0);
    assert_int_equal(q.verdict, HF_OK);
    *(unsigned *)arg += q.resuming ? 16 : 1;
    return hf_answer_verdict(conn, HF_OK) == HF_OK;
}

static void the_application_is_asked_again(void **state)
{
    (void)state;
    for (spoken = TLS12; spoken <= TLS13; spoken++) {
        unsigned asked = 0;
        hf_config *client = raw_client(NULL), *server = server_by(BY_ID, judged);
        hf_session *session = NULL;
        for (int again = 0; again < 2; again++) {
            struct pair *p = pair_new(client, server, TEST_HOST);
            p->ask = judge_key;
            p->ask_arg = &asked;
            if (session) {
                assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
            }
            pair_run(p);
            pair_assert_complete(p);
            assert_int_equal(hf_negotiated(p->server)->resumed, again);
            assert_raw(p);
            hf_session_free(session);
            session = again ? NULL : pair_session(p);
            pair_free(p);
        }
        assert_int_equal(asked, 17); /* once in full, once resuming */
        free_both(client, server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(resumed_with_what_was_shown),
        SESSIONS_TEST(a_client_with_other_trust_does_not_offer_it),
        SESSIONS_TEST(a_key_that_is_trusted_no_more),
        SESSIONS_TEST(a_server_with_other_trust_does_not_know_it),
        SESSIONS_TEST(rules_know_keys_by_their_digest),
        SESSIONS_TEST(the_application_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
