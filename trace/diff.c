/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "trace/diff.h"
#include "trace/words.h"

/* Two traces beside each other: first which events are the same, then which fields of messages differ. */

/* ---- the longest common subsequence, of anything ---- */
typedef bool same_fn(const void *a, size_t i, const void *b, size_t j);
typedef void told_fn(void *arg, int from_a, int from_b); /* -1: not in that one */

enum { MOST = 60000, MOST_CELLS = 16 << 20 };
/* lengths[i][j]: of the best match of what is left from i and j on; NULL when that takes too much memory. */
static unsigned short *match(const void *a, size_t na, const void *b, size_t nb, same_fn *same)
{
    bool few = na < MOST && nb < MOST && (na + 1) * (nb + 1) <= MOST_CELLS;
    unsigned short *lengths = few ? calloc((na + 1) * (nb + 1), sizeof *lengths) : NULL;
    for (size_t i = na; lengths != NULL && i-- > 0;) {
        for (size_t j = nb; j-- > 0;) {
            unsigned short down = lengths[(i + 1) * (nb + 1) + j], right = lengths[i * (nb + 1) + j + 1];
            lengths[i * (nb + 1) + j] = same(a, i, b, j)
                                            ? (unsigned short)(lengths[(i + 1) * (nb + 1) + j + 1] + 1)
                                        : down > right ? down
                                                       : right;
        }
    }
    return lengths;
}

struct row {
    const void *of;
    size_t count;
};

static bool walk(struct row a, struct row b, same_fn *same, told_fn *told, void *arg)
{
    unsigned short *lengths = match(a.of, a.count, b.of, b.count, same);
    size_t i = 0, j = 0;
    while (lengths != NULL && (i < a.count || j < b.count)) {
        const unsigned short *here = &lengths[i * (b.count + 1) + j];
        if (i < a.count && j < b.count && same(a.of, i, b.of, j)) {
            told(arg, (int)i++, (int)j++);
        } else if (j == b.count || (i < a.count && here[b.count + 1] >= here[1])) {
            told(arg, (int)i++, -1);
        } else {
            told(arg, -1, (int)j++);
        }
    }
    bool well = lengths != NULL;
    free(lengths);
    return well;
}

struct diff {
    struct text *out;
    const struct trace *a, *b;
    const struct picture *picture;
    bool all;
    size_t differing;
    /* of the message at hand */
    const struct trace_event *from, *to;
    struct text fields;
};

/* ---- fields ---- */
/* New in each handshake: says nothing about how two of them differ. */
static bool differs_each_time(const hf_field *f)
{
    static const char *const names[] = {"random",
                                        "session_id",
                                        "point",
                                        "dh_yc",
                                        "dh_ys",
                                        "signature",
                                        "verify_data",
                                        "ticket",
                                        "key_exchange",
                                        "encrypted_premaster_secret",
                                        "binder",
                                        "identity",
                                        "ticket_nonce",
                                        "ticket_age_add",
                                        "obfuscated_ticket_age",
                                        "renegotiated_connection"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(f->name, names[i]) == 0) {
            return true;
        }
    }
    return strncmp(f->name, "GREASE", 6) == 0;
}

/* Fields match by name and place in the tree; by value too where they are elements of a list. */
static bool same_place(const void *a, size_t i, const void *b, size_t j)
{
    const hf_field *f = &((const struct trace_event *)a)->fields[i],
                   *g = &((const struct trace_event *)b)->fields[j];
    bool element = f->name[0] >= 'A' && f->name[0] <= 'Z';
    return f->kind == g->kind && f->depth == g->depth && strcmp(f->name, g->name) == 0 &&
           (!element || f->kind == HF_FIELD_GROUP ||
            (f->number == g->number && strcmp(f->text, g->text) == 0));
}

static bool same_value(const hf_field *f, const hf_field *g)
{
    if (f->kind == HF_FIELD_GROUP || f->kind == HF_FIELD_EXTENSION) {
        return true; /* their members tell */
    }
    if (f->kind == HF_FIELD_NUMBER) {
        return f->number == g->number; /* logs have no bytes of it */
    }
    return f->number == g->number && f->bytes.len == g->bytes.len &&
           (f->bytes.len == 0 || memcmp(f->bytes.data, g->bytes.data, f->bytes.len) == 0);
}

enum { MOST_BYTES = 24 };

