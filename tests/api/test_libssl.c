/* SPDX-License-Identifier: MIT */
#include "libssl.h"

#include <string.h>

#include <openssl/err.h>

/* Things our own two sides never say to each other, said by libssl: no extended_master_secret, older
 * versions, fallbacks, renegotiation. Checklist S10, S13, E1, E4, N1, N3. */

static struct mixed *connected(hf_config *config, hf_side we_are, uint64_t their_options)
{
    struct mixed *m = mixed_new(config, we_are);
    SSL_set_options(m->theirs, their_options);
    mixed_run(m);
    mixed_assert_complete(m);
    mixed_echo(m, 1000);
    return m;
}

static void both_roles(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct mixed *m = connected(test_config(side), side, 0);
        assert_int_equal(SSL_get_extms_support(m->theirs), 1); /* E1 */
        assert_int_equal(SSL_get_secure_renegotiation_support(m->theirs), 1);
        assert_true(hf_negotiated(m->ours)->extended_master_secret);
        assert_true(hf_negotiated(m->ours)->secure_renegotiation); /* N1 */
        uint8_t ours[40], theirs[40];
        const hf_bytes context = {(const uint8_t *)"context", 7};
        assert_int_equal(hf_export(m->ours, "EXPORTER-x", &context, ours, 40), HF_OK);
        assert_int_equal(
            SSL_export_keying_material(m->theirs, theirs, 40, "EXPORTER-x", 10, context.data, 7, 1), 1);
        assert_memory_equal(ours, theirs, 40);
        assert_int_equal(hf_export(m->ours, "EXPORTER-x", NULL, ours, 40), HF_OK);
        assert_int_equal(SSL_export_keying_material(m->theirs, theirs, 40, "EXPORTER-x", 10, NULL, 0, 0), 1);
        assert_memory_equal(ours, theirs, 40);
        mixed_free(m);
    }
}

static void tls_unique_as_libssl_has_it(void **state)
{
    (void)state;
    struct mixed *m = connected(test_client_config(), HF_CLIENT, 0);
    uint8_t theirs[12];
    assert_int_equal(SSL_get_peer_finished(m->theirs, theirs, 12), 12);
    assert_memory_equal(hf_tls_unique(m->ours).data, theirs, 12);
    mixed_free(m);
}

