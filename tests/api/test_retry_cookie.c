/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>

/* HelloRetryRequest that nobody remembers, RFC 8446 4.2.2, 4.1.4, 4.4.1: a second connection object goes on
 * from the second ClientHello alone. */
#define TLS12 0x0303
#define TLS13 0x0304

static int64_t moment, delay; /* delay: how long the second ClientHello takes */
static hf_keyring *keyring;

static int start(void **state)
{
    (void)state;
    moment = TEST_NOW;
    delay = 0;
    keyring = hf_keyring_new(NULL);
    return hf_keyring_rotate(keyring, TEST_NOW, NULL) != HF_OK;
}

static int stop(void **state)
{
    (void)state;
    hf_keyring_free(keyring);
    return 0;
}

static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, TLS12, TLS13), HF_OK);
    assert_int_equal(hf_config_clock(c, test_clock, &moment), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    return c;
}

static hf_config *client(void)
{
    return speaking(test_client_config(), "x25519:secp384r1");
}

static hf_config *server_on(hf_keyring *keys, hf_retry_cookie when)
{
    hf_config *c = speaking(test_server_config(), when == HF_RETRY_COOKIE_ALWAYS ? "x25519" : "secp384r1");
    assert_int_equal(hf_config_retry_cookie(c, when, 0), HF_OK);
    assert_int_equal(hf_config_keyring(c, keys), HF_OK);
    return c;
}

static hf_config *server(hf_retry_cookie when)
{
    return server_on(keyring, when);
}

/* ---- a server that forgets ---- */
struct meeting {
    hf_config *client, *servers[2]; /* these may be one */
    struct pair *pair;
};

/* The first flight and its answer; then the connection that gave it is gone, and another stands in its place.
 */
static struct meeting begin(hf_config *c, hf_config *first, hf_config *second, hf_session *session)
{
    struct meeting m = {c, {first, second}, pair_new(c, first, TEST_HOST)};
    if (session) {
        assert_int_equal(hf_conn_resume(m.pair->client, session), HF_OK);
    }
    assert_true(pair_carry(m.pair, HF_CLIENT));
    assert_true(pair_carry(m.pair, HF_SERVER));
    assert_true(hf_negotiated(m.pair->server)->hello_retry_request);
    assert_int_equal(hf_peek_wire(m.pair->server).len, 0);
    hf_problem why = {0};
    hf_conn_free(m.pair->server);
    moment += delay;
    m.pair->server = hf_conn_new(test_freeze(second), NULL, &why);
    assert_non_null(m.pair->server);
    return m;
}

static void end(struct meeting *m)
{
    pair_free(m->pair);
    hf_config_free(m->client);
    if (m->servers[1] != m->servers[0]) {
        hf_config_free(m->servers[1]);
    }
    hf_config_free(m->servers[0]);
}

static void assert_goes_on(struct meeting *m)
{
    pair_run(m->pair);
    pair_assert_complete(m->pair);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        assert_true(hf_negotiated(pair_conn(m->pair, side))->hello_retry_request);
    }
    pair_exchange(m->pair, 3000);
}

static void another_connection_goes_on(void **state)
{
    (void)state;
    static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"};
    for (hf_retry_cookie when = HF_RETRY_COOKIE_WITH_RETRY; when <= HF_RETRY_COOKIE_ALWAYS; when++) {
        for (int i = 0; i < 4; i++) {
            hf_config *s = server(when), *other = i & 1 ? server(when) : s; /* of the same fleet */
            assert_int_equal(hf_config_suites(s, suites[i / 2], NULL), HF_OK);
            if (other != s) {
                assert_int_equal(hf_config_suites(other, suites[i / 2], NULL), HF_OK);
            }
            struct meeting m = begin(client(), s, other, NULL);
            m.pair->chunk = i & 1 ? 1 : 0;
            assert_goes_on(&m);
            const hf_summary *n = hf_negotiated(m.pair->server);
            assert_string_equal(n->group_name, when == HF_RETRY_COOKIE_ALWAYS ? "x25519" : "secp384r1");
            assert_string_equal(n->suite_name, suites[i / 2]);
            assert_true(hf_negotiated(m.pair->client)->peer_verified);
            uint8_t ours[32], theirs[32];
            assert_int_equal(hf_export(m.pair->client, "EXPORTER-x", NULL, ours, 32), HF_OK);
            assert_int_equal(hf_export(m.pair->server, "EXPORTER-x", NULL, theirs, 32), HF_OK);
            assert_memory_equal(ours, theirs, 32);
            end(&m);
        }
    }
}

