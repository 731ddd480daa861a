/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

#include <handfast/early.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/renegotiation.h"
#include "cli/supplemental.h"

enum {
    LINGER = 2000, /* milliseconds that an alert has to reach the peer */
    DRAIN_SILENCE =
        1000 /* milliseconds of silence after which a connection counts as finished when the server stops */
};

static void on_timer(uv_timer_t *timer);

static void peer_free(struct peer *p)
{
    struct server *s = p->server;
    if (p->trace != NULL) {
        trace_free(p->trace);
        free(p->trace);
    }
    link_close(&p->link);
    if (p->next != NULL) {
        p->next->back = p->back;
    }
    *p->back = p->next;
    free(p);
    server_peer_gone(s);
}

void peer_handle_closed(uv_handle_t *handle)
{
    struct peer *p = handle->data;
    if (--p->handles == 0) {
        peer_free(p);
    }
}

/* The end without close_notify took nothing away. */
static bool is_well(const struct peer *p)
{
    const hf_failure *failure = hf_failed(p->link.conn);
    bool (*is_whole)(const struct peer *) = p->server->service->is_whole;
    return failure != NULL && failure->err == HF_TRUNCATED && p->opened && is_whole != NULL && is_whole(p);
}

/* The line of the log; failures with their reasons. */
static void log_line(const struct peer *p)
{
    const struct settings *o = p->server->settings;
    struct text line = {0};
    if (!given(o, OPT_QUIET)) {
        hf_stats stats = hf_conn_stats(p->link.conn);
        uint64_t in = stats.bytes_in + stats.early_in;
        report_negotiated(&line, p->link.conn);
        say("%s: %s, %llu bytes in, %llu out", p->name, text_string(&line), (unsigned long long)in,
            (unsigned long long)stats.bytes_out);
        text_free(&line);
    }
    if (p->idle && hf_failed(p->link.conn) == NULL) {
        say("%s: closed: %s", p->name,
            p->server->draining ? "the server stops" : "a time-out (--idle-timeout, --lifetime)");
    }
    if (!is_well(p)) {
        report_failure(&p->link, HF_SERVER, p->name);
    }
    if (given(o, OPT_JSON)) {
        report_json(&p->link, HF_SERVER, p->number, is_well(p));
    }
}

static void tell(const struct peer *p)
{
    struct server *s = p->server;
    int code = p->idle || s->draining || is_well(p) ? EXIT_WELL : report_code(&p->link);
    if (p->trace != NULL && flow_is_drawn(s->settings)) {
        if (s->shown++ > 0 && flow_is_text(s->settings)) {
            putchar('\n');
        }
        trace_show(s->settings, p->trace, stdout);
    }
    code = p->trace != NULL ? trace_judge(s->settings, p->trace, code) : code;
    s->code = s->code == EXIT_WELL ? code : s->code;
    log_line(p);
}

static void close_service(struct peer *p)
{
    if (p->opened) {
        p->opened = false;
        p->server->service->close(p);
    }
}

void peer_end(struct peer *p)
{
    if (p->stage == PEER_CLOSING) {
        return;
    }
    if (p->stage == PEER_SERVING) {
        tell(p);
    }
    p->stage = PEER_CLOSING;
    close_service(p);
    peer_fetch_end(p);
    peer_look_up_end(p);
    uv_close((uv_handle_t *)&p->poll, peer_handle_closed);
    uv_close((uv_handle_t *)&p->timer, peer_handle_closed);
}

/* A socket closed with bytes unread is reset, and the reset may overtake our alert: read to the peer's end
 * first. */
static void linger(struct peer *p)
{
    char dropped[4096];
    ssize_t n;
    while ((n = recv(p->link.fd, dropped, sizeof dropped, MSG_DONTWAIT)) > 0) {}
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        peer_end(p);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct peer *p = poll->data;
    if (p->stage == PEER_LINGERING) {
        linger(p);
    } else {
        peer_turn(p, status < 0 || (events & UV_READABLE) != 0);
    }
}

static void wait_for(struct peer *p, unsigned events)
{
    int wanted = ((events & LINK_READ) != 0 ? UV_READABLE : 0) |
                 ((events & LINK_WRITE) != 0 ? UV_WRITABLE : 0);
    if (wanted == p->waiting) {
        return;
    }
    p->waiting = wanted;
    if (wanted == 0) {
        uv_poll_stop(&p->poll);
    } else {
        uv_poll_start(&p->poll, wanted, on_poll);
    }
}

static void finish(struct peer *p)
{
    if (hf_failed(p->link.conn) == NULL || p->link.ended || p->link.unsendable) {
        peer_end(p);
        return;
    }
    tell(p);
    p->stage = PEER_LINGERING;
    close_service(p);
    peer_fetch_end(p);
    peer_look_up_end(p);
    shutdown(p->link.fd, SHUT_WR);
    wait_for(p, LINK_READ);
    uv_timer_start(&p->timer, on_timer, LINGER, 0);
    linger(p);
}

