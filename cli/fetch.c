/* SPDX-License-Identifier: MIT */
#include "cli/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All of it lives until libuv has given back its handles and the resolver its request. */
struct fetch {
    uv_loop_t *loop;
    const struct fetch_rules *rules;
    struct fetch_target target;
    fetch_done *done; /* NULL: nobody waits, or it was told */
    void *arg;
    uv_getaddrinfo_t resolve;
    uv_connect_t connect;
    uv_write_t write;
    uv_timer_t timer;
    uv_tcp_t tcp;
    bool resolving, has_tcp, ending;
    unsigned handles;
    char request[1500];
    size_t most, len;
    uint8_t *arrived; /* head and content */
    char why[200];
};

static void free_when_idle(struct fetch *f)
{
    if (f->handles == 0 && !f->resolving) {
        free(f->arrived);
        free(f);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct fetch *f = handle->data;
    f->handles--;
    free_when_idle(f);
}

static void end(struct fetch *f)
{
    if (f->ending) {
        return;
    }
    f->ending = true;
    if (f->resolving) {
        uv_cancel((uv_req_t *)&f->resolve);
    }
    uv_close((uv_handle_t *)&f->timer, on_closed);
    if (f->has_tcp) {
        uv_close((uv_handle_t *)&f->tcp, on_closed);
    }
}

/* Tells who waits, once. content points into f, which stays until the loop runs again. */
static void finish(struct fetch *f, hf_bytes content, const char *why)
{
    fetch_done *done = f->done;
    f->done = NULL;
    end(f);
    if (done != NULL) {
        done(f->arg, content, why);
    }
}

static void fail(struct fetch *f, const char *what, int error)
{
    snprintf(f->why, sizeof f->why, "%s (%s)", what, uv_strerror(error));
    finish(f, (hf_bytes){NULL, 0}, f->why);
}

static void look(struct fetch *f, bool ended)
{
    struct response_view view;
    switch (response_look((hf_bytes){f->arrived, f->len}, f->most, ended, &view)) {
    case RESPONSE_WHOLE:
        finish(f, view.content, "");
        break;
    case RESPONSE_REFUSED:
        finish(f, (hf_bytes){NULL, 0}, view.why);
        break;
    default:
        break;
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct fetch *f = handle->data;
    (void)suggested;
    *room = uv_buf_init((char *)f->arrived + f->len, (unsigned)(RESPONSE_HEAD_MOST + f->most + 1 - f->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
    struct fetch *f = stream->data;
    (void)room;
    if (n < 0 && n != UV_EOF) {
        fail(f, "the connection to the web server broke", (int)n);
        return;
    }
    f->len += n > 0 ? (size_t)n : 0;
    look(f, n < 0);
}

static void on_written(uv_write_t *write, int status)
{
    struct fetch *f = write->data;
    if (status < 0 && !f->ending) {
        fail(f, "the connection to the web server broke", status);
    }
}

/* HTTP/1.0 with a Host: no web server may answer that in chunks, RFC 9112 7.1. */
static void on_connected(uv_connect_t *connect, int status)
{
    struct fetch *f = connect->data;
    if (f->ending) {
        return;
    }
    if (status < 0) {
        fail(f, "no connection to the web server", status);
        return;
    }
    int len = snprintf(f->request, sizeof f->request,
                       "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: handfast\r\n"
                       "Accept: application/pkix-cert, application/pkix-pkipath\r\nConnection: close\r\n\r\n",
                       f->target.path, f->target.authority);
    uv_buf_t bytes = uv_buf_init(f->request, (unsigned)len);
    int error = uv_read_start((uv_stream_t *)&f->tcp, on_room, on_read);
    error = error != 0 ? error : uv_write(&f->write, (uv_stream_t *)&f->tcp, &bytes, 1, on_written);
    if (error != 0) {
        fail(f, "the web server could not be asked", error);
    }
}

/* The address that was looked at is the one connected to: a name that leads elsewhere a moment later changes
 * nothing. */
static void connect_to(struct fetch *f, const struct sockaddr *address)
{
    int error = uv_tcp_init(f->loop, &f->tcp);
    if (error == 0) {
        f->has_tcp = true;
        f->handles++;
        f->tcp.data = f->connect.data = f->write.data = f;
        error = uv_tcp_connect(&f->connect, &f->tcp, address, on_connected);
    }
    if (error != 0) {
        fail(f, "no connection to the web server", error);
    }
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *found)
{
    struct fetch *f = resolve->data;
    f->resolving = false;
    if (f->ending) {
        uv_freeaddrinfo(found);
        free_when_idle(f);
        return;
    }
    if (status < 0) {
        fail(f, "the host is not found", status);
        return;
    }
    const struct addrinfo *i = found;
    while (i != NULL && !fetch_allows_address(f->rules, i->ai_addr, f->target.place.port)) {
        i = i->ai_next;
    }
    if (i != NULL) {
        connect_to(f, i->ai_addr);
    } else {
        finish(f, (hf_bytes){NULL, 0},
               "the host leads to no public address, and --fetch-allow does not list the one it leads to");
    }
    uv_freeaddrinfo(found);
}

static void on_timeout(uv_timer_t *timer)
{
    finish(timer->data, (hf_bytes){NULL, 0}, "it took longer than --fetch-timeout allows");
}

static int start(struct fetch *f)
{
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    snprintf(port, sizeof port, "%u", f->target.place.port);
    f->resolve.data = f;
    int error = uv_getaddrinfo(f->loop, &f->resolve, on_resolved, f->target.place.host, port, &hints);
    f->resolving = error == 0;
    return error;
}

struct fetch *fetch_begin(uv_loop_t *loop, const struct fetch_rules *rules, hf_bytes url, size_t limit,
                          const char **why)
{
    struct fetch_target target;
    *why = fetch_target_of(&target, url);
    if (*why == NULL && !fetch_allows_host(rules, &target.place)) {
        *why = "--fetch-allow does not list this host and port";
    }
    struct fetch *f = *why == NULL ? calloc(1, sizeof *f) : NULL;
    size_t most = limit < rules->most ? limit : rules->most;
    uint8_t *arrived = f == NULL ? NULL : malloc(RESPONSE_HEAD_MOST + most + 1);
    if (arrived == NULL) {
        free(f);
        *why = *why == NULL ? "out of memory" : *why;
        return NULL;
    }
    *f = (struct fetch){.loop = loop, .rules = rules, .target = target, .most = most, .arrived = arrived};
    if (start(f) != 0) {
        free(arrived);
        free(f);
        *why = "the resolver could not be asked";
        return NULL;
    }
    uv_timer_init(loop, &f->timer);
    f->timer.data = f;
    f->handles = 1;
    uv_timer_start(&f->timer, on_timeout, rules->milliseconds, 0);
    return f;
}

void fetch_wait(struct fetch *f, fetch_done *done, void *arg)
{
    f->done = done;
    f->arg = arg;
}

void fetch_cancel(struct fetch *f)
{
    if (f != NULL) {
        f->done = NULL;
        end(f);
    }
}
