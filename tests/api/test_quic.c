/* SPDX-License-Identifier: MIT */
/* A handshake that QUIC carries, RFC 9001 4 and 8: bytes by level, secrets, transport parameters, refusals.
 */
#include "quic.h"

#include <string.h>

enum { ALPN = 16, PARAMETERS = 57 };

struct two {
    hf_config *configs[2];
    struct quic_end client, server;
};

static struct two two_of(hf_config *client, hf_config *server)
{
    struct two t = {.configs = {client, server}};
    quic_open(&t.client, client, TEST_HOST, "what the client says");
    quic_open(&t.server, server, NULL, "what the server says");
    return t;
}

static struct two two_new(void)
{
    return two_of(quic_config(test_client_config()), quic_config(test_server_config()));
}

static void two_free(struct two *t)
{
    quic_close(&t->client);
    quic_close(&t->server);
    hf_config_free(t->configs[0]);
    hf_config_free(t->configs[1]);
}

static void assert_text(hf_bytes bytes, const char *text)
{
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
}

/* RFC 9001 4.1.5, 8.2, 8.4 */
static void full(void **state)
{
    (void)state;
    struct two t = two_new();
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
    two_free(&t);
}

/* RFC 9001 4.5: tickets come in CRYPTO frames of 1-RTT; the resumed handshake has no certificate. */
static void resumed(void **state)
{
    (void)state;
    struct two t = two_new();
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
    two_free(&t);
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
    struct two t = two_new();
    assert_int_equal(hf_conn_resume(t.client.conn, session), HF_OK);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    assert_false(hf_negotiated(t.client.conn)->resumed);
    assert_int_equal(hf_negotiated(t.client.conn)->resumption, HF_SESSION_CONTEXT);
    hf_session_free(session);
    pair_free(p);
    two_free(&t);
}

static void retried(void **state)
{
    (void)state;
    hf_config *server = quic_config(test_server_config());
    assert_int_equal(hf_config_groups(server, "secp384r1", NULL), HF_OK);
    struct two t = two_of(quic_config(test_client_config()), server);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    assert_text(hf_quic_peer_parameters(t.server.conn), "what the client says");
    two_free(&t);
}

/* Mutual, and each byte alone: a message that did not arrive whole is kept. */
static void mutual_in_bytes(void **state)
{
    (void)state;
    hf_config *client = quic_config(test_client_config()), *server = quic_config(test_server_config());
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct two t = two_of(client, server);
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
    two_free(&t);
}

/* RFC 9001 4.1.4: what comes while certificates are being looked at is kept. */
static void asked(void **state)
{
    (void)state;
    hf_question q;
    hf_config *client = quic_config(test_client_config());
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    struct two t = two_of(client, quic_config(test_server_config()));
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
    two_free(&t);
}

/* ---- refusals ---- */
/* RFC 9001 8.2 */
static void parameters_missing(void **state)
{
    (void)state;
    struct two t = two_new();
    quic_collect(&t.client);
    quic_remove_extension(&t.client.out[HF_QUIC_INITIAL], PARAMETERS);
    assert_int_equal(quic_carry(&t.client, &t.server), HF_MISSING_EXTENSION);
    quic_assert_refused(&t.server, HF_MISSING_EXTENSION, 0x016d);
    two_free(&t);
    t = two_new();
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    quic_remove_extension(&t.server.out[HF_QUIC_HANDSHAKE], PARAMETERS);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_MISSING_EXTENSION);
    quic_assert_refused(&t.client, HF_MISSING_EXTENSION, 0x016d);
    two_free(&t);
}

/* RFC 9001 8.1 */
static void alpn_missing(void **state)
{
    (void)state;
    struct two t = two_new();
    quic_collect(&t.client);
    quic_remove_extension(&t.client.out[HF_QUIC_INITIAL], ALPN);
    (void)quic_carry(&t.client, &t.server);
    quic_assert_refused(&t.server, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    two_free(&t);
    t = two_new();
    (void)quic_carry(&t.client, &t.server);
    quic_remove_extension(&t.server.out[HF_QUIC_HANDSHAKE], ALPN);
    (void)quic_carry(&t.server, &t.client);
    quic_assert_refused(&t.client, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    two_free(&t);
}

/* RFC 9001 8.1: declining, which a server may do elsewhere, is none; nor may it choose what was not offered. */
static void alpn_not_in_common(void **state)
{
    (void)state;
    size_t len;
    hf_config *server = quic_config(test_server_config());
    assert_int_equal(hf_config_alpn(server, "hq-interop", true), HF_OK);
    struct two t = two_of(quic_config(test_client_config()), server);
    (void)quic_carry(&t.client, &t.server);
    quic_assert_refused(&t.server, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    two_free(&t);
    t = two_new();
    (void)quic_carry(&t.client, &t.server);
    quic_extension(&t.server.out[HF_QUIC_HANDSHAKE], ALPN, &len)[3] = 'x';
    (void)quic_carry(&t.server, &t.client);
    quic_assert_refused(&t.client, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    two_free(&t);
}

/* RFC 9001 6, 4.4: neither KeyUpdate nor CertificateRequest behind the handshake. */
static void nothing_but_tickets(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[12];
        size_t len;
        hf_err row;
        uint64_t error;
    } refused[] = {
        {{24, 0, 0, 1, 0}, 5, HF_UNEXPECTED_MESSAGE, 0x010a},
        {{13, 0, 0, 3, 0, 0, 0}, 7, HF_QUIC_CERTIFICATE_REQUEST, 0x0a},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct two t = two_new();
        quic_converse(&t.client, &t.server);
        assert_int_equal(hf_update_keys(t.server.conn, false), HF_KEY_UPDATE_UNAVAILABLE);
        assert_int_not_equal(hf_request_client_certificate(t.server.conn), HF_OK);
        hf_bytes bytes = {refused[i].bytes, refused[i].len};
        assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_APPLICATION, bytes), refused[i].row);
        quic_assert_refused(&t.client, refused[i].row, refused[i].error);
        two_free(&t);
    }
}

/* RFC 9001 4.1.3 */
static void levels_in_order(void **state)
{
    (void)state;
    static const uint8_t byte[] = {1};
    struct two t = two_new();
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    struct test_bytes *flight = &t.server.out[HF_QUIC_HANDSHAKE], *hello = &t.server.out[HF_QUIC_INITIAL];
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_HANDSHAKE, (hf_bytes){flight->data, flight->len}),
                     HF_TOO_EARLY);
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_APPLICATION, (hf_bytes){byte, 1}), HF_TOO_EARLY);
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_INITIAL, (hf_bytes){hello->data, hello->len}),
                     HF_OK);
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_INITIAL, (hf_bytes){byte, 0}), HF_OK);
    assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_INITIAL, (hf_bytes){byte, 1}), HF_QUIC_LEVEL_PAST);
    quic_assert_refused(&t.client, HF_QUIC_LEVEL_PAST, 0x0a);
    assert_int_equal(hf_quic_push(t.server.conn, HF_QUIC_EARLY, (hf_bytes){byte, 1}), HF_QUIC_LEVEL_PAST);
    quic_assert_refused(&t.server, HF_QUIC_LEVEL_PAST, 0x0a);
    two_free(&t);
}

