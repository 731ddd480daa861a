/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* The double handshake, RFC 4680 4 figure 2. Checklist U6, and U4, U5, U7 inside it. */
#define TYPE 65400

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static hf_config *twice(hf_config *config)
{
    assert_int_equal(hf_config_double_handshake(config, true), HF_OK);
    return config;
}

static hf_config *with_data(hf_config *config, hf_supplemental_when when)
{
    const hf_supplemental_type row = {
        .type = TYPE, .extension = TYPE, .client_sends = true, .server_sends = true, .when = when};
    assert_int_equal(hf_config_supplemental(config, &row), HF_OK);
    return config;
}

static hf_config *alice(void)
{
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    return client;
}

static hf_config *asking(hf_client_auth mode)
{
    hf_config *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, mode), HF_OK);
    return server;
}

static bool answer(void *arg, struct pair *pair, hf_conn *asked)
{
    hf_question q;
    const hf_supplemental entry = {
        .type = TYPE, .data = text(asked == pair->client ? "the client's words" : "the server's words")};
    (void)arg;
    if (hf_asked(asked, &q) != HF_ASK_SUPPLEMENTAL) {
        return false;
    }
    assert_false(q.in_clear);
    assert_false(hf_negotiated(asked)->complete); /* the first one is, but nobody may rely on it yet */
    assert_false(hf_supplemental_received(asked, 0, NULL));
    return hf_answer_supplemental(asked, &entry, 1) == HF_OK;
}

/* All bytes both ways, as a listener has them. */
static void listen_in(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    (void)pair, (void)from;
    test_bytes_add(arg, bytes->data, bytes->len);
}

