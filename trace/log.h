/* SPDX-License-Identifier: MIT */
#ifndef TRACE_LOG_H
#define TRACE_LOG_H

#include "trace/trace.h"

/*
 * Event logs read back, as json, sqlog and qlog write them (docs/flow-events.schema.json): what can be drawn
 * of a trace can be drawn of its log. Messages' bytes are not in a log, their fields are. Members that are
 * not known are passed over.
 */
/* It may take the trace and leave an empty one in its place (trace_start). */
typedef void log_visitor(void *arg, struct trace *t);
/*
 * Calls visitor with each trace in order; those without a title of their own get the one given. 0, or the
 * line (from 1) from which on the text is no event log: what stands before it was told.
 */
size_t log_read(const char *text, size_t len, const char *title, log_visitor *visitor, void *arg);

#endif
