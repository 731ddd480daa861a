/* SPDX-License-Identifier: MIT */
/* What a handshake that QUIC carries refuses, and by which number of CONNECTION_CLOSE: RFC 9001 4, 6, 8. */
#include "quic.h"

#include <string.h>

enum { ALPN = 16, PARAMETERS = 57 };

/* RFC 9001 8.2 */
static void parameters_missing(void **state)
{
    (void)state;
    struct quic_two t = quic_two_new();
    quic_collect(&t.client);
    quic_remove_extension(&t.client.out[HF_QUIC_INITIAL], PARAMETERS);
    assert_int_equal(quic_carry(&t.client, &t.server), HF_MISSING_EXTENSION);
    quic_assert_refused(&t.server, HF_MISSING_EXTENSION, 0x016d);
    quic_two_free(&t);
    t = quic_two_new();
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    quic_remove_extension(&t.server.out[HF_QUIC_HANDSHAKE], PARAMETERS);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_MISSING_EXTENSION);
    quic_assert_refused(&t.client, HF_MISSING_EXTENSION, 0x016d);
    quic_two_free(&t);
}

/* RFC 9001 8.1 */
static void alpn_missing(void **state)
{
    (void)state;
    struct quic_two t = quic_two_new();
    quic_collect(&t.client);
    quic_remove_extension(&t.client.out[HF_QUIC_INITIAL], ALPN);
    (void)quic_carry(&t.client, &t.server);
    quic_assert_refused(&t.server, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    quic_two_free(&t);
    t = quic_two_new();
    (void)quic_carry(&t.client, &t.server);
    quic_remove_extension(&t.server.out[HF_QUIC_HANDSHAKE], ALPN);
    (void)quic_carry(&t.server, &t.client);
    quic_assert_refused(&t.client, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    quic_two_free(&t);
}

/* RFC 9001 8.1: declining, which a server may do elsewhere, is none; nor may it choose what was not offered. */
static void alpn_not_in_common(void **state)
{
    (void)state;
    size_t len;
    hf_config *server = quic_config(test_server_config());
    assert_int_equal(hf_config_alpn(server, "hq-interop", true), HF_OK);
    struct quic_two t = quic_two_of(quic_config(test_client_config()), server);
    (void)quic_carry(&t.client, &t.server);
    quic_assert_refused(&t.server, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    quic_two_free(&t);
    t = quic_two_new();
    (void)quic_carry(&t.client, &t.server);
    quic_extension(&t.server.out[HF_QUIC_HANDSHAKE], ALPN, &len)[3] = 'x';
    (void)quic_carry(&t.server, &t.client);
    quic_assert_refused(&t.client, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    quic_two_free(&t);
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
        struct quic_two t = quic_two_new();
        quic_converse(&t.client, &t.server);
        assert_int_equal(hf_update_keys(t.server.conn, false), HF_KEY_UPDATE_UNAVAILABLE);
        assert_int_not_equal(hf_request_client_certificate(t.server.conn), HF_OK);
        hf_bytes bytes = {refused[i].bytes, refused[i].len};
        assert_int_equal(hf_quic_push(t.client.conn, HF_QUIC_APPLICATION, bytes), refused[i].row);
        quic_assert_refused(&t.client, refused[i].row, refused[i].error);
        quic_two_free(&t);
    }
}

/* RFC 9001 4.1.3 */
static void levels_in_order(void **state)
{
    (void)state;
    static const uint8_t byte[] = {1};
    struct quic_two t = quic_two_new();
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
    quic_two_free(&t);
}

/* RFC 9000 7.5: what comes while a question is open is kept, but not without end. */
static void more_than_is_kept(void **state)
{
    (void)state;
    static const uint8_t bytes[16384];
    hf_question q;
    hf_err e = HF_OK;
    hf_config *client = quic_config(test_client_config());
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    struct quic_two t = quic_two_of(client, quic_config(test_server_config()));
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_OK);
    assert_int_equal(hf_asked(t.client.conn, &q), HF_ASK_VERIFY);
    for (int i = 0; i < 100 && e == HF_OK; i++) {
        e = hf_quic_push(t.client.conn, HF_QUIC_HANDSHAKE, (hf_bytes){bytes, sizeof bytes});
    }
    assert_int_equal(e, HF_BUFFER_LIMIT);
    quic_assert_refused(&t.client, HF_BUFFER_LIMIT, 0x0d);
    quic_two_free(&t);
}

/* RFC 9001 4.1.3: bytes that are left where the keys change. */
static void bytes_behind_server_hello(void **state)
{
    (void)state;
    struct quic_two t = quic_two_new();
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    test_bytes_add(&t.server.out[HF_QUIC_INITIAL], "\x08", 1);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_BYTES_ACROSS_KEY_CHANGE);
    quic_assert_refused(&t.client, HF_BYTES_ACROSS_KEY_CHANGE, 0x0a);
    quic_two_free(&t);
}

/* RFC 9001 8.4 */
static void compatibility_mode(void **state)
{
    (void)state;
    struct quic_two t = quic_two_new();
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
    quic_two_free(&t);
}

/* RFC 9001 8.2: quic_transport_parameters where there is no QUIC. */
static void parameters_over_tcp(void **state)
{
    (void)state;
    static const uint16_t highest[] = {0x0304, 0x0303};
    for (size_t i = 0; i < 2; i++) {
        struct quic_two t = quic_two_new();
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
        quic_two_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_missing),  cmocka_unit_test(alpn_missing),
        cmocka_unit_test(alpn_not_in_common),  cmocka_unit_test(nothing_but_tickets),
        cmocka_unit_test(levels_in_order),     cmocka_unit_test(bytes_behind_server_hello),
        cmocka_unit_test(more_than_is_kept),   cmocka_unit_test(compatibility_mode),
        cmocka_unit_test(parameters_over_tcp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
