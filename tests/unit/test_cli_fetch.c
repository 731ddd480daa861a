/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "cli/fetch.h"

/* What serve may fetch for a stranger, and what it makes of a web server's answer. */
static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static bool allows(const struct fetch_rules *rules, const char *address, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1) {
        return fetch_allows_address(rules, (const struct sockaddr *)&in, port);
    }
    assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
    return fetch_allows_address(rules, (const struct sockaddr *)&in6, port);
}

/* RFC 6890 2.2.2, RFC 4291 2.4 */
static void addresses(void **state)
{
    (void)state;
    static const char *const kept[] = {"0.0.0.0",
                                       "0.1.2.3",
                                       "10.0.0.1",
                                       "10.255.255.255",
                                       "100.64.0.1",
                                       "100.127.255.255",
                                       "127.0.0.1",
                                       "127.255.0.1",
                                       "169.254.169.254",
                                       "172.16.0.1",
                                       "172.31.255.255",
                                       "192.0.0.8",
                                       "192.0.2.1",
                                       "192.168.0.1",
                                       "192.168.255.255",
                                       "198.18.0.1",
                                       "198.19.255.255",
                                       "198.51.100.1",
                                       "203.0.113.1",
                                       "224.0.0.1",
                                       "239.1.1.1",
                                       "240.0.0.1",
                                       "255.255.255.255",
                                       "::",
                                       "::1",
                                       "::ffff:8.8.8.8",
                                       "::ffff:127.0.0.1",
                                       "64:ff9b::7f00:1",
                                       "fe80::1",
                                       "fc00::1",
                                       "fd12:3456::1",
                                       "ff02::1",
                                       "2001::1",
                                       "2001:db8::1",
                                       "2002:7f00:1::1",
                                       "3fff::1",
                                       "4000::1",
                                       "::127.0.0.1",
                                       "2001:1ff::1"};
    static const char *const free_ones[] = {"1.1.1.1",      "8.8.8.8",     "9.255.255.255", "11.0.0.1",
                                            "100.63.0.1",   "100.128.0.1", "126.1.1.1",     "172.15.0.1",
                                            "172.32.0.1",   "192.167.0.1", "192.169.0.1",   "198.17.0.1",
                                            "198.20.0.1",   "223.1.1.1",   "2001:200::1",   "2606:4700::1",
                                            "2a00:1450::1", "2003::1",     "3ffe::1"};
    struct fetch_rules none = {.count = 0};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (allows(&none, kept[i], 80)) {
            fail_msg("%s is allowed", kept[i]);
        }
    }
    for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++) {
        if (!allows(&none, free_ones[i], 80)) {
            fail_msg("%s is not allowed", free_ones[i]);
        }
    }
}

static void addresses_that_are_listed(void **state)
{
    (void)state;
    struct fetch_rules rules = {.allowed = {{"127.0.0.1", 8080}, {"::1", 80}, {"localhost", 80}}, .count = 3};
    assert_true(allows(&rules, "127.0.0.1", 8080));
    assert_false(allows(&rules, "127.0.0.1", 80));
    assert_false(allows(&rules, "127.0.0.2", 8080));
    assert_true(allows(&rules, "::1", 80));
    assert_false(allows(&rules, "::ffff:127.0.0.1", 8080));
    struct sockaddr other = {.sa_family = AF_UNIX};
    assert_false(fetch_allows_address(&rules, &other, 80));
}

static void targets(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *path, *authority;
        uint16_t port;
    } rows[] = {{"http://h", "h", "/", "h", 80},
                {"HTTP://h:81", "h", "/", "h:81", 81},
                {"http://h:/a", "h", "/a", "h:", 80},
                {"http://h?q=http://x/", "h", "/?q=http://x/", "h", 80},
                {"http://[::1]:8080/a/b?c=d", "::1", "/a/b?c=d", "[::1]:8080", 8080},
                {"http://[::1]/", "::1", "/", "[::1]", 80}};
    struct fetch_target t;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(fetch_target_of(&t, text(rows[i].url)));
        assert_string_equal(t.place.host, rows[i].host);
        assert_string_equal(t.path, rows[i].path);
        assert_string_equal(t.authority, rows[i].authority);
        assert_int_equal(t.place.port, rows[i].port);
    }
    static const char *const bad[] = {"https://h/",      "ftp://h/",     "http://",        "http://h:0/",
                                      "http://h:65536/", "http://[::1/", "http://[::1]x/", "http:///a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_non_null(fetch_target_of(&t, text(bad[i])));
    }
    struct fetch_rules rules = {.allowed = {{"pki.test", 80}}, .count = 1};
    assert_true(fetch_allows_host(&rules, &(struct fetch_place){"PKI.Test", 80}));
    assert_false(fetch_allows_host(&rules, &(struct fetch_place){"pki.test", 81}));
    assert_false(fetch_allows_host(&rules, &(struct fetch_place){"pki.test.evil", 80}));
    assert_false(fetch_allows_host(&rules, &(struct fetch_place){"evil.pki.test", 80}));
}

