/* SPDX-License-Identifier: MIT */
#include "wire/walk.h"

#include <stdio.h>

/* Walks a message along its rows. Every function moves the reader on, or ends with what is left called
 * malformed. */
static bool fields(struct walk *w, const struct layout *l, const char *alone, struct reader *r);

/* ---- telling ---- */
void walk_tell(const struct walk *w, struct described d)
{
    d.depth = w->depth;
    d.text = d.text ? d.text : "";
    d.rfc = d.rfc ? d.rfc : "";
    w->tell(w->arg, &d);
}

static struct described group(const struct walk *w, const char *name, struct slice bytes,
                              const struct meaning *m)
{
    return (struct described){.kind = DESCRIBED_GROUP,
                              .name = name,
                              .bytes = bytes,
                              .offset = (size_t)(bytes.data - w->base),
                              .length = bytes.len,
                              .meaning = m};
}

/* What is left of r is not what must stand there; nothing of it is read any more. */
bool walk_malformed(const struct walk *w, const char *name, struct reader *r, const uint8_t *from,
                    const char *why)
{
    size_t len = (size_t)(r->end - from);
    walk_tell(w, (struct described){.kind = DESCRIBED_MALFORMED,
                                    .name = name,
                                    .text = why,
                                    .bytes = slice_of(from, len),
                                    .offset = (size_t)(from - w->base),
                                    .length = len});
    r->at = r->end;
    return false;
}

/* Bytes behind the last field. */
static void finish(const struct walk *w, struct reader *r)
{
    char why[96];
    if (r->at < r->end) {
        (void)snprintf(why, sizeof why, "%zu more bytes, which belong to no field", (size_t)(r->end - r->at));
        (void)walk_malformed(w, "rest", r, r->at, why);
    }
}

/* Why the field at `from` cannot be read. */
static bool too_short(const struct walk *w, const struct field *f, const char *name, struct reader *r,
                      const uint8_t *from)
{
    char why[96];
    size_t left = (size_t)(r->end - from);
    bool vector = f->kind == FIELD_VECTOR || f->kind == FIELD_TAIL;
    size_t prefix = f->kind == FIELD_BYTES ? f->max : f->width;
    if (left < prefix || !vector) {
        (void)snprintf(why, sizeof why, "needs %zu bytes, has %zu", prefix, left);
    } else {
        struct reader length = {from, r->end, false};
        (void)snprintf(why, sizeof why, "its length says %u bytes, %zu are there",
                       (unsigned)read_number(&length, f->width), left - f->width);
    }
    return walk_malformed(w, name, r, from, why);
}

/* A field whose contents the row does not allow; what follows can still be read. */
static void out_of_bounds(const struct walk *w, const struct field *f, struct described d)
{
    char why[128];
    if (d.bytes.len % f->unit) {
        (void)snprintf(why, sizeof why, "%zu bytes, which are no whole number of %u-byte elements",
                       d.bytes.len, f->unit);
    } else {
        (void)snprintf(why, sizeof why, "%zu bytes, where %u to %u may stand", d.bytes.len, (unsigned)f->min,
                       (unsigned)f->max);
    }
    d.kind = DESCRIBED_MALFORMED;
    d.text = why;
    walk_tell(w, d);
}

/* ---- lists and structs inside of fields ---- */
const struct layout *walk_choose(const struct shape_choice *choices, unsigned width, struct reader r)
{
    uint32_t number = read_number(&r, width);
    const struct shape_choice *c = choices;
    while (c->layout && (r.bad || c->number != number) && c->number != ANY_OTHER) {
        c++;
    }
    return c->layout;
}

static const struct layout *shape_of(const struct meaning *m, const struct reader *r)
{
    return m->layout ? m->layout : walk_choose(m->choices, m->choice_width, *r);
}

/* Moves r behind one struct without telling it; false where it is cut short. */
static bool skip(const struct layout *l, struct reader *r)
{
    struct field_view view;
    const uint8_t *from = r->at;
    for (const struct field *f = l->fields; f->kind != FIELD_END && layout_view(f, r, &view); f++) {}
    return !r->bad && r->at > from;
}

static bool has_one_field(const struct layout *l)
{
    return l->fields[0].kind != FIELD_END && l->fields[1].kind == FIELD_END;
}

/* An element of one field is told as that field; one of several as a group. */
static bool element(struct walk *w, const struct meaning *m, struct reader *r)
{
    const struct layout *l = shape_of(m, r);
    const uint8_t *from = r->at;
    if (!l) {
        return walk_malformed(w, m->element, r, from, "of a kind whose shape is not known");
    }
    if (m->layout && has_one_field(l)) {
        return fields(w, l, m->element, r);
    }
    struct reader behind = *r;
    (void)skip(l, &behind);
    walk_tell(w, group(w, m->element, slice_of(from, (size_t)(behind.at - from)), m));
    w->depth++;
    bool sound = fields(w, l, NULL, r);
    w->depth--;
    return sound;
}

static size_t count_elements(const struct meaning *m, struct reader r)
{
    size_t count = 0;
    for (const struct layout *l; r.at < r.end && (l = shape_of(m, &r)) != NULL && skip(l, &r);) {
        count++;
    }
    return count;
}

static void list_of_structs(struct walk *w, const struct meaning *m, struct slice contents)
{
    struct reader r = reader_of(contents);
    while (r.at < r.end && element(w, m, &r)) {}
}

