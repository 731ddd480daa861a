/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
static X509 *leaf_of(struct recipe r)
{
    r.key = r.key ? r.key : leaf_key;
    r.issuer = r.issuer ? r.issuer : middle;
    r.issuer_key = r.issuer_key ? r.issuer_key : middle_key;
    return make(r);
}

static struct trust *trusting(X509 *a, X509 *b)
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

static size_t put(uint8_t *out, X509 *x)
{
    struct slice der = der_of(x);
    out[0] = (uint8_t)(der.len >> 16);
    out[1] = (uint8_t)(der.len >> 8);
    out[2] = (uint8_t)der.len;
    memcpy(out + 3, der.data, der.len);
    OPENSSL_free((void *)(uintptr_t)der.data);
    return 3 + der.len;
}

static struct chain_policy policy_for(const char *name)
{
    return (struct chain_policy){.purpose = FOR_SERVER_AUTH,
                                 .name = name,
                                 .now = NOW,
                                 .max_depth = 4,
                                 .min_rsa_bits = 2048,
                                 .min_ec_bits = 256};
}

/* The list ends with NULL. */
static struct chain_verdict judged(const struct trust *t, X509 *const *list,
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

static void assert_verdict(const struct chain_verdict *v, enum err err, int depth, const char *detail)
{
    if (v->err != err || v->depth != depth || strcmp(v->detail, detail) != 0) {
        fail_msg("%s at %d, not %s at %d:\n%s\n%s", err_row(v->err)->name, v->depth, err_row(err)->name,
                 depth, v->detail, detail);
    }
}

/* A leaf of this recipe, with the intermediate, against the root. */
static struct chain_verdict judged_leaf(struct recipe r, const struct chain_policy *policy)
{
    struct trust *t = trusting(root, NULL);
    X509 *leaf = leaf_of(r);
    struct chain_verdict v = judged(t, (X509 *[]){leaf, middle, NULL}, policy);
    X509_free(leaf);
    trust_free(t);
    return v;
}

static void a_good_chain(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.not_before = NOW - 2 * DAY;
    r.not_after = NOW + 3 * DAY;
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    assert_int_equal(v.not_after, NOW + 3 * DAY);
    r.not_after = NOW + 300 * DAY; /* then the CAs end first */
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    assert_int_equal(v.not_after, NOW + 30 * DAY);
    policy.name = "192.0.2.1";
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    policy.name = NULL;
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
}

/* RFC 5246 7.4.2 wants an ordered list; what is there in another order, twice, or beside the point does no harm */
static void the_rest_of_the_list_only_helps(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct trust *t = trusting(root, NULL);
    X509 *leaf = leaf_of(plain_leaf);
    X509 *stray = make((struct recipe){.subject = "stray", .key = other_key});
    struct chain_verdict v = judged(t, (X509 *[]){leaf, middle, root, NULL}, &policy);
    assert_verdict(&v, OK, 0, "");
    v = judged(t, (X509 *[]){leaf, stray, root, middle, middle, NULL}, &policy);
    assert_verdict(&v, OK, 0, "");
    X509_free(stray);
    X509_free(leaf);
    trust_free(t);
}

static void trust_may_begin_anywhere(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    X509 *leaf = leaf_of(plain_leaf);
    X509 *alone = make((struct recipe){
        .subject = "www.example", .key = leaf_key, .names = "DNS:www.example", .not_after = NOW + DAY});
    X509 *const anchors[] = {middle, leaf, alone};
    X509 *const first[] = {leaf, leaf, alone};
    for (size_t i = 0; i < 3; i++) {
        struct trust *t = trusting(anchors[i], NULL);
        struct chain_verdict v = judged(t, (X509 *[]){first[i], NULL}, &policy);
        assert_verdict(&v, OK, 0, "");
        trust_free(t);
    }
    /* an intermediate and its root both trusted, nothing sent */
    struct trust *t = trusting(root, middle);
    struct chain_verdict v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    assert_verdict(&v, OK, 0, "");
    trust_free(t);
    X509_free(alone);
    X509_free(leaf);
}

static void unknown_issuers(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    X509 *leaf = leaf_of(plain_leaf);
    X509 *elsewhere =
        make((struct recipe){.subject = "Other Root", .key = other_key, .basic = "critical,CA:TRUE"});
    struct trust *t = trusting(elsewhere, NULL), *none = trusting(NULL, NULL), *right = trusting(root, NULL);
    struct chain_verdict v = judged(t, (X509 *[]){leaf, middle, NULL}, &policy);
    assert_verdict(&v, E_UNKNOWN_CA, 1,
                   "certificate 1 (CN=Test Intermediate) was issued by CN=Test Root, which is not trusted");
    v = judged(none, (X509 *[]){leaf, middle, NULL}, &policy);
    assert_verdict(&v, E_UNKNOWN_CA, 1,
                   "certificate 1 (CN=Test Intermediate) was issued by CN=Test Root, which is not trusted");
    v = judged(right, (X509 *[]){leaf, NULL}, &policy); /* the intermediate was forgotten */
    assert_verdict(&v, E_UNKNOWN_CA, 0,
                   "certificate 0 (CN=www.example) was issued by CN=Test Intermediate, which is not trusted");
    v = judged(t, (X509 *[]){leaf, middle, root, NULL}, &policy);
    assert_verdict(&v, E_UNKNOWN_CA, 2,
                   "certificate 2 (CN=Test Root) is the root of the chain and not trusted");
    trust_free(right);
    trust_free(none);
    trust_free(t);
    X509_free(elsewhere);
    X509_free(leaf);
}

static void a_self_signed_leaf(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct trust *t = trusting(root, NULL);
    X509 *alone =
        make((struct recipe){.subject = "www.example", .key = leaf_key, .names = "DNS:www.example"});
    struct chain_verdict v = judged(t, (X509 *[]){alone, NULL}, &policy);
    assert_verdict(&v, E_SELF_SIGNED, 0, "certificate 0 (CN=www.example) is self-signed and not trusted");
    X509_free(alone);
    trust_free(t);
}

static void out_of_time(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.not_before = NOW - 10 * DAY;
    r.not_after = NOW - 1;
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(
        &v, E_CERTIFICATE_EXPIRED, 0,
        "certificate 0 (CN=www.example) expired on 2027-01-15 07:59:59 UTC; it is 2027-01-15 08:00:00 UTC now");
    r.not_before = NOW + 1;
    r.not_after = NOW + DAY;
    v = judged_leaf(r, &policy);
    assert_verdict(
        &v, E_CERTIFICATE_NOT_YET_VALID, 0,
        "certificate 0 (CN=www.example) is not valid before 2027-01-15 08:00:01 UTC; it is 2027-01-15 08:00:00 UTC now");
    r = plain_leaf;
    r.not_after = NOW + 300 * DAY;
    policy.now = NOW + 31 * DAY; /* the intermediate's own end, or the root's: whichever is looked at first */
    v = judged_leaf(r, &policy);
    assert_int_equal(v.err, E_CERTIFICATE_EXPIRED);
    assert_true(v.depth == 1 || v.depth == 2);
    /* both ends belong to the validity, RFC 5280 4.1.2.5 */
    policy.now = NOW;
    r.not_before = NOW;
    r.not_after = NOW + DAY;
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
}

/* K5: RFC 5280 4.2.1.3, 4.2.1.12 */
static void unfit_for_the_purpose(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.extended = "clientAuth";
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(&v, E_WRONG_PURPOSE, 0,
                   "certificate 0 (CN=www.example) has an extended key usage without serverAuth");
    policy.purpose = FOR_CLIENT_AUTH;
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    r.extended = "serverAuth";
    v = judged_leaf(r, &policy);
    assert_verdict(&v, E_WRONG_PURPOSE, 0,
                   "certificate 0 (CN=www.example) has an extended key usage without clientAuth");
    r.extended = "codeSigning";
    v = judged_leaf(r, &policy);
    assert_int_equal(v.err, E_WRONG_PURPOSE);
    r.extended = "serverAuth,clientAuth";
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    r.extended = NULL; /* none: any */
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
}

static void unfit_key_usage(void **state)
{
    (void)state;
    static const char *const usages[] = {"critical,keyEncipherment", "critical,keyAgreement",
                                         "critical,cRLSign"};
    for (int purpose = FOR_SERVER_AUTH; purpose <= FOR_CLIENT_AUTH; purpose++) {
        struct chain_policy policy = policy_for("www.example");
        policy.purpose = (enum purpose)purpose;
        struct recipe r = plain_leaf;
        r.extended = NULL;
        for (size_t i = 0; i < 3; i++) {
            r.usage = usages[i];
            struct chain_verdict v = judged_leaf(r, &policy);
            assert_verdict(&v, E_WRONG_KEY_USAGE, 0,
                           "certificate 0 (CN=www.example) has a key usage without digitalSignature");
        }
        r.usage = NULL;
        struct chain_verdict v = judged_leaf(r, &policy);
        assert_verdict(&v, OK, 0, "");
    }
}

static void a_signature_that_does_not_verify(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.issuer_key = other_key; /* says the intermediate, and somebody else signed */
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(&v, E_BAD_CERTIFICATE_SIGNATURE, 0,
                   "certificate 0 (CN=www.example) has a signature that does not verify");
    X509 *forged = make((struct recipe){.subject = "Test Intermediate",
                                        .key = middle_key,
                                        .issuer = root,
                                        .issuer_key = other_key,
                                        .basic = "critical,CA:TRUE",
                                        .usage = CA_USAGE});
    struct trust *t = trusting(root, NULL);
    X509 *leaf = leaf_of(plain_leaf);
    v = judged(t, (X509 *[]){leaf, forged, NULL}, &policy);
    assert_verdict(&v, E_BAD_CERTIFICATE_SIGNATURE, 1,
                   "certificate 1 (CN=Test Intermediate) has a signature that does not verify");
    X509_free(leaf);
    X509_free(forged);
    trust_free(t);
}

static void an_issuer_that_is_no_ca(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    static const struct {
        const char *basic, *usage;
        const char *detail;
    } rows[] = {
        {NULL, "critical,digitalSignature,keyCertSign",
         "certificate 1 (CN=Not a CA) issued a certificate and is not a CA"},
        {"critical,CA:FALSE", NULL, "certificate 1 (CN=Not a CA) issued a certificate and is not a CA"},
        {"critical,CA:TRUE", "critical,digitalSignature",
         "certificate 1 (CN=Not a CA) issued a certificate and its key usage lacks keyCertSign"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509 *fake = make((struct recipe){.subject = "Not a CA",
                                          .key = other_key,
                                          .issuer = root,
                                          .issuer_key = root_key,
                                          .basic = rows[i].basic,
                                          .usage = rows[i].usage});
        struct recipe r = plain_leaf;
        r.issuer = fake;
        r.issuer_key = other_key;
        X509 *leaf = leaf_of(r);
        struct trust *t = trusting(root, NULL);
        struct chain_verdict v = judged(t, (X509 *[]){leaf, fake, NULL}, &policy);
        assert_verdict(&v, E_NOT_A_CA, 1, rows[i].detail);
        trust_free(t);
        X509_free(leaf);
        X509_free(fake);
    }
}

/* RFC 9325 4.5 */
static void weak_keys(void **state)
{
    (void)state;
    EVP_PKEY *rsa1024 = EVP_RSA_gen(1024), *rsa2048 = EVP_RSA_gen(2048),
             *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.key = rsa1024;
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(&v, E_WEAK_KEY, 0,
                   "certificate 0 (CN=www.example) has an RSA key of 1024 bits; policy asks for 2048");
    r.key = rsa2048;
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    policy.min_ec_bits = 384;
    v = judged_leaf(r, &policy);
    assert_verdict(&v, E_WEAK_KEY, 1,
                   "certificate 1 (CN=Test Intermediate) has an EC key of 256 bits; policy asks for 384");
    policy.min_ec_bits = 256;
    r.key = ed; /* Ed25519 has one size */
    v = judged_leaf(r, &policy);
    assert_verdict(&v, OK, 0, "");
    /* the anchor is measured too */
    X509 *small_root =
        make((struct recipe){.subject = "Small Root", .key = rsa1024, .basic = "critical,CA:TRUE"});
    r = plain_leaf;
    r.issuer = small_root;
    r.issuer_key = rsa1024;
    X509 *leaf = leaf_of(r);
    struct trust *t = trusting(small_root, NULL);
    v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    assert_verdict(&v, E_WEAK_KEY, 1,
                   "certificate 1 (CN=Small Root) has an RSA key of 1024 bits; policy asks for 2048");
    trust_free(t);
    X509_free(leaf);
    X509_free(small_root);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(rsa2048);
    EVP_PKEY_free(rsa1024);
}

static void a_key_of_another_kind(void **state)
{
    (void)state;
    EVP_PKEY *x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.key = x25519;
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(&v, E_UNSUPPORTED_CERTIFICATE, 0,
                   "certificate 0 (CN=www.example) has a key that is not RSA up to 8192 bits, EC or Ed25519");
    EVP_PKEY_free(x25519);
}

/* RFC 9325 4.5 */
static void weak_hashes(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct recipe r = plain_leaf;
    r.md = EVP_sha1();
    struct chain_verdict v = judged_leaf(r, &policy);
    assert_verdict(&v, E_WEAK_CERTIFICATE_SIGNATURE, 0,
                   "certificate 0 (CN=www.example) is signed with ecdsa-with-SHA1");
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    X509 *old_root = make((struct recipe){
        .subject = "Old Root", .key = rsa, .basic = "critical,CA:TRUE", .usage = CA_USAGE, .md = EVP_sha1()});
    struct trust *t = trusting(old_root, NULL);
    r.issuer = old_root;
    r.issuer_key = rsa;
    r.md = EVP_md5();
    X509 *leaf = leaf_of(r);
    v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    assert_verdict(&v, E_WEAK_CERTIFICATE_SIGNATURE, 0,
                   "certificate 0 (CN=www.example) is signed with RSA-MD5");
    X509_free(leaf);
    r.md = EVP_sha256(); /* the root's own SHA-1 proves nothing and spoils nothing */
    leaf = leaf_of(r);
    v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    assert_verdict(&v, OK, 0, "");
    X509_free(leaf);
    r.pss = true;
    leaf = leaf_of(r);
    v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    assert_verdict(&v, OK, 0, "");
    X509_free(leaf);
    r.md = EVP_sha1();
    leaf = leaf_of(r);
    v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    assert_int_equal(v.err, E_WEAK_CERTIFICATE_SIGNATURE);
    X509_free(leaf);
    trust_free(t);
    X509_free(old_root);
    EVP_PKEY_free(rsa);
}

static void depth(void **state)
{
    (void)state;
    X509 *list[6] = {NULL};
    struct trust *t = trusting(root, NULL);
    /* root > 4 > 3 > 2 > 1 > leaf */
    for (int i = 4; i >= 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "Level %d", i);
        struct recipe r = {.subject = name,
                           .key = i % 2 ? middle_key : other_key,
                           .issuer = i == 4 ? root : list[i + 1],
                           .issuer_key = i == 4  ? root_key
                                         : i % 2 ? other_key
                                                 : middle_key,
                           .basic = i ? "critical,CA:TRUE" : NULL};
        list[i] = make(r);
    }
    struct chain_policy policy = policy_for(NULL);
    struct chain_verdict v = judged(t, list, &policy);
    assert_verdict(&v, OK, 0, "");
    policy.max_depth = 3;
    v = judged(t, list, &policy);
    assert_int_equal(v.err, E_CHAIN_TOO_LONG);
    policy.max_depth = 0;
    v = judged(t, list, &policy);
    assert_int_equal(v.err, E_CHAIN_TOO_LONG);
    X509 *direct = leaf_of((struct recipe){.subject = "direct", .issuer = root, .issuer_key = root_key});
    v = judged(t, (X509 *[]){direct, NULL}, &policy); /* nothing between leaf and anchor */
    assert_verdict(&v, OK, 0, "");
    X509_free(direct);
    for (size_t i = 0; i < 5; i++) {
        X509_free(list[i]);
    }
    trust_free(t);
}

static void path_length(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for(NULL);
    X509 *narrow =
        make((struct recipe){.subject = "Narrow", .key = other_key, .basic = "critical,CA:TRUE,pathlen:0"});
    X509 *below = make((struct recipe){.subject = "Below",
                                       .key = middle_key,
                                       .issuer = narrow,
                                       .issuer_key = other_key,
                                       .basic = "critical,CA:TRUE"});
    X509 *leaf = leaf_of((struct recipe){.subject = "leaf", .issuer = below});
    struct trust *t = trusting(narrow, NULL);
    struct chain_verdict v = judged(t, (X509 *[]){leaf, below, NULL}, &policy);
    assert_int_equal(v.err, E_CHAIN_TOO_LONG);
    assert_non_null(strstr(v.detail, "pathLenConstraint"));
    trust_free(t);
    X509_free(leaf);
    X509_free(below);
    X509_free(narrow);
}

/* A1 */
static void another_name(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("mail.example");
    struct chain_verdict v = judged_leaf(plain_leaf, &policy);
    assert_verdict(&v, E_NAME_MISMATCH, 0,
                   "certificate 0 (CN=www.example) is not for mail.example but for www.example, 192.0.2.1");
    policy.name = "192.0.2.2";
    v = judged_leaf(plain_leaf, &policy);
    assert_int_equal(v.err, E_NAME_MISMATCH);
    policy.name = "";
    v = judged_leaf(plain_leaf, &policy);
    assert_int_equal(v.err, E_NAME_MISMATCH);
    struct recipe r = plain_leaf;
    r.names = NULL;
    policy.name = "www.example"; /* the common name says so, and does not count */
    v = judged_leaf(r, &policy);
    assert_verdict(&v, E_NAME_MISMATCH, 0,
                   "certificate 0 (CN=www.example) is not for www.example but for no names");
    char many[2000] = "";
    for (int i = 0; i < 60; i++) {
        char one[32];
        snprintf(one, sizeof one, "%sDNS:host%d.example", i ? "," : "", i);
        strcat(many, one);
    }
    r.names = many;
    v = judged_leaf(r, &policy);
    assert_int_equal(v.err, E_NAME_MISMATCH);
    assert_string_equal(v.detail + strlen(v.detail) - 3, "...");
}

static X509_CRL *crl_of(X509 *issuer, EVP_PKEY *key, X509 *revoked, int64_t next_update)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, NOW - DAY);
    assert_int_equal(X509_CRL_set_version(crl, 1), 1);
    assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)), 1);
    assert_int_equal(X509_CRL_set1_lastUpdate(crl, time), 1);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);
    }
    ASN1_TIME_set(time, next_update);
    assert_int_equal(X509_CRL_set1_nextUpdate(crl, time), 1);
    ASN1_TIME_free(time);
    assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    return crl;
}

