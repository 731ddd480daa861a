/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

/* One short line an event, 40 columns at least: direction, name, protection, size. */
static void wire_line(const struct trace *t, const struct trace_event *event, const struct picture *p,
                      struct text *out)
{
    struct text label = {0}, line = {0};
    const char *to_server = p->ascii ? "C>S" : "C→S", *to_client = p->ascii ? "S>C" : "S→C";
    words_label(&label, t, event, p->ascii);
    text_print(&line, "%s ", event->by == HF_CLIENT ? to_server : to_client);
    /* An alert's name matters more than its two bytes. */
    bool alert = event->kind == HF_EVENT_ALERT;
    text_add_clean(&line, text_string(&label), alert ? 29 : 21, p->ascii);
    size_t columns = text_columns(text_string(&label));
    size_t over = alert || columns < 19 ? 0 : columns < 21 ? columns - 18 : 3;
    text_repeat(&line, " ", columns < 19 ? 19 - columns : 1);
    words_protection(&line, event->epoch);
    if (!t->spec && event->size > 0 && !alert) {
        text_repeat(&line, " ",
                    event->epoch == 0 || over == 3 ? 1 : 4 - over); /* the sizes one below the other */
        words_size(&line, event->size);
    }
    text_add_clean(out, text_string(&line), p->width < 40 ? 40 : p->width, p->ascii);
    text_add(out, "\n");
    text_free(&label);
    text_free(&line);
}

static void other_line(const struct trace *t, const struct trace_event *event, const struct picture *p,
                       struct text *out)
{
    struct text line = {0};
    hf_side side = event->kind == HF_EVENT_STEP ? event->by : event->seen_by;
    text_print(&line, " %c  ", event->kind == HF_EVENT_NOTE ? ' ' : side == HF_CLIENT ? 'C' : 'S');
    if (event->kind == HF_EVENT_NOTE) {
        text_add(&line, event->text);
    } else {
        words_label(&line, t, event, p->ascii);
    }
    if (event->kind == HF_EVENT_FAILED) {
        text_print(&line, ": %s", hf_err_name(event->err));
    }
    text_add_clean(out, text_string(&line), p->width < 40 ? 40 : p->width, p->ascii);
    text_add(out, "\n");
    text_free(&line);
}

void draw_compact(const struct trace *t, const struct picture *p, struct text *out)
{
    if (t->title[0] != '\0') {
        text_add_clean(out, t->title, p->width < 40 ? 40 : p->width, p->ascii);
        text_add(out, "\n");
    }
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        if (!event_is_shown(event)) {
            continue;
        }
        if (event_is_on_wire(event)) {
            wire_line(t, event, p, out);
        } else {
            other_line(t, event, p, out);
        }
    }
}
