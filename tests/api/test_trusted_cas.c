/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/*
 * trusted_ca_keys, RFC 6066 6: a server with chains of several CAs shows the one that the client can verify.
 * Identities are 0: of the root that signs with RSA, 1: of the other root, 2: of the root that clients trust.
 */
enum { OF_RSA_ROOT, OF_OTHER_ROOT, OF_ROOT };

static struct test_identity made[2];

static int make(void **state)
{
    (void)state;
    made[0] = test_identity_make(&(struct test_spec){.issuer = TEST_BY_RSA_ROOT});
    made[1] = test_identity_make(&(struct test_spec){.issuer = TEST_BY_OTHER_ROOT});
    return 0;
}

static int forget(void **state)
{
    (void)state;
    test_identity_free(&made[0]);
    test_identity_free(&made[1]);
    return 0;
}

/* with_roots: it knows the roots that its chains leave out */
static hf_config *three_chains(bool with_roots)
{
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &made[0]);
    test_add_identity(server, &made[1]);
    test_add_identity(server, &test_pki()->server[TEST_P256]);
    if (with_roots) {
        test_trust(server, test_pki()->root);
        test_trust(server, test_pki()->other_root);
        test_trust(server, test_pki()->rsa_root);
    }
    return server;
}

static hf_config *client_trusting(hf_bytes root, unsigned kinds)
{
    hf_config *client = hf_config_client();
    assert_non_null(client);
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    test_trust(client, root);
    assert_int_equal(hf_config_send_trusted_cas(client, kinds), HF_OK);
    return client;
}

static void expect_choice(hf_config *client, hf_config *server, size_t identity, bool acknowledged)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->server)->identity, identity);
    assert_int_equal(hf_negotiated(p->server)->trusted_ca, acknowledged);
    /* RFC 8446 4.2.4: TLS 1.3 has no answer to it */
    assert_int_equal(hf_negotiated(p->client)->trusted_ca, acknowledged && test_version < 0x0304);
    pair_free(p);
}

/* Without the extension the first chain is shown, and this client cannot verify it. */
static void without_it_the_handshake_fails(void **state)
{
    (void)state;
    struct pair *p = pair_take(client_trusting(test_pki()->root, 0), three_chains(true), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_UNKNOWN_CA, 48);
    pair_free(p);
}

/* RFC 6066 6: key_sha1_hash, x509_name, cert_sha1_hash, and several of them at once; keys of EC and of RSA */
static void every_identifier_type_chooses_the_chain(void **state)
{
    (void)state;
    static const unsigned kinds[] = {HF_TRUSTED_CA_KEY_SHA1_HASH, HF_TRUSTED_CA_X509_NAME,
                                     HF_TRUSTED_CA_CERT_SHA1_HASH,
                                     HF_TRUSTED_CA_PRE_AGREED | HF_TRUSTED_CA_CERT_SHA1_HASH, 15};
    const hf_bytes roots[] = {test_pki()->rsa_root, test_pki()->other_root, test_pki()->root};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t identity = 0; identity < 3; identity++) {
            expect_choice(client_trusting(roots[identity], kinds[i]), three_chains(true), identity, true);
        }
    }
}

/* The issuer's name is in the chain; its key and certificate are known only where somebody gave them. */
static void a_root_that_the_chain_leaves_out(void **state)
{
    (void)state;
    expect_choice(client_trusting(test_pki()->root, HF_TRUSTED_CA_X509_NAME), three_chains(false), OF_ROOT,
                  true);
    /* the intermediate is in the chain itself: a client may trust that one alone */
    expect_choice(client_trusting(test_pki()->root, HF_TRUSTED_CA_CERT_SHA1_HASH), three_chains(true),
                  OF_ROOT, true);
    struct pair *p = pair_take(client_trusting(test_pki()->root, HF_TRUSTED_CA_CERT_SHA1_HASH),
                               three_chains(false), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_UNKNOWN_CA, 48);
    assert_false(hf_negotiated(p->client)->trusted_ca);
    pair_free(p);
}

static void an_intermediate_named_by_the_client(void **state)
{
    (void)state;
    hf_config *client = client_trusting(test_pki()->intermediate, HF_TRUSTED_CA_KEY_SHA1_HASH);
    struct pair *p = pair_take(client, three_chains(false), TEST_HOST);
    pair_run(p);
    assert_int_equal(hf_negotiated(p->server)->identity, OF_ROOT);
    assert_true(hf_negotiated(p->server)->trusted_ca);
    pair_free(p);
}