static struct chain_verdict judged_with_crl(X509 *leaf, X509_CRL *crl)
{
    struct chain_policy policy = policy_for("www.example");
    struct trust *t = trusting(root, NULL);
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t before[32], after[32];
    assert_int_equal(trust_digest(t, before), OK);
    assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
    assert_int_equal(trust_add_crls(t, held(bio)), OK);
    assert_int_equal(trust_digest(t, after), OK);
    assert_memory_not_equal(before, after, 32); /* R3 */
    struct chain_verdict v = judged(t, (X509 *[]){leaf, middle, NULL}, &policy);
    BIO_free(bio);
    trust_free(t);
    X509_CRL_free(crl);
    return v;
}

static void revocation_lists(void **state)
{
    (void)state;
    X509 *leaf = leaf_of(plain_leaf);
    struct chain_verdict v = judged_with_crl(leaf, crl_of(middle, middle_key, leaf, NOW + DAY));
    assert_verdict(&v, E_CERTIFICATE_REVOKED, 0, "certificate 0 (CN=www.example) is revoked");
    v = judged_with_crl(leaf, crl_of(middle, middle_key, NULL, NOW + DAY));
    assert_verdict(&v, OK, 0, "");
    /* the root's list says nothing of the intermediate's certificates */
    v = judged_with_crl(leaf, crl_of(root, root_key, NULL, NOW + DAY));
    assert_verdict(&v, OK, 0, "");
    v = judged_with_crl(leaf, crl_of(root, root_key, middle, NOW + DAY));
    assert_verdict(&v, E_CERTIFICATE_REVOKED, 1, "certificate 1 (CN=Test Intermediate) is revoked");
    v = judged_with_crl(leaf, crl_of(middle, middle_key, NULL, NOW - 1));
    assert_verdict(&v, E_CHAIN_REFUSED, 0,
                   "certificate 0 (CN=www.example) cannot be checked: its issuer's CRL has expired");
    v = judged_with_crl(leaf, crl_of(middle, other_key, NULL, NOW + DAY));
    assert_verdict(&v, E_CHAIN_REFUSED, 0,
                   "certificate 0 (CN=www.example) cannot be checked: its issuer's CRL has a bad signature");
    X509_free(leaf);
}

