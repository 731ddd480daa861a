/* SPDX-License-Identifier: MIT */
/* The insides of SupplementalData and of user mapping: RFC 4680 2, RFC 4681 2, 3, 6. */
#include "wire/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define BYTES_OF(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static bool sound(const char *upn, const char *domain)
{
    struct upn_domain_hint hint = {slice_of_string(upn), slice_of_string(domain)};
    return upn_domain_hint_is_sound(&hint);
}

/* RFC 4681 6: labels that begin and end with a letter or digit, separated by "." */
static void domains(void **state)
{
    (void)state;
    char longest[255], label[65];
    static const char *const good[] = {"a",     "example.com", "EXAMPLE.com",
                                       "1.2.3", "a-b.c--d",    "xn--jrg-sna.example"};
    static const char *const bad[] = {".",    "a.",  ".a",  "a..b",        "-a",  "a-",   "a.-b",
                                      "a.b-", "a_b", "a b", "j\xc3\xb6rg", "a@b", "a\x01"};
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(sound("", good[i]));
        assert_true(sound("u@d", good[i]));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(sound("", bad[i]));
        assert_false(sound("u@d", bad[i]));
    }
    memset(label, 'a', 64);
    label[64] = 0;
    assert_false(sound("", label)); /* RFC 1034 3.1: 63 a label, 253 in all */
    assert_true(sound("", label + 1));
    for (size_t i = 0; i < 254; i++) {
        longest[i] = i % 2 ? '.' : 'a';
    }
    longest[254] = 0;
    assert_false(sound("", longest));
    longest[253] = 0;
    assert_true(sound("", longest));
}

/* RFC 4681 6: user@domain; the user in UTF-8, without "@". */
static void principals(void **state)
{
    (void)state;
    static const char *const good[] = {
        "u@d",           "alice@example.com", "j\xc3\xb6rg@d",  "\xe2\x82\xac@d",    "\xf0\x9f\x98\x80@d",
        "a b.c+d'e\"@d", "\xed\x9f\xbf@d",    "\xee\x80\x80@d", "\xf4\x8f\xbf\xbf@d"};
    static const char *const bad[] = {"@",
                                      "u@",
                                      "@d",
                                      "u",
                                      "u@d@e",
                                      "u@@d",
                                      "u@d.",
                                      "u@-",
                                      "u@j\xc3\xb6",
                                      "\xc3@d",     /* half a character */
                                      "\xc3(@d",    /* and another byte in it */
                                      "\xc0\xaf@d", /* overlong: RFC 3629 3 */
                                      "\xe0\x80\xaf@d",
                                      "\xf0\x80\x80\xaf@d",
                                      "\xed\xa0\x80@d",     /* a surrogate */
                                      "\xf4\x90\x80\x80@d", /* above U+10FFFF */
                                      "\xf5\x80\x80\x80@d",
                                      "\x80@d",
                                      "\xff@d",
                                      "\xe2\x82(@d",
                                      "u\n@d",
                                      "u\x7f@d"};
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(sound(good[i], ""));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(sound(bad[i], ""));
    }
    assert_false(sound("", "")); /* at least one of them */
    struct upn_domain_hint nul = {slice_of("u\0@d", 4), slice_of("", 0)};
    assert_false(upn_domain_hint_is_sound(&nul));
}

/* Every prefix of a good list is refused, and every one-byte change of its lengths. U2. */
static void lists(void **state)
{
    (void)state;
    const struct slice list =
        BYTES_OF(0, 18, 65, 0, 2, 9, 9, 64, 0, 10, 0, 3, 'u', '@', 'd', 0, 3, 'd', '.', 'e');
    assert_int_equal(user_mapping_check(list), OK);
    for (size_t len = 0; len < list.len; len++) {
        assert_int_equal(user_mapping_check(slice_of(list.data, len)), E_MALFORMED_USER_MAPPING);
    }
    static const size_t lengths[] = {0, 1, 3, 4, 8, 9, 10, 11, 15, 16};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        for (unsigned to = 0; to < 256; to++) {
            uint8_t copy[20];
            memcpy(copy, list.data, list.len);
            copy[lengths[i]] = (uint8_t)to;
            /* or the hint of an unknown type swallows what follows, and what is left is one again */
            bool same = to == list.data[lengths[i]] || (lengths[i] == 4 && (to == 9 || to == 15));
            assert_int_equal(user_mapping_check(slice_of(copy, sizeof copy)) == OK, same);
        }
    }
}

static void entries(void **state)
{
    (void)state;
    const struct slice two = BYTES_OF(0x40, 2, 0, 2, 'h', 'i', 0, 0, 0, 0);
    struct supplemental_entry e;
    struct list l = list_of(two);
    assert_true(list_next_supplemental(&l, &e));
    assert_int_equal(e.type, 16386);
    assert_int_equal(e.content.len, 2);
    assert_true(list_next_supplemental(&l, &e));
    assert_int_equal(e.type, 0);
    assert_int_equal(e.content.len, 0);
    assert_false(list_next_supplemental(&l, &e));
    assert_false(l.bad);
    for (size_t len = 1; len < two.len; len++) {
        size_t count = 0;
        for (l = list_of(slice_of(two.data, len)); list_next_supplemental(&l, &e);) {
            count++;
        }
        assert_int_equal(l.bad, len != 6);
        assert_int_equal(count, len >= 6);
    }
}

/* RFC 4681 2 */
static void types(void **state)
{
    (void)state;
    struct user_mapping_type_list m;
    assert_int_equal(layout_decode(&layout_user_mapping_type_list, BYTES_OF(2, 64, 65), &m), OK);
    assert_int_equal(m.user_mapping_types.len, 2);
    assert_int_equal(layout_decode(&layout_user_mapping_type_list, BYTES_OF(0), &m), E_MALFORMED_MESSAGE);
    assert_int_equal(layout_decode(&layout_user_mapping_type_list, BYTES_OF(1, 64, 0), &m),
                     E_MALFORMED_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains), cmocka_unit_test(principals), cmocka_unit_test(lists),
        cmocka_unit_test(entries), cmocka_unit_test(types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
