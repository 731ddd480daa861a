/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

/* --echo: what arrives goes back. What the peer does not read stays unread here: there is no buffer between
 * the two. */

static bool echo_open(struct peer *p)
{
    (void)p;
    return true;
}

static bool echo_turn(struct peer *p)
{
    hf_conn *conn = p->link.conn;
    bool moved = false;
    for (;;) {
        size_t used = 0;
        hf_bytes app = hf_peek_app(conn);
        if (app.len == 0 || hf_push_app(conn, app, &used) != HF_OK || used == 0) {
            break;
        }
        hf_drop_app(conn, used);
        moved = true;
    }
    unsigned wants = hf_wants(conn);
    /* The peer's half may close first: all it sent goes back before ours does. */
    if ((wants & HF_CLOSED_IN) != 0 && (wants & (HF_CLOSED_OUT | HF_TAKE_APP)) == 0 &&
        hf_failed(conn) == NULL) {
        return hf_close(conn) == HF_OK || moved;
    }
    return moved;
}

static void echo_close(struct peer *p)
{
    (void)p;
}

const struct service echo_service = {echo_open, echo_turn, echo_close, NULL};
