/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* Resumption by session ID as client and server see it, with the server's own store: RFC 5246 7.3, F.1.4.
 * Checklist R1, R2, R3, S11. */

static int64_t moment; /* what test_clock says, where a test turns it */

static hf_config *clocked(hf_config *config)
{
    moment = TEST_NOW;
    assert_int_equal(hf_config_clock(config, test_clock, &moment), HF_OK);
    return config;
}

static hf_session *earn(hf_config *client, hf_config *server, const char *name)
{
    struct pair *p = pair_connect(client, server, name);
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->client)->resumed);
    hf_session *session = pair_session(p);
    pair_free(p);
    return session;
}

/* Offers session and goes to the end, which must be good; asserts how it went on both sides. */
static void offer(hf_config *client, hf_config *server, hf_session *session, hf_resumption of_client,
                  hf_resumption of_server)
{
    struct pair *p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->resumption, of_client);
    assert_int_equal(hf_negotiated(p->server)->resumption, of_server);
    assert_int_equal(hf_negotiated(p->client)->resumed, of_client == HF_RESUMED);
    assert_int_equal(hf_negotiated(p->server)->resumed, of_server == HF_RESUMED);
    assert_true(*hf_resumption_sentence(of_client) != 0);
    pair_exchange(p, 10);
    pair_free(p);
}

static void saved_loaded_and_resumed_many_times(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    hf_session *session = earn(client, server, TEST_HOST), *loaded = NULL;
    size_t len = 0;
    assert_int_equal(hf_session_save(session, NULL, &len), HF_BAD_ARGUMENT);
    uint8_t *saved = malloc(len);
    size_t less = len - 1;
    assert_int_equal(hf_session_save(session, saved, &less), HF_BAD_ARGUMENT);
    assert_int_equal(less, len);
    assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
    assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_OK);
    assert_int_equal(hf_session_id(loaded).len, 32);
    assert_memory_equal(hf_session_id(loaded).data, hf_session_id(session).data, 32);
    assert_int_equal(hf_session_expires(loaded), TEST_NOW + 4 * 3600);
    for (int i = 0; i < 5; i++) {
        offer(client, server, loaded, HF_RESUMED, HF_RESUMED);
        offer(client, server, session, HF_RESUMED, HF_RESUMED);
    }
    struct pair *p = pair_resume(client, server, TEST_HOST, loaded);
    assert_string_equal(hf_negotiated(p->client)->peer_subject, "CN=server.test");
    assert_true(hf_negotiated(p->client)->peer_verified);
    hf_session *again = pair_session(p); /* a resumed connection's session is the same one */
    assert_memory_equal(hf_session_id(again).data, hf_session_id(session).data, 32);
    hf_session_free(again);
    pair_free(p);
    free(saved);
    hf_session_free(hf_session_share(loaded));
    hf_session_free(loaded);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void a_miss_is_a_full_handshake(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    hf_config *restarted = test_server_config(), *forgetful = test_server_config();
    assert_int_equal(hf_config_session_cache(forgetful, 0), HF_OK);
    hf_session *session = earn(client, server, TEST_HOST);
    offer(client, restarted, session, HF_SESSION_UNKNOWN, HF_SESSION_FOREIGN); /* other keys */
    offer(client, forgetful, session, HF_SESSION_UNKNOWN, HF_NOT_OFFERED);
    struct pair *p = pair_connect(client, forgetful, TEST_HOST);
    pair_assert_complete(p);
    assert_null(hf_conn_session(p->client)); /* no ID, nothing to resume */
    assert_int_equal(hf_negotiated(p->client)->session_id.len, 0);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(restarted);
    hf_config_free(forgetful);
}

