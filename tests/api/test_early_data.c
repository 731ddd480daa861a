/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

/* Early data, RFC 8446 2.3, 4.2.10, 4.5, 8: accepted, refused for each reason, and its limits. */

#define MOST 1000
static const char hello[] = "GET / HTTP/1.0";

static bool takes; /* the application's store gives and deletes in one step */

static bool answer_taking(void *arg, struct pair *p, hf_conn *conn)
{
    hf_question q;
    (void)arg;
    (void)p;
    if (hf_asked(conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return false;
    }
    hf_bytes found = {NULL, 0};
    assert_true(q.take);
    for (size_t i = 0; i < store.count; i++) {
        if (strcmp(store.kept[i].key, q.session_key) == 0) {
            found = (hf_bytes){store.kept[i].bytes, store.kept[i].len};
            store.kept[i].len = takes ? 0 : store.kept[i].len;
        }
    }
    return (takes ? hf_answer_session_taken(conn, found) : hf_answer_session(conn, found)) == HF_OK;
}

static void takes_early(hf_config *c)
{
    assert_int_equal(hf_config_early_data(c, MOST), HF_OK);
}

static hf_config *eager(void)
{
    hf_config *c = client13();
    takes_early(c);
    return c;
}

/* A client with the session, ready to go. */
static struct pair *ready(hf_config *client, hf_config *server, hf_session *session)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = answer_taking;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    return p;
}

static void push(const struct pair *p, size_t len, size_t taken)
{
    uint8_t bytes[3 * MOST];
    size_t used = 99;
    memset(bytes, 'e', sizeof bytes);
    memcpy(bytes, hello, sizeof hello);
    assert_true(len <= sizeof bytes);
    assert_int_equal(hf_push_early(p->client, (hf_bytes){bytes, len}, &used), HF_OK);
    assert_int_equal(used, taken);
}

static struct pair *early(hf_config *client, hf_config *server, hf_session *session, size_t len)
{
    struct pair *p = ready(client, server, session);
    push(p, len, len);
    pair_run(p);
    return p;
}

static void assert_early(const struct pair *p, hf_early_data server, size_t len)
{
    hf_early_data seen = hf_negotiated(p->server)->early_data;
    bool accepted = server == HF_EARLY_ACCEPTED;
    if (seen != server) {
        fail_msg("%s instead of %s", hf_early_data_name(seen), hf_early_data_name(server));
    }
    assert_int_equal(hf_negotiated(p->client)->early_data, accepted ? HF_EARLY_ACCEPTED : HF_EARLY_REJECTED);
    assert_int_equal(p->early.len, accepted ? len : 0);
    assert_int_equal(hf_conn_stats(p->server).early_in, p->early.len);
    assert_int_equal(hf_conn_stats(p->server).bytes_in, 0);
    assert_true(strlen(hf_early_data_sentence(seen)) > 10);
    assert_int_equal(strstr(p->steps[HF_SERVER], "EndOfEarlyData") != NULL, accepted);
    assert_int_equal(strstr(p->steps[HF_CLIENT], "EndOfEarlyData") != NULL, accepted);
}

/* To the end, and of use: what was refused is nowhere, and what follows is read. */
static void early_is(hf_config *client, hf_config *server, hf_session *session, hf_early_data wanted)
{
    struct pair *p = early(client, server, session, sizeof hello);
    pair_assert_complete(p);
    assert_early(p, wanted, sizeof hello);
    assert_int_equal(p->received[HF_SERVER].len, 0);
    pair_exchange(p, 20000);
    pair_free(p);
    hf_session_free(session);
}

/* ---- accepted ---- */
static void it_is_taken(void **state)
{
    (void)state;
    takes = true;
    for (enum how how = BY_ID; how <= BY_RECORD; how++) {
        hf_config *client = eager(), *server = server_by(how, takes_early);
        hf_session *session = earn(client, server);
        struct pair *p = early(client, server, session, sizeof hello);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_early(p, HF_EARLY_ACCEPTED, sizeof hello);
        assert_string_equal((char *)p->early.data, hello);
        assert_int_equal(hf_conn_stats(p->client).early_out, sizeof hello);
        pair_exchange(p, 3000);
        hf_session_free(session);
        session = pair_session(p); /* a resumed connection's ticket allows it too */
        pair_free(p);
        early_is(client, server, session, HF_EARLY_ACCEPTED);
        free_both(client, server);
    }
}

