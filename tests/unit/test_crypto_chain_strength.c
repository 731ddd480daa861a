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

static EVP_PKEY *pss_key(const EVP_MD *md, int salt)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    assert_int_equal(EVP_PKEY_keygen_init(making), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(making, 2048), 1);
    if (md) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md(making, md), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(making, md), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(making, salt), 1);
    }
    assert_int_equal(EVP_PKEY_keygen(making, &key), 1);
    EVP_PKEY_CTX_free(making);
    return key;
}

/* Who signs the leaf, and how; the leaf's verdict. */
static struct chain_verdict signed_with_pss(EVP_PKEY *by, const EVP_MD *md, const EVP_MD *mgf, int salt)
{
    struct chain_policy policy = policy_for("www.example");
    X509 *issuer = make((struct recipe){.subject = "PSS Root",
                                        .key = by,
                                        .basic = "critical,CA:TRUE",
                                        .usage = CA_USAGE,
                                        .pss = true,
                                        .md = md});
    struct recipe r = plain_leaf;
    r.issuer = issuer;
    r.issuer_key = by;
    r.pss = true;
    r.md = md;
    r.mgf = mgf;
    r.salt = salt;
    X509 *leaf = leaf_of(r);
    struct trust *t = trusting(issuer, NULL);
    struct chain_verdict v = judged(t, (X509 *[]){leaf, NULL}, &policy);
    trust_free(t);
    X509_free(leaf);
    X509_free(issuer);
    return v;
}

/* RFC 8446 4.2.3: the salt is as long as the hash, which MGF1 has too; and what a key's parameters say is what
 * a signature's say. */
static void pss_parameters(void **state)
{
    (void)state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *any = pss_key(NULL, 0), *one = pss_key(EVP_sha256(), 32),
             *shorter = pss_key(EVP_sha256(), 20);
    EVP_PKEY *const free_ones[] = {rsa, any};
    static const int salts[] = {20, 31, 33, 64};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(signed_with_pss(free_ones[i], EVP_sha256(), NULL, 0).err, OK);
        assert_int_equal(signed_with_pss(free_ones[i], EVP_sha384(), NULL, 48).err, OK);
        assert_int_equal(signed_with_pss(free_ones[i], EVP_sha512(), NULL, 64).err, OK);
        for (size_t k = 0; k < 4; k++) {
            struct chain_verdict v = signed_with_pss(free_ones[i], EVP_sha256(), NULL, salts[k]);
            assert_verdict(&v, E_WEAK_CERTIFICATE_SIGNATURE, 0,
                           "certificate 0 (CN=www.example) is signed with RSASSA-PSS and parameters that no "
                           "signature scheme has");
        }
        assert_int_equal(signed_with_pss(free_ones[i], EVP_sha256(), EVP_sha384(), 32).err,
                         E_WEAK_CERTIFICATE_SIGNATURE);
    }
    assert_int_equal(signed_with_pss(one, EVP_sha256(), NULL, 32).err, OK);
    struct chain_verdict v = signed_with_pss(shorter, EVP_sha256(), NULL, 32);
    assert_verdict(&v, E_WEAK_CERTIFICATE_SIGNATURE, 0,
                   "certificate 0 (CN=www.example) is signed with RSASSA-PSS and other parameters than "
                   "its issuer's key has");
    EVP_PKEY_free(shorter);
    EVP_PKEY_free(one);
    EVP_PKEY_free(any);
    EVP_PKEY_free(rsa);
}

#define PSS_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define SHA2(n) "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" n "\x05\x00"
#define MGF1(n) "\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08" SHA2(n)
#define PSS(n, m, salt) PSS_OID "\x30\x34\xa0\x0f" SHA2(n) "\xa1\x1c" MGF1(m) "\xa2\x03\x02\x01" salt

/* RFC 8446 4.2.3, RFC 4055 3.1: DER, in which defaults are left out and lengths are the shortest. */
static void pss_parameters_are_der(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint16_t code;
    } rows[] = {
#define ROW(bytes, code) {bytes, sizeof(bytes) - 1, code}
        ROW(PSS("\1", "\1", "\x20"), 0x0804),
        ROW(PSS("\2", "\2", "\x30"), 0x0805),
        ROW(PSS("\3", "\3", "\x40"), 0x0806),
        ROW(PSS("\1", "\2", "\x20"), 0),
        ROW(PSS("\1", "\1", "\x14"), 0),
        ROW(PSS("\1", "\1", "\x30"), 0),
        ROW(PSS("\4", "\4", "\x1c"), 0), /* SHA-224 */
        ROW(PSS("\1", "\1", "\x20") "\0", 0),
        ROW(PSS_OID, 0), /* all defaults: SHA-1 */
        ROW(PSS_OID "\x30\x00", 0),
        /* without the hashes' NULL: RFC 4055 2.1 */
        ROW(PSS_OID "\x30\x30\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
                    "\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
                    "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\xa2\x03\x02\x01\x20",
            0x0804),
        /* a long length, and the trailer that is the default */
        ROW(PSS_OID "\x30\x81\x34\xa0\x0f" SHA2("\1") "\xa1\x1c" MGF1("\1") "\xa2\x03\x02\x01\x20", 0),
        ROW(PSS_OID "\x30\x39\xa0\x0f" SHA2("\1") "\xa1\x1c" MGF1("\1") "\xa2\x03\x02\x01\x20"
                                                                        "\xa3\x03\x02\x01\x01",
            0),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice algorithm = slice_of(rows[i].bytes, rows[i].len);
        const struct scheme *rsa = scheme_of_algorithm(algorithm, KEY_RSA);
        const struct scheme *pss = scheme_of_algorithm(algorithm, KEY_RSA_PSS);
        if ((rsa ? rsa->code : 0) != rows[i].code || (pss ? pss->code - 5 : 0) != rows[i].code) {
            fail_msg("row %zu: 0x%04x, 0x%04x", i, rsa ? rsa->code : 0u, pss ? pss->code : 0u);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_keys),
        cmocka_unit_test(a_key_of_another_kind),
        cmocka_unit_test(weak_hashes),
        cmocka_unit_test(pss_parameters),
        cmocka_unit_test(pss_parameters_are_der),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
