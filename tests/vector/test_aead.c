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
#include "support/aeads.h"

static const struct row {
    enum aead aead;
    const char *key, *nonce, *additional, *plain, *sealed; /* with the tag behind it */
} rows[] = {
    /* "The Galois/Counter Mode of Operation", appendix B, test cases 1, 2, 4, 13, 14, 16 */
    {AEAD_AES_128_GCM, "00000000000000000000000000000000", "000000000000000000000000", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {AEAD_AES_128_GCM, "00000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"},
    {AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
     "3d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {AEAD_AES_256_GCM, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {AEAD_AES_256_GCM, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    /* NIST SP 800-38C C.3: a tag of 8 bytes */
    {AEAD_AES_128_CCM_8, "404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b",
     "000102030405060708090a0b0c0d0e0f10111213", "202122232425262728292a2b2c2d2e2f3031323334353637",
     "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951"},
    /* NIST CAVP, VNT128 and VNT256, Nlen = 12, counts 50 to 52 */
    {AEAD_AES_128_CCM, "005e8f4d8e0cbf4e1ceeb5d87a275848", "0ec3ac452b547b9062aac8fa",
     "2f1821aa57e5278ffd33c17d46615b77363149dbc98470413f6543a6b749f2ca",
     "b6f345204526439daf84998f380dcfb4b4167c959c04ff65",
     "9575e16f35da3c88a19c26a7b762044f4d7bbbafeff05d754829e2a7752fa3a14890972884b511d8"},
    {AEAD_AES_128_CCM, "005e8f4d8e0cbf4e1ceeb5d87a275848", "472711261a9262bef077c0b7",
     "17c87889a2652636bcf712d111c86b9d68d64d18d531928030a5ec97c59931a4",
     "9d63df773b3799e361c5328d44bbb12f4154747ecf7cc667",
     "53323b82d7a754d82cebf0d4bc930ef06d11e162c5c027c4715a641834bbb75bb6572ca5a45c3183"},
    {AEAD_AES_128_CCM, "005e8f4d8e0cbf4e1ceeb5d87a275848", "6a7b80b6738ff0a23ad58fb2",
     "26c12e5cdfe225a5be56d7a8aaf9fd4eb327d2f29c2ebc7396022f884f33ce54",
     "ba1978d58492c7f827cafef87d00f1a137f3f05a2dedb14d",
     "aa1d9eacabdcdd0f54681653ac44042a3dd47e338d15604e86a0e926daf21d17b359253d0d5d5d00"},
    {AEAD_AES_256_CCM, "d6ff67379a2ead2ca87aa4f29536258f9fb9fc2e91b0ed18e7b9f5df332dd1dc",
     "2f1d0717a822e20c7cd28f0a", "d50741d34c8564d92f396b97be782923ff3c855ea9757bde419f632c83997630",
     "98626ffc6c44f13c964e7fcb7d16e988990d6d063d012d33",
     "50e22db70ac2bab6d6af7059c90d00fbf0fb52eee5eb650e08aca7dec636170f481dcb9fefb85c05"},
    {AEAD_AES_256_CCM, "d6ff67379a2ead2ca87aa4f29536258f9fb9fc2e91b0ed18e7b9f5df332dd1dc",
     "819ecbe71f851743871163cc", "48e06c3b2940819e58eb24122a2988c997697347a6e34c21267d76049febdcf8",
     "8d164f598ea141082b1069776fccd87baf6a2563cbdbc9d1",
     "70fd9d3c7d9e8af610edb3d329f371cf3052d820e79775a932d42f9954f9d35d989a09e4292949fc"},
    {AEAD_AES_256_CCM, "d6ff67379a2ead2ca87aa4f29536258f9fb9fc2e91b0ed18e7b9f5df332dd1dc",
     "22168c66967d545823ea0b7a", "7f596bc7a815d103ed9f6dc428b60e72aeadcb9382ccde4ac9f3b61e7e8047fd",
     "b28a5bc814e7f71ae94586b58281ff05a71191c92e45db74",
     "30254fe7c249c0125c56c90bad3983c7f852df91fa4e828b7522efcd96cd4de4cf41e9b67c708f9f"},
    /* RFC 8439 2.8.2 */
    {AEAD_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666"
     "657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069"
     "742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29"
     "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b"
     "61161ae10b594f09e26a7e902ecbd0600691"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void set(struct aead_key *k, const struct row *r, enum aead_use use)
{
    assert_int_equal(aead_key_set(k, r->aead, use, HEX(r->key)), OK);
}

static void published(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct aead_key seal = {0}, open = {0};
        uint8_t out[256], nonce[12];
        struct slice plain = HEX(rows[i].plain), sealed = HEX(rows[i].sealed),
                     additional = HEX(rows[i].additional);
        hex(rows[i].nonce, nonce, sizeof nonce);
        set(&seal, &rows[i], AEAD_SEAL);
        set(&open, &rows[i], AEAD_OPEN);
        for (int twice = 0; twice < 2; twice++) { /* nothing of a record stays in the key */
            assert_int_equal(aead_seal(&seal, nonce, additional, plain, out), OK);
            assert_bytes(out, sealed);
            assert_int_equal(aead_open(&open, nonce, additional, sealed, out), OK);
            assert_bytes(out, plain);
        }
        memcpy(out, plain.data, plain.len);
        assert_int_equal(aead_seal(&seal, nonce, additional, slice_of(out, plain.len), out), OK);
        assert_bytes(out, sealed);
        assert_int_equal(aead_open(&open, nonce, additional, slice_of(out, sealed.len), out), OK);
        assert_bytes(out, plain);
        aead_key_wipe(&seal);
        aead_key_wipe(&open);
        aead_key_wipe(&open);
    }
}

/* However the plaintext is parted between two places, and above what is copied together as below. */
static void two_places_are_one_plaintext(void **state)
{
    (void)state;
    static uint8_t plain[2001], out[2017], wanted[2016];
    static const size_t sizes[] = {0, 1, 17, 767, 768, 769, 784, 1001, 2000};
    const uint8_t key[32] = {3}, nonce[12] = {4}, additional[5] = {5};
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)(i * 31);
    }
    for (int a = AEAD_NONE + 1; a < AEAD_COUNT; a++) {
        struct aead_key k = {0};
        size_t tag = aead_tag_size((enum aead)a);
        assert_int_equal(
            aead_key_set(&k, (enum aead)a, AEAD_SEAL, slice_of(key, aead_key_size((enum aead)a))), OK);
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct slice whole = slice_of(plain, sizes[s]), five = slice_of(additional, 5);
            assert_int_equal(aead_seal(&k, nonce, five, whole, wanted), OK);
            for (size_t first = 0; first <= whole.len; first += first < 750 ? 83 : 1) {
                memset(out, 0x55, sizeof out);
                memcpy(out + first, plain + first, whole.len - first);
                struct span room = {out, whole.len + tag};
                assert_int_equal(aead_seal_joined(&k, nonce, five, slice_of(plain, first), room), OK);
                assert_memory_equal(out, wanted, room.len);
                memcpy(out, plain, whole.len);
                assert_int_equal(aead_seal_joined(&k, nonce, five, slice_of(out, first), room), OK);
                assert_memory_equal(out, wanted, room.len);
            }
            assert_int_equal(aead_seal_joined(&k, nonce, five, slice_of(plain, whole.len + 1),
                                              (struct span){out, whole.len + tag}),
                             E_INTERNAL);
        }
        assert_int_equal(aead_seal_joined(&k, nonce, slice_of(additional, 5), slice_of(plain, 0),
                                          (struct span){out, tag - 1}),
                         E_INTERNAL);
        aead_key_wipe(&k);
    }
}

