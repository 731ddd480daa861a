/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "handshake/certificate_url.h"

/* What CertificateURL is made of, RFC 6066 5, 10.1. */

/* X.690 8.1.3: lengths in their shortest form, at each border; what is encoded decodes to what it was. */
static void pkipaths_of_every_length(void **state)
{
    (void)state;
    static const size_t sizes[] = {2,     100,   0x7f,   0x80,   0x81,    0xff,
                                   0x100, 0x101, 0x1000, 0xffff, 0x10000, 0x12345};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buffer chain = {.limit = 1 << 20}, path = {.limit = 1 << 20}, back = {.limit = 1 << 20};
        uint8_t *der = calloc(1, sizes[i]);
        size_t len = sizes[i],
               header = len < 0x82      ? 2
                        : len < 0x103   ? 3
                        : len < 0x10004 ? 4
                                        : 5,
               content = len - header;
        der[0] = 0x30;
        der[1] = (uint8_t)(header == 2 ? content : 0x80 + header - 2);
        for (size_t at = 2; at < header; at++) {
            der[at] = (uint8_t)(content >> 8 * (header - 1 - at));
        }
        bool shortest = header == 2 || content >> 8 * (header - 3) >= (header == 3 ? 0x80 : 1);
        assert_int_equal(chain_append(slice_of(der, len), &chain), shortest ? OK : E_MALFORMED_CERTIFICATE);
        if (shortest) {
            assert_int_equal(chain_append(slice_of("\60\1x", 3), &chain), OK);
            assert_int_equal(pkipath_encode(buffer_slice(&chain), &path), OK);
            assert_memory_equal(buffer_slice(&path).data + buffer_len(&path) - len, der,
                                len); /* the leaf is last */
            assert_int_equal(pkipath_decode(buffer_slice(&path), &back), OK);
            assert_true(slice_equal(buffer_slice(&chain), buffer_slice(&back)));
        }
        free(der);
        buffer_free(&chain);
        buffer_free(&path);
        buffer_free(&back);
    }
}

static void pkipaths_that_are_none(void **state)
{
    (void)state;
    static const uint8_t good[] = {0x30, 6, 0x30, 1, 'a', 0x30, 1, 'b'};
    struct buffer chain = {.limit = 1000};
    assert_int_equal(pkipath_decode(slice_of(good, sizeof good), &chain), OK);
    static const uint8_t expected[] = {0, 0, 3, 0x30, 1, 'b', 0, 0, 3, 0x30, 1, 'a'};
    assert_true(slice_equal(buffer_slice(&chain), slice_of(expected, sizeof expected)));
    buffer_free(&chain);
    for (size_t len = 0; len < sizeof good; len++) {
        chain = (struct buffer){.limit = 1000};
        assert_int_equal(pkipath_decode(slice_of(good, len), &chain), E_MALFORMED_CERTIFICATE);
        buffer_free(&chain);
    }
    uint8_t many[2 + 11 * 2] = {0x30, 22};
    for (size_t i = 0; i < 11; i++) {
        many[2 + 2 * i] = 0x30;
    }
    assert_int_equal(pkipath_decode(slice_of(many, sizeof many), &chain), E_MALFORMED_CERTIFICATE);
    many[1] = 20; /* ten are the most */
    chain = (struct buffer){.limit = 1000};
    assert_int_equal(pkipath_decode(slice_of(many, sizeof many - 2), &chain), OK);
    buffer_free(&chain);
    chain = (struct buffer){.limit = 49};
    assert_int_equal(pkipath_decode(slice_of(many, sizeof many - 2), &chain), E_BUFFER_LIMIT);
    buffer_free(&chain);
}

/* RFC 3986 3, 4.3 */
static void kinds_of_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        size_t len;
        enum url_kind kind;
    } rows[] = {
#define ROW(url, kind) {url, sizeof(url) - 1, kind}
        ROW("http://h", URL_HTTP),         ROW("HTTPS://H:443/?q", URL_HTTP),
        ROW("http://[::1]:80/", URL_HTTP), ROW("http://h:/", URL_HTTP),
        ROW("http://h%41/", URL_HTTP),     ROW("ftp://h/", URL_OTHER),
        ROW("httpx://h/", URL_OTHER),      ROW("htt://h/", URL_OTHER),
        ROW("mailto:a@b", URL_OTHER),      ROW("", URL_MALFORMED),
        ROW(":", URL_MALFORMED),           ROW("http", URL_MALFORMED),
        ROW("http:", URL_MALFORMED),       ROW("http:/h", URL_MALFORMED),
        ROW("http://", URL_MALFORMED),     ROW("http://:80", URL_MALFORMED),
        ROW("http://a@h/", URL_MALFORMED), ROW("http://h\0/", URL_MALFORMED),
        ROW("h\0:x", URL_MALFORMED),       ROW("http://h/\r\nX:", URL_MALFORMED),
        ROW("http://h/#f", URL_MALFORMED), ROW("http://h:8a/", URL_MALFORMED),
        ROW("http://[::1", URL_MALFORMED), ROW("http://h/\177", URL_MALFORMED),
        ROW("+ttp://h/", URL_MALFORMED),   ROW("http://h/\"", URL_MALFORMED),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (url_kind(slice_of(rows[i].url, rows[i].len)) != rows[i].kind) {
            fail_msg("%s", rows[i].url);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkipaths_of_every_length),
        cmocka_unit_test(pkipaths_that_are_none),
        cmocka_unit_test(kinds_of_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
