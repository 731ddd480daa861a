/* SPDX-License-Identifier: MIT */
#include "hellos13.h"
#include "liar13.h"

#include <string.h>

/* supported_versions and the two legacy_versions, RFC 8446 4.2.1, 4.1.2, 4.1.3: what is said, and what is
 * made of what a peer says. */
enum { ILLEGAL = 47, PROTOCOL_VERSION = 70 };

static struct pair *meeting(uint16_t client_min, uint16_t client_max, uint16_t server_min,
                            uint16_t server_max)
{
    return pair_take(speaking13(test_client_config(), client_min, client_max, "x25519:secp256r1"),
                     speaking13(test_server_config(), server_min, server_max, "secp256r1"), TEST_HOST);
}

static void assert_body(struct hello *h, const void *body, size_t len)
{
    const struct hello_extension *e = hello_find(h, EXTENSION_SUPPORTED_VERSIONS);
    assert_non_null(e);
    assert_int_equal(e->len, len);
    assert_memory_equal(e->body, body, len);
}

static void assert_failed(const struct pair *p, hf_side by, hf_err err, uint8_t alert)
{
    const hf_failure *f = hf_failed(pair_conn(p, by));
    assert_non_null(f);
    assert_string_equal(hf_err_name(f->err), hf_err_name(err));
    assert_int_equal(f->alert, alert);
    assert_false(hf_negotiated(pair_conn(p, by))->complete);
}

/* ---- what is said ---- */
/* RFC 8446 4.2.1, 4.1.2: a client lists all that it speaks, in both its hellos; the field says 1.2. */
static void a_client_lists_what_it_speaks(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        static struct hellos13 heard;
        struct pair *p = meeting(both ? TLS_1_2 : TLS_1_3, TLS_1_3, TLS_1_3, TLS_1_3);
        hellos13_listen(&heard, p);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(heard.count[HF_CLIENT], 2);
        for (int i = 0; i < 2; i++) {
            struct hello *h = &heard.said[HF_CLIENT][i];
            assert_int_equal(h->version, TLS_1_2);
            assert_body(h, both ? "\4\3\4\3\3" : "\2\3\4", both ? 5 : 3);
        }
        pair_free(p);
    }
}

/* RFC 8446 4.2.1, 4.1.3, 4.1.4: a server says what it chose in the extension, and 1.2 in the field. */
static void a_server_says_what_it_chose(void **state)
{
    (void)state;
    static struct hellos13 heard;
    struct pair *p = meeting(TLS_1_2, TLS_1_3, TLS_1_2, TLS_1_3);
    hellos13_listen(&heard, p);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(heard.count[HF_SERVER], 2);
    for (int i = 0; i < 2; i++) {
        struct hello *h = &heard.said[HF_SERVER][i];
        assert_int_equal(hellos13_is_retry(h), i == 0);
        assert_int_equal(h->version, TLS_1_2);
        assert_body(h, "\3\4", 2);
        assert_int_equal(h->compressions[0], 0);
    }
    pair_free(p);
}

/* RFC 8446 4.2.1: before TLS 1.3 the field says the version, and nothing else does. */
static void an_older_version_is_said_in_the_field(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) { /* which side does not have TLS 1.3 */
        static struct hellos13 heard;
        struct pair *p = meeting(TLS_1_2, i & 1 ? TLS_1_2 : TLS_1_3, TLS_1_2, i & 1 ? TLS_1_3 : TLS_1_2);
        hellos13_listen(&heard, p);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(heard.said[HF_SERVER][0].version, TLS_1_2);
        assert_null(hello_find(&heard.said[HF_SERVER][0], EXTENSION_SUPPORTED_VERSIONS));
        pair_free(p);
    }
}

/* ---- what a server makes of it ---- */
static void says_version(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)hs;
    if (l->message == CLIENT_HELLO) {
        m->client_hello.version = (uint16_t)l->number;
    } else {
        m->server_hello.version = (uint16_t)l->number;
    }
}

/* A client that says this, to a server of both versions; 0: agreed on nothing. A client of TLS 1.3 that is
 * answered in 1.2 calls that a downgrade. */
