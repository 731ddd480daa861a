/* SPDX-License-Identifier: MIT */
/* CBC records: RFC 5246 6.2.3.2, RFC 7366; checklist C1, C2, C3. What is read here was put together by
 * libcrypto's block cipher and HMAC alone, so that it may have any padding, and any fault. */
#include "unit/test_record_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define MOST (RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX)
static uint8_t plain[RECORD_PLAINTEXT_MAX + 1], fragment[MOST], inside[MOST];
static const uint8_t iv[16] = {0x5c, 0xa1, 0x0e, 0x77, 0x93, 0x2b, 0xd4, 0x68, 1, 2, 3, 4, 5, 6, 7, 8};

static const struct suite *cbc_suite(size_t i)
{
    for (size_t k = 0; k < SUITES; k++) {
        if (is_cbc(&record_suites[k]) && i-- == 0) {
            return &record_suites[k];
        }
    }
    return NULL;
}

static size_t hmac(const struct suite *s, uint64_t sequence, struct slice bytes, uint8_t *out)
{
    static uint8_t all[13 + MOST];
    for (size_t i = 0; i < 8; i++) {
        all[i] = (uint8_t)(sequence >> (56 - 8 * i));
    }
    memcpy(all + 8, (const uint8_t[]){CONTENT_APPLICATION_DATA, 3, 3}, 3);
    all[11] = (uint8_t)(bytes.len >> 8);
    all[12] = (uint8_t)bytes.len;
    memcpy(all + 13, bytes.data, bytes.len);
    const EVP_MD *md = s->mac == HASH_SHA1 ? EVP_sha1() : s->mac == HASH_SHA256 ? EVP_sha256() : EVP_sha384();
    unsigned len = 0;
    struct slice key = keys_for(s).mac_key;
    assert_non_null(HMAC(md, key.data, (int)key.len, all, 13 + bytes.len, out, &len));
    assert_true(mac_len(s) <= len);
    return mac_len(s);
}

static void encrypt(const struct suite *s, const uint8_t *from, size_t len, uint8_t *to)
{
    int written = 0;
    EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = s->cbc == CBC_AES_128 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
    assert_int_equal(EVP_EncryptInit_ex(run, cipher, NULL, record_key, iv), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(run, 0), 1);
    assert_int_equal(EVP_EncryptUpdate(run, to, &written, from, (int)len), 1);
    assert_int_equal(written, len);
    EVP_CIPHER_CTX_free(run);
}

/* A record under sequence 0, in two steps: what is encrypted, into inside; then the fragment. */
static size_t fill_inside(const struct suite *s, struct slice text, size_t padding)
{
    size_t len = text.len;
    memcpy(inside, text.data, len);
    if (!(s->code & ETM)) {
        len += hmac(s, 0, text, inside + len);
    }
    memset(inside + len, (int)padding, padding + 1);
    return len + padding + 1;
}

static struct span close_fragment(const struct suite *s, size_t len)
{
    assert_int_equal(len % 16, 0);
    memcpy(fragment, iv, 16);
    encrypt(s, inside, len, fragment + 16);
    len += 16;
    if ((s->code & ETM)) {
        len += hmac(s, 0, slice_of(fragment, len), fragment + len);
    }
    return (struct span){fragment, len};
}

static enum err opened(const struct suite *s, struct span whole, struct span *back)
{
    struct protection p = {0};
    *back = (struct span){0};
    protect(&p, s, AEAD_OPEN);
    enum err err = protection_open(&p, CONTENT_APPLICATION_DATA, whole, back);
    assert_int_equal(p.sequence, err == OK);
    protection_wipe(&p);
    return err;
}

static void refused(const struct suite *s, struct span whole)
{
    struct span back;
    assert_int_equal(opened(s, whole, &back), E_BAD_RECORD_MAC);
    assert_null(back.data);
}

/* The shortest text of at least len bytes to which this much padding brings whole blocks. */
static size_t text_len(const struct suite *s, size_t len, size_t padding)
{
    size_t rest = ((s->code & ETM) ? 0 : mac_len(s)) + padding + 1;
    return len + (16 - (len + rest) % 16) % 16;
}

