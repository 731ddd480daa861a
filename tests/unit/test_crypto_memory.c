/* SPDX-License-Identifier: MIT */
/* Each allocation of libcrypto's failing once while keys are exchanged and records protected: a local error,
 * never one of the peer's making, and never another secret. */
#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/pki_keys.h"
#include "test_crypto_pki.h"

static long left = -1; /* allocations until the one that fails; -1: none does */
static bool fired;

static bool due(void)
{
    fired |= left == 0;
    return left >= 0 && left-- == 0;
}

static void *give(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return due() ? NULL : malloc(size);
}

static void *give_more(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return due() ? NULL : realloc(old, size);
}

static void take(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* act fails with a local error or does what it should, for every n until none fails any more. */
static void sweep(enum err (*act)(void))
{
    for (long n = 0;; n++) {
        fired = false;
        left = n;
        enum err err = act();
        left = -1;
        assert_queue_clean();
        if (!fired) {
            assert_int_equal(err, OK);
            assert_true(n > 1);
            return;
        }
        if (err != OK && err != E_NO_MEMORY && err != E_CRYPTO_FAILED && err != E_RANDOM_FAILED) {
            fail_msg("allocation %ld: %s", n, err_row(err)->name);
        }
    }
}

static struct private_key *key;
static struct certificate *certificate;
static struct premaster sent;
static uint8_t encrypted[SIGNATURE_MAX];
static size_t encrypted_len;

static enum err decrypt(void)
{
    struct premaster got;
    TRY(private_key_decrypt_premaster(key, 0x0303, slice_of(encrypted, encrypted_len), &got));
    assert_memory_equal(got.small, sent.small, 48); /* R would be a handshake that fails for no reason */
    premaster_wipe(&got);
    return OK;
}

static enum err encrypt(void)
{
    struct premaster made;
    uint8_t bytes[SIGNATURE_MAX];
    struct span room = {bytes, sizeof bytes};
    TRY(certificate_encrypt_premaster(certificate, 0x0303, NULL, &made, &room));
    premaster_wipe(&made);
    return OK;
}

static enum err agree_in(const struct dh_group *numbers)
{
    static const uint8_t seven = 7;
    struct key_share k;
    struct premaster got = {0};
    enum err err = kx_start_dh(numbers, 2048, NULL, &k);
    if (err == OK) {
        err = kx_finish(&k, slice_of(&seven, 1), &got);
        assert_null(k.private_key);
    }
    premaster_wipe(&got);
    kx_end(&k);
    return err;
}

static enum err agree_in_ffdhe(void)
{
    struct dh_group numbers = group_numbers(group_of(256));
    return agree_in(&numbers);
}

static enum err agree_in_an_unnamed_group(void)
{
    uint8_t p[256];
    struct dh_group numbers = group_numbers(group_of(256));
    memcpy(p, numbers.p.data, sizeof p);
    p[200] ^= 4; /* whether it is a prime is the server's word */
    numbers.p = slice_of(p, sizeof p);
    return agree_in(&numbers);
}

static enum err protect(const struct suite *s, const struct record_keys *keys)
{
    static uint8_t wire[256];
    struct protection seal = {0}, open = {0};
    struct span back;
    struct slice text = slice_of_string("what is to be protected");
    enum err err = protection_set(&seal, s, AEAD_SEAL, keys);
    err = err == OK ? protection_set(&open, s, AEAD_OPEN, keys) : err;
    err = err == OK ? protection_seal(&seal, CONTENT_APPLICATION_DATA, text, wire, 0) : err;
    if (err == OK) {
        size_t len = protection_head(&seal) + text.len + protection_tail(&seal, text.len);
        err = protection_open(&open, CONTENT_APPLICATION_DATA, (struct span){wire, len}, &back);
    }
    if (err == OK) {
        assert_int_equal(back.len, text.len);
        assert_memory_equal(back.data, text.data, text.len);
    }
    protection_wipe(&seal);
    protection_wipe(&open);
    return err;
}

static const uint8_t zeros[48];

static enum err protect_mte(void)
{
    return protect(suite_of(0xC028),
                   &(struct record_keys){.mac_key = slice_of(zeros, 48), .key = slice_of(zeros, 32)});
}

static enum err protect_etm(void)
{
    return protect(suite_of(0xC013), &(struct record_keys){.mac_key = slice_of(zeros, 20),
                                                           .key = slice_of(zeros, 16),
                                                           .encrypt_then_mac = true});
}

static enum err protect_ccm(void)
{
    return protect(suite_of(0xC0AE),
                   &(struct record_keys){.key = slice_of(zeros, 16), .iv = slice_of(zeros, 4)});
}

static void rsa_premasters(void **state)
{
    (void)state;
    sweep(decrypt);
    sweep(encrypt);
}

static void finite_field_shares(void **state)
{
    (void)state;
    sweep(agree_in_ffdhe);
    sweep(agree_in_an_unnamed_group);
}

static void records(void **state)
{
    (void)state;
    sweep(protect_mte);
    sweep(protect_etm);
    sweep(protect_ccm);
}

static int start(void **state)
{
    (void)state;
    struct span room = {encrypted, sizeof encrypted};
    BIO *bio = BIO_new_mem_buf(test_key_rsa, -1);
    EVP_PKEY *evp = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    X509 *x = make((struct recipe){.subject = "rsa", .key = evp});
    assert_int_equal(crypto_start(), OK);
    key = loaded(evp);
    certificate = parsed(x);
    assert_int_equal(certificate_encrypt_premaster(certificate, 0x0303, NULL, &sent, &room), OK);
    encrypted_len = room.len;
    X509_free(x);
    EVP_PKEY_free(evp);
    BIO_free(bio);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    private_key_free(key);
    certificate_free(certificate);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_premasters),
        cmocka_unit_test(finite_field_shares),
        cmocka_unit_test(records),
    };
    if (CRYPTO_set_mem_functions(give, give_more, take) != 1) { /* before libcrypto allocates anything */
        return 1;
    }
    return cmocka_run_group_tests(tests, start, stop);
}
