/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/*
 * Premaster secrets that are none, and a ServerKeyExchange where RSA has none; by a peer that is right in
 * everything else. Checklist K1, S4.
 */
#define DH_ANON "TLS_DH_anon_WITH_AES_128_GCM_SHA256"
#define DHE "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_GCM "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_CBC "TLS_RSA_WITH_AES_128_CBC_SHA"
#define ECDH "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"

/* ---- K1: RSA, RFC 5246 7.4.7.1 ---- */
static const struct trait rsa_client = {.side = CLIENT, .suites = RSA_GCM},
                          rsa_server = {.side = SERVER,
                                        .suites = RSA_GCM,
                                        .key = TEST_RSA,
                                        .role = ENCIPHERS},
                          rsa_cbc_client = {.side = CLIENT, .suites = RSA_CBC},
                          rsa_cbc_server = {
                              .side = SERVER, .suites = RSA_CBC, .key = TEST_RSA, .role = ENCIPHERS};
#define RSA_SIZE 256

/* block, raised to the server's public exponent. */
static void encrypt_raw(const struct puppet *p, const uint8_t block[RSA_SIZE], uint8_t out[RSA_SIZE])
{
    struct slice spki = certificate_public_key(p->conn->hs->peer_certificate);
    const unsigned char *at = spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);
    EVP_PKEY_CTX *run = EVP_PKEY_CTX_new(key, NULL);
    size_t len = RSA_SIZE;
    assert_true(run && EVP_PKEY_encrypt_init(run) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(run, RSA_NO_PADDING) == 1);
    assert_int_equal(EVP_PKEY_encrypt(run, out, &len, block, RSA_SIZE), 1);
    EVP_PKEY_CTX_free(run);
    EVP_PKEY_free(key);
}

/* What stands in the block: 0, 2, nonzero bytes, 0, and a premaster of len bytes; then as `edit` says. */
struct block {
    const char *what;
    size_t premaster; /* its length */
    size_t at;        /* byte changed, and to what */
    uint8_t to;
    bool at_all;
};
static const struct block blocks[] = {
    {"TLS 1.1 in the premaster", 48, RSA_SIZE - 47, 2, true},
    {"TLS 1.3 in the premaster", 48, RSA_SIZE - 47, 4, true},
    {"version 2.3", 48, RSA_SIZE - 48, 2, true},
    {"version 0.0", 48, RSA_SIZE - 48, 0, true},
    {"47 bytes", 47, 0, 0, false},
    {"49 bytes", 49, 0, 0, false},
    {"one byte", 1, 0, 0, false},
    {"none", 0, 0, 0, false},
    {"all that fits", RSA_SIZE - 11, 0, 0, false},
    {"the first byte is 1", 48, 0, 1, true},
    {"block type 1", 48, 1, 1, true},
    {"block type 0", 48, 1, 0, true},
    {"a zero in the first eight", 48, 4, 0, true},
    {"a zero in the middle of the padding", 48, 100, 0, true},
    {"no zero behind the padding", 48, RSA_SIZE - 49, 7, true},
};

static void say_ciphertext(struct puppet *p, struct slice bytes)
{
    uint8_t body[2 + 2048];
    struct writer w = writer_of(body, sizeof body);
    write_vector(&w, 2, bytes);
    puppet_set_body(p, written(&w));
}

static void fill_block(const struct puppet *p, size_t premaster, uint8_t out[RSA_SIZE])
{
    struct slice secret = premaster_slice(&p->conn->hs->premaster);
    memset(out, 0x5a, RSA_SIZE);
    out[0] = 0;
    out[1] = 2;
    out[RSA_SIZE - 1 - premaster] = 0;
    size_t len = premaster < secret.len ? premaster : secret.len;
    memcpy(out + RSA_SIZE - premaster, secret.data, len);
}

static void say_block(struct puppet *p, enum message m)
{
    const struct block *b = p->about;
    uint8_t block[RSA_SIZE], out[RSA_SIZE];
    if (m == CLIENT_KEY_EXCHANGE) {
        fill_block(p, b ? b->premaster : 48, block);
        if (b && b->at_all) {
            block[b->at] = b->to;
        }
        encrypt_raw(p, block, out);
        say_ciphertext(p, slice_of(out, sizeof out));
    }
}

static void say_any_ciphertext(struct puppet *p, enum message m)
{
    if (m == CLIENT_KEY_EXCHANGE) {
        say_ciphertext(p, *(const struct slice *)p->about);
    }
}

/* The whole of what the server says from ClientKeyExchange on is one alert, the same bytes whatever was
 * wrong. */
static void expect_no_oracle(struct meeting *m, const char *what)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 20};
    carry(m->liar->conn, m->subject);
    carry(m->subject, m->liar->conn);
    carry(m->liar->conn, m->subject);
    assert_true(m->liar->told);
    const hf_failure *f = hf_failed(m->subject);
    if (!f || f->err != HF_BAD_RECORD_MAC) {
        fail_msg("%s: %s", what, f ? hf_err_name(f->err) : "no failure");
        return;
    }
    assert_string_equal(f->step, "Finished"); /* not before */
    assert_string_equal(f->detail, "");
    hf_bytes said = hf_peek_wire(m->subject);
    assert_int_equal(said.len, sizeof alert);
    assert_memory_equal(said.data, alert, sizeof alert);
    expect_refused(m->subject, m->liar->conn, HF_BAD_RECORD_MAC, what);
    part(m);
}

