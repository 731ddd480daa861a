/* SPDX-License-Identifier: MIT */
/*
 * RSA key transport, RFC 5246 7.4.7.1: a server must not show by its time whether a premaster secret was
 * padded as it should be, or had the right version (Bleichenbacher 1998). The ClientHello is the same each
 * time; the ClientKeyExchange is made here.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "fail.h"
#include "timing.h"

enum { RIGHT, BAD_PADDING, WRONG_VERSION, CLASSES };
enum { MODULUS = 256, HEADERS = 5 + 4 + 2, MESSAGE = HEADERS + MODULUS, HELLO_MAX = 1024 };

struct prepared {
    hf_config *server;
    EVP_PKEY_CTX *encryption;
    uint8_t hello[HELLO_MAX];
    size_t hello_len;
    uint8_t messages[CLASSES][MESSAGE];
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

static hf_config *make_side(hf_config *config, const struct pki *pki, bool server)
{
    hf_problem why;
    CHECK(config != NULL);
    must(hf_config_suites(config, "TLS_RSA_WITH_AES_128_GCM_SHA256", NULL), "hf_config_suites");
    if (server)
        must(hf_config_identity(config, text_bytes(pki->server.certificate_pem),
                                text_bytes(pki->server.key_pem), NULL),
             "hf_config_identity");
    else
        must(hf_config_trust_pem(config, text_bytes(pki->root.certificate_pem)), "hf_config_trust_pem");
    if (server)
        must(hf_config_session_cache(config, 0), "hf_config_session_cache");
    if (hf_config_freeze(config, &why) != HF_OK)
        fail_because("hf_config_freeze", why.sentence);
    return config;
}

static void take_hello(struct prepared *prepared, const struct pki *pki)
{
    hf_config *client = make_side(hf_config_client(), pki, false);
    hf_conn *conn = hf_conn_new(client, BENCH_HOST, NULL);
    CHECK(conn != NULL);
    hf_bytes hello = hf_peek_wire(conn);
    CHECK(hello.len > 0 && hello.len <= HELLO_MAX);
    memcpy(prepared->hello, hello.data, hello.len);
    prepared->hello_len = hello.len;
    hf_conn_free(conn);
    hf_config_free(client);
}

/* RFC 8017 7.2.1: 00 02, at least eight bytes that are not zero, 00, the message. */
static void fill_block(uint8_t block[MODULUS], int kind)
{
    enum { PREMASTER = 48 };
    uint8_t *premaster = block + MODULUS - PREMASTER;
    CHECK(RAND_bytes(block, MODULUS) == 1);
    block[0] = 0;
    if (kind == BAD_PADDING) { /* what most of an attacker's guesses decrypt to: anything */
        block[1] |= 4;
        return;
    }
    block[1] = 2;
    for (uint8_t *byte = block + 2; byte < premaster - 1; byte++)
        *byte = *byte == 0 ? 1 : *byte;
    premaster[-1] = 0;
    premaster[0] = 3;
    premaster[1] = kind == WRONG_VERSION ? 1 : 3;
}

static void make_message(struct prepared *prepared, int kind)
{
    static const uint8_t headers[HEADERS] = {0x16, 3, 3, 1, 6, 0x10, 0, 1, 2, 1, 0};
    uint8_t block[MODULUS], *message = prepared->messages[kind];
    size_t len = MODULUS;
    fill_block(block, kind);
    memcpy(message, headers, HEADERS);
    CHECK(EVP_PKEY_encrypt(prepared->encryption, message + HEADERS, &len, block, MODULUS) == 1);
    CHECK(len == MODULUS);
}

/* That the classes are what they are called, by libcrypto's own judgement of PKCS #1. */
static void check_messages(struct prepared *prepared, EVP_PKEY *key)
{
    for (int kind = 0; kind < CLASSES; kind++) {
        uint8_t block[MODULUS];
        size_t len = MODULUS;
        make_message(prepared, kind);
        EVP_PKEY_CTX *decryption = EVP_PKEY_CTX_new(key, NULL);
        CHECK(decryption != NULL && EVP_PKEY_decrypt_init(decryption) == 1);
        CHECK(EVP_PKEY_CTX_set_rsa_padding(decryption, RSA_NO_PADDING) == 1);
        CHECK(EVP_PKEY_decrypt(decryption, block, &len, prepared->messages[kind] + HEADERS, MODULUS) == 1);
        EVP_PKEY_CTX_free(decryption);
        CHECK(len == MODULUS && block[0] == 0 && (block[1] == 2) == (kind != BAD_PADDING));
        CHECK(kind == BAD_PADDING || (block[MODULUS - 49] == 0 && block[MODULUS - 48] == 3 &&
                                      block[MODULUS - 47] == (kind == RIGHT ? 3 : 1)));
    }
}

static void *prepare(const struct pki *pki)
{
    struct prepared *prepared = calloc(1, sizeof *prepared);
    CHECK(prepared != NULL && EVP_PKEY_get_size(pki->server.key) == MODULUS);
    prepared->server = make_side(hf_config_server(), pki, true);
    prepared->encryption = EVP_PKEY_CTX_new(pki->server.key, NULL);
    CHECK(prepared->encryption != NULL && EVP_PKEY_encrypt_init(prepared->encryption) == 1);
    CHECK(EVP_PKEY_CTX_set_rsa_padding(prepared->encryption, RSA_NO_PADDING) == 1);
    take_hello(prepared, pki);
    check_messages(prepared, pki->server.key);
    return prepared;
}

static void release(void *state)
{
    struct prepared *prepared = state;
    hf_config_free(prepared->server);
    EVP_PKEY_CTX_free(prepared->encryption);
    free(prepared);
}

/* Everything is done for every class alike, up to the copy of the message that is sent. */
static double sample(void *state, int kind)
{
    struct prepared *prepared = state;
    uint8_t hello[HELLO_MAX], message[MESSAGE];
    hf_conn *conn = hf_conn_new(prepared->server, NULL, NULL);
    CHECK(conn != NULL);
    memcpy(hello, prepared->hello, prepared->hello_len);
    (void)timed_push(conn, hello, prepared->hello_len, HF_OK);
    hf_bytes flight = hf_peek_wire(conn);
    CHECK(flight.len > 0);
    hf_drop_wire(conn, flight.len);
    for (int each = 0; each < CLASSES; each++)
        make_message(prepared, each);
    memcpy(message, prepared->messages[kind], MESSAGE);
    double spent = timed_push(conn, message, MESSAGE, HF_OK);
    hf_conn_free(conn);
    return spent;
}

const struct timing timing_rsa = {
    .what = "a server takes a ClientKeyExchange of TLS_RSA_WITH_AES_128_GCM_SHA256",
    .classes = {"right premaster", "bad padding", "wrong version"},
    .pairs = {{RIGHT, BAD_PADDING, NULL}, {RIGHT, WRONG_VERSION, NULL}, {BAD_PADDING, WRONG_VERSION, NULL}},
    .pair_count = 3,
    .prepare = prepare,
    .release = release,
    .sample = sample,
};
