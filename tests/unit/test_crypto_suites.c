/* SPDX-License-Identifier: MIT */
/* The rows of suites.c and groups.c against the vocabulary of wire/, which was written down from the
 * registry: what a suite's name says is what its row does. */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/names.h"

static bool says(const struct suite *s, const char *part)
{
    return strstr(s->name, part) != NULL;
}

static bool begins(const struct suite *s, const char *part)
{
    return strncmp(s->name, part, strlen(part)) == 0;
}

static void rows_do_what_their_names_say(void **state)
{
    (void)state;
    static const struct {
        const char *begin;
        enum key_exchange kx;
        enum authentication auth;
    } exchanges[] = {
        {"TLS_ECDHE_ECDSA_WITH_", KX_ECDHE, AUTH_ECDSA}, {"TLS_ECDHE_RSA_WITH_", KX_ECDHE, AUTH_RSA},
        {"TLS_DHE_RSA_WITH_", KX_DHE, AUTH_RSA},         {"TLS_RSA_WITH_", KX_RSA, AUTH_RSA},
        {"TLS_ECDH_ECDSA_WITH_", KX_ECDH, AUTH_ECDSA},   {"TLS_ECDH_RSA_WITH_", KX_ECDH, AUTH_RSA},
        {"TLS_DH_anon_WITH_", KX_DHE, AUTH_ANON},        {"TLS_ECDH_anon_WITH_", KX_ECDHE, AUTH_ANON},
    };
    const struct suite *s;
    size_t count = 0;
    for (; (s = suite_at(count)) != NULL; count++) {
        assert_ptr_equal(suite_of(s->code), s);
        assert_string_equal(s->name, name_of(&suite_names, s->code));
        size_t known = 0;
        for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
            if (begins(s, exchanges[i].begin)) {
                known++;
                assert_int_equal(s->kx, exchanges[i].kx);
                assert_int_equal(s->auth, exchanges[i].auth);
            }
        }
        assert_int_equal(known, 1);
        bool cbc = says(s, "_CBC_"), large = says(s, "_AES_256_") || says(s, "CHACHA20");
        assert_int_equal(suite_key_size(s), large ? 32 : 16);
        assert_int_equal(cbc, s->cbc != CBC_NONE);
        assert_int_equal(cbc, s->aead == AEAD_NONE);
        size_t mac = !cbc ? 0 : says(s, "SHA384") ? 48 : says(s, "SHA256") ? 32 : 20;
        assert_int_equal(suite_mac_key_size(s), mac);
        assert_int_equal(s->hash, says(s, "SHA384") ? HASH_SHA384 : HASH_SHA256); /* RFC 5246 5: no less */
        assert_int_equal(aead_tag_size(s->aead), cbc ? 0 : says(s, "_CCM_8") ? 8 : 16);
        enum aead aead = says(s, "_GCM_")      ? (large ? AEAD_AES_256_GCM : AEAD_AES_128_GCM)
                         : says(s, "_CCM_8")   ? (large ? AEAD_AES_256_CCM_8 : AEAD_AES_128_CCM_8)
                         : says(s, "_CCM")     ? (large ? AEAD_AES_256_CCM : AEAD_AES_128_CCM)
                         : says(s, "CHACHA20") ? AEAD_CHACHA20_POLY1305
                                               : AEAD_NONE;
        assert_int_equal(s->aead, aead);
        assert_int_equal(s->nonce, says(s, "CHACHA20") ? NONCE_XORED : NONCE_EXPLICIT);
    }
    assert_int_equal(count, 59);
}

