/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Client authentication: RFC 5246 7.4.4, 7.4.6, 7.4.8. Checklist S7, R1, R3, A1. */

static hf_config *asking_server(hf_client_auth mode)
{
    hf_config *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, mode), HF_OK);
    return server;
}

static hf_config *client_with(const struct test_identity *identity)
{
    hf_config *client = test_client_config();
    if (identity) {
        test_add_identity(client, identity);
    }
    return client;
}

static void assert_server_saw(const struct pair *p, const char *subject)
{
    const hf_summary *server = hf_negotiated(p->server);
    if (subject) {
        assert_string_equal(server->peer_subject, subject);
        assert_true(server->peer_verified && server->peer_chain.len);
        assert_int_equal(hf_negotiated(p->client)->identity, 0);
    } else {
        assert_null(server->peer_subject);
        assert_false(server->peer_verified);
        assert_int_equal(server->peer_chain.len, 0);
        assert_int_equal(hf_negotiated(p->client)->identity, HF_NO_IDENTITY);
    }
}

static void every_kind_of_client_under_every_kind_of_server(void **state)
{
    (void)state;
    for (enum test_key s = 0; s < TEST_KEYS; s++) {
        for (enum test_key c = 0; c < TEST_KEYS; c++) {
            hf_config *server = test_server_without_identity();
            test_add_identity(server, &test_pki()->server[s]);
            test_trust(server, test_pki()->root);
            assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
            hf_config *client = client_with(&test_pki()->client[c]);
            struct pair *p = pair_connect(client, server, TEST_HOST);
            pair_assert_complete(p);
            assert_server_saw(p, "CN=alice");
            assert_true(hf_negotiated(p->client)->client_auth_requested);
            assert_int_not_equal(hf_negotiated(p->client)->client_scheme, 0);
            hf_session *session = pair_session(p);
            pair_free(p);
            p = pair_resume(client, server, TEST_HOST, session);
            pair_assert_complete(p);
            assert_true(hf_negotiated(p->server)->resumed);
            assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
            assert_true(hf_negotiated(p->server)->peer_verified);
            hf_session_free(session);
            pair_free(p);
            hf_config_free(client);
            hf_config_free(server);
        }
    }
}