/* A whole one, then every prefix of it: more is waited for, or it is cut short. */
static void a_response_in_pieces(void **state)
{
    (void)state;
    static const char whole[] = "HTTP/1.1 200 OK\r\nX: y\r\ncontent-length:  5 \r\n\r\nhello";
    size_t head = strlen(whole) - 5;
    struct response_view view;
    for (size_t len = 0; len < strlen(whole); len++) {
        hf_bytes part = {(const uint8_t *)whole, len};
        assert_int_equal(response_look(part, 100, false, &view), RESPONSE_MORE);
        assert_int_equal(response_look(part, 100, true, &view), RESPONSE_REFUSED);
        assert_non_null(strstr(view.why, "cut short"));
    }
    assert_int_equal(response_look(text(whole), 5, false, &view), RESPONSE_WHOLE);
    assert_int_equal(view.content.len, 5);
    assert_ptr_equal(view.content.data, whole + head);
    assert_int_equal(response_look(text(whole), 4, false, &view), RESPONSE_REFUSED);
    assert_int_equal(response_look((hf_bytes){(const uint8_t *)whole, head}, 4, false, &view),
                     RESPONSE_REFUSED);
}

/* RFC 9112 6.3: without a length the content ends where the connection does */
static void responses(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum response wanted;
        const char *why;
    } rows[] = {
        {"HTTP/1.0 200 OK\r\n\r\nabc", RESPONSE_WHOLE, ""},
        {"HTTP/1.0 200\r\n\r\nabc", RESPONSE_WHOLE, ""},
        {"HTTP/1.0 200 OK\r\n\r\n", RESPONSE_REFUSED, "nothing"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", RESPONSE_REFUSED, "nothing"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 3x\r\n\r\nabc", RESPONSE_REFUSED, "no number"},
        {"HTTP/1.0 200 OK\r\nContent-Length: -3\r\n\r\nabc", RESPONSE_REFUSED, "no number"},
        {"HTTP/1.0 200 OK\r\nContent-Length:\r\n\r\nabc", RESPONSE_REFUSED, "no number"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 18446744073709551619\r\n\r\nabc", RESPONSE_REFUSED, "no number"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nabc", RESPONSE_WHOLE, ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc", RESPONSE_REFUSED, "coding"},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabc", RESPONSE_REFUSED, "coding"},
        {"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\nabc", RESPONSE_REFUSED, "redirects"},
        {"HTTP/1.1 307 \r\n\r\nabc", RESPONSE_REFUSED, "redirects"},
        {"HTTP/1.1 404 No\r\n\r\nabc", RESPONSE_REFUSED, "404"},
        {"HTTP/1.1 204 No\r\n\r\n", RESPONSE_REFUSED, "another status"},
        {"HTTP/1.1 2000 OK\r\n\r\nabc", RESPONSE_REFUSED, "does not speak HTTP"},
        {"HTTP/2.0 200 OK\r\n\r\nabc", RESPONSE_REFUSED, "does not speak HTTP"},
        {"SSH-2.0-OpenSSH\r\n\r\n", RESPONSE_REFUSED, "does not speak HTTP"},
        {"\r\n\r\n", RESPONSE_REFUSED, "does not speak HTTP"}};
    struct response_view view;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(response_look(text(rows[i].bytes), 100, true, &view), rows[i].wanted);
        assert_non_null(strstr(view.why, rows[i].why));
    }
    static char endless[RESPONSE_HEAD_MOST + 1];
    memset(endless, 'x', RESPONSE_HEAD_MOST);
    assert_int_equal(response_look(text(endless), 100, false, &view), RESPONSE_REFUSED);
    assert_int_equal(response_look((hf_bytes){NULL, 0}, 100, false, &view), RESPONSE_MORE);
    assert_int_equal(response_look((hf_bytes){NULL, 0}, 100, true, &view), RESPONSE_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(addresses_that_are_listed),
        cmocka_unit_test(targets),   cmocka_unit_test(a_response_in_pieces),
        cmocka_unit_test(responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
