/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "handshake/handshake.h"

/* The life of a handshake's state, and what it says when it fails. */

void hs_detail(struct hs *hs, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(hs->detail, sizeof hs->detail, format, arguments);
    va_end(arguments);
}

enum err hs_refuse(struct hs *hs, enum err e, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(hs->detail, sizeof hs->detail, format, arguments);
    va_end(arguments);
    return e;
}

enum err hs_warn(struct hs *hs, enum err e)
{
    const uint8_t alert[] = {1, err_row(e)->alert};
    TRY(record_write(hs->record_out, CONTENT_ALERT, slice_of(alert, sizeof alert)));
    if (hs->event) {
        hs->event(hs->event_arg,
                  &(struct event){.kind = EVENT_WARNING, .message = slice_of(alert, sizeof alert)});
    }
    return OK;
}

/* p, g and Ys of 8192 bits, their lengths and the randoms */
#define PARAMS_MAX 4096

enum err hs_keep_input(struct hs *hs)
{
    struct slice rest = hs->input;
    hs->input = slice_of(NULL, 0);
    return rest.len ? buffer_append(&hs->incoming, rest) : OK;
}

enum err hs_new(const struct config *c, struct negotiated *n, struct hs **out)
{
    void *memory;
    TRY(memory_raw(sizeof(struct hs), &memory));
    memset(memory, 0, HS_ZEROED);
    struct hs *hs = memory;
    hs->signature.len = 0;
    hs->detail[0] = 0;
    hs->config = c;
    hs->negotiated = n;
    hs->random = random_pooled(&hs->drawn, &c->random);
    hs->version = c->max_version >= TLS_1_3 ? &version_tls13 : &version_tls12;
    hs->identity = ANY_IDENTITY;
    hs->got = MESSAGE_COUNT;
    hs->cursor.me = c->side;
    cursor_start(&hs->cursor, flow_hello);
    hs->cursor.facts = c->side == CLIENT && c->max_version >= TLS_1_3 ? TLS13_OFFERED : NO_FACT;
    hs->cursor.facts |= c->quic ? CARRIED_BY_QUIC : NO_FACT;
    hs->supplemental.message.limit = HANDSHAKE_HEADER + message_row(SUPPLEMENTAL_DATA)->bound;
    /* both sides' hellos, chains and supplemental data, CertificateStatus, CertificateRequest, and what is
     * small beside them */
    transcript_init(&hs->transcript, 2 * (c->certificate_limit + 2 * 65536) + 3 * 102400,
                    (struct span){hs->hellos, sizeof hs->hellos});
    buffer_lend(&hs->peer_share, (struct span){hs->peer_point, sizeof hs->peer_point});
    buffer_lend(&hs->signed_params, (struct span){hs->signed_point, sizeof hs->signed_point});
    hs->peer_share.limit = hs->signed_params.limit = PARAMS_MAX;
    hs->fetched.limit = c->certificate_limit;
    hs->cookie.limit = 65535;
    hs->built.limit = HANDSHAKE_HEADER + 0xffffff;
    hs->incoming.limit = HANDSHAKE_HEADER + c->certificate_limit + RECORD_PLAINTEXT_MAX + 65541;
    *out = hs;
    return OK;
}

void hs_free(struct hs *hs)
{
    if (!hs) {
        return;
    }
    buffer_free(&hs->incoming);
    buffer_free(&hs->peer_share);
    buffer_free(&hs->signed_params);
    buffer_free(&hs->supplemental.message);
    transcript_wipe(&hs->transcript);
    session_release(hs->session);
    session_release(hs->answer.session);
    certificate_free(hs->peer_certificate);
    memory_free(hs->ticket.data, hs->ticket.len);
    staple_release(hs->staple);
    memory_free(hs->status.data, hs->status.len);
    memory_free(hs->certificate_request.data, hs->certificate_request.len);
    memory_free(hs->certificate_url.data, hs->certificate_url.len);
    memory_free(hs->request_context.data, hs->request_context.len);
    buffer_free(&hs->fetched);
    buffer_free(&hs->cookie);
    buffer_free(&hs->built);
    kx_end(&hs->share);
    kx_end(&hs->other_share);
    premaster_wipe(&hs->premaster);
    protection_wipe(&hs->next);
    hmac_key_wipe(&hs->master); /* and with hs, which memory_free wipes, go the secrets of TLS 1.3 */
    memory_free(hs, HS_ZEROED);
}
