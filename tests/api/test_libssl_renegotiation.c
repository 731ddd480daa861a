/* SPDX-License-Identifier: MIT */
#include "libssl.h"

#include <openssl/err.h>

/* Renegotiation with libssl, both roles, both initiators (RFC 5746 3.5, 3.7). */

static hf_config *of(hf_side side)
{
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_renegotiation(c, HF_RENEGOTIATE_ACCEPT, 0, 1), HF_OK);
    return c;
}

static struct mixed *connected(hf_config *config, hf_side we_are)
{
    struct mixed *m = mixed_new(config, we_are);
    SSL_set_options(m->theirs, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    mixed_run(m);
    mixed_assert_complete(m);
    mixed_echo(m, 1000);
    return m;
}

/* libssl reads a HelloRequest, or the ClientHello of another handshake, when it reads. */
static void let_it_read(struct mixed *m)
{
    char byte;
    assert_int_equal(SSL_read(m->theirs, &byte, 1), -1);
    mixed_run(m);
}

static void assert_again(struct mixed *m, unsigned times)
{
    mixed_assert_complete(m);
    assert_int_equal(hf_conn_stats(m->ours).renegotiations, times);
    assert_int_equal(SSL_is_init_finished(m->theirs), 1);
    uint8_t ours[40], theirs[40];
    assert_int_equal(hf_export(m->ours, "EXPORTER-x", NULL, ours, 40), HF_OK);
    assert_int_equal(SSL_export_keying_material(m->theirs, theirs, 40, "EXPORTER-x", 10, NULL, 0, 0), 1);
    assert_memory_equal(ours, theirs, 40);
    mixed_echo(m, 30000);
}

static void we_begin(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct mixed *m = connected(of(side), side);
        for (unsigned times = 1; times <= 3; times++) {
            assert_int_equal(hf_renegotiate(m->ours), HF_OK);
            mixed_run(m);
            let_it_read(m);
            assert_again(m, times);
        }
        mixed_free(m);
    }
}

static void they_begin(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct mixed *m = connected(of(side), side);
        assert_int_equal(SSL_renegotiate(m->theirs), 1);
        (void)SSL_do_handshake(m->theirs);
        mixed_run(m);
        let_it_read(m);
        assert_again(m, 1);
        mixed_free(m);
    }
}

static void resuming(void **state)
{
    (void)state;
    struct mixed *m = connected(of(HF_CLIENT), HF_CLIENT);
    hf_session *session = hf_conn_session(m->ours);
    assert_non_null(session);
    assert_int_equal(hf_renegotiate_resuming(m->ours, session), HF_OK);
    mixed_run(m);
    let_it_read(m);
    assert_again(m, 1);
    assert_true(hf_negotiated(m->ours)->resumed);
    hf_session_free(session);
    mixed_free(m);
    m = connected(of(HF_SERVER), HF_SERVER);
    assert_int_equal(SSL_renegotiate_abbreviated(m->theirs), 1);
    mixed_run(m);
    assert_again(m, 1);
    assert_true(hf_negotiated(m->ours)->resumed);
    assert_int_equal(SSL_session_reused(m->theirs), 1);
    mixed_free(m);
}

static void their_certificate_later(void **state)
{
    (void)state;
    hf_config *server = of(HF_SERVER);
    test_trust(server, test_pki()->root);
    struct mixed *m = connected(server, HF_SERVER);
    assert_null(hf_negotiated(m->ours)->peer_subject);
    assert_int_equal(hf_request_client_certificate(m->ours), HF_OK);
    mixed_run(m);
    let_it_read(m);
    assert_again(m, 1);
    assert_string_equal(hf_negotiated(m->ours)->peer_subject, "CN=alice");
    mixed_free(m);
}

static void our_certificate_later(void **state)
{
    (void)state;
    hf_config *client = of(HF_CLIENT);
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    struct mixed *m = connected(client, HF_CLIENT);
    SSL_set_verify(m->theirs, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(SSL_renegotiate(m->theirs), 1);
    (void)SSL_do_handshake(m->theirs);
    mixed_run(m);
    let_it_read(m);
    assert_again(m, 1);
    X509 *seen = SSL_get1_peer_certificate(m->theirs);
    assert_non_null(seen);
    X509_free(seen);
    mixed_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(we_begin),
        cmocka_unit_test(they_begin),
        cmocka_unit_test(resuming),
        cmocka_unit_test(their_certificate_later),
        cmocka_unit_test(our_certificate_later),
    };
    return cmocka_run_group_tests_name("api/libssl_renegotiation", tests, NULL, NULL);
}
