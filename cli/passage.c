/* SPDX-License-Identifier: MIT */
#include "cli/passage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, UNSENT_MOST = 256 * 1024, SETTLE = 100 /* ms */ };

struct sending {
    uv_write_t request;
    struct leg *to;
    size_t len;
    char bytes[];
};

static void dial(struct passage *p);
static void start_reading(struct leg *from);

static struct leg *other_leg(struct leg *l)
{
    return &l->passage->leg[l->from == HF_CLIENT ? HF_SERVER : HF_CLIENT];
}

/* ---- the end ---- */
static void on_closed(uv_handle_t *handle)
{
    struct passage *p = handle->data;
    if (--p->handles == 0) {
        passed_finish(p);
        tap_passage_gone(p->server, p);
        free(p);
    }
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, on_closed);
    }
}

/* Draws when all handles are closed. */
static void finish(struct passage *p)
{
    for (int side = 0; side < 2; side++) {
        if (p->leg[side].open) {
            close_handle((uv_handle_t *)&p->leg[side].stream);
        }
    }
    if (p->fd >= 0) {
        close_handle((uv_handle_t *)&p->dialing);
    }
    close_handle((uv_handle_t *)&p->settle);
}

static void on_settled(uv_timer_t *timer)
{
    finish(timer->data);
}

static void over(struct passage *p)
{
    if (!p->over) {
        p->over = true;
        bool waits = given(p->server->settings, OPT_READ_KEYLOG) && !p->looked && p->connected;
        uv_timer_start(&p->settle, on_settled, waits ? SETTLE : 0, 0);
    }
}

void passage_cut(struct passage *p)
{
    for (int side = 0; side < 2 && !p->over; side++) {
        if (!p->leg[side].ended) {
            p->leg[side].ended = true;
            passed_end(p, (hf_side)side, true);
        }
    }
    p->over = true;
    finish(p);
}

/* ---- passing on ---- */
static void end_if_both_ended(struct passage *p)
{
    if (p->leg[HF_CLIENT].ended && p->leg[HF_SERVER].ended && p->leg[HF_CLIENT].shut &&
        p->leg[HF_SERVER].shut) {
        over(p);
    }
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct leg *to = request->data;
    (void)status;
    free(request);
    to->shut = true;
    end_if_both_ended(to->passage);
}

/* The peer hears that no more comes, once what waits has been sent. */
static void shut(struct leg *to)
{
    uv_shutdown_t *request = malloc(sizeof *request);
    if (request != NULL) {
        request->data = to;
    }
    if (request == NULL || uv_shutdown(request, (uv_stream_t *)&to->stream, on_shut) != 0) {
        free(request);
        to->shut = true;
        end_if_both_ended(to->passage);
    }
}

static void on_sent(uv_write_t *request, int status)
{
    struct sending *one = (struct sending *)(void *)request;
    struct leg *to = one->to, *from = other_leg(to);
    to->unsent -= one->len;
    free(one);
    if (status < 0 && status != UV_ECANCELED && !to->passage->over) {
        passage_cut(to->passage);
    } else if (to->unsent < UNSENT_MOST && !from->ended && !to->passage->over) {
        start_reading(from);
    }
}

