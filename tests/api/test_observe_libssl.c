/* SPDX-License-Identifier: MIT */
#include <handfast/observe.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "pki.h"

/*
 * The observer between two ends of libssl: what they do is not what this library would, and their key log is
 * theirs. What it tells is written as a line of words and compared with what RFC 5246 and RFC 8446 draw.
 */

struct scene {
    hf_secrets *secrets;
    hf_tap *tap;
    SSL_CTX *client_ctx, *server_ctx;
    SSL *client, *server;
    SSL_SESSION *session;
    size_t piece;
    char story[8192];
    size_t checks, signatures, failed; /* checks: of verify_data */
};

static void on_event(void *arg, const hf_event *e)
{
    struct scene *s = arg;
    size_t at = strlen(s->story), room = sizeof s->story - at;
    const char *by = e->by == HF_CLIENT ? "C" : "S";
    if (e->kind == HF_EVENT_STEP) {
        (void)snprintf(s->story + at, room, "%s%u %s; ", by, e->epoch, e->name);
    } else if (e->kind == HF_EVENT_DATA) {
        (void)snprintf(s->story + at, room, "%s%u data %zu; ", by, e->epoch, e->size);
    } else if (e->kind == HF_EVENT_CLOSED) {
        (void)snprintf(s->story + at, room, "%s%u closed; ", by, e->epoch);
    } else if (e->kind == HF_EVENT_HIDDEN) {
        (void)snprintf(s->story + at, room, "%s%u hidden %s (%s); ", by, e->epoch, e->name, e->text);
    } else if (e->kind == HF_EVENT_ALERT) {
        (void)snprintf(s->story + at, room, "%s%u alert %s; ", by, e->epoch, e->name);
    } else if (e->kind == HF_EVENT_RESUMPTION && e->resumption == HF_RESUMED) {
        (void)snprintf(s->story + at, room, "resumed; ");
    } else if (e->kind == HF_EVENT_CHECK) {
        s->checks += strcmp(e->name, "verify_data") == 0;
        s->signatures += strcmp(e->name, "signature") == 0;
        s->failed += !e->passed;
    }
}

static void on_key(const SSL *ssl, const char *line)
{
    struct scene *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    char text[512];
    size_t used;
    int len = snprintf(text, sizeof text, "%s\n", line);
    assert_int_equal(hf_secrets_add(s->secrets, (hf_bytes){(uint8_t *)text, (size_t)len}, &used), HF_OK);
}

static SSL_CTX *ctx_new(struct scene *s, const SSL_METHOD *method, int version, const char *suites)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    assert_non_null(ctx);
    assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_app_data(ctx, s);
    SSL_CTX_set_keylog_callback(ctx, on_key);
    if (suites && version == TLS1_3_VERSION) {
        assert_int_equal(SSL_CTX_set_ciphersuites(ctx, suites), 1);
    } else if (suites) {
        assert_int_equal(SSL_CTX_set_cipher_list(ctx, suites), 1);
    }
    return ctx;
}

static void use_identity(SSL_CTX *ctx, const struct test_identity *identity)
{
    BIO *chain = BIO_new_mem_buf(identity->leaf.data, (int)identity->leaf.len);
    BIO *key = BIO_new_mem_buf(identity->key.data, (int)identity->key.len);
    X509 *leaf = PEM_read_bio_X509(chain, NULL, NULL, NULL);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(ctx, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, private_key), 1);
    EVP_PKEY_free(private_key);
    X509_free(leaf);
    BIO_free(key);
    BIO_free(chain);
}

static unsigned psk_client(SSL *ssl, const char *hint, char *identity, unsigned most, unsigned char *psk,
                           unsigned room)
{
    (void)ssl;
    (void)hint;
    (void)snprintf(identity, most, "somebody");
    assert_true(room >= 16);
    memset(psk, 7, 16);
    return 16;
}

