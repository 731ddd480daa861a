/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* SupplementalData (RFC 4680) and user mapping (RFC 4681) as an application uses them. Checklist U2, U3, U4,
 * U5, U7. */
#define TYPE 65400
#define EXTENSION 65300
#define LARGEST 65529 /* RFC 4680 2 allows more; supplemental.h says why not here */

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static hf_supplemental_type row(hf_supplemental_when when)
{
    return (hf_supplemental_type){
        .type = TYPE, .extension = EXTENSION, .client_sends = true, .server_sends = true, .when = when};
}

static hf_config *with_row(hf_config *config, hf_supplemental_when when)
{
    hf_supplemental_type r = row(when);
    assert_int_equal(hf_config_supplemental(config, &r), HF_OK);
    return config;
}

/* What each side answers, and what it saw when it was asked. */
struct script {
    hf_bytes say[2]; /* by hf_side; data NULL: nothing */
    unsigned asked[2];
    bool saw_early, in_clear;
};

static bool answer(void *arg, struct pair *pair, hf_conn *asked)
{
    struct script *s = arg;
    hf_side side = asked == pair->client ? HF_CLIENT : HF_SERVER;
    hf_question q;
    if (hf_asked(asked, &q) != HF_ASK_SUPPLEMENTAL) {
        return false;
    }
    s->asked[side]++;
    s->in_clear = q.in_clear;
    /* U4: the server's data came, but no Finished yet */
    s->saw_early |= hf_supplemental_received(asked, 0, NULL);
    assert_int_equal(q.supplemental_types.len, 2);
    assert_int_equal(q.supplemental_types.data[0] << 8 | q.supplemental_types.data[1], TYPE);
    hf_supplemental entry = {.type = TYPE, .data = s->say[side]};
    assert_int_equal(hf_answer_supplemental(asked, &entry, s->say[side].data ? 1 : 0), HF_OK);
    assert_int_equal(hf_answer_supplemental(asked, NULL, 0), HF_NOT_ASKED);
    return true;
}

static void converse(struct pair *p, struct script *s)
{
    p->ask = answer;
    p->ask_arg = s;
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 100);
}

static void assert_got(const hf_conn *conn, hf_bytes said)
{
    hf_supplemental got;
    assert_int_equal(hf_supplemental_received(conn, 0, &got), said.data != NULL);
    if (said.data) {
        assert_int_equal(got.type, TYPE);
        assert_int_equal(got.data.len, said.len);
        assert_memory_equal(got.data.data, said.data, said.len);
        assert_true(got.unauthenticated && got.in_clear);
    }
    assert_false(hf_supplemental_received(conn, 1, NULL));
}

/* U3, U4: each side sends or does not; what was sent is there once the Finished that covers it is. */
static void u4_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct script s = {.say = {[HF_CLIENT] = i & 1 ? text("from the client") : (hf_bytes){NULL, 0},
                                   [HF_SERVER] = i & 2 ? text("from the server") : (hf_bytes){NULL, 0}}};
        struct pair *p = pair_take(with_row(test_client_config(), HF_UNSAFE_IN_CLEAR),
                                   with_row(test_server_config(), HF_UNSAFE_IN_CLEAR), TEST_HOST);
        converse(p, &s);
        assert_int_equal(s.asked[HF_CLIENT], 1);
        assert_int_equal(s.asked[HF_SERVER], 1);
        assert_false(s.saw_early);
        assert_true(s.in_clear);
        assert_got(p->server, s.say[HF_CLIENT]);
        assert_got(p->client, s.say[HF_SERVER]);
        assert_int_equal(strstr(p->steps[HF_SERVER], "SupplementalData") != NULL, i != 0);
        pair_free(p);
    }
}

/* A message in many records, as large as may be. */
static void large_data(void **state)
{
    (void)state;
    uint8_t *bytes = malloc(LARGEST);
    assert_non_null(bytes);
    memset(bytes, 'x', LARGEST);
    for (size_t chunk = 0; chunk < 2; chunk++) {
        struct script s = {.say = {{bytes, LARGEST}, {bytes, LARGEST}}};
        struct pair *p = pair_take(with_row(test_client_config(), HF_UNSAFE_IN_CLEAR),
                                   with_row(test_server_config(), HF_UNSAFE_IN_CLEAR), TEST_HOST);
        p->chunk = chunk * 997;
        converse(p, &s);
        assert_got(p->server, s.say[HF_CLIENT]);
        assert_got(p->client, s.say[HF_SERVER]);
        pair_free(p);
    }
    free(bytes);
}

