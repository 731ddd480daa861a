/* SPDX-License-Identifier: MIT */
/* Protection of records: RFC 5246 6.2.3.3, RFC 5288 3, RFC 7905 2; checklist C4. */
#include "unit/test_record_keys.h"

#include "support/aeads.h"

#include <openssl/evp.h>

static uint8_t plain[RECORD_PLAINTEXT_MAX];
static uint8_t sealed[RECORD_PLAINTEXT_MAX + 80];

/* RFC 5246 6.2.3.2, RFC 7366 3: MAC and at least one byte of padding, to whole blocks of what is encrypted */
static size_t cbc_tail(const struct suite *s, size_t len)
{
    size_t mac = s->code & TRUNCATED ? 10 : s->mac == HASH_SHA1 ? 20 : s->mac == HASH_SHA256 ? 32 : 48;
    size_t encrypted = ((s->code & ETM) ? len : len + mac) + 1;
    return mac + 1 + (16 - encrypted % 16) % 16;
}

static void round_trip_of_every_kind_and_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 255, 256, 1024, 16383, 16384};
    for (size_t k = 0; k <= SUITES; k++) {
        const struct suite *s = k < SUITES ? &record_suites[k] : NULL;
        struct protection seal = {0}, open = {0};
        protect(&seal, s, AEAD_SEAL);
        protect(&open, s, AEAD_OPEN);
        size_t head = protection_head(&seal);
        assert_int_equal(head, !s || s->nonce == NONCE_XORED ? 0 : is_cbc(s) ? 16 : 8);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            size_t tail = protection_tail(&seal, sizes[i]);
            assert_int_equal(tail, !s ? 0 : is_cbc(s) ? cbc_tail(s, sizes[i]) : aead_tag_size(s->aead));
            assert_true(tail <= protection_tail_max(&seal));
            for (int in_place = 0; in_place < 2; in_place++) {
                struct slice from = {plain, sizes[i]};
                if (in_place) {
                    memcpy(sealed + head, plain, sizes[i]);
                    from.data = sealed + head;
                }
                assert_int_equal(protection_seal(&seal, CONTENT_APPLICATION_DATA, from, sealed, 0), OK);
                struct span back, fragment = {sealed, head + sizes[i] + tail};
                if (s && sizes[i] >= 16) {
                    assert_memory_not_equal(sealed + head, plain, sizes[i]);
                }
                assert_int_equal(protection_open(&open, CONTENT_APPLICATION_DATA, fragment, &back), OK);
                assert_int_equal(back.len, sizes[i]);
                assert_ptr_equal(back.data, sealed + head);
                assert_memory_equal(back.data, plain, sizes[i]);
            }
        }
        assert_int_equal(seal.sequence, open.sequence);
        protection_wipe(&seal);
        protection_wipe(&open);
    }
}

static void put_number(uint8_t *out, size_t size, uint64_t value)
{
    while (size--) {
        out[size] = (uint8_t)value;
        value >>= 8;
    }
}

