/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/authority.h"

/* trusted_ca_keys, RFC 6066 6: which CAs a client knows, so that a server shows a chain that it can verify.
 */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->trusted_cas.len != 0;
    write_bytes(body, slice_of_span(hs->config->trusted_cas));
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    hs->offer.trusted_cas = read_vector(&r, 2);
    hs->offer.has_trusted_cas = true;
    return read_done(&r) && authorities_sound(hs->offer.trusted_cas) ? OK : E_MALFORMED_EXTENSION;
}

/* RFC 6066 6: empty, and only where the list guided the choice of a chain; there is none to choose on resumption. */
static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = hs->negotiated->trusted_ca = hs->trusted_ca_used && !cursor_has(&hs->cursor, RESUMED);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    hs->negotiated->trusted_ca = true;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

const struct extension extension_trusted_ca_keys = {
    .code = EXTENSION_TRUSTED_CA_KEYS,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
