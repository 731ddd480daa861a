/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/*
 * CertificateURL as no honest client sends it, RFC 6066 5; the hellos about it; and content that has the hash
 * that the client gave and is no certificate.
 */
enum { CERTIFICATE_URL_TYPE = 21, EXTENSION = 2 };

static hf_config *fetching_server(hf_client_auth auth)
{
    hf_config *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, auth), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_FETCH_URL), HF_OK);
    return server;
}

static hf_config *client_with_url(void)
{
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    assert_int_equal(hf_config_identity_url(client, 0, true, "http://pki.test/p"), HF_OK);
    return client;
}

/* ---- another message ---- */
struct lie {
    struct test_bytes body;
    hf_bytes content; /* what the fetch brings */
    bool asked;
};

static void say(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    struct lie *lie = arg;
    (void)index;
    if (type == CERTIFICATE_URL_TYPE) {
        test_bytes_free(record);
        put_handshake(record, type, lie->body.data, lie->body.len);
    }
}

static bool fetch(void *arg, struct pair *pair, hf_conn *asked)
{
    struct lie *lie = arg;
    (void)pair;
    lie->asked = true;
    assert_int_equal(hf_answer_fetched(asked, lie->content), HF_OK);
    return true;
}

static void add_entry(struct lie *lie, const char *url, size_t len, uint8_t padding)
{
    uint8_t entry[3000], *sha1 = entry + 3 + len;
    assert_true(len < sizeof entry - 30);
    entry[0] = (uint8_t)(len >> 8);
    entry[1] = (uint8_t)len;
    memcpy(entry + 2, url, len);
    entry[2 + len] = padding;
    SHA1(lie->content.data ? lie->content.data : entry, lie->content.len, sha1);
    test_bytes_add(&lie->body, entry, len + 23);
    size_t list = lie->body.len - 3;
    lie->body.data[1] = (uint8_t)(list >> 8);
    lie->body.data[2] = (uint8_t)list;
}

static struct lie of_type(uint8_t type)
{
    struct lie lie = {.content = {NULL, 0}};
    const uint8_t head[] = {type, 0, 0};
    test_bytes_add(&lie.body, head, sizeof head);
    return lie;
}

static void tell(struct lie *lie, hf_client_auth auth, hf_err err, uint8_t alert)
{
    struct pair *p = pair_take(client_with_url(), fetching_server(auth), TEST_HOST);
    struct message_editor e = {.from = HF_CLIENT, .edit = say, .arg = lie};
    p->ask = fetch;
    p->ask_arg = lie;
    edit_messages(p, &e);
    pair_run(p);
    pair_assert_failed(p, HF_SERVER, err, alert, HF_SENT);
    pair_free(p);
    test_bytes_free(&lie->body);
}

#define URL "http://pki.test/a"
static void add(struct lie *lie, const char *url)
{
    add_entry(lie, url, strlen(url), 1);
}

/* "The padding byte MUST be 0x01"; types nobody knows; more than one PkiPath; what is no absolute URI */
static void test_what_it_may_not_say(void **state)
{
    (void)state;
    for (unsigned padding = 0; padding < 256; padding += padding == 0 ? 2 : 253) {
        struct lie lie = of_type(0);
        add_entry(&lie, URL, strlen(URL), (uint8_t)padding);
        tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_BAD_CERTIFICATE_URL, 47);
    }
    for (unsigned type = 2; type < 256; type += type < 4 ? 1 : 84) {
        struct lie lie = of_type((uint8_t)type);
        add(&lie, URL);
        tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_BAD_CERTIFICATE_URL, 47);
    }
    struct lie two = of_type(1);
    add(&two, URL);
    add(&two, URL);
    tell(&two, HF_CLIENT_AUTH_REQUEST, HF_BAD_CERTIFICATE_URL, 47);
    static const char *const urls[] = {"a.cer",       "//pki.test/a", "http:a",
                                       "http://a b/", "http://u@h/",  "1://h/"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct lie lie = of_type(0);
        add(&lie, urls[i]);
        tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_BAD_CERTIFICATE_URL, 47);
        assert_false(lie.asked);
    }
    struct lie nul = of_type(0);
    add_entry(&nul, "http://h\0.test/", 15, 1);
    tell(&nul, HF_CLIENT_AUTH_REQUEST, HF_BAD_CERTIFICATE_URL, 47);
}

/* Every strict prefix of a good one, a byte behind, an empty list, an empty URL */
static void test_what_does_not_decode(void **state)
{
    (void)state;
    struct lie good = of_type(0);
    add(&good, URL);
    for (size_t len = 0; len < good.body.len; len++) {
        struct lie lie = {.content = {NULL, 0}};
        test_bytes_add(&lie.body, good.body.data, len);
        tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_MALFORMED_MESSAGE, 50);
        if (len > 3) { /* the same with a list length that adds up */
            lie = of_type(0);
            test_bytes_add(&lie.body, good.body.data + 3, len - 3);
            lie.body.data[2] = (uint8_t)(len - 3);
            tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_MALFORMED_MESSAGE, 50);
        }
    }
    test_bytes_add(&good.body, "", 1);
    tell(&good, HF_CLIENT_AUTH_REQUEST, HF_MALFORMED_MESSAGE, 50);
    struct lie empty = of_type(0);
    add(&empty, "");
    tell(&empty, HF_CLIENT_AUTH_REQUEST, HF_MALFORMED_MESSAGE, 50);
}