static void test_premasters_that_are_none(void **state)
{
    (void)state;
    const struct trait *const pairs[][2] = {{&rsa_client, &rsa_server}, {&rsa_cbc_client, &rsa_cbc_server}};
    for (size_t pair = 0; pair < 2; pair++) {
        for (size_t i = 0; i < COUNT(blocks); i++) {
            struct meeting m = meet(CLIENT, pairs[pair][0], pairs[pair][1], false);
            m.liar->lie = say_block;
            m.liar->about = &blocks[i];
            expect_no_oracle(&m, blocks[i].what);
        }
        /* the same maker of blocks, with nothing wrong: it is the content that fails above */
        struct meeting m = meet(CLIENT, pairs[pair][0], pairs[pair][1], false);
        m.liar->lie = say_block;
        converse(m.liar->conn, m.subject);
        assert_true(m.liar->told);
        expect_complete(m.liar->conn, m.subject, "a block of our own making");
        part(&m);
    }
}

static void test_ciphertexts_that_are_none(void **state)
{
    (void)state;
    static uint8_t zeros[1024], ones[1024];
    memset(ones, 0xff, sizeof ones);
    static const size_t sizes[] = {0, 1, 48, 128, 255, 256, 257, 512, 1024};
    for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
        struct slice bytes = slice_of(i % 2 ? ones : zeros, sizes[i / 2]);
        struct meeting m = meet(CLIENT, &rsa_client, &rsa_server, false);
        char what[60];
        (void)snprintf(what, sizeof what, "%zu bytes of %02x", bytes.len, i % 2 ? 0xff : 0);
        m.liar->lie = say_any_ciphertext;
        m.liar->about = &bytes;
        expect_no_oracle(&m, what);
    }
}

/* client_version is ClientHello's: RFC 5246 7.4.7.1. Here one that is negotiated down. */
static void say_version(struct puppet *p, enum message m)
{
    if (m == CLIENT_HELLO) {
        p->bytes[HANDSHAKE_HEADER + 1] = 4;
        p->conn->hs->client_version = (uint16_t)p->number;
        p->told = true;
    }
}

static void test_the_version_in_the_premaster_is_client_hellos(void **state)
{
    (void)state;
    struct meeting m = meet(CLIENT, &rsa_client, &rsa_server, false);
    m.liar->lie = say_version;
    m.liar->number = 0x0304;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    expect_complete(m.liar->conn, m.subject, "TLS 1.3 offered and in the premaster");
    assert_int_equal(hf_negotiated(m.subject)->version, 0x0303);
    part(&m);
    m = meet(CLIENT, &rsa_client, &rsa_server, false);
    m.liar->lie = say_version;
    m.liar->number = 0x0303; /* the negotiated one: what some old clients send (RFC 5246 7.4.7.1, note) */
    expect_no_oracle(&m, "TLS 1.3 offered, TLS 1.2 in the premaster");
}

/* ---- S4: ServerKeyExchange where there is none, and none where there is one ---- */
static void add_server_key_exchange(struct puppet *p, enum message m)
{
    uint8_t number[64], body[256], message[300];
    struct writer w = writer_of(body, sizeof body);
    memset(number, 0xc1, sizeof number);
    if (m == SERVER_HELLO_DONE) { /* RSA_EXPORT's: a modulus of 512 bits, an exponent, a signature */
        write_vector(&w, 2, slice_of(number, 64));
        write_vector(&w, 2, slice_of("\1\0\1", 3));
        write_number(&w, 0x0401, 2);
        write_vector(&w, 2, slice_of(number, 64));
        puppet_handshake(p, framed(SERVER_KEY_EXCHANGE, written(&w), message, sizeof message));
    }
}

static void test_server_key_exchange_is_where_the_suite_says(void **state)
{
    (void)state;
    static const struct trait ecdh_client = {.side = CLIENT, .suites = ECDH},
                              ecdh_server = {.side = SERVER, .suites = ECDH, .role = AGREES};
    const struct trait *const without[][2] = {
        {&rsa_client, &rsa_server}, {&rsa_cbc_client, &rsa_cbc_server}, {&ecdh_client, &ecdh_server}};
    for (size_t i = 0; i < COUNT(without); i++) {
        struct meeting m = meet(SERVER, without[i][0], without[i][1], false);
        m.liar->lie = add_server_key_exchange;
        expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "FREAK"); /* CVE-2015-0204 */
    }
    static const struct trait
        dhe_client = {.side = CLIENT, .suites = DHE, .groups = "ffdhe2048"},
        dhe_server = {.side = SERVER, .suites = DHE, .groups = "ffdhe2048", .key = TEST_RSA},
        anon_client = {.side = CLIENT, .suites = DH_ANON, .groups = "ffdhe2048"},
        anon_server = {.side = SERVER, .suites = DH_ANON, .groups = "ffdhe2048", .role = ANONYMOUS};
    const struct trait *const with[][2] = {{&dhe_client, &dhe_server}, {&anon_client, &anon_server}};
    for (size_t i = 0; i < COUNT(with); i++) {
        struct meeting m = meet(SERVER, with[i][0], with[i][1], false);
        m.liar->lie = leave_out;
        m.liar->number = SERVER_KEY_EXCHANGE;
        expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "no ServerKeyExchange");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_premasters_that_are_none),
        cmocka_unit_test(test_ciphertexts_that_are_none),
        cmocka_unit_test(test_the_version_in_the_premaster_is_client_hellos),
        cmocka_unit_test(test_server_key_exchange_is_where_the_suite_says),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
