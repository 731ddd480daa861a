/* SPDX-License-Identifier: MIT */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "cli/cli.h"
#include "cli/link.h"

/* What is said of a connection when it has ended, and the exit code that follows from it. */
int report_code(const struct link *l);
/* well: nothing that happened counts as a failure, like an end of TCP after a close_notify of ours that asked
 * for no answer. */
void report_json(const struct link *l, hf_side side, unsigned long number, bool well);
/* The failure in words, with the alert by direction; nothing when there is none. */
void report_failure(const struct link *l, hf_side side, const char *peer);
/* "TLS 1.2, TLS_…, x25519, …, resumed": for -v and for serve's log. */
void report_negotiated(struct text *out, const hf_conn *conn);
/* ", records of 1024 bytes": what bounds the size of records more than the protocol does; nothing when
 * nothing does. */
void report_limits(struct text *out, const hf_summary *n, const char *before);

/* ---- pictures ---- */
struct trace *trace_new(const char *title); /* NULL when memory ran out */
/* Whether each connection is drawn: by --flow, or because that is what the command is for. */
bool flow_is_drawn(const struct settings *s);
/* Pictures that are text are read one below the other. */
bool flow_is_text(const struct settings *s);
/* NULL as well where nothing is drawn and --expect asks for nothing. */
struct trace *trace_for(const struct settings *s, const char *title);
/* What happens on conn from now on goes to the trace, with its time. */
void trace_observe(struct trace *t, hf_conn *conn, hf_observer *observer);
/* EXIT_USAGE after having said that the format is not known. */
int flow_format(const struct settings *s, const struct trace_format **format);
/* Whether the option says "show". */
bool option_shows(const struct settings *s, enum option option);
/* What --expect and --golden say of it: EXIT_DIFFERS or EXIT_INPUT after having said why, else code. */
int trace_judge(const struct settings *s, const struct trace *t, int code);
void trace_show(const struct settings *s, const struct trace *t, FILE *to);

#endif
