/* SPDX-License-Identifier: MIT */
#include "hellos13.h"
#include "liar13.h"

#include <string.h>

/* ServerHello and HelloRetryRequest, RFC 8446 4.1.3, 4.1.4: what a server says in them, and what a client
 * makes of one that lies. The version is in test_versions13.c, the group in test_key_share.c. */
enum { UNEXPECTED = 10, ILLEGAL = 47, MISSING = 109, UNSUPPORTED = 110 };
static const enum message kinds[] = {SERVER_HELLO, HELLO_RETRY_REQUEST};

static struct pair *meeting(enum message m)
{
    const char *group = m == HELLO_RETRY_REQUEST ? "secp256r1" : "x25519";
    hf_config *c = speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:secp256r1");
    hf_config *s = speaking13(test_server_config(), TLS_1_2, TLS_1_3, group);
    assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
    assert_int_equal(hf_config_alpn(s, "h2", false), HF_OK);
    return pair_take(c, s, TEST_HOST);
}

static void assert_lie_refused(struct pair *p, const struct liar13 *l, hf_err err, uint8_t alert)
{
    pair_run(p);
    const hf_failure *f = hf_failed(p->client);
    assert_int_equal(l->built, 1);
    assert_non_null(f);
    assert_string_equal(hf_err_name(f->err), hf_err_name(err));
    assert_int_equal(f->alert, alert);
    assert_false(hf_negotiated(p->client)->complete);
    pair_free(p);
}

/* ---- fields that a server may not choose ---- */
enum { NO_ID, SHORT_ID, OTHER_ID, NEW_ID, OTHER_BIT, IDS };

static void says_session_id(struct liar13 *l, struct hs *hs, union any_message *m)
{
    static uint8_t id[SESSION_ID_MAX];
    (void)hs;
    struct slice *said = &m->server_hello.session_id;
    assert_int_equal(said->len, sizeof id);
    memcpy(id, said->data, sizeof id);
    id[0] ^= l->number == OTHER_ID ? 0xff : 0;
    id[31] ^= l->number == OTHER_BIT ? 1 : 0;
    if (l->number == NEW_ID) {
        memset(id, 7, sizeof id);
    }
    *said = slice_of(id, l->number == NO_ID ? 0 : l->number == SHORT_ID ? 31 : 32);
}

/* RFC 8446 4.1.3, 4.1.4: the client's own legacy_session_id comes back. */
static void session_ids_that_are_no_echo(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < IDS; i++) {
            struct liar13 server;
            struct pair *p = meeting(kinds[k]);
            liar13_begin(&server, p->server, kinds[k]);
            server.lie = says_session_id;
            server.number = i;
            assert_lie_refused(p, &server, HF_SESSION_ID_NOT_ECHOED, ILLEGAL);
        }
    }
}

static void says_suite(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)hs;
    m->server_hello.cipher_suite = (uint16_t)l->number;
}

/* RFC 8446 4.1.3, 4.1.4: no suite but one that was offered, and is one of TLS 1.3. */
static void suites_that_were_not_offered(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x1302, 0x1304, 0x1305, 0x1337, 0xc02b, 0x00ff, 0x0a0a, 0, 0xffff};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
            struct liar13 server;
            hf_config *c = speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:secp256r1");
            hf_config *s = speaking13(test_server_config(), TLS_1_3, TLS_1_3, k ? "secp256r1" : "x25519");
            assert_int_equal(hf_config_suites(c,
                                              "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
                                              "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                              NULL),
                             HF_OK);
            struct pair *p = pair_take(c, s, TEST_HOST);
            liar13_begin(&server, p->server, kinds[k]);
            server.lie = says_suite;
            server.number = suites[i];
            assert_lie_refused(p, &server, HF_SUITE_NOT_OFFERED, ILLEGAL);
        }
    }
}

/* RFC 8446 4.1.4: and behind HelloRetryRequest none but the one that this had, though both were offered. */
static void another_suite_than_that_of_hello_retry_request(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x1302, 0x1303};
    for (size_t i = 0; i < 2; i++) {
        struct liar13 server;
        struct pair *p = meeting(HELLO_RETRY_REQUEST);
        liar13_begin(&server, p->server, SERVER_HELLO);
        server.lie = says_suite;
        server.number = suites[i];
        assert_lie_refused(p, &server, HF_SUITE_NOT_OFFERED, ILLEGAL);
    }
}

static void says_compression(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)hs;
    m->server_hello.compression_method = (uint8_t)l->number;
}

/* RFC 8446 4.1.3, 4.1.4: "A single byte which MUST have the value 0." */
static void compression_methods(void **state)
{
    (void)state;
    static const uint8_t methods[] = {1, 64, 255};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof methods; i++) {
            struct liar13 server;
            struct pair *p = meeting(kinds[k]);
            liar13_begin(&server, p->server, kinds[k]);
            server.lie = says_compression;
            server.number = methods[i];
            assert_lie_refused(p, &server, HF_COMPRESSION_NOT_OFFERED, ILLEGAL);
        }
    }
}

