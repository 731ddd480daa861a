/* SPDX-License-Identifier: MIT */
#ifndef TRACE_LOG_FIELDS_H
#define TRACE_LOG_FIELDS_H

#include "trace/json_read.h"
#include "trace/trace.h"

/* What hexadecimal digits stand for, in the trace's memory; up to the first that is none. */
hf_bytes log_hex(struct trace *t, const char *digits);
/* An event's fields: nested objects become the event's flat list. */
void log_read_fields(struct json *j, struct trace *t, struct trace_event *e);

#endif