/* E5: the session hash has the client's Certificate in it, or libssl would have another master secret. */
static void mutual_in_both_roles(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    test_add_identity(client, &test_pki()->client[TEST_RSA]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct mixed *m = connected(server, HF_SERVER, 0);
    assert_string_equal(hf_negotiated(m->ours)->peer_subject, "CN=alice");
    assert_true(hf_negotiated(m->ours)->extended_master_secret);
    mixed_free(m);
    m = mixed_new(client, HF_CLIENT);
    SSL_set_verify(m->theirs, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    mixed_run(m);
    mixed_assert_complete(m);
    mixed_echo(m, 1000);
    assert_int_equal(SSL_get_verify_result(m->theirs), X509_V_OK);
    assert_int_equal(SSL_get_extms_support(m->theirs), 1);
    mixed_free(m);
}

/* E4: such a connection works, but exports nothing; and no session is promised (E2 needs none then). */
static void a_peer_without_extended_master_secret(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct mixed *m = connected(test_config(side), side, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        uint8_t out[16];
        assert_false(hf_negotiated(m->ours)->extended_master_secret);
        assert_int_equal(hf_export(m->ours, "EXPORTER-x", NULL, out, 16), HF_EXPORTER_UNAVAILABLE);
        assert_int_equal(hf_tls_unique(m->ours).len, 12); /* of a full handshake it stays: RFC 7627 5.4 */
        mixed_free(m);
        hf_config *strict = test_config(side);
        assert_int_equal(hf_config_require_extended_master_secret(strict, true), HF_OK);
        m = mixed_new(strict, side);
        SSL_set_options(m->theirs, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        mixed_run(m);
        assert_non_null(hf_failed(m->ours));
        assert_int_equal(hf_failed(m->ours)->err, HF_EXTENDED_MASTER_SECRET_REQUIRED);
        assert_int_equal(hf_failed(m->ours)->alert, 40);
        mixed_free(m);
    }
}

/* S10: above ours is negotiated down, below ours is refused with protocol_version. */
static void versions_above_and_below(void **state)
{
    (void)state;
    struct mixed *m = mixed_new(test_server_config(), HF_SERVER);
    SSL_set_max_proto_version(m->theirs, TLS1_3_VERSION);
    mixed_run(m);
    mixed_assert_complete(m);
    assert_int_equal(SSL_version(m->theirs), TLS1_2_VERSION);
    mixed_free(m);
    static const int old[] = {TLS1_VERSION, TLS1_1_VERSION};
    for (size_t i = 0; i < 2; i++) {
        m = mixed_new(test_server_config(), HF_SERVER);
        SSL_set_min_proto_version(m->theirs, TLS1_VERSION);
        SSL_set_max_proto_version(m->theirs, old[i]);
        mixed_run(m);
        assert_non_null(hf_failed(m->ours));
        assert_int_equal(hf_failed(m->ours)->err, HF_NO_COMMON_VERSION);
        assert_int_equal(hf_failed(m->ours)->alert, 70);
        mixed_free(m);
        m = mixed_new(test_client_config(), HF_CLIENT);
        SSL_set_min_proto_version(m->theirs, TLS1_VERSION);
        SSL_set_max_proto_version(m->theirs, old[i]);
        mixed_run(m);
        assert_non_null(hf_failed(m->ours)); /* none of our suites is of its version: it says so first */
        assert_int_equal(hf_failed(m->ours)->err, HF_ALERT_RECEIVED);
        mixed_free(m);
    }
}

/* S13: RFC 7507 3. At our highest version the mark means nothing; below it is refused with 86. */
static void fallback_scsv(void **state)
{
    (void)state;
    struct mixed *m = mixed_new(test_server_config(), HF_SERVER);
    SSL_set_mode(m->theirs, SSL_MODE_SEND_FALLBACK_SCSV);
    mixed_run(m);
    mixed_assert_complete(m);
    mixed_free(m);
    m = mixed_new(test_server_config(), HF_SERVER);
    SSL_set_mode(m->theirs, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL_set_min_proto_version(m->theirs, TLS1_VERSION);
    SSL_set_max_proto_version(m->theirs, TLS1_1_VERSION);
    mixed_run(m);
    assert_non_null(hf_failed(m->ours));
    assert_int_equal(hf_failed(m->ours)->err, HF_INAPPROPRIATE_FALLBACK);
    assert_int_equal(hf_failed(m->ours)->alert, 86);
    mixed_free(m);
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_fallback(client, true), HF_OK);
    m = mixed_new(client, HF_CLIENT);
    SSL_set_max_proto_version(m->theirs, TLS1_3_VERSION); /* the server could more: it must mind */
    mixed_run(m);
    assert_non_null(hf_failed(m->ours));
    assert_int_equal(hf_failed(m->ours)->err, HF_ALERT_RECEIVED);
    assert_int_equal(hf_failed(m->ours)->alert, 86);
    mixed_free(m);
}

/* S13: libssl's server of TLS 1.3 marks the random of a client that stops at 1.2 (RFC 8446 4.1.3); a client
 * whose highest version is 1.2 does not look. */
static void a_tls13_server_serves_us(void **state)
{
    (void)state;
    struct mixed *m = mixed_new(test_client_config(), HF_CLIENT);
    SSL_set_max_proto_version(m->theirs, TLS1_3_VERSION);
    mixed_run(m);
    mixed_assert_complete(m);
    mixed_free(m);
}

/* ---- N3: renegotiation is refused with a warning, both roles; the connection goes on ---- */
static void a_clients_renegotiation_is_refused(void **state)
{
    (void)state;
    struct mixed *m = connected(test_server_config(), HF_SERVER, SSL_OP_LEGACY_SERVER_CONNECT);
    assert_int_equal(SSL_renegotiate(m->theirs), 1);
    mixed_run(m);
    assert_int_equal(hf_conn_stats(m->ours).renegotiations_refused, 1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    assert_int_equal(hf_failed(m->ours)->err, HF_ALERT_RECEIVED); /* ending it there is libssl's own choice */
    mixed_free(m);
}

static void a_servers_hello_request_is_refused(void **state)
{
    (void)state;
    struct mixed *m = connected(test_client_config(), HF_CLIENT, 0);
    assert_int_equal(SSL_renegotiate(m->theirs), 1);
    assert_int_equal(SSL_do_handshake(m->theirs), 1); /* sends HelloRequest */
    mixed_run(m);
    assert_null(hf_failed(m->ours));
    assert_int_equal(hf_conn_stats(m->ours).renegotiations_refused, 1);
    assert_false(hf_wants(m->ours) & HF_CLOSED_OUT);
    mixed_free(m);
}

/* ---- the rest of what libssl can do differently ---- */
static void close_notify_crosses(void **state)
{
    (void)state;
    struct mixed *m = connected(test_client_config(), HF_CLIENT, 0);
    assert_int_equal(hf_close(m->ours), HF_OK);
    mixed_run(m);
    char byte;
    assert_int_equal(SSL_read(m->theirs, &byte, 1), 0);
    assert_int_equal(SSL_get_error(m->theirs, 0), SSL_ERROR_ZERO_RETURN); /* A3 */
    assert_int_equal(SSL_shutdown(m->theirs), 1);
    mixed_run(m);
    assert_int_equal(hf_end_wire(m->ours), HF_OK);
    mixed_free(m);
}

/* A server that only has libssl's default chain of cipher suites and small records. */
static void small_records(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct mixed *m = mixed_new(test_config(side), side);
        SSL_set_max_send_fragment(m->theirs, 512); /* splits its handshake messages too: S9 */
        mixed_run(m);
        mixed_assert_complete(m);
        mixed_echo(m, 16000);
        mixed_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles),
        cmocka_unit_test(mutual_in_both_roles),
        cmocka_unit_test(tls_unique_as_libssl_has_it),
        cmocka_unit_test(a_peer_without_extended_master_secret),
        cmocka_unit_test(versions_above_and_below),
        cmocka_unit_test(fallback_scsv),
        cmocka_unit_test(a_tls13_server_serves_us),
        cmocka_unit_test(a_clients_renegotiation_is_refused),
        cmocka_unit_test(a_servers_hello_request_is_refused),
        cmocka_unit_test(close_notify_crosses),
        cmocka_unit_test(small_records),
    };
    return cmocka_run_group_tests_name("api/libssl", tests, NULL, NULL);
}
