/* SPDX-License-Identifier: MIT */
#include "cli/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HELD = 64 * 1024,
    UNSENT = 128 * 1024, /* more than this waits for the network before more is read */
    PIPE_PIECE = 4096,   /* PIPE_BUF: poll says a pipe is writable when this much fits, and then such a write
                            does not wait */
};

void relay_start(struct relay *r, int in, int out)
{
    struct stat about;
    *r = (struct relay){.in = in, .out = out};
    if (out >= 0 && fstat(out, &about) == 0) {
        r->out_is_socket = S_ISSOCK(about.st_mode);
        r->out_is_file = S_ISREG(about.st_mode) || S_ISBLK(about.st_mode);
    }
}

void relay_end(struct relay *r)
{
    free(r->held);
    r->held = NULL;
}

static ssize_t write_some(const struct relay *r, hf_bytes bytes)
{
    if (r->out_is_socket) {
        return send(r->out, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    size_t len = r->out_is_file || bytes.len < PIPE_PIECE ? bytes.len : PIPE_PIECE;
    return write(r->out, bytes.data, len);
}

bool relay_out(struct relay *r, hf_conn *conn)
{
    bool moved = false;
    /* The descriptors of a pipe or a terminal block: one piece for each time that poll says there is room. */
    bool once = !r->out_is_socket && !r->out_is_file;
    do {
        hf_bytes app = hf_peek_app(conn);
        if (app.len == 0 || r->out_failed) {
            break;
        }
        ssize_t n = write_some(r, app);
        if (n > 0) {
            hf_drop_app(conn, (size_t)n);
            moved = true;
        } else if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
            r->error = errno;
            r->out_failed = true;
        } else {
            break;
        }
    } while (!once);
    if (r->out_is_socket && !r->out_ended && hf_peek_app(conn).len == 0 &&
        (hf_wants(conn) & HF_CLOSED_IN) != 0 && hf_failed(conn) == NULL) {
        shutdown(r->out, SHUT_WR);
        r->out_ended = true;
    }
    return moved;
}

static bool push_held(struct relay *r, hf_conn *conn)
{
    size_t used = 0;
    if (r->first.len > 0) {
        bool gone = (hf_wants(conn) & HF_GIVE_APP) != 0 && hf_push_app(conn, r->first, &used) == HF_OK;
        r->first.data += gone ? used : 0;
        r->first.len -= gone ? used : 0;
        return gone && used > 0;
    }
    if (r->start == r->end || (hf_wants(conn) & HF_GIVE_APP) == 0) {
        return false;
    }
    /* A refusal is the connection's failure; it says so itself. */
    if (hf_push_app(conn, (hf_bytes){r->held + r->start, r->end - r->start}, &used) != HF_OK) {
        return false;
    }
    r->start += used;
    return used > 0;
}

bool relay_in(struct relay *r, hf_conn *conn, bool readable)
{
    bool moved = push_held(r, conn);
    if (readable && relay_wants_in(r, conn)) {
        if (r->held == NULL && (r->held = malloc(HELD)) == NULL) {
            hf_abort(conn, HF_NO_MEMORY);
            return true;
        }
        ssize_t n = read(r->in, r->held, HELD);
        if (n > 0) {
            r->start = 0;
            r->end = (size_t)n;
            moved = true;
        } else if (n == 0) {
            r->in_ended = true;
        } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
            r->error = errno;
            r->in_ended = true;
        }
        moved |= push_held(r, conn);
    }
    /* An input that broke is no clean end: the peer must not take it for one. */
    bool may_close = (hf_wants(conn) & HF_GIVE_APP) != 0 && (hf_wants(conn) & HF_CLOSED_OUT) == 0;
    if (r->in_ended && r->start == r->end && r->first.len == 0 && may_close) {
        if (r->error != 0 && !r->out_failed) {
            hf_abort(conn, HF_IO_FAILED);
        } else if (hf_close(conn) != HF_OK) {
            return moved;
        }
        return true;
    }
    return moved;
}

bool relay_wants_in(const struct relay *r, hf_conn *conn)
{
    unsigned wants = hf_wants(conn);
    return r->in >= 0 && !r->in_ended && r->start == r->end && r->first.len == 0 &&
           (wants & HF_GIVE_APP) != 0 && (wants & HF_CLOSED_OUT) == 0 && hf_peek_wire(conn).len < UNSENT;
}

bool relay_wants_out(const struct relay *r, const hf_conn *conn)
{
    return !r->out_failed && hf_peek_app(conn).len > 0;
}
