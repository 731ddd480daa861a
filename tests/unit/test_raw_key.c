/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/crypto.h"
#include "pki.h"
#include "session/session.h"

/* Raw public keys, RFC 7250: a SubjectPublicKeyInfo in the place of a certificate. */

/* RFC 7250 A, figure 9 */
static const uint8_t example[] = {
    0x30, 0x81, 0x9f, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
    0x00, 0x03, 0x81, 0x8d, 0x00, 0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00, 0xcd, 0xfd, 0x89, 0x48, 0xbe,
    0x36, 0xb9, 0x95, 0x76, 0xd4, 0x13, 0x30, 0x0e, 0xbf, 0xb2, 0xed, 0x67, 0x0a, 0xc0, 0x16, 0x3f, 0x51,
    0x09, 0x9d, 0x29, 0x2f, 0xb2, 0x6d, 0x3f, 0x3e, 0x6c, 0x2f, 0x90, 0x80, 0xa1, 0x71, 0xdf, 0xbe, 0x38,
    0xc5, 0xcb, 0xa9, 0x9a, 0x40, 0x14, 0x90, 0x0a, 0xf9, 0xb7, 0x07, 0x0b, 0xe1, 0xda, 0xe7, 0x09, 0xbf,
    0x0d, 0x57, 0x41, 0x86, 0x60, 0xa1, 0xc1, 0x27, 0x91, 0x5b, 0x0a, 0x98, 0x46, 0x1b, 0xf6, 0xa2, 0x84,
    0xf8, 0x65, 0xc7, 0xce, 0x2d, 0x96, 0x17, 0xaa, 0x91, 0xf8, 0x61, 0x04, 0x50, 0x70, 0xeb, 0xb4, 0x43,
    0xb7, 0xdc, 0x9a, 0xcc, 0x31, 0x01, 0x14, 0xd4, 0xcd, 0xcc, 0xc2, 0x37, 0x6d, 0x69, 0x82, 0xd6, 0xc6,
    0xc4, 0xbe, 0xf2, 0x34, 0xa5, 0xc9, 0xa6, 0x19, 0x53, 0x32, 0x7a, 0x86, 0x0e, 0x91, 0x82, 0x0f, 0xa1,
    0x42, 0x54, 0xaa, 0x01, 0x02, 0x03, 0x01, 0x00, 0x01,
};

static int start(void **state)
{
    (void)state;
    return crypto_start() != OK;
}

static struct slice pem(hf_bytes bytes)
{
    return slice_of(bytes.data, bytes.len);
}

static struct span public_of(enum test_key kind)
{
    struct private_key *key;
    struct span spki;
    assert_int_equal(private_key_load(pem(test_pki()->server[kind].key), NULL, &key), OK);
    assert_int_equal(private_key_public(key, &spki), OK);
    private_key_free(key);
    return spki;
}

static void the_example_of_the_rfc(void **state)
{
    (void)state;
    struct certificate *key;
    char text[128], told[128];
    uint8_t digest[HASH_MAX], of_key[KEY_DIGEST_SIZE];
    assert_int_equal(certificate_of_key(slice_of(example, sizeof example), &key), OK);
    assert_true(certificate_is_raw_key(key));
    assert_int_equal(certificate_key(key)->kind, KEY_RSA);
    assert_int_equal(certificate_key(key)->bits, 1024);
    assert_true(slice_equal(certificate_public_key(key), slice_of(example, sizeof example)));
    assert_int_equal(hash_once(HASH_SHA256, slice_of(example, sizeof example), digest), OK);
    assert_int_equal(certificate_key_digest(key, of_key), OK);
    assert_memory_equal(digest, of_key, sizeof of_key);
    assert_int_equal(raw_key_describe(key, text, sizeof text), OK);
    assert_non_null(strstr(text, "raw RSA key of 1024 bits, sha256:"));
    assert_int_equal(raw_key_tell(slice_of(example, sizeof example), told, sizeof told), OK);
    assert_string_equal(text, told);
    certificate_free(key);
}

