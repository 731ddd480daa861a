/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

/* Raw public keys in the place of certificates, RFC 7250, in both versions: what each side shows is agreed
 * apart, off by default, and falls back to certificates where both sides have them. */

enum { UNSUPPORTED_CERTIFICATE = 43, CERTIFICATE_UNKNOWN = 46 };
static const uint16_t versions[] = {0x0303, 0x0304};
#define EACH_VERSION(v) \
    size_t v = 0;       \
    v < 2;              \
    v++

static hf_bytes key_of(hf_side side, enum test_key kind)
{
    return (side == HF_CLIENT ? test_pki()->client : test_pki()->server)[kind].key;
}

static void show_key(hf_config *c, hf_side side, enum test_key kind)
{
    assert_int_equal(hf_config_identity_raw_key(c, key_of(side, kind), NULL), HF_OK);
}

/* Without trust and without an identity. */
static hf_config *bare(hf_side side, uint16_t version)
{
    hf_config *c = side == HF_CLIENT ? hf_config_client() : hf_config_server();
    assert_non_null(c);
    assert_int_equal(hf_config_versions(c, version, version), HF_OK);
    assert_int_equal(hf_config_clock(c, test_clock, NULL), HF_OK);
    return c;
}

/* What a side has: bits, so that a test is a line. */
enum has { RAW = 1, X509 = 2, TAKES_RAW = 4, TAKES_X509 = 8, REQUESTS = 16, REQUIRES = 32 };

static hf_config *having(hf_side side, uint16_t version, unsigned has)
{
    hf_config *c = bare(side, version);
    if (has & RAW) {
        show_key(c, side, TEST_P256);
    }
    if (has & X509) {
        test_add_identity(c, side == HF_CLIENT ? &test_pki()->client[TEST_P256]
                                               : &test_pki()->server[TEST_P256]);
    }
    if (has & TAKES_RAW) {
        test_trust_key(c, key_of(side == HF_CLIENT ? HF_SERVER : HF_CLIENT, TEST_P256));
    }
    if (has & TAKES_X509) {
        test_trust(c, test_pki()->root);
    }
    if (has & (REQUESTS | REQUIRES)) {
        hf_client_auth mode = has & REQUIRES ? HF_CLIENT_AUTH_REQUIRE : HF_CLIENT_AUTH_REQUEST;
        assert_int_equal(hf_config_client_auth(c, mode), HF_OK);
    }
    return c;
}

static struct pair *met(size_t v, unsigned client, unsigned server)
{
    struct pair *p =
        pair_take(having(HF_CLIENT, versions[v], client), having(HF_SERVER, versions[v], server), TEST_HOST);
    pair_run(p);
    return p;
}

/* ---- what is shown ---- */
static void assert_shown(const struct pair *p, hf_certificate_type server, hf_certificate_type client)
{
    const hf_summary *c = hf_negotiated(p->client), *s = hf_negotiated(p->server);
    assert_int_equal(c->peer_certificate_type, server);
    assert_int_equal(s->own_certificate_type, server);
    assert_int_equal(s->peer_certificate_type, client);
    assert_int_equal(c->own_certificate_type, client);
    assert_int_equal(c->peer_raw_key.len > 0, server == HF_RAW_PUBLIC_KEY);
    assert_int_equal(c->peer_chain.len > 0, server == HF_X509);
    assert_true(c->peer_verified);
}

static void every_kind_of_key_both_ways(void **state)
{
    (void)state;
    for (EACH_VERSION(v)) {
        for (enum test_key kind = 0; kind < TEST_KEYS; kind++) {
            uint8_t digest[32], seen[32];
            hf_config *client = bare(HF_CLIENT, versions[v]), *server = bare(HF_SERVER, versions[v]);
            show_key(client, HF_CLIENT, kind);
            show_key(server, HF_SERVER, kind);
            test_trust_key(client, key_of(HF_SERVER, kind));
            test_trust_key(server, key_of(HF_CLIENT, kind));
            assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
            struct pair *p = pair_take(client, server, TEST_HOST);
            pair_run(p);
            pair_assert_complete(p);
            assert_shown(p, HF_RAW_PUBLIC_KEY, HF_RAW_PUBLIC_KEY);
            const hf_summary *s = hf_negotiated(p->server);
            assert_int_equal(hf_public_key_sha256(key_of(HF_CLIENT, kind), digest), HF_OK);
            assert_int_equal(hf_public_key_sha256(s->peer_raw_key, seen), HF_OK);
            assert_memory_equal(digest, seen, sizeof seen);
            assert_true(s->peer_verified && s->peer_chain.len == 0);
            assert_non_null(strstr(s->peer_subject, "sha256:"));
            pair_exchange(p, 1000);
            pair_free(p);
        }
    }
}

