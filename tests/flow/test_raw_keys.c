/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/memory.h"
#include "tls13/tls13.h"

/*
 * Raw public keys, RFC 7250: what a peer gets for types that do not decode, that were not offered, or are
 * said unasked; for Certificates that are no key, or another's; and for a session of other types.
 */
enum { CLIENT_TYPE = 19, SERVER_TYPE = 20, BOTH_TYPES };
enum { BAD_CERTIFICATE = 42, UNSUPPORTED = 43, ILLEGAL = 47, DECODE_ERROR = 50, DECRYPT_ERROR = 51 };

static hf_bytes key_of(hf_side side)
{
    return side == HF_CLIENT ? test_pki()->client[TEST_P256].key : test_pki()->server[TEST_P256].key;
}

static hf_config *raw(hf_side side, uint16_t version)
{
    hf_config *c = side == HF_CLIENT ? hf_config_client() : hf_config_server();
    assert_int_equal(hf_config_versions(c, version, version), HF_OK);
    assert_int_equal(hf_config_clock(c, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_identity_raw_key(c, key_of(side), NULL), HF_OK);
    test_trust_key(c, key_of(side == HF_CLIENT ? HF_SERVER : HF_CLIENT));
    if (side == HF_SERVER) {
        assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    }
    return c;
}

static struct pair *raw_pair(uint16_t version)
{
    return pair_take(raw(HF_CLIENT, version), raw(HF_SERVER, version), TEST_HOST);
}

/* ---- the hellos ---- */
struct change {
    uint16_t code;
    enum { REPLACE, ADD, DROP } how;
    const char *body;
    size_t len;
};
#define BODY(code, text)                      \
    {                                         \
        code, REPLACE, text, sizeof(text) - 1 \
    }

static void change(struct hello *h, void *arg)
{
    const struct change *c = arg;
    struct hello_extension *e = hello_find(h, c->code);
    if (c->how == ADD) {
        hello_add(h, c->code, c->body, c->len);
        return;
    }
    assert_non_null(e);
    if (c->how == DROP) {
        hello_drop(h, c->code);
        return;
    }
    e->len = c->len;
    memcpy(e->body, c->body, c->len);
}

static struct hello_editor editor_of(hf_side side, const struct change *c)
{
    return (struct hello_editor){.side = side, .edit = change, .arg = (void *)(uintptr_t)c};
}

static void refused(uint16_t version, hf_side liar, const struct change *c, hf_err err, uint8_t alert)
{
    struct pair *p = raw_pair(version);
    struct hello_editor e = editor_of(liar, c);
    edit_hello(p, &e);
    run_and_expect(p, liar == HF_CLIENT ? HF_SERVER : HF_CLIENT, err, alert);
    assert_true(e.done);
}

/* RFC 7250 3: CertificateType client_certificate_types<1..2^8-1> */
static void lists_that_do_not_decode(void **state)
{
    (void)state;
    for (uint16_t version = 0x0303; version <= 0x0304; version++) {
        for (uint16_t code = CLIENT_TYPE; code < BOTH_TYPES; code++) {
            const struct change changes[] = {BODY(code, ""),     BODY(code, "\0"),     BODY(code, "\1"),
                                             BODY(code, "\2\2"), BODY(code, "\1\2\0"), BODY(code, "\0\2")};
            for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
                refused(version, HF_CLIENT, &changes[i], HF_MALFORMED_EXTENSION, DECODE_ERROR);
            }
        }
    }
}

/* Types that nobody knows are passed over; without one in common the server says so: RFC 7250 4.2. */
static void types_that_nobody_knows(void **state)
{
    (void)state;
    static const struct change known = BODY(SERVER_TYPE, "\4\3\377\2\1"),
                               none = BODY(SERVER_TYPE, "\2\1\377"),
                               none_of_client = BODY(CLIENT_TYPE, "\2\1\377");
    struct pair *p = raw_pair(0x0303);
    struct hello_editor e = editor_of(HF_CLIENT, &known);
    edit_hello(p, &e);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    for (uint16_t version = 0x0303; version <= 0x0304; version++) {
        refused(version, HF_CLIENT, &none, HF_NO_COMMON_CERTIFICATE_TYPE, UNSUPPORTED);
        refused(version, HF_CLIENT, &none_of_client, HF_NO_COMMON_CERTIFICATE_TYPE, UNSUPPORTED);
    }
}

