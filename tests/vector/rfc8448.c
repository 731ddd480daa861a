/* SPDX-License-Identifier: MIT */
#include "rfc8448.h"

#include <stdio.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "hex.h"

const struct trace_row trace_rows[] = {
#include "rfc8448_handshakes.inc"
};
const size_t trace_row_count = sizeof trace_rows / sizeof *trace_rows;

static const struct {
    const char *section, *label, *secret;
} secrets[] = {
#include "rfc8448_secrets.inc"
};

static const struct {
    const char *section;
    enum side by;
    const char *bytes;
} randoms[] = {
#include "rfc8448_randoms.inc"
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- the trace ---- */
struct slice trace_secret(const char *section, const char *label)
{
    static uint8_t bytes[64];
    for (size_t i = 0; i < COUNT(secrets); i++) {
        if (strcmp(secrets[i].section, section) == 0 && strcmp(secrets[i].label, label) == 0) {
            return hex(secrets[i].secret, bytes, sizeof bytes);
        }
    }
    fail_msg("section %s has no secret \"%s\"", section, label);
    return slice_of(NULL, 0);
}

struct slice trace_message(const char *section, int by, unsigned type, size_t n)
{
    static uint8_t bytes[2048];
    for (size_t i = 0; i < trace_row_count; i++) {
        if (strcmp(trace_rows[i].section, section) != 0 || trace_rows[i].type != CONTENT_HANDSHAKE ||
            (by >= 0 && trace_rows[i].by != (enum side)by)) {
            continue;
        }
        struct slice rest = hex(trace_rows[i].content, bytes, sizeof bytes);
        while (rest.len >= HANDSHAKE_HEADER) {
            size_t len = HANDSHAKE_HEADER + ((size_t)rest.data[2] << 8 | rest.data[3]);
            assert_true(len <= rest.len);
            if (rest.data[0] == type && !n--) {
                return slice_of(rest.data, len);
            }
            rest = slice_after(rest, len);
        }
    }
    fail_msg("section %s has no message of type %u", section, type);
    return slice_of(NULL, 0);
}

hf_bytes trace_certificate(const char *section, size_t n)
{
    static char pem[4096];
    struct slice m = trace_message(section, -1, message_row(CERTIFICATE)->type, n);
    const uint8_t *der = m.data + HANDSHAKE_HEADER + 1 + 3 + 3;
    X509 *x = d2i_X509(NULL, &der, (long)(der[-3] << 16 | der[-2] << 8 | der[-1]));
    BIO *out = BIO_new(BIO_s_mem());
    assert_non_null(x);
    assert_int_equal(PEM_write_bio_X509(out, x), 1);
    int len = BIO_read(out, pem, sizeof pem - 1);
    assert_true(len > 0);
    pem[len] = 0;
    BIO_free(out);
    X509_free(x);
    return (hf_bytes){(const uint8_t *)pem, (size_t)len};
}

struct slice trace_random(const char *section, enum side by, size_t n)
{
    static uint8_t bytes[64];
    for (size_t i = 0; i < COUNT(randoms); i++) {
        if (strcmp(randoms[i].section, section) == 0 && randoms[i].by == by && !n--) {
            return hex(randoms[i].bytes, bytes, sizeof bytes);
        }
    }
    fail_msg("more random bytes are drawn than section %s has", section);
    return slice_of(NULL, 0);
}
