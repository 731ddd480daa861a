/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"

#include <string.h>

/* Early data, RFC 8446 4.2.10: what a client says of it, under which key it goes, and what a server compares
 * before it takes any. Peers that lie about the rest: test_early_data.c. */
#define MOST 1000
static const uint8_t key[32] = "a key that was agreed on before";

struct scene {
    hf_config *client, *server;
    hf_session *session;
    struct pair *p;
};

static hf_config *willing(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    assert_int_equal(hf_config_early_data(c, MOST), HF_OK);
    return c;
}

static hf_config *with_psk(hf_config *c)
{
    hf_bytes name = {key, 5};
    assert_int_equal(hf_config_psk(c, name, (hf_bytes){key, sizeof key}, HF_PSK_SHA256), HF_OK);
    return c;
}

static struct scene scene(bool psk, const char *served)
{
    struct scene s = {.client = willing(test_client_config(), "x25519:secp256r1"),
                      .server = willing(test_server_config(), served)};
    struct pair *before = pair_connect(s.client, s.server, TEST_HOST);
    s.session = pair_session(before);
    pair_free(before);
    hf_config *c = willing(test_client_config(), "x25519:secp256r1");
    s.p = pair_new(psk ? with_psk(c) : c, s.server, TEST_HOST);
    hf_config_free(c);
    assert_int_equal(hf_conn_resume(s.p->client, s.session), HF_OK);
    return s;
}

static void push(const struct scene *s)
{
    size_t used;
    assert_int_equal(hf_push_early(s->p->client, (hf_bytes){key, 10}, &used), HF_OK);
    assert_int_equal(used, 10);
}

static void scene_end(struct scene *s)
{
    pair_free(s->p);
    hf_session_free(s->session);
    hf_config_free(s->client);
    hf_config_free(s->server);
}

/* RFC 8446 4.2.10: early_data comes with pre_shared_key, only where some is to be sent, and never twice. */
static void what_a_client_says_of_it(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        bool pushes = i & 1, retried = i & 2;
        struct scene s = scene(false, retried ? "secp256r1" : "x25519");
        struct liar13 client;
        liar13_begin(&client, s.p->client, CLIENT_HELLO);
        if (pushes) {
            push(&s);
        }
        pair_run(s.p);
        pair_assert_complete(s.p);
        assert_int_equal(client.built, retried ? 2 : 1);
        assert_int_equal(liar13_place(&client, 0, EXTENSION_EARLY_DATA) >= 0, pushes);
        assert_true(liar13_place(&client, 0, EXTENSION_PRE_SHARED_KEY) >= 0);
        assert_true(liar13_place(&client, 1, EXTENSION_PRE_SHARED_KEY) >= 0);
        assert_true(!retried || liar13_place(&client, 1, EXTENSION_EARLY_DATA) < 0);
        assert_int_equal(s.p->early.len, pushes && !retried ? 10 : 0);
        scene_end(&s);
    }
}

/* RFC 8446 4.2.10: of several keys it is the first that early data is under. */
static void under_the_first_of_several_keys(void **state)
{
    (void)state;
    struct scene s = scene(true, "x25519");
    struct liar13 client;
    struct slice offered;
    liar13_begin(&client, s.p->client, CLIENT_HELLO);
    push(&s);
    pair_run(s.p);
    pair_assert_complete(s.p);
    assert_true(liar13_said(&client, 0, EXTENSION_PRE_SHARED_KEY, &offered));
    struct reader r = reader_of(offered), identities = reader_of(read_vector(&r, 2));
    struct slice first = read_vector(&identities, 2);
    (void)read_number(&identities, 4);
    struct slice second = read_vector(&identities, 2);
    assert_true(first.len > 5 && slice_equal(second, slice_of(key, 5)));
    assert_true(hf_negotiated(s.p->server)->resumed);
    assert_int_equal(hf_negotiated(s.p->server)->early_data, HF_EARLY_ACCEPTED);
    assert_int_equal(s.p->early.len, 10);
    assert_memory_equal(s.p->early.data, key, 10);
    scene_end(&s);
}

/* RFC 8446 4.2.10: early_data without pre_shared_key is not answered, and what comes is passed over. */
static void without_a_key(void **state)
{
    (void)state;
    struct scene s = scene(false, "x25519");
    struct liar13 client, server;
    pair_free(s.p);
    s.p = pair_new(s.client, s.server, TEST_HOST);
    liar13_begin(&client, s.p->client, CLIENT_HELLO);
    liar13_begin(&server, s.p->server, ENCRYPTED_EXTENSIONS);
    liar13_set(&client, EXTENSION_EARLY_DATA, NULL, 0);
    pair_run(s.p);
    pair_assert_complete(s.p);
    assert_int_equal(liar13_place(&server, 0, EXTENSION_EARLY_DATA), -1);
    assert_int_equal(hf_negotiated(s.p->server)->early_data, HF_EARLY_NOT_RESUMED);
    scene_end(&s);
}

/* The session's suite is not among those that the client offers; another one of its hash is. */
static void offer_another_suite(struct liar13 *l, struct hs *hs, union any_message *m)
{
    static const uint8_t other[] = {0x13, 0x03};
    (void)l;
    (void)hs;
    m->client_hello.cipher_suites = slice_of(other, sizeof other);
}

/* RFC 8446 4.2.10: not with another suite than the key's, even where the key itself would do. */
static void with_another_suite(void **state)
{
    (void)state;
    struct scene s = scene(false, "x25519");
    struct liar13 client, server;
    liar13_begin(&client, s.p->client, CLIENT_HELLO);
    liar13_begin(&server, s.p->server, ENCRYPTED_EXTENSIONS);
    client.lie = offer_another_suite;
    push(&s);
    (void)pair_carry(s.p, HF_CLIENT);
    assert_int_equal(liar13_place(&server, 0, EXTENSION_EARLY_DATA), -1);
    assert_int_equal(s.p->early.len, 0);
    assert_null(hf_failed(s.p->server));
    assert_string_equal(hf_negotiated(s.p->server)->suite_name, "TLS_CHACHA20_POLY1305_SHA256");
    assert_int_equal(hf_negotiated(s.p->server)->early_data, HF_EARLY_NOT_RESUMED);
    scene_end(&s);
}

/* RFC 8446 4.2.10: what was refused is not sent again by itself. */
static void it_is_not_sent_again(void **state)
{
    (void)state;
    struct scene s = scene(false, "secp256r1");
    push(&s);
    pair_run(s.p);
    pair_assert_complete(s.p);
    assert_int_equal(hf_negotiated(s.p->client)->early_data, HF_EARLY_REJECTED);
    pair_send(s.p, HF_CLIENT, 7);
    assert_int_equal(s.p->received[HF_SERVER].len, 7);
    assert_int_equal(s.p->early.len, 0);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_client_says_of_it),
        cmocka_unit_test(under_the_first_of_several_keys),
        cmocka_unit_test(without_a_key),
        cmocka_unit_test(with_another_suite),
        cmocka_unit_test(it_is_not_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