/* RFC 8446 B.4: a version is never given the other's */
static void rows_of_tls13(void **state)
{
    (void)state;
    const struct suite *s;
    size_t count = 0;
    for (; (s = suite13_at(count)) != NULL; count++) {
        assert_ptr_equal(suite13_of(s->code), s);
        assert_null(suite_of(s->code));
        assert_int_equal(s->code >> 8, 0x13);
        assert_string_equal(s->name, name_of(&suite_names, s->code));
        assert_true(suite_is_tls13(s));
        assert_true(s->kx == KX_TLS13 && s->auth == AUTH_TLS13 && s->cbc == CBC_NONE);
        assert_int_equal(s->nonce, NONCE_XORED); /* RFC 8446 5.3 */
        assert_int_equal(s->hash, says(s, "_SHA384") ? HASH_SHA384 : HASH_SHA256);
        assert_int_equal(suite_key_size(s), says(s, "AES_128") ? 16 : 32);
        assert_int_equal(suite_mac_key_size(s), 0);
        assert_int_equal(aead_tag_size(s->aead), says(s, "_CCM_8_") ? 8 : 16);
        enum aead aead = says(s, "AES_128_GCM")   ? AEAD_AES_128_GCM
                         : says(s, "AES_256_GCM") ? AEAD_AES_256_GCM
                         : says(s, "CHACHA20")    ? AEAD_CHACHA20_POLY1305
                         : says(s, "_CCM_8_")     ? AEAD_AES_128_CCM_8
                                                  : AEAD_AES_128_CCM;
        assert_int_equal(s->aead, aead);
    }
    assert_int_equal(count, 5);
    for (size_t i = 0; (s = suite_at(i)) != NULL; i++) {
        assert_null(suite13_of(s->code));
        assert_false(suite_is_tls13(s));
    }
}

static bool is_wanted(const char *name)
{
    static const char *const exchanges[] = {
        "TLS_ECDHE_ECDSA_WITH_", "TLS_ECDHE_RSA_WITH_", "TLS_DHE_RSA_WITH_", "TLS_RSA_WITH_",
        "TLS_ECDH_ECDSA_WITH_",  "TLS_ECDH_RSA_WITH_",  "TLS_DH_anon_WITH_", "TLS_ECDH_anon_WITH_"};
    static const char *const ciphers[] = {"AES_128_CBC_", "AES_256_CBC_", "AES_128_GCM_",      "AES_256_GCM_",
                                          "AES_128_CCM",  "AES_256_CCM",  "CHACHA20_POLY1305_"};
    bool exchange = false, cipher = false;
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        exchange |= strncmp(name, exchanges[i], strlen(exchanges[i])) == 0;
    }
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        const char *with = strstr(name, "_WITH_");
        cipher |= with && strncmp(with + 6, ciphers[i], strlen(ciphers[i])) == 0;
    }
    return exchange && cipher;
}

/* Every AES and ChaCha20 suite of these key exchanges is there, and nothing broken is: NULL, RC4, DES,
 * export. */
static void none_is_missing_and_none_too_many(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 0x10000; code++) {
        const char *name = name_of(&suite_names, (uint16_t)code);
        if (!name) {
            assert_null(suite_of((uint16_t)code));
        } else if ((suite_of((uint16_t)code) != NULL) != is_wanted(name)) {
            fail_msg("%s", name);
        }
    }
}

static void groups_are_those_of_the_vocabulary(void **state)
{
    (void)state;
    const struct group *g;
    size_t count = 0;
    for (; (g = group_at(count)) != NULL; count++) {
        assert_ptr_equal(group_of(g->code), g);
        assert_string_equal(g->name, name_of(&group_names, g->code));
        assert_int_equal(g->kind == GROUP_FFDHE, strncmp(g->name, "ffdhe", 5) == 0);
        assert_int_equal(g->kind == GROUP_X, g->name[0] == 'x');
        assert_int_equal(g->kind == GROUP_HYBRID, strstr(g->name, "MLKEM") != NULL);
        assert_int_equal(g->kind == GROUP_HYBRID, g->answer_size != 0);
        assert_int_equal(group_is_curve(g), g->kind == GROUP_EC || g->kind == GROUP_X);
        assert_true(g->share_size <= (g->kind == GROUP_FFDHE    ? DH_PRIME_MAX
                                      : g->kind == GROUP_HYBRID ? KEY_SHARE_LARGEST
                                                                : KEY_SHARE_MAX));
        assert_true(g->secret_size <= (g->kind == GROUP_FFDHE ? DH_PRIME_MAX : SECRET_MAX));
    }
    assert_int_equal(count, group_of(0x11EC) ? 12 : 10); /* both hybrids or none: libcrypto 3.5 */
    assert_int_equal(group_of(0x11EC) != NULL, group_of(0x11EB) != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_do_what_their_names_say),
        cmocka_unit_test(rows_of_tls13),
        cmocka_unit_test(none_is_missing_and_none_too_many),
        cmocka_unit_test(groups_are_those_of_the_vocabulary),
    };
    return crypto_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
