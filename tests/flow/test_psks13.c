/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"

#include <string.h>

/* psk_key_exchange_modes and pre_shared_key, RFC 8446 4.2.9, 4.2.11: what is said, and what a peer that lies
 * gets. */
enum { ILLEGAL = 47, MISSING = 109, UNSUPPORTED = 110, KE = 0, DHE = 1 };
#define NAME "router-7"
static const uint8_t key[32] = "a key that was agreed on before";

static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    return c;
}

static hf_config *named(hf_config *c, const char *name)
{
    hf_bytes identity = {(const uint8_t *)name, strlen(name)};
    assert_int_equal(hf_config_psk(c, identity, (hf_bytes){key, sizeof key}, HF_PSK_SHA256), HF_OK);
    return c;
}

/* A client whose first key is an external one, or a session's. */
struct scene {
    hf_config *client, *server;
    hf_session *session;
    struct pair *p;
};

static struct scene scene(bool session, bool client_alone, bool server_alone)
{
    struct scene s = {.client = speaking(test_client_config(), "x25519"),
                      .server = speaking(test_server_config(), "x25519")};
    assert_int_equal(hf_config_psk_alone(s.client, client_alone), HF_OK);
    assert_int_equal(hf_config_psk_alone(s.server, server_alone), HF_OK);
    if (session) {
        struct pair *before = pair_connect(s.client, s.server, TEST_HOST);
        s.session = pair_session(before);
        pair_free(before);
    } else {
        (void)named(s.client, NAME);
        (void)named(s.server, NAME);
    }
    s.p = pair_new(s.client, s.server, TEST_HOST);
    if (session) {
        assert_int_equal(hf_conn_resume(s.p->client, s.session), HF_OK);
    }
    return s;
}

static void scene_end(struct scene *s)
{
    pair_free(s->p);
    hf_session_free(s->session);
    hf_config_free(s->client);
    hf_config_free(s->server);
}

static void assert_refused(struct scene *s, hf_side by, hf_err err, uint8_t alert)
{
    const hf_failure *f;
    pair_run(s->p);
    f = hf_failed(pair_conn(s->p, by));
    assert_non_null(f);
    assert_int_equal(f->err, err);
    assert_int_equal(f->alert, alert);
    assert_false(hf_negotiated(pair_conn(s->p, by))->complete);
    scene_end(s);
}

/* ---- modes ---- */
/* RFC 8446 4.2.9: the server keeps to what is listed; with psk_ke it has no share, with psk_dhe_ke one. */
static void only_by_modes_that_are_listed(void **state)
{
    (void)state;
    static const struct {
        uint8_t modes[4];
        bool server_alone, psk, share;
    } cases[] = {
        {{1, DHE}, true, true, true},        {{1, DHE}, false, true, true},
        {{1, KE}, true, true, false},        {{1, KE}, false, false, true},
        {{2, KE, DHE}, true, true, true},    {{2, DHE, KE}, false, true, true},
        {{2, 7, KE}, true, true, false},     {{1, 7}, true, false, true},
        {{3, 7, 99, DHE}, true, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int session = 0; session < 2; session++) {
            struct scene s = scene(session, true, cases[i].server_alone);
            struct liar13 client, server;
            liar13_begin(&client, s.p->client, CLIENT_HELLO);
            liar13_begin(&server, s.p->server, SERVER_HELLO);
            liar13_set(&client, EXTENSION_PSK_KEY_EXCHANGE_MODES, cases[i].modes, 1u + cases[i].modes[0]);
            pair_run(s.p);
            pair_assert_complete(s.p);
            assert_int_equal(liar13_place(&server, 0, EXTENSION_PRE_SHARED_KEY) >= 0, cases[i].psk);
            assert_int_equal(liar13_place(&server, 0, EXTENSION_KEY_SHARE) >= 0, cases[i].share);
            assert_true(liar13_place(&client, 0, EXTENSION_KEY_SHARE) >= 0);
            pair_exchange(s.p, 100);
            scene_end(&s);
        }
    }
}

/* RFC 8446 4.2.9: psk_ke would do where no group is in common, but was not listed. */
static void psk_ke_is_not_taken_unasked(void **state)
{
    (void)state;
    static const uint8_t modes[] = {1, DHE};
    struct liar13 client;
    struct scene s = {.client = named(speaking(test_client_config(), "x25519"), NAME),
                      .server = named(speaking(test_server_config(), "secp256r1"), NAME)};
    assert_int_equal(hf_config_psk_alone(s.client, true), HF_OK);
    assert_int_equal(hf_config_psk_alone(s.server, true), HF_OK);
    s.p = pair_new(s.client, s.server, TEST_HOST);
    liar13_begin(&client, s.p->client, CLIENT_HELLO);
    liar13_set(&client, EXTENSION_PSK_KEY_EXCHANGE_MODES, modes, sizeof modes);
    assert_refused(&s, HF_SERVER, HF_NO_COMMON_GROUP, 40);
}

