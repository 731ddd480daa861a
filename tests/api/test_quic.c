/* SPDX-License-Identifier: MIT */
/* A handshake that QUIC carries, RFC 9001 4 and 8: bytes by level, secrets, transport parameters.
 */
#include "quic.h"

#include <string.h>

static void assert_text(hf_bytes bytes, const char *text)
{
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
}

/* RFC 9001 4.1.5, 8.2, 8.4 */
static void full(void **state)
{
    (void)state;
    struct quic_two t = quic_two_new();
    quic_collect(&t.client);
    assert_int_equal(t.client.out[HF_QUIC_INITIAL].data[0], 1);          /* no record header */
    assert_int_equal(t.client.out[HF_QUIC_INITIAL].data[4 + 2 + 32], 0); /* legacy_session_id */
    assert_null(hf_quic_peer_parameters(t.client.conn).data);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    assert_text(hf_quic_peer_parameters(t.server.conn), "what the client says");
    assert_text(hf_quic_peer_parameters(t.client.conn), "what the server says");
    assert_string_equal(hf_negotiated(t.client.conn)->alpn, "h3");
    assert_string_equal(hf_negotiated(t.server.conn)->alpn, "h3");
    assert_int_equal(hf_quic_error(t.client.conn), 0);
    quic_two_free(&t);
}

/* RFC 9001 4.5: tickets come in CRYPTO frames of 1-RTT; the resumed handshake has no certificate. */
static void resumed(void **state)
{
    (void)state;
    struct quic_two t = quic_two_new();
    quic_converse(&t.client, &t.server);
    hf_session *session = hf_conn_session(t.client.conn);
    assert_non_null(session);
    quic_close(&t.client);
    quic_close(&t.server);
    quic_open(&t.client, t.configs[0], TEST_HOST, "again");
    quic_open(&t.server, t.configs[1], NULL, "again too");
    assert_int_equal(hf_conn_resume(t.client.conn, session), HF_OK);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    assert_true(hf_negotiated(t.client.conn)->resumed && hf_negotiated(t.server.conn)->resumed);
    hf_session_free(session);
    quic_two_free(&t);
}

/* RFC 9001 4.5: a session of TLS over TCP is not resumed. */
static void sessions_stay_apart(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_versions(server, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_alpn(client, "h3", false), HF_OK);
    assert_int_equal(hf_config_alpn(server, "h3", false), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    hf_session *session = pair_session(p);
    struct quic_two t = quic_two_new();
    assert_int_equal(hf_conn_resume(t.client.conn, session), HF_OK);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    assert_false(hf_negotiated(t.client.conn)->resumed);
    assert_int_equal(hf_negotiated(t.client.conn)->resumption, HF_SESSION_CONTEXT);
    hf_session_free(session);
    pair_free(p);
    quic_two_free(&t);
}

static void retried(void **state)
{
    (void)state;
    hf_config *server = quic_config(test_server_config());
    assert_int_equal(hf_config_groups(server, "secp384r1", NULL), HF_OK);
    struct quic_two t = quic_two_of(quic_config(test_client_config()), server);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    assert_true(hf_negotiated(t.client.conn)->hello_retry_request);
    assert_true(hf_negotiated(t.server.conn)->hello_retry_request);
    assert_string_equal(hf_negotiated(t.client.conn)->group_name, "secp384r1");
    assert_text(hf_quic_peer_parameters(t.server.conn), "what the client says");
    quic_two_free(&t);
}

/* Mutual, and each byte alone: a message that did not arrive whole is kept. */
static void mutual_in_bytes(void **state)
{
    (void)state;
    hf_config *client = quic_config(test_client_config()), *server = quic_config(test_server_config());
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct quic_two t = quic_two_of(client, server);
    struct quic_end *ends[2] = {&t.client, &t.server};
    for (int turn = 0; turn < 8; turn++) {
        struct quic_end *from = ends[turn % 2], *to = ends[1 - turn % 2];
        quic_collect(from);
        for (int level = 0; level < QUIC_LEVELS; level++) {
            for (size_t i = 0; i < from->out[level].len; i++) {
                assert_int_equal(
                    hf_quic_push(to->conn, (hf_quic_level)level, (hf_bytes){from->out[level].data + i, 1}),
                    HF_OK);
            }
            test_bytes_drop(&from->out[level], from->out[level].len);
            quic_collect(to);
        }
    }
    assert_true(hf_negotiated(t.server.conn)->peer_verified);
    quic_assert_complete(&t.client, &t.server);
    quic_two_free(&t);
}

/* RFC 9001 4.1.4: what comes while certificates are being looked at is kept. */
static void asked(void **state)
{
    (void)state;
    hf_question q;
    hf_config *client = quic_config(test_client_config());
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    struct quic_two t = quic_two_of(client, quic_config(test_server_config()));
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    struct test_bytes *flight = &t.server.out[HF_QUIC_HANDSHAKE];
    size_t last = flight->len - 10; /* of Finished */
    assert_int_equal(
        hf_quic_push(t.client.conn, HF_QUIC_INITIAL,
                     (hf_bytes){t.server.out[HF_QUIC_INITIAL].data, t.server.out[HF_QUIC_INITIAL].len}),
        HF_OK);
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_HANDSHAKE, (hf_bytes){flight->data, last}), HF_OK);
    assert_int_equal(hf_asked(t.client.conn, &q), HF_ASK_VERIFY);
    assert_true(hf_wants(t.client.conn) & HF_ANSWER);
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_HANDSHAKE, (hf_bytes){flight->data + last, 10}),
                     HF_OK);
    assert_int_equal(hf_asked(t.client.conn, &q), HF_ASK_VERIFY);
    test_bytes_drop(flight, flight->len);
    test_bytes_drop(&t.server.out[HF_QUIC_INITIAL], t.server.out[HF_QUIC_INITIAL].len);
    assert_int_equal(hf_answer_verdict(t.client.conn, HF_OK), HF_OK);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    quic_two_free(&t);
}

