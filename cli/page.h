/* SPDX-License-Identifier: MIT */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <handfast/conn.h>

#include "trace/text.h"

/* The page of serve --http: what was negotiated, as HTML without scripts; an error page for a status other
 * than 200. */
void page_write(struct text *out, const hf_conn *conn, int status, const char *reason);

#endif
