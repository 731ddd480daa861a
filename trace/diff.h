/* SPDX-License-Identifier: MIT */
#ifndef TRACE_DIFF_H
#define TRACE_DIFF_H

#include "trace/trace.h"

/* ---- diff.c ---- */
/*
 * What two traces have in common is told with two blanks before it, what only one has with '-' and '+',
 * messages that differ with '~' and their fields below. What differs each time (randoms, keys, signatures,
 * tickets) is passed over unless all. Answers how many events differ.
 */
size_t trace_diff(struct text *out, const struct trace *a, const struct trace *b, bool all,
                  const struct picture *p);

/* ---- expect.c ---- */
enum { TRACE_WHY = 128 };
/*
 * Whether the trace has what is expected: "complete", "resumed", the name of a message, step, alert, error or
 * of a check that held, "Message/field" or "Message/field/field=value" (groups between may be left out);
 * "not:" before it: has not. Otherwise why says what there is.
 */
bool trace_holds(const struct trace *t, const char *expectation, char why[TRACE_WHY]);

#endif
