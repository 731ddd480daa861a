/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

/*
 * The ladder: client left, server right. A dashed arrow was sent in the clear, a double one protected; the
 * words clear, e1, e2 beside it say the same, so that neither colour nor line style is the only sign.
 */
enum { PAD = 2, PROTECTION = 5, SIZE = 11, RFC = 17, LANE_MOST = 64, LADDER_LEAST = 60, WITH_RFC = 100 };

struct ladder {
    const struct trace *trace;
    const struct picture *picture;
    struct text *out;
    size_t lane; /* columns between the two bars */
    bool with_rfc;
    const char *bar, *clear, *protected, *dot, *cross;
};

enum ink { PLAIN, DIM, CLEAR_INK, PROTECTED_INK, ALARM };

static void ink(const struct ladder *l, enum ink ink)
{
    static const char *const codes[] = {"\033[0m", "\033[2m", "\033[33m", "\033[32m", "\033[1;31m"};
    if (l->picture->colour) {
        text_add(l->out, codes[ink]);
    }
}

static void spaces(const struct ladder *l, size_t columns)
{
    text_repeat(l->out, " ", columns);
}

/* Ends a line: the margin's blanks at the end of it are not worth bytes. */
static void end_line(const struct ladder *l)
{
    struct text *out = l->out;
    while (out->len > 0 && out->bytes[out->len - 1] == ' ') {
        out->bytes[--out->len] = '\0';
    }
    text_add(out, "\n");
}

static void margin(const struct ladder *l, const struct trace_event *event)
{
    struct text word = {0};
    spaces(l, 2);
    words_protection(&word, event->epoch);
    text_add_clean(l->out, text_string(&word), PROTECTION, true);
    size_t used = text_columns(text_string(&word));
    spaces(l, used < PROTECTION ? PROTECTION - used : 0);
    text_free(&word);
    if (!l->trace->spec && event->size > 0) {
        words_size(&word, event->size);
    }
    used = text_columns(text_string(&word));
    if (!l->trace->spec) {
        spaces(l, 2 + (used < SIZE ? SIZE - used : 0));
        text_add(l->out, text_string(&word));
    }
    if (l->with_rfc) {
        spaces(l, 2);
        text_add_clean(l->out, event->rfc, RFC, true);
    }
    text_free(&word);
}

/* Text between the bars, at the side whose affair it is, in as many lines as it takes. */
static void beside(const struct ladder *l, hf_side side, const char *mark, const char *string,
                   enum ink colour)
{
    struct text clean = {0}, piece = {0};
    size_t room = l->lane - 4;
    text_add_clean(&clean, string, 0, l->picture->ascii);
    const char *at = text_string(&clean);
    while (*at == ' ') {
        at++;
    }
    for (bool first = true; *at != '\0'; first = false) {
        size_t len = text_line_of_words(at, room - 2);
        text_free(&piece);
        text_add_bytes(&piece, at, len);
        size_t blank = l->lane - text_columns(text_string(&piece)) - 3;
        spaces(l, PAD);
        text_add(l->out, l->bar);
        ink(l, colour);
        if (side == HF_CLIENT) {
            text_print(l->out, " %s %s", first ? mark : " ", text_string(&piece));
            spaces(l, blank);
        } else {
            spaces(l, blank);
            text_print(l->out, "%s %s ", text_string(&piece), first ? mark : " ");
        }
        ink(l, PLAIN);
        text_print(l->out, "%s\n", l->bar);
        at += len;
        while (*at == ' ') {
            at++;
        }
    }
    text_free(&clean);
    text_free(&piece);
}

static void arrow(const struct ladder *l, const struct trace_event *event, enum ink colour)
{
    const char *line = event->epoch == 0 ? l->clear : l->protected;
    struct text label = {0}, cut = {0};
    words_label(&label, l->trace, event, l->picture->ascii);
    bool has_detail = event_has_detail(event);
    bool fits = has_detail && text_columns(text_string(&label)) + text_columns(event->text) + 10 <= l->lane;
    if (fits) {
        text_print(&label, ": %s", event->text);
    }
    text_add_clean(&cut, text_string(&label), l->lane - 8, l->picture->ascii);
    size_t rest = l->lane - text_columns(text_string(&cut)) -
                  5; /* the head, two of line before the name, two blanks */
    spaces(l, PAD);
    text_add(l->out, l->bar);
    ink(l, colour);
    if (event->by == HF_CLIENT) {
        text_repeat(l->out, line, 2);
        text_print(l->out, " %s ", text_string(&cut));
        text_repeat(l->out, line, rest);
        text_add(l->out, ">");
    } else {
        text_add(l->out, "<");
        text_repeat(l->out, line, rest);
        text_print(l->out, " %s ", text_string(&cut));
        text_repeat(l->out, line, 2);
    }
    ink(l, PLAIN);
    text_add(l->out, l->bar);
    margin(l, event);
    end_line(l);
    text_free(&label);
    text_free(&cut);
    if (has_detail && !fits) {
        beside(l, event->by, " ", event->text, DIM);
    }
}

