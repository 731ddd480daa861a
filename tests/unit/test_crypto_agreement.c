/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

static void each_group_agrees(void **state)
{
    (void)state;
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share a, b;
        if (g->kind == GROUP_HYBRID) {
            continue; /* a server answers otherwise: test_crypto_agreement13.c */
        }
        struct premaster of_a, of_b;
        assert_ptr_equal(group_of(g->code), g);
        assert_int_equal(kx_start(g, NULL, &a), OK);
        assert_int_equal(kx_start(g, NULL, &b), OK);
        struct slice public_a = key_share_public(&a), public_b = key_share_public(&b);
        assert_int_equal(public_a.len, g->share_size);
        assert_int_equal(public_b.len, g->share_size);
        assert_memory_not_equal(public_a.data, public_b.data, g->share_size);
        assert_int_equal(kx_finish(&a, public_b, &of_a), OK);
        assert_int_equal(kx_finish(&b, public_a, &of_b), OK);
        assert_true(of_a.len == g->secret_size || (g->kind == GROUP_FFDHE && of_a.len < g->secret_size));
        assert_true(secret_equal(premaster_slice(&of_a), premaster_slice(&of_b)));
        assert_int_equal(key_share_public(&a).len, g->share_size); /* it stays: the client sends it now */
        premaster_wipe(&of_a);
        premaster_wipe(&of_b);
        kx_end(&a);
        kx_end(&b);
        assert_queue_clean();
    }
    assert_int_equal(group_at(0)->code, 23);
    assert_null(group_of(22));
    assert_null(group_of(0));
}

/* The share after kx_finish, whatever it returned, holds no private key, and no secret is left behind a
 * failure. */
static void assert_refused(const struct group *g, struct slice peer, enum err err)
{
    struct key_share k;
    struct premaster shared;
    static const struct premaster none;
    memset(&shared, 0x55, sizeof shared);
    assert_int_equal(kx_start(g, NULL, &k), OK);
    assert_int_equal(kx_finish(&k, peer, &shared), err);
    assert_null(k.private_key);
    assert_memory_equal(&shared, &none, sizeof none);
    assert_int_equal(kx_finish(&k, peer, &shared), E_INTERNAL);
    kx_end(&k);
    assert_queue_clean();
}

static void wrong_lengths_are_refused(void **state)
{
    (void)state;
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share other;
        uint8_t bytes[KEY_SHARE_MAX + 1] = {0};
        if (g->kind == GROUP_FFDHE || g->kind == GROUP_HYBRID) {
            continue; /* numbers: test_crypto_dh.c; hybrids: test_crypto_agreement13.c */
        }
        assert_int_equal(kx_start(g, NULL, &other), OK);
        memcpy(bytes, other.public_key, g->share_size);
        for (size_t len = 0; len <= sizeof bytes; len++) {
            if (len != g->share_size) {
                assert_refused(g, slice_of(bytes, len), E_BAD_KEY_SHARE);
            }
        }
        kx_end(&other);
        kx_end(&other);
    }
}

/* K4: RFC 8422 5.11, the point must be on the curve; 5.4.1, and uncompressed */
static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    static const uint16_t curves[] = {23, 24, 25};
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        const struct group *g = group_of(curves[i]);
        struct key_share other;
        uint8_t good[KEY_SHARE_MAX], bad[KEY_SHARE_MAX];
        assert_int_equal(kx_start(g, NULL, &other), OK);
        memcpy(good, other.public_key, sizeof good);
        kx_end(&other);
        struct slice peer = slice_of(bad, g->share_size);
        for (size_t at = 1; at < g->share_size; at += 7) {
            memcpy(bad, good, sizeof bad);
            bad[at] ^= 1;
            assert_refused(g, peer, E_BAD_KEY_SHARE);
        }
        for (int form = 0; form < 256; form++) {
            if (form != 4) {
                memcpy(bad, good, sizeof bad);
                bad[0] = (uint8_t)form;
                assert_refused(g, peer, E_BAD_KEY_SHARE);
            }
        }
        memset(bad, 0, sizeof bad); /* (0, 0), and with form 0 what might pass for infinity */
        assert_refused(g, peer, E_BAD_KEY_SHARE);
        bad[0] = 4;
        assert_refused(g, peer, E_BAD_KEY_SHARE);
        memset(bad + 1, 0xFF, sizeof bad - 1); /* coordinates beyond the field */
        assert_refused(g, peer, E_BAD_KEY_SHARE);
    }
}

/* K4: RFC 8422 5.11, RFC 7748 6.1: points of small order give zero whatever the private key */
static void a_secret_of_zeros_is_refused(void **state)
{
    (void)state;
    static const uint8_t x25519[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
         0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
         0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    };
    for (size_t i = 0; i < sizeof x25519 / sizeof x25519[0]; i++) {
        assert_refused(group_of(29), slice_of(x25519[i], 32), E_SECRET_ALL_ZERO);
    }
    uint8_t p[32]; /* 2^255 - 20, -19, -18: p - 1, p and p + 1 */
    for (uint8_t low = 0xEC; low <= 0xEE; low++) {
        memset(p, 0xFF, sizeof p);
        p[0] = low;
        p[31] = 0x7F;
        assert_refused(group_of(29), slice_of(p, 32), E_SECRET_ALL_ZERO);
    }
    uint8_t x448[56] = {0};
    assert_refused(group_of(30), slice_of(x448, 56), E_SECRET_ALL_ZERO);
    x448[0] = 1;
    assert_refused(group_of(30), slice_of(x448, 56), E_SECRET_ALL_ZERO);
    memset(x448, 0xFF, sizeof x448); /* 2^448 - 2^224 - 2: p - 1 */
    x448[0] = 0xFE;
    x448[28] = 0xFE;
    assert_refused(group_of(30), slice_of(x448, 56), E_SECRET_ALL_ZERO);
}

