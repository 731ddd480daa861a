/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* What arrives, handed to the engine while a handshake runs; and alerts. */
#define WARNINGS_MAX 16

enum err conn_new_handshake(hf_conn *c, struct negotiated *n)
{
    const struct config *settings = &c->config->settings;
    n->identity = NO_IDENTITY;
    TRY(hs_new(settings, n, &c->hs));
    c->hs->record_in = &c->in;
    c->hs->record_out = &c->out;
    record_out_pad(&c->out, settings->record_padding);
    c->hs->name = *c->name ? c->name : NULL;
    return OK;
}

bool conn_is_shaking(const hf_conn *c)
{
    return c->hs && !authenticate13_waits(c);
}

enum err conn_start(hf_conn *c)
{
    if (c->started) {
        return OK;
    }
    c->started = true;
    conn_observe_handshake(c);
    return c->config->settings.side == CLIENT ? conn_run(c) : OK;
}

static enum err take_rest(hf_conn *c, struct slice rest)
{
    return c->after13 ? (rest.len ? after13_handshake(c, rest) : OK) : conn_stray_handshake(c, rest);
}

static enum err finish(hf_conn *c)
{
    struct hs *hs = c->hs;
    if (c->after13) {
        return authenticate13_finish(c);
    }
    TRY(renegotiation_check_peer(hs));
    TRY(remember_session(hs));
    hs->negotiated->complete = true;
    c->version = hs->version;
    if (c->again.agreed) {
        renegotiation_adopt(c);
    }
    TRY(double_handshake_check(c));
    TRY(hs->version->code >= TLS_1_3 ? after13_begin(c, hs) : OK);
    record_out_keep(&c->out, false);
    emit_plain(c, HF_EVENT_DONE, false, "");
    TRY(c->after13 ? tickets13_give(c, hs) : OK);
    /* what the peer sent behind its Finished belongs to no handshake */
    c->hs = NULL;
    enum err e = c->close_waits ? conn_send_close(c) : OK;
    if (e == OK) {
        e = take_rest(c, buffer_slice(&hs->incoming));
    }
    if (e == OK) {
        e = take_rest(c, hs->input);
    }
    hs_free(hs);
    return e == OK ? double_handshake_go_on(c) : e;
}

enum err conn_run(hf_conn *c)
{
    bool done = false;
    TRY(hs_run(c->hs, &done));
    return done ? finish(c) : hs_keep_input(c->hs);
}

/* ---- what arrived and waits for the application ---- */
void conn_drop(hf_conn *c, struct slice *window, size_t len)
{
    if (!len || !window->len) { /* the record may be the other window's */
        return;
    }
    *window = slice_after(*window, len < window->len ? len : window->len);
    if (!window->len) {
        record_release(&c->in);
    }
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

enum err conn_send_close(hf_conn *c)
{
    TRY(conn_send_alert(c, 1, ALERT_close_notify));
    c->close_waits = false;
    c->close_sent = true;
    emit_ended(c, HF_EVENT_CLOSED, false, OK, "close_notify");
    return OK;
}

static enum err close_received(hf_conn *c)
{
    c->close_received = true;
    /* half-way through a change of keys there is no connection to go back to */
    if (!conn_is_open(c) || (c->hs && c->hs->has_traffic)) {
        (void)conn_fail_silently(c, E_CLOSED_IN_HANDSHAKE);
        return E_CLOSED_IN_HANDSHAKE;
    }
    emit_ended(c, HF_EVENT_CLOSED, true, OK, "close_notify");
    return c->hs ? renegotiation_abandon(c) : OK;
}

bool conn_speaks13(const hf_conn *c)
{
    const struct negotiated *n = c->hs ? c->hs->negotiated : &c->negotiated;
    return n->version >= TLS_1_3;
}

/* RFC 8446 6, 6.2: what its level says does not count, and what is not known is an error. Before the version is
 * known a server may still be one of TLS 1.2, which warns. */
static bool is_error(const hf_conn *c, uint8_t level, uint8_t description)
{
    return conn_speaks13(c) ? description != ALERT_user_canceled : level == 2;
}

enum err conn_alert(hf_conn *c, struct slice alert)
{
    if (alert.len != 2 || (!conn_speaks13(c) && (alert.data[0] < 1 || alert.data[0] > 2))) {
        return E_MALFORMED_ALERT;
    }
    uint8_t level = alert.data[0], description = alert.data[1];
    if (description == ALERT_close_notify) {
        return close_received(c);
    }
    emit_alert(c, true, level, description);
    if (is_error(c, level, description)) {
        (void)conn_fail_by_alert(c, description);
        return E_ALERT_RECEIVED;
    }
    c->stats.warnings_received++;
    if (++c->warnings > WARNINGS_MAX) {
        return E_TOO_MANY_WARNINGS;
    }
    return description == ALERT_no_renegotiation ? renegotiation_refused(c) : OK;
}
