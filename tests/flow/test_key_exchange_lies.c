/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/memory.h"

/*
 * Numbers that a Diffie-Hellman peer may not send, premaster secrets that are none, certificates that prove
 * nothing: by a peer that is right in everything else. Checklist K1, K2, K3, S4, S7.
 */
static size_t counted;
#define COUNT(a) (sizeof(a) / sizeof *(a))

#define DH_ANON "TLS_DH_anon_WITH_AES_128_GCM_SHA256"
#define DHE "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_GCM "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_CBC "TLS_RSA_WITH_AES_128_CBC_SHA"
#define ECDH "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"

struct meeting {
    struct puppet *liar;
    hf_conn *subject;
};

static struct meeting meet(enum side liar, const struct trait *client, const struct trait *server)
{
    const hf_config *c = shared_config(client), *s = shared_config(server);
    counted++;
    return (struct meeting){puppet_new(liar == CLIENT ? c : s, NULL),
                            honest_new(liar == CLIENT ? s : c, NULL)};
}

static void part(struct meeting *m)
{
    hf_conn_free(m->subject);
    puppet_free(m->liar);
}

static void expect_refusal(struct meeting *m, hf_err row, const char *what)
{
    converse(m->liar->conn, m->subject);
    assert_true(m->liar->told);
    expect_refused(m->subject, m->liar->conn, row, what);
    part(m);
}

/* ---- numbers ---- */
#define NUMBER_MAX 1100
struct number {
    uint8_t bytes[NUMBER_MAX];
    size_t len;
};

static struct slice number_slice(const struct number *n)
{
    return slice_of(n->bytes, n->len);
}

static struct number number_of(const BIGNUM *n, size_t len)
{
    struct number out = {.len = len};
    assert_int_equal(BN_bn2binpad(n, out.bytes, (int)len), (int)len);
    return out;
}

/* p + by, with as many bytes. */
static struct number near(struct slice p, int by)
{
    BIGNUM *n = BN_bin2bn(p.data, (int)p.len, NULL);
    assert_true(n && (by < 0 ? BN_sub_word(n, (BN_ULONG)-by) : BN_add_word(n, (BN_ULONG)by)));
    struct number out = number_of(n, p.len);
    BN_free(n);
    return out;
}

static struct number small(unsigned value, size_t len)
{
    struct number out = {.len = len};
    out.bytes[len - 1] = (uint8_t)value;
    return out;
}

/* ---- ServerKeyExchange and ClientKeyExchange of DH_anon, which nobody has signed ---- */
struct params {
    struct slice p, g, y;
    bool is_ours; /* the puppet computes with p and g too, and sends the share of that */
};

/* The puppet's own key pair, in the numbers it is about to name; it still calls them by the group's name. */
static void start_in_other_numbers(struct puppet *p, unsigned step)
{
    const struct params *about = p->about;
    struct key_share *share = &p->conn->hs->share;
    if (step == make_key_share && about->is_ours) {
        const struct group *named = share->group;
        struct dh_group numbers = {about->p, about->g};
        kx_end(share);
        assert_int_equal(kx_start_dh(&numbers, 1024, &p->conn->config->settings.random, share), OK);
        share->group = named;
    }
}

static void say_params(struct puppet *p, enum message m)
{
    const struct params *about = p->about;
    uint8_t body[3 * (NUMBER_MAX + 2)];
    struct writer w = writer_of(body, sizeof body);
    if (m == SERVER_KEY_EXCHANGE) {
        write_vector(&w, 2, about->p);
        write_vector(&w, 2, about->g);
        write_vector(&w, 2, about->is_ours ? key_share_public(&p->conn->hs->share) : about->y);
        puppet_set_body(p, written(&w));
    }
}

static void say_yc(struct puppet *p, enum message m)
{
    uint8_t body[NUMBER_MAX + 2];
    struct writer w = writer_of(body, sizeof body);
    if (m == CLIENT_KEY_EXCHANGE) {
        write_vector(&w, 2, *(const struct slice *)p->about);
        puppet_set_body(p, written(&w));
    }
}

static const struct trait
    dh_client = {.side = CLIENT, .suites = DH_ANON, .groups = "ffdhe2048"},
    dh_server = {.side = SERVER, .suites = DH_ANON, .groups = "ffdhe2048", .role = ANONYMOUS},
    dh_client_1024 = {.side = CLIENT, .suites = DH_ANON, .groups = "ffdhe2048", .min_dh_bits = 1024},
    dh_client_3072 = {.side = CLIENT, .suites = DH_ANON, .groups = "ffdhe2048", .min_dh_bits = 3072};

