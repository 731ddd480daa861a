/* SPDX-License-Identifier: MIT */
#include "libssl.h"

#include <string.h>

/* Every group of TLS 1.3 that we serve, with the libssl of this libcrypto as the peer: where it has ML-KEM,
 * the hybrids too; and what the default policy agrees on with it. */

static struct mixed *meet(hf_config *ours, hf_side side, const char *theirs)
{
    assert_int_equal(hf_config_versions(ours, 0x0304, 0x0304), HF_OK);
    struct mixed *m = mixed_new(ours, side);
    SSL_set_max_proto_version(m->theirs, TLS1_3_VERSION);
    assert_true(!theirs || SSL_set1_groups_list(m->theirs, theirs) == 1);
    mixed_run(m);
    mixed_assert_complete(m);
    mixed_echo(m, 1000);
    return m;
}

static void every_group_in_both_roles(void **state)
{
    (void)state;
    uint16_t code;
    size_t met = 0;
    for (size_t i = 0; (code = hf_supported(HF_GROUPS, i)) != 0; i++) {
        const char *name = hf_name_of(HF_GROUPS, code);
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            hf_config *ours = test_config(side);
            assert_int_equal(hf_config_groups(ours, name, NULL), HF_OK);
            struct mixed *m = meet(ours, side, name);
            assert_string_equal(hf_negotiated(m->ours)->group_name, name);
            assert_int_not_equal(SSL_get_negotiated_group(m->theirs), 0);
            mixed_free(m);
            met++;
        }
    }
    assert_true(met >= 2 * 10);
}

static bool has_hybrids(void)
{
    hf_config *c = hf_config_client();
    bool has = hf_config_groups(c, "X25519MLKEM768", NULL) == HF_OK;
    hf_config_free(c);
    return has;
}

/* A client that has a hybrid sends a share of it and of a curve: neither an old server nor a new one needs a
 * HelloRetryRequest. RFC 8446 4.2.8 */
static void the_default_costs_nobody_a_retry(void **state)
{
    (void)state;
    const char *best = has_hybrids() ? "X25519MLKEM768" : "secp256r1";
    struct mixed *m = meet(test_client_config(), HF_CLIENT, "P-256");
    assert_string_equal(hf_negotiated(m->ours)->group_name, "secp256r1");
    assert_false(hf_negotiated(m->ours)->hello_retry_request);
    mixed_free(m);
    m = meet(test_client_config(), HF_CLIENT, has_hybrids() ? "X25519MLKEM768:P-256" : "P-256:X25519");
    assert_string_equal(hf_negotiated(m->ours)->group_name, best);
    assert_false(hf_negotiated(m->ours)->hello_retry_request);
    mixed_free(m);
    m = meet(test_server_config(), HF_SERVER, has_hybrids() ? "X25519MLKEM768:X25519" : "P-256:X25519");
    assert_string_equal(hf_negotiated(m->ours)->group_name, best);
    assert_false(hf_negotiated(m->ours)->hello_retry_request);
    mixed_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_in_both_roles),
        cmocka_unit_test(the_default_costs_nobody_a_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
