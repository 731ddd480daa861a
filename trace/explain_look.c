/* SPDX-License-Identifier: MIT */
#include "trace/explain.h"

#include <string.h>

const struct trace_event *message_before(const struct trace *t, size_t end, hf_side by, const char *name)
{
    while (end > 0) {
        const struct trace_event *event = &t->events[--end];
        if (event->kind == HF_EVENT_STEP && !event->local && event->by == by &&
            strcmp(event->name, name) == 0) {
            return event;
        }
    }
    return NULL;
}

size_t fatal_alert(const struct trace *t)
{
    size_t i = 0;
    while (i < t->count && !(t->events[i].kind == HF_EVENT_ALERT && t->events[i].alert_level != 1)) {
        i++;
    }
    return i;
}

const hf_field *field_named(const struct trace_event *message, const char *name)
{
    for (size_t i = 0; message != NULL && i < message->field_count; i++) {
        if (strcmp(message->fields[i].name, name) == 0) {
            return &message->fields[i];
        }
    }
    return NULL;
}

bool add_values(struct text *out, const struct trace_event *message, const char *name, size_t most)
{
    const struct picture plain = {.shared = true};
    size_t found = 0;
    for (size_t i = 0; message != NULL && i < message->field_count; i++) {
        const hf_field *field = &message->fields[i];
        if (strcmp(field->name, name) != 0 || ++found > most) {
            continue;
        }
        text_add(out, found > 1 ? ", " : "");
        if (field->text[0] != '\0' && field->privacy == HF_PUBLIC) {
            text_add_clean(out, field->text, 0, false);
        } else {
            words_field(out, field, &plain, 8);
        }
    }
    if (found > most) {
        text_print(out, " and %zu more", found - most);
    }
    return found > 0;
}