static struct meeting meet_params(const struct trait *client, const struct params *params)
{
    struct meeting m = meet(SERVER, client, &dh_server);
    m.liar->about = params;
    m.liar->lie = say_params;
    m.liar->plot = start_in_other_numbers;
    return m;
}

/* K3: a server that knows nothing of RFC 7919 has primes of its own; RFC 3526's and RFC 2409's here. */
static void test_primes_without_a_name(void **state)
{
    (void)state;
    static const struct {
        BIGNUM *(*prime)(BIGNUM *);
        size_t bytes;
        const struct trait *client;
        hf_err row;
    } primes[] = {
        {BN_get_rfc3526_prime_2048, 256, &dh_client, HF_OK},
        {BN_get_rfc3526_prime_3072, 384, &dh_client, HF_OK},
        {BN_get_rfc3526_prime_8192, 1024, &dh_client, HF_OK},
        {BN_get_rfc3526_prime_1536, 192, &dh_client, HF_WEAK_GROUP},
        {BN_get_rfc2409_prime_1024, 128, &dh_client, HF_WEAK_GROUP}, /* S4, Logjam */
        {BN_get_rfc2409_prime_768, 96, &dh_client, HF_WEAK_GROUP},
        {BN_get_rfc2409_prime_768, 96, &dh_client_1024, HF_WEAK_GROUP},
        {BN_get_rfc2409_prime_1024, 128, &dh_client_1024, HF_OK}, /* by policy */
        {BN_get_rfc3526_prime_2048, 256, &dh_client_3072, HF_WEAK_GROUP},
    };
    static const uint8_t two = 2;
    for (size_t i = 0; i < COUNT(primes); i++) {
        BIGNUM *n = primes[i].prime(NULL);
        assert_non_null(n);
        struct number p = number_of(n, primes[i].bytes);
        BN_free(n);
        /* below 1024 bits the puppet itself cannot compute; the share is then any number */
        struct params params = {number_slice(&p), slice_of(&two, 1), slice_of("\1\1", 2), p.len >= 128};
        struct meeting m = meet_params(primes[i].client, &params);
        char what[60];
        (void)snprintf(what, sizeof what, "row %zu, a prime of %zu bytes", i, p.len);
        converse(m.liar->conn, m.subject);
        assert_true(m.liar->told);
        if (primes[i].row == HF_OK) {
            expect_complete(m.liar->conn, m.subject, what);
            assert_int_equal(hf_negotiated(m.subject)->group, 0); /* it has no name */
        } else {
            expect_refused(m.subject, m.liar->conn, primes[i].row, what);
        }
        part(&m);
    }
}

/* RFC 7919 4: a named group must be one that was listed. */
static void test_named_primes_that_were_not_listed(void **state)
{
    (void)state;
    static const uint8_t two = 2;
    for (uint16_t code = 257; code <= 260; code++) {
        struct dh_group numbers = group_numbers(group_of(code));
        struct params params = {numbers.p, slice_of(&two, 1), .is_ours = true};
        struct meeting m = meet_params(&dh_client, &params);
        expect_refusal(&m, HF_GROUP_NOT_OFFERED, group_of(code)->name);
    }
}

