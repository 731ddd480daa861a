/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

/* A client that keeps several tickets of a connection, each for one connection: RFC 8446 4.6.1, C.4. */

static size_t asked_for; /* the number of the record, in the order in which they were put */

static bool take(void *arg, struct pair *p, hf_conn *conn)
{
    hf_question q;
    hf_bytes found = {NULL, 0};
    (void)arg;
    (void)p;
    if (hf_asked(conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return false;
    }
    for (size_t i = 0; i < store.count; i++) {
        if (strcmp(store.kept[i].key, q.session_key) == 0) {
            found = (hf_bytes){store.kept[i].bytes, store.kept[i].len};
            store.kept[i].len = 0;
            asked_for = i;
        }
    }
    return hf_answer_session_taken(conn, found) == HF_OK;
}

static hf_config *keeping(unsigned tickets)
{
    hf_config *c = client13();
    assert_int_equal(hf_config_tickets_kept(c, tickets), HF_OK);
    assert_int_equal(hf_config_early_data(c, 1000), HF_OK);
    return c;
}

static hf_config *giving(enum how how, unsigned tickets)
{
    hf_config *c = server_by(how, NULL);
    assert_int_equal(hf_config_ticket_count(c, tickets), HF_OK);
    assert_int_equal(hf_config_early_data(c, how == BY_TICKET ? 0 : 1000), HF_OK);
    return c;
}

static size_t kept_of(const struct pair *p, hf_session *kept[HF_TICKETS_MAX + 1])
{
    size_t count = 0;
    while (count <= HF_TICKETS_MAX && (kept[count] = hf_conn_session_at(p->client, count)) != NULL) {
        count++;
    }
    return count;
}

static struct pair *returning(hf_config *client, hf_config *server, hf_session *session)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = take;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    return p;
}

/* A full handshake, because the client does not offer it; frees it. */
static void is_not_offered(hf_config *client, hf_config *server, hf_session *session, hf_resumption why)
{
    struct pair *p = meet(client, server, session);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->resumption, why);
    assert_int_equal(hf_negotiated(p->server)->resumption, HF_NOT_OFFERED);
    pair_free(p);
    hf_session_free(session);
}

/* As many as it keeps and as there are, all different, each good for one connection. */
static void each_is_used_once(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 2, 5, HF_TICKETS_MAX};
    for (unsigned i = 0; i < 4 * 4 * WAYS; i++) {
        unsigned most = counts[i % 4], given = counts[i / 4 % 4], expected = most < given ? most : given;
        enum how how = (enum how)(i / 16);
        hf_session *kept[HF_TICKETS_MAX + 1] = {NULL}, *newest;
        hf_config *client = keeping(most), *server = giving(how, given);
        store.count = 0;
        struct pair *p = meet(client, server, NULL);
        assert_int_equal(kept_of(p, kept), expected);
        newest = hf_conn_session(p->client);
        assert_ptr_equal(newest, kept[0]);
        hf_session_free(newest);
        for (size_t k = 0; k < expected; k++) {
            struct pair *again = returning(client, server, kept[k]);
            pair_run(again);
            pair_assert_complete(again);
            assert_resumption(again, HF_RESUMED);
            pair_exchange(again, 100);
            assert_int_equal(asked_for, how == BY_RECORD ? given - 1 - k : asked_for);
            pair_free(again);
            hf_session *next = hf_conn_session(p->client); /* what was offered is no longer among them */
            assert_ptr_equal(next, k + 1 < expected ? kept[k + 1] : NULL);
            hf_session_free(next);
        }
        for (size_t k = 0; k < expected; k++) {
            store.count = 0;
            is_not_offered(client, server, kept[k], HF_SESSION_USED);
        }
        pair_free(p);
        free_both(client, server);
    }
}

