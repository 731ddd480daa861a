/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"

#include <string.h>

/* key_share and supported_groups, RFC 8446 4.2.7, 4.2.8: what is said, and what a peer that lies gets. */
enum { ILLEGAL = 47, P256 = 23, P384 = 24, P521 = 25, X25519 = 29 };

static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    return c;
}

static struct pair *meeting(const char *offered, unsigned shares, const char *served)
{
    hf_config *c = speaking(test_client_config(), offered);
    assert_int_equal(hf_config_key_shares(c, shares), HF_OK);
    return pair_take(c, speaking(test_server_config(), served), TEST_HOST);
}

/* The groups of a ClientHello's shares, or its groups: how many. */
#define MOST 16
static size_t codes_said(const struct liar13 *l, unsigned last, bool shares, uint16_t codes[MOST])
{
    struct slice body;
    size_t count = 0;
    uint16_t wanted = shares ? EXTENSION_KEY_SHARE : EXTENSION_SUPPORTED_GROUPS;
    assert_true(liar13_said(l, last, wanted, &body));
    struct reader outer = reader_of(body), r = reader_of(read_vector(&outer, 2));
    for (assert_true(read_done(&outer)); r.at < r.end; count++) {
        assert_true(count < MOST);
        codes[count] = (uint16_t)read_number(&r, 2);
        assert_true(!shares || read_vector(&r, 2).len > 0);
    }
    assert_false(r.bad);
    return count;
}

/* ---- what a client says ---- */
/* RFC 8446 4.2.8: shares are of groups in supported_groups, in their order, none twice. */
static void shares_are_in_the_order_of_groups(void **state)
{
    (void)state;
    static const char *const offered[] = {"x25519", "x25519:secp256r1", "secp384r1:x25519:secp256r1",
                                          "ffdhe2048:secp521r1:x448", "secp256r1,secp256r1,x25519"};
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            uint16_t groups[MOST] = {0}, shares[MOST] = {0};
            struct liar13 client;
            hf_config *c = speaking(test_client_config(), offered[i]);
            assert_int_equal(hf_config_key_shares(c, 1 + kind % 2), HF_OK);
            assert_int_equal(hf_config_grease(c, kind > 1), HF_OK);
            struct pair *p = pair_take(c, speaking(test_server_config(), offered[i]), TEST_HOST);
            liar13_begin(&client, p->client, CLIENT_HELLO);
            pair_run(p);
            pair_assert_complete(p);
            size_t group_count = codes_said(&client, 0, false, groups), at = 0;
            size_t count = codes_said(&client, 0, true, shares);
            size_t wanted = 1u + (kind % 2 && i > 0) + (kind > 1);
            assert_int_equal(count, wanted);
            for (size_t k = 0; k < count; k++, at++) {
                while (at < group_count && groups[at] != shares[k]) {
                    at++;
                }
                assert_true(at < group_count);
            }
            pair_free(p);
        }
    }
}

/* A source that says how much was drawn from it: no byte serves twice. */
static int drawn_from(void *arg, uint8_t *out, size_t len)
{
    size_t *drawn = arg;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)((*drawn + i) * 167 + (*drawn + i) / 251);
    }
    *drawn += len;
    return 0;
}

/* RFC 8446 4.2.8: each share has a private key of its own, and every connection others. */
static void shares_are_independent(void **state)
{
    (void)state;
    size_t before = 0;
    for (unsigned shares = 1; shares <= 2; shares++) {
        size_t drawn = 0;
        hf_config *c = speaking(test_client_config(), "x25519:x448");
        assert_int_equal(hf_config_key_shares(c, shares), HF_OK);
        assert_int_equal(hf_config_random(c, drawn_from, &drawn), HF_OK);
        struct pair *p = pair_take(c, speaking(test_server_config(), "x25519"), TEST_HOST);
        assert_true(hf_peek_wire(p->client).len > 0);
        assert_true(shares == 1 || drawn >= before + 56);
        before = drawn;
        pair_free(p);
    }
}

