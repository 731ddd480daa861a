/* SPDX-License-Identifier: MIT */
/*
 * Checklist C1, K1: no branch and no address depends on what is secret while a CBC record or an RSA premaster
 * is opened. tests/docs/constant_time.py runs this twice under valgrind. memcheck reports each use of an
 * undefined value for a branch or an address, and the secrets are made undefined here (Langley's ctgrind).
 * callgrind counts the instructions of each opening, which must not depend on the padding or on what is
 * wrong. Run by itself this sees only that what is opened is right.
 */
#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "support/pki_keys.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/callgrind.h>
#include <valgrind/memcheck.h>
#define HAVE_MEMCHECK 1
#endif
#endif

static void hide(const void *data, size_t len)
{
#ifdef HAVE_MEMCHECK
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
#else
    (void)data;
    (void)len;
#endif
}

static void reveal(const void *data, size_t len)
{
#ifdef HAVE_MEMCHECK
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
#else
    (void)data;
    (void)len;
#endif
}

/* callgrind: what was executed since zero is written down under this name. */
static void count_from_here(void)
{
#ifdef HAVE_MEMCHECK
    CALLGRIND_ZERO_STATS;
#endif
}

static void counted(const char *name)
{
#ifdef HAVE_MEMCHECK
    CALLGRIND_DUMP_STATS_AT(name);
#else
    (void)name;
#endif
}

/* ---- CBC ---- */
#define TRUNCATED 2 /* RFC 6066 7; the suite's code says it here, for it is not a suite's to say */
static const struct suite suites[] = {
    {.name = "SHA-1", .cbc = CBC_AES_128, .mac = HASH_SHA1},
    {.name = "SHA-256", .cbc = CBC_AES_256, .mac = HASH_SHA256},
    {.name = "SHA-384", .cbc = CBC_AES_256, .mac = HASH_SHA384},
#ifdef HF_LAB_TRUNCATED_HMAC
    {.name = "SHA-1 truncated", .cbc = CBC_AES_128, .mac = HASH_SHA1, .code = TRUNCATED},
    {.name = "SHA-256 truncated", .cbc = CBC_AES_256, .mac = HASH_SHA256, .code = TRUNCATED},
    {.name = "SHA-384 truncated", .cbc = CBC_AES_256, .mac = HASH_SHA384, .code = TRUNCATED},
#endif
};
static const uint8_t key[32] = {1, 2, 3}, mac_key[48] = {4, 5, 6};

static struct record_keys keys_for(const struct suite *s)
{
    return (struct record_keys){.mac_key = slice_of(mac_key, hash_size(s->mac)),
                                .key = slice_of(key, s->cbc == CBC_AES_128 ? 16 : 32),
                                .truncated_hmac = s->code & TRUNCATED};
}

static size_t mac_len(const struct suite *s)
{
    return s->code & TRUNCATED ? 10 : hash_size(s->mac);
}

/* CBC of any blocks, so that padding and MAC can be what they like. */
static size_t seal(const struct suite *s, struct slice text, size_t padding, uint8_t *out)
{
    uint8_t inside[1200],
        header[13] = {[8] = CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)(text.len >> 8), (uint8_t)text.len};
    static uint8_t covered[13 + 1024];
    memcpy(covered, header, 13);
    memcpy(covered + 13, text.data, text.len);
    memcpy(inside, text.data, text.len);
    uint8_t mac[HASH_MAX];
    assert_int_equal(hmac_once(s->mac, keys_for(s).mac_key, slice_of(covered, 13 + text.len), mac), OK);
    size_t len = text.len, size = mac_len(s);
    memcpy(inside + len, mac, size);
    len += size;
    memset(inside + len, (int)padding, padding + 1);
    len += padding + 1;
    assert_int_equal(len % 16, 0);
    memset(out, 9, 16);
    int written = 0;
    EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = s->cbc == CBC_AES_128 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
    assert_int_equal(EVP_EncryptInit_ex(run, cipher, NULL, key, out), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(run, 0), 1);
    assert_int_equal(EVP_EncryptUpdate(run, out + 16, &written, inside, (int)len), 1);
    EVP_CIPHER_CTX_free(run);
    return 16 + len;
}

/* Where the record is changed before it is opened: nowhere, in its padding length, in its MAC, in its text.
 */
enum change { CHANGE_NOTHING, CHANGE_END, CHANGE_MAC, CHANGE_TEXT, CHANGES };

