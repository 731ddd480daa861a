/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

/* TLS 1.3 as a user of the library sees it: RFC 8446 2, and that nothing else changes for the application. */

#define TLS12 0x0303
#define TLS13 0x0304

static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                     "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
                                     "TLS_AES_128_CCM_8_SHA256"};
static const char *const groups[] = {"x25519", "secp256r1", "secp384r1", "secp521r1",
                                     "x448",   "ffdhe2048", "ffdhe3072"};

static hf_config *client13(void)
{
    return test_speaking(test_client_config(), TLS12, TLS13);
}

static hf_config *server13(void)
{
    return test_speaking(test_server_config(), TLS12, TLS13);
}

static hf_config *with_groups(hf_config *config, const char *list)
{
    assert_int_equal(hf_config_groups(config, list, NULL), HF_OK);
    return config;
}

static void check_summaries(const struct pair *p, const char *suite, const char *group)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *s = hf_negotiated(pair_conn(p, side));
        assert_true(s->complete);
        assert_int_equal(s->version, TLS13);
        assert_string_equal(s->suite_name, suite);
        assert_string_equal(s->group_name, group);
        assert_string_equal(s->server_name, TEST_HOST);
        assert_non_null(s->server_scheme_name);
        assert_false(s->resumed);
        assert_int_equal(s->resumption, HF_NOT_OFFERED);
        assert_true(s->extended_master_secret && s->secure_renegotiation);
    }
    assert_true(hf_negotiated(p->client)->peer_verified);
}

/* RFC 5705, RFC 8446 7.5: both sides export the same, and something else under another label or context. */
static void check_exporters(const struct pair *p)
{
    uint8_t ours[32], theirs[32], other[32];
    const hf_bytes context = {(const uint8_t *)"context", 7};
    assert_int_equal(hf_export(p->client, "EXPORTER-test", &context, ours, sizeof ours), HF_OK);
    assert_int_equal(hf_export(p->server, "EXPORTER-test", &context, theirs, sizeof theirs), HF_OK);
    assert_memory_equal(ours, theirs, sizeof ours);
    assert_int_equal(hf_export(p->server, "EXPORTER-test", NULL, other, sizeof other), HF_OK);
    assert_memory_not_equal(ours, other, sizeof ours);
    assert_int_equal(hf_export(p->server, "EXPORTER-other", &context, other, sizeof other), HF_OK);
    assert_memory_not_equal(ours, other, sizeof ours);
    assert_int_equal(hf_tls_unique(p->client).len, 0); /* RFC 8446 C.5 */
}

static void every_suite_group_and_kind_of_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            hf_config *client = with_groups(client13(), groups[g]);
            hf_config *server = test_speaking(test_server_without_identity(), TLS13, TLS13);
            test_add_identity(server, &test_pki()->server[(i + g) % TEST_KEYS]);
            assert_int_equal(hf_config_suites(client, suites[i], NULL), HF_OK);
            assert_int_equal(hf_config_suites(server, suites[i], NULL), HF_OK);
            struct pair *p = pair_take(client, with_groups(server, groups[g]), TEST_HOST);
            pair_run(p);
            pair_assert_complete(p);
            check_summaries(p, suites[i], groups[g]);
            check_exporters(p);
            pair_exchange(p, 20000);
            pair_free(p);
        }
    }
}

