/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

/* One key of every kind that can serve, with what it is. */
static struct pair {
    const char *name;
    struct key_shape shape;
    EVP_PKEY *evp;
    struct private_key *private_key;
    struct certificate *certificate;
} pairs[] = {
    {"P-256", {KEY_EC, 23, 256, HASH_NONE}, NULL, NULL, NULL},
    {"P-384", {KEY_EC, 24, 384, HASH_NONE}, NULL, NULL, NULL},
    {"P-521", {KEY_EC, 25, 521, HASH_NONE}, NULL, NULL, NULL},
    {"ED25519", {KEY_ED25519, 0, 256, HASH_NONE}, NULL, NULL, NULL},
    {"RSA", {KEY_RSA, 0, 1024, HASH_NONE}, NULL, NULL, NULL},
    {"RSA", {KEY_RSA, 0, 2048, HASH_NONE}, NULL, NULL, NULL},
    {"RSA-PSS", {KEY_RSA_PSS, 0, 2048, HASH_NONE}, NULL, NULL, NULL},
    {"RSA-PSS", {KEY_RSA_PSS, 0, 2048, HASH_SHA256}, NULL, NULL, NULL},
    {"ED448", {KEY_ED448, 0, 456, HASH_NONE}, NULL, NULL, NULL},
};
#define PAIRS (sizeof pairs / sizeof pairs[0])

static EVP_PKEY *rsa_key(const struct pair *p)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, p->name, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(making), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(making, p->shape.bits), 1);
    if (p->shape.only_hash == HASH_SHA256) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md(making, EVP_sha256()), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(making, EVP_sha256()), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(making, 32), 1);
    }
    assert_int_equal(EVP_PKEY_keygen(making, &key), 1);
    EVP_PKEY_CTX_free(making);
    return key;
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), OK);
    for (size_t i = 0; i < PAIRS; i++) {
        struct pair *p = &pairs[i];
        bool named = p->shape.kind == KEY_ED25519 || p->shape.kind == KEY_ED448;
        p->evp = p->shape.kind == KEY_EC ? ec_key(p->name)
                 : named                 ? EVP_PKEY_Q_keygen(NULL, NULL, p->name)
                                         : rsa_key(p);
        p->private_key = loaded(p->evp);
        X509 *x = make((struct recipe){.subject = p->name, .key = p->evp});
        p->certificate = parsed(x);
        X509_free(x);
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        EVP_PKEY_free(pairs[i].evp);
        private_key_free(pairs[i].private_key);
        certificate_free(pairs[i].certificate);
    }
    return 0;
}

static void assert_shape(const struct key_shape *found, const struct key_shape *wanted)
{
    assert_int_equal(found->kind, wanted->kind);
    assert_int_equal(found->group, wanted->group);
    assert_int_equal(found->bits, wanted->bits);
    assert_int_equal(found->only_hash, wanted->only_hash);
}

static void shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        assert_shape(private_key_shape(pairs[i].private_key), &pairs[i].shape);
        assert_shape(certificate_key(pairs[i].certificate), &pairs[i].shape);
        for (size_t j = 0; j < PAIRS; j++) {
            assert_int_equal(private_key_matches(pairs[i].private_key, pairs[j].certificate), i == j);
        }
    }
    assert_queue_clean();
}

