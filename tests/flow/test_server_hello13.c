/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"

#include <string.h>

/* ServerHello and HelloRetryRequest of TLS 1.3, RFC 8446 4.1.3, 4.1.4; which extensions stand where, 4.2.
 * What a server says, and what a client makes of one that lies. */
enum { UNEXPECTED = 10, ILLEGAL = 47, UNSUPPORTED = 110 };
enum where { PLAIN, RETRIED, BEHIND_RETRY, PLACES };

static hf_config *speaking(hf_config *c, const char *groups)
{
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    assert_int_equal(hf_config_suites(c, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", NULL), HF_OK);
    assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
    return c;
}

static struct pair *meeting(bool retries)
{
    return pair_take(speaking(test_client_config(), "x25519:secp256r1"),
                     speaking(test_server_config(), retries ? "secp256r1" : "x25519"), TEST_HOST);
}

/* A server that lies at this place; run it with assert_lie_refused. */
static struct pair *lying_at(enum where where, struct liar13 *server)
{
    struct pair *p = meeting(where != PLAIN);
    liar13_begin(server, p->server, where == RETRIED ? HELLO_RETRY_REQUEST : SERVER_HELLO);
    return p;
}

static void assert_lie_refused(struct pair *p, hf_side by, hf_err err, uint8_t alert)
{
    pair_run(p);
    const hf_failure *f = hf_failed(pair_conn(p, by));
    assert_non_null(f);
    assert_string_equal(hf_err_name(f->err), hf_err_name(err));
    assert_int_equal(f->alert, alert);
    assert_int_equal(f->alert_direction, HF_SENT);
    assert_false(hf_negotiated(pair_conn(p, by))->complete);
    pair_free(p);
}

/* ---- the fields ---- */
enum wrong { NO_SESSION_ID, SHORT_SESSION_ID, OTHER_SESSION_ID, COMPRESSED, SUITES };
static const uint16_t not_offered[] = {0x1303, 0x1304, 0x1337, 0xc030, 0x0a0a, 0x0000, 0x00ff};

static void says_field(struct liar13 *l, struct hs *hs, union any_message *m)
{
    static uint8_t id[SESSION_ID_MAX];
    struct server_hello *h = &m->server_hello;
    (void)hs;
    assert_int_equal(h->session_id.len, SESSION_ID_MAX); /* what is echoed; 4.1.3 */
    memcpy(id, h->session_id.data, sizeof id);
    switch (l->number) {
    case NO_SESSION_ID:
        h->session_id = slice_of(NULL, 0);
        break;
    case SHORT_SESSION_ID:
        h->session_id = slice_of(id, sizeof id - 1);
        break;
    case OTHER_SESSION_ID:
        id[31] ^= 1;
        h->session_id = slice_of(id, sizeof id);
        break;
    case COMPRESSED:
        h->compression_method = 1;
        break;
    default:
        h->cipher_suite = not_offered[l->number - SUITES];
    }
}

/* RFC 8446 4.1.3, 4.1.4: the session ID comes back as it was, the suite was offered, the method is null. */
static void fields_that_are_wrong(void **state)
{
    (void)state;
    for (uint32_t field = 0; field < SUITES + sizeof not_offered / sizeof *not_offered; field++) {
        for (enum where where = PLAIN; where < PLACES; where++) {
            struct liar13 server;
            struct pair *p = lying_at(where, &server);
            server.lie = says_field;
            server.number = field;
            hf_err wanted = field < COMPRESSED ? HF_SESSION_ID_NOT_ECHOED
                            : field < SUITES   ? HF_COMPRESSION_NOT_OFFERED
                                               : HF_SUITE_NOT_OFFERED;
            assert_lie_refused(p, HF_CLIENT, wanted, ILLEGAL);
            assert_int_equal(server.built, 1);
        }
    }
}

static void says_other_suite(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)l;
    (void)hs;
    assert_int_equal(m->server_hello.cipher_suite, 0x1301);
    m->server_hello.cipher_suite = 0x1302;
}

/* RFC 8446 4.1.4: the suite of HelloRetryRequest is that of ServerHello, though both were offered. */
static void a_suite_that_changes(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = lying_at(BEHIND_RETRY, &server);
    server.lie = says_other_suite;
    assert_lie_refused(p, HF_CLIENT, HF_SUITE_NOT_OFFERED, ILLEGAL);
}

static void offers_more_later(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)hs;
    if (!l->built) { /* the server's first choice is in the second alone */
        m->client_hello.cipher_suites = slice_of("\x13\x37\x0a\x0a\x13\x02", 6);
    }
}

