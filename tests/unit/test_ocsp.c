/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ocsp.h"

#include "crypto/ocsp_response.h"

/* src/crypto/ocsp.c and ocsp_check.c: RFC 6960 3.2, 4.1.1, 4.2.1, 4.2.2.1, 4.2.2.2, 4.4. */
static struct trust *trust;

static struct slice slice_of_der(hf_bytes b)
{
    return slice_of(b.data, b.len);
}

/* The list of Certificate, RFC 5246 7.4.2, from PEM. */
static struct slice chain_of(hf_bytes pem)
{
    static uint8_t room[16384];
    size_t at = 0;
    struct span der;
    for (size_t i = 0; certificate_from_pem(slice_of_der(pem), i, &der) == OK; i++) {
        assert_true(at + 3 + der.len <= sizeof room);
        room[at++] = 0;
        room[at++] = (uint8_t)(der.len >> 8);
        room[at++] = (uint8_t)der.len;
        memcpy(room + at, der.data, der.len);
        at += der.len;
        free(der.data);
    }
    return slice_of(room, at);
}

static struct ocsp_verdict check(struct slice chain, size_t depth, struct slice response, int64_t now)
{
    struct ocsp_verdict v;
    struct ocsp_evidence evidence = {chain, depth, response};
    struct chain_policy policy = {.now = now, .min_rsa_bits = 2048, .min_ec_bits = 256};
    assert_int_equal(ocsp_check(trust, &evidence, &policy, &v), OK);
    return v;
}

static void expect(const struct test_ocsp *spec, const struct test_identity *of, enum err row,
                   const char *says)
{
    hf_bytes response = test_ocsp_make(spec);
    struct ocsp_verdict v = check(chain_of(of->chain), spec->of ? 0 : 1, slice_of_der(response), TEST_NOW);
    if (v.err != row || (says && !strstr(v.detail, says))) {
        fail_msg("%s, not %s: \"%s\", not \"%s\"", err_row(v.err)->name, err_row(row)->name, v.detail,
                 says ? says : "");
    }
    test_ocsp_free(response);
}

static void test_what_is_said_of_a_leaf(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
#define SAYS(row, says, ...) expect(&(struct test_ocsp){.of = of, __VA_ARGS__}, of, row, says)
    SAYS(OK, "", .status = TEST_GOOD);
    SAYS(OK, "", .by_key_hash = true);
    SAYS(OK, "", .id_digest = "SHA256");
    SAYS(OK, "", .id_digest = "SHA384");
    SAYS(OK, "", .id_digest = "SHA512", .digest = "SHA512");
    SAYS(OK, "", .digest = "SHA384");
    SAYS(OK, "", .other_too = true);
    SAYS(E_STATUS_REVOKED, "revoked", .status = TEST_REVOKED);
    SAYS(E_STATUS_REVOKED, "revoked", .status = TEST_REVOKED, .next_update = TEST_NOW - TEST_DAY / 2);
    SAYS(E_STATUS_UNKNOWN, "unknown", .status = TEST_UNKNOWN);
    /* RFC 6960 3.2 4: an authorized signer; 4.2.2.2 */
    SAYS(OK, "", .by = TEST_DELEGATE_ANSWERS);
    SAYS(OK, "", .by = TEST_DELEGATE_ANSWERS, .by_key_hash = true);
    SAYS(E_STATUS_REVOKED, "revoked", .by = TEST_DELEGATE_ANSWERS, .status = TEST_REVOKED);
    SAYS(E_BAD_STATUS_RESPONSE, "lacks OCSPSigning", .by = TEST_DELEGATE_LACKS_USAGE);
    SAYS(E_BAD_STATUS_RESPONSE, "not valid now", .by = TEST_DELEGATE_EXPIRED);
    SAYS(E_BAD_STATUS_RESPONSE, "of another issuer", .by = TEST_DELEGATE_OF_ANOTHER);
    SAYS(E_BAD_STATUS_RESPONSE, "of another issuer", .by = TEST_DELEGATE_OF_ROOT);
    SAYS(E_BAD_STATUS_RESPONSE, "of another issuer", .by = TEST_DELEGATE_IS_FORGED);
    SAYS(E_BAD_STATUS_RESPONSE, "weaker than policy", .by = TEST_DELEGATE_IS_WEAK);
    SAYS(E_BAD_STATUS_RESPONSE, "not of the certificate's issuer", .by = TEST_STRANGER_ANSWERS);
    /* a revocation that nobody authorized signed says nothing */
    SAYS(E_BAD_STATUS_RESPONSE, "not of the certificate's issuer", .by = TEST_STRANGER_ANSWERS,
         .status = TEST_REVOKED);
    SAYS(E_BAD_STATUS_RESPONSE, "its signature", .broken_signature = true);
    SAYS(E_BAD_STATUS_RESPONSE, "its signature", .broken_signature = true, .status = TEST_REVOKED);
    SAYS(E_BAD_STATUS_RESPONSE, NULL, .broken_signature = true, .by = TEST_DELEGATE_ANSWERS);
    SAYS(E_BAD_STATUS_RESPONSE, "its signature", .digest = "SHA1"); /* RFC 9325 4.5's hashes */
    /* 3.2 1: about the certificate in question */
    SAYS(E_BAD_STATUS_RESPONSE, "another certificate", .other_serial = true);
    SAYS(E_BAD_STATUS_RESPONSE, "another certificate", .id_digest = "MD5");
    SAYS(E_BAD_STATUS_RESPONSE, "another certificate", .issuer = TEST_BY_ROOT);
    /* 4.4 */
    SAYS(E_BAD_STATUS_RESPONSE, "critical", .critical = true);
    SAYS(E_BAD_STATUS_RESPONSE, "critical", .critical_single = true);
    /* 4.2.1 */
    SAYS(E_BAD_STATUS_RESPONSE, "malformed", .no_answer = 1);
    SAYS(E_BAD_STATUS_RESPONSE, "internal error", .no_answer = 2);
    SAYS(E_BAD_STATUS_RESPONSE, "try later", .no_answer = 3);
    SAYS(E_BAD_STATUS_RESPONSE, "signed request", .no_answer = 5);
    SAYS(E_BAD_STATUS_RESPONSE, "refuses", .no_answer = 6);
}