/* Nothing in it says whose it is, limits it, or ends it. */
static void what_a_raw_key_does_not_have(void **state)
{
    (void)state;
    struct certificate *key;
    unsigned kind;
    struct slice value;
    assert_int_equal(certificate_of_key(slice_of(example, sizeof example), &key), OK);
    assert_true(certificate_may_sign(key) && certificate_may_encipher(key) && certificate_may_agree(key));
    assert_false(certificate_must_staple(key));
    assert_int_equal(certificate_issuer(key).len + certificate_subject(key).len, 0);
    assert_int_equal(certificate_serial(key).len + certificate_common_name(key).len, 0);
    assert_int_equal(certificate_dns_name(key, 0).len, 0);
    assert_false(certificate_name_at(key, 0, &kind, &value));
    assert_false(certificate_names(key, "server.test"));
    assert_int_equal(certificate_signature_scheme(key), 0);
    assert_true(certificate_not_after(key) > TEST_NOW + 365 * TEST_DAY);
    certificate_free(key);
}

/* RFC 7250 3: the DER encoding, and nothing else. */
static void what_is_no_key(void **state)
{
    (void)state;
    uint8_t changed[sizeof example + 1];
    struct certificate *key;
    for (size_t len = 0; len < sizeof example; len++) {
        uint8_t *copy = malloc(len + 1); /* of its own, so that a read past its end is seen */
        assert_non_null(copy);
        memcpy(copy, example, len);
        assert_int_equal(certificate_of_key(slice_of(copy, len), &key), E_MALFORMED_CERTIFICATE);
        assert_null(key);
        free(copy);
    }
    memcpy(changed, example, sizeof example);
    changed[sizeof example] = 0;
    assert_int_equal(certificate_of_key(slice_of(changed, sizeof changed), &key), E_MALFORMED_CERTIFICATE);
    static const size_t lengths[] = {0, 2, 3, 4, 5, 6, 18, 19, 20, 21, 22, 24, 25, 27};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(changed, example, sizeof example);
        changed[lengths[i]] ^= 0x40;
        enum err e = certificate_of_key(slice_of(changed, sizeof example), &key);
        assert_true(e == E_MALFORMED_CERTIFICATE || (e == OK && certificate_key(key)->kind == KEY_NONE));
        certificate_free(key);
    }
    char text[64];
    assert_int_equal(raw_key_tell(slice_of("x", 1), text, sizeof text), E_MALFORMED_CERTIFICATE);
    /* and a certificate is none */
    struct span der;
    assert_int_equal(certificate_from_pem(pem(test_pki()->server[TEST_P256].leaf), 0, &der), OK);
    assert_int_equal(certificate_of_key(slice_of_span(der), &key), E_MALFORMED_CERTIFICATE);
    memory_free(der.data, der.len);
}

static void every_kind_of_key(void **state)
{
    (void)state;
    static const enum key_kind kinds[] = {
        [TEST_P256] = KEY_EC, [TEST_P384] = KEY_EC,         [TEST_P521] = KEY_EC,
        [TEST_RSA] = KEY_RSA, [TEST_RSA_PSS] = KEY_RSA_PSS, [TEST_ED25519] = KEY_ED25519};
    const struct slice message = slice_of("message", 7);
    for (enum test_key kind = 0; kind < TEST_KEYS; kind++) {
        struct span spki = public_of(kind);
        struct certificate *key, *leaf;
        struct private_key *own;
        struct signature signature = {0};
        struct span der;
        assert_int_equal(certificate_of_key(slice_of_span(spki), &key), OK);
        assert_int_equal(certificate_key(key)->kind, kinds[kind]);
        /* the same bytes as a certificate for it has */
        assert_int_equal(certificate_from_pem(pem(test_pki()->server[kind].leaf), 0, &der), OK);
        assert_int_equal(certificate_parse(slice_of_span(der), &leaf), OK);
        assert_true(slice_equal(certificate_public_key(leaf), slice_of_span(spki)));
        assert_false(certificate_is_raw_key(leaf));
        const struct scheme *s = NULL;
        for (size_t i = 0; !s && scheme_at(i); i++) {
            s = scheme_fits13(scheme_at(i), certificate_key(key)) ? scheme_at(i) : NULL;
        }
        assert_non_null(s);
        assert_int_equal(private_key_load(pem(test_pki()->server[kind].key), NULL, &own), OK);
        assert_int_equal(private_key_sign(own, s, message, &signature), OK);
        struct slice signed_by = slice_of(signature.bytes, signature.len);
        assert_int_equal(certificate_verify_signature(key, s, message, signed_by), OK);
        signature.bytes[signature.len - 1] ^= 1;
        assert_int_equal(certificate_verify_signature(key, s, message, signed_by), E_BAD_SIGNATURE);
        private_key_free(own);
        certificate_free(leaf);
        certificate_free(key);
        memory_free(der.data, der.len);
        memory_free(spki.data, spki.len);
    }
}

