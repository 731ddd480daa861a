/* SPDX-License-Identifier: MIT */
/*
 * MAC-then-encrypt, RFC 5246 6.2.3.2: opening a CBC record must not show by its time whether its padding or
 * its MAC was wrong, nor how much padding there is (Lucky Thirteen, 2013). handfast itself always offers
 * encrypt-then-MAC, so libssl is the client, told not to. A bad record ends a connection: each sample
 * resumes a session, and the record is made here under the connection's keys.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "fail.h"
#include "timing.h"

enum { SHORT_PADDING, LONG_PADDING, BAD_PADDING, LONGER_RECORD, CLASSES };
enum { HEADER = 5, BLOCK = 16, MAC = 20, KEY = 16, INSIDE = 320, LONGER = INSIDE + 64 };
enum { RECORD_MAX = HEADER + BLOCK + LONGER, SAVED_MAX = 4096 };

struct prepared {
    hf_config *server;
    uint8_t saved[SAVED_MAX]; /* the session on the server's side, and on the client's */
    size_t saved_len;
    SSL_SESSION *session;
    SSL_CTX *client;
    EVP_KDF *prf;
    EVP_CIPHER_CTX *encryption;
    uint8_t records[CLASSES][RECORD_MAX];
};

struct connection {
    SSL *client;
    hf_conn *server;
    uint8_t keys[2 * MAC + 2 * KEY]; /* RFC 5246 6.3 */
};

static void must(hf_err err, const char *call)
{
    if (err != HF_OK)
        fail_because(call, hf_err_sentence(err));
}

static hf_bytes text_bytes(const char *text)
{
    return (hf_bytes){(const uint8_t *)text, strlen(text)};
}

/* The first session is kept, and answered whenever one is looked up; a failed connection forgets it in vain.
 */
static void keep_session(void *arg, const hf_session_record *record)
{
    struct prepared *prepared = arg;
    hf_bytes session = record->sealed;
    if (session.len == 0 || prepared->saved_len > 0)
        return;
    CHECK(session.len <= SAVED_MAX);
    memcpy(prepared->saved, session.data, session.len);
    prepared->saved_len = session.len;
}

static hf_config *make_server(struct prepared *prepared, const struct pki *pki)
{
    hf_problem why;
    hf_config *server = hf_config_server();
    CHECK(server != NULL);
    must(hf_config_suites(server, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", NULL), "hf_config_suites");
    must(hf_config_identity(server, text_bytes(pki->server.certificate_pem), text_bytes(pki->server.key_pem),
                            NULL),
         "hf_config_identity");
    must(hf_config_session_cache(server, 0), "hf_config_session_cache");
    must(hf_config_session_effects(server, keep_session, prepared), "hf_config_session_effects");
    must(hf_config_ask(server, HF_ASK_LOOK_UP_SESSION), "hf_config_ask");
    if (hf_config_freeze(server, &why) != HF_OK)
        fail_because("hf_config_freeze", why.sentence);
    return server;
}

static SSL_CTX *make_client(const struct pki *pki)
{
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    CHECK(client != NULL && SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION) == 1);
    CHECK(SSL_CTX_set_cipher_list(client, "ECDHE-ECDSA-AES128-SHA") == 1);
    SSL_CTX_set_options(client, SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_OFF);
    CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(client), pki->root.certificate) == 1);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    return client;
}

static void to_server(const struct prepared *prepared, struct connection *to)
{
    static uint8_t bytes[16384];
    int len = BIO_read(SSL_get_wbio(to->client), bytes, sizeof bytes);
    for (size_t at = 0, used = 0; len > 0 && at < (size_t)len; at += used) {
        must(hf_push_wire(to->server, bytes + at, (size_t)len - at, &used), "hf_push_wire");
        bool asked = hf_asked(to->server, NULL) == HF_ASK_LOOK_UP_SESSION;
        CHECK(asked || used > 0);
        if (asked)
            must(hf_answer_session(to->server, (hf_bytes){prepared->saved, prepared->saved_len}),
                 "hf_answer_session");
    }
    hf_bytes flight = hf_peek_wire(to->server);
    CHECK(flight.len == 0 || BIO_write(SSL_get_rbio(to->client), flight.data, (int)flight.len) > 0);
    hf_drop_wire(to->server, flight.len);
}

/* RFC 5246 6.3: client's MAC key, server's, client's key, server's. */
static void derive_keys(const struct prepared *prepared, struct connection *of)
{
    static char digest[] = "SHA256", label[] = "key expansion";
    uint8_t master[48], client[32], server[32];
    CHECK(SSL_SESSION_get_master_key(SSL_get_session(of->client), master, sizeof master) == sizeof master);
    CHECK(SSL_get_client_random(of->client, client, sizeof client) == sizeof client);
    CHECK(SSL_get_server_random(of->client, server, sizeof server) == sizeof server);
    OSSL_PARAM inputs[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof master),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, sizeof label - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, server, sizeof server),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, client, sizeof client),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *run = EVP_KDF_CTX_new(prepared->prf);
    CHECK(run != NULL && EVP_KDF_derive(run, of->keys, sizeof of->keys, inputs) == 1);
    EVP_KDF_CTX_free(run);
}

