/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

#include <handfast/early.h>

#include <stdlib.h>
#include <string.h>

/*
 * --echo: what arrives goes back. What the peer does not read stays unread here: there is no buffer between
 * the two. Only what a peer says in the midst of a later handshake is held until that is complete, because
 * the handshake's own messages come behind it.
 */
enum { HELD_MOST = 64 * 1024 };
struct echo {
    size_t start, end;
    uint8_t held[HELD_MOST];
};

static bool echo_open(struct peer *p)
{
    (void)p;
    return true;
}

static bool hold(struct peer *p)
{
    hf_bytes app = hf_peek_app(p->link.conn);
    struct echo *e = p->state;
    if (app.len == 0 || (hf_wants(p->link.conn) & (HF_GIVE_APP | HF_CLOSED_OUT)) != 0) {
        return false;
    }
    if (e == NULL && (e = p->state = calloc(1, sizeof *e)) == NULL) {
        hf_abort(p->link.conn, HF_NO_MEMORY);
        return false;
    }
    size_t len = app.len < HELD_MOST - e->end ? app.len : HELD_MOST - e->end;
    memcpy(e->held + e->end, app.data, len);
    e->end += len;
    hf_drop_app(p->link.conn, len);
    return len > 0;
}

static bool release(struct peer *p)
{
    struct echo *e = p->state;
    size_t used = 0;
    if (e == NULL ||
        hf_push_app(p->link.conn, (hf_bytes){e->held + e->start, e->end - e->start}, &used) != HF_OK) {
        return false;
    }
    e->start += used;
    if (e->start == e->end) {
        free(e);
        p->state = NULL;
    }
    return used > 0;
}

/* RFC 8446 2.3: what came early goes back at once; to do so twice does no harm. */
static bool echo_early(hf_conn *conn)
{
    bool moved = false;
    for (;;) {
        size_t used = 0;
        hf_bytes early = hf_peek_early(conn);
        if (early.len == 0 || hf_push_app(conn, early, &used) != HF_OK || used == 0) {
            return moved;
        }
        hf_drop_early(conn, used);
        moved = true;
    }
}

static bool echo_turn(struct peer *p)
{
    hf_conn *conn = p->link.conn;
    bool moved = release(p);
    moved |= echo_early(conn);
    for (;;) {
        size_t used = 0;
        hf_bytes app = hf_peek_app(conn);
        if (p->state != NULL || app.len == 0 || hf_push_app(conn, app, &used) != HF_OK || used == 0) {
            break;
        }
        hf_drop_app(conn, used);
        moved = true;
    }
    moved |= hold(p);
    unsigned wants = hf_wants(conn);
    /* The peer's half may close first: all it sent goes back before ours does. */
    if ((wants & HF_CLOSED_IN) != 0 && (wants & (HF_CLOSED_OUT | HF_TAKE_APP)) == 0 && p->state == NULL &&
        hf_failed(conn) == NULL) {
        return hf_close(conn) == HF_OK || moved;
    }
    return moved;
}

static void echo_close(struct peer *p)
{
    free(p->state);
    p->state = NULL;
}

const struct service echo_service = {
    .open = echo_open, .turn = echo_turn, .close = echo_close, .early = true};
