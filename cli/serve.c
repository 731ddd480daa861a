/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/listening.h"

enum { GRACE = 10000 };

static void end_when_idle(struct server *s);

static void stop_accepting(struct server *s)
{
    if (s->accepting) {
        s->accepting = false;
        uv_poll_stop(&s->listener);
    }
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct server *s = poll->data;
    (void)events;
    if (status < 0) {
        return;
    }
    for (int i = 0; i < ACCEPT_AT_ONCE && s->accepting; i++) {
        bool full;
        int fd = accept_next(s->fd, &full);
        if (full && s->open > 0) {
            stop_accepting(s);
        }
        if (fd < 0) {
            return;
        }
        s->accepted++;
        s->open++;
        peer_begin(s, fd);
        server_accept_more(s);
    }
}

void server_accept_more(struct server *s)
{
    bool enough = s->draining || s->ended || s->open >= s->most || (s->count > 0 && s->accepted >= s->count);
    if (enough) {
        stop_accepting(s);
    } else if (!s->accepting) {
        s->accepting = true;
        uv_poll_start(&s->listener, UV_READABLE, on_connection);
    }
}

void server_peer_gone(struct server *s)
{
    s->open--;
    server_accept_more(s);
    end_when_idle(s);
}

/* All is done: closing the last handles lets the loop end. */
static void end_when_idle(struct server *s)
{
    bool done = s->draining || (s->count > 0 && s->accepted >= s->count);
    if (!done || s->open > 0 || s->ended) {
        return;
    }
    s->ended = true;
    uv_close((uv_handle_t *)&s->listener, NULL);
    uv_close((uv_handle_t *)&s->terminate, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->grace, NULL);
    renewal_stop(&s->renewal);
    sessions_stop(&s->sessions);
}

static void end_all(struct server *s)
{
    for (struct peer *p = s->peers, *next; p != NULL; p = next) {
        next = p->next;
        peer_end(p);
    }
}

static void on_grace(uv_timer_t *timer)
{
    end_all(timer->data);
}

/* The first signal lets the connections finish; the second does not. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    if (s->draining) {
        end_all(s);
        return;
    }
    s->draining = true;
    server_accept_more(s);
    close(s->fd); /* new connections are refused from here on, not left waiting */
    s->fd = -1;
    if (!given(s->settings, OPT_QUIET)) {
        say("%s: no more connections; %lu may finish within %d seconds",
            number == SIGTERM ? "SIGTERM" : "SIGINT", s->open, GRACE / 1000);
    }
    uv_timer_start(&s->grace, on_grace, GRACE, 0);
    for (struct peer *p = s->peers, *next; p != NULL; p = next) {
        next = p->next;
        if (p->stage == PEER_SERVING) {
            peer_turn(p, false); /* what is silent ends soon: a shorter time-out */
        }
    }
    end_when_idle(s);
}

static uint64_t milliseconds(const struct settings *o, enum option option, unsigned long otherwise)
{
    return 1000u * (uint64_t)option_number(
                       o, option, option == OPT_LIFETIME ? 0 : option_number(o, OPT_TIMEOUT, otherwise));
}

static int choose_service(struct server *s)
{
    const struct settings *o = s->settings;
    struct address backend;
    s->service = given(o, OPT_HTTP)      ? &http_service
                 : given(o, OPT_FORWARD) ? &forward_service
                                         : &echo_service;
    if ((int)given(o, OPT_ECHO) + (int)given(o, OPT_HTTP) + (int)given(o, OPT_FORWARD) > 1) {
        return say_usage(o, "--echo, --http and --forward exclude one another");
    }
    if (!given(o, OPT_FORWARD)) {
        return EXIT_WELL;
    }
    const char *text = option_text(o, OPT_FORWARD), *why = address_read(&backend, text, false);
    if (why != NULL) {
        return say_usage(o, "--forward '%s': %s", text, why);
    }
    why = places_find(&s->backend, &backend, false);
    if (why != NULL) {
        say_error("--forward %s: the host is not found (%s)", text, why);
        return EXIT_NETWORK;
    }
    return EXIT_WELL;
}

static int read_options(struct server *s)
{
    const struct settings *o = s->settings;
    const struct trace_format *format;
    struct export_wish wish;
    s->count = given(o, OPT_ONCE) ? 1 : option_number(o, OPT_COUNT, 0);
    s->most = option_number(o, OPT_MAX_CONNECTIONS, 1024);
    s->handshake_timeout = milliseconds(o, OPT_HANDSHAKE_TIMEOUT, 10);
    s->idle_timeout = milliseconds(o, OPT_IDLE_TIMEOUT, 60);
    s->lifetime = milliseconds(o, OPT_LIFETIME, 0);
    if (given(o, OPT_ONCE) && given(o, OPT_COUNT)) {
        return say_usage(o, "--once is --count 1; give one of them");
    }
    if (s->most == 0 || (given(o, OPT_COUNT) && s->count == 0)) {
        return say_usage(o, "--count and --max-connections take at least 1");
    }
    int code = flow_is_drawn(o) ? flow_format(o, &format) : EXIT_WELL;
    code = code == EXIT_WELL ? export_read(o, &wish) : code;
    code = code == EXIT_WELL ? fetch_rules_read(&s->fetch_rules, o) : code;
    return code == EXIT_WELL ? choose_service(s) : code;
}

static void start(struct server *s)
{
    uv_poll_init(&s->loop, &s->listener, s->fd);
    uv_signal_init(&s->loop, &s->terminate);
    uv_signal_init(&s->loop, &s->interrupt);
    uv_timer_init(&s->loop, &s->grace);
    s->listener.data = s->terminate.data = s->interrupt.data = s->grace.data = s;
    uv_signal_start(&s->terminate, on_signal, SIGTERM);
    uv_signal_start(&s->interrupt, on_signal, SIGINT);
    server_accept_more(s);
    say_listening(s->fd);
}

static int serve_until_the_end(struct server *s)
{
    renewal_start(&s->renewal, &s->loop, s->config);
    int code = sessions_start(&s->sessions, &s->loop, s->config);
    if (code == EXIT_WELL) {
        start(s);
        uv_run(&s->loop, UV_RUN_DEFAULT);
        code = s->count > 0 || given(s->settings, OPT_EXPECT) ? s->code : EXIT_WELL;
    } else {
        sessions_stop(&s->sessions);
        renewal_stop(&s->renewal);
        uv_run(&s->loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&s->loop);
    return code;
}

int run_serve(const struct settings *o)
{
    struct server s = {.settings = o, .fd = -1};
    int code = read_options(&s);
    code = code == EXIT_WELL ? sessions_open(&s.sessions, o) : code;
    code = code == EXIT_WELL ? renewal_open(&s.renewal, o) : code;
    s.config = code == EXIT_WELL ? config_make(o, HF_SERVER, &s.sessions, &code) : NULL;
    code = code == EXIT_WELL ? listen_here(o, o->positional[0], &s.fd) : code;
    if (code == EXIT_WELL && uv_loop_init(&s.loop) != 0) {
        say_problem(HF_NO_MEMORY, "the event loop");
        code = EXIT_INTERNAL;
    }
    code = code == EXIT_WELL ? serve_until_the_end(&s) : code;
    if (s.fd >= 0) {
        close(s.fd);
    }
    sessions_free(&s.sessions);
    renewal_free(&s.renewal);
    hf_config_free(s.config);
    return code;
}
