/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/*
 * What has to be as it was for a session to be resumed, and what is asked anew each time: the same for
 * sessions that the server's memory has under their ID, that a store has as sealed records, and that are in
 * tickets. Checklist R1, R2, R3, R6.
 */

enum how { BY_ID, BY_RECORD, BY_TICKET, WAYS };
static const char *const how_names[WAYS] = {"ID", "record", "ticket"};

static int64_t moment; /* what every clock here says */
static hf_keyring *keyring;
static struct {
    char key[40];
    uint8_t bytes[HF_SESSION_RECORD_MAX];
    size_t len;
    unsigned puts, forgets, asked, index_count;
    char index[8][HF_SESSION_INDEX_SIZE];
} store;

static int start(void **state)
{
    (void)state;
    moment = TEST_NOW;
    memset(&store, 0, sizeof store);
    keyring = hf_keyring_new(NULL);
    return hf_keyring_rotate(keyring, TEST_NOW, NULL) != HF_OK;
}

static int stop(void **state)
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
        store.len = 0;
        return;
    }
    store.puts++;
    assert_true(record->sealed.len <= sizeof store.bytes && record->life > 0 && record->life <= 4 * 3600);
    (void)strncpy(store.key, record->key, sizeof store.key - 1);
    memcpy(store.bytes, record->sealed.data, record->sealed.len);
    store.len = record->sealed.len;
    store.index_count = (unsigned)record->index_count;
    for (size_t i = 0; i < record->index_count && i < 8; i++) {
        (void)strncpy(store.index[i], record->indexes[i], sizeof store.index[i] - 1);
    }
}

/* Looks records up; judges as the test says. */
struct judge {
    hf_err full, resuming; /* answers to HF_ASK_VERIFY */
    unsigned asked_full, asked_resuming;
};

static bool answer(void *arg, struct pair *p, hf_conn *conn)
{
    struct judge *judge = arg;
    hf_question q;
    (void)p;
    switch (hf_asked(conn, &q)) {
    case HF_ASK_LOOK_UP_SESSION:
        store.asked++;
        return hf_answer_session(conn, strcmp(q.session_key, store.key) == 0
                                           ? (hf_bytes){store.bytes, store.len}
                                           : (hf_bytes){NULL, 0}) == HF_OK;
    case HF_ASK_VERIFY:
        assert_non_null(judge);
        assert_true(q.chain.len > 3);
        judge->asked_full += !q.resuming;
        judge->asked_resuming += q.resuming;
        return hf_answer_verdict(conn, q.resuming ? judge->resuming : judge->full) == HF_OK;
    default:
        return false;
    }
}

typedef void change(hf_config *c);

static hf_config *server_by(enum how how, unsigned asks, change *differs)
{
    hf_config *c = test_server_config();
    assert_int_equal(hf_config_clock(c, test_clock, &moment), HF_OK);
    assert_int_equal(hf_config_keyring(c, keyring), HF_OK);
    assert_int_equal(hf_config_tickets(c, how == BY_TICKET), HF_OK);
    assert_int_equal(hf_config_session_cache(c, how == BY_ID ? 64 : 0), HF_OK);
    assert_int_equal(hf_config_ask(c, asks | (how == BY_RECORD ? HF_ASK_LOOK_UP_SESSION : 0u)), HF_OK);
    if (how == BY_RECORD) {
        assert_int_equal(hf_config_session_effects(c, keep, NULL), HF_OK);
    }
    test_trust(c, test_pki()->root);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    if (differs) {
        differs(c);
    }
    return c;
}

static hf_config *client_of(const struct test_identity *identity)
{
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_clock(c, test_clock, &moment), HF_OK);
    test_add_identity(c, identity);
    return c;
}

static struct pair *meet(hf_config *client, hf_config *server, hf_session *session, struct judge *judge)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = answer;
    p->ask_arg = judge;
    if (session) {
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    }
    pair_run(p);
    return p;
}