/* A flight of all that may be large, whatever may wait unsent otherwise. */
static void large_data_beside_a_long_chain(void **state)
{
    (void)state;
    enum { ROOTS = 200 };
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_bytes root = test_pki()->root;
    struct test_bytes chain = {0};
    uint8_t *bytes = calloc(1, LARGEST);
    assert_non_null(bytes);
    test_bytes_add(&chain, of->chain.data, of->chain.len);
    for (size_t i = 0; i < ROOTS; i++) {
        test_bytes_add(&chain, root.data, root.len);
    }
    struct test_identity longer = *of;
    longer.chain = (hf_bytes){chain.data, chain.len};
    hf_config *client = with_row(test_client_config(), HF_UNSAFE_IN_CLEAR),
              *server = with_row(test_server_without_identity(), HF_UNSAFE_IN_CLEAR);
    test_add_identity(server, &longer);
    assert_int_equal(hf_config_limits(client, 300000, 0), HF_OK);
    assert_int_equal(hf_config_limits(server, 1, 1), HF_OK);
    struct script s = {.say = {{bytes, 1}, {bytes, LARGEST}}};
    struct pair *p = pair_take(client, server, TEST_HOST);
    converse(p, &s);
    assert_got(p->client, s.say[HF_SERVER]);
    pair_free(p);
    free(bytes);
    test_bytes_free(&chain);
}

/* What the client says in the clear must not hold the extension: found by its code. */
struct search {
    uint16_t extension;
    bool found;
};

static void look(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct search *s = arg;
    (void)pair, (void)from;
    for (size_t i = 0; i + 3 < bytes->len; i++) {
        s->found |= (bytes->data[i] << 8 | bytes->data[i + 1]) == s->extension && bytes->data[i + 2] == 0 &&
                    bytes->data[i + 3] <= 2;
    }
}

/* Without the one explicit choice nothing is offered, answered or asked in the clear: RFC 4680 4. */
static void not_in_the_clear(void **state)
{
    (void)state;
    static const hf_supplemental_when whens[] = {HF_UNDER_PROTECTION, HF_UNSAFE_IN_CLEAR};
    for (int i = 0; i < 3; i++) { /* both say so, or one does */
        struct script s = {.say = {text("c"), text("s")}};
        struct search search = {.extension = EXTENSION};
        struct pair *p = pair_take(with_row(test_client_config(), whens[i == 1]),
                                   with_row(test_server_config(), whens[i == 2]), TEST_HOST);
        p->hook = look;
        p->hook_arg = &search;
        converse(p, &s);
        assert_int_equal(search.found, i == 1); /* a server that keeps it under protection does not answer */
        assert_int_equal(s.asked[HF_CLIENT] + s.asked[HF_SERVER], 0);
        assert_false(hf_supplemental_received(p->server, 0, NULL));
        assert_false(hf_supplemental_received(p->client, 0, NULL));
        pair_free(p);
    }
}

/* U7: not in an abbreviated handshake, and not kept with the session. */
static void u7_not_when_resumed(void **state)
{
    (void)state;
    struct script s = {.say = {text("from the client"), text("from the server")}};
    hf_config *client = with_row(test_client_config(), HF_UNSAFE_IN_CLEAR),
              *server = with_row(test_server_config(), HF_UNSAFE_IN_CLEAR);
    struct pair *p = pair_new(client, server, TEST_HOST);
    converse(p, &s);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    converse(p, &s);
    assert_true(hf_negotiated(p->client)->resumed);
    assert_null(strstr(p->steps[HF_SERVER], "SupplementalData"));
    assert_false(hf_supplemental_received(p->server, 0, NULL));
    assert_false(hf_supplemental_received(p->client, 0, NULL));
    assert_int_equal(s.asked[HF_CLIENT], 1); /* the first time */
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- answers and rows that cannot be ---- */
static bool let_wait(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)arg, (void)pair, (void)asked;
    return false;
}

