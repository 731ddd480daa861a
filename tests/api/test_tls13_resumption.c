/* SPDX-License-Identifier: MIT */
#include "tls13_sessions.h"

/* Resumption in TLS 1.3, RFC 8446 2.2, 4.2.9, 4.6.1, 8.1, C.4. Checklist R4, R7, R9. */

/* ---- what it is ---- */
static void check_same_answers(const struct pair *p, enum how how)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *s = hf_negotiated(pair_conn(p, side));
        assert_int_equal(s->version, TLS13);
        assert_string_equal(s->suite_name, "TLS_AES_128_GCM_SHA256");
        assert_non_null(s->group_name); /* psk_dhe_ke */
        assert_string_equal(s->server_name, TEST_HOST);
        assert_string_equal(s->alpn, "h2");
        assert_true(s->peer_verified);
        assert_true(s->peer_chain.len > 3);
        assert_int_equal(s->session_ticket, side == HF_CLIENT || how == BY_TICKET);
    }
}

/* RFC 8446 2.2, figure 3; again and again, each time with the ticket of the time before. */
static void the_peers_meet_again(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = alice13(), *server = server_by(how, mutual);
        assert_int_equal(hf_config_alpn(client, "h2,http/1.1", false), HF_OK);
        assert_int_equal(hf_config_alpn(server, "h2", false), HF_OK);
        hf_session *session = earn(client, server);
        for (int i = 0; i < 4; i++) {
            struct pair *p = meet(client, server, session);
            pair_assert_complete(p);
            assert_resumption(p, HF_RESUMED);
            check_same_answers(p, how);
            assert_non_null(strstr(p->steps[HF_CLIENT], "EncryptedExtensions Finished Finished"));
            assert_null(strstr(p->steps[HF_CLIENT], "Certificate"));
            pair_exchange(p, 3000);
            hf_session_free(session);
            session = pair_session(p);
            pair_free(p);
        }
        hf_session_free(session);
        hf_session_stats stats = hf_config_session_statistics(server);
        assert_int_equal(stats.count[HF_RESUMED], 4);
        assert_int_equal(how == BY_TICKET ? stats.tickets_made : stats.made, 2 + 4);
        free_both(client, server);
    }
}

static void both_hashes_and_every_suite(void **state)
{
    (void)state;
    static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                         "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        for (enum how how = BY_ID; how < WAYS; how++) {
            hf_config *client = client13(), *server = server_by(how, NULL);
            assert_int_equal(hf_config_suites(client, suites[i], NULL), HF_OK);
            assert_int_equal(hf_config_suites(server, suites[i], NULL), HF_OK);
            offers(client, server, earn(client, server), HF_RESUMED);
            free_both(client, server);
        }
    }
}

/* RFC 8446 4.1.4: the binder of the second ClientHello is over HelloRetryRequest too. */
static void behind_hello_retry_request(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        assert_int_equal(hf_config_groups(client, "x25519:secp384r1", NULL), HF_OK);
        assert_int_equal(hf_config_groups(server, "secp384r1", NULL), HF_OK);
        struct pair *p = meet(client, server, NULL);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = meet(client, server, session);
        pair_assert_complete(p);
        assert_non_null(strstr(p->steps[HF_CLIENT], "HelloRetryRequest"));
        assert_resumption(p, HF_RESUMED);
        pair_exchange(p, 100);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* A client's own memory of it: saved, and loaded elsewhere. */
static void a_session_that_was_saved(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = alice13(), *server = server_by(how, mutual);
        hf_session *session = earn(client, server), *loaded;
        uint8_t saved[16384];
        size_t len = sizeof saved;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
        hf_session_free(session);
        assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_OK);
        assert_true(hf_session_is_ticket(loaded));
        offers(client, server, loaded, HF_RESUMED);
        for (size_t i = 0; i < len; i += 7) { /* damaged where it was kept, it is none */
            saved[i] ^= 1;
            assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_BAD_SESSION);
            saved[i] ^= 1;
        }
        free_both(client, server);
    }
}