/* RFC 6066 6: without a match the server goes on as ever, and acknowledges nothing. */
static void nothing_matches(void **state)
{
    (void)state;
    struct test_identity stranger = test_identity_make(&(struct test_spec){.issuer = TEST_BY_ITSELF});
    hf_config *client =
        client_trusting(stranger.leaf, HF_TRUSTED_CA_X509_NAME | HF_TRUSTED_CA_CERT_SHA1_HASH);
    test_trust(client, test_pki()->rsa_root);
    hf_config *blind = client_trusting(stranger.leaf, HF_TRUSTED_CA_X509_NAME | HF_TRUSTED_CA_CERT_SHA1_HASH);
    assert_int_equal(hf_config_insecure_no_verification(blind), HF_OK);
    expect_choice(blind, three_chains(true), OF_RSA_ROOT, false);
    /* among several, one is enough */
    expect_choice(client, three_chains(true), OF_RSA_ROOT, true);
    test_identity_free(&stranger);
}

static void a_server_may_require_it(void **state)
{
    (void)state;
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &made[1]);
    assert_int_equal(hf_config_require_trusted_ca(server, true), HF_OK);
    test_freeze(server);
    hf_config *client = test_freeze(client_trusting(test_pki()->root, HF_TRUSTED_CA_X509_NAME));
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_refused(p, HF_SERVER, HF_NO_TRUSTED_CHAIN, 40);
    pair_free(p);
    hf_config_free(client);
    /* one that says nothing is served */
    client = test_freeze(client_trusting(test_pki()->other_root, 0));
    p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
}

/* RFC 6066 6: "the option to include no CA root keys is included to allow the client to indicate possession of
 * some pre-defined set" */
static void pre_agreed(void **state)
{
    (void)state;
    hf_config *server = three_chains(false);
    assert_int_equal(hf_config_identity_pre_agreed(server, 3), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_identity_pre_agreed(server, OF_OTHER_ROOT), HF_OK);
    expect_choice(client_trusting(test_pki()->other_root, HF_TRUSTED_CA_PRE_AGREED), server, OF_OTHER_ROOT,
                  true);
    /* nothing was agreed on with this one */
    expect_choice(client_trusting(test_pki()->rsa_root, HF_TRUSTED_CA_PRE_AGREED), three_chains(false),
                  OF_RSA_ROOT, false);
}