static void every_bit_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct aead_key open = {0};
        uint8_t nonce[12], sealed[256], out[256], zero[256] = {0};
        size_t len = hex(rows[i].sealed, sealed, sizeof sealed).len,
               plain_len = len - aead_tag_size(rows[i].aead);
        uint8_t additional[32];
        size_t additional_len = hex(rows[i].additional, additional, sizeof additional).len;
        hex(rows[i].nonce, nonce, sizeof nonce);
        set(&open, &rows[i], AEAD_OPEN);
        for (size_t bit = 0; bit < 8 * (len + sizeof nonce + additional_len); bit++) {
            size_t at = bit / 8;
            uint8_t *byte = at < len                  ? &sealed[at]
                            : at < len + sizeof nonce ? &nonce[at - len]
                                                      : &additional[at - len - sizeof nonce];
            *byte ^= (uint8_t)(1 << bit % 8);
            memset(out, 0x55, sizeof out);
            assert_int_equal(
                aead_open(&open, nonce, slice_of(additional, additional_len), slice_of(sealed, len), out),
                E_BAD_RECORD_MAC);
            assert_memory_equal(out, zero, plain_len); /* none of the plaintext */
            *byte ^= (uint8_t)(1 << bit % 8);
        }
        /* a failure does not spoil the key */
        assert_int_equal(
            aead_open(&open, nonce, slice_of(additional, additional_len), slice_of(sealed, len), out), OK);
        assert_bytes(out, HEX(rows[i].plain));
        aead_key_wipe(&open);
    }
}

