/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

#include "handshake/peer_rules.h"

#include <stdio.h>

/* Which peers are let in. Checklist R3. */

static EVP_PKEY *key;

static int make_key(void **state)
{
    (void)state;
    key = ec_key("P-256");
    return crypto_start() != OK;
}

static int drop_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

/* A name of this kind from bytes that libcrypto would not take as text. */
static void add_name(GENERAL_NAMES *names, int kind, const void *bytes, size_t len)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();
    assert_true(name && value);
    assert_int_equal(ASN1_STRING_set(value, bytes, (int)len), 1);
    GENERAL_NAME_set0_value(name, kind, value);
    assert_true(sk_GENERAL_NAME_push(names, name) > 0);
}

static struct certificate *with_names(GENERAL_NAMES *names)
{
    X509 *x = make((struct recipe){.subject = "leaf", .key = key});
    assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    struct certificate *c = parsed(x);
    X509_free(x);
    GENERAL_NAMES_free(names);
    return c;
}

static bool allows(const char *rules, const struct certificate *c)
{
    struct peer_rules *r;
    struct slice wrong;
    enum err e = peer_rules_read(rules, &r, &wrong);
    if (e != OK) {
        fail_msg("'%s' is refused: %.*s", rules, (int)wrong.len, (const char *)wrong.data);
    }
    bool allowed = peer_rules_allow(r, c);
    peer_rules_free(r);
    return allowed;
}

static void each_kind_of_name(void **state)
{
    (void)state;
    X509 *x = make((struct recipe){
        .subject = "Alice Example",
        .key = key,
        .names = "email:Alice@B.example,DNS:Client.Example,URI:spiffe://a/B,IP:192.0.2.1,DNS:*.wild.test"});
    assert_int_equal(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), 0x80A1B2), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    struct certificate *c = parsed(x);
    static const char *const in[] = {
        "",
        " , ,",
        "dns:client.example",
        "dns:CLIENT.example",
        "dns:*.example",
        "dns:*.EXAMPLE",
        "email:alice@b.example",
        "uri:spiffe://a/B",
        "cn:Alice Example",
        "serial:80a1b2",
        "serial:80A1B2",
        "serial:0080a1b2",
        "serial:00:80:A1:B2",
        "dns:none.test, uri:none ,dns:client.example",
        "dns:none.test,,dns:client.example,",
        "dns:a.wild.test,dns:*.wild.test",
    };
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        if (!allows(in[i], c)) {
            fail_msg("'%s' does not let it in", in[i]);
        }
    }
    static const char *const out[] = {
        "dns:client.example.com",
        "dns:lient.example",
        "dns:client.exampl",
        "dns:*.client.example",
        "dns:*.ample",
        "dns:example",
        "email:b@b.example",
        "uri:spiffe://a/b",
        "cn:alice example",
        "cn:Alice",
        "serial:80a1b3",
        "serial:a1b2",
        "serial:80a1b200",
        "dns:192.0.2.1",
        "email:client.example",
        "cn:client.example",
        "dns:alice example",
        "dns:a.wild.test",
        "uri:client.example,cn:*",
        "dns:*.b.wild.test",
    };
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        if (allows(out[i], c)) {
            fail_msg("'%s' lets it in", out[i]);
        }
    }
    certificate_free(c);
    X509_free(x);
}

static void the_fingerprint_in_every_spelling(void **state)
{
    (void)state;
    X509 *x = make((struct recipe){.subject = "leaf", .key = key});
    struct certificate *c = parsed(x);
    uint8_t digest[HASH_MAX];
    char small[80] = "sha256:", colons[120] = "sha256:";
    struct slice der = der_of(x);
    assert_int_equal(hash_once(HASH_SHA256, der, digest), OK);
    OPENSSL_free((void *)(uintptr_t)der.data);
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(small + strlen(small), 3, "%02x", digest[i]);
        (void)snprintf(colons + strlen(colons), 4, "%s%02X", i ? ":" : "",
                       digest[i]); /* as openssl prints it */
    }
    assert_true(allows(small, c));
    assert_true(allows(colons, c));
    small[7] = small[7] == '0' ? '1' : '0';
    assert_false(allows(small, c));
    certificate_free(c);
    X509_free(x);
}

/* A name that holds what no person types is no name: "client.example\0.evil.test" least of all. */
static void nul_and_control_characters_in_names(void **state)
{
    (void)state;
    for (unsigned odd = 0; odd < 256; odd++) {
        char bytes[] = "client.example?.evil.test";
        *strchr(bytes, '?') = (char)odd;
        GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
        add_name(names, GEN_DNS, bytes, sizeof bytes - 1);
        add_name(names, GEN_EMAIL, bytes, sizeof bytes - 1);
        add_name(names, GEN_URI, bytes, sizeof bytes - 1);
        struct certificate *c = with_names(names);
        assert_false(allows("dns:client.example,email:client.example,uri:client.example", c));
        char name[PEER_NAME_MAX];
        size_t count = 0;
        for (; peer_name(c, count, name); count++) {
            for (const char *at = name; *at; at++) {
                assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
            }
        }
        assert_int_equal(count, odd < 0x20 || odd == 0x7f ? 3 : 6); /* serial, sha256 and cn are there */
        certificate_free(c);
    }
}

