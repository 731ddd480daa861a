/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* The size of records as an application asks for it and sees it: RFC 6066 4, RFC 8449 4, 5; RFC 7685; RFC
 * 9325 4.6. Checklist A5, C5, R2. */

/* Lengths of what a side sent: the longest in the clear, the longest protected, counted by their headers. */
struct seen {
    size_t clear[2], secret[2];
    bool keys[2];
    size_t hello; /* the client's first record */
};

static void look(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct seen *s = arg;
    (void)pair;
    for (size_t at = 0; at < bytes->len;) {
        size_t len = (size_t)bytes->data[at + 3] << 8 | bytes->data[at + 4];
        size_t *longest = s->keys[from] ? &s->secret[from] : &s->clear[from];
        *longest = len > *longest ? len : *longest;
        s->hello = s->hello ? s->hello : len;
        s->keys[from] |= bytes->data[at] == 20; /* ChangeCipherSpec */
        at += 5 + len;
    }
}

/* Frees both configs: share what is to be used again. */
static struct pair *play(hf_config *client, hf_config *server, hf_session *session, struct seen *seen)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    *seen = (struct seen){0};
    p->hook = look;
    p->hook_arg = seen;
    if (session) {
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    }
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 40000);
    return p;
}

/* GCM: 8 bytes of nonce and 16 of tag beside the plaintext. */
enum { GCM = 24, ALL = 16384 };

static void assert_agreed(const struct pair *p, unsigned max_fragment, unsigned clients, unsigned servers)
{
    const hf_summary *c = hf_negotiated(p->client), *s = hf_negotiated(p->server);
    assert_int_equal(c->max_fragment, max_fragment);
    assert_int_equal(s->max_fragment, max_fragment);
    assert_int_equal(c->record_size_limit, clients);
    assert_int_equal(s->peer_record_size_limit, clients);
    assert_int_equal(c->peer_record_size_limit, servers);
    assert_int_equal(s->record_size_limit, servers);
}

static hf_config *asking(unsigned max_fragment)
{
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_max_fragment(c, max_fragment), HF_OK);
    return c;
}

static hf_config *taking(hf_config *c, unsigned bytes)
{
    assert_int_equal(hf_config_record_size_limit(c, bytes), HF_OK);
    return c;
}

/* RFC 6066 4: data and handshake messages, both ways, all four lengths. */
static void every_max_fragment_length(void **state)
{
    (void)state;
    for (unsigned bytes = 512; bytes <= 4096; bytes *= 2) {
        struct seen seen;
        struct pair *p = play(asking(bytes), test_server_config(), NULL, &seen);
        assert_agreed(p, bytes, 0, 0);
        for (unsigned side = 0; side < 2; side++) {
            assert_true(seen.clear[side] <= bytes);
            assert_int_equal(seen.secret[side], bytes + GCM);
        }
        pair_free(p);
    }
}

