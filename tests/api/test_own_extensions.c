/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Extensions of the application's own, RFC 5246 7.4.1.4. */
enum { MINE = 65300, OTHER = 65301, BOTH = HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO };

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static void add(hf_config *config, uint16_t code, unsigned where, const char *body)
{
    assert_int_equal(hf_config_extension(config, code, where, text(body)), HF_OK);
}

static void expect_received(const hf_conn *conn, uint16_t code, const char *body)
{
    hf_bytes got = hf_extension_received(conn, code);
    assert_int_equal(got.data != NULL, body != NULL);
    if (body) {
        assert_int_equal(got.len, strlen(body));
        assert_memory_equal(got.data, body, got.len);
    }
}

static void both_sides_say_something(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    add(client, MINE, BOTH, "from the client");
    add(client, OTHER, HF_IN_CLIENT_HELLO, "");
    add(server, MINE, BOTH, "from the server");
    struct pair *p = pair_take(client, server, TEST_HOST);
    expect_received(p->client, MINE, NULL);
    pair_run(p);
    pair_assert_complete(p);
    expect_received(p->server, MINE, "from the client");
    expect_received(p->client, MINE, "from the server");
    expect_received(p->server, OTHER, NULL); /* not registered: ignored */
    expect_received(p->client, OTHER, NULL);
    pair_exchange(p, 100);
    pair_free(p);
    expect_received(NULL, MINE, NULL);
}

/* An empty body is told from none. */
static void empty_bodies(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    add(client, MINE, BOTH, "");
    add(server, MINE, BOTH, "");
    add(server, OTHER, BOTH, "never said: the client does not offer it");
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    expect_received(p->server, MINE, "");
    expect_received(p->client, MINE, "");
    expect_received(p->client, OTHER, NULL);
    pair_free(p);
}

static void a_server_that_only_reads(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    add(client, MINE, HF_IN_CLIENT_HELLO, "listen");
    add(server, MINE, HF_IN_CLIENT_HELLO, "ignored");
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    expect_received(p->server, MINE, "listen");
    expect_received(p->client, MINE, NULL);
    pair_free(p);
}

/* RFC 5246 7.4.1.4: where the client says that no answer belongs, an answer is refused. */
static void an_answer_where_none_belongs(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    add(client, MINE, HF_IN_CLIENT_HELLO, "listen");
    add(server, MINE, BOTH, "an answer");
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_MISPLACED_EXTENSION, 47);
    assert_non_null(strstr(hf_failed(p->client)->detail, "65300"));
    pair_free(p);
}

/* They are said anew on resumption. */
static void resumption(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    add(client, MINE, BOTH, "ask");
    add(server, MINE, BOTH, "answer");
    struct pair *p = pair_connect(client, server, TEST_HOST);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->client)->resumed);
    expect_received(p->server, MINE, "ask");
    expect_received(p->client, MINE, "answer");
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* What the library or IANA gives a meaning is nobody's own: it could touch cryptography. */
static void codes_that_are_taken(void **state)
{
    (void)state;
    static const uint16_t taken[] = {0,  1,  2,  3,  5,  10, 11, 13,    16,     21,     22,
                                     23, 28, 35, 41, 43, 47, 51, 13172, 0x0a0a, 0xfafa, 65281};
    hf_config *config = hf_config_client();
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(hf_config_extension(config, taken[i], BOTH, text("x")), HF_BAD_ARGUMENT);
    }
    assert_int_equal(hf_config_extension(config, MINE, 0, text("x")), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_extension(config, MINE, HF_IN_SERVER_HELLO, text("x")), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_extension(config, MINE, 4 | BOTH, text("x")), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_extension(config, MINE, BOTH, (hf_bytes){NULL, 1}), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_extension(NULL, MINE, BOTH, text("x")), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_extension(config, MINE, BOTH, (hf_bytes){NULL, 0}), HF_OK);
    assert_int_equal(hf_config_extension(config, MINE, BOTH, text("x")), HF_BAD_ARGUMENT); /* twice */
    assert_int_equal(hf_config_insecure_no_verification(config), HF_OK);
    test_freeze(config);
    assert_int_equal(hf_config_extension(config, OTHER, BOTH, text("x")), HF_CONFIG_FROZEN);
    hf_config_free(config);
}

/* 16 of them, 4096 bytes: as much as may be goes through, in both directions. */
static void bounds(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    hf_config *client = test_client_config(), *server = test_server_config();
    memset(bytes, 'b', sizeof bytes);
    hf_bytes most = {bytes, 4096 / 16 - 4};
    for (uint16_t i = 0; i < 16; i++) {
        assert_int_equal(hf_config_extension(client, (uint16_t)(MINE + i), BOTH, most), HF_OK);
        assert_int_equal(hf_config_extension(server, (uint16_t)(MINE + i), BOTH, most), HF_OK);
    }
    assert_int_equal(hf_config_extension(client, MINE + 16, BOTH, (hf_bytes){NULL, 0}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_send_trusted_cas(client, 15), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    for (uint16_t i = 0; i < 16; i++) {
        assert_int_equal(hf_extension_received(p->client, (uint16_t)(MINE + i)).len, most.len);
        assert_int_equal(hf_extension_received(p->server, (uint16_t)(MINE + i)).len, most.len);
    }
    pair_free(p);
    client = test_client_config();
    assert_int_equal(hf_config_extension(client, MINE, BOTH, (hf_bytes){bytes, 4093}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_extension(client, MINE, BOTH, (hf_bytes){bytes, 4092}), HF_OK);
    assert_int_equal(hf_config_extension(client, OTHER, BOTH, (hf_bytes){NULL, 0}), HF_BAD_ARGUMENT);
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_say_something),
        cmocka_unit_test(empty_bodies),
        cmocka_unit_test(a_server_that_only_reads),
        cmocka_unit_test(an_answer_where_none_belongs),
        cmocka_unit_test(resumption),
        cmocka_unit_test(codes_that_are_taken),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
