/* SPDX-License-Identifier: MIT */
#include "hellos13.h"
#include "liar13.h"

#include <string.h>

/* HelloRetryRequest, RFC 8446 4.1.4: what a server says in it and behind it, and what a client makes of it.
 * One that lies is in test_server_hello13.c, its version in test_versions13.c, its group in test_key_share.c.
 */

/* RFC 8446 4.1.4: supported_versions is in it; a client does without the rest of one that has none. */
static void without_a_version(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = pair_take(speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:secp256r1"),
                               speaking13(test_server_config(), TLS_1_2, TLS_1_3, "secp256r1"), TEST_HOST);
    liar13_begin(&server, p->server, HELLO_RETRY_REQUEST);
    liar13_drop(&server, EXTENSION_SUPPORTED_VERSIONS);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_MISSING_EXTENSION, 109);
    pair_free(p);
}

/* RFC 8446 4.1.4: a group and a cookie together are both heard. */
static void all_that_it_asks_for(void **state)
{
    (void)state;
    static struct hellos13 heard;
    hf_config *c = speaking13(test_client_config(), TLS_1_3, TLS_1_3, "x25519:secp256r1");
    hf_config *s = speaking13(test_server_config(), TLS_1_3, TLS_1_3, "secp256r1");
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_WITH_RETRY, 0), HF_OK);
    struct pair *p = pair_take(c, s, TEST_HOST);
    hellos13_listen(&heard, p);
    pair_run(p);
    pair_assert_complete(p);
    const struct hello_extension *asked = hello_find(&heard.said[HF_SERVER][0], EXTENSION_COOKIE);
    const struct hello_extension *back = hello_find(&heard.said[HF_CLIENT][1], EXTENSION_COOKIE);
    const struct hello_extension *share = hello_find(&heard.said[HF_CLIENT][1], EXTENSION_KEY_SHARE);
    assert_true(asked && back && share);
    assert_int_equal(asked->len, back->len);
    assert_memory_equal(asked->body, back->body, back->len);
    assert_memory_equal(share->body + 2, "\0\x17\0\x41", 4);
    pair_free(p);
}

/* RFC 8446 4.1.4: a server chooses the same suite again, whoever's order counts. */
static void the_suite_stays(void **state)
{
    (void)state;
    static const char *const lists[] = {"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
                                        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
                                        ("TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:"
                                         "TLS_AES_128_GCM_SHA256")};
    static const uint8_t key[32] = "a key that was agreed on before";
    for (size_t i = 0; i < 18; i++) {
        static struct hellos13 heard;
        hf_config *c = speaking13(test_client_config(), TLS_1_3, TLS_1_3, "x25519:secp256r1");
        hf_config *s = speaking13(test_server_config(), TLS_1_3, TLS_1_3, "secp256r1");
        if (hf_config_suites(c, lists[i % 3], NULL) || hf_config_suites(s, lists[i / 3 % 3], NULL)) {
            fail();
        }
        for (int k = 0; i >= 9 && k < 2; k++) { /* a key that goes with one hash */
            assert_int_equal(hf_config_psk(k ? s : c, (hf_bytes){key, 4}, (hf_bytes){key, sizeof key},
                                           i % 3 == 1 ? HF_PSK_SHA384 : HF_PSK_SHA256),
                             HF_OK);
        }
        struct pair *p = pair_take(c, s, TEST_HOST);
        hellos13_listen(&heard, p);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(heard.count[HF_SERVER], 2);
        assert_true(hellos13_is_retry(&heard.said[HF_SERVER][0]));
        assert_int_equal(heard.said[HF_SERVER][0].suites[0], heard.said[HF_SERVER][1].suites[0]);
        pair_free(p);
    }
}

static void says_one_suite(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)l, (void)hs;
    m->client_hello.cipher_suites = slice_of("\x13\x03", 2);
}

/* RFC 8446 4.1.4: though the session that is resumed behind it was made with another of the same hash. */
static void the_suite_stays_with_a_session(void **state)
{
    (void)state;
    static struct hellos13 heard;
    struct liar13 client;
    hf_config *c = speaking13(test_client_config(), TLS_1_3, TLS_1_3, "x25519:secp256r1");
    hf_config *s = speaking13(test_server_config(), TLS_1_3, TLS_1_3, "secp256r1");
    struct pair *p = pair_new(c, s, TEST_HOST);
    liar13_begin(&client, p->client, CLIENT_HELLO);
    client.lie = says_one_suite;
    pair_run(p);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_new(c, s, TEST_HOST);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    hellos13_listen(&heard, p);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->resumed);
    assert_int_equal(heard.count[HF_SERVER], 2);
    assert_int_equal(heard.said[HF_SERVER][0].suites[0], 0x1301);
    assert_int_equal(heard.said[HF_SERVER][1].suites[0], 0x1301);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(c);
    hf_config_free(s);
}