static void open_hidden(const struct suite *s, size_t len, size_t padding, enum change change)
{
    static uint8_t text[1024], record[1300];
    size_t size = seal(s, slice_of(text, len), padding, record);
    struct protection p = {0};
    struct record_keys keys = keys_for(s);
    struct span back = {0};
    assert_int_equal(protection_set(&p, s, AEAD_OPEN, &keys), OK);
    if (change != CHANGE_NOTHING) { /* one block earlier, the bit flips where it is meant to */
        size_t at = change == CHANGE_END ? size - 1 - 16 : change == CHANGE_MAC ? 16 + len - 16 + 3 : 4;
        record[at] ^= 0x21;
    }
    char name[100];
    snprintf(name, sizeof name, "CBC %s %zu %s: padding %zu change %d", s->name, size,
             change == CHANGE_NOTHING ? "accepted" : "refused", padding, (int)change);
    hide(record, size);
    count_from_here();
    enum err err = protection_open(&p, CONTENT_APPLICATION_DATA, (struct span){record, size}, &back);
    counted(name);
    reveal(record, size);
    reveal(&back, sizeof back);
    assert_int_equal(err, change == CHANGE_NOTHING ? OK : E_BAD_RECORD_MAC);
    if (err == OK) {
        assert_int_equal(back.len, len);
        assert_memory_equal(back.data, text, len);
    }
    protection_wipe(&p);
}

static void cbc_records_open_without_a_trace(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 20, 40, 55, 56, 64, 119, 120, 200, 500};
    for (size_t k = 0; k < sizeof suites / sizeof suites[0]; k++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            for (size_t padding = 0; padding < 256; padding += padding < 18 ? 1 : 53) {
                size_t rest = (lens[i] + mac_len(&suites[k]) + padding + 1) % 16;
                for (int change = 0; rest == 0 && change < CHANGES; change++) {
                    open_hidden(&suites[k], lens[i], padding, (enum change)change);
                }
            }
        }
    }
}

/* Records of one length, whose padding takes from the text what it needs: for callgrind. */
static void records_of_one_length_take_one_time(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof suites / sizeof suites[0]; k++) {
        size_t whole = 336, mac = mac_len(&suites[k]);
        for (int repeat = 0; repeat < 3; repeat++) { /* the first fills caches of memory */
            for (size_t padding = 0; padding < 256; padding += 51) {
                for (int change = 0; change < CHANGES; change++) {
                    open_hidden(&suites[k], whole - mac - padding - 1, padding, (enum change)change);
                }
            }
        }
    }
}

/* The same where there is something to report: a test that cannot fail proves nothing. */
static void a_leak_is_seen(void **state)
{
    (void)state;
    uint8_t secret[2] = {1, 2};
    hide(secret, sizeof secret);
#ifdef HAVE_MEMCHECK
    unsigned before = VALGRIND_COUNT_ERRORS;
    if (secret_equal(slice_of(secret, 1), slice_of(secret + 1, 1))) {
        fail();
    }
    if (RUNNING_ON_VALGRIND) {
        assert_int_equal(VALGRIND_COUNT_ERRORS, before + 1);
    }
#endif
    reveal(secret, sizeof secret);
}

/* ---- RSA ---- */
static void premasters_decrypt_without_a_trace(void **state)
{
    (void)state;
    struct private_key *k = NULL;
    assert_int_equal(private_key_load(slice_of_string(test_key_rsa), NULL, &k), OK);
    BIO *bio = BIO_new_mem_buf(test_key_rsa, -1);
    EVP_PKEY *evp = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(evp);
    for (int kind = 0; kind < 4; kind++) { /* right, wrong version, wrong length, wrong padding */
        uint8_t bytes[256], encrypted[256];
        size_t size = sizeof encrypted, len = kind == 3 ? 256 : kind == 2 ? 47 : 48;
        memset(bytes, 3, sizeof bytes);
        bytes[1] = kind == 1 ? 1 : 3;
        EVP_PKEY_CTX *run = EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
        assert_int_equal(EVP_PKEY_encrypt_init(run), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(run, kind == 3 ? RSA_NO_PADDING : RSA_PKCS1_PADDING),
                         1);
        bytes[0] = kind == 3 ? 0 : 3;
        assert_int_equal(EVP_PKEY_encrypt(run, encrypted, &size, bytes, len), 1);
        EVP_PKEY_CTX_free(run);
        struct premaster out;
        hide(encrypted, size);
        enum err err = private_key_decrypt_premaster(k, 0x0303, slice_of(encrypted, size), &out);
        reveal(&out, sizeof out);
        assert_int_equal(err, OK);
        assert_int_equal(out.len, 48);
        assert_int_equal(memcmp(out.small, bytes, 48) == 0, kind == 0);
        premaster_wipe(&out);
    }
    private_key_free(k);
    EVP_PKEY_free(evp);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leak_is_seen),
        cmocka_unit_test(cbc_records_open_without_a_trace),
        cmocka_unit_test(records_of_one_length_take_one_time),
        cmocka_unit_test(premasters_decrypt_without_a_trace),
    };
    const struct CMUnitTest counting[] = {cmocka_unit_test(records_of_one_length_take_one_time)};
    if (getenv("HF_COUNT")) {
        return cmocka_run_group_tests(counting, start, NULL);
    }
    return cmocka_run_group_tests(tests, start, NULL);
}
