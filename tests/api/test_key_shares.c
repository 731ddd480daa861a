/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* A client of TLS 1.3 that sends two shares, RFC 8446 4.2.8. */
static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    return c;
}

static struct pair *meet(const char *offered, unsigned shares, const char *served)
{
    hf_config *c = speaking(test_client_config(), offered);
    assert_int_equal(hf_config_key_shares(c, shares), HF_OK);
    struct pair *p = pair_take(c, speaking(test_server_config(), served), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 2000);
    return p;
}

static void the_server_takes_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *offered, *served, *group;
        bool retried[2]; /* with one share, with two */
    } cases[] = {
        {"x25519:secp256r1:secp384r1", "x25519", "x25519", {false, false}},
        {"x25519:secp256r1:secp384r1", "secp256r1", "secp256r1", {true, false}},
        {"x25519:secp256r1:secp384r1", "secp384r1", "secp384r1", {true, true}},
        {"x25519:secp256r1", "secp256r1:x25519", "secp256r1", {false, false}}, /* the server's order */
        {"ffdhe8192:ffdhe6144", "ffdhe6144", "ffdhe6144", {true, false}},      /* the largest */
        {"x25519", "x25519", "x25519", {false, false}},                        /* there is no second */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned shares = 1; shares <= 2; shares++) {
            struct pair *p = meet(cases[i].offered, shares, cases[i].served);
            const hf_summary *n = hf_negotiated(p->client);
            bool first = shares == 1 && i == 3; /* of one share the server takes the one that is there */
            assert_string_equal(n->group_name, first ? "x25519" : cases[i].group);
            assert_int_equal(n->hello_retry_request, cases[i].retried[shares - 1]);
            pair_free(p);
        }
    }
}

static void a_hybrid_and_a_curve(void **state)
{
    (void)state;
    hf_config *c = test_client_config();
    bool there = hf_config_groups(c, "X25519MLKEM768", NULL) == HF_OK;
    hf_config_free(c);
    if (!there) {
        print_message("no hybrids in this libcrypto\n");
        skip();
    }
    static const char *const served[] = {"X25519MLKEM768", "x25519", "SecP256r1MLKEM768"};
    for (size_t i = 0; i < 3; i++) {
        struct pair *p = meet("X25519MLKEM768:x25519:SecP256r1MLKEM768", 2, served[i]);
        assert_string_equal(hf_negotiated(p->server)->group_name, served[i]);
        assert_int_equal(hf_negotiated(p->server)->hello_retry_request, i == 2);
        pair_free(p);
    }
    struct pair *p =
        meet("X25519MLKEM768:SecP256r1MLKEM768:x25519", 2, "SecP256r1MLKEM768"); /* the largest */
    assert_false(hf_negotiated(p->server)->hello_retry_request);
    pair_free(p);
}

static void an_older_server(void **state)
{
    (void)state;
    hf_config *c = speaking(test_client_config(), "x25519:secp256r1"), *s = test_server_config();
    assert_int_equal(hf_config_key_shares(c, 2), HF_OK);
    assert_int_equal(hf_config_versions(s, 0x0303, 0x0303), HF_OK);
    struct pair *p = pair_take(c, s, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->version, 0x0303);
    pair_free(p);
}

/* RFC 8446 4.1.4: a cookie alone changes no share. */
static void behind_a_cookie_alone(void **state)
{
    (void)state;
    hf_config *c = speaking(test_client_config(), "x25519:secp256r1");
    hf_config *s = speaking(test_server_config(), "secp256r1");
    assert_int_equal(hf_config_key_shares(c, 2), HF_OK);
    assert_int_equal(hf_config_grease(c, true), HF_OK);
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_ALWAYS, 0), HF_OK);
    struct pair *p = pair_take(c, s, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->client)->hello_retry_request);
    assert_string_equal(hf_negotiated(p->client)->group_name, "secp256r1");
    pair_free(p);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hf_config *c = test_client_config(), *s = test_server_config();
    assert_int_equal(hf_config_key_shares(c, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_key_shares(c, 3), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_key_shares(s, 2), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_key_shares(NULL, 2), HF_NULL_ARGUMENT);
    hf_config_free(c);
    hf_config_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_takes_its_own), cmocka_unit_test(a_hybrid_and_a_curve),
        cmocka_unit_test(an_older_server),          cmocka_unit_test(behind_a_cookie_alone),
        cmocka_unit_test(what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
