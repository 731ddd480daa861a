/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "tls12/tls12.h"

/* CertificateRequest, RFC 5246 7.4.4, and ServerHelloDone, 7.4.5, which tells that none will come. */

enum err certificate_request_build(struct hs *hs, struct outgoing *out)
{
    out->whole = slice_of_span(hs->config->certificate_request);
    return OK;
}

/* Kept as its encoding, in memory of its own: the choice is made in a later step, which may wait. */
enum err certificate_request_handle(struct hs *hs, const union any_message *message)
{
    const struct certificate_request *m = &message->certificate_request;
    if (!list_is_sound(m->certificate_authorities, 2)) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE,
                         "the list of CA names does not add up, or has an empty entry");
    }
    size_t size = 1 + m->certificate_types.len + 2 + m->signature_algorithms.len + 2 +
                  m->certificate_authorities.len;
    void *memory;
    TRY(memory_new(size, &memory));
    hs->certificate_request = (struct span){memory, size};
    hs->negotiated->client_auth_requested = true;
    struct writer w = writer_of(memory, size);
    return layout_encode(&layout_certificate_request, m, &w);
}

enum err server_hello_done_handle(struct hs *hs, const union any_message *m)
{
    (void)m;
    if (!cursor_has(&hs->cursor, CLIENT_AUTH)) {
        transcript_stop_keeping(&hs->transcript);
    }
    return OK;
}