/* The same connection may go on too. */
static void the_same_connection_goes_on(void **state)
{
    (void)state;
    for (hf_retry_cookie when = HF_RETRY_COOKIE_WITH_RETRY; when <= HF_RETRY_COOKIE_ALWAYS; when++) {
        struct pair *p = pair_take(client(), server(when), TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_true(hf_negotiated(p->server)->hello_retry_request);
        assert_non_null(strstr(p->steps[HF_SERVER], "HelloRetryRequest"));
        pair_exchange(p, 100);
        pair_free(p);
    }
    struct pair *p =
        pair_take(speaking(test_client_config(), "secp384r1"), server(HF_RETRY_COOKIE_WITH_RETRY), TEST_HOST);
    pair_run(p); /* no retry is due, and none is made */
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->server)->hello_retry_request);
    assert_false(hf_negotiated(p->client)->hello_retry_request);
    pair_free(p);
}

/* A client that sends no ChangeCipherSpec: its records are taken out. */
static void without_change_cipher_spec(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    unsigned *count = arg;
    (void)pair;
    for (size_t at = 0, len; from == HF_CLIENT && at + 5 <= bytes->len; at += len) {
        uint8_t *record = bytes->data + at;
        len = 5 + ((size_t)record[3] << 8 | record[4]);
        if (record[0] == 20) {
            memmove(record, record + len, bytes->len - at - len);
            bytes->len -= len;
            len = 0;
            ++*count;
        }
    }
}

/* RFC 8446 D.4 has it, and it need not be. */
static void without_compatibility_mode(void **state)
{
    (void)state;
    unsigned count = 0;
    hf_config *s = server(HF_RETRY_COOKIE_WITH_RETRY);
    struct meeting m = begin(client(), s, s, NULL);
    m.pair->hook = without_change_cipher_spec;
    m.pair->hook_arg = &count;
    assert_goes_on(&m);
    assert_int_equal(count, 1);
    end(&m);
}

/* RFC 8446 4.2.11.2: binders are over the hash that the cookie brought, too. */
static void keys_and_sessions(void **state)
{
    (void)state;
    static const uint8_t key[32] = "a key that was agreed on before";
    hf_bytes name = {(const uint8_t *)"router-7", 8}, bytes = {key, sizeof key};
    for (int session = 0; session < 2; session++) {
        hf_config *c = client(), *s = server(HF_RETRY_COOKIE_WITH_RETRY);
        hf_session *earned = NULL;
        if (session) {
            struct pair *p = pair_connect(c, s, TEST_HOST);
            earned = pair_session(p);
            pair_free(p);
        } else {
            assert_int_equal(hf_config_psk(c, name, bytes, HF_PSK_SHA256), HF_OK);
            assert_int_equal(hf_config_psk(s, name, bytes, HF_PSK_SHA256), HF_OK);
        }
        struct meeting m = begin(c, s, s, earned);
        assert_goes_on(&m);
        assert_int_equal(hf_negotiated(m.pair->server)->resumed, session);
        assert_int_equal(hf_negotiated(m.pair->server)->psk, session ? HF_PSK_NONE : HF_PSK_USED);
        end(&m);
        hf_session_free(earned);
    }
}

/* ---- refused ---- */
static void assert_refused(struct meeting *m, hf_err err, uint8_t alert)
{
    pair_run(m->pair);
    pair_assert_refused(m->pair, HF_SERVER, err, alert);
    end(m);
}