static void every_suite_and_every_byte_alone(void **state)
{
    (void)state;
    static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                         "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        for (size_t chunk = 0; chunk < 2; chunk++) {
            hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
            assert_int_equal(hf_config_suites(client, suites[i], NULL), HF_OK);
            assert_int_equal(hf_config_suites(server, suites[i], NULL), HF_OK);
            hf_session *session = earn(client, server);
            struct pair *p = ready(client, server, session);
            p->chunk = chunk;
            push(p, sizeof hello, sizeof hello);
            push(p, 100, 100);
            pair_run(p);
            pair_assert_complete(p);
            assert_early(p, HF_EARLY_ACCEPTED, sizeof hello + 100);
            pair_exchange(p, 50);
            pair_free(p);
            hf_session_free(session);
            free_both(client, server);
        }
    }
}

/* RFC 8446 4.2.10: offered, and then none is sent; and before the server has seen anything, in pieces. */
static void none_and_some_at_a_time(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    early_is(client, server, hf_session_share(session), HF_EARLY_ACCEPTED);
    hf_session_free(session);
    session = earn(client, server);
    struct pair *p = ready(client, server, session);
    push(p, 0, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(hf_wants(p->client) & HF_GIVE_EARLY);
        (void)pair_carry(p, HF_CLIENT);
        push(p, 20, 20);
    }
    pair_run(p);
    pair_assert_complete(p);
    assert_early(p, HF_EARLY_ACCEPTED, 60);
    size_t used;
    assert_int_equal(hf_push_early(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                     HF_EARLY_DATA_UNAVAILABLE);
    assert_false(hf_wants(p->client) & HF_GIVE_EARLY);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* RFC 8446 4.4.4: the server answers before the client has said Finished; hf_close waits for it. */
static void it_is_answered_at_once(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready(client, server, session);
    size_t used;
    push(p, sizeof hello, sizeof hello);
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_TOO_EARLY);
    (void)pair_carry(p, HF_CLIENT);
    assert_int_equal(p->early.len, sizeof hello);
    assert_false(hf_negotiated(p->server)->complete);
    assert_true(hf_wants(p->server) & HF_GIVE_APP);
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"200 OK", 6}, &used), HF_OK);
    assert_int_equal(used, 6);
    assert_int_equal(hf_close(p->server), HF_OK);
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_CLOSED);
    (void)pair_carry(p, HF_SERVER);
    assert_int_equal(p->received[HF_CLIENT].len, 6);
    assert_false(hf_negotiated(p->server)->complete);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_wants(p->client) & HF_CLOSED_IN);
    assert_true(hf_wants(p->server) & HF_CLOSED_OUT);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* While it waits nothing else is taken, and it is not application data. */
