/* SPDX-License-Identifier: MIT */
/* FFDHE: RFC 7919, RFC 5246 8.1.2; checklist K2, K3. */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

static const uint16_t codes[] = {256, 257, 258, 259, 260};
#define CODES (sizeof codes / sizeof codes[0])

/* libcrypto's own key of the group, and its number. */
static EVP_PKEY *own_key(const struct group *g, uint8_t number[DH_PRIME_MAX])
{
    char name[16];
    EVP_PKEY *key = NULL;
    BIGNUM *y = NULL;
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                            OSSL_PARAM_construct_end()};
    strcpy(name, g->name);
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    assert_int_equal(EVP_PKEY_keygen_init(making), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(making, params), 1);
    assert_int_equal(EVP_PKEY_generate(making, &key), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PUB_KEY, &y), 1);
    assert_int_equal(BN_bn2binpad(y, number, g->share_size), g->share_size);
    BN_free(y);
    EVP_PKEY_CTX_free(making);
    return key;
}

/* peer^x mod p by plain arithmetic, zeros and all. */
static size_t raise(EVP_PKEY *key, struct slice peer, uint8_t *out)
{
    BIGNUM *p = NULL, *x = NULL, *y = BN_bin2bn(peer.data, (int)peer.len, NULL), *z = BN_new();
    BN_CTX *scratch = BN_CTX_new();
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &x), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &p), 1);
    assert_int_equal(BN_mod_exp(z, y, x, p, scratch), 1);
    int len = BN_bn2bin(z, out); /* without leading zeros */
    BN_free(p);
    BN_free(x);
    BN_free(y);
    BN_free(z);
    BN_CTX_free(scratch);
    return (size_t)len;
}

static void agrees_with_libcrypto(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        const struct group *g = group_of(codes[i]);
        uint8_t number[DH_PRIME_MAX], wanted[DH_PRIME_MAX];
        EVP_PKEY *other = own_key(g, number);
        struct key_share k;
        struct premaster shared;
        assert_int_equal(g->kind, GROUP_FFDHE);
        assert_int_equal(kx_start(g, NULL, &k), OK);
        assert_int_equal(key_share_public(&k).len, g->share_size);
        size_t len = raise(other, key_share_public(&k), wanted);
        assert_int_equal(kx_finish(&k, slice_of(number, g->share_size), &shared), OK);
        assert_null(k.private_key);
        assert_int_equal(shared.len, len);
        assert_memory_equal(premaster_slice(&shared).data, wanted, len);
        premaster_wipe(&shared);
        assert_true(shared.len == 0 && !shared.large);
        kx_end(&k);
        EVP_PKEY_free(other);
        assert_queue_clean();
    }
}

/* RFC 7919 5.2: the exponent is short, twice the strength of the group at least. */
static void exponents_are_short(void **state)
{
    (void)state;
    static const int least[] = {206, 250, 304, 350, 384}, most[] = {225, 275, 325, 375, 400};
    for (size_t i = 0; i < CODES; i++) {
        struct key_share k;
        BIGNUM *x = NULL;
        assert_int_equal(kx_start(group_of(codes[i]), NULL, &k), OK);
        assert_int_equal(EVP_PKEY_get_bn_param(k.private_key, OSSL_PKEY_PARAM_PRIV_KEY, &x), 1);
        assert_in_range(BN_num_bits(x), least[i] - 40, most[i]);
        BN_free(x);
        kx_end(&k);
    }
}

static void refused(const struct group *g, struct slice peer)
{
    struct key_share k;
    struct premaster shared;
    static const struct premaster none;
    memset(&shared, 0x55, sizeof shared);
    assert_int_equal(kx_start(g, NULL, &k), OK);
    assert_int_equal(kx_finish(&k, peer, &shared), E_BAD_KEY_SHARE);
    assert_memory_equal(&shared, &none, sizeof none);
    assert_null(k.private_key);
    kx_end(&k);
    assert_queue_clean();
}

/* K3: 1 < Y < p - 1 */
static void numbers_outside_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        const struct group *g = group_of(codes[i]);
        uint8_t y[DH_PRIME_MAX + 1] = {0};
        struct slice whole = slice_of(y, g->share_size);
        refused(g, whole); /* 0 */
        refused(g, slice_of(y, 0));
        refused(g, slice_of(y, 1));
        y[g->share_size - 1] = 1;
        refused(g, whole);
        refused(g, slice_of(y + g->share_size - 1, 1));
        memcpy(y, group_numbers(g).p.data, g->share_size);
        refused(g, whole);      /* p */
        y[g->share_size - 1]--; /* p - 1: p is odd */
        refused(g, whole);
        memset(y, 0xff, sizeof y); /* beyond p */
        refused(g, whole);
        memset(y, 0, sizeof y); /* too long, however small */
        y[g->share_size] = 2;
        refused(g, slice_of(y, (size_t)g->share_size + 1));
    }
}

