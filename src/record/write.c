/* SPDX-License-Identifier: MIT */
#include "record/record.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* TLS 1.3's padding may fill a record up to its limit, where content type and padding count. RFC 8446 5.4 */
static size_t padding_max(const struct record_out *out)
{
    return out->pad > 1 && out->protection.kind == PROTECT_AEAD13 ? least(out->pad - 1u, out->fragment) : 0;
}

/* Behind len bytes of plaintext. */
static size_t padding_for(const struct record_out *out, size_t len)
{
    if (padding_max(out) == 0 || len >= out->fragment) {
        return 0;
    }
    size_t over = (len + 1) % out->pad;
    return least(over ? out->pad - over : 0, out->fragment - len);
}

/* The most that a record takes beside its plaintext. */
static size_t overhead(const struct record_out *out)
{
    return RECORD_HEADER + protection_head(&out->protection) + protection_tail_max(&out->protection) +
           padding_max(out);
}

/* A record's length behind its header, but for padding. */
static size_t body(const struct record_out *out, size_t len)
{
    return protection_head(&out->protection) + len + protection_tail(&out->protection, len);
}

/* One also for no bytes at all. */
static size_t records_for(const struct record_out *out, size_t len)
{
    return len <= out->fragment ? 1 : (len - 1) / out->fragment + 1;
}

/* Plaintext bytes in the open record. */
static size_t open_len(const struct record_out *out)
{
    return buffer_len(&out->queue) - out->open - RECORD_HEADER - protection_head(&out->protection);
}

/* Header and body of one record at place, which has room; plain may already stand where it belongs. */
static enum err seal_record(struct record_out *out, uint8_t type, struct slice plain, uint8_t *place,
                            size_t padding)
{
    size_t length = body(out, plain.len) + padding;
    place[0] = protection_outer_type(&out->protection, type);
    place[1] = (uint8_t)(out->version >> 8);
    place[2] = (uint8_t)out->version;
    place[3] = (uint8_t)(length >> 8);
    place[4] = (uint8_t)length;
    TRY(protection_seal(&out->protection, type, plain, place + RECORD_HEADER, padding));
    out->records++;
    return OK;
}

/* Room for count records that hold len more bytes of plaintext among them, and sequence numbers for them. */
static enum err reserve(struct record_out *out, uint8_t type, size_t count, size_t len, uint8_t **room)
{
    if (len > out->queue.limit) {
        return E_BUFFER_LIMIT; /* also keeps the sum below from overflowing */
    }
    if (count > protection_left(&out->protection, type)) {
        return E_SEQUENCE_EXHAUSTED;
    }
    return buffer_reserve(&out->queue, len + count * overhead(out), room);
}

/* Only an open record holds plaintext that may yet be protected: everything else in the queue is as it goes
 * out. */
static void set_open(struct record_out *out, size_t at)
{
    out->open = at;
    out->queue.harmless = at == RECORD_NOT_OPEN;
}

void record_out_init(struct record_out *out, size_t queue_limit)
{
    *out = (struct record_out){
        .queue.limit = queue_limit,
        .queue.harmless = true,
        .open = RECORD_NOT_OPEN,
        .version = TLS_1_0, /* RFC 5246 E.1 */
        .fragment = RECORD_PLAINTEXT_MAX,
    };
}

void record_out_limit(struct record_out *out, size_t size)
{
    out->fragment = (uint16_t)size;
}

void record_out_pad(struct record_out *out, size_t multiple)
{
    out->pad = (uint16_t)multiple;
}

void record_out_wipe(struct record_out *out)
{
    protection_wipe(&out->protection);
    buffer_free(&out->queue);
    record_out_init(out, out->queue.limit);
}

void record_out_keep(struct record_out *out, bool keep)
{
    out->queue.keep = keep;
    if (!keep && buffer_len(&out->queue) == 0) {
        buffer_free(&out->queue);
    }
}

enum err record_write(struct record_out *out, enum content_type type, struct slice content)
{
    if (out->levels) {
        return levels_write(out->levels, type, content);
    }
    if (content.len == 0 && type != CONTENT_APPLICATION_DATA) {
        return OK; /* RFC 5246 6.2.1: no other type may be empty */
    }
    if (out->open != RECORD_NOT_OPEN) {
        TRY(record_close(out));
    }
    size_t count = records_for(out, content.len);
    uint8_t *place;
    TRY(reserve(out, (uint8_t)type, count, content.len, &place));
    for (size_t i = 0; i < count; i++) {
        struct slice plain = {content.data, least(content.len, out->fragment)};
        size_t padding = padding_for(out, plain.len);
        size_t size = RECORD_HEADER + body(out, plain.len) + padding;
        TRY(seal_record(out, (uint8_t)type, plain, place, padding));
        buffer_commit(&out->queue, size);
        place += size;
        content = slice_after(content, plain.len);
    }
    return OK;
}

