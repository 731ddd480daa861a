/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

/* The ordinary handshake, each suite × group × kind of certificate, full and resumed. */

static const char *const suites_of[2][3] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
     "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
     "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
};
static const char *const groups[] = {"x25519", "secp256r1", "secp384r1", "secp521r1", "x448"};

static bool is_rsa(enum test_key key)
{
    return key == TEST_RSA || key == TEST_RSA_PSS;
}

static hf_config *client_of(const char *suite, const char *group)
{
    hf_config *client = test_client_config();
    char list[80];
    (void)snprintf(list, sizeof list, "%s:secp256r1:secp384r1:secp521r1", group);
    assert_int_equal(hf_config_groups(client, list, NULL), HF_OK);
    assert_int_equal(hf_config_suites(client, suite, NULL), HF_OK);
    return client;
}

static hf_config *server_of(enum test_key key, const char *group)
{
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &test_pki()->server[key]);
    assert_int_equal(hf_config_groups(server, group, NULL), HF_OK);
    return server;
}

static void check_summaries(const struct pair *p, const char *suite, const char *group, bool resumed)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *s = hf_negotiated(pair_conn(p, side));
        assert_int_equal(s->version, 0x0303);
        assert_string_equal(s->suite_name, suite);
        assert_int_equal(s->suite, hf_code_of(HF_SUITES, suite));
        assert_int_equal(s->resumed, resumed);
        assert_int_equal(s->resumption, resumed ? HF_RESUMED : HF_NOT_OFFERED);
        assert_true(s->extended_master_secret && s->secure_renegotiation);
        assert_string_equal(s->server_name, TEST_HOST);
        assert_int_equal(s->session_id.len, 32);
        if (resumed) {
            assert_int_equal(s->group, 0);
            assert_int_equal(s->server_scheme, 0);
        } else {
            assert_string_equal(s->group_name, group);
            assert_non_null(s->server_scheme_name);
        }
    }
    const hf_summary *client = hf_negotiated(p->client);
    assert_true(client->peer_verified);
    assert_int_equal(client->peer_verdict, HF_OK);
    assert_string_equal(client->peer_subject, "CN=server.test");
    assert_true(client->peer_chain.len > 100);
}

static void one_combination(enum test_key key, const char *suite, const char *group)
{
    hf_config *client = client_of(suite, group), *server = server_of(key, group);
    struct pair *full = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(full);
    check_summaries(full, suite, group, false);
    pair_exchange(full, 100);
    hf_session *session = pair_session(full);
    struct pair *resumed = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(resumed);
    check_summaries(resumed, suite, group, true);
    pair_exchange(resumed, 100);
    hf_session_free(session);
    pair_free(full);
    pair_free(resumed);
    hf_config_free(client);
    hf_config_free(server);
}

static void all_combinations(enum test_key key)
{
    for (size_t s = 0; s < 3; s++) {
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            one_combination(key, suites_of[is_rsa(key)][s], groups[g]);
        }
    }
}

static void full_and_resumed_p256(void **state)
{
    (void)state;
    all_combinations(TEST_P256);
}

static void full_and_resumed_p384(void **state)
{
    (void)state;
    all_combinations(TEST_P384);
}

static void full_and_resumed_p521(void **state)
{
    (void)state;
    all_combinations(TEST_P521);
}

static void full_and_resumed_rsa(void **state)
{
    (void)state;
    all_combinations(TEST_RSA);
}

static void full_and_resumed_rsa_pss(void **state)
{
    (void)state;
    all_combinations(TEST_RSA_PSS);
}

static void full_and_resumed_ed25519(void **state)
{
    (void)state;
    all_combinations(TEST_ED25519);
}

/* ---- which scheme signs: RFC 5246 7.4.1.4.1, 7.4.3 ---- */
static const struct {
    enum test_key key;
    const char *scheme;
} fits[] = {
    {TEST_P256, "ecdsa_secp256r1_sha256"}, {TEST_P256, "ecdsa_secp384r1_sha384"},
    {TEST_P256, "ecdsa_secp521r1_sha512"}, {TEST_P384, "ecdsa_secp384r1_sha384"},
    {TEST_P384, "ecdsa_secp256r1_sha256"}, {TEST_P521, "ecdsa_secp521r1_sha512"},
    {TEST_RSA, "rsa_pkcs1_sha256"},        {TEST_RSA, "rsa_pkcs1_sha384"},
    {TEST_RSA, "rsa_pkcs1_sha512"},        {TEST_RSA, "rsa_pss_rsae_sha256"},
    {TEST_RSA, "rsa_pss_rsae_sha384"},     {TEST_RSA, "rsa_pss_rsae_sha512"},
    {TEST_RSA_PSS, "rsa_pss_pss_sha256"},  {TEST_RSA_PSS, "rsa_pss_pss_sha384"},
    {TEST_RSA_PSS, "rsa_pss_pss_sha512"},  {TEST_ED25519, "ed25519"},
};
#define FITS (sizeof fits / sizeof *fits)