/* RFC 7250 4.2: one value, of those that were offered. */
static void answers_in_server_hello(void **state)
{
    (void)state;
    for (uint16_t code = CLIENT_TYPE; code < BOTH_TYPES; code++) {
        const struct change malformed[] = {BODY(code, ""), BODY(code, "\1\2"), BODY(code, "\2\2")};
        const struct change others[] = {BODY(code, "\0"), BODY(code, "\1"), BODY(code, "\377")};
        for (size_t i = 0; i < 3; i++) {
            refused(0x0303, HF_SERVER, &malformed[i], HF_MALFORMED_EXTENSION, DECODE_ERROR);
            refused(0x0303, HF_SERVER, &others[i], HF_CERTIFICATE_TYPE_NOT_OFFERED, ILLEGAL);
        }
    }
    const struct change silent = {SERVER_TYPE, DROP, NULL, 0};
    refused(0x0303, HF_SERVER, &silent, HF_NO_COMMON_CERTIFICATE_TYPE, UNSUPPORTED);
}

static void answers_that_nobody_asked_for(void **state)
{
    (void)state;
    for (uint16_t code = CLIENT_TYPE; code < BOTH_TYPES; code++) {
        const struct change added = {code, ADD, "\2", 1};
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_versions(client, 0x0303, 0x0303), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        struct hello_editor e = editor_of(HF_SERVER, &added);
        edit_hello(p, &e);
        run_and_expect(p, HF_CLIENT, HF_UNSOLICITED_EXTENSION, 110);
    }
}

/* ---- EncryptedExtensions: a server of TLS 1.3 that lies ---- */
static struct {
    uint16_t code;
    bool drop;
    uint8_t type;
    bool told;
} lie;

static enum err lying_extensions(struct hs *hs, struct outgoing *out)
{
    TRY(encrypted_extensions_build(hs, out));
    uint8_t *at = out->scratch.base, *end = at + out->scratch.len;
    while (at < end) {
        size_t whole = 4 + ((size_t)at[2] << 8 | at[3]);
        if ((at[0] << 8 | at[1]) == lie.code) {
            lie.told = true;
            at[4] = lie.type;
            if (lie.drop) {
                memmove(at, at + whole, (size_t)(end - at) - whole);
                out->scratch.len -= whole;
            }
            break;
        }
        at += whole;
    }
    out->message.encrypted_extensions.extensions = written(&out->scratch);
    return OK;
}

static void answers_in_encrypted_extensions(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        bool drop;
        uint8_t type;
        hf_err err;
        uint8_t alert;
    } rows[] = {
        {SERVER_TYPE, false, 0, HF_CERTIFICATE_TYPE_NOT_OFFERED, ILLEGAL},
        {SERVER_TYPE, false, 3, HF_CERTIFICATE_TYPE_NOT_OFFERED, ILLEGAL},
        {CLIENT_TYPE, false, 0, HF_CERTIFICATE_TYPE_NOT_OFFERED, ILLEGAL},
        {SERVER_TYPE, true, 0, HF_NO_COMMON_CERTIFICATE_TYPE, UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct version liar = version_tls13;
        liar.message[ENCRYPTED_EXTENSIONS].build = lying_extensions;
        lie.code = rows[i].code;
        lie.drop = rows[i].drop;
        lie.type = rows[i].type;
        lie.told = false;
        struct pair *p = raw_pair(0x0304);
        p->server->hs->version = &liar;
        pair_run(p);
        assert_true(lie.told);
        assert_int_equal(hf_failed(p->client)->err, rows[i].err);
        assert_int_equal(hf_failed(p->client)->alert, rows[i].alert);
        pair_free(p);
    }
}

/* ---- Certificate: what was encoded at freeze is changed behind a side's back ---- */
static void show(struct pair *p, hf_side side, uint16_t version, struct slice body)
{
    struct identity *i = &pair_conn(p, side)->config->settings.identities[0];
    struct span *message = version == 0x0304 ? &i->message13 : &i->message;
    struct buffer b = {.limit = 70000};
    uint8_t head[] = {11, (uint8_t)(body.len >> 16), (uint8_t)(body.len >> 8), (uint8_t)body.len};
    assert_int_equal(buffer_append(&b, slice_of(head, sizeof head)), OK);
    assert_int_equal(buffer_append(&b, body), OK);
    assert_int_equal(memory_replace(message, buffer_slice(&b)), OK);
    buffer_free(&b);
}

/* The body that shows this key, or whatever else these bytes are. */
static struct slice showing(uint16_t version, struct slice key, uint8_t *room, size_t size)
{
    struct writer w = writer_of(room, size);
    if (version == 0x0304) {
        write_number(&w, 0, 1);
        size_t mark = write_open(&w, 3);
        write_vector(&w, 3, key);
        write_number(&w, 0, 2);
        write_close(&w, mark, 3);
    } else {
        write_vector(&w, 3, key);
    }
    assert_false(w.full);
    return written(&w);
}