/* RFC 8446 4.1.4, 4.1.2: a server keeps to the suite that it chose, and passes over those that it does not know. */
static void a_server_keeps_its_suite(void **state)
{
    (void)state;
    struct liar13 client;
    struct pair *p = meeting(true);
    liar13_begin(&client, p->client, CLIENT_HELLO);
    client.lie = offers_more_later;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(client.built, 2);
    assert_string_equal(hf_negotiated(p->server)->suite_name, "TLS_AES_256_GCM_SHA384");
    pair_free(p);
}

/* ---- the random ---- */
enum { RANDOM_AT = RECORD_HEADER + HANDSHAKE_HEADER + 2, MARK_SIZE = 8, FREE_SIZE = RANDOM_SIZE - MARK_SIZE };
struct randoms {
    uint8_t of[2][RANDOM_SIZE]; /* by side, as they were */
    bool heard[2];
    const char *mark; /* what the server's ends with when it arrives; NULL: it is left alone */
};

static void hear_randoms(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct randoms *r = arg;
    (void)pair;
    if (r->heard[from]) {
        return;
    }
    r->heard[from] = true;
    assert_true(bytes->len > RANDOM_AT + RANDOM_SIZE);
    /* RFC 8446 4.1.2, 4.1.3: a hello comes first, and legacy_version says 1.2 */
    assert_memory_equal(bytes->data + RANDOM_AT - 2, "\3\3", 2);
    assert_int_equal(bytes->data[RECORD_HEADER], from == HF_CLIENT ? 1 : 2);
    memcpy(r->of[from], bytes->data + RANDOM_AT, RANDOM_SIZE);
    if (from == HF_SERVER && r->mark) {
        memcpy(bytes->data + RANDOM_AT + FREE_SIZE, r->mark, MARK_SIZE);
    }
}

static struct pair *of_versions(uint16_t client, uint16_t server, struct randoms *r)
{
    hf_config *c = test_client_config(), *s = test_server_config();
    assert_int_equal(hf_config_versions(c, 0x0303, client), HF_OK);
    assert_int_equal(hf_config_versions(s, 0x0303, server), HF_OK);
    struct pair *p = pair_take(c, s, TEST_HOST);
    p->hook = hear_randoms;
    p->hook_arg = r;
    return p;
}

/* RFC 8446 4.1.3: a server that agrees to less than it speaks marks its random; all else of it is random. */
static void a_server_marks_its_random(void **state)
{
    (void)state;
    static const uint16_t versions[][2] = {{0x0303, 0x0304}, {0x0303, 0x0303}, {0x0304, 0x0304}};
    for (size_t i = 0; i < 3; i++) {
        struct randoms r[2] = {0};
        for (size_t k = 0; k < 2; k++) {
            struct pair *p = of_versions(versions[i][0], versions[i][1], &r[k]);
            pair_run(p);
            pair_assert_complete(p);
            bool marked = memcmp(r[k].of[HF_SERVER] + FREE_SIZE, "DOWNGRD\1", MARK_SIZE) == 0;
            assert_int_equal(marked, i == 0);
            assert_memory_not_equal(r[k].of[HF_SERVER], r[k].of[HF_CLIENT], FREE_SIZE);
            pair_free(p);
        }
        assert_memory_not_equal(r[0].of[HF_SERVER], r[1].of[HF_SERVER], FREE_SIZE);
    }
}

