/* SPDX-License-Identifier: MIT */
#include "trace/explain.h"

enum { WIDTH_MOST = 100 };

/* Indented, as wide as the picture, the marks of other alphabets left out where only ASCII is wanted. */
static void paragraph(struct text *out, const struct picture *p, const char *string)
{
    struct text clean = {0};
    size_t width = p->width < 40 ? 40 : p->width > WIDTH_MOST ? WIDTH_MOST : p->width;
    text_add_clean(&clean, string, 0, p->ascii);
    for (const char *at = text_string(&clean); *at != '\0';) {
        size_t len = text_line_of_words(at, width - 4);
        text_add(out, "    ");
        text_add_bytes(out, at, len);
        text_add(out, "\n");
        at += len;
        while (*at == ' ') {
            at++;
        }
    }
    text_free(&clean);
}

static bool tell(const struct trace *t, const struct picture *p, const struct rule *rule, struct text *out)
{
    struct finding finding = {.rfc = NULL};
    enum sureness sure = rule->test(t, &finding);
    if (sure != SILENT) {
        const char *rfc = finding.rfc != NULL ? finding.rfc : rule->rfc;
        const char *remedy = finding.remedy != NULL ? finding.remedy : rule->remedy;
        struct text line = {0};
        text_print(out, "%s: %s\n", sure == CERTAIN ? "certain" : "likely", rule->id);
        text_print(&line, "%s%s%s%s.", text_string(&finding.what), rfc[0] != '\0' ? " (" : "", rfc,
                   rfc[0] != '\0' ? ")" : "");
        paragraph(out, p, text_string(&line));
        if (remedy[0] != '\0') {
            text_free(&line);
            text_print(&line, "Remedy: %s.", remedy);
            paragraph(out, p, text_string(&line));
        }
        text_free(&line);
    }
    out->failed |= finding.what.failed;
    text_free(&finding.what);
    return sure != SILENT;
}

void draw_explain(const struct trace *t, const struct picture *p, struct text *out)
{
    bool told = false;
    if (t->title[0] != '\0') {
        text_add_clean(out, t->title, 0, p->ascii);
        text_add(out, "\n\n");
    }
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        told |= tell(t, p, rule_at(i), out);
    }
    if (!told) {
        paragraph(out, p, "Nothing went wrong that these events show.");
    }
    if (t->dropped > 0) {
        text_print(out, "(%zu further events were not kept)\n", t->dropped);
    }
}