/* RFC 8446 4.1.2, 4.2.8: behind HelloRetryRequest one share, of the group that was asked for. */
static void one_share_behind_hello_retry_request(void **state)
{
    (void)state;
    for (unsigned shares = 1; shares <= 2; shares++) {
        for (int grease = 0; grease < 2; grease++) {
            uint16_t codes[MOST] = {0};
            struct liar13 client;
            hf_config *c = speaking(test_client_config(), "x25519:secp256r1:secp384r1");
            assert_int_equal(hf_config_key_shares(c, shares), HF_OK);
            assert_int_equal(hf_config_grease(c, grease), HF_OK);
            struct pair *p = pair_take(c, speaking(test_server_config(), "secp384r1"), TEST_HOST);
            liar13_begin(&client, p->client, CLIENT_HELLO);
            pair_run(p);
            pair_assert_complete(p);
            assert_int_equal(client.built, 2);
            assert_int_equal(codes_said(&client, 0, true, codes), shares + (unsigned)grease);
            assert_int_equal(codes_said(&client, 1, true, codes), 1);
            assert_int_equal(codes[0], P384);
            pair_free(p);
        }
    }
}

/* RFC 8446 4.2.7: what a server would rather have changes nothing now, nor what is offered next time. */
static void what_a_server_would_rather_have(void **state)
{
    (void)state;
    static const uint8_t rather[] = {0, 4, 0, P521, 0x13, 0x37};
    hf_config *c = test_freeze(speaking(test_client_config(), "x25519:secp521r1"));
    hf_config *s = test_freeze(speaking(test_server_config(), "x25519:secp521r1"));
    for (int i = 0; i < 2; i++) {
        struct liar13 client, server;
        uint16_t codes[MOST] = {0};
        struct pair *p = pair_new(c, s, TEST_HOST);
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_begin(&server, p->server, ENCRYPTED_EXTENSIONS);
        liar13_set(&server, EXTENSION_SUPPORTED_GROUPS, rather, sizeof rather);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(codes_said(&client, 0, true, codes), 1);
        assert_int_equal(codes[0], X25519);
        assert_int_equal(codes_said(&client, 0, false, codes), 2);
        assert_string_equal(hf_negotiated(p->client)->group_name, "x25519");
        pair_exchange(p, 100);
        pair_free(p);
    }
    hf_config_free(c);
    hf_config_free(s);
}

/* ---- a client that lies ---- */
static void assert_lie_refused(struct pair *p, hf_side by, hf_err err)
{
    pair_run(p);
    assert_non_null(hf_failed(pair_conn(p, by)));
    assert_int_equal(hf_failed(pair_conn(p, by))->err, err);
    assert_int_equal(hf_failed(pair_conn(p, by))->alert, ILLEGAL);
    pair_free(p);
}

/* RFC 8446 4.2.8: "Clients MUST NOT offer multiple KeyShareEntry values for the same group." */
static void two_shares_of_one_group(void **state)
{
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        uint8_t body[2 + 3 * 36] = {0, 0};
        struct writer w = writer_of(body, sizeof body);
        struct liar13 client;
        struct pair *p = meeting("x25519", 1, "x25519");
        size_t mark = write_open(&w, 2);
        for (int i = 0; i < 2 + apart; i++) {
            uint8_t bytes[32] = {9, (uint8_t)i};
            write_number(&w, apart && i == 1 ? 0x2a2a : X25519, 2);
            write_vector(&w, 2, slice_of(bytes, sizeof bytes));
        }
        write_close(&w, mark, 2);
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_set(&client, EXTENSION_KEY_SHARE, body, w.len);
        assert_lie_refused(p, HF_SERVER, HF_KEY_SHARE_TWICE);
    }
}

