/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

#include "conn/conn.h"

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

/* What is not what was encoded at freeze goes as it is. */
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
        cmocka_unit_test(a_later_request_is_answered_plainly), cmocka_unit_test(the_setter_judges),
        cmocka_unit_test(a_freeze_that_fails_changes_nothing), cmocka_unit_test(what_does_not_decompress),
        cmocka_unit_test(what_is_no_certificate_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