static void every_padding_length_is_accepted(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 100, 1000, 16384 - 16};
    for (size_t k = 0; cbc_suite(k); k++) {
        for (size_t padding = 0; padding < 256; padding++) {
            for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
                const struct suite *s = cbc_suite(k);
                struct slice text = {plain, text_len(s, lens[i], padding)};
                struct span back;
                assert_int_equal(opened(s, close_fragment(s, fill_inside(s, text, padding)), &back), OK);
                assert_int_equal(back.len, text.len);
                assert_ptr_equal(back.data, fragment + 16);
                assert_memory_equal(back.data, plain, text.len);
            }
        }
    }
}

/* C1, C2: padding that is not what its length says, under a MAC that is right, is the same error as the MAC
 */
static void every_wrong_byte_of_padding_is_refused(void **state)
{
    (void)state;
    static const size_t paddings[] = {1, 2, 15, 16, 47, 100, 255};
    for (size_t k = 0; cbc_suite(k); k++) {
        const struct suite *s = cbc_suite(k);
        for (size_t i = 0; i < sizeof paddings / sizeof paddings[0]; i++) {
            struct slice text = {plain, text_len(s, 20, paddings[i])};
            size_t len = fill_inside(s, text, paddings[i]);
            for (size_t at = 0; at <= paddings[i]; at++) {
                static const uint8_t flips[] = {0x01, 0x80, 0xff};
                for (size_t flip = 0; flip < sizeof flips; flip++) {
                    inside[len - 1 - at] ^= flips[flip];
                    if (!(s->code & ETM) || inside[len - 1] != 0) { /* 0 is padding too, of no bytes */
                        refused(s, close_fragment(s, len));
                        assert_false(holds_any_of(fragment, len + 16, plain, text.len));
                    }
                    inside[len - 1 - at] ^= flips[flip];
                }
            }
        }
    }
}

/* The last byte claims every length, most of them longer than the record holds. */
static void every_claim_of_padding_but_one_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; cbc_suite(k); k++) {
        const struct suite *s = cbc_suite(k);
        for (size_t blocks = 0; blocks < 3; blocks++) {
            struct slice text = {plain, text_len(s, 16 * blocks, 9)};
            size_t len = fill_inside(s, text, 9);
            for (int claim = 0; claim < 256; claim++) {
                struct span back;
                inside[len - 1] = (uint8_t)claim;
                assert_int_equal(opened(s, close_fragment(s, len), &back),
                                 claim == 9 || (claim == 0 && (s->code & ETM)) ? OK : E_BAD_RECORD_MAC);
            }
            /* consistent, and longer than there are bytes before it */
            memset(inside, 0xff, len);
            refused(s, close_fragment(s, len));
        }
    }
}

/* Each byte of content and MAC under the encryption, and each of IV, ciphertext and MAC outside it. */
static void every_byte_counts(void **state)
{
    (void)state;
    static const uint8_t flips[] = {0x01, 0x10, 0x80, 0xff};
    for (size_t k = 0; cbc_suite(k); k++) {
        const struct suite *s = cbc_suite(k);
        struct slice text = {plain, text_len(s, 33, 20)};
        size_t len = fill_inside(s, text, 20), size = close_fragment(s, len).len;
        for (size_t flip = 0; flip < sizeof flips; flip++) {
            for (size_t at = 0; at < size; at++) {
                close_fragment(s, len);
                fragment[at] ^= flips[flip];
                refused(s, (struct span){fragment, size});
                assert_false(holds_any_of(fragment, size, plain, text.len));
            }
            for (size_t at = 0; !(s->code & ETM) && at < len; at++) {
                inside[at] ^= flips[flip];
                refused(s, close_fragment(s, len));
                inside[at] ^= flips[flip];
            }
        }
    }
}