/* RFC 8446 2 figure 1. */
static void the_steps_are_those_of_the_figure(void **state)
{
    (void)state;
    struct pair *p = pair_take(client13(), server13(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_non_null(strstr(p->steps[HF_CLIENT], "ClientHello ServerHello [ChangeCipherSpec] agree_secret "
                                                "[ChangeCipherSpec] EncryptedExtensions Certificate "
                                                "CertificateVerify verify_peer Finished Finished"));
    pair_free(p);
}

static void certificates_of_both_sides(void **state)
{
    (void)state;
    for (int key = 0; key < TEST_KEYS; key++) {
        hf_config *client = client13(), *server = server13();
        test_add_identity(client, &test_pki()->client[key]);
        test_trust(server, test_pki()->root);
        assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_true(hf_negotiated(p->server)->peer_verified);
        assert_non_null(hf_negotiated(p->server)->client_scheme_name);
        assert_true(hf_negotiated(p->client)->client_auth_requested);
        pair_exchange(p, 100);
        pair_free(p);
    }
}

/* RFC 8446 4.4.2.4: the alert is certificate_required, and it comes when the client believes itself done. */
static void a_client_without_a_certificate(void **state)
{
    (void)state;
    for (int mode = HF_CLIENT_AUTH_REQUEST; mode <= HF_CLIENT_AUTH_REQUIRE; mode++) {
        hf_config *server = server13();
        test_trust(server, test_pki()->root);
        assert_int_equal(hf_config_client_auth(server, (hf_client_auth)mode), HF_OK);
        struct pair *p = pair_take(client13(), server, TEST_HOST);
        pair_run(p);
        if (mode == HF_CLIENT_AUTH_REQUEST) {
            pair_assert_complete(p);
            assert_false(hf_negotiated(p->server)->peer_verified);
        } else {
            assert_int_equal(hf_failed(p->server)->err, HF_CERTIFICATE_REQUIRED);
            assert_int_equal(hf_failed(p->client)->alert, 116);
        }
        pair_free(p);
    }
}

/* RFC 8446 2 figure 2: the client's first share is of a group that the server does not have. */
static void another_group_is_asked_for(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        char list[64];
        (void)snprintf(list, sizeof list, "%s:%s", strcmp(groups[g], "x448") ? "x448" : "x25519", groups[g]);
        struct pair *p =
            pair_take(with_groups(client13(), list), with_groups(server13(), groups[g]), TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        check_summaries(p, "TLS_AES_128_GCM_SHA256", groups[g]);
        check_exporters(p);
        assert_non_null(strstr(p->steps[HF_CLIENT], "HelloRetryRequest [ChangeCipherSpec] make_key_share "
                                                    "ClientHello [ChangeCipherSpec] ServerHello"));
        pair_exchange(p, 100);
        pair_free(p);
    }
}

static void no_group_in_common(void **state)
{
    (void)state;
    struct pair *p = pair_take(with_groups(test_speaking(test_client_config(), TLS13, TLS13), "x448"),
                               with_groups(server13(), "x25519"), TEST_HOST);
    pair_run(p);
    assert_int_equal(hf_failed(p->server)->err, HF_NO_COMMON_GROUP);
    assert_int_equal(hf_failed(p->client)->alert, 40);
    pair_free(p);
}

/* RFC 8446 4.2.1, D.1, D.2: with whoever speaks TLS 1.2 alone, TLS 1.2 it is. */
static void the_highest_that_both_speak(void **state)
{
    (void)state;
    static const struct {
        uint16_t client[2], server[2], agreed;
        hf_err err;
        uint8_t alert;
    } cases[] = {
        {{TLS12, TLS12}, {TLS12, TLS13}, TLS12, HF_OK, 0},
        {{TLS12, TLS13}, {TLS12, TLS12}, TLS12, HF_OK, 0},
        {{TLS13, TLS13}, {TLS12, TLS13}, TLS13, HF_OK, 0},
        {{TLS12, TLS13}, {TLS13, TLS13}, TLS13, HF_OK, 0},
        {{TLS12, TLS12}, {TLS13, TLS13}, 0, HF_NO_COMMON_VERSION, 70},
        {{TLS13, TLS13},
         {TLS12, TLS12},
         0,
         HF_NO_COMMON_SUITE,
         40}, /* to TLS 1.2 its suites are unknown ones */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair *p =
            pair_take(test_speaking(test_client_config(), cases[i].client[0], cases[i].client[1]),
                      test_speaking(test_server_config(), cases[i].server[0], cases[i].server[1]), TEST_HOST);
        pair_run(p);
        if (cases[i].agreed) {
            pair_assert_complete(p);
            assert_int_equal(hf_negotiated(p->server)->version, cases[i].agreed);
            pair_exchange(p, 100);
        } else {
            assert_int_equal(hf_failed(p->server)->err, cases[i].err);
            assert_int_equal(hf_failed(p->client)->alert, cases[i].alert);
        }
        pair_free(p);
    }
}

/* Takes supported_versions out of sight, as somebody between would who wants TLS 1.2. */
static void hide_tls13(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    static const uint8_t listed[] = {0, 43, 0, 5, 4, 3, 4, 3, 3};
    bool *hidden = arg;
    (void)pair;
    for (size_t i = 0; from == HF_CLIENT && !*hidden && i + sizeof listed <= bytes->len; i++) {
        if (memcmp(bytes->data + i, listed, sizeof listed) == 0) {
            bytes->data[i] = 0xfe; /* an extension that nobody knows */
            *hidden = true;
        }
    }
}

/* RFC 8446 4.1.3: ServerHello's random tells. */
static void a_downgrade_is_noticed(void **state)
{
    (void)state;
    bool hidden = false;
    struct pair *p = pair_take(client13(), server13(), TEST_HOST);
    p->hook = hide_tls13;
    p->hook_arg = &hidden;
    pair_run(p);
    assert_true(hidden);
    assert_int_equal(hf_failed(p->client)->err, HF_DOWNGRADED);
    assert_int_equal(hf_failed(p->server)->alert, 47);
    pair_free(p);
}

static void one_byte_at_a_time(void **state)
{
    (void)state;
    hf_config *client = with_groups(client13(), "x448:secp256r1"),
              *server = with_groups(server13(), "secp256r1");
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->chunk = 1;
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 3000);
    pair_free(p);
}

/* A list of suites of one version is a choice of the version too. */
static void suites_choose_the_version(void **state)
{
    (void)state;
    hf_problem why;
    hf_config *client = client13();
    assert_int_equal(hf_config_suites(client, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL), HF_OK);
    struct pair *p = pair_take(client, server13(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->version, TLS12);
    pair_free(p);
    client = test_speaking(test_client_config(), TLS13, TLS13);
    assert_int_equal(hf_config_suites(client, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL), HF_OK);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    hf_config_free(client);
}

/* RFC 8446 B.3: who wants supplemental data or a double handshake speaks TLS 1.2, or is told why it cannot be. */
static void what_tls13_does_not_have(void **state)
{
    (void)state;
    hf_problem why;
    hf_config *client = client13();
    assert_int_equal(hf_config_double_handshake(client, true), HF_OK);
    hf_config *server = server13();
    assert_int_equal(hf_config_double_handshake(server, true), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->version, TLS12);
    pair_free(p);
    client = test_speaking(test_client_config(), TLS13, TLS13);
    assert_int_equal(hf_config_double_handshake(client, true), HF_OK);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "RFC 8446 B.3"));
    hf_config_free(client);
}

/* RFC 8446 4.1.2: a renegotiation there is not. */
static void no_renegotiation(void **state)
{
    (void)state;
    hf_config *client = client13();
    assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    struct pair *p = pair_take(client, server13(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_renegotiate(p->client), HF_RENEGOTIATION_UNAVAILABLE);
    pair_exchange(p, 10);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_group_and_kind_of_key),
        cmocka_unit_test(the_steps_are_those_of_the_figure),
        cmocka_unit_test(certificates_of_both_sides),
        cmocka_unit_test(a_client_without_a_certificate),
        cmocka_unit_test(another_group_is_asked_for),
        cmocka_unit_test(no_group_in_common),
        cmocka_unit_test(the_highest_that_both_speak),
        cmocka_unit_test(a_downgrade_is_noticed),
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(suites_choose_the_version),
        cmocka_unit_test(what_tls13_does_not_have),
        cmocka_unit_test(no_renegotiation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