/* Starts the timer for what comes first: handshake, silence or age. */
static void set_timer(struct peer *p)
{
    struct server *s = p->server;
    uint64_t now = uv_now(&s->loop), due = UINT64_MAX;
    if (!p->shaken && s->handshake_timeout > 0) {
        due = p->born + s->handshake_timeout;
    }
    p->shaking = !p->shaken || !renegotiation_runs(p->link.conn) ? 0 : p->shaking == 0 ? now : p->shaking;
    if (p->shaking != 0 && s->handshake_timeout > 0) {
        due = p->shaking + s->handshake_timeout;
    } else if (p->shaken && (s->idle_timeout > 0 || s->draining)) {
        due = p->moved + (s->draining ? DRAIN_SILENCE : s->idle_timeout);
    }
    if (s->lifetime > 0 && p->born + s->lifetime < due) {
        due = p->born + s->lifetime;
    }
    if (due == UINT64_MAX) {
        uv_timer_stop(&p->timer);
    } else {
        uv_timer_start(&p->timer, on_timer, due > now ? due - now : 0, 0);
    }
}

static bool is_shaking_too_long(const struct peer *p)
{
    const struct server *s = p->server;
    return p->shaking != 0 && s->handshake_timeout > 0 &&
           uv_now(&s->loop) >= p->shaking + s->handshake_timeout;
}

static void on_timer(uv_timer_t *timer)
{
    struct peer *p = timer->data;
    if (p->stage != PEER_SERVING) {
        peer_end(p);
    } else if (!p->shaken || is_shaking_too_long(p)) {
        hf_abort(p->link.conn, HF_HANDSHAKE_TIMEOUT);
        peer_turn(p, false);
    } else {
        /* Silence, or old age: our half is closed, and whoever does not answer that is not waited for. */
        p->idle = true;
        if (hf_close(p->link.conn) == HF_OK) {
            link_turn(&p->link, false);
        }
        peer_end(p);
    }
}

/* When the handshake is complete, or when there is early data for who can tell it from other data. */
static bool open_service(struct peer *p)
{
    const struct service *service = p->server->service;
    hf_conn *conn = p->link.conn;
    bool fine = hf_failed(conn) == NULL, shaken = fine && hf_negotiated(conn)->complete;
    bool early = fine && service->early && hf_peek_early(conn).len > 0;
    bool begins = !p->shaken && shaken;
    if (begins) {
        p->shaken = true;
        export_print(p->server->settings, conn);
        supplemental_print(conn);
    }
    bool opens = !p->opened && (begins || early);
    if (opens) {
        p->opened = service->open(p);
    }
    if (begins) {
        renegotiation_start(p->server->settings, conn);
    }
    return begins || opens;
}

void peer_turn(struct peer *p, bool readable)
{
    const struct service *service = p->server->service;
    bool moved = false, again = true;
    while (again && p->stage == PEER_SERVING) {
        again = link_turn(&p->link, readable);
        again |= peer_fetch(p);
        again |= peer_look_up(p);
        readable = false;
        again |= open_service(p);
        if (p->opened) {
            again |= service->turn(p);
        }
        if (hf_failed(p->link.conn) != NULL &&
            !(p->opened && service->outlives != NULL && service->outlives(p))) {
            hf_drop_app(p->link.conn, hf_peek_app(p->link.conn).len); /* nobody is left to take it */
            hf_drop_early(p->link.conn, hf_peek_early(p->link.conn).len);
        }
        moved |= again;
    }
    if (p->stage != PEER_SERVING) {
        return;
    }
    if (moved) {
        p->moved = uv_now(&p->server->loop);
    }
    if (link_is_over(&p->link)) {
        finish(p);
        return;
    }
    wait_for(p, link_events(&p->link));
    set_timer(p);
}

static struct peer *peer_make(struct server *s, int fd)
{
    struct peer *p = calloc(1, sizeof *p);
    hf_conn *conn = p == NULL ? NULL : hf_conn_new(s->config, NULL, NULL);
    if (conn == NULL || uv_poll_init(&s->loop, &p->poll, fd) != 0) {
        hf_conn_free(conn);
        free(p);
        close(fd);
        say_problem(HF_NO_MEMORY, "");
        return NULL;
    }
    uv_timer_init(&s->loop, &p->timer);
    link_start(&p->link, conn, fd);
    p->server = s;
    p->poll.data = p->timer.data = p;
    p->handles = 2;
    p->number = s->accepted;
    p->born = p->moved = uv_now(&s->loop);
    p->back = &s->peers;
    p->next = s->peers;
    if (p->next != NULL) {
        p->next->back = &p->next;
    }
    s->peers = p;
    socket_name_of(p->name, sizeof p->name, fd, true);
    return p;
}

/* A connection that lives long must not fill memory with its data: what was not kept is counted. */
static void watch(void *arg, const hf_event *event)
{
    struct trace *t = arg;
    if (event->kind == HF_EVENT_DATA && t->count >= TRACE_MOST_EVENTS / 4) {
        t->dropped++;
    } else {
        trace_watch(t, event);
    }
}

void peer_begin(struct server *s, int fd)
{
    char title[128];
    struct peer *p = peer_make(s, fd);
    if (p == NULL) {
        server_peer_gone(s);
        return;
    }
    snprintf(title, sizeof title, "handfast %s, connection %lu from %.80s", s->settings->command->name,
             p->number, p->name);
    /* --http shows it to the client too. */
    p->trace = s->service == &http_service ? trace_new(title) : trace_for(s->settings, title);
    if (p->trace != NULL) {
        p->trace->connection = p->number;
        trace_observe(p->trace, p->link.conn, watch);
    }
    peer_turn(p, false);
}
