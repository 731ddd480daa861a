/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "observe/observe.h"

/* One direction is divided into records, RFC 5246 6.2. Gaps inside of a record are survived. */

#define FRAGMENT_MAX (RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX)
#define CONTENT_HEARTBEAT 24 /* RFC 6520 3 */

static size_t length_of(const struct lane *l)
{
    const uint8_t *header = l->partial.data + l->partial.start;
    return (size_t)header[3] << 8 | header[4];
}

/* What a stream is that does not begin with a TLS record: the engine's own judgement. */
static enum err judge_opening(struct slice head)
{
    uint8_t copy[RECORD_HEADER];
    struct record_in in;
    struct record record;
    size_t used;
    memcpy(copy, head.data, sizeof copy);
    record_in_init(&in);
    enum err e = record_read(&in, (struct span){copy, sizeof copy}, &used, &record);
    record_in_wipe(&in);
    return e;
}

/* A header is there: whether it can be one. */
static bool check_header(struct hf_tap *t, struct lane *l)
{
    const uint8_t *header = l->partial.data + l->partial.start;
    enum err e = OK;
    if (header[0] < CONTENT_CHANGE_CIPHER_SPEC || header[0] > CONTENT_HEARTBEAT) {
        e = E_BAD_RECORD_TYPE;
    } else if (header[1] != TLS_1_2 >> 8) {
        e = E_BAD_RECORD_VERSION;
    } else if (length_of(l) > FRAGMENT_MAX) {
        e = E_RECORD_TOO_LONG;
    }
    if (e != OK && !l->begun) {
        enum err opening = judge_opening(slice_of(header, RECORD_HEADER));
        e = opening != OK ? opening : e;
    }
    if (e != OK) {
        tap_lose(t, l, e, err_row(e)->sentence);
        return false;
    }
    l->begun = true;
    t->summary.tls = true;
    return true;
}

/* Moves bytes into partial until it holds size of them. */
static bool gather(struct hf_tap *t, struct lane *l, size_t size, struct slice *bytes)
{
    size_t held = buffer_len(&l->partial), missing = size > held ? size - held : 0;
    size_t taken = bytes->len < missing ? bytes->len : missing;
    uint8_t *room;
    if (buffer_reserve(&l->partial, missing, &room) != OK) {
        tap_lose(t, l, E_NO_MEMORY, err_row(E_NO_MEMORY)->sentence);
        return false;
    }
    if (taken) {
        memcpy(room, bytes->data, taken);
        *bytes = slice_after(*bytes, taken);
    }
    buffer_commit(&l->partial, taken);
    return taken == missing;
}

static void skip(struct lane *l, struct slice *bytes)
{
    size_t len = bytes->len < l->skip ? bytes->len : (size_t)l->skip;
    l->skip -= len;
    *bytes = slice_after(*bytes, len);
}

/* Up to the end of the next record. */
static void take(struct hf_tap *t, struct lane *l, struct slice *bytes)
{
    if (buffer_len(&l->partial) < RECORD_HEADER &&
        (!gather(t, l, RECORD_HEADER, bytes) || !check_header(t, l))) {
        return;
    }
    size_t whole = RECORD_HEADER + length_of(l);
    if (gather(t, l, whole, bytes)) {
        l->records++;
        tap_record(t, l, (struct span){l->partial.data + l->partial.start, whole});
        buffer_drop(&l->partial, whole);
    }
}

void lane_push(struct hf_tap *t, struct lane *l, struct slice bytes)
{
    l->partial.limit = RECORD_HEADER + FRAGMENT_MAX;
    while (bytes.len && !l->lost) {
        if (l->skip) {
            skip(l, &bytes);
        } else {
            take(t, l, &bytes);
        }
    }
    if (l->lost) {
        t->summary.unread += bytes.len + buffer_len(&l->partial);
        buffer_free(&l->partial);
    }
}

/* The record that is being gathered has a hole: it counts, for sequence numbers, and is not opened. */
static void damage(struct hf_tap *t, struct lane *l, uint64_t missing)
{
    char why[96];
    uint8_t type = l->partial.data[l->partial.start];
    uint64_t rest = RECORD_HEADER + length_of(l) - buffer_len(&l->partial);
    (void)snprintf(why, sizeof why, "%llu bytes of this record are missing in what was seen",
                   (unsigned long long)missing);
    l->records++;
    l->sequence = l->next++;
    l->protection.sequence++;
    l->null.sequence++;
    tap_hidden(t, l, RECORD_HEADER + length_of(l), why);
    if (type == CONTENT_HANDSHAKE || type == CONTENT_CHANGE_CIPHER_SPEC) {
        tap_lose(t, l, E_MALFORMED_MESSAGE,
                 "a handshake message or a change of keys is missing in what was seen");
    }
    buffer_drop(&l->partial, buffer_len(&l->partial));
    l->skip = rest - missing;
}

void lane_miss(struct hf_tap *t, struct lane *l, uint64_t len)
{
    char why[128];
    if (l->lost || len == 0) {
        t->summary.unread += len;
    } else if (l->skip) {
        uint64_t inside = len < l->skip ? len : l->skip;
        l->skip -= inside;
        lane_miss(t, l, len - inside);
    } else if (buffer_len(&l->partial) >= RECORD_HEADER &&
               len <= RECORD_HEADER + length_of(l) - buffer_len(&l->partial)) {
        damage(t, l, len);
    } else {
        (void)snprintf(why, sizeof why,
                       "%llu bytes are missing in what was seen, and with them where the next record begins",
                       (unsigned long long)len);
        t->summary.unread += len;
        tap_lose(t, l, E_TRUNCATED, why);
    }
}

void lane_wipe(struct lane *l)
{
    buffer_free(&l->partial);
    buffer_free(&l->handshake);
    protection_wipe(&l->protection);
    wipe(l, sizeof *l);
}
