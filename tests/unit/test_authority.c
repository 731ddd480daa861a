/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/memory.h"
#include "handshake/authority.h"
#include "pki.h"

/* How RFC 6066 6 names CAs. libcrypto's own reading of the same certificates is what hashes are compared
 * with. */
static struct slice pem_slice(hf_bytes pem)
{
    return slice_of(pem.data, pem.len);
}

static struct certificate *parsed(hf_bytes pem)
{
    struct span der;
    struct certificate *c;
    assert_int_equal(certificate_from_pem(pem_slice(pem), 0, &der), OK);
    assert_int_equal(certificate_parse(slice_of_span(der), &c), OK);
    memory_free(der.data, der.len);
    return c;
}

/* RFC 6066 6: the modulus without initial zeros for RSA, otherwise the subjectPublicKey value */
static void expected_key_hash(const struct certificate *c, uint8_t out[SHA1_SIZE])
{
    struct slice der = certificate_der(c);
    const uint8_t *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x509);
    EVP_PKEY *key = X509_get0_pubkey(x509);
    BIGNUM *n = NULL;
    uint8_t modulus[1024];
    if (EVP_PKEY_get_bn_param(key, "n", &n) == 1) {
        SHA1(modulus, (size_t)BN_bn2bin(n, modulus), out);
        BN_free(n);
    } else {
        ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x509);
        SHA1(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), out);
    }
    X509_free(x509);
}

static void hashes_of_every_kind_of_key(void **state)
{
    (void)state;
    for (int key = 0; key < TEST_KEYS; key++) {
        struct certificate *c = parsed(test_pki()->server[key].leaf);
        struct authority a = {0};
        uint8_t expected[SHA1_SIZE];
        assert_int_equal(authority_of(c, &a), OK);
        expected_key_hash(c, expected);
        assert_memory_equal(a.key, expected, SHA1_SIZE);
        SHA1(certificate_der(c).data, certificate_der(c).len, expected);
        assert_memory_equal(a.certificate, expected, SHA1_SIZE);
        assert_true(slice_equal(slice_of_span(a.name), certificate_subject(c)));
        authority_wipe(&a);
        certificate_free(c);
    }
}

static void encodings(void **state)
{
    (void)state;
    uint8_t name[] = {0x30, 0};
    struct authority a = {.key = {1}, .certificate = {2}, .name = {name, sizeof name}};
    struct buffer out = {.limit = 100};
    for (int type = CA_PRE_AGREED; type <= CA_CERT_SHA1_HASH; type++) {
        assert_int_equal(authority_encode(&a, (enum identifier_type)type, &out), OK);
    }
    static const uint8_t expected[] = {0, 1, 1, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 2, 0, 2, 0x30, 0, 3, 2, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0, 0, 0};
    assert_int_equal(buffer_len(&out), sizeof expected);
    assert_memory_equal(buffer_slice(&out).data, expected, sizeof expected);
    assert_true(authorities_sound(buffer_slice(&out)));
    buffer_free(&out);
    assert_true(authorities_sound(slice_of(NULL, 0)));
}

/* Every strict prefix is malformed but those that end between entries; so is a type that is not known. */
static void lists_that_are_none(void **state)
{
    (void)state;
    uint8_t list[1 + 21 + 4 + 21] = {0, 1, [22] = 2, 0, 1, 'x', 3};
    for (size_t len = 0; len <= sizeof list; len++) {
        bool between = len == 0 || len == 1 || len == 22 || len == 26 || len == sizeof list;
        assert_int_equal(authorities_sound(slice_of(list, len)), between);
    }
    assert_false(authorities_sound(slice_of("\2\0\0", 3))); /* DistinguishedName<1..2^16-1> */
    for (unsigned type = 4; type < 256; type++) {
        list[0] = (uint8_t)type;
        assert_false(authorities_sound(slice_of(list, sizeof list)));
    }
}

/* What an attacker's list costs is bounded: entries behind the 256th are not looked at. */
static void long_lists(void **state)
{
    (void)state;
    static uint8_t list[300 * 4];
    struct authority a[] = {{.name = {NULL, 0}}, {.name = {(uint8_t[]){'r'}, 1}}};
    struct identity identity = {.authorities = a, .authority_count = 2};
    for (size_t i = 0; i < 300; i++) {
        memcpy(list + 4 * i, (uint8_t[]){2, 0, 1, 'x'}, 4);
    }
    assert_false(authorities_name(slice_of(list, sizeof list), &identity));
    list[4 * 255 + 3] = 'r';
    assert_true(authorities_name(slice_of(list, sizeof list), &identity));
    list[4 * 255 + 3] = 'x';
    list[4 * 256 + 3] = 'r';
    assert_false(authorities_name(slice_of(list, sizeof list), &identity));
}

/* A hash of one kind is not taken for one of the other. */
static void kinds_are_told_apart(void **state)
{
    (void)state;
    struct authority a = {.key = {1}, .certificate = {2}};
    struct identity identity = {.authorities = &a, .authority_count = 1};
    uint8_t entry[21] = {CA_KEY_SHA1_HASH, 1};
    assert_true(authorities_name(slice_of(entry, sizeof entry), &identity));
    entry[0] = CA_CERT_SHA1_HASH;
    assert_false(authorities_name(slice_of(entry, sizeof entry), &identity));
    entry[1] = 2;
    assert_true(authorities_name(slice_of(entry, sizeof entry), &identity));
}

int main(void)
{
    if (crypto_start() != OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_every_kind_of_key), cmocka_unit_test(encodings),
        cmocka_unit_test(lists_that_are_none),         cmocka_unit_test(long_lists),
        cmocka_unit_test(kinds_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
