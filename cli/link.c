/* SPDX-License-Identifier: MIT */
#include "cli/link.h"

#include <handfast/early.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/supplemental.h"

enum { ARRIVED = 64 * 1024 };

void link_start(struct link *l, hf_conn *conn, int fd)
{
    *l = (struct link){.fd = fd, .conn = conn, .store_wait = -1};
}

void link_close(struct link *l)
{
    hf_conn_free(l->conn);
    if (l->fd >= 0) {
        close(l->fd);
    }
    if (l->arrived != NULL) {
        explicit_bzero(l->arrived, ARRIVED); /* records were opened in place: it holds plaintext */
        free(l->arrived);
    }
    *l = (struct link){.fd = -1};
}

static bool send_wire(struct link *l)
{
    bool moved = false;
    for (;;) {
        hf_bytes out = hf_peek_wire(l->conn);
        if (out.len == 0) {
            return moved;
        }
        if (l->unsendable) {
            hf_drop_wire(l->conn, out.len);
            continue;
        }
        ssize_t n = send(l->fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            hf_drop_wire(l->conn, (size_t)n);
            moved = true;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return moved;
        } else {
            /* The peer may have said why before it went: what arrived is read first. */
            l->unsendable = true;
            l->error = errno;
        }
    }
}

static bool stuck(struct link *l)
{
    return hf_failed(l->conn) != NULL || hf_peek_app(l->conn).len > 0 || hf_peek_early(l->conn).len > 0;
}

/* Takes in what is held, up to the next plaintext. */
static bool push_held(struct link *l)
{
    bool moved = supplemental_reply(l->conn); /* an answer raises questions without a byte from the peer */
    if ((hf_wants(l->conn) & HF_CLOSED_IN) != 0 && hf_peek_app(l->conn).len == 0) {
        l->start = l->end; /* nothing behind close_notify counts */
    }
    while (l->start < l->end && !stuck(l)) {
        size_t used = 0;
        hf_err err = hf_push_wire(l->conn, l->arrived + l->start, l->end - l->start, &used);
        l->start += used;
        bool answered = supplemental_reply(l->conn);
        moved |= used > 0 || answered;
        if (err != HF_OK || (used == 0 && !answered)) {
            break;
        }
    }
    bool held = hf_peek_app(l->conn).len > 0 || hf_peek_early(l->conn).len > 0;
    if (l->start == l->end && !held && l->arrived != NULL) {
        free(l->arrived);
        l->arrived = NULL;
        l->start = l->end = 0;
    }
    return moved;
}

static void at_end(struct link *l, int error)
{
    l->ended = true;
    if (error != 0 && l->error == 0) {
        l->error = error;
    }
    /* The connection judges it: a clean end, or data missing. Its verdict is in hf_failed. */
    hf_err verdict = hf_end_wire(l->conn);
    if (verdict == HF_OK) {
        l->error = 0;
    }
}

/* True when something was read. */
static bool read_wire(struct link *l)
{
    if (l->arrived == NULL) {
        l->arrived = malloc(ARRIVED);
        if (l->arrived == NULL) {
            hf_abort(l->conn, HF_NO_MEMORY);
            return true;
        }
    }
    ssize_t n;
    do {
        n = recv(l->fd, l->arrived, ARRIVED, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        l->start = 0;
        l->end = (size_t)n;
        return true;
    }
    if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        at_end(l, n == 0 ? 0 : errno);
    }
    free(l->arrived);
    l->arrived = NULL;
    return n == 0 || l->ended;
}

static bool may_read(struct link *l)
{
    return !l->ended && l->start == l->end && !stuck(l);
}

bool link_turn(struct link *l, bool readable)
{
    bool moved = push_held(l);
    if (readable && may_read(l)) {
        moved |= read_wire(l);
        moved |= push_held(l);
    }
    moved |= send_wire(l);
    if (l->unsendable && may_read(l)) {
        moved |= read_wire(l);
        moved |= push_held(l);
    }
    return moved;
}

unsigned link_events(struct link *l)
{
    bool sending = !l->unsendable && hf_peek_wire(l->conn).len > 0;
    return (may_read(l) ? LINK_READ : 0u) | (sending ? LINK_WRITE : 0u);
}

bool link_is_closed(const struct link *l)
{
    unsigned wants = hf_wants(l->conn);
    return hf_failed(l->conn) == NULL && (wants & HF_CLOSED_IN) != 0 && (wants & HF_CLOSED_OUT) != 0;
}

bool link_is_over(struct link *l)
{
    bool sent = l->unsendable || hf_peek_wire(l->conn).len == 0;
    if (hf_peek_app(l->conn).len > 0) {
        return false;
    }
    return (sent && (hf_failed(l->conn) != NULL || link_is_closed(l))) || (l->ended && l->unsendable);
}
