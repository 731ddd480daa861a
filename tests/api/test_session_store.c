/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* Where sessions are kept: the server's bounded memory, an application's own store, a client's file; and when
 * they are forgotten. Checklist R1, R4, R8, S11. */

#define KEPT 64
struct store {
    struct {
        char key[40];
        uint8_t bytes[4096];
        size_t len;
    } kept[KEPT];
    size_t count, puts, forgets, asked;
    uint32_t life;
    hf_keyring *keyring; /* what the servers share */
};

static struct store *store_new(void)
{
    struct store *store = calloc(1, sizeof *store);
    store->keyring = hf_keyring_new(NULL);
    assert_int_equal(hf_keyring_rotate(store->keyring, TEST_NOW, NULL), HF_OK);
    return store;
}

static void store_free(struct store *store)
{
    hf_keyring_free(store->keyring);
    free(store);
}

static void effect(void *arg, const hf_session_record *record)
{
    struct store *store = arg;
    assert_int_equal(strlen(record->key), 32);
    if (!record->sealed.data) {
        store->forgets++;
        for (size_t i = 0; i < store->count; i++) {
            store->kept[i].len = strcmp(store->kept[i].key, record->key) ? store->kept[i].len : 0;
        }
        return;
    }
    store->puts++;
    store->life = record->life;
    assert_true(store->count < KEPT && record->sealed.len <= sizeof store->kept[0].bytes);
    memcpy(store->kept[store->count].key, record->key, 33);
    memcpy(store->kept[store->count].bytes, record->sealed.data, record->sealed.len);
    store->kept[store->count++].len = record->sealed.len;
}

static bool answer_from_store(void *arg, struct pair *pair, hf_conn *conn)
{
    struct store *store = arg;
    hf_question q;
    (void)pair;
    if (hf_asked(conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return false;
    }
    store->asked++;
    hf_bytes found = {NULL, 0};
    for (size_t i = 0; i < store->count; i++) {
        if (strcmp(store->kept[i].key, q.session_key) == 0) {
            found = (hf_bytes){store->kept[i].bytes, store->kept[i].len};
        }
    }
    assert_int_equal(hf_answer_session(conn, found), HF_OK);
    return true;
}

static hf_config *storing(hf_config *server, struct store *store)
{
    assert_int_equal(hf_config_keyring(server, store->keyring), HF_OK);
    assert_int_equal(hf_config_session_cache(server, 0), HF_OK);
    assert_int_equal(hf_config_session_effects(server, effect, store), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_LOOK_UP_SESSION), HF_OK);
    return server;
}

static struct pair *connect_storing(hf_config *client, hf_config *server, struct store *store,
                                    hf_session *session)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = answer_from_store;
    p->ask_arg = store;
    if (session) {
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    }
    pair_run(p);
    return p;
}

static hf_session *earn(hf_config *client, hf_config *server, struct store *store)
{
    struct pair *p = connect_storing(client, server, store, NULL);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    return session;
}

static void two_servers_share_an_applications_store(void **state)
{
    (void)state;
    struct store *store = store_new();
    hf_config *client = test_client_config();
    hf_config *one = storing(test_server_config(), store), *two = storing(test_server_config(), store);
    hf_session *session = earn(client, one, store);
    assert_int_equal(store->puts, 1);
    assert_int_equal(store->life, 4 * 3600);
    struct pair *p = connect_storing(client, two, store, session);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->resumed);
    assert_int_equal(store->puts, 1); /* a resumed one is not stored anew */
    pair_exchange(p, 100);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(one);
    hf_config_free(two);
    store_free(store);
}

