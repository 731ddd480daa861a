/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

#include "conn/conn.h"
#include "ocsp.h"

/* Certificate compression, RFC 8879: what is agreed, and what a peer that lies gets. */

static hf_config *speaking13(hf_side side, const char *list)
{
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    if (list) {
        assert_int_equal(hf_config_certificate_compression(c, list, NULL), HF_OK);
    }
    return c;
}

static hf_config *packing(hf_side side)
{
    hf_config *c = speaking13(side, NULL);
    assert_int_equal(hf_config_certificate_compression(c, NULL, NULL), HF_OK);
    return c;
}

static struct pair *connected(hf_config *client, hf_config *server)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 100);
    return p;
}

static const char *heard(const struct pair *p, hf_side side)
{
    const char *name = hf_negotiated(pair_conn(p, side))->peer_certificate_compression;
    return name ? name : "none";
}

static void none_built_in(void)
{
    if (!compression_at(0)) {
        printf("built without zlib, brotli and zstd\n");
        skip();
    }
}

/* RFC 8879 4: and CertificateVerify and Finished are over what was sent. */
static void every_algorithm_both_ways(void **state)
{
    (void)state;
    none_built_in();
    for (size_t i = 0; compression_at(i); i++) {
        for (int key = 0; key < TEST_KEYS; key++) {
            const char *name = compression_at(i)->name;
            hf_config *client = speaking13(HF_CLIENT, name);
            hf_config *server = test_server_without_identity();
            assert_int_equal(hf_config_versions(server, 0x0304, 0x0304), HF_OK);
            assert_int_equal(hf_config_certificate_compression(server, name, NULL), HF_OK);
            test_add_identity(server, &test_pki()->server[key]);
            test_add_identity(client, &test_pki()->client[key]);
            test_trust(server, test_pki()->root);
            assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
            struct pair *p = connected(client, server);
            assert_string_equal(heard(p, HF_CLIENT), name);
            assert_string_equal(heard(p, HF_SERVER), name);
            assert_non_null(
                strstr(p->steps[HF_CLIENT],
                       "CertificateRequest CompressedCertificate CertificateVerify verify_peer Finished "
                       "pick_identity CompressedCertificate sign CertificateVerify Finished"));
            assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
            assert_true(hf_negotiated(p->client)->peer_chain.len > 100);
            pair_free(p);
        }
    }
}

/* RFC 8879 3: nothing is sent that was not offered; the sender's order decides. */
static void what_is_agreed(void **state)
{
    (void)state;
    none_built_in();
    const char *first = compression_at(0)->name;
    struct pair *p = connected(packing(HF_CLIENT), packing(HF_SERVER));
    assert_string_equal(heard(p, HF_CLIENT), first);
    pair_free(p);
    p = connected(packing(HF_CLIENT), speaking13(HF_SERVER, NULL));
    assert_string_equal(heard(p, HF_CLIENT), "none");
    pair_free(p);
    p = connected(speaking13(HF_CLIENT, ""), packing(HF_SERVER));
    assert_string_equal(heard(p, HF_CLIENT), "none");
    pair_free(p);
    if (compression_at(1)) {
        const char *second = compression_at(1)->name;
        char turned[32];
        (void)snprintf(turned, sizeof turned, "%s,%s", second, first);
        p = connected(packing(HF_CLIENT), speaking13(HF_SERVER, turned));
        assert_string_equal(heard(p, HF_CLIENT), second);
        pair_free(p);
        p = connected(speaking13(HF_CLIENT, second), speaking13(HF_SERVER, first));
        assert_string_equal(heard(p, HF_CLIENT), "none");
        pair_free(p);
    }
    hf_config *client = packing(HF_CLIENT);
    assert_int_equal(hf_config_versions(client, 0x0303, 0x0303), HF_OK);
    p = connected(client, packing(HF_SERVER)); /* TLS 1.2 has none */
    assert_string_equal(heard(p, HF_CLIENT), "none");
    pair_free(p);
}

/* ---- with what is said of the certificates: RFC 8446 4.4.2.1, RFC 6962 3.3.1 ---- */
enum said { STATUS = 1, SCTS = 2 };

static hf_config *asking(unsigned what)
{
    hf_config *c = packing(HF_CLIENT);
    assert_int_equal(hf_config_status(c, what & STATUS ? HF_STATUS_HARD : HF_STATUS_OFF), HF_OK);
    assert_int_equal(hf_config_sct(c, what & SCTS), HF_OK);
    return c;
}

static void staple(hf_config *c, const struct test_ocsp *spec)
{
    hf_problem why;
    hf_bytes response = test_ocsp_make(spec);
    assert_int_equal(hf_config_staple(c, response, &why), HF_OK);
    test_ocsp_free(response);
}

