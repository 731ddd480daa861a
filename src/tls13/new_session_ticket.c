/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/psk.h"
#include "tls13/tls13.h"

/* NewSessionTicket, RFC 8446 4.6.1: what it takes to come back, either side's. */

#define LIFETIME_MAX (7 * 24 * 3600) /* seconds */

static int64_t seconds_of(const struct ticket_origin *o)
{
    return o->now_ms / 1000;
}

static enum err psk_of(const struct ticket_origin *o, struct slice nonce, uint8_t out[MASTER_SECRET_SIZE])
{
    enum hash h = o->negotiated->suite->hash;
    return tls13_derive(h, secret_slice(o->resumption), "resumption", nonce,
                        (struct span){out, hash_size(h)});
}

static enum err make_session(const struct ticket_origin *o, struct slice nonce, struct slice ticket,
                             struct session **out)
{
    const struct negotiated *n = o->negotiated;
    const struct session_texts texts = {slice_of_string(o->name ? o->name : ""),
                                        slice_of_string(n->alpn ? n->alpn : ""), negotiated_note(n), ticket};
    struct session *s;
    TRY(session_new(&texts, &s));
    s->version = TLS_1_3;
    s->suite = n->suite->code;
    s->ems = true;
    s->own_raw_key = n->certificate_type[o->config->side] == CERTIFICATE_RAW_KEY;
    memcpy(s->context, o->config->context, CONTEXT_SIZE);
    s->issued_ms = o->now_ms;
    s->authenticated = n->authenticated;
    s->peer = peer_share(n->peer);
    enum err e = psk_of(o, nonce, s->master);
    if (e != OK) {
        session_release(s);
        return e;
    }
    *out = s;
    return OK;
}

/* RFC 9001 4.6.1: QUIC limits early data by itself; a ticket says that there may be some, by this number alone. */
#define QUIC_EARLY_DATA UINT32_MAX

/* ---- server ---- */
static enum err draw(const struct ticket_origin *o, struct session *s)
{
    const struct config *c = o->config;
    uint8_t add[4];
    TRY(random_fill(o->random, (struct span){add, sizeof add}));
    struct reader r = reader_of(slice_of(add, sizeof add));
    s->age_add = read_number(&r, 4);
    s->expires = o->negotiated->session_ends;
    if (c->tickets) {
        return OK;
    }
    TRY(random_fill(o->random, (struct span){s->id + 4, 16}));
    TRY(session_id_make(c->keyring, c->context, seconds_of(o), &s->expires, s->id));
    s->id_len = SESSION_ID_MAX;
    /* good once, which a sealed ticket is not: RFC 8446 8.1 */
    s->max_early_data = c->quic && c->early_data ? QUIC_EARLY_DATA : c->early_data;
    return OK;
}

/* The ticket: the session itself under lock, or the ID under which it lies in the store. */
static enum err put_ticket(const struct ticket_origin *o, const struct session *s, struct writer *w,
                           int64_t *ends)
{
    const struct config *c = o->config;
    const struct sealing by = {c->keyring, c->context, seconds_of(o), o->random};
    size_t mark = write_open(w, 2);
    *ends = s->expires;
    if (s->id_len) {
        write_bytes(w, slice_of(s->id, s->id_len));
    } else {
        TRY(ticket_seal(&by, s, w, ends));
    }
    write_close(w, mark, 2);
    return w->full || *ends <= seconds_of(o) ? E_BUFFER_LIMIT : OK;
}

/* RFC 8446 4.2.10, 4.6.1: early_data says how much is let. */
static void put_extensions(const struct session *s, struct writer *w)
{
    size_t mark = write_open(w, 2);
    if (s->max_early_data) {
        write_number(w, EXTENSION_EARLY_DATA, 2);
        write_number(w, 4, 2);
        write_number(w, s->max_early_data, 4);
    }
    write_close(w, mark, 2);
}

