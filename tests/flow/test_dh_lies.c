/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

#include <openssl/bn.h>

/*
 * Numbers that a Diffie-Hellman peer may not send, by a peer that is right in everything else. Checklist K3,
 * K5, S4.
 */
#define DH_ANON "TLS_DH_anon_WITH_AES_128_GCM_SHA256"
#define DHE "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"

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
    struct meeting m = meet(SERVER, client, &dh_server, false);
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
        struct meeting m = meet(CLIENT, &dh_client, &dh_server, false);
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
        struct meeting m = meet(CLIENT, &dh_client, &dh_server, false);
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
        struct meeting m = meet(SERVER, &client, &server, false);
        m.liar->lie = flip_in_params;
        m.liar->number = at[i];
        expect_refusal(&m, HF_BAD_SIGNATURE, "one bit of what is signed");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primes_without_a_name),
        cmocka_unit_test(test_named_primes_that_were_not_listed),
        cmocka_unit_test(test_numbers_a_client_refuses),
        cmocka_unit_test(test_numbers_a_server_refuses),
        cmocka_unit_test(test_parameters_are_signed),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