/* RFC 8446 4.2.9: a client that offers keys lists modes, whatever else it wants. */
static void modes_go_with_keys(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        bool session = i & 1, alone = i & 2, tickets = session || i & 4;
        struct scene s = scene(session, alone, false);
        struct liar13 client;
        struct slice modes;
        hf_config *other = speaking(test_client_config(), "x25519");
        assert_int_equal(hf_config_psk_alone(other, alone), HF_OK);
        assert_int_equal(hf_config_tickets(other, tickets), HF_OK);
        if (!session) {
            (void)named(other, NAME);
        }
        pair_free(s.p);
        s.p = pair_new(other, s.server, TEST_HOST);
        hf_config_free(other);
        if (session) {
            assert_int_equal(hf_conn_resume(s.p->client, s.session), HF_OK);
        }
        liar13_begin(&client, s.p->client, CLIENT_HELLO);
        pair_run(s.p);
        pair_assert_complete(s.p);
        assert_true(liar13_place(&client, 0, EXTENSION_PRE_SHARED_KEY) >= 0);
        assert_true(liar13_said(&client, 0, EXTENSION_PSK_KEY_EXCHANGE_MODES, &modes));
        assert_int_equal(modes.len, alone ? 3 : 2);
        assert_int_equal(modes.data[1], DHE);
        scene_end(&s);
    }
}

/* RFC 8446 4.2.9: "servers MUST abort the handshake" */
static void keys_without_modes(void **state)
{
    (void)state;
    for (int session = 0; session < 2; session++) {
        struct scene s = scene(session, false, false);
        struct liar13 client;
        liar13_begin(&client, s.p->client, CLIENT_HELLO);
        liar13_drop(&client, EXTENSION_PSK_KEY_EXCHANGE_MODES);
        assert_refused(&s, HF_SERVER, HF_MISSING_EXTENSION, MISSING);
    }
}

/* ---- what a client says ---- */
/* RFC 8446 4.2.11: pre_shared_key ends the ClientHello, and a second one too. */
static void pre_shared_key_is_the_last(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        hf_config *c = named(speaking(test_client_config(), "x25519:secp256r1"), NAME);
        hf_config *s = named(speaking(test_server_config(), "secp256r1"), NAME);
        struct liar13 client;
        assert_int_equal(hf_config_grease(c, i & 1), HF_OK);
        assert_int_equal(hf_config_padding(c, i & 2 ? 1000 : 0), HF_OK);
        assert_int_equal(hf_config_post_handshake_auth(c, i & 4), HF_OK);
        assert_int_equal(hf_config_alpn(c, "h2,http/1.1", false), HF_OK);
        struct pair *p = pair_take(c, s, TEST_HOST);
        liar13_begin(&client, p->client, CLIENT_HELLO);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(client.built, 2);
        for (unsigned last = 0; last < 2; last++) {
            assert_int_equal(liar13_place(&client, last, EXTENSION_PRE_SHARED_KEY),
                             liar13_count(&client, last) - 1);
        }
        pair_free(p);
    }
}

/* RFC 8446 4.2.11: of an external key the age is not looked at. */
static void the_age_of_an_external_key(void **state)
{
    (void)state;
    static const uint32_t ages[] = {0, 1, 86400 * 1000u, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        uint8_t body[128];
        struct writer w = writer_of(body, sizeof body);
        struct scene s = scene(false, false, false);
        struct liar13 client;
        static const uint8_t binder[32];
        size_t mark = write_open(&w, 2);
        write_vector(&w, 2, slice_of(NAME, strlen(NAME)));
        write_number(&w, ages[i], 4);
        write_close(&w, mark, 2);
        mark = write_open(&w, 2);
        write_vector(&w, 1, slice_of(binder, sizeof binder)); /* it is put there when all else is known */
        write_close(&w, mark, 2);
        liar13_begin(&client, s.p->client, CLIENT_HELLO);
        liar13_set(&client, EXTENSION_PRE_SHARED_KEY, body, w.len);
        pair_run(s.p);
        pair_assert_complete(s.p);
        assert_int_equal(hf_negotiated(s.p->server)->psk, HF_PSK_USED);
        scene_end(&s);
    }
}

