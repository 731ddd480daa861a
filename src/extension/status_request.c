/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/status.h"

/* status_request, RFC 6066 8: one OCSP response, for the server's own certificate. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->status != STATUS_OFF;
    write_number(body, STATUS_TYPE_OCSP, 1);
    status_write_request(body);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    uint32_t type = read_number(&r, 1);
    if (r.bad) {
        return E_MALFORMED_EXTENSION;
    }
    if (type != STATUS_TYPE_OCSP) { /* of a kind that is not known, so neither is its shape */
        return OK;
    }
    hs->offer.status = true;
    return status_request_is_sound(slice_after(body, 1)) ? OK : E_MALFORMED_EXTENSION;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body; /* empty */
    return hs->offer.status ? status_choose(hs, STAPLE_OCSP, present) : OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    return status_agree(hs, body, STATUS_TYPE_OCSP);
}

const struct extension extension_status_request = {
    .code = EXTENSION_STATUS_REQUEST,
    .in_client_hello = true,
    .in_server_hello = true,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
