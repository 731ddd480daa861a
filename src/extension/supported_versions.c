/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/grease.h"

/* supported_versions, RFC 8446 4.2.1. What it decides is decided in handshake/hello.c, before any other
 * extension is read. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    const struct config *c = hs->config;
    *present = true;
    size_t mark = write_open(body, 1);
    grease_write(hs, GREASE_VERSION, body);
    for (uint16_t v = c->max_version; v >= c->min_version; v--) {
        write_number(body, v, 2);
    }
    write_close(body, mark, 1);
    return OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)hs;
    *present = true;
    write_number(body, TLS_1_3, 2);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    uint32_t version = read_number(&r, 2);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    return version == TLS_1_3 ? OK : hs_refuse(hs, E_VERSION_MISPLACED, "0x%04x", (unsigned)version);
}

const struct extension extension_supported_versions = {
    .code = EXTENSION_SUPPORTED_VERSIONS,
    .places = AT_CLIENT_HELLO13 | AT_SERVER_HELLO13 | AT_HELLO_RETRY_REQUEST,
    .offer = offer,
    .answer = answer,
    .confirm = confirm,
};
