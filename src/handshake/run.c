/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "handshake/handshake.h"

/* The engine: walks the flow, sends what is ours, waits for what is theirs. Only this file moves the cursor.
 */
#define ENCODED_MAX 4096
#define HELLO_REQUESTS_MAX 8

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

static void emit(struct hs *hs, const struct step *s, struct slice message)
{
    if (hs->event) {
        hs->event(hs->event_arg, &(struct event){EVENT_STEP, s, message, s->by != hs->cursor.me});
    }
}

static enum err change_keys(struct hs *hs, const struct step *s)
{
    if (s->then != NEW_KEYS) {
        return OK;
    }
    /* RFC 5246 7.1: no message may straddle a change of keys */
    if (s->by != hs->cursor.me && (hs->input.len || buffer_len(&hs->incoming))) {
        return E_BYTES_ACROSS_KEY_CHANGE;
    }
    return hs->version->install_keys(hs, s->by);
}

/* ---- our own steps ---- */
static enum err encode(const struct layout *l, enum message m, const struct outgoing *out, struct writer *w)
{
    write_number(w, message_row(m)->type, 1);
    size_t mark = write_open(w, 3);
    if (l) {
        TRY(layout_encode(l, &out->message, w));
    }
    write_close(w, mark, 3);
    return w->full ? E_INTERNAL : OK;
}

static enum err send_handshake(struct hs *hs, enum message m, struct slice *sent, struct writer *w)
{
    const struct message_code *code = &hs->version->message[m];
    uint8_t scratch[SCRATCH_SIZE];
    struct outgoing out = {.scratch = writer_of(scratch, sizeof scratch)};
    if (code->build) {
        TRY(code->build(hs, &out));
    }
    if (!out.whole.data) {
        TRY(encode(code->layout, m, &out, w));
        out.whole = written(w);
    }
    TRY(record_write_handshake(hs->record_out, out.whole));
    TRY(transcript_add(&hs->transcript, out.whole));
    *sent = out.whole;
    return OK;
}

static enum err send_step(struct hs *hs, const struct step *s)
{
    static const uint8_t change_cipher_spec[] = {1};
    uint8_t encoded[ENCODED_MAX];
    struct writer w = writer_of(encoded, sizeof encoded);
    struct slice sent = slice_of(change_cipher_spec, sizeof change_cipher_spec);
    enum message m = (enum message)s->what;
    if (m == CHANGE_CIPHER_SPEC) {
        TRY(hs->version->make_keys(hs));
        TRY(record_write(hs->record_out, CONTENT_CHANGE_CIPHER_SPEC, sent));
    } else {
        TRY(send_handshake(hs, m, &sent, &w));
    }
    cursor_advance(&hs->cursor);
    if (hs->version->message[m].after) {
        TRY(hs->version->message[m].after(hs));
    }
    TRY(change_keys(hs, s));
    emit(hs, s, sent);
    return OK;
}

static enum err local_step(struct hs *hs, const struct step *s)
{
    TRY(hs->version->local[s->what](hs));
    if (hs->question.ask) {
        if (hs->event) {
            hs->event(hs->event_arg, &(struct event){EVENT_ASK, s, {NULL, 0}, false});
        }
        return OK; /* parked: the step runs again when there is an answer */
    }
    cursor_advance(&hs->cursor);
    emit(hs, s, slice_of(NULL, 0));
    return OK;
}

/* ---- the peer's messages ---- */
static enum err gather(struct hs *hs, size_t want)
{
    size_t have = buffer_len(&hs->incoming);
    size_t take = want > have ? want - have : 0;
    take = take < hs->input.len ? take : hs->input.len;
    TRY(buffer_append(&hs->incoming, slice_of(hs->input.data, take)));
    hs->input = slice_after(hs->input, take);
    return OK;
}

/* Judged on the header alone, so that nobody makes us hold a message that would be refused. */
static enum err check_header(struct hs *hs, enum message m, size_t len)
{
    hs->got = m;
    bool ignored = m == HELLO_REQUEST && hs->cursor.me == CLIENT; /* RFC 5246 7.4.1.1 */
    if (m == MESSAGE_COUNT || (!ignored && !(cursor_expected(&hs->cursor) & 1u << m))) {
        return E_UNEXPECTED_MESSAGE;
    }
    size_t bound = m == CERTIFICATE ? hs->config->certificate_limit : message_row(m)->bound;
    if (len && !bound) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE, "%s is not empty", message_row(m)->name);
    }
    if (len > bound) {
        return hs_refuse(hs, E_MESSAGE_TOO_LONG, "%s of %zu bytes; at most %zu are accepted",
                         message_row(m)->name, len, bound);
    }
    return OK;
}