/* R1: the other server differs in something that matters: the session is found and not used. */
static void generation(hf_config *c)
{
    assert_int_equal(hf_config_session_generation(c, "after the leak"), HF_OK);
}
static void client_auth(hf_config *c)
{
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUEST), HF_OK);
}
static void no_client_auth(hf_config *c)
{
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_NONE), HF_OK);
}
static void trust(hf_config *c)
{
    test_trust(c, test_pki()->other_root);
}
static void alpn(hf_config *c)
{
    assert_int_equal(hf_config_alpn(c, "h2", true), HF_OK);
}
static void another_identity(hf_config *c)
{
    test_add_identity(c, &test_pki()->server[TEST_P384]);
}
static void suites(hf_config *c)
{
    assert_int_equal(hf_config_suites(c, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", NULL), HF_OK);
}
static void require_ems(hf_config *c)
{
    assert_int_equal(hf_config_require_extended_master_secret(c, true), HF_OK);
}

static hf_config *mutual_server(struct store *store)
{
    hf_config *server = storing(test_server_config(), store);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    return server;
}

static void sessions_do_not_cross_configurations(void **state)
{
    (void)state;
    static void (*const changes[])(hf_config *) = {generation, client_auth,      no_client_auth, trust,
                                                   alpn,       another_identity, suites,         require_ems};
    struct store *store = store_new();
    hf_config *client = test_client_config(), *server = mutual_server(store);
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    hf_session *session = earn(client, server, store);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        hf_config *other = mutual_server(store);
        changes[i](other);
        size_t asked = store->asked;
        struct pair *p = connect_storing(client, other, store, session);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_FOREIGN);
        assert_int_equal(store->asked, asked); /* its ID says so by itself */
        assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_UNKNOWN);
        pair_free(p);
        hf_config_free(other);
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
    store_free(store);
}

/* R8: whatever a store answers, the handshake goes on; another session than was asked for is none. */
static void a_store_cannot_fail_a_handshake(void **state)
{
    (void)state;
    struct store *store = store_new();
    hf_config *client = test_client_config(), *server = storing(test_server_config(), store);
    hf_session *first = earn(client, server, store), *second = earn(client, server, store);
    static const uint8_t junk[] = "not a session";
    const hf_bytes answers[] = {{NULL, 0},
                                {junk, sizeof junk},
                                {store->kept[0].bytes, store->kept[0].len - 1},
                                {store->kept[1].bytes, store->kept[1].len}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct pair *p = pair_resume(client, server, TEST_HOST, first);
        hf_question q;
        assert_int_equal(hf_asked(p->server, &q), HF_ASK_LOOK_UP_SESSION);
        assert_string_equal(q.server_name, TEST_HOST);
        assert_int_equal(q.session_id.len, 32);
        assert_int_equal(hf_answer_session(p->server, (hf_bytes){NULL, 1}), HF_NULL_ARGUMENT);
        assert_int_equal(hf_answer_session(p->server, answers[i]), HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->resumption, i ? HF_SESSION_DAMAGED : HF_SESSION_UNKNOWN);
        pair_free(p);
    }
    hf_session_free(first);
    hf_session_free(second);
    hf_config_free(client);
    hf_config_free(server);
    store_free(store);
}

