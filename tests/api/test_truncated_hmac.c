/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/*
 * truncated_hmac, RFC 6066 7, in a build for laboratories (HF_LAB_TRUNCATED_HMAC); in any other these are the
 * refusals: RFC 9325 4.6, checklist C5.
 */
static const struct {
    const char *suite;
    size_t mac;
} suites[] = {{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 20},
              {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 32},
              {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 48}};
#define SUITES (sizeof suites / sizeof *suites)
#define GCM "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"

static hf_config *with(hf_config *c, const char *suite, bool truncated)
{
    hf_err wanted = HF_OK;
#ifndef HF_LAB_TRUNCATED_HMAC
    wanted = truncated ? HF_TRUNCATED_HMAC_REFUSED : HF_OK;
#endif
    assert_int_equal(hf_config_suites(c, suite, NULL), HF_OK);
    assert_int_equal(hf_config_truncated_hmac(c, truncated), wanted);
    return c;
}

static struct pair *talk(const char *suite, bool client, bool server)
{
    struct pair *p = pair_take(with(test_client_config(), suite, client),
                               with(test_server_config(), suite, server), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

/* Bytes on the wire of a record with one byte of plaintext: IV, and the tail (RFC 5246 6.2.3.2, RFC 7366 3).
 */
static size_t record_size(struct pair *p)
{
    size_t used, before = p->sent[HF_CLIENT];
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
    pair_run(p);
    return p->sent[HF_CLIENT] - before;
}

static void only_where_both_want_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * SUITES; i++) {
        bool client = i & 1, server = i & 2, agreed = false;
        struct pair *p = talk(suites[i / 4].suite, client, server);
#ifdef HF_LAB_TRUNCATED_HMAC
        agreed = client && server;
#endif
        size_t mac = agreed ? 10 : suites[i / 4].mac;
        assert_int_equal(hf_negotiated(p->client)->truncated_hmac, agreed);
        assert_int_equal(hf_negotiated(p->server)->truncated_hmac, agreed);
        assert_int_equal(record_size(p),
                         5 + 16 + 16 + mac); /* encrypt_then_mac: a block, and the MAC behind it */
        for (size_t len = 1; len < 300; len += 7) {
            pair_exchange(p, len);
        }
        pair_exchange(p, 100000);
        hf_session *session = hf_conn_session(p->client);
        assert_int_equal(session != NULL, !agreed); /* it would have to keep it */
        hf_session_free(session);
        pair_free(p);
    }
}

/* RFC 6066 7: no effect with other suites. */
static void no_effect_without_hmac(void **state)
{
    (void)state;
    struct pair *p = talk(GCM, true, true);
    assert_false(hf_negotiated(p->client)->truncated_hmac);
    assert_int_equal(record_size(p), 5 + 8 + 1 + 16);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_where_both_want_it),
        cmocka_unit_test(no_effect_without_hmac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
