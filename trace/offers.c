/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

/* The hellos' extensions side by side: what the client offered and what the server made of it. */
enum { NAME = 26, VALUE = 36, MOST_BYTES = 8 };

/* The client's hello before the server's; NULL: it was not seen. */
static const struct trace_event *offer_before(const struct trace *t, const struct trace_event *answer)
{
    while (answer > t->events) {
        answer--;
        if (answer->kind == HF_EVENT_STEP && strcmp(answer->name, "ClientHello") == 0) {
            return answer;
        }
    }
    return NULL;
}

static const hf_field *extension_of(const struct trace_event *hello, uint64_t code)
{
    for (size_t i = 0; hello != NULL && i < hello->field_count; i++) {
        if (hello->fields[i].kind == HF_FIELD_EXTENSION && hello->fields[i].number == code) {
            return &hello->fields[i];
        }
    }
    return NULL;
}

/* A name of a vocabulary speaks for itself; what else has a name of its own is told with it. */
static void leaf_value(struct text *out, const hf_field *f, bool alone, const struct picture *p)
{
    bool named = f->kind == HF_FIELD_NUMBER && f->text[0] != '\0' && strcmp(f->text, "unknown") != 0;
    bool member = f->name[0] >= 'a' && f->name[0] <= 'z';
    if (named) {
        text_add(out, f->text);
        return;
    }
    if (member && !alone && f->kind != HF_FIELD_TEXT) {
        text_print(out, "%s ", f->name);
    }
    words_field(out, f, p, MOST_BYTES);
}

static bool is_leaf(const hf_field *f)
{
    return f->kind != HF_FIELD_GROUP || f->bytes.len == 0;
}

void words_extension(struct text *out, const struct trace_event *hello, const hf_field *extension,
                     const struct picture *p)
{
    const hf_field *end = extension + 1, *last = hello->fields + hello->field_count;
    size_t leaves = 0, told = 0;
    for (; end < last && end->depth > extension->depth; end++) {
        leaves += is_leaf(end);
    }
    for (const hf_field *f = extension + 1; f < end; f++) {
        if (is_leaf(f)) {
            text_add(out, told++ ? ", " : "");
            leaf_value(out, f, leaves == 1, p);
        }
    }
    text_add(out, leaves > 0 ? "" : extension->text[0] != '\0' ? extension->text : "empty");
}

static void column(struct text *out, const char *string, size_t columns, const struct picture *p, bool last)
{
    struct text cut = {0};
    size_t wide = text_columns(string);
    text_add_clean(&cut, string, wide > columns && !last ? columns - 3 : 0, p->ascii);
    text_add(&cut, wide > columns && !last ? "..." : "");
    text_add(out, text_string(&cut));
    wide = text_columns(text_string(&cut));
    text_repeat(out, " ", !last && wide < columns ? columns - wide : 0);
    text_free(&cut);
}

static void row(struct text *out, const char *name, const char *offered, const char *answered,
                const struct picture *p)
{
    text_repeat(out, " ", 4);
    column(out, name, NAME, p, false);
    text_add(out, "  ");
    column(out, offered, VALUE, p, false);
    text_add(out, "  ");
    column(out, answered, VALUE, p, true);
    text_add(out, "\n");
}

static void one(const struct trace_event *offer, const struct trace_event *answer, const hf_field *extension,
                const struct picture *p, struct text *out)
{
    struct text offered = {0}, answered = {0};
    const hf_field *from_client = extension_of(offer, extension->number);
    const hf_field *from_server = extension_of(answer, extension->number);
    if (from_client != NULL) {
        words_extension(&offered, offer, from_client, p);
    }
    if (from_server != NULL) {
        words_extension(&answered, answer, from_server, p);
    }
    row(out, extension->name, from_client == NULL ? "-" : text_string(&offered),
        from_server == NULL ? "-" : text_string(&answered), p);
    text_free(&offered);
    text_free(&answered);
}

void draw_offers(const struct trace *t, const struct trace_event *answer, const struct picture *p,
                 struct text *out)
{
    const struct trace_event *offer = offer_before(t, answer);
    if (offer == NULL || (offer->field_count == 0 && answer->field_count == 0)) {
        return;
    }
    text_add(out, "\n");
    row(out, "extension", "offered", "answered", p);
    bool all = strcmp(answer->name, "ServerHello") == 0 && answer->version < 0x0304;
    for (size_t i = 0; i < offer->field_count; i++) {
        const hf_field *f = &offer->fields[i];
        if (f->kind == HF_FIELD_EXTENSION && (all || extension_of(answer, f->number) != NULL)) {
            one(offer, answer, f, p, out);
        }
    }
    for (size_t i = 0; i < answer->field_count; i++) {
        const hf_field *f = &answer->fields[i];
        if (f->kind == HF_FIELD_EXTENSION && extension_of(offer, f->number) == NULL) {
            one(offer, answer, f, p, out);
        }
    }
}
