/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/grease.h"

/* signature_algorithms, RFC 5246 7.4.1.4.1. A server must not send it. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = true;
    size_t mark = write_open(body, 2);
    grease_write(hs, GREASE_SCHEME, body);
    for (size_t i = 0; i < hs->config->accept_schemes.count; i++) {
        write_number(body, hs->config->accept_schemes.code[i], 2);
    }
    write_close(body, mark, 2);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    hs->offer.schemes = read_vector(&r, 2);
    hs->offer.has_schemes = true;
    return read_done(&r) && hs->offer.schemes.len && hs->offer.schemes.len % 2 == 0 ? OK
                                                                                    : E_MALFORMED_EXTENSION;
}

const struct extension extension_signature_algorithms = {
    .code = EXTENSION_SIGNATURE_ALGORITHMS,
    .places = AT_CLIENT_HELLO12 | AT_CLIENT_HELLO13 | AT_CERTIFICATE_REQUEST,
    .offer = offer,
    .accept = accept,
};
