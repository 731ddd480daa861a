/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "conn/conn.h"

/* The one stream of events: every picture is drawn from it. */

static hf_side side_of(const hf_conn *c, bool peer)
{
    enum side me = c->config->settings.side;
    return (peer ? other_side(me) : me) == CLIENT ? HF_CLIENT : HF_SERVER;
}

static enum side sender(const hf_conn *c, bool received)
{
    enum side me = c->config->settings.side;
    return received ? other_side(me) : me;
}

/* While a handshake runs, what it has agreed on. */
static const struct negotiated *agreed(const hf_conn *c)
{
    return c->hs ? c->hs->negotiated : &c->negotiated;
}

hf_event event_of(const hf_conn *c, hf_event_kind kind, bool received)
{
    const struct negotiated *n = agreed(c);
    return (hf_event){
        .kind = kind,
        .by = side_of(c, received),
        .seen_by = side_of(c, false),
        .name = "",
        .rfc = "",
        .text = "",
        .epoch = c->epochs.number[sender(c, received)],
        .keys = keys_name(c->epochs.keys[sender(c, received)]),
        .alert = HF_NO_ALERT,
        .handshake = 1 + c->stats.renegotiations + c->stats.authentications + (c->again.agreed ? 1 : 0),
        .version = n->version,
        .suite = n->suite ? n->suite->code : 0,
        .protected_by = received ? c->suite_in : c->suite_out,
        .why = "",
        .about = "",
        .certificate_type = (uint8_t)n->certificate_type[sender(c, received)],
    };
}

static void emit(const hf_conn *c, const hf_event *e)
{
    c->observer(c->observer_arg, e);
}

/* What is worth saying beside a message's name; room is where it is put together. */
static const char *message_text(const hf_conn *c, const struct event *e, char *room, size_t size)
{
    const struct negotiated *n = agreed(c);
    const struct scheme *scheme = e->step->by == SERVER ? n->server_scheme : n->client_scheme;
    room[0] = 0;
    switch (e->step->what) {
    case SERVER_HELLO:
        (void)snprintf(room, size, "%s", n->suite ? n->suite->name : "");
        break;
    case SERVER_KEY_EXCHANGE:
        (void)snprintf(room, size, "%s%s%s", n->group ? n->group->name : "", n->group && scheme ? ", " : "",
                       scheme ? scheme->name : "");
        break;
    case CERTIFICATE_VERIFY:
        (void)snprintf(room, size, "%s", scheme ? scheme->name : "");
        break;
    case CERTIFICATE:
        (void)snprintf(room, size, "%s",
                       e->message.len <= HANDSHAKE_HEADER + 3 ? "empty: no certificate fits" : "");
        break;
    default:
        break;
    }
    return room;
}

/* A client that offers TLS 1.3 speaks by its RFC from the first message on. */
static bool is_tls13(const hf_conn *c)
{
    uint16_t version = agreed(c)->version;
    return version ? version == TLS_1_3 : c->hs && cursor_has(&c->hs->cursor, TLS13_OFFERED);
}

/* RFC 8446 5, D.4: ChangeCipherSpec is under no keys, whichever there are when it comes. */
static void put_in_clear(hf_event *e)
{
    e->epoch = 0;
    e->keys = "";
    e->protected_by = 0;
    e->sequence = 0;
}

static void emit_step(hf_conn *c, const struct event *e)
{
    char room[96], why[160];
    uint8_t hash[HASH_MAX];
    uint16_t what = e->step->what;
    bool local = step_is_local(e->step);
    hf_event out = event_of(c, HF_EVENT_STEP, e->received);
    out.name = step_name(what);
    out.local = local;
    out.why = event_why(c, e->step, why, sizeof why);
    if (local) {
        out.text = step_meaning(e->step);
    } else {
        out.rfc = message_rfc((enum message)what, is_tls13(c));
        out.message = bytes_of_slice(e->message);
        out.size = e->message.len;
        event_records(c, &out, e->received, what != CHANGE_CIPHER_SPEC);
        out.transcript_hash = what == CHANGE_CIPHER_SPEC ? (hf_bytes){0} : event_transcript(c, hash);
        out.new_keys = e->step->then != SAME_KEYS;
        out.text = message_text(c, e, room, sizeof room);
    }
    if (what == CHANGE_CIPHER_SPEC && is_tls13(c)) {
        put_in_clear(&out);
    }
    emit(c, &out);
    held_tell(c, out.name);
}

