/* SPDX-License-Identifier: MIT */
/* Key shares of TLS 1.3: RFC 8446 4.2.8, 7.4. */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

static const struct premaster no_secret;
static const struct key_share no_share;

/* Both sides of every group there is: the sizes are the registry's, the secrets are one. */
static void client_and_server_agree(void **state)
{
    (void)state;
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share client, server;
        struct premaster of_client, of_server;
        assert_int_equal(kx_start(g, NULL, &client), OK);
        struct slice offer = key_share_public(&client);
        assert_int_equal(offer.len, g->share_size);
        assert_int_equal(kx_respond(g, offer, NULL, &server, &of_server), OK);
        assert_null(server.private_key); /* it is gone: RFC 9325 7.4 */
        struct slice answer = key_share_public(&server);
        assert_int_equal(answer.len, group_answer_size(g));
        assert_int_equal(kx_finish13(&client, answer, &of_client), OK);
        assert_null(client.private_key);
        assert_int_equal(of_client.len, g->secret_size); /* RFC 8446 7.4.1: zeros and all */
        assert_true(secret_equal(premaster_slice(&of_client), premaster_slice(&of_server)));
        premaster_wipe(&of_client);
        premaster_wipe(&of_server);
        kx_end(&client);
        kx_end(&server);
        assert_queue_clean();
    }
}

/* Bytes from a counter: each draw is another, and the same in every run. */
static int counted(void *arg, uint8_t *out, size_t len)
{
    uint64_t *n = arg;
    uint8_t hash[HASH_MAX];
    for (size_t at = 0; at < len; at += 64) {
        (*n)++;
        if (hash_once(HASH_SHA512, slice_of((const uint8_t *)n, sizeof *n), hash) != OK) {
            return -1;
        }
        memcpy(out + at, hash, len - at < 64 ? len - at : 64);
    }
    return 0;
}

static void reproducible_from_a_source(void **state)
{
    (void)state;
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share client[2], server[2];
        struct premaster secret[2];
        for (size_t turn = 0; turn < 2; turn++) {
            uint64_t n = 7;
            struct random_source source = {counted, &n};
            assert_int_equal(kx_start(g, &source, &client[turn]), OK);
            assert_int_equal(
                kx_respond(g, key_share_public(&client[turn]), &source, &server[turn], &secret[turn]), OK);
        }
        assert_memory_equal(key_share_public(&client[0]).data, key_share_public(&client[1]).data,
                            g->share_size);
        assert_memory_equal(key_share_public(&server[0]).data, key_share_public(&server[1]).data,
                            group_answer_size(g));
        assert_true(secret_equal(premaster_slice(&secret[0]), premaster_slice(&secret[1])));
        for (size_t turn = 0; turn < 2; turn++) {
            kx_end(&client[turn]);
            kx_end(&server[turn]);
            premaster_wipe(&secret[turn]);
        }
    }
}

/* RFC 8446 7.4.1: one in 256 secrets begins with a zero, which TLS 1.2 leaves out and TLS 1.3 does not */
static void ffdhe_secrets_keep_their_zeros(void **state)
{
    (void)state;
    const struct group *g = group_of(256);
    uint64_t n = 0;
    struct random_source source = {counted, &n};
    bool seen = false;
    for (size_t tries = 0; tries < 3000 && !seen; tries++) {
        struct key_share server, client, again;
        struct premaster whole, stripped;
        uint64_t before = n;
        assert_int_equal(kx_start(g, &source, &client), OK);
        n = before;
        assert_int_equal(kx_start(g, &source, &again), OK); /* the same private key */
        assert_int_equal(kx_respond(g, key_share_public(&client), &source, &server, &whole), OK);
        assert_int_equal(whole.len, 256);
        assert_int_equal(kx_finish(&again, key_share_public(&server), &stripped), OK);
        struct slice all = premaster_slice(&whole), some = premaster_slice(&stripped);
        size_t zeros = all.len - some.len;
        seen = zeros > 0;
        for (size_t i = 0; i < zeros; i++) {
            assert_int_equal(all.data[i], 0);
        }
        assert_true(secret_equal(slice_after(all, zeros), some));
        premaster_wipe(&stripped);
        assert_int_equal(kx_finish13(&client, key_share_public(&server), &stripped), OK);
        assert_true(secret_equal(all, premaster_slice(&stripped)));
        premaster_wipe(&whole);
        premaster_wipe(&stripped);
        kx_end(&client);
        kx_end(&again);
        kx_end(&server);
    }
    assert_true(seen);
}

/* What a server and a client do with a share that is none; nothing is left behind. */
static void assert_refused(const struct group *g, struct slice peer, enum err err)
{
    struct key_share k;
    struct premaster shared;
    memset(&shared, 0x55, sizeof shared);
    memset(&k, 0x55, sizeof k);
    assert_int_equal(kx_respond(g, peer, NULL, &k, &shared), err);
    assert_memory_equal(&shared, &no_secret, sizeof shared);
    assert_memory_equal(&k, &no_share, sizeof k);
    assert_queue_clean();
}