/* What the MAC covers beside the bytes: sequence number, type, length. The version is read.c's to check. */
static void every_byte_of_the_header_counts(void **state)
{
    (void)state;
    for (size_t k = 0; cbc_suite(k); k++) {
        const struct suite *s = cbc_suite(k);
        struct slice text = {plain, text_len(s, 33, 20)};
        size_t len = fill_inside(s, text, 20);
        for (size_t bit = 0; bit < 64 + 8; bit++) {
            struct protection p = {0};
            struct span back = {0}, whole = close_fragment(s, len);
            protect(&p, s, AEAD_OPEN);
            p.sequence = bit < 64 ? UINT64_C(1) << bit : 0;
            unsigned flip = bit < 64 ? 0 : 1u << (bit - 64);
            uint8_t type = (uint8_t)(CONTENT_APPLICATION_DATA ^ flip);
            assert_int_equal(protection_open(&p, type, whole, &back), E_BAD_RECORD_MAC);
            assert_null(back.data);
            protection_wipe(&p);
        }
        for (size_t less = 1; less < len; less++) { /* also: a record that lost its end, or its IV */
            struct span whole = close_fragment(s, len);
            refused(s, (struct span){whole.data, whole.len - less});
            whole = close_fragment(s, len);
            refused(s, (struct span){whole.data + less, whole.len - less});
        }
    }
}

/* A record of one form is none of the other. */
static void the_two_forms_are_not_mixed(void **state)
{
    (void)state;
    for (size_t k = 0; cbc_suite(k); k++) {
        const struct suite *s = cbc_suite(k);
        struct suite other = *s;
        other.code = (s->code & ETM) ? 0 : ETM;
        for (size_t padding = 0; padding < 64; padding++) {
            size_t len = fill_inside(&other, (struct slice){plain, text_len(&other, 80, padding)}, padding);
            refused(s, close_fragment(&other, len));
        }
    }
}

static void any_bytes_of_any_length_are_refused(void **state)
{
    (void)state;
    for (size_t k = 0; cbc_suite(k); k++) {
        for (size_t len = 0; len < 400; len++) {
            memcpy(fragment, plain + len, len);
            refused(cbc_suite(k), (struct span){fragment, len});
        }
        memcpy(fragment, plain, RECORD_PLAINTEXT_MAX);
        refused(cbc_suite(k), (struct span){fragment, RECORD_PLAINTEXT_MAX});
    }
}

static void every_size_goes_round(void **state)
{
    (void)state;
    for (size_t k = 0; cbc_suite(k); k++) {
        const struct suite *s = cbc_suite(k);
        struct protection seal = {0}, open = {0};
        protect(&seal, s, AEAD_SEAL);
        protect(&open, s, AEAD_OPEN);
        for (size_t len = 0; len <= RECORD_PLAINTEXT_MAX; len += len < 600 || len > 16300 ? 1 : 97) {
            size_t size = 16 + len + protection_tail(&seal, len);
            struct span back;
            assert_int_equal(
                protection_seal(&seal, CONTENT_HANDSHAKE, (struct slice){plain, len}, fragment, 0), OK);
            assert_int_equal(protection_open(&open, CONTENT_HANDSHAKE, (struct span){fragment, size}, &back),
                             OK);
            assert_int_equal(back.len, len);
            assert_memory_equal(back.data, plain, len);
        }
        protection_wipe(&seal);
        protection_wipe(&open);
    }
}

static int give_iv(void *arg, uint8_t *out, size_t len)
{
    (void)arg;
    assert_int_equal(len, sizeof iv);
    memcpy(out, iv, len);
    return 0;
}

static int give_nothing(void *arg, uint8_t *out, size_t len)
{
    (void)arg;
    memset(out, 0, len);
    return -1;
}

/* What seal makes is what the RFCs say, put together a second time. */
static void sealed_by_the_letter(void **state)
{
    (void)state;
    for (size_t k = 0; cbc_suite(k); k++) {
        for (size_t len = 0; len < 70; len++) {
            const struct suite *s = cbc_suite(k);
            struct protection p = {0};
            struct record_keys keys = keys_for(s);
            static uint8_t sealed[200];
            keys.random = &(struct random_source){give_iv, NULL};
            assert_int_equal(protection_set(&p, s, AEAD_SEAL, &keys), OK);
            assert_int_equal(
                protection_seal(&p, CONTENT_APPLICATION_DATA, (struct slice){plain, len}, sealed, 0), OK);
            size_t encrypted = len + ((s->code & ETM) ? 0 : mac_len(s)) + 1;
            size_t padding = (16 - encrypted % 16) % 16; /* no longer than it must be */
            struct span wanted = close_fragment(s, fill_inside(s, (struct slice){plain, len}, padding));
            assert_int_equal(16 + len + protection_tail(&p, len), wanted.len);
            assert_memory_equal(sealed, wanted.data, wanted.len);
            protection_wipe(&p);
        }
    }
}