/* RFC 5246 7.4.1.4.1, RFC 8422 5.1.3, RFC 8446 4.2.3 */
static void which_schemes_fit(void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        const char *fits; /* places in pairs */
    } rows[] = {
        {"ecdsa_secp256r1_sha256", "012"}, /* TLS 1.2 does not tie the curve to the hash */
        {"ecdsa_secp384r1_sha384", "012"},
        {"ecdsa_secp521r1_sha512", "012"},
        {"ed25519", "3"},
        {"ed448", "8"},
        {"rsa_pss_rsae_sha256", "45"},
        {"rsa_pss_rsae_sha384", "45"},
        {"rsa_pss_rsae_sha512", "5"}, /* 2 * 64 + 2 bytes do not go into 128 */
        {"rsa_pss_pss_sha256", "67"},
        {"rsa_pss_pss_sha384", "6"},
        {"rsa_pss_pss_sha512", "6"},
        {"rsa_pkcs1_sha256", "45"},
        {"rsa_pkcs1_sha384", "45"},
        {"rsa_pkcs1_sha512", "45"},
        {"ecdsa_sha1", "012"},
        {"rsa_pkcs1_sha1", "45"},
    };
    const struct scheme *s;
    size_t count = 0;
    for (; (s = scheme_at(count)) != NULL; count++) {
        assert_true(count < sizeof rows / sizeof rows[0]);
        assert_string_equal(s->name, rows[count].scheme);
        assert_ptr_equal(scheme_of(s->code), s);
        assert_int_equal(s->legacy, s->hash == HASH_SHA1);
        for (size_t i = 0; i < PAIRS; i++) {
            bool wanted = strchr(rows[count].fits, (int)('0' + i)) != NULL;
            if (scheme_fits(s, &pairs[i].shape) != wanted) {
                fail_msg("%s with %s %u", s->name, pairs[i].name, pairs[i].shape.bits);
            }
        }
        assert_false(scheme_fits(s, &(struct key_shape){0}));
        assert_false(
            scheme_fits(s, &(struct key_shape){.kind = KEY_EC})); /* of a curve that is none of ours */
    }
    assert_int_equal(count, sizeof rows / sizeof rows[0]);
    assert_null(scheme_of(0x0402)); /* DSA */
    assert_null(scheme_of(0));
}

/* RFC 8446 4.2.3: an ECDSA scheme is its curve's; no PKCS #1 v1.5 and no SHA-1 in a CertificateVerify */
static void which_schemes_fit_in_tls13(void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        const char *fits; /* places in pairs */
    } rows[] = {
        {"ecdsa_secp256r1_sha256", "0"},
        {"ecdsa_secp384r1_sha384", "1"},
        {"ecdsa_secp521r1_sha512", "2"},
        {"ed25519", "3"},
        {"ed448", "8"},
        {"rsa_pss_rsae_sha256", "45"},
        {"rsa_pss_rsae_sha384", "45"},
        {"rsa_pss_rsae_sha512", "5"},
        {"rsa_pss_pss_sha256", "67"},
        {"rsa_pss_pss_sha384", "6"},
        {"rsa_pss_pss_sha512", "6"},
        {"rsa_pkcs1_sha256", ""},
        {"rsa_pkcs1_sha384", ""},
        {"rsa_pkcs1_sha512", ""},
        {"ecdsa_sha1", ""},
        {"rsa_pkcs1_sha1", ""},
    };
    const struct scheme *s;
    size_t count = 0;
    for (; (s = scheme_at(count)) != NULL; count++) {
        assert_true(count < sizeof rows / sizeof rows[0]);
        assert_string_equal(s->name, rows[count].scheme);
        assert_int_equal(scheme_is_tls13(s), rows[count].fits[0] != 0);
        for (size_t i = 0; i < PAIRS; i++) {
            bool wanted = strchr(rows[count].fits, (int)('0' + i)) != NULL;
            if (scheme_fits13(s, &pairs[i].shape) != wanted) {
                fail_msg("%s with %s %u", s->name, pairs[i].name, pairs[i].shape.bits);
            }
        }
        assert_false(scheme_fits13(s, &(struct key_shape){0}));
        assert_false(scheme_fits13(s, &(struct key_shape){.kind = KEY_EC}));
    }
    assert_int_equal(count, sizeof rows / sizeof rows[0]);
}

