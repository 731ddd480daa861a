/* SPDX-License-Identifier: MIT */
#include "trace/page.h"

/*
 * One page that needs nothing else: no request leaves it, and without JavaScript it says the same. The ladder
 * is a list of real text; a message opens to its fields and bytes.
 */
enum {
    PAGE_MOST = 240000
}; /* bytes; behind that messages have no insides, so that the page stays below 300 KB */

struct page {
    const struct trace *trace;
    const struct picture *picture;
    struct text *out;
    unsigned number;
    size_t box_ends; /* index of the last event inside the box; 0: none is open */
};

static void add_words(struct page *g, const char *string)
{
    text_add_html(g->out, string);
}

/* The words that only who cannot see the arrow needs. */
static void unseen(struct page *g, const struct trace_event *event)
{
    text_print(g->out, "<span class=v>%s to %s: </span>", side_word(event->by),
               side_word(side_other(event->by)));
}

static void lane(struct page *g, const struct trace_event *event)
{
    struct text words = {0};
    text_add(g->out, "<span class=lane>");
    unseen(g, event);
    words_label(&words, g->trace, event, false);
    text_add(g->out, "<b>");
    add_words(g, text_string(&words));
    text_add(g->out, "</b>");
    text_free(&words);
    if (event->kind == HF_EVENT_STEP && event->text[0] != '\0') {
        text_add(g->out, "<span class=detail>");
        add_words(g, event->text);
        text_add(g->out, "</span>");
    }
    text_print(g->out, "<span class=\"line%s\"></span>", event->epoch == 0 ? "" : " e");
    if (event->kind == HF_EVENT_ALERT) {
        words_alert(&words, event->alert, event->by);
        text_add(g->out, "<span class=detail>✗ ");
        add_words(g, text_string(&words));
        text_add(g->out, "</span>");
    }
    text_add(g->out, "</span>");
    text_free(&words);
}

static void row(struct page *g, const struct trace_event *event)
{
    struct text word = {0};
    text_print(g->out, "<a class=no href=\"#m%u\">%u</a>", g->number, g->number);
    lane(g, event);
    words_protection(&word, event->epoch);
    text_print(g->out, "<span class=%s>%s</span><span class=size>", event->epoch == 0 ? "clear" : "safe",
               text_string(&word));
    text_free(&word);
    if (!g->trace->spec && event->size > 0) {
        words_size(g->out, event->size);
    }
    text_add(g->out, "</span><span class=rfc>");
    add_words(g, event->rfc);
    text_add(g->out, "</span>");
}

/* Checks and secrets are told behind the step that they belong to. */
static void findings(struct page *g, size_t i)
{
    const struct trace *t = g->trace;
    const char *before = "<ul>";
    for (i++; i < t->count && (t->events[i].kind == HF_EVENT_CHECK || t->events[i].kind == HF_EVENT_SECRET);
         i++) {
        text_add(g->out, before);
        page_finding(g->out, g->picture, &t->events[i]);
        before = "";
    }
    text_add(g->out, before[0] == '\0' ? "</ul>" : "");
}

static void wire(struct page *g, size_t i)
{
    const struct trace_event *event = &g->trace->events[i];
    struct text sentence = {0};
    bool alarm = event->kind == HF_EVENT_ALERT;
    g->number++;
    text_print(g->out, "<li id=m%u class=\"%s%s\"><details><summary class=row>", g->number,
               event->by == HF_CLIENT ? "k" : "s", alarm ? " x" : "");
    row(g, event);
    text_add(g->out, "</summary><div><p>");
    words_event(&sentence, g->trace, event, !g->picture->personal);
    add_words(g, text_string(&sentence));
    text_add(g->out, ".</p>");
    text_free(&sentence);
    page_facts(g->out, event);
    findings(g, i);
    if (g->out->len < PAGE_MOST) {
        page_message(g->out, g->picture, event, g->number);
    } else {
        text_add(g->out, "<p class=quiet>Its fields are left out: the page would grow too large.</p>");
    }
    text_add(g->out, "</div></details></li>\n");
}

static void beside(struct page *g, const struct trace_event *event)
{
    struct text words = {0};
    bool alarm = event->kind == HF_EVENT_FAILED || event->kind == HF_EVENT_CLOSED;
    hf_side side = words_beside(&words, event, !g->picture->personal);
    text_print(
        g->out,
        "<li class=\"row local%s%s\"><span></span><span class=lane><span class=detail><span class=v>%s: </span>",
        side == HF_SERVER ? " s" : "", alarm ? " x" : "",
        event->kind == HF_EVENT_NOTE ? "note" : side_word(side));
    text_add(g->out, alarm ? "✗ " : "");
    add_words(g, text_string(&words));
    text_add(g->out, "</span></span></li>\n");
    text_free(&words);
}

static void ladder(struct page *g)
{
    const struct trace *t = g->trace;
    text_add(
        g->out,
        "<div class=\"row head\"><span></span><span class=lane><span>client</span><span>server</span></span></div>\n"
        "<ol class=ladder>\n");
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        size_t ends = g->box_ends == 0 ? event_last_inside(t, i) : 0;
        if (ends > 0) {
            g->box_ends = ends;
            text_print(g->out, "<li class=box><p>another handshake, inside e%u</p><ol>\n", event->epoch);
        }
        if (event_is_shown(event)) {
            event_is_on_wire(event) ? wire(g, i) : beside(g, event);
        }
        if (g->box_ends > 0 && g->box_ends == i) {
            g->box_ends = 0;
            text_add(g->out, "</ol></li>\n");
        }
    }
    text_add(g->out, "</ol>\n");
    for (size_t i = 0; words_legend(t, i)[0] != '\0'; i++) {
        text_add(g->out, "<p class=quiet>");
        add_words(g, words_legend(t, i));
        text_add(g->out, "</p>\n");
    }
    if (t->dropped > 0) {
        text_print(g->out, "<p class=quiet>%zu further events were not kept.</p>\n", t->dropped);
    }
}

static void head(struct page *g, const char *title)
{
    text_print(g->out,
               "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
               "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n<title>",
               page_policy);
    add_words(g, title);
    text_print(g->out, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>", page_style);
    add_words(g, title);
    text_add(g->out, "</h1>\n");
    if (g->trace->rfc != NULL) {
        text_add(g->out, "<p class=quiet>");
        add_words(g, g->trace->rfc);
        text_add(g->out, "</p>\n");
    }
    if (g->trace->text != NULL) {
        text_add(g->out, "<p>");
        add_words(g, g->trace->text);
        text_add(g->out, "</p>\n");
    }
}

void draw_html(const struct trace *t, const struct picture *p, struct text *out)
{
    struct page g = {.trace = t, .picture = p, .out = out};
    head(&g, t->title[0] != '\0' ? t->title : "TLS handshake");
    text_add(out, p->lead == NULL ? "" : p->lead);
    text_add(
        out,
        "<p class=\"key quiet\"><i class=line></i>sent in the clear<i class=\"line e\"></i>protected; e1, e2 … say by the keys of "
        "which handshake. A message opens to its fields and bytes.</p>\n<p class=\"bar quiet\"></p>\n<main>\n");
    ladder(&g);
    text_print(out, "</main>\n<script>%s</script>\n</body>\n</html>\n", page_script);
}
