/* SPDX-License-Identifier: MIT */
#include "trace/json.h"

#include <string.h>

const char *json_kind(hf_event_kind kind)
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

static void member_unless_empty(struct text *out, const char *name, const char *value)
{
    if (value[0] != '\0') {
        member(out, name, value);
    }
}

static void hex_member(struct text *out, const char *name, hf_bytes bytes)
{
    if (bytes.len > 0) {
        text_print(out, ",\"%s\":\"", name);
        words_hex(out, bytes);
        text_add(out, "\"");
    }
}

static void name_member(struct text *out, const char *member_name, hf_vocabulary vocabulary, uint16_t code)
{
    const char *name = code == 0 ? NULL : hf_name_of(vocabulary, code);
    if (name != NULL) {
        member(out, member_name, name);
    }
}

static void wire_members(struct text *out, const struct trace *t, const struct trace_event *event)
{
    text_print(out, ",\"epoch\":%u", event->epoch);
    if (event->keys[0] != '\0') {
        member(out, "keys", event->keys);
    }
    if (!t->spec) {
        text_print(out, ",\"size\":%zu,\"record\":%u", event->size, (unsigned)event->record);
        if (event->first_record != 0 && event->first_record != event->record) {
            text_print(out, ",\"first_record\":%u", (unsigned)event->first_record);
        }
    }
    if (event->epoch > 0 && event->record > 0) {
        text_print(out, ",\"sequence\":%llu", (unsigned long long)event->sequence);
    }
    name_member(out, "protected_by", HF_SUITES, event->protected_by);
    if (event->kind == HF_EVENT_DATA) {
        text_print(out, ",\"records\":%u", event->times);
    }
    if (event->new_keys) {
        text_add(out, ",\"new_keys\":true");
    }
}

/* What is told of one kind of event alone. */
static void kind_members(struct text *out, const struct trace *t, const struct trace_event *event,
                         const struct picture *p)
{
    switch (event->kind) {
    case HF_EVENT_STEP:
        text_print(out, ",\"local\":%s", event->local ? "true" : "false");
        text_add(out, t->spec && event->optional ? ",\"optional\":true" : "");
        break;
    case HF_EVENT_ALERT:
        text_print(out, ",\"level\":%u,\"description\":%u", (unsigned)event->alert_level,
                   (unsigned)event->alert);
        break;
    case HF_EVENT_RESUMPTION:
        text_print(out, ",\"resumed\":%s", event->resumption == HF_RESUMED ? "true" : "false");
        member(out, "reason", hf_resumption_sentence(event->resumption));
        break;
    case HF_EVENT_CHECK:
        text_print(out, ",\"passed\":%s", event->passed ? "true" : "false");
        member_unless_empty(out, "about", event->about);
        break;
    case HF_EVENT_SECRET:
        member_unless_empty(out, "about", event->about);
        hex_member(out, "fingerprint", event->fingerprint);
        if (p->secrets) {
            hex_member(out, "secret", event->secret);
        }
        break;
    default:
        break;
    }
}

/* What an event says in words, without what may name a client. */
static const char *text_of(const struct trace_event *event, const struct picture *p)
{
    if (event->kind == HF_EVENT_FAILED && event->text[0] != '\0') {
        return words_failure(event, true);
    }
    /* but for early data, whose reasons name nobody */
    bool names = event->kind == HF_EVENT_CHECK && event->seen_by == HF_SERVER &&
                 strcmp(event->name, "early data") != 0;
    return names && !p->personal ? "" : event->text;
}

static void detail_members(struct text *out, const struct trace_event *event, const struct picture *p)
{
    if (event->handshake > 0) {
        text_print(out, ",\"handshake\":%u", event->handshake);
    }
    name_member(out, "version", HF_VERSIONS, event->version);
    name_member(out, "suite", HF_SUITES, event->suite);
    if (event->err != HF_OK) {
        member(out, "error", hf_err_name(event->err));
    }
    member_unless_empty(out, "text", text_of(event, p));
    member_unless_empty(out, "why", event->why);
    member_unless_empty(out, "rfc", event->rfc);
    hex_member(out, "transcript_hash", event->transcript_hash);
    if (event->time != 0) {
        text_print(out, ",\"time\":%lld", (long long)event->time);
    }
    if (event->kind == HF_EVENT_ANSWER && event->wait >= 0) {
        text_print(out, ",\"wait\":%lld", (long long)event->wait);
    }
}

void json_event(struct text *out, const struct trace *t, const struct trace_event *event,
                const struct picture *p)
{
    text_print(out, "{\"event\":\"%s\",\"by\":\"%s\",\"seen_by\":\"%s\"", json_kind(event->kind),
               side_word(event->by), side_word(event->seen_by));
    member(out, "name",
           event->kind == HF_EVENT_ALERT ? hf_alert_name(event->alert)
           : event->name[0] != '\0'      ? event->name
                                         : NULL);
    if (event == t->events && t->connection > 0) {
        member(out, "title", t->title);
        text_print(out, ",\"connection\":%lu", t->connection);
    }
    kind_members(out, t, event, p);
    if (event_is_on_wire(event)) {
        wire_members(out, t, event);
    }
    detail_members(out, event, p);
    json_fields(out, event, p);
    text_add(out, "}");
}

/* JSON lines: one object an event, in order. */
void draw_json(const struct trace *t, const struct picture *p, struct text *out)
{
    for (size_t i = 0; i < t->count; i++) {
        json_event(out, t, &t->events[i], p);
        text_add(out, "\n");
    }
}