static const uint8_t timestamps[] = {0, 9, 0, 3, 'o', 'n', 'e', 0, 2, 't', 'w'};

/* Trusts nobody's clients; nothing is stapled yet. */
static hf_config *vouching(void)
{
    hf_config *c = packing(HF_SERVER);
    const hf_bytes list = {timestamps, sizeof timestamps};
    assert_int_equal(hf_config_sct_list(c, 0, list), HF_OK);
    return c;
}

static void assert_said(const struct pair *p, unsigned what, const char *compression)
{
    const hf_summary *s = hf_negotiated(p->client);
    assert_string_equal(heard(p, HF_CLIENT), compression);
    assert_int_equal(s->peer_status, what & STATUS ? HF_STAPLE_GOOD : HF_STAPLE_NOT_ASKED);
    assert_int_equal(s->peer_sct_list.len, what & SCTS ? sizeof timestamps : 0);
    assert_true(s->stapled == hf_negotiated(p->server)->stapled && s->stapled == ((what & STATUS) != 0));
}

/* RFC 8879 4: compressed is the whole message, with all that it says: by what the client asks for. */
static void with_staples_and_timestamps(void **state)
{
    (void)state;
    none_built_in();
    const struct test_ocsp leaf = {.of = &test_pki()->server[TEST_P256]}, above = {.of = NULL};
    hf_config *server = vouching();
    staple(server, &leaf); /* before the freeze */
    test_freeze(server);
    for (int renewed = 0; renewed < 2; renewed++) {
        for (unsigned what = 0; what <= (STATUS | SCTS); what++) {
            hf_config *client = asking(what);
            struct pair *p = pair_connect(client, server, TEST_HOST);
            pair_assert_complete(p);
            assert_said(p, what, compression_at(0)->name);
            pair_free(p);
            hf_config_free(client);
        }
        staple(server, &leaf); /* behind it */
        staple(server, &above);
    }
    hf_config_free(server);
}

/* A response that runs out is not sent, so what has it in it cannot be: what is current goes as it is. */
static void a_staple_that_has_run_out(void **state)
{
    (void)state;
    none_built_in();
    hf_config *server = vouching(), *client = asking(STATUS | SCTS);
    staple(server, &(struct test_ocsp){.of = &test_pki()->server[TEST_P256]});
    test_freeze(server);
    staple(server,
           &(struct test_ocsp){.of = NULL, .this_update = TEST_NOW - 9000, .next_update = TEST_NOW - 4000});
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    assert_said(p, STATUS | SCTS, "none");
    pair_free(p);
    staple(server, &(struct test_ocsp){.of = NULL}); /* and is compressed again when it is renewed */
    p = pair_connect(client, server, TEST_HOST);
    assert_said(p, STATUS | SCTS, compression_at(0)->name);
    pair_free(p);
    hf_config_free(server);
    hf_config_free(client);
}

/* Its context is not known before: RFC 8446 4.3.2, 4.4.2. */
static void a_later_request_is_answered_plainly(void **state)
{
    (void)state;
    none_built_in();
    hf_config *client = packing(HF_CLIENT), *server = packing(HF_SERVER);
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_post_handshake_auth(client, true), HF_OK);
    struct pair *p = connected(client, server);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    assert_string_equal(heard(p, HF_SERVER), "none");
    pair_free(p);
}

static void the_setter_judges(void **state)
{
    (void)state;
    hf_problem why;
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_certificate_compression(NULL, "", NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_certificate_compression(c, "gzip", &why), HF_UNKNOWN_NAME);
    assert_non_null(strstr(why.sentence, "\"gzip\""));
    static const char *const names[] = {"zlib", "brotli", "zstd"};
    for (size_t i = 0; i < 3; i++) {
        bool there = compression_named(slice_of_string(names[i])) != NULL;
        assert_int_equal(hf_config_certificate_compression(c, names[i], &why),
                         there ? HF_OK : HF_COMPRESSION_NOT_BUILT_IN);
    }
    test_freeze(c);
    assert_int_equal(hf_config_certificate_compression(c, "", NULL), HF_CONFIG_FROZEN);
    hf_config_free(c);
}

/* A freeze that fails settles nothing: another list may follow. */
static void a_freeze_that_fails_changes_nothing(void **state)
{
    (void)state;
    none_built_in();
    if (!compression_at(1)) {
        printf("built with one algorithm\n");
        skip();
    }
    hf_config *client = hf_config_client();
    assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    test_add_identity(client, &test_pki()->client[TEST_RSA]);
    struct identity *identity = &client->settings.identities[0];
    assert_int_equal(hf_config_certificate_compression(client, compression_at(0)->name, NULL), HF_OK);
    assert_int_equal(certificate_compressions_make(&client->settings, NULL), HF_OK);
    assert_non_null(identity->compressed[0].data);
    assert_int_equal(hf_config_certificate_compression(client, compression_at(1)->name, NULL), HF_OK);
    assert_null(identity->compressed[0].data);
    test_trust(client, test_pki()->root);
    hf_config *server = packing(HF_SERVER);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct pair *p = connected(client, server);
    assert_string_equal(heard(p, HF_SERVER), compression_at(1)->name);
    pair_free(p);
}