static void assert_agreed(uint16_t legacy, const uint8_t *list, size_t len, uint16_t agreed)
{
    static struct hellos13 heard;
    struct liar13 client;
    struct pair *p = meeting(TLS_1_2, TLS_1_3, TLS_1_2, TLS_1_3);
    hellos13_listen(&heard, p);
    liar13_begin(&client, p->client, CLIENT_HELLO);
    client.lie = says_version;
    client.number = legacy;
    if (list) {
        liar13_set(&client, EXTENSION_SUPPORTED_VERSIONS, list, len);
    } else {
        liar13_drop(&client, EXTENSION_SUPPORTED_VERSIONS);
    }
    pair_run(p);
    struct hello *said = &heard.said[HF_SERVER][0];
    if (agreed == TLS_1_3) {
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->version, TLS_1_3);
    } else if (agreed) {
        assert_failed(p, HF_CLIENT, HF_DOWNGRADED, ILLEGAL);
        assert_int_equal(said->version, TLS_1_2);
        assert_null(hello_find(said, EXTENSION_SUPPORTED_VERSIONS));
        assert_int_equal(said->suites[0] >> 8, 0xc0); /* one of TLS 1.2 */
    } else {
        pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_VERSION, PROTOCOL_VERSION);
        assert_int_equal(heard.count[HF_SERVER], 0);
    }
    pair_free(p);
}

static const uint16_t legacies[] = {0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x7f1c, 0xffff};
#define LEGACIES (sizeof legacies / sizeof *legacies)

/* RFC 8446 4.2.1: "even if ClientHello.legacy_version is 0x0304 or later" */
static void no_list_is_tls12(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEGACIES; i++) {
        assert_agreed(legacies[i], NULL, 0, legacies[i] >= TLS_1_2 ? TLS_1_2 : 0);
        struct liar13 client; /* and a server that has no TLS 1.2 */
        struct pair *p = meeting(TLS_1_2, TLS_1_3, TLS_1_3, TLS_1_3);
        liar13_begin(&client, p->client, CLIENT_HELLO);
        liar13_drop(&client, EXTENSION_SUPPORTED_VERSIONS);
        client.lie = says_version;
        client.number = legacies[i];
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_VERSION, PROTOCOL_VERSION);
        pair_free(p);
    }
}

/* RFC 8446 4.2.1: where there is a list, the field is not looked at. D.5: but for SSL 3.0, which is no
 * version at all. */
static void the_list_alone_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEGACIES; i++) {
        assert_agreed(legacies[i], (const uint8_t *)"\4\3\4\3\3", 5, TLS_1_3);
        assert_agreed(legacies[i], (const uint8_t *)"\2\3\4", 3, TLS_1_3);
        assert_agreed(legacies[i], (const uint8_t *)"\2\3\3", 3, TLS_1_2);
        assert_agreed(legacies[i], (const uint8_t *)"\4\3\2\3\1", 5, 0);
    }
    assert_agreed(0x0300, (const uint8_t *)"\4\3\4\3\3", 5, 0);
    assert_agreed(0x0300, NULL, 0, 0);
}

/* RFC 8446 4.2.1: only what is listed; unknown versions are passed over; there may be no 0x0304. */
static void only_what_is_listed(void **state)
{
    (void)state;
    static const struct {
        uint8_t list[12];
        uint16_t agreed;
    } cases[] = {
        {{4, 0x7f, 0x1c, 3, 4}, TLS_1_3},
        {{10, 0xff, 0xff, 0x0a, 0x0a, 3, 5, 0, 0, 3, 4}, TLS_1_3},
        {{4, 3, 3, 3, 4}, TLS_1_3}, /* the server's order */
        {{4, 3, 4, 3, 4}, TLS_1_3},
        {{6, 3, 5, 3, 3, 3, 2}, TLS_1_2},
        {{4, 0x1a, 0x1a, 3, 3}, TLS_1_2},
        {{2, 3, 3}, TLS_1_2},
        {{2, 3, 2}, 0},
        {{2, 3, 5}, 0},
        {{6, 0x7f, 0x1c, 4, 0, 0xfe, 0xfd}, 0},
        {{6, 4, 3, 3, 0, 4, 4}, 0}, /* "3 4" and "3 3" are there, but astride */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_agreed(TLS_1_2, cases[i].list, 1u + cases[i].list[0], cases[i].agreed);
    }
}

/* ---- what a client makes of it ---- */
/* RFC 8446 4.2.1, 4.1.4: a version that was not offered, or is older than the extension, in ServerHello,
 * HelloRetryRequest, and ServerHello behind that. */
