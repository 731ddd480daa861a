/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"
#include "tls13/tls13.h"

/* What comes on a connection of TLS 1.3 once its handshake is complete, RFC 8446 4.6. */

/* More KeyUpdates than this, with no data between them, are an attack. */
#define KEY_UPDATES_MAX 32
#define POST_HANDSHAKE_MAX (HANDSHAKE_HEADER + 102400)

enum err after13_begin(hf_conn *c, struct hs *hs)
{
    void *memory;
    TRY(memory_new(sizeof *c->after13, &memory));
    c->after13 = memory;
    c->after13->incoming.limit = POST_HANDSHAKE_MAX + RECORD_PLAINTEXT_MAX;
    for (int side = CLIENT; side <= SERVER; side++) {
        c->after13->traffic[side] = hs->schedule.application[side];
    }
    c->after13->resumption = hs->schedule.resumption;
    return OK;
}

void after13_wipe(hf_conn *c)
{
    if (c->after13) {
        buffer_free(&c->after13->incoming);
        memory_free(c->after13, sizeof *c->after13);
        c->after13 = NULL;
    }
}

/* ---- KeyUpdate, RFC 8446 4.6.3, 7.2 ---- */
static enum err next_keys(hf_conn *c, enum side writer)
{
    const struct suite *suite = c->negotiated.suite;
    struct secret *secret = &c->after13->traffic[writer], next = {.len = secret->len};
    bool ours = writer == c->config->settings.side;
    struct protection *p = ours ? &c->out.protection : &c->in.protection;
    enum err e = tls13_derive(suite->hash, secret_slice(secret), "traffic upd", slice_of(NULL, 0),
                              (struct span){next.data, next.len});
    e = e == OK && ours ? record_close(&c->out) : e;
    e = e == OK ? tls13_protect(p, suite, ours ? AEAD_SEAL : AEAD_OPEN, secret_slice(&next)) : e;
    if (e == OK) {
        *secret = next;
    }
    secret_wipe(&next);
    return e;
}

enum err after13_update_keys(hf_conn *c, bool request)
{
    const uint8_t key_update[HANDSHAKE_HEADER + 1] = {24, 0, 0, 1, request ? UPDATE_REQUESTED : 0};
    struct slice message = slice_of(key_update, sizeof key_update);
    enum side me = c->config->settings.side;
    TRY(record_write(&c->out, CONTENT_HANDSHAKE, message));
    emit_row(c, flow_anytime_accepts(flow_anytime13, me, KEY_UPDATE), message, false);
    c->epoch_out++;
    return next_keys(c, me);
}

/* RFC 8446 4.6.3: each that asks is answered, once, before the next data. */
static enum err take_key_update(hf_conn *c, struct slice body, bool alone)
{
    struct key_update m;
    TRY(layout_decode(&layout_key_update, body, &m));
    if (m.request_update > UPDATE_REQUESTED) {
        return E_BAD_KEY_UPDATE;
    }
    if (!alone) {
        return E_BYTES_ACROSS_KEY_CHANGE;
    }
    if (++c->after13->updates > KEY_UPDATES_MAX) {
        return E_TOO_MANY_KEY_UPDATES;
    }
    c->epoch_in++;
    TRY(next_keys(c, other_side(c->config->settings.side)));
    return m.request_update && !c->close_sent ? after13_update_keys(c, false) : OK;
}

/* ---- messages ---- */
static enum err take(hf_conn *c, enum message m, struct slice message, bool alone)
{
    enum side peer = other_side(c->config->settings.side);
    const struct step *row = flow_anytime_accepts(flow_anytime13, peer, m);
    struct slice body = slice_after(message, HANDSHAKE_HEADER);
    emit_row(c, row, message, true);
    switch (m) {
    case KEY_UPDATE:
        return take_key_update(c, body, alone);
    case NEW_SESSION_TICKET:
        return OK;
    default:
        return E_UNEXPECTED_MESSAGE; /* CertificateRequest: post_handshake_auth was not offered */
    }
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
    enum side peer = other_side(c->config->settings.side);
    if (*m == MESSAGE_COUNT || !flow_anytime_accepts(flow_anytime13, peer, *m)) {
        return E_UNEXPECTED_MESSAGE;
    }
    *whole = HANDSHAKE_HEADER + len;
    return len > message_row(*m)->bound ? E_MESSAGE_TOO_LONG : OK;
}

enum err after13_handshake(hf_conn *c, struct slice bytes)
{
    struct buffer *held = &c->after13->incoming;
    TRY(buffer_append(held, bytes));
    for (;;) {
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
}
