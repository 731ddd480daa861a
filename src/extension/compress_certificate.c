/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * compress_certificate, RFC 8879 3: with what a side's peer may compress its certificates. A client says it
 * in ClientHello; a server in CertificateRequest, which is encoded at freeze.
 */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    const struct compression *const *ours = hs->config->compressions;
    size_t mark = write_open(body, 1);
    for (size_t i = 0; ours[i]; i++) {
        *present = true;
        write_number(body, ours[i]->code, 2);
    }
    write_close(body, mark, 1);
    return *present ? cursor_set(&hs->cursor, COMPRESSION_SERVER) : OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    hs->offer.compressions = read_vector(&r, 1);
    size_t len = hs->offer.compressions.len;
    if (!read_done(&r) || !len || len % 2) {
        return E_MALFORMED_EXTENSION;
    }
    bool in_request = hs->place == AT_CERTIFICATE_REQUEST;
    return hs->config->compressions[0]
               ? cursor_set(&hs->cursor, in_request ? COMPRESSION_CLIENT : COMPRESSION_SERVER)
               : OK;
}

const struct extension extension_compress_certificate = {
    .code = EXTENSION_COMPRESS_CERTIFICATE,
    .places = AT_CLIENT_HELLO13 | AT_CERTIFICATE_REQUEST,
    .offer = offer,
    .accept = accept,
};
