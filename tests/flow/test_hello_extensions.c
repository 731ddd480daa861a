/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

/*
 * trusted_ca_keys (RFC 6066 6), extensions of the application's own, and certificate_authorities (RFC 8446
 * 4.2.4): what a peer gets for bodies that do not decode, for saying them twice, unasked or in the wrong
 * place.
 */
enum { TRUSTED_CA = 3, AUTHORITIES = 47, MINE = 65300, BOTH = HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO };

struct change {
    enum { REPLACE, ADD, TWICE } how;
    uint16_t code;
    const void *body;
    size_t len;
};

static void change(struct hello *h, void *arg)
{
    const struct change *c = arg;
    struct hello_extension *e = hello_find(h, c->code);
    if (c->how == REPLACE) {
        assert_non_null(e);
        e->len = c->len;
        memcpy(e->body, c->body, c->len);
    } else if (c->how == TWICE) {
        assert_non_null(e);
        hello_add(h, c->code, e->body, e->len);
    } else {
        hello_add(h, c->code, c->body, c->len);
    }
}

/* Both sides have all of it, and the server acknowledges it all. */
static struct pair *talkative(void)
{
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_send_trusted_cas(client, 15), HF_OK);
    assert_int_equal(hf_config_identity_pre_agreed(server, 0), HF_OK);
    assert_int_equal(hf_config_extension(client, MINE, BOTH, (hf_bytes){NULL, 0}), HF_OK);
    assert_int_equal(hf_config_extension(server, MINE, BOTH, (hf_bytes){NULL, 0}), HF_OK);
    return pair_take(client, server, TEST_HOST);
}

static struct pair *silent(void)
{
    return pair_take(test_client_config(), test_server_config(), TEST_HOST);
}

static void refused(struct pair *p, hf_side liar, const struct change *c, hf_err err, uint8_t alert)
{
    struct hello_editor e = {.side = liar, .edit = change, .arg = (void *)(uintptr_t)c};
    edit_hello(p, &e);
    run_and_expect(p, liar == HF_CLIENT ? HF_SERVER : HF_CLIENT, err, alert);
}

/* RFC 6066 6: the list's length, each entry's, an empty name, a type nobody knows */
static void test_trusted_ca_keys_that_do_not_decode(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
    } bodies[] = {
        {"", 0},
        {"\0", 1},
        {"\0\1", 2},
        {"\0\0\0", 3},
        {"\0\2\0", 3},
        {"\0\1\1", 3},
        {"\0\1\2", 3},
        {"\0\3\2\0\0", 5},
        {"\0\4\2\0\2x", 6},
        {"\0\1\3", 3},
        {"\0\1\4", 3},
        {"\0\1\377", 3},
        {"\0\5\0\0\0\0", 6},
        {"\0\1\0\0", 4},
        {"\377\377\0", 3},
        {"\0\25\1xxxxxxxxxxxxxxxxxxx", 22},
        {"\0\26\3xxxxxxxxxxxxxxxxxxxx\1", 24},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        refused(talkative(), HF_CLIENT, &(struct change){REPLACE, TRUSTED_CA, bodies[i].body, bodies[i].len},
                HF_MALFORMED_EXTENSION, 50);
        refused(silent(), HF_CLIENT, &(struct change){ADD, TRUSTED_CA, bodies[i].body, bodies[i].len},
                HF_MALFORMED_EXTENSION, 50);
    }
}

static void test_trusted_ca_keys_that_do(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
    } bodies[] = {{"\0\0", 2},
                  {"\0\1\0", 3},
                  {"\0\3\0\0\0", 5},
                  {"\0\4\2\0\1x", 6},
                  {"\0\25\1xxxxxxxxxxxxxxxxxxxx", 23},
                  {"\0\26\3xxxxxxxxxxxxxxxxxxxx\0", 24}};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct change c = {REPLACE, TRUSTED_CA, bodies[i].body, bodies[i].len};
        struct hello_editor e = {.side = HF_CLIENT, .edit = change, .arg = &c};
        struct pair *p = talkative();
        edit_hello(p, &e);
        pair_run(p);
        pair_assert_complete(p);
        /* pre_agreed, which an empty list means too, is this server's only certificate */
        bool pre_agreed = bodies[i].len < 6 || bodies[i].len == 24;
        assert_int_equal(hf_negotiated(p->client)->trusted_ca, pre_agreed);
        pair_free(p);
    }
}

