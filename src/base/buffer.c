/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdlib.h>

#include "base/secret.h"
#include "base/spare.h"

/* The first piece of memory is no smaller: many handshake messages come in one or two dozen bytes. What is
 * kept is for whole flights of them. */
#define SMALLEST 64
#define SMALLEST_KEPT 1024

static void hide(const struct buffer *b, size_t from, size_t to)
{
    if (!b->harmless) {
        wipe(b->data + from, to - from);
    }
}

/* Bytes before start were wiped when they were dropped. Bytes behind end may have been written and never
 * committed. */
static void give_back(struct buffer *b)
{
    if (b->data) {
        hide(b, b->start, b->cap);
    }
    if (!b->lent) {
        spare_leave(b->data, b->cap);
    }
    b->data = NULL;
    b->start = b->end = b->cap = 0;
    b->lent = false;
}

static void run_empty(struct buffer *b)
{
    if (!b->keep && !b->lent) {
        give_back(b);
        return;
    }
    if (b->data) {
        hide(b, b->start, b->cap);
    }
    b->start = b->end = 0;
}

/* What is held moves to the front of the memory it is in. */
static void compact(struct buffer *b)
{
    size_t held = buffer_len(b);
    size_t freed = b->start;
    memmove(b->data, b->data + b->start, held);
    b->start = 0;
    b->end = held;
    hide(b, held, held + freed);
}

/* Doubles, so that appending bytes one at a time costs a constant each; exact at first, so that one record
 * takes one record. */
static size_t grown(const struct buffer *b, size_t need)
{
    size_t cap = b->cap > b->limit / 2 ? b->limit : b->cap * 2;
    size_t least = b->keep ? SMALLEST_KEPT : SMALLEST;
    cap = cap < least ? least : cap;
    return cap < need ? need : cap;
}

static enum err grow(struct buffer *b, size_t need)
{
    size_t held = buffer_len(b);
    size_t cap = grown(b, need);
    uint8_t *data = spare_take(cap, &cap);
    data = data ? data : malloc(cap); /* never realloc: it would leave a copy unwiped */
    if (!data) {
        return E_NO_MEMORY;
    }
    if (b->data) {
        memcpy(data, b->data + b->start, held);
    }
    give_back(b);
    b->data = data;
    b->end = held;
    b->cap = cap;
    return OK;
}

void buffer_lend(struct buffer *b, struct span memory)
{
    give_back(b);
    b->data = memory.data;
    b->cap = memory.len;
    b->lent = true;
}

enum err buffer_reserve(struct buffer *b, size_t len, uint8_t **room)
{
    size_t held = buffer_len(b);
    *room = NULL;
    if (held > b->limit || len > b->limit - held) {
        return E_BUFFER_LIMIT;
    }
    bool fits = b->data && len <= b->cap - b->end;
    if (!fits && b->data && held + len <= b->cap) {
        compact(b);
    } else if (!fits && len) {
        TRY(grow(b, held + len));
    }
    *room = b->data ? b->data + b->end : NULL;
    return OK;
}

void buffer_commit(struct buffer *b, size_t len)
{
    b->end += len;
    if (b->end == b->start) {
        run_empty(b); /* reserved, then not used */
    }
}

enum err buffer_append(struct buffer *b, struct slice bytes)
{
    uint8_t *room;
    TRY(buffer_reserve(b, bytes.len, &room));
    if (bytes.len) {
        memcpy(room, bytes.data, bytes.len);
        buffer_commit(b, bytes.len);
    }
    return OK;
}

enum err buffer_append_vector(struct buffer *b, unsigned width, struct slice bytes)
{
    uint8_t length[4] = {(uint8_t)(bytes.len >> 24), (uint8_t)(bytes.len >> 16), (uint8_t)(bytes.len >> 8),
                         (uint8_t)bytes.len};
    uint8_t *room;
    TRY(buffer_reserve(b, width + bytes.len, &room)); /* for both, or neither */
    TRY(buffer_append(b, slice_of(length + sizeof length - width, width)));
    return buffer_append(b, bytes);
}

void buffer_drop(struct buffer *b, size_t len)
{
    size_t held = buffer_len(b);
    if (len >= held) {
        run_empty(b);
    } else if (len) {
        hide(b, b->start, b->start + len);
        b->start += len;
    }
}

void buffer_free(struct buffer *b)
{
    give_back(b);
}
