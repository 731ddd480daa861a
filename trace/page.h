/* SPDX-License-Identifier: MIT */
#ifndef TRACE_PAGE_H
#define TRACE_PAGE_H

#include "trace/words.h"

/* trace/page.css and trace/page.js, put into the program by tools/embed.cmake. */
extern const char page_style[], page_script[];
/*
 * What a Content-Security-Policy says for them: only these very bytes. tests/docs/pictures.py computes the
 * hashes anew; a browser refuses a stylesheet and a script that differ.
 */
extern const char page_policy[];

/* Why it was sent, which records carry it. */
void page_facts(struct text *out, const struct trace_event *event);
/* A list's item: a check, or a secret that was derived. */
void page_finding(struct text *out, const struct picture *p, const struct trace_event *event);
/* A message's fields and bytes, each linked with the other. number is the message's in the picture: what ids
 * begin with, "m7/random". */
void page_message(struct text *out, const struct picture *p, const struct trace_event *event,
                  unsigned number);

#endif