/* The body of a record by libcrypto alone, written down from the RFCs a second time. */
static void seal_by_hand(const struct suite *s, uint64_t sequence, struct slice text, uint8_t *out)
{
    uint8_t nonce[12], additional[13];
    put_number(additional, 8, sequence);
    put_number(additional + 8, 1, CONTENT_HANDSHAKE);
    put_number(additional + 9, 2, 0x0303);
    put_number(additional + 11, 2, text.len);
    if (s->nonce == NONCE_EXPLICIT) {
        memcpy(nonce, record_iv, 4);
        put_number(nonce + 4, 8, sequence);
        put_number(out, 8, sequence);
        out += 8;
    } else {
        put_number(nonce, 12, sequence);
        for (int i = 0; i < 12; i++) {
            nonce[i] ^= record_iv[i];
        }
    }
    const EVP_CIPHER *cipher = s->aead == AEAD_AES_128_GCM     ? EVP_aes_128_gcm()
                               : s->aead == AEAD_AES_256_GCM   ? EVP_aes_256_gcm()
                               : s->aead == AEAD_AES_128_CCM   ? EVP_aes_128_ccm()
                               : s->aead == AEAD_AES_256_CCM_8 ? EVP_aes_256_ccm()
                                                               : EVP_chacha20_poly1305();
    EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    int n, tag = s->aead == AEAD_AES_256_CCM_8 ? 8 : 16;
    bool ccm = s->aead == AEAD_AES_128_CCM || s->aead == AEAD_AES_256_CCM_8;
    assert_int_equal(EVP_EncryptInit_ex(run, cipher, NULL, NULL, NULL), 1);
    if (ccm) {
        assert_int_equal(EVP_CIPHER_CTX_ctrl(run, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
        assert_int_equal(EVP_CIPHER_CTX_ctrl(run, EVP_CTRL_AEAD_SET_TAG, tag, NULL), 1);
    }
    assert_int_equal(EVP_EncryptInit_ex(run, NULL, NULL, record_key, nonce), 1);
    if (ccm) {
        assert_int_equal(EVP_EncryptUpdate(run, NULL, &n, NULL, (int)text.len), 1);
    }
    assert_int_equal(EVP_EncryptUpdate(run, NULL, &n, additional, 13), 1);
    assert_int_equal(EVP_EncryptUpdate(run, out, &n, text.data, (int)text.len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(run, out + text.len, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(run, EVP_CTRL_AEAD_GET_TAG, tag, out + text.len), 1);
    EVP_CIPHER_CTX_free(run);
}

/* C4: RFC 9325 7.2.1 */
static void nonce_is_the_sequence_number(void **state)
{
    (void)state;
    static const uint64_t sequences[] = {0, 1, 255, 256, 0x16a09e, 0x0102030405060708, UINT64_MAX - 5};
    uint8_t expected[256];
    for (size_t k = 0; k < SUITES; k++) {
        struct protection p = {0};
        if (is_cbc(&record_suites[k])) {
            continue;
        }
        protect(&p, &record_suites[k], AEAD_SEAL);
        p.limit = UINT64_MAX;
        for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
            p.sequence = sequences[i];
            struct slice text = {plain, 20 + 31 * i};
            size_t size = protection_head(&p) + text.len + protection_tail(&p, text.len);
            seal_by_hand(&record_suites[k], sequences[i], text, expected);
            assert_int_equal(protection_seal(&p, CONTENT_HANDSHAKE, text, sealed, 0), OK);
            assert_memory_equal(sealed, expected, size);
            assert_int_equal(p.sequence, sequences[i] + 1);
        }
        protection_wipe(&p);
    }
}

/* RFC 5288 3: how the sender makes its explicit nonce is the sender's business. */
static void any_explicit_nonce_opens(void **state)
{
    (void)state;
    const struct suite *s = &record_suites[0];
    uint8_t nonce[12], additional[13] = {[8] = CONTENT_HANDSHAKE, 3, 3, 0, 40}, fragment[8 + 40 + 16];
    memset(fragment, 0xa7, 8);
    memcpy(nonce, record_iv, 4);
    memcpy(nonce + 4, fragment, 8);
    struct aead_key key = {0};
    assert_int_equal(aead_key_set(&key, s->aead, AEAD_SEAL, keys_for(s).key), OK);
    assert_int_equal(
        aead_seal(&key, nonce, slice_of(additional, 13), (struct slice){plain, 40}, fragment + 8), OK);
    struct protection p = {0};
    struct span back;
    protect(&p, s, AEAD_OPEN);
    assert_int_equal(protection_open(&p, CONTENT_HANDSHAKE, (struct span){fragment, sizeof fragment}, &back),
                     OK);
    assert_int_equal(back.len, 40);
    assert_memory_equal(back.data, plain, 40);
    aead_key_wipe(&key);
    protection_wipe(&p);
}

/* A fresh fragment of 40 bytes of plaintext under sequence 0. */
static size_t fragment_of(const struct suite *s, uint8_t *out)
{
    struct protection p = {0};
    protect(&p, s, AEAD_SEAL);
    assert_int_equal(protection_seal(&p, CONTENT_APPLICATION_DATA, (struct slice){plain, 40}, out, 0), OK);
    size_t size = protection_head(&p) + 40 + protection_tail(&p, 40);
    protection_wipe(&p);
    return size;
}

static void refused(const struct suite *s, uint8_t type, uint64_t sequence, struct span fragment)
{
    struct protection p = {0};
    struct span back = {0};
    protect(&p, s, AEAD_OPEN);
    p.sequence = sequence;
    assert_int_equal(protection_open(&p, type, fragment, &back), E_BAD_RECORD_MAC);
    assert_null(back.data);
    assert_false(holds_any_of(fragment.data, fragment.len, plain, 40));
    protection_wipe(&p);
}

static void tampering_with_any_bit_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        uint8_t fragment[160];
        size_t size = fragment_of(&record_suites[k], fragment);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            fragment_of(&record_suites[k], fragment);
            fragment[bit / 8] ^= (uint8_t)(1 << bit % 8);
            refused(&record_suites[k], CONTENT_APPLICATION_DATA, 0, (struct span){fragment, size});
        }
    }
}

static void wrong_type_sequence_or_length_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        const struct suite *s = &record_suites[k];
        uint8_t fragment[160] = {0};
        size_t size = fragment_of(s, fragment);
        refused(s, CONTENT_HANDSHAKE, 0, (struct span){fragment, size});
        fragment_of(s, fragment);
        refused(s, CONTENT_APPLICATION_DATA, 1,
                (struct span){fragment, size}); /* a record was lost or replayed */
        for (size_t len = 0; len < size; len++) {
            fragment_of(s, fragment);
            refused(s, CONTENT_APPLICATION_DATA, 0, (struct span){fragment, len});
        }
        fragment_of(s, fragment);
        refused(s, CONTENT_APPLICATION_DATA, 0, (struct span){fragment, size + 1});
    }
}

