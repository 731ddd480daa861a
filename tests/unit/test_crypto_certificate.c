/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "test_crypto_pki.h"

static EVP_PKEY *key;

static void what_a_certificate_says(void **state)
{
    (void)state;
    X509 *ca = make((struct recipe){.subject = "Issuing CA", .key = key, .basic = "critical,CA:TRUE"});
    X509 *x =
        make((struct recipe){.subject = "leaf.example",
                             .key = key,
                             .issuer = ca,
                             .issuer_key = key,
                             .names = "email:a@b.example,DNS:leaf.example,IP:192.0.2.1,DNS:*.alt.example",
                             .usage = "critical,digitalSignature",
                             .not_before = NOW - 5 * DAY,
                             .not_after = NOW + 7 * DAY});
    struct certificate *c = parsed(x);
    unsigned char *name = NULL;
    int len = i2d_X509_NAME(X509_get_subject_name(x), &name);
    assert_true(slice_equal(certificate_subject(c), slice_of(name, (size_t)len)));
    OPENSSL_free(name);
    name = NULL;
    len = i2d_X509_NAME(X509_get_issuer_name(x), &name);
    assert_true(slice_equal(certificate_issuer(c), slice_of(name, (size_t)len)));
    OPENSSL_free(name);
    unsigned char *spki = NULL;
    len = i2d_PUBKEY(key, &spki);
    assert_true(slice_equal(certificate_public_key(c), slice_of(spki, (size_t)len)));
    OPENSSL_free(spki);
    assert_int_equal(certificate_not_after(c), NOW + 7 * DAY);
    assert_true(certificate_may_sign(c));
    assert_int_equal(certificate_signature_scheme(c), 0x0403);
    assert_true(certificate_names(c, "leaf.example"));
    assert_true(certificate_names(c, "a.alt.example"));
    assert_true(certificate_names(c, "192.0.2.1"));
    assert_false(certificate_names(c, "b.example"));
    assert_true(slice_equal(certificate_dns_name(c, 0), slice_of_string("leaf.example")));
    assert_true(slice_equal(certificate_dns_name(c, 1), slice_of_string("*.alt.example")));
    assert_int_equal(certificate_dns_name(c, 2).len, 0);
    certificate_free(c);
    certificate_free(NULL);
    X509_free(x);
    X509_free(ca);
}

/* A1, RFC 6125 6.4.4 left aside on purpose: a common name is no host name */
static void the_common_name_does_not_count(void **state)
{
    (void)state;
    X509 *x = make((struct recipe){.subject = "leaf.example", .key = key});
    struct certificate *c = parsed(x);
    assert_false(certificate_names(c, "leaf.example"));
    assert_int_equal(certificate_dns_name(c, 0).len, 0);
    certificate_free(c);
    X509_free(x);
}

