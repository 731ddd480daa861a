/* SPDX-License-Identifier: MIT */
/* One of our ends and one of GnuTLS's, by its own interface for QUIC stacks: RFC 9001 4.1, 8. */
#include "quic.h"

#include <stdlib.h>
#include <string.h>

#ifdef HF_TEST_GNUTLS
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define PARAMETERS 57
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE"

#define OURS "what we speak of"

struct theirs {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t ticket_key;
    bool is_client, done;
    int last;  /* answer of gnutls_handshake */
    int alert; /* that it would send; 0: none */
    struct test_bytes out[QUIC_LEVELS];
    struct quic_secret reads[QUIC_LEVELS], writes[QUIC_LEVELS];
    uint8_t parameters[64]; /* ours, as it has them */
    size_t parameters_len;
};

static int on_handshake(gnutls_session_t s, gnutls_record_encryption_level_t level,
                        gnutls_handshake_description_t type, const void *data, size_t len)
{
    struct theirs *t = gnutls_session_get_ptr(s);
    if (type != GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC) {
        test_bytes_add(&t->out[level], data, len);
    }
    return 0;
}

static void keep(struct quic_secret *secret, gnutls_session_t s, const void *bytes, size_t len)
{
    if (bytes) {
        gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(s);
        uint16_t suite = cipher == GNUTLS_CIPHER_AES_256_GCM         ? 0x1302
                         : cipher == GNUTLS_CIPHER_CHACHA20_POLY1305 ? 0x1303
                                                                     : 0x1301;
        assert_true(len <= sizeof secret->bytes);
        *secret = (struct quic_secret){.there = true, .suite = suite, .len = len};
        memcpy(secret->bytes, bytes, len);
    }
}

static int on_secret(gnutls_session_t s, gnutls_record_encryption_level_t level, const void *reads,
                     const void *writes, size_t len)
{
    struct theirs *t = gnutls_session_get_ptr(s);
    keep(&t->reads[level], s, reads, len);
    keep(&t->writes[level], s, writes, len);
    return 0;
}

static int on_alert(gnutls_session_t s, gnutls_record_encryption_level_t level, gnutls_alert_level_t severity,
                    gnutls_alert_description_t alert)
{
    (void)level, (void)severity;
    ((struct theirs *)gnutls_session_get_ptr(s))->alert = (int)alert;
    return 0;
}

static int parameters_received(gnutls_session_t s, const unsigned char *data, size_t len)
{
    struct theirs *t = gnutls_session_get_ptr(s);
    assert_true(len <= sizeof t->parameters);
    memcpy(t->parameters, data, len);
    t->parameters_len = len;
    return 0;
}

static int parameters_sent(gnutls_session_t s, gnutls_buffer_t out)
{
    (void)s;
    return gnutls_buffer_append_data(out, "GnuTLS's parameters", 19);
}

static gnutls_datum_t datum(hf_bytes bytes)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)bytes.data, (unsigned)bytes.len};
}

static void theirs_certificates(struct theirs *t)
{
    const struct test_pki *pki = test_pki();
    gnutls_datum_t root = datum(pki->root), chain = datum(pki->server[TEST_P256].chain),
                   key = datum(pki->server[TEST_P256].key);
    assert_int_equal(gnutls_certificate_allocate_credentials(&t->credentials), 0);
    if (t->is_client) {
        assert_true(gnutls_certificate_set_x509_trust_mem(t->credentials, &root, GNUTLS_X509_FMT_PEM) > 0);
        /* the test's certificates are good on a day that stands still */
        gnutls_certificate_set_verify_flags(t->credentials, GNUTLS_VERIFY_DISABLE_TIME_CHECKS);
        gnutls_session_set_verify_cert(t->session, TEST_HOST, 0);
        assert_int_equal(gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, TEST_HOST, strlen(TEST_HOST)),
                         0);
    } else {
        assert_true(gnutls_certificate_set_x509_key_mem(t->credentials, &chain, &key, GNUTLS_X509_FMT_PEM) >=
                    0);
        assert_int_equal(gnutls_session_ticket_enable_server(t->session, &t->ticket_key), 0);
    }
    assert_int_equal(gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials), 0);
}