/* p - 2 is the largest that is taken, 2 the smallest; a number may come without its leading zeros. */
static void numbers_inside_are_taken(void **state)
{
    (void)state;
    const struct group *g = group_of(256);
    uint8_t last[DH_PRIME_MAX], two[DH_PRIME_MAX] = {0}, one_byte = 2;
    two[g->share_size - 1] = 2;
    memcpy(last, group_numbers(g).p.data, g->share_size);
    last[g->share_size - 1] = (uint8_t)(last[g->share_size - 1] - 2);
    const struct slice taken[] = {slice_of(last, g->share_size), slice_of(two, g->share_size),
                                  slice_of(&one_byte, 1)};
    for (size_t i = 0; i < 3; i++) {
        struct key_share k;
        struct premaster shared;
        assert_int_equal(kx_start(g, NULL, &k), OK);
        uint8_t own[DH_PRIME_MAX];
        memcpy(own, key_share_public(&k).data, g->share_size);
        assert_int_equal(kx_finish(&k, taken[i], &shared), OK);
        if (i > 0) { /* 2 is the generator: the secret is the share itself */
            size_t zeros = 0;
            while (own[zeros] == 0) {
                zeros++;
            }
            assert_int_equal(shared.len, g->share_size - zeros);
            assert_memory_equal(premaster_slice(&shared).data, own + zeros, shared.len);
        }
        premaster_wipe(&shared);
        kx_end(&k);
    }
}

/* K2: RFC 5246 8.1.2. With Y = 2 the secret is the share; one in 256 of those begins with a zero. */
static void leading_zeros_are_stripped(void **state)
{
    (void)state;
    const struct group *g = group_of(256);
    const uint8_t two = 2;
    bool seen = false;
    for (int tries = 0; tries < 5000 && !seen; tries++) {
        struct key_share k;
        struct premaster shared;
        assert_int_equal(kx_start(g, NULL, &k), OK);
        seen = key_share_public(&k).data[0] == 0;
        if (seen) { /* the share itself keeps them */
            assert_int_equal(key_share_public(&k).len, g->share_size);
            assert_int_equal(kx_finish(&k, slice_of(&two, 1), &shared), OK);
            assert_true(shared.len < g->secret_size);
            assert_int_not_equal(premaster_slice(&shared).data[0], 0);
            premaster_wipe(&shared);
        }
        kx_end(&k);
    }
    assert_true(seen);
}

/* A safe prime of so many bits, made here: no group of RFC 7919. */
static struct dh_group unnamed(int bits, uint8_t *p)
{
    static const uint8_t two = 2;
    BIGNUM *number = BN_new();
    assert_int_equal(BN_generate_prime_ex(number, bits, bits < 600, NULL, NULL, NULL), 1);
    int len = BN_bn2bin(number, p);
    BN_free(number);
    return (struct dh_group){slice_of(p, (size_t)len), slice_of(&two, 1)};
}

static void named_primes_are_recognised(void **state)
{
    (void)state;
    static const uint8_t five = 5, zero_two[] = {0, 2};
    for (size_t i = 0; i < CODES; i++) {
        const struct group *g = group_of(codes[i]);
        struct dh_group numbers = group_numbers(g);
        uint8_t padded[DH_PRIME_MAX + 1] = {0};
        struct key_share k;
        assert_int_equal(numbers.p.len, g->share_size);
        assert_ptr_equal(group_of_numbers(&numbers), g);
        assert_int_equal(kx_start_dh(&numbers, 2048, NULL, &k), OK);
        assert_ptr_equal(k.group, g);
        kx_end(&k);
        memcpy(padded + 1, numbers.p.data, numbers.p.len);
        struct dh_group same = {slice_of(padded, numbers.p.len + 1), slice_of(zero_two, 2)};
        assert_ptr_equal(group_of_numbers(&same), g);
        struct dh_group other_g = {numbers.p, slice_of(&five, 1)};
        assert_null(group_of_numbers(&other_g));
        padded[numbers.p.len / 2] ^= 1;
        struct dh_group other_p = {slice_of(padded + 1, numbers.p.len), numbers.g};
        assert_null(group_of_numbers(&other_p));
    }
    assert_int_equal(group_numbers(group_of(23)).p.len, 0);
}

static void other_primes_are_taken_from_a_size_up(void **state)
{
    (void)state;
    uint8_t p[DH_PRIME_MAX];
    struct dh_group numbers = unnamed(1025, p); /* 129 bytes, one bit in the first */
    struct key_share a, b;
    struct premaster of_a, of_b;
    assert_int_equal(kx_start_dh(&numbers, 1026, NULL, &a), E_WEAK_GROUP);
    assert_null(a.private_key);
    assert_int_equal(kx_start_dh(&numbers, 1025, NULL, &a), OK);
    assert_int_equal(kx_start_dh(&numbers, 0, NULL, &b), OK);
    assert_null(a.group);
    assert_int_equal(key_share_public(&a).len, 129);
    assert_int_equal(kx_finish(&a, key_share_public(&b), &of_a), OK);
    assert_int_equal(kx_finish(&b, key_share_public(&a), &of_b), OK);
    assert_true(secret_equal(premaster_slice(&of_a), premaster_slice(&of_b)));
    premaster_wipe(&of_a);
    premaster_wipe(&of_b);
    kx_end(&a);
    kx_end(&b);
    assert_queue_clean();
}