/* ---- HelloRetryRequest ---- */
static void says_retry(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)l, (void)hs;
    m->server_hello.random = slice_of(retry_random, RANDOM_SIZE);
}

/* RFC 8446 4.1.4: there is one in a handshake, whatever a second would ask for. */
static void a_second_one(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct liar13 server;
        struct pair *p = meeting(HELLO_RETRY_REQUEST);
        liar13_begin(&server, p->server, SERVER_HELLO);
        server.lie = says_retry;
        if (i == 1) {
            liar13_set(&server, EXTENSION_KEY_SHARE, "\0\x1d", 2);
        } else if (i == 2) {
            liar13_set(&server, EXTENSION_COOKIE, "\0\1x", 3);
        }
        assert_lie_refused(p, &server, HF_UNEXPECTED_MESSAGE, UNEXPECTED);
    }
}

/* RFC 8446 4.1.3: the random is looked at first: in one flight a ServerHello's body makes sense as a
 * HelloRetryRequest alone. */
static void a_server_hello_with_its_random(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = meeting(SERVER_HELLO);
    liar13_begin(&server, p->server, SERVER_HELLO);
    server.lie = says_retry;
    assert_lie_refused(p, &server, HF_MALFORMED_EXTENSION, 50); /* whose key_share is a group alone */
}

/* RFC 8446 4.1.4: supported_versions is in it. */
static void without_a_version(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = meeting(HELLO_RETRY_REQUEST);
    liar13_begin(&server, p->server, HELLO_RETRY_REQUEST);
    liar13_drop(&server, EXTENSION_SUPPORTED_VERSIONS);
    assert_lie_refused(p, &server, HF_MISSING_EXTENSION, MISSING);
}

/* RFC 8446 4.1.4: it asks for something. */
static void one_that_changes_nothing(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = meeting(HELLO_RETRY_REQUEST);
    liar13_begin(&server, p->server, HELLO_RETRY_REQUEST);
    liar13_drop(&server, EXTENSION_KEY_SHARE);
    assert_lie_refused(p, &server, HF_RETRY_WITHOUT_CHANGE, ILLEGAL);
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
                                        "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:"
                                        "TLS_AES_128_GCM_SHA256"};
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

/* ---- their extensions ---- */
/* RFC 8446 4.1.3, 4.1.4, 4.2: what is not for this message, and what nobody asked for. */
static void extensions_that_do_not_belong(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        const char *body;
        size_t len;
        hf_err err;
        uint8_t alert;
    } cases[] = {
        {EXTENSION_ALPN, "\0\3\2h2", 5, HF_MISPLACED_EXTENSION, ILLEGAL},
        {EXTENSION_SERVER_NAME, "", 0, HF_MISPLACED_EXTENSION, ILLEGAL},
        {EXTENSION_SUPPORTED_GROUPS, "\0\2\0\x17", 4, HF_MISPLACED_EXTENSION, ILLEGAL},
        {EXTENSION_EXTENDED_MASTER_SECRET, "", 0, HF_MISPLACED_EXTENSION, ILLEGAL},
        {EXTENSION_RENEGOTIATION_INFO, "\0", 1, HF_MISPLACED_EXTENSION, ILLEGAL},
        {EXTENSION_SIGNATURE_ALGORITHMS, "\0\2\4\3", 4, HF_MISPLACED_EXTENSION, ILLEGAL},
        {EXTENSION_EARLY_DATA, "", 0, HF_UNSOLICITED_EXTENSION, UNSUPPORTED},
        {EXTENSION_PRE_SHARED_KEY, "\0\0", 2, HF_UNSOLICITED_EXTENSION, UNSUPPORTED},
        {EXTENSION_MAX_FRAGMENT_LENGTH, "\1", 1, HF_UNSOLICITED_EXTENSION, UNSUPPORTED},
        {0x1337, "", 0, HF_UNSOLICITED_EXTENSION, UNSUPPORTED},
        {0x2a2a, "\1", 1, HF_UNSOLICITED_EXTENSION, UNSUPPORTED},
    };
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct liar13 server;
            struct pair *p = meeting(kinds[k]);
            liar13_begin(&server, p->server, kinds[k]);
            liar13_set(&server, cases[i].code, cases[i].body, cases[i].len);
            assert_lie_refused(p, &server, cases[i].err, cases[i].alert);
        }
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_ids_that_are_no_echo),
        cmocka_unit_test(suites_that_were_not_offered),
        cmocka_unit_test(another_suite_than_that_of_hello_retry_request),
        cmocka_unit_test(compression_methods),
        cmocka_unit_test(a_second_one),
        cmocka_unit_test(a_server_hello_with_its_random),
        cmocka_unit_test(without_a_version),
        cmocka_unit_test(one_that_changes_nothing),
        cmocka_unit_test(all_that_it_asks_for),
        cmocka_unit_test(the_suite_stays),
        cmocka_unit_test(extensions_that_do_not_belong),
        cmocka_unit_test(no_more_than_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
