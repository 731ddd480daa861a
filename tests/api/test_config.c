/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Setters and hf_config_freeze: what they take, what they refuse, and what they say about it. */

typedef hf_err list_setter(hf_config *config, const char *list, hf_problem *why);

static void lists_of_names(void **state)
{
    (void)state;
    static const struct {
        list_setter *set;
        const char *good, *unknown, *unserved, *what;
    } rows[] = {
        {hf_config_suites, "ECDHE-ECDSA-AES128-GCM-SHA256:TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
         "TLS_NO_SUCH", "TLS_RSA_WITH_RC4_128_SHA", "cipher suite"},
        {hf_config_groups, "x25519,P-256:secp384r1", "p-999", "sect571r1", "group"},
        {hf_config_schemes_to_sign, "ecdsa_secp256r1_sha256 , rsa_pss_rsae_sha256", "rsa_md5", "sm2sig_sm3",
         "scheme"},
        {hf_config_schemes_to_accept, "ed25519", "rsa_md5", "sm2sig_sm3", "scheme"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hf_config *config = test_server_config();
        hf_problem why = {HF_OK, ""};
        char list[128];
        assert_int_equal(rows[i].set(config, rows[i].good, NULL), HF_OK);
        (void)snprintf(list, sizeof list, "%s:%s", rows[i].good, rows[i].unknown);
        assert_int_equal(rows[i].set(config, list, &why), HF_UNKNOWN_NAME);
        assert_int_equal(why.err, HF_UNKNOWN_NAME);
        assert_non_null(strstr(why.sentence, rows[i].unknown)); /* names the entry */
        assert_int_equal(rows[i].set(config, rows[i].unserved, &why), HF_UNKNOWN_NAME);
        assert_non_null(strstr(why.sentence, rows[i].unserved));
        assert_int_equal(rows[i].set(config, "", &why), HF_BAD_ARGUMENT);
        assert_int_equal(rows[i].set(config, NULL, &why), HF_NULL_ARGUMENT);
        assert_int_equal(rows[i].set(NULL, rows[i].good, &why), HF_NULL_ARGUMENT);
        test_freeze(config); /* failed setters changed nothing */
        assert_int_equal(rows[i].set(config, rows[i].good, &why), HF_CONFIG_FROZEN);
        hf_config_free(config);
    }
}

static void identities_that_cannot_be(void **state)
{
    (void)state;
    const struct test_identity *own = &test_pki()->server[TEST_P256], *other = &test_pki()->server[TEST_P384];
    const hf_bytes junk = {(const uint8_t *)"junk", 4}, nothing = {NULL, 0};
    hf_config *config = hf_config_server();
    assert_int_equal(hf_config_identity(config, own->chain, other->key, NULL), HF_KEY_MISMATCH);
    assert_int_equal(hf_config_identity(config, junk, own->key, NULL), HF_BAD_PEM);
    assert_int_equal(hf_config_identity(config, own->chain, junk, NULL), HF_BAD_PEM);
    assert_int_equal(hf_config_identity(config, own->key, own->chain, NULL), HF_BAD_PEM);
    assert_int_equal(hf_config_identity(config, nothing, own->key, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity(config, own->chain, nothing, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_external(config, junk, 1), HF_BAD_PEM);
    /* what is damaged behind the leaf may not be lost without a word */
    assert_int_equal(
        hf_config_identity(config, (hf_bytes){own->chain.data, own->chain.len - 30}, own->key, NULL),
        HF_BAD_PEM);
    assert_int_equal(hf_config_identity_external(config, nothing, 1), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_trust_pem(config, junk), HF_BAD_PEM);
    assert_int_equal(hf_config_crls_pem(config, nothing), HF_NULL_ARGUMENT);
    hf_problem why;
    assert_int_equal(hf_config_freeze(config, &why), HF_CONFIG_INCOMPLETE); /* none of them was kept */
    hf_config_free(config);
}

/* ---- files ---- */
static char *file_of(const char *directory, const char *name, hf_bytes bytes)
{
    static char path[4][300];
    static unsigned next;
    char *made = path[next++ % 4];
    (void)snprintf(made, sizeof path[0], "%s/%s", directory, name);
    FILE *file = fopen(made, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
    return made;
}

static void from_files_and_directories(void **state)
{
    (void)state;
    char directory[] = "/tmp/handfast-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    const struct test_identity *own = &test_pki()->server[TEST_RSA];
    char *chain = file_of(directory, "chain.pem", own->chain), *key = file_of(directory, "key.pem", own->key);
    hf_config *server = test_server_without_identity(), *client = hf_config_client();
    assert_int_equal(hf_config_identity_file(server, "/nonexistent", key, NULL), HF_FILE_UNREADABLE);
    assert_int_equal(hf_config_identity_file(server, chain, "/nonexistent", NULL), HF_FILE_UNREADABLE);
    assert_int_equal(hf_config_identity_file(server, chain, directory, NULL), HF_FILE_UNREADABLE);
    assert_int_equal(hf_config_identity_file(server, chain, NULL, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_file(server, chain, key, NULL), HF_OK);
    (void)unlink(key);                                                /* read once */
    assert_int_equal(hf_config_trust_path(client, directory), HF_OK); /* finds the chain: the leaf itself */
    assert_int_equal(hf_config_trust_path(client, "/nonexistent"), HF_FILE_UNREADABLE);
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    char *root = file_of(directory, "root.pem", test_pki()->root);
    assert_int_equal(hf_config_trust_path(client, root), HF_OK);
    assert_int_equal(hf_config_trust_path(client, root), HF_OK); /* and again */
    assert_int_equal(hf_config_trust_path(client, directory), HF_OK);
    assert_int_equal(hf_config_trust_path(client, chain), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    (void)unlink(root);
    (void)unlink(chain);
    (void)rmdir(directory);
}

static void trusting_twice_is_trusting(void **state)
{
    (void)state;
    hf_config *client = test_client_config();
    test_trust(client, test_pki()->root);
    test_trust(client, test_pki()->other_root);
    test_trust(client, test_pki()->root);
    assert_int_equal(hf_config_trust_pem(client, (hf_bytes){(const uint8_t *)"no PEM", 6}), HF_BAD_PEM);
    struct pair *p = pair_take(client, test_server_config(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
}

/* ---- bounds ---- */
static void bounds(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_chain_limits(client, 33, 0, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_chain_limits(client, 0, 16385, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_chain_limits(client, 0, 0, 522), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_versions(client, 0x0304, 0x0303), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_versions(client, 0x0301, 0x0302), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_versions(client, 0x0305, 0x0305), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_versions(client, 0x0303, 0x0303), HF_OK);
    assert_int_equal(hf_config_session_life(server, 0, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_session_life(server, 24 * 3600 + 1, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_session_life(server, 24 * 3600, 1), HF_OK);
    assert_int_equal(hf_config_session_cache(client, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_session_cache(server, SIZE_MAX), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_client_auth(client, HF_CLIENT_AUTH_REQUIRE), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_client_auth(server, (hf_client_auth)3), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_insecure_no_verification(server), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_limits(client, SIZE_MAX, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_limits(client, 0, SIZE_MAX), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_ask(client, 32), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_session_generation(client, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_trust_path(client, NULL), HF_NULL_ARGUMENT);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(NULL);
}

/* Every setter refuses NULL and a frozen config. */
static void setters_of_nothing_and_of_ice(void **state)
{
    (void)state;
    hf_config *frozen = test_freeze(test_server_config()), *each[] = {NULL, frozen};
    const hf_err expected[] = {HF_NULL_ARGUMENT, HF_CONFIG_FROZEN};
    const struct test_identity *own = &test_pki()->server[TEST_P256];
    for (size_t i = 0; i < 2; i++) {
        hf_config *c = each[i];
        const hf_err answers[] = {
            hf_config_identity(c, own->chain, own->key, NULL),
            hf_config_identity_external(c, own->chain, 1),
            hf_config_trust_pem(c, test_pki()->root),
            hf_config_trust_path(c, "/"),
            hf_config_trust_system(c),
            hf_config_crls_pem(c, test_pki()->root),
            hf_config_chain_limits(c, 1, 0, 0),
            hf_config_insecure_no_verification(c),
            hf_config_client_auth(c, HF_CLIENT_AUTH_NONE),
            hf_config_send_ca_names(c, true),
            hf_config_versions(c, 0x0303, 0x0303),
            hf_config_alpn(c, "x", false),
            hf_config_unknown_names(c, true),
            hf_config_require_extended_master_secret(c, true),
            hf_config_require_encrypt_then_mac(c, true),
            hf_config_min_dh_bits(c, 2048),
            hf_config_policy(c, "default", NULL),
            hf_config_allow_insecure_renegotiation_peer(c, true),
            hf_config_fallback(c, true),
            hf_config_limits(c, 0, 0),
            hf_config_session_cache(c, 1),
            hf_config_session_life(c, 1, 1),
            hf_config_session_generation(c, "x"),
            hf_config_resume_client_auth(c, true),
            hf_config_session_effects(c, NULL, NULL),
            hf_config_clock(c, NULL, NULL),
            hf_config_random(c, NULL, NULL),
            hf_config_ask(c, 0),
            hf_config_keylog(c, NULL, NULL),
        };
        for (size_t a = 0; a < sizeof answers / sizeof *answers; a++) {
            assert_int_equal(answers[a], expected[i]);
        }
    }
    assert_int_equal(hf_config_freeze(frozen, NULL), HF_OK); /* a second freeze is fine */
    hf_config_free(hf_config_share(frozen));
    assert_null(hf_config_share(NULL));
    hf_config_free(frozen);
}

/* ---- freezing ---- */
static void assert_problem(hf_config *config, const char *part)
{
    hf_problem why = {HF_OK, ""};
    assert_int_equal(hf_config_freeze(config, &why), HF_CONFIG_INCOMPLETE);
    assert_int_equal(why.err, HF_CONFIG_INCOMPLETE);
    if (!strstr(why.sentence, part)) {
        fail_msg("\"%s\" does not say \"%s\"", why.sentence, part);
    }
    assert_null(hf_conn_new(config, TEST_HOST, &why));
    assert_int_equal(why.err, HF_CONFIG_NOT_FROZEN);
    hf_config_free(config);
}

static void what_freezing_finds(void **state)
{
    (void)state;
    assert_problem(hf_config_client(), "trust anchors");
    assert_problem(hf_config_server(), "identity");
    hf_config *server = test_server_config();
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUEST), HF_OK);
    assert_problem(server, "trust anchors");
    server = test_server_config();
    assert_int_equal(hf_config_suites(server, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", NULL), HF_OK);
    assert_problem(server, "cipher suite");
    server = test_server_config();
    assert_int_equal(hf_config_schemes_to_sign(server, "ed25519", NULL), HF_OK);
    assert_problem(server, "cipher suite");
    assert_int_equal(hf_config_freeze(NULL, NULL), HF_NULL_ARGUMENT);
}

/* On failure the config stays mutable: what was found can be mended. */
static void a_problem_can_be_mended(void **state)
{
    (void)state;
    hf_config *client = hf_config_client();
    assert_int_equal(hf_config_freeze(client, NULL), HF_CONFIG_INCOMPLETE);
    test_trust(client, test_pki()->root);
    assert_int_equal(hf_config_freeze(client, NULL), HF_OK);
    hf_config_free(client);
}

static void connections_that_cannot_be(void **state)
{
    (void)state;
    hf_config *server = test_freeze(test_server_config()), *client = test_freeze(test_client_config());
    char name[300];
    hf_problem why;
    memset(name, 'n', sizeof name);
    name[256] = 0;
    assert_null(hf_conn_new(NULL, NULL, &why));
    assert_int_equal(why.err, HF_NULL_ARGUMENT);
    assert_null(hf_conn_new(server, TEST_HOST, &why));
    assert_int_equal(why.err, HF_BAD_ARGUMENT);
    assert_null(hf_conn_new(client, name, NULL));
    hf_config_free(server);
    hf_config_free(client);
}

/* hf_config_random: its bytes are the hello randoms; when it fails so does the handshake (S12). */
static int counting(void *arg, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (*(uint8_t *)arg)++;
    }
    return 0;
}

static int empty_source(void *arg, uint8_t *out, size_t len)
{
    (void)arg, (void)out, (void)len;
    return 1;
}

static void the_random_source_is_the_configs(void **state)
{
    (void)state;
    static const uint8_t expected[4] = {7, 8, 9, 10};
    uint8_t from = 7;
    hf_config *client = test_client_config(), *broken = test_client_config();
    assert_int_equal(hf_config_random(client, counting, &from), HF_OK);
    struct pair *p = pair_take(client, test_server_config(), TEST_HOST);
    assert_memory_equal(hf_peek_wire(p->client).data + 5 + 4 + 2, expected, 4);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    assert_int_equal(hf_config_random(broken, empty_source, NULL), HF_OK);
    p = pair_take(broken, test_server_config(), TEST_HOST);
    pair_run(p);
    pair_assert_failed(p, HF_CLIENT, HF_RANDOM_FAILED, 80, HF_SENT);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_names),
        cmocka_unit_test(identities_that_cannot_be),
        cmocka_unit_test(from_files_and_directories),
        cmocka_unit_test(trusting_twice_is_trusting),
        cmocka_unit_test(bounds),
        cmocka_unit_test(setters_of_nothing_and_of_ice),
        cmocka_unit_test(what_freezing_finds),
        cmocka_unit_test(a_problem_can_be_mended),
        cmocka_unit_test(connections_that_cannot_be),
        cmocka_unit_test(the_random_source_is_the_configs),
    };
    return cmocka_run_group_tests_name("api/config", tests, NULL, NULL);
}