static void sizes_of_rsa(void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        uint16_t code, least; /* the smallest modulus that holds it */
    } rows[] = {
        {"pss sha256", 0x0804, 522},   {"pss sha384", 0x0805, 778},   {"pss sha512", 0x0806, 1034},
        {"pkcs1 sha1", 0x0201, 368},   {"pkcs1 sha256", 0x0401, 496}, {"pkcs1 sha384", 0x0501, 624},
        {"pkcs1 sha512", 0x0601, 752},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint16_t bits = 0; bits < 1200; bits++) {
            struct key_shape shape = {.kind = KEY_RSA, .bits = bits};
            if (scheme_fits(scheme_of(rows[i].code), &shape) != (bits >= rows[i].least)) {
                fail_msg("%s with %u bits", rows[i].scheme, bits);
            }
        }
    }
}

static void every_scheme_with_every_key(void **state)
{
    (void)state;
    uint8_t message[130];
    memset(message, 0x6B, sizeof message);
    struct slice all = slice_of(message, sizeof message);
    const struct scheme *s;
    for (size_t n = 0; (s = scheme_at(n)) != NULL; n++) {
        for (size_t i = 0; i < PAIRS; i++) {
            struct signature signature = {.len = 7};
            struct slice made = slice_of(signature.bytes, 70);
            if (!scheme_fits(s, &pairs[i].shape)) {
                assert_int_equal(private_key_sign(pairs[i].private_key, s, all, &signature),
                                 E_SIGNING_FAILED);
                assert_int_equal(signature.len, 0);
                assert_int_equal(certificate_verify_signature(pairs[i].certificate, s, all, made),
                                 E_SCHEME_UNFIT_FOR_KEY);
                continue;
            }
            assert_int_equal(private_key_sign(pairs[i].private_key, s, all, &signature), OK);
            made = slice_of(signature.bytes, signature.len);
            assert_int_equal(certificate_verify_signature(pairs[i].certificate, s, all, made), OK);
            /* libcrypto's own idea of the same scheme */
            EVP_MD_CTX *run = EVP_MD_CTX_new();
            EVP_PKEY_CTX *operation = NULL;
            const EVP_MD *md[] = {NULL, EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
            assert_int_equal(EVP_DigestVerifyInit(run, &operation, md[s->hash], NULL, pairs[i].evp), 1);
            if (scheme_is_pss(s)) {
                assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, RSA_PSS_SALTLEN_DIGEST), 1);
            }
            assert_int_equal(EVP_DigestVerify(run, made.data, made.len, message, sizeof message), 1);
            EVP_MD_CTX_free(run);
            assert_queue_clean();
        }
    }
}

static void assert_bad(const struct pair *p, const struct scheme *s, struct slice message,
                       struct slice signature)
{
    assert_int_equal(certificate_verify_signature(p->certificate, s, message, signature), E_BAD_SIGNATURE);
    assert_queue_clean();
}

/* S7, K5: nothing but the signature over these bytes by this key under this scheme */
static void whatever_is_changed_does_not_verify(void **state)
{
    (void)state;
    uint8_t message[64] = {1};
    struct slice all = slice_of(message, sizeof message);
    const struct scheme *s, *other;
    for (size_t n = 0; (s = scheme_at(n)) != NULL; n++) {
        for (size_t i = 0; i < PAIRS; i++) {
            struct signature sig = {0};
            if (!scheme_fits(s, &pairs[i].shape)) {
                continue;
            }
            assert_int_equal(private_key_sign(pairs[i].private_key, s, all, &sig), OK);
            for (size_t at = 0; at < sig.len; at += 1 + sig.len / 24) {
                sig.bytes[at] ^= 0x10;
                assert_bad(&pairs[i], s, all, slice_of(sig.bytes, sig.len));
                sig.bytes[at] ^= 0x10;
            }
            message[63] ^= 1;
            assert_bad(&pairs[i], s, all, slice_of(sig.bytes, sig.len));
            message[63] ^= 1;
            assert_bad(&pairs[i], s, slice_of(message, 63), slice_of(sig.bytes, sig.len));
            assert_bad(&pairs[i], s, all, slice_of(sig.bytes, 0));
            assert_bad(&pairs[i], s, all, slice_of(sig.bytes, 1));
            assert_bad(&pairs[i], s, all, slice_of(sig.bytes, sig.len - 1));
            assert_bad(&pairs[i], s, all, slice_of(sig.bytes, sig.len + 1));
            assert_bad(&pairs[i], s, all, slice_of(sig.bytes, SIGNATURE_MAX));
            for (size_t j = 0; j < PAIRS; j++) {
                if (j != i && scheme_fits(s, &pairs[j].shape)) {
                    assert_bad(&pairs[j], s, all, slice_of(sig.bytes, sig.len));
                }
            }
            for (size_t m = 0; (other = scheme_at(m)) != NULL; m++) {
                if (m != n && scheme_fits(other, &pairs[i].shape)) {
                    assert_bad(&pairs[i], other, all, slice_of(sig.bytes, sig.len));
                }
            }
        }
    }
}

