/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"

/* CertificateRequest, RFC 5246 7.4.4, RFC 8446 4.3.2, encoded at freeze. */

static enum err write_ca_names(const struct config *c, struct buffer *names)
{
    for (size_t i = 0; c->send_ca_names; i++) {
        struct slice name = trust_name(c->trust, i);
        if (!name.len) {
            break;
        }
        TRY(buffer_append_vector(names, 2, name));
    }
    return OK;
}

static bool lists_static_ecdh(const struct config *c)
{
    for (size_t i = 0; i < c->suites.count; i++) {
        if (suite_of(c->suites.code[i])->kx == KX_ECDH) {
            return true;
        }
    }
    return false;
}

static enum err encode_request(struct config *c, struct slice names)
{
    static const uint8_t known[] = {CLIENT_CERTIFICATE_ECDSA_SIGN, CLIENT_CERTIFICATE_RSA_SIGN,
                                    CLIENT_CERTIFICATE_ECDSA_FIXED_ECDH, CLIENT_CERTIFICATE_RSA_FIXED_ECDH};
    struct slice types = slice_of(known, lists_static_ecdh(c) ? 4 : 2);
    uint8_t schemes[2 * CODES_MAX];
    struct writer s = writer_of(schemes, sizeof schemes);
    for (size_t i = 0; i < c->accept_schemes.count; i++) {
        write_number(&s, c->accept_schemes.code[i], 2);
    }
    struct certificate_request m = {types, written(&s), names};
    size_t size = HANDSHAKE_HEADER + 1 + types.len + 2 + s.len + 2 + names.len;
    void *memory;
    TRY(memory_new(size, &memory));
    c->certificate_request = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    write_number(&w, message_row(CERTIFICATE_REQUEST)->type, 1);
    size_t mark = write_open(&w, 3);
    TRY(layout_encode(&layout_certificate_request, &m, &w));
    write_close(&w, mark, 3);
    return w.full ? E_INTERNAL : OK;
}

static size_t count_compressions(const struct config *c)
{
    size_t count = 0;
    while (c->compressions[count]) {
        count++;
    }
    return count;
}

/* RFC 8879 3 */
static void write_compressions(const struct config *c, size_t count, struct writer *w)
{
    if (count) {
        write_number(w, EXTENSION_COMPRESS_CERTIFICATE, 2);
        write_number(w, (uint32_t)(1 + 2 * count), 2);
        write_number(w, (uint32_t)(2 * count), 1);
    }
    for (size_t i = 0; i < count; i++) {
        write_number(w, c->compressions[i]->code, 2);
    }
}

/* RFC 8446 4.3.2: signature_algorithms, and certificate_authorities where there are names. */
static enum err encode_request13(struct config *c, struct slice names)
{
    size_t schemes = 2 * c->accept_schemes.count;
    size_t compressions = count_compressions(c);
    size_t extensions = 4 + 2 + schemes + (names.len ? 4 + 2 + names.len : 0) +
                        (compressions ? 4 + 1 + 2 * compressions : 0) +
                        (c->oid_filters.len ? 4 + 2 + c->oid_filters.len : 0);
    size_t size = HANDSHAKE_HEADER + 1 + 2 + extensions;
    void *memory;
    if (extensions > 65535) {
        return E_BUFFER_LIMIT;
    }
    TRY(memory_new(size, &memory));
    c->certificate_request13 = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    write_number(&w, message_row(CERTIFICATE_REQUEST)->type, 1);
    write_number(&w, (uint32_t)(size - HANDSHAKE_HEADER), 3);
    write_number(&w, 0, 1); /* certificate_request_context */
    write_number(&w, (uint32_t)extensions, 2);
    write_number(&w, EXTENSION_SIGNATURE_ALGORITHMS, 2);
    write_number(&w, (uint32_t)(2 + schemes), 2);
    write_number(&w, (uint32_t)schemes, 2);
    for (size_t i = 0; i < c->accept_schemes.count; i++) {
        write_number(&w, c->accept_schemes.code[i], 2);
    }
    if (names.len) {
        write_number(&w, EXTENSION_CERTIFICATE_AUTHORITIES, 2);
        write_number(&w, (uint32_t)(2 + names.len), 2);
        write_vector(&w, 2, names);
    }
    write_compressions(c, compressions, &w);
    if (c->oid_filters.len) { /* RFC 8446 4.2.5 */
        write_number(&w, EXTENSION_OID_FILTERS, 2);
        write_number(&w, (uint32_t)(2 + c->oid_filters.len), 2);
        write_vector(&w, 2, slice_of_span(c->oid_filters));
    }
    return w.full || w.len != size ? E_INTERNAL : OK;
}

hf_err certificate_requests_make(struct config *c, hf_problem *why)
{
    bool later = c->renegotiation != RENEGOTIATE_NEVER || c->max_version >= TLS_1_3;
    bool may_ask = c->side == SERVER && later &&
                   (trust_count(c->trust) || c->trusted_keys || c->asks & ASK_VERIFY);
    if ((c->client_auth == CLIENT_AUTH_NONE && !may_ask) || c->certificate_request.data) {
        return HF_OK;
    }
    struct buffer names = {.limit = 65535};
    enum err e = write_ca_names(c, &names);
    if (e == OK) {
        struct slice list = names.data ? buffer_slice(&names) : slice_of("", 0);
        e = encode_request(c, list);
        e = e == OK && c->max_version >= TLS_1_3 ? encode_request13(c, list) : e;
    }
    buffer_free(&names);
    if (e == E_BUFFER_LIMIT) {
        return problem(
            why, HF_CONFIG_INCOMPLETE,
            "the names of %zu trust anchors do not fit in a CertificateRequest (65535 bytes): trust "
            "fewer, or call hf_config_send_ca_names(config, false)",
            trust_count(c->trust));
    }
    return public_err(e);
}