static void assert_answer_refused(const struct group *g, struct slice peer, enum err err)
{
    struct key_share k;
    struct premaster shared;
    assert_int_equal(kx_start(g, NULL, &k), OK);
    assert_int_equal(kx_finish13(&k, peer, &shared), err);
    assert_null(k.private_key);
    assert_memory_equal(&shared, &no_secret, sizeof shared);
    kx_end(&k);
    assert_queue_clean();
}

/* RFC 8446 4.2.8.1, 4.2.8.2: neither shorter nor longer, FFDHE's among them */
static void wrong_lengths_are_refused(void **state)
{
    (void)state;
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share client, server;
        struct premaster secret;
        uint8_t bytes[KEY_SHARE_LARGEST + 1] = {0};
        assert_int_equal(kx_start(g, NULL, &client), OK);
        assert_int_equal(kx_respond(g, key_share_public(&client), NULL, &server, &secret), OK);
        premaster_wipe(&secret);
        size_t sizes[] = {g->share_size, group_answer_size(g)};
        for (size_t side = 0; side < 2; side++) {
            const struct key_share *share = side ? &server : &client;
            memcpy(bytes, key_share_public(share).data, sizes[side]);
            size_t wrong[] = {0, 1, 32, sizes[side] / 2, sizes[side] - 1, sizes[side] + 1};
            for (size_t w = 0; w < 6; w++) {
                if (wrong[w] != sizes[side]) {
                    (side ? assert_answer_refused : assert_refused)(g, slice_of(bytes, wrong[w]),
                                                                    E_BAD_KEY_SHARE);
                }
            }
        }
        kx_end(&client);
        kx_end(&server);
    }
}

/* RFC 8446 4.2.8.1, 4.2.8.2, 7.4.2 */
static void bad_values_are_refused(void **state)
{
    (void)state;
    const struct group *g;
    uint8_t zeros[DH_PRIME_MAX] = {0}, point[KEY_SHARE_MAX] = {4};
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        if (g->kind == GROUP_HYBRID) {
            continue;
        }
        enum err err = g->kind == GROUP_X ? E_SECRET_ALL_ZERO : E_BAD_KEY_SHARE;
        assert_refused(g, slice_of(zeros, g->share_size), err);
        assert_answer_refused(g, slice_of(zeros, g->share_size), err);
        if (g->kind == GROUP_EC) { /* off the curve, and compressed */
            assert_refused(g, slice_of(point, g->share_size), E_BAD_KEY_SHARE);
            point[0] = 2;
            assert_refused(g, slice_of(point, g->share_size), E_BAD_KEY_SHARE);
            point[0] = 4;
        } else if (g->kind == GROUP_FFDHE) { /* 1, p - 1, p */
            uint8_t number[DH_PRIME_MAX] = {0};
            number[g->share_size - 1] = 1;
            assert_refused(g, slice_of(number, g->share_size), E_BAD_KEY_SHARE);
            memcpy(number, group_numbers(g).p.data, g->share_size);
            assert_refused(g, slice_of(number, g->share_size), E_BAD_KEY_SHARE);
            number[g->share_size - 1]--;
            assert_refused(g, slice_of(number, g->share_size), E_BAD_KEY_SHARE);
        }
    }
}

static int fails(void *arg, uint8_t *out, size_t len)
{
    int *left = arg;
    memset(out, 1 + *left, len);
    return (*left)-- > 0 ? 0 : -1;
}

/* The n-th draw fails, for every n. */
static void a_failing_source_fails_the_share(void **state)
{
    (void)state;
    const struct group *g;
    for (size_t i = 0; (g = group_at(i)) != NULL; i++) {
        struct key_share client;
        assert_int_equal(kx_start(g, NULL, &client), OK);
        int draws = g->kind == GROUP_HYBRID ? 2 : 1;
        for (int n = 0; n < draws; n++) {
            struct key_share k;
            struct premaster secret;
            int left = n;
            struct random_source source = {fails, &left};
            assert_int_equal(kx_start(g, &source, &k), E_RANDOM_FAILED);
            assert_null(k.private_key);
            left = n;
            assert_int_equal(kx_respond(g, key_share_public(&client), &source, &k, &secret), E_RANDOM_FAILED);
            assert_memory_equal(&secret, &no_secret, sizeof secret);
            assert_memory_equal(&k, &no_share, sizeof k);
        }
        kx_end(&client);
    }
}

static bool have_ml_kem(void)
{
    if (!group_of(0x11EC)) {
        print_message("this libcrypto (%s) has no ML-KEM, which came with 3.5\n", crypto_version());
        return false;
    }
    return true;
}

/* libcrypto has the same groups as keys of its own. */
static EVP_PKEY *libcrypto_share(const struct group *g, uint8_t *share, size_t *size)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, g->name);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", share, KEY_SHARE_LARGEST, size),
                     1);
    return key;
}

