/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Questions and answers: conn.h's second part. Sessions are asked for in test_session_store.c. */

static const struct test_identity *server_identity(void)
{
    return &test_pki()->server[TEST_P256];
}

static hf_config *asking(hf_config *config, unsigned asks)
{
    assert_int_equal(hf_config_ask(config, asks), HF_OK);
    return config;
}

static hf_config *mutual_server(void)
{
    hf_config *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    return server;
}

static hf_config *alice(void)
{
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    return client;
}

static void assert_asked(const struct pair *p, hf_side side, hf_ask ask)
{
    hf_question q;
    assert_int_equal(hf_asked(pair_conn(p, side), &q), ask);
    assert_int_equal(q.ask, ask);
    assert_true(hf_wants(pair_conn(p, side)) & HF_ANSWER);
    assert_false(hf_wants(pair_conn(p, side)) & HF_MORE_WIRE);
    assert_true(p->kinds[side][HF_EVENT_ASK] > 0);
}

static void assert_not_asked(hf_conn *conn)
{
    uint8_t byte = 1;
    assert_int_equal(hf_asked(conn, NULL), HF_ASK_NOTHING);
    assert_false(hf_wants(conn) & HF_ANSWER);
    assert_int_equal(hf_answer_session(conn, (hf_bytes){NULL, 0}), HF_NOT_ASKED);
    assert_int_equal(hf_answer_identity(conn, 0), HF_NOT_ASKED);
    assert_int_equal(hf_answer_signature(conn, (hf_bytes){&byte, 1}), HF_NOT_ASKED);
    assert_int_equal(hf_answer_verdict(conn, HF_OK), HF_NOT_ASKED);
}

/* ---- PICK_IDENTITY ---- */
static struct pair *server_is_asked_for_identity(void)
{
    hf_config *server = asking(test_server_config(), HF_ASK_PICK_IDENTITY);
    test_add_identity(server, &test_pki()->server[TEST_RSA]);
    struct pair *p = pair_take(test_client_config(), server, TEST_HOST);
    pair_run(p);
    assert_asked(p, HF_SERVER, HF_ASK_PICK_IDENTITY);
    return p;
}

static void a_server_application_picks(void **state)
{
    (void)state;
    struct pair *p = server_is_asked_for_identity();
    hf_question q;
    (void)hf_asked(p->server, &q);
    assert_string_equal(q.server_name, TEST_HOST);
    assert_true(q.suites.len >= 12 && q.groups.len == 10 && q.schemes.len >= 20);
    assert_int_equal(hf_answer_identity(p->server, 2), HF_BAD_ARGUMENT); /* and the question stays */
    assert_int_equal(hf_answer_identity(p->server, 1), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->server_scheme >> 8, 8); /* RSA-PSS: the second one signed */
    assert_int_equal(hf_negotiated(p->server)->identity, 1);
    pair_free(p);
}

static void a_server_application_leaves_it_to_the_library(void **state)
{
    (void)state;
    struct pair *p = server_is_asked_for_identity();
    assert_int_equal(hf_answer_identity(p->server, HF_ANY_IDENTITY), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->server)->identity, 0);
    pair_free(p);
}

static void a_server_application_has_none(void **state)
{
    (void)state;
    struct pair *p = server_is_asked_for_identity();
    assert_int_equal(hf_answer_identity(p->server, HF_NO_IDENTITY), HF_OK); /* the call does not fail */
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_NO_SERVER_IDENTITY, 40);
    assert_not_asked(p->server);
    pair_free(p);
}

static void a_client_application_picks(void **state)
{
    (void)state;
    for (size_t pick = 0; pick < 3; pick++) {
        hf_config *client = asking(alice(), HF_ASK_PICK_IDENTITY);
        test_add_identity(client, &test_pki()->client[TEST_RSA]);
        hf_config *server = mutual_server();
        assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUEST), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        assert_asked(p, HF_CLIENT, HF_ASK_PICK_IDENTITY);
        hf_question q;
        (void)hf_asked(p->client, &q);
        assert_true(q.ca_names.len > 2 && q.schemes.len > 2);
        size_t answer = pick < 2 ? pick : HF_NO_IDENTITY;
        assert_int_equal(hf_answer_identity(p->client, answer), HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->client)->identity, answer);
        assert_int_equal(hf_negotiated(p->server)->peer_chain.len > 0, pick < 2);
        pair_free(p);
    }
}

/* ---- SIGN ---- */
struct signer {
    const struct test_identity *key;
    uint64_t key_id;
    enum { SIGNS, SIGNS_WRONGLY, REFUSES } manner;
    unsigned asked;
};

