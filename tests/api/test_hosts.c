/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Names: which identity serves whom (RFC 6066 3, RFC 9325 3.7), and whom a client believes (RFC 6125 6).
 * Checklist A1, A2, K5. */

static struct test_identity named(enum test_key key, const char *names)
{
    return test_identity_make(&(struct test_spec){.key = key, .names = names});
}

static hf_config *three_hosts(void)
{
    hf_config *server = test_server_without_identity();
    static const struct {
        enum test_key key;
        const char *names;
    } rows[] = {{TEST_P256, "DNS:a.test"}, {TEST_RSA, "DNS:b.test"}, {TEST_P384, "DNS:*.c.test,DNS:c.test"}};
    for (size_t i = 0; i < 3; i++) {
        struct test_identity identity = named(rows[i].key, rows[i].names);
        test_add_identity(server, &identity);
        test_identity_free(&identity);
    }
    return server;
}

/* A1: each name gets the certificate that is for it; the client verifies that it is. */
static void server_name_chooses_the_identity(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t identity;
    } rows[] = {{"a.test", 0}, {"b.test", 1}, {"c.test", 2}, {"x.c.test", 2}, {"A.Test", 0}, {"B.TEST", 1}};
    hf_config *client = test_client_config(), *server = three_hosts();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = pair_connect(client, server, rows[i].name);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->identity, rows[i].identity);
        pair_free(p);
    }
    hf_config_free(client);
    hf_config_free(server);
}

/* A2: alert 112 unless the config serves unknown names; then the client is the one that refuses. */
static void unknown_names(void **state)
{
    (void)state;
    static const char *const strangers[] = {"d.test", "x.y.c.test", "xa.test", "a.test.evil"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        struct pair *p = pair_take(test_client_config(), three_hosts(), strangers[i]);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, HF_UNRECOGNIZED_NAME, 112);
        assert_non_null(strstr(hf_failed(p->server)->detail, strangers[i]));
        pair_free(p);
        hf_config *server = three_hosts();
        assert_int_equal(hf_config_unknown_names(server, true), HF_OK);
        p = pair_take(test_client_config(), server, strangers[i]);
        pair_run(p);
        pair_assert_refused(p, HF_CLIENT, HF_NAME_MISMATCH, 42);
        assert_int_equal(hf_failed(p->client)->alert, 42);
        pair_free(p);
    }
}

/* A config whose identities list no DNS names serves any name. */
static void identities_without_names_serve_any(void **state)
{
    (void)state;
    struct test_identity nameless = named(TEST_P256, "IP:127.0.0.1");
    hf_config *client = test_client_config(), *server = test_server_without_identity();
    test_add_identity(server, &nameless);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    struct pair *p = pair_take(client, server, "whoever.test");
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->peer_verdict, HF_NAME_MISMATCH);
    pair_free(p);
    test_identity_free(&nameless);
}

/* Several kinds of key for one name: the client's suites and schemes decide. */
static void suites_and_schemes_choose_among_keys(void **state)
{
    (void)state;
    static const struct {
        const char *suites, *schemes;
        size_t identity;
    } rows[] = {
        {NULL, NULL, 0},
        {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", NULL, 1},
        {NULL, "rsa_pss_rsae_sha256:rsa_pkcs1_sha256", 1},
        {NULL, "ed25519", 2},
        {NULL, "rsa_pss_pss_sha256", 3},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa_secp256r1_sha256:rsa_pkcs1_sha256", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hf_config *client = test_client_config(), *server = test_server_without_identity();
        test_add_identity(server, &test_pki()->server[TEST_P256]);
        test_add_identity(server, &test_pki()->server[TEST_RSA]);
        test_add_identity(server, &test_pki()->server[TEST_ED25519]);
        test_add_identity(server, &test_pki()->server[TEST_RSA_PSS]);
        if (rows[i].suites) {
            assert_int_equal(hf_config_suites(client, rows[i].suites, NULL), HF_OK);
        }
        if (rows[i].schemes) {
            assert_int_equal(hf_config_schemes_to_accept(client, rows[i].schemes, NULL), HF_OK);
        }
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->identity, rows[i].identity);
        pair_free(p);
    }
}

/* ---- what a client believes ---- */
static void connect_to(const char *certificate_names, const char *name, bool fits)
{
    struct test_identity identity = named(TEST_P256, certificate_names);
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &identity);
    assert_int_equal(hf_config_unknown_names(server, true), HF_OK);
    struct pair *p = pair_take(test_client_config(), server, name);
    pair_run(p);
    if (fits) {
        pair_assert_complete(p);
    } else {
        pair_assert_refused(p, HF_CLIENT, HF_NAME_MISMATCH, 42);
        assert_non_null(strstr(hf_failed(p->client)->detail, name));
        assert_non_null(strstr(hf_failed(p->client)->detail, "certificate 0 (CN=server.test)"));
    }
    pair_free(p);
    test_identity_free(&identity);
}

