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

static const struct {
    const char *secret, *label, *context, *output;
} labels[] = {
#include "rfc8448_labels.inc"
#include "rfc9001_labels.inc"
};

static const struct {
    const char *salt, *input, *secret;
} extracts[] = {
#include "rfc8448_extracts.inc"
};

/* RFC 8446 7.1, RFC 9001 5.1 */
static void expand_label_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        struct hmac_key secret = {0};
        struct slice wanted = HEX(labels[i].output);
        uint8_t out[HASH_MAX + 1];
        memset(out, 0x55, sizeof out);
        assert_int_equal(hmac_key_set(&secret, HASH_SHA256, HEX(labels[i].secret)), OK);
        assert_int_equal(hkdf_expand_label(&secret, labels[i].label, HEX(labels[i].context),
                                           (struct span){out, wanted.len}),
                         OK);
        assert_bytes(out, wanted);
        assert_int_equal(out[wanted.len], 0x55);
        if (wanted.len == 32) {
            assert_int_equal(hkdf_derive_secret(&secret, labels[i].label, HEX(labels[i].context), out), OK);
            assert_bytes(out, wanted);
        }
        hmac_key_wipe(&secret);
    }
}

static void extract_rfc8448(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof extracts / sizeof extracts[0]; i++) {
        uint8_t out[HASH_MAX];
        assert_int_equal(hkdf_extract(HASH_SHA256, HEX(extracts[i].salt), HEX(extracts[i].input), out), OK);
        assert_bytes(out, HEX(extracts[i].secret));
    }
}

/* Against HKDF-Expand of RFC 5869 with the HkdfLabel written out: outputs of many blocks, the longest label
 * and context. */
static void expand_label_is_expand(void **state)
{
    (void)state;
    uint8_t prk[64], form[2 + 1 + 255 + 1 + 255];
    char label[HKDF_LABEL_MAX + 1] = {0};
    memset(prk, 7, sizeof prk);
    memset(label, 'x', HKDF_LABEL_MAX);
    static uint8_t out[255 * 64], wanted[255 * 64];
    for (int h = HASH_SHA256; h <= HASH_SHA512; h++) {
        size_t size = hash_size((enum hash)h);
        size_t lengths[] = {0, 1, size, size + 1, 2 * size, 5 * size - 1, 255 * size};
        struct hmac_key secret = {0};
        assert_int_equal(hmac_key_set(&secret, (enum hash)h, slice_of(prk, size)), OK);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            size_t len = lengths[i];
            form[0] = (uint8_t)(len >> 8);
            form[1] = (uint8_t)len;
            form[2] = 255;
            memcpy(form + 3, "tls13 ", 6);
            memset(form + 9, 'x', HKDF_LABEL_MAX);
            form[258] = 255;
            memset(form + 259, 9, 255);
            assert_int_equal(
                hkdf_expand_label(&secret, label, slice_of(form + 259, 255), (struct span){out, len}), OK);
            assert_int_equal(hkdf_expand((enum hash)h, slice_of(prk, size), slice_of(form, sizeof form),
                                         (struct span){wanted, len}),
                             OK);
            assert_memory_equal(out, wanted, len);
        }
        hmac_key_wipe(&secret);
    }
}

/* RFC 8446 7.1: label<7..255>, context<0..255>; RFC 5869 2.3 */
static void expand_label_has_bounds(void **state)
{
    (void)state;
    static uint8_t out[255 * 32 + 1], zero[255 * 32 + 1], context[256];
    char label[HKDF_LABEL_MAX + 2] = {0};
    memset(label, 'x', HKDF_LABEL_MAX + 1);
    struct hmac_key secret = {0}, none = {0};
    struct slice nothing = slice_of(context, 0);
    assert_int_equal(hmac_key_set(&secret, HASH_SHA256, slice_of(context, 32)), OK);
    memset(out, 0x55, sizeof out);
    assert_int_equal(hkdf_expand_label(&secret, "key", nothing, (struct span){out, sizeof out}), E_INTERNAL);
    assert_memory_equal(out, zero, sizeof out);
    memset(out, 0x55, 32);
    assert_int_equal(hkdf_expand_label(&secret, label, nothing, (struct span){out, 32}), E_INTERNAL);
    assert_int_equal(hkdf_expand_label(&secret, "", nothing, (struct span){out, 32}), E_INTERNAL);
    assert_int_equal(hkdf_expand_label(&secret, "key", slice_of(context, 256), (struct span){out, 32}),
                     E_INTERNAL);
    assert_int_equal(hkdf_expand_label(&none, "key", nothing, (struct span){out, 32}), E_INTERNAL);
    assert_memory_equal(out, zero, 32);
    hmac_key_wipe(&secret);
}

