/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* Every way a server's chain can be wrong: its own row, its own alert, and which certificate it was
 * (RFC 5280 6, RFC 9325 4.5). */

static struct pair *connect_with(const struct test_identity *identity, hf_config *client)
{
    hf_config *server = test_server_without_identity();
    test_add_identity(server, identity);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    return p;
}

struct row {
    struct test_spec spec;
    hf_err err;
    uint8_t alert;
    const char *detail; /* a part of it */
};

/* clang-format off */
static const struct row rows[] = {
    {{.issuer = TEST_BY_OTHER_ROOT}, HF_UNKNOWN_CA, 48, "certificate 0 (CN=server.test) was issued by CN=another root"},
    {{.no_chain = true}, HF_UNKNOWN_CA, 48, "certificate 0 (CN=server.test) was issued by CN=handfast test intermediate"},
    {{.issuer = TEST_BY_ITSELF}, HF_SELF_SIGNED, 48, "certificate 0 (CN=server.test) is self-signed"},
    {{.not_after = TEST_NOW - 1}, HF_CERTIFICATE_EXPIRED, 45, "certificate 0 (CN=server.test) expired on 2026-05-31"},
    {{.not_before = TEST_NOW + 1}, HF_CERTIFICATE_NOT_YET_VALID, 45, "certificate 0 (CN=server.test) is not valid before 2026-06-01"},
    {{.names = "DNS:else.test"}, HF_NAME_MISMATCH, 42, "certificate 0 (CN=server.test) is not for server.test but for else.test"},
    {{.extended = "clientAuth"}, HF_WRONG_PURPOSE, 43, "certificate 0 (CN=server.test) has an extended key usage without serverAuth"},
    {{.broken_signature = true}, HF_BAD_CERTIFICATE_SIGNATURE, 42, "certificate 0 (CN=server.test)"},
    {{.digest = "SHA1"}, HF_WEAK_CERTIFICATE_SIGNATURE, 42, "certificate 0 (CN=server.test) is signed with"},
    {{.key = TEST_RSA, .rsa_bits = 1024}, HF_WEAK_KEY, 43, "certificate 0 (CN=server.test) has an RSA key of 1024 bits; policy asks for 2048"},
};
/* clang-format on */

static void each_failure_has_its_row_alert_and_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_identity odd = test_identity_make(&rows[i].spec);
        hf_config *server = test_server_without_identity();
        test_add_identity(server, &odd);
        assert_int_equal(hf_config_unknown_names(server, true), HF_OK);
        struct pair *p = pair_take(test_client_config(), server, TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_CLIENT, rows[i].err, rows[i].alert);
        const hf_failure *failure = hf_failed(p->client);
        if (!strstr(failure->detail, rows[i].detail)) {
            fail_msg("\"%s\" does not say \"%s\"", failure->detail, rows[i].detail);
        }
        assert_string_equal(failure->step, "verify_peer");
        assert_int_equal(hf_err_class_of(failure->err), HF_CLASS_UNTRUSTED);
        pair_free(p);
        test_identity_free(&odd);
    }
}

static void an_identity_of_an_unserved_curve_is_not_loaded(void **state)
{
    (void)state;
    struct test_identity odd = test_identity_make(&(struct test_spec){.curve = "P-224"});
    hf_config *server = test_server_without_identity();
    assert_int_equal(hf_config_identity(server, odd.chain, odd.key, NULL), HF_UNSUPPORTED_CERTIFICATE);
    hf_config_free(server);
    test_identity_free(&odd);
}

/* K5: a key that may not sign is not loaded, and not accepted from a peer (tests/flow has the latter). */
static void an_identity_that_may_not_sign_is_not_loaded(void **state)
{
    (void)state;
    struct test_identity odd = test_identity_make(&(struct test_spec){.usage = "critical,keyCertSign"});
    hf_config *server = test_server_without_identity();
    assert_int_equal(hf_config_identity(server, odd.chain, odd.key, NULL), HF_UNSUPPORTED_CERTIFICATE);
    hf_config_free(server);
    test_identity_free(&odd);
    /* one for key agreement is of use with static ECDH alone, and the default policy has none of that */
    odd = test_identity_make(&(struct test_spec){.usage = "critical,keyAgreement"});
    server = test_server_without_identity();
    hf_problem why = {0};
    assert_int_equal(hf_config_identity(server, odd.chain, odd.key, NULL), HF_OK);
    assert_int_equal(hf_config_freeze(server, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "no cipher suite"));
    hf_config_free(server);
    test_identity_free(&odd);
}

