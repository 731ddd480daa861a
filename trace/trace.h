/* SPDX-License-Identifier: MIT */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <handfast/flow.h>

#include "trace/text.h"

/*
 * A connection's events, kept to be drawn. Every picture is a pure function of this and of struct picture: no
 * clocks, no terminal, no environment. Messages are kept with their fields; what a picture must not show is
 * marked in hf_field.privacy, and words_field and words_secret leave it out. Values of secrets are there only
 * where the connection was told to give them (hf_conn_observe_secrets).
 */
enum { TRACE_MOST_EVENTS = 1024, TRACE_MOST_BYTES = 16 << 20 };

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
    /* as in hf_event */
    unsigned handshake;
    uint16_t version, suite, protected_by;
    uint32_t first_record;
    uint64_t sequence;
    char why[160];
    char about[48];
    char keys[16];
    bool passed;
    int64_t time; /* microseconds since 1970; 0: unknown */
    int64_t wait; /* ANSWER: microseconds since the question; -1: unknown */
    hf_bytes transcript_hash, fingerprint, secret;
    hf_bytes message;
    const hf_field *fields; /* of the message, in order, by depth: the trace's own copies */
    size_t field_count;
    uint8_t certificate_type; /* as in hf_event */
};
struct trace_block; /* memory that lives as long as the trace */

struct trace {
    char title[128];
    const char *rfc;          /* of the scenario, or NULL */
    const char *text;         /* of the scenario, or NULL; both live as long as the trace */
    bool spec;                /* from the tables: there are no bytes */
    unsigned long connection; /* of several in one log: which, from 1; 0: it is alone */
    struct trace_event *events;
    size_t count, capacity;
    size_t dropped; /* past TRACE_MOST_EVENTS, or when memory ran out */
    int64_t (*clock)(
        void);    /* microseconds since 1970, for events that do not say it; NULL: times stay unknown */
    bool secrets; /* connections that are observed for it tell the values of secrets */
    struct trace_block *blocks;
    size_t kept; /* bytes in them, at most TRACE_MOST_BYTES */
};

void trace_start(struct trace *t, const char *title);
void trace_free(struct trace *t);
/* hf_observers: arg is the trace. trace_watch keeps all that one side sees; trace_watch_own what each side
 * does itself, for a trace that watches both ends of one connection. */
void trace_watch(void *arg, const hf_event *event);
void trace_watch_own(void *arg, const hf_event *event);
/* ---- keep.c: what an event points to, copied. Readers of event logs use it too ---- */
/* NULL, and counted in dropped, past TRACE_MOST_BYTES or when memory runs out. Zero bytes: never NULL. */
void *trace_memory(struct trace *t, size_t size);
const char *trace_string(struct trace *t, const char *string); /* "" when there is no memory */
hf_bytes trace_bytes(struct trace *t, hf_bytes bytes);
/* The fields of kept->message. */
void trace_keep_fields(struct trace *t, struct trace_event *kept);
void trace_free_blocks(struct trace *t);

/* A new event at the end, empty; NULL, and counted in dropped, when there is no room for one. */
struct trace_event *trace_room(struct trace *t);
/* A sentence of the program's own, between the events. */
void trace_note(struct trace *t, const char *sentence);

/* ---- pictures ---- */
struct picture {
    unsigned width; /* columns, 40 to 200; others are brought into that range */
    bool ascii;
    bool colour;
    bool shared;   /* will be passed on: nothing that may name a client; only ladder, compact and list ask */
    bool personal; /* all the same, shows PERSONAL fields */
    bool secrets;  /* and CREDENTIAL ones, and the values of secrets where the trace has them */
    const char *lead; /* html: markup before the ladder; NULL: none */
};
typedef void trace_drawing(const struct trace *t, const struct picture *p, struct text *out);

struct trace_format {
    const char *name, *what;
    trace_drawing *draw;
};
/* The formats, in the order of formats.c; NULL past the last. */
const struct trace_format *trace_format_at(size_t i);
const struct trace_format *trace_format_named(const char *name);

trace_drawing draw_ladder, draw_compact, draw_list, draw_markdown, draw_json, draw_svg, draw_mermaid,
    draw_html, draw_tree, draw_explain, draw_sqlog, draw_qlog;

#endif