/* server_name and the client's suites come first */
static void it_is_a_preference_only(void **state)
{
    (void)state;
    struct test_identity elsewhere =
        test_identity_make(&(struct test_spec){.issuer = TEST_BY_OTHER_ROOT, .names = "DNS:b.test"});
    hf_config *server = test_server_without_identity();
    test_add_identity(server, &made[0]);
    test_add_identity(server, &elsewhere);
    hf_config *client = client_trusting(test_pki()->other_root, HF_TRUSTED_CA_X509_NAME);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    expect_choice(client, server, 0, false);
    test_identity_free(&elsewhere);
    /* an RSA chain that the client trusts wins over an ECDSA one that it does not, whatever suite is first */
    server = test_server_without_identity();
    test_add_identity(server, &made[1]);
    test_add_identity(server, &test_pki()->server[TEST_RSA]);
    expect_choice(client_trusting(test_pki()->root, HF_TRUSTED_CA_X509_NAME), server, 1, true);
    /* and is of no use to a client without RSA suites */
    server = test_server_without_identity();
    test_add_identity(server, &made[1]);
    test_add_identity(server, &test_pki()->server[TEST_RSA]);
    client = client_trusting(test_pki()->root, HF_TRUSTED_CA_X509_NAME);
    test_trust(client, test_pki()->other_root);
    assert_int_equal(hf_config_suites(client, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", NULL), HF_OK);
    expect_choice(client, server, 0, true);
}

/* A resumed session has its chain already: nothing is chosen, nothing acknowledged. */
static void resumption(void **state)
{
    (void)state;
    hf_config *client = test_freeze(client_trusting(test_pki()->root, HF_TRUSTED_CA_X509_NAME));
    hf_config *server = test_freeze(three_chains(false));
    struct pair *p = pair_connect(client, server, TEST_HOST);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->client)->resumed);
    assert_false(hf_negotiated(p->client)->trusted_ca);
    assert_false(hf_negotiated(p->server)->trusted_ca);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static bool pick_the_last(void *arg, struct pair *pair, hf_conn *asked)
{
    hf_question q;
    (void)pair;
    assert_int_equal(hf_asked(asked, &q), HF_ASK_PICK_IDENTITY);
    assert_true(q.trusted_cas.len > 3 && q.trusted_cas.data[0] == 2);
    assert_int_equal(hf_answer_identity(asked, *(const size_t *)arg), HF_OK);
    return true;
}

static void an_application_is_shown_the_list(void **state)
{
    (void)state;
    for (size_t picked = 0; picked < 3; picked++) {
        hf_config *client = client_trusting(test_pki()->root, HF_TRUSTED_CA_X509_NAME);
        hf_config *server = three_chains(false);
        assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
        assert_int_equal(hf_config_ask(server, HF_ASK_PICK_IDENTITY), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        p->ask = pick_the_last;
        p->ask_arg = &picked;
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->identity, picked);
        assert_int_equal(hf_negotiated(p->client)->trusted_ca, picked == OF_ROOT);
        pair_free(p);
    }
}

/* RFC 8446 4.2.4: opaque DistinguishedName<1..2^16-1> */
static bool look_at_the_names(void *arg, struct pair *pair, hf_conn *asked)
{
    size_t *seen = arg;
    hf_question q;
    (void)pair;
    assert_int_equal(hf_asked(asked, &q), HF_ASK_PICK_IDENTITY);
    assert_int_equal(q.trusted_cas.len, 0);
    assert_true(q.ca_names.len > 4 && q.ca_names.data[2] == 0x30);
    assert_int_equal(q.ca_names.data[0] << 8 | q.ca_names.data[1], q.ca_names.len - 2);
    assert_int_equal(hf_answer_identity(asked, OF_ROOT), HF_OK);
    (*seen)++;
    return true;
}

static void an_application_is_shown_the_names(void **state)
{
    (void)state;
    size_t seen = 0;
    hf_config *client = client_trusting(test_pki()->root, HF_TRUSTED_CA_KEY_SHA1_HASH);
    hf_config *server = three_chains(false);
    assert_int_equal(hf_config_ask(server, HF_ASK_PICK_IDENTITY), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->ask = look_at_the_names;
    p->ask_arg = &seen;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen, 1);
    pair_free(p);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hf_problem why;
    hf_config *client = hf_config_client(), *server = hf_config_server();
    assert_int_equal(hf_config_send_trusted_cas(client, 16), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_send_trusted_cas(server, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_send_trusted_cas(NULL, 1), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_require_trusted_ca(client, true), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_require_trusted_ca(NULL, true), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_pre_agreed(client, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_identity_pre_agreed(NULL, 0), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    assert_int_equal(hf_config_send_trusted_cas(client, HF_TRUSTED_CA_X509_NAME), HF_OK);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "no trust anchors"));
    assert_int_equal(hf_config_send_trusted_cas(client, 0), HF_OK);
    test_freeze(client);
    assert_int_equal(hf_config_send_trusted_cas(client, 1), HF_CONFIG_FROZEN);
    hf_config_free(client);
    hf_config_free(server);
}

/* The bound of the list is said at freeze, with the remedy. */
static hf_config *client_trusting_many(unsigned kinds)
{
    hf_config *client = client_trusting(test_pki()->root, kinds);
    char name[61];
    for (int i = 0; i < 60; i++) {
        memset(name, 'a', 60);
        name[60] = 0;
        name[0] = (char)('0' + i / 10);
        name[1] = (char)('0' + i % 10);
        struct test_identity self =
            test_identity_make(&(struct test_spec){.issuer = TEST_BY_ITSELF, .cn = name, .ca = true});
        test_trust(client, self.leaf);
        test_identity_free(&self);
    }
    return client;
}

static void more_anchors_than_fit(void **state)
{
    (void)state;
    hf_problem why;
    hf_config *client = client_trusting_many(HF_TRUSTED_CA_X509_NAME);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "4096"));
    assert_non_null(strstr(why.sentence, "61 trust anchors"));
    assert_int_equal(hf_config_send_trusted_cas(client, HF_TRUSTED_CA_CERT_SHA1_HASH), HF_OK);
    expect_choice(client, three_chains(true), OF_ROOT, true);
}

/* Hashes fit where names do not; in TLS 1.3 the client then says nothing, and the first chain is shown. */
static void names_that_do_not_fit_are_left_out(void **state)
{
    (void)state;
    hf_config *client = client_trusting_many(HF_TRUSTED_CA_KEY_SHA1_HASH);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    expect_choice(client, three_chains(true), OF_RSA_ROOT, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_it_the_handshake_fails),
        cmocka_unit_test(every_identifier_type_chooses_the_chain),
        cmocka_unit_test(a_root_that_the_chain_leaves_out),
        cmocka_unit_test(an_intermediate_named_by_the_client),
        cmocka_unit_test(nothing_matches),
        cmocka_unit_test(a_server_may_require_it),
        cmocka_unit_test(pre_agreed),
        cmocka_unit_test(it_is_a_preference_only),
        cmocka_unit_test(resumption),
        cmocka_unit_test(an_application_is_shown_the_list),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(more_anchors_than_fit),
    };
    const struct CMUnitTest tests13[] = {
        cmocka_unit_test(without_it_the_handshake_fails),
        cmocka_unit_test(every_identifier_type_chooses_the_chain),
        cmocka_unit_test(an_intermediate_named_by_the_client),
        cmocka_unit_test(nothing_matches),
        cmocka_unit_test(a_server_may_require_it),
        cmocka_unit_test(an_application_is_shown_the_names),
        cmocka_unit_test(names_that_do_not_fit_are_left_out),
    };
    int failed = cmocka_run_group_tests(tests, make, forget);
    test_version = 0x0304;
    return failed + cmocka_run_group_tests_name("TLS 1.3", tests13, make, forget);
}