static void numbers_that_are_no_group_are_refused(void **state)
{
    (void)state;
    uint8_t p[DH_PRIME_MAX], long_p[DH_PRIME_MAX + 1], g[DH_PRIME_MAX];
    struct dh_group good = unnamed(1024, p), bad = good;
    struct key_share k;
    memset(long_p, 0xff, sizeof long_p);
    memcpy(g, p, good.p.len);
    const struct {
        struct slice p, g;
        enum err err;
    } rows[] = {
        {slice_of(p, 0), good.g, E_BAD_KEY_SHARE},
        {good.p, slice_of(p, 0), E_BAD_KEY_SHARE},
        {good.p, slice_of((const uint8_t[]){0}, 1), E_BAD_KEY_SHARE},
        {good.p, slice_of((const uint8_t[]){1}, 1), E_BAD_KEY_SHARE},
        {good.p, slice_of(g, good.p.len), E_BAD_KEY_SHARE},
        {slice_of(long_p, sizeof long_p), good.g, E_BAD_KEY_SHARE},
        {slice_of((const uint8_t[]){23}, 1), good.g, E_WEAK_GROUP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bad = (struct dh_group){rows[i].p, rows[i].g};
        assert_int_equal(kx_start_dh(&bad, 1024, NULL, &k), rows[i].err);
        assert_null(k.private_key);
    }
    g[good.p.len - 1]--; /* p - 1, of order 2 */
    bad = (struct dh_group){good.p, slice_of(g, good.p.len)};
    assert_int_equal(kx_start_dh(&bad, 1024, NULL, &k), E_BAD_KEY_SHARE);
    bad = (struct dh_group){slice_of(g, good.p.len), good.g}; /* even */
    assert_int_equal(kx_start_dh(&bad, 1024, NULL, &k), E_BAD_KEY_SHARE);
    assert_int_equal(kx_start_dh(&good, 1024, NULL, &k), OK);
    kx_end(&k);
    assert_queue_clean();
}

static int fill(void *arg, uint8_t *out, size_t len)
{
    memset(out, *(int *)arg, len);
    return *(int *)arg < 0 ? -1 : 0;
}

static void shares_come_from_the_source(void **state)
{
    (void)state;
    uint8_t p[DH_PRIME_MAX];
    struct dh_group numbers = unnamed(1025, p);
    int byte = 0x3c, other = 0x3d, none = -1;
    struct key_share a, b, c;
    assert_int_equal(kx_start_dh(&numbers, 1024, &(struct random_source){fill, &byte}, &a), OK);
    assert_int_equal(kx_start_dh(&numbers, 1024, &(struct random_source){fill, &byte}, &b), OK);
    assert_int_equal(kx_start_dh(&numbers, 1024, &(struct random_source){fill, &other}, &c), OK);
    assert_memory_equal(key_share_public(&a).data, key_share_public(&b).data, 129);
    assert_memory_not_equal(key_share_public(&a).data, key_share_public(&c).data, 129);
    kx_end(&a);
    kx_end(&b);
    kx_end(&c);
    assert_int_equal(kx_start_dh(&numbers, 1024, &(struct random_source){fill, &none}, &a), E_RANDOM_FAILED);
    assert_null(a.private_key);
}

static void premasters_have_room(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 48, SECRET_MAX, SECRET_MAX + 1, DH_PRIME_MAX};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct premaster p;
        uint8_t *room;
        assert_int_equal(premaster_room(&p, lens[i], &room), OK);
        memset(room, 7, lens[i]);
        assert_int_equal(premaster_slice(&p).len, lens[i]);
        assert_ptr_equal(premaster_slice(&p).data, room);
        assert_int_equal(p.large != NULL, lens[i] > SECRET_MAX);
        premaster_wipe(&p);
        premaster_wipe(&p);
        assert_null(p.large);
    }
    struct premaster p;
    uint8_t *room;
    assert_int_equal(premaster_room(&p, DH_PRIME_MAX + 1, &room), E_INTERNAL);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libcrypto),
        cmocka_unit_test(exponents_are_short),
        cmocka_unit_test(numbers_outside_are_refused),
        cmocka_unit_test(numbers_inside_are_taken),
        cmocka_unit_test(leading_zeros_are_stripped),
        cmocka_unit_test(named_primes_are_recognised),
        cmocka_unit_test(other_primes_are_taken_from_a_size_up),
        cmocka_unit_test(numbers_that_are_no_group_are_refused),
        cmocka_unit_test(shares_come_from_the_source),
        cmocka_unit_test(premasters_have_room),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
