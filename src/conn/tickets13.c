/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"
#include "handshake/psk.h"
#include "tls13/tls13.h"

/* NewSessionTicket, RFC 8446 4.6.1: given when the handshake is complete, taken whenever it comes. */
static struct ticket_origin origin_of(const hf_conn *c, const char *name)
{
    const struct config *settings = &c->config->settings;
    return (struct ticket_origin){
        settings, &c->negotiated, name, &c->after13->resumption, config_milliseconds(settings), NULL};
}

/* The newest until now goes behind the new one, unless it is what this connection has resumed: RFC 8446 C.4.
 * Who has as many as it keeps drops the oldest. */
static enum err keep_older(hf_conn *c, struct session *s)
{
    struct after13 *a = c->after13;
    size_t most = c->config->settings.tickets_kept - 1;
    if (!s || !most || atomic_load_explicit(&s->used, memory_order_relaxed)) {
        session_release(s);
        return OK;
    }
    if (!a->older) {
        void *memory;
        enum err e = memory_new(sizeof *a->older, &memory);
        if (e != OK) {
            session_release(s);
            return e;
        }
        a->older = memory;
    }
    struct older_tickets *older = a->older;
    if (older->count == most) {
        session_release(older->session[--older->count]);
    }
    memmove(older->session + 1, older->session, older->count * sizeof *older->session);
    older->session[0] = s;
    older->count++;
    return OK;
}

/* The newest is the one to come back with: hf_conn_session. */
enum err tickets13_take(hf_conn *c, struct slice body)
{
    struct new_session_ticket13 m;
    struct session *s;
    const struct ticket_origin origin = origin_of(c, *c->name ? c->name : NULL);
    TRY(layout_decode(&layout_new_session_ticket13, body, &m));
    if (c->negotiated.external_psk) { /* a session would not know whose key it was, nor that it is gone */
        return OK;
    }
    TRY(tls13_new_session_ticket_take(&origin, &m, &s));
    if (s) {
        struct session *before = c->negotiated.session;
        c->negotiated.session = s;
        c->negotiated.ticket = true;
        return keep_older(c, before);
    }
    return OK;
}

static enum err give_ticket(hf_conn *c, struct hs *hs, const struct ticket_origin *origin, uint8_t number)
{
    uint8_t bytes[HANDSHAKE_HEADER + 32 + TICKET_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct session *s;
    TRY(tls13_new_session_ticket_make(origin, number, &w, &s));
    if (!s) {
        return OK;
    }
    enum err e = remember_ticket(hs, s);
    e = e == OK ? record_write(&c->out, CONTENT_HANDSHAKE, written(&w)) : e;
    if (e == OK) {
        emit_row(c, flow_anytime_accepts(flow_anytime13, SERVER, NEW_SESSION_TICKET), written(&w), false);
        memcpy(c->after13->given.data + (size_t)number * SESSION_ID_MAX, s->id, s->id_len);
        c->negotiated.ticket |= !s->id_len;
    }
    session_release(s);
    return e;
}

/* A resumed connection gives one for the one that was used: a client with several keeps as many. RFC 8446
 * 4.2.9: and none that the client could not use. */
enum err tickets13_give(hf_conn *c, struct hs *hs)
{
    const struct config *settings = &c->config->settings;
    bool keeps = settings->sessions || settings->asks & ASK_LOOK_UP_SESSION || settings->tickets;
    unsigned count = hs->negotiated->resumed && settings->ticket_count ? 1 : settings->ticket_count;
    if (settings->side == CLIENT || hs->external || !count || !keeps || !psk_mode_fits(hs) ||
        !remember_can(hs)) {
        return OK;
    }
    void *memory;
    TRY(memory_new((size_t)count * SESSION_ID_MAX, &memory));
    c->after13->given = (struct span){memory, (size_t)count * SESSION_ID_MAX};
    struct ticket_origin origin = origin_of(c, c->negotiated.server_name);
    origin.random = &hs->random;
    for (unsigned i = 0; i < count; i++) {
        TRY(give_ticket(c, hs, &origin, (uint8_t)i));
    }
    return OK;
}

void tickets13_forget(hf_conn *c)
{
    const struct config *settings = &c->config->settings;
    const struct older_tickets *older = c->after13 ? c->after13->older : NULL;
    struct slice given = c->after13 ? slice_of_span(c->after13->given) : slice_of(NULL, 0);
    for (size_t i = 0; older && i < older->count; i++) {
        forget_session(settings, older->session[i], config_seconds(settings));
    }
    for (; given.len; given = slice_after(given, SESSION_ID_MAX)) {
        if (given.data[0]) { /* format and epoch: never zero in an ID */
            (void)forget_id(settings, slice_of(given.data, SESSION_ID_MAX), config_seconds(settings));
        }
    }
}

void tickets13_wipe(struct after13 *a)
{
    struct older_tickets *older = a->older;
    while (older && older->count) {
        session_release(older->session[--older->count]);
    }
    memory_free(older, older ? sizeof *older : 0);
    memory_free(a->given.data, a->given.len);
}
