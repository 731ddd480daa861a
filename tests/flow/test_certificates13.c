/* SPDX-License-Identifier: MIT */
#include "liar13.h"
#include "pair.h"

#include <string.h>

/*
 * Authentication of TLS 1.3 where a peer lies, RFC 8446 4.3 and 4.4: EncryptedExtensions, CertificateRequest,
 * Certificate, CertificateVerify and Finished.
 */
static hf_config *speaking(hf_config *c)
{
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    return c;
}

static hf_config *alice(void)
{
    hf_config *c = speaking(test_client_config());
    test_add_identity(c, &test_pki()->client[TEST_P256]);
    return c;
}

static hf_config *asking(void)
{
    hf_config *c = speaking(test_server_config());
    test_trust(c, test_pki()->root);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUEST), HF_OK);
    return c;
}

static struct pair *meeting(void)
{
    return pair_take(alice(), asking(), TEST_HOST);
}

/* ---- the lie: a message as a whole, or one bit of what is signed or authenticated ---- */
static struct {
    enum message message;
    uint8_t bytes[8192];
    size_t len; /* 0: the last bit of the message's is turned */
} told;

static enum err build_lie(struct hs *hs, struct outgoing *out)
{
    TRY(version_tls13.message[told.message].build(hs, out));
    if (told.len) {
        out->whole = slice_of(told.bytes, told.len);
    } else if (told.message == CERTIFICATE_VERIFY) {
        struct slice s = out->message.certificate_verify.signature;
        memcpy(told.bytes, s.data, s.len);
        told.bytes[s.len - 1] ^= 1;
        out->message.certificate_verify.signature = slice_of(told.bytes, s.len);
    } else {
        struct slice s = out->message.finished.verify_data;
        memcpy(told.bytes, s.data, s.len);
        told.bytes[s.len - 1] ^= 1;
        out->message.finished.verify_data = slice_of(told.bytes, s.len);
    }
    return OK;
}

static void lie(hf_conn *conn, enum message m, const void *bytes, size_t len)
{
    static struct version lying;
    lying = version_tls13;
    lying.message[m].build = build_lie;
    conn->hs->version = &lying;
    told.message = m;
    told.len = len;
    assert_true(len <= sizeof told.bytes);
    if (len) {
        memcpy(told.bytes, bytes, len);
    }
}

static void assert_lie_refused(struct pair *p, hf_side by, hf_err err, uint8_t alert)
{
    pair_run(p);
    const hf_failure *f = hf_failed(pair_conn(p, by));
    assert_non_null(f);
    if (f->err != err || f->alert != alert) {
        fail_msg("%s, alert %u; expected %s", hf_err_name(f->err), f->alert, hf_err_name(err));
    }
    assert_int_equal(f->alert_direction, HF_SENT);
    pair_free(p);
}

/* ---- EncryptedExtensions ---- */
/* RFC 8446 4.3.1: what is known and belongs elsewhere. */
static void extensions_that_are_not_encrypted(void **state)
{
    (void)state;
    static const uint16_t codes[] = {EXTENSION_KEY_SHARE,
                                     EXTENSION_SUPPORTED_VERSIONS,
                                     EXTENSION_SIGNATURE_ALGORITHMS,
                                     EXTENSION_EXTENDED_MASTER_SECRET,
                                     EXTENSION_RENEGOTIATION_INFO,
                                     EXTENSION_PSK_KEY_EXCHANGE_MODES};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct liar13 server;
        struct pair *p = meeting();
        liar13_begin(&server, p->server, ENCRYPTED_EXTENSIONS);
        liar13_set(&server, codes[i], "", 0);
        assert_lie_refused(p, HF_CLIENT, HF_MISPLACED_EXTENSION, 47);
    }
}

/* ---- CertificateRequest ---- */
static void request(struct pair *p, const char *context, const char *extensions, size_t len)
{
    uint8_t bytes[200];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_number(&w, 13, 1);
    size_t whole = write_open(&w, 3);
    write_vector(&w, 1, slice_of(context, strlen(context)));
    write_vector(&w, 2, slice_of(extensions, len));
    write_close(&w, whole, 3);
    assert_false(w.full);
    lie(p->server, CERTIFICATE_REQUEST, bytes, w.len);
}
#define REQUEST(p, context, extensions) request(p, context, extensions, sizeof(extensions) - 1)
#define ECDSA_P256 "\0\x0d\0\4\0\2\4\3"

