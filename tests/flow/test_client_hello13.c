/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"
#include "tls12/tls12.h"

#include <string.h>

/* ClientHello of TLS 1.3, RFC 8446 4.1.2: the second is the first. */
static struct pair *retried(void)
{
    hf_config *c = test_client_config(), *s = test_server_config();
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    assert_int_equal(hf_config_versions(s, 0x0303, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, "x25519:secp256r1", NULL), HF_OK);
    assert_int_equal(hf_config_groups(s, "secp256r1", NULL), HF_OK);
    return pair_take(c, s, TEST_HOST);
}

struct kept {
    uint8_t random[RANDOM_SIZE], session_id[SESSION_ID_MAX], suites[64];
    size_t suites_len;
};
static struct kept kept;

static void keeps(struct liar13 *l, struct hs *hs, union any_message *m)
{
    const struct client_hello *h = &m->client_hello;
    (void)hs;
    assert_int_equal(h->session_id.len, SESSION_ID_MAX);
    assert_int_equal(h->version, TLS_1_2);
    assert_true(slice_equal(h->compression_methods, slice_of("\0", 1)));
    if (!l->built) {
        assert_true(h->cipher_suites.len <= sizeof kept.suites);
        memcpy(kept.random, h->random.data, RANDOM_SIZE);
        memcpy(kept.session_id, h->session_id.data, SESSION_ID_MAX);
        memcpy(kept.suites, h->cipher_suites.data, h->cipher_suites.len);
        kept.suites_len = h->cipher_suites.len;
        return;
    }
    assert_true(slice_equal(h->random, slice_of(kept.random, RANDOM_SIZE)));
    assert_true(slice_equal(h->session_id, slice_of(kept.session_id, SESSION_ID_MAX)));
    assert_true(slice_equal(h->cipher_suites, slice_of(kept.suites, kept.suites_len)));
}

/* RFC 8446 4.1.2, 4.1.4: the second ClientHello is the first, but for what was asked for. */
static void the_second_hello_is_the_first(void **state)
{
    (void)state;
    uint8_t id[SESSION_ID_MAX] = {0};
    for (int i = 0; i < 2; i++) {
        struct liar13 client;
        struct pair *p = retried();
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_set(&client, 0x5555, "x", 1); /* and one that nobody knows is passed over */
        client.lie = keeps;
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(client.built, 2);
        assert_int_equal(liar13_count(&client, 0), liar13_count(&client, 1));
        struct list list = list_of(slice_of(client.said[0], client.said_len[0]));
        for (struct extension_entry x; list_next_extension(&list, &x);) {
            struct slice again;
            assert_true(liar13_said(&client, 1, x.type, &again));
            assert_int_equal(slice_equal(x.body, again), x.type != EXTENSION_KEY_SHARE);
        }
        assert_memory_not_equal(id, kept.session_id, sizeof id); /* a new one each time */
        memcpy(id, kept.session_id, sizeof id);
        pair_free(p);
    }
}

/* ---- compression ---- */
static const struct slice methods[] = {{(const uint8_t *)"\0\1", 2},
                                       {(const uint8_t *)"\1\0", 2},
                                       {(const uint8_t *)"\0\0", 2},
                                       {(const uint8_t *)"\100", 1},
                                       {(const uint8_t *)"\0\1\100", 3}};

static void says_methods(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)hs;
    m->client_hello.compression_methods = methods[l->number];
}

/* RFC 8446 4.1.2: "exactly one byte, set to zero": in TLS 1.3 null beside others is refused too. */
static void null_is_the_only_method(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        for (unsigned second = 0; second < 2; second++) {
            struct liar13 client;
            struct pair *p = retried();
            liar13_begin(&client, p->client, CLIENT_HELLO);
            client.lie = says_methods;
            client.number = i;
            client.from = second;
            pair_run(p);
            pair_assert_refused(p, HF_SERVER, HF_NO_NULL_COMPRESSION, 47);
            assert_int_equal(client.built, 1 + second);
            pair_free(p);
        }
    }
}

static enum err offers_deflate(struct hs *hs, struct outgoing *out)
{
    TRY(version_tls12.message[CLIENT_HELLO].build(hs, out));
    out->message.client_hello.compression_methods = methods[1];
    return OK;
}

/* RFC 8446 4.1.2: a server of both versions takes from a client of TLS 1.2 what RFC 5246 7.4.1.2 allows. */
static void others_are_for_tls12(void **state)
{
    (void)state;
    struct version with_deflate = version_tls12;
    hf_config *c = test_client_config(), *s = test_server_config();
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0303), HF_OK);
    assert_int_equal(hf_config_versions(s, 0x0303, 0x0304), HF_OK);
    struct pair *p = pair_take(c, s, TEST_HOST);
    with_deflate.message[CLIENT_HELLO].build = offers_deflate;
    p->client->hs->version = &with_deflate;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->server)->version, 0x0303);
    pair_exchange(p, 100);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_hello_is_the_first),
        cmocka_unit_test(null_is_the_only_method),
        cmocka_unit_test(others_are_for_tls12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
