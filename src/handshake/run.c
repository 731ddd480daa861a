/* SPDX-License-Identifier: MIT */
#include "handshake/message.h"

/* The engine: walks the flow, sends what is ours, waits for what is theirs. Only this file moves the cursor.
 */
#define HELLO_REQUESTS_MAX 8
#define COMPATIBLE_MAX 4

static void emit(struct hs *hs, const struct step *s, struct slice message)
{
    if (hs->event) {
        hs->event(hs->event_arg,
                  &(struct event){
                      .kind = EVENT_STEP, .step = s, .message = message, .received = s->by != hs->cursor.me});
    }
}

static enum err change_keys(struct hs *hs, const struct step *s)
{
    if (s->then == SAME_KEYS) {
        return OK;
    }
    /* RFC 5246 7.1, RFC 8446 5.1: no message may straddle a change of keys */
    bool reads = s->by != hs->cursor.me || step_is_local(s);
    if (reads && (hs->input.len || buffer_len(&hs->incoming))) {
        return E_BYTES_ACROSS_KEY_CHANGE;
    }
    return hs->version->install_keys(hs, s);
}

/* ---- our own steps ---- */
/* RFC 8446 D.4: once, where the client's session ID asks for it: a server's behind its first message, a
 * client's before its second flight. */
enum err hs_send_compatible(struct hs *hs)
{
    static const uint8_t one[] = {1};
    struct slice sent = slice_of(one, sizeof one);
    if (!hs->session_id_len || hs->compatible_sent) {
        return OK;
    }
    hs->compatible_sent = true;
    TRY(record_write(hs->record_out, CONTENT_CHANGE_CIPHER_SPEC, sent));
    emit(hs, flow_anytime_accepts(flow_compatible13, hs->cursor.me, CHANGE_CIPHER_SPEC), sent);
    return OK;
}

static enum err after(struct hs *hs, enum message m)
{
    return hs->version->message[m].after ? hs->version->message[m].after(hs) : OK;
}

/* What may fail is done before the message leaves: behind one that changes keys an alert would reach nobody.
 */
static enum err send_message(struct hs *hs, const struct step *s, struct writer *w, struct slice *sent)
{
    enum message m = (enum message)s->what;
    TRY(message_encode(hs, m, w, sent));
    TRY(transcript_add(&hs->transcript, *sent));
    cursor_advance(&hs->cursor);
    TRY(after(hs, m));
    TRY(s->then != SAME_KEYS ? hs->version->make_keys(hs) : OK);
    return record_write_handshake(hs->record_out, *sent);
}

static enum err send_step(struct hs *hs, const struct step *s)
{
    static const uint8_t change_cipher_spec[] = {1};
    uint8_t encoded[MESSAGE_ENCODED_MAX];
    struct writer w = writer_of(encoded, sizeof encoded);
    struct slice sent = slice_of(change_cipher_spec, sizeof change_cipher_spec);
    enum message m = (enum message)s->what;
    if (m == CHANGE_CIPHER_SPEC) {
        TRY(hs->version->make_keys(hs));
        TRY(record_write(hs->record_out, CONTENT_CHANGE_CIPHER_SPEC, sent));
        cursor_advance(&hs->cursor);
        TRY(after(hs, m));
    } else {
        TRY(send_message(hs, s, &w, &sent));
    }
    emit(hs, s, sent);
    TRY(change_keys(hs, s));
    return m == HELLO_RETRY_REQUEST ? hs_send_compatible(hs) : OK;
}

static enum err local_step(struct hs *hs, const struct step *s)
{
    TRY(hs->version->local[s->what](hs));
    if (hs->question.ask) {
        if (hs->event) {
            hs->event(hs->event_arg, &(struct event){.kind = EVENT_ASK, .step = s});
        }
        return OK; /* parked: the step runs again when there is an answer */
    }
    cursor_advance(&hs->cursor);
    emit(hs, s, slice_of(NULL, 0));
    return change_keys(hs, s);
}

/* ---- the peer's messages ---- */
static enum err receive_step(struct hs *hs, bool *waiting)
{
    enum message m = MESSAGE_COUNT;
    struct slice message;
    TRY(message_next(hs, &m, &message));
    *waiting = !message.len;
    if (*waiting) {
        return OK;
    }
    if (m == HELLO_REQUEST) { /* not hashed, and ignored while negotiating: RFC 5246 7.4.1.1 */
        message_drop(hs, message.len);
        return ++hs->hello_requests > HELLO_REQUESTS_MAX ? E_TOO_MANY_HELLO_REQUESTS : OK;
    }
    const struct step *s = cursor_accept(&hs->cursor, m);
    if (!s) {
        return E_UNEXPECTED_MESSAGE;
    }
    hs->step = s;
    TRY(message_handle(hs, m, message));
    emit(hs, s, message);
    message_drop(hs, message.len);
    return change_keys(hs, s);
}

/* RFC 8446 5, D.4: from behind the first ClientHello until the handshake is complete, as often as it seems. */
static enum err pass_compatible(struct hs *hs, struct slice one)
{
    /* a server that remembers no HelloRetryRequest sees when the ClientHello is there: tls13_recall */
    bool first = cursor_expected(&hs->cursor) & 1u << CLIENT_HELLO && !cursor_has(&hs->cursor, RETRY);
    bool too_early = first && hs->config->retry_cookie == RETRY_COOKIE_NEVER;
    if (too_early || hs->input.len || buffer_len(&hs->incoming) || ++hs->compatible > COMPATIBLE_MAX) {
        return E_EARLY_CHANGE_CIPHER_SPEC;
    }
    emit(hs, flow_anytime_accepts(flow_compatible13, other_side(hs->cursor.me), CHANGE_CIPHER_SPEC), one);
    return OK;
}

enum err hs_change_cipher_spec(struct hs *hs)
{
    static const uint8_t one[] = {1};
    hs->got = CHANGE_CIPHER_SPEC;
    if (hs->version->code >= TLS_1_3) {
        return pass_compatible(hs, slice_of(one, sizeof one));
    }
    if (hs->input.len || buffer_len(&hs->incoming)) {
        return E_BYTES_ACROSS_KEY_CHANGE;
    }
    const struct step *s = cursor_accept(&hs->cursor, CHANGE_CIPHER_SPEC);
    if (!s) {
        return E_EARLY_CHANGE_CIPHER_SPEC;
    }
    TRY(change_keys(hs, s));
    emit(hs, s, slice_of(one, sizeof one));
    return OK;
}

bool hs_may_take_data(const struct hs *hs)
{
    return !hs->input.len && !buffer_len(&hs->incoming) &&
           !(cursor_expected(&hs->cursor) & 1u << FINISHED); /* checklist S3, N6 */
}

enum err hs_run(struct hs *hs, bool *done)
{
    *done = false;
    for (bool waiting = false; !waiting && !hs->question.ask;) {
        const struct step *s = cursor_peek(&hs->cursor);
        if (!s) {
            const struct step *next = flow_after(hs->cursor.flow, hs->cursor.facts);
            if (!next) {
                *done = true;
                return record_close(hs->record_out);
            }
            cursor_start(&hs->cursor, next);
            continue;
        }
        hs->step = s;
        if (s->by != hs->cursor.me) {
            TRY(record_close(hs->record_out)); /* a flight ends where the sender changes */
            TRY(receive_step(hs, &waiting));
        } else {
            TRY(step_is_local(s) ? local_step(hs, s) : send_step(hs, s));
        }
    }
    return record_close(hs->record_out);
}