static void list_of_names(struct walk *w, const struct field *f, struct slice contents)
{
    struct reader r = reader_of(contents);
    while (r.at < r.end) {
        const uint8_t *from = r.at;
        uint32_t number = read_number(&r, f->unit);
        walk_tell(w, (struct described){.kind = DESCRIBED_NUMBER,
                                        .name = f->means->element,
                                        .number = number,
                                        .text = described_number_text(f->means, number),
                                        .bytes = slice_of(from, f->unit),
                                        .offset = (size_t)(from - w->base),
                                        .length = f->unit,
                                        .meaning = f->means});
    }
}

/* The whole of contents by one shape. */
void walk_struct(struct walk *w, const struct layout *l, struct slice contents)
{
    struct reader r = reader_of(contents);
    (void)fields(w, l, NULL, &r);
    finish(w, &r);
}

/* ---- fields ---- */
static bool is_group(const struct field *f)
{
    enum meaning_kind kind = f->means->kind;
    return kind == MEANS_STRUCT || kind == MEANS_LIST || kind == MEANS_EXTENSIONS ||
           (kind == MEANS_NAME && f->kind != FIELD_NUMBER);
}

static uint64_t count_of(const struct field *f, struct slice contents)
{
    switch (f->means->kind) {
    case MEANS_NAME:
        return contents.len / f->unit;
    case MEANS_LIST:
        return count_elements(f->means, reader_of(contents));
    case MEANS_EXTENSIONS:
        return walk_count_extensions(contents);
    default:
        return 0;
    }
}

static void tell_members(struct walk *w, const struct field *f, struct slice contents)
{
    const struct meaning *m = f->means;
    w->depth++;
    if (m->kind == MEANS_NAME) {
        list_of_names(w, f, contents);
    } else if (m->kind == MEANS_LIST) {
        list_of_structs(w, m, contents);
    } else if (m->kind == MEANS_EXTENSIONS) {
        walk_extensions(w, contents);
    } else {
        const struct layout *l =
            shape_of(m, &(struct reader){contents.data, contents.data + contents.len, false});
        walk_struct(w, l ? l : &layout_empty, contents);
    }
    w->depth--;
}

static void tell_contents(struct walk *w, const struct field *f, struct described d)
{
    char room[DESCRIBED_TEXT_SIZE];
    enum privacy privacy = f->means->privacy;
    if (privacy == PRIVACY_OF_CLIENTS) {
        privacy = w->setting->from_client ? PRIVACY_PERSONAL : PRIVACY_NONE;
    }
    d.privacy = privacy;
    if (is_group(f)) {
        d.kind = DESCRIBED_GROUP;
        d.number = count_of(f, d.bytes);
        walk_tell(w, d);
        tell_members(w, f, d.bytes);
        return;
    }
    d.kind = f->means->kind == MEANS_TEXT ? DESCRIBED_TEXT : DESCRIBED_BYTES;
    d.text = described_bytes_text(f->means, d.bytes, room);
    walk_tell(w, d);
}

/* The fields of one struct; alone: the name of its only one. False where the rest cannot be read. */
static bool fields(struct walk *w, const struct layout *l, const char *alone, struct reader *r)
{
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        const uint8_t *from = r->at;
        const char *name = alone ? alone : f->name;
        struct field_view view;
        if (!layout_view(f, r, &view)) {
            return !r->bad || too_short(w, f, name, r, from);
        }
        struct described d = {.name = name,
                              .bytes = view.bytes,
                              .offset = (size_t)(from - w->base),
                              .length = view.length,
                              .meaning = f->means};
        if (f->kind == FIELD_NUMBER) {
            d.kind = DESCRIBED_NUMBER;
            d.number = view.number;
            d.bytes = slice_of(from, view.length);
            d.text = described_number_text(f->means, view.number);
            walk_tell(w, d);
        } else if (!field_allows(f, view.bytes.len)) {
            out_of_bounds(w, f, d);
        } else {
            tell_contents(w, f, d);
        }
    }
    return true;
}

/* ---- messages ---- */
static void body(struct walk *w, struct slice message, struct reader *r)
{
    const struct layout *l = message_shape(message, w->setting);
    if (l) {
        (void)fields(w, l, NULL, r);
        finish(w, r);
    } else if (r->at < r->end) {
        size_t len = (size_t)(r->end - r->at);
        walk_tell(w, (struct described){.kind = DESCRIBED_BYTES,
                                        .name = "body",
                                        .text = "not told further: its shape is not known",
                                        .bytes = slice_of(r->at, len),
                                        .offset = (size_t)(r->at - w->base),
                                        .length = len});
    }
}

void describe_message(struct slice message, const struct setting *setting, describer *tell_one, void *arg)
{
    struct reader r = reader_of(message);
    struct walk w = {.tell = tell_one, .arg = arg, .base = r.at, .setting = setting};
    (void)read_number(&r, 1);
    uint32_t len = read_number(&r, 3);
    char why[96];
    if (r.bad) {
        if (message.len) {
            (void)walk_malformed(&w, "header", &r, w.base,
                                 "a handshake message begins with a type and a length, 4 bytes");
        }
        return;
    }
    w.place = extension_place(message);
    if (len != (size_t)(r.end - r.at)) {
        (void)snprintf(why, sizeof why, "its header says %u bytes, %zu are there", (unsigned)len,
                       (size_t)(r.end - r.at));
        walk_tell(&w, (struct described){.kind = DESCRIBED_MALFORMED,
                                         .name = "header",
                                         .text = why,
                                         .bytes = slice_of(w.base, 4),
                                         .length = 4});
    }
    body(&w, message, &r);
}

void describe_struct(const struct layout *l, struct slice bytes, describer *tell, void *arg)
{
    static const struct setting nothing_agreed;
    struct reader r = reader_of(bytes);
    struct walk w = {.tell = tell, .arg = arg, .base = r.at, .setting = &nothing_agreed};
    (void)fields(&w, l, NULL, &r);
    finish(&w, &r);
}