static void none_asks_for_nothing(void **state)
{
    (void)state;
    struct pair *p =
        pair_take(client_with(&test_pki()->client[TEST_P256]), asking_server(HF_CLIENT_AUTH_NONE), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_server_saw(p, NULL);
    assert_false(hf_negotiated(p->client)->client_auth_requested);
    assert_null(strstr(p->steps[HF_CLIENT], "CertificateRequest"));
    pair_free(p);
}

/* S7: asked means that a Certificate comes, empty where there is none. */
static void request_lets_a_client_have_none(void **state)
{
    (void)state;
    struct pair *p = pair_take(client_with(NULL), asking_server(HF_CLIENT_AUTH_REQUEST), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_server_saw(p, NULL);
    assert_string_equal(
        p->steps[HF_CLIENT],
        "ClientHello ServerHello Certificate ServerKeyExchange CertificateRequest ServerHelloDone verify_peer "
        "pick_identity Certificate agree_secret ClientKeyExchange [ChangeCipherSpec] Finished "
        "[ChangeCipherSpec] Finished");
    pair_exchange(p, 10);
    pair_free(p);
}

static void require_refuses_a_client_without(void **state)
{
    (void)state;
    struct pair *p = pair_take(client_with(NULL), asking_server(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_CLIENT_CERTIFICATE_MISSING, 40);
    pair_free(p);
}

/* The client's chain is judged as the server's is; an optional certificate that is bad is refused too. */
static void bad_client_certificates(void **state)
{
    (void)state;
    static const struct {
        struct test_spec spec;
        hf_err err;
        uint8_t alert;
        const char *detail;
    } rows[] = {
        {{.issuer = TEST_BY_OTHER_ROOT, .cn = "mallory", .extended = "clientAuth"},
         HF_UNKNOWN_CA,
         48,
         "certificate 0 (CN=mallory)"},
        {{.issuer = TEST_BY_ITSELF, .cn = "mallory", .extended = "clientAuth"},
         HF_SELF_SIGNED,
         48,
         "certificate 0 (CN=mallory)"},
        {{.cn = "old", .extended = "clientAuth", .not_after = TEST_NOW - 1},
         HF_CERTIFICATE_EXPIRED,
         45,
         "certificate 0 (CN=old)"},
        {{.cn = "young", .extended = "clientAuth", .not_before = TEST_NOW + TEST_DAY},
         HF_CERTIFICATE_NOT_YET_VALID,
         45,
         "certificate 0 (CN=young)"},
        {{.cn = "server", .extended = "serverAuth"}, HF_WRONG_PURPOSE, 43, "certificate 0 (CN=server)"},
        {{.cn = "broken", .extended = "clientAuth", .broken_signature = true},
         HF_BAD_CERTIFICATE_SIGNATURE,
         42,
         "certificate 0 (CN=broken)"},
    };
    for (hf_client_auth mode = HF_CLIENT_AUTH_REQUEST; mode <= HF_CLIENT_AUTH_REQUIRE; mode++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct test_identity odd = test_identity_make(&rows[i].spec);
            hf_config *server = asking_server(mode);
            assert_int_equal(hf_config_send_ca_names(server, false), HF_OK); /* or it would not be sent */
            struct pair *p = pair_take(client_with(&odd), server, TEST_HOST);
            pair_run(p);
            pair_assert_refused(p, HF_SERVER, rows[i].err, rows[i].alert);
            assert_non_null(strstr(hf_failed(p->server)->detail, rows[i].detail));
            pair_free(p);
            test_identity_free(&odd);
        }
    }
}

/* RFC 5246 7.4.4: by the CA names; the intermediate's issuer is the one that is named. */
static void the_client_picks_by_ca_names(void **state)
{
    (void)state;
    struct test_identity foreign = test_identity_make(
        &(struct test_spec){.issuer = TEST_BY_OTHER_ROOT, .cn = "foreign", .extended = "clientAuth"});
    hf_config *client = client_with(&foreign);
    test_add_identity(client, &test_pki()->client[TEST_RSA]);
    struct pair *p = pair_take(client, asking_server(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->identity, 1);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    pair_free(p);
    p = pair_take(client_with(&foreign), asking_server(HF_CLIENT_AUTH_REQUEST), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_server_saw(p, NULL); /* nothing fits: an empty Certificate */
    pair_free(p);
    test_identity_free(&foreign);
}

/* By the server's list of signature algorithms. */
static void the_client_picks_by_schemes(void **state)
{
    (void)state;
    hf_config *client = client_with(&test_pki()->client[TEST_P256]);
    test_add_identity(client, &test_pki()->client[TEST_RSA]);
    test_add_identity(client, &test_pki()->client[TEST_ED25519]);
    hf_config *server = asking_server(HF_CLIENT_AUTH_REQUIRE);
    assert_int_equal(hf_config_schemes_to_accept(server, "ed25519", NULL), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->identity, 2);
    assert_string_equal(hf_negotiated(p->server)->client_scheme_name, "ed25519");
    pair_free(p);
    client = client_with(&test_pki()->client[TEST_P256]);
    server = asking_server(HF_CLIENT_AUTH_REQUIRE);
    assert_int_equal(hf_config_schemes_to_accept(server, "rsa_pkcs1_sha256", NULL), HF_OK);
    p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_CLIENT_CERTIFICATE_MISSING, 40);
    pair_free(p);
}

/* A server that requires none does not take a name from a client's certificate for its own check: any CN. */
static void a_client_certificate_needs_no_host_name(void **state)
{
    (void)state;
    struct test_identity nameless = test_identity_make(
        &(struct test_spec){.cn = "", .names = "email:a@b.test", .extended = "clientAuth"});
    struct pair *p = pair_take(client_with(&nameless), asking_server(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
    test_identity_free(&nameless);
}

/* ---- long messages: CertificateRequest and Certificate over several records ---- */
static void trust_many(hf_config *config, size_t count)
{
    char cn[65];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(cn, sizeof cn, "%064zu", i);
        struct test_identity ca =
            test_identity_make(&(struct test_spec){.issuer = TEST_BY_ITSELF, .cn = cn, .ca = true});
        test_trust(config, ca.leaf);
        test_identity_free(&ca);
    }
}

static void many_ca_names(void **state)
{
    (void)state;
    hf_config *server = asking_server(HF_CLIENT_AUTH_REQUIRE);
    trust_many(server, 500); /* 40 KB of names */
    struct pair *p = pair_take(client_with(&test_pki()->client[TEST_P256]), server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    server = asking_server(HF_CLIENT_AUTH_REQUIRE);
    trust_many(server, 900);
    hf_problem why;
    assert_int_equal(hf_config_freeze(server, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "901 trust anchors do not fit in a CertificateRequest"));
    assert_int_equal(hf_config_send_ca_names(server, false), HF_OK); /* as the sentence says */
    p = pair_take(client_with(&test_pki()->client[TEST_P256]), server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
}

static void long_chains(void **state)
{
    (void)state;
    enum { COPIES = 60 };
    const struct test_identity *usual = &test_pki()->client[TEST_P256];
    const hf_bytes above = test_pki()->intermediate;
    size_t len = usual->chain.len + COPIES * above.len;
    char *chain = calloc(1, len + 1);
    memcpy(chain, usual->chain.data, usual->chain.len);
    for (size_t i = 0; i < COPIES; i++) {
        memcpy(chain + usual->chain.len + i * above.len, above.data, above.len);
    }
    struct test_identity identity = *usual;
    identity.chain = (hf_bytes){(const uint8_t *)chain, len};
    struct pair *p = pair_take(client_with(&identity), asking_server(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    p->chunk = 1000;
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->peer_chain.len > 16384);
    pair_free(p);
    free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_client_under_every_kind_of_server),
        cmocka_unit_test(none_asks_for_nothing),
        cmocka_unit_test(request_lets_a_client_have_none),
        cmocka_unit_test(require_refuses_a_client_without),
        cmocka_unit_test(bad_client_certificates),
        cmocka_unit_test(the_client_picks_by_ca_names),
        cmocka_unit_test(the_client_picks_by_schemes),
        cmocka_unit_test(a_client_certificate_needs_no_host_name),
        cmocka_unit_test(many_ca_names),
        cmocka_unit_test(long_chains),
    };
    return cmocka_run_group_tests_name("api/client_auth", tests, NULL, NULL);
}
