/* SPDX-License-Identifier: MIT */
#include "test_crypto_chain.h"

#include <stdio.h>

/* What the certificates of a chain must say: when they hold, for what and whom, and how many may issue.
 */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_time),     cmocka_unit_test(unfit_for_the_purpose),
        cmocka_unit_test(unfit_key_usage), cmocka_unit_test(an_issuer_that_is_no_ca),
        cmocka_unit_test(depth),           cmocka_unit_test(path_length),
        cmocka_unit_test(another_name),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
