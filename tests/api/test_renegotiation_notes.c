/* SPDX-License-Identifier: MIT */
#include "again.h"

#include <string.h>

/* What goes on through a second handshake: the protocol, notes, and what the application is asked. */
/* ALPN is the connection's: it stays, and is not negotiated anew. */
static void alpn_stays(void **state)
{
    (void)state;
    hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
              *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_config_alpn(client, "a,b", false), HF_OK);
    assert_int_equal(hf_config_alpn(server, "b", false), HF_OK);
    struct pair *p = connected_pair(client, server);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_string_equal(hf_negotiated(p->client)->alpn, "b");
    assert_string_equal(hf_negotiated(p->server)->alpn, "b");
    pair_free(p);
}

/* ---- notes ---- */
static void set_note(struct pair *p, hf_side side, const char *text)
{
    assert_int_equal(
        hf_conn_session_note(pair_conn(p, side), (hf_bytes){(const uint8_t *)text, strlen(text)}), HF_OK);
}

static void assert_note(const struct pair *p, hf_side side, const char *text)
{
    hf_bytes note = hf_negotiated(pair_conn(p, side))->session_note;
    assert_int_equal(note.len, strlen(text));
    assert_memory_equal(note.data, text, note.len);
}

/* What was said of the connection is said of every session it makes. */
static void a_note_goes_on_into_later_sessions(void **state)
{
    (void)state;
    struct pair *p = pair_take(config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
                               config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT), TEST_HOST);
    set_note(p, HF_CLIENT, "client's");
    set_note(p, HF_SERVER, "server's");
    pair_run(p);
    for (unsigned times = 1; times <= 2; times++) {
        hf_session *first = pair_session(p);
        assert_int_equal(hf_renegotiate(p->client), HF_OK);
        pair_run(p);
        assert_again(p, times);
        hf_session *made = pair_session(p);
        assert_ptr_not_equal(made, first);
        assert_int_equal(hf_session_note(made).len, 8);
        assert_note(p, HF_CLIENT, "client's");
        assert_note(p, HF_SERVER, "server's");
        hf_session_free(first);
        hf_session_free(made);
        renegotiation_now += 30;
    }
    assert_int_equal(hf_conn_session_note(p->client, (hf_bytes){NULL, 0}), HF_BAD_ARGUMENT);
    pair_free(p);
}

/* The note of a session that is resumed goes on too, unless the connection has one of its own. */
static void the_note_of_a_resumed_session_goes_on(void **state)
{
    (void)state;
    hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
              *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    struct pair *p = pair_new(client, server, TEST_HOST);
    set_note(p, HF_CLIENT, "client's");
    set_note(p, HF_SERVER, "server's");
    pair_run(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    for (int own = 0; own < 2; own++) {
        p = pair_new(client, server, TEST_HOST);
        if (own) {
            set_note(p, HF_CLIENT, "client's own");
            set_note(p, HF_SERVER, "server's own");
        }
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        pair_run(p);
        assert_true(hf_negotiated(p->client)->resumed);
        assert_note(p, HF_CLIENT, "client's");
        assert_note(p, HF_SERVER, "server's");
        for (unsigned times = 1; times <= 2; times++) {
            assert_int_equal(hf_renegotiate(p->client), HF_OK);
            pair_run(p);
            assert_again(p, times);
            assert_false(hf_negotiated(p->client)->resumed);
            assert_note(p, HF_CLIENT, own ? "client's own" : "client's");
            assert_note(p, HF_SERVER, own ? "server's own" : "server's");
            renegotiation_now += 30;
        }
        pair_free(p);
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* The questions of a later handshake are asked like those of the first. */
static bool answer_verdict(void *arg, struct pair *pair, hf_conn *asked)
{
    hf_question q;
    (void)pair;
    assert_int_equal(hf_asked(asked, &q), HF_ASK_VERIFY);
    ++*(unsigned *)arg;
    return hf_answer_verdict(asked, HF_OK) == HF_OK;
}

static void questions_are_asked_again(void **state)
{
    (void)state;
    hf_config *client = alice(HF_RENEGOTIATE_ACCEPT, TEST_P256), *server = asking();
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_VERIFY), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    unsigned asked = 0;
    p->ask = answer_verdict;
    p->ask_arg = &asked;
    pair_run(p);
    assert_int_equal(asked, 1);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_int_equal(asked, 3);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    pair_exchange(p, 100);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpn_stays),
        cmocka_unit_test(a_note_goes_on_into_later_sessions),
        cmocka_unit_test(the_note_of_a_resumed_session_goes_on),
        cmocka_unit_test(questions_are_asked_again),
    };
    return cmocka_run_group_tests_name("api/renegotiation_notes", tests, NULL, NULL);
}
