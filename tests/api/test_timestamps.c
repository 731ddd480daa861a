/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

/* Signed certificate timestamps: RFC 6962 3.3. */

static void test_timestamps(void **state)
{
    (void)state;
    for (int asks = 0; asks < 2; asks++) {
        for (int has = 0; has < 2; has++) {
            hf_config *client = test_client_config(), *server = test_server_config();
            assert_int_equal(hf_config_sct(client, asks), HF_OK);
            if (has) {
                hf_bytes list = {(const uint8_t *)two_scts, sizeof two_scts - 1};
                assert_int_equal(hf_config_sct_list(server, 0, list), HF_OK);
            }
            struct pair *p = pair_take(client, server, TEST_HOST);
            pair_run(p);
            pair_assert_complete(p);
            hf_bytes got = seen_by_client(p)->peer_sct_list;
            assert_int_equal(got.len, asks && has ? sizeof two_scts - 1 : 0);
            assert_true(!got.len || memcmp(got.data, two_scts, got.len) == 0);
            pair_free(p);
        }
    }
}

/* The longest list, beside the longest application protocol and as much of the application's own as there may
 * be. */
static void test_the_longest_list_of_timestamps(void **state)
{
    (void)state;
    static uint8_t own[4092], list[1024] = {3, 254, 3, 252};
    char alpn[256] = {0};
    memset(alpn, 'a', 255);
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_sct(client, true), HF_OK);
    assert_int_equal(hf_config_sct_list(server, 0, (hf_bytes){list, sizeof list}), HF_OK);
    for (int side = 0; side < 2; side++) {
        hf_config *c = side == HF_CLIENT ? client : server;
        assert_int_equal(hf_config_alpn(c, alpn, false), HF_OK);
        assert_int_equal(hf_config_extension(c, 0xff77, HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO,
                                             (hf_bytes){own, sizeof own}),
                         HF_OK);
    }
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, sizeof list);
    assert_memory_equal(seen_by_client(p)->peer_sct_list.data, list, sizeof list);
    assert_int_equal(hf_extension_received(p->client, 0xff77).len, sizeof own);
    pair_free(p);
}

/* 3.3.1: not when a session is resumed. */
static void test_timestamps_are_not_sent_again(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_sct(client, true), HF_OK);
    assert_int_equal(hf_config_sct_list(server, 0, (hf_bytes){(const uint8_t *)two_scts, 9}), HF_OK);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, 9);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    assert_true(seen_by_client(p)->resumed);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, 0);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void test_what_a_list_of_timestamps_is(void **state)
{
    (void)state;
    uint8_t sct[1 + 32 + 8 + 2 + 2 + 2 + 70] = {0}, large[1100] = {4, 0x4a, 4, 0x48};
    sct[43] = 4, sct[44] = 3, sct[46] = 70;
    const struct {
        hf_bytes list;
        hf_err err;
    } rows[] = {
        {{(const uint8_t *)two_scts, 9}, HF_OK},
        {{(const uint8_t *)two_scts, 8}, HF_BAD_SCT_LIST},
        {{(const uint8_t *)"\0\0", 2}, HF_BAD_SCT_LIST},        /* at least one: RFC 6962 3.3 */
        {{(const uint8_t *)"\0\2\0\0", 4}, HF_BAD_SCT_LIST},    /* and none of them empty */
        {{(const uint8_t *)"\0\3\0\1a\0", 6}, HF_BAD_SCT_LIST}, /* nothing behind it */
        {{(const uint8_t *)"\0\4\0\1a\0", 6}, HF_BAD_SCT_LIST}, /* half a length */
        {{(const uint8_t *)"", 0}, HF_BAD_SCT_LIST},
        {{sct, sizeof sct}, HF_OK}, /* one, as a log gives it */
        {{sct, sizeof sct - 1}, HF_BAD_SCT_LIST},
        {{large, sizeof large}, HF_BAD_SCT_LIST},
    };
    hf_config *server = test_server_config(), *client = test_client_config();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(hf_config_sct_list(server, 0, rows[i].list), rows[i].err);
    }
    assert_int_equal(hf_config_sct_list(server, 1, rows[0].list), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_sct_list(client, 0, rows[0].list), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_sct_list(server, 0, (hf_bytes){NULL, 0}), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_sct_list_file(server, 0, "/nowhere/x.sct"), HF_FILE_UNREADABLE);
    hf_config_free(server);
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_the_longest_list_of_timestamps),
        cmocka_unit_test(test_timestamps_are_not_sent_again),
        cmocka_unit_test(test_what_a_list_of_timestamps_is),
    };
    const struct CMUnitTest tests13[] = {
        /* RFC 8446 4.4.2: in the entry of the leaf */
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_the_longest_list_of_timestamps),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_version = 0x0304;
    return failed + cmocka_run_group_tests(tests13, NULL, NULL);
}