/* ticket_key: of a server that knew the client before; NULL data: a new one. */
static void theirs_open(struct theirs *t, bool is_client, const char *alpn, gnutls_datum_t ticket_key)
{
    gnutls_datum_t protocol = datum((hf_bytes){(const uint8_t *)alpn, strlen(alpn)});
    unsigned flags = GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE;
    *t = (struct theirs){.is_client = is_client, .ticket_key = ticket_key};
    if (!is_client && !ticket_key.data) {
        assert_int_equal(gnutls_session_ticket_key_generate(&t->ticket_key), 0);
    }
    assert_int_equal(
        gnutls_init(&t->session, (is_client ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NO_END_OF_EARLY_DATA),
        0);
    gnutls_session_set_ptr(t->session, t);
    assert_int_equal(gnutls_priority_set_direct(t->session, PRIORITY, NULL), 0);
    assert_int_equal(gnutls_alpn_set_protocols(t->session, &protocol, 1, GNUTLS_ALPN_MANDATORY), 0);
    gnutls_handshake_set_read_function(t->session, on_handshake);
    gnutls_handshake_set_secret_function(t->session, on_secret);
    gnutls_alert_set_read_function(t->session, on_alert);
    assert_int_equal(gnutls_session_ext_register(t->session, "QUIC", PARAMETERS, GNUTLS_EXT_TLS,
                                                 parameters_received, parameters_sent, NULL, NULL, NULL,
                                                 flags),
                     0);
    theirs_certificates(t);
}

static void theirs_close(struct theirs *t)
{
    for (int level = 0; level < QUIC_LEVELS; level++) {
        test_bytes_free(&t->out[level]);
    }
    gnutls_deinit(t->session);
    gnutls_certificate_free_credentials(t->credentials);
}

/* What waits at ours goes to them. */
static bool give(struct quic_end *ours, struct theirs *t)
{
    bool moved = false;
    quic_collect(ours);
    for (int level = 0; level < QUIC_LEVELS; level++) {
        struct test_bytes *out = &ours->out[level];
        if (out->len) {
            int e = gnutls_handshake_write(t->session, (gnutls_record_encryption_level_t)level, out->data,
                                           out->len);
            assert_true(e >= 0 || t->done);
            test_bytes_drop(out, out->len);
            moved = true;
        }
    }
    return moved;
}

static bool shake(struct theirs *t)
{
    if (!t->done && !t->alert) {
        do {
            t->last = gnutls_handshake(t->session);
        } while (t->last < 0 && t->last != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(t->last));
        t->done = t->last == 0;
    }
    for (int level = 0; level < QUIC_LEVELS; level++) {
        if (t->out[level].len) {
            return true;
        }
    }
    return false;
}

static void take(struct theirs *t, struct quic_end *ours)
{
    for (int level = 0; level < QUIC_LEVELS && !hf_failed(ours->conn); level++) {
        struct test_bytes *out = &t->out[level];
        if (out->len) {
            hf_err e = hf_quic_push(ours->conn, (hf_quic_level)level, (hf_bytes){out->data, out->len});
            assert_true(e == HF_OK || hf_failed(ours->conn));
            test_bytes_drop(out, out->len);
            quic_collect(ours);
        }
    }
}

static void run(struct quic_end *ours, struct theirs *t)
{
    bool moved = true;
    for (int round = 0; moved && round < 10 && !hf_failed(ours->conn); round++) {
        moved = shake(t);
        take(t, ours);
        moved |= give(ours, t);
    }
}

static void assert_complete(const struct quic_end *ours, const struct theirs *t)
{
    const hf_failure *f = hf_failed(ours->conn);
    if (f) {
        fail_msg("%s at %s: %s", hf_err_name(f->err), f->step, f->detail);
    }
    if (!t->done) {
        fail_msg("GnuTLS: %s", gnutls_strerror(t->last));
    }
    assert_true(hf_negotiated(ours->conn)->complete);
    for (int level = HF_QUIC_HANDSHAKE; level <= HF_QUIC_APPLICATION; level++) {
        assert_true(ours->reads[level].there && ours->writes[level].there);
        assert_memory_equal(&ours->reads[level], &t->writes[level], sizeof *ours->reads);
        assert_memory_equal(&ours->writes[level], &t->reads[level], sizeof *ours->reads);
    }
    assert_int_equal(t->parameters_len, strlen(OURS));
    assert_memory_equal(t->parameters, OURS, strlen(OURS));
    hf_bytes theirs = hf_quic_peer_parameters(ours->conn);
    assert_int_equal(theirs.len, 19);
    assert_memory_equal(theirs.data, "GnuTLS's parameters", 19);
    assert_string_equal(hf_negotiated(ours->conn)->alpn, "h3");
}

/* Twice: full, and with the ticket that came of it. suite: NULL for the defaults. */
static void we_are_client(const char *suite)
{
    struct quic_end ours;
    struct theirs t;
    hf_config *config = quic_config(test_client_config());
    assert_int_equal(suite ? hf_config_suites(config, suite, NULL) : HF_OK, HF_OK);
    quic_open(&ours, config, TEST_HOST, OURS);
    theirs_open(&t, false, "h3", (gnutls_datum_t){NULL, 0});
    run(&ours, &t);
    assert_complete(&ours, &t);
    hf_session *session = hf_conn_session(ours.conn);
    gnutls_datum_t key = t.ticket_key;
    assert_non_null(session);
    quic_close(&ours);
    theirs_close(&t);
    quic_open(&ours, config, TEST_HOST, OURS);
    theirs_open(&t, false, "h3", key);
    assert_int_equal(hf_conn_resume(ours.conn, session), HF_OK);
    run(&ours, &t);
    assert_complete(&ours, &t);
    assert_true(hf_negotiated(ours.conn)->resumed);
    assert_int_not_equal(gnutls_session_is_resumed(t.session), 0);
    quic_close(&ours);
    theirs_close(&t);
    gnutls_free(key.data);
    hf_session_free(session);
    hf_config_free(config);
}

static void as_client(void **state)
{
    (void)state;
    we_are_client(NULL);
    we_are_client("TLS_AES_256_GCM_SHA384");
    we_are_client("TLS_CHACHA20_POLY1305_SHA256");
}

static void as_server(void **state)
{
    (void)state;
    static const char *const groups[] = {NULL, "secp521r1"}; /* the other one: a HelloRetryRequest */
    for (size_t i = 0; i < 2; i++) {
        struct quic_end ours;
        struct theirs t;
        gnutls_datum_t data = {NULL, 0}, none = {NULL, 0};
        hf_config *config = quic_config(test_server_config());
        assert_int_equal(groups[i] ? hf_config_groups(config, groups[i], NULL) : HF_OK, HF_OK);
        quic_open(&ours, config, NULL, OURS);
        theirs_open(&t, true, "h3", none);
        run(&ours, &t);
        assert_complete(&ours, &t);
        assert_int_equal(hf_negotiated(ours.conn)->hello_retry_request, groups[i] != NULL);
        assert_int_equal(gnutls_session_get_data2(t.session, &data), 0);
        quic_close(&ours);
        theirs_close(&t);
        quic_open(&ours, config, NULL, OURS);
        theirs_open(&t, true, "h3", none);
        assert_int_equal(gnutls_session_set_data(t.session, data.data, data.size), 0);
        run(&ours, &t);
        assert_complete(&ours, &t);
        assert_true(hf_negotiated(ours.conn)->resumed);
        assert_int_equal(hf_negotiated(ours.conn)->hello_retry_request, groups[i] != NULL);
        quic_close(&ours);
        theirs_close(&t);
        gnutls_free(data.data);
        hf_config_free(config);
    }
}

/* RFC 9001 8.1: either side says no_application_protocol. */
static void without_common_protocol(void **state)
{
    (void)state;
    struct quic_end ours;
    struct theirs t;
    hf_config *server = quic_config(test_server_config()), *client = quic_config(test_client_config());
    quic_open(&ours, server, NULL, OURS);
    theirs_open(&t, true, "hq-interop", (gnutls_datum_t){NULL, 0});
    run(&ours, &t);
    quic_assert_refused(&ours, HF_NO_APPLICATION_PROTOCOL, 0x0178);
    quic_close(&ours);
    theirs_close(&t);
    quic_open(&ours, client, TEST_HOST, OURS);
    theirs_open(&t, false, "hq-interop", (gnutls_datum_t){NULL, 0});
    run(&ours, &t);
    assert_int_equal(t.last, GNUTLS_E_NO_APPLICATION_PROTOCOL);
    quic_close(&ours);
    gnutls_free(t.ticket_key.data);
    theirs_close(&t);
    hf_config_free(server);
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_client),
        cmocka_unit_test(as_server),
        cmocka_unit_test(without_common_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void no_gnutls(void **state)
{
    (void)state;
    print_message("built without GnuTLS (Debian: libgnutls28-dev)\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_gnutls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
