/* SPDX-License-Identifier: MIT */
#include "hello.h"
#include "tls13_sessions.h"

/* How long a ticket of TLS 1.3 lives, and what proves it: RFC 8446 4.2.11, 4.6.1. Checklist R6, R7. */

/* ---- time ---- */
static void it_expires(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        hf_session *sessions[3];
        moment = TEST_NOW;
        for (int i = 0; i < 3; i++) {
            sessions[i] = earn(client, server);
            assert_in_range(hf_session_expires(sessions[i]) - TEST_NOW, 3600, 4 * 3600);
        }
        moment = hf_session_expires(sessions[0]) - 1;
        offers(client, server, sessions[0], HF_RESUMED);
        moment++;
        struct pair *p = meet(client, server, sessions[1]);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_EXPIRED); /* not offered */
        pair_free(p);
        hf_session_free(sessions[1]);
        hf_session_free(sessions[2]);
        free_both(client, server);
    }
    moment = TEST_NOW;
}

/* RFC 8446 4.2.11.1: a client does not offer a ticket that is older than its server said it may be, however
 * long it would keep one itself. */
static void its_server_says_how_long(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        moment = TEST_NOW;
        hf_config *client = client13(), *server = server_by(BY_ID, NULL);
        assert_int_equal(hf_config_session_life(client, 4 * 3600, 4 * 3600), HF_OK);
        assert_int_equal(hf_config_session_life(server, 600, 600), HF_OK);
        hf_session *session = earn(client, server);
        moment += over ? 600 : 599;
        struct pair *p = meet(client, server, session);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->client)->resumption, over ? HF_SESSION_EXPIRED : HF_RESUMED);
        assert_int_equal(hf_negotiated(p->server)->resumption, over ? HF_NOT_OFFERED : HF_RESUMED);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
    moment = TEST_NOW;
}

/* RFC 8446 4.6.1: tickets of resumed connections do not make the first authentication live longer. */
static void a_chain_of_resumptions_ends(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        moment = TEST_NOW;
        hf_config *client = alice13(), *server = server_by(how, mutual);
        hf_session *session = earn(client, server);
        int64_t ends = hf_session_expires(session);
        bool resumed = true;
        for (int hours = 1; hours <= 9 && resumed; hours++) {
            moment = TEST_NOW + hours * 1800;
            assert_int_equal(hf_keyring_rotate(keyring, moment, NULL), HF_OK);
            struct pair *p = meet(client, server, session);
            pair_assert_complete(p);
            resumed = hf_negotiated(p->server)->resumed;
            assert_int_equal(resumed, moment < ends);
            hf_session_free(session);
            session = pair_session(p);
            assert_true(!resumed || hf_session_expires(session) <= ends);
            pair_free(p);
        }
        assert_false(resumed);
        hf_session_free(session);
        free_both(client, server);
    }
    moment = TEST_NOW;
}

/* ---- on the wire ---- */
/* RFC 8446 4.2.11.2: what the binder is over may not change, and neither may it. */
static void a_wrong_binder(void **state)
{
    (void)state;
    static const struct hello_spoiler spoilers[] = {
        {1, 1, 0, 0},
        {1, 32, 0, 0}, /* the binder's last byte, its first */
        {1, 0, 10, 0},
        {1, 38, 0, 0}, /* the random; the obfuscated age */
    };
    for (enum how how = BY_ID; how < WAYS; how++) {
        for (size_t i = 0; i < sizeof spoilers / sizeof *spoilers; i++) {
            hf_config *client = client13(), *server = server_by(how, NULL);
            hf_session *session = earn(client, server);
            struct hello_spoiler spoiler = spoilers[i];
            struct pair *p = pair_new(client, server, TEST_HOST);
            p->ask = sessions_answer;
            p->hook = hello_spoil;
            p->hook_arg = &spoiler;
            assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
            pair_run(p);
            pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51); /* decrypt_error */
            pair_free(p);
            hf_session_free(session);
            free_both(client, server);
        }
    }
}

static void a_wrong_binder_behind_hello_retry_request(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_ID, NULL);
    assert_int_equal(hf_config_groups(client, "x25519:secp384r1", NULL), HF_OK);
    assert_int_equal(hf_config_groups(server, "secp384r1", NULL), HF_OK);
    hf_session *session = earn(client, server);
    struct hello_spoiler spoiler = {2, 1, 0, 0};
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->hook = hello_spoil;
    p->hook_arg = &spoiler;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    pair_run(p);
    assert_int_equal(spoiler.seen, 2);
    pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* Puts bytes at the end of the first ClientHello; within pre_shared_key, which ends it, or behind it. */