/* Our own bounds: ten URLs, of 1024 bytes each. */
static void test_more_than_is_accepted(void **state)
{
    (void)state;
    char url[1026] = "http://pki.test/";
    memset(url + 16, 'a', 1025 - 16);
    struct lie lie = of_type(0);
    add(&lie, url);
    tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_MESSAGE_TOO_LONG, 47);
    lie = of_type(0);
    for (int i = 0; i < 11; i++) {
        add(&lie, URL);
    }
    tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_MESSAGE_TOO_LONG, 47);
    assert_false(lie.asked);
}

/* RFC 6066 5: other schemes MAY be supported; here they cannot be obtained. */
static void test_other_schemes(void **state)
{
    (void)state;
    static const char *const urls[] = {"ftp://pki.test/a", "file:///etc/passwd", "ldap://h/", "x-y.z+1:a"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct lie lie = of_type(0);
        add(&lie, urls[i]);
        tell(&lie, HF_CLIENT_AUTH_REQUIRE, HF_CERTIFICATE_UNOBTAINABLE, 111);
        assert_false(lie.asked);
    }
}

/* The hash is right, and it is no certificate, or no PkiPath. */
static void test_content_that_is_no_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t len;
    } contents[] = {{"x", 1},
                    {"<html>", 6},
                    {"\60", 1},
                    {"\60\2\60", 3},
                    {"\60\0\0", 3},
                    {"\60\200\0\0", 4},
                    {"\60\2\2\0", 4},
                    {"\60\0", 2},
                    {"\60\2\60\0", 4},
                    {"\60\4\60\0\60", 5},
                    {"\60\3\60\0\5", 5},
                    {"\61\2\60\0", 4},
                    {"\60\30\60\0\60\0\60\0\60\0\60\0\60\0\60\0\60\0\60\0\60\0\60\0\60\0", 26}};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        for (uint8_t type = 0; type < 2; type++) {
            struct lie lie = of_type(type);
            lie.content = (hf_bytes){(const uint8_t *)contents[i].content, contents[i].len};
            add(&lie, URL);
            tell(&lie, HF_CLIENT_AUTH_REQUEST, HF_MALFORMED_CERTIFICATE, 42);
            assert_true(lie.asked);
        }
    }
}

/* ---- hellos ---- */
static void change(struct hello *h, void *arg)
{
    struct hello_extension *e = hello_find(h, EXTENSION);
    switch (*(const int *)arg) {
    case 0:
        assert_non_null(e);
        e->body[0] = 0;
        e->len = 1;
        break;
    case 1:
        assert_non_null(e);
        hello_add(h, EXTENSION, "", 0);
        break;
    default:
        assert_null(e);
        hello_add(h, EXTENSION, "", 0);
    }
}

static void refused(hf_config *client, hf_side liar, int how, hf_err err, uint8_t alert)
{
    struct pair *p = pair_take(client, fetching_server(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    struct hello_editor e = {.side = liar, .edit = change, .arg = &how};
    edit_hello(p, &e);
    run_and_expect(p, liar == HF_CLIENT ? HF_SERVER : HF_CLIENT, err, alert);
}

/* RFC 6066 5: "SHALL be empty", both ways; twice; unasked */
static void test_the_extension(void **state)
{
    (void)state;
    refused(client_with_url(), HF_CLIENT, 0, HF_MALFORMED_EXTENSION, 50);
    refused(client_with_url(), HF_SERVER, 0, HF_MALFORMED_EXTENSION, 50);
    refused(client_with_url(), HF_CLIENT, 1, HF_DUPLICATE_EXTENSION, 47);
    refused(client_with_url(), HF_SERVER, 1, HF_DUPLICATE_EXTENSION, 47);
    refused(test_client_config(), HF_SERVER, 2, HF_UNSOLICITED_EXTENSION, 110);
}

/* Not agreed on, the message is out of place. */
static void insert(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    struct lie *lie = arg;
    (void)index;
    if (type == 11) {
        test_bytes_free(record);
        put_handshake(record, CERTIFICATE_URL_TYPE, lie->body.data, lie->body.len);
    }
}

static void test_a_message_that_was_not_agreed_on(void **state)
{
    (void)state;
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    struct pair *p = pair_take(client, fetching_server(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    struct lie lie = of_type(0);
    add(&lie, URL);
    struct message_editor e = {.from = HF_CLIENT, .edit = insert, .arg = &lie};
    edit_messages(p, &e);
    pair_run(p);
    pair_assert_failed(p, HF_SERVER, HF_UNEXPECTED_MESSAGE, 10, HF_SENT);
    assert_string_equal(hf_failed(p->server)->got, "CertificateURL");
    pair_free(p);
    test_bytes_free(&lie.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_may_not_say),
        cmocka_unit_test(test_what_does_not_decode),
        cmocka_unit_test(test_more_than_is_accepted),
        cmocka_unit_test(test_other_schemes),
        cmocka_unit_test(test_content_that_is_no_certificate),
        cmocka_unit_test(test_the_extension),
        cmocka_unit_test(test_a_message_that_was_not_agreed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