/* RFC 8446 4.1.3: a client that offered TLS 1.3 takes neither mark. */
static void a_client_takes_neither_mark(void **state)
{
    (void)state;
    static const char *const marks[] = {"DOWNGRD\0", "DOWNGRD\1"};
    for (size_t i = 0; i < 2; i++) {
        struct randoms r = {.mark = marks[i]};
        assert_lie_refused(of_versions(0x0304, 0x0303, &r), HF_CLIENT, HF_DOWNGRADED, ILLEGAL);
    }
}

/* ---- HelloRetryRequest ---- */
/* RFC 8446 4.1.4: it asks for something. */
static void a_retry_that_changes_nothing(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = lying_at(RETRIED, &server);
    liar13_drop(&server, EXTENSION_KEY_SHARE);
    assert_lie_refused(p, HF_CLIENT, HF_RETRY_WITHOUT_CHANGE, ILLEGAL);
}

static void says_retry(struct liar13 *l, struct hs *hs, union any_message *m)
{
    (void)l;
    (void)hs;
    m->server_hello.random = slice_of(retry_random, RANDOM_SIZE);
}

/* RFC 8446 4.1.3, 4.1.4: ServerHello with that random is a HelloRetryRequest, and there is one at most. */
static void the_random_is_looked_at_first(void **state)
{
    (void)state;
    for (int second = 0; second < 2; second++) {
        struct liar13 server;
        struct pair *p = lying_at(second ? BEHIND_RETRY : PLAIN, &server);
        server.lie = says_retry;
        if (second) { /* which would be a sound one: for a cookie */
            liar13_drop(&server, EXTENSION_KEY_SHARE);
            liar13_set(&server, EXTENSION_COOKIE, "\0\1x", 3);
        }
        /* the key_share of a ServerHello does not decode there */
        assert_lie_refused(p, HF_CLIENT, second ? HF_UNEXPECTED_MESSAGE : HF_MALFORMED_EXTENSION,
                           second ? UNEXPECTED : 50);
    }
}

/* RFC 8446 4.1.4: the version that HelloRetryRequest says is the one of ServerHello. */
static void another_version_behind_a_retry(void **state)
{
    (void)state;
    struct liar13 server;
    struct pair *p = lying_at(BEHIND_RETRY, &server);
    liar13_set(&server, EXTENSION_SUPPORTED_VERSIONS, "\3\3", 2);
    assert_lie_refused(p, HF_CLIENT, HF_VERSION_MISPLACED, ILLEGAL);
}

/* ---- extensions ---- */
/* RFC 8446 4.1.3, 4.2: what is in ServerHello is what keys and version need; HelloRetryRequest asks. */
static void a_server_says_no_more_than_is_needed(void **state)
{
    (void)state;
    for (enum where where = PLAIN; where < PLACES; where++) {
        struct liar13 server;
        struct pair *p = lying_at(where, &server);
        pair_run(p);
        pair_assert_complete(p);
        assert_string_equal(hf_negotiated(p->client)->alpn, "h2");
        assert_int_equal(liar13_count(&server, 0), 2);
        assert_true(liar13_place(&server, 0, EXTENSION_SUPPORTED_VERSIONS) >= 0);
        assert_true(liar13_place(&server, 0, EXTENSION_KEY_SHARE) >= 0);
        pair_free(p);
    }
}