static void bad_answers(void **state)
{
    (void)state;
    static uint8_t huge[65536];
    const hf_supplemental twice[] = {{.type = TYPE, .data = text("a")}, {.type = TYPE, .data = text("b")}},
                          other = {.type = TYPE + 1, .data = text("a")},
                          none = {.type = TYPE, .data = {NULL, 1}},
                          too_long = {.type = TYPE, .data = {huge, sizeof huge}},
                          full = {.type = TYPE, .data = {huge, LARGEST + 1}};
    struct pair *p = pair_take(with_row(test_client_config(), HF_UNSAFE_IN_CLEAR),
                               with_row(test_server_config(), HF_UNSAFE_IN_CLEAR), TEST_HOST);
    p->ask = let_wait;
    assert_int_equal(hf_answer_supplemental(p->server, NULL, 0), HF_NOT_ASKED);
    pair_run(p);
    assert_int_equal(hf_asked(p->server, NULL), HF_ASK_SUPPLEMENTAL);
    assert_int_equal(hf_answer_supplemental(p->server, twice, 2), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_supplemental(p->server, &other, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_supplemental(p->server, &none, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_supplemental(p->server, &too_long, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_supplemental(p->server, &full, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_supplemental(p->server, NULL, 1), HF_NULL_ARGUMENT);
    assert_int_equal(hf_asked(p->server, NULL), HF_ASK_SUPPLEMENTAL); /* still */
    assert_int_equal(hf_answer_supplemental(p->server, twice, 1), HF_OK);
    pair_run(p);
    assert_int_equal(hf_answer_supplemental(p->client, NULL, 0), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_got(p->client, text("a"));
    pair_free(p);
}

static void rows_that_cannot_be(void **state)
{
    (void)state;
    hf_config *c = test_client_config();
    hf_supplemental_type good = row(HF_UNSAFE_IN_CLEAR), bad = good;
    assert_int_equal(hf_config_supplemental(c, &good), HF_OK);
    assert_int_equal(hf_config_supplemental(c, &good), HF_BAD_ARGUMENT); /* twice */
    bad.type = TYPE + 1;
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT); /* the extension is there */
    bad.extension = EXTENSION + 1;
    bad.type = TYPE;
    assert_int_equal(hf_config_supplemental(c, &bad),
                     HF_BAD_ARGUMENT); /* the type is there, for both senders */
    bad.type = 0;
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT); /* hf_config_user_mapping */
    bad.type = TYPE + 1;
    bad.extension = 0;
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT); /* server_name */
    bad.extension = EXTENSION + 1;
    bad.client_sends = bad.server_sends = false;
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT);
    bad.client_sends = true;
    bad.extension_data = (hf_bytes){(const uint8_t *)"", 257};
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT);
    bad.extension_data.len = 0;
    assert_int_equal(hf_config_extension(c, EXTENSION, HF_IN_CLIENT_HELLO, text("")), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_extension(c, EXTENSION + 100, HF_IN_CLIENT_HELLO, text("")), HF_OK);
    bad.extension = EXTENSION + 100; /* the application's own already */
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT);
    bad.extension = EXTENSION + 1;
    assert_int_equal(hf_config_supplemental(c, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_supplemental(NULL, &bad), HF_NULL_ARGUMENT);
    for (int i = 0; i < 15; i++, bad.type++, bad.extension++) {
        assert_int_equal(hf_config_supplemental(c, &bad), HF_OK);
    }
    assert_int_equal(hf_config_supplemental(c, &bad), HF_BAD_ARGUMENT); /* 16 are enough */
    test_freeze(c);
    assert_int_equal(hf_config_supplemental(c, &bad), HF_CONFIG_FROZEN);
    hf_config_free(c);
}

/* A row that is to be hidden by a second handshake is not made to wait for one that never comes. */
static void a_row_holds_the_double_handshake(void **state)
{
    (void)state;
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_double_handshake(c, true), HF_OK);
    assert_int_equal(hf_config_double_handshake(c, false), HF_OK);
    hf_supplemental_type after = row(HF_AFTER_DOUBLE_HANDSHAKE);
    assert_int_equal(hf_config_supplemental(c, &after), HF_OK);
    assert_int_equal(hf_config_double_handshake(c, false), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_double_handshake(c, true), HF_OK);
    hf_config_free(c);
    c = with_row(test_client_config(), HF_UNSAFE_IN_CLEAR);
    assert_int_equal(hf_config_double_handshake(c, false), HF_OK);
    hf_config_free(c);
}

/* ---- user mapping: RFC 4681 ---- */
static hf_user_mapping hint_of(const char *upn, const char *domain)
{
    return (hf_user_mapping){text(upn), text(domain)};
}

static struct pair *mapping_pair(hf_config *client, const hf_user_mapping *hint)
{
    hf_config *server = test_server_config();
    assert_int_equal(hf_config_user_mapping(client, hint, HF_UNSAFE_IN_CLEAR), HF_OK);
    assert_int_equal(hf_config_user_mapping(server, NULL, HF_UNSAFE_IN_CLEAR), HF_OK);
    return pair_take(client, server, TEST_HOST);
}

/* RFC 4681 3, 6; U4. */
static void u4_a_hint_arrives(void **state)
{
    (void)state;
    static const char *const hints[][2] = {
        {"alice@example.com", ""}, {"", "example.com"}, {"j\xc3\xb6rg@xn--jrg-sna.example", "example.com"}};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        hf_user_mapping said = hint_of(hints[i][0], hints[i][1]), got;
        struct pair *p = mapping_pair(test_client_config(), &said);
        pair_run(p);
        pair_assert_complete(p);
        assert_true(hf_user_mapping_hint(p->server, 0, &got));
        assert_int_equal(got.user_principal_name.len, said.user_principal_name.len);
        assert_memory_equal(got.user_principal_name.data, said.user_principal_name.data,
                            got.user_principal_name.len);
        assert_int_equal(got.domain_name.len, said.domain_name.len);
        assert_memory_equal(got.domain_name.data, said.domain_name.data, got.domain_name.len);
        assert_false(hf_user_mapping_hint(p->server, 1, &got));
        assert_false(hf_user_mapping_hint(p->client, 0, &got));
        assert_null(hf_negotiated(p->server)->peer_subject); /* a hint is nobody's identity */
        pair_free(p);
    }
}