/* RFC 7250 4: the two extensions are told apart. */
static void each_side_for_itself(void **state)
{
    (void)state;
    for (EACH_VERSION(v)) {
        struct pair *p = met(v, X509 | TAKES_RAW, RAW | TAKES_X509 | REQUIRES);
        pair_assert_complete(p);
        assert_shown(p, HF_RAW_PUBLIC_KEY, HF_X509);
        assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
        pair_free(p);
        p = met(v, RAW | TAKES_X509, X509 | TAKES_RAW | REQUIRES);
        pair_assert_complete(p);
        assert_shown(p, HF_X509, HF_RAW_PUBLIC_KEY);
        assert_true(hf_negotiated(p->server)->peer_verified);
        pair_free(p);
    }
}

/* Where both sides have both, a server's first identity decides on its own, and the client's on its own. */
static void both_of_both(void **state)
{
    (void)state;
    for (EACH_VERSION(v)) {
        unsigned both = RAW | X509 | TAKES_RAW | TAKES_X509;
        struct pair *p = met(v, both, both | REQUIRES);
        pair_assert_complete(p);
        assert_shown(p, HF_RAW_PUBLIC_KEY, HF_RAW_PUBLIC_KEY);
        pair_free(p);
        hf_config *server = having(HF_SERVER, versions[v], X509), *client = bare(HF_CLIENT, versions[v]);
        show_key(server, HF_SERVER, TEST_P256);
        test_trust(client, test_pki()->root);
        test_trust_key(client, key_of(HF_SERVER, TEST_P256));
        p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        assert_shown(p, HF_X509, HF_X509);
        pair_free(p);
    }
}

static void certificates_where_one_side_has_no_key(void **state)
{
    (void)state;
    for (EACH_VERSION(v)) {
        static const struct {
            unsigned client, server;
        } rows[] = {
            {TAKES_RAW | TAKES_X509, X509},
            {TAKES_X509, RAW | X509},
            {RAW | X509 | TAKES_X509, X509 | TAKES_X509 | REQUIRES},
            {X509 | TAKES_X509, X509 | TAKES_RAW | TAKES_X509 | REQUIRES},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct pair *p = met(v, rows[i].client, rows[i].server);
            pair_assert_complete(p);
            assert_shown(p, HF_X509, HF_X509);
            pair_free(p);
        }
    }
}

/* ---- what is said in the hellos ---- */
struct said {
    unsigned client, server; /* bits: 1 client_certificate_type, 2 server_certificate_type */
};

static void on_field(void *arg, const hf_field *f)
{
    if (f->kind == HF_FIELD_EXTENSION && (f->number == 19 || f->number == 20)) {
        *(unsigned *)arg |= f->number == 19 ? 1u : 2u;
        assert_string_equal(f->rfc, "RFC 7250 3");
    }
}

static void on_event(void *arg, const hf_event *e)
{
    struct said *said = arg;
    hf_event_fields(e, on_field, e->by == HF_CLIENT ? &said->client : &said->server);
}

static struct said what_is_said(size_t v, unsigned client, unsigned server)
{
    struct said said = {0};
    struct pair *p =
        pair_take(having(HF_CLIENT, versions[v], client), having(HF_SERVER, versions[v], server), TEST_HOST);
    hf_conn_observe(p->client, on_event, &said);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    return said;
}

/* RFC 7250 4.1: what says X.509 alone is left out. 4.2: and no answer but to what was said, and of the
 * client's type none where it is not asked. */
