/* SPDX-License-Identifier: MIT */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <handfast/flow.h>

#include "trace/text.h"

/*
 * A connection's events, kept to be drawn. Every picture is a pure function of this and of struct picture: no
 * clocks, no terminal, no environment. Messages are not kept, only their sizes: no picture can show a secret
 * or a certificate that the trace does not have.
 */
enum { TRACE_MOST_EVENTS = 1024 };

struct trace_event {
    hf_event_kind kind;
    hf_side by, seen_by;
    char name[48];
    char rfc[48];
    char text[256];
    bool local, optional, new_keys;
    unsigned epoch;
    size_t size;
    unsigned times; /* DATA: records in a row */
    uint32_t record;
    uint8_t alert_level, alert;
    hf_resumption resumption;
    hf_err err;
};

struct trace {
    char title[128];
    const char *rfc;  /* of the scenario, or NULL */
    const char *text; /* of the scenario, or NULL; both live as long as the trace */
    bool spec;        /* from the tables: there are no bytes */
    struct trace_event *events;
    size_t count, capacity;
    size_t dropped; /* past TRACE_MOST_EVENTS, or when memory ran out */
};

void trace_start(struct trace *t, const char *title);
void trace_free(struct trace *t);
/* hf_observers: arg is the trace. trace_watch keeps all that one side sees; trace_watch_own what each side
 * does itself, for a trace that watches both ends of one connection. */
void trace_watch(void *arg, const hf_event *event);
void trace_watch_own(void *arg, const hf_event *event);
/* A sentence of the program's own, between the events. */
void trace_note(struct trace *t, const char *sentence);

/* ---- pictures ---- */
struct picture {
    unsigned width; /* columns, 40 to 200; others are brought into that range */
    bool ascii;
    bool colour;
    bool shared; /* will be passed on: nothing that may name a client; markdown and json always are */
};
typedef void trace_drawing(const struct trace *t, const struct picture *p, struct text *out);

struct trace_format {
    const char *name, *what;
    trace_drawing *draw;
};
/* The formats, in the order of formats.c; NULL past the last. */
const struct trace_format *trace_format_at(size_t i);
const struct trace_format *trace_format_named(const char *name);

trace_drawing draw_ladder, draw_compact, draw_list, draw_markdown, draw_json;

#endif
