/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/grease.h"

/* supported_groups, RFC 8422 5.1.1, RFC 7919 2. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = true;
    size_t mark = write_open(body, 2);
    grease_write(hs, GREASE_GROUP, body);
    for (size_t i = 0; i < hs->config->groups.count; i++) {
        write_number(body, hs->config->groups.code[i], 2);
    }
    write_close(body, mark, 2);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    hs->offer.groups = read_vector(&r, 2);
    hs->offer.has_groups = true;
    return read_done(&r) && hs->offer.groups.len && hs->offer.groups.len % 2 == 0 ? OK
                                                                                  : E_MALFORMED_EXTENSION;
}

/* In TLS 1.2 a server has nothing to say here, but deployed ones do; what they say changes nothing. */
const struct extension extension_supported_groups = {
    .code = EXTENSION_SUPPORTED_GROUPS,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
};
