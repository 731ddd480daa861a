/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "extension/extension.h"

/* signed_certificate_timestamp, RFC 6962 3.3.1: a list that the server was given goes to a client that asks.
 * What the logs signed is the application's to verify: it takes the logs' keys. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body; /* empty */
    *present = hs->config->sct;
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.sct = hs->place != AT_CERTIFICATE_REQUEST;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

/* Not when a session is resumed: it has the certificate of its full handshake, and what was said of it. */
static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    const struct config *c = hs->config;
    if (!hs->offer.sct || cursor_has(&hs->cursor, RESUMED) || hs->identity >= c->identity_count) {
        return OK;
    }
    struct span list = c->identities[hs->identity].sct_list;
    *present = list.len != 0;
    write_bytes(body, slice_of_span(list));
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice list = read_vector(&r, 2);
    if (!read_done(&r) || !list.len || !list_is_sound(list, 2)) {
        return hs_refuse(hs, E_MALFORMED_EXTENSION, "the list of signed certificate timestamps is %s",
                         list.len ? "malformed" : "empty");
    }
    if (hs->place == AT_CERTIFICATE && hs->negotiated->sct_list.len) { /* those of the leaf came first */
        return OK;
    }
    return memory_replace(&hs->negotiated->sct_list, body);
}

const struct extension extension_signed_certificate_timestamp = {
    .code = EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_CERTIFICATE | AT_CERTIFICATE_REQUEST,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