static void notes_come_back(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_ID, NULL);
    struct pair *p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_conn_session_note(p->client, (hf_bytes){(const uint8_t *)"c", 1}), HF_OK);
    assert_int_equal(hf_conn_session_note(p->server, (hf_bytes){(const uint8_t *)"srv", 3}), HF_OK);
    pair_run(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    for (int i = 0; i < 2; i++) { /* and on to the sessions of resumed connections */
        assert_int_equal(hf_session_note(session).len, 1);
        p = meet(client, server, session);
        assert_resumption(p, HF_RESUMED);
        assert_int_equal(hf_negotiated(p->server)->session_note.len, 3);
        assert_memory_equal(hf_negotiated(p->server)->session_note.data, "srv", 3);
        hf_session_free(session);
        session = pair_session(p);
        pair_free(p);
    }
    hf_session_free(session);
    free_both(client, server);
}

/* ---- psk_ke, RFC 8446 4.2.9 ---- */
static void by_the_key_alone(void **state)
{
    (void)state;
    static const struct {
        bool client, server;
    } allowed[] = {{true, true}, {true, false}, {false, true}};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        hf_config *client = client13(), *server = server_by(BY_ID, NULL);
        assert_int_equal(hf_config_psk_alone(client, allowed[i].client), HF_OK);
        assert_int_equal(hf_config_psk_alone(server, allowed[i].server), HF_OK);
        hf_session *session = earn(client, server);
        struct pair *p = meet(client, server, session);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_non_null(hf_negotiated(p->client)->group_name); /* both have something better */
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

static void no_group_in_common_any_more(void **state)
{
    (void)state;
    for (int allow = 0; allow < 2; allow++) {
        hf_config *client = client13(), *other = client13(), *server = server_by(BY_ID, NULL);
        assert_int_equal(hf_config_groups(server, "secp256r1", NULL), HF_OK);
        assert_int_equal(hf_config_groups(other, "x25519", NULL), HF_OK);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(hf_config_psk_alone(i ? client : other, allow), HF_OK);
        }
        assert_int_equal(hf_config_psk_alone(server, allow), HF_OK);
        hf_session *session = earn(client, server);
        struct pair *p = meet(other, server, session);
        if (allow) {
            pair_assert_complete(p);
            assert_resumption(p, HF_RESUMED);
            assert_null(hf_negotiated(p->client)->group_name);
            assert_null(hf_negotiated(p->server)->group_name);
            pair_exchange(p, 100);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_GROUP, 40);
        }
        pair_free(p);
        hf_session_free(session);
        hf_config_free(other);
        free_both(client, server);
    }
}

/* ---- once ---- */
/* RFC 8446 C.4: a client offers it once. */
static void a_client_offers_it_once(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        hf_session *session = earn(client, server);
        offers(client, server, hf_session_share(session), HF_RESUMED);
        struct pair *p = meet(client, server, session);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_USED);
        assert_int_equal(hf_negotiated(p->server)->resumption, HF_NOT_OFFERED);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* RFC 8446 8.1: and a server that remembers takes it once, whoever offers it again. */
static void a_server_takes_it_once(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        hf_session *session = earn(client, server);
        uint8_t saved[16384];
        size_t len = sizeof saved;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
        hf_session_free(session);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(hf_session_load((hf_bytes){saved, len}, &session), HF_OK);
            offers(client, server, session, i == 0 || how == BY_TICKET ? HF_RESUMED : HF_SESSION_UNKNOWN);
        }
        assert_true(how != BY_RECORD || store.forgets == 1);
        free_both(client, server);
    }
}

/* What does not fit is left where it is: the next who asks may have it. */
static void another_name_does_not_use_it_up(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_ID, NULL);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    hf_session *session = earn(client, server);
    uint8_t saved[16384];
    size_t len = sizeof saved;
    assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
    struct pair *p = meet_at(client, server, "other.test", session);
    assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_NAME); /* R9: not even offered */
    pair_free(p);
    offers(client, server, session, HF_RESUMED);
    free_both(client, server);
}

/* ---- how many ---- */
static unsigned times(const char *steps, const char *word)
{
    unsigned count = 0;
    for (const char *at = steps; (at = strstr(at, word)) != NULL; at++) {
        count++;
    }
    return count;
}