static hf_session *earn(hf_config *client, hf_config *server, enum how how, struct judge *judge)
{
    struct pair *p = meet(client, server, NULL, judge);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    assert_int_equal(hf_session_is_ticket(session), how == BY_TICKET);
    assert_int_equal(hf_session_id(session).len, how == BY_TICKET ? 0 : 32);
    assert_int_equal(hf_negotiated(p->server)->session_ticket, how == BY_TICKET);
    pair_free(p);
    return session;
}

static void assert_resumption(struct pair *p, enum how how, hf_resumption wanted)
{
    hf_resumption seen = hf_negotiated(p->server)->resumption;
    if (seen != wanted) {
        fail_msg("by %s: %s instead of %s", how_names[how], hf_resumption_name(seen),
                 hf_resumption_name(wanted));
    }
    assert_int_equal(hf_negotiated(p->server)->resumed, wanted == HF_RESUMED);
}

/* Resumes where nothing changed, with the identity of the peer as it was. */
static void resumes(hf_config *client, hf_config *server, hf_session *session, enum how how)
{
    struct pair *p = meet(client, server, session, NULL);
    pair_assert_complete(p);
    assert_resumption(p, how, HF_RESUMED);
    assert_true(hf_negotiated(p->server)->peer_verified);
    assert_true(hf_negotiated(p->server)->peer_chain.len > 3);
    pair_exchange(p, 100);
    pair_free(p);
}

/* ---- identity rules ---- */
static void only_alice(hf_config *c)
{
    assert_int_equal(hf_config_peer_identities(c, "cn:alice, dns:alice.test", NULL), HF_OK);
}
static void only_bob(hf_config *c)
{
    assert_int_equal(hf_config_peer_identities(c, "cn:bob,serial:00,dns:*.bob.test", NULL), HF_OK);
}

static void who_is_not_let_in_on_a_full_handshake(void **state)
{
    (void)state;
    hf_config *client = client_of(&test_pki()->client[TEST_P256]);
    hf_config *lets = server_by(BY_ID, 0, only_alice), *refuses = server_by(BY_ID, 0, only_bob);
    struct pair *p = meet(client, lets, NULL, NULL);
    pair_assert_complete(p);
    pair_free(p);
    p = meet(client, refuses, NULL, NULL);
    pair_assert_refused(p, HF_SERVER, HF_IDENTITY_NOT_ALLOWED, 49); /* access_denied */
    assert_non_null(strstr(hf_failed(p->server)->detail, "alice"));
    pair_free(p);
    hf_config_free(client);
    hf_config_free(lets);
    hf_config_free(refuses);
}

/* R3: the rule that let it in is gone: not resumed, and refused by the full handshake. */
static void a_rule_removed_in_between(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client_of(&test_pki()->client[TEST_P256]);
        hf_config *before = server_by(how, 0, only_alice), *after = server_by(how, 0, only_bob);
        hf_session *session = earn(client, before, how, NULL);
        resumes(client, before, session, how);
        struct pair *p = meet(client, after, session, NULL);
        pair_assert_refused(p, HF_SERVER, HF_IDENTITY_NOT_ALLOWED, 49);
        assert_resumption(p, how, how == BY_ID ? HF_SESSION_UNKNOWN : HF_SESSION_IDENTITY);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(before);
        hf_config_free(after);
    }
}

/* R9: the same rules on a client, about servers. */
static void a_clients_rules_about_servers(void **state)
{
    (void)state;
    hf_config *server = test_server_config(), *any = test_client_config(), *none = test_client_config(),
              *some = test_client_config();
    assert_int_equal(hf_config_peer_identities(none, "dns:other.test", NULL), HF_OK);
    assert_int_equal(hf_config_peer_identities(some, "dns:SERVER.test", NULL), HF_OK);
    struct pair *p = pair_connect(any, server, TEST_HOST);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(some, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->resumption, HF_RESUMED);
    pair_free(p);
    p = pair_resume(none, server, TEST_HOST, session); /* not offered, and the certificate refused */
    pair_assert_refused(p, HF_CLIENT, HF_IDENTITY_NOT_ALLOWED, 49);
    assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_IDENTITY);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(server);
    hf_config_free(any);
    hf_config_free(none);
    hf_config_free(some);
}

