/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

#include <time.h>

/* How old a ticket is, told and judged in milliseconds: RFC 8446 4.2.11.1, 8.3. Each side has a clock of its
 * own; a server that lets the ages differ by a second tells a millisecond less from one more. */
static int64_t clients, servers; /* milliseconds since 1970 */
static const char hello[] = "GET / HTTP/1.0";

static hf_config *by(hf_config *c, int64_t *clock)
{
    assert_int_equal(hf_config_clock_ms(c, test_clock, clock), HF_OK);
    assert_int_equal(hf_config_early_data(c, 1000), HF_OK);
    return c;
}

static hf_config *narrow(enum how how)
{
    hf_config *c = by(server_by(how, NULL), &servers);
    assert_int_equal(hf_config_early_data_age(c, 1), HF_OK);
    return c;
}

static bool take(void *arg, struct pair *p, hf_conn *conn)
{
    hf_question q;
    (void)arg;
    (void)p;
    if (hf_asked(conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return false;
    }
    for (size_t i = 0; i < store.count; i++) {
        if (store.kept[i].len && strcmp(store.kept[i].key, q.session_key) == 0) {
            hf_bytes found = {store.kept[i].bytes, store.kept[i].len};
            store.kept[i].len = 0;
            return hf_answer_session_taken(conn, found) == HF_OK;
        }
    }
    return hf_answer_session_taken(conn, (hf_bytes){NULL, 0}) == HF_OK;
}

static struct pair *returning(hf_config *client, hf_config *server, hf_session *session)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = take;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    return p;
}

/* Frees all but the configs. */
static void expect(struct pair *p, hf_session *session, hf_early_data wanted)
{
    size_t used;
    assert_int_equal(hf_push_early(p->client, (hf_bytes){(const uint8_t *)hello, sizeof hello}, &used),
                     HF_OK);
    assert_int_equal(used, sizeof hello);
    pair_run(p);
    pair_assert_complete(p);
    assert_resumption(p, HF_RESUMED);
    hf_early_data seen = hf_negotiated(p->server)->early_data;
    if (seen != wanted) {
        fail_msg("%s instead of %s", hf_early_data_name(seen), hf_early_data_name(wanted));
    }
    assert_int_equal(p->early.len, wanted == HF_EARLY_ACCEPTED ? sizeof hello : 0);
    pair_free(p);
    hf_session_free(session);
}

static hf_session *saved_and_loaded(hf_session *session)
{
    uint8_t bytes[4096];
    size_t len = sizeof bytes;
    hf_session *again;
    assert_int_equal(hf_session_save(session, bytes, &len), HF_OK);
    assert_int_equal(hf_session_load((hf_bytes){bytes, len}, &again), HF_OK);
    hf_session_free(session);
    return again;
}

static const struct {
    int64_t clients, servers; /* milliseconds that pass on either clock */
    bool taken;
} ages[] = {{700, 700, true},       {700, 1700, true},      {700, 1701, false}, {1700, 700, true},
            {1701, 700, false},     {0, 1000, true},        {0, 1001, false},   {999, 1999, true},
            {999, 2000, false},     {1000, 0, true},        {1001, 0, false},   {14000001, 14001001, true},
            {123456, 122456, true}, {123456, 122455, false}};

/* From where a second begins, and from its midst: no second's edge is of any weight. */
static void to_the_millisecond(void **state)
{
    (void)state;
    static const int64_t begins[] = {0, 250, 999};
    for (enum how how = BY_ID; how <= BY_RECORD; how++) {
        for (size_t i = 0; i < 3 * sizeof ages / sizeof *ages; i++) {
            store.count = 0;
            servers = TEST_NOW * INT64_C(1000) + begins[i % 3];
            clients = servers + 1234567; /* clocks seldom agree, and need not: ages do */
            hf_config *client = by(client13(), &clients), *server = narrow(how);
            hf_session *session = earn(client, server);
            session = how == BY_RECORD ? saved_and_loaded(session) : session;
            clients += ages[i / 3].clients;
            servers += ages[i / 3].servers;
            expect(returning(client, server, session), session,
                   ages[i / 3].taken ? HF_EARLY_ACCEPTED : HF_EARLY_STALE);
            free_both(client, server);
        }
    }
}

/* One side's connection was made a minute before the other's, which is when the hello is made and comes. */
static void a_connection_may_wait(void **state)
{
    (void)state;
    int64_t *const early[] = {&servers, &clients}, *const late[] = {&clients, &servers};
    for (int i = 0; i < 2; i++) {
        clients = servers = TEST_NOW * INT64_C(1000);
        hf_config *client = by(client13(), &clients), *server = narrow(BY_ID);
        hf_session *session = earn(client, server);
        *late[i] += 60000;
        struct pair *p = returning(client, server, session);
        *early[i] += 60000;
        expect(p, session, HF_EARLY_ACCEPTED);
        free_both(client, server);
    }
}

/* A clock in seconds goes on to be one, and the last call counts. */
static void clocks_in_seconds(void **state)
{
    (void)state;
    int64_t seconds = TEST_NOW;
    clients = servers = TEST_NOW * INT64_C(1000) + 900;
    hf_config *client = by(client13(), &clients), *server = narrow(BY_ID);
    assert_int_equal(hf_config_clock(server, test_clock, &seconds), HF_OK);
    hf_session *session = earn(client, server);
    assert_int_equal(hf_session_expires(session), TEST_NOW + 4 * 3600);
    clients += 1000;
    seconds += 2;
    expect(returning(client, server, session), session, HF_EARLY_ACCEPTED);
    session = earn(client, server);
    clients += 999;
    seconds += 2;
    expect(returning(client, server, session), session, HF_EARLY_STALE);
    free_both(client, server);
}

/* A server that was given none: its keyring turns by the system's clock, and so do the ages of its tickets.
 */
static void the_systems_clock(void **state)
{
    (void)state;
    clients = TEST_NOW * INT64_C(1000);
    hf_config *client = by(client13(), &clients), *server = narrow(BY_ID);
    hf_keyring *own = hf_keyring_new(NULL);
    assert_int_equal(hf_keyring_rotate(own, (int64_t)time(NULL), NULL), HF_OK);
    assert_int_equal(hf_config_keyring(server, own), HF_OK);
    assert_int_equal(hf_config_clock_ms(server, NULL, NULL), HF_OK);
    hf_session *session = earn(client, server);
    int64_t next = hf_config_session_statistics(server).next_epoch - (int64_t)time(NULL);
    assert_true(next > 0 && next < 7 * 24 * 3600);
    expect(returning(client, server, session), session, HF_EARLY_ACCEPTED);
    session = earn(client, server);
    clients += 600000;
    expect(returning(client, server, session), session, HF_EARLY_STALE);
    hf_keyring_free(own);
    free_both(client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(to_the_millisecond),
        SESSIONS_TEST(a_connection_may_wait),
        SESSIONS_TEST(clocks_in_seconds),
        SESSIONS_TEST(the_systems_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