struct repeated {
    const uint8_t *bytes;
    size_t count; /* draws answered with bytes, the ones before with 0xFF */
    size_t drawn;
    int fails;
};

static int repeat(void *arg, uint8_t *out, size_t len)
{
    struct repeated *r = arg;
    if (r->fails) {
        return -1;
    }
    memset(out, 0xFF, len);
    if (r->drawn++ >= r->count) {
        memcpy(out, r->bytes, len);
    }
    return 0;
}

static void the_private_key_is_a_function_of_the_source(void **state)
{
    (void)state;
    uint8_t bytes[66]; /* FFDHE's exponents are shorter */
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i + 1);
    }
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share a, b, c;
        if (g->kind == GROUP_HYBRID) {
            continue; /* test_crypto_agreement13.c */
        }
        struct repeated first = {bytes, 0, 0, 0}, second = {bytes, 0, 0, 0}, other = {bytes, 1, 0, 0};
        assert_int_equal(kx_start(g, &(struct random_source){repeat, &first}, &a), OK);
        assert_int_equal(kx_start(g, &(struct random_source){repeat, &second}, &b), OK);
        assert_memory_equal(key_share_public(&a).data, key_share_public(&b).data, g->share_size);
        /* all ones is no scalar of a curve: drawn again, and then the same as above; X25519 and X448 take any
         */
        assert_int_equal(kx_start(g, &(struct random_source){repeat, &other}, &c), OK);
        bool ec = g->kind == GROUP_EC;
        assert_int_equal(other.drawn, ec ? 2 : 1);
        assert_int_equal(memcmp(key_share_public(&a).data, key_share_public(&c).data, g->share_size) == 0,
                         ec);
        kx_end(&a);
        kx_end(&b);
        kx_end(&c);
    }
}

static void a_failing_source_fails_the_share(void **state)
{
    (void)state;
    static const uint8_t zeros[66];
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share k;
        struct repeated broken = {zeros, 0, 0, 1}, stuck = {zeros, 0, 0, 0};
        assert_int_equal(kx_start(g, &(struct random_source){repeat, &broken}, &k), E_RANDOM_FAILED);
        assert_null(k.private_key);
        if (g->kind ==
            GROUP_EC) { /* zero is no scalar either, and a source that gives nothing else must not hang */
            assert_int_equal(kx_start(g, &(struct random_source){repeat, &stuck}, &k), E_RANDOM_FAILED);
            assert_null(k.private_key);
        }
    }
}

static void random_comes_from_the_source_or_from_libcrypto(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0}, bytes[32];
    memset(bytes, 7, sizeof bytes);
    struct repeated source = {bytes, 0, 0, 0}, broken = {bytes, 0, 0, 1};
    assert_int_equal(random_fill(&(struct random_source){repeat, &source}, (struct span){a, 32}), OK);
    assert_memory_equal(a, bytes, 32);
    assert_int_equal(random_fill(&(struct random_source){repeat, &broken}, (struct span){a, 32}),
                     E_RANDOM_FAILED);
    assert_int_equal(random_fill(NULL, (struct span){a, 32}), OK);
    assert_int_equal(random_fill(&(struct random_source){0}, (struct span){b, 32}), OK);
    assert_memory_not_equal(a, b, 32);
    assert_memory_not_equal(a, bytes, 32);
}

/* What was given is not there any more, and is not given again; a source of the config's own is not drawn
 * from ahead. */
static void a_pool_gives_each_byte_once(void **state)
{
    (void)state;
    struct random_pool pool = {.left = 0};
    struct random_source none = {0}, pooled = random_pooled(&pool, &none);
    uint8_t given[40], nothing[sizeof pool.bytes] = {0}, large[sizeof pool.bytes + 1] = {0};
    for (size_t i = 0; i < 8; i++) { /* not a divisor of the pool: what is left at its end goes unused */
        uint8_t coming[sizeof given];
        bool fresh = pool.left < sizeof given;
        memcpy(coming, pool.bytes + (fresh ? 0 : sizeof pool.bytes - pool.left), sizeof coming);
        assert_int_equal(random_fill(&pooled, (struct span){given, sizeof given}), OK);
        assert_int_equal(pool.left, (fresh ? sizeof pool.bytes : sizeof pool.bytes - 40) - 40);
        fresh ? assert_memory_not_equal(given, coming, sizeof given)
              : assert_memory_equal(given, coming, sizeof given);
        assert_memory_equal(pool.bytes, nothing, sizeof pool.bytes - pool.left);
        assert_memory_not_equal(given, nothing, sizeof given);
    }
    assert_int_equal(random_fill(&pooled, (struct span){large, sizeof large}), OK);
    assert_memory_not_equal(large, nothing, sizeof nothing);
    struct repeated own = {given, 0, 0, 0};
    struct random_source source = {repeat, &own}, same = random_pooled(&pool, &source);
    assert_true(same.fill == repeat && same.arg == &own);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_agrees),
        cmocka_unit_test(wrong_lengths_are_refused),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(a_secret_of_zeros_is_refused),
        cmocka_unit_test(the_private_key_is_a_function_of_the_source),
        cmocka_unit_test(a_failing_source_fails_the_share),
        cmocka_unit_test(random_comes_from_the_source_or_from_libcrypto),
        cmocka_unit_test(a_pool_gives_each_byte_once),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