static bool holds(const struct test_bytes *wire, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= wire->len; i++) {
        if (memcmp(wire->data + i, what, len) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_words(const hf_conn *conn, const char *words)
{
    hf_supplemental got;
    assert_true(hf_supplemental_received(conn, 0, &got));
    assert_int_equal(got.data.len, strlen(words));
    assert_memory_equal(got.data.data, words, got.data.len);
    assert_true(got.unauthenticated);
    assert_false(got.in_clear);
}

/* U6: certificate and data of both sides, and nothing of them on the wire that can be read. */
static void u6_both_carry_all_in_the_second(void **state)
{
    (void)state;
    struct test_bytes wire = {0};
    hf_user_mapping hint = {text("alice@example.com"), {NULL, 0}}, got;
    hf_config *client = with_data(alice(), HF_AFTER_DOUBLE_HANDSHAKE),
              *server = with_data(asking(HF_CLIENT_AUTH_REQUIRE), HF_AFTER_DOUBLE_HANDSHAKE);
    assert_int_equal(hf_config_user_mapping(client, &hint, HF_AFTER_DOUBLE_HANDSHAKE), HF_OK);
    assert_int_equal(hf_config_user_mapping(server, NULL, HF_AFTER_DOUBLE_HANDSHAKE), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->hook = listen_in;
    p->hook_arg = &wire;
    p->ask = answer;
    pair_run(p);
    pair_assert_complete(p);
    assert_words(p->server, "the client's words");
    assert_words(p->client, "the server's words");
    assert_true(hf_user_mapping_hint(p->server, 0, &got));
    const hf_summary *n = hf_negotiated(p->server);
    assert_true(n->peer_verified && strstr(n->peer_subject, "alice"));
    assert_true(n->extended_master_secret && n->secure_renegotiation);
    assert_int_equal(n->renegotiation, HF_RENEGOTIATED);
    assert_false(n->resumed);
    assert_string_equal(n->server_name, TEST_HOST);
    assert_int_equal(p->kinds[HF_CLIENT][HF_EVENT_DONE], 2);
    assert_false(holds(&wire, "alice") || holds(&wire, "words"));
    assert_true(holds(&wire, TEST_HOST)); /* the first has server_name: it chooses the certificate */
    pair_exchange(p, 20000);
    test_bytes_free(&wire);
    pair_free(p);
}

/* U6: the certificate alone, with no types registered; also with a peer that merely lets it renegotiate. */
static void u6_hides_the_certificate(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct test_bytes wire = {0};
        hf_config *server = asking(plain ? HF_CLIENT_AUTH_REQUEST : HF_CLIENT_AUTH_REQUIRE);
        if (plain) {
            assert_int_equal(hf_config_renegotiation(server, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
        } else {
            twice(server);
        }
        struct pair *p = pair_take(twice(alice()), server, TEST_HOST);
        p->hook = listen_in;
        p->hook_arg = &wire;
        pair_run(p);
        pair_assert_complete(p);
        assert_non_null(hf_negotiated(p->server)->peer_subject);
        assert_false(holds(&wire, "alice"));
        pair_exchange(p, 100);
        test_bytes_free(&wire);
        pair_free(p);
    }
}

/* The server has it, and the client renegotiates by its own wish. */
static void a_client_that_begins_the_second_itself(void **state)
{
    (void)state;
    hf_config *client = alice();
    assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_WHEN_WE_ASK, 0, 0), HF_OK);
    struct pair *p = pair_take(client, twice(asking(HF_CLIENT_AUTH_REQUIRE)), TEST_HOST);
    pair_run(p);
    assert_true(hf_negotiated(p->client)->complete);
    assert_false(hf_negotiated(p->server)->complete);
    assert_false(hf_wants(p->server) & HF_GIVE_APP);
    size_t used;
    assert_int_equal(hf_push_app(p->server, text("too early"), &used), HF_TOO_EARLY);
    assert_int_equal(hf_renegotiate(p->server), HF_TOO_EARLY);
    uint8_t keys[16];
    assert_int_equal(hf_export(p->server, "EXPORTER-test", NULL, keys, sizeof keys), HF_TOO_EARLY);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
}

/* ---- notes, which may be given until the second is complete ---- */
static void assert_note(const struct pair *p, hf_side side, const char *note)
{
    hf_bytes got = hf_negotiated(pair_conn(p, side))->session_note;
    assert_int_equal(got.len, strlen(note));
    assert_memory_equal(got.data, note, got.len);
}

static void a_note_from_before_the_first(void **state)
{
    (void)state;
    struct pair *p = pair_take(twice(alice()), twice(asking(HF_CLIENT_AUTH_REQUIRE)), TEST_HOST);
    assert_int_equal(hf_conn_session_note(p->client, text("client's")), HF_OK);
    assert_int_equal(hf_conn_session_note(p->server, text("server's")), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    assert_int_equal(hf_session_note(session).len, 8);
    hf_session_free(session);
    assert_note(p, HF_CLIENT, "client's");
    assert_note(p, HF_SERVER, "server's");
    assert_int_equal(hf_conn_session_note(p->client, text("late")), HF_BAD_ARGUMENT);
    pair_free(p);
}

static void a_note_between_the_two(void **state)
{
    (void)state;
    hf_config *client = alice();
    assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_WHEN_WE_ASK, 0, 0), HF_OK);
    struct pair *p = pair_take(client, twice(asking(HF_CLIENT_AUTH_REQUIRE)), TEST_HOST);
    assert_int_equal(hf_conn_session_note(p->server, text("early")), HF_OK);
    pair_run(p);
    assert_false(hf_negotiated(p->server)->complete);
    assert_int_equal(hf_conn_session_note(p->server, text("between")), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_note(p, HF_SERVER, "between");
    pair_free(p);
}

static bool note_and_answer(void *arg, struct pair *pair, hf_conn *asked)
{
    assert_int_equal(hf_conn_session_note(asked, text("in the second")), HF_OK);
    return answer(arg, pair, asked);
}

static void a_note_in_the_second(void **state)
{
    (void)state;
    struct pair *p = pair_take(with_data(alice(), HF_AFTER_DOUBLE_HANDSHAKE),
                               with_data(asking(HF_CLIENT_AUTH_REQUIRE), HF_AFTER_DOUBLE_HANDSHAKE),
                               TEST_HOST);
    assert_int_equal(hf_conn_session_note(p->client, text("early")), HF_OK);
    p->ask = note_and_answer;
    pair_run(p);
    pair_assert_complete(p);
    assert_note(p, HF_CLIENT, "in the second");
    assert_note(p, HF_SERVER, "in the second");
    pair_free(p);
}

/* U6: whoever makes one handshake only is nobody yet: its data is refused. */
static void data_before_the_second_is_refused(void **state)
{
    (void)state;
    struct pair *p = pair_take(alice(), twice(asking(HF_CLIENT_AUTH_REQUIRE)), TEST_HOST);
    pair_run(p);
    size_t used;
    assert_int_equal(hf_push_app(p->client, text("let me in"), &used), HF_OK);
    pair_run(p);
    assert_int_equal(p->received[HF_SERVER].len, 0);
    pair_assert_refused(p, HF_SERVER, HF_SECOND_HANDSHAKE_MISSING, 10);
    pair_free(p);
}

static void an_end_before_the_second(void **state)
{
    (void)state;
    for (int closes = 0; closes < 2; closes++) {
        struct pair *p = pair_take(alice(), twice(asking(HF_CLIENT_AUTH_REQUIRE)), TEST_HOST);
        pair_run(p);
        if (closes) {
            assert_int_equal(hf_close(p->client), HF_OK);
            pair_run(p);
        } else {
            assert_int_equal(hf_end_wire(p->server), HF_CLOSED_IN_HANDSHAKE);
        }
        assert_int_equal(hf_failed(p->server)->err, HF_CLOSED_IN_HANDSHAKE);
        pair_free(p);
    }
}

/* RFC 5746 4.2: the server will not. */
static void a_server_that_refuses(void **state)
{
    (void)state;
    struct pair *p = pair_take(twice(alice()), asking(HF_CLIENT_AUTH_REQUEST), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_DOUBLE_HANDSHAKE_REFUSED, 40);
    assert_null(hf_negotiated(p->server)->peer_subject); /* and has not seen the certificate */
    pair_free(p);
}

/* A server that must see it at once gets none in the clear. */
static void a_server_that_requires_it_in_the_first(void **state)
{
    (void)state;
    struct pair *p = pair_take(twice(alice()), asking(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_CLIENT_CERTIFICATE_MISSING, 40);
    pair_free(p);
}

/* U6, U7: the second is full though the first was resumed, so it carries the data. */
static void u6_the_second_is_never_resumed(void **state)
{
    (void)state;
    hf_config *client = with_data(alice(), HF_AFTER_DOUBLE_HANDSHAKE),
              *server = with_data(asking(HF_CLIENT_AUTH_REQUIRE), HF_AFTER_DOUBLE_HANDSHAKE);
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = answer;
    pair_run(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_new(client, server, TEST_HOST);
    p->ask = answer;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    const char *done = strstr(p->steps[HF_CLIENT], "ServerHelloDone"); /* once: the first had none */
    assert_true(done && !strstr(done + 1, "ServerHelloDone"));
    assert_false(hf_negotiated(p->client)->resumed);
    assert_words(p->server, "the client's words");
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* A later renegotiation without data leaves none behind; hf_supplemental_received is of the last handshake.
 */
static void under_protection_by_hand(void **state)
{
    (void)state;
    hf_config *client = with_data(alice(), HF_UNDER_PROTECTION),
              *server = with_data(asking(HF_CLIENT_AUTH_NONE), HF_UNDER_PROTECTION);
    assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_WHEN_WE_ASK, 0, 0), HF_OK);
    assert_int_equal(hf_config_renegotiation(server, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_false(hf_supplemental_received(p->server, 0, NULL));
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    for (bool asked = true; asked;) { /* the first handshake is complete all the while */
        const hf_supplemental entry = {.type = TYPE, .data = text("by hand")};
        pair_run(p);
        asked = false;
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            if (hf_asked(pair_conn(p, side), NULL) == HF_ASK_SUPPLEMENTAL) {
                assert_false(hf_supplemental_received(p->server, 0, NULL));
                assert_int_equal(hf_answer_supplemental(pair_conn(p, side), &entry, 1), HF_OK);
                asked = true;
            }
        }
    }
    pair_assert_complete(p);
    assert_words(p->server, "by hand");
    assert_words(p->client, "by hand");
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u6_both_carry_all_in_the_second),
        cmocka_unit_test(u6_hides_the_certificate),
        cmocka_unit_test(a_client_that_begins_the_second_itself),
        cmocka_unit_test(a_note_from_before_the_first),
        cmocka_unit_test(a_note_between_the_two),
        cmocka_unit_test(a_note_in_the_second),
        cmocka_unit_test(data_before_the_second_is_refused),
        cmocka_unit_test(an_end_before_the_second),
        cmocka_unit_test(a_server_that_refuses),
        cmocka_unit_test(a_server_that_requires_it_in_the_first),
        cmocka_unit_test(u6_the_second_is_never_resumed),
        cmocka_unit_test(under_protection_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
