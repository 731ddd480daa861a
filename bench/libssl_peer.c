/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "fail.h"
#include "peer.h"

struct prepared {
    SSL_CTX *side[2];
    SSL_SESSION *session; /* what the client offers, in a case that resumes */
    /* those of TLS 1.3: each connection leaves another */
    SSL_SESSION *tickets[PAIRS_MAX];
    int ticket_count;
    bool takes_tickets, earning;
    BIO_METHOD *wires;
};

static int wires_write(BIO *bio, const char *bytes, int len)
{
    struct end *end = BIO_get_data(bio);
    wire_write(end->out, (const uint8_t *)bytes, (size_t)len);
    return len;
}

static int wires_read(BIO *bio, char *bytes, int room)
{
    struct end *end = BIO_get_data(bio);
    int got = (int)wire_read(end->in, (uint8_t *)bytes, (size_t)room);
    BIO_clear_retry_flags(bio);
    if (got > 0)
        return got;
    BIO_set_retry_read(bio);
    return -1;
}

static long wires_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

/* Cheaper than memory BIOs or BIO pairs, and owns no buffer that would count as libssl's. */
static BIO_METHOD *make_wires(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 100, "hf-bench wires");
    CHECK(method != NULL);
    BIO_meth_set_write(method, wires_write);
    BIO_meth_set_read(method, wires_read);
    BIO_meth_set_ctrl(method, wires_ctrl);
    return method;
}

static void speak12(SSL_CTX *made, const struct work *work, enum side side)
{
    bool rsa = work->key == KEY_RSA;
    CHECK(SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) == 1);
    CHECK(SSL_CTX_set_max_proto_version(made, TLS1_2_VERSION) == 1);
    CHECK(
        SSL_CTX_set_cipher_list(made, rsa ? "ECDHE-RSA-AES128-GCM-SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256"));
    SSL_CTX_set_options(made, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(made, work->resume && side == SERVER ? SSL_SESS_CACHE_SERVER
                                                                        : SSL_SESS_CACHE_OFF);
}

static void speak13(SSL_CTX *made, const struct work *work)
{
    CHECK(SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION) == 1);
    CHECK(SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256") == 1);
    CHECK(SSL_CTX_set_num_tickets(made, work->resume ? 1 : 0) == 1);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF); /* tickets hold all of it */
    if (work->psk_alone)
        SSL_CTX_set_options(made, SSL_OP_ALLOW_NO_DHE_KEX);
}

static const char *groups_of(enum side side, const struct work *work)
{
    if (work->retry)
        return side == CLIENT ? "X25519:P-256" : "P-256";
    return work->x25519 ? "X25519" : "P-256";
}

static SSL_CTX *make_side(enum side side, const struct work *work, const struct pki *pki)
{
    SSL_CTX *made = SSL_CTX_new(side == CLIENT ? TLS_client_method() : TLS_server_method());
    bool rsa = work->key == KEY_RSA;
    CHECK(made != NULL);
    if (work->tls13)
        speak13(made, work);
    else
        speak12(made, work, side);
    CHECK(SSL_CTX_set1_groups_list(made, groups_of(side, work)) == 1);
    CHECK(SSL_CTX_set1_sigalgs_list(made, rsa ? "RSA+SHA256" : "ECDSA+SHA256") == 1);
    CHECK(SSL_CTX_set1_client_sigalgs_list(made, rsa ? "RSA+SHA256" : "ECDSA+SHA256") == 1);
    CHECK(SSL_CTX_set_session_id_context(made, (const unsigned char *)"bench", 5) == 1);
    if (side == SERVER || work->mutual) {
        const struct identity *own = side == SERVER ? &pki->server : &pki->client;
        CHECK(SSL_CTX_use_certificate(made, own->certificate) == 1);
        CHECK(SSL_CTX_use_PrivateKey(made, own->key) == 1);
    }
    if (side == CLIENT || work->mutual) {
        CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(made), pki->root.certificate) == 1);
        SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    if (side == CLIENT && work->fragment) {
        CHECK(work->fragment == 1024);
        CHECK(SSL_CTX_set_tlsext_max_fragment_length(made, TLSEXT_max_fragment_length_1024) == 1);
    }
    if (side == SERVER && work->mutual)
        CHECK(SSL_CTX_add_client_CA(made, pki->root.certificate) == 1);
    return made;
}

static void libssl_start(struct end *end)
{
    struct prepared *prepared = end->prepared;
    SSL *ssl = SSL_new(prepared->side[end->side]);
    BIO *bio = BIO_new(prepared->wires);
    CHECK(ssl != NULL && bio != NULL);
    end->conn = ssl;
    BIO_set_data(bio, end);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (end->side == SERVER) {
        SSL_set_accept_state(ssl);
        return;
    }
    SSL_set_connect_state(ssl);
    CHECK(SSL_set_tlsext_host_name(ssl, BENCH_HOST) == 1);
    CHECK(SSL_set1_host(ssl, BENCH_HOST) == 1);
    if (prepared->session != NULL)
        CHECK(SSL_set_session(ssl, prepared->session) == 1);
    if (prepared->ticket_count > 0 && !prepared->earning) {
        SSL_SESSION *ticket = prepared->tickets[--prepared->ticket_count];
        CHECK(SSL_set_session(ssl, ticket) == 1);
        SSL_SESSION_free(ticket);
    }
}

static enum progress libssl_step(struct end *end)
{
    int result = SSL_do_handshake(end->conn);
    if (result == 1)
        return DONE;
    CHECK(SSL_get_error(end->conn, result) == SSL_ERROR_WANT_READ);
    return GOING;
}