static void key_usage(void **state)
{
    (void)state;
    static const struct {
        const char *usage;
        bool may_sign;
    } rows[] = {{NULL, true},
                {"digitalSignature", true},
                {"digitalSignature,keyEncipherment", true},
                {"keyEncipherment", false},
                {"keyCertSign,cRLSign", false},
                {"decipherOnly", false},
                {"digitalSignature,decipherOnly", true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509 *x = make((struct recipe){.subject = "x", .key = key, .usage = rows[i].usage});
        struct certificate *c = parsed(x);
        assert_int_equal(certificate_may_sign(c), rows[i].may_sign);
        certificate_free(c);
        X509_free(x);
    }
}

static void signature_schemes(void **state)
{
    (void)state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
             *ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    const struct {
        EVP_PKEY *by;
        const EVP_MD *md;
        bool pss;
        uint16_t scheme;
    } rows[] = {{key, EVP_sha256(), false, 0x0403}, {key, EVP_sha384(), false, 0x0503},
                {key, EVP_sha512(), false, 0x0603}, {key, EVP_sha1(), false, 0x0203},
                {rsa, EVP_sha256(), false, 0x0401}, {rsa, EVP_sha384(), false, 0x0501},
                {rsa, EVP_sha512(), false, 0x0601}, {rsa, EVP_sha1(), false, 0x0201},
                {rsa, EVP_sha256(), true, 0x0804},  {rsa, EVP_sha384(), true, 0x0805},
                {rsa, EVP_sha512(), true, 0x0806},  {rsa, EVP_sha1(), true, 0},
                {rsa, EVP_sha224(), false, 0},      {ed, NULL, false, 0x0807},
                {ed448, NULL, false, 0x0808}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509 *x = make((struct recipe){
            .subject = "x", .key = key, .issuer_key = rows[i].by, .md = rows[i].md, .pss = rows[i].pss});
        struct certificate *c = parsed(x);
        assert_int_equal(certificate_signature_scheme(c), rows[i].scheme);
        certificate_free(c);
        X509_free(x);
    }
    /* keys that TLS 1.2 cannot use here still make a certificate: an issuer's, perhaps */
    EVP_PKEY *k1 = ec_key("secp256k1");
    EVP_PKEY *x448 = EVP_PKEY_Q_keygen(NULL, NULL, "X448"), *const others[] = {x448, k1};
    for (size_t i = 0; i < 2; i++) {
        X509 *x = make((struct recipe){.subject = "x", .key = others[i], .issuer_key = key});
        struct certificate *c = parsed(x);
        uint8_t bytes[64] = {0};
        assert_int_equal(certificate_key(c)->kind, i == 0 ? KEY_NONE : KEY_EC);
        assert_int_equal(certificate_key(c)->group, 0);
        assert_int_equal(
            certificate_verify_signature(c, scheme_of(0x0403), slice_of(bytes, 1), slice_of(bytes, 64)),
            E_SCHEME_UNFIT_FOR_KEY);
        assert_queue_clean();
        certificate_free(c);
        X509_free(x);
    }
    EVP_PKEY_free(k1);
    EVP_PKEY_free(x448);
    EVP_PKEY_free(ed448);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(rsa);
}

static void times_from_1950_to_9999(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {{"500101000000Z", -631152000},     {"700101000000Z", 0},
                {"991231235959Z", 946684799},      {"000229120000Z", 951825600},
                {"491231235959Z", 2524607999},     {"20500101000000Z", 2524608000},
                {"99991231235959Z", 253402300799}, {"21000228235959Z", 4107542399}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509 *x = make((struct recipe){.subject = "x", .key = key});
        assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), rows[i].text), 1);
        assert_true(X509_sign(x, key, EVP_sha256()) > 0);
        struct certificate *c = parsed(x);
        assert_int_equal(certificate_not_after(c), rows[i].seconds);
        certificate_free(c);
        X509_free(x);
    }
}

static void described(void **state)
{
    (void)state;
    char text[256];
    X509 *x = make((struct recipe){.subject = "leaf.example", .key = key});
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "O", MBSTRING_UTF8,
                               (const unsigned char *)"A\x1b[2J, B\xc3\xbc", -1, 0, 0);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    struct certificate *c = parsed(x);
    certificate_describe(c, text, sizeof text);
    assert_string_equal(text, "CN=leaf.example, O=A\\1B[2J\\, B\\C3\\BC");
    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'X', sizeof text);
        certificate_describe(c, text, size);
        assert_true(strlen(text) < size);
    }
    text[0] = 'X';
    certificate_describe(c, text, 0);
    assert_int_equal(text[0], 'X');
    assert_queue_clean();
    certificate_free(c);
    X509_free(x);
    /* RFC 5280 4.1.2.6 */
    x = make((struct recipe){.key = key, .names = "critical,DNS:leaf.example"});
    c = parsed(x);
    certificate_describe(c, text, sizeof text);
    assert_string_equal(text, "leaf.example");
    certificate_free(c);
    X509_free(x);
}

static void assert_malformed(struct slice der)
{
    struct certificate *c = (struct certificate *)&c;
    assert_int_equal(certificate_parse(der, &c), E_MALFORMED_CERTIFICATE);
    assert_null(c);
    assert_queue_clean();
}

/* S6 */
static void no_prefix_parses_and_nothing_may_follow(void **state)
{
    (void)state;
    X509 *x = make((struct recipe){
        .subject = "leaf.example", .key = key, .names = "DNS:a.example", .usage = "digitalSignature"});
    struct slice der = der_of(x);
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *exact = malloc(len + 1); /* so that ASan sees a read beyond */
        memcpy(exact, der.data, len);
        assert_malformed(slice_of(exact, len));
        exact[len] = 0;
        free(exact);
    }
    uint8_t *longer = malloc(der.len + 1);
    memcpy(longer, der.data, der.len);
    longer[der.len] = 0;
    assert_malformed(slice_of(longer, der.len + 1));
    free(longer);
    OPENSSL_free((void *)(uintptr_t)der.data);
    X509_free(x);
    static uint8_t huge[(64 << 10) + 1];
    assert_malformed(slice_of(huge, sizeof huge));
}

