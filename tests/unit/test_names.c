/* SPDX-License-Identifier: MIT */
#include "wire/names.h"

#include <openssl/ssl.h>

#include "base/err.h"
#include "wire/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct vocabulary *const all[] = {
    &suite_names,
    &group_names,
    &scheme_names,
    &extension_names,
    &client_certificate_type_names,
    &version_names,
    &content_type_names,
    &message_type_names,
    &alert_names,
    &compression_method_names,
    &curve_type_names,
    &point_format_names,
    &status_type_names,
    &chain_type_names,
    &name_type_names,
    &fragment_length_names,
    &identifier_type_names,
    &supplemental_type_names,
    &user_mapping_type_names,
    &change_cipher_spec_names,
};
#define ALL (sizeof all / sizeof *all)

static int32_t code(const struct vocabulary *v, const char *name)
{
    return code_of(v, slice_of_string(name));
}

static bool is_alias(const struct vocabulary *v, size_t i)
{
    return i > 0 && v->rows[i - 1].code == v->rows[i].code;
}

static void both_names_lead_to_the_code_and_back(void **state)
{
    (void)state;
    for (size_t n = 0; n < ALL; n++) {
        const struct vocabulary *v = all[n];
        assert_true(v->count > 0);
        for (size_t i = 0; i < v->count; i++) {
            const struct name_row *row = &v->rows[i];
            assert_int_equal(code(v, row->name), row->code);
            if (row->other_name) {
                assert_int_equal(code(v, row->other_name), row->code);
            }
            if (!is_alias(v, i)) {
                assert_ptr_equal(name_of(v, row->code), row->name);
            }
        }
    }
}

static void a_name_means_one_thing_only(void **state)
{
    (void)state;
    for (size_t n = 0; n < ALL; n++) {
        const struct name_row *rows = all[n]->rows;
        for (size_t i = 0; i < all[n]->count; i++) {
            for (size_t j = 0; j < i; j++) {
                assert_string_not_equal(rows[i].name, rows[j].name);
                if (rows[i].other_name && rows[j].other_name) {
                    assert_string_not_equal(rows[i].other_name, rows[j].other_name);
                }
                if (rows[i].code == rows[j].code) {
                    assert_true(is_alias(all[n], i)); /* aliases follow their row */
                }
            }
        }
    }
}

static void case_does_not_matter(void **state)
{
    (void)state;
    assert_int_equal(code(&suite_names, "tls_ecdhe_rsa_with_aes_128_gcm_sha256"), 0xc02f);
    assert_int_equal(code(&suite_names, "ecdhe-rsa-aes128-gcm-sha256"), 0xc02f);
    assert_int_equal(code(&group_names, "X25519"), GROUP_X25519);
    assert_int_equal(code(&group_names, "p-256"), GROUP_SECP256R1);
    assert_int_equal(code(&scheme_names, "ecdsa+sha256"), SCHEME_ECDSA_SECP256R1_SHA256);
}

static void unknown_names_and_codes(void **state)
{
    (void)state;
    for (size_t n = 0; n < ALL; n++) {
        assert_int_equal(code(all[n], "no such thing"), -1);
        assert_int_equal(code(all[n], ""), -1);
        assert_int_equal(code_of(all[n], (struct slice){NULL, 0}), -1);
        assert_null(name_of(all[n], 0xfffe));
    }
    assert_int_equal(code(&group_names, "secp256r"), -1);
    assert_int_equal(code(&group_names, "secp256r11"), -1);
    assert_int_equal(code_of(&group_names, slice_of("x25519\0", 7)), -1);
}

static void groups_have_their_other_names(void **state)
{
    (void)state;
    const char *const names[] = {"secp256r1", "P-256", "prime256v1"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(code(&group_names, names[i]), GROUP_SECP256R1);
    }
    assert_string_equal(name_of(&group_names, GROUP_SECP256R1), "secp256r1");
    assert_string_equal(name_of(&group_names, 0x11ec), "X25519MLKEM768");
    assert_string_equal(name_of(&group_names, 0x0100), "ffdhe2048");
    assert_int_equal(code(&version_names, "1.2"), TLS_1_2);
    assert_int_equal(code(&version_names, "TLSv1.2"), TLS_1_2);
}

