/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "tls13/tls13.h"

/* CertificateRequest, RFC 8446 4.3.2, and the choice of a certificate that it leads to. */

enum err tls13_certificate_request_build(struct hs *hs, struct outgoing *out)
{
    struct slice known = slice_of_span(hs->config->certificate_request13);
    TRY(hs->config->compressions[0] ? cursor_set(&hs->cursor, COMPRESSION_CLIENT) : OK);
    if (!hs->before) {
        out->whole = known;
        return OK;
    }
    /* RFC 8446 4.3.2, 4.6.2: the same, and a context that nobody can foresee */
    struct slice context = slice_of_span(hs->request_context);
    uint8_t head[HANDSHAKE_HEADER + 1];
    struct writer w = writer_of(head, sizeof head);
    write_number(&w, message_row(CERTIFICATE_REQUEST)->type, 1);
    write_number(&w, (uint32_t)(known.len - HANDSHAKE_HEADER + context.len), 3);
    write_number(&w, (uint32_t)context.len, 1);
    TRY(buffer_append(&hs->built, written(&w)));
    TRY(buffer_append(&hs->built, context));
    TRY(buffer_append(&hs->built, slice_after(known, sizeof head)));
    out->whole = buffer_slice(&hs->built);
    return OK;
}

/* What is to be sent back: nothing within the handshake, RFC 8446 4.3.2. */
static enum err keep_context(struct hs *hs, struct slice context)
{
    uint8_t *copy;
    if (!hs->before) {
        return context.len ? hs_refuse(hs, E_REQUEST_CONTEXT_TOO_EARLY, "%zu bytes", context.len) : OK;
    }
    TRY(memory_copy(context, &copy));
    hs->request_context = (struct span){copy, context.len};
    return OK;
}

/* Its extensions are kept as they stand: the choice is made in a later step, which may wait. */
enum err tls13_certificate_request_handle(struct hs *hs, const union any_message *message)
{
    const struct certificate_request13 *m = &message->certificate_request13;
    uint8_t *copy;
    TRY(keep_context(hs, m->certificate_request_context));
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
    TRY(pick_identity_among(hs, &asked));
    return hs->question.ask ? OK : tls13_choose_compression(hs);
}