static void it_expires(void **state)
{
    (void)state;
    for (delay = 9; delay <= 11; delay++) {
        moment = TEST_NOW;
        hf_config *s = server(HF_RETRY_COOKIE_WITH_RETRY);
        struct meeting m = begin(client(), s, s, NULL);
        if (delay <= 10) {
            assert_goes_on(&m);
            end(&m);
        } else {
            assert_refused(&m, HF_COOKIE_EXPIRED, 47);
        }
    }
    moment = TEST_NOW;
    delay = -6; /* made in the future */
    hf_config *s = server(HF_RETRY_COOKIE_WITH_RETRY);
    struct meeting m = begin(client(), s, s, NULL);
    assert_refused(&m, HF_COOKIE_EXPIRED, 47);
}

static void of_another_server(void **state)
{
    (void)state;
    hf_keyring *others = hf_keyring_new(NULL);
    assert_int_equal(hf_keyring_rotate(others, TEST_NOW, NULL), HF_OK);
    struct meeting m = begin(client(), server(HF_RETRY_COOKIE_WITH_RETRY),
                             server_on(others, HF_RETRY_COOKIE_WITH_RETRY), NULL);
    assert_refused(&m, HF_BAD_COOKIE, 47);
    hf_keyring_free(others);
    hf_config *stricter = server(HF_RETRY_COOKIE_WITH_RETRY);
    assert_int_equal(hf_config_session_generation(stricter, "another"), HF_OK);
    m = begin(client(), server(HF_RETRY_COOKIE_WITH_RETRY), stricter, NULL);
    assert_refused(&m, HF_BAD_COOKIE, 47);
    m = begin(client(), server(HF_RETRY_COOKIE_WITH_RETRY), server(HF_RETRY_COOKIE_NEVER), NULL);
    assert_refused(&m, HF_EARLY_CHANGE_CIPHER_SPEC, 10); /* which the client sends before its second hello */
}

/* RFC 8446 4.2.2: bound to where the client is. */
static void from_another_address(void **state)
{
    (void)state;
    static const uint8_t here[64] = {192, 0, 2, 1}, there[64] = {192, 0, 2, 2};
    for (int same = 0; same < 2; same++) {
        hf_config *c = client(), *s = server(HF_RETRY_COOKIE_WITH_RETRY);
        struct pair *p = pair_new(c, s, TEST_HOST);
        assert_int_equal(hf_conn_peer_address(p->server, (hf_bytes){here, sizeof here}), HF_OK);
        assert_true(pair_carry(p, HF_CLIENT));
        assert_true(pair_carry(p, HF_SERVER));
        assert_int_equal(hf_conn_peer_address(p->server, (hf_bytes){here, 4}), HF_BAD_ARGUMENT);
        hf_conn_free(p->server);
        p->server = hf_conn_new(s, NULL, NULL);
        assert_int_equal(hf_conn_peer_address(p->server, (hf_bytes){same ? here : there, 64}), HF_OK);
        struct meeting m = {c, {s, s}, p};
        if (same) {
            assert_goes_on(&m);
            end(&m);
        } else {
            assert_refused(&m, HF_BAD_COOKIE, 47);
        }
    }
}

/* ---- changed on its way ---- */
/* Where in the second ClientHello a bit is changed. */
enum place { IN_EPOCH, IN_SALT, IN_CIPHERTEXT, IN_TAG, IN_RANDOM, IN_SESSION_ID, IN_CODE, PLACES };

static void spoil(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    enum place *place = arg;
    (void)pair;
    uint8_t *hello;
    for (size_t at = 0; from == HF_CLIENT && *place != PLACES && (hello = hello_next(bytes, &at)) != NULL;) {
        uint8_t *cookie = hello_extension(hello, 44);
        if (!cookie) {
            continue;
        }
        size_t len = (size_t)cookie[4] << 8 | cookie[5];
        const size_t offsets[] = {[IN_EPOCH] = 3, [IN_SALT] = 10, [IN_CIPHERTEXT] = 25, [IN_TAG] = len - 1};
        *(*place == IN_RANDOM       ? hello + 10
          : *place == IN_SESSION_ID ? hello + 45
          : *place == IN_CODE       ? cookie + 1
                                    : cookie + 6 + offsets[*place]) ^= 0x80;
        *place = PLACES;
    }
}

