/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_UNIT_TRACE_EVENTS_H
#define HF_TESTS_UNIT_TRACE_EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trace/log.h"
#include "trace/trace.h"
#include "trace/words.h"

/* Events by hand, and what is drawn of them. */
hf_event event_step(hf_side by, const char *name, unsigned epoch, size_t size);
void a_short_connection(struct trace *t);
char *drawn(const struct trace *t, const char *format, struct picture p);

#endif