static unsigned psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned room)
{
    (void)ssl;
    (void)identity;
    assert_true(room >= 16);
    memset(psk, 7, 16);
    return 16;
}

static struct scene *scene_new(int version, const char *suites)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->secrets = hf_secrets_new();
    assert_non_null(s->secrets);
    s->client_ctx = ctx_new(s, TLS_client_method(), version, suites);
    s->server_ctx = ctx_new(s, TLS_server_method(), version, suites);
    use_identity(s->server_ctx, &test_pki()->server[TEST_RSA]);
    SSL_CTX_set_psk_client_callback(s->client_ctx, version == TLS1_2_VERSION ? psk_client : NULL);
    SSL_CTX_set_psk_server_callback(s->server_ctx, version == TLS1_2_VERSION ? psk_server : NULL);
    assert_int_equal(SSL_CTX_set_session_id_context(s->server_ctx, (const uint8_t *)"test", 4), 1);
    return s;
}

static int accept_all(int fine, X509_STORE_CTX *store)
{
    (void)fine;
    (void)store;
    return 1;
}

static SSL *end_new(SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    assert_non_null(ssl);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    return ssl;
}

/* Without this libssl forgets the session: it takes the end for a failure. */
static void end_well(SSL *ssl)
{
    if (ssl) {
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
}

static void connect_ends(struct scene *s)
{
    end_well(s->client);
    end_well(s->server);
    SSL_free(s->client);
    SSL_free(s->server);
    hf_tap_free(s->tap);
    s->client = end_new(s->client_ctx);
    s->server = end_new(s->server_ctx);
    SSL_set_connect_state(s->client);
    SSL_set_accept_state(s->server);
    s->tap = hf_tap_new(s->secrets, on_event, s);
    assert_non_null(s->tap);
    s->story[0] = 0;
    s->checks = s->signatures = s->failed = 0;
}

static void scene_free(struct scene *s)
{
    SSL_SESSION_free(s->session);
    SSL_free(s->client);
    SSL_free(s->server);
    SSL_CTX_free(s->client_ctx);
    SSL_CTX_free(s->server_ctx);
    hf_tap_free(s->tap);
    hf_secrets_free(s->secrets);
    free(s);
}

/* What one end has to send, past the observer to the other. */
static bool carry(struct scene *s, hf_side from)
{
    SSL *a = from == HF_CLIENT ? s->client : s->server, *b = from == HF_CLIENT ? s->server : s->client;
    uint8_t bytes[4096];
    int len = BIO_read(SSL_get_wbio(a), bytes, s->piece ? (int)s->piece : (int)sizeof bytes);
    if (len <= 0) {
        return false;
    }
    hf_tap_push(s->tap, from, (hf_bytes){bytes, (size_t)len});
    assert_int_equal(BIO_write(SSL_get_rbio(b), bytes, len), len);
    return true;
}

static void run(struct scene *s)
{
    uint8_t bytes[4096];
    bool moved = true;
    for (int i = 0; moved && i < 20000; i++) {
        (void)SSL_read(s->client, bytes, sizeof bytes);
        moved = carry(s, HF_CLIENT);
        (void)SSL_read(s->server, bytes, sizeof bytes);
        moved |= carry(s, HF_SERVER);
    }
}

static void say(SSL *ssl, const char *text)
{
    assert_int_equal(SSL_write(ssl, text, (int)strlen(text)), (int)strlen(text));
}

static void expect(const struct scene *s, const char *story, size_t checks)
{
    assert_string_equal(s->story, story);
    assert_int_equal(s->checks, checks);
    assert_int_equal(s->failed, 0);
}

/* ---- TLS 1.2, RFC 5246 7.3: suites that this library never negotiates among them ---- */
static void suites_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *suite, *server_flight, *client_flight;
    } rows[] = {
        {"NULL-SHA256", "S0 Certificate; ", "C0 ClientKeyExchange; "},
        {"NULL-SHA", "S0 Certificate; ", "C0 ClientKeyExchange; "},
        {"ECDHE-RSA-NULL-SHA", "S0 Certificate; S0 ServerKeyExchange; ", "C0 ClientKeyExchange; "},
        {"PSK-AES128-CBC-SHA", "", "C0 ClientKeyExchange; "},
        {"PSK-AES256-CBC-SHA384", "", "C0 ClientKeyExchange; "},
        {"DHE-PSK-AES256-GCM-SHA384", "S0 ServerKeyExchange; ", "C0 ClientKeyExchange; "},
        {"ECDHE-PSK-CHACHA20-POLY1305", "S0 ServerKeyExchange; ", "C0 ClientKeyExchange; "},
        {"RSA-PSK-AES128-GCM-SHA256", "S0 Certificate; ", "C0 ClientKeyExchange; "},
        {"PSK-AES256-CCM8", "", "C0 ClientKeyExchange; "},
        {"PSK-NULL-SHA384", "", "C0 ClientKeyExchange; "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char story[512];
        struct scene *s = scene_new(TLS1_2_VERSION, rows[i].suite);
        SSL_CTX_set_dh_auto(s->server_ctx, 1);
        SSL_CTX_set_options(s->server_ctx, SSL_OP_NO_TICKET);
        s->piece = i;
        connect_ends(s);
        run(s);
        say(s->client, "hello");
        run(s);
        (void)snprintf(
            story, sizeof story,
            "C0 ClientHello; S0 ServerHello; %sS0 ServerHelloDone; %sC0 [ChangeCipherSpec]; C1 Finished; "
            "S0 [ChangeCipherSpec]; S1 Finished; C1 data 5; ",
            rows[i].server_flight, rows[i].client_flight);
        expect(s, story, 2);
        scene_free(s);
    }
}