/* RFC 6066 6: the acknowledgement is empty */
static void test_acknowledgements(void **state)
{
    (void)state;
    refused(talkative(), HF_SERVER, &(struct change){REPLACE, TRUSTED_CA, "\0", 1}, HF_MALFORMED_EXTENSION,
            50);
    refused(talkative(), HF_SERVER, &(struct change){REPLACE, TRUSTED_CA, "\0\0", 2}, HF_MALFORMED_EXTENSION,
            50);
}

/* RFC 5246 7.4.1.4 */
static void test_twice_and_unasked(void **state)
{
    (void)state;
    static const uint16_t codes[] = {TRUSTED_CA, MINE};
    for (size_t i = 0; i < 2; i++) {
        refused(talkative(), HF_CLIENT, &(struct change){TWICE, codes[i], NULL, 0}, HF_DUPLICATE_EXTENSION,
                47);
        refused(talkative(), HF_SERVER, &(struct change){TWICE, codes[i], NULL, 0}, HF_DUPLICATE_EXTENSION,
                47);
        refused(silent(), HF_SERVER, &(struct change){ADD, codes[i], "", 0}, HF_UNSOLICITED_EXTENSION, 110);
    }
}

/* Whatever is in it reaches the application and nobody else. */
static void test_bodies_of_the_applications_own(void **state)
{
    (void)state;
    static uint8_t long_body[1024];
    for (size_t len = 0; len <= sizeof long_body; len += len < 4 ? 1 : 255) {
        struct change c = {REPLACE, MINE, long_body, len};
        struct hello_editor e = {.side = HF_CLIENT, .edit = change, .arg = &c};
        struct pair *p = talkative();
        edit_hello(p, &e);
        pair_run(p);
        pair_assert_complete(p);
        hf_bytes got = hf_extension_received(p->server, MINE);
        assert_int_equal(got.len, len);
        assert_memory_equal(got.data, long_body, len);
        pair_free(p);
    }
}

/* What is kept of a peer has a bound: 8 KiB, four bytes for each counted. */
static void add_eight(struct hello *h, void *arg)
{
    static const uint8_t body[1024];
    for (uint16_t i = 0; i < 8; i++) {
        hello_add(h, (uint16_t)(MINE + i), body, i < 7 ? sizeof body : *(size_t *)arg);
    }
}

static void test_more_than_is_kept(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        hf_config *server = test_server_config();
        for (uint16_t i = 0; i < 8; i++) {
            assert_int_equal(hf_config_extension(server, (uint16_t)(MINE + i), BOTH, (hf_bytes){NULL, 0}),
                             HF_OK);
        }
        struct pair *p = pair_take(test_client_config(), server, TEST_HOST);
        size_t last = 8192 - 7 * 1028 - 4 + over;
        struct hello_editor e = {.side = HF_CLIENT, .edit = add_eight, .arg = &last};
        edit_hello(p, &e);
        pair_run(p);
        if (over) {
            pair_assert_failed(p, HF_SERVER, HF_MALFORMED_EXTENSION, 50, HF_SENT);
        } else {
            assert_int_equal(hf_extension_received(p->server, MINE + 7).len, last);
        }
        pair_free(p);
    }
}

/*
 * RFC 8446 4.2.4: certificate_authorities is TLS 1.3's. A TLS 1.2 server ignores it whatever is in it, a
 * TLS 1.2 client does not send it, and takes it from nobody.
 */
static void test_certificate_authorities(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "\0\4\0\2x", "nonsense"};
    for (size_t i = 0; i < 3; i++) {
        struct change c = {ADD, AUTHORITIES, bodies[i], i == 1 ? 6 : strlen(bodies[i])};
        struct hello_editor e = {.side = HF_CLIENT, .edit = change, .arg = &c};
        struct pair *p = talkative();
        edit_hello(p, &e);
        pair_run(p);
        pair_assert_complete(p);
        assert_null(hello_find(&e.seen, AUTHORITIES));
        pair_free(p);
        refused(talkative(), HF_SERVER, &c, HF_UNSOLICITED_EXTENSION, 110);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trusted_ca_keys_that_do_not_decode),
        cmocka_unit_test(test_trusted_ca_keys_that_do),
        cmocka_unit_test(test_acknowledgements),
        cmocka_unit_test(test_twice_and_unasked),
        cmocka_unit_test(test_bodies_of_the_applications_own),
        cmocka_unit_test(test_more_than_is_kept),
        cmocka_unit_test(test_certificate_authorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