static void check13(const struct end *end, const struct work *work)
{
    CHECK(SSL_version(end->conn) == TLS1_3_VERSION);
    CHECK(strcmp(SSL_get_cipher_name(end->conn), "TLS_AES_128_GCM_SHA256") == 0);
    if (!work->psk_alone)
        CHECK(SSL_get_negotiated_group(end->conn) == (work->x25519 ? NID_X25519 : NID_X9_62_prime256v1));
    CHECK(SSL_session_reused(end->conn) == work->resume);
    if (!work->resume && (!SSL_is_server(end->conn) || work->mutual))
        CHECK(SSL_get0_peer_certificate(end->conn) != NULL && SSL_get_verify_result(end->conn) == X509_V_OK);
}

static void libssl_check(const struct end *end, const struct work *work)
{
    bool rsa = work->key == KEY_RSA;
    if (work->tls13) {
        check13(end, work);
        return;
    }
    CHECK(SSL_version(end->conn) == TLS1_2_VERSION);
    CHECK(strcmp(SSL_get_cipher_name(end->conn),
                 rsa ? "ECDHE-RSA-AES128-GCM-SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256") == 0);
    CHECK(SSL_session_reused(end->conn) == work->resume);
    CHECK(SSL_get_extms_support(end->conn) == 1);
    CHECK(SSL_SESSION_get_max_fragment_length(SSL_get_session(end->conn)) ==
          (work->fragment ? TLSEXT_max_fragment_length_1024 : TLSEXT_max_fragment_length_DISABLED));
    if (!SSL_is_server(end->conn) || work->mutual)
        CHECK(SSL_get0_peer_certificate(end->conn) != NULL && SSL_get_verify_result(end->conn) == X509_V_OK);
}

static void libssl_seal(struct end *end, const uint8_t *message, size_t len)
{
    CHECK(SSL_write(end->conn, message, (int)len) == (int)len);
}

static void libssl_open(struct end *end, size_t len, uint8_t *copy)
{
    static uint8_t plain[16384];
    for (size_t got = 0; got < len;) {
        int part = SSL_read(end->conn, plain, (int)(len - got));
        CHECK(part > 0);
        if (copy != NULL)
            memcpy(copy + got, plain, (size_t)part);
        got += (size_t)part;
    }
}

static void keep_ticket(struct end *end)
{
    struct prepared *prepared = end->prepared;
    uint8_t nothing[1];
    CHECK(SSL_read(end->conn, nothing, 1) <= 0); /* the ticket, and no data */
    CHECK(prepared->ticket_count < PAIRS_MAX);
    SSL_SESSION *ticket = SSL_get1_session(end->conn);
    CHECK(ticket != NULL && SSL_SESSION_is_resumable(ticket));
    prepared->tickets[prepared->ticket_count++] = ticket;
}

static void libssl_close(struct end *end)
{
    const struct prepared *prepared = end->prepared;
    if (end->side == CLIENT && prepared->takes_tickets)
        keep_ticket(end);
    /* Without this SSL_free takes the connection for broken and drops its session from the server's cache. */
    SSL_set_shutdown(end->conn, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(end->conn);
}

/* A full handshake whose session the measured ones resume. */
static void earn_session(struct prepared *prepared)
{
    struct wire up, down;
    wire_open(&up, 16384);
    wire_open(&down, 16384);
    struct end client = {.side = CLIENT, .prepared = prepared, .in = &down, .out = &up};
    struct end server = {.side = SERVER, .prepared = prepared, .in = &up, .out = &down};
    libssl_start(&client);
    libssl_start(&server);
    while (libssl_step(&client) == GOING)
        libssl_step(&server);
    if (!prepared->takes_tickets) {
        prepared->session = SSL_get1_session(client.conn);
        CHECK(prepared->session != NULL && SSL_SESSION_is_resumable(prepared->session));
    } else {
        libssl_step(&server);
    }
    libssl_close(&client);
    libssl_close(&server);
    wire_close(&up);
    wire_close(&down);
}

static void *libssl_prepare(const struct work *work, const struct pki *pki)
{
    struct prepared *prepared = OPENSSL_zalloc(sizeof *prepared);
    CHECK(prepared != NULL);
    prepared->wires = make_wires();
    prepared->side[CLIENT] = make_side(CLIENT, work, pki);
    prepared->side[SERVER] = make_side(SERVER, work, pki);
    prepared->takes_tickets = work->tls13 && work->resume;
    if (work->resume && !work->tls13)
        earn_session(prepared);
    prepared->earning = true;
    for (int i = 0; i < PAIRS_MAX && prepared->takes_tickets; i++)
        earn_session(prepared);
    prepared->earning = false;
    if (work->psk_alone) /* from here on they have no group in common */
        CHECK(SSL_CTX_set1_groups_list(prepared->side[SERVER], "X25519") == 1);
    return prepared;
}

static void libssl_release(void *state)
{
    struct prepared *prepared = state;
    SSL_SESSION_free(prepared->session);
    while (prepared->ticket_count > 0)
        SSL_SESSION_free(prepared->tickets[--prepared->ticket_count]);
    SSL_CTX_free(prepared->side[CLIENT]);
    SSL_CTX_free(prepared->side[SERVER]);
    BIO_meth_free(prepared->wires);
    OPENSSL_free(prepared);
}

const struct implementation libssl_implementation = {
    .name = "libssl",
    .prepare = libssl_prepare,
    .release = libssl_release,
    .start = libssl_start,
    .step = libssl_step,
    .check = libssl_check,
    .seal = libssl_seal,
    .open = libssl_open,
    .close = libssl_close,
};