static bool sign(void *arg, struct pair *pair, hf_conn *conn)
{
    struct signer *signer = arg;
    hf_question q;
    uint8_t signature[1024];
    (void)pair;
    if (hf_asked(conn, &q) != HF_ASK_SIGN) {
        return false;
    }
    signer->asked++;
    assert_int_equal(q.key_id, signer->key_id);
    assert_int_equal(q.identity, 0);
    size_t len = test_sign(signer->key, q.scheme, q.to_sign, signature);
    assert_true(len > 0);
    signature[len / 2] ^= signer->manner == SIGNS_WRONGLY;
    len = signer->manner == REFUSES ? 0 : len;
    assert_int_equal(hf_answer_signature(conn, (hf_bytes){signature, len}), HF_OK);
    return true;
}

static struct pair *external_server(enum test_key key, struct signer *signer)
{
    hf_config *server = test_server_without_identity();
    signer->key = &test_pki()->server[key];
    signer->key_id = 77;
    assert_int_equal(hf_config_identity_external(server, signer->key->chain, 77), HF_OK);
    struct pair *p = pair_take(test_client_config(), server, TEST_HOST);
    p->ask = sign;
    p->ask_arg = signer;
    pair_run(p);
    return p;
}

static struct pair *external_client(enum test_key key, struct signer *signer)
{
    hf_config *client = test_client_config();
    signer->key = &test_pki()->client[key];
    signer->key_id = UINT64_MAX;
    assert_int_equal(hf_config_identity_external(client, signer->key->chain, UINT64_MAX), HF_OK);
    struct pair *p = pair_take(client, mutual_server(), TEST_HOST);
    p->ask = sign;
    p->ask_arg = signer;
    pair_run(p);
    return p;
}

static void keys_that_live_elsewhere(void **state)
{
    (void)state;
    for (enum test_key key = 0; key < TEST_KEYS; key++) {
        struct signer server = {.manner = SIGNS}, client = {.manner = SIGNS};
        struct pair *p = external_server(key, &server);
        pair_assert_complete(p);
        pair_exchange(p, 100);
        pair_free(p);
        p = external_client(key, &client);
        pair_assert_complete(p);
        assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
        pair_free(p);
        assert_int_equal(server.asked, 1);
        assert_int_equal(client.asked, 1);
    }
}

/* With HF_ASK_SIGN the application signs even where the library has the key; key_id is then 0. */
static void asked_although_the_key_is_there(void **state)
{
    (void)state;
    struct signer signer = {.key = server_identity()};
    struct pair *p = pair_take(test_client_config(), asking(test_server_config(), HF_ASK_SIGN), TEST_HOST);
    p->ask = sign;
    p->ask_arg = &signer;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(signer.asked, 1);
    pair_free(p);
}

/* S7, K5: the peer finds out. */
static void wrong_signatures(void **state)
{
    (void)state;
    struct signer signer = {.manner = SIGNS_WRONGLY};
    struct pair *p = external_server(TEST_ED25519, &signer);
    pair_assert_refused(p, HF_CLIENT, HF_BAD_SIGNATURE, 51);
    assert_string_equal(hf_failed(p->client)->step, "ServerKeyExchange");
    pair_free(p);
    p = external_client(TEST_ED25519, &signer);
    pair_assert_refused(p, HF_SERVER, HF_BAD_SIGNATURE, 51);
    assert_string_equal(hf_failed(p->server)->step, "CertificateVerify");
    pair_free(p);
}

static void refused_signatures(void **state)
{
    (void)state;
    struct signer signer = {.manner = REFUSES};
    struct pair *p = external_server(TEST_P256, &signer);
    pair_assert_refused(p, HF_SERVER, HF_SIGNING_FAILED, 80);
    pair_free(p);
    p = external_client(TEST_P256, &signer);
    pair_assert_refused(p, HF_CLIENT, HF_SIGNING_FAILED, 80);
    pair_free(p);
}

