/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

enum { PAGE_WIDTH = 76 };

/* A cell: what would end it or start markup is escaped. */
static void cell(struct text *out, const char *string)
{
    for (; *string != '\0'; string++) {
        if (strchr("|*_`<[]\\", *string) != NULL) {
            text_add(out, "\\");
        }
        text_add_bytes(out, string, 1);
    }
}

static void row(struct text *out, const struct trace *t, const struct trace_event *event, unsigned number)
{
    struct text words = {0};
    bool wire = event_is_on_wire(event);
    text_print(out, "| %u | %s | ", number,
               side_word(event->kind == HF_EVENT_STEP || wire ? event->by : event->seen_by));
    if (event->local) {
        text_add(&words, event->text[0] != '\0' ? event->text : event->name);
    } else {
        words_label(&words, t, event, false);
    }
    text_add(out, event->local ? "*" : "");
    cell(out, text_string(&words));
    text_add(out, event->local ? "* | " : " | ");
    if (wire) {
        words_protection(out, event->epoch);
        text_add(out, " ");
    }
    text_add(out, t->spec ? "" : "| ");
    if (wire && !t->spec && event->size > 0) {
        words_size(out, event->size);
        text_add(out, " ");
    }
    text_add(out, "| ");
    cell(out, event->rfc);
    text_add(out, event->rfc[0] != '\0' ? " |\n" : "|\n");
    text_free(&words);
}

/* A picture in a block of code, and the same as a table with RFC sections. */
void draw_markdown(const struct trace *t, const struct picture *p, struct text *out)
{
    struct picture inside = {.width = PAGE_WIDTH, .ascii = p->ascii, .shared = true};
    struct trace untitled = *t;
    bool optional = false;
    unsigned number = 0;
    untitled.title[0] = '\0';
    text_print(out, "# %s\n\n", t->title);
    if (t->rfc != NULL) {
        text_print(out, "%s\n\n", t->rfc);
    }
    if (t->text != NULL) {
        text_print(out, "%s\n\n", t->text);
    }
    text_add(out, "```text\n");
    draw_ladder(&untitled, &inside, out);
    text_add(out, "```\n\n");
    text_add(out, t->spec ? "| | who | what | protection | RFC |\n|---|---|---|---|---|\n"
                          : "| | who | what | protection | size | RFC |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < t->count; i++) {
        if (event_is_shown(&t->events[i]) && t->events[i].kind != HF_EVENT_NOTE) {
            row(out, t, &t->events[i], ++number);
            optional |= t->spec && t->events[i].optional;
        }
    }
    text_add(out, optional ? "\nA message with an asterisk may be left out by its sender.\n" : "");
}