/* RFC 8446 4.4.2.2, 4.4.2.3, RFC 5246 7.4.2: X.509v3, of either side. */
static void an_identity_of_version_1_is_not_loaded(void **state)
{
    (void)state;
    struct test_identity odd = test_identity_make(&(struct test_spec){.v1 = true});
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        hf_config *c = side == HF_CLIENT ? test_client_config() : test_server_without_identity();
        assert_int_equal(hf_config_identity(c, odd.chain, odd.key, NULL), HF_CERTIFICATE_NOT_V3);
        hf_config_free(c);
    }
    test_identity_free(&odd);
}

static void a_certificate_without_usages_is_for_everything(void **state)
{
    (void)state;
    struct test_identity plain = test_identity_make(&(struct test_spec){.usage = "", .extended = ""});
    struct pair *p = connect_with(&plain, test_client_config());
    pair_assert_complete(p);
    pair_free(p);
    test_identity_free(&plain);
}

/* RFC 5280 4.1.2.5, but for the last second, which libcrypto counts as past. */
static void valid_from_its_first_second(void **state)
{
    (void)state;
    struct test_identity edge =
        test_identity_make(&(struct test_spec){.not_before = TEST_NOW, .not_after = TEST_NOW + 1});
    struct pair *p = connect_with(&edge, test_client_config());
    pair_assert_complete(p);
    pair_free(p);
    test_identity_free(&edge);
}

/* ---- what is trusted ---- */
static hf_config *client_trusting(hf_bytes pem)
{
    hf_config *client = hf_config_client();
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    test_trust(client, pem);
    return client;
}

static void trusting_a_leaf_or_an_intermediate(void **state)
{
    (void)state;
    const struct test_identity *usual = &test_pki()->server[TEST_P256];
    struct test_identity own = test_identity_make(&(struct test_spec){.issuer = TEST_BY_ITSELF});
    struct pair *p = connect_with(usual, client_trusting(usual->leaf));
    pair_assert_complete(p);
    pair_free(p);
    p = connect_with(usual, client_trusting(test_pki()->intermediate));
    pair_assert_complete(p);
    pair_free(p);
    p = connect_with(&own, client_trusting(own.leaf));
    pair_assert_complete(p);
    pair_free(p);
    p = connect_with(usual, client_trusting(own.leaf)); /* that one only */
    pair_assert_refused(p, HF_CLIENT, HF_UNKNOWN_CA, 48);
    pair_free(p);
    test_identity_free(&own);
}

static void chain_limits(void **state)
{
    (void)state;
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_chain_limits(client, 0, 3072, 0), HF_OK);
    struct pair *p = connect_with(&test_pki()->server[TEST_RSA], client);
    pair_assert_refused(p, HF_CLIENT, HF_WEAK_KEY, 43);
    pair_free(p);
    client = test_client_config();
    assert_int_equal(hf_config_chain_limits(client, 0, 0, 384), HF_OK);
    p = connect_with(&test_pki()->server[TEST_P384], client);
    pair_assert_refused(p, HF_CLIENT, HF_WEAK_KEY, 43);
    assert_non_null(strstr(hf_failed(p->client)->detail, "certificate 1 (CN=handfast test intermediate)"));
    pair_free(p);
    client = test_client_config();
    assert_int_equal(hf_config_limits(client, 64, 0), HF_OK);
    p = connect_with(&test_pki()->server[TEST_P256], client);
    pair_assert_refused(p, HF_CLIENT, HF_MESSAGE_TOO_LONG, 47);
    pair_free(p);
}

/* ---- revocation, RFC 5280 5 ---- */
static void revoked_and_not(void **state)
{
    (void)state;
    const struct test_identity *usual = &test_pki()->server[TEST_P256];
    for (int revoked = 0; revoked < 2; revoked++) {
        hf_bytes crl = test_crl_make(TEST_BY_INTERMEDIATE, revoked ? usual : NULL);
        hf_config *client = test_client_config();
        assert_int_equal(hf_config_crls_pem(client, crl), HF_OK);
        struct pair *p = connect_with(usual, client);
        if (revoked) {
            pair_assert_refused(p, HF_CLIENT, HF_CERTIFICATE_REVOKED, 44);
            assert_non_null(strstr(hf_failed(p->client)->detail, "certificate 0 (CN=server.test)"));
        } else {
            pair_assert_complete(p);
        }
        pair_free(p);
        free((void *)(uintptr_t)crl.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_has_its_row_alert_and_sentence),
        cmocka_unit_test(an_identity_of_an_unserved_curve_is_not_loaded),
        cmocka_unit_test(an_identity_that_may_not_sign_is_not_loaded),
        cmocka_unit_test(an_identity_of_version_1_is_not_loaded),
        cmocka_unit_test(a_certificate_without_usages_is_for_everything),
        cmocka_unit_test(valid_from_its_first_second),
        cmocka_unit_test(trusting_a_leaf_or_an_intermediate),
        cmocka_unit_test(chain_limits),
        cmocka_unit_test(revoked_and_not),
    };
    return cmocka_run_group_tests_name("api/chains", tests, NULL, NULL);
}