/* C3: RFC 5246 6.2.3.2 */
static void each_record_has_a_fresh_iv(void **state)
{
    (void)state;
    static uint8_t seen[64][16];
    for (size_t k = 0; cbc_suite(k); k++) {
        struct protection p = {0};
        protect(&p, cbc_suite(k), AEAD_SEAL);
        for (size_t i = 0; i < 64; i++) {
            assert_int_equal(protection_seal(&p, CONTENT_HANDSHAKE, (struct slice){plain, 5}, fragment, 0),
                             OK);
            memcpy(seen[i], fragment, 16);
            for (size_t j = 0; j < i; j++) {
                assert_memory_not_equal(seen[i], seen[j], 16);
            }
        }
        protection_wipe(&p);
        struct record_keys keys = keys_for(cbc_suite(k));
        keys.random = &(struct random_source){give_nothing, NULL};
        assert_int_equal(protection_set(&p, cbc_suite(k), AEAD_SEAL, &keys), OK);
        assert_int_equal(protection_seal(&p, CONTENT_HANDSHAKE, (struct slice){plain, 5}, fragment, 0),
                         E_RANDOM_FAILED);
        assert_true(p.sequence == 0);
        protection_wipe(&p);
    }
}

static void misuse_is_refused(void **state)
{
    (void)state;
    const struct suite *s = cbc_suite(0);
    struct cbc_hmac_key k = {0};
    struct cbc_form form = {s->cbc, s->mac, false}, none = {CBC_NONE, s->mac, false},
                    long_mac = {s->cbc, HASH_SHA512, false};
    struct record_keys keys = keys_for(s);
    uint8_t prefix[CBC_PREFIX] = {0}, out[128] = {0};
    struct span back;
    assert_int_equal(cbc_hmac_key_set(&k, &none, AEAD_SEAL, keys.key, keys.mac_key), E_INTERNAL);
    assert_int_equal(cbc_hmac_key_set(&k, &long_mac, AEAD_SEAL, keys.key, keys.mac_key), E_INTERNAL);
    assert_int_equal(cbc_hmac_key_set(&k, &form, AEAD_SEAL, keys.mac_key, keys.mac_key), E_INTERNAL);
    assert_int_equal(cbc_hmac_key_set(&k, &form, AEAD_SEAL, keys.key, keys.key), E_INTERNAL);
    assert_int_equal(cbc_hmac_seal(&k, prefix, slice_of(plain, 1), out), E_INTERNAL);
    assert_int_equal(cbc_hmac_key_set(&k, &form, AEAD_SEAL, keys.key, keys.mac_key), OK);
    assert_int_equal(cbc_hmac_open(&k, prefix, (struct span){out, 64}, &back), E_INTERNAL);
    assert_int_equal(cbc_hmac_key_set(&k, &form, AEAD_OPEN, keys.key, keys.mac_key),
                     OK); /* no wipe between */
    assert_int_equal(cbc_hmac_seal(&k, prefix, slice_of(plain, 1), out), E_INTERNAL);
    cbc_hmac_key_wipe(&k);
    cbc_hmac_key_wipe(&k);
    assert_null(k.schedule);
}

int main(void)
{
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_padding_length_is_accepted),
        cmocka_unit_test(every_wrong_byte_of_padding_is_refused),
        cmocka_unit_test(every_claim_of_padding_but_one_is_refused),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(every_byte_of_the_header_counts),
        cmocka_unit_test(the_two_forms_are_not_mixed),
        cmocka_unit_test(any_bytes_of_any_length_are_refused),
        cmocka_unit_test(every_size_goes_round),
        cmocka_unit_test(sealed_by_the_letter),
        cmocka_unit_test(each_record_has_a_fresh_iv),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