static void rules_that_are_none(void **state)
{
    (void)state;
    hf_config *c = hf_config_server();
    hf_problem why;
    assert_int_equal(hf_config_peer_identities(c, "dns:a.test,host:b.test", &why), HF_UNKNOWN_NAME);
    assert_non_null(strstr(why.sentence, "'host:b.test'"));
    assert_int_equal(hf_config_peer_identities(c, "sha256:12", NULL), HF_UNKNOWN_NAME);
    assert_int_equal(hf_config_peer_identities(c, NULL, &why), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_peer_identities(c, "", &why), HF_OK);
    hf_config_free(c);
}

/* ---- the application's verdict ---- */
static void the_verdict_is_asked_again(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client_of(&test_pki()->client[TEST_P256]);
        hf_config *server = server_by(how, HF_ASK_VERIFY, NULL);
        struct judge judge = {HF_OK, HF_OK, 0, 0};
        hf_session *session = earn(client, server, how, &judge);
        assert_int_equal(judge.asked_full, 1);
        struct pair *p = meet(client, server, session, &judge);
        pair_assert_complete(p);
        assert_resumption(p, how, HF_RESUMED);
        assert_int_equal(judge.asked_full, 1);
        assert_int_equal(judge.asked_resuming, 1);
        pair_free(p);
        judge.resuming =
            HF_VERDICT_REFUSED; /* to refuse it is a full handshake, where it is asked once more */
        p = meet(client, server, session, &judge);
        pair_assert_complete(p);
        assert_resumption(p, how, HF_SESSION_IDENTITY);
        assert_int_equal(judge.asked_full, 2);
        assert_int_equal(judge.asked_resuming, 2);
        assert_int_equal(hf_negotiated(p->client)->session_ticket, how == BY_TICKET);
        pair_exchange(p, 10);
        pair_free(p);
        judge.full = HF_VERDICT_REFUSED;
        p = meet(client, server, session, &judge);
        pair_assert_refused(p, HF_SERVER, HF_VERDICT_REFUSED, 49);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
}

/* ---- time: R3, RFC 5246 F.1.4 ---- */
static void auth_life(hf_config *c)
{
    assert_int_equal(hf_config_session_life(c, 4 * 3600, 1800), HF_OK);
}

static void authentication_grows_old(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        moment = TEST_NOW;
        hf_config *client = client_of(&test_pki()->client[TEST_P256]);
        hf_config *server = server_by(how, 0, auth_life);
        hf_session *session = earn(client, server, how, NULL);
        moment = TEST_NOW + 1800;
        resumes(client, server, session, how);
        moment++;
        struct pair *p = meet(client, server, session, NULL);
        pair_assert_complete(p);
        assert_resumption(p, how, HF_SESSION_AUTH_AGE);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
    moment = TEST_NOW;
}