/* RFC 6960 4.2.2.1: thisUpdate and nextUpdate, to the second, with five minutes for two clocks. */
static void test_times(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    static const struct {
        int64_t this_update, next_update; /* from now; 0: no nextUpdate */
        enum err row;
    } rows[] = {
        {-1, 1, OK},
        {OCSP_SKEW, TEST_DAY, OK},
        {OCSP_SKEW + 1, TEST_DAY, E_STATUS_RESPONSE_EXPIRED},
        {-TEST_DAY, -OCSP_SKEW, OK},
        {-TEST_DAY, -OCSP_SKEW - 1, E_STATUS_RESPONSE_EXPIRED},
        {-400 * TEST_DAY, 1, OK},
        {-OCSP_AGE_MAX - OCSP_SKEW, 0, OK},
        {-OCSP_AGE_MAX - OCSP_SKEW - 1, 0, E_STATUS_RESPONSE_EXPIRED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_ocsp spec = {.of = of,
                                 .this_update = TEST_NOW + rows[i].this_update,
                                 .next_update = TEST_NOW + rows[i].next_update,
                                 .no_next_update = !rows[i].next_update};
        expect(&spec, of, rows[i].row, NULL);
    }
    hf_bytes response = test_ocsp_make(&(struct test_ocsp){.of = of, .next_update = TEST_NOW + 100});
    struct ocsp_verdict v = check(chain_of(of->chain), 0, slice_of_der(response), TEST_NOW);
    assert_int_equal(v.good_until, TEST_NOW + 100 + OCSP_SKEW);
    test_ocsp_free(response);
}

/* Every kind of key that can issue a certificate can answer for it; and the intermediate's answer is the
 * root's. */
static void test_issuers(void **state)
{
    (void)state;
    static const enum test_issuer issuers[] = {TEST_BY_INTERMEDIATE, TEST_BY_ROOT, TEST_BY_RSA_ROOT};
    for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++) {
        struct test_identity of = test_identity_make(&(struct test_spec){.issuer = issuers[i]});
        expect(&(struct test_ocsp){.of = &of, .issuer = issuers[i]}, &of, OK, "");
        expect(&(struct test_ocsp){.of = &of, .issuer = issuers[i], .by = TEST_DELEGATE_ANSWERS}, &of, OK,
               "");
        test_identity_free(&of);
    }
    const struct test_identity *of = &test_pki()->server[TEST_RSA];
    expect(&(struct test_ocsp){0}, of, OK, "");
    expect(&(struct test_ocsp){.by = TEST_DELEGATE_ANSWERS}, of, OK, "");
    expect(&(struct test_ocsp){.status = TEST_REVOKED}, of, E_STATUS_REVOKED, "certificate 1");
    /* nobody trusted or sent issued it */
    struct test_identity lone = test_identity_make(&(struct test_spec){.no_chain = true});
    expect(&(struct test_ocsp){.of = &lone}, &lone, E_BAD_STATUS_RESPONSE,
           "neither in the chain nor trusted");
    test_identity_free(&lone);
}