/* RFC 7366 3: CBC with and without encrypt-then-MAC; RFC 7627: with and without extended_master_secret. */
static void cbc_in_every_order(void **state)
{
    (void)state;
    static const char *const suites[] = {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES128-SHA256"};
    for (size_t i = 0; i < 12; i++) {
        struct scene *s = scene_new(TLS1_2_VERSION, suites[i / 4]);
        SSL_CTX_set_options(s->server_ctx, (i & 1 ? SSL_OP_NO_ENCRYPT_THEN_MAC : 0) |
                                               (i & 2 ? SSL_OP_NO_EXTENDED_MASTER_SECRET : 0));
        connect_ends(s);
        run(s);
        say(s->client, "hello");
        say(s->server, "hello yourself");
        run(s);
        assert_non_null(strstr(s->story, "C1 data 5; S1 data 14; "));
        assert_null(strstr(s->story, "hidden"));
        assert_int_equal(s->checks, 2);
        assert_int_equal(s->signatures, i / 4 < 2); /* of ServerKeyExchange */
        assert_int_equal(s->failed, 0);
        scene_free(s);
    }
}

/* RFC 5077 3.1, RFC 5246 7.3 figure 2 */
static void resumption_by_ticket(void **state)
{
    (void)state;
    struct scene *s = scene_new(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256");
    connect_ends(s);
    run(s);
    s->session = SSL_get1_session(s->client);
    connect_ends(s);
    assert_int_equal(SSL_set_session(s->client, s->session), 1);
    run(s);
    assert_int_equal(SSL_session_reused(s->client), 1);
    expect(
        s,
        "C0 ClientHello; S0 ServerHello; resumed; S0 [ChangeCipherSpec]; S1 Finished; C0 [ChangeCipherSpec]; "
        "C1 Finished; ",
        2);
    scene_free(s);
}

/* RFC 5746: another handshake inside of the encrypted stream, with a client certificate asked for in it. */
static void renegotiation(void **state)
{
    (void)state;
    struct scene *s = scene_new(TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256");
    SSL_CTX_set_options(s->server_ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(s->server_ctx, SSL_SESS_CACHE_OFF);
    use_identity(s->client_ctx, &test_pki()->client[TEST_P256]);
    s->piece = 5;
    connect_ends(s);
    run(s);
    say(s->client, "one");
    run(s);
    SSL_set_verify(s->server, SSL_VERIFY_PEER, accept_all);
    assert_int_equal(SSL_renegotiate(s->server), 1);
    assert_int_equal(SSL_do_handshake(s->server), 1); /* HelloRequest */
    run(s);
    assert_non_null(
        strstr(s->story, "C1 data 3; S1 HelloRequest; C1 ClientHello; S1 ServerHello; S1 Certificate; "
                         "S1 ServerKeyExchange; S1 CertificateRequest; S1 ServerHelloDone; C1 Certificate; "
                         "C1 ClientKeyExchange; C1 CertificateVerify; C1 [ChangeCipherSpec]; C2 Finished; "));
    assert_int_equal(s->failed, 0);
    scene_free(s);
}

/* ---- TLS 1.3, RFC 8446 2 ---- */
static void every_suite_of_tls13(void **state)
{
    (void)state;
    static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                         "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
                                         "TLS_AES_128_CCM_8_SHA256"};
    for (size_t i = 0; i < 5; i++) {
        struct scene *s = scene_new(TLS1_3_VERSION, suites[i]);
        SSL_CTX_set_num_tickets(s->server_ctx, 1);
        s->piece = i;
        connect_ends(s);
        run(s);
        say(s->client, "hello");
        run(s);
        SSL_shutdown(s->client);
        run(s);
        expect(
            s,
            "C0 ClientHello; S0 ServerHello; S0 [ChangeCipherSpec]; S2 EncryptedExtensions; S2 Certificate; "
            "S2 CertificateVerify; S2 Finished; C0 [ChangeCipherSpec]; C2 Finished; S3 NewSessionTicket; "
            "C3 data 5; C3 closed; ",
            2);
        scene_free(s);
    }
}

/* RFC 8446 4.1.4, 4.6.3, 4.6.2 */
static void retry_updates_and_certificates_later(void **state)
{
    (void)state;
    struct scene *s = scene_new(TLS1_3_VERSION, NULL);
    SSL_CTX_set_num_tickets(s->server_ctx, 0);
    assert_int_equal(SSL_CTX_set1_groups_list(s->client_ctx, "X25519:P-384"), 1);
    assert_int_equal(SSL_CTX_set1_groups_list(s->server_ctx, "P-384"), 1);
    use_identity(s->client_ctx, &test_pki()->client[TEST_P256]);
    SSL_CTX_set_post_handshake_auth(s->client_ctx, 1);
    connect_ends(s);
    run(s);
    assert_int_equal(SSL_key_update(s->client, SSL_KEY_UPDATE_REQUESTED), 1);
    say(s->client, "new keys");
    run(s);
    say(s->server, "mine too");
    run(s);
    SSL_set_verify(s->server, SSL_VERIFY_PEER, accept_all);
    assert_int_equal(SSL_verify_client_post_handshake(s->server), 1);
    assert_int_equal(SSL_do_handshake(s->server), 1);
    run(s);
    const char *story = s->story;
    static const char begins[] =
        "C0 ClientHello; S0 HelloRetryRequest; S0 [ChangeCipherSpec]; C0 [ChangeCipherSpec]; "
        "C0 ClientHello; S0 ServerHello; S2 EncryptedExtensions; S2 Certificate; "
        "S2 CertificateVerify; S2 Finished; C2 Finished; C3 KeyUpdate; C4 data 8; "
        "S3 KeyUpdate; S4 data 8; S4 CertificateRequest; C4 Certificate; C4 CertificateVerify; "
        "C4 Finished; ";
    assert_memory_equal(story, begins, sizeof begins - 1);
    assert_null(strstr(story, "hidden"));
    assert_int_equal(s->checks, 2);
    assert_int_equal(s->signatures, 1); /* the server's */
    assert_int_equal(s->failed, 0);
    scene_free(s);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct scene *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(s->session);
    s->session = session;
    return 1;
}

static struct scene *early_scene(void)
{
    struct scene *s = scene_new(TLS1_3_VERSION, NULL);
    SSL_CTX_set_num_tickets(s->server_ctx, 1);
    SSL_CTX_set_max_early_data(s->server_ctx, 1000);
    SSL_CTX_set_session_cache_mode(s->client_ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(s->client_ctx, keep_session);
    connect_ends(s);
    run(s);
    assert_non_null(s->session);
    connect_ends(s);
    SSL_CTX_set_num_tickets(s->server_ctx, 0);
    SSL_set_num_tickets(s->server, 0);
    assert_int_equal(SSL_set_session(s->client, s->session), 1);
    return s;
}

/* RFC 8446 2.3, 4.2.10 */
static void early_data_that_is_taken(void **state)
{
    (void)state;
    struct scene *s = early_scene();
    uint8_t bytes[100];
    size_t n;
    assert_int_equal(SSL_write_early_data(s->client, "early", 5, &n), 1);
    while (carry(s, HF_CLIENT)) {}
    assert_int_equal(SSL_read_early_data(s->server, bytes, sizeof bytes, &n), SSL_READ_EARLY_DATA_SUCCESS);
    assert_int_equal(n, 5);
    run(s);
    (void)SSL_read_early_data(s->server, bytes, sizeof bytes, &n);
    run(s);
    say(s->client, "late");
    run(s);
    expect(
        s,
        "C0 ClientHello; C0 [ChangeCipherSpec]; C1 data 5; S0 ServerHello; S0 [ChangeCipherSpec]; resumed; "
        "S2 EncryptedExtensions; S2 Finished; C1 EndOfEarlyData; C2 Finished; C3 data 4; ",
        2);
    scene_free(s);
}

static int refuse(SSL *ssl, void *arg)
{
    (void)ssl;
    (void)arg;
    return 0;
}

/* The server goes on without, and the client's handshake keys follow the early ones with nothing between. */
static void early_data_that_is_refused(void **state)
{
    (void)state;
    struct scene *s = early_scene();
    size_t n;
    SSL_set_allow_early_data_cb(s->server, refuse, NULL);
    assert_int_equal(SSL_write_early_data(s->client, "early", 5, &n), 1);
    run(s);
    say(s->client, "late");
    run(s);
    expect(
        s,
        "C0 ClientHello; C0 [ChangeCipherSpec]; C1 data 5; S0 ServerHello; S0 [ChangeCipherSpec]; resumed; "
        "S2 EncryptedExtensions; S2 Finished; C2 Finished; C3 data 4; ",
        2);
    scene_free(s);
}

static void without_secrets_the_reasons_are_told(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct scene *s = scene_new(versions[i], NULL);
        SSL_CTX_set_keylog_callback(s->client_ctx, NULL);
        SSL_CTX_set_keylog_callback(s->server_ctx, NULL);
        connect_ends(s);
        run(s);
        say(s->client, "hello");
        run(s);
        const hf_tap_summary *sum = hf_tap_look(s->tap);
        assert_true(sum->tls && !sum->complete);
        assert_true(sum->hidden >= 3 && sum->unread == 0);
        assert_string_equal(sum->why, "there is no key log, or nothing in it");
        assert_non_null(strstr(s->story, i ? "C2 hidden application_data" : "C1 hidden Finished"));
        assert_int_equal(s->checks, 0);
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_of_others),
        cmocka_unit_test(cbc_in_every_order),
        cmocka_unit_test(resumption_by_ticket),
        cmocka_unit_test(renegotiation),
        cmocka_unit_test(every_suite_of_tls13),
        cmocka_unit_test(retry_updates_and_certificates_later),
        cmocka_unit_test(early_data_that_is_taken),
        cmocka_unit_test(early_data_that_is_refused),
        cmocka_unit_test(without_secrets_the_reasons_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
