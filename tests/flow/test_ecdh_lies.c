/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

#include "base/memory.h"

/*
 * Fixed ECDH with certificates that prove nothing, and certificates under a key exchange that they do not
 * serve; by a peer that is right in everything else. Checklist K5, S7.
 */
#define DHE "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_GCM "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define ECDH "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"

/* ---- fixed ECDH: RFC 4492 3.2, 3.3 ---- */
static const struct trait fixed_client = {.side = CLIENT,
                                          .suites = ECDH,
                                          .has_identity = true,
                                          .role = AGREES},
                          ecdh_server_asks = {.side = SERVER,
                                              .suites = ECDH,
                                              .role = AGREES,
                                              .client_auth = HF_CLIENT_AUTH_REQUIRE};

/* Certificate, with the one leaf of another identity. */
static void say_leaf(struct puppet *p, enum message m)
{
    uint8_t body[2048];
    struct writer w = writer_of(body, sizeof body);
    const struct test_identity *other = p->about;
    struct span der;
    if (m != CERTIFICATE) {
        return;
    }
    assert_int_equal(certificate_from_pem(slice_of(other->leaf.data, other->leaf.len), 0, &der), OK);
    size_t mark = write_open(&w, 3);
    write_vector(&w, 3, slice_of_span(der));
    write_close(&w, mark, 3);
    puppet_set_body(p, written(&w));
    memory_free(der.data, der.len);
}

static void try_leaf(const struct test_spec *spec, const struct trait *client, const struct trait *server,
                     hf_err row)
{
    struct test_spec whole = *spec;
    whole.issuer = TEST_BY_ROOT;
    whole.cn = "mallory";
    whole.names = "";
    whole.extended = "clientAuth";
    struct test_identity other = test_identity_make(&whole);
    struct meeting m = meet(CLIENT, client, server, false);
    m.liar->lie = say_leaf;
    m.liar->about = &other;
    expect_refusal(&m, row, spec->usage);
    test_identity_free(&other);
}

static void test_certificates_that_prove_nothing(void **state)
{
    (void)state;
    /* somebody else's fixed key: the secret is another, so this is told at Finished */
    static const struct test_spec alike = {.usage = "critical,keyAgreement", .curve = "P-256"};
    try_leaf(&alike, &fixed_client, &ecdh_server_asks, HF_BAD_RECORD_MAC);
    /* another curve than the server's: can neither agree nor sign */
    static const struct test_spec p384 = {.usage = "critical,keyAgreement", .key = TEST_P384};
    try_leaf(&p384, &fixed_client, &ecdh_server_asks, HF_WRONG_KEY_USAGE);
    /* neither use */
    static const struct test_spec idle = {.usage = "critical,keyEncipherment"};
    try_leaf(&idle, &fixed_client, &ecdh_server_asks, HF_WRONG_KEY_USAGE);
    /* one that signs, and no signature: S7 */
    static const struct test_spec signs = {.usage = "critical,digitalSignature,keyAgreement"};
    try_leaf(&signs, &fixed_client, &ecdh_server_asks, HF_MALFORMED_MESSAGE); /* ClientKeyExchange is empty */
    /* a key that may only agree, where nothing is static: S7, CVE-2026-25834's kind */
    static const struct trait client = {.side = CLIENT, .has_identity = true},
                              server = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE};
    try_leaf(&alike, &client, &server, HF_WRONG_KEY_USAGE);
    /* and with RSA's key exchange */
    static const struct trait rsa_asks = {.side = SERVER,
                                          .suites = RSA_GCM,
                                          .key = TEST_RSA,
                                          .role = ENCIPHERS,
                                          .client_auth = HF_CLIENT_AUTH_REQUIRE},
                              rsa_mutual = {.side = CLIENT, .suites = RSA_GCM, .has_identity = true};
    try_leaf(&alike, &rsa_mutual, &rsa_asks, HF_WRONG_KEY_USAGE);
}