/* ---- damaged: every byte, three ways ---- */
static void damaged_bytes_are_no_session(void **state)
{
    (void)state;
    static const uint8_t ways[] = {0x01, 0x80, 0xff};
    hf_config *client = test_client_config(), *server = test_server_config();
    struct pair *p = pair_connect(client, server, TEST_HOST);
    hf_session *session = pair_session(p), *loaded = NULL;
    uint8_t saved[4096];
    size_t len = sizeof saved;
    assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
    for (size_t i = 0; i < len; i++) {
        for (size_t w = 0; w < sizeof ways; w++) {
            saved[i] ^= ways[w];
            assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_BAD_SESSION);
            assert_null(loaded);
            saved[i] ^= ways[w];
        }
        assert_int_equal(hf_session_load((hf_bytes){saved, i}, &loaded), HF_BAD_SESSION);
    }
    assert_int_equal(hf_session_load((hf_bytes){NULL, 0}, &loaded), HF_BAD_SESSION);
    assert_int_equal(hf_session_load((hf_bytes){NULL, 5}, &loaded), HF_NULL_ARGUMENT);
    assert_int_equal(hf_session_load((hf_bytes){saved, len}, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_OK);
    hf_session_free(loaded);
    hf_session_free(session);
    pair_free(p);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- the bound ---- */
static void the_cache_is_bounded(void **state)
{
    (void)state;
    enum { ROOM = 32, MADE = 100 };
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_session_cache(server, ROOM), HF_OK);
    hf_session *sessions[MADE];
    for (size_t i = 0; i < MADE; i++) {
        struct pair *p = pair_connect(client, server, TEST_HOST);
        sessions[i] = pair_session(p);
        pair_free(p);
    }
    size_t resumed = 0;
    hf_config *reader = test_client_config(); /* the same settings: may offer them */
    for (size_t i = MADE; i-- > 0;) {
        struct pair *p = pair_new(reader, server, TEST_HOST);
        assert_int_equal(hf_conn_resume(p->client, sessions[i]), HF_OK);
        (void)pair_carry(p, HF_CLIENT); /* as far as ServerHello, so that nothing new is stored */
        resumed += hf_negotiated(p->server)->resumption == HF_RESUMED;
        pair_free(p);
        hf_session_free(sessions[i]);
    }
    assert_in_range(resumed, ROOM / 4, ROOM);
    hf_config_free(reader);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- S11: RFC 5246 7.2.2 ---- */
static void damage_next(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    (void)pair;
    if (from == *(hf_side *)arg) {
        bytes->data[bytes->len - 1] ^= 1;
    }
}

/* Breaks an established connection by damaging what `from` sends; answers the client's session. */
static hf_session *break_connection(struct pair *p, hf_side from)
{
    size_t used;
    hf_session *session = pair_session(p);
    p->hook = damage_next;
    p->hook_arg = &from;
    assert_int_equal(hf_push_app(pair_conn(p, from), (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
    pair_run(p);
    hf_side other = from == HF_CLIENT ? HF_SERVER : HF_CLIENT;
    pair_assert_failed(p, other, HF_BAD_RECORD_MAC, 20, HF_SENT);
    pair_free(p);
    return session;
}

static void assert_full(hf_config *client, hf_config *server, hf_session *session, hf_resumption of_client,
                        hf_resumption of_server)
{
    struct pair *p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->resumption, of_client);
    assert_int_equal(hf_negotiated(p->server)->resumption, of_server);
    pair_free(p);
}

static void a_failed_connection_forgets_its_session(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    for (int round = 0; round < 4; round++) {
        hf_side from = round % 2 ? HF_CLIENT : HF_SERVER;
        struct pair *p = pair_connect(client, server, TEST_HOST);
        hf_session *before = pair_session(p), *copy = NULL;
        uint8_t saved[4096];
        size_t len = sizeof saved;
        assert_int_equal(hf_session_save(before, saved, &len), HF_OK);
        assert_int_equal(hf_session_load((hf_bytes){saved, len}, &copy), HF_OK);
        if (round >= 2) { /* the same of a resumed one */
            pair_free(p);
            p = pair_resume(client, server, TEST_HOST, before);
            assert_true(hf_negotiated(p->client)->resumed);
        }
        hf_session *session = break_connection(p, from);
        assert_full(client, server, session, HF_SESSION_UNKNOWN, HF_NOT_OFFERED);  /* the client forgot */
        assert_full(client, server, copy, HF_SESSION_UNKNOWN, HF_SESSION_UNKNOWN); /* and so did the server */
        hf_session_free(before);
        hf_session_free(copy);
        hf_session_free(session);
    }
    hf_config_free(client);
    hf_config_free(server);
}

static void an_applications_store_is_told_to_forget(void **state)
{
    (void)state;
    struct store *store = store_new();
    hf_config *client = test_client_config(), *server = storing(test_server_config(), store);
    struct pair *p = connect_storing(client, server, store, NULL);
    pair_assert_complete(p);
    hf_session *session = break_connection(p, HF_CLIENT);
    assert_int_equal(store->forgets, 1);
    assert_int_equal(store->kept[0].len, 0);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
    store_free(store);
}

/* RFC 5246 7.2.1, unlike earlier versions: a missing close_notify does not spoil the session. */
static void a_truncated_connection_keeps_its_session(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    struct pair *p = pair_connect(client, server, TEST_HOST);
    hf_session *before = pair_session(p);
    assert_int_equal(hf_end_wire(p->client), HF_TRUNCATED);
    assert_int_equal(hf_end_wire(p->server), HF_TRUNCATED);
    hf_session *session = pair_session(p);
    assert_int_equal(hf_session_id(before).len, 32);
    assert_int_equal(hf_session_id(session).len, 32);
    assert_memory_equal(hf_session_id(before).data, hf_session_id(session).data, 32);
    hf_session_free(before);
    pair_free(p);
    assert_full(client, server, session, HF_RESUMED, HF_RESUMED);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_servers_share_an_applications_store),
        cmocka_unit_test(sessions_do_not_cross_configurations),
        cmocka_unit_test(a_store_cannot_fail_a_handshake),
        cmocka_unit_test(damaged_bytes_are_no_session),
        cmocka_unit_test(the_cache_is_bounded),
        cmocka_unit_test(a_failed_connection_forgets_its_session),
        cmocka_unit_test(an_applications_store_is_told_to_forget),
        cmocka_unit_test(a_truncated_connection_keeps_its_session),
    };
    return cmocka_run_group_tests_name("api/session_store", tests, NULL, NULL);
}
