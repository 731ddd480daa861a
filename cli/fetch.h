/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include <uv.h>

#include "cli/fetch_rules.h"

/* One GET over plain HTTP, in the server's loop: bounded in time and size, without redirects. */
struct fetch;
/* Called once, from the loop: the content, or why there is none (content.len 0). */
typedef void fetch_done(void *arg, hf_bytes content, const char *why);
/* NULL with *why set where it could not even begin; done is not called then. limit: most bytes that are of
 * use. */
struct fetch *fetch_begin(uv_loop_t *loop, const struct fetch_rules *rules, hf_bytes url, size_t limit,
                          const char **why);
void fetch_wait(struct fetch *f, fetch_done *done, void *arg);
/* Nobody waits any more: done is not called. It frees itself. */
void fetch_cancel(struct fetch *f);

/* ---- http_response.c ---- */
/* What arrived so far of a response to a request of HTTP/1.0: RFC 9112 4, 5, 6. */
enum response { RESPONSE_MORE, RESPONSE_WHOLE, RESPONSE_REFUSED };
struct response_view {
    hf_bytes content;
    const char *why; /* RESPONSE_REFUSED */
};
/* most: bytes of content; ended: nothing more will come. */
enum response response_look(hf_bytes arrived, size_t most, bool ended, struct response_view *view);
enum { RESPONSE_HEAD_MOST = 8192 };

#endif
