/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Application-layer protocol negotiation, RFC 7301. Checklist A2. */

struct row {
    const char *client, *server;
    bool decline;
    const char *chosen; /* NULL: none */
};

static const struct row agreeing[] = {
    {"h2,http/1.1", "h2,http/1.1", false, "h2"},
    {"http/1.1,h2", "h2,http/1.1", false, "h2"}, /* the server's order decides: RFC 7301 3.2 */
    {"http/1.1", "h2,http/1.1", false, "http/1.1"},
    {" h2 , x ", "x", false, "x"},
    {NULL, "h2", false, NULL}, /* a client that does not ask gets none */
    {"h2", NULL, false, NULL}, /* and neither does one whom nobody answers */
    {"h2", "http/1.1", true, NULL},
};

static hf_config *with(hf_config *config, const char *list, bool decline)
{
    if (list) {
        assert_int_equal(hf_config_alpn(config, list, decline), HF_OK);
    }
    return config;
}

static void assert_chosen(const struct pair *p, const char *name)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const char *alpn = hf_negotiated(pair_conn(p, side))->alpn;
        if (name) {
            assert_non_null(alpn);
            assert_string_equal(alpn, name);
        } else {
            assert_null(alpn);
        }
    }
}

static void agrees_or_declines_also_when_resumed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof agreeing / sizeof *agreeing; i++) {
        const struct row *r = &agreeing[i];
        hf_config *client = with(test_client_config(), r->client, false);
        hf_config *server = with(test_server_config(), r->server, r->decline);
        struct pair *p = pair_connect(client, server, TEST_HOST);
        pair_assert_complete(p);
        assert_chosen(p, r->chosen);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_resume(client, server, TEST_HOST, session);
        pair_assert_complete(p);
        assert_true(hf_negotiated(p->client)->resumed);
        assert_chosen(p, r->chosen);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
}

/* A2: no_application_protocol(120), RFC 7301 3.2. */
static void refuses_where_nothing_is_in_common(void **state)
{
    (void)state;
    struct pair *p = pair_take(with(test_client_config(), "h2,h3", false),
                               with(test_server_config(), "http/1.1", false), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_NO_APPLICATION_PROTOCOL, 120);
    pair_free(p);
}

static void lists_that_cannot_be(void **state)
{
    (void)state;
    char name[258], many[1100];
    memset(name, 'x', 256);
    name[256] = 0;
    memset(many, 'y', sizeof many);
    for (size_t i = 100; i < sizeof many; i += 100) {
        many[i] = ',';
    }
    many[sizeof many - 1] = 0;
    hf_config *config = test_client_config();
    assert_int_equal(hf_config_alpn(config, name, false), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_alpn(config, many, false), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_alpn(config, "h2,,x", false), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_alpn(config, NULL, false), HF_NULL_ARGUMENT);
    name[255] = 0;
    assert_int_equal(hf_config_alpn(config, name, false), HF_OK);
    hf_config *server = with(test_server_config(), name, false);
    struct pair *p = pair_take(config, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_chosen(p, name);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_or_declines_also_when_resumed),
        cmocka_unit_test(refuses_where_nothing_is_in_common),
        cmocka_unit_test(lists_that_cannot_be),
    };
    return cmocka_run_group_tests_name("api/alpn", tests, NULL, NULL);
}