static void the_certificate_expires_in_between(void **state)
{
    (void)state;
    struct test_identity brief = test_identity_make(
        &(struct test_spec){.cn = "brief", .extended = "clientAuth", .not_after = TEST_NOW + 600});
    for (enum how how = BY_ID; how < WAYS; how++) {
        moment = TEST_NOW;
        hf_config *client = client_of(&brief), *server = server_by(how, 0, NULL);
        hf_session *session = earn(client, server, how, NULL);
        moment = TEST_NOW + 600;
        resumes(client, server, session, how);
        moment++;
        struct pair *p = meet(client, server, session, NULL);
        pair_assert_refused(p, HF_SERVER, HF_CERTIFICATE_EXPIRED, 45);
        assert_resumption(p, how, HF_SESSION_AUTH_AGE);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
    moment = TEST_NOW;
    test_identity_free(&brief);
}

/* ---- R1: another config, under the same keys ---- */
static void another_ca_too(hf_config *c)
{
    test_trust(c, test_pki()->other_root);
}
static void another_generation(hf_config *c)
{
    assert_int_equal(hf_config_session_generation(c, "2"), HF_OK);
}
static void another_alpn(hf_config *c)
{
    assert_int_equal(hf_config_alpn(c, "h2", true), HF_OK);
}
static void auth_only_requested(hf_config *c)
{
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUEST), HF_OK);
}
static void ems_required(hf_config *c)
{
    assert_int_equal(hf_config_require_extended_master_secret(c, true), HF_OK);
}
static void etm_required(hf_config *c)
{
    assert_int_equal(hf_config_require_encrypt_then_mac(c, true), HF_OK);
}
static void a_suite_less(hf_config *c)
{
    assert_int_equal(hf_config_suites(c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", NULL), HF_OK);
}
static void another_identity(hf_config *c)
{
    test_add_identity(c, &test_pki()->server[TEST_ED25519]);
}
static void an_application_judges(hf_config *c)
{
    (void)c; /* by its asks */
}

static void another_config_is_foreign(void **state)
{
    (void)state;
    static change *const changes[] = {another_ca_too,      another_generation, another_alpn,
                                      auth_only_requested, ems_required,       etm_required,
                                      a_suite_less,        another_identity,   an_application_judges};
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client_of(&test_pki()->client[TEST_P256]), *server = server_by(how, 0, NULL);
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            bool asks = changes[i] == an_application_judges;
            unsigned looked;
            struct judge judge = {HF_OK, HF_OK, 0, 0};
            hf_config *other = server_by(how, asks ? HF_ASK_VERIFY : 0u, changes[i]);
            hf_session *session = earn(client, server, how, NULL);
            resumes(client, server, session, how);
            looked = store.asked;
            struct pair *p = meet(client, other, session, &judge);
            pair_assert_complete(p);
            assert_resumption(p, how, HF_SESSION_FOREIGN); /* the same keys, and yet */
            assert_int_equal(store.asked, looked);         /* and no lookup */
            pair_free(p);
            hf_session_free(session);
            hf_config_free(other);
        }
        hf_config_free(client);
        hf_config_free(server);
    }
}

static void only_another_ca(hf_config *c)
{
    assert_int_equal(hf_config_session_generation(c, ""), HF_OK);
}

/* The CA is not trusted any more: its sessions are worth nothing, its certificates are refused. */
static void a_ca_that_was_removed(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client_of(&test_pki()->client[TEST_P256]),
                  *server = server_by(how, 0, only_another_ca);
        hf_config *after = test_server_config();
        assert_int_equal(hf_config_clock(after, test_clock, &moment), HF_OK);
        assert_int_equal(hf_config_keyring(after, keyring), HF_OK);
        assert_int_equal(hf_config_tickets(after, how == BY_TICKET), HF_OK);
        test_trust(after, test_pki()->other_root);
        assert_int_equal(hf_config_send_ca_names(after, false), HF_OK); /* or it would show none */
        assert_int_equal(hf_config_client_auth(after, HF_CLIENT_AUTH_REQUIRE), HF_OK);
        hf_session *session = earn(client, server, how, NULL);
        struct pair *p = meet(client, after, session, NULL);
        pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_CA, 48);
        assert_resumption(p, how, HF_SESSION_FOREIGN);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
        hf_config_free(after);
    }
}

/* ---- notes ---- */
static void notes_come_back_on_both_sides(void **state)
{
    (void)state;
    static const uint8_t longest[1025] = {1};
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client_of(&test_pki()->client[TEST_P256]), *server = server_by(how, 0, NULL);
        struct pair *p = pair_new(client, server, TEST_HOST);
        p->ask = answer;
        assert_int_equal(hf_conn_session_note(p->client, (hf_bytes){longest, 1025}), HF_BAD_ARGUMENT);
        assert_int_equal(hf_conn_session_note(p->client, (hf_bytes){(const uint8_t *)"old", 3}), HF_OK);
        assert_int_equal(hf_conn_session_note(p->client, (hf_bytes){(const uint8_t *)"client's", 8}), HF_OK);
        assert_int_equal(hf_conn_session_note(p->server, (hf_bytes){longest, 1024}), HF_OK);
        assert_int_equal(hf_conn_session_note(NULL, (hf_bytes){longest, 1}), HF_NULL_ARGUMENT);
        assert_int_equal(hf_conn_session_note(p->server, (hf_bytes){NULL, 1}), HF_NULL_ARGUMENT);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_conn_session_note(p->server, (hf_bytes){longest, 1}), HF_BAD_ARGUMENT);
        hf_session *session = pair_session(p);
        pair_free(p);
        assert_int_equal(hf_session_note(session).len, 8);
        p = meet(client, server, session, NULL);
        pair_assert_complete(p);
        assert_resumption(p, how, HF_RESUMED);
        hf_bytes mine = hf_negotiated(p->client)->session_note,
                 theirs = hf_negotiated(p->server)->session_note;
        assert_true(mine.len == 8 && memcmp(mine.data, "client's", 8) == 0);
        assert_true(theirs.len == 1024 && memcmp(theirs.data, longest, 1024) == 0);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
}

