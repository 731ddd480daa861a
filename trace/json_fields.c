/* SPDX-License-Identifier: MIT */
#include "trace/json.h"

/* A message's fields as nested objects; what is not for everybody is only said to be there. */

const char *json_field_kind(hf_field_kind kind)
{
    switch (kind) {
    case HF_FIELD_GROUP:
        return "group";
    case HF_FIELD_EXTENSION:
        return "extension";
    case HF_FIELD_NUMBER:
        return "number";
    case HF_FIELD_BYTES:
        return "bytes";
    case HF_FIELD_TEXT:
        return "text";
    default:
        return "malformed";
    }
}

static bool is_group(const hf_field *f)
{
    return f->kind == HF_FIELD_GROUP || f->kind == HF_FIELD_EXTENSION;
}

static void value(struct text *out, const hf_field *f, const struct picture *p)
{
    if (is_group(f) || f->kind == HF_FIELD_NUMBER) {
        text_print(out, ",\"value\":%llu", (unsigned long long)f->number);
    } else if (!field_is_shown(f, p)) {
        text_print(out, ",\"hidden\":\"%s\"", f->privacy == HF_CREDENTIAL ? "credential" : "personal");
        return; /* nor what it stands for */
    } else {
        text_add(out, ",\"hex\":\"");
        words_hex(out, f->bytes);
        text_add(out, "\"");
    }
    if (f->text[0] != '\0') {
        text_add(out, ",\"text\":");
        text_add_json(out, f->text);
    }
}

/* The field and its members; answers the index behind them. */
static size_t one_field(struct text *out, const struct trace_event *event, size_t i, const struct picture *p)
{
    const hf_field *f = &event->fields[i++];
    text_print(out, "{\"name\":\"%s\",\"kind\":\"%s\",\"at\":[%zu,%zu]", f->name, json_field_kind(f->kind),
               f->offset, f->length);
    value(out, f, p);
    if (f->rfc[0] != '\0') {
        text_print(out, ",\"rfc\":\"%s\"", f->rfc);
    }
    if (is_group(f)) {
        text_add(out, ",\"fields\":[");
        for (bool first = true; i < event->field_count && event->fields[i].depth > f->depth; first = false) {
            text_add(out, first ? "" : ",");
            i = one_field(out, event, i, p);
        }
        text_add(out, "]");
    }
    text_add(out, "}");
    return i;
}

void json_fields(struct text *out, const struct trace_event *event, const struct picture *p)
{
    if (event->field_count == 0) {
        return;
    }
    text_add(out, ",\"fields\":[");
    for (size_t i = 0; i < event->field_count;) {
        text_add(out, i == 0 ? "" : ",");
        i = one_field(out, event, i, p);
    }
    text_add(out, "]");
}
