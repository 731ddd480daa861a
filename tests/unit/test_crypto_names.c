/* SPDX-License-Identifier: MIT */
#include "crypto/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

/* One GeneralName after another. */
struct san {
    size_t len;
    uint8_t bytes[1024];
};

static void add(struct san *s, uint8_t kind, const void *value, size_t len)
{
    assert_true(len < 128 && s->len + 2 + len <= sizeof s->bytes);
    s->bytes[s->len++] = kind;
    s->bytes[s->len++] = (uint8_t)len;
    if (len) {
        memcpy(s->bytes + s->len, value, len);
    }
    s->len += len;
}

static bool matches_len(const void *pattern, size_t len, const char *name)
{
    struct san s = {0};
    add(&s, NAME_DNS, pattern, len);
    return names_match(slice_of(s.bytes, s.len), name);
}

/* RFC 6125 6.4 */
static void dns_names(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } rows[] = {
        {"example.com", "example.com", true},
        {"example.com", "EXAMPLE.Com", true},
        {"eXaMpLe.com", "example.com", true},
        {"example.com", "example.com.", true},
        {"example.com", "example.com..", false},
        {"example.com", ".example.com", false},
        {"example.com.", "example.com", false},
        {"example.com", "www.example.com", false},
        {"www.example.com", "example.com", false},
        {"example.com", "example.org", false},
        {"example.com", "examplexcom", false},
        {"localhost", "localhost", true},
        {"a_b.example.com", "a_b.example.com", true},
        {"", "example.com", false},
        {"example.com", "", false},
        {"example.com", ".", false},
        {"", "", false},
        {" example.com", "example.com", false},
        {"example.com ", "example.com", false},
        /* RFC 6125 6.4.3: a wildcard is the whole leftmost label and stands for one label */
        {"*.example.com", "www.example.com", true},
        {"*.example.com", "WWW.EXAMPLE.COM.", true},
        {"*.example.com", "example.com", false},
        {"*.example.com", ".example.com", false},
        {"*.example.com", "a.b.example.com", false},
        {"*.example.com", "www.example.org", false},
        {"*.example.com", "*.example.com", false},
        {"w*.example.com", "www.example.com", false},
        {"*w.example.com", "www.example.com", false},
        {"w*w.example.com", "www.example.com", false},
        {"www.*.com", "www.example.com", false},
        {"www.example.*", "www.example.com", false},
        {"*.*.com", "www.example.com", false},
        {"*.com", "example.com", false},
        {"*.", "com", false},
        {"*", "com", false},
        {"*", "example.com", false},
        {"**.example.com", "www.example.com", false},
        {"*example.com", "www.example.com", false},
        {"*..com", "www..com", false},
        /* RFC 6125 6.4.2, 6.4.3: A-labels are compared as they are; a wildcard may stand for a whole one, never for a part */
        {"xn--bcher-kva.example", "xn--bcher-kva.example", true},
        {"xn--bcher-kva.example", "XN--BCHER-KVA.example", true},
        {"*.bcher.example", "xn--bcher-kva.bcher.example", true},
        {"xn--*.bcher.example", "xn--bcher-kva.bcher.example", false},
        {"b\xc3\xbc"
         "cher.example",
         "b\xc3\xbc"
         "cher.example",
         false},
        /* an address is never a DNS name */
        {"192.0.2.1", "192.0.2.1", false},
        {"*.0.2.1", "192.0.2.1", false},
        {"::1", "::1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (matches_len(rows[i].pattern, strlen(rows[i].pattern), rows[i].name) != rows[i].matches) {
            fail_msg("'%s' against '%s': expected %d", rows[i].pattern, rows[i].name, rows[i].matches);
        }
    }
}

static void a_nul_is_not_an_end(void **state)
{
    (void)state;
    static const char bad[] = "example.com\0.evil.example";
    assert_false(matches_len(bad, sizeof bad - 1, "example.com"));
    assert_false(matches_len("example.com", 12, "example.com"));
    assert_false(matches_len("\0example.com", 12, "example.com"));
    assert_false(matches_len("*.example.com\0", 14, "www.example.com"));
    assert_true(matches_len("example.com", 11, "example.com"));
}

static void labels_have_limits(void **state)
{
    (void)state;
    char name[260];
    memset(name, 'a', sizeof name);
    memcpy(name + 63, ".example", 9);
    assert_true(matches_len(name, strlen(name), name));
    memset(name, 'a', sizeof name);
    memcpy(name + 64, ".example", 9);
    assert_false(matches_len(name, strlen(name), name));
    for (size_t i = 0; i < sizeof name; i++) {
        name[i] = i % 2 ? '.' : 'a';
    }
    name[255] = 0; /* 255 bytes: over what a name on the wire can hold */
    struct san s = {0};
    uint8_t head[4] = {NAME_DNS, 0x81, 255, 0};
    memcpy(s.bytes, head, 3);
    memcpy(s.bytes + 3, name, 255);
    s.len = 258;
    assert_false(names_match(slice_of(s.bytes, s.len), name));
}

