/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_UNIT_TEST_CRYPTO_PKI_H
#define HF_TESTS_UNIT_TEST_CRYPTO_PKI_H

/* Keys and certificates for the tests of src/crypto, made by libcrypto as the test runs. cmocka.h comes
 * before this. */
#include "crypto/crypto.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define NOW INT64_C(1800000000) /* 2027-01-15 08:00:00 UTC */
#define DAY INT64_C(86400)

struct recipe {
    const char *subject; /* common name; NULL: an empty subject */
    EVP_PKEY *key;       /* of the certificate */
    X509 *issuer;        /* NULL: self-signed */
    EVP_PKEY *issuer_key;
    const char *names;             /* "DNS:a.example,IP:192.0.2.1"; NULL: none */
    const char *basic;             /* "critical,CA:TRUE" */
    const char *usage;             /* "critical,digitalSignature" */
    const char *extended;          /* "serverAuth" */
    int64_t not_before, not_after; /* both 0: NOW - DAY to NOW + 30 * DAY */
    const EVP_MD *md;              /* NULL: SHA-256 */
    bool pss;
    int salt;          /* of pss; 0: as long as the hash */
    const EVP_MD *mgf; /* of pss; NULL: md */
};

static inline void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    if (!value) {
        return;
    }
    X509V3_CTX making;
    X509V3_set_ctx(&making, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &making, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline void sign_certificate(X509 *x, EVP_PKEY *key, const struct recipe *r)
{
    EVP_MD_CTX *run = EVP_MD_CTX_new();
    EVP_PKEY_CTX *operation = NULL;
    bool hashes = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
    const EVP_MD *md = hashes ? NULL : r->md ? r->md : EVP_sha256();
    assert_int_equal(EVP_DigestSignInit(run, &operation, md, NULL, key), 1);
    if (r->pss) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING), 1);
        int salt = r->salt ? r->salt : RSA_PSS_SALTLEN_DIGEST;
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, salt), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(operation, r->mgf ? r->mgf : md), 1);
    }
    assert_true(X509_sign_ctx(x, run) > 0);
    EVP_MD_CTX_free(run);
}

static inline X509 *make(struct recipe r)
{
    static long serial = 1;
    X509 *x = X509_new(), *issuer = r.issuer ? r.issuer : x;
    assert_int_equal(X509_set_version(x, 2), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    if (r.subject) {
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   (const unsigned char *)r.subject, -1, -1, 0);
    }
    assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(issuer)), 1);
    ASN1_TIME_set(X509_getm_notBefore(x), r.not_before ? r.not_before : NOW - DAY);
    ASN1_TIME_set(X509_getm_notAfter(x), r.not_after ? r.not_after : NOW + 30 * DAY);
    assert_int_equal(X509_set_pubkey(x, r.key), 1);
    extend(x, issuer, NID_subject_alt_name, r.names);
    extend(x, issuer, NID_basic_constraints, r.basic);
    extend(x, issuer, NID_key_usage, r.usage);
    extend(x, issuer, NID_ext_key_usage, r.extended);
    if (r.basic && strstr(r.basic, "CA:TRUE")) {
        extend(x, issuer, NID_subject_key_identifier, "hash");
    }
    if (r.issuer && X509_get0_subject_key_id(issuer)) {
        extend(x, issuer, NID_authority_key_identifier, "keyid");
    }
    sign_certificate(x, r.issuer_key ? r.issuer_key : r.key, &r);
    return x;
}

/* The bytes are the caller's: OPENSSL_free. */
static inline struct slice der_of(X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    assert_true(len > 0);
    return slice_of(der, (size_t)len);
}

static inline struct certificate *parsed(X509 *x)
{
    struct slice der = der_of(x);
    struct certificate *c = NULL;
    assert_int_equal(certificate_parse(der, &c), OK);
    OPENSSL_free((void *)(uintptr_t)der.data);
    assert_non_null(c);
    return c;
}

/* What a writer of PEM left in a memory BIO; the BIO is the caller's and holds the bytes. */
static inline struct slice held(BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    return slice_of(text, (size_t)len);
}

static inline EVP_PKEY *ec_key(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    assert_non_null(key);
    return key;
}

static inline struct private_key *loaded(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct private_key *k = NULL;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(private_key_load(held(bio), NULL, &k), OK);
    BIO_free(bio);
    assert_non_null(k);
    return k;
}

/* libcrypto's queue of errors is the application's: nothing of ours may stay in it. */
#define assert_queue_clean() assert_int_equal(ERR_peek_error(), 0)

#endif