/* K3, RFC 7919 3: p odd, 1 < g < p - 1, 1 < Ys < p - 1, and of at most p's length. */
static void test_numbers_a_client_refuses(void **state)
{
    (void)state;
    BIGNUM *n = BN_get_rfc3526_prime_2048(NULL);
    struct number custom = number_of(n, 256), even = near(number_slice(&custom), -1), huge = {.len = 1025};
    BN_free(n);
    memset(huge.bytes, 0xff, huge.len);
    struct dh_group named = group_numbers(group_of(256));
    struct slice primes[] = {number_slice(&custom), named.p};
    const struct number two = small(2, 1);
    for (size_t i = 0; i < 2; i++) {
        struct slice p = primes[i];
        struct number ys[] = {small(0, 1), small(1, 1), small(0, 256), small(1, 256), near(p, -1),
                              near(p, 0),  near(p, 1),  near(p, 2),    small(1, 300)};
        struct number longer = {.len = 257, .bytes = {1}};
        for (size_t y = 0; y < COUNT(ys) + 1; y++) {
            const struct number *bad = y < COUNT(ys) ? &ys[y] : &longer;
            struct params params = {p, number_slice(&two), number_slice(bad), false};
            struct meeting m = meet_params(&dh_client, &params);
            char what[60];
            (void)snprintf(what, sizeof what, "prime %zu, Ys %zu", i, y);
            expect_refusal(&m, HF_BAD_KEY_SHARE, what);
        }
    }
    struct number g_one = small(1, 1), g_zero = small(0, 1), g_last = near(primes[0], -1),
                  g_p = near(primes[0], 0), half = near(primes[0], -5);
    const struct params numbers[] = {
        {number_slice(&even), number_slice(&two), number_slice(&half), false},
        {number_slice(&huge), number_slice(&two), number_slice(&half), false},
        {number_slice(&g_zero), number_slice(&two), number_slice(&half), false}, /* p is zero */
        {primes[0], number_slice(&g_one), number_slice(&half), false},
        {primes[0], number_slice(&g_zero), number_slice(&half), false},
        {primes[0], number_slice(&g_last), number_slice(&half), false},
        {primes[0], number_slice(&g_p), number_slice(&half), false},
        {named.p, number_slice(&g_one), number_slice(&half), false}, /* a known prime, another g */
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct meeting m = meet_params(&dh_client, &numbers[i]);
        char what[60];
        (void)snprintf(what, sizeof what, "numbers %zu", i);
        expect_refusal(&m, HF_BAD_KEY_SHARE, what);
    }
}

static void test_numbers_a_server_refuses(void **state)
{
    (void)state;
    struct slice p = group_numbers(group_of(256)).p;
    struct number ys[] = {small(0, 1), small(1, 1), small(0, 256), small(1, 256),  near(p, -1),  near(p, 0),
                          near(p, 1),  near(p, 2),  small(0, 300), small(1, 1000), small(4, 257)};
    for (size_t i = 0; i < COUNT(ys); i++) {
        struct slice y = number_slice(&ys[i]);
        struct meeting m = meet(CLIENT, &dh_client, &dh_server);
        m.liar->lie = say_yc;
        m.liar->about = &y;
        char what[60];
        (void)snprintf(what, sizeof what, "Yc %zu", i);
        expect_refusal(&m, HF_BAD_KEY_SHARE, what);
    }
    /* another number is only another secret, however short it is written */
    struct number others[] = {near(p, -12345), small(4, 1), small(4, 256)};
    for (size_t i = 0; i < COUNT(others); i++) {
        struct slice y = number_slice(&others[i]);
        struct meeting m = meet(CLIENT, &dh_client, &dh_server);
        m.liar->lie = say_yc;
        m.liar->about = &y;
        expect_refusal(&m, HF_BAD_RECORD_MAC, "another number");
    }
}

/* The parameters are signed where there is a certificate: K5. */
static void flip_in_params(struct puppet *p, enum message m)
{
    if (m == SERVER_KEY_EXCHANGE) {
        p->bytes[HANDSHAKE_HEADER + p->number] ^= 0x10;
        p->told = true;
    }
}

static void test_parameters_are_signed(void **state)
{
    (void)state;
    static const struct trait client = {.side = CLIENT, .suites = DHE, .groups = "ffdhe2048"},
                              server = {
                                  .side = SERVER, .suites = DHE, .groups = "ffdhe2048", .key = TEST_RSA};
    static const size_t at[] = {60, 2 + 256 + 2, 2 + 256 + 3 + 2 + 100}; /* in p, g, Ys */
    for (size_t i = 0; i < COUNT(at); i++) {
        struct meeting m = meet(SERVER, &client, &server);
        m.liar->lie = flip_in_params;
        m.liar->number = at[i];
        expect_refusal(&m, HF_BAD_SIGNATURE, "one bit of what is signed");
    }
}

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
            struct meeting m = meet(CLIENT, pairs[pair][0], pairs[pair][1]);
            m.liar->lie = say_block;
            m.liar->about = &blocks[i];
            expect_no_oracle(&m, blocks[i].what);
        }
        /* the same maker of blocks, with nothing wrong: it is the content that fails above */
        struct meeting m = meet(CLIENT, pairs[pair][0], pairs[pair][1]);
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
        struct meeting m = meet(CLIENT, &rsa_client, &rsa_server);
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
    struct meeting m = meet(CLIENT, &rsa_client, &rsa_server);
    m.liar->lie = say_version;
    m.liar->number = 0x0304;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    expect_complete(m.liar->conn, m.subject, "TLS 1.3 offered and in the premaster");
    assert_int_equal(hf_negotiated(m.subject)->version, 0x0303);
    part(&m);
    m = meet(CLIENT, &rsa_client, &rsa_server);
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