/* RFC 8446 4.3.2: what is not known is passed over; schemes there must be; the context is for later. */
static void requests_of_a_server(void **state)
{
    (void)state;
    struct pair *p = meeting();
    REQUEST(p, "", "\xfa\xfa\0\3abc" ECDSA_P256 "\x12\x34\0\0");
    pair_run(p);
    pair_assert_complete(p);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    pair_free(p);
    p = meeting();
    REQUEST(p, "", "\xfa\xfa\0\3abc");
    assert_lie_refused(p, HF_CLIENT, HF_MISSING_EXTENSION, 109);
    p = meeting();
    REQUEST(p, "", ECDSA_P256 ECDSA_P256);
    assert_lie_refused(p, HF_CLIENT, HF_DUPLICATE_EXTENSION, 47);
    p = meeting();
    REQUEST(p, "c", ECDSA_P256);
    assert_lie_refused(p, HF_CLIENT, HF_REQUEST_CONTEXT_TOO_EARLY, 47);
    p = meeting(); /* our own have none either */
    struct span own = p->server->config->settings.certificate_request13;
    assert_true(own.len > 5 && own.data[0] == 13 && own.data[4] == 0);
    pair_free(p);
}

/* RFC 8446 4.3.2: on one connection no context comes twice. */
static void every_later_request_has_its_own_context(void **state)
{
    (void)state;
    uint8_t seen[8][255];
    size_t len[8];
    hf_config *client = alice();
    assert_int_equal(hf_config_post_handshake_auth(client, true), HF_OK);
    struct pair *p = pair_take(client, asking(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        struct span context = p->server->hs->request_context;
        len[i] = context.len;
        assert_in_range(len[i], 1, 255);
        memcpy(seen[i], context.data, len[i]);
        for (size_t before = 0; before < i; before++) {
            assert_false(slice_equal(slice_of(seen[i], len[i]), slice_of(seen[before], len[before])));
        }
        pair_run(p);
        pair_assert_complete(p);
    }
    pair_free(p);
}

/* ---- Certificate ---- */
/* The side's own message, changed: context, extensions of the leaf, and which certificates. */
struct certificate_lie {
    const char *context, *extensions;
    size_t len;
    bool none, reversed;
};

static void certificate(struct pair *p, hf_side by, const struct certificate_lie *l)
{
    const struct config *c = &pair_conn(p, by)->config->settings;
    struct slice one[4];
    size_t count = 0;
    struct list chain = list_of(c->identities[0].chain);
    while (count < 4 && list_next_vector(&chain, 3, &one[count])) {
        count++;
    }
    assert_true(count >= 2);
    static uint8_t bytes[sizeof told.bytes];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_number(&w, 11, 1);
    size_t whole = write_open(&w, 3);
    write_vector(&w, 1, slice_of(l->context, strlen(l->context)));
    size_t list = write_open(&w, 3);
    for (size_t i = 0; i < count && !l->none; i++) {
        write_vector(&w, 3, one[l->reversed ? count - 1 - i : i]);
        write_vector(&w, 2, slice_of(l->extensions, i ? 0 : l->len));
    }
    write_close(&w, list, 3);
    write_close(&w, whole, 3);
    assert_false(w.full);
    lie(pair_conn(p, by), CERTIFICATE, bytes, w.len);
}

/* RFC 8446 4.4.2: as it is, it does; so what follows is refused for what is changed. */
static void certificates_as_they_are(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = meeting();
        certificate(p, by, &(struct certificate_lie){.context = "", .extensions = ""});
        pair_run(p);
        pair_assert_complete(p);
        pair_free(p);
    }
}

/* RFC 8446 4.4.2, 4.4.2.1, 4.4.2.4. */
static void certificates_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        hf_side by;
        struct certificate_lie lie;
        hf_err err;
        uint8_t alert;
    } cases[] = {
        /* a server's list has something in it, and nothing was asked for by a context */
        {HF_SERVER, {.context = "", .extensions = "", .none = true}, HF_EMPTY_SERVER_CERTIFICATE, 50},
        {HF_SERVER, {.context = "c", .extensions = ""}, HF_REQUEST_CONTEXT_DIFFERS, 47},
        {HF_CLIENT, {.context = "c", .extensions = ""}, HF_REQUEST_CONTEXT_DIFFERS, 47},
        /* extensions answer those of ClientHello, or of CertificateRequest */
        {HF_SERVER, {"", "\0\5\0\4\1\0\0\0", 8, false, false}, HF_UNSOLICITED_EXTENSION, 110},
        {HF_SERVER, {"", "\0\x12\0\4\0\2\0\0", 8, false, false}, HF_UNSOLICITED_EXTENSION, 110},
        {HF_SERVER, {"", "\xfa\xfa\0\0", 4, false, false}, HF_UNSOLICITED_EXTENSION, 110},
        {HF_CLIENT, {"", "\0\x12\0\4\0\2\0\0", 8, false, false}, HF_UNSOLICITED_EXTENSION, 110},
        {HF_CLIENT, {"", "\xfa\xfa\0\0", 4, false, false}, HF_UNSOLICITED_EXTENSION, 110},
        /* and status_request_v2 is none of TLS 1.3 */
        {HF_SERVER, {"", "\0\x11\0\0", 4, false, false}, HF_UNSOLICITED_EXTENSION, 110},
        /* the sender's own comes first */
        {HF_SERVER, {.context = "", .extensions = "", .reversed = true}, HF_WRONG_KEY_USAGE, 43},
        {HF_CLIENT, {.context = "", .extensions = "", .reversed = true}, HF_WRONG_KEY_USAGE, 43},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair *p = meeting();
        certificate(p, cases[i].by, &cases[i].lie);
        assert_lie_refused(p, cases[i].by == HF_CLIENT ? HF_SERVER : HF_CLIENT, cases[i].err, cases[i].alert);
    }
}