static void every_prefix_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct aead_key open = {0};
        uint8_t nonce[12], out[256];
        struct slice sealed = HEX(rows[i].sealed);
        hex(rows[i].nonce, nonce, sizeof nonce);
        set(&open, &rows[i], AEAD_OPEN);
        for (size_t len = 0; len < sealed.len; len++) {
            assert_int_equal(
                aead_open(&open, nonce, HEX(rows[i].additional), slice_of(sealed.data, len), out),
                E_BAD_RECORD_MAC);
        }
        aead_key_wipe(&open);
    }
}

static void all_lengths_go_round(void **state)
{
    (void)state;
    for (int a = AEAD_NONE + 1; a < AEAD_COUNT; a++) {
        struct aead_key seal = {0}, open = {0};
        uint8_t key[32], nonce[12] = {0}, plain[700], sealed[716], back[700];
        for (size_t i = 0; i < sizeof plain; i++) {
            plain[i] = (uint8_t)(i * 7);
        }
        memset(key, a, sizeof key);
        struct slice key_slice = slice_of(key, aead_key_size((enum aead)a));
        assert_int_equal(aead_key_set(&seal, (enum aead)a, AEAD_SEAL, key_slice), OK);
        assert_int_equal(aead_key_set(&open, (enum aead)a, AEAD_OPEN, key_slice), OK);
        for (size_t len = 0; len <= sizeof plain; len++) {
            nonce[11] = (uint8_t)len;
            nonce[10] = (uint8_t)(len >> 8);
            struct slice additional = slice_of(plain, len % 14);
            assert_int_equal(aead_seal(&seal, nonce, additional, slice_of(plain, len), sealed), OK);
            assert_int_equal(aead_open(&open, nonce, additional,
                                       slice_of(sealed, len + aead_tag_size((enum aead)a)), back),
                             OK);
            assert_memory_equal(back, plain, len);
        }
        aead_key_wipe(&seal);
        aead_key_wipe(&open);
    }
}

static void misuse_is_refused(void **state)
{
    (void)state;
    struct aead_key k = {0};
    uint8_t key[33] = {0}, nonce[12] = {0}, out[64] = {0};
    assert_int_equal(aead_key_set(&k, AEAD_NONE, AEAD_SEAL, slice_of(key, 0)), E_INTERNAL);
    assert_int_equal(aead_key_set(&k, AEAD_AES_128_GCM, AEAD_SEAL, slice_of(key, 32)), E_INTERNAL);
    assert_int_equal(aead_key_set(&k, AEAD_AES_256_GCM, AEAD_SEAL, slice_of(key, 33)), E_INTERNAL);
    assert_int_equal(aead_seal(&k, nonce, slice_of(key, 1), slice_of(key, 1), out), E_INTERNAL);
    assert_int_equal(aead_open(&k, nonce, slice_of(key, 1), slice_of(key, 17), out), E_INTERNAL);
    assert_int_equal(aead_key_set(&k, AEAD_AES_128_GCM, AEAD_SEAL, slice_of(key, 16)), OK);
    assert_int_equal(aead_open(&k, nonce, slice_of(key, 1), slice_of(key, 17), out), E_INTERNAL);
    /* set again, without a wipe between */
    assert_int_equal(aead_key_set(&k, AEAD_AES_256_GCM, AEAD_OPEN, slice_of(key, 32)), OK);
    assert_int_equal(aead_seal(&k, nonce, slice_of(key, 1), slice_of(key, 1), out), E_INTERNAL);
    aead_key_wipe(&k);
    assert_null(k.schedule);
}

