/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

int64_t moment;
hf_keyring *keyring;
struct test_store store;

int sessions_start(void **state)
{
    (void)state;
    moment = TEST_NOW;
    memset(&store, 0, sizeof store);
    keyring = hf_keyring_new(NULL);
    return hf_keyring_rotate(keyring, TEST_NOW, NULL) != HF_OK;
}

int sessions_stop(void **state)
{
    (void)state;
    hf_keyring_free(keyring);
    return 0;
}

static void keep(void *arg, const hf_session_record *record)
{
    (void)arg;
    if (!record->sealed.len) {
        store.forgets++;
        for (size_t i = 0; i < store.count; i++) {
            store.kept[i].len = strcmp(store.kept[i].key, record->key) ? store.kept[i].len : 0;
        }
        return;
    }
    assert_true(store.count < KEPT && record->sealed.len <= HF_SESSION_RECORD_MAX);
    assert_true(record->life > 0 && record->life <= 4 * 3600);
    store.puts++;
    memcpy(store.kept[store.count].key, record->key, 33);
    memcpy(store.kept[store.count].bytes, record->sealed.data, record->sealed.len);
    store.kept[store.count].index_count = record->index_count;
    store.kept[store.count++].len = record->sealed.len;
}

static bool look_up(hf_conn *conn, const char *key)
{
    hf_bytes found = {NULL, 0};
    store.asked++;
    for (size_t i = 0; i < store.count; i++) {
        if (strcmp(store.kept[i].key, key) == 0) {
            found = (hf_bytes){store.kept[i].bytes, store.kept[i].len};
        }
    }
    return hf_answer_session(conn, found) == HF_OK;
}

bool sessions_answer(void *arg, struct pair *p, hf_conn *conn)
{
    struct judge *judge = arg;
    hf_question q;
    (void)p;
    switch (hf_asked(conn, &q)) {
    case HF_ASK_LOOK_UP_SESSION:
        assert_int_equal(q.session_id.len, 32);
        return look_up(conn, q.session_key);
    case HF_ASK_VERIFY:
        assert_non_null(judge);
        judge->asked_full += !q.resuming;
        judge->asked_resuming += q.resuming;
        return hf_answer_verdict(conn, q.resuming ? judge->resuming : judge->full) == HF_OK;
    default:
        return false;
    }
}

/* ---- configs ---- */

hf_config *speaking13(hf_config *config)
{
    assert_int_equal(hf_config_versions(config, TLS12, TLS13), HF_OK);
    assert_int_equal(hf_config_clock(config, test_clock, &moment), HF_OK);
    return config;
}

hf_config *server_by(enum how how, change *differs)
{
    hf_config *c = speaking13(test_server_config());
    assert_int_equal(hf_config_keyring(c, keyring), HF_OK);
    assert_int_equal(hf_config_tickets(c, how == BY_TICKET), HF_OK);
    assert_int_equal(hf_config_session_cache(c, how == BY_ID ? 64 : 0), HF_OK);
    assert_int_equal(hf_config_ask(c, how == BY_RECORD ? HF_ASK_LOOK_UP_SESSION : 0u), HF_OK);
    if (how == BY_RECORD) {
        assert_int_equal(hf_config_session_effects(c, keep, NULL), HF_OK);
    }
    if (differs) {
        differs(c);
    }
    return c;
}

void mutual(hf_config *c)
{
    test_trust(c, test_pki()->root);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE), HF_OK);
}

hf_config *client13(void)
{
    return speaking13(test_client_config());
}

hf_config *alice13(void)
{
    hf_config *c = client13();
    test_add_identity(c, &test_pki()->client[TEST_P256]);
    return c;
}

/* ---- meetings ---- */
struct pair *meet_at(hf_config *client, hf_config *server, const char *name, hf_session *session)
{
    struct pair *p = pair_new(client, server, name);
    p->ask = sessions_answer;
    if (session) {
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    }
    pair_run(p);
    return p;
}

struct pair *meet(hf_config *client, hf_config *server, hf_session *session)
{
    return meet_at(client, server, TEST_HOST, session);
}

hf_session *earn(hf_config *client, hf_config *server)
{
    struct pair *p = meet(client, server, NULL);
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->server)->resumed);
    hf_session *session = pair_session(p);
    assert_true(hf_session_is_ticket(session));
    assert_int_equal(hf_session_id(session).len, 0);
    pair_free(p);
    return session;
}

void assert_resumption(const struct pair *p, hf_resumption wanted)
{
    hf_resumption seen = hf_negotiated(p->server)->resumption;
    if (seen != wanted) {
        fail_msg("%s instead of %s", hf_resumption_name(seen), hf_resumption_name(wanted));
    }
    assert_int_equal(hf_negotiated(p->server)->resumed, wanted == HF_RESUMED);
    assert_int_equal(hf_negotiated(p->client)->resumed, wanted == HF_RESUMED);
}

/* Offers the session, which is used up by that; frees it. */
void offers(hf_config *client, hf_config *server, hf_session *session, hf_resumption wanted)
{
    struct pair *p = meet(client, server, session);
    pair_assert_complete(p);
    assert_resumption(p, wanted);
    pair_exchange(p, 100);
    pair_free(p);
    hf_session_free(session);
}

void free_both(hf_config *a, hf_config *b)
{
    hf_config_free(a);
    hf_config_free(b);
}
