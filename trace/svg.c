/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

/*
 * The ladder as an SVG: real text, a title and a description, each event with a sentence of its own for who
 * hears the picture or points at it. Styles only by class, no font and nothing else from outside; light or
 * dark as the reader's system is.
 */
enum {
    WIDTH = 920,
    CLIENT_X = 46,
    SERVER_X = 626,
    EPOCH_X = 642,
    SIZE_X = 766,
    RFC_X = 780,
    ARROW_ROW = 32,
    LINE_ROW = 17,
    GAP = 5,
    TOP = 86,
    LABEL_MOST = 76, /* columns that surely fit between the two sides */
    BESIDE_MOST = 74,
};

struct svg {
    const struct trace *trace;
    struct text under, over; /* what lies behind the arrows, and they */
    int y;
    unsigned number;
    size_t box_ends; /* index of the event that is the last one inside the box; 0: none is open */
    int box_top;
};

static const char style[] =
    "text{font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif;fill:#1f2328}\n"
    ".paper{fill:#fff}.h{font-size:17px;font-weight:600}.side{font-weight:600;text-anchor:middle}\n"
    ".q,.q text{fill:#57606a;font-size:12px}.e{text-anchor:end}.n{fill:#6e7781;font-size:11px;text-anchor:end}\n"
    ".bar{stroke:#8c959f;stroke-width:1.5}.box{fill:#1a7f370d;stroke:#1a7f37;stroke-dasharray:2 3}\n"
    ".c line{stroke:#9a6700;stroke-width:1.6;stroke-dasharray:7 5}.c path{fill:#9a6700}.c .p{fill:#7d5200}\n"
    ".s line{stroke:#1a7f37;stroke-width:1.4}.s path{fill:#1a7f37}.s .p{fill:#116329;font-weight:600}\n"
    ".x line{stroke:#cf222e}.x path,.x text{fill:#cf222e}.x text{font-weight:600}\n"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.q,.q text{fill:#9198a1}.n{fill:#848d97}\n"
    ".bar{stroke:#6e7681}.box{fill:#3fb9500f;stroke:#3fb950}.c line{stroke:#d29922}.c path{fill:#d29922}.c .p{fill:#e3b341}\n"
    ".s line{stroke:#3fb950}.s path{fill:#3fb950}.s .p{fill:#56d364}.x line{stroke:#ff7b72}.x path,.x text{fill:#ff7b72}}\n";

/* Escaped, on one line, and cut with a sign that it was. */
static void words(struct text *out, const char *string, size_t columns)
{
    struct text cut = {0};
    bool whole = columns == 0 || text_columns(string) <= columns;
    text_add_clean(&cut, string, whole ? 0 : columns - 1, false);
    text_add(&cut, whole ? "" : "…");
    text_add_html(out, text_string(&cut));
    text_free(&cut);
}

static void label_at(struct svg *s, int x, int y, const char *class, const char *string)
{
    text_print(&s->over, "<text x=\"%d\" y=\"%d\"%s%s%s>", x, y, class[0] != '\0' ? " class=\"" : "", class,
               class[0] != '\0' ? "\"" : "");
    words(&s->over, string, LABEL_MOST);
    text_add(&s->over, "</text>");
}

/* Opens the group of an event with its sentence. */
static void open_group(struct svg *s, const struct trace_event *event, const char *class)
{
    struct text sentence = {0};
    words_event(&sentence, s->trace, event, true);
    text_print(&s->over, "<g class=\"%s\"><title>", class);
    words(&s->over, text_string(&sentence), 0);
    text_add(&s->over, "</title>");
    text_free(&sentence);
}

static void close_group(struct svg *s)
{
    text_add(&s->over, "</g>\n");
}

/* Text beside the side whose affair it is, in as many lines as it takes. */
static void beside(struct svg *s, hf_side side, const char *mark, const char *string)
{
    bool client = side == HF_CLIENT;
    for (bool first = true; *string != '\0'; first = false) {
        struct text piece = {0};
        size_t len = text_line_of_words(string, BESIDE_MOST);
        text_print(&piece, "%s%s", first && client ? mark : "",
                   first && client && mark[0] != '\0' ? " " : "");
        text_add_bytes(&piece, string, len);
        text_print(&piece, "%s%s", first && !client && mark[0] != '\0' ? " " : "",
                   first && !client ? mark : "");
        label_at(s, client ? CLIENT_X + 10 : SERVER_X - 10, s->y + 13, client ? "" : "e",
                 text_string(&piece));
        text_free(&piece);
        s->y += LINE_ROW;
        string += len;
        while (*string == ' ') {
            string++;
        }
    }
}

static void line(struct svg *s, const struct trace_event *event, int y)
{
    bool client = event->by == HF_CLIENT;
    int from = client ? CLIENT_X + 2 : SERVER_X - 2, to = client ? SERVER_X - 8 : CLIENT_X + 8;
    int tip = client ? SERVER_X - 2 : CLIENT_X + 2, back = client ? tip - 10 : tip + 10;
    for (int off = event->epoch == 0 ? 0 : -2; off <= 2; off += event->epoch == 0 ? 3 : 4) {
        text_print(&s->over, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", from, y + off, to, y + off);
    }
    text_print(&s->over, "<path d=\"M%d %dL%d %dL%d %dz\"/>", tip, y, back, y - 5, back, y + 5);
}

static void arrow(struct svg *s, const struct trace_event *event)
{
    struct text label = {0}, word = {0};
    int baseline = s->y + 15, y = s->y + 23;
    bool client = event->by == HF_CLIENT, alarm = event->kind == HF_EVENT_ALERT;
    open_group(s, event, alarm ? "x" : event->epoch == 0 ? "c" : "s");
    words_label(&label, s->trace, event, false);
    bool fits = event_has_detail(event) &&
                text_columns(text_string(&label)) + text_columns(event->text) + 2 <= LABEL_MOST;
    if (fits) {
        text_print(&label, ": %s", event->text);
    }
    text_print(&word, "%u", ++s->number);
    label_at(s, CLIENT_X - 10, y + 4, "n", text_string(&word));
    label_at(s, client ? CLIENT_X + 10 : SERVER_X - 10, baseline, client ? "" : "e", text_string(&label));
    line(s, event, y);
    text_free(&word);
    words_protection(&word, event->epoch);
    label_at(s, EPOCH_X, y + 4, "p", text_string(&word));
    text_free(&word);
    if (!s->trace->spec && event->size > 0) {
        words_size(&word, event->size);
        label_at(s, SIZE_X, y + 4, "q e", text_string(&word));
    }
    label_at(s, RFC_X, y + 4, "q", event->rfc);
    s->y += ARROW_ROW;
    if (alarm) {
        text_free(&word);
        words_alert(&word, event->alert, event->by);
        beside(s, event->by, "✗", text_string(&word));
    } else if (event_has_detail(event) && !fits) {
        beside(s, event->by, "", event->text);
    }
    close_group(s);
    text_free(&label);
    text_free(&word);
}

static void other(struct svg *s, const struct trace_event *event)
{
    struct text sentence = {0};
    bool alarm = event->kind == HF_EVENT_FAILED || event->kind == HF_EVENT_CLOSED;
    hf_side side = words_beside(&sentence, event, true);
    open_group(s, event, alarm ? "x" : "q");
    beside(s, side, alarm ? "✗" : "·", text_string(&sentence));
    close_group(s);
    text_free(&sentence);
}

/* Behind the last event of a handshake inside another's protection. */
static void close_box(struct svg *s)
{
    text_print(&s->under, "<rect class=\"box\" x=\"8\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n",
               s->box_top, WIDTH - 16, s->y - s->box_top + 2);
    s->y += GAP * 2;
    s->box_ends = 0;
}

static void open_box(struct svg *s, const struct trace_event *event, size_t ends)
{
    struct text words_of_box = {0};
    s->y += GAP;
    s->box_top = s->y;
    s->box_ends = ends;
    text_print(&words_of_box, "another handshake, inside e%u", event->epoch);
    text_add(&s->over, "<g class=\"s\">");
    label_at(s, CLIENT_X + 10, s->y + 15, "p", text_string(&words_of_box));
    close_group(s);
    text_free(&words_of_box);
    s->y += LINE_ROW + 2;
}

static void draw_events(struct svg *s)
{
    const struct trace *t = s->trace;
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        size_t ends = s->box_ends == 0 ? event_last_inside(t, i) : 0;
        if (ends > 0) {
            open_box(s, event, ends);
        }
        if (event_is_shown(event)) {
            event_is_on_wire(event) ? arrow(s, event) : other(s, event);
        }
        if (s->box_ends > 0 && s->box_ends == i) {
            close_box(s);
        }
    }
    for (size_t i = 0; words_legend(t, i)[0] != '\0'; i++) {
        text_add(&s->over, "<g class=\"q\">");
        beside(s, HF_CLIENT, "", words_legend(t, i));
        close_group(s);
    }
    if (t->dropped > 0) {
        struct text dropped = {0};
        text_print(&dropped, "%zu further events were not kept", t->dropped);
        text_add(&s->over, "<g class=\"q\">");
        beside(s, HF_CLIENT, "·", text_string(&dropped));
        close_group(s);
        text_free(&dropped);
    }
}

/* What the picture is, for who cannot see it: where it comes from, and how many messages there are. */
static void description(const struct svg *s, struct text *out)
{
    const struct trace *t = s->trace;
    text_print(out, "A ladder of %u messages between client and server%s%s. ", s->number,
               t->rfc != NULL ? ", " : "", t->rfc != NULL ? t->rfc : "");
    text_add(
        out,
        "A dashed arrow was sent in the clear, a double one was protected; the word clear, e1, e2 beside it says the same.");
    if (t->text != NULL) {
        text_print(out, " %s", t->text);
    }
}

void draw_svg(const struct trace *t, const struct picture *p, struct text *out)
{
    struct svg s = {.trace = t, .y = TOP};
    struct text about = {0};
    (void)p;
    draw_events(&s);
    int height = s.y + 18;
    description(&s, &about);
    text_print(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
        "aria-labelledby=\"title desc\" lang=\"en\">\n<title id=\"title\">",
        WIDTH, height, WIDTH, height);
    words(out, t->title[0] != '\0' ? t->title : "TLS handshake", 0);
    text_add(out, "</title>\n<desc id=\"desc\">");
    words(out, text_string(&about), 0);
    text_print(out,
               "</desc>\n<style>\n%s</style>\n<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
               style, WIDTH, height);
    text_add(out, "<text class=\"h\" x=\"24\" y=\"32\">");
    words(out, t->title[0] != '\0' ? t->title : "TLS handshake", 96);
    text_print(
        out,
        "</text>\n<text class=\"side\" x=\"%d\" y=\"64\">client</text><text class=\"side\" x=\"%d\" y=\"64\">server</text>\n",
        CLIENT_X, SERVER_X);
    text_add(out, text_string(&s.under));
    text_print(
        out,
        "<line class=\"bar\" x1=\"%d\" y1=\"72\" x2=\"%d\" y2=\"%d\"/><line class=\"bar\" x1=\"%d\" y1=\"72\" x2=\"%d\" y2=\"%d\"/>\n",
        CLIENT_X, CLIENT_X, height - 12, SERVER_X, SERVER_X, height - 12);
    text_add(out, text_string(&s.over));
    text_add(out, "</svg>\n");
    out->failed |= s.over.failed || s.under.failed || about.failed;
    text_free(&about);
    text_free(&s.under);
    text_free(&s.over);
}