/* RFC 9325 4.4, RFC 8446 5.5 */
static void sender_stops_at_the_limit_of_its_keys(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        struct protection p = {0};
        protect(&p, &record_suites[k], AEAD_SEAL);
        enum aead a = record_suites[k].aead;
        assert_true(p.limit == (a == AEAD_NONE || a == AEAD_CHACHA20_POLY1305    ? UINT64_MAX
                                : a == AEAD_AES_128_GCM || a == AEAD_AES_256_GCM ? 23726566
                                                                                 : 1 << 23));
        p.sequence = p.limit - RECORDS_KEPT_FOR_ALERTS - 1;
        assert_int_equal(protection_left(&p, CONTENT_APPLICATION_DATA), 1);
        struct slice text = {plain, 2};
        assert_int_equal(protection_seal(&p, CONTENT_APPLICATION_DATA, text, sealed, 0), OK);
        memset(sealed, 0x11, 64);
        assert_int_equal(protection_seal(&p, CONTENT_APPLICATION_DATA, text, sealed, 0),
                         E_SEQUENCE_EXHAUSTED);
        assert_int_equal(protection_seal(&p, CONTENT_HANDSHAKE, text, sealed, 0), E_SEQUENCE_EXHAUSTED);
        for (size_t i = 0; i < 64; i++) {
            assert_int_equal(sealed[i], 0x11);
        }
        assert_int_equal(protection_left(&p, CONTENT_HANDSHAKE), 0);
        assert_int_equal(protection_left(&p, CONTENT_ALERT), RECORDS_KEPT_FOR_ALERTS);
        for (int i = 0; i < RECORDS_KEPT_FOR_ALERTS; i++) {
            assert_int_equal(protection_seal(&p, CONTENT_ALERT, text, sealed, 0), OK);
        }
        assert_int_equal(protection_seal(&p, CONTENT_ALERT, text, sealed, 0), E_SEQUENCE_EXHAUSTED);
        assert_true(p.sequence == p.limit);
        protection_wipe(&p);
    }
}

/* RFC 5246 6.1: sequence numbers do not wrap. The limit of AES-GCM is the sender's. */
static void receiver_stops_before_the_sequence_wraps(void **state)
{
    (void)state;
    static const uint64_t fine[] = {23726566, 23726567, UINT64_MAX - 1};
    for (size_t k = 0; k < SUITES; k++) {
        struct protection seal = {0}, open = {0};
        protect(&seal, &record_suites[k], AEAD_SEAL);
        protect(&open, &record_suites[k], AEAD_OPEN);
        struct span back, fragment = {sealed, protection_head(&seal) + 9 + protection_tail(&seal, 9)};
        for (size_t i = 0; i < 3; i++) {
            seal.limit = UINT64_MAX;
            seal.sequence = open.sequence = fine[i];
            assert_int_equal(protection_seal(&seal, CONTENT_ALERT, (struct slice){plain, 9}, sealed, 0), OK);
            assert_int_equal(protection_open(&open, CONTENT_ALERT, fragment, &back), OK);
        }
        assert_true(open.sequence == UINT64_MAX);
        assert_int_equal(protection_open(&open, CONTENT_ALERT, fragment, &back), E_SEQUENCE_EXHAUSTED);
        assert_true(open.sequence == UINT64_MAX);
        protection_wipe(&seal);
        protection_wipe(&open);
    }
}

static void new_keys_begin_at_zero_and_failure_keeps_the_old(void **state)
{
    (void)state;
    const struct suite *gcm = &record_suites[0], *chacha = &record_suites[2];
    struct protection p = {0};
    protect(&p, gcm, AEAD_SEAL);
    assert_int_equal(protection_seal(&p, CONTENT_ALERT, (struct slice){plain, 2}, sealed, 0), OK);
    struct protection before = p;
    struct record_keys wrong_iv = keys_for(chacha), wrong_key = keys_for(chacha);
    wrong_iv.iv = keys_for(gcm).iv;
    wrong_key.key = keys_for(gcm).key;
    assert_int_equal(protection_set(&p, chacha, AEAD_SEAL, &wrong_iv), E_INTERNAL);
    assert_int_not_equal(protection_set(&p, chacha, AEAD_SEAL, &wrong_key), OK);
    assert_int_equal(p.kind, before.kind);
    assert_true(p.sequence == 1 && p.limit == before.limit && p.key.schedule == before.key.schedule);
    protect(&p, chacha, AEAD_SEAL);
    assert_int_equal(p.kind, PROTECT_AEAD12_XORED);
    assert_true(p.sequence == 0);
    protection_wipe(&p);
    static const struct protection empty;
    assert_memory_equal(&p, &empty, sizeof p);
    assert_int_equal(protection_left(&p, CONTENT_APPLICATION_DATA), UINT64_MAX);
}

int main(void)
{
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_of_every_kind_and_size),
        cmocka_unit_test(nonce_is_the_sequence_number),
        cmocka_unit_test(any_explicit_nonce_opens),
        cmocka_unit_test(tampering_with_any_bit_is_refused),
        cmocka_unit_test(wrong_type_sequence_or_length_is_refused),
        cmocka_unit_test(sender_stops_at_the_limit_of_its_keys),
        cmocka_unit_test(receiver_stops_before_the_sequence_wraps),
        cmocka_unit_test(new_keys_begin_at_zero_and_failure_keeps_the_old),
    };
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed;
}
