/* SPDX-License-Identifier: MIT */
#include "handshake/message.h"

#include "wire/describe.h"

#include <string.h>

/* Handshake messages between structs and records. Where they stand in the order is not known here. */

const struct layout *message_layout(const struct hs *hs, enum message m)
{
    const struct message_code *code = &hs->version->message[m];
    return code->choose_layout ? code->choose_layout(hs) : code->layout;
}

/* ---- ours ---- */
static enum err encode(const struct layout *l, enum message m, const struct outgoing *out, struct writer *w)
{
    /* RFC 8446 4.1.4: HelloRetryRequest has ServerHello's type */
    write_number(w, message_row(m == HELLO_RETRY_REQUEST ? SERVER_HELLO : m)->type, 1);
    size_t mark = write_open(w, 3);
    if (l) {
        TRY(layout_encode(l, &out->message, w));
    }
    write_close(w, mark, 3);
    return w->full ? E_INTERNAL : OK;
}

enum err message_encode(struct hs *hs, enum message m, struct writer *w, struct slice *sent)
{
    const struct message_code *code = &hs->version->message[m];
    uint8_t scratch[SCRATCH_SIZE];
    struct outgoing out = {.scratch = writer_of(scratch, sizeof scratch)};
    if (code->build) {
        TRY(code->build(hs, &out));
    }
    if (!out.whole.data) {
        TRY(encode(message_layout(hs, m), m, &out, w));
        out.whole = written(w);
        TRY(code->patch ? code->patch(hs, (struct span){w->base, w->len}) : OK);
    }
    *sent = out.whole;
    return OK;
}

/* ---- theirs ---- */
static enum err gather(struct hs *hs, size_t want)
{
    size_t have = buffer_len(&hs->incoming);
    size_t take = want > have ? want - have : 0;
    take = take < hs->input.len ? take : hs->input.len;
    TRY(buffer_append(&hs->incoming, slice_of(hs->input.data, take)));
    hs->input = slice_after(hs->input, take);
    return OK;
}

/* RFC 5246 7.4.4: where it would stand if there were a Certificate; anywhere else it is out of place as
 * usual. */
static bool is_asked_anonymously(const struct hs *hs, enum message m)
{
    return m == CERTIFICATE_REQUEST && hs->cursor.me == CLIENT &&
           cursor_expected(&hs->cursor) & 1u << SERVER_HELLO_DONE && hs->negotiated->suite->auth == AUTH_ANON;
}

/* RFC 5246 7.4.1.1: a client that negotiates ignores it; TLS 1.3 knows no such message (RFC 8446 B.3). */
static bool is_ignored(const struct hs *hs, enum message m)
{
    bool tls13 = cursor_has(&hs->cursor, TLS13) || hs->config->min_version >= TLS_1_3;
    return m == HELLO_REQUEST && hs->cursor.me == CLIENT && !tls13;
}

/* Judged on the header alone, so that nobody makes us hold a message that would be refused. */
static enum err check_header(struct hs *hs, enum message m, size_t len)
{
    hs->got = m;
    if (m == MESSAGE_COUNT || (!is_ignored(hs, m) && !(cursor_expected(&hs->cursor) & 1u << m))) {
        return is_asked_anonymously(hs, m) ? E_ANONYMOUS_SERVER_ASKS : E_UNEXPECTED_MESSAGE;
    }
    bool certificate = m == CERTIFICATE || m == COMPRESSED_CERTIFICATE;
    size_t bound = certificate ? hs->config->certificate_limit : message_row(m)->bound;
    if (len && !bound) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE, "%s is not empty", message_row(m)->name);
    }
    if (len > bound) {
        return hs_refuse(hs, E_MESSAGE_TOO_LONG, "%s of %zu bytes; at most %zu are accepted",
                         message_row(m)->name, len, bound);
    }
    return OK;
}

enum err message_next(struct hs *hs, enum message *m, struct slice *message)
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
        *m = is_hello_retry_request(*message) ? HELLO_RETRY_REQUEST : *m; /* RFC 8446 4.1.4 */
    }
    return OK;
}

void message_drop(struct hs *hs, size_t len)
{
    if (buffer_len(&hs->incoming)) {
        buffer_drop(&hs->incoming, len);
    } else {
        hs->input = slice_after(hs->input, len);
    }
}

enum err message_handle(struct hs *hs, enum message m, struct slice message)
{
    const struct message_code *code = &hs->version->message[m];
    union any_message decoded;
    struct slice body = slice_after(message, HANDSHAKE_HEADER);
    const struct layout *layout = message_layout(hs, m);
    if (layout) {
        memset(&decoded, 0, sizeof decoded);
        enum err e = layout_decode(layout, body, &decoded);
        if (e != OK) {
            return hs_refuse(hs, e, "%s of %zu bytes", message_row(m)->name, body.len);
        }
    } else if (body.len) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE, "%s is not empty", message_row(m)->name);
    }
    if (code->handle) {
        TRY(code->handle(hs, &decoded));
    }
    TRY(transcript_add(&hs->transcript, message));
    code = &hs->version->message[m]; /* a hello may have chosen another version */
    return code->after ? code->after(hs) : OK;
}