/* In the order of RFC 8446 7.1's figure; each says which messages its transcript has, and where it comes
 * from. */
enum stage { EARLY, HANDSHAKE, MASTER };
static const struct {
    const char *label;
    enum stage stage;
    size_t messages;
} derivations[8] = {
    {"c e traffic", EARLY, 1},      {"e exp master", EARLY, 1},  {"c hs traffic", HANDSHAKE, 2},
    {"s hs traffic", HANDSHAKE, 2}, {"c ap traffic", MASTER, 3}, {"s ap traffic", MASTER, 3},
    {"exp master", MASTER, 3},      {"res master", MASTER, 4},
};

static const struct {
    enum hash hash;
    const char *psk, *dhe, *messages[4], *secrets[8];
} acvp[] = {
#include "acvp_tls13.inc"
};

static void key_schedule_acvp(void **state)
{
    (void)state;
    static const uint8_t zeros[HASH_MAX];
    for (size_t i = 0; i < sizeof acvp / sizeof acvp[0]; i++) {
        enum hash h = acvp[i].hash;
        size_t size = hash_size(h);
        struct slice nothing = slice_of(zeros, size);
        struct slice psk = acvp[i].psk[0] ? HEX(acvp[i].psk) : nothing;
        struct slice dhe = acvp[i].dhe[0] ? HEX(acvp[i].dhe) : nothing;
        struct slice inputs[3] = {psk, dhe, nothing};
        uint8_t salt[HASH_MAX] = {0}, secret[HASH_MAX], empty[HASH_MAX], hash[HASH_MAX], out[HASH_MAX];
        assert_int_equal(hash_once(h, slice_of(zeros, 0), empty), OK);
        size_t row = 0;
        for (enum stage stage = EARLY; stage <= MASTER; stage++) {
            struct hmac_key key = {0};
            assert_int_equal(hkdf_extract(h, slice_of(salt, size), inputs[stage], secret), OK);
            assert_int_equal(hmac_key_set(&key, h, slice_of(secret, size)), OK);
            for (; row < 8 && derivations[row].stage == stage; row++) {
                struct hash_run run = {0};
                assert_int_equal(hash_start(&run, h), OK);
                for (size_t m = 0; m < derivations[row].messages; m++) {
                    assert_int_equal(hash_add(&run, HEX(acvp[i].messages[m])), OK);
                }
                assert_int_equal(hash_snapshot(&run, hash), OK);
                hash_end(&run);
                assert_int_equal(hkdf_derive_secret(&key, derivations[row].label, slice_of(hash, size), out),
                                 OK);
                assert_bytes(out, HEX(acvp[i].secrets[row]));
            }
            assert_int_equal(hkdf_derive_secret(&key, "derived", slice_of(empty, size), salt), OK);
            hmac_key_wipe(&key);
        }
        assert_int_equal(row, 8);
    }
}

/* RFC 9001 A.5: the whole packet but for header protection, from the secret that TLS gives. */
static void packet_rfc9001(void **state)
{
    (void)state;
    struct hmac_key secret = {0};
    struct aead_key aead = {0};
    uint8_t key[32], nonce[AEAD_NONCE_SIZE], sealed[1 + 16];
    struct slice none = slice_of(NULL, 0);
    uint32_t number = 654360564;
    assert_int_equal(hmac_key_set(&secret, HASH_SHA256,
                                  HEX("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")),
                     OK);
    assert_int_equal(hkdf_expand_label(&secret, "quic key", none, (struct span){key, sizeof key}), OK);
    assert_int_equal(hkdf_expand_label(&secret, "quic iv", none, (struct span){nonce, sizeof nonce}), OK);
    for (int i = 0; i < 4; i++) { /* RFC 9001 5.3 */
        nonce[AEAD_NONCE_SIZE - 1 - i] ^= (uint8_t)(number >> 8 * i);
    }
    assert_bytes(nonce, HEX("e0459b3474bdd0e46d417eb0"));
    assert_int_equal(aead_key_set(&aead, AEAD_CHACHA20_POLY1305, AEAD_SEAL, slice_of(key, sizeof key)), OK);
    assert_int_equal(aead_seal(&aead, nonce, HEX("4200bff4"), HEX("01"), sealed), OK);
    assert_bytes(sealed, HEX("655e5cd55c41f69080575d7999c25a5bfb"));
    aead_key_wipe(&aead);
    hmac_key_wipe(&secret);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expand_label_published), cmocka_unit_test(extract_rfc8448),
        cmocka_unit_test(expand_label_is_expand), cmocka_unit_test(expand_label_has_bounds),
        cmocka_unit_test(key_schedule_acvp),      cmocka_unit_test(packet_rfc9001),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
