/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* Handshake messages that arrive when no handshake runs: one that begins another, or nothing. */
#define HELLO_REQUESTS_MAX 8

/* RFC 5246 7.2.2, RFC 5746 4.2: a warning, and only so often. */
static enum err refuse_renegotiation(hf_conn *c)
{
    c->stats.renegotiations_refused++;
    if (++c->hello_requests > HELLO_REQUESTS_MAX) {
        return E_TOO_MANY_HELLO_REQUESTS;
    }
    return c->close_sent ? OK : conn_send_alert(c, 1, ALERT_no_renegotiation);
}

static enum err begin(hf_conn *c)
{
    TRY(renegotiation_begin(c));
    renegotiation_count(c);
    return conn_run(c);
}

static enum err take_header(hf_conn *c)
{
    const uint8_t *h = c->stray.header;
    enum message m = message_of_type(h[0]);
    uint32_t len = (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3];
    enum side peer = other_side(c->config->settings.side);
    const struct step *row = m == MESSAGE_COUNT ? NULL : flow_anytime_accepts(flow_anytime12, peer, m);
    if (!row) {
        return E_UNEXPECTED_MESSAGE;
    }
    if (len > message_row(m)->bound) {
        return message_row(m)->bound ? E_MESSAGE_TOO_LONG : E_MALFORMED_MESSAGE;
    }
    if (m == HELLO_REQUEST) { /* belongs to no handshake (RFC 5246 7.4.1.1); a ClientHello to the new one */
        c->stray.header_len = 0;
        emit_row(c, row, slice_of(h, HANDSHAKE_HEADER), true);
    }
    if (flow_after(flow_anytime12, renegotiation_facts(c))) {
        return begin(c);
    }
    c->stray.header_len = 0;
    c->stray.skip = len;
    return refuse_renegotiation(c);
}

enum err conn_stray_handshake(hf_conn *c, struct slice bytes)
{
    while (bytes.len) {
        if (c->hs) { /* one has begun with the bytes before these */
            hs_input(c->hs, bytes);
            return conn_run(c);
        }
        if (c->stray.skip) {
            size_t skip = bytes.len < c->stray.skip ? bytes.len : c->stray.skip;
            bytes = slice_after(bytes, skip);
            c->stray.skip -= (uint32_t)skip;
            continue;
        }
        c->stray.header[c->stray.header_len++] = bytes.data[0];
        bytes = slice_after(bytes, 1);
        if (c->stray.header_len == HANDSHAKE_HEADER) {
            TRY(take_header(c));
        }
    }
    return OK;
}