static void it_is_kept_apart(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready(client, server, session);
    push(p, sizeof hello, sizeof hello);
    push(p, 10, 10);
    hf_bytes out = hf_peek_wire(p->client);
    uint8_t *wire = malloc(out.len);
    size_t len = out.len, used = 0;
    memcpy(wire, out.data, len);
    assert_int_equal(hf_push_wire(p->server, wire, len, &used), HF_OK);
    assert_true(used < len);
    assert_int_equal(hf_peek_app(p->server).len, 0);
    assert_int_equal(hf_peek_early(p->server).len, sizeof hello);
    assert_true(hf_wants(p->server) & HF_TAKE_EARLY);
    assert_false(hf_wants(p->server) & HF_TAKE_APP);
    size_t more = 0;
    assert_int_equal(hf_push_wire(p->server, wire + used, len - used, &more), HF_OK);
    assert_int_equal(more, 0);
    hf_drop_early(p->server, 4);
    assert_memory_equal(hf_peek_early(p->server).data, hello + 4, 5);
    hf_drop_early(p->server, 1000);
    assert_int_equal(hf_push_wire(p->server, wire + used, len - used, &more), HF_OK);
    assert_int_equal(more, len - used);
    assert_int_equal(hf_peek_early(p->server).len, 10);
    free(wire);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* ---- limits, RFC 8446 4.2.10 ---- */
static void no_more_than_the_ticket_says(void **state)
{
    (void)state;
    for (int smaller = 0; smaller < 2; smaller++) {
        hf_config *client = client13(), *server = server_by(BY_ID, takes_early);
        assert_int_equal(hf_config_early_data(client, smaller ? 10 : 5 * MOST), HF_OK);
        hf_session *session = earn(client, server);
        struct pair *p = ready(client, server, session);
        size_t most = smaller ? 10 : MOST;
        push(p, 2 * MOST, most);
        assert_false(hf_wants(p->client) & HF_GIVE_EARLY);
        push(p, 1, 0);
        pair_run(p);
        pair_assert_complete(p);
        assert_early(p, HF_EARLY_ACCEPTED, most);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* ---- sessions that say what a test wants: fields of hf_session_save, and its digest ---- */
enum { TAG_CONTEXT = 4, TAG_ALPN = 11, TAG_AGE_ADD = 19, TAG_MAX_EARLY = 21 };

static uint8_t *field(uint8_t *saved, size_t len, unsigned tag, size_t *size)
{
    for (size_t at = 4; at + 3 + 16 <= len; at += 3 + *size) {
        *size = (size_t)saved[at + 1] << 8 | saved[at + 2];
        if (saved[at] == tag) {
            return saved + at + 3;
        }
    }
    return NULL;
}

/* The session with this field of that size replaced. */
static hf_session *forge(hf_session *session, unsigned tag, const void *bytes, size_t size)
{
    uint8_t saved[16384], digest[SHA256_DIGEST_LENGTH];
    size_t len = sizeof saved, there = 0;
    assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
    uint8_t *at = field(saved, len, tag, &there);
    assert_non_null(at);
    assert_int_equal(there, size);
    memcpy(at, bytes, size);
    (void)SHA256(saved, len - 16, digest);
    memcpy(saved + len - 16, digest, 16);
    hf_session_free(session);
    assert_int_equal(hf_session_load((hf_bytes){saved, len}, &session), HF_OK);
    return session;
}

/* A client that does not keep to what the ticket says: the server counts as well. */
static void more_than_the_ticket_says(void **state)
{
    (void)state;
    static const uint8_t much[4] = {0, 0, 0x40, 0};
    for (int over = 0; over < 2; over++) {
        hf_config *client = client13(), *server = server_by(BY_ID, takes_early);
        assert_int_equal(hf_config_early_data(client, 5 * MOST), HF_OK);
        hf_session *session = forge(earn(client, server), TAG_MAX_EARLY, much, 4);
        struct pair *p = ready(client, server, session);
        push(p, MOST, MOST);
        push(p, (size_t)over, (size_t)over);
        pair_run(p);
        if (over) {
            pair_assert_refused(p, HF_SERVER, HF_TOO_MUCH_EARLY_DATA, 10); /* unexpected_message */
        } else {
            pair_assert_complete(p);
            assert_early(p, HF_EARLY_ACCEPTED, MOST);
        }
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* RFC 8449 4: what was cut before there was an agreement is not measured by it; what comes behind it is. */
static void before_a_limit_is_agreed(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    assert_int_equal(hf_config_record_size_limit(client, 300), HF_OK);
    assert_int_equal(hf_config_record_size_limit(server, 100), HF_OK);
    hf_session *session = earn(client, server);
    struct pair *p = early(client, server, session, MOST);
    pair_assert_complete(p);
    assert_early(p, HF_EARLY_ACCEPTED, MOST);
    assert_int_equal(hf_negotiated(p->server)->record_size_limit, 100);
    pair_exchange(p, 5000);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* RFC 8446 4.2.10: where it is taken, a record of it that does not open is fatal. */
static void spoil_last(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    (void)arg;
    (void)pair;
    bytes->data[bytes->len - 1] ^= from == HF_CLIENT;
}

static void what_does_not_open(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready(client, server, session);
    p->hook = spoil_last;
    push(p, 20, 20);
    pair_run(p);
    pair_assert_failed(p, HF_SERVER, HF_BAD_RECORD_MAC, 20, HF_SENT);
    assert_int_equal(p->early.len, 0);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* ---- not taken ---- */
static void nobody_said_that_it_may(void **state)
{
    (void)state;
    hf_config *client = client13(), *willing = eager(), *server = server_by(BY_ID, NULL);
    hf_config *taking = server_by(BY_ID, takes_early);
    size_t used = 99;
    for (int i = 0; i < 2; i++) { /* the client's config, the server's ticket */
        hf_session *session = earn(i ? willing : client, i ? server : taking);
        struct pair *p = ready(i ? willing : client, i ? server : taking, session);
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
    takes = true;
    hf_config *client = eager(), *server = server_by(BY_RECORD, takes_early);
    hf_config *other = server_by(BY_RECORD, NULL), *stranger = server_by(BY_ID, NULL);
    hf_session *session = earn(client, server);
    struct pair *p = early(client, other, session, sizeof hello);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    assert_early(p, HF_EARLY_OFF, sizeof hello);
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
    struct pair *p = early(client, other, session, sizeof hello);
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
    takes = true;
    for (enum how how = BY_ID; how <= BY_RECORD; how++) {
        hf_config *client = eager(), *server = server_by(how, takes_early);
        hf_session *session = earn(client, server);
        struct pair *p = ready(client, server, session);
        push(p, sizeof hello, sizeof hello);
        hf_bytes out = hf_peek_wire(p->client);
        struct pair *again = pair_new(client, server, TEST_HOST);
        uint8_t *wire = malloc(out.len);
        size_t len = out.len, used = 0;
        memcpy(wire, out.data, len);
        pair_run(p);
        pair_assert_complete(p);
        assert_early(p, HF_EARLY_ACCEPTED, sizeof hello);
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
        struct pair *p = ready(client, server, session);
        push(p, sizeof hello, sizeof hello);
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
            assert_int_equal(replays[i].early, taken ? sizeof hello : 0);
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
    takes = false;
    hf_config *client = eager(), *server = server_by(BY_RECORD, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = early(client, server, session, sizeof hello);
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
    struct pair *p = ready(client, server, session);
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
        struct pair *p = ready(client, server, session);
        p->chunk = chunk;
        push(p, sizeof hello, sizeof hello);
        push(p, MOST - sizeof hello, MOST - sizeof hello);
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

/* RFC 8446 4.2.11.1, 8.3: early data is refused and the session resumed. Both clocks are one here, so the
 * client's idea of the age is what is changed. */
static void the_age_is_off(void **state)
{
    (void)state;
    static const struct {
        int32_t apart;
        unsigned tolerance;
        bool taken;
    } ages[] = {{9999, 0, true},       {10000, 0, true},     {10001, 0, false},  {-10000, 0, true},
                {-10001, 0, false},    {59000, 60, true},    {61000, 60, false}, {1500, 1, false},
                {INT32_MAX, 0, false}, {INT32_MIN, 0, false}};
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        moment = TEST_NOW;
        hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
        if (ages[i].tolerance) {
            assert_int_equal(hf_config_early_data_age(server, ages[i].tolerance), HF_OK);
        }
        hf_session *session = earn(client, server);
        uint8_t saved[16384], add[4];
        size_t len = sizeof saved, size;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
        memcpy(add, field(saved, len, TAG_AGE_ADD, &size), 4);
        uint32_t value = (uint32_t)add[0] << 24 | (uint32_t)add[1] << 16 | (uint32_t)add[2] << 8 | add[3];
        value += (uint32_t)ages[i].apart;
        for (int k = 0; k < 4; k++) {
            add[k] = (uint8_t)(value >> (24 - 8 * k));
        }
        session = forge(session, TAG_AGE_ADD, add, 4);
        moment += 100;
        struct pair *p = early(client, server, session, sizeof hello);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_early(p, ages[i].taken ? HF_EARLY_ACCEPTED : HF_EARLY_STALE, sizeof hello);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
    hf_config *c = hf_config_server();
    assert_int_equal(hf_config_early_data_age(c, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_early_data_age(c, 3601), HF_BAD_ARGUMENT);
    hf_config_free(c);
    c = hf_config_client();
    assert_int_equal(hf_config_early_data_age(c, 10), HF_BAD_ARGUMENT);
    hf_config_free(c);
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
    session = forge(session, TAG_CONTEXT, field(saved, len, TAG_CONTEXT, &size), 32);
    struct pair *p = early(client, server, session, sizeof hello);
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
    struct pair *p = ready(client, old, session);
    push(p, sizeof hello, sizeof hello);
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

/* ---- what goes with it ---- */
/* RFC 8446 7.5 */
static void the_early_exporter(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready(client, server, session);
    uint8_t ours[32], theirs[32], late[32], other[32];
    const hf_bytes context = {(const uint8_t *)"context", 7};
    assert_int_equal(hf_export_early(p->client, "EXPORTER-x", NULL, ours, 32), HF_EXPORTER_UNAVAILABLE);
    push(p, sizeof hello, sizeof hello);
    assert_int_equal(hf_export_early(p->client, "EXPORTER-x", NULL, ours, 32), HF_OK);
    assert_int_equal(hf_export_early(p->client, "EXPORTER-x", &context, other, 32), HF_OK);
    (void)pair_carry(p, HF_CLIENT);
    assert_false(hf_negotiated(p->server)->complete);
    assert_int_equal(hf_export_early(p->server, "EXPORTER-x", NULL, theirs, 32), HF_OK);
    assert_memory_equal(ours, theirs, 32);
    assert_memory_not_equal(ours, other, 32);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_export(p->client, "EXPORTER-x", NULL, late, 32), HF_OK);
    assert_memory_not_equal(ours, late, 32);
    assert_int_equal(hf_export_early(p->server, "", NULL, theirs, 32), HF_BAD_ARGUMENT);
    assert_int_equal(hf_export_early(p->server, NULL, NULL, theirs, 32), HF_NULL_ARGUMENT);
    pair_free(p);
    hf_session_free(session);
    hf_config *off = server_by(BY_ID, NULL);
    session = earn(client, server);
    p = early(client, off, session, sizeof hello);
    assert_int_equal(hf_export_early(p->client, "EXPORTER-x", NULL, ours, 32), HF_EXPORTER_UNAVAILABLE);
    assert_int_equal(hf_export_early(p->server, "EXPORTER-x", NULL, ours, 32), HF_EXPORTER_UNAVAILABLE);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(off);
    free_both(client, server);
}

struct lines {
    unsigned early, exporter, handshake;
};

static void note_line(void *arg, const char *line)
{
    struct lines *l = arg;
    l->early += strncmp(line, "CLIENT_EARLY_TRAFFIC_SECRET ", 28) == 0;
    l->exporter += strncmp(line, "EARLY_EXPORTER_SECRET ", 22) == 0;
    l->handshake += strncmp(line, "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", 32) == 0;
}

/* RFC 9850 2 */
static void the_key_log(void **state)
{
    (void)state;
    struct lines lines[2] = {{0, 0, 0}, {0, 0, 0}};
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    assert_int_equal(hf_config_keylog(client, note_line, &lines[0]), HF_OK);
    assert_int_equal(hf_config_keylog(server, note_line, &lines[1]), HF_OK);
    early_is(client, server, earn(client, server), HF_EARLY_ACCEPTED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lines[i].early, 1);
        assert_int_equal(lines[i].exporter, 1);
        assert_int_equal(lines[i].handshake, 2);
    }
    free_both(client, server);
}

/* RFC 8446 6: a client that gives up while it sends early data is heard. */
static void the_client_gives_up(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready(client, server, session);
    push(p, sizeof hello, sizeof hello);
    hf_abort(p->client, HF_INTERNAL);
    pair_run(p);
    assert_int_equal(p->early.len, sizeof hello);
    pair_assert_failed(p, HF_SERVER, HF_ALERT_RECEIVED, 80, HF_RECEIVED); /* internal_error */
    pair_free(p);
    hf_session_free(session);
    session = earn(client, server);
    p = ready(client, server, session);
    push(p, sizeof hello, sizeof hello);
    assert_int_equal(hf_close(p->client), HF_OK);
    pair_run(p);
    assert_int_equal(hf_failed(p->server)->err, HF_CLOSED_IN_HANDSHAKE);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(it_is_taken),
        SESSIONS_TEST(every_suite_and_every_byte_alone),
        SESSIONS_TEST(none_and_some_at_a_time),
        SESSIONS_TEST(it_is_answered_at_once),
        SESSIONS_TEST(it_is_kept_apart),
        SESSIONS_TEST(no_more_than_the_ticket_says),
        SESSIONS_TEST(more_than_the_ticket_says),
        SESSIONS_TEST(before_a_limit_is_agreed),
        SESSIONS_TEST(what_does_not_open),
        SESSIONS_TEST(nobody_said_that_it_may),
        SESSIONS_TEST(refused_by_its_config),
        SESSIONS_TEST(under_another_key_than_the_first),
        SESSIONS_TEST(a_replay),
        SESSIONS_TEST(of_many_replays_one_is_taken),
        SESSIONS_TEST(not_known_to_be_single_use),
        SESSIONS_TEST(not_by_sealed_tickets),
        SESSIONS_TEST(behind_hello_retry_request),
        SESSIONS_TEST(the_age_is_off),
        SESSIONS_TEST(another_application_protocol),
        SESSIONS_TEST(an_older_version),
        SESSIONS_TEST(the_early_exporter),
        SESSIONS_TEST(the_key_log),
        SESSIONS_TEST(the_client_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
