/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"

#include <string.h>

/* What stands in the hellos of TLS 1.3, and what does not: cookie, RFC 8446 4.2.2;
 * signature_algorithms, 4.2.3; oid_filters, 4.2.5; post_handshake_auth, 4.2.6; psk_key_exchange_modes, 4.2.9.
 */
static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    return c;
}

static hf_config *with_psk(hf_config *c)
{
    static const uint8_t key[32] = "a key that was agreed on before";
    assert_int_equal(hf_config_psk(c, (hf_bytes){key, 4}, (hf_bytes){key, sizeof key}, HF_PSK_SHA256), HF_OK);
    return c;
}

/* ---- cookie ---- */
/* RFC 8446 4.2.2: as it came, whatever is in it. */
static void a_cookie_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 300, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct liar13 client, server;
        uint8_t body[1024];
        struct slice back;
        struct pair *p = pair_take(speaking(test_client_config(), "x25519:secp256r1"),
                                   speaking(test_server_config(), "secp256r1"), TEST_HOST);
        for (size_t k = 0; k < sizeof body; k++) {
            body[k] = (uint8_t)(k * 7 + i);
        }
        body[0] = (uint8_t)(sizes[i] >> 8);
        body[1] = (uint8_t)sizes[i];
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_begin(&server, p->server, HELLO_RETRY_REQUEST);
        liar13_set(&server, EXTENSION_COOKIE, body, 2 + sizes[i]);
        pair_run(p);
        assert_int_equal(client.built, 2);
        assert_false(liar13_said(&client, 0, EXTENSION_COOKIE, &back));
        assert_true(liar13_said(&client, 1, EXTENSION_COOKIE, &back));
        assert_int_equal(back.len, 2 + sizes[i]);
        assert_memory_equal(back.data, body, back.len);
        assert_int_equal(hf_failed(p->server)->err, HF_BAD_COOKIE); /* which it never gave */
        pair_free(p);
    }
}

/* RFC 8446 4.2.2: it is of one handshake; the next begins without. */
static void a_cookie_is_not_kept(void **state)
{
    (void)state;
    hf_config *c = speaking(test_client_config(), "x25519:secp256r1");
    hf_config *s = speaking(test_server_config(), "x25519");
    hf_session *session = NULL;
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_ALWAYS, 0), HF_OK);
    for (int i = 0; i < 3; i++) {
        struct liar13 client;
        struct slice cookie;
        struct pair *p = pair_new(c, s, TEST_HOST);
        if (i == 1) { /* with its session, then without */
            assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        }
        liar13_begin(&client, p->client, CLIENT_HELLO);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->resumed, i == 1);
        assert_int_equal(client.built, 2);
        assert_false(liar13_said(&client, 0, EXTENSION_COOKIE, &cookie));
        assert_true(liar13_said(&client, 1, EXTENSION_COOKIE, &cookie));
        hf_session_free(session);
        session = pair_session(p);
        pair_free(p);
    }
    hf_session_free(session);
    hf_config_free(c);
    hf_config_free(s);
}

/* RFC 8446 4.2.2: a first ClientHello has none. */
static void a_cookie_that_nobody_gave(void **state)
{
    (void)state;
    static const uint8_t body[] = {0, 2, 1, 2};
    struct liar13 client;
    struct pair *p = pair_take(speaking(test_client_config(), "x25519"),
                               speaking(test_server_config(), "x25519"), TEST_HOST);
    liar13_begin(&client, p->client, CLIENT_HELLO);
    liar13_set(&client, EXTENSION_COOKIE, body, sizeof body);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_MISPLACED_EXTENSION, 47);
    pair_free(p);
}

/* ---- signature_algorithms ---- */
static size_t schemes_said(const struct liar13 *l, uint16_t codes[64])
{
    struct slice body;
    size_t count = 0;
    assert_true(liar13_said(l, 0, EXTENSION_SIGNATURE_ALGORITHMS, &body));
    struct reader outer = reader_of(body), r = reader_of(read_vector(&outer, 2));
    for (assert_true(read_done(&outer)); r.at < r.end && count < 64; count++) {
        codes[count] = (uint16_t)read_number(&r, 2);
    }
    assert_true(read_done(&r));
    return count;
}

static size_t schemes_offered(hf_config *c, uint16_t codes[64])
{
    struct liar13 client;
    struct pair *p = pair_take(c, speaking(test_server_config(), "x25519"), TEST_HOST);
    liar13_begin(&client, p->client, CLIENT_HELLO);
    pair_run(p);
    size_t count = schemes_said(&client, codes);
    pair_free(p);
    return count;
}

/* RFC 8446 4.2.3: whoever wants a certificate sends it, also beside a key. */
static void a_client_says_what_it_verifies(void **state)
{
    (void)state;
    uint16_t codes[64];
    assert_true(schemes_offered(speaking(test_client_config(), "x25519"), codes) > 5);
    assert_true(schemes_offered(with_psk(speaking(test_client_config(), "x25519")), codes) > 5);
}

/* RFC 8446 4.2.3: SHA-1 behind all others, in whatever order it was asked for. */
static void legacy_schemes_come_last(void **state)
{
    (void)state;
    static const char *const lists[] = {"ecdsa_sha1:ecdsa_secp256r1_sha256:rsa_pkcs1_sha1:ed25519",
                                        "rsa_pkcs1_sha1,ecdsa_secp256r1_sha256,ed25519,ecdsa_sha1", NULL};
    for (size_t i = 0; i < 3; i++) {
        uint16_t codes[64] = {0};
        hf_config *c = test_client_config();
        assert_int_equal(lists[i] ? hf_config_schemes_to_accept(c, lists[i], NULL)
                                  : hf_config_policy(c, "all-2026-11", NULL),
                         HF_OK);
        size_t count = schemes_offered(speaking(c, "x25519"), codes);
        assert_true(count >= 4);
        assert_int_equal(codes[0], 0x0403);
        for (size_t k = 0; k < count; k++) { /* the hash's number is the first octet */
            assert_int_equal(codes[k] >> 8 == 2, k + 2 >= count);
        }
    }
}

