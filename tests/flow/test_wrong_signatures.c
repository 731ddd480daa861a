/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include "fuzz/identities.h"

/*
 * Signatures that are wrong, by a scheme that was not offered or does not fit, by another key, or right in
 * another handshake: in ServerKeyExchange and CertificateVerify. Checklist S5, S7, K5.
 */
static const struct trait client = {.side = CLIENT}, server = {.side = SERVER};
static const struct trait server_requires = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE};

static const struct {
    enum test_key key;
    uint16_t code;
    hf_err row;
} claims[] = {
    /* S5, S7 (CVE-2026-25834, CVE-2025-12889): only what was offered */
    {TEST_ED25519, 0x0000, HF_SCHEME_NOT_OFFERED},
    {TEST_ED25519, 0x0203, HF_SCHEME_NOT_OFFERED}, /* SHA-1 */
    {TEST_ED25519, 0x7a7a, HF_SCHEME_NOT_OFFERED},
    {TEST_P256, 0x0203, HF_SCHEME_NOT_OFFERED},
    {TEST_P256, 0x0103, HF_SCHEME_NOT_OFFERED}, /* MD5 */
    {TEST_P256, 0x0003, HF_SCHEME_NOT_OFFERED}, /* no hash at all */
    {TEST_RSA, 0x0201, HF_SCHEME_NOT_OFFERED},
    {TEST_RSA, 0x0101, HF_SCHEME_NOT_OFFERED},
    /* offered, but not this key's */
    {TEST_ED25519, 0x0403, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_ED25519, 0x0804, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_ED25519, 0x0808, HF_SCHEME_UNFIT_FOR_KEY}, /* ed448 */
    {TEST_P256, 0x0807, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_P256, 0x0401, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_RSA, 0x0403, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_RSA, 0x0809, HF_SCHEME_UNFIT_FOR_KEY}, /* rsa_pss_pss: another kind of key */
    /* this key's, but not how it was made */
    {TEST_P256, 0x0503, HF_BAD_SIGNATURE},
    {TEST_P256, 0x0603, HF_BAD_SIGNATURE},
    {TEST_RSA, 0x0401, HF_BAD_SIGNATURE},
    {TEST_RSA, 0x0805, HF_BAD_SIGNATURE},
};

static void test_schemes_that_are_claimed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(claims); i++) {
        uint8_t code[] = {(uint8_t)(claims[i].code >> 8), (uint8_t)claims[i].code};
        struct field_lie lie = {SERVER_KEY_EXCHANGE, "scheme", .bytes = slice_of(code, 2)};
        const struct trait s = {.side = SERVER, .key = claims[i].key}, c = MUTUAL_CLIENT(claims[i].key);
        try_field(SERVER, &client, &s, &lie, claims[i].row);
        lie.m = CERTIFICATE_VERIFY;
        try_field(CLIENT, &c, &server_requires, &lie, claims[i].row);
    }
}

/* The list that counts is the one that was sent, not the one that this library knows. */
static void test_schemes_this_side_did_not_enable(void **state)
{
    (void)state;
    const struct trait strict = {.side = CLIENT, .accept = "ecdsa_secp256r1_sha256"};
    const struct trait strict_server = {
        .side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE, .accept = "ecdsa_secp256r1_sha256"};
    const struct trait c = MUTUAL_CLIENT(TEST_P256);
    struct field_lie lie = {SERVER_KEY_EXCHANGE, "scheme", .bytes = slice_of("\5\3", 2)};
    try_field(SERVER, &strict, &server, &lie, HF_SCHEME_NOT_OFFERED);
    lie.m = CERTIFICATE_VERIFY;
    try_field(CLIENT, &c, &strict_server, &lie, HF_SCHEME_NOT_OFFERED);
}

/* Every byte of a signature, and none at all. */
static void test_signatures_with_a_wrong_byte(void **state)
{
    (void)state;
    static const enum test_key keys[] = {TEST_ED25519, TEST_P256, TEST_RSA};
    for (size_t k = 0; k < COUNT(keys); k++) {
        const struct trait s = {.side = SERVER, .key = keys[k]}, c = MUTUAL_CLIENT(keys[k]);
        size_t size = keys[k] == TEST_RSA ? 256 : 64;
        for (size_t at = 0; at < size; at += keys[k] == TEST_RSA ? 17 : 1) {
            struct field_lie lie = {SERVER_KEY_EXCHANGE, "signature", at, true, (uint8_t)(1u << at % 8)};
            try_field(SERVER, &client, &s, &lie, HF_BAD_SIGNATURE);
            lie.m = CERTIFICATE_VERIFY;
            try_field(CLIENT, &c, &server_requires, &lie, HF_BAD_SIGNATURE);
        }
        static const uint8_t nothing[600];
        const size_t sizes[] = {0, 1, size - 1, size, size + 1, 600};
        for (size_t i = 0; i < COUNT(sizes); i++) {
            struct field_lie lie = {SERVER_KEY_EXCHANGE, "signature", .bytes = slice_of(nothing, sizes[i])};
            try_field(SERVER, &client, &s, &lie, HF_BAD_SIGNATURE);
            lie.m = CERTIFICATE_VERIFY;
            try_field(CLIENT, &c, &server_requires, &lie, HF_BAD_SIGNATURE);
        }
    }
}

/* Signed with the key of another certificate of the same kind. */
static void sign_with_another(struct puppet *p, unsigned step)
{
    struct hs *hs = p->conn->hs;
    if (step != sign) {
        return;
    }
    bool is_server = hs->cursor.me == SERVER;
    struct slice message = is_server ? buffer_slice(&hs->signed_params)
                                     : transcript_messages(&hs->transcript);
    assert_int_equal(private_key_sign(p->about, hs->scheme, message, &hs->signature), OK);
    p->told = true;
}

