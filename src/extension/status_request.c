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
    if (hs->place == AT_CERTIFICATE_REQUEST) { /* RFC 8446 4.4.2.1: a client has nothing to staple */
        return OK;
    }
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
    TRY(hs->offer.status ? status_choose(hs, STAPLE_OCSP, present) : OK);
    if (*present && hs->place == AT_CERTIFICATE) { /* RFC 8446 4.4.2.1: CertificateStatus itself */
        write_bytes(body, slice_after(hs->status_message, HANDSHAKE_HEADER));
    }
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    struct certificate_status m;
    if (hs->place != AT_CERTIFICATE) {
        return status_agree(hs, body, STATUS_TYPE_OCSP);
    }
    TRY(layout_decode(&layout_certificate_status, body, &m));
    hs->status_type = STATUS_TYPE_OCSP;
    return status_keep(hs, &m);
}

const struct extension extension_status_request = {
    .code = EXTENSION_STATUS_REQUEST,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_CERTIFICATE | AT_CERTIFICATE_REQUEST,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