static void addresses(void **state)
{
    (void)state;
    static const uint8_t v4[4] = {192, 0, 2, 1},
                         mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1};
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct san s = {0};
    add(&s, NAME_DNS, "www.example.com", 15);
    add(&s, NAME_IP, v4, 4);
    add(&s, NAME_IP, v6, 16);
    struct slice names = slice_of(s.bytes, s.len);
    assert_true(names_match(names, "192.0.2.1"));
    assert_true(names_match(names, "2001:db8::1"));
    assert_true(names_match(names, "2001:0DB8:0:0::0001"));
    assert_true(names_match(names, "www.example.com"));
    assert_false(names_match(names, "192.0.2.2"));
    assert_false(names_match(names, "192.0.2.1."));
    assert_false(names_match(names, "192.0.2"));
    assert_false(names_match(names, "192.0.2.01"));
    assert_false(names_match(names, "3221225985"));
    assert_false(names_match(names, "0xC0000201"));
    assert_false(names_match(names, "::ffff:192.0.2.1"));
    assert_false(names_match(names, "[2001:db8::1]"));
    assert_false(names_match(names, "2001:db8::1%eth0"));
    assert_false(names_match(names, "2001:db8::2"));
    struct san other = {0};
    add(&other, NAME_IP, mapped, 16);
    add(&other, NAME_IP, v4, 3);
    add(&other, NAME_IP, v6, 0);
    assert_false(names_match(slice_of(other.bytes, other.len), "192.0.2.1"));
}

static void other_kinds_of_name_do_not_count(void **state)
{
    (void)state;
    for (int kind = 0; kind < 256; kind++) {
        struct san s = {0};
        if (kind == NAME_DNS || (kind & 0x1F) == 0x1F) {
            continue;
        }
        add(&s, (uint8_t)kind, "example.com", 11);
        assert_false(names_match(slice_of(s.bytes, s.len), "example.com"));
    }
    assert_false(names_match(slice_of("", 0), "example.com"));
}

static void described(void **state)
{
    (void)state;
    struct san s = {0};
    char text[64];
    names_describe(slice_of(s.bytes, 0), text, sizeof text);
    assert_string_equal(text, "no names");
    add(&s, NAME_DNS, "a.example", 9);
    add(&s, 0x81, "someone@a.example", 17);
    add(&s, NAME_DNS, "*.b\0\x1b[2J", 8);
    add(&s, NAME_IP, "\xc0\x00\x02\x01", 4);
    names_describe(slice_of(s.bytes, s.len), text, sizeof text);
    assert_string_equal(text, "a.example, *.b??[2J, 192.0.2.1");
    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'X', sizeof text);
        names_describe(slice_of(s.bytes, s.len), text, size);
        assert_true(strlen(text) < size);
    }
    names_describe(slice_of(s.bytes, s.len), text, 16);
    assert_string_equal(text, "a.example, *...");
}

/* The same answers as libcrypto's own matcher, where it is asked for the same rules. */
static void agrees_with_libcrypto(void **state)
{
    (void)state;
    static const char *const patterns[] = {"example.com", "*.example.com",  "www.example.com",
                                           "*.com",       "w*.example.com", "*.*.example.com",
                                           "a_b.example", "xn--x.example",  "*.xn--x.test"};
    static const char *const names[] = {"example.com", "EXAMPLE.com",   "www.example.com", "a.b.example.com",
                                        "a_b.example", "xn--x.example", "y.xn--x.test",    "x.com"};
    EVP_PKEY *key = ec_key("P-256");
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        char names_of[64];
        snprintf(names_of, sizeof names_of, "DNS:%s", patterns[p]);
        X509 *x = make((struct recipe){.subject = "example.com", .key = key, .names = names_of});
        struct certificate *c = parsed(x);
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
            bool libcrypto = X509_check_host(x, names[n], 0, flags, NULL) == 1;
            assert_int_equal(certificate_names(c, names[n]), libcrypto);
        }
        certificate_free(c);
        X509_free(x);
    }
    EVP_PKEY_free(key);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_names),
        cmocka_unit_test(a_nul_is_not_an_end),
        cmocka_unit_test(labels_have_limits),
        cmocka_unit_test(addresses),
        cmocka_unit_test(other_kinds_of_name_do_not_count),
        cmocka_unit_test(described),
        cmocka_unit_test(agrees_with_libcrypto),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