/* RFC 8446 4.2.8: a server answers no share of a group that supported_groups does not name. */
static void a_share_of_a_group_that_is_not_named(void **state)
{
    (void)state;
    static const uint8_t named[] = {0, 2, 0, P256};
    for (int common = 0; common < 2; common++) {
        struct liar13 client, server;
        struct slice body;
        struct pair *p = meeting("x25519:secp256r1", 1, common ? "x25519:secp256r1" : "x25519");
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_begin(&server, p->server, SERVER_HELLO);
        liar13_set(&client, EXTENSION_SUPPORTED_GROUPS, named, sizeof named);
        pair_run(p);
        if (common) {
            pair_assert_complete(p);
            assert_true(hf_negotiated(p->server)->hello_retry_request);
            assert_true(liar13_said(&server, 0, EXTENSION_KEY_SHARE, &body));
            assert_int_equal(body.data[1], P256);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_GROUP, 40);
            assert_int_equal(server.built, 0);
        }
        pair_free(p);
    }
}

/* Values that are none of their group, RFC 8446 4.2.8.1, 4.2.8.2, 7.4.2. */
static const struct {
    const char *group;
    size_t len;
    uint8_t first, fill, last;
    hf_err err;
} values[] = {
    {"ffdhe2048", 256, 0, 0, 0, HF_BAD_KEY_SHARE}, /* Y = 0, 1, and more than p */
    {"ffdhe2048", 256, 0, 0, 1, HF_BAD_KEY_SHARE},
    {"ffdhe2048", 256, 0xff, 0xff, 0xff, HF_BAD_KEY_SHARE},
    {"secp256r1", 65, 4, 1, 1, HF_BAD_KEY_SHARE}, /* not on the curve */
    {"secp256r1", 65, 4, 0xff, 0xff, HF_BAD_KEY_SHARE},
    {"secp256r1", 65, 2, 1, 1, HF_BAD_KEY_SHARE}, /* compressed */
    {"secp256r1", 64, 4, 1, 1, HF_BAD_KEY_SHARE},
    {"secp384r1", 97, 4, 1, 1, HF_BAD_KEY_SHARE},
    {"secp521r1", 133, 4, 0, 1, HF_BAD_KEY_SHARE},
    {"x25519", 32, 0, 0, 0, HF_SECRET_ALL_ZERO},
    {"x25519", 31, 9, 0, 0, HF_BAD_KEY_SHARE},
    {"x448", 56, 0, 0, 0, HF_SECRET_ALL_ZERO},
};

static void shares_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
            uint8_t share[256], body[2 + 4 + sizeof share];
            struct writer w = writer_of(body, sizeof body);
            struct liar13 liar;
            struct pair *p = meeting(values[i].group, 1, values[i].group);
            memset(share, values[i].fill, sizeof share);
            share[0] = values[i].first;
            share[values[i].len - 1] = values[i].last;
            size_t mark = by == HF_CLIENT ? write_open(&w, 2) : 0;
            write_number(&w, p->client->config->settings.groups.code[0], 2);
            write_vector(&w, 2, slice_of(share, values[i].len));
            if (by == HF_CLIENT) {
                write_close(&w, mark, 2);
            }
            liar13_begin(&liar, pair_conn(p, by), by == HF_CLIENT ? CLIENT_HELLO : SERVER_HELLO);
            liar13_set(&liar, EXTENSION_KEY_SHARE, body, w.len);
            assert_lie_refused(p, by == HF_CLIENT ? HF_SERVER : HF_CLIENT, values[i].err);
        }
    }
}

