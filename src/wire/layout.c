/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

bool field_allows(const struct field *f, size_t len)
{
    return len >= f->min && len <= f->max && len % f->unit == 0;
}

/* ---- the C struct's side of a field: its type follows from the row, which the row's macro checked ---- */
static void put_number(const struct field *f, void *out, uint32_t value)
{
    uint8_t *p = (uint8_t *)out + f->at;
    if (f->width == 1) {
        *p = (uint8_t)value;
    } else if (f->width == 2) {
        *(uint16_t *)(void *)p = (uint16_t)value;
    } else {
        *(uint32_t *)(void *)p = value;
    }
}

static uint32_t get_number(const struct field *f, const void *in)
{
    const uint8_t *p = (const uint8_t *)in + f->at;
    if (f->width == 1) {
        return *p;
    }
    if (f->width == 2) {
        return *(const uint16_t *)(const void *)p;
    }
    return *(const uint32_t *)(const void *)p;
}

static struct slice *slice_at(const struct field *f, void *out)
{
    return (struct slice *)(void *)((uint8_t *)out + f->at);
}

static const struct slice *slice_in(const struct field *f, const void *in)
{
    return (const struct slice *)(const void *)((const uint8_t *)in + f->at);
}

/* ---- the wire's side ---- */
/* The contents of a field that is not a number. A tail that is missing answers NULL. */
static struct slice read_contents(const struct field *f, struct reader *r)
{
    switch ((enum field_kind)f->kind) {
    case FIELD_BYTES:
        return read_bytes(r, f->max);
    case FIELD_TAIL:
        if (read_done(r)) {
            return (struct slice){NULL, 0};
        }
        return read_vector(r, f->width);
    case FIELD_VECTOR:
        return read_vector(r, f->width);
    default:
        return read_bytes(r, (size_t)(r->end - r->at));
    }
}

enum err layout_decode(const struct layout *l, struct slice in, void *out)
{
    struct reader r = reader_of(in);
    memset(out, 0, l->size);
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        if (f->kind == FIELD_NUMBER) {
            put_number(f, out, read_number(&r, f->width));
            continue;
        }
        struct slice contents = read_contents(f, &r);
        if (contents.data && !field_allows(f, contents.len)) {
            r.bad = true;
        }
        *slice_at(f, out) = contents;
    }
    if (!read_done(&r)) {
        memset(out, 0, l->size); /* nobody is to use half a message */
        return E_MALFORMED_MESSAGE;
    }
    return OK;
}

static void encode_field(const struct field *f, const void *in, struct writer *w)
{
    if (f->kind == FIELD_NUMBER) {
        write_number(w, get_number(f, in), f->width);
        return;
    }
    struct slice contents = *slice_in(f, in);
    if (f->kind == FIELD_TAIL && !contents.data) {
        return;
    }
    if (!field_allows(f, contents.len)) {
        w->full = true;
    } else if (f->kind == FIELD_BYTES || f->kind == FIELD_REST) {
        write_bytes(w, contents);
    } else {
        write_vector(w, f->width, contents);
    }
}

enum err layout_encode(const struct layout *l, const void *in, struct writer *w)
{
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        encode_field(f, in, w);
    }
    return w->full ? E_INTERNAL : OK;
}

bool layout_view(const struct field *f, struct reader *r, struct field_view *out)
{
    const uint8_t *start = r->at;
    *out = (struct field_view){.name = f->name, .kind = (enum field_kind)f->kind};
    if (f->kind == FIELD_NUMBER) {
        out->number = read_number(r, f->width);
    } else {
        out->bytes = read_contents(f, r);
    }
    out->length = (size_t)(r->at - start);
    return !r->bad && (f->kind != FIELD_TAIL || out->bytes.data);
}

bool layout_describe(const struct layout *l, struct slice message, size_t i, struct field_view *out)
{
    struct reader r = reader_of(message);
    const uint8_t *base = r.at;
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        size_t offset = (size_t)(r.at - base);
        bool there = layout_view(f, &r, out);
        out->offset = offset;
        if (!there) {
            return false;
        }
        if (i-- == 0) {
            return true;
        }
    }
    return false;
}
