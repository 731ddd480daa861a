/* SPDX-License-Identifier: MIT */
#include "hellos13.h"

#include "tls13/tls13.h"

#include <string.h>

/* RFC 8446 4.2: extensions in Certificate and CertificateRequest that belong to other messages, or that nobody
 * asked for. Those of the hellos and of EncryptedExtensions are in test_server_hello13.c, those of tickets in
 * test_tickets13.c. */
enum { ILLEGAL = 47, UNSUPPORTED = 110 };

static uint16_t code; /* of the extension without a body that is put there */
static uint8_t room[4096];
static struct version lying;

static void enlarge(uint8_t *at, size_t width)
{
    unsigned more = 4;
    while (width-- > 0) {
        more += at[width];
        at[width] = (uint8_t)more;
        more >>= 8;
    }
}

static void put_at(struct slice *whole, size_t at)
{
    const uint8_t extension[] = {(uint8_t)(code >> 8), (uint8_t)code, 0, 0};
    assert_true(at <= whole->len && whole->len + 4 <= sizeof room);
    memcpy(room, whole->data, at);
    memcpy(room + at, extension, 4);
    memcpy(room + at + 4, whole->data + at, whole->len - at);
    enlarge(room + 1, 3);
    *whole = slice_of(room, whole->len + 4);
}

/* Behind the last one. */
static enum err build_request(struct hs *hs, struct outgoing *out)
{
    TRY(tls13_certificate_request_build(hs, out));
    assert_int_equal(out->whole.data[HANDSHAKE_HEADER], 0);
    put_at(&out->whole, out->whole.len);
    enlarge(room + HANDSHAKE_HEADER + 1, 2);
    return OK;
}

/* To the first certificate, which has none. */
static enum err build_certificate(struct hs *hs, struct outgoing *out)
{
    const size_t list = HANDSHAKE_HEADER + 1, entry = list + 3;
    TRY(tls13_certificate_build(hs, out));
    const uint8_t *m = out->whole.data;
    size_t at = entry + 3 + ((size_t)m[entry] << 16 | (size_t)m[entry + 1] << 8 | m[entry + 2]);
    assert_true(m[at] == 0 && m[at + 1] == 0);
    put_at(&out->whole, at + 2);
    enlarge(room + list, 3);
    enlarge(room + at, 2);
    return OK;
}

static struct pair *meeting(hf_side liar, enum message m)
{
    hf_config *c = speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519");
    hf_config *s = speaking13(test_server_config(), TLS_1_2, TLS_1_3, "x25519");
    assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
    test_add_identity(c, &test_pki()->client[TEST_P256]);
    test_trust(s, test_pki()->root);
    assert_int_equal(hf_config_client_auth(s, HF_CLIENT_AUTH_REQUEST), HF_OK);
    struct pair *p = pair_take(c, s, TEST_HOST);
    lying = version_tls13;
    lying.message[m].build = m == CERTIFICATE ? build_certificate : build_request;
    pair_conn(p, liar)->hs->version = &lying;
    return p;
}

static void assert_lie_refused(hf_side liar, enum message m, hf_err err, uint8_t alert)
{
    hf_side by = liar == HF_CLIENT ? HF_SERVER : HF_CLIENT;
    struct pair *p = meeting(liar, m);
    pair_run(p);
    pair_assert_refused(p, by, err, alert);
    pair_free(p);
}

static void in_certificate_request(void **state)
{
    (void)state;
    static const uint16_t known[] = {
        EXTENSION_SERVER_NAME, EXTENSION_ALPN,       EXTENSION_SUPPORTED_GROUPS, EXTENSION_SUPPORTED_VERSIONS,
        EXTENSION_KEY_SHARE,   EXTENSION_EARLY_DATA, EXTENSION_COOKIE,           EXTENSION_PRE_SHARED_KEY,
        EXTENSION_PADDING};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        code = known[i];
        assert_lie_refused(HF_SERVER, CERTIFICATE_REQUEST, HF_MISPLACED_EXTENSION, ILLEGAL);
    }
    code = 0x1337; /* RFC 8446 4.3.2: a server may ask for more than the client knows */
    struct pair *p = meeting(HF_SERVER, CERTIFICATE_REQUEST);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
}

static void in_certificate(void **state)
{
    (void)state;
    static const uint16_t offered[] = {EXTENSION_SERVER_NAME, EXTENSION_ALPN, EXTENSION_SUPPORTED_VERSIONS,
                                       EXTENSION_KEY_SHARE, EXTENSION_SIGNATURE_ALGORITHMS};
    static const uint16_t unasked[] = {0x1337, 0x2a2a, EXTENSION_COOKIE,
                                       EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, EXTENSION_STATUS_REQUEST};
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++) {
        code = offered[i];
        assert_lie_refused(HF_SERVER, CERTIFICATE, HF_MISPLACED_EXTENSION, ILLEGAL);
    }
    for (size_t i = 0; i < sizeof unasked / sizeof *unasked; i++) {
        code = unasked[i];
        assert_lie_refused(HF_SERVER, CERTIFICATE, HF_UNSOLICITED_EXTENSION, UNSUPPORTED);
        assert_lie_refused(HF_CLIENT, CERTIFICATE, HF_UNSOLICITED_EXTENSION, UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_certificate_request),
        cmocka_unit_test(in_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