static void test_signatures_of_another_key(void **state)
{
    (void)state;
    static const struct {
        enum test_key kind;
        const char *pem; /* none of tests/support/pki */
    } others[] = {
        {TEST_ED25519, SERVER_ED25519_KEY}, {TEST_P256, SERVER_P256_KEY}, {TEST_RSA, SERVER_RSA_KEY}};
    for (size_t k = 0; k < COUNT(others); k++) {
        struct private_key *other;
        assert_int_equal(private_key_load(slice_of_string(others[k].pem), NULL, &other), OK);
        const struct trait s = {.side = SERVER, .key = others[k].kind}, c = MUTUAL_CLIENT(others[k].kind);
        struct meeting m = meet(SERVER, &client, &s, false);
        m.liar->plot = sign_with_another;
        m.liar->about = other;
        expect_refusal(&m, HF_BAD_SIGNATURE, "ServerKeyExchange signed with another key");
        m = meet(CLIENT, &c, &server_requires, false);
        m.liar->plot = sign_with_another;
        m.liar->about = other;
        expect_refusal(&m, HF_BAD_SIGNATURE, "CertificateVerify signed with another key"); /* S7 */
        private_key_free(other);
    }
}

/* K5: what was right in another handshake; both randoms are signed, and all that was said. */
static uint8_t earlier[4096];
static size_t earlier_len;

static void keep_one(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        memcpy(earlier, puppet_body(p).data, puppet_body(p).len);
        earlier_len = puppet_body(p).len;
    }
}

static void test_messages_of_another_handshake(void **state)
{
    (void)state;
    static const struct {
        enum message m;
        enum side by;
        bool resumed;
        hf_err row;
    } replays[] = {
        {SERVER_KEY_EXCHANGE, SERVER, false, HF_BAD_SIGNATURE},
        {CERTIFICATE_VERIFY, CLIENT, false, HF_BAD_SIGNATURE},
        {FINISHED, SERVER, false, HF_BAD_FINISHED},
        {FINISHED, CLIENT, false, HF_BAD_FINISHED},
        {FINISHED, SERVER, true, HF_BAD_FINISHED},
        {FINISHED, CLIENT, true, HF_BAD_FINISHED},
    };
    const struct trait c = MUTUAL_CLIENT(TEST_ED25519);
    for (size_t i = 0; i < COUNT(replays); i++) {
        struct meeting m = meet(replays[i].by, &c, &server_requires, replays[i].resumed);
        m.liar->lie = keep_one;
        m.liar->number = replays[i].m;
        converse(m.liar->conn, m.subject);
        expect_complete(m.liar->conn, m.subject, "the first");
        part(&m);
        struct slice body = slice_of(earlier, earlier_len);
        m = meet(replays[i].by, &c, &server_requires, replays[i].resumed);
        m.liar->lie = say_body;
        m.liar->number = replays[i].m;
        m.liar->about = &body;
        expect_refusal(&m, replays[i].row, message_row(replays[i].m)->name);
    }
}

/* Both sides have this signature wrong in the same way? Put together here from the three messages: RFC
 * 8422 5.4 */
static struct {
    uint8_t bytes[512];
    size_t len;
} seen[MESSAGE_COUNT];

static void look(struct puppet *p, enum message m)
{
    if (m == CLIENT_HELLO || m == SERVER_HELLO || m == SERVER_KEY_EXCHANGE) {
        struct slice body = puppet_body(p);
        assert_true(body.len <= sizeof seen[m].bytes);
        memcpy(seen[m].bytes, body.data, body.len);
        seen[m].len = body.len;
    }
}

static void test_what_server_key_exchange_signs(void **state)
{
    (void)state;
    struct puppet *c = puppet_new(shared_config(&client), NULL),
                  *s = puppet_new(shared_config(&server), NULL);
    c->lie = s->lie = look;
    converse(c->conn, s->conn);
    expect_complete(c->conn, s->conn, "two puppets that tell the truth");
    uint8_t bytes[1024];
    struct writer w = writer_of(bytes, sizeof bytes);
    const uint8_t *ske = seen[SERVER_KEY_EXCHANGE].bytes;
    size_t params = 4u + ske[3];
    write_bytes(&w, slice_of(seen[CLIENT_HELLO].bytes + 2, RANDOM_SIZE));
    write_bytes(&w, slice_of(seen[SERVER_HELLO].bytes + 2, RANDOM_SIZE));
    write_bytes(&w, slice_of(ske, params));
    struct slice signature = slice_of(ske + params + 4, seen[SERVER_KEY_EXCHANGE].len - params - 4);
    const struct scheme *scheme = scheme_of((uint16_t)(ske[params] << 8 | ske[params + 1]));
    const struct certificate *leaf = shared_config(&server)->settings.identities[0].leaf;
    assert_non_null(scheme);
    assert_int_equal(certificate_verify_signature(leaf, scheme, written(&w), signature), OK);
    bytes[0] ^= 1;
    assert_int_equal(certificate_verify_signature(leaf, scheme, written(&w), signature), E_BAD_SIGNATURE);
    puppet_free(c);
    puppet_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemes_that_are_claimed),
        cmocka_unit_test(test_schemes_this_side_did_not_enable),
        cmocka_unit_test(test_signatures_with_a_wrong_byte),
        cmocka_unit_test(test_signatures_of_another_key),
        cmocka_unit_test(test_messages_of_another_handshake),
        cmocka_unit_test(test_what_server_key_exchange_signs),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