static void leave_out(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        p->len = 0;
        p->told = true;
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
        struct meeting m = meet(SERVER, without[i][0], without[i][1]);
        m.liar->lie = add_server_key_exchange;
        expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "FREAK"); /* CVE-2015-0204 */
    }
    static const struct trait dhe_client = {.side = CLIENT, .suites = DHE, .groups = "ffdhe2048"},
                              dhe_server = {
                                  .side = SERVER, .suites = DHE, .groups = "ffdhe2048", .key = TEST_RSA};
    const struct trait *const with[][2] = {{&dhe_client, &dhe_server}, {&dh_client, &dh_server}};
    for (size_t i = 0; i < COUNT(with); i++) {
        struct meeting m = meet(SERVER, with[i][0], with[i][1]);
        m.liar->lie = leave_out;
        m.liar->number = SERVER_KEY_EXCHANGE;
        expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "no ServerKeyExchange");
    }
}

/* ---- fixed ECDH: RFC 4492 3.2, 3.3 ---- */
static const struct trait fixed_client = {.side = CLIENT,
                                          .suites = ECDH,
                                          .has_identity = true,
                                          .role = AGREES},
                          ecdh_server_asks = {.side = SERVER,
                                              .suites = ECDH,
                                              .role = AGREES,
                                              .client_auth = HF_CLIENT_AUTH_REQUIRE};

/* Certificate, with the one leaf of another identity. */
static void say_leaf(struct puppet *p, enum message m)
{
    uint8_t body[2048];
    struct writer w = writer_of(body, sizeof body);
    const struct test_identity *other = p->about;
    struct span der;
    if (m != CERTIFICATE) {
        return;
    }
    assert_int_equal(certificate_from_pem(slice_of(other->leaf.data, other->leaf.len), 0, &der), OK);
    size_t mark = write_open(&w, 3);
    write_vector(&w, 3, slice_of_span(der));
    write_close(&w, mark, 3);
    puppet_set_body(p, written(&w));
    memory_free(der.data, der.len);
}

static void try_leaf(const struct test_spec *spec, const struct trait *client, const struct trait *server,
                     hf_err row)
{
    struct test_spec whole = *spec;
    whole.issuer = TEST_BY_ROOT;
    whole.cn = "mallory";
    whole.names = "";
    whole.extended = "clientAuth";
    struct test_identity other = test_identity_make(&whole);
    struct meeting m = meet(CLIENT, client, server);
    m.liar->lie = say_leaf;
    m.liar->about = &other;
    expect_refusal(&m, row, spec->usage);
    test_identity_free(&other);
}

static void test_certificates_that_prove_nothing(void **state)
{
    (void)state;
    /* somebody else's fixed key: the secret is another, so this is told at Finished */
    static const struct test_spec alike = {.usage = "critical,keyAgreement", .curve = "P-256"};
    try_leaf(&alike, &fixed_client, &ecdh_server_asks, HF_BAD_RECORD_MAC);
    /* another curve than the server's: can neither agree nor sign */
    static const struct test_spec p384 = {.usage = "critical,keyAgreement", .key = TEST_P384};
    try_leaf(&p384, &fixed_client, &ecdh_server_asks, HF_WRONG_KEY_USAGE);
    /* neither use */
    static const struct test_spec idle = {.usage = "critical,keyEncipherment"};
    try_leaf(&idle, &fixed_client, &ecdh_server_asks, HF_WRONG_KEY_USAGE);
    /* one that signs, and no signature: S7 */
    static const struct test_spec signs = {.usage = "critical,digitalSignature,keyAgreement"};
    try_leaf(&signs, &fixed_client, &ecdh_server_asks, HF_MALFORMED_MESSAGE); /* ClientKeyExchange is empty */
    /* a key that may only agree, where nothing is static: S7, CVE-2026-25834's kind */
    static const struct trait client = {.side = CLIENT, .has_identity = true},
                              server = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE};
    try_leaf(&alike, &client, &server, HF_WRONG_KEY_USAGE);
    /* and with RSA's key exchange */
    static const struct trait rsa_asks = {.side = SERVER,
                                          .suites = RSA_GCM,
                                          .key = TEST_RSA,
                                          .role = ENCIPHERS,
                                          .client_auth = HF_CLIENT_AUTH_REQUIRE},
                              rsa_mutual = {.side = CLIENT, .suites = RSA_GCM, .has_identity = true};
    try_leaf(&alike, &rsa_mutual, &rsa_asks, HF_WRONG_KEY_USAGE);
}

