/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

/* FIPS 180-4 examples (NIST's "SHA examples") */
static const struct {
    enum hash hash;
    const char *message, *digest;
} digests[] = {
    {HASH_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HASH_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HASH_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {HASH_SHA384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {HASH_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f"},
};

static void published_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        uint8_t out[HASH_MAX];
        assert_int_equal(hash_once(digests[i].hash, slice_of_string(digests[i].message), out), OK);
        assert_int_equal(hash_size(digests[i].hash), strlen(digests[i].digest) / 2);
        assert_bytes(out, HEX(digests[i].digest));
    }
}

static void a_million_letters_in_pieces(void **state)
{
    (void)state;
    static const struct {
        enum hash hash;
        const char *digest;
    } rows[] = {
        {HASH_SHA1, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
        {HASH_SHA256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {HASH_SHA384,
         "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"},
        {HASH_SHA512,
         "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31b"
         "eb009c5c2c49aa2e4eadb217ad8cc09b"},
    };
    char letters[1009];
    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hash_run run = {0};
        uint8_t out[HASH_MAX];
        assert_int_equal(hash_start(&run, rows[i].hash), OK);
        for (size_t done = 0, piece = 1; done < 1000000; done += piece, piece = piece % sizeof letters + 1) {
            piece = piece < 1000000 - done ? piece : 1000000 - done;
            assert_int_equal(hash_add(&run, slice_of(letters, piece)), OK);
        }
        assert_int_equal(hash_snapshot(&run, out), OK);
        assert_bytes(out, HEX(rows[i].digest));
        hash_end(&run);
        hash_end(&run);
    }
}

static void a_snapshot_leaves_the_run_going(void **state)
{
    (void)state;
    for (int h = HASH_SHA1; h <= HASH_SHA512; h++) {
        struct hash_run run = {0};
        uint8_t early[HASH_MAX], again[HASH_MAX], late[HASH_MAX], once[HASH_MAX];
        assert_int_equal(hash_start(&run, (enum hash)h), OK);
        assert_int_equal(hash_add(&run, slice_of_string("ab")), OK);
        assert_int_equal(hash_snapshot(&run, early), OK);
        assert_int_equal(hash_snapshot(&run, again), OK);
        assert_int_equal(hash_add(&run, slice_of_string("")), OK);
        assert_int_equal(hash_add(&run, slice_of_string("c")), OK);
        assert_int_equal(hash_snapshot(&run, late), OK);
        assert_memory_equal(early, again, hash_size((enum hash)h));
        assert_int_equal(hash_once((enum hash)h, slice_of_string("abc"), once), OK);
        assert_memory_equal(late, once, hash_size((enum hash)h));
        hash_end(&run);
    }
}

static void no_hash_is_refused(void **state)
{
    (void)state;
    struct hash_run run = {0};
    uint8_t out[HASH_MAX];
    assert_int_equal(hash_start(&run, HASH_NONE), E_INTERNAL);
    assert_int_equal(hash_snapshot(&run, out), E_INTERNAL);
    hash_end(&run);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK && crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),
        cmocka_unit_test(a_million_letters_in_pieces),
        cmocka_unit_test(a_snapshot_leaves_the_run_going),
        cmocka_unit_test(no_hash_is_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
