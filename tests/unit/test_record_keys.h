/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TEST_RECORD_KEYS_H
#define HF_TESTS_TEST_RECORD_KEYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/record.h"

/* What the tests of the record layer share: both ends of one direction under the same fixed keys. */

/* the suite's code says it, for it is not a suite's to say */
#define ETM 1
#define TRUNCATED 2 /* RFC 6066 7 */
static const struct suite record_suites[] = {
    {.name = "AES-128-GCM", .aead = AEAD_AES_128_GCM, .nonce = NONCE_EXPLICIT},
    {.name = "AES-256-GCM", .aead = AEAD_AES_256_GCM, .nonce = NONCE_EXPLICIT},
    {.name = "ChaCha20-Poly1305", .aead = AEAD_CHACHA20_POLY1305, .nonce = NONCE_XORED},
    {.name = "AES-128-CCM", .aead = AEAD_AES_128_CCM, .nonce = NONCE_EXPLICIT},
    {.name = "AES-256-CCM-8", .aead = AEAD_AES_256_CCM_8, .nonce = NONCE_EXPLICIT},
    {.name = "AES-128-CBC SHA-1", .cbc = CBC_AES_128, .mac = HASH_SHA1},
    {.name = "AES-256-CBC SHA-256", .cbc = CBC_AES_256, .mac = HASH_SHA256},
    {.name = "AES-256-CBC SHA-384", .cbc = CBC_AES_256, .mac = HASH_SHA384},
    {.name = "AES-128-CBC SHA-1, encrypt-then-MAC", .cbc = CBC_AES_128, .mac = HASH_SHA1, .code = ETM},
    {.name = "AES-256-CBC SHA-384, encrypt-then-MAC", .cbc = CBC_AES_256, .mac = HASH_SHA384, .code = ETM},
#ifdef HF_LAB_TRUNCATED_HMAC
    {.name = "AES-128-CBC SHA-1, truncated", .cbc = CBC_AES_128, .mac = HASH_SHA1, .code = TRUNCATED},
    {.name = "AES-128-CBC SHA-256, truncated", .cbc = CBC_AES_128, .mac = HASH_SHA256, .code = TRUNCATED},
    {.name = "AES-256-CBC SHA-384, truncated", .cbc = CBC_AES_256, .mac = HASH_SHA384, .code = TRUNCATED},
    {.name = "AES-128-CBC SHA-1, both", .cbc = CBC_AES_128, .mac = HASH_SHA1, .code = ETM | TRUNCATED},
    {.name = "AES-256-CBC SHA-384, both", .cbc = CBC_AES_256, .mac = HASH_SHA384, .code = ETM | TRUNCATED},
#endif
};
#define SUITES (sizeof record_suites / sizeof record_suites[0])

/* RFC 8446 B.4 */
#define TLS13 .kx = KX_TLS13, .auth = AUTH_TLS13, .nonce = NONCE_XORED
static const struct suite record_suites13[] = {
    {.name = "AES-128-GCM of TLS 1.3", TLS13, .aead = AEAD_AES_128_GCM},
    {.name = "AES-256-GCM of TLS 1.3", TLS13, .aead = AEAD_AES_256_GCM},
    {.name = "ChaCha20-Poly1305 of TLS 1.3", TLS13, .aead = AEAD_CHACHA20_POLY1305},
    {.name = "AES-128-CCM of TLS 1.3", TLS13, .aead = AEAD_AES_128_CCM},
    {.name = "AES-128-CCM-8 of TLS 1.3", TLS13, .aead = AEAD_AES_128_CCM_8},
};
#define SUITES13 (sizeof record_suites13 / sizeof record_suites13[0])

static const uint8_t record_key[32] = {0x61, 0x9b, 0x03, 0xee, 0x10, 0x77, 0x3c, 0x52, 0xd8, 0x2f, 0x95,
                                       0x40, 0xa6, 0xbb, 0x1d, 0xc4, 0x0e, 0x88, 0x71, 0x36, 0xf9, 0x5d,
                                       0xe2, 0x4a, 0x07, 0xcb, 0xb0, 0x19, 0x63, 0xae, 0x2c, 0x9f};
