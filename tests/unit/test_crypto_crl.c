/* SPDX-License-Identifier: MIT */
#include "test_crypto_chain.h"

/* Revocation lists. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revocation_lists),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