/* ---- a server that lies ---- */
/* RFC 8446 4.2.8: HelloRetryRequest for a group that was not offered, or of which a share was sent. */
static void retries_that_make_no_sense(void **state)
{
    (void)state;
    static const struct {
        unsigned shares;
        uint16_t group;
        hf_err err;
    } cases[] = {
        {1, P521, HF_GROUP_NOT_OFFERED},    {1, 0x1337, HF_GROUP_NOT_OFFERED},
        {1, 0, HF_GROUP_NOT_OFFERED},       {1, X25519, HF_RETRY_WITHOUT_CHANGE},
        {2, P256, HF_RETRY_WITHOUT_CHANGE}, {2, X25519, HF_RETRY_WITHOUT_CHANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t body[] = {(uint8_t)(cases[i].group >> 8), (uint8_t)cases[i].group};
        struct liar13 server;
        struct pair *p = meeting("x25519:secp256r1:secp384r1", cases[i].shares, "secp384r1");
        liar13_begin(&server, p->server, HELLO_RETRY_REQUEST);
        liar13_set(&server, EXTENSION_KEY_SHARE, body, sizeof body);
        assert_lie_refused(p, HF_CLIENT, cases[i].err);
        assert_int_equal(server.built, 1);
    }
}

/* What a server says its share is of; the share is good for nothing, and not looked at. */
static void says_group(struct liar13 *l, hf_conn *server, uint16_t group, size_t len)
{
    uint8_t body[4 + 133] = {(uint8_t)(group >> 8), (uint8_t)group, (uint8_t)(len >> 8), (uint8_t)len, 4};
    liar13_begin(l, server, SERVER_HELLO);
    liar13_set(l, EXTENSION_KEY_SHARE, body, 4 + len);
}

/* RFC 8446 4.2.8: a server's share is of a group that the client sent one of. */
static void a_share_of_another_group(void **state)
{
    (void)state;
    static const struct {
        uint16_t group;
        size_t len;
    } cases[] = {{P256, 65}, {P384, 97}, {P521, 133}, {0x1337, 32}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct liar13 server;
        struct pair *p = meeting("x25519:secp256r1:secp384r1", 1, "x25519");
        says_group(&server, p->server, cases[i].group, cases[i].len);
        assert_lie_refused(p, HF_CLIENT, HF_GROUP_NOT_OFFERED);
    }
}

/* RFC 8446 4.2.8: and of the very one that HelloRetryRequest asked for. */
static void another_group_than_was_asked_for(void **state)
{
    (void)state;
    for (unsigned shares = 1; shares <= 2; shares++) {
        struct liar13 server;
        struct pair *p = meeting("x25519:secp256r1:secp384r1", shares, "secp384r1");
        says_group(&server, p->server, shares == 1 ? X25519 : P256, shares == 1 ? 32 : 65);
        assert_lie_refused(p, HF_CLIENT, HF_GROUP_NOT_OFFERED);
    }
}

/* RFC 8446 4.2.8: "in the same group as the KeyShareEntry value offered by the client" */
static void a_server_answers_a_share_that_was_sent(void **state)
{
    (void)state;
    static const char *const served[] = {"x25519", "secp256r1", "secp384r1", "secp384r1:secp256r1"};
    for (unsigned i = 0; i < 4; i++) {
        struct liar13 client, server;
        uint16_t shares[MOST] = {0};
        struct slice body;
        struct pair *p = meeting("x25519:secp256r1:secp384r1", 2, served[i]);
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_begin(&server, p->server, SERVER_HELLO);
        pair_run(p);
        pair_assert_complete(p);
        assert_true(liar13_said(&server, 0, EXTENSION_KEY_SHARE, &body));
        size_t count = codes_said(&client, 1, true, shares);
        const uint16_t answered = (uint16_t)(body.data[0] << 8 | body.data[1]);
        assert_true(answered == shares[0] || (count == 2 && answered == shares[1]));
        assert_int_equal(answered, i == 0 ? X25519 : i == 2 ? P384 : P256);
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_in_the_order_of_groups),
        cmocka_unit_test(shares_are_independent),
        cmocka_unit_test(one_share_behind_hello_retry_request),
        cmocka_unit_test(what_a_server_would_rather_have),
        cmocka_unit_test(two_shares_of_one_group),
        cmocka_unit_test(a_share_of_a_group_that_is_not_named),
        cmocka_unit_test(shares_that_are_none),
        cmocka_unit_test(retries_that_make_no_sense),
        cmocka_unit_test(a_share_of_another_group),
        cmocka_unit_test(another_group_than_was_asked_for),
        cmocka_unit_test(a_server_answers_a_share_that_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