static enum err encode(const struct ticket_origin *o, const struct session *s, struct slice nonce,
                       struct writer *w)
{
    int64_t ends = 0;
    write_number(w, message_row(NEW_SESSION_TICKET)->type, 1);
    size_t whole = write_open(w, 3), lifetime = w->len;
    write_number(w, 0, 4);
    write_number(w, s->age_add, 4);
    write_vector(w, 1, nonce);
    TRY(put_ticket(o, s, w, &ends));
    put_extensions(s, w);
    write_close(w, whole, 3);
    struct writer in_front = writer_of(w->base + lifetime, 4);
    write_number(&in_front, (uint32_t)(ends - seconds_of(o)), 4); /* at most a day: hf_config_session_life */
    return w->full ? E_BUFFER_LIMIT : OK;
}

enum err tls13_new_session_ticket_make(const struct ticket_origin *o, uint8_t number, struct writer *w,
                                       struct session **out)
{
    struct slice nonce = slice_of(&number, 1); /* RFC 8446 4.6.1: unique on the connection */
    struct session *s;
    *out = NULL;
    TRY(make_session(o, nonce, slice_of(NULL, 0), &s));
    enum err e = draw(o, s);
    e = e == OK ? encode(o, s, nonce, w) : e;
    if (e == OK) {
        *out = s;
        return OK;
    }
    session_release(s);
    w->len = 0;
    /* too large a session, or its key is gone: it is just not resumed */
    return e == E_BUFFER_LIMIT || e == E_BAD_KEYRING ? OK : e;
}

/* ---- client ---- */
/* RFC 8446 4.2: no extension twice, and none of another message; those that are not known are passed over. */
static enum err check_extensions(struct slice extensions)
{
    struct list outer = list_of(extensions);
    struct extension_entry e, other;
    for (size_t at = 0; list_next_extension(&outer, &e); at++) {
        struct list inner = list_of(extensions);
        for (size_t i = 0; i < at && list_next_extension(&inner, &other); i++) {
            if (other.type == e.type) {
                return E_DUPLICATE_EXTENSION;
            }
        }
        if (e.type != EXTENSION_EARLY_DATA && extension_is_built_in(e.type)) {
            return E_MISPLACED_EXTENSION;
        }
        if (at >= 16) {
            return E_MALFORMED_EXTENSION;
        }
    }
    return outer.bad ? E_MALFORMED_MESSAGE : OK;
}

/* 0: the server takes no early data. */
static enum err read_early_data(struct slice extensions, uint32_t *most)
{
    struct slice body;
    *most = 0;
    if (!extensions_find(extensions, EXTENSION_EARLY_DATA, &body)) {
        return OK;
    }
    struct reader r = reader_of(body);
    *most = read_number(&r, 4);
    return read_done(&r) ? OK : E_MALFORMED_EXTENSION;
}

enum err tls13_new_session_ticket_take(const struct ticket_origin *o, const struct new_session_ticket13 *m,
                                       struct session **out)
{
    struct reader lifetime = reader_of(m->ticket_lifetime), add = reader_of(m->ticket_age_add);
    uint32_t life = read_number(&lifetime, 4), most = o->config->session_life, early;
    *out = NULL;
    TRY(check_extensions(m->extensions));
    TRY(read_early_data(m->extensions, &early));
    if (o->config->quic && early && early != QUIC_EARLY_DATA) {
        return E_QUIC_EARLY_DATA_SIZE;
    }
    life = life > LIFETIME_MAX ? LIFETIME_MAX : life;
    bool keeps = life && m->ticket.len <= TICKET_MAX && o->config->tickets;
    if (!keeps || (o->name && strlen(o->name) > SERVER_NAME_MAX)) {
        return OK;
    }
    TRY(make_session(o, m->ticket_nonce, m->ticket, out));
    (*out)->age_add = read_number(&add, 4);
    (*out)->max_early_data = early;
    (*out)->expires = seconds_of(o) + (life < most ? life : most);
    return OK;
}
