/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* What arrives, handed to the engine while a handshake runs, and judged here when none does. */
#define WARNINGS_MAX 16
#define HELLO_REQUESTS_MAX 8

enum err conn_start(hf_conn *c)
{
    if (c->started) {
        return OK;
    }
    c->started = true;
    conn_observe_handshake(c);
    return c->config->settings.side == CLIENT ? conn_run(c) : OK;
}

static enum err finish(hf_conn *c)
{
    TRY(resume_make_session(c->hs));
    c->negotiated.complete = true;
    record_out_keep(&c->out, false);
    emit_plain(c, HF_EVENT_DONE, false, "");
    /* what the peer sent behind its Finished belongs to no handshake */
    struct hs *hs = c->hs;
    c->hs = NULL;
    enum err e = conn_stray_handshake(c, buffer_slice(&hs->incoming));
    if (e == OK) {
        e = conn_stray_handshake(c, hs->input);
    }
    hs_free(hs);
    return e;
}

enum err conn_run(hf_conn *c)
{
    bool done = false;
    TRY(hs_run(c->hs, &done));
    return done ? finish(c) : hs_keep_input(c->hs);
}

/* RFC 5246 7.4.1.1, RFC 5746 4: another handshake is refused with a warning, until renegotiation is built. */
static enum err refuse_renegotiation(hf_conn *c)
{
    c->stats.renegotiations_refused++;
    if (++c->hello_requests > HELLO_REQUESTS_MAX) {
        return E_TOO_MANY_HELLO_REQUESTS;
    }
    return c->close_sent ? OK : conn_send_alert(c, 1, ALERT_no_renegotiation);
}

static enum err stray_header(hf_conn *c)
{
    const uint8_t *h = c->stray.header;
    enum message m = message_of_type(h[0]);
    uint32_t len = (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3];
    if (m == MESSAGE_COUNT ||
        !flow_anytime_accepts(flow_anytime12, other_side(c->config->settings.side), m)) {
        return E_UNEXPECTED_MESSAGE;
    }
    if (len > message_row(m)->bound) {
        return message_row(m)->bound ? E_MESSAGE_TOO_LONG : E_MALFORMED_MESSAGE;
    }
    c->stray.skip = len;
    c->stray.header_len = 0;
    return refuse_renegotiation(c);
}

enum err conn_stray_handshake(hf_conn *c, struct slice bytes)
{
    while (bytes.len) {
        if (c->stray.skip) {
            size_t skip = bytes.len < c->stray.skip ? bytes.len : c->stray.skip;
            bytes = slice_after(bytes, skip);
            c->stray.skip -= (uint32_t)skip;
            continue;
        }
        c->stray.header[c->stray.header_len++] = bytes.data[0];
        bytes = slice_after(bytes, 1);
        if (c->stray.header_len == HANDSHAKE_HEADER) {
            TRY(stray_header(c));
        }
    }
    return OK;
}

/* ---- alerts: RFC 5246 7.2 ---- */
enum err conn_send_alert(hf_conn *c, uint8_t level, uint8_t description)
{
    uint8_t alert[] = {level, description};
    TRY(record_write(&c->out, CONTENT_ALERT, slice_of(alert, sizeof alert)));
    if (description != ALERT_close_notify) {
        emit_alert(c, false, level, description);
    }
    return OK;
}

static enum err close_received(hf_conn *c)
{
    c->close_received = true;
    if (!c->negotiated.complete) {
        (void)conn_fail_silently(c, E_CLOSED_IN_HANDSHAKE);
        return E_CLOSED_IN_HANDSHAKE;
    }
    emit_ended(c, HF_EVENT_CLOSED, true, OK, "close_notify");
    return OK;
}

enum err conn_alert(hf_conn *c, struct slice alert)
{
    if (alert.len != 2 || alert.data[0] < 1 || alert.data[0] > 2) {
        return E_MALFORMED_ALERT;
    }
    uint8_t level = alert.data[0], description = alert.data[1];
    if (description == ALERT_close_notify) {
        return close_received(c);
    }
    emit_alert(c, true, level, description);
    if (level == 2) {
        (void)conn_fail_by_alert(c, description);
        return E_ALERT_RECEIVED;
    }
    c->stats.warnings_received++;
    return ++c->warnings > WARNINGS_MAX ? E_TOO_MANY_WARNINGS : OK;
}