/* R3 */
static void sessions_expire_on_both_sides(void **state)
{
    (void)state;
    static int64_t servers;
    servers = TEST_NOW;
    hf_config *client = clocked(test_client_config()), *server = test_server_config();
    assert_int_equal(hf_config_clock(server, test_clock, &servers), HF_OK);
    assert_int_equal(hf_config_session_life(client, 3600, 0), HF_OK);
    assert_int_equal(hf_config_session_life(server, 1800, 0), HF_OK);
    hf_session *session = earn(client, server, TEST_HOST);
    servers = moment = TEST_NOW + 1799;
    offer(client, server, session, HF_RESUMED, HF_RESUMED);
    servers = TEST_NOW + 1800; /* life is fixed: use does not extend it */
    offer(client, server, session, HF_SESSION_UNKNOWN, HF_SESSION_EXPIRED);
    moment = TEST_NOW + 3600;
    offer(client, server, session, HF_SESSION_EXPIRED, HF_NOT_OFFERED);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* R2, R9: a session is for the name it was made under. */
static void another_name_is_a_full_handshake(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    hf_session *session = earn(client, server, "localhost");
    offer(client, server, session, HF_SESSION_NAME, HF_NOT_OFFERED);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- R1: what a client's sessions are bound to ---- */
static void change_trust(hf_config *c)
{
    test_trust(c, test_pki()->other_root);
}
static void change_crls(hf_config *c)
{
    hf_bytes crl = test_crl_make(TEST_BY_INTERMEDIATE, NULL);
    assert_int_equal(hf_config_crls_pem(c, crl), HF_OK);
    free((void *)(uintptr_t)crl.data);
}
static void change_verification(hf_config *c)
{
    assert_int_equal(hf_config_insecure_no_verification(c), HF_OK);
}
static void change_alpn(hf_config *c)
{
    assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
}
static void change_suites(hf_config *c)
{
    assert_int_equal(hf_config_suites(c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", NULL), HF_OK);
}
static void change_limits(hf_config *c)
{
    assert_int_equal(hf_config_chain_limits(c, 4, 0, 0), HF_OK);
}
static void change_schemes(hf_config *c)
{
    assert_int_equal(hf_config_schemes_to_accept(c, "ecdsa_secp256r1_sha256", NULL), HF_OK);
}
static void change_generation(hf_config *c)
{
    assert_int_equal(hf_config_session_generation(c, "2"), HF_OK);
}
static void change_identity(hf_config *c)
{
    test_add_identity(c, &test_pki()->client[TEST_P256]);
}
static void change_who_verifies(hf_config *c)
{
    assert_int_equal(hf_config_ask(c, HF_ASK_VERIFY), HF_OK);
}

static bool accept_anyone(void *arg, struct pair *pair, hf_conn *conn)
{
    (void)arg, (void)pair;
    return hf_answer_verdict(conn, HF_OK) == HF_OK;
}

static void another_policy_does_not_offer_it(void **state)
{
    (void)state;
    static void (*const changes[])(hf_config *) = {
        change_trust,  change_crls,    change_verification, change_alpn,     change_suites,
        change_limits, change_schemes, change_generation,   change_identity, change_who_verifies};
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_alpn(server, "h2", true), HF_OK);
    hf_session *session = earn(client, server, TEST_HOST);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        hf_config *other = test_client_config();
        changes[i](other);
        struct pair *p = pair_new(other, server, TEST_HOST);
        p->ask = accept_anyone;
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_CONTEXT);
        assert_int_equal(hf_negotiated(p->server)->resumption, HF_NOT_OFFERED);
        pair_free(p);
        hf_config_free(other);
    }
    offer(client, server, session, HF_RESUMED, HF_RESUMED);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* R1, R3: what an application accepted in spite of our verdict is not resumed where nobody would ask it. */
static void an_overruled_verdict_does_not_travel(void **state)
{
    (void)state;
    struct test_identity foreign = test_identity_make(&(struct test_spec){.issuer = TEST_BY_OTHER_ROOT});
    hf_config *lax = test_client_config(), *strict = test_client_config();
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &foreign);
    change_who_verifies(lax);
    struct pair *p = pair_new(lax, server, TEST_HOST);
    p->ask = accept_anyone;
    pair_run(p);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(strict, server, TEST_HOST, session);
    pair_assert_refused(p, HF_CLIENT, HF_UNKNOWN_CA, 48);
    pair_free(p);
    hf_session_free(session);
    test_identity_free(&foreign);
    hf_config_free(lax);
    hf_config_free(strict);
    hf_config_free(server);
}

/* ---- client authentication over time: R3, RFC 5246 F.1.4 ---- */
static hf_config *mutual_server(void)
{
    hf_config *server = clocked(test_server_config());
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    return server;
}

static void client_authentication_grows_old(void **state)
{
    (void)state;
    hf_config *server = mutual_server(), *client = clocked(test_client_config());
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    assert_int_equal(hf_config_session_life(server, 24 * 3600, 3600), HF_OK);
    hf_session *session = earn(client, server, TEST_HOST);
    moment = TEST_NOW + 3600;
    offer(client, server, session, HF_RESUMED, HF_RESUMED);
    moment = TEST_NOW + 3601;
    offer(client, server, session, HF_SESSION_UNKNOWN, HF_SESSION_AUTH_AGE);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void the_client_certificate_expires_meanwhile(void **state)
{
    (void)state;
    struct test_identity brief = test_identity_make(
        &(struct test_spec){.cn = "brief", .extended = "clientAuth", .not_after = TEST_NOW + 600});
    hf_config *server = mutual_server(), *client = clocked(test_client_config());
    test_add_identity(client, &brief);
    hf_session *session = earn(client, server, TEST_HOST);
    moment = TEST_NOW + 600;
    offer(client, server, session, HF_RESUMED, HF_RESUMED);
    moment = TEST_NOW + 601;
    struct pair *p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_refused(p, HF_SERVER, HF_CERTIFICATE_EXPIRED, 45); /* the full handshake judges it anew */
    assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_AUTH_AGE);
    pair_free(p);
    hf_session_free(session);
    test_identity_free(&brief);
    hf_config_free(client);
    hf_config_free(server);
}

static void policy_turns_it_off(void **state)
{
    (void)state;
    hf_config *server = mutual_server(), *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    assert_int_equal(hf_config_resume_client_auth(server, false), HF_OK);
    hf_session *session = earn(client, server, TEST_HOST);
    offer(client, server, session, HF_SESSION_UNKNOWN, HF_SESSION_POLICY);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- when it may be given ---- */
static void resume_only_before_the_first_byte(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    hf_session *session = earn(client, server, TEST_HOST);
    struct pair *p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_conn_resume(p->client, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_conn_resume(NULL, session), HF_NULL_ARGUMENT);
    assert_int_equal(hf_conn_resume(p->server, session), HF_BAD_ARGUMENT);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK); /* the last one counts */
    assert_null(hf_conn_session(p->client));
    assert_true(hf_peek_wire(p->client).len > 0);
    assert_int_equal(hf_conn_resume(p->client, session), HF_BAD_ARGUMENT);
    pair_run(p);
    assert_true(hf_negotiated(p->client)->resumed);
    assert_null(hf_conn_session(p->server));
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saved_loaded_and_resumed_many_times),
        cmocka_unit_test(a_miss_is_a_full_handshake),
        cmocka_unit_test(sessions_expire_on_both_sides),
        cmocka_unit_test(another_name_is_a_full_handshake),
        cmocka_unit_test(another_policy_does_not_offer_it),
        cmocka_unit_test(an_overruled_verdict_does_not_travel),
        cmocka_unit_test(client_authentication_grows_old),
        cmocka_unit_test(the_client_certificate_expires_meanwhile),
        cmocka_unit_test(policy_turns_it_off),
        cmocka_unit_test(resume_only_before_the_first_byte),
    };
    return cmocka_run_group_tests_name("api/sessions", tests, NULL, NULL);
}