static void only_what_is_needed_is_said(void **state)
{
    (void)state;
    static const struct {
        unsigned client, server, said_by_client, said_by_server;
    } rows[] = {
        {TAKES_X509, X509, 0, 0},
        {X509 | TAKES_X509, X509 | TAKES_X509 | REQUIRES, 0, 0},
        {TAKES_X509, RAW | X509 | TAKES_RAW | TAKES_X509, 0, 0},
        {TAKES_RAW | TAKES_X509, X509, 2, 2},
        {TAKES_RAW, RAW, 2, 2},
        {RAW | TAKES_X509, X509, 1, 0},
        {RAW | TAKES_X509, X509 | TAKES_RAW | REQUESTS, 1, 1},
        {RAW | TAKES_X509, X509 | TAKES_X509 | REQUESTS, 1, 0},
        {RAW | TAKES_RAW, RAW | TAKES_RAW | REQUIRES, 3, 3},
    };
    for (EACH_VERSION(v)) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct said said = what_is_said(v, rows[i].client, rows[i].server);
            assert_int_equal(said.client, rows[i].said_by_client);
            assert_int_equal(said.server, rows[i].said_by_server);
        }
    }
}

/* ---- refusals ---- */
static void types_that_do_not_meet(void **state)
{
    (void)state;
    static const struct {
        unsigned client, server;
    } rows[] = {
        {TAKES_RAW, X509},                                /* RFC 7250 4.2, the second outcome */
        {TAKES_X509, RAW},                                /* and a client that says nothing of it */
        {RAW | TAKES_X509, X509 | TAKES_X509 | REQUIRES}, /* its own, where it is needed */
    };
    for (EACH_VERSION(v)) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct pair *p = met(v, rows[i].client, rows[i].server);
            pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_CERTIFICATE_TYPE, UNSUPPORTED_CERTIFICATE);
            pair_free(p);
        }
        /* where it is not needed, none is shown: RFC 7250 4.2 */
        struct pair *p = met(v, RAW | TAKES_X509, X509 | TAKES_X509 | REQUESTS);
        pair_assert_complete(p);
        assert_null(hf_negotiated(p->server)->peer_subject);
        assert_true(hf_negotiated(p->client)->identity == HF_NO_IDENTITY);
        pair_free(p);
    }
}

static void keys_that_are_not_trusted(void **state)
{
    (void)state;
    for (EACH_VERSION(v)) {
        hf_config *client = bare(HF_CLIENT, versions[v]);
        test_trust_key(client, key_of(HF_SERVER, TEST_RSA));
        struct pair *p = pair_take(client, having(HF_SERVER, versions[v], RAW), TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_CLIENT, HF_RAW_KEY_NOT_TRUSTED, CERTIFICATE_UNKNOWN);
        assert_non_null(strstr(hf_failed(p->client)->detail, "raw EC key of 256 bits, sha256:"));
        pair_free(p);
        hf_config *server = having(HF_SERVER, versions[v], X509 | REQUIRES);
        test_trust_key(server, key_of(HF_CLIENT, TEST_RSA));
        p = pair_take(having(HF_CLIENT, versions[v], RAW | TAKES_X509), server, TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, HF_RAW_KEY_NOT_TRUSTED, CERTIFICATE_UNKNOWN);
        pair_free(p);
    }
}

/* RFC 9325 4.5: whoever lists a digest has not seen the key's size. */
static void a_key_that_is_too_small(void **state)
{
    (void)state;
    const struct test_spec spec = {.key = TEST_RSA, .rsa_bits = 1024};
    struct test_identity weak = test_identity_make(&spec);
    uint8_t digest[32];
    assert_int_equal(hf_public_key_sha256(weak.key, digest), HF_OK);
    for (EACH_VERSION(v)) {
        hf_config *client = bare(HF_CLIENT, versions[v]), *server = bare(HF_SERVER, versions[v]);
        assert_int_equal(hf_config_identity_raw_key(server, weak.key, NULL), HF_OK);
        assert_int_equal(hf_config_trust_key_sha256(client, (hf_bytes){digest, sizeof digest}), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_CLIENT, HF_WEAK_KEY, UNSUPPORTED_CERTIFICATE);
        pair_free(p);
    }
    test_identity_free(&weak);
}

