/* SPDX-License-Identifier: MIT */
#include "libssl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

static void use_identity(SSL_CTX *context, const struct test_identity *identity)
{
    BIO *chain = BIO_new_mem_buf(identity->chain.data, -1), *key = BIO_new_mem_buf(identity->key.data, -1);
    X509 *leaf = PEM_read_bio_X509(chain, NULL, NULL, NULL),
         *above = PEM_read_bio_X509(chain, NULL, NULL, NULL);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(context, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, private_key), 1);
    assert_int_equal(SSL_CTX_add0_chain_cert(context, above), 1);
    X509_free(leaf);
    EVP_PKEY_free(private_key);
    BIO_free(chain);
    BIO_free(key);
}

static void trust_root(SSL_CTX *context)
{
    BIO *bio = BIO_new_mem_buf(test_pki()->root.data, -1);
    X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root), 1);
    X509_free(root);
    BIO_free(bio);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), TEST_NOW);
}

struct mixed *mixed_new(hf_config *config, hf_side we_are)
{
    struct mixed *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->we_are = we_are;
    m->ours = hf_conn_new(test_freeze(config), we_are == HF_CLIENT ? TEST_HOST : NULL, NULL);
    assert_non_null(m->ours);
    hf_config_free(config);
    m->context = SSL_CTX_new(we_are == HF_CLIENT ? TLS_server_method() : TLS_client_method());
    SSL_CTX_set_security_level(m->context, 0);
    SSL_CTX_set_max_proto_version(m->context, TLS1_2_VERSION);
    use_identity(m->context, &(we_are == HF_CLIENT ? test_pki()->server : test_pki()->client)[TEST_P256]);
    trust_root(m->context);
    m->theirs = SSL_new(m->context);
    SSL_set_bio(m->theirs, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (we_are == HF_CLIENT) {
        SSL_set_accept_state(m->theirs);
    } else {
        SSL_set_connect_state(m->theirs);
        SSL_set_verify(m->theirs, SSL_VERIFY_PEER, NULL);
        assert_int_equal(SSL_set_tlsext_host_name(m->theirs, TEST_HOST), 1);
    }
    return m;
}

void mixed_free(struct mixed *m)
{
    hf_conn_free(m->ours);
    SSL_free(m->theirs);
    SSL_CTX_free(m->context);
    test_bytes_free(&m->received);
    ERR_clear_error();
    free(m);
}

static bool ours_to_theirs(struct mixed *m)
{
    hf_bytes out = hf_peek_wire(m->ours);
    if (!out.len) {
        return false;
    }
    assert_int_equal(BIO_write(SSL_get_rbio(m->theirs), out.data, (int)out.len), (int)out.len);
    hf_drop_wire(m->ours, out.len);
    return true;
}

static bool theirs_to_ours(struct mixed *m)
{
    uint8_t bytes[4096];
    int len = BIO_read(SSL_get_wbio(m->theirs), bytes, sizeof bytes);
    for (size_t done = 0; len > 0 && done < (size_t)len && !hf_failed(m->ours);) {
        size_t used = 0;
        hf_err e = hf_push_wire(m->ours, bytes + done, (size_t)len - done, &used);
        (void)e; /* hf_failed has it */
        hf_bytes app = hf_peek_app(m->ours);
        test_bytes_add(&m->received, app.data, app.len);
        hf_drop_app(m->ours, app.len);
        assert_true(used || app.len || hf_failed(m->ours));
        done += used;
    }
    return len > 0;
}

void mixed_run(struct mixed *m)
{
    bool moved = true;
    while (moved) {
        moved = ours_to_theirs(m);
        m->shaken = SSL_do_handshake(m->theirs);
        moved |= theirs_to_ours(m);
    }
}

void mixed_assert_complete(const struct mixed *m)
{
    const hf_failure *failure = hf_failed(m->ours);
    if (failure) {
        fail_msg("ours failed at \"%s\": %s (alert %u) %s", failure->step, hf_err_name(failure->err),
                 failure->alert, failure->detail);
    }
    if (m->shaken != 1) {
        fail_msg("theirs failed: %s", ERR_reason_error_string(ERR_peek_error()));
    }
    assert_true(hf_negotiated(m->ours)->complete);
}

void mixed_echo(struct mixed *m, size_t len)
{
    uint8_t *bytes = malloc(2 * len);
    size_t used, before = m->received.len;
    memset(bytes, 0x5a, len);
    assert_int_equal(hf_push_app(m->ours, (hf_bytes){bytes, len}, &used), HF_OK);
    assert_int_equal(used, len);
    (void)ours_to_theirs(m);
    for (size_t got = 0; got < len;) {
        int n = SSL_read(m->theirs, bytes + len + got, (int)(len - got));
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_memory_equal(bytes, bytes + len, len);
    assert_int_equal(SSL_write(m->theirs, bytes, (int)len), (int)len);
    while (theirs_to_ours(m)) {}
    assert_int_equal(m->received.len - before, len);
    assert_memory_equal(m->received.data + before, bytes, len);
    free(bytes);
}
