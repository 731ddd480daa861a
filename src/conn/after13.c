/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"
#include "tls13/tls13.h"

/* What comes on a connection of TLS 1.3 once its handshake is complete, RFC 8446 4.6. */

#define POST_HANDSHAKE_MAX 102400

enum err after13_begin(hf_conn *c, struct hs *hs)
{
    void *memory;
    TRY(memory_new(sizeof *c->after13, &memory));
    c->after13 = memory;
    size_t most = c->config->settings.certificate_limit;
    most = most > POST_HANDSHAKE_MAX ? most : POST_HANDSHAKE_MAX;
    c->after13->incoming.limit = HANDSHAKE_HEADER + most + RECORD_PLAINTEXT_MAX;
    for (int side = CLIENT; side <= SERVER; side++) {
        c->after13->traffic[side] = hs->schedule.application[side];
    }
    c->after13->resumption = hs->schedule.resumption;
    return authenticate13_keep(c, hs);
}

void after13_wipe(hf_conn *c)
{
    if (c->after13) {
        buffer_free(&c->after13->incoming);
        authenticate13_wipe(c);
        tickets13_wipe(c->after13);
        memory_free(c->after13, sizeof *c->after13);
        c->after13 = NULL;
    }
}

/* ---- messages ---- */
static enum err take(hf_conn *c, enum message m, struct slice message, bool alone)
{
    enum side peer = other_side(c->config->settings.side);
    if (m == CERTIFICATE_REQUEST || authenticate13_expects(c, m)) {
        return authenticate13_take(c, message);
    }
    emit_row(c, flow_anytime_accepts(flow_anytime13, peer, m), message, true);
    switch (m) {
    case KEY_UPDATE:
        return key_update_take(c, slice_after(message, HANDSHAKE_HEADER), alone);
    case NEW_SESSION_TICKET:
        return tickets13_take(c, slice_after(message, HANDSHAKE_HEADER));
    default:
        return E_UNEXPECTED_MESSAGE;
    }
}

/* RFC 8446 4.6.2: only who offered it is asked for a certificate, and nothing stands between the messages of a
 * client that says who it is. */
static bool is_allowed(const hf_conn *c, enum message m)
{
    enum side peer = other_side(c->config->settings.side);
    if (m == CERTIFICATE_REQUEST && !c->after13->context) {
        return false;
    }
    const struct step *anytime = c->config->settings.quic ? flow_anytime_quic : flow_anytime13;
    bool between = !c->hs || authenticate13_waits(c);
    return authenticate13_expects(c, m) || (between && flow_anytime_accepts(anytime, peer, m));
}

/* Judged on the header alone. *whole: 0 while less than a header is there. */
static enum err check_header(const hf_conn *c, struct slice bytes, enum message *m, size_t *whole)
{
    *whole = 0;
    if (bytes.len < HANDSHAKE_HEADER) {
        return OK;
    }
    *m = message_of_type(bytes.data[0]);
    size_t len = (size_t)bytes.data[1] << 16 | (size_t)bytes.data[2] << 8 | bytes.data[3];
    if (c->hs) {
        c->hs->got = *m;
    }
    if (*m == CERTIFICATE_REQUEST && c->config->settings.quic) { /* RFC 9001 4.4 */
        return E_QUIC_CERTIFICATE_REQUEST;
    }
    if (*m == MESSAGE_COUNT || !is_allowed(c, *m)) {
        return E_UNEXPECTED_MESSAGE;
    }
    *whole = HANDSHAKE_HEADER + len;
    bool certificate = *m == CERTIFICATE || *m == COMPRESSED_CERTIFICATE;
    return len > (certificate ? c->config->settings.certificate_limit : message_row(*m)->bound)
               ? E_MESSAGE_TOO_LONG
               : OK;
}

enum err after13_handshake(hf_conn *c, struct slice bytes)
{
    struct buffer *held = &c->after13->incoming;
    TRY(buffer_append(held, bytes));
    while (!(c->hs && c->hs->question.ask)) {
        enum message m = MESSAGE_COUNT;
        size_t whole;
        struct slice have = buffer_slice(held);
        TRY(check_header(c, have, &m, &whole));
        if (!whole || have.len < whole) {
            return OK;
        }
        TRY(take(c, m, slice_of(have.data, whole), have.len == whole));
        buffer_drop(held, whole);
    }
    return OK;
}

enum err after13_data(hf_conn *c)
{
    struct after13 *a = c->after13;
    if (buffer_len(&a->incoming) || (c->hs && !authenticate13_waits(c))) {
        return E_INTERLEAVED_MESSAGE;
    }
    a->updates = a->requests = 0;
    return OK;
}