static const uint8_t record_iv[AEAD_NONCE_SIZE] = {0xf0, 0x1e, 0xd2, 0xc3, 0xb4, 0xa5,
                                                   0x96, 0x87, 0x78, 0x69, 0x5a, 0x4b};

static const uint8_t record_mac_key[48] = {0x3d, 0x91, 0x5f, 0x28, 0xe7, 0x04};

static inline bool is_cbc(const struct suite *s)
{
    return s->aead == AEAD_NONE;
}

/* What a record carries of the MAC. */
static inline size_t mac_len(const struct suite *s)
{
    return s->code & TRUNCATED ? 10 : hash_size(s->mac);
}

static inline struct record_keys keys_for(const struct suite *s)
{
    bool short_key = s->aead == AEAD_AES_128_GCM || s->aead == AEAD_AES_128_CCM ||
                     s->aead == AEAD_AES_128_CCM_8 || s->cbc == CBC_AES_128;
    return (struct record_keys){
        .mac_key = slice_of(record_mac_key, is_cbc(s) ? hash_size(s->mac) : 0),
        .key = slice_of(record_key, short_key ? 16 : 32),
        .iv = slice_of(record_iv, is_cbc(s)                    ? 0
                                  : s->nonce == NONCE_EXPLICIT ? 4
                                                               : 12),
        .encrypt_then_mac = s->code & ETM,
        .truncated_hmac = s->code & TRUNCATED,
    };
}

/* suite NULL: no protection. */
static inline void protect(struct protection *p, const struct suite *s, enum aead_use use)
{
    if (s) {
        struct record_keys keys = keys_for(s);
        assert_int_equal(protection_set(p, s, use, &keys), OK);
    }
}

struct ends {
    struct record_out out;
    struct record_in in;
};

/* Both ends; the reader is past the stream's first header, as it is whenever keys are in use. */
static inline void ends_start(struct ends *e, const struct suite *s)
{
    record_out_init(&e->out, 1 << 20);
    record_in_init(&e->in);
    e->out.version = TLS_1_2;
    e->in.begun = true;
    protect(&e->out.protection, s, AEAD_SEAL);
    protect(&e->in.protection, s, AEAD_OPEN);
}

static inline void ends_stop(struct ends *e)
{
    record_out_wipe(&e->out);
    record_in_wipe(&e->in);
}

/* Bytes that do not repeat within any window of eight. */
static inline void pattern(uint8_t *data, size_t len)
{
    uint32_t x = 2463534242u;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        data[i] = (uint8_t)(x >> 11);
    }
}

/* Whether any eight bytes of plain stand together anywhere in data. */
static inline bool holds_any_of(const uint8_t *data, size_t len, const uint8_t *plain, size_t plain_len)
{
    for (size_t i = 0; data && i + 8 <= len; i++) {
        for (size_t k = 0; k + 8 <= plain_len; k++) {
            if (memcmp(data + i, plain + k, 8) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Everything sendable, moved out into memory of exactly its size (the sanitizers see any read past it). */
static inline struct span drain(struct record_out *out)
{
    struct slice ready = record_sendable(out);
    struct span copy = {calloc(1, ready.len ? ready.len : 1), ready.len};
    if (!copy.data) {
        abort();
    }
    if (ready.len) {
        memcpy(copy.data, ready.data, ready.len);
    }
    record_sent(out, ready.len);
    return copy;
}

/* One record, whole; then what it must hold, or how it must fail. */
static inline enum err read_one(struct record_in *in, struct span arrived, struct record *r)
{
    size_t used;
    enum err err = record_read(in, arrived, &used, r);
    if (err == OK && r->type) {
        assert_int_equal(used, arrived.len);
    }
    return err;
}

static inline void reads_one(struct record_in *in, struct span arrived, uint8_t type, struct slice content)
{
    struct record r;
    assert_int_equal(read_one(in, arrived, &r), OK);
    assert_int_equal(r.type, type);
    assert_int_equal(r.content.len, content.len);
    assert_memory_equal(r.content.data, content.data, content.len);
    record_release(in);
}

static inline void fails_one(struct record_in *in, struct span arrived, enum err expected)
{
    struct record r;
    assert_int_equal(read_one(in, arrived, &r), expected);
    assert_int_equal(r.type, 0);
    assert_null(r.content.data);
}

static inline int start_crypto(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

#endif
