/* SPDX-License-Identifier: MIT */
#include "test_crypto_chain.h"

/* Keys and hashes that are too weak, or of another kind. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_keys),
        cmocka_unit_test(a_key_of_another_kind),
        cmocka_unit_test(weak_hashes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