/* The next whole message, in place where it lies whole in the record. An empty slice: more bytes are needed.
 */
static enum err next_message(struct hs *hs, enum message *m, struct slice *message)
{
    *message = slice_of(NULL, 0);
    bool split = buffer_len(&hs->incoming) || hs->input.len < HANDSHAKE_HEADER;
    if (split) {
        TRY(gather(hs, HANDSHAKE_HEADER));
    }
    struct slice from = split ? buffer_slice(&hs->incoming) : hs->input;
    if (from.len < HANDSHAKE_HEADER) {
        return OK;
    }
    size_t len = (size_t)from.data[1] << 16 | (size_t)from.data[2] << 8 | from.data[3];
    *m = message_of_type(from.data[0]);
    TRY(check_header(hs, *m, len));
    if (split || hs->input.len < HANDSHAKE_HEADER + len) {
        TRY(gather(hs, HANDSHAKE_HEADER + len));
        from = buffer_slice(&hs->incoming);
    }
    if (from.len >= HANDSHAKE_HEADER + len) {
        *message = slice_of(from.data, HANDSHAKE_HEADER + len);
    }
    return OK;
}

static void drop_message(struct hs *hs, size_t len)
{
    if (buffer_len(&hs->incoming)) {
        buffer_drop(&hs->incoming, len);
    } else {
        hs->input = slice_after(hs->input, len);
    }
}

static enum err handle(struct hs *hs, enum message m, struct slice message)
{
    const struct message_code *code = &hs->version->message[m];
    union any_message decoded;
    struct slice body = slice_after(message, HANDSHAKE_HEADER);
    if (code->layout) {
        memset(&decoded, 0, sizeof decoded);
        enum err e = layout_decode(code->layout, body, &decoded);
        if (e != OK) {
            return hs_refuse(hs, e, "%s of %zu bytes", message_row(m)->name, body.len);
        }
    }
    if (code->handle) {
        TRY(code->handle(hs, &decoded));
    }
    TRY(transcript_add(&hs->transcript, message));
    return code->after ? code->after(hs) : OK;
}

static enum err receive_step(struct hs *hs, bool *waiting)
{
    enum message m = MESSAGE_COUNT;
    struct slice message;
    TRY(next_message(hs, &m, &message));
    *waiting = !message.len;
    if (*waiting) {
        return OK;
    }
    if (m == HELLO_REQUEST) { /* not hashed, and ignored while negotiating: RFC 5246 7.4.1.1 */
        drop_message(hs, message.len);
        return ++hs->hello_requests > HELLO_REQUESTS_MAX ? E_TOO_MANY_HELLO_REQUESTS : OK;
    }
    const struct step *s = cursor_accept(&hs->cursor, m);
    if (!s) {
        return E_UNEXPECTED_MESSAGE;
    }
    hs->step = s;
    TRY(handle(hs, m, message));
    emit(hs, s, message);
    drop_message(hs, message.len);
    return change_keys(hs, s);
}

enum err hs_change_cipher_spec(struct hs *hs)
{
    static const uint8_t one[] = {1};
    hs->got = CHANGE_CIPHER_SPEC;
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

enum err hs_keep_input(struct hs *hs)
{
    struct slice rest = hs->input;
    hs->input = slice_of(NULL, 0);
    return rest.len ? buffer_append(&hs->incoming, rest) : OK;
}

enum err hs_new(const struct config *c, struct negotiated *n, struct hs **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct hs), &memory));
    struct hs *hs = memory;
    hs->config = c;
    hs->negotiated = n;
    hs->version = &version_tls12;
    hs->identity = ANY_IDENTITY;
    hs->got = MESSAGE_COUNT;
    hs->cursor.me = c->side;
    cursor_start(&hs->cursor, flow_hello);
    /* both sides' hellos and chains, a CertificateRequest, and what is small beside them */
    transcript_init(&hs->transcript, 2 * (c->certificate_limit + 65536) + 2 * 102400,
                    (struct span){hs->hellos, sizeof hs->hellos});
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
    transcript_wipe(&hs->transcript);
    session_release(hs->session);
    session_release(hs->answer.session);
    certificate_free(hs->peer_certificate);
    memory_free(hs->certificate_request.data, hs->certificate_request.len);
    kx_end(&hs->share);
    protection_wipe(&hs->next);
    hmac_key_wipe(&hs->master);
    memory_free(hs, sizeof *hs);
}
