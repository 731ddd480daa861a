/* SPDX-License-Identifier: MIT */
/* Key exchanges with a certificate's own key: RSA (RFC 5246 7.4.7.1; checklist K1) and static ECDH
 * (RFC 8422 5.10). */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

#include <openssl/core_names.h>

#define VERSION 0x0303
static EVP_PKEY *rsa;
static struct private_key *key;
static struct certificate *certificate;

static EVP_PKEY *rsa_key(unsigned bits)
{
    EVP_PKEY *made = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    assert_non_null(made);
    return made;
}

/* What libcrypto decrypts without a rule about its content. */
static size_t encrypt(const uint8_t *bytes, size_t len, int padding, uint8_t *out)
{
    size_t size = 1024;
    EVP_PKEY_CTX *run = EVP_PKEY_CTX_new_from_pkey(NULL, rsa, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(run), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(run, padding), 1);
    assert_int_equal(EVP_PKEY_encrypt(run, out, &size, bytes, len), 1);
    EVP_PKEY_CTX_free(run);
    return size;
}

static void both_sides_have_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct premaster client, server;
        uint8_t bytes[SIGNATURE_MAX];
        struct span encrypted = {bytes, sizeof bytes};
        assert_int_equal(certificate_encrypt_premaster(certificate, VERSION, NULL, &client, &encrypted), OK);
        assert_int_equal(encrypted.len, 256);
        assert_int_equal(client.len, 48);
        assert_memory_equal(client.small, "\x03\x03", 2);
        assert_int_equal(private_key_decrypt_premaster(key, VERSION, slice_of_span(encrypted), &server), OK);
        assert_int_equal(server.len, 48);
        assert_memory_equal(client.small, server.small, 48);
        premaster_wipe(&client);
        premaster_wipe(&server);
        assert_queue_clean();
    }
}

/* K1: whatever was encrypted, there is a premaster, and none that the peer could know: another each time. */
static void never_an_error(const char *what, struct slice encrypted, const uint8_t *known)
{
    struct premaster first, second;
    assert_int_equal(private_key_decrypt_premaster(key, VERSION, encrypted, &first), OK);
    assert_int_equal(private_key_decrypt_premaster(key, VERSION, encrypted, &second), OK);
    if (first.len != 48 || memcmp(first.small, second.small, 48) == 0 ||
        (known && memcmp(first.small + 2, known + 2, 46) == 0)) {
        fail_msg("%s", what);
    }
    premaster_wipe(&first);
    premaster_wipe(&second);
    assert_queue_clean();
}

static void garbage_is_random_bytes(void **state)
{
    (void)state;
    uint8_t premaster[64] = {3, 3}, block[256], sealed[1024];
    for (size_t i = 2; i < sizeof premaster; i++) {
        premaster[i] = (uint8_t)(7 * i);
    }
    struct premaster right;
    size_t size = encrypt(premaster, 48, RSA_PKCS1_PADDING, sealed);
    assert_int_equal(private_key_decrypt_premaster(key, VERSION, slice_of(sealed, size), &right), OK);
    assert_memory_equal(right.small, premaster, 48);
    for (unsigned version = 0; version < 0x0400;
         version++) { /* RFC 5246 7.4.7.1: ClientHello's, and no other */
        if (version != VERSION && (version & 0xff) < 6) {
            premaster[0] = (uint8_t)(version >> 8);
            premaster[1] = (uint8_t)version;
            size = encrypt(premaster, 48, RSA_PKCS1_PADDING, sealed);
            never_an_error("a wrong version", slice_of(sealed, size), premaster);
        }
    }
    premaster[0] = premaster[1] = 3;
    for (size_t len = 0; len <= 64; len++) {
        if (len != 48) {
            size = encrypt(premaster, len, RSA_PKCS1_PADDING, sealed);
            never_an_error("a wrong length", slice_of(sealed, size), premaster);
        }
    }
    for (size_t at = 0; at < 208; at += 3) { /* PKCS #1 by hand, with one byte of it wrong */
        memset(block, 0xa5, sizeof block);
        block[0] = 0;
        block[1] = 2;
        block[207] = 0;
        memcpy(block + 208, premaster, 48);
        block[at] = at == 0 ? 0 : at == 1 ? 1 : at == 207 ? 9 : 0;
        bool wrong = at > 0;
        size = encrypt(block, sizeof block, RSA_NO_PADDING, sealed);
        if (wrong) {
            never_an_error("a wrong block", slice_of(sealed, size), premaster);
        }
    }
}