static void pass_on(struct leg *from, const char *bytes, size_t len)
{
    struct leg *to = other_leg(from);
    struct sending *one = malloc(sizeof *one + len);
    passed_add(from->passage, from->from, (hf_bytes){(const uint8_t *)bytes, len});
    if (one == NULL) {
        say_problem(HF_NO_MEMORY, from->passage->watched ? from->passage->watched->name : "");
        passage_cut(from->passage);
        return;
    }
    one->to = to;
    one->len = len;
    memcpy(one->bytes, bytes, len);
    uv_buf_t buffer = uv_buf_init(one->bytes, (unsigned)len);
    to->unsent += len;
    if (uv_write(&one->request, (uv_stream_t *)&to->stream, &buffer, 1, on_sent) != 0) {
        to->unsent -= len;
        free(one);
        passage_cut(from->passage);
    } else if (to->unsent >= UNSENT_MOST) {
        uv_read_stop((uv_stream_t *)&from->stream);
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char room[PIECE]; /* one read at a time, and each is copied */
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(room, sizeof room);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct passage *p = stream->data;
    struct leg *from = stream == (uv_stream_t *)&p->leg[HF_CLIENT].stream ? &p->leg[HF_CLIENT]
                                                                          : &p->leg[HF_SERVER];
    if (p->over) {
        return;
    }
    if (n > 0) {
        pass_on(from, buffer->base, (size_t)n);
    } else if (n == UV_EOF) {
        uv_read_stop(stream);
        from->ended = true;
        passed_end(p, from->from, false);
        shut(other_leg(from));
    } else if (n < 0) {
        passage_cut(p);
    }
}

static void start_reading(struct leg *from)
{
    uv_read_start((uv_stream_t *)&from->stream, on_room, on_read);
}

/* ---- the beginning ---- */
static int open_leg(struct passage *p, hf_side side, int fd)
{
    struct leg *l = &p->leg[side];
    *l = (struct leg){.passage = p, .from = side};
    int error = uv_pipe_init(&p->server->loop, &l->stream, 0);
    if (error == 0) {
        l->stream.data = p;
        l->open = true;
        p->handles++;
        error = uv_pipe_open(&l->stream, fd);
    }
    if (error != 0) {
        close(fd);
    }
    return error;
}

static void connected(struct passage *p, int fd)
{
    p->connected = true;
    if (open_leg(p, HF_SERVER, fd) != 0) {
        passage_cut(p);
        return;
    }
    start_reading(&p->leg[HF_CLIENT]);
    start_reading(&p->leg[HF_SERVER]);
}

static void unreachable(struct passage *p, int error)
{
    const struct settings *s = p->server->settings;
    say_error("%s: no connection to %s (%s)", p->watched ? p->watched->name : "tap", s->positional[1],
              strerror(error));
    p->failed = true;
    passage_cut(p);
}

/* The attempt's handle is closed: its socket goes to the leg, or is no good. */
static void on_dialed(uv_handle_t *handle)
{
    struct passage *p = handle->data;
    int error = 0, fd = p->fd;
    socklen_t len = sizeof error;
    p->fd = -1;
    p->handles--;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error == 0 && !p->over) {
        connected(p, fd);
        return;
    }
    close(fd);
    if (p->over) {
        p->handles++;
        on_closed(handle);
        return;
    }
    p->place++;
    errno = error;
    dial(p);
}

static void on_dialing(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    uv_close((uv_handle_t *)poll, on_dialed);
}

/* The next place of the target that lets itself be tried. */
static void dial(struct passage *p)
{
    const struct places *target = &p->server->target;
    int error = errno;
    for (p->fd = -1; p->fd < 0 && p->place < target->count; p->place += p->fd < 0) {
        p->fd = place_begin(target, p->place);
        error = p->fd < 0 ? errno : 0;
    }
    if (p->fd >= 0 && uv_poll_init(&p->server->loop, &p->dialing, p->fd) == 0) {
        p->dialing.data = p;
        p->handles++;
        uv_poll_start(&p->dialing, UV_WRITABLE, on_dialing);
        return;
    }
    if (p->fd >= 0) {
        close(p->fd);
        p->fd = -1;
        error = ENOMEM;
    }
    unreachable(p, error);
}

void passage_begin(struct tap_server *s, int fd)
{
    char name[160], client[128];
    struct passage *p = calloc(1, sizeof *p);
    if (p == NULL) {
        close(fd);
        tap_passage_gone(s, NULL);
        return;
    }
    socket_name_of(client, sizeof client, fd, true);
    (void)snprintf(name, sizeof name, "connection %lu, %.60s to %.70s", s->accepted, client,
                   s->settings->positional[1]);
    p->server = s;
    p->fd = -1;
    p->last = &p->first;
    p->watched = watched_new(&s->watch, s->accepted, name, true);
    p->next = s->passages;
    if (p->next != NULL) {
        p->next->previous = p;
    }
    s->passages = p;
    uv_timer_init(&s->loop, &p->settle);
    p->settle.data = p;
    p->looked = !given(s->settings, OPT_READ_KEYLOG); /* there is nothing to wait for */
    p->handles = 1;
    if (open_leg(p, HF_CLIENT, fd) != 0) {
        passage_cut(p);
        return;
    }
    errno = EADDRNOTAVAIL;
    dial(p);
}