/* The point where the certificate has it, and none where it is expected: RFC 4492 5.7. */
static void say_point(struct puppet *p, enum message m)
{
    static uint8_t body[66] = {65, 4};
    if (m == CLIENT_KEY_EXCHANGE) {
        puppet_set_body(p, slice_of(body, p->number));
    }
}

static void test_client_key_exchange_is_explicit_or_not(void **state)
{
    (void)state;
    struct meeting m = meet(CLIENT, &fixed_client, &ecdh_server_asks, false);
    m.liar->lie = say_point;
    m.liar->number = 66;
    expect_refusal(&m, HF_MALFORMED_MESSAGE, "a point beside the certificate's");
    static const struct trait client = {.side = CLIENT, .suites = ECDH},
                              server = {.side = SERVER, .suites = ECDH, .role = AGREES};
    m = meet(CLIENT, &client, &server, false);
    m.liar->lie = say_point;
    m.liar->number = 0;
    expect_refusal(&m, HF_MALFORMED_MESSAGE, "no point and no certificate");
    m = meet(CLIENT, &client, &server, false);
    m.liar->lie = say_point;
    m.liar->number = 66;
    expect_refusal(&m, HF_BAD_KEY_SHARE, "a point that is not on the curve");
}

/* ---- a certificate that does not serve the suite: K5 ---- */
static void say_suite(struct puppet *p, enum message m)
{
    if (m == SERVER_HELLO) {
        size_t at = HANDSHAKE_HEADER + 2 + RANDOM_SIZE;
        at += 1u + p->bytes[at];
        p->bytes[at] = (uint8_t)(p->number >> 8);
        p->bytes[at + 1] = (uint8_t)p->number;
        p->told = true;
    }
}

static void test_certificates_under_another_key_exchange(void **state)
{
    (void)state;
#define MANY RSA_GCM ":" ECDH ":TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256:" DHE
    static const struct trait client = {
        .side = CLIENT, .suites = MANY, .groups = "secp256r1:ffdhe2048", .rsa_root = true};
    static const struct trait enciphers = {.side = SERVER,
                                           .suites = RSA_GCM,
                                           .key = TEST_RSA,
                                           .role = ENCIPHERS},
                              signs = {.side = SERVER, .suites = DHE, .groups = "ffdhe2048", .key = TEST_RSA},
                              agrees = {.side = SERVER, .suites = ECDH, .role = AGREES},
                              agrees_rsa = {.side = SERVER,
                                            .suites = "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",
                                            .role = AGREES,
                                            .rsa_root = true};
    static const struct {
        const struct trait *server;
        uint16_t suite;
        hf_err row;
    } lies[] = {
        {&enciphers, 0x009e, HF_WRONG_KEY_USAGE},          /* DHE_RSA, and the key may only decrypt */
        {&signs, 0x009c, HF_WRONG_KEY_USAGE},              /* RSA, and the key may only sign */
        {&agrees, 0xc031, HF_UNSUPPORTED_CERTIFICATE},     /* ECDH_RSA, and ECDSA signed the certificate */
        {&agrees_rsa, 0xc02d, HF_UNSUPPORTED_CERTIFICATE}, /* the other way round */
        {&enciphers, 0xc02d, HF_WRONG_KEY_USAGE},
        {&agrees, 0x009c, HF_WRONG_KEY_USAGE},
    };
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct meeting m = meet(SERVER, &client, lies[i].server, false);
        m.liar->lie = say_suite;
        m.liar->number = lies[i].suite;
        char what[60];
        (void)snprintf(what, sizeof what, "row %zu, suite %04x", i, lies[i].suite);
        expect_refusal(&m, lies[i].row, what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_that_prove_nothing),
        cmocka_unit_test(test_client_key_exchange_is_explicit_or_not),
        cmocka_unit_test(test_certificates_under_another_key_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