/* ---- what a store is told, and what is counted ---- */
static void peers_are_found_by_their_names(void **state)
{
    (void)state;
    char index[HF_SESSION_INDEX_SIZE];
    hf_config *client = client_of(&test_pki()->client[TEST_P256]), *server = server_by(BY_RECORD, 0, NULL);
    hf_session *session = earn(client, server, BY_RECORD, NULL);
    assert_true(hf_keyring_index(keyring, 0, "cn:alice", index));
    bool found = false;
    for (size_t i = 0; i < store.index_count; i++) {
        found |= strcmp(index, store.index[i]) == 0;
        assert_null(strstr(store.index[i], "alice"));
    }
    assert_true(found);
    assert_false(hf_keyring_index(keyring, 1, "cn:alice", index));
    assert_false(hf_keyring_index(keyring, 0, "alice", index));
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void everything_is_counted(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client_of(&test_pki()->client[TEST_P256]), *server = server_by(how, 0, NULL);
        hf_config *other = server_by(how, 0, another_generation);
        hf_session *session = earn(client, server, how, NULL);
        resumes(client, server, session, how);
        resumes(client, server, session, how);
        struct pair *p = meet(client, other, session, NULL);
        pair_assert_complete(p);
        pair_free(p);
        hf_session_stats s = hf_config_session_statistics(server), o = hf_config_session_statistics(other);
        assert_int_equal(s.count[HF_NOT_OFFERED], 1);
        assert_int_equal(s.count[HF_RESUMED], 2);
        assert_int_equal(s.made, how != BY_TICKET);
        assert_int_equal(s.tickets_made, how == BY_TICKET);
        assert_int_equal(s.records, how == BY_RECORD);
        assert_int_equal(s.record_bytes > 500, how == BY_RECORD);
        assert_int_equal(o.count[HF_SESSION_FOREIGN], 1);
        assert_int_equal(s.epoch, 1);
        assert_true(s.next_epoch == TEST_NOW + 3600);
        uint64_t sum = 0;
        for (size_t i = 0; i < HF_RESUMPTIONS; i++) {
            sum += s.count[i];
        }
        assert_int_equal(sum, 3);
        /* without an epoch none is made, and that is counted: never under a key that nobody chose */
        moment = TEST_NOW + 86400;
        p = meet(client, server, session, NULL);
        pair_assert_complete(p);
        assert_null(hf_conn_session(p->client));
        pair_free(p);
        s = hf_config_session_statistics(server);
        assert_int_equal(s.no_key, 1);
        assert_int_equal(s.epoch, 0);
        assert_int_equal(s.made + s.tickets_made, 1);
        moment = TEST_NOW;
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
        hf_config_free(other);
    }
    hf_session_stats none = hf_config_session_statistics(NULL);
    assert_int_equal(none.made, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_let_in_on_a_full_handshake),
        cmocka_unit_test(a_rule_removed_in_between),
        cmocka_unit_test(a_clients_rules_about_servers),
        cmocka_unit_test(rules_that_are_none),
        cmocka_unit_test(the_verdict_is_asked_again),
        cmocka_unit_test(authentication_grows_old),
        cmocka_unit_test(the_certificate_expires_in_between),
        cmocka_unit_test(another_config_is_foreign),
        cmocka_unit_test(a_ca_that_was_removed),
        cmocka_unit_test(notes_come_back_on_both_sides),
        cmocka_unit_test(peers_are_found_by_their_names),
        cmocka_unit_test(everything_is_counted),
    };
    return cmocka_run_group_tests_name("api/session bindings", tests, start, stop);
}
