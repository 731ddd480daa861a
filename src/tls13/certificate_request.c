/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "tls13/tls13.h"

/* CertificateRequest, RFC 8446 4.3.2, and the choice of a certificate that it leads to. */

enum err tls13_certificate_request_build(struct hs *hs, struct outgoing *out)
{
    out->whole = slice_of_span(hs->config->certificate_request13);
    return OK;
}

/* Its extensions are kept as they stand: the choice is made in a later step, which may wait. */
enum err tls13_certificate_request_handle(struct hs *hs, const union any_message *message)
{
    const struct certificate_request13 *m = &message->certificate_request13;
    uint8_t *copy;
    if (m->certificate_request_context.len) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE,
                         "certificate_request_context of %zu bytes within the handshake",
                         m->certificate_request_context.len);
    }
    TRY(memory_copy(m->extensions, &copy));
    hs->certificate_request = (struct span){copy, m->extensions.len};
    hs->negotiated->client_auth_requested = true;
    hs->offer = (struct offer){0};
    TRY(extensions_read(hs, AT_CERTIFICATE_REQUEST, slice_of_span(hs->certificate_request)));
    return hs->offer.has_schemes
               ? OK
               : hs_refuse(hs, E_MISSING_EXTENSION, "CertificateRequest has no signature_algorithms");
}

enum err tls13_pick_identity_step(struct hs *hs)
{
    const struct certificate_request asked = {
        .signature_algorithms = hs->offer.schemes,
        .certificate_authorities = hs->offer.ca_names,
    };
    return pick_identity_among(hs, &asked);
}