/* ---- a server that lies: what was made at freeze is changed behind its back ---- */
static struct span *made(struct pair *p)
{
    return &p->server->config->settings.identities[0].compressed[0];
}

enum { ALGORITHM = HANDSHAKE_HEADER, LENGTH = ALGORITHM + 2, DATA = LENGTH + 3 + 3 };

static void refused(size_t at, const void *bytes, size_t len, hf_err err, uint8_t alert)
{
    struct pair *p = pair_take(packing(HF_CLIENT), packing(HF_SERVER), TEST_HOST);
    memcpy(made(p)->data + at, bytes, len);
    pair_run(p);
    assert_non_null(hf_failed(p->client));
    assert_int_equal(hf_failed(p->client)->err, err);
    assert_int_equal(hf_failed(p->client)->alert, alert);
    assert_int_equal(hf_failed(p->server)->alert, alert);
    pair_free(p);
}

/* RFC 8879 4, 5 */
static void what_does_not_decompress(void **state)
{
    (void)state;
    none_built_in();
    refused(ALGORITHM, "\0\0", 2, HF_COMPRESSION_ALGORITHM_NOT_OFFERED, 47);
    refused(ALGORITHM, "\x40\0", 2, HF_COMPRESSION_ALGORITHM_NOT_OFFERED, 47);
    refused(LENGTH, "\0\0\0", 3, HF_BAD_COMPRESSED_CERTIFICATE, 42);
    refused(LENGTH, "\0\0\1", 3, HF_BAD_COMPRESSED_CERTIFICATE, 42);
    refused(LENGTH, "\0\xff\xff", 3, HF_BAD_COMPRESSED_CERTIFICATE, 42);
    refused(LENGTH, "\xff\xff\xff", 3, HF_BAD_COMPRESSED_CERTIFICATE, 42); /* no memory is taken for it */
    refused(DATA, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, HF_BAD_COMPRESSED_CERTIFICATE, 42);
}

/* Something else, well compressed: not a Certificate, or one that is larger than is taken. */
static void refused_content(const uint8_t *plain, size_t len, hf_err err, uint8_t alert)
{
    struct pair *p = pair_take(packing(HF_CLIENT), packing(HF_SERVER), TEST_HOST);
    struct buffer packed = {.limit = 1 << 20};
    assert_int_equal(compression_at(0)->compress(slice_of(plain, len), &packed), OK);
    assert_true(DATA + buffer_len(&packed) <= made(p)->len);
    struct writer w = writer_of(made(p)->data, made(p)->len);
    struct compressed_certificate m = {compression_at(0)->code, (uint32_t)len, buffer_slice(&packed)};
    size_t was = made(p)->len;
    write_number(&w, message_row(COMPRESSED_CERTIFICATE)->type, 1);
    size_t mark = write_open(&w, 3);
    assert_int_equal(layout_encode(&layout_compressed_certificate, &m, &w), OK);
    write_close(&w, mark, 3);
    made(p)->len = w.len;
    pair_run(p);
    assert_non_null(hf_failed(p->client));
    assert_int_equal(hf_failed(p->client)->err, err);
    assert_int_equal(hf_failed(p->client)->alert, alert);
    made(p)->len = was;
    buffer_free(&packed);
    pair_free(p);
}

static void what_is_no_certificate_within(void **state)
{
    static uint8_t zeros[200 * 1024];
    (void)state;
    none_built_in();
    refused_content(zeros, 4, HF_EMPTY_SERVER_CERTIFICATE, 50);
    refused_content(zeros, 3, HF_MALFORMED_MESSAGE, 50);
    refused_content(zeros, 5, HF_MALFORMED_MESSAGE, 50);
    refused_content(zeros, 90 * 1024, HF_MALFORMED_MESSAGE, 50);
    refused_content(zeros, sizeof zeros, HF_BAD_COMPRESSED_CERTIFICATE, 42); /* a bomb */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_both_ways),           cmocka_unit_test(what_is_agreed),
        cmocka_unit_test(with_staples_and_timestamps),         cmocka_unit_test(a_staple_that_has_run_out),
        cmocka_unit_test(a_later_request_is_answered_plainly), cmocka_unit_test(the_setter_judges),
        cmocka_unit_test(a_freeze_that_fails_changes_nothing), cmocka_unit_test(what_does_not_decompress),
        cmocka_unit_test(what_is_no_certificate_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