static void hybrids_agree_with_libcrypto(void **state)
{
    (void)state;
    static const uint16_t codes[] = {0x11EC, 0x11EB};
    if (!have_ml_kem()) {
        skip();
    }
    for (size_t i = 0; i < 2; i++) {
        const struct group *g = group_of(codes[i]);
        uint8_t share[KEY_SHARE_LARGEST], answer[KEY_SHARE_LARGEST], secret[64];
        size_t size = 0, answer_size = sizeof answer, secret_size = sizeof secret;
        struct key_share ours;
        struct premaster shared;
        /* it is the client */
        EVP_PKEY *theirs = libcrypto_share(g, share, &size);
        assert_int_equal(size, g->share_size);
        assert_int_equal(kx_respond(g, slice_of(share, size), NULL, &ours, &shared), OK);
        EVP_PKEY_CTX *operation = EVP_PKEY_CTX_new_from_pkey(NULL, theirs, NULL);
        assert_int_equal(EVP_PKEY_decapsulate_init(operation, NULL), 1);
        struct slice sent = key_share_public(&ours);
        assert_int_equal(EVP_PKEY_decapsulate(operation, secret, &secret_size, sent.data, sent.len), 1);
        assert_true(secret_equal(slice_of(secret, secret_size), premaster_slice(&shared)));
        premaster_wipe(&shared);
        kx_end(&ours);
        EVP_PKEY_CTX_free(operation);
        /* it is the server */
        assert_int_equal(kx_start(g, NULL, &ours), OK);
        EVP_PKEY *peer = EVP_PKEY_new();
        assert_int_equal(EVP_PKEY_copy_parameters(peer, theirs), 1);
        sent = key_share_public(&ours);
        assert_int_equal(EVP_PKEY_set1_encoded_public_key(peer, sent.data, sent.len), 1);
        operation = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
        assert_int_equal(EVP_PKEY_encapsulate_init(operation, NULL), 1);
        secret_size = sizeof secret;
        assert_int_equal(EVP_PKEY_encapsulate(operation, answer, &answer_size, secret, &secret_size), 1);
        assert_int_equal(answer_size, group_answer_size(g));
        assert_int_equal(kx_finish13(&ours, slice_of(answer, answer_size), &shared), OK);
        assert_true(secret_equal(slice_of(secret, secret_size), premaster_slice(&shared)));
        premaster_wipe(&shared);
        kx_end(&ours);
        EVP_PKEY_CTX_free(operation);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(theirs);
    }
    assert_queue_clean();
}

/* Either half can be wrong: the curve's point, a coefficient of the key that is not below q (FIPS 203 7.2).
 * A wrong ciphertext gives a secret that nobody else has (FIPS 203 7.3). */
static void hybrids_refuse_bad_halves(void **state)
{
    (void)state;
    if (!have_ml_kem()) {
        skip();
    }
    for (int kem_first = 0; kem_first < 2; kem_first++) {
        const struct group *g = group_of(kem_first ? 0x11EC : 0x11EB);
        size_t curve = kem_first ? 32 : 65, kem_at = kem_first ? 0 : curve, curve_at = kem_first ? 1184 : 0;
        uint8_t share[KEY_SHARE_LARGEST];
        struct key_share client, server;
        struct premaster secret, other;
        assert_int_equal(kx_start(g, NULL, &client), OK);
        memcpy(share, key_share_public(&client).data, g->share_size);
        memset(share + curve_at, kem_first ? 0 : 4, curve);
        assert_refused(g, slice_of(share, g->share_size), kem_first ? E_SECRET_ALL_ZERO : E_BAD_KEY_SHARE);
        memcpy(share, key_share_public(&client).data, g->share_size);
        memset(share + kem_at, 0xff, 3); /* two coefficients of 4095 */
        assert_refused(g, slice_of(share, g->share_size), E_BAD_KEY_SHARE);
        assert_int_equal(kx_respond(g, key_share_public(&client), NULL, &server, &secret), OK);
        size_t size = group_answer_size(g);
        memcpy(share, key_share_public(&server).data, size);
        share[kem_at + 100] ^= 1;
        assert_int_equal(kx_finish13(&client, slice_of(share, size), &other), OK);
        assert_int_equal(other.len, 64);
        assert_false(secret_equal(premaster_slice(&secret), premaster_slice(&other)));
        premaster_wipe(&secret);
        premaster_wipe(&other);
        kx_end(&client);
        kx_end(&server);
    }
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_and_server_agree),        cmocka_unit_test(reproducible_from_a_source),
        cmocka_unit_test(ffdhe_secrets_keep_their_zeros), cmocka_unit_test(wrong_lengths_are_refused),
        cmocka_unit_test(bad_values_are_refused),         cmocka_unit_test(a_failing_source_fails_the_share),
        cmocka_unit_test(hybrids_agree_with_libcrypto),   cmocka_unit_test(hybrids_refuse_bad_halves),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