/* RFC 8446 4.2: unsupported_extension for answers to nothing, illegal_parameter for known ones out of place. */
static void extensions_out_of_place(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        uint8_t len;
        const char *body;
        bool unasked;
    } cases[] = {
        {0x1234, 1, "x", true},
        {0x0a0a, 0, "", true},
        {EXTENSION_EARLY_DATA, 0, "", true},
        {EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, 0, "", true},
        {EXTENSION_SIGNATURE_ALGORITHMS, 4, "\0\2\4\3", false},
        {EXTENSION_ALPN, 5, "\0\3\2h2", false},
        {EXTENSION_SERVER_NAME, 0, "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (enum where where = PLAIN; where < PLACES; where++) {
            struct liar13 server;
            struct pair *p = lying_at(where, &server);
            liar13_set(&server, cases[i].code, cases[i].body, cases[i].len);
            assert_lie_refused(p, HF_CLIENT,
                               cases[i].unasked ? HF_UNSOLICITED_EXTENSION : HF_MISPLACED_EXTENSION,
                               cases[i].unasked ? UNSUPPORTED : ILLEGAL);
        }
    }
}

/* The same in EncryptedExtensions, where ServerHello's do not belong. */
static void extensions_that_are_not_encrypted(void **state)
{
    (void)state;
    static const uint16_t codes[] = {EXTENSION_SUPPORTED_VERSIONS, EXTENSION_KEY_SHARE, 0x1234};
    for (size_t i = 0; i < 3; i++) {
        struct liar13 server;
        struct pair *p = meeting(false);
        liar13_begin(&server, p->server, ENCRYPTED_EXTENSIONS);
        liar13_set(&server, codes[i], "\3\4", 2);
        assert_lie_refused(p, HF_CLIENT, i == 2 ? HF_UNSOLICITED_EXTENSION : HF_MISPLACED_EXTENSION,
                           i == 2 ? UNSUPPORTED : ILLEGAL);
    }
}

static struct slice *extensions_in(enum message kind, union any_message *m)
{
    return kind == CLIENT_HELLO           ? &m->client_hello.extensions
           : kind == ENCRYPTED_EXTENSIONS ? &m->encrypted_extensions.extensions
                                          : &m->server_hello.extensions;
}

/* The first of its extensions stands at the end once more. */
static void says_twice(struct liar13 *l, struct hs *hs, union any_message *m)
{
    static uint8_t room[LIAR13_BLOCK];
    struct slice *block = extensions_in(l->message, m);
    struct writer w = writer_of(room, sizeof room);
    (void)hs;
    size_t first = 4 + ((size_t)block->data[2] << 8 | block->data[3]);
    write_bytes(&w, *block);
    write_bytes(&w, slice_of(block->data, first));
    *block = written(&w);
}

/* RFC 8446 4.2: none twice, in whatever message. */
static void extensions_that_stand_twice(void **state)
{
    (void)state;
    static const enum message messages[] = {CLIENT_HELLO, SERVER_HELLO, HELLO_RETRY_REQUEST,
                                            ENCRYPTED_EXTENSIONS};
    for (size_t i = 0; i < 4; i++) {
        hf_side liar = messages[i] == CLIENT_HELLO ? HF_CLIENT : HF_SERVER;
        struct liar13 l;
        struct pair *p = meeting(messages[i] == HELLO_RETRY_REQUEST);
        liar13_begin(&l, pair_conn(p, liar), messages[i]);
        l.lie = says_twice;
        assert_lie_refused(p, liar == HF_CLIENT ? HF_SERVER : HF_CLIENT, HF_DUPLICATE_EXTENSION, ILLEGAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_that_are_wrong),
        cmocka_unit_test(a_suite_that_changes),
        cmocka_unit_test(a_server_keeps_its_suite),
        cmocka_unit_test(a_server_marks_its_random),
        cmocka_unit_test(a_client_takes_neither_mark),
        cmocka_unit_test(a_retry_that_changes_nothing),
        cmocka_unit_test(the_random_is_looked_at_first),
        cmocka_unit_test(another_version_behind_a_retry),
        cmocka_unit_test(a_server_says_no_more_than_is_needed),
        cmocka_unit_test(extensions_out_of_place),
        cmocka_unit_test(extensions_that_are_not_encrypted),
        cmocka_unit_test(extensions_that_stand_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