static void where_a_person_has_them(void **state)
{
    (void)state;
    static const char two[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                              "-----END PUBLIC KEY-----\n"
                              "words between them\n"
                              "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                              "-----END PUBLIC KEY-----\n";
    struct span first, second, none;
    struct slice text = slice_of(two, sizeof two - 1);
    struct slice rest = text;
    assert_int_equal(public_key_next(&rest, &first), OK);
    assert_int_equal(public_key_next(&rest, &second), OK);
    assert_int_equal(first.len, 44);
    assert_int_equal(second.len, 44);
    assert_memory_not_equal(first.data, second.data, 44);
    assert_int_equal(public_key_next(&rest, &none), OK);
    assert_null(none.data);
    struct span der;
    assert_int_equal(public_key_read(text, &der), OK);
    assert_memory_equal(der.data, first.data, first.len);
    memory_free(der.data, der.len);
    rest = slice_of_span(first);
    assert_int_equal(public_key_next(&rest, &der), OK);
    assert_int_equal(public_key_next(&rest, &none), OK);
    assert_null(none.data);
    assert_memory_equal(der.data, first.data, first.len);
    assert_int_equal(public_key_read(slice_of("", 0), &none), E_BAD_PEM);
    assert_int_equal(public_key_read(pem(test_pki()->root), &none), E_BAD_PEM);
    assert_int_equal(public_key_read(slice_of(two, 70), &none), E_BAD_PEM);
    assert_null(none.data);
    memory_free(first.data, first.len);
    memory_free(second.data, second.len);
    memory_free(der.data, der.len);
}

/* ---- a session keeps what was shown ---- */
static struct session *session_with(struct slice spki, bool raw)
{
    struct session *s;
    uint8_t list[3 + sizeof example];
    struct writer w = writer_of(list, sizeof list);
    static const struct session_texts texts = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    assert_int_equal(session_new(&texts, &s), OK);
    write_vector(&w, 3, spki);
    assert_int_equal(peer_new(written(&w), slice_of_string("raw"), &s->peer), OK);
    s->version = TLS_1_2;
    s->suite = 0xc02b;
    s->ems = s->peer->verified = true;
    s->peer->raw_key = raw;
    s->own_raw_key = !raw;
    return s;
}

static void a_session_keeps_the_type(void **state)
{
    (void)state;
    for (int raw = 0; raw < 2; raw++) {
        struct session *s = session_with(slice_of(example, sizeof example), raw), *back;
        uint8_t bytes[1024];
        struct certificate *key;
        struct writer w = writer_of(bytes, sizeof bytes);
        session_encode_plain(s, &w);
        assert_int_equal(w.len, session_plain_size(s));
        assert_int_equal(session_decode_plain(written(&w), &back), OK);
        assert_int_equal(back->peer->raw_key, raw);
        assert_int_equal(back->own_raw_key, !raw);
        assert_int_equal(peer_raw_key(back->peer).len, raw ? sizeof example : 0);
        assert_int_equal(peer_chain(back->peer).len, raw ? 0 : 3 + sizeof example);
        enum err e = peer_certificate(back->peer, &key);
        assert_int_equal(e, raw ? OK : E_MALFORMED_CERTIFICATE); /* it is a key, and no certificate */
        certificate_free(key);
        session_release(back);
        session_release(s);
    }
}

static void a_raw_key_without_a_peer_is_no_session(void **state)
{
    (void)state;
    struct session *s = session_with(slice_of(example, sizeof example), true), *back;
    uint8_t bytes[1024];
    peer_release(s->peer);
    s->peer = NULL;
    struct writer w = writer_of(bytes, sizeof bytes);
    session_encode_plain(s, &w);
    assert_int_equal(session_decode_plain(written(&w), &back), OK);
    session_release(back);
    size_t at = 5 + 5 + 3 + 48 + 3 + 32 + 3; /* version, suite, master, context, head of flags */
    assert_int_equal(bytes[at - 3], 5);
    bytes[at] |= 16;
    assert_int_equal(session_decode_plain(written(&w), &back), E_BAD_SESSION);
    bytes[at] = 64;
    assert_int_equal(session_decode_plain(written(&w), &back), E_BAD_SESSION);
    session_release(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc),
        cmocka_unit_test(what_a_raw_key_does_not_have),
        cmocka_unit_test(what_is_no_key),
        cmocka_unit_test(every_kind_of_key),
        cmocka_unit_test(where_a_person_has_them),
        cmocka_unit_test(a_session_keeps_the_type),
        cmocka_unit_test(a_raw_key_without_a_peer_is_no_session),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
