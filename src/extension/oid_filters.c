/* SPDX-License-Identifier: MIT */
#include "handshake/oid_filters.h"
#include "extension/extension.h"

/*
 * oid_filters, RFC 8446 4.2.5: what certificate extensions the client's certificate must have, and values in
 * them. A server's are encoded into CertificateRequest at freeze; a client picks its certificate by them.
 */

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice filters = read_vector(&r, 2);
    if (!read_done(&r) || !oid_filters_are_sound(filters)) {
        return E_MALFORMED_EXTENSION;
    }
    hs->offer.oid_filters = filters;
    return oid_filters_are_apart(filters)
               ? OK
               : hs_refuse(hs, E_BAD_OID_FILTERS, "more than %d, or one OID twice", OID_FILTERS_MAX);
}

const struct extension extension_oid_filters = {
    .code = EXTENSION_OID_FILTERS,
    .places = AT_CERTIFICATE_REQUEST,
    .accept = accept,
};
