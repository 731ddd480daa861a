/* SPDX-License-Identifier: MIT */
#include "early.h"

#include <pthread.h>
#include <stdlib.h>

/* Early data that is not taken, for each reason, and replays: RFC 8446 4.2.10, 8. */
/* ---- not taken ---- */
static void nobody_said_that_it_may(void **state)
{
    (void)state;
    hf_config *client = client13(), *willing = eager(), *server = server_by(BY_ID, NULL);
    hf_config *taking = server_by(BY_ID, takes_early);
    size_t used = 99;
    for (int i = 0; i < 2; i++) { /* the client's config, the server's ticket */
        hf_session *session = earn(i ? willing : client, i ? server : taking);
        struct pair *p = ready_for_early(i ? willing : client, i ? server : taking, session);
        assert_int_equal(hf_push_early(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                         HF_EARLY_DATA_UNAVAILABLE);
        assert_int_equal(used, 0);
        pair_run(p);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_int_equal(hf_negotiated(p->client)->early_data, HF_EARLY_NOT_OFFERED);
        assert_int_equal(hf_negotiated(p->server)->early_data, HF_EARLY_NOT_OFFERED);
        pair_free(p);
        hf_session_free(session);
    }
    struct pair *p = pair_new(willing, taking, TEST_HOST); /* no session */
    assert_int_equal(hf_push_early(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                     HF_EARLY_DATA_UNAVAILABLE);
    assert_int_equal(hf_push_early(p->server, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                     HF_EARLY_DATA_UNAVAILABLE);
    assert_int_equal(hf_push_early(p->client, (hf_bytes){NULL, 1}, &used), HF_NULL_ARGUMENT);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    free_both(client, server);
    free_both(willing, taking);
}

static void refused_by_its_config(void **state)
{
    (void)state;
    store_takes = true;
    hf_config *client = eager(), *server = server_by(BY_RECORD, takes_early);
    hf_config *other = server_by(BY_RECORD, NULL), *stranger = server_by(BY_ID, NULL);
    hf_session *session = earn(client, server);
    struct pair *p = send_early(client, other, session, sizeof early_words);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    assert_early(p, HF_EARLY_OFF, sizeof early_words);
    pair_exchange(p, 20000);
    pair_free(p);
    hf_session_free(session);
    early_is(client, stranger, earn(client, server),
             HF_EARLY_OFF); /* which does not know the session either */
    free_both(client, server);
    free_both(other, stranger);
}

/* RFC 8446 4.2.10: the session is not known here, and the external key behind it in the ClientHello is. */
static void under_another_key_than_the_first(void **state)
{
    (void)state;
    const hf_bytes identity = {(const uint8_t *)"ours", 4},
                   key = {(const uint8_t *)"thirty-two bytes that were drawn", 32};
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_config *other = server_by(BY_ID, takes_early);
    assert_int_equal(hf_config_psk(client, identity, key, HF_PSK_SHA256), HF_OK);
    assert_int_equal(hf_config_psk(other, identity, key, HF_PSK_SHA256), HF_OK);
    hf_session *session = earn(client, server);
    struct pair *p = send_early(client, other, session, sizeof early_words);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->server)->psk, HF_PSK_USED);
    assert_early(p, HF_EARLY_NOT_FIRST, 0);
    pair_exchange(p, 20000);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
    hf_config_free(other);
}

/* RFC 8446 8.1: again, where the session is gone; and from a store that does not say that it took it out. */
static void a_replay(void **state)
{
    (void)state;
    store_takes = true;
    for (enum how how = BY_ID; how <= BY_RECORD; how++) {
        hf_config *client = eager(), *server = server_by(how, takes_early);
        hf_session *session = earn(client, server);
        struct pair *p = ready_for_early(client, server, session);
        push_early(p, sizeof early_words, sizeof early_words);
        hf_bytes out = hf_peek_wire(p->client);
        struct pair *again = pair_new(client, server, TEST_HOST);
        uint8_t *wire = malloc(out.len);
        size_t len = out.len, used = 0;
        memcpy(wire, out.data, len);
        pair_run(p);
        pair_assert_complete(p);
        assert_early(p, HF_EARLY_ACCEPTED, sizeof early_words);
        while (used < len) { /* the very same bytes, to the same server */
            size_t taken = 0;
            assert_int_equal(hf_push_wire(again->server, wire + used, len - used, &taken), HF_OK);
            assert_true(taken || answer_taking(NULL, again, again->server));
            used += taken;
        }
        assert_int_equal(hf_peek_early(again->server).len, 0);
        assert_int_equal(hf_negotiated(again->server)->early_data, HF_EARLY_NOT_RESUMED);
        free(wire);
        pair_free(again);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* ---- several threads, one server's memory ---- */
#define THREADS 8

struct replay {
    hf_config *server;
    const uint8_t *wire;
    size_t len;
    pthread_barrier_t *start;
    hf_early_data became;
    size_t early;
    bool wrong;
};

static void *replayed(void *arg)
{
    struct replay *r = arg;
    uint8_t bytes[2048];
    size_t used = 0;
    hf_conn *conn = hf_conn_new(r->server, NULL, NULL);
    memcpy(bytes, r->wire, r->len);
    (void)pthread_barrier_wait(r->start);
    while (used < r->len && !r->wrong) {
        size_t taken = 0;
        r->wrong = hf_push_wire(conn, bytes + used, r->len - used, &taken) != HF_OK;
        r->early += hf_peek_early(conn).len;
        r->wrong |= !taken && !hf_peek_early(conn).len;
        hf_drop_early(conn, hf_peek_early(conn).len);
        used += taken;
    }
    r->became = hf_negotiated(conn)->early_data;
    hf_conn_free(conn);
    return NULL;
}

/* RFC 8446 8.1: the same flight at once, on as many connections as there are threads: one of them reads it. */
static void of_many_replays_one_is_taken(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    for (int round = 0; round < 40; round++) {
        hf_session *session = earn(client, server);
        struct pair *p = ready_for_early(client, server, session);
        push_early(p, sizeof early_words, sizeof early_words);
        hf_bytes out = hf_peek_wire(p->client);
        pthread_t threads[THREADS];
        pthread_barrier_t start;
        struct replay replays[THREADS];
        unsigned accepted = 0;
        assert_true(out.len <= 2048);
        assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
        for (int i = 0; i < THREADS; i++) {
            replays[i] = (struct replay){.server = server, .wire = out.data, .len = out.len, .start = &start};
            assert_int_equal(pthread_create(&threads[i], NULL, replayed, &replays[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_false(replays[i].wrong);
            bool taken = replays[i].became == HF_EARLY_ACCEPTED;
            assert_int_equal(replays[i].early, taken ? sizeof early_words : 0);
            assert_true(taken || replays[i].became == HF_EARLY_NOT_RESUMED);
            accepted += taken;
        }
        assert_int_equal(accepted, 1);
        (void)pthread_barrier_destroy(&start);
        pair_free(p);
        hf_session_free(session);
    }
    free_both(client, server);
}

static void not_known_to_be_single_use(void **state)
{
    (void)state;
    store_takes = false;
    hf_config *client = eager(), *server = server_by(BY_RECORD, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = send_early(client, server, session, sizeof early_words);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    assert_early(p, HF_EARLY_NOT_SINGLE_USE, 0);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* Sealed tickets never allow it. */
static void not_by_sealed_tickets(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_TICKET, takes_early);
    hf_session *session = earn(client, server);
    size_t used;
    struct pair *p = ready_for_early(client, server, session);
    assert_int_equal(hf_push_early(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                     HF_EARLY_DATA_UNAVAILABLE);
    pair_run(p);
    assert_resumption(p, HF_RESUMED);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* RFC 8446 4.1.2, 4.2.10: none goes behind HelloRetryRequest, and what came before is passed over. */
static void behind_hello_retry_request(void **state)
{
    (void)state;
    for (size_t chunk = 0; chunk < 2; chunk++) {
        hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
        assert_int_equal(hf_config_groups(client, "x25519:secp384r1", NULL), HF_OK);
        assert_int_equal(hf_config_groups(server, "secp384r1", NULL), HF_OK);
        hf_session *session = earn(client, server);
        struct pair *p = ready_for_early(client, server, session);
        p->chunk = chunk;
        push_early(p, sizeof early_words, sizeof early_words);
        push_early(p, MOST - sizeof early_words, MOST - sizeof early_words);
        pair_run(p);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_early(p, HF_EARLY_RETRIED, 0);
        pair_exchange(p, 20000);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* RFC 8446 4.2.10: the session was for http/1.1, and this connection is for h2. */
static void another_application_protocol(void **state)
{
    (void)state;
    hf_config *before = eager(), *client = eager(), *server = server_by(BY_ID, takes_early);
    assert_int_equal(hf_config_alpn(before, "one", false), HF_OK);
    assert_int_equal(hf_config_alpn(client, "two,one", false), HF_OK);
    assert_int_equal(hf_config_alpn(server, "two,one", false), HF_OK);
    hf_session *ours = earn(client, server), *session = earn(before, server);
    uint8_t saved[16384];
    size_t len = sizeof saved, size;
    assert_int_equal(hf_session_save(ours, saved, &len), HF_OK);
    session = forge(session, TAG_CONTEXT, saved_field(saved, len, TAG_CONTEXT, &size), 32);
    struct pair *p = send_early(client, server, session, sizeof early_words);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    assert_string_equal(hf_negotiated(p->server)->alpn, "two");
    assert_early(p, HF_EARLY_ALPN, 0);
    pair_free(p);
    hf_session_free(session);
    early_is(client, server, ours, HF_EARLY_ACCEPTED);
    hf_config_free(before);
    free_both(client, server);
}

/* RFC 8446 D.3: a server that went back to TLS 1.2. */
static void an_older_version(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early), *old = server_by(BY_ID, NULL);
    assert_int_equal(hf_config_versions(old, TLS12, TLS12), HF_OK);
    hf_session *session = earn(client, server);
    struct pair *p = ready_for_early(client, old, session);
    push_early(p, sizeof early_words, sizeof early_words);
    hf_bytes out =
        hf_peek_wire(p->client); /* the ClientHello alone: early data is nothing to such a server */
    size_t hello_len = 5 + ((size_t)out.data[3] << 8 | out.data[4]), used;
    uint8_t wire[2048];
    assert_true(hello_len <= sizeof wire);
    memcpy(wire, out.data, hello_len);
    assert_int_equal(hf_push_wire(p->server, wire, hello_len, &used), HF_OK);
    (void)pair_carry(p, HF_SERVER);
    pair_assert_failed(p, HF_CLIENT, HF_EARLY_DATA_DOWNGRADED, 70, HF_SENT); /* protocol_version */
    pair_free(p);
    hf_session_free(session);
    hf_config_free(old);
    free_both(client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(nobody_said_that_it_may),
        SESSIONS_TEST(refused_by_its_config),
        SESSIONS_TEST(under_another_key_than_the_first),
        SESSIONS_TEST(a_replay),
        SESSIONS_TEST(of_many_replays_one_is_taken),
        SESSIONS_TEST(not_known_to_be_single_use),
        SESSIONS_TEST(not_by_sealed_tickets),
        SESSIONS_TEST(behind_hello_retry_request),
        SESSIONS_TEST(another_application_protocol),
        SESSIONS_TEST(an_older_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