/* A1 */
static void names_that_match(void **state)
{
    (void)state;
    connect_to("DNS:server.test", "server.test", true);
    connect_to("DNS:server.test", "SERVER.Test", true);
    connect_to("DNS:Server.TEST", "server.test", true);
    connect_to("DNS:other.test,DNS:server.test", "server.test", true);
    connect_to("DNS:*.wild.test", "a.wild.test", true);
    connect_to("IP:127.0.0.1", "127.0.0.1", true);
    connect_to("IP:::1", "::1", true);
    connect_to("IP:2001:db8::1", "2001:DB8:0::1", true);
}

static void names_that_do_not_match(void **state)
{
    (void)state;
    connect_to("DNS:other.test", "server.test", false); /* the CN is not looked at: RFC 6125 6.4.4 */
    connect_to("", "server.test", false);
    connect_to("DNS:*.wild.test", "wild.test", false);
    connect_to("DNS:*.wild.test", "a.b.wild.test", false);
    connect_to("DNS:*.test", "server.test", false);
    connect_to("DNS:s*.wild.test", "server.wild.test", false);
    connect_to("DNS:127.0.0.1", "127.0.0.1", false); /* an address is not a DNS name */
    connect_to("IP:127.0.0.1", "127.0.0.2", false);
    connect_to("DNS:server.test.evil", "server.test", false);
    connect_to("DNS:evilserver.test", "server.test", false);
}

/* RFC 6066 3: an address is verified, not sent; a final dot is not part of the name that is sent. */
static void what_is_sent_as_server_name(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), "127.0.0.1");
    pair_run(p);
    pair_assert_complete(p);
    assert_null(hf_negotiated(p->server)->server_name);
    assert_null(hf_negotiated(p->client)->server_name);
    pair_free(p);
    p = pair_take(test_client_config(), test_server_config(), "server.test.");
    pair_run(p);
    pair_assert_complete(p);
    assert_string_equal(hf_negotiated(p->server)->server_name, "server.test");
    pair_free(p);
}

static void insecure_accepts_anything_and_says_so(void **state)
{
    (void)state;
    static const struct {
        struct test_spec spec;
        hf_err verdict;
    } rows[] = {{{.issuer = TEST_BY_OTHER_ROOT}, HF_UNKNOWN_CA},
                {{.issuer = TEST_BY_ITSELF}, HF_SELF_SIGNED},
                {{.not_after = TEST_NOW - 1}, HF_CERTIFICATE_EXPIRED},
                {{.names = "DNS:elsewhere.test"}, HF_NAME_MISMATCH}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_identity odd = test_identity_make(&rows[i].spec);
        hf_config *client = hf_config_client(), *server = test_server_without_identity();
        assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
        assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
        test_trust(client, test_pki()->root);
        test_add_identity(server, &odd);
        assert_int_equal(hf_config_unknown_names(server, true), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_false(hf_negotiated(p->client)->peer_verified);
        assert_int_equal(hf_negotiated(p->client)->peer_verdict, rows[i].verdict);
        pair_exchange(p, 10);
        pair_free(p);
        test_identity_free(&odd);
    }
}

/* A1: no name, no verification, no connection. */
static void a_client_that_verifies_needs_a_name(void **state)
{
    (void)state;
    hf_config *client = test_freeze(test_client_config()), *insecure = test_client_config();
    hf_problem why = {HF_OK, ""};
    assert_null(hf_conn_new(client, NULL, &why));
    assert_int_equal(why.err, HF_NO_NAME_TO_VERIFY);
    assert_null(hf_conn_new(client, "", &why));
    assert_int_equal(why.err, HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_insecure_no_verification(insecure), HF_OK);
    hf_config *server = test_server_config();
    struct pair *p = pair_take(insecure, server, NULL);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(hf_negotiated(p->server)->server_name);
    pair_free(p);
    hf_config_free(client);
}

/* RFC 6066 3: a name that could not be sent is refused before anything is; an address is no name, and fine. */
static void names_that_cannot_be(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "b\303\274cher.test", "a..test",          ".test", "a b", "a:443", "[::1]",
        "https://a.test",     "xn--99999999.test"};
    static const char *const good[] = {"server.test.", "127.0.0.1", "::1", "xn--bcher-kva.test", "_x.test"};
    hf_config *client = test_freeze(test_client_config());
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hf_problem why = {HF_OK, ""};
        assert_null(hf_conn_new(client, bad[i], &why));
        assert_int_equal(why.err, HF_BAD_HOST_NAME);
        assert_non_null(strstr(why.sentence, bad[i]));
        assert_null(hf_conn_new(client, bad[i], NULL));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        hf_conn *c = hf_conn_new(client, good[i], NULL);
        assert_non_null(c);
        hf_conn_free(c);
    }
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_name_chooses_the_identity),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(identities_without_names_serve_any),
        cmocka_unit_test(suites_and_schemes_choose_among_keys),
        cmocka_unit_test(names_that_match),
        cmocka_unit_test(names_that_do_not_match),
        cmocka_unit_test(what_is_sent_as_server_name),
        cmocka_unit_test(insecure_accepts_anything_and_says_so),
        cmocka_unit_test(a_client_that_verifies_needs_a_name),
        cmocka_unit_test(names_that_cannot_be),
    };
    return cmocka_run_group_tests_name("api/hosts", tests, NULL, NULL);
}