static const char *ask_name(enum ask ask)
{
    switch (ask) {
    case ASK_LOOK_UP_SESSION:
        return "look_up_session";
    case ASK_PICK_IDENTITY:
        return "pick_identity";
    case ASK_SIGN:
        return "sign";
    case ASK_VERIFY:
        return "verify";
    case ASK_FETCH_URL:
        return "fetch_url";
    case ASK_SUPPLEMENTAL:
        return "supplemental";
    case ASK_LOOK_UP_PSK:
        return "look_up_psk";
    default:
        return "";
    }
}

static void pass_epochs(hf_conn *c, const struct step *s)
{
    struct epochs before = c->epochs;
    uint16_t suite = agreed(c)->suite ? agreed(c)->suite->code : 0;
    enum side me = c->config->settings.side, peer = other_side(me);
    epochs_pass(&c->epochs, s, c->hs ? c->hs->cursor.facts : NO_FACT);
    if (c->epochs.number[me] != before.number[me]) {
        c->suite_out = suite;
    }
    if (c->epochs.number[peer] != before.number[peer]) {
        c->suite_in = suite;
    }
}

static void on_event(void *arg, const struct event *e)
{
    hf_conn *c = arg;
    if (e->kind == EVENT_CHECK || e->kind == EVENT_SECRET) {
        held_keep(c, e);
        return;
    }
    if (c->observer && e->kind == EVENT_STEP) {
        emit_step(c, e);
    } else if (c->observer && e->kind == EVENT_WARNING) {
        emit_alert(c, false, e->message.data[0], e->message.data[1]);
    } else if (c->observer) {
        hf_event out = event_of(c, e->kind == EVENT_ASK ? HF_EVENT_ASK : HF_EVENT_RESUMPTION, false);
        out.name = ask_name(c->hs->question.ask);
        out.resumption = (hf_resumption)agreed(c)->resumption;
        out.text = e->kind == EVENT_RESUMPTION ? hf_resumption_sentence(out.resumption) : "";
        emit(c, &out);
    }
    if (e->kind == EVENT_STEP) {
        pass_epochs(c, e->step);
    }
}

void emit_row(hf_conn *c, const struct step *row, struct slice message, bool received)
{
    if (c->observer) {
        emit_step(c,
                  &(struct event){.kind = EVENT_STEP, .step = row, .message = message, .received = received});
    }
    pass_epochs(c, row);
}

void conn_observe_handshake(hf_conn *c)
{
    c->hs->event = c->observer ? on_event : NULL;
    c->hs->event_arg = c;
}

void hf_conn_observe(hf_conn *conn, hf_observer *observer, void *arg)
{
    if (!conn) {
        return;
    }
    held_wipe(conn);
    conn->observer = observer;
    conn->observer_arg = arg;
    if (conn->hs) {
        conn_observe_handshake(conn);
    }
}

void hf_conn_observe_secrets(hf_conn *conn, bool values)
{
    if (conn) {
        conn->observe_secrets = values;
    }
}

void emit_alert(hf_conn *c, bool received, uint8_t level, uint8_t description)
{
    if (!c->observer) {
        return;
    }
    hf_event e = event_of(c, HF_EVENT_ALERT, received);
    e.name = hf_alert_name(description);
    e.rfc = is_tls13(c) ? "RFC 8446 6" : "RFC 5246 7.2";
    e.alert_level = level;
    e.alert = description;
    event_records(c, &e, received, false);
    e.size = 2;
    emit(c, &e);
}

void emit_plain(hf_conn *c, hf_event_kind kind, bool received, const char *text)
{
    if (c->observer) {
        hf_event e = event_of(c, kind, received);
        e.text = text;
        emit(c, &e);
    }
}

void emit_answer(hf_conn *c, enum ask ask)
{
    if (c->observer) {
        hf_event e = event_of(c, HF_EVENT_ANSWER, false);
        e.name = ask_name(ask);
        emit(c, &e);
    }
}

void emit_data(hf_conn *c, bool received, size_t size)
{
    if (c->observer) {
        hf_event e = event_of(c, HF_EVENT_DATA, received);
        e.size = size;
        event_records(c, &e, received, false);
        emit(c, &e);
    }
}

void emit_ended(hf_conn *c, hf_event_kind kind, bool received, enum err err, const char *text)
{
    if (c->observer) {
        held_tell(c, c->failure ? c->failure->step : "");
        hf_event e = event_of(c, kind, received);
        e.err = public_err(err);
        e.text = text;
        e.name = err == OK ? "close_notify" : err_row(err)->name;
        const char *close = is_tls13(c) ? "RFC 8446 6.1" : "RFC 5246 7.2.1";
        e.rfc = err == OK ? close : err_row(err)->rfc;
        emit(c, &e);
    }
}
