/* SPDX-License-Identifier: MIT */
#ifndef TRACE_JSON_H
#define TRACE_JSON_H

#include "trace/words.h"

/* The event log's form: docs/flow-events.schema.json says what is in it. */
const char *json_kind(hf_event_kind kind);
const char *json_field_kind(hf_field_kind kind);
/* The first event of one connection of several says which. */
void json_event(struct text *out, const struct trace *t, const struct trace_event *event,
                const struct picture *p);
/* ,"fields":[…], or nothing. */
void json_fields(struct text *out, const struct trace_event *event, const struct picture *p);

#endif
