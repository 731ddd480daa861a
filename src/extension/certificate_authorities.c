/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * certificate_authorities, RFC 8446 4.2.4: the names of CAs that a side trusts. A server names its own in
 * CertificateRequest, which is encoded at freeze; a client in its hello, where TLS 1.2 has trusted_ca_keys.
 */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->ca_names.len != 0;
    write_bytes(body, slice_of_span(hs->config->ca_names));
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice names = read_vector(&r, 2);
    if (!read_done(&r) || !names.len || !list_is_sound(names, 2)) {
        return E_MALFORMED_EXTENSION;
    }
    hs->offer.ca_names = names;
    return OK;
}

const struct extension extension_certificate_authorities = {
    .code = EXTENSION_CERTIFICATE_AUTHORITIES,
    .places = AT_CLIENT_HELLO13 | AT_CERTIFICATE_REQUEST,
    .offer = offer,
    .accept = accept,
};
