/* SPDX-License-Identifier: MIT */
#include "trace/trace.h"

#include <string.h>

/* A new format is a file and a row here. */
static const struct trace_format formats[] = {
    {"ladder", "arrows between client and server, for a terminal (below 60 columns: compact)", draw_ladder},
    {"compact", "one short line an event", draw_compact},
    {"list", "plain sentences, for screen readers and for searching", draw_list},
    {"tree", "each message with all of its fields, the bytes they stand in, and what was checked", draw_tree},
    {"markdown", "a page: the ladder, and a table of the steps with their RFC sections", draw_markdown},
    {"html", "one page with each message's fields and bytes, for a browser", draw_html},
    {"svg", "a picture for pages and documents, light or dark as its reader's system is", draw_svg},
    {"mermaid", "a sequence diagram in Mermaid's language", draw_mermaid},
    {"explain", "what went wrong, why, and what to do about it", draw_explain},
    {"json", "one JSON object a line, one an event: the event log, for programs", draw_json},
    {"jsonl", "the same", draw_json},
    {"sqlog", "the same in qlog's frame, a JSON text sequence", draw_sqlog},
    {"qlog", "the same as one qlog document", draw_qlog},
};

const struct trace_format *trace_format_at(size_t i)
{
    return i < sizeof formats / sizeof *formats ? &formats[i] : NULL;
}

const struct trace_format *trace_format_named(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}