static void sizes_that_cannot_be_are_random_bytes(void **state)
{
    (void)state;
    uint8_t bytes[1025];
    memset(bytes, 0xff, sizeof bytes); /* as large as the modulus, or larger */
    static const size_t sizes[] = {0, 1, 47, 48, 255, 256, 257, 1024, 1025};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        never_an_error("a size", slice_of(bytes, sizes[i]), NULL);
        uint8_t zeros[1025] = {0};
        never_an_error("zeros", slice_of(zeros, sizes[i]), NULL);
    }
}

static int fill(void *arg, uint8_t *out, size_t len)
{
    memset(out, 0x42, len);
    return *(int *)arg;
}

static void the_premaster_comes_from_the_source(void **state)
{
    (void)state;
    int fine = 0, broken = -1;
    uint8_t bytes[SIGNATURE_MAX], wanted[48];
    struct premaster made;
    struct span encrypted = {bytes, sizeof bytes};
    memset(wanted, 0x42, sizeof wanted);
    wanted[0] = wanted[1] = 3;
    assert_int_equal(certificate_encrypt_premaster(certificate, VERSION, &(struct random_source){fill, &fine},
                                                   &made, &encrypted),
                     OK);
    assert_memory_equal(made.small, wanted, 48);
    premaster_wipe(&made);
    assert_int_equal(certificate_encrypt_premaster(certificate, VERSION,
                                                   &(struct random_source){fill, &broken}, &made, &encrypted),
                     E_RANDOM_FAILED);
    assert_int_equal(made.len, 0);
}

static void only_rsa_keys_decrypt(void **state)
{
    (void)state;
    EVP_PKEY *evp = ec_key("P-256");
    X509 *x = make((struct recipe){.subject = "ec", .key = evp});
    struct certificate *c = parsed(x);
    struct private_key *k = loaded(evp);
    struct premaster out;
    uint8_t bytes[256] = {0};
    struct span encrypted = {bytes, sizeof bytes};
    assert_int_equal(private_key_decrypt_premaster(k, VERSION, slice_of(bytes, 256), &out), E_INTERNAL);
    assert_int_equal(certificate_encrypt_premaster(c, VERSION, NULL, &out, &encrypted),
                     E_UNSUPPORTED_CERTIFICATE);
    uint8_t point[KEY_SHARE_MAX];
    size_t len;
    assert_int_equal(certificate_point(certificate, point, &len), E_UNSUPPORTED_CERTIFICATE);
    assert_int_equal(private_key_agree(key, slice_of(bytes, 65), &out), E_INTERNAL);
    certificate_free(c);
    private_key_free(k);
    X509_free(x);
    EVP_PKEY_free(evp);
    assert_queue_clean();
}

/* Client with an ephemeral key, server with its certificate's: RFC 4492 2.1. Then both fixed: 3.2. */
static void certificates_agree(void **state)
{
    (void)state;
    static const struct {
        const char *curve;
        uint16_t code;
    } curves[] = {{"P-256", 23}, {"P-384", 24}, {"P-521", 25}};
    for (size_t i = 0; i < 6; i++) {
        const struct group *g = group_of(curves[i / 2].code);
        EVP_PKEY *evp = ec_key(curves[i / 2].curve), *other = ec_key(curves[i / 2].curve);
        if (i % 2) { /* RFC 5480 2.2: a certificate may hold its point compressed */
            assert_int_equal(
                EVP_PKEY_set_utf8_string_param(evp, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
                1);
        }
        X509 *x = make((struct recipe){.subject = "static", .key = evp});
        struct certificate *c = parsed(x);
        struct private_key *server = loaded(evp), *client = loaded(other);
        struct key_share k;
        struct premaster a, b;
        uint8_t point[KEY_SHARE_MAX];
        size_t len = 0;
        assert_int_equal(certificate_point(c, point, &len), OK);
        assert_int_equal(len, g->share_size);
        assert_int_equal(point[0], 4);
        assert_int_equal(kx_start(g, NULL, &k), OK);
        assert_int_equal(kx_finish(&k, slice_of(point, len), &a), OK);
        for (int twice = 0; twice < 2; twice++) { /* this key stays */
            assert_int_equal(private_key_agree(server, key_share_public(&k), &b), OK);
            assert_int_equal(a.len, g->secret_size);
            assert_true(secret_equal(premaster_slice(&a), premaster_slice(&b)));
        }
        uint8_t other_point[KEY_SHARE_MAX];
        size_t other_len = 0;
        assert_int_equal(EVP_PKEY_get_octet_string_param(other, OSSL_PKEY_PARAM_PUB_KEY, other_point,
                                                         sizeof other_point, &other_len),
                         1);
        assert_int_equal(private_key_agree(server, slice_of(other_point, other_len), &a), OK);
        assert_int_equal(private_key_agree(client, slice_of(point, len), &b), OK);
        assert_true(secret_equal(premaster_slice(&a), premaster_slice(&b)));
        kx_end(&k);
        certificate_free(c);
        private_key_free(server);
        private_key_free(client);
        X509_free(x);
        EVP_PKEY_free(evp);
        EVP_PKEY_free(other);
        assert_queue_clean();
    }
}

/* Invalid-curve attacks are worth their while where a key stays: RFC 8422 5.11, 6.1 */
static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    EVP_PKEY *evp = ec_key("P-256");
    struct private_key *k = loaded(evp);
    struct key_share good;
    struct premaster out;
    uint8_t point[KEY_SHARE_MAX + 1];
    assert_int_equal(kx_start(group_of(23), NULL, &good), OK);
    for (size_t at = 0; at < 65; at++) {
        memcpy(point, good.public_key, 65);
        point[at] ^= 1;
        assert_int_equal(private_key_agree(k, slice_of(point, 65), &out), E_BAD_KEY_SHARE);
        assert_int_equal(out.len, 0);
    }
    memcpy(point, good.public_key, 65);
    for (size_t len = 0; len < sizeof point; len++) {
        assert_int_equal(private_key_agree(k, slice_of(point, len), &out), len == 65 ? OK : E_BAD_KEY_SHARE);
    }
    memset(point, 0, sizeof point);
    assert_int_equal(private_key_agree(k, slice_of(point, 65), &out), E_BAD_KEY_SHARE);
    kx_end(&good);
    private_key_free(k);
    EVP_PKEY_free(evp);
    assert_queue_clean();
}