/* RFC 9001 4.1.3: bytes that are left where the keys change. */
static void bytes_behind_server_hello(void **state)
{
    (void)state;
    struct two t = two_new();
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    test_bytes_add(&t.server.out[HF_QUIC_INITIAL], "\x08", 1);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_BYTES_ACROSS_KEY_CHANGE);
    quic_assert_refused(&t.client, HF_BYTES_ACROSS_KEY_CHANGE, 0x0a);
    two_free(&t);
}

/* RFC 9001 8.4 */
static void compatibility_mode(void **state)
{
    (void)state;
    struct two t = two_new();
    quic_collect(&t.client);
    struct test_bytes *hello = &t.client.out[HF_QUIC_INITIAL], changed = {NULL, 0, 0};
    test_bytes_add(&changed, hello->data, 38);
    test_bytes_add(&changed,
                   "\x20"
                   "a session id of thirty-two bytes",
                   33);
    test_bytes_add(&changed, hello->data + 39, hello->len - 39);
    size_t len = changed.len - 4;
    changed.data[2] = (uint8_t)(len >> 8);
    changed.data[3] = (uint8_t)len;
    assert_int_equal(hf_quic_push(t.server.conn, HF_QUIC_INITIAL, (hf_bytes){changed.data, changed.len}),
                     HF_QUIC_COMPATIBILITY_MODE);
    quic_assert_refused(&t.server, HF_QUIC_COMPATIBILITY_MODE, 0x0a);
    test_bytes_free(&changed);
    two_free(&t);
}

/* RFC 9001 8.2: quic_transport_parameters where there is no QUIC. */
static void parameters_over_tcp(void **state)
{
    (void)state;
    static const uint16_t highest[] = {0x0304, 0x0303};
    for (size_t i = 0; i < 2; i++) {
        struct two t = two_new();
        hf_config *config = test_server_config();
        assert_int_equal(hf_config_versions(config, 0x0303, highest[i]), HF_OK);
        hf_conn *tcp = hf_conn_new(test_freeze(config), NULL, NULL);
        struct test_bytes record = {NULL, 0, 0};
        size_t used;
        quic_collect(&t.client);
        const struct test_bytes *hello = &t.client.out[HF_QUIC_INITIAL];
        const uint8_t header[] = {22, 3, 1, (uint8_t)(hello->len >> 8), (uint8_t)hello->len};
        test_bytes_add(&record, header, sizeof header);
        test_bytes_add(&record, hello->data, hello->len);
        assert_int_equal(hf_push_wire(tcp, record.data, record.len, &used), HF_QUIC_PARAMETERS_WITHOUT_QUIC);
        assert_int_equal(hf_failed(tcp)->alert, 110); /* unsupported_extension */
        test_bytes_free(&record);
        hf_conn_free(tcp);
        hf_config_free(config);
        two_free(&t);
    }
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
    struct two t = two_new();
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
    hf_conn_free(without);
    hf_config *plain = test_freeze(test_client_config());
    hf_conn *tcp = hf_conn_new(plain, TEST_HOST, NULL);
    assert_int_equal(hf_quic_parameters(tcp, (hf_bytes){bytes, 1}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_quic_push(tcp, HF_QUIC_INITIAL, (hf_bytes){bytes, 1}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_quic_peek(tcp, &level).len, 0);
    assert_false(hf_quic_take_secret(tcp, &secret));
    hf_conn_free(tcp);
    hf_config_free(plain);
    two_free(&t);
}

/* A secret lasts until the next is asked for. */
static void secrets_are_taken_once(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    hf_quic_secret first, second;
    struct two t = two_new();
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
    two_free(&t);
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
        cmocka_unit_test(parameters_missing),
        cmocka_unit_test(alpn_missing),
        cmocka_unit_test(alpn_not_in_common),
        cmocka_unit_test(nothing_but_tickets),
        cmocka_unit_test(levels_in_order),
        cmocka_unit_test(bytes_behind_server_hello),
        cmocka_unit_test(compatibility_mode),
        cmocka_unit_test(parameters_over_tcp),
        cmocka_unit_test(configs),
        cmocka_unit_test(misuse),
        cmocka_unit_test(secrets_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
