/* SPDX-License-Identifier: MIT */
#include "test_crypto_chain.h"

/* Which chains are believed: from the leaf to an anchor, by names and signatures. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_chain),
        cmocka_unit_test(the_rest_of_the_list_only_helps),
        cmocka_unit_test(trust_may_begin_anywhere),
        cmocka_unit_test(unknown_issuers),
        cmocka_unit_test(a_self_signed_leaf),
        cmocka_unit_test(a_signature_that_does_not_verify),
        cmocka_unit_test(a_list_that_does_not_parse),
        cmocka_unit_test(two_anchors_of_one_name),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