/* K5: RFC 5280 4.2.1.3, RFC 5246 7.4.2, RFC 4492 2.1 */
static void key_usage_says_what_a_key_may(void **state)
{
    (void)state;
    static const struct {
        const char *usage;
        bool sign, encipher, agree;
    } rows[] = {
        {NULL, true, true, true},
        {"critical,digitalSignature", true, false, false},
        {"critical,keyEncipherment", false, true, false},
        {"critical,keyAgreement", false, false, true},
        {"digitalSignature,keyAgreement", true, false, true},
        {"critical,keyCertSign", false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509 *x = make(
            (struct recipe){.subject = "u", .key = rsa, .usage = rows[i].usage, .names = "DNS:u.example"});
        struct certificate *c = parsed(x);
        assert_int_equal(certificate_may_sign(c), rows[i].sign);
        assert_int_equal(certificate_may_encipher(c), rows[i].encipher);
        assert_int_equal(certificate_may_agree(c), rows[i].agree);
        struct slice der = der_of(x);
        struct trust *t = NULL;
        BIO *bio = BIO_new(BIO_s_mem());
        size_t added = 0;
        assert_int_equal(PEM_write_bio_X509(bio, x), 1);
        assert_int_equal(trust_new(&t), OK);
        assert_int_equal(trust_add_pem(t, held(bio), &added), OK);
        for (int use = KEY_SIGNS; use <= KEY_AGREES; use++) {
            struct chain_verdict v;
            struct chain_policy policy = {FOR_SERVER_AUTH, (enum key_use)use, "u.example", NOW, 8, 2048, 256};
            uint8_t chain[4096] = {0, (uint8_t)(der.len >> 8), (uint8_t)der.len};
            memcpy(chain + 3, der.data, der.len);
            bool fit = use == KEY_SIGNS       ? rows[i].sign
                       : use == KEY_ENCIPHERS ? rows[i].encipher
                                              : rows[i].agree;
            assert_int_equal(chain_check(t, c, slice_of(chain, der.len + 3), &policy, &v), OK);
            assert_int_equal(v.err, fit ? OK : E_WRONG_KEY_USAGE);
            const char *name = use == KEY_SIGNS       ? "digitalSignature"
                               : use == KEY_ENCIPHERS ? "keyEncipherment"
                                                      : "keyAgreement";
            assert_true(fit || strstr(v.detail, name));
        }
        BIO_free(bio);
        trust_free(t);
        OPENSSL_free((void *)(uintptr_t)der.data);
        certificate_free(c);
        X509_free(x);
    }
    assert_queue_clean();
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), OK);
    rsa = rsa_key(2048);
    key = loaded(rsa);
    X509 *x = make((struct recipe){.subject = "rsa", .key = rsa});
    certificate = parsed(x);
    X509_free(x);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    private_key_free(key);
    certificate_free(certificate);
    EVP_PKEY_free(rsa);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_have_the_same),
        cmocka_unit_test(garbage_is_random_bytes),
        cmocka_unit_test(sizes_that_cannot_be_are_random_bytes),
        cmocka_unit_test(the_premaster_comes_from_the_source),
        cmocka_unit_test(only_rsa_keys_decrypt),
        cmocka_unit_test(certificates_agree),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(key_usage_says_what_a_key_may),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