/* A certificate with a trusted key is no raw key, and vouches for nothing here. */
static void a_trusted_key_trusts_no_certificate(void **state)
{
    (void)state;
    for (EACH_VERSION(v)) {
        hf_config *client = having(HF_CLIENT, versions[v], TAKES_RAW);
        test_trust(client, test_pki()->other_root);
        struct pair *p = pair_take(client, having(HF_SERVER, versions[v], X509), TEST_HOST);
        pair_run(p);
        assert_int_equal(hf_failed(p->client)->err, HF_UNKNOWN_CA);
        pair_free(p);
    }
}

/* ---- the application's word ---- */
struct judge {
    hf_err verdict;
    unsigned asked;
};

static bool judge(void *arg, struct pair *p, hf_conn *conn)
{
    struct judge *j = arg;
    hf_question q;
    (void)p;
    assert_int_equal(hf_asked(conn, &q), HF_ASK_VERIFY);
    assert_true(q.raw_key.len > 40 && q.chain.len == 0);
    assert_int_equal(q.verdict, HF_RAW_KEY_NOT_TRUSTED);
    assert_non_null(strstr(q.detail, "sha256:"));
    j->asked++;
    return hf_answer_verdict(conn, j->verdict) == HF_OK;
}

static void asked_of_the_application(void **state)
{
    (void)state;
    static const hf_err verdicts[] = {HF_OK, HF_VERDICT_REFUSED, HF_RAW_KEY_NOT_TRUSTED};
    for (EACH_VERSION(v)) {
        for (size_t i = 0; i < 3; i++) {
            struct judge j = {verdicts[i], 0};
            hf_config *client = bare(HF_CLIENT, versions[v]);
            assert_int_equal(hf_config_ask_raw_keys(client), HF_OK);
            assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
            struct pair *p = pair_take(client, having(HF_SERVER, versions[v], RAW), TEST_HOST);
            p->ask = judge;
            p->ask_arg = &j;
            pair_run(p);
            assert_int_equal(j.asked, 1);
            if (verdicts[i] == HF_OK) {
                pair_assert_complete(p);
                assert_false(hf_negotiated(p->client)->peer_verified);
                assert_int_equal(hf_negotiated(p->client)->peer_verdict, HF_RAW_KEY_NOT_TRUSTED);
            } else {
                assert_int_equal(hf_failed(p->client)->err, verdicts[i]);
            }
            pair_free(p);
        }
    }
}

/* To judge chains is not to judge keys: an application that does not know of them is not asked. */
static void not_asked_unless_it_says_so(void **state)
{
    (void)state;
    hf_problem why;
    for (EACH_VERSION(v)) {
        hf_config *client = bare(HF_CLIENT, versions[v]);
        assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
        struct pair *p = pair_take(client, having(HF_SERVER, versions[v], RAW), TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_CERTIFICATE_TYPE, UNSUPPORTED_CERTIFICATE);
        pair_free(p);
    }
    hf_config *client = bare(HF_CLIENT, 0x0304);
    test_trust(client, test_pki()->root);
    assert_int_equal(hf_config_ask_raw_keys(client), HF_OK);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "HF_ASK_VERIFY"));
    hf_config_free(client);
}

static bool sign(void *arg, struct pair *p, hf_conn *conn)
{
    hf_question q;
    uint8_t out[1024];
    (void)p;
    assert_int_equal(hf_asked(conn, &q), HF_ASK_SIGN);
    assert_int_equal(q.key_id, 77);
    ++*(unsigned *)arg;
    size_t len = test_sign(&test_pki()->server[TEST_P256], q.scheme, q.to_sign, out);
    return hf_answer_signature(conn, (hf_bytes){out, len}) == HF_OK;
}

static void a_key_that_lives_elsewhere(void **state)
{
    (void)state;
    uint8_t spki[200];
    for (EACH_VERSION(v)) {
        unsigned asked = 0;
        struct pair *p = met(v, TAKES_RAW, RAW);
        hf_bytes seen = hf_negotiated(p->client)->peer_raw_key;
        size_t len = seen.len;
        assert_true(len > 0 && len < sizeof spki);
        memcpy(spki, seen.data, len);
        pair_free(p);
        hf_config *server = bare(HF_SERVER, versions[v]);
        assert_int_equal(hf_config_identity_raw_key_external(server, (hf_bytes){spki, len}, 77), HF_OK);
        p = pair_take(having(HF_CLIENT, versions[v], TAKES_RAW), server, TEST_HOST);
        p->ask = sign;
        p->ask_arg = &asked;
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(asked, 1);
        pair_free(p);
    }
}

