/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>

/*
 * Which of a server's chains a client of TLS 1.3 is shown: one that it can verify, as far as it says by which
 * schemes certificates may be signed. RFC 8446 4.2.3, 4.4.2.2. Which CAs it knows: test_trusted_cas.c.
 */
#define ECDSA "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512"

static struct test_identity by_rsa; /* a key of P-256, certified with rsa_pkcs1_sha256 */

static int make(void **state)
{
    (void)state;
    by_rsa = test_identity_make(&(struct test_spec){.issuer = TEST_BY_RSA_ROOT});
    test_version = 0x0304;
    return 0;
}

static int forget(void **state)
{
    (void)state;
    test_identity_free(&by_rsa);
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
        cmocka_unit_test(signature_algorithms_cert_goes_before),
    };
    return cmocka_run_group_tests(tests, make, forget);
}