/* Whatever byte is changed: an error or a certificate, never a read out of bounds. What parses here mostly
 * does in libcrypto. */
static void every_byte_changed(void **state)
{
    (void)state;
    X509 *x = make((struct recipe){.subject = "leaf.example",
                                   .key = key,
                                   .names = "DNS:a.example,IP:192.0.2.1",
                                   .usage = "digitalSignature"});
    struct slice der = der_of(x);
    uint8_t *bytes = malloc(der.len);
    static const uint8_t with[] = {0x01, 0x80, 0xFF, 0x7F, 0x20};
    size_t refused = 0;
    for (size_t at = 0; at < der.len; at++) {
        for (size_t i = 0; i < sizeof with; i++) {
            char text[64];
            struct certificate *c = NULL;
            memcpy(bytes, der.data, der.len);
            bytes[at] ^= with[i];
            enum err err = certificate_parse(slice_of(bytes, der.len), &c);
            assert_true(err == OK || err == E_MALFORMED_CERTIFICATE);
            assert_int_equal(err == OK, c != NULL);
            refused += err != OK;
            if (c) {
                certificate_describe(c, text, sizeof text);
                (void)certificate_names(c, "a.example");
                certificate_free(c);
            }
            assert_queue_clean();
        }
    }
    assert_true(refused > der.len);
    free(bytes);
    OPENSSL_free((void *)(uintptr_t)der.data);
    X509_free(x);
}

/* RFC 5280 4.2: at most one of a kind */
static void no_extension_twice(void **state)
{
    (void)state;
    static const int kinds[] = {NID_subject_alt_name, NID_key_usage};
    static const char *const values[] = {"DNS:a.example", "digitalSignature"};
    for (size_t i = 0; i < 2; i++) {
        X509 *x = make(
            (struct recipe){.subject = "x", .key = key, .names = "DNS:b.example", .usage = "keyAgreement"});
        extend(x, x, kinds[i], values[i]);
        assert_true(X509_sign(x, key, EVP_sha256()) > 0);
        struct slice der = der_of(x);
        assert_malformed(der);
        OPENSSL_free((void *)(uintptr_t)der.data);
        X509_free(x);
    }
}

static void pem(void **state)
{
    (void)state;
    X509 *a = make((struct recipe){.subject = "a", .key = key}),
         *b = make((struct recipe){.subject = "b", .key = key});
    BIO *bio = BIO_new(BIO_s_mem());
    struct span found;
    BIO_puts(bio, "text before\n");
    assert_int_equal(PEM_write_bio_X509(bio, a), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    BIO_puts(bio, "\ntext between\r\n");
    assert_int_equal(PEM_write_bio_X509(bio, b), 1);
    X509 *const each[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        struct slice der = der_of(each[i]);
        assert_int_equal(certificate_from_pem(held(bio), i, &found), OK);
        assert_true(slice_equal(slice_of_span(found), der));
        memory_free(found.data, found.len);
        OPENSSL_free((void *)(uintptr_t)der.data);
    }
    assert_int_equal(certificate_from_pem(held(bio), 2, &found), E_BAD_PEM);
    assert_null(found.data);
    assert_int_equal(certificate_from_pem(slice_of_string("no certificate"), 0, &found), E_BAD_PEM);
    assert_int_equal(certificate_from_pem(slice_of("", 0), 0, &found), E_BAD_PEM);
    struct slice whole = held(bio);
    assert_int_equal(certificate_from_pem(slice_of(whole.data, whole.len - 30), 1, &found), E_BAD_PEM);
    assert_queue_clean();
    BIO_free(bio);
    X509_free(a);
    X509_free(b);
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), OK);
    key = ec_key("P-256");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_certificate_says),
        cmocka_unit_test(the_common_name_does_not_count),
        cmocka_unit_test(key_usage),
        cmocka_unit_test(signature_schemes),
        cmocka_unit_test(times_from_1950_to_9999),
        cmocka_unit_test(described),
        cmocka_unit_test(no_prefix_parses_and_nothing_may_follow),
        cmocka_unit_test(every_byte_changed),
        cmocka_unit_test(no_extension_twice),
        cmocka_unit_test(pem),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