/* ---- how it is used ---- */
static void expect_incomplete(hf_config *config)
{
    hf_problem why;
    assert_int_equal(hf_config_freeze(config, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "RFC 9001"));
    hf_config_free(config);
}

static void configs(void **state)
{
    (void)state;
    hf_config *no_alpn = test_client_config(), *old = quic_config(test_client_config()),
              *later = quic_config(test_client_config());
    assert_int_equal(hf_config_versions(no_alpn, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_quic(no_alpn), HF_OK);
    expect_incomplete(no_alpn);
    assert_int_equal(hf_config_versions(old, 0x0303, 0x0303), HF_OK);
    expect_incomplete(old);
    assert_int_equal(hf_config_post_handshake_auth(later, true), HF_OK);
    expect_incomplete(later);
}

static void misuse(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    hf_quic_level level = HF_QUIC_INITIAL;
    hf_quic_secret secret;
    size_t used;
    struct quic_two t = quic_two_new();
    assert_int_equal(hf_push_wire(t.server.conn, bytes, 5, &used), HF_CARRIED_BY_QUIC);
    assert_int_equal(hf_peek_wire(t.client.conn).len, 0);
    assert_int_equal(hf_push_app(t.client.conn, (hf_bytes){bytes, 1}, &used), HF_CARRIED_BY_QUIC);
    assert_int_equal(hf_quic_parameters(t.client.conn, (hf_bytes){bytes, 2049}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_quic_push(t.client.conn, (hf_quic_level)4, (hf_bytes){bytes, 1}), HF_BAD_ARGUMENT);
    quic_collect(&t.client);
    assert_int_equal(hf_quic_parameters(t.client.conn, (hf_bytes){bytes, 1}), HF_BAD_ARGUMENT);
    hf_conn *without = hf_conn_new(t.configs[0], TEST_HOST, NULL);
    assert_int_equal(hf_quic_peek(without, &level).len, 0); /* RFC 9001 8.2 */
    assert_int_equal(hf_failed(without)->err, HF_QUIC_PARAMETERS_MISSING);
    assert_int_equal(hf_quic_error(without), 0x01); /* RFC 9000 20.1 */
    hf_conn_free(without);
    hf_config *plain = test_freeze(test_client_config());
    hf_conn *tcp = hf_conn_new(plain, TEST_HOST, NULL);
    assert_int_equal(hf_quic_parameters(tcp, (hf_bytes){bytes, 1}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_quic_push(tcp, HF_QUIC_INITIAL, (hf_bytes){bytes, 1}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_quic_peek(tcp, &level).len, 0);
    assert_false(hf_quic_take_secret(tcp, &secret));
    hf_conn_free(tcp);
    hf_config_free(plain);
    quic_two_free(&t);
}

/* A secret lasts until the next is asked for. */
static void secrets_are_taken_once(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    hf_quic_secret first, second;
    struct quic_two t = quic_two_new();
    quic_collect(&t.client);
    const struct test_bytes *hello = &t.client.out[HF_QUIC_INITIAL];
    assert_int_equal(hf_quic_push(t.server.conn, HF_QUIC_INITIAL, (hf_bytes){hello->data, hello->len}),
                     HF_OK);
    assert_true(hf_quic_take_secret(t.server.conn, &first));
    assert_memory_not_equal(first.secret.data, zeros, first.secret.len);
    assert_true(hf_quic_take_secret(t.server.conn, &second));
    assert_true(hf_quic_take_secret(t.server.conn, &second));
    assert_int_equal(second.level, HF_QUIC_APPLICATION);
    assert_false(hf_quic_take_secret(t.server.conn, &second));
    quic_two_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),
        cmocka_unit_test(resumed),
        cmocka_unit_test(sessions_stay_apart),
        cmocka_unit_test(retried),
        cmocka_unit_test(mutual_in_bytes),
        cmocka_unit_test(asked),
        cmocka_unit_test(configs),
        cmocka_unit_test(misuse),
        cmocka_unit_test(secrets_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