static void as_many_tickets_as_are_set(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how < WAYS; how++) {
        for (unsigned count = 0; count <= HF_TICKETS_MAX; count += 4) {
            hf_config *client = client13(), *server = server_by(how, NULL);
            assert_int_equal(hf_config_ticket_count(server, count), HF_OK);
            size_t before = store.puts;
            struct pair *p = meet(client, server, NULL);
            pair_assert_complete(p);
            assert_int_equal(times(p->steps[HF_CLIENT], "NewSessionTicket"), count);
            assert_int_equal(times(p->steps[HF_SERVER], "NewSessionTicket"), count);
            assert_int_equal(store.puts - before, how == BY_RECORD ? count : 0);
            hf_session *session = hf_conn_session(p->client);
            assert_int_equal(session != NULL, count > 0);
            pair_free(p);
            if (session) {
                p = meet(client, server, session);
                assert_resumption(p, HF_RESUMED);
                assert_int_equal(times(p->steps[HF_CLIENT], "NewSessionTicket"), 1); /* for the one used */
                pair_free(p);
                hf_session_free(session);
            }
            free_both(client, server);
        }
    }
    hf_config *c = hf_config_server();
    assert_int_equal(hf_config_ticket_count(c, HF_TICKETS_MAX + 1), HF_BAD_ARGUMENT);
    hf_config_free(c);
    c = hf_config_client();
    assert_int_equal(hf_config_ticket_count(c, 1), HF_BAD_ARGUMENT);
    hf_config_free(c);
}

/* RFC 8446 4.2.9: none for a client that names no mode; and none where nothing is remembered. */
static void nobody_asks_for_tickets(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_ID, NULL);
    assert_int_equal(hf_config_tickets(client, false), HF_OK);
    struct pair *p = meet(client, server, NULL);
    pair_assert_complete(p);
    assert_int_equal(times(p->steps[HF_SERVER], "NewSessionTicket"), 0);
    assert_null(hf_conn_session(p->client));
    pair_free(p);
    free_both(client, server);
    client = client13();
    server = speaking13(test_server_config());
    assert_int_equal(hf_config_session_cache(server, 0), HF_OK);
    p = meet(client, server, NULL);
    pair_assert_complete(p);
    assert_int_equal(times(p->steps[HF_SERVER], "NewSessionTicket"), 0);
    pair_free(p);
    free_both(client, server);
}

/* RFC 8446 6: a connection that failed leaves nothing behind. */
static void a_connection_that_fails_takes_its_tickets_along(void **state)
{
    (void)state;
    for (enum how how = BY_ID; how <= BY_RECORD; how++) {
        hf_config *client = client13(), *server = server_by(how, NULL);
        struct pair *p = meet(client, server, NULL);
        hf_session *session = pair_session(p);
        uint8_t saved[16384];
        size_t len = sizeof saved;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
        hf_session_free(session);
        hf_abort(p->server, HF_INTERNAL);
        pair_free(p);
        assert_true(how != BY_RECORD || store.forgets == 2);
        assert_int_equal(hf_session_load((hf_bytes){saved, len}, &session), HF_OK);
        offers(client, server, session, HF_SESSION_UNKNOWN);
        free_both(client, server);
    }
}

/* RFC 5246 7.2.1: a stream that ends without close_notify spoils no session, and the ticket came before. */
static void a_stream_that_is_cut_off_leaves_its_session(void **state)
{
    (void)state;
    hf_config *client = client13(), *server = server_by(BY_ID, NULL);
    struct pair *p = meet(client, server, NULL);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_end_wire(p->client), HF_TRUNCATED);
    assert_int_equal(hf_failed(p->client)->err, HF_TRUNCATED);
    hf_session *session = pair_session(p);
    pair_free(p);
    offers(client, server, session, HF_RESUMED);
    p = meet(client, server, NULL);
    hf_abort(p->client, HF_INTERNAL);
    assert_null(hf_conn_session(p->client));
    pair_free(p);
    free_both(client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(the_peers_meet_again),
        SESSIONS_TEST(both_hashes_and_every_suite),
        SESSIONS_TEST(behind_hello_retry_request),
        SESSIONS_TEST(a_session_that_was_saved),
        SESSIONS_TEST(notes_come_back),
        SESSIONS_TEST(by_the_key_alone),
        SESSIONS_TEST(no_group_in_common_any_more),
        SESSIONS_TEST(a_client_offers_it_once),
        SESSIONS_TEST(a_server_takes_it_once),
        SESSIONS_TEST(another_name_does_not_use_it_up),
        SESSIONS_TEST(as_many_tickets_as_are_set),
        SESSIONS_TEST(nobody_asks_for_tickets),
        SESSIONS_TEST(a_connection_that_fails_takes_its_tickets_along),
        SESSIONS_TEST(a_stream_that_is_cut_off_leaves_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
