/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "conn/conn.h"
#include "tls13/tls13.h"

/* What CertificateVerify says it is signed by, RFC 8446 4.2.3, 4.4.3: a scheme that was offered, and is for
 * the key of the certificate. */
static uint16_t claimed;

static enum err build_claiming(struct hs *hs, struct outgoing *out)
{
    TRY(tls13_certificate_verify_build(hs, out));
    out->message.certificate_verify.scheme = claimed;
    return OK;
}

static void lie(hf_conn *conn)
{
    static struct version lying;
    lying = version_tls13;
    lying.message[CERTIFICATE_VERIFY].build = build_claiming;
    conn->hs->version = &lying;
}

/* All that there is, in the order in which a client says it. */
#define ALL                                                                                              \
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:"                \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:" \
    "rsa_pss_pss_sha512:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:ecdsa_sha1:rsa_pkcs1_sha1"

static const struct {
    enum test_key key;
    uint16_t code;
    hf_err err;
    uint8_t alert;
} claims[] = {
    /* an ECDSA scheme is of its curve */
    {TEST_P256, 0x0503, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_P384, 0x0403, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_P521, 0x0503, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_P256, 0x0807, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_ED25519, 0x0808, HF_SCHEME_UNFIT_FOR_KEY, 47},
    /* rsaEncryption for rsa_pss_rsae, id-RSASSA-PSS for rsa_pss_pss */
    {TEST_RSA, 0x0809, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_RSA, 0x080a, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_RSA, 0x080b, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_RSA_PSS, 0x0804, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_RSA_PSS, 0x0805, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_RSA_PSS, 0x0806, HF_SCHEME_UNFIT_FOR_KEY, 47},
    /* for certificates alone */
    {TEST_RSA, 0x0401, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_RSA, 0x0201, HF_SCHEME_UNFIT_FOR_KEY, 47},
    {TEST_P256, 0x0203, HF_SCHEME_UNFIT_FOR_KEY, 47},
    /* MD5, SHA-224 and DSA are nobody's, nor is what is not in the list */
    {TEST_RSA, 0x0101, HF_SCHEME_NOT_OFFERED, 47},
    {TEST_RSA, 0x0301, HF_SCHEME_NOT_OFFERED, 47},
    {TEST_P256, 0x0103, HF_SCHEME_NOT_OFFERED, 47},
    {TEST_P256, 0x0303, HF_SCHEME_NOT_OFFERED, 47},
    {TEST_P256, 0x0402, HF_SCHEME_NOT_OFFERED, 47},
    {TEST_P256, 0, HF_SCHEME_NOT_OFFERED, 47},
    /* the key's, but not what was signed by */
    {TEST_RSA, 0x0805, HF_BAD_SIGNATURE, 51},
    {TEST_RSA_PSS, 0x080a, HF_BAD_SIGNATURE, 51},
};

static hf_config *speaking(hf_config *c, bool client, enum test_key key)
{
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_schemes_to_accept(c, ALL, NULL), HF_OK);
    test_add_identity(c, client ? &test_pki()->client[key] : &test_pki()->server[key]);
    return c;
}

static void schemes_that_are_claimed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
            hf_config *server = speaking(test_server_without_identity(), false, claims[i].key);
            test_trust(server, test_pki()->root);
            assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
            struct pair *p =
                pair_take(speaking(test_client_config(), true, claims[i].key), server, TEST_HOST);
            hf_side judge = by == HF_CLIENT ? HF_SERVER : HF_CLIENT;
            claimed = claims[i].code;
            lie(pair_conn(p, by));
            pair_run(p);
            assert_non_null(hf_failed(pair_conn(p, judge)));
            if (hf_failed(pair_conn(p, judge))->err != claims[i].err) {
                fail_msg("key %d, 0x%04x: %s", (int)claims[i].key, claimed,
                         hf_err_name(hf_failed(pair_conn(p, judge))->err));
            }
            assert_int_equal(hf_failed(pair_conn(p, judge))->alert, claims[i].alert);
            pair_free(p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(schemes_that_are_claimed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