/* The codes that the headers give names of their own are in the tables under the RFCs' names. */
static void the_headers_agree(void **state)
{
    (void)state;
    assert_string_equal(name_of(&suite_names, SUITE_EMPTY_RENEGOTIATION_INFO_SCSV),
                        "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
    assert_string_equal(name_of(&suite_names, SUITE_FALLBACK_SCSV), "TLS_FALLBACK_SCSV");
    assert_string_equal(name_of(&group_names, GROUP_SECP384R1), "secp384r1");
    assert_string_equal(name_of(&group_names, GROUP_SECP521R1), "secp521r1");
    assert_string_equal(name_of(&group_names, GROUP_X448), "x448");
    assert_string_equal(name_of(&scheme_names, SCHEME_RSA_PKCS1_SHA1), "rsa_pkcs1_sha1");
    assert_string_equal(name_of(&scheme_names, SCHEME_RSA_PSS_RSAE_SHA512), "rsa_pss_rsae_sha512");
    assert_string_equal(name_of(&scheme_names, SCHEME_RSA_PSS_PSS_SHA256), "rsa_pss_pss_sha256");
    assert_string_equal(name_of(&scheme_names, SCHEME_ED448), "ed448");
    assert_string_equal(name_of(&extension_names, EXTENSION_USER_MAPPING), "user_mapping");
    assert_string_equal(name_of(&extension_names, EXTENSION_SESSION_TICKET), "session_ticket");
    assert_string_equal(name_of(&extension_names, EXTENSION_RENEGOTIATION_INFO), "renegotiation_info");
    assert_string_equal(name_of(&extension_names, EXTENSION_ALPN), "application_layer_protocol_negotiation");
    assert_string_equal(name_of(&client_certificate_type_names, CLIENT_CERTIFICATE_ECDSA_SIGN), "ecdsa_sign");
    assert_string_equal(name_of(&content_type_names, CONTENT_HANDSHAKE), "handshake");
    assert_string_equal(name_of(&message_type_names, 23), "SupplementalData");
    assert_string_equal(name_of(&version_names, TLS_1_3), "TLS 1.3");
}

static void alerts_are_the_same_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < alert_names.count; i++) {
        assert_string_equal(alert_names.rows[i].name, alert_name((uint8_t)alert_names.rows[i].code));
    }
}

static void grease_is_named(void **state)
{
    (void)state;
    assert_string_equal(name_of(&suite_names, 0x0a0a), "GREASE_0A0A");
    assert_string_equal(name_of(&group_names, 0xfafa), "GREASE_FAFA");
    assert_string_equal(name_of(&extension_names, 0x8a8a), "GREASE_8A8A");
}

/* Every cipher suite that the libssl at hand implements is known, by the names it has there. */
static void openssl_s_suites_are_known(void **state)
{
    (void)state;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    assert_int_equal(SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL"), 1);
    STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
    int count = sk_SSL_CIPHER_num(ciphers);
    assert_true(count > 20);
    for (int i = 0; i < count; i++) {
        const SSL_CIPHER *c = sk_SSL_CIPHER_value(ciphers, i);
        uint16_t suite = SSL_CIPHER_get_protocol_id(c);
        assert_non_null(name_of(&suite_names, suite));
        assert_string_equal(name_of(&suite_names, suite), SSL_CIPHER_standard_name(c));
        assert_int_equal(code(&suite_names, SSL_CIPHER_get_name(c)), suite);
    }
    SSL_CTX_free(context);
    printf("%d cipher suites of %s compared\n", count, OpenSSL_version(OPENSSL_VERSION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_names_lead_to_the_code_and_back),
        cmocka_unit_test(a_name_means_one_thing_only),
        cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(unknown_names_and_codes),
        cmocka_unit_test(groups_have_their_other_names),
        cmocka_unit_test(the_headers_agree),
        cmocka_unit_test(alerts_are_the_same_everywhere),
        cmocka_unit_test(grease_is_named),
        cmocka_unit_test(openssl_s_suites_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
