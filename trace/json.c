/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

static const char *kind_word(hf_event_kind kind)
{
    switch (kind) {
    case HF_EVENT_STEP:
        return "step";
    case HF_EVENT_ASK:
        return "ask";
    case HF_EVENT_ANSWER:
        return "answer";
    case HF_EVENT_ALERT:
        return "alert";
    case HF_EVENT_RESUMPTION:
        return "resumption";
    case HF_EVENT_DONE:
        return "done";
    case HF_EVENT_DATA:
        return "data";
    case HF_EVENT_CLOSED:
        return "closed";
    case HF_EVENT_FAILED:
        return "failed";
    case HF_EVENT_NOTE:
        return "note";
    case HF_EVENT_CHECK:
        return "check";
    case HF_EVENT_SECRET:
        return "secret";
    case HF_EVENT_HIDDEN:
        return "hidden";
    }
    return "unknown";
}

static void member(struct text *out, const char *name, const char *value)
{
    text_print(out, ",\"%s\":", name);
    text_add_json(out, value);
}

static void wire_members(struct text *out, const struct trace *t, const struct trace_event *event)
{
    text_print(out, ",\"epoch\":%u", event->epoch);
    if (event->keys[0] != '\0') {
        member(out, "keys", event->keys);
    }
    if (!t->spec) {
        text_print(out, ",\"size\":%zu,\"record\":%u", event->size, (unsigned)event->record);
    }
    if (event->kind == HF_EVENT_DATA) {
        text_print(out, ",\"records\":%u", event->times);
    }
    if (event->new_keys) {
        text_add(out, ",\"new_keys\":true");
    }
}

/* JSON lines: one object an event, in order. */
void draw_json(const struct trace *t, const struct picture *p, struct text *out)
{
    (void)p;
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        text_print(out, "{\"event\":\"%s\",\"by\":\"%s\",\"seen_by\":\"%s\"", kind_word(event->kind),
                   side_word(event->by), side_word(event->seen_by));
        member(out, "name",
               event->kind == HF_EVENT_ALERT ? hf_alert_name(event->alert)
               : event->name[0] != '\0'      ? event->name
                                             : NULL);
        if (event->kind == HF_EVENT_STEP) {
            text_print(out, ",\"local\":%s", event->local ? "true" : "false");
            text_add(out, t->spec && event->optional ? ",\"optional\":true" : "");
        }
        if (event_is_on_wire(event)) {
            wire_members(out, t, event);
        }
        if (event->kind == HF_EVENT_ALERT) {
            text_print(out, ",\"level\":%u,\"description\":%u", (unsigned)event->alert_level,
                       (unsigned)event->alert);
        }
        if (event->kind == HF_EVENT_RESUMPTION) {
            text_print(out, ",\"resumed\":%s", event->resumption == HF_RESUMED ? "true" : "false");
            member(out, "reason", hf_resumption_sentence(event->resumption));
        }
        if (event->err != HF_OK) {
            member(out, "error", hf_err_name(event->err));
        }
        if (event->text[0] != '\0') {
            member(out, "text", event->kind == HF_EVENT_FAILED ? words_failure(event, true) : event->text);
        }
        if (event->rfc[0] != '\0') {
            member(out, "rfc", event->rfc);
        }
        text_add(out, "}\n");
    }
}
