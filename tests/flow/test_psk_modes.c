/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "conn/conn.h"

/* psk_key_exchange_modes, RFC 8446 4.2.9: a server selects no mode that the client does not list, whichever
 * it listed before a HelloRetryRequest. */

static const uint8_t key[32] = {1, 2, 3}, name[] = "sensor-12";

static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    assert_int_equal(hf_config_psk_alone(c, true), HF_OK);
    assert_int_equal(
        hf_config_psk(c, (hf_bytes){name, sizeof name - 1}, (hf_bytes){key, sizeof key}, HF_PSK_SHA256),
        HF_OK);
    return c;
}

/* With no group in common the key alone must do. The second ClientHello lists psk_ke, or does not any more.
 */
static struct pair *retried(hf_config *client, hf_config *server, bool lists)
{
    assert_int_equal(hf_config_retry_cookie(server, HF_RETRY_COOKIE_ALWAYS, 0), HF_OK);
    struct pair *p = pair_new(test_freeze(client), test_freeze(server), TEST_HOST);
    (void)pair_carry(p, HF_CLIENT);
    client->settings.psk_alone = lists;
    pair_run(p);
    assert_true(hf_negotiated(p->server)->hello_retry_request);
    return p;
}

static void the_second_hello_is_what_counts(void **state)
{
    (void)state;
    for (int lists = 0; lists < 2; lists++) {
        hf_config *client = speaking(test_client_config(), "x25519");
        hf_config *server = speaking(test_server_config(), "secp384r1");
        struct pair *p = retried(client, server, lists);
        if (lists) {
            pair_assert_complete(p);
            assert_int_equal(hf_negotiated(p->server)->psk, HF_PSK_USED);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_HELLO_CHANGED, 47);
        }
        pair_free(p);
        hf_config_free(client);
        hf_config_free(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_hello_is_what_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
