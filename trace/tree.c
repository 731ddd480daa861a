/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

/* Everything: each message with all of its fields and the bytes they stand in, and what came of it. */
enum { RANGE = 11, INDENT = 2, MOST_BYTES = 32 };

static void range(struct text *out, const hf_field *field)
{
    struct text where = {0};
    if (field->length > 1) {
        text_print(&where, "%zu-%zu", field->offset, field->offset + field->length - 1);
    } else if (field->length == 1) {
        text_print(&where, "%zu", field->offset);
    }
    size_t used = text_columns(text_string(&where));
    text_repeat(out, " ", used < RANGE ? RANGE - used : 0);
    text_print(out, "%s  ", text_string(&where));
    text_free(&where);
}

static void field_line(struct text *out, const hf_field *field, const struct picture *p)
{
    struct text value = {0};
    range(out, field);
    text_repeat(out, " ", (size_t)field->depth * INDENT);
    words_field_name(out, field);
    words_field(&value, field, p, MOST_BYTES);
    text_print(out, "%s%s", text_string(&value)[0] == '\0' ? "" : ": ", text_string(&value));
    if (field->rfc[0] != '\0') {
        text_print(out, "  [%s]", field->rfc);
    }
    text_add(out, "\n");
    text_free(&value);
}

static void detail(struct text *out, const char *name, const char *value)
{
    if (value[0] != '\0') {
        text_repeat(out, " ", RANGE + 2);
        text_print(out, "%s%s\n", name, value);
    }
}

/* "record 3", "records 3-5", and under which keys. */
static void records(struct text *out, const struct trace_event *event)
{
    if (event->record == 0) {
        return;
    }
    if (event->first_record != 0 && event->first_record != event->record) {
        text_print(out, ", records %u-%u", (unsigned)event->first_record, (unsigned)event->record);
    } else {
        text_print(out, ", record %u", (unsigned)event->record);
    }
    const char *suite = event->protected_by == 0 ? NULL : hf_name_of(HF_SUITES, event->protected_by);
    if (event->epoch > 0) {
        text_print(out, ", sequence %llu", (unsigned long long)event->sequence);
        text_print(out, suite == NULL ? "%s" : ", %s", suite == NULL ? "" : suite);
    }
}

/* ", +1.250 ms": since the first event. */
static void since_start(struct text *out, const struct trace *t, const struct trace_event *event)
{
    if (event->time != 0 && t->events[0].time != 0) {
        text_print(out, ", +%.3f ms", (double)(event->time - t->events[0].time) / 1000);
    }
}

static void wire_line(struct text *out, const struct trace *t, const struct trace_event *event,
                      unsigned number, const struct picture *p)
{
    const char *to = p->ascii ? "->" : "→";
    text_print(out, "#%u %s %s %s  ", number, side_word(event->by), to, side_word(side_other(event->by)));
    words_label(out, t, event, p->ascii);
    text_add(out, "  ");
    words_protection(out, event->epoch);
    if (!t->spec) {
        text_add(out, ", ");
        words_size(out, event->size);
        records(out, event);
    }
    since_start(out, t, event);
    if (event->rfc[0] != '\0') {
        text_print(out, "  [%s]", event->rfc);
    }
    text_add(out, "\n");
}

static void other_line(struct text *out, const struct trace *t, const struct trace_event *event,
                       unsigned number, const struct picture *p)
{
    struct text words = {0};
    words_event(&words, t, event, p->shared);
    text_print(out, "#%u ", number);
    text_add_clean(out, text_string(&words), 0, p->ascii);
    since_start(out, t, event);
    if (event->kind == HF_EVENT_ANSWER && event->wait > 0) {
        text_print(out, ": it took %.3f ms", (double)event->wait / 1000);
    }
    text_add(out, "\n");
    text_free(&words);
}

static void message_details(struct text *out, const struct trace_event *event, const struct picture *p)
{
    struct text hash = {0};
    detail(out, "because ", event->why);
    for (size_t i = 0; i < event->field_count; i++) {
        field_line(out, &event->fields[i], p);
    }
    words_hex(&hash, event->transcript_hash);
    detail(out, "transcript hash: ", text_string(&hash));
    detail(out, "", event->new_keys ? "what this side sends from here on is protected by new keys" : "");
    text_free(&hash);
}

/* Checks and secrets stand below the step that they belong to. */
static void outcome(struct text *out, const struct trace_event *event, const struct picture *p)
{
    struct text words = {0};
    words_outcome(&words, event, p);
    detail(out, "", text_string(&words));
    text_free(&words);
}

void draw_tree(const struct trace *t, const struct picture *p, struct text *out)
{
    unsigned number = 0;
    if (t->title[0] != '\0') {
        text_add_clean(out, t->title, 0, p->ascii);
        text_add(out, "\n");
    }
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        if (event->kind == HF_EVENT_CHECK || event->kind == HF_EVENT_SECRET) {
            outcome(out, event, p);
        } else if (event_is_shown(event)) {
            text_add(out, "\n");
            if (event_is_on_wire(event)) {
                wire_line(out, t, event, ++number, p);
            } else {
                other_line(out, t, event, ++number, p);
            }
            message_details(out, event, p);
            /* TLS 1.3 answers most extensions in the second */
            if (event->kind == HF_EVENT_STEP && (strcmp(event->name, "ServerHello") == 0 ||
                                                 strcmp(event->name, "EncryptedExtensions") == 0)) {
                draw_offers(t, event, p, out);
            }
        }
    }
    if (t->dropped > 0) {
        text_print(out, "\n%zu further events were not kept.\n", t->dropped);
    }
}
