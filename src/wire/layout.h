/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_LAYOUT_H
#define HF_WIRE_LAYOUT_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "wire/meaning.h"

/*
 * The shape of a message is data: one row per field, in the order of the RFC's struct. Decode, encode,
 * describe and the tests read the same rows. Decoded slices point into the message; nothing is allocated.
 */
enum field_kind {
    FIELD_END,
    FIELD_NUMBER, /* uint8_t, uint16_t or uint32_t (a uint24 on the wire) */
    FIELD_BYTES,  /* exactly max bytes */
    FIELD_VECTOR, /* length prefix of width bytes, then min..max bytes, a multiple of unit */
    FIELD_TAIL,   /* a vector that may be missing when the message ends before it: data is NULL then */
    FIELD_REST,   /* everything that is left, min..max bytes, a multiple of unit */
};
struct field {
    const char *name;
    size_t at; /* offset in the C struct */
    uint32_t min, max;
    uint8_t kind, width, unit;
    const struct meaning *means; /* for whoever describes it: meaning.h */
};
struct layout {
    const char *name; /* the RFC's name: "ServerHello" */
    const struct field *fields;
    size_t size; /* of the C struct */
};

/* clang-format off */
/* Field rows; T is defined to the C struct around each table. A wrong-typed field does not compile. */
#define FIELD_WIDTH(f) _Generic(((T *)0)->f, uint8_t : 1, uint16_t : 2, uint32_t : 3)
#define FIELD_SLICE_AT(f) (offsetof(T, f) + 0 * sizeof(_Generic(((T *)0)->f, struct slice : 0)))
/* What a field means (meaning.h) may be each row's last argument. */
#define NUMBER(...) NUMBER_(__VA_ARGS__, means_nothing, 0)
#define NUMBER_(f, means, ...) {#f, offsetof(T, f), 0, 0, FIELD_NUMBER, FIELD_WIDTH(f), 1, &means}
#define SLICE(f, kind, width, unit, ...) SLICE_(f, kind, width, unit, __VA_ARGS__, means_nothing, 0)
#define SLICE_(f, kind, width, unit, lo, hi, means, ...) {#f, FIELD_SLICE_AT(f), lo, hi, kind, width, unit, &means}
#define BYTES(f, ...) BYTES_(f, __VA_ARGS__, means_nothing, 0)
#define BYTES_(f, n, means, ...) {#f, FIELD_SLICE_AT(f), n, n, FIELD_BYTES, 0, 1, &means}
#define VECTOR8(f, ...) SLICE(f, FIELD_VECTOR, 1, 1, __VA_ARGS__) /* lo, hi: bounds in bytes */
#define VECTOR16(f, ...) SLICE(f, FIELD_VECTOR, 2, 1, __VA_ARGS__)
#define VECTOR24(f, ...) SLICE(f, FIELD_VECTOR, 3, 1, __VA_ARGS__)
/* vectors of two-byte elements */
#define PAIRS8(f, ...) SLICE(f, FIELD_VECTOR, 1, 2, __VA_ARGS__)
#define PAIRS16(f, ...) SLICE(f, FIELD_VECTOR, 2, 2, __VA_ARGS__)
#define TAIL16(f, ...) SLICE(f, FIELD_TAIL, 2, 1, __VA_ARGS__)
#define REST(f, ...) SLICE(f, FIELD_REST, 0, 1, __VA_ARGS__)
#define REST_BY(f, unit, ...) SLICE(f, FIELD_REST, 0, unit, __VA_ARGS__)
#define FIELDS_END {0}
#define LAYOUT(id, rfc_name, ...)                                                                                  \
    const struct layout layout_##id = {rfc_name, (const struct field[]){__VA_ARGS__, FIELDS_END}, sizeof(T)}
/* clang-format on */

/* ---- cursors: total functions with one sticky failure flag, checked once at the end ---- */
struct reader {
    const uint8_t *at, *end;
    bool bad;
};
struct writer {
    uint8_t *base;
    size_t len, cap;
    bool full; /* sticky: something did not fit, or broke its bounds */
};
struct reader reader_of(struct slice s);
uint32_t read_number(struct reader *r, unsigned width);
struct slice read_bytes(struct reader *r, size_t len);
struct slice read_vector(struct reader *r, unsigned width);
bool read_done(const struct reader *r); /* nothing bad, nothing left */

struct writer writer_of(uint8_t *base, size_t cap);
void write_number(struct writer *w, uint32_t value, unsigned width);
void write_bytes(struct writer *w, struct slice s);
void write_vector(struct writer *w, unsigned width, struct slice s);
/* Open a vector whose length is not known yet; close it with what open answered. */
size_t write_open(struct writer *w, unsigned width);
void write_close(struct writer *w, size_t mark, unsigned width);
static inline struct slice written(const struct writer *w)
{
    return slice_of(w->base, w->len);
}

/* Whether the row's bounds and unit allow contents of len bytes. */
bool field_allows(const struct field *f, size_t len);

/* ---- whole messages ---- */
/* E_MALFORMED_MESSAGE unless the bytes match exactly: bounds, element sizes, nothing missing, nothing over.
 */
enum err layout_decode(const struct layout *l, struct slice in, void *out) CHECKED;
/* E_INTERNAL when a value breaks its row's bounds or w is too small; w->full is set then too. */
enum err layout_encode(const struct layout *l, const void *in, struct writer *w) CHECKED;

/*
 * Nested lists are walked on demand: each call takes the next element off the list, a vector with a length
 * prefix of width bytes or a number of width bytes. false at the end, and with bad set where the list is
 * malformed.
 */
struct list {
    struct slice rest;
    bool bad;
};
struct list list_of(struct slice body);
bool list_next_vector(struct list *l, unsigned width, struct slice *out);
bool list_next_number(struct list *l, unsigned width, uint32_t *out);
/* Whether it is a list of vectors with a length prefix of width bytes, none of them empty: opaque X<1..>. */
bool list_is_sound(struct slice list, unsigned width);
/* Whether a list of two-byte numbers (suites, groups, schemes) contains value. */
bool list_has16(struct slice list, uint16_t value);
bool list_has8(struct slice list, uint8_t value);

/* One decoded field of a message, for tracers. */
struct field_view {
    const char *name;
    enum field_kind kind;
    uint32_t number;       /* FIELD_NUMBER */
    struct slice bytes;    /* the others: contents without the length prefix */
    size_t offset, length; /* where it stands in the message body, prefix included */
};
/* The field at r, which moves behind it; offset is left 0, and bounds are not judged. false where the message
 * ends early: r->bad, or the tail is missing. */
bool layout_view(const struct field *f, struct reader *r, struct field_view *out);
/* i-th field of an encoded message; false past the last one or where the message ends early. */
bool layout_describe(const struct layout *l, struct slice message, size_t i, struct field_view *out);

#endif
