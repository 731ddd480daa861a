/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/renegotiation.h"

static long long now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int client_open(struct client *c, struct client_connection *k, struct trace *trace)
{
    hf_problem why = {0};
    *k = (struct client_connection){.link = {.fd = -1}, .trace = trace};
    int fd = places_dial(&c->places, c->dial_timeout > 0 ? c->dial_timeout : INT_MAX);
    if (fd < 0) {
        say_error("%s: no connection (%s). Look at the address, the port and the network between.",
                  c->settings->positional[0], strerror(errno));
        return EXIT_NETWORK;
    }
    socket_name_of(k->peer, sizeof k->peer, fd, true);
    hf_conn *conn = hf_conn_new(c->config, c->server_name, &why);
    if (conn == NULL) {
        close(fd);
        say_problem(why.err == HF_OK ? HF_NO_MEMORY : why.err, why.sentence);
        return why.err == HF_OK ? EXIT_INTERNAL : EXIT_USAGE;
    }
    link_start(&k->link, conn, fd);
    if (trace != NULL) {
        trace_observe(trace, conn, trace_watch);
    }
    if (c->home[0] != '\0' &&
        hf_conn_session_note(conn, (hf_bytes){(const uint8_t *)c->home, strlen(c->home)}) != HF_OK) {
        say_warning("the session will not say for whom it is");
    }
    if (c->session != NULL && hf_conn_resume(conn, c->session) != HF_OK) {
        say_warning("the session could not be offered");
    }
    return EXIT_WELL;
}

struct readiness {
    bool link_readable, in_readable;
};