static void refused_body(hf_side liar, uint16_t version, struct slice body, hf_err err, uint8_t alert)
{
    struct pair *p = raw_pair(version);
    hf_side judge = liar == HF_CLIENT ? HF_SERVER : HF_CLIENT;
    show(p, liar, version, body);
    pair_run(p);
    assert_non_null(hf_failed(pair_conn(p, judge)));
    assert_int_equal(hf_failed(pair_conn(p, judge))->err, err);
    assert_int_equal(hf_failed(pair_conn(p, judge))->alert, alert);
    assert_int_equal(hf_failed(pair_conn(p, liar))->err, HF_ALERT_RECEIVED);
    pair_free(p);
}

static struct slice own_key(struct pair *p, hf_side side)
{
    return certificate_public_key(pair_conn(p, side)->config->settings.identities[0].leaf);
}

#define EACH_LIAR(liar, version)                              \
    for (hf_side liar = HF_CLIENT; liar <= HF_SERVER; liar++) \
        for (uint16_t version = 0x0303; version <= 0x0304; version++)

/* RFC 7250 3: the DER encoding of a SubjectPublicKeyInfo, and nothing else. */
static void what_is_no_key(void **state)
{
    (void)state;
    uint8_t room[2048];
    struct span der;
    hf_bytes pem = test_pki()->server[TEST_P256].leaf;
    assert_int_equal(certificate_from_pem(slice_of(pem.data, pem.len), 0, &der), OK);
    EACH_LIAR(liar, version)
    {
        struct pair *p = raw_pair(version);
        uint8_t key[256];
        size_t len = own_key(p, liar).len;
        assert_true(len < sizeof key);
        memcpy(key, own_key(p, liar).data, len);
        pair_free(p);
        for (size_t cut = 1; cut < len; cut += cut < 30 ? 1 : 7) {
            refused_body(liar, version, showing(version, slice_of(key, cut), room, sizeof room),
                         HF_MALFORMED_CERTIFICATE, BAD_CERTIFICATE);
        }
        key[len] = 0;
        refused_body(liar, version, showing(version, slice_of(key, len + 1), room, sizeof room),
                     HF_MALFORMED_CERTIFICATE, BAD_CERTIFICATE);
        /* a certificate, although a key was agreed on */
        refused_body(liar, version, showing(version, slice_of_span(der), room, sizeof room),
                     HF_MALFORMED_CERTIFICATE, BAD_CERTIFICATE);
        /* a point that is not on its curve */
        key[len - 1] ^= 1;
        refused_body(liar, version, showing(version, slice_of(key, len), room, sizeof room),
                     HF_MALFORMED_CERTIFICATE, BAD_CERTIFICATE);
        key[len - 1] ^= 1;
        /* an algorithm that nobody has: its identifier's last byte */
        key[12] ^= 0x40;
        refused_body(liar, version, showing(version, slice_of(key, len), room, sizeof room),
                     HF_UNSUPPORTED_CERTIFICATE, UNSUPPORTED);
    }
    memory_free(der.data, der.len);
}

static void bodies_that_do_not_add_up(void **state)
{
    (void)state;
    uint8_t room[300], key[256];
    EACH_LIAR(liar, version)
    {
        struct pair *p = raw_pair(version);
        size_t len = own_key(p, liar).len;
        assert_true(len < sizeof key);
        memcpy(key, own_key(p, liar).data, len);
        pair_free(p);
        struct slice body = showing(version, slice_of(key, len), room, sizeof room);
        for (size_t cut = 0; cut < body.len; cut += cut < 12 ? 1 : 9) {
            refused_body(liar, version, slice_of(body.data, cut), HF_MALFORMED_MESSAGE, DECODE_ERROR);
        }
        room[body.len] = 0;
        refused_body(liar, version, slice_of(body.data, body.len + 1), HF_MALFORMED_MESSAGE, DECODE_ERROR);
    }
}

/* RFC 8446 4.4.2: no more than one CertificateEntry. */
static void a_key_that_is_not_alone(void **state)
{
    (void)state;
    uint8_t room[600];
    for (hf_side liar = HF_CLIENT; liar <= HF_SERVER; liar++) {
        struct pair *p = raw_pair(0x0304);
        struct writer w = writer_of(room, sizeof room);
        write_number(&w, 0, 1);
        size_t mark = write_open(&w, 3);
        for (int i = 0; i < 2; i++) {
            write_vector(&w, 3, own_key(p, liar));
            write_number(&w, 0, 2);
        }
        write_close(&w, mark, 3);
        pair_free(p);
        refused_body(liar, 0x0304, written(&w), HF_RAW_KEY_NOT_ALONE, ILLEGAL);
    }
}

