/* SPDX-License-Identifier: MIT */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "cli/cli.h"

/* The page of serve --http: what was negotiated, and the ladder of the handshakes that made it so, as they
 * happened. */
void page_write(struct text *out, const struct settings *s, const hf_conn *conn, const struct trace *t);
void page_error(struct text *out, int status, const char *reason);

#endif