static void long_empty_and_dotted_names(void **state)
{
    (void)state;
    static char longest[400];
    memset(longest, 'a', sizeof longest);
    for (size_t len = 250; len < sizeof longest; len += 1) {
        GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
        add_name(names, GEN_DNS, longest, len);
        struct certificate *c = with_names(names);
        char rule[420] = "dns:";
        memcpy(rule + 4, longest, len); /* the rest is zero */
        assert_int_equal(allows(rule, c), 4 + len < PEER_NAME_MAX);
        certificate_free(c);
    }
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    add_name(names, GEN_DNS, "", 0);
    add_name(names, GEN_DNS, ".example", 8);
    add_name(names, GEN_DNS, "example", 7);
    add_name(names, GEN_DNS, "a.b.example", 11);
    struct certificate *c = with_names(names);
    assert_false(allows("dns:*.example", c)); /* one label, neither none nor two */
    assert_true(allows("dns:*.b.example", c));
    certificate_free(c);
}

/* A certificate of thousands of names costs what a thousand cost. */
static void more_names_than_are_looked_at(void **state)
{
    (void)state;
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (unsigned i = 0; i < 5000; i++) {
        char name[20];
        int len = snprintf(name, sizeof name, "n%u.test", i);
        add_name(names, GEN_DNS, name, (size_t)len);
    }
    struct certificate *c = with_names(names);
    assert_true(allows("dns:n0.test", c));
    assert_true(allows("dns:n1000.test", c));
    assert_false(allows("dns:n4999.test", c));
    certificate_free(c);
}

static void what_is_no_rule_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wrong;
    } bad[] = {
        {"client.example", "client.example"},
        {"dns:", "dns:"},
        {"dns:a.test, dns:", "dns:"},
        {"dns:a.test ,DNS:b.test", "DNS:b.test"},
        {"ip:192.0.2.1", "ip:192.0.2.1"},
        {"serial:0a1", "serial:0a1"},
        {"serial:0x0a", "serial:0x0a"},
        {"serial:0a::1b", "serial:0a::1b"},
        {"serial::0a", "serial::0a"},
        {"serial:0a:", "serial:0a:"},
        {"serial:0:a1", "serial:0:a1"},
        {"sha256:0a1b", "sha256:0a1b"}, /* would never match */
        {"dns:*", "dns:*"},
        {"dns:*.", "dns:*."},
        {"dns:a.*.test", "dns:a.*.test"},
        {"dns:a*.test", "dns:a*.test"},
        {"dns:*.*.test", "dns:*.*.test"},
        {"dns:a.test,uri:a\tb,cn:c", "uri:a\tb"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct peer_rules *r;
        struct slice wrong;
        assert_int_equal(peer_rules_read(bad[i].text, &r, &wrong), E_UNKNOWN_NAME);
        assert_null(r);
        if (!slice_equal(wrong, slice_of_string(bad[i].wrong))) {
            fail_msg("of '%s' it names '%.*s'", bad[i].text, (int)wrong.len, (const char *)wrong.data);
        }
    }
}

static void so_many_rules_and_no_more(void **state)
{
    (void)state;
    static char text[10000];
    X509 *x = make((struct recipe){.subject = "leaf", .key = key, .names = "DNS:n255.test"});
    struct certificate *c = parsed(x);
    size_t len = 0;
    for (unsigned i = 0; i < 256; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "dns:n%u.test,", i);
    }
    assert_true(allows(text, c)); /* the 256th */
    (void)snprintf(text + len, sizeof text - len, "dns:one.more");
    struct peer_rules *r;
    struct slice wrong;
    assert_int_equal(peer_rules_read(text, &r, &wrong), E_UNKNOWN_NAME);
    assert_true(slice_equal(wrong, slice_of_string("dns:one.more")));
    certificate_free(c);
    X509_free(x);
}

static void names_as_a_person_writes_them(void **state)
{
    (void)state;
    char out[PEER_NAME_MAX], longest[PEER_NAME_MAX + 10];
    assert_true(peer_name_normalize("dns:Client.Example", out));
    assert_string_equal(out, "dns:client.example");
    assert_true(peer_name_normalize("serial:00:0A:1B", out));
    assert_string_equal(out, "serial:0a1b");
    assert_true(peer_name_normalize("cn:Alice", out));
    assert_string_equal(out, "cn:Alice");
    assert_false(peer_name_normalize("", out));
    assert_false(peer_name_normalize("subject:CN=alice", out));
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest, "uri:", 4);
    assert_false(peer_name_normalize(longest, out));
    longest[PEER_NAME_MAX - 1] = '\0';
    assert_true(peer_name_normalize(longest, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_name),
        cmocka_unit_test(the_fingerprint_in_every_spelling),
        cmocka_unit_test(nul_and_control_characters_in_names),
        cmocka_unit_test(long_empty_and_dotted_names),
        cmocka_unit_test(more_names_than_are_looked_at),
        cmocka_unit_test(what_is_no_rule_is_named),
        cmocka_unit_test(so_many_rules_and_no_more),
        cmocka_unit_test(names_as_a_person_writes_them),
    };
    return cmocka_run_group_tests_name("unit/peer rules", tests, make_key, drop_key);
}