/* A server that shows none, and a client that must. */
static void no_key_at_all(void **state)
{
    (void)state;
    static const uint8_t none[] = {0, 0, 0, 0};
    refused_body(HF_SERVER, 0x0303, slice_of(none, 3), HF_EMPTY_SERVER_CERTIFICATE, DECODE_ERROR);
    refused_body(HF_SERVER, 0x0304, slice_of(none, 4), HF_EMPTY_SERVER_CERTIFICATE, DECODE_ERROR);
}

/* Whoever shows a trusted key and does not have it, cannot sign with it. */
static void another_ones_key(void **state)
{
    (void)state;
    uint8_t room[300], key[256], fresh[300], *at = fresh;
    EVP_PKEY *made = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    assert_non_null(made);
    assert_true(i2d_PrivateKey(made, NULL) < (int)sizeof fresh);
    size_t fresh_len = (size_t)i2d_PrivateKey(made, &at);
    EVP_PKEY_free(made);
    EACH_LIAR(liar, version)
    {
        struct pair *p = raw_pair(version);
        size_t len = own_key(p, liar).len;
        assert_true(len < sizeof key);
        memcpy(key, own_key(p, liar).data, len);
        pair_free(p);
        hf_config *thief = raw(liar, version),
                  *honest = raw(liar == HF_CLIENT ? HF_SERVER : HF_CLIENT, version);
        struct identity *i = &thief->settings.identities[0];
        private_key_free(i->key); /* of the same kind, but another one's */
        assert_int_equal(private_key_load(slice_of(fresh, fresh_len), NULL, &i->key), OK);
        p = pair_take(liar == HF_CLIENT ? thief : honest, liar == HF_CLIENT ? honest : thief, TEST_HOST);
        show(p, liar, version, showing(version, slice_of(key, len), room, sizeof room));
        pair_run(p);
        hf_conn *judge = pair_conn(p, liar == HF_CLIENT ? HF_SERVER : HF_CLIENT);
        assert_non_null(hf_failed(judge));
        assert_int_equal(hf_failed(judge)->err, HF_BAD_SIGNATURE);
        assert_int_equal(hf_failed(judge)->alert, DECRYPT_ERROR);
        pair_free(p);
    }
}

/* ---- sessions of other types ---- */
/* The server has a certificate too: it is shown where the client says nothing of types any more. The session
 * was made with a raw key, and is not for such a hello. */
static void a_session_of_another_type(void **state)
{
    (void)state;
    static const struct change silent = {SERVER_TYPE, DROP, NULL, 0},
                               silent_of_client = {CLIENT_TYPE, DROP, NULL, 0};
    const struct change *const changes[] = {&silent, &silent_of_client};
    for (size_t i = 0; i < 2; i++) {
        hf_config *client = raw(HF_CLIENT, 0x0303), *server = raw(HF_SERVER, 0x0303);
        test_add_identity(server, &test_pki()->server[TEST_P256]);
        test_trust(server, test_pki()->root);
        test_trust(client, test_pki()->root);
        test_add_identity(client, &test_pki()->client[TEST_P256]);
        struct pair *p = pair_connect(client, server, TEST_HOST);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->own_certificate_type, HF_RAW_PUBLIC_KEY);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_new(client, server, TEST_HOST);
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        struct hello_editor e = editor_of(HF_CLIENT, changes[i]);
        edit_hello(p, &e);
        pair_run(p);
        pair_assert_complete(p);
        assert_false(hf_negotiated(p->server)->resumed);
        assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_PARAMETERS);
        assert_int_equal(hf_negotiated(p->server)->own_certificate_type, i ? HF_RAW_PUBLIC_KEY : HF_X509);
        assert_int_equal(hf_negotiated(p->server)->peer_certificate_type, i ? HF_X509 : HF_RAW_PUBLIC_KEY);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_that_do_not_decode),
        cmocka_unit_test(types_that_nobody_knows),
        cmocka_unit_test(answers_in_server_hello),
        cmocka_unit_test(answers_that_nobody_asked_for),
        cmocka_unit_test(answers_in_encrypted_extensions),
        cmocka_unit_test(what_is_no_key),
        cmocka_unit_test(bodies_that_do_not_add_up),
        cmocka_unit_test(a_key_that_is_not_alone),
        cmocka_unit_test(no_key_at_all),
        cmocka_unit_test(another_ones_key),
        cmocka_unit_test(a_session_of_another_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