/* Waits for the socket, and for in and out where the relay wants them. False when the time is over. */
static bool wait_for(struct client_connection *k, bool carrying, int milliseconds, struct readiness *ready)
{
    unsigned events = link_events(&k->link);
    hf_conn *conn = k->link.conn;
    struct pollfd fds[3] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
    if (events != 0) {
        fds[0].fd = k->link.fd;
        fds[0].events =
            (short)(((events & LINK_READ) != 0 ? POLLIN : 0) | ((events & LINK_WRITE) != 0 ? POLLOUT : 0));
    }
    if (carrying && relay_wants_in(&k->relay, conn)) {
        fds[1].fd = k->relay.in;
        fds[1].events = POLLIN;
    }
    if (carrying && relay_wants_out(&k->relay, conn)) {
        fds[2].fd = k->relay.out;
        fds[2].events = POLLOUT;
    }
    int n = poll(fds, 3, milliseconds);
    ready->link_readable = (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
    ready->in_readable = (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
    return n != 0; /* an interrupted wait is none that timed out */
}

/* When the next wait must end, in milliseconds from now; -1: never. */
static int time_left(long long deadline)
{
    long long left = deadline - now_milliseconds();
    return deadline == 0 ? -1 : left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

bool client_handshake(struct client *c, struct client_connection *k)
{
    long long deadline = c->handshake_timeout > 0 ? now_milliseconds() + c->handshake_timeout : 0;
    struct readiness ready = {0};
    hf_conn *conn = k->link.conn;
    while (link_turn(&k->link, ready.link_readable) || !hf_negotiated(conn)->complete) {
        if (hf_negotiated(conn)->complete && hf_peek_wire(conn).len == 0) {
            break;
        }
        if (link_is_over(&k->link) || (link_events(&k->link) == 0 && hf_failed(conn) != NULL)) {
            break;
        }
        if (!wait_for(k, false, time_left(deadline), &ready)) {
            k->timed_out = true;
            hf_abort(conn, HF_HANDSHAKE_TIMEOUT);
            link_turn(&k->link, false);
            break;
        }
    }
    return hf_negotiated(conn)->complete && hf_failed(conn) == NULL;
}

/* RFC 5246 7.2.1: a close_notify is answered at once. Was there more to send? A byte that waits in the input says so. */
static void answer_close(struct client_connection *k)
{
    enum { GLANCE = 100 }; /* milliseconds that a program which writes to us may need to go on */
    hf_conn *conn = k->link.conn;
    unsigned wants = hf_wants(conn);
    if ((wants & HF_CLOSED_IN) == 0 || (wants & HF_CLOSED_OUT) != 0 || hf_failed(conn) != NULL) {
        return;
    }
    struct pollfd more = {.fd = k->relay.in, .events = POLLIN};
    char byte;
    if (hf_close(conn) == HF_OK) {
        link_turn(&k->link, false);
    }
    k->input_left = k->relay.start < k->relay.end || k->relay.first.len > 0;
    if (!k->input_left && !k->relay.in_ended && poll(&more, 1, GLANCE) > 0 && (more.revents & POLLIN) != 0) {
        k->input_left = read(k->relay.in, &byte, 1) > 0;
    }
    k->relay.in_ended = true;
}

static bool carry_turn(struct client_connection *k, const struct readiness *ready)
{
    hf_conn *conn = k->link.conn;
    bool moved = link_turn(&k->link, ready->link_readable);
    moved |= relay_in(&k->relay, conn, ready->in_readable);
    answer_close(k);
    struct pollfd room = {.fd = k->relay.out, .events = POLLOUT};
    if (relay_wants_out(&k->relay, conn) && poll(&room, 1, 0) > 0) {
        moved |= relay_out(&k->relay, conn);
    }
    return link_turn(&k->link, false) || moved;
}

/* Of a later handshake, from when it was first seen to run; 0: none. */
static long long handshake_deadline(const struct client *c, struct client_connection *k)
{
    if (!renegotiation_runs(k->link.conn) || c->handshake_timeout == 0) {
        k->handshake_due = 0;
    } else if (k->handshake_due == 0) {
        k->handshake_due = now_milliseconds() + c->handshake_timeout;
    }
    return k->handshake_due;
}

void client_carry(struct client *c, struct client_connection *k, int in, int out)
{
    struct readiness ready = {0};
    relay_start(&k->relay, in, out);
    k->relay.in_ended = in < 0;
    k->relay.first = k->first;
    for (;;) {
        long long deadline = c->idle_timeout > 0 ? now_milliseconds() + c->idle_timeout : 0;
        while (carry_turn(k, &ready)) {
            ready = (struct readiness){0};
        }
        if (link_is_over(&k->link) || k->relay.out_failed) {
            break;
        }
        long long handshake = handshake_deadline(c, k);
        bool sooner = handshake > 0 && (deadline == 0 || handshake < deadline);
        if (!wait_for(k, true, time_left(sooner ? handshake : deadline), &ready)) {
            k->timed_out = true;
            if (sooner) {
                hf_abort(k->link.conn, HF_HANDSHAKE_TIMEOUT);
                link_turn(&k->link, false);
            }
            break;
        }
    }
    if (k->relay.out_failed && hf_failed(k->link.conn) == NULL) {
        hf_abort(k->link.conn, HF_IO_FAILED);
        link_turn(&k->link, false);
    }
    relay_end(&k->relay);
}

/* Until the server has closed too, or patience is over. */
static void wait_for_end(struct client_connection *k)
{
    enum { PATIENCE = 2000 };
    long long deadline = now_milliseconds() + PATIENCE;
    struct readiness ready = {0};
    hf_conn *conn = k->link.conn;
    for (;;) {
        link_turn(&k->link, ready.link_readable);
        hf_bytes app = hf_peek_app(conn);
        if (app.len > 0) {
            hf_drop_app(conn, app.len);
            ready = (struct readiness){0};
            continue;
        }
        if (link_is_over(&k->link) || k->link.ended || !wait_for(k, false, time_left(deadline), &ready)) {
            return;
        }
    }
}

void client_settle(struct client *c, struct client_connection *k)
{
    struct readiness ready = {0};
    do {
        link_turn(&k->link, ready.link_readable);
        long long due = handshake_deadline(c, k);
        if (due == 0 && !renegotiation_runs(k->link.conn)) {
            return;
        }
        k->timed_out = !link_is_over(&k->link) && !wait_for(k, false, time_left(due), &ready);
    } while (!link_is_over(&k->link) && !k->timed_out);
    if (k->timed_out) {
        hf_abort(k->link.conn, HF_HANDSHAKE_TIMEOUT);
        link_turn(&k->link, false);
    }
}

/* What the connection leaves, as far as it is known by now: a ticket of TLS 1.3 comes behind the handshake,
 * and when the connection has failed there is nothing to ask for. */
static void gather(struct client_connection *k)
{
    hf_session *session = hf_conn_session(k->link.conn);
    if (session == NULL) {
        return;
    }
    while (k->kept_count > 0) {
        hf_session_free(k->kept[--k->kept_count]);
    }
    while (session != NULL && k->kept_count < HF_TICKETS_MAX) {
        k->kept[k->kept_count++] = session;
        session = hf_conn_session_at(k->link.conn, k->kept_count);
    }
    hf_session_free(session);
}

/* RFC 5246 7.2.2: a session whose connection failed is forgotten. What was offered is used up, or is what the
 * connection leaves. */
static void keep(struct client *c, struct client_connection *k)
{
    bool failed = hf_failed(k->link.conn) != NULL;
    if (k->kept_count == 0 && c->keeps <= 1 && !k->discarding && !failed) {
        return;
    }
    size_t most = c->keeps > 1 ? c->keeps : 1;
    hf_session_free(c->session);
    for (size_t i = 0; i < c->spares; i++) {
        if (k->kept_count < most) {
            k->kept[k->kept_count++] = c->spare[i];
        } else {
            hf_session_free(c->spare[i]);
        }
    }
    c->session = k->kept_count > 0 ? k->kept[0] : NULL;
    c->spares = k->kept_count > 1 ? k->kept_count - 1 : 0;
    memcpy(c->spare, k->kept + 1, c->spares * sizeof *c->spare);
    k->kept_count = 0;
}

void client_forget(struct client *c)
{
    while (c->spares > 0) {
        hf_session_free(c->spare[--c->spares]);
    }
    hf_session_free(c->session);
    c->session = NULL;
}

void client_close(struct client_connection *k)
{
    hf_conn *conn = k->link.conn;
    k->discarding = true;
    gather(k);
    if (hf_failed(conn) == NULL && hf_close(conn) != HF_OK) {
        return;
    }
    wait_for_end(k);
    gather(k); /* in TLS 1.3 the ticket comes behind the handshake: RFC 8446 4.6.1 */
}

/* A socket closed with bytes unread is reset, and the reset may overtake our alert: read to the server's end
 * first. */
static void linger(const struct client_connection *k)
{
    enum { PATIENCE = 1000 };
    long long deadline = now_milliseconds() + PATIENCE;
    struct pollfd socket_end = {.fd = k->link.fd, .events = POLLIN};
    char dropped[4096];
    if (k->link.ended || k->link.error != 0 || shutdown(k->link.fd, SHUT_WR) != 0) {
        return;
    }
    while (poll(&socket_end, 1, time_left(deadline)) > 0) {
        ssize_t n = recv(k->link.fd, dropped, sizeof dropped, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            return;
        }
    }
}

void client_end(struct client *c, struct client_connection *k)
{
    if (k->link.conn == NULL) {
        return;
    }
    if (!k->discarding) {
        gather(k);
    }
    keep(c, k);
    const hf_failure *failure = hf_failed(k->link.conn);
    if (failure != NULL && failure->alert_direction == HF_SENT) {
        linger(k);
    }
    link_close(&k->link);
}