/* RFC 7250 4.4: there is no name that could be compared. */
static void a_client_of_keys_needs_no_name(void **state)
{
    (void)state;
    hf_problem why;
    for (EACH_VERSION(v)) {
        struct pair *p =
            pair_take(having(HF_CLIENT, versions[v], TAKES_RAW), having(HF_SERVER, versions[v], RAW), NULL);
        pair_run(p);
        pair_assert_complete(p);
        pair_free(p);
        hf_config *both = test_freeze(having(HF_CLIENT, versions[v], TAKES_RAW | TAKES_X509));
        assert_null(hf_conn_new(both, NULL, &why));
        assert_int_equal(why.err, HF_NO_NAME_TO_VERIFY);
        hf_config_free(both);
    }
}

/* RFC 8446 4.6.2: of the type that was agreed on in the handshake. */
static void asked_behind_the_handshake(void **state)
{
    (void)state;
    hf_config *client = having(HF_CLIENT, 0x0304, RAW | TAKES_RAW);
    hf_config *server = having(HF_SERVER, 0x0304, RAW | TAKES_RAW);
    assert_int_equal(hf_config_post_handshake_auth(client, true), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(hf_negotiated(p->server)->peer_subject);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_null(hf_failed(p->server));
    assert_true(hf_negotiated(p->server)->peer_raw_key.len > 0);
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
}

/* RFC 8446 4.6.2, RFC 7250 4.2: also where a pre-shared key took the place of certificates, and the
 * handshake had none to agree on. */
static void asked_behind_a_resumed_handshake(void **state)
{
    (void)state;
    hf_config *client = having(HF_CLIENT, 0x0304, RAW | TAKES_RAW);
    hf_config *server = having(HF_SERVER, 0x0304, RAW | TAKES_RAW);
    assert_int_equal(hf_config_post_handshake_auth(client, true), HF_OK);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    assert_true(hf_negotiated(p->server)->resumed);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_null(hf_failed(p->server));
    assert_true(hf_negotiated(p->server)->peer_raw_key.len > 0);
    assert_int_equal(hf_negotiated(p->server)->peer_certificate_type, HF_RAW_PUBLIC_KEY);
    assert_int_equal(hf_negotiated(p->client)->own_certificate_type, HF_RAW_PUBLIC_KEY);
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- setters ---- */
/* What is damaged behind a sound one may not be lost without a word. */
static void a_damaged_file_of_keys_is_refused(void **state)
{
    (void)state;
    static const char one[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                              "-----END PUBLIC KEY-----\n";
    char text[2 * (sizeof one - 1)];
    hf_config *c = bare(HF_SERVER, 0x0304);
    memcpy(text, one, sizeof one - 1);
    memcpy(text + sizeof one - 1, one, sizeof one - 1);
    for (size_t len = sizeof one + 30; len <= sizeof text; len++) {
        bool whole = len + 1 >= sizeof text; /* but for the end of its last line */
        assert_int_equal(hf_config_trust_key(c, (hf_bytes){(const uint8_t *)text, len}),
                         whole ? HF_OK : HF_BAD_PEM);
    }
    memset(text + sizeof one + 40, '#', 4);
    assert_int_equal(hf_config_trust_key(c, (hf_bytes){(const uint8_t *)text, sizeof text}), HF_BAD_PEM);
    hf_config_free(c);
}

/* As many as there may be; each is read once. */
static void a_file_of_many_keys(void **state)
{
    (void)state;
    static char text[4096 * 120];
    size_t at = 0;
    for (unsigned i = 0; i < 4096; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "-----BEGIN PUBLIC KEY-----\n"
                               "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rX%c%c%c%c0=\n"
                               "-----END PUBLIC KEY-----\n",
                               'A' + (int)(i / 512), 'A' + (int)(i / 32 % 16), 'A' + (int)(i / 2 % 16),
                               i % 2 ? 'A' : 'Q');
    }
    hf_config *c = bare(HF_SERVER, 0x0304);
    assert_int_equal(hf_config_trust_key(c, (hf_bytes){(const uint8_t *)text, at}), HF_OK);
    static const uint8_t another[32];
    assert_int_equal(hf_config_trust_key_sha256(c, (hf_bytes){another, 32}),
                     HF_BAD_ARGUMENT); /* they are all there */
    hf_config_free(c);
}

static void the_setters_judge(void **state)
{
    (void)state;
    uint8_t digest[32] = {0};
    const hf_bytes none = {NULL, 0}, word = {(const uint8_t *)"word", 4};
    hf_config *c = bare(HF_SERVER, 0x0304);
    assert_int_equal(hf_config_identity_raw_key(NULL, word, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_raw_key(c, none, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_raw_key(c, word, NULL), HF_BAD_PEM);
    assert_int_equal(hf_config_identity_raw_key_file(c, "/nonexistent", NULL), HF_FILE_UNREADABLE);
    assert_int_equal(hf_config_identity_raw_key_file(c, NULL, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_raw_key_external(c, word, 1), HF_BAD_PEM);
    assert_int_equal(hf_config_trust_key(c, word), HF_BAD_PEM);
    assert_int_equal(hf_config_trust_key(c, test_pki()->root), HF_BAD_PEM);
    assert_int_equal(hf_config_trust_key(c, (hf_bytes){(const uint8_t *)"\x30\0", 2}),
                     HF_MALFORMED_CERTIFICATE);
    assert_int_equal(hf_config_trust_key_file(c, "/nonexistent"), HF_FILE_UNREADABLE);
    assert_int_equal(hf_config_trust_key_sha256(c, (hf_bytes){digest, 31}), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_trust_key_sha256(c, none), HF_NULL_ARGUMENT);
    assert_int_equal(hf_public_key_sha256(word, digest), HF_BAD_PEM);
    assert_int_equal(hf_public_key_sha256(none, digest), HF_NULL_ARGUMENT);
    for (unsigned i = 0; i < 4097; i++) {
        digest[0] = (uint8_t)(i >> 8);
        digest[1] = (uint8_t)i;
        assert_int_equal(hf_config_trust_key_sha256(c, (hf_bytes){digest, 32}),
                         i < 4096 ? HF_OK : HF_BAD_ARGUMENT);
    }
    digest[0] = digest[1] = 0; /* known already */
    assert_int_equal(hf_config_trust_key_sha256(c, (hf_bytes){digest, 32}), HF_OK);
    show_key(c, HF_SERVER, TEST_P256);
    /* what is of certificates is not of keys: RFC 6962 3.3, RFC 6066 5 */
    assert_int_equal(hf_config_sct_list(c, 0, word), HF_BAD_ARGUMENT);
    size_t len = 0;
    assert_int_equal(hf_config_identity_pkipath(c, 0, NULL, &len), HF_BAD_ARGUMENT);
    test_freeze(c);
    assert_int_equal(hf_config_trust_key_sha256(c, (hf_bytes){digest, 32}), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_ask_raw_keys(c), HF_CONFIG_FROZEN);
    hf_config_free(c);
    hf_config *client = bare(HF_CLIENT, 0x0303);
    show_key(client, HF_CLIENT, TEST_P256);
    assert_int_equal(hf_config_identity_url(client, 0, true, "http://a.test/x"), HF_BAD_ARGUMENT);
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key_both_ways),
        cmocka_unit_test(each_side_for_itself),
        cmocka_unit_test(both_of_both),
        cmocka_unit_test(certificates_where_one_side_has_no_key),
        cmocka_unit_test(only_what_is_needed_is_said),
        cmocka_unit_test(types_that_do_not_meet),
        cmocka_unit_test(keys_that_are_not_trusted),
        cmocka_unit_test(a_key_that_is_too_small),
        cmocka_unit_test(a_trusted_key_trusts_no_certificate),
        cmocka_unit_test(asked_of_the_application),
        cmocka_unit_test(not_asked_unless_it_says_so),
        cmocka_unit_test(a_key_that_lives_elsewhere),
        cmocka_unit_test(a_client_of_keys_needs_no_name),
        cmocka_unit_test(asked_behind_the_handshake),
        cmocka_unit_test(asked_behind_a_resumed_handshake),
        cmocka_unit_test(a_damaged_file_of_keys_is_refused),
        cmocka_unit_test(a_file_of_many_keys),
        cmocka_unit_test(the_setters_judge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