/* RFC 8446 4.1.3, 4.1.4: what the keys and the version need, and no more, whatever a client offers. */
static void no_more_than_is_needed(void **state)
{
    (void)state;
    static const uint8_t key[32] = "a key that was agreed on before";
    for (int i = 0; i < 4; i++) {
        static struct hellos13 heard;
        hf_config *both[] = {
            speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:secp256r1"),
            speaking13(test_server_config(), TLS_1_2, TLS_1_3, i & 1 ? "secp256r1" : "x25519")};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(hf_config_alpn(both[k], "h2", false), HF_OK);
            assert_int_equal(hf_config_record_size_limit(both[k], 2000), HF_OK);
            if (i & 2) {
                assert_int_equal(
                    hf_config_psk(both[k], (hf_bytes){key, 4}, (hf_bytes){key, sizeof key}, HF_PSK_SHA256),
                    HF_OK);
            }
        }
        struct pair *p = pair_take(both[0], both[1], TEST_HOST);
        hellos13_listen(&heard, p);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(heard.count[HF_SERVER], 1 + (i & 1));
        for (size_t n = 0; n < heard.count[HF_SERVER]; n++) {
            struct hello *h = &heard.said[HF_SERVER][n];
            assert_non_null(hello_find(h, EXTENSION_SUPPORTED_VERSIONS));
            assert_non_null(hello_find(h, EXTENSION_KEY_SHARE));
            assert_int_equal(hello_find(h, EXTENSION_PRE_SHARED_KEY) != NULL, i & 2 && !hellos13_is_retry(h));
            assert_int_equal(h->extension_count, hello_find(h, EXTENSION_PRE_SHARED_KEY) ? 3 : 2);
        }
        pair_free(p);
    }
}

/* ---- the second ClientHello ---- */
enum { GREASE = 1, PADDING = 2, KEY = 4, COOKIE_TOO = 8, TWO_SHARES = 16, ALL = 32 };

static struct pair *retried(int with)
{
    static const uint8_t key[32] = "a key that was agreed on before";
    hf_config *c = speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:x448:secp256r1");
    hf_config *s = speaking13(test_server_config(), TLS_1_2, TLS_1_3, "secp256r1");
    assert_int_equal(hf_config_grease(c, with & GREASE), HF_OK);
    assert_int_equal(hf_config_padding(c, with & PADDING ? 1000 : 0), HF_OK);
    assert_int_equal(hf_config_key_shares(c, with & TWO_SHARES ? 2 : 1), HF_OK);
    assert_int_equal(hf_config_alpn(c, "h2,http/1.1", false), HF_OK);
    assert_int_equal(
        hf_config_retry_cookie(s, with & COOKIE_TOO ? HF_RETRY_COOKIE_WITH_RETRY : HF_RETRY_COOKIE_NEVER, 0),
        HF_OK);
    if (with & KEY) {
        const hf_bytes name = {key, 4}, bytes = {key, sizeof key};
        assert_int_equal(hf_config_psk(c, name, bytes, HF_PSK_SHA256), HF_OK);
        assert_int_equal(hf_config_psk(s, name, bytes, HF_PSK_SHA256), HF_OK);
    }
    return pair_take(c, s, TEST_HOST);
}

/* What the second may say otherwise, and what only one of them may have. */
static bool may_differ(uint16_t code)
{
    return code == EXTENSION_KEY_SHARE || code == EXTENSION_PRE_SHARED_KEY || code == EXTENSION_PADDING;
}

static bool may_be_alone(const struct hello_extension *e)
{
    return e->type == EXTENSION_COOKIE || e->type == EXTENSION_PADDING;
}

static void assert_same_extensions(const struct hello *a, const struct hello *b)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a->extension_count && may_be_alone(&a->extensions[i])) {
            i++;
        }
        while (k < b->extension_count && may_be_alone(&b->extensions[k])) {
            k++;
        }
        if (i == a->extension_count || k == b->extension_count) {
            break;
        }
        const struct hello_extension *x = &a->extensions[i], *y = &b->extensions[k];
        assert_int_equal(x->type, y->type);
        if (!may_differ(x->type)) {
            assert_int_equal(x->len, y->len);
            assert_memory_equal(x->body, y->body, x->len);
        }
    }
    assert_true(i == a->extension_count && k == b->extension_count);
}

/* RFC 8446 4.1.2: it is the first but for key_share, cookie, padding and binders, whatever is offered; and the
 * random, the session ID and the suites are those of the first. */
static void the_second_client_hello(void **state)
{
    (void)state;
    for (int with = 0; with < ALL; with++) {
        static struct hellos13 heard;
        struct pair *p = retried(with);
        const struct hello *a = &heard.said[HF_CLIENT][0], *b = &heard.said[HF_CLIENT][1];
        hellos13_listen(&heard, p);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(heard.count[HF_CLIENT], 2);
        assert_true(a->version == TLS_1_2 && b->version == TLS_1_2);
        assert_memory_equal(a->random, b->random, sizeof a->random);
        assert_int_equal(a->session_id_len, SESSION_ID_MAX);
        assert_int_equal(b->session_id_len, SESSION_ID_MAX);
        assert_memory_equal(a->session_id, b->session_id, SESSION_ID_MAX);
        assert_int_equal(a->suite_count, b->suite_count);
        assert_memory_equal(a->suites, b->suites, a->suite_count * sizeof *a->suites);
        assert_true(a->compression_count == 1 && b->compression_count == 1);
        assert_true(!a->compressions[0] && !b->compressions[0]);
        assert_same_extensions(a, b);
        assert_int_equal(hello_find(&heard.said[HF_CLIENT][1], EXTENSION_COOKIE) != NULL,
                         (with & COOKIE_TOO) != 0);
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_version),      cmocka_unit_test(all_that_it_asks_for),
        cmocka_unit_test(the_suite_stays),        cmocka_unit_test(the_suite_stays_with_a_session),
        cmocka_unit_test(no_more_than_is_needed), cmocka_unit_test(the_second_client_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