static void a_list_that_does_not_parse(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    struct trust *t = trusting(root, NULL);
    X509 *leaf = leaf_of(plain_leaf);
    struct certificate *c = parsed(leaf);
    static uint8_t chain[8192];
    size_t first = put(chain, leaf), whole = first + put(chain + first, middle);
    struct chain_verdict v;
    for (size_t len = first + 1; len < whole; len++) {
        assert_int_equal(chain_check(t, c, slice_of(chain, len), &policy, &v), OK);
        assert_verdict(&v, E_MALFORMED_CERTIFICATE, 1, "certificate 1 does not parse");
    }
    chain[first + 3] = 0x31;
    assert_int_equal(chain_check(t, c, slice_of(chain, whole), &policy, &v), OK);
    assert_verdict(&v, E_MALFORMED_CERTIFICATE, 1, "certificate 1 does not parse");
    assert_int_equal(chain_check(t, c, slice_of(chain, 0), &policy, &v),
                     OK); /* no helpers: nothing but the leaf */
    assert_int_equal(v.err, E_UNKNOWN_CA);
    assert_queue_clean();
    certificate_free(c);
    X509_free(leaf);
    trust_free(t);
}

/* Two roots of one name, as in a change of keys: the right one is found whichever lies first. */
static void two_anchors_of_one_name(void **state)
{
    (void)state;
    struct chain_policy policy = policy_for("www.example");
    X509 *twin = make((struct recipe){
        .subject = "Test Root", .key = other_key, .basic = "critical,CA:TRUE", .usage = CA_USAGE});
    X509 *leaf = leaf_of(plain_leaf);
    struct recipe r = plain_leaf;
    r.issuer = twin;
    r.issuer_key = other_key;
    X509 *other_leaf = leaf_of(r);
    for (int i = 0; i < 2; i++) {
        struct trust *t = i ? trusting(twin, root) : trusting(root, twin);
        struct chain_verdict v = judged(t, (X509 *[]){leaf, middle, NULL}, &policy);
        assert_verdict(&v, OK, 0, "");
        v = judged(t, (X509 *[]){other_leaf, NULL}, &policy);
        assert_verdict(&v, OK, 0, "");
        trust_free(t);
    }
    X509_free(other_leaf);
    X509_free(leaf);
    X509_free(twin);
}

static int start(void **state)
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

static int stop(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_chain),
        cmocka_unit_test(the_rest_of_the_list_only_helps),
        cmocka_unit_test(trust_may_begin_anywhere),
        cmocka_unit_test(unknown_issuers),
        cmocka_unit_test(a_self_signed_leaf),
        cmocka_unit_test(out_of_time),
        cmocka_unit_test(unfit_for_the_purpose),
        cmocka_unit_test(unfit_key_usage),
        cmocka_unit_test(a_signature_that_does_not_verify),
        cmocka_unit_test(an_issuer_that_is_no_ca),
        cmocka_unit_test(weak_keys),
        cmocka_unit_test(a_key_of_another_kind),
        cmocka_unit_test(weak_hashes),
        cmocka_unit_test(depth),
        cmocka_unit_test(path_length),
        cmocka_unit_test(another_name),
        cmocka_unit_test(revocation_lists),
        cmocka_unit_test(a_list_that_does_not_parse),
        cmocka_unit_test(two_anchors_of_one_name),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