/* RFC 8446 4.2.3: the salt is as long as the hash, neither shorter nor longer. */
static void salts_of_another_length_do_not_verify(void **state)
{
    (void)state;
    uint8_t message[64] = {2};
    const struct scheme *s;
    const EVP_MD *md[] = {NULL, EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
    size_t tried = 0;
    for (size_t n = 0; (s = scheme_at(n)) != NULL; n++) {
        for (size_t i = 0; i < PAIRS; i++) {
            int hash = (int)hash_size(s->hash);
            const int salts[] = {hash, hash - 1, hash + 1, 20};
            for (size_t k = 0; k < 4 && scheme_is_pss(s) && scheme_fits(s, &pairs[i].shape); k++) {
                struct signature made;
                size_t len = sizeof made.bytes;
                EVP_MD_CTX *run = EVP_MD_CTX_new();
                EVP_PKEY_CTX *operation = NULL;
                assert_int_equal(EVP_DigestSignInit(run, &operation, md[s->hash], NULL, pairs[i].evp), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING), 1);
                /* a key's parameters may forbid a shorter one, and a small key has no room for a longer */
                bool signs = EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, salts[k]) == 1 &&
                             EVP_DigestSign(run, made.bytes, &len, message, sizeof message) == 1;
                EVP_MD_CTX_free(run);
                ERR_clear_error();
                if (signs) {
                    assert_int_equal(certificate_verify_signature(pairs[i].certificate, s,
                                                                  slice_of(message, sizeof message),
                                                                  slice_of(made.bytes, len)),
                                     k ? E_BAD_SIGNATURE : OK);
                    tried += k > 0;
                }
                assert_queue_clean();
            }
        }
    }
    assert_true(tried > 12);
}

static void assert_loads(struct slice bytes, const char *password, const struct key_shape *shape)
{
    struct private_key *k = NULL;
    assert_int_equal(private_key_load(bytes, password, &k), OK);
    assert_shape(private_key_shape(k), shape);
    private_key_free(k);
    assert_queue_clean();
}

static void assert_does_not_load(struct slice bytes, const char *password, enum err err)
{
    struct private_key *k = (struct private_key *)&k;
    assert_int_equal(private_key_load(bytes, password, &k), err);
    assert_null(k);
    assert_queue_clean();
}