/* A line across the lane that opens another handshake on the same connection, or says a note. */
static void across(const struct ladder *l, const char *string)
{
    struct text clean = {0};
    const char *rule = l->picture->ascii ? "-" : "─";
    text_add_clean(&clean, string, l->lane - 8, l->picture->ascii);
    size_t columns = text_columns(text_string(&clean));
    spaces(l, PAD);
    text_add(l->out, l->bar);
    ink(l, DIM);
    text_repeat(l->out, rule, 3);
    text_print(l->out, " %s ", text_string(&clean));
    text_repeat(l->out, rule, l->lane - columns - 5);
    ink(l, PLAIN);
    text_print(l->out, "%s\n", l->bar);
    text_free(&clean);
}

static void note(const struct ladder *l, const char *string)
{
    if (text_columns(string) <= l->lane - 8) {
        across(l, string);
    } else {
        beside(l, HF_CLIENT, l->dot, string, DIM);
    }
}

static void draw_arrow_event(const struct ladder *l, const struct trace_event *event)
{
    if (event->kind == HF_EVENT_STEP && event->epoch > 0 && strcmp(event->name, "ClientHello") == 0) {
        struct text inside = {0};
        text_print(&inside, "another handshake, inside e%u", event->epoch);
        across(l, text_string(&inside));
        text_free(&inside);
    }
    arrow(l, event, event->kind == HF_EVENT_ALERT ? ALARM : event->epoch == 0 ? CLEAR_INK : PROTECTED_INK);
    if (event->kind == HF_EVENT_ALERT) {
        struct text sentence = {0};
        words_alert(&sentence, event->alert, event->by);
        beside(l, event->by, l->cross, text_string(&sentence), ALARM);
        text_free(&sentence);
    }
}

static void draw_event(const struct ladder *l, const struct trace_event *event)
{
    struct text words = {0};
    if (event_is_on_wire(event)) {
        draw_arrow_event(l, event);
        return;
    }
    if (event->kind == HF_EVENT_NOTE) {
        note(l, event->text);
        return;
    }
    bool alarm = event->kind == HF_EVENT_CLOSED || event->kind == HF_EVENT_FAILED;
    bool plain = event->kind == HF_EVENT_RESUMPTION || event->kind == HF_EVENT_DONE;
    hf_side side = words_beside(&words, event, l->picture->shared);
    beside(l, side, alarm ? l->cross : l->dot, text_string(&words), alarm ? ALARM : plain ? PLAIN : DIM);
    text_free(&words);
}

static void head(const struct ladder *l)
{
    if (l->trace->title[0] != '\0') {
        text_add_clean(l->out, l->trace->title, l->picture->width < 40 ? 40 : l->picture->width,
                       l->picture->ascii);
        text_add(l->out, "\n\n");
    }
    text_add(l->out, "client");
    spaces(l, l->lane - 6);
    text_add(l->out, "server\n");
    spaces(l, PAD);
    text_add(l->out, l->bar);
    spaces(l, l->lane);
    text_print(l->out, "%s\n", l->bar);
}

void draw_ladder(const struct trace *t, const struct picture *p, struct text *out)
{
    if (p->width < LADDER_LEAST) {
        draw_compact(t, p, out);
        return;
    }
    bool with_rfc = p->width >= WITH_RFC;
    size_t beyond = (size_t)PAD + 2 + 2 + PROTECTION + (t->spec ? 0u : 2u + SIZE) +
                    (with_rfc ? 2u + RFC : 0u);
    size_t lane = (p->width > 200 ? 200 : p->width) - beyond;
    struct ladder l = {.trace = t,
                       .picture = p,
                       .out = out,
                       .lane = lane > LANE_MOST ? LANE_MOST : lane,
                       .with_rfc = with_rfc};
    l.bar = p->ascii ? "|" : "│";
    l.clear = p->ascii ? "-" : "╌";
    l.protected = p->ascii ? "=" : "═";
    l.dot = p->ascii ? "." : "·";
    l.cross = p->ascii ? "x" : "✗";
    head(&l);
    for (size_t i = 0; i < t->count; i++) {
        if (event_is_shown(&t->events[i])) {
            draw_event(&l, &t->events[i]);
        }
    }
    for (size_t i = 0; words_legend(t, i)[0] != '\0'; i++) {
        text_print(out, "%s%s\n", i == 0 ? "\n" : "", words_legend(t, i));
    }
    if (t->dropped > 0) {
        text_print(out, "(%zu further events were not kept)\n", t->dropped);
    }
}