/* An empty record at the end of the queue; its header is written when it is closed. The room was reserved. */
static enum err open_handshake_record(struct record_out *out)
{
    size_t before = RECORD_HEADER + protection_head(&out->protection);
    uint8_t *room;
    TRY(buffer_reserve(&out->queue, before, &room));
    memset(room, 0, before);
    set_open(out, buffer_len(&out->queue));
    buffer_commit(&out->queue, before);
    return OK;
}

enum err record_write_handshake(struct record_out *out, struct slice message)
{
    if (out->levels) {
        return levels_write(out->levels, CONTENT_HANDSHAKE, message);
    }
    bool was_open = out->open != RECORD_NOT_OPEN;
    size_t fits = was_open && open_len(out) < out->fragment ? out->fragment - open_len(out) : 0;
    size_t fresh = message.len > fits ? records_for(out, message.len - fits) : 0;
    uint8_t *room;
    /* The open record counts once more: its tail and sequence number are still to come. */
    TRY(reserve(out, CONTENT_HANDSHAKE, fresh + was_open, message.len, &room));
    while (message.len != 0) {
        if (out->open != RECORD_NOT_OPEN && open_len(out) >= out->fragment) {
            TRY(record_close(out));
        }
        if (out->open == RECORD_NOT_OPEN) {
            TRY(open_handshake_record(out));
        }
        size_t taken = least(message.len, out->fragment - open_len(out));
        TRY(buffer_append(&out->queue, (struct slice){message.data, taken}));
        message = slice_after(message, taken);
    }
    return OK;
}

/* Nothing of an open record that could not be sealed may be sent, and an alert may still follow. */
void record_discard(struct record_out *out)
{
    struct buffer *queue = &out->queue;
    size_t from = queue->start + out->open;
    wipe(queue->data + from, queue->end - from);
    queue->end = from;
    buffer_commit(queue, 0); /* gives memory back when nothing else is held */
    set_open(out, RECORD_NOT_OPEN);
}

/* What there was room for when the record was begun; but limits may have been raised since. */
static size_t padding_that_fits(const struct record_out *out, size_t len, size_t tail)
{
    size_t held = buffer_len(&out->queue) + tail;
    return out->queue.limit > held ? least(padding_for(out, len), out->queue.limit - held) : 0;
}

enum err record_close(struct record_out *out)
{
    if (out->open == RECORD_NOT_OPEN) {
        return OK;
    }
    size_t len = open_len(out), tail = protection_tail(&out->protection, len);
    size_t padding = padding_that_fits(out, len, tail);
    uint8_t *room;
    enum err err = buffer_reserve(&out->queue, padding + tail, &room);
    if (err == OK) {
        uint8_t *place = out->queue.data + out->queue.start + out->open;
        uint8_t *plain = place + RECORD_HEADER + protection_head(&out->protection);
        err = seal_record(out, CONTENT_HANDSHAKE, (struct slice){plain, len}, place, padding);
    }
    if (err != OK) {
        record_discard(out);
        return err;
    }
    buffer_commit(&out->queue, padding + tail);
    set_open(out, RECORD_NOT_OPEN);
    return OK;
}

size_t record_room(const struct record_out *out)
{
    size_t held = buffer_len(&out->queue);
    if (out->open != RECORD_NOT_OPEN) {
        held += protection_tail_max(&out->protection) + padding_max(out);
    }
    size_t room = out->queue.limit > held ? out->queue.limit - held : 0;
    size_t full = out->fragment + overhead(out);
    size_t rest = room % full;
    return room / full * out->fragment + (rest > overhead(out) ? rest - overhead(out) : 0);
}

struct slice record_sendable(const struct record_out *out)
{
    struct slice all = buffer_slice(&out->queue);
    return (struct slice){all.data, least(all.len, out->open)};
}

void record_sent(struct record_out *out, size_t len)
{
    len = least(len, record_sendable(out).len);
    buffer_drop(&out->queue, len);
    if (out->open != RECORD_NOT_OPEN) {
        out->open -= len;
    }
}