/* ---- a server that lies ---- */
/* RFC 8446 4.2.11: the key chosen is one of those offered. */
static void a_key_that_was_not_offered(void **state)
{
    (void)state;
    static const uint16_t chosen[] = {1, 2, 256, 0xffff};
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        for (int session = 0; session < 2; session++) {
            const uint8_t body[] = {(uint8_t)(chosen[i] >> 8), (uint8_t)chosen[i]};
            struct scene s = scene(session, false, false);
            struct liar13 server;
            liar13_begin(&server, s.p->server, SERVER_HELLO);
            liar13_set(&server, EXTENSION_PRE_SHARED_KEY, body, sizeof body);
            assert_refused(&s, HF_CLIENT, HF_PSK_NOT_OFFERED, ILLEGAL);
        }
    }
}

static void a_key_where_none_was_offered(void **state)
{
    (void)state;
    static const uint8_t first[] = {0, 0};
    struct scene s = {.client = speaking(test_client_config(), "x25519"),
                      .server = speaking(test_server_config(), "x25519")};
    struct liar13 server;
    s.p = pair_new(s.client, s.server, TEST_HOST);
    liar13_begin(&server, s.p->server, SERVER_HELLO);
    liar13_set(&server, EXTENSION_PRE_SHARED_KEY, first, sizeof first);
    assert_refused(&s, HF_CLIENT, HF_UNSOLICITED_EXTENSION, UNSUPPORTED);
}

static void choose_sha384(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)l;
    (void)hs;
    m->server_hello.cipher_suite = 0x1302;
}

/* RFC 8446 4.2.11: the suite is of the key's hash. */
static void a_suite_of_another_hash(void **state)
{
    (void)state;
    for (int session = 0; session < 2; session++) {
        struct scene s = scene(session, false, false);
        struct liar13 server;
        liar13_begin(&server, s.p->server, SERVER_HELLO);
        server.lie = choose_sha384;
        assert_refused(&s, HF_CLIENT, HF_RESUMED_WITH_OTHER_PARAMETERS, ILLEGAL);
    }
}

/* RFC 8446 4.2.11: there is a share, unless psk_ke was listed. */
static void a_key_without_a_share(void **state)
{
    (void)state;
    for (int session = 0; session < 2; session++) {
        struct scene s = scene(session, false, true);
        struct liar13 server;
        liar13_begin(&server, s.p->server, SERVER_HELLO);
        liar13_drop(&server, EXTENSION_KEY_SHARE);
        assert_refused(&s, HF_CLIENT, HF_PSK_NOT_OFFERED, ILLEGAL);
    }
}

/* RFC 8446 4.2.11: early data is under the first key, so a server that takes it has chosen that one. */
static void early_data_under_the_second_key(void **state)
{
    (void)state;
    size_t used;
    struct liar13 server;
    struct scene s = {.client = speaking(test_client_config(), "x25519"),
                      .server = speaking(test_server_config(), "x25519")};
    hf_config *other = named(speaking(test_server_config(), "x25519"), NAME); /* which knows no session */
    assert_int_equal(hf_config_early_data(s.client, 1000), HF_OK);
    assert_int_equal(hf_config_early_data(s.server, 1000), HF_OK);
    (void)named(s.client, NAME);
    struct pair *before = pair_connect(s.client, s.server, TEST_HOST);
    s.session = pair_session(before);
    pair_free(before);
    s.p = pair_new(s.client, other, TEST_HOST);
    hf_config_free(other);
    assert_int_equal(hf_conn_resume(s.p->client, s.session), HF_OK);
    assert_int_equal(hf_push_early(s.p->client, (hf_bytes){key, 5}, &used), HF_OK);
    liar13_begin(&server, s.p->server, ENCRYPTED_EXTENSIONS);
    liar13_set(&server, EXTENSION_EARLY_DATA, NULL, 0);
    (void)pair_carry(s.p, HF_CLIENT);
    assert_int_equal(s.p->server->hs->psk_index, 1);
    (void)pair_carry(s.p, HF_SERVER);
    assert_refused(&s, HF_CLIENT, HF_EARLY_DATA_NOT_EARNED, ILLEGAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_by_modes_that_are_listed),
        cmocka_unit_test(psk_ke_is_not_taken_unasked),
        cmocka_unit_test(modes_go_with_keys),
        cmocka_unit_test(keys_without_modes),
        cmocka_unit_test(pre_shared_key_is_the_last),
        cmocka_unit_test(the_age_of_an_external_key),
        cmocka_unit_test(a_key_that_was_not_offered),
        cmocka_unit_test(a_key_where_none_was_offered),
        cmocka_unit_test(a_suite_of_another_hash),
        cmocka_unit_test(a_key_without_a_share),
        cmocka_unit_test(early_data_under_the_second_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