/* U5: RFC 4681 5: a server that was not verified gets none, whatever it agreed to. */
static void u5_only_to_a_recognised_server(void **state)
{
    (void)state;
    hf_config *client = test_client_config();
    hf_user_mapping said = hint_of("alice@example.com", ""), got;
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    struct pair *p = mapping_pair(client, &said);
    pair_run(p);
    pair_assert_complete(p); /* verified all the same, because its chain is fine: the hint is given */
    assert_true(hf_user_mapping_hint(p->server, 0, &got));
    assert_true(hf_user_mapping_hint(p->server, 0, NULL));
    assert_false(hf_user_mapping_hint(p->server, 1, NULL));
    pair_free(p);

    client = hf_config_client(); /* trusts nobody */
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
    p = mapping_pair(client, &said);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(strstr(p->steps[HF_SERVER], "SupplementalData"));
    assert_false(hf_user_mapping_hint(p->server, 0, &got));
    pair_free(p);
}

/* U3: asked, and nothing said. */
static void u3_nothing_is_sent(void **state)
{
    (void)state;
    hf_user_mapping got;
    struct pair *p = mapping_pair(test_client_config(), NULL);
    p->ask = let_wait;
    pair_run(p);
    assert_int_equal(hf_asked(p->client, NULL), HF_ASK_SUPPLEMENTAL);
    const hf_supplemental bad = {.type = 0, .data = text("no list")};
    assert_int_equal(hf_answer_supplemental(p->client, &bad, 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_supplemental(p->client, NULL, 0), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_false(hf_user_mapping_hint(p->server, 0, &got));
    pair_exchange(p, 10);
    pair_free(p);
}

/* And said after having been asked. */
static void a_hint_in_answer(void **state)
{
    (void)state;
    uint8_t list[256];
    size_t len = sizeof list;
    hf_user_mapping said = hint_of("alice@example.com", "example.com"), got;
    struct pair *p = mapping_pair(test_client_config(), NULL);
    p->ask = let_wait;
    pair_run(p);
    assert_int_equal(hf_user_mapping_encode(&said, list, &len), HF_OK);
    const hf_supplemental entry = {.type = 0, .data = {list, len}};
    assert_int_equal(hf_answer_supplemental(p->client, &entry, 1), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_user_mapping_hint(p->server, 0, &got));
    assert_int_equal(got.domain_name.len, 11);
    pair_free(p);
}

static void hints_that_cannot_be(void **state)
{
    (void)state;
    uint8_t list[64];
    size_t len = sizeof list;
    hf_user_mapping bad = hint_of("alice", ""), good = hint_of("alice@example.com", "");
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_user_mapping_encode(&bad, list, &len), HF_BAD_UPN_DOMAIN_HINT);
    assert_int_equal(hf_config_user_mapping(client, &bad, HF_UNSAFE_IN_CLEAR), HF_BAD_UPN_DOMAIN_HINT);
    assert_int_equal(hf_config_user_mapping(server, &good, HF_UNSAFE_IN_CLEAR), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_user_mapping(client, &good, HF_UNSAFE_IN_CLEAR), HF_OK);
    assert_int_equal(hf_config_user_mapping(client, &good, HF_UNSAFE_IN_CLEAR), HF_BAD_ARGUMENT); /* twice */
    len = 3;
    assert_int_equal(hf_user_mapping_encode(&good, list, &len), HF_BAD_ARGUMENT);
    assert_int_equal(len, 26);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u4_both_ways),
        cmocka_unit_test(large_data),
        cmocka_unit_test(large_data_beside_a_long_chain),
        cmocka_unit_test(not_in_the_clear),
        cmocka_unit_test(u7_not_when_resumed),
        cmocka_unit_test(bad_answers),
        cmocka_unit_test(rows_that_cannot_be),
        cmocka_unit_test(a_row_holds_the_double_handshake),
        cmocka_unit_test(u4_a_hint_arrives),
        cmocka_unit_test(u5_only_to_a_recognised_server),
        cmocka_unit_test(u3_nothing_is_sent),
        cmocka_unit_test(a_hint_in_answer),
        cmocka_unit_test(hints_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