static void line(struct diff *d, const char *sign, const hf_field *f, const hf_field *now)
{
    text_print(&d->fields, "      %s ", sign);
    text_repeat(&d->fields, "  ", f->depth);
    words_field_name(&d->fields, f);
    text_add(&d->fields, ": ");
    words_field(&d->fields, f, d->picture, MOST_BYTES);
    if (now != NULL) {
        text_add(&d->fields, d->picture->ascii ? " -> " : " → ");
        words_field(&d->fields, now, d->picture, MOST_BYTES);
    }
    text_add(&d->fields, "\n");
}

static void told_field(void *arg, int from_a, int from_b)
{
    struct diff *d = arg;
    const hf_field *f = from_a < 0 ? NULL : &d->from->fields[from_a],
                   *g = from_b < 0 ? NULL : &d->to->fields[from_b];
    if (!d->all && differs_each_time(f != NULL ? f : g)) {
        return;
    }
    if (f == NULL) {
        line(d, "+", g, NULL);
    } else if (g == NULL) {
        line(d, "-", f, NULL);
    } else if (!same_value(f, g)) {
        line(d, "~", f, g);
    }
}

/* ---- events ---- */
static bool is_compared(const struct trace_event *e)
{
    return event_is_shown(e) && e->kind != HF_EVENT_NOTE && e->kind != HF_EVENT_DATA;
}

static bool same_event(const void *a, size_t i, const void *b, size_t j)
{
    const struct trace_event *e = ((const struct trace_event *const *)a)[i],
                             *f = ((const struct trace_event *const *)b)[j];
    return e->kind == f->kind && e->by == f->by && (e->epoch == f->epoch || !event_is_on_wire(e)) &&
           strcmp(e->name, f->name) == 0 && (e->kind != HF_EVENT_ALERT || e->alert == f->alert) &&
           (e->kind != HF_EVENT_RESUMPTION || e->resumption == f->resumption) && e->err == f->err;
}

struct events {
    const struct trace_event **list;
    size_t count;
};

static struct events events_of(const struct trace *t)
{
    struct events all = {calloc(t->count + 1, sizeof *all.list), 0};
    for (size_t i = 0; all.list != NULL && i < t->count; i++) {
        if (is_compared(&t->events[i])) {
            all.list[all.count++] = &t->events[i];
        }
    }
    return all;
}

struct pair {
    struct diff *d;
    struct events a, b;
};

static void event_line(struct diff *d, const char *sign, const struct trace *t, const struct trace_event *e)
{
    text_print(d->out, "%s ", sign);
    if (event_is_on_wire(e)) {
        text_print(d->out, "%s %s %s  ", side_word(e->by), d->picture->ascii ? "->" : "→",
                   side_word(side_other(e->by)));
        words_label(d->out, t, e, d->picture->ascii);
        text_add(d->out, "  ");
        words_protection(d->out, e->epoch);
    } else {
        words_event(d->out, t, e, d->picture->shared);
    }
    text_add(d->out, "\n");
}

static void told_event(void *arg, int from_a, int from_b)
{
    struct pair *p = arg;
    struct diff *d = p->d;
    if (from_a < 0 || from_b < 0) {
        d->differing++;
        event_line(d, from_a < 0 ? "+" : "-", from_a < 0 ? d->b : d->a,
                   from_a < 0 ? p->b.list[from_b] : p->a.list[from_a]);
        return;
    }
    d->from = p->a.list[from_a];
    d->to = p->b.list[from_b];
    d->fields = (struct text){0};
    if (!walk((struct row){d->from, d->from->field_count}, (struct row){d->to, d->to->field_count},
              same_place, told_field, d)) {
        text_add(&d->fields, "      too many fields to compare\n");
    }
    bool differs = d->fields.len > 0;
    d->differing += differs;
    event_line(d, differs ? "~" : " ", d->a, d->from);
    text_add(d->out, text_string(&d->fields));
    text_free(&d->fields);
}

size_t trace_diff(struct text *out, const struct trace *a, const struct trace *b, bool all,
                  const struct picture *p)
{
    struct diff d = {.out = out, .a = a, .b = b, .picture = p, .all = all};
    struct pair pair = {&d, events_of(a), events_of(b)};
    bool well = pair.a.list != NULL && pair.b.list != NULL &&
                walk((struct row){pair.a.list, pair.a.count}, (struct row){pair.b.list, pair.b.count},
                     same_event, told_event, &pair);
    out->failed |= !well;
    free(pair.a.list);
    free(pair.b.list);
    return d.differing;
}
