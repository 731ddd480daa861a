/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <stdio.h>
#include <string.h>

/*
 * Which of a server's chains a client of TLS 1.3 is shown: one that it can verify, as far as it says by which
 * schemes certificates may be signed. RFC 8446 4.2.3, 4.4.2.2. Which CAs it knows: test_trusted_cas.c.
 */
#define ECDSA "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512"

static struct test_identity by_rsa, /* a key of P-256, certified with rsa_pkcs1_sha256 */
    by_sha1;                        /* and with ecdsa_sha1 */

static int make(void **state)
{
    (void)state;
    by_rsa = test_identity_make(&(struct test_spec){.issuer = TEST_BY_RSA_ROOT});
    by_sha1 = test_identity_make(&(struct test_spec){.digest = "SHA1"});
    test_version = 0x0304;
    return 0;
}

static int forget(void **state)
{
    (void)state;
    test_identity_free(&by_rsa);
    test_identity_free(&by_sha1);
    return 0;
}

static hf_config *client_accepting(const char *schemes)
{
    hf_config *client = test_client_config();
    test_trust(client, test_pki()->rsa_root);
    assert_int_equal(hf_config_schemes_to_accept(client, schemes, NULL), HF_OK);
    return client;
}

static hf_config *two_chains(bool rsa_first)
{
    hf_config *server = test_server_without_identity();
    test_add_identity(server, rsa_first ? &by_rsa : &test_pki()->server[TEST_P256]);
    test_add_identity(server, rsa_first ? &test_pki()->server[TEST_P256] : &by_rsa);
    return server;
}

static void expect(hf_config *client, hf_config *server, size_t identity)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->server)->identity, identity);
    pair_free(p);
}

static void signature_algorithms_are_for_certificates_too(void **state)
{
    (void)state;
    expect(client_accepting(ECDSA ":rsa_pkcs1_sha256"), two_chains(true), 0);
    expect(client_accepting(ECDSA), two_chains(true), 1);
    expect(client_accepting(ECDSA), two_chains(false), 0);
}

/* RFC 8446 4.4.2.2: "it SHOULD continue the handshake by sending the client a certificate chain of its choice" */
static void where_none_fits_one_is_shown_all_the_same(void **state)
{
    (void)state;
    hf_config *client = client_accepting(ECDSA), *server = test_server_without_identity();
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    test_add_identity(server, &by_rsa);
    expect(client, server, 0);
}

/* RFC 8446 4.2.3, 4.4.2.2: one that is signed with SHA-1 comes last, and only where the client says that it
 * takes it. */
static void sha1_where_there_is_nothing_else(void **state)
{
    (void)state;
    static const struct {
        bool client_takes;
        const struct test_identity *first, *second;
        int shown; /* -1: none */
    } cases[] = {
        {true, &by_sha1, &by_rsa, 1}, {true, &by_rsa, &by_sha1, 0}, {false, &by_sha1, &by_rsa, 1},
        {true, &by_sha1, NULL, 0},    {false, &by_sha1, NULL, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int listed = 0; listed < 2; listed++) {
            char schemes[200];
            (void)snprintf(schemes, sizeof schemes, "%s%s%s", ECDSA, listed ? ":rsa_pkcs1_sha256" : "",
                           cases[i].client_takes ? ":ecdsa_sha1" : "");
            hf_config *client = client_accepting(schemes), *server = test_server_without_identity();
            assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
            test_add_identity(server, cases[i].first);
            if (cases[i].second) {
                test_add_identity(server, cases[i].second);
            }
            struct pair *p = pair_take(client, server, TEST_HOST);
            pair_run(p);
            if (cases[i].shown < 0) {
                pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_SCHEME, 40);
            } else if (cases[i].second && cases[i].client_takes && !listed) {
                /* of the two the client can verify the one with SHA-1 alone */
                pair_assert_complete(p);
                assert_int_equal(hf_negotiated(p->server)->identity, cases[i].first != &by_sha1);
            } else {
                pair_assert_complete(p);
                assert_int_equal(hf_negotiated(p->server)->identity, cases[i].shown);
            }
            pair_free(p);
        }
    }
}

/* signature_algorithms_cert is not ours to send: what is added on the way is heard, and found out at once. */
static void add_schemes(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    static const uint8_t extension[] = {0, 50, 0, 4, 0, 2, 4, 1};
    bool *done = arg;
    (void)pair;
    if (from != HF_CLIENT || *done) {
        return;
    }
    *done = true;
    hello_append(bytes, extension, sizeof extension);
}

static void signature_algorithms_cert_goes_before(void **state)
{
    (void)state;
    for (unsigned sent = 0; sent < 2; sent++) {
        bool done = !sent;
        hf_config *client = client_accepting(ECDSA ":rsa_pkcs1_sha256"), *server = two_chains(false);
        struct pair *p = pair_take(client, server, TEST_HOST);
        p->hook = add_schemes;
        p->hook_arg = &done;
        pair_run(p);
        assert_int_equal(hf_negotiated(p->server)->identity, sent);
        if (sent) { /* to the client the hello was another, and so are the keys: RFC 8446 7.1 */
            assert_non_null(hf_failed(p->client));
            assert_int_equal(hf_failed(p->client)->err, HF_BAD_RECORD_MAC);
            assert_int_equal(hf_failed(p->client)->alert, 20);
        } else {
            pair_assert_complete(p);
        }
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_algorithms_are_for_certificates_too),
        cmocka_unit_test(where_none_fits_one_is_shown_all_the_same),
        cmocka_unit_test(sha1_where_there_is_nothing_else),
        cmocka_unit_test(signature_algorithms_cert_goes_before),
    };
    return cmocka_run_group_tests(tests, make, forget);
}
