/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

/* ---- reading ---- */
/* Where a NULL slice points: a decoded slice is never NULL then, which is what tells an empty tail from a
 * missing one. */
static const uint8_t nothing[1];

struct reader reader_of(struct slice s)
{
    const uint8_t *at = s.data ? s.data : nothing;
    return (struct reader){at, at + s.len, false};
}

/* Whether len more bytes are there; when not, the reader is bad and stands at its end. */
static bool has(struct reader *r, size_t len)
{
    if ((size_t)(r->end - r->at) < len) {
        r->bad = true;
        r->at = r->end;
    }
    return !r->bad;
}

uint32_t read_number(struct reader *r, unsigned width)
{
    uint32_t value = 0;
    if (has(r, width)) {
        for (unsigned i = 0; i < width; i++) {
            value = value << 8 | *r->at++;
        }
    }
    return value;
}

struct slice read_bytes(struct reader *r, size_t len)
{
    if (!has(r, len)) {
        return (struct slice){r->end, 0};
    }
    struct slice s = {r->at, len};
    r->at += len;
    return s;
}

struct slice read_vector(struct reader *r, unsigned width)
{
    return read_bytes(r, read_number(r, width));
}

bool read_done(const struct reader *r)
{
    return !r->bad && r->at == r->end;
}

/* ---- writing ---- */
struct writer writer_of(uint8_t *base, size_t cap)
{
    return (struct writer){base, 0, cap, false};
}

/* Whether len more bytes fit. Sticky: what follows something that did not fit is not written either. */
static bool fits(struct writer *w, size_t len)
{
    if (w->cap - w->len < len) {
        w->full = true;
    }
    return !w->full;
}

static bool number_fits(uint32_t value, unsigned width)
{
    return width >= sizeof value || value >> 8 * width == 0;
}

static void put_number(uint8_t *at, uint32_t value, unsigned width)
{
    while (width--) {
        at[width] = (uint8_t)value;
        value >>= 8;
    }
}

void write_number(struct writer *w, uint32_t value, unsigned width)
{
    if (!number_fits(value, width)) {
        w->full = true;
        return;
    }
    if (fits(w, width)) {
        put_number(w->base + w->len, value, width);
        w->len += width;
    }
}

void write_bytes(struct writer *w, struct slice s)
{
    if (fits(w, s.len) && s.len) {
        memcpy(w->base + w->len, s.data, s.len);
        w->len += s.len;
    }
}

void write_vector(struct writer *w, unsigned width, struct slice s)
{
    if (s.len > UINT32_MAX) {
        w->full = true;
        return;
    }
    write_number(w, (uint32_t)s.len, width);
    write_bytes(w, s);
}

size_t write_open(struct writer *w, unsigned width)
{
    size_t mark = w->len;
    write_number(w, 0, width);
    return mark;
}

void write_close(struct writer *w, size_t mark, unsigned width)
{
    if (w->full) {
        return;
    }
    size_t len = w->len - mark - width;
    if (len > UINT32_MAX || !number_fits((uint32_t)len, width)) {
        w->full = true;
        return;
    }
    put_number(w->base + mark, (uint32_t)len, width);
}

/* ---- lists ---- */
struct list list_of(struct slice body)
{
    return (struct list){body, false};
}

/* What r has not read is the rest of the list. A malformed list has no more elements. */
static bool step(struct list *l, const struct reader *r)
{
    l->rest = slice_of(r->at, (size_t)(r->end - r->at));
    l->bad = r->bad;
    return !r->bad;
}

bool list_next_vector(struct list *l, unsigned width, struct slice *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    *out = read_vector(&r, width);
    return step(l, &r);
}

bool list_next_number(struct list *l, unsigned width, uint32_t *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    *out = read_number(&r, width);
    return step(l, &r);
}

bool list_is_sound(struct slice list, unsigned width)
{
    struct list l = list_of(list);
    struct slice element;
    while (list_next_vector(&l, width, &element)) {
        if (!element.len) {
            return false;
        }
    }
    return !l.bad;
}

bool list_has16(struct slice list, uint16_t value)
{
    for (size_t i = 0; i + 1 < list.len; i += 2) {
        if ((list.data[i] << 8 | list.data[i + 1]) == value) {
            return true;
        }
    }
    return false;
}

bool list_has8(struct slice list, uint8_t value)
{
    return list.len && memchr(list.data, value, list.len) != NULL;
}