static void selected_versions_that_are_none(void **state)
{
    (void)state;
    static const uint8_t versions[][2] = {{3, 3}, {3, 2}, {3, 0}, {0, 0},       {3, 5},
                                          {4, 4}, {2, 4}, {9, 9}, {0x0a, 0x0a}, {0xff, 0xff}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        for (int how = 0; how < 6; how++) {
            bool same = how / 2 == 0; /* the group: no HelloRetryRequest */
            const char *group = same ? "x25519" : "secp256r1";
            struct liar13 server;
            struct pair *p = pair_take(
                speaking13(test_client_config(), how & 1 ? TLS_1_2 : TLS_1_3, TLS_1_3, "x25519:secp256r1"),
                speaking13(test_server_config(), TLS_1_3, TLS_1_3, group), TEST_HOST);
            liar13_begin(&server, p->server, how / 2 == 2 ? HELLO_RETRY_REQUEST : SERVER_HELLO);
            liar13_set(&server, EXTENSION_SUPPORTED_VERSIONS, versions[i], 2);
            pair_run(p);
            assert_int_equal(server.built, 1);
            assert_failed(p, HF_CLIENT, HF_VERSION_MISPLACED, ILLEGAL);
            pair_free(p);
        }
    }
}

/* RFC 8446 4.2.1: it is looked at before anything else of ServerHello, wherever it stands. */
static void says_all_wrong(struct liar13 *l, struct hs *hs, union any_message *m)
{
    static uint8_t room[512];
    struct writer w = writer_of(room, sizeof room);
    (void)hs;
    write_bytes(&w, slice_of("\x13\x37\0\0\0\x33\0\1\0", 9)); /* one that nobody asked for, and no share */
    write_bytes(&w, slice_of(l->number ? "\0\x2b\0\2\3\3" : "\0\x2b\0\2\3\4", 6));
    m->server_hello.extensions = written(&w);
    m->server_hello.session_id = slice_of(NULL, 0);
    m->server_hello.cipher_suite = 0x1337;
    m->server_hello.compression_method = 1;
}

static void the_version_comes_first(void **state)
{
    (void)state;
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        struct liar13 server;
        struct pair *p = meeting(TLS_1_2, TLS_1_3, TLS_1_3, TLS_1_3);
        liar13_begin(&server, p->server, SERVER_HELLO);
        server.lie = says_all_wrong;
        server.number = wrong;
        pair_run(p);
        assert_failed(p, HF_CLIENT, wrong ? HF_VERSION_MISPLACED : HF_SESSION_ID_NOT_ECHOED, ILLEGAL);
        pair_free(p);
    }
}

/* RFC 8446 4.2.1, 4.1.3, 4.1.4: the field chooses no version; and says 1.2, or the server is faulty. */
static void the_field_chooses_nothing(void **state)
{
    (void)state;
    static const uint16_t fields[] = {0x0300, 0x0301, 0x0302, 0x0304, 0x0305, 0x7f1c, 0xffff};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        for (int how = 0; how < 3;
             how++) { /* ServerHello, HelloRetryRequest, ServerHello without the extension */
            struct liar13 server;
            struct pair *p = pair_take(
                speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:secp256r1"),
                speaking13(test_server_config(), TLS_1_3, TLS_1_3, how == 1 ? "secp256r1" : "x25519"),
                TEST_HOST);
            liar13_begin(&server, p->server, how == 1 ? HELLO_RETRY_REQUEST : SERVER_HELLO);
            server.lie = says_version;
            server.number = fields[i];
            if (how == 2) {
                liar13_drop(&server, EXTENSION_SUPPORTED_VERSIONS);
            }
            pair_run(p);
            assert_int_equal(server.built, 1);
            bool none = how == 2 || fields[i] == 0x0300; /* D.5: that is SSL 3.0 */
            assert_failed(p, HF_CLIENT, none ? HF_VERSION_NOT_OFFERED : HF_VERSION_MISPLACED,
                          none ? PROTOCOL_VERSION : ILLEGAL);
            pair_free(p);
        }
    }
}

/* RFC 8446 4.1.4: the version that HelloRetryRequest told is not taken back. */
static void the_version_is_kept_behind_hello_retry_request(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct liar13 server;
        struct pair *p = meeting(both ? TLS_1_2 : TLS_1_3, TLS_1_3, TLS_1_3, TLS_1_3);
        liar13_begin(&server, p->server, SERVER_HELLO);
        liar13_drop(&server, EXTENSION_SUPPORTED_VERSIONS);
        pair_run(p);
        assert_true(hf_negotiated(p->client)->hello_retry_request);
        assert_failed(p, HF_CLIENT, HF_VERSION_MISPLACED, ILLEGAL);
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_lists_what_it_speaks),
        cmocka_unit_test(a_server_says_what_it_chose),
        cmocka_unit_test(an_older_version_is_said_in_the_field),
        cmocka_unit_test(no_list_is_tls12),
        cmocka_unit_test(the_list_alone_counts),
        cmocka_unit_test(only_what_is_listed),
        cmocka_unit_test(selected_versions_that_are_none),
        cmocka_unit_test(the_version_comes_first),
        cmocka_unit_test(the_field_chooses_nothing),
        cmocka_unit_test(the_version_is_kept_behind_hello_retry_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