struct addition {
    uint8_t bytes[33];
    size_t len;
    bool within;
    bool done;
};

static void add_to_hello(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct addition *a = arg;
    (void)pair;
    if (from != HF_CLIENT || a->done) {
        return;
    }
    a->done = true;
    hello_append(bytes, a->bytes, a->len);
    if (a->within) {
        uint8_t *keys = hello_extension(bytes->data + HELLO_RECORD_HEADER, 41);
        hello_enlarge(keys + 2, a->len);
        hello_enlarge(bytes->data + bytes->len - a->len - 33 - 2, a->len); /* of one binder, of SHA-256 */
    }
}

/* RFC 8446 4.2.11: pre_shared_key is the last, and has a binder for every identity. */
static void its_form(void **state)
{
    (void)state;
    static const struct {
        struct addition addition;
        hf_err err;
        uint8_t alert;
    } cases[] = {
        {{{0xfe, 0xfe, 0, 0}, 4, false, false}, HF_PSK_NOT_LAST, 47},
        {{{32}, 33, true, false}, HF_PSK_COUNTS_DIFFER, 47},
        {{{31}, 32, true, false}, HF_MALFORMED_EXTENSION, 50}, /* no hash is so short */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_config *client = client13(), *server = server_by(BY_ID, NULL);
        hf_session *session = earn(client, server);
        struct addition addition = cases[i].addition;
        struct pair *p = pair_new(client, server, TEST_HOST);
        p->hook = add_to_hello;
        p->hook_arg = &addition;
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, cases[i].err, cases[i].alert);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* Records that were changed or swapped do not open: a full handshake. */
static void a_damaged_record(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_RECORD, NULL);
    hf_session *session = earn(client, server);
    for (size_t i = 0; i < store.count; i++) {
        store.kept[i].bytes[store.kept[i].len / 2] ^= 1;
    }
    offers(client, server, session, HF_SESSION_DAMAGED);
    session = earn(client, server);
    size_t last = store.count - 1;
    memcpy(store.kept[last].key, "nobody", 7);
    offers(client, server, session, HF_SESSION_UNKNOWN);
    free_both(client, server);
}

static void another_key_ring(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        hf_session *session = earn(client, server);
        hf_keyring *ours = keyring;
        keyring = hf_keyring_new(NULL);
        assert_int_equal(hf_keyring_rotate(keyring, TEST_NOW, NULL), HF_OK);
        hf_config *other = server_by(how, NULL);
        size_t asked = store.asked;
        offers(client, other, session, HF_SESSION_FOREIGN);
        assert_int_equal(store.asked, asked);
        hf_keyring_free(keyring);
        keyring = ours;
        hf_config_free(other);
        free_both(client, server);
    }
}

/* A peer is found by its names in the store also where its connection was resumed, so that it can be revoked.
 */
static void resumed_peers_are_indexed(void **state)
{
    (void)state;
    hf_config *client = alice13(), *server = server_by(BY_RECORD, mutual);
    offers(client, server, earn(client, server), HF_RESUMED);
    assert_int_equal(store.puts, 3);
    assert_true(store.kept[0].index_count > 0);
    assert_int_equal(store.kept[2].index_count, store.kept[0].index_count);
    free_both(client, server);
}

static void one_byte_at_a_time(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_TICKET, NULL);
    hf_session *session = earn(client, server);
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->chunk = 1;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    pair_exchange(p, 1000);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* RFC 7685: padding counts pre_shared_key, which stands behind it. */
static void a_padded_hello(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_ID, NULL);
    assert_int_equal(hf_config_padding(client, 500), HF_OK);
    assert_int_equal(hf_config_grease(client, true), HF_OK);
    hf_session *session = earn(client, server);
    struct pair *p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    assert_int_equal(hf_peek_wire(p->client).len, 5 + 500);
    pair_run(p);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(it_expires),
        SESSIONS_TEST(its_server_says_how_long),
        SESSIONS_TEST(a_chain_of_resumptions_ends),
        SESSIONS_TEST(a_wrong_binder),
        SESSIONS_TEST(a_wrong_binder_behind_hello_retry_request),
        SESSIONS_TEST(its_form),
        SESSIONS_TEST(a_damaged_record),
        SESSIONS_TEST(another_key_ring),
        SESSIONS_TEST(resumed_peers_are_indexed),
        SESSIONS_TEST(one_byte_at_a_time),
        SESSIONS_TEST(a_padded_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