/* Two connections at the same time, with early data on both. */
static void two_at_once(void **state)
{
    (void)state;
    hf_session *kept[HF_TICKETS_MAX + 1] = {NULL};
    hf_config *client = keeping(2), *server = giving(BY_ID, 2);
    struct pair *p = meet(client, server, NULL), *both[2];
    assert_int_equal(kept_of(p, kept), 2);
    pair_free(p);
    for (size_t i = 0; i < 2; i++) {
        size_t used;
        both[i] = returning(client, server, kept[i]);
        assert_int_equal(hf_push_early(both[i]->client, (hf_bytes){(const uint8_t *)"early", 5}, &used),
                         HF_OK);
    }
    for (size_t i = 0; i < 2; i++) {
        pair_run(both[i]);
        pair_assert_complete(both[i]);
        assert_int_equal(hf_negotiated(both[i]->server)->early_data, HF_EARLY_ACCEPTED);
        assert_int_equal(both[i]->early.len, 5);
        pair_free(both[i]);
        hf_session_free(kept[i]);
    }
    free_both(client, server);
}

/* What a resumed connection came with is not what it leaves; and what it is given, it keeps beside nothing.
 */
static void a_resumed_connection_has_its_own(void **state)
{
    (void)state;
    hf_session *kept[HF_TICKETS_MAX + 1] = {NULL}, *more[HF_TICKETS_MAX + 1] = {NULL};
    hf_config *client = keeping(4), *server = giving(BY_ID, 3);
    struct pair *p = meet(client, server, NULL);
    assert_int_equal(kept_of(p, kept), 3);
    struct pair *again = meet(client, server, kept[0]);
    assert_resumption(again, HF_RESUMED);
    assert_int_equal(kept_of(again, more), 1);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_not_equal(more[0], kept[i]);
        hf_session_free(kept[i]);
    }
    hf_session_free(more[0]);
    pair_free(again);
    pair_free(p);
    free_both(client, server);
}

/* RFC 8446 6: with the connection all of its tickets are forgotten. */
static void a_failure_forgets_them_all(void **state)
{
    (void)state;
    hf_session *kept[HF_TICKETS_MAX + 1] = {NULL};
    hf_config *client = keeping(3), *server = giving(BY_ID, 3);
    struct pair *p = meet(client, server, NULL);
    assert_int_equal(kept_of(p, kept), 3);
    hf_abort(p->client, HF_HANDSHAKE_TIMEOUT);
    assert_null(hf_conn_session_at(p->client, 0));
    pair_free(p);
    for (size_t i = 0; i < 3; i++) {
        is_not_offered(client, server, kept[i], HF_SESSION_UNKNOWN);
    }
    free_both(client, server);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hf_config *c = hf_config_client();
    assert_int_equal(hf_config_tickets_kept(c, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_tickets_kept(c, HF_TICKETS_MAX + 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_tickets_kept(NULL, 1), HF_NULL_ARGUMENT);
    hf_config_free(c);
    c = hf_config_server();
    assert_int_equal(hf_config_tickets_kept(c, 1), HF_BAD_ARGUMENT);
    hf_config_free(c);
    assert_null(hf_conn_session_at(NULL, 0));
    hf_config *client = client13(), *server = giving(BY_ID, 2);
    struct pair *p = meet(client, server, NULL);
    assert_null(hf_conn_session_at(p->client, 1)); /* one is kept where nothing was said */
    assert_null(hf_conn_session_at(p->server, 0));
    pair_free(p);
    free_both(client, server);
}

/* In TLS 1.2 there is one session, for any number of connections. */
static void older_versions_have_one(void **state)
{
    (void)state;
    hf_config *client = keeping(4), *server = giving(BY_ID, 4);
    assert_int_equal(hf_config_versions(client, TLS12, TLS12), HF_OK);
    struct pair *p = meet(client, server, NULL);
    hf_session *session = hf_conn_session_at(p->client, 0);
    assert_non_null(session);
    assert_null(hf_conn_session_at(p->client, 1));
    hf_session_free(session);
    pair_free(p);
    free_both(client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(each_is_used_once),
        SESSIONS_TEST(two_at_once),
        SESSIONS_TEST(a_resumed_connection_has_its_own),
        SESSIONS_TEST(a_failure_forgets_them_all),
        SESSIONS_TEST(what_cannot_be),
        SESSIONS_TEST(older_versions_have_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