static void a_signature_that_cannot_be_is_not_taken(void **state)
{
    (void)state;
    static const uint8_t huge[4096];
    struct pair *p = pair_take(test_client_config(), asking(test_server_config(), HF_ASK_SIGN), TEST_HOST);
    pair_run(p);
    assert_asked(p, HF_SERVER, HF_ASK_SIGN);
    assert_int_equal(hf_answer_signature(p->server, (hf_bytes){huge, sizeof huge}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_signature(p->server, (hf_bytes){NULL, 3}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_verdict(p->server, HF_OK), HF_NOT_ASKED); /* something else is */
    assert_int_equal(hf_answer_identity(p->server, 0), HF_NOT_ASKED);
    assert_asked(p, HF_SERVER, HF_ASK_SIGN);
    pair_free(p); /* with a question open */
}

/* ---- VERIFY ---- */
static struct pair *client_is_asked_to_verify(enum test_issuer issuer)
{
    struct test_identity identity = test_identity_make(&(struct test_spec){.issuer = issuer});
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &identity);
    test_identity_free(&identity);
    struct pair *p = pair_take(asking(test_client_config(), HF_ASK_VERIFY), server, TEST_HOST);
    pair_run(p);
    assert_asked(p, HF_CLIENT, HF_ASK_VERIFY);
    return p;
}

static void a_verdict_is_overruled(void **state)
{
    (void)state;
    struct pair *p = client_is_asked_to_verify(TEST_BY_OTHER_ROOT);
    hf_question q;
    (void)hf_asked(p->client, &q);
    assert_int_equal(q.verdict, HF_UNKNOWN_CA);
    assert_non_null(strstr(q.detail, "certificate 0 (CN=server.test)"));
    assert_string_equal(q.server_name, TEST_HOST);
    assert_true(q.chain.len > 100);
    assert_int_equal(hf_answer_verdict(p->client, HF_OK), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->client)->peer_verified);
    assert_int_equal(hf_negotiated(p->client)->peer_verdict, HF_UNKNOWN_CA);
    pair_free(p);
}

static void a_good_chain_is_refused(void **state)
{
    (void)state;
    static const struct {
        hf_err err;
        uint8_t alert;
    } rows[] = {{HF_VERDICT_REFUSED, 49}, {HF_CERTIFICATE_REVOKED, 44}, {HF_NAME_MISMATCH, 42}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = client_is_asked_to_verify(TEST_BY_INTERMEDIATE);
        hf_question q;
        (void)hf_asked(p->client, &q);
        assert_int_equal(q.verdict, HF_OK);
        assert_string_equal(q.detail, "");
        assert_int_equal(hf_answer_verdict(p->client, (hf_err)100000), HF_BAD_ARGUMENT);
        assert_int_equal(hf_answer_verdict(p->client, rows[i].err), HF_OK);
        pair_run(p);
        pair_assert_refused(p, HF_CLIENT, rows[i].err, rows[i].alert);
        pair_free(p);
    }
}

static void a_server_application_judges_the_client(void **state)
{
    (void)state;
    for (int accept = 0; accept < 2; accept++) {
        struct pair *p = pair_take(alice(), asking(mutual_server(), HF_ASK_VERIFY), TEST_HOST);
        pair_run(p);
        assert_asked(p, HF_SERVER, HF_ASK_VERIFY);
        hf_question q;
        (void)hf_asked(p->server, &q);
        assert_null(q.server_name);
        assert_int_equal(hf_answer_verdict(p->server, accept ? HF_OK : HF_VERDICT_REFUSED), HF_OK);
        pair_run(p);
        if (accept) {
            pair_assert_complete(p);
            assert_true(hf_negotiated(p->server)->peer_verified);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_VERDICT_REFUSED, 49);
        }
        pair_free(p);
    }
}

/* ---- out of turn ---- */
static void answers_nobody_asked_for(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    assert_not_asked(p->client);
    pair_run(p);
    pair_assert_complete(p);
    assert_not_asked(p->client);
    assert_not_asked(p->server);
    assert_int_equal(hf_asked(NULL, NULL), HF_ASK_NOTHING);
    assert_int_equal(hf_answer_identity(NULL, 0), HF_NOT_ASKED);
    pair_free(p);
}

static void answers_after_the_end(void **state)
{
    (void)state;
    struct pair *p = client_is_asked_to_verify(TEST_BY_INTERMEDIATE);
    hf_abort(p->client, HF_HANDSHAKE_TIMEOUT);
    assert_not_asked(p->client);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_HANDSHAKE_TIMEOUT, 90);
    assert_not_asked(p->server);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_application_picks),
        cmocka_unit_test(a_server_application_leaves_it_to_the_library),
        cmocka_unit_test(a_server_application_has_none),
        cmocka_unit_test(a_client_application_picks),
        cmocka_unit_test(keys_that_live_elsewhere),
        cmocka_unit_test(asked_although_the_key_is_there),
        cmocka_unit_test(wrong_signatures),
        cmocka_unit_test(refused_signatures),
        cmocka_unit_test(a_signature_that_cannot_be_is_not_taken),
        cmocka_unit_test(a_verdict_is_overruled),
        cmocka_unit_test(a_good_chain_is_refused),
        cmocka_unit_test(a_server_application_judges_the_client),
        cmocka_unit_test(answers_nobody_asked_for),
        cmocka_unit_test(answers_after_the_end),
    };
    return cmocka_run_group_tests_name("api/questions", tests, NULL, NULL);
}
