/* SPDX-License-Identifier: MIT */
#include "early.h"

#include <openssl/sha.h>
#include <stdlib.h>

/* Early data, RFC 8446 2.3, 4.2.10, 4.5: accepted, and what goes with it. What is not taken:
 * test_early_data_refused.c; its limits: test_early_data_limits.c. */
/* ---- accepted ---- */
static void it_is_taken(void **state)
{
    (void)state;
    store_takes = true;
    for (enum how how = BY_ID; how <= BY_RECORD; how++) {
        hf_config *client = eager(), *server = server_by(how, takes_early);
        hf_session *session = earn(client, server);
        struct pair *p = send_early(client, server, session, sizeof early_words);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_early(p, HF_EARLY_ACCEPTED, sizeof early_words);
        assert_string_equal((char *)p->early.data, early_words);
        assert_int_equal(hf_conn_stats(p->client).early_out, sizeof early_words);
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
            struct pair *p = ready_for_early(client, server, session);
            p->chunk = chunk;
            push_early(p, sizeof early_words, sizeof early_words);
            push_early(p, 100, 100);
            pair_run(p);
            pair_assert_complete(p);
            assert_early(p, HF_EARLY_ACCEPTED, sizeof early_words + 100);
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
    struct pair *p = ready_for_early(client, server, session);
    push_early(p, 0, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(hf_wants(p->client) & HF_GIVE_EARLY);
        (void)pair_carry(p, HF_CLIENT);
        push_early(p, 20, 20);
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
    struct pair *p = ready_for_early(client, server, session);
    size_t used;
    push_early(p, sizeof early_words, sizeof early_words);
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_TOO_EARLY);
    (void)pair_carry(p, HF_CLIENT);
    assert_int_equal(p->early.len, sizeof early_words);
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
    struct pair *p = ready_for_early(client, server, session);
    push_early(p, sizeof early_words, sizeof early_words);
    push_early(p, 10, 10);
    hf_bytes out = hf_peek_wire(p->client);
    uint8_t *wire = malloc(out.len);
    size_t len = out.len, used = 0;
    memcpy(wire, out.data, len);
    assert_int_equal(hf_push_wire(p->server, wire, len, &used), HF_OK);
    assert_true(used < len);
    assert_int_equal(hf_peek_app(p->server).len, 0);
    assert_int_equal(hf_peek_early(p->server).len, sizeof early_words);
    assert_true(hf_wants(p->server) & HF_TAKE_EARLY);
    assert_false(hf_wants(p->server) & HF_TAKE_APP);
    size_t more = 0;
    assert_int_equal(hf_push_wire(p->server, wire + used, len - used, &more), HF_OK);
    assert_int_equal(more, 0);
    hf_drop_early(p->server, 4);
    assert_memory_equal(hf_peek_early(p->server).data, early_words + 4, 5);
    hf_drop_early(p->server, 1000);
    assert_int_equal(hf_push_wire(p->server, wire + used, len - used, &more), HF_OK);
    assert_int_equal(more, len - used);
    assert_int_equal(hf_peek_early(p->server).len, 10);
    free(wire);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* ---- what goes with it ---- */
/* RFC 8446 7.5 */
static void the_early_exporter(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready_for_early(client, server, session);
    uint8_t ours[32], theirs[32], late[32], other[32];
    const hf_bytes context = {(const uint8_t *)"context", 7};
    assert_int_equal(hf_export_early(p->client, "EXPORTER-x", NULL, ours, 32), HF_EXPORTER_UNAVAILABLE);
    push_early(p, sizeof early_words, sizeof early_words);
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
    p = send_early(client, off, session, sizeof early_words);
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
    struct pair *p = ready_for_early(client, server, session);
    push_early(p, sizeof early_words, sizeof early_words);
    hf_abort(p->client, HF_INTERNAL);
    pair_run(p);
    assert_int_equal(p->early.len, sizeof early_words);
    pair_assert_failed(p, HF_SERVER, HF_ALERT_RECEIVED, 80, HF_RECEIVED); /* internal_error */
    pair_free(p);
    hf_session_free(session);
    session = earn(client, server);
    p = ready_for_early(client, server, session);
    push_early(p, sizeof early_words, sizeof early_words);
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
        SESSIONS_TEST(the_early_exporter),
        SESSIONS_TEST(the_key_log),
        SESSIONS_TEST(the_client_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