static struct connection connect(struct prepared *prepared)
{
    struct connection made = {.client = SSL_new(prepared->client),
                              .server = hf_conn_new(prepared->server, NULL, NULL)};
    CHECK(made.client != NULL && made.server != NULL);
    SSL_set_bio(made.client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(made.client);
    CHECK(SSL_set1_host(made.client, BENCH_HOST) == 1);
    CHECK(SSL_set_tlsext_host_name(made.client, BENCH_HOST) == 1);
    CHECK(prepared->session == NULL || SSL_set_session(made.client, prepared->session) == 1);
    for (int flights = 0; SSL_do_handshake(made.client) != 1; flights++) {
        CHECK(flights < 16);
        to_server(prepared, &made);
    }
    to_server(prepared, &made);
    const hf_summary *summary = hf_negotiated(made.server);
    CHECK(summary->complete && !summary->encrypt_then_mac);
    CHECK(summary->resumed == (prepared->session != NULL));
    derive_keys(prepared, &made);
    return made;
}

static void disconnect(struct connection *made)
{
    /* Without this SSL_free takes the connection for broken and its session is not offered again. */
    SSL_set_shutdown(made->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(made->client);
    hf_conn_free(made->server);
}

/* The client's second record, RFC 5246 6.2.3.1 and 6.2.3.2: header, IV, encrypted text, MAC and padding. */
static size_t seal(struct prepared *prepared, const struct connection *on, int kind, bool sound)
{
    static uint8_t covered[13 + LONGER];
    uint8_t inside[LONGER], *record = prepared->records[kind];
    size_t size = kind == LONGER_RECORD ? LONGER : INSIDE;
    size_t padding = kind == LONG_PADDING || kind == BAD_PADDING ? 255 : 0;
    size_t text = size - MAC - padding - 1;
    unsigned mac_len = 0;
    int written = 0;
    CHECK(RAND_bytes(inside, LONGER) == 1 && RAND_bytes(record + HEADER, BLOCK) == 1);
    memcpy(covered, (uint8_t[13]){[7] = 1, 0x17, 3, 3, (uint8_t)(text >> 8), (uint8_t)text}, 13);
    memcpy(covered + 13, inside, text);
    CHECK(HMAC(EVP_sha1(), on->keys, MAC, covered, 13 + text, inside + text, &mac_len) != NULL);
    memset(inside + text + MAC, (int)padding, padding + 1);
    if (!sound) /* the MAC is right only where the padding is what is wrong */
        inside[kind == BAD_PADDING ? text + MAC : text] ^= 0x55;
    size_t len = BLOCK + size;
    memcpy(record, (uint8_t[HEADER]){0x17, 3, 3, (uint8_t)(len >> 8), (uint8_t)len}, HEADER);
    CHECK(EVP_EncryptInit_ex(prepared->encryption, NULL, NULL, on->keys + 2 * MAC, record + HEADER) == 1);
    CHECK(EVP_EncryptUpdate(prepared->encryption, record + HEADER + BLOCK, &written, inside, (int)size) == 1);
    CHECK(written == (int)size);
    return HEADER + len;
}

/* Everything is done for every class alike, up to the copy of the record that is sent. */
static double open_one(struct prepared *prepared, int kind, bool sound)
{
    uint8_t sent[RECORD_MAX];
    size_t len[CLASSES];
    struct connection on = connect(prepared);
    for (int each = 0; each < CLASSES; each++)
        len[each] = seal(prepared, &on, each, sound);
    memcpy(sent, prepared->records[kind], RECORD_MAX);
    double spent = timed_push(on.server, sent, len[kind], sound ? HF_OK : HF_BAD_RECORD_MAC);
    disconnect(&on);
    return spent;
}

static double sample(void *state, int kind)
{
    return open_one(state, kind, false);
}

static void *prepare(const struct pki *pki)
{
    struct prepared *prepared = calloc(1, sizeof *prepared);
    CHECK(prepared != NULL);
    prepared->server = make_server(prepared, pki);
    prepared->client = make_client(pki);
    prepared->prf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    prepared->encryption = EVP_CIPHER_CTX_new();
    CHECK(prepared->prf != NULL && prepared->encryption != NULL);
    CHECK(EVP_EncryptInit_ex(prepared->encryption, EVP_aes_128_cbc(), NULL, NULL, NULL) == 1);
    CHECK(EVP_CIPHER_CTX_set_padding(prepared->encryption, 0) == 1);
    struct connection first = connect(prepared);
    prepared->session = SSL_get1_session(first.client);
    disconnect(&first);
    CHECK(prepared->session != NULL && prepared->saved_len > 0);
    for (int kind = 0; kind < CLASSES; kind++) /* only what is meant to be wrong with them is wrong */
        (void)open_one(prepared, kind, true);
    return prepared;
}

static void release(void *state)
{
    struct prepared *prepared = state;
    SSL_SESSION_free(prepared->session);
    SSL_CTX_free(prepared->client);
    hf_config_free(prepared->server);
    EVP_KDF_free(prepared->prf);
    EVP_CIPHER_CTX_free(prepared->encryption);
    free(prepared);
}

const struct timing timing_cbc_mte = {
    .what = "a server opens a tampered record of TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, MAC-then-encrypt",
    .classes = {"wrong MAC under 1 byte of padding", "wrong MAC under 256 bytes of padding", "wrong padding",
                "wrong MAC in a longer record"},
    .pairs = {{SHORT_PADDING, BAD_PADDING, NULL},
              {LONG_PADDING, BAD_PADDING, NULL},
              {SHORT_PADDING, LONG_PADDING, NULL},
              {SHORT_PADDING, LONGER_RECORD, "the record is 64 bytes longer, which anybody can see"}},
    .pair_count = 4,
    .prepare = prepare,
    .release = release,
    .sample = sample,
};