static void a_changed_hello(void **state)
{
    (void)state;
    for (int forgets = 0; forgets < 2; forgets++) {
        for (int i = 0; i < PLACES; i++) {
            hf_config *s = server(HF_RETRY_COOKIE_WITH_RETRY);
            enum place place = (enum place)i;
            struct meeting m = begin(client(), s, s, NULL);
            if (!forgets) { /* the connection that gave it */
                pair_free(m.pair);
                m.pair = pair_new(m.client, s, TEST_HOST);
            }
            m.pair->hook = spoil;
            m.pair->hook_arg = &place;
            pair_run(m.pair);
            assert_int_equal(place, PLACES);
            if (i < IN_RANDOM) {
                assert_refused(&m, HF_BAD_COOKIE, 47);
            } else if (i < IN_CODE) {
                assert_refused(&m, HF_HELLO_CHANGED, 47);
            } else if (forgets) { /* a first one, behind ChangeCipherSpec */
                assert_refused(&m, HF_EARLY_CHANGE_CIPHER_SPEC, 10);
            } else {
                assert_refused(&m, HF_MISSING_EXTENSION, 109);
            }
        }
    }
}

/* RFC 8446 4.2.2: a client must not have one in its first ClientHello; where none is given none is taken. */
static void where_none_is_given(void **state)
{
    (void)state;
    hf_config *plain = speaking(test_server_config(), "secp384r1");
    unsigned count = 0;
    struct meeting m = begin(client(), server(HF_RETRY_COOKIE_WITH_RETRY), plain, NULL);
    m.pair->hook = without_change_cipher_spec; /* what would be refused before the hello is read */
    m.pair->hook_arg = &count;
    pair_run(m.pair);
    assert_int_equal(count, 1);
    assert_refused(&m, HF_MISPLACED_EXTENSION, 47);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hf_config *c = client(), *s = server(HF_RETRY_COOKIE_ALWAYS);
    assert_int_equal(hf_config_retry_cookie(c, HF_RETRY_COOKIE_ALWAYS, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_retry_cookie(s, (hf_retry_cookie)3, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_ALWAYS, 301), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_retry_cookie(NULL, HF_RETRY_COOKIE_ALWAYS, 0), HF_NULL_ARGUMENT);
    struct pair *p = pair_new(c, s, TEST_HOST);
    uint8_t bytes[65] = {0};
    assert_int_equal(hf_conn_peer_address(p->client, (hf_bytes){bytes, 4}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_conn_peer_address(p->server, (hf_bytes){bytes, 65}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_conn_peer_address(p->server, (hf_bytes){NULL, 4}), HF_NULL_ARGUMENT);
    assert_int_equal(hf_conn_peer_address(NULL, (hf_bytes){bytes, 4}), HF_NULL_ARGUMENT);
    assert_int_equal(hf_conn_peer_address(p->server, (hf_bytes){NULL, 0}), HF_OK);
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_NEVER, 0), HF_CONFIG_FROZEN);
    pair_free(p);
    hf_config_free(c);
    hf_config_free(s);
}

/* A server without sessions has a keyring of its own for this. */
static void a_keyring_of_its_own(void **state)
{
    (void)state;
    hf_config *s = speaking(test_server_config(), "secp384r1");
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_WITH_RETRY, 20), HF_OK);
    assert_int_equal(hf_config_session_cache(s, 0), HF_OK);
    delay = 19;
    struct meeting m = begin(client(), s, s, NULL);
    assert_goes_on(&m);
    assert_null(hf_conn_session(m.pair->client));
    end(&m);
}

#define COOKIE_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        COOKIE_TEST(another_connection_goes_on),
        COOKIE_TEST(the_same_connection_goes_on),
        COOKIE_TEST(without_compatibility_mode),
        COOKIE_TEST(keys_and_sessions),
        COOKIE_TEST(it_expires),
        COOKIE_TEST(of_another_server),
        COOKIE_TEST(from_another_address),
        COOKIE_TEST(a_changed_hello),
        COOKIE_TEST(where_none_is_given),
        COOKIE_TEST(what_cannot_be),
        COOKIE_TEST(a_keyring_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
