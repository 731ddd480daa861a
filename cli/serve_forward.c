/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --forward: each connection gets its own to the plain server. Either half may close first. */

struct backend {
    struct peer *peer;
    uv_poll_t poll;
    int fd;
    size_t place; /* being tried */
    bool connected, gone;
    int error;   /* of the last place */
    int waiting; /* UV_READABLE, UV_WRITABLE: what poll waits for */
    struct relay relay;
};

static void on_backend(uv_poll_t *poll, int status, int events);

/* Begins to connect, to the first place from `place` on that lets itself be tried; 0, or an errno. */
static int backend_try(struct backend *b, size_t place)
{
    struct peer *p = b->peer;
    const struct places *places = &p->server->backend;
    int error = b->error != 0 ? b->error : EADDRNOTAVAIL;
    for (b->fd = -1; b->fd < 0 && place < places->count; place++) {
        b->fd = place_begin(places, place);
        error = b->fd < 0 ? errno : 0;
    }
    b->place = place;
    if (error == 0 && uv_poll_init(&p->server->loop, &b->poll, b->fd) != 0) {
        close(b->fd);
        error = ENOMEM;
    }
    if (error == 0) {
        b->poll.data = b;
        p->handles++;
        b->waiting = UV_WRITABLE;
        uv_poll_start(&b->poll, UV_WRITABLE, on_backend);
    }
    return error;
}

static void unreachable(struct peer *p, int error)
{
    say_error("%s: --forward %s: no connection (%s)", p->name, option_text(p->server->settings, OPT_FORWARD),
              strerror(error));
    /* Without close_notify: the client must not take this for the server's clean end. */
    hf_abort(p->link.conn, HF_IO_FAILED);
}

/* The socket is done with: the connection has ended, or the next place is tried. */
static void on_closed(uv_handle_t *handle)
{
    struct backend *b = handle->data;
    struct peer *p = b->peer;
    uv_handle_t of_peer = {.data = p};
    close(b->fd);
    int error = b->gone ? 0 : backend_try(b, b->place);
    if (b->gone) {
        relay_end(&b->relay);
        free(b);
    } else if (error != 0) {
        p->state = NULL;
        free(b);
        unreachable(p, error);
        peer_turn(p, false);
    }
    peer_handle_closed(&of_peer);
}

static void on_backend(uv_poll_t *poll, int status, int events)
{
    struct backend *b = poll->data;
    struct peer *p = b->peer;
    if (!b->connected) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(b->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error != 0) {
            b->error = error;
            uv_close((uv_handle_t *)poll, on_closed);
            return;
        }
        b->connected = true;
        relay_start(&b->relay, b->fd, b->fd);
    }
    if (status < 0 || (events & UV_READABLE) != 0) {
        relay_in(&b->relay, p->link.conn, true);
    }
    peer_turn(p, false);
}

static bool forward_open(struct peer *p)
{
    struct backend *b = calloc(1, sizeof *b);
    int error = ENOMEM;
    if (b != NULL) {
        b->peer = p;
        error = backend_try(b, 0);
    }
    if (error != 0) {
        free(b);
        unreachable(p, error);
        return false;
    }
    p->state = b;
    return true;
}

static bool forward_turn(struct peer *p)
{
    struct backend *b = p->state;
    hf_conn *conn = p->link.conn;
    if (b == NULL || !b->connected) {
        return false;
    }
    bool moved = relay_out(&b->relay, conn);
    moved |= relay_in(&b->relay, conn, false);
    if (b->relay.out_failed && hf_failed(conn) == NULL) {
        hf_abort(conn, HF_IO_FAILED);
        moved = true;
    }
    int events = (relay_wants_in(&b->relay, conn) ? UV_READABLE : 0) |
                 (relay_wants_out(&b->relay, conn) ? UV_WRITABLE : 0);
    if (events == b->waiting) {
        return moved;
    }
    b->waiting = events;
    if (events == 0) {
        uv_poll_stop(&b->poll);
    } else {
        uv_poll_start(&b->poll, events, on_backend);
    }
    return moved;
}

static void forward_close(struct peer *p)
{
    struct backend *b = p->state;
    if (b == NULL) {
        return;
    }
    b->gone = true;
    if (!uv_is_closing((uv_handle_t *)&b->poll)) {
        uv_close((uv_handle_t *)&b->poll, on_closed);
    }
}

/* A client that vanished: the plain server still gets what came from it. */
static bool forward_outlives(const struct peer *p)
{
    const struct backend *b = p->state;
    return b != NULL && b->connected && !b->relay.out_failed;
}

const struct service forward_service = {forward_open, forward_turn, forward_close, forward_outlives};
