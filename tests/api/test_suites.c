/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "pair.h"

/* What src/crypto/suites.c lists today. */
#define SUITES (59 + 5)

/* Every cipher suite there is, both roles, full and resumed: a suite that joins the table joins this test. */

static bool named(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static hf_config *server_for(const char *suite)
{
    hf_config *c = test_server_without_identity();
    if (named(suite, "_anon_")) {
        return c;
    }
    if (named(suite, "_ECDH_")) { /* static: the certificate's key agrees */
        struct test_identity fixed = test_identity_make(
            &(struct test_spec){.usage = "critical,keyAgreement",
                                .issuer = named(suite, "_RSA_") ? TEST_BY_RSA_ROOT : TEST_BY_ROOT});
        test_add_identity(c, &fixed);
        test_identity_free(&fixed);
        return c;
    }
    if (named(suite, "TLS_RSA_")) { /* the certificate's key decrypts */
        struct test_identity rsa =
            test_identity_make(&(struct test_spec){.key = TEST_RSA, .usage = "critical,keyEncipherment"});
        test_add_identity(c, &rsa);
        test_identity_free(&rsa);
        return c;
    }
    test_add_identity(c, &test_pki()->server[named(suite, "_ECDSA_") ? TEST_P256 : TEST_RSA]);
    return c;
}

static void list_all(hf_config *c, const char *suite)
{
    hf_problem why;
    assert_int_equal(hf_config_suites(c, suite, &why), HF_OK);
    assert_int_equal(hf_config_groups(c, "secp256r1:ffdhe2048", &why), HF_OK);
}

static hf_config *client_for(const char *suite)
{
    hf_config *c = test_client_config();
    test_trust(c, test_pki()->rsa_root);
    list_all(c, suite);
    return c;
}

static void check(const struct pair *p, const char *suite, bool resumed)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *s = hf_negotiated(pair_conn(p, side));
        assert_string_equal(s->suite_name, suite);
        assert_int_equal(s->resumed, resumed);
        assert_int_equal(s->version, test_version);
        assert_int_equal(s->encrypt_then_mac, named(suite, "_CBC_"));
        bool ephemeral = named(suite, "DHE_") || named(suite, "_anon_") || test_version > 0x0303;
        bool signs = ephemeral && !named(suite, "_anon_") && !resumed;
        assert_int_equal(s->server_scheme != 0, signs);
    }
    assert_int_equal(hf_negotiated(p->client)->peer_verified, !named(suite, "_anon_"));
}

static void every_suite_full_and_resumed(void **state)
{
    (void)state;
    size_t count = 0;
    uint16_t code;
    for (size_t i = 0; (code = hf_supported(HF_SUITES, i)) != 0; i++) {
        const char *suite = hf_name_of(HF_SUITES, code);
        test_version = named(suite, "_WITH_")
                           ? 0x0303
                           : 0x0304; /* RFC 8446 B.4: a suite of TLS 1.3 has no key exchange */
        hf_config *client = client_for(suite), *server = server_for(suite);
        list_all(server, suite);
        struct pair *p = pair_connect(client, server, TEST_HOST);
        pair_assert_complete(p);
        check(p, suite, false);
        pair_exchange(p, 20000);
        hf_session *session = hf_conn_session(p->client);
        assert_non_null(session);
        pair_free(p);
        p = pair_resume(client, server, TEST_HOST, session);
        pair_assert_complete(p);
        check(p, suite, true);
        pair_exchange(p, 1);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
        count++;
    }
    assert_int_equal(count, SUITES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_full_and_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