/* A certificate with the issuer's name and another key, put in the chain by the peer, signs what it likes: it
 * did not issue the leaf, so it does not answer for it. */
static void test_an_impostor_in_the_chain(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    struct test_identity fake = test_identity_make(
        &(struct test_spec){.cn = "handfast test intermediate", .issuer = TEST_BY_OTHER_ROOT, .ca = true});
    uint8_t room[16384];
    struct slice leaf = chain_of(of->leaf), honest, impostor;
    memcpy(room, leaf.data, leaf.len);
    impostor = chain_of(fake.leaf);
    memcpy(room + leaf.len, impostor.data, impostor.len);
    honest = chain_of(test_pki()->intermediate);
    size_t without = leaf.len + impostor.len;
    memcpy(room + without, honest.data, honest.len);
    hf_bytes good = test_ocsp_make(&(struct test_ocsp){.of = of});
    struct ocsp_verdict v = check(slice_of(room, without), 0, slice_of_der(good), TEST_NOW);
    assert_int_equal(v.err, E_BAD_STATUS_RESPONSE);
    v = check(slice_of(room, without + honest.len), 0, slice_of_der(good), TEST_NOW);
    assert_int_equal(v.err, OK);
    test_ocsp_free(good);
    test_identity_free(&fake);
}

/* No strict prefix, nothing behind it, and no flipped bit is a good answer. */
static void test_every_prefix_and_every_bit(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    struct slice chain = chain_of(of->chain);
    hf_bytes response = test_ocsp_make(&(struct test_ocsp){.of = of});
    uint8_t *copy = malloc(response.len + 1);
    assert_non_null(copy);
    for (size_t len = 0; len < response.len; len++) {
        uint8_t *cut = malloc(len + 1); /* so that a read beyond it shows */
        assert_non_null(cut);
        memcpy(cut, response.data, len);
        assert_int_equal(check(chain, 0, slice_of(cut, len), TEST_NOW).err, E_BAD_STATUS_RESPONSE);
        free(cut);
    }
    memcpy(copy, response.data, response.len);
    copy[response.len] = 0;
    assert_int_equal(check(chain, 0, slice_of(copy, response.len + 1), TEST_NOW).err, E_BAD_STATUS_RESPONSE);
    for (size_t bit = 0; bit < 8 * response.len; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (check(chain, 0, slice_of(copy, response.len), TEST_NOW).err == OK) {
            fail_msg("bit %zu of byte %zu may be anything", bit % 8, bit / 8);
        }
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(copy);
    test_ocsp_free(response);
}

/* RFC 7633 4.1, RFC 6960 4.2.2.2 */
static void test_extensions_of_certificates(void **state)
{
    (void)state;
    static const struct {
        const char *feature, *extended;
        bool must, signs;
    } rows[] = {
        {NULL, NULL, false, false},
        {"status_request", NULL, true, false},
        {"status_request_v2", NULL, true, false},
        {"23,status_request", NULL, true, false},
        {"23", NULL, false, false},
        {NULL, "serverAuth,OCSPSigning", false, true},
        {NULL, "clientAuth", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_identity made =
            test_identity_make(&(struct test_spec){.feature = rows[i].feature, .extended = rows[i].extended});
        struct certificate *c;
        assert_int_equal(certificate_parse(slice_after(chain_of(made.leaf), 3), &c), OK);
        assert_int_equal(certificate_must_staple(c), rows[i].must);
        assert_int_equal(certificate_signs_ocsp(c), rows[i].signs);
        certificate_free(c);
        test_identity_free(&made);
    }
}

static int set_up(void **state)
{
    (void)state;
    size_t added;
    const struct test_pki *pki = test_pki();
    return crypto_start() != OK || trust_new(&trust) != OK ||
           trust_add_pem(trust, slice_of_der(pki->root), &added) != OK ||
           trust_add_pem(trust, slice_of_der(pki->rsa_root), &added) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    trust_free(trust);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_of_a_leaf),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_issuers),
        cmocka_unit_test(test_an_impostor_in_the_chain),
        cmocka_unit_test(test_every_prefix_and_every_bit),
        cmocka_unit_test(test_extensions_of_certificates),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