/* RFC 8446 4.4.2.3: a client shows what the server can verify, or nothing. */
static void certificates_that_a_client_has_for_the_server(void **state)
{
    (void)state;
    struct test_identity by_rsa =
        test_identity_make(&(struct test_spec){.issuer = TEST_BY_RSA_ROOT, .extended = "clientAuth"});
    for (int later = 0; later < 2; later++) {
        for (int second = 0; second < 2; second++) {
            hf_config *client = speaking(test_client_config()), *server = asking();
            test_add_identity(client, &by_rsa);
            if (second) {
                test_add_identity(client, &test_pki()->client[TEST_P256]);
            }
            assert_int_equal(hf_config_post_handshake_auth(client, later), HF_OK);
            test_trust(server, test_pki()->rsa_root);
            assert_int_equal(hf_config_schemes_to_accept(server, "ecdsa_secp256r1_sha256", NULL), HF_OK);
            assert_int_equal(
                hf_config_client_auth(server, later ? HF_CLIENT_AUTH_NONE : HF_CLIENT_AUTH_REQUEST), HF_OK);
            struct pair *p = pair_take(client, server, TEST_HOST);
            pair_run(p);
            pair_assert_complete(p);
            if (later) {
                assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
                pair_run(p);
                pair_assert_complete(p);
            }
            assert_true(hf_negotiated(p->client)->client_auth_requested);
            assert_int_equal(hf_negotiated(p->client)->identity, second ? 1 : HF_NO_IDENTITY);
            assert_int_equal(hf_negotiated(p->server)->peer_subject != NULL, second);
            pair_free(p);
        }
    }
    test_identity_free(&by_rsa);
}

/* ---- CertificateVerify and Finished ---- */
/* RFC 8446 4.4.3, 4.4.4: decrypt_error, whichever side's it is. */
static void what_does_not_verify(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        hf_side judge = by == HF_CLIENT ? HF_SERVER : HF_CLIENT;
        struct pair *p = meeting();
        lie(pair_conn(p, by), CERTIFICATE_VERIFY, NULL, 0);
        assert_lie_refused(p, judge, HF_BAD_SIGNATURE, 51);
        p = meeting();
        lie(pair_conn(p, by), FINISHED, NULL, 0);
        assert_lie_refused(p, judge, HF_BAD_FINISHED, 51);
    }
}

/* RFC 8446 4.4.3: RSA signs by PSS, and nobody by SHA-1, whatever the peer would rather have. */
static void what_signs(void **state)
{
    (void)state;
    static const struct {
        const char *accepted;
        uint16_t scheme; /* 0: there is none */
    } cases[] = {
        {"rsa_pkcs1_sha256:rsa_pkcs1_sha1:rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256", 0x0804},
        {"rsa_pkcs1_sha256:rsa_pss_rsae_sha512:ecdsa_secp256r1_sha256", 0x0806},
        {"rsa_pkcs1_sha256:rsa_pkcs1_sha1:ecdsa_sha1:ecdsa_secp256r1_sha256", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_config *client = speaking(test_client_config()),
                  *server = speaking(test_server_without_identity());
        test_add_identity(server, &test_pki()->server[TEST_RSA]);
        assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
        assert_int_equal(hf_config_schemes_to_accept(client, cases[i].accepted, NULL), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        if (cases[i].scheme) {
            pair_assert_complete(p);
            assert_int_equal(hf_negotiated(p->client)->server_scheme, cases[i].scheme);
            assert_int_equal(hf_negotiated(p->server)->server_scheme, cases[i].scheme);
        } else {
            assert_int_equal(hf_failed(p->server)->err, HF_NO_COMMON_SCHEME);
            assert_int_equal(hf_failed(p->server)->alert, 40);
        }
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions_that_are_not_encrypted),
        cmocka_unit_test(requests_of_a_server),
        cmocka_unit_test(every_later_request_has_its_own_context),
        cmocka_unit_test(certificates_as_they_are),
        cmocka_unit_test(certificates_that_are_wrong),
        cmocka_unit_test(certificates_that_a_client_has_for_the_server),
        cmocka_unit_test(what_does_not_verify),
        cmocka_unit_test(what_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
