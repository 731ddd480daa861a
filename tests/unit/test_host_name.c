/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "handshake/host_name.h"

/* What server_name may carry: RFC 6066 3, RFC 5890 2.3.2.1. */

static void punycode_that_decodes(void **state)
{
    (void)state;
    /* the samples of RFC 3492 7.1 whose labels are short enough, and names in use */
    static const char *const good[] = {
        "egbpdaj6bu4bxfgehfvwxn",
        "ihqwcrb4cv8a8dqg056pqjye",
        "ihqwctvzc91f659drss3x8bo0yb",
        "Proprostnemluvesky-uyb24dma41a",
        "4dbcagdahymbxekheh6e0a7fei0b",
        "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
        "b1abfaaepdrnnbgefbadotcwatmq2g4l",
        "PorqunopuedensimplementehablarenEspaol-fmd56a",
        "TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g",
        "3B-ww4c5e180e575a65lsy2b",
        "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n",
        "Hello-Another-Way--fc4qua05auwb3674vfr0b",
        "2-u9tlzr9756bt3uc0v",
        "MajiKoi5-783gue6qz075azm5e",
        "de-jg4avhby1noc0d",
        "d9juau41awczczp",
        "bcher-kva",
        "BCHER-KVA",
        "mnchen-3ya",
        "fiqs8s",
        "80ak6aa92e",
        "zckzah",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!is_punycode(slice_of_string(good[i]))) {
            fail_msg("%s decodes", good[i]);
        }
    }
}

static void punycode_that_does_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           /* nothing */
        "-",          /* no digits */
        "ascii-",     /* all ASCII: no A-label, RFC 5890 2.3.2.1 */
        "b\374cher",  /* digits are ASCII */
        "bcher_kva",  /* no digit */
        "kv",         /* ends within a number */
        "bcher-kva8", /* likewise */
        "99999999",   /* above U+10FFFF, whatever it says */
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "0123456789012345678901234567890123456789012345678901234567890123", /* longer than a label */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (is_punycode(slice_of_string(bad[i]))) {
            fail_msg("%s does not decode", bad[i]);
        }
    }
}

/* Whatever the bytes: an answer, and no step past them. Three bytes and all their endings. */
static void every_short_label(void **state)
{
    (void)state;
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t decode = 0, count = sizeof alphabet - 1;
    for (size_t i = 0; i < count * count * count; i++) {
        char label[] = {alphabet[i % count], alphabet[i / count % count], alphabet[i / count / count]};
        for (size_t len = 1; len <= sizeof label; len++) {
            decode += is_punycode(slice_of(label, len));
        }
    }
    assert_true(decode > 10000 && decode < 3 * count * count * count);
}

#define LABEL63 "0123456789012345678901234567890123456789012345678901234567890ab"

static void names_of_hosts(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",
        "localhost",
        "server.test",
        "SERVER.test",
        "a.b.c.d.e",
        "_sip.example",
        "my-host.example",
        "-leading.example",
        "r3---sn-4g5e6nze.googlevideo.com",
        "xn--bcher-kva.example",
        "XN--BCHER-KVA.example",
        "www.xn--fiqs8s",
        LABEL63 ".test",
        "1.2.3.4.5",
        "256.1.1.1",
        LABEL63 "." LABEL63 "." LABEL63 "." LABEL63, /* 255 */
    };
    static const char *const bad[] = {
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "a\tb",
        "a/b",
        "*.example",
        "a:443",
        "[::1]",
        "b\303\274cher.example",
        LABEL63 "c.test",
        LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".a",
        "xn--",
        "xn--.example",
        "xn--a-.example",
        "xn--99999999.example",
        "www.xn--bcher-kva8.example",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(host_name_problem(slice_of_string(good[i])));
        assert_null(asked_name_problem(slice_of_string(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!host_name_problem(slice_of_string(bad[i]))) {
            fail_msg("\"%s\" is no name of a host", bad[i]);
        }
    }
    assert_non_null(host_name_problem(slice_of("a\0b", 3)));
    /* what a client is told may end with a dot, or be an address; RFC 6066 3: neither is sent */
    assert_null(asked_name_problem(slice_of_string("server.test.")));
    assert_null(asked_name_problem(slice_of_string("::1")));
    assert_null(asked_name_problem(slice_of_string("192.0.2.1")));
    assert_non_null(asked_name_problem(slice_of_string("server.test..")));
    assert_non_null(asked_name_problem(slice_of_string(".")));
}

static void addresses(void **state)
{
    (void)state;
    static const char *const literals[] = {"127.0.0.1",
                                           "::",
                                           "::1",
                                           "2001:db8::1",
                                           "::ffff:192.0.2.1",
                                           "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"};
    static const char *const names[] = {
        "",      "1.2.3", "1.2.3.4.5", "256.1.1.1",
        "[::1]", "a.b",   ":::",       "0000:0000:0000:0000:0000:ffff:255.255.255.255:0000"};
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        assert_true(is_ip_literal(slice_of_string(literals[i])));
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(is_ip_literal(slice_of_string(names[i])));
    }
    assert_false(is_ip_literal(slice_of("1.2.3.4\0", 8)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(punycode_that_decodes),
        cmocka_unit_test(punycode_that_does_not),
        cmocka_unit_test(every_short_label),
        cmocka_unit_test(names_of_hosts),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