/* K5: only what the client accepts is signed with, whatever the server would rather use. */
static void signs_with_what_the_client_accepts(void **state)
{
    (void)state;
    for (size_t i = 0; i < FITS; i++) {
        hf_config *client = test_client_config(), *server = test_server_without_identity();
        test_add_identity(server, &test_pki()->server[fits[i].key]);
        assert_int_equal(hf_config_schemes_to_accept(client, fits[i].scheme, NULL), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_string_equal(hf_negotiated(p->client)->server_scheme_name, fits[i].scheme);
        assert_string_equal(hf_negotiated(p->server)->server_scheme_name, fits[i].scheme);
        pair_free(p);
    }
}

/* The server's own list counts likewise, for what it signs with and for what it accepts from a client. */
static void signs_with_what_its_own_list_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < FITS; i++) {
        hf_config *client = test_client_config(), *server = test_server_without_identity();
        test_add_identity(server, &test_pki()->server[fits[i].key]);
        test_add_identity(client, &test_pki()->client[fits[i].key]);
        test_trust(server, test_pki()->root);
        assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
        assert_int_equal(hf_config_schemes_to_sign(server, fits[i].scheme, NULL), HF_OK);
        assert_int_equal(hf_config_schemes_to_accept(server, fits[i].scheme, NULL), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_string_equal(hf_negotiated(p->client)->server_scheme_name, fits[i].scheme);
        assert_string_equal(hf_negotiated(p->client)->client_scheme_name, fits[i].scheme);
        assert_string_equal(hf_negotiated(p->server)->client_scheme_name, fits[i].scheme);
        pair_free(p);
    }
}

static void nothing_in_common(void **state)
{
    (void)state;
    static const struct {
        const char *client_suites, *client_groups, *client_schemes;
        hf_err err;
    } rows[] = {
        {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", NULL, NULL, HF_NO_SERVER_IDENTITY},
        {NULL, "x448", NULL, HF_NO_COMMON_GROUP},
        {NULL, "x25519", NULL, HF_NO_SERVER_IDENTITY}, /* K4: the certificate's curve, RFC 8422 5.3 */
        {NULL, NULL, "rsa_pkcs1_sha256:ed25519", HF_NO_COMMON_SCHEME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_groups(server, "x25519:secp256r1", NULL), HF_OK);
        if (rows[i].client_suites) {
            assert_int_equal(hf_config_suites(client, rows[i].client_suites, NULL), HF_OK);
        }
        if (rows[i].client_groups) {
            assert_int_equal(hf_config_groups(client, rows[i].client_groups, NULL), HF_OK);
        }
        if (rows[i].client_schemes) {
            assert_int_equal(hf_config_schemes_to_accept(client, rows[i].client_schemes, NULL), HF_OK);
        }
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, rows[i].err, 40);
        pair_free(p);
    }
}

/* What the server has is said beside it: the client's offer is in its hello. */
static void no_common_suite(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *client, *server, *step, *awaited;
    } rows[] = {
        {0x0303, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
         "choose_parameters", "ServerHello"},
        {0x0304, "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "choose_group", "HelloRetryRequest"},
    };
    for (size_t i = 0; i < 2; i++) {
        test_version = rows[i].version;
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_suites(client, rows[i].client, NULL), HF_OK);
        assert_int_equal(hf_config_suites(server, rows[i].server, NULL), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_SUITE, 40);
        assert_string_equal(hf_failed(p->server)->step, rows[i].step);
        assert_string_equal(hf_failed(p->client)->step, rows[i].awaited);
        assert_non_null(strstr(hf_failed(p->server)->detail, "what the server has: "));
        assert_non_null(strstr(hf_failed(p->server)->detail, rows[i].server));
        pair_free(p);
    }
    test_version = 0x0303;
}

/* RFC 5246 7.3, figures 1 and 2, as both sides report them. */
static void steps_are_those_of_the_figures(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    struct pair *p = pair_connect(client, server, TEST_HOST);
    assert_string_equal(
        p->steps[HF_CLIENT],
        "ClientHello ServerHello Certificate ServerKeyExchange ServerHelloDone verify_peer agree_secret "
        "ClientKeyExchange [ChangeCipherSpec] Finished [ChangeCipherSpec] Finished");
    assert_string_equal(
        p->steps[HF_SERVER],
        "ClientHello choose_host choose_parameters ServerHello Certificate make_key_share sign "
        "ServerKeyExchange ServerHelloDone ClientKeyExchange agree_secret [ChangeCipherSpec] Finished "
        "[ChangeCipherSpec] Finished");
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    assert_string_equal(p->steps[HF_CLIENT], "ClientHello ServerHello [ChangeCipherSpec] Finished "
                                             "[ChangeCipherSpec] Finished");
    hf_session_free(session);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_and_resumed_p256),
        cmocka_unit_test(full_and_resumed_p384),
        cmocka_unit_test(full_and_resumed_p521),
        cmocka_unit_test(full_and_resumed_rsa),
        cmocka_unit_test(full_and_resumed_rsa_pss),
        cmocka_unit_test(full_and_resumed_ed25519),
        cmocka_unit_test(signs_with_what_the_client_accepts),
        cmocka_unit_test(signs_with_what_its_own_list_allows),
        cmocka_unit_test(nothing_in_common),
        cmocka_unit_test(no_common_suite),
        cmocka_unit_test(steps_are_those_of_the_figures),
    };
    return cmocka_run_group_tests_name("api/handshake", tests, NULL, NULL);
}
