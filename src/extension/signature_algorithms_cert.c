/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * signature_algorithms_cert, RFC 8446 4.2.3: by which schemes certificates may be signed, where these are not
 * those of signature_algorithms. Ours are, so it is not offered.
 */

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    hs->offer.schemes_cert = read_vector(&r, 2);
    bool sound = read_done(&r) && hs->offer.schemes_cert.len && hs->offer.schemes_cert.len % 2 == 0;
    return sound ? OK : E_MALFORMED_EXTENSION;
}

const struct extension extension_signature_algorithms_cert = {
    .code = EXTENSION_SIGNATURE_ALGORITHMS_CERT,
    .places = AT_CLIENT_HELLO13 | AT_CERTIFICATE_REQUEST,
    .accept = accept,
};