/* The point where the certificate has it, and none where it is expected: RFC 4492 5.7. */
static void say_point(struct puppet *p, enum message m)
{
    static uint8_t body[66] = {65, 4};
    if (m == CLIENT_KEY_EXCHANGE) {
        puppet_set_body(p, slice_of(body, p->number));
    }
}

static void test_client_key_exchange_is_explicit_or_not(void **state)
{
    (void)state;
    struct meeting m = meet(CLIENT, &fixed_client, &ecdh_server_asks);
    m.liar->lie = say_point;
    m.liar->number = 66;
    expect_refusal(&m, HF_MALFORMED_MESSAGE, "a point beside the certificate's");
    static const struct trait client = {.side = CLIENT, .suites = ECDH},
                              server = {.side = SERVER, .suites = ECDH, .role = AGREES};
    m = meet(CLIENT, &client, &server);
    m.liar->lie = say_point;
    m.liar->number = 0;
    expect_refusal(&m, HF_MALFORMED_MESSAGE, "no point and no certificate");
    m = meet(CLIENT, &client, &server);
    m.liar->lie = say_point;
    m.liar->number = 66;
    expect_refusal(&m, HF_BAD_KEY_SHARE, "a point that is not on the curve");
}

/* ---- a certificate that does not serve the suite: K5 ---- */
static void say_suite(struct puppet *p, enum message m)
{
    if (m == SERVER_HELLO) {
        size_t at = HANDSHAKE_HEADER + 2 + RANDOM_SIZE;
        at += 1u + p->bytes[at];
        p->bytes[at] = (uint8_t)(p->number >> 8);
        p->bytes[at + 1] = (uint8_t)p->number;
        p->told = true;
    }
}

static void test_certificates_under_another_key_exchange(void **state)
{
    (void)state;
#define MANY RSA_GCM ":" ECDH ":TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256:" DHE
    static const struct trait client = {
        .side = CLIENT, .suites = MANY, .groups = "secp256r1:ffdhe2048", .rsa_root = true};
    static const struct trait enciphers = {.side = SERVER,
                                           .suites = RSA_GCM,
                                           .key = TEST_RSA,
                                           .role = ENCIPHERS},
                              signs = {.side = SERVER, .suites = DHE, .groups = "ffdhe2048", .key = TEST_RSA},
                              agrees = {.side = SERVER, .suites = ECDH, .role = AGREES},
                              agrees_rsa = {.side = SERVER,
                                            .suites = "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",
                                            .role = AGREES,
                                            .rsa_root = true};
    static const struct {
        const struct trait *server;
        uint16_t suite;
        hf_err row;
    } lies[] = {
        {&enciphers, 0x009e, HF_WRONG_KEY_USAGE},          /* DHE_RSA, and the key may only decrypt */
        {&signs, 0x009c, HF_WRONG_KEY_USAGE},              /* RSA, and the key may only sign */
        {&agrees, 0xc031, HF_UNSUPPORTED_CERTIFICATE},     /* ECDH_RSA, and ECDSA signed the certificate */
        {&agrees_rsa, 0xc02d, HF_UNSUPPORTED_CERTIFICATE}, /* the other way round */
        {&enciphers, 0xc02d, HF_WRONG_KEY_USAGE},
        {&agrees, 0x009c, HF_WRONG_KEY_USAGE},
    };
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct meeting m = meet(SERVER, &client, lies[i].server);
        m.liar->lie = say_suite;
        m.liar->number = lies[i].suite;
        char what[60];
        (void)snprintf(what, sizeof what, "row %zu, suite %04x", i, lies[i].suite);
        expect_refusal(&m, lies[i].row, what);
    }
}

static int report(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes with a lie in the key exchange\n", counted);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primes_without_a_name),
        cmocka_unit_test(test_named_primes_that_were_not_listed),
        cmocka_unit_test(test_numbers_a_client_refuses),
        cmocka_unit_test(test_numbers_a_server_refuses),
        cmocka_unit_test(test_parameters_are_signed),
        cmocka_unit_test(test_premasters_that_are_none),
        cmocka_unit_test(test_ciphertexts_that_are_none),
        cmocka_unit_test(test_the_version_in_the_premaster_is_client_hellos),
        cmocka_unit_test(test_server_key_exchange_is_where_the_suite_says),
        cmocka_unit_test(test_certificates_that_prove_nothing),
        cmocka_unit_test(test_client_key_exchange_is_explicit_or_not),
        cmocka_unit_test(test_certificates_under_another_key_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, report);
}