/* RFC 8446 4.2.3: MD5, SHA-224 and DSA are nowhere, nor can they be asked for. */
static void dead_schemes_are_not_offered(void **state)
{
    (void)state;
    static const char *const dead[] = {"rsa_pkcs1_md5",    "dsa_md5",    "ecdsa_md5",    "dsa_sha1",
                                       "rsa_pkcs1_sha224", "dsa_sha224", "ecdsa_sha224", "dsa_sha256",
                                       "dsa_sha384",       "dsa_sha512"};
    static const char *const policies[] = {"2026-11", "compat-2026-11", "all-2026-11"};
    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++) {
        hf_config *c = test_client_config();
        assert_int_equal(hf_config_schemes_to_accept(c, dead[i], NULL), HF_UNKNOWN_NAME);
        assert_int_equal(hf_config_schemes_to_sign(c, dead[i], NULL), HF_UNKNOWN_NAME);
        hf_config_free(c);
    }
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        uint16_t codes[64] = {0};
        hf_config *c = test_client_config();
        assert_int_equal(hf_config_policy(c, policies[i], NULL), HF_OK);
        size_t count = schemes_offered(speaking(c, "x25519"), codes);
        for (size_t k = 0; k < count; k++) {
            unsigned hash = codes[k] >> 8, signature = codes[k] & 0xff;
            assert_true(hash == 8 || (hash != 0 && hash != 1 && hash != 3 && signature != 2));
        }
    }
}

/* ---- what a server says ---- */
static hf_config *asking_for_all(void)
{
    hf_config *c = speaking(test_client_config(), "x25519");
    test_add_identity(c, &test_pki()->client[TEST_P256]);
    assert_int_equal(hf_config_post_handshake_auth(c, true), HF_OK);
    assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
    return with_psk(c);
}

static hf_config *giving_all(bool psk)
{
    hf_config *c = speaking(test_server_config(), "x25519");
    test_trust(c, test_pki()->root);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUEST), HF_OK);
    assert_int_equal(hf_config_oid_filter(c, "keyUsage:digitalSignature", NULL), HF_OK);
    assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
    return psk ? with_psk(c) : c;
}

static const uint16_t not_answered[] = {EXTENSION_SIGNATURE_ALGORITHMS, EXTENSION_OID_FILTERS,
                                        EXTENSION_POST_HANDSHAKE_AUTH, EXTENSION_PSK_KEY_EXCHANGE_MODES,
                                        EXTENSION_COOKIE};

/* RFC 8446 4.2.5, 4.2.6, 4.2.9: none of these, neither in ServerHello nor in EncryptedExtensions. */
static void a_server_answers_none_of_these(void **state)
{
    (void)state;
    for (int psk = 0; psk < 2; psk++) {
        for (int encrypted = 0; encrypted < 2; encrypted++) {
            struct liar13 server;
            struct pair *p = pair_take(asking_for_all(), giving_all(psk), TEST_HOST);
            liar13_begin(&server, p->server, encrypted ? ENCRYPTED_EXTENSIONS : SERVER_HELLO);
            pair_run(p);
            pair_assert_complete(p);
            assert_int_equal(hf_negotiated(p->server)->psk, psk ? HF_PSK_USED : HF_PSK_NONE);
            for (size_t i = 0; i < sizeof not_answered / sizeof *not_answered; i++) {
                assert_int_equal(liar13_place(&server, 0, not_answered[i]), -1);
            }
            assert_true(liar13_place(&server, 0, encrypted ? EXTENSION_ALPN : EXTENSION_KEY_SHARE) >= 0);
            pair_free(p);
        }
    }
}

/* The same, and a client that is told so. */
static void a_server_that_answers_one(void **state)
{
    (void)state;
    static const uint8_t body[] = {1, 1};
    for (size_t i = 0; i < sizeof not_answered / sizeof *not_answered; i++) {
        bool offered = not_answered[i] != EXTENSION_COOKIE && not_answered[i] != EXTENSION_OID_FILTERS;
        for (int encrypted = 0; encrypted < 2; encrypted++) {
            struct liar13 server;
            struct pair *p = pair_take(asking_for_all(), giving_all(false), TEST_HOST);
            liar13_begin(&server, p->server, encrypted ? ENCRYPTED_EXTENSIONS : SERVER_HELLO);
            liar13_set(&server, not_answered[i], body, sizeof body);
            pair_run(p);
            assert_non_null(hf_failed(p->client));
            assert_int_equal(hf_failed(p->client)->err,
                             offered ? HF_MISPLACED_EXTENSION : HF_UNSOLICITED_EXTENSION);
            assert_int_equal(hf_failed(p->client)->alert, offered ? 47 : 110);
            pair_free(p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_comes_back),
        cmocka_unit_test(a_cookie_is_not_kept),
        cmocka_unit_test(a_cookie_that_nobody_gave),
        cmocka_unit_test(a_client_says_what_it_verifies),
        cmocka_unit_test(legacy_schemes_come_last),
        cmocka_unit_test(dead_schemes_are_not_offered),
        cmocka_unit_test(a_server_answers_none_of_these),
        cmocka_unit_test(a_server_that_answers_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