static void every_form_of_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        EVP_PKEY *key = pairs[i].evp;
        const struct key_shape *shape = &pairs[i].shape;
        BIO *bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        assert_loads(held(bio), NULL, shape);
        assert_loads(held(bio), "not needed", shape);
        BIO_reset(bio);
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
                         1);
        assert_loads(held(bio), "secret", shape);
        assert_does_not_load(held(bio), "wrong", E_BAD_PASSWORD);
        assert_does_not_load(held(bio), "", E_BAD_PASSWORD);
        assert_does_not_load(held(bio), NULL, E_BAD_PASSWORD);
        BIO_reset(bio);
        assert_int_equal(i2d_PKCS8PrivateKey_bio(bio, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL), 1);
        assert_loads(held(bio), "secret", shape);
        assert_does_not_load(held(bio), "wrong", E_BAD_PASSWORD);
        assert_does_not_load(held(bio), NULL, E_BAD_PASSWORD);
        BIO_reset(bio);
        assert_int_equal(i2d_PKCS8PrivateKeyInfo_bio(bio, key), 1);
        assert_loads(held(bio), NULL, shape);
        BIO_reset(bio);
        if (shape->kind == KEY_EC || shape->kind == KEY_RSA) {
            assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL), 1);
            assert_loads(held(bio), NULL, shape);
            BIO_reset(bio);
            assert_int_equal(PEM_write_bio_PrivateKey_traditional(
                                 bio, key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL),
                             1);
            assert_loads(held(bio), "secret", shape);
            assert_does_not_load(held(bio), "wrong", E_BAD_PASSWORD);
            assert_does_not_load(held(bio), NULL, E_BAD_PASSWORD);
            BIO_reset(bio);
            assert_int_equal(i2d_PrivateKey_bio(bio, key), 1);
            assert_loads(held(bio), NULL, shape);
        }
        BIO_free(bio);
    }
}

static void a_key_behind_other_blocks(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    X509 *x = make((struct recipe){.subject = "x", .key = pairs[0].evp});
    BIO_puts(bio, "0 is how this text begins, as DER would\n");
    assert_int_equal(PEM_write_bio_X509(bio, x), 1);
    /* as openssl ecparam -genkey has it */
    BIO_puts(bio, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pairs[0].evp, NULL, NULL, 0, NULL, NULL), 1);
    assert_loads(held(bio), NULL, &pairs[0].shape);
    BIO_free(bio);
    X509_free(x);
}

static void what_is_no_key_of_ours(void **state)
{
    (void)state;
    static const char *const others[] = {"secp256k1", "X448", "X25519", "brainpoolP256r1"};
    static const uint8_t rubbish[] = {0x30, 0x03, 0x02, 0x01, 0x00};
    assert_does_not_load(slice_of("", 0), NULL, E_BAD_PEM);
    assert_does_not_load(slice_of_string("nothing"), NULL, E_BAD_PEM);
    assert_does_not_load(slice_of(rubbish, sizeof rubbish), NULL, E_BAD_PEM);
    assert_does_not_load(slice_of_string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                         NULL, E_BAD_PEM);
    assert_does_not_load(slice_of_string("-----BEGIN PRIVATE KEY-----\nMC4CAQ"), NULL, E_BAD_PEM);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pairs[0].evp), 1);
    assert_does_not_load(held(bio), NULL, E_BAD_PEM);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        bool named = strncmp(others[i], "X", 1) == 0;
        EVP_PKEY *key = named ? EVP_PKEY_Q_keygen(NULL, NULL, others[i]) : EVP_EC_gen(others[i]);
        assert_non_null(key);
        BIO_reset(bio);
        assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        assert_does_not_load(held(bio), NULL, E_UNSUPPORTED_CERTIFICATE);
        EVP_PKEY_free(key);
    }
    BIO_free(bio);
    private_key_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(which_schemes_fit),
        cmocka_unit_test(which_schemes_fit_in_tls13),
        cmocka_unit_test(sizes_of_rsa),
        cmocka_unit_test(every_scheme_with_every_key),
        cmocka_unit_test(whatever_is_changed_does_not_verify),
        cmocka_unit_test(salts_of_another_length_do_not_verify),
        cmocka_unit_test(every_form_of_file),
        cmocka_unit_test(a_key_behind_other_blocks),
        cmocka_unit_test(what_is_no_key_of_ours),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
