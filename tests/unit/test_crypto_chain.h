/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_UNIT_TEST_CRYPTO_CHAIN_H
#define HF_TESTS_UNIT_TEST_CRYPTO_CHAIN_H

/* Chains of a root, an intermediate and a leaf, and what chain_check says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

static EVP_PKEY *root_key, *middle_key, *leaf_key, *other_key;
static X509 *root, *middle;

#define CA_USAGE "critical,keyCertSign,cRLSign"
#define CHAIN_MAX 8

static const struct recipe plain_leaf = {.subject = "www.example",
                                         .names = "DNS:www.example,IP:192.0.2.1",
                                         .usage = "critical,digitalSignature",
                                         .extended = "serverAuth"};

/* A leaf of the intermediate, or of whom the recipe names. */
static inline X509 *leaf_of(struct recipe r)
{
    r.key = r.key ? r.key : leaf_key;
    r.issuer = r.issuer ? r.issuer : middle;
    r.issuer_key = r.issuer_key ? r.issuer_key : middle_key;
    return make(r);
}

static inline struct trust *trusting(X509 *a, X509 *b)
{
    struct trust *t = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    size_t added = 0;
    assert_int_equal(trust_new(&t), OK);
    X509 *const each[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        if (each[i]) {
            assert_int_equal(PEM_write_bio_X509(bio, each[i]), 1);
        }
    }
    if (a) {
        assert_int_equal(trust_add_pem(t, held(bio), &added), OK);
    }
    BIO_free(bio);
    return t;
}

static inline size_t put(uint8_t *out, X509 *x)
{
    struct slice der = der_of(x);
    out[0] = (uint8_t)(der.len >> 16);
    out[1] = (uint8_t)(der.len >> 8);
    out[2] = (uint8_t)der.len;
    memcpy(out + 3, der.data, der.len);
    OPENSSL_free((void *)(uintptr_t)der.data);
    return 3 + der.len;
}

static inline struct chain_policy policy_for(const char *name)
{
    return (struct chain_policy){.purpose = FOR_SERVER_AUTH,
                                 .name = name,
                                 .now = NOW,
                                 .max_depth = 4,
                                 .min_rsa_bits = 2048,
                                 .min_ec_bits = 256};
}

/* The list ends with NULL. */
static inline struct chain_verdict judged(const struct trust *t, X509 *const *list,
                                          const struct chain_policy *policy)
{
    static uint8_t chain[CHAIN_MAX * 4096];
    struct chain_verdict v;
    size_t len = 0;
    struct certificate *leaf = parsed(list[0]);
    for (size_t i = 0; list[i]; i++) {
        len += put(chain + len, list[i]);
    }
    memset(&v, 0x55, sizeof v);
    assert_int_equal(chain_check(t, leaf, slice_of(chain, len), policy, &v), OK);
    assert_queue_clean();
    certificate_free(leaf);
    return v;
}

static inline void assert_verdict(const struct chain_verdict *v, enum err err, int depth, const char *detail)
{
    if (v->err != err || v->depth != depth || strcmp(v->detail, detail) != 0) {
        fail_msg("%s at %d, not %s at %d:\n%s\n%s", err_row(v->err)->name, v->depth, err_row(err)->name,
                 depth, v->detail, detail);
    }
}

/* A leaf of this recipe, with the intermediate, against the root. */
static inline struct chain_verdict judged_leaf(struct recipe r, const struct chain_policy *policy)
{
    struct trust *t = trusting(root, NULL);
    X509 *leaf = leaf_of(r);
    struct chain_verdict v = judged(t, (X509 *[]){leaf, middle, NULL}, policy);
    X509_free(leaf);
    trust_free(t);
    return v;
}

static inline int start(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), OK);
    root_key = ec_key("P-256");
    middle_key = ec_key("P-256");
    leaf_key = ec_key("P-256");
    other_key = ec_key("P-256");
    root = make((struct recipe){
        .subject = "Test Root", .key = root_key, .basic = "critical,CA:TRUE", .usage = CA_USAGE});
    middle = make((struct recipe){.subject = "Test Intermediate",
                                  .key = middle_key,
                                  .issuer = root,
                                  .issuer_key = root_key,
                                  .basic = "critical,CA:TRUE",
                                  .usage = CA_USAGE});
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    X509_free(middle);
    X509_free(root);
    EVP_PKEY_free(other_key);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(middle_key);
    EVP_PKEY_free(root_key);
    return 0;
}

#endif