/* All implementations make the same bytes, whatever the lengths and wherever the bytes lie. */
static void implementations_agree(void **state)
{
    (void)state;
    static const size_t long_ones[] = {768, 769, 1023, 4096, 5000, 16384, 16400};
    static uint8_t plain[16400], sealed[2][16400 + 6 + AEAD_TAG_MAX], key[32] = {9, 8, 7};
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)(i * 31 >> 3);
    }
    for (int a = AEAD_AES_128_GCM; a <= AEAD_AES_256_GCM; a++) {
        struct aead_key keys[2] = {{0}, {0}}; /* by one implementation and by another, or the same twice */
        for (size_t i = 0; i < 2; i++) {
            aead_prefer(aead_implementation_name(i));
            struct slice bytes = slice_of(key, aead_key_size((enum aead)a));
            assert_int_equal(aead_key_set(&keys[i], (enum aead)a, AEAD_SEAL, bytes), OK);
        }
        for (size_t round = 0; round < 700 + sizeof long_ones / sizeof long_ones[0]; round++) {
            size_t len = round < 700 ? round : long_ones[round - 700], shift = round % 16;
            struct slice bytes = slice_of(plain + shift, len > shift ? len - shift : len % 16);
            uint8_t nonce[12] = {(uint8_t)round, (uint8_t)(round >> 8), 1};
            assert_int_equal(aead_seal(&keys[0], nonce, slice_of(plain, round % 40), bytes, sealed[0]), OK);
            memcpy(sealed[1] + round % 7, bytes.data, bytes.len); /* in place, at any address */
            assert_int_equal(aead_seal(&keys[1], nonce, slice_of(plain, round % 40),
                                       slice_of(sealed[1] + round % 7, bytes.len), sealed[1] + round % 7),
                             OK);
            assert_memory_equal(sealed[0], sealed[1] + round % 7, bytes.len + 16);
        }
        aead_key_wipe(&keys[0]);
        aead_key_wipe(&keys[1]);
    }
    aead_prefer(NULL);
}

/* A key stays with who made it. */
static void keys_outlive_a_change_of_implementation(void **state)
{
    (void)state;
    struct aead_key k = {0};
    uint8_t out[17], again[17];
    struct slice key = slice_of((const uint8_t[16]){1}, 16), one = slice_of((const uint8_t[1]){2}, 1);
    static const uint8_t nonce[12];
    assert_int_equal(aead_key_set(&k, AEAD_AES_128_GCM, AEAD_SEAL, key), OK);
    const struct aead_implementation *by = k.by;
    assert_int_equal(aead_seal(&k, nonce, slice_of(NULL, 0), one, out), OK);
    aead_prefer("libcrypto");
    assert_int_equal(aead_seal(&k, nonce, slice_of(NULL, 0), one, again), OK);
    assert_memory_equal(out, again, sizeof out);
    assert_ptr_equal(k.by, by);
    assert_int_equal(aead_key_set(&k, AEAD_AES_128_GCM, AEAD_SEAL, key), OK);
    assert_string_equal(k.by->name, "libcrypto");
    aead_key_wipe(&k);
    aead_prefer(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
        cmocka_unit_test(two_places_are_one_plaintext),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(every_prefix_fails),
        cmocka_unit_test(all_lengths_go_round),
        cmocka_unit_test(misuse_is_refused),
    };
    const struct CMUnitTest once[] = {
        cmocka_unit_test(implementations_agree),
        cmocka_unit_test(keys_outlive_a_change_of_implementation),
    };
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed + cmocka_run_group_tests(once, NULL, NULL);
}
