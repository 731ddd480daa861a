/* SPDX-License-Identifier: MIT */
/* AES-CBC as published, by way of records whose first blocks are the published plaintext. */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

#define PLAIN                                                          \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

/* NIST SP 800-38A F.2.1, F.2.5 */
static const struct {
    enum cbc cbc;
    const char *key, *sealed;
} rows[] = {
    {CBC_AES_128, "2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {CBC_AES_256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"},
};

/* The same in both forms and under each MAC; the MAC itself is HMAC over header and bytes. */
static void published(void **state)
{
    (void)state;
    static const enum hash macs[] = {HASH_SHA1, HASH_SHA256, HASH_SHA384};
    struct slice plain = HEX(PLAIN);
    for (size_t at = 0; at < 12; at++) {
        struct cbc_form form = {rows[at % 2].cbc, macs[at / 2 % 3], at / 6 > 0};
        uint8_t prefix[CBC_PREFIX] = {0, 0, 0, 0, 0, 0, 0, 9, 23, 3, 3}, out[256], mac_key[48], mac[HASH_MAX];
        struct cbc_hmac_key seal = {0}, open = {0};
        struct slice iv = HEX("000102030405060708090a0b0c0d0e0f"), key = HEX(rows[at % 2].key),
                     mac_key_slice = slice_of(mac_key, hash_size(form.mac));
        memset(mac_key, 0x77, sizeof mac_key);
        assert_int_equal(cbc_hmac_key_set(&seal, &form, AEAD_SEAL, key, mac_key_slice), OK);
        assert_int_equal(cbc_hmac_key_set(&open, &form, AEAD_OPEN, key, mac_key_slice), OK);
        memcpy(out, iv.data, iv.len);
        assert_int_equal(cbc_hmac_seal(&seal, prefix, plain, out), OK);
        assert_memory_equal(out, iv.data, iv.len);
        assert_bytes(out + 16, HEX(rows[at % 2].sealed));
        size_t size = 16 + plain.len + cbc_hmac_tail(&form, plain.len);
        if (form.encrypt_then_mac) { /* RFC 7366 3 */
            uint8_t covered[256];
            size_t len = size - hash_size(form.mac);
            memcpy(covered, prefix, CBC_PREFIX);
            covered[CBC_PREFIX] = 0;
            covered[CBC_PREFIX + 1] = (uint8_t)len;
            memcpy(covered + 13, out, len);
            assert_int_equal(hmac_once(form.mac, mac_key_slice, slice_of(covered, 13 + len), mac), OK);
            assert_memory_equal(out + len, mac, hash_size(form.mac));
        }
        struct span back;
        assert_int_equal(cbc_hmac_open(&open, prefix, (struct span){out, size}, &back), OK);
        assert_int_equal(back.len, plain.len);
        assert_memory_equal(back.data, plain.data, plain.len);
        cbc_hmac_key_wipe(&seal);
        cbc_hmac_key_wipe(&open);
    }
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published)};
    return cmocka_run_group_tests(tests, start, NULL);
}
