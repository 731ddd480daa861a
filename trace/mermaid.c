/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <ctype.h>
#include <string.h>

/*
 * A sequence diagram of Mermaid. Its language has words ("end"), comments ("%%") and separators (";", "#",
 * ":") that must not be read out of a label: whatever is not plainly text is written as a character's number,
 * "#35;".
 */
static void label(struct text *out, const char *string)
{
    while (*string != '\0') {
        size_t len = text_code_point(string);
        if (len > 1) {
            text_add_bytes(out, string, len);
        } else if (len == 1 &&
                   (isalnum((unsigned char)*string) || strchr(" .,:_-'()[]/+", *string) != NULL)) {
            text_add_bytes(out, string, 1);
        } else {
            text_print(out, "#%u;", len == 0 ? (unsigned)'?' : (unsigned)(unsigned char)*string);
        }
        string += len == 0 ? 1 : len;
    }
}

/* A label must not be "end" alone, nor begin with what ends a line. */
static void sentence(struct text *out, const char *string)
{
    label(out, string[0] == '\0' ? "?" : string);
    text_add(out, "\n");
}

static void arrow(struct text *out, const struct trace *t, const struct trace_event *event)
{
    struct text words = {0};
    bool client = event->by == HF_CLIENT, failed = event->kind == HF_EVENT_ALERT && event->alert_level != 1;
    /* -->> is dashed, in the clear; ->> is whole, protected; with x the receiver is left for good. */
    text_print(out, "    %s%s%s: ", client ? "C" : "S",
               failed              ? event->epoch == 0 ? "--x" : "-x"
               : event->epoch == 0 ? "-->>"
                                   : "->>",
               client ? "S" : "C");
    words_label(&words, t, event, false);
    if (event->kind == HF_EVENT_STEP && event->text[0] != '\0') {
        text_print(&words, ": %s", event->text);
    }
    text_add(&words, " (");
    words_protection(&words, event->epoch);
    if (!t->spec && event->size > 0) {
        text_add(&words, ", ");
        words_size(&words, event->size);
    }
    text_add(&words, ")");
    sentence(out, text_string(&words));
    text_free(&words);
}

static void note(struct text *out, const struct trace_event *event)
{
    struct text words = {0};
    hf_side side = words_beside(&words, event, true);
    text_print(out, "    Note %s: ",
               event->kind == HF_EVENT_NOTE ? "over C,S"
               : side == HF_CLIENT          ? "left of C"
                                            : "right of S");
    sentence(out, text_string(&words));
    text_free(&words);
}

void draw_mermaid(const struct trace *t, const struct picture *p, struct text *out)
{
    size_t box_ends = 0;
    (void)p;
    text_add(out, "sequenceDiagram\n    accTitle: ");
    sentence(out, t->title[0] != '\0' ? t->title : "TLS handshake");
    text_add(
        out,
        "    accDescr: A dashed arrow was sent in the clear, a whole one was protected under the keys named beside it\n");
    text_add(out, "    participant C as client\n    participant S as server\n");
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        size_t ends = box_ends == 0 ? event_last_inside(t, i) : 0;
        if (ends > 0) {
            box_ends = ends;
            text_print(out,
                       "    rect rgba(26, 127, 55, 0.08)\n    Note over C,S: another handshake, inside e%u\n",
                       event->epoch);
        }
        if (event_is_shown(event)) {
            event_is_on_wire(event) ? arrow(out, t, event) : note(out, event);
        }
        if (box_ends > 0 && box_ends == i) {
            text_add(out, "    end\n");
            box_ends = 0;
        }
    }
    for (size_t i = 0; words_legend(t, i)[0] != '\0'; i++) {
        text_add(out, "    Note over C,S: ");
        sentence(out, words_legend(t, i));
    }
    if (t->dropped > 0) {
        text_print(out, "    Note over C,S: %zu further events were not kept\n", t->dropped);
    }
}
