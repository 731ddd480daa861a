/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* What is made of the master secret for others: exporters (RFC 5705), channel bindings (RFC 5929), key log
 * lines (RFC 9850). */

static struct pair *connected(void)
{
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

static void exported(const struct pair *p, const char *label, const hf_bytes *context, uint8_t out[64])
{
    uint8_t other[64];
    assert_int_equal(hf_export(p->client, label, context, out, 64), HF_OK);
    assert_int_equal(hf_export(p->server, label, context, other, 64), HF_OK);
    assert_memory_equal(out, other, 64);
}

static void exporters_agree_and_differ_where_they_must(void **state)
{
    (void)state;
    struct pair *p = connected();
    const hf_bytes empty = {(const uint8_t *)"", 0}, some = {(const uint8_t *)"abc", 3};
    uint8_t all[5][64];
    exported(p, "EXPORTER-one", NULL, all[0]);
    exported(p, "EXPORTER-one", &empty, all[1]); /* RFC 5705 4: no context is not an empty one */
    exported(p, "EXPORTER-one", &some, all[2]);
    exported(p, "EXPORTER-two", &some, all[3]);
    struct pair *q = connected();
    exported(q, "EXPORTER-one", NULL, all[4]);
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = i + 1; k < 5; k++) {
            assert_memory_not_equal(all[i], all[k], 64);
        }
    }
    uint8_t less[10];
    assert_int_equal(hf_export(p->client, "EXPORTER-one", NULL, less, 10), HF_OK);
    assert_memory_equal(less, all[0], 10); /* a prefix: RFC 5246 5 */
    pair_free(p);
    pair_free(q);
}

static void exporters_have_limits(void **state)
{
    (void)state;
    static const uint8_t context[513];
    struct pair *p = connected();
    uint8_t out[32];
    char label[66];
    memset(label, 'x', 65);
    label[65] = 0;
    assert_int_equal(hf_export(p->client, label, NULL, out, 32), HF_BAD_ARGUMENT);
    label[64] = 0;
    assert_int_equal(hf_export(p->client, label, NULL, out, 32), HF_OK);
    assert_int_equal(hf_export(p->client, "", NULL, out, 32), HF_BAD_ARGUMENT);
    assert_int_equal(hf_export(p->client, "x", &(hf_bytes){context, 513}, out, 32), HF_BAD_ARGUMENT);
    assert_int_equal(hf_export(p->client, "x", &(hf_bytes){context, 512}, out, 32), HF_OK);
    assert_int_equal(hf_export(p->client, "x", &(hf_bytes){NULL, 1}, out, 32), HF_NULL_ARGUMENT);
    assert_int_equal(hf_export(NULL, "x", NULL, out, 32), HF_NULL_ARGUMENT);
    assert_int_equal(hf_export(p->client, NULL, NULL, out, 32), HF_NULL_ARGUMENT);
    assert_int_equal(hf_export(p->client, "x", NULL, NULL, 32), HF_NULL_ARGUMENT);
    hf_abort(p->client, HF_IO_FAILED);
    assert_int_equal(hf_export(p->client, "x", NULL, out, 32), HF_FAILED_BEFORE);
    pair_free(p);
    p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    assert_int_equal(hf_export(p->client, "x", NULL, out, 32), HF_TOO_EARLY);
    pair_free(p);
}

/* RFC 5929 3.1: of the first Finished; it differs between a full handshake and its resumption. */
static void tls_unique_is_the_first_finished(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    struct pair *p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_tls_unique(p->client).len, 0);
    assert_int_equal(hf_tls_unique(NULL).len, 0);
    pair_run(p);
    hf_bytes of_client = hf_tls_unique(p->client), of_server = hf_tls_unique(p->server);
    assert_int_equal(of_client.len, 12);
    assert_int_equal(of_server.len, 12);
    assert_memory_equal(of_client.data, of_server.data, 12);
    hf_session *session = pair_session(p);
    struct pair *q = pair_resume(client, server, TEST_HOST, session);
    assert_true(hf_negotiated(q->client)->resumed);
    assert_int_equal(hf_tls_unique(q->client).len, 12);
    assert_memory_equal(hf_tls_unique(q->client).data, hf_tls_unique(q->server).data, 12);
    assert_memory_not_equal(hf_tls_unique(q->client).data, of_client.data, 12);
    hf_session_free(session);
    pair_free(p);
    pair_free(q);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- the key log ---- */
struct lines {
    char text[4][256];
    size_t count;
};

static void keep_line(void *arg, const char *line)
{
    struct lines *lines = arg;
    assert_true(lines->count < 4);
    (void)snprintf(lines->text[lines->count++], 256, "%s", line);
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (unsigned byte; sscanf(hex + 2 * n, "%2x", &byte) == 1 && hex[2 * n] != ' '; n++) {
        out[n] = (uint8_t)byte;
    }
    return n;
}

/* RFC 5705 4 by libcrypto, from what the line says and the server's random as it was on the wire. */
static void export_by_libcrypto(const uint8_t master[48], const uint8_t randoms[64], uint8_t out[32])
{
    EVP_KDF *prf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *run = EVP_KDF_CTX_new(prf);
    uint8_t seed[76] = "EXPORTER-one", secret[48];
    memcpy(secret, master, 48);
    memcpy(seed + 12, randoms, 64);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret, 48),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, 76),
        OSSL_PARAM_construct_end(),
    };
    assert_int_equal(EVP_KDF_derive(run, out, 32, params), 1);
    EVP_KDF_CTX_free(run);
    EVP_KDF_free(prf);
}

static void see_randoms(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    uint8_t *randoms = arg;
    if (!pair->sent[from]) { /* the first record of either side is its hello */
        memcpy(randoms + (from == HF_CLIENT ? 0 : 32), bytes->data + 5 + 4 + 2, 32);
    }
}

static void a_key_log_line_opens_the_connection(void **state)
{
    (void)state;
    struct lines of_client = {0}, of_server = {0};
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_keylog(client, keep_line, &of_client), HF_OK);
    assert_int_equal(hf_config_keylog(server, keep_line, &of_server), HF_OK);
    uint8_t randoms[64], random[64], master[64], ours[32], theirs[32];
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->hook = see_randoms;
    p->hook_arg = randoms;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(of_client.count, 1);
    assert_int_equal(of_server.count, 1);
    assert_string_equal(of_client.text[0], of_server.text[0]);
    const char *line = of_client.text[0];
    assert_int_equal(strlen(line), 14 + 64 + 1 + 96);
    assert_memory_equal(line, "CLIENT_RANDOM ", 14);
    assert_int_equal(from_hex(line + 14, random), 32);
    assert_memory_equal(random, randoms, 32);
    assert_int_equal(from_hex(line + 14 + 65, master), 48);
    export_by_libcrypto(master, randoms, ours);
    assert_int_equal(hf_export(p->client, "EXPORTER-one", NULL, theirs, 32), HF_OK);
    assert_memory_equal(ours, theirs, 32);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exporters_agree_and_differ_where_they_must),
        cmocka_unit_test(exporters_have_limits),
        cmocka_unit_test(tls_unique_is_the_first_finished),
        cmocka_unit_test(a_key_log_line_opens_the_connection),
    };
    return cmocka_run_group_tests_name("api/keys", tests, NULL, NULL);
}