/* RFC 6066 4: "applies for the duration of the session including session resumptions". R2 */
static void max_fragment_length_stays_with_the_session(void **state)
{
    (void)state;
    struct seen seen;
    hf_config *client = asking(1024), *server = test_server_config();
    struct pair *p = play(hf_config_share(client), hf_config_share(server), NULL, &seen);
    hf_session *session = pair_session(p);
    pair_free(p);
    for (unsigned again = 0; again < 2; again++) {
        p = play(hf_config_share(client), hf_config_share(server), session, &seen);
        assert_true(hf_negotiated(p->client)->resumed);
        assert_agreed(p, 1024, 0, 0);
        assert_int_equal(seen.secret[HF_SERVER], 1024 + GCM);
        assert_int_equal(seen.secret[HF_CLIENT], 1024 + GCM);
        pair_free(p);
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* A config that asks for something else does not offer the session. */
static void another_length_is_another_session(void **state)
{
    (void)state;
    struct seen seen;
    hf_config *server = test_server_config(), *first = asking(1024);
    struct pair *p = play(hf_config_share(first), hf_config_share(server), NULL, &seen);
    hf_session *session = pair_session(p);
    pair_free(p);
    hf_config *others[] = {asking(2048), test_client_config()};
    for (size_t i = 0; i < 2; i++) {
        p = play(hf_config_share(others[i]), hf_config_share(server), session, &seen);
        assert_false(hf_negotiated(p->client)->resumed);
        assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_CONTEXT);
        assert_agreed(p, i ? 0 : 2048, i ? ALL : 0, i ? ALL : 0);
        pair_free(p);
        hf_config_free(others[i]);
    }
    hf_session_free(session);
    hf_config_free(first);
    hf_config_free(server);
}

/* RFC 8449 4: by default both say what everybody takes. */
static void the_default(void **state)
{
    (void)state;
    struct seen seen;
    struct pair *p = play(test_client_config(), test_server_config(), NULL, &seen);
    assert_agreed(p, 0, ALL, ALL);
    assert_int_equal(seen.secret[HF_CLIENT], ALL + GCM);
    assert_int_equal(seen.secret[HF_SERVER], ALL + GCM);
    pair_free(p);
}

static void each_sides_own_limit(void **state)
{
    (void)state;
    static const unsigned sizes[][2] = {{64, 64}, {64, ALL}, {ALL, 64}, {100, 5000}, {16383, 65}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct seen seen;
        unsigned clients = sizes[i][0], servers = sizes[i][1];
        struct pair *p =
            play(taking(test_client_config(), clients), taking(test_server_config(), servers), NULL, &seen);
        assert_agreed(p, 0, clients, servers);
        assert_int_equal(seen.secret[HF_SERVER], clients + GCM);
        assert_int_equal(seen.secret[HF_CLIENT], servers + GCM);
        assert_true(seen.clear[HF_SERVER] > 500); /* what is in the clear is not bound by it */
        pair_free(p);
    }
}

/* RFC 8449 4: "during renegotiation or resumption, the record size limit is renegotiated" */
static void record_size_limit_is_agreed_anew(void **state)
{
    (void)state;
    struct seen seen;
    hf_config *client = taking(test_client_config(), 256), *server = taking(test_server_config(), 512),
              *other = taking(test_client_config(), 1000), *silent = taking(test_client_config(), 0);
    struct pair *p = play(hf_config_share(client), hf_config_share(server), NULL, &seen);
    hf_session *session = pair_session(p);
    pair_free(p);
    struct {
        hf_config *config;
        unsigned clients, servers;
    } rows[] = {{client, 256, 512}, {other, 1000, 512}, {silent, 0, 0}};
    for (size_t i = 0; i < 3; i++) {
        p = play(hf_config_share(rows[i].config), hf_config_share(server), session, &seen);
        assert_true(hf_negotiated(p->client)->resumed);
        assert_agreed(p, 0, rows[i].clients, rows[i].servers);
        assert_int_equal(seen.secret[HF_SERVER], (rows[i].clients ? rows[i].clients : ALL) + GCM);
        pair_free(p);
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(other);
    hf_config_free(silent);
}

/* RFC 8449 5, A5 */
static void record_size_limit_goes_first(void **state)
{
    (void)state;
    struct seen seen;
    struct pair *p = play(taking(asking(2048), 700), test_server_config(), NULL, &seen);
    assert_agreed(p, 0, 700, ALL);
    assert_int_equal(seen.secret[HF_SERVER], 700 + GCM);
    assert_int_equal(seen.secret[HF_CLIENT], ALL + GCM);
    pair_free(p);
    p = play(taking(asking(2048), 700), taking(test_server_config(), 0), NULL, &seen);
    assert_agreed(p, 2048, 0, 0);
    pair_free(p);
    p = play(test_client_config(), taking(test_server_config(), 0), NULL, &seen);
    assert_agreed(p, 0, 0, 0);
    pair_free(p);
}

/* RFC 8449 4.1, and every other way of protecting records: the smallest limit under each. */
static void under_every_cipher(void **state)
{
    (void)state;
    static const char *const suites[] = {
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"};
    for (size_t i = 0; i < 2 * sizeof suites / sizeof *suites; i++) {
        hf_config *client = i % 2 ? asking(512) : taking(test_client_config(), 64);
        hf_config *server = taking(test_server_config(), 64);
        struct seen seen;
        assert_int_equal(hf_config_suites(client, suites[i / 2], NULL), HF_OK);
        assert_int_equal(hf_config_suites(server, suites[i / 2], NULL), HF_OK);
        struct pair *p = play(hf_config_share(client), hf_config_share(server), NULL, &seen);
        assert_agreed(p, i % 2 ? 512 : 0, i % 2 ? 0 : 64, i % 2 ? 0 : 64);
        pair_free(p);
        hf_config_free(client);
        hf_config_free(server);
    }
}

/* RFC 8449 4: renegotiated with the keys, and what is in force goes on being kept while it happens. */
static void through_a_renegotiation(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        hf_config *client = i < 4 ? asking(512) : taking(test_client_config(), 64),
                  *server = test_server_config();
        assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
        assert_int_equal(hf_config_renegotiation(server, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
        struct seen seen;
        struct pair *p = play(client, server, NULL, &seen);
        assert_int_equal(hf_renegotiate(pair_conn(p, i & 1 ? HF_SERVER : HF_CLIENT)), HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_conn_stats(p->client).renegotiations, 1);
        if (i & 2) {
            pair_exchange(p, 40000);
        }
        assert_agreed(p, i < 4 ? 512 : 0, i < 4 ? 0 : 64, i < 4 ? 0 : ALL);
        assert_true(seen.secret[HF_SERVER] == (i < 4 ? 512 : 64) + GCM);
        assert_true(i >= 4 || seen.secret[HF_CLIENT] == 512 + GCM);
        pair_free(p);
    }
}

/* RFC 7685 4: as long as was asked; a hello that is longer already stays as it is, three bytes too few become more. */
static void padding(void **state)
{
    (void)state;
    struct seen seen;
    struct pair *p = play(test_client_config(), test_server_config(), NULL, &seen);
    size_t bare = seen.hello;
    pair_free(p);
    assert_true(bare > 64 && bare < 500);
    for (unsigned wanted = 0; wanted <= 1024;
         wanted += wanted < (unsigned)bare - 4 || wanted > (unsigned)bare + 8 ? 31 : 1) {
        hf_config *client = test_client_config();
        assert_int_equal(hf_config_padding(client, wanted), HF_OK);
        p = play(client, test_server_config(), NULL, &seen);
        size_t due = wanted <= bare ? bare : wanted < bare + 4 ? bare + 4 : wanted;
        assert_int_equal(seen.hello, due);
        pair_free(p);
    }
}

static void what_a_config_takes(void **state)
{
    (void)state;
    hf_config *client = hf_config_client(), *server = hf_config_server();
    static const unsigned bad_fragments[] = {1, 4, 511, 513, 8192, 16384, 66048},
                          bad_limits[] = {1, 63, 16385, 65536 + 64};
    for (size_t i = 0; i < sizeof bad_fragments / sizeof *bad_fragments; i++) {
        assert_int_equal(hf_config_max_fragment(client, bad_fragments[i]), HF_BAD_ARGUMENT);
    }
    for (size_t i = 0; i < sizeof bad_limits / sizeof *bad_limits; i++) {
        assert_int_equal(hf_config_record_size_limit(client, bad_limits[i]), HF_BAD_ARGUMENT);
        assert_int_equal(hf_config_record_size_limit(server, bad_limits[i]), HF_BAD_ARGUMENT);
    }
    assert_int_equal(hf_config_max_fragment(client, 0), HF_OK);
    assert_int_equal(hf_config_max_fragment(server, 512), HF_BAD_ARGUMENT); /* servers answer */
    assert_int_equal(hf_config_padding(client, 1025), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_padding(server, 512), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_grease(server, true), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_max_fragment(NULL, 512), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_record_size_limit(NULL, 512), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_padding(NULL, 512), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_grease(NULL, true), HF_NULL_ARGUMENT);
    hf_config_free(client);
    hf_config_free(server);
    client = test_freeze(test_client_config());
    assert_int_equal(hf_config_max_fragment(client, 512), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_record_size_limit(client, 512), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_padding(client, 512), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_grease(client, true), HF_CONFIG_FROZEN);
    hf_config_free(client);
}

/* RFC 8449 5: beside max_fragment_length the default is not spoken of; a freeze that fails settles nothing. */
static void a_freeze_that_fails_changes_nothing(void **state)
{
    (void)state;
    struct seen seen;
    hf_config *client = hf_config_client();
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_max_fragment(client, 512), HF_OK);
    assert_int_equal(hf_config_freeze(client, NULL), HF_CONFIG_INCOMPLETE); /* it trusts nobody */
    assert_int_equal(hf_config_max_fragment(client, 0), HF_OK);
    test_trust(client, test_pki()->root);
    struct pair *p = play(client, test_server_config(), NULL, &seen);
    assert_agreed(p, 0, ALL, ALL);
    pair_free(p);
}

/* C5, RFC 9325 4.6: the refusal says why. */
static void truncated_hmac_is_refused(void **state)
{
    (void)state;
    hf_config *client = hf_config_client();
#ifdef HF_LAB_TRUNCATED_HMAC
    assert_int_equal(hf_config_truncated_hmac(client, true), HF_OK);
#else
    assert_int_equal(hf_config_truncated_hmac(client, true), HF_TRUNCATED_HMAC_REFUSED);
#endif
    assert_int_equal(hf_config_truncated_hmac(client, false), HF_OK);
    assert_int_equal(hf_config_truncated_hmac(NULL, true), HF_NULL_ARGUMENT);
    assert_string_equal(hf_err_rfc(HF_TRUNCATED_HMAC_REFUSED), "RFC 9325 4.6");
    assert_non_null(strstr(hf_err_sentence(HF_TRUNCATED_HMAC_REFUSED), "must not be used"));
    hf_config_free(client);
}

/* ---- TLS 1.3 ---- */
enum { TAG = 16, TYPE = 1 };

/* RFC 8449 4: the limit is of content, type and padding together; and it limits what is behind EncryptedExtensions. */
static void limits_of_tls13(void **state)
{
    (void)state;
    static const unsigned sizes[][2] = {{64, 64}, {64, ALL}, {ALL, 64}, {100, 5000}, {16383, 65}, {ALL, ALL}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct seen seen;
        unsigned clients = sizes[i][0], servers = sizes[i][1];
        struct pair *p =
            play(taking(test_client_config(), clients), taking(test_server_config(), servers), NULL, &seen);
        assert_int_equal(hf_negotiated(p->client)->version, 0x0304);
        /* all that the protocol has is one byte more than in TLS 1.2 */
        assert_agreed(p, 0, clients + (clients == ALL), servers + (servers == ALL));
        seen = (struct seen){.keys = {true, true}}; /* EncryptedExtensions may still be as long as it is */
        pair_exchange(p, 40000);
        assert_int_equal(seen.secret[HF_SERVER], (clients == ALL ? ALL + TYPE : clients) + TAG);
        assert_int_equal(seen.secret[HF_CLIENT], (servers == ALL ? ALL + TYPE : servers) + TAG);
        pair_free(p);
    }
}

/* RFC 6066 4: the content alone counts. */
static void max_fragment_length_of_tls13(void **state)
{
    (void)state;
    for (unsigned bytes = 512; bytes <= 4096; bytes *= 2) {
        struct seen seen;
        struct pair *p = play(asking(bytes), test_server_config(), NULL, &seen);
        assert_agreed(p, bytes, 0, 0);
        seen = (struct seen){.keys = {true, true}};
        pair_exchange(p, 40000);
        assert_int_equal(seen.secret[HF_SERVER], bytes + TYPE + TAG);
        assert_int_equal(seen.secret[HF_CLIENT], bytes + TYPE + TAG);
        pair_free(p);
    }
}

/* A client of both versions says what limits nothing in either; a server of TLS 1.2 takes it as its own most.
 */
static void a_client_of_both_versions(void **state)
{
    (void)state;
    for (uint16_t max = 0x0303; max <= 0x0304; max++) {
        struct seen seen;
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_versions(client, 0x0303, 0x0304), HF_OK);
        assert_int_equal(hf_config_versions(server, 0x0303, max), HF_OK);
        struct pair *p = play(client, server, NULL, &seen);
        unsigned all = ALL + (max == 0x0304);
        assert_agreed(p, 0, all, all);
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_max_fragment_length),
        cmocka_unit_test(max_fragment_length_stays_with_the_session),
        cmocka_unit_test(another_length_is_another_session),
        cmocka_unit_test(the_default),
        cmocka_unit_test(each_sides_own_limit),
        cmocka_unit_test(record_size_limit_is_agreed_anew),
        cmocka_unit_test(record_size_limit_goes_first),
        cmocka_unit_test(under_every_cipher),
        cmocka_unit_test(through_a_renegotiation),
        cmocka_unit_test(padding),
        cmocka_unit_test(what_a_config_takes),
        cmocka_unit_test(a_freeze_that_fails_changes_nothing),
        cmocka_unit_test(truncated_hmac_is_refused),
    };
    const struct CMUnitTest tests13[] = {
        cmocka_unit_test(limits_of_tls13),
        cmocka_unit_test(max_fragment_length_of_tls13),
        cmocka_unit_test(a_client_of_both_versions),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_version = 0x0304;
    return failed + cmocka_run_group_tests(tests13, NULL, NULL);
}
