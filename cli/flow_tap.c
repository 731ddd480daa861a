/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/listening.h"
#include "cli/passage.h"

/* flow tap LISTEN TARGET. */

static void accept_more(struct tap_server *s);

static void end_when_idle(struct tap_server *s)
{
    bool done = s->draining || (s->count > 0 && s->accepted >= s->count);
    if (done && s->open == 0 && !s->ended) {
        s->ended = true;
        uv_close((uv_handle_t *)&s->listener, NULL);
        uv_close((uv_handle_t *)&s->terminate, NULL);
        uv_close((uv_handle_t *)&s->interrupt, NULL);
    }
}

/* NULL: there was no memory for one. */
void tap_passage_gone(struct tap_server *s, struct passage *p)
{
    if (p != NULL) {
        *(p->previous != NULL ? &p->previous->next : &s->passages) = p->next;
        if (p->next != NULL) {
            p->next->previous = p->previous;
        }
        s->code = p->failed ? EXIT_NETWORK : s->code;
    }
    s->open--;
    accept_more(s);
    end_when_idle(s);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct tap_server *s = poll->data;
    (void)events;
    for (int i = 0; i < ACCEPT_AT_ONCE && s->accepting && status >= 0; i++) {
        bool full;
        int fd = accept_next(s->fd, &full);
        if (full && s->open > 0) {
            s->accepting = false;
            uv_poll_stop(&s->listener);
        }
        if (fd < 0) {
            return;
        }
        s->accepted++;
        s->open++;
        passage_begin(s, fd);
        accept_more(s);
    }
}

static void accept_more(struct tap_server *s)
{
    bool enough = s->draining || s->ended || s->open >= s->most || (s->count > 0 && s->accepted >= s->count);
    if (enough && s->accepting) {
        s->accepting = false;
        uv_poll_stop(&s->listener);
    } else if (!enough && !s->accepting) {
        s->accepting = true;
        uv_poll_start(&s->listener, UV_READABLE, on_connection);
    }
}

/* What passes is somebody else's: at the end of the watch it is cut, and drawn as far as it came. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct tap_server *s = handle->data;
    (void)number;
    s->draining = true;
    accept_more(s);
    for (struct passage *p = s->passages, *next; p != NULL; p = next) {
        next = p->next;
        passage_cut(p);
    }
    end_when_idle(s);
}

static int read_options(struct tap_server *s)
{
    const struct settings *o = s->settings;
    struct address target;
    const char *why = address_read(&target, o->positional[1], false);
    s->count = given(o, OPT_ONCE) ? 1 : option_number(o, OPT_COUNT, 0);
    s->most = option_number(o, OPT_MAX_CONNECTIONS, 1024);
    if (given(o, OPT_ONCE) && given(o, OPT_COUNT)) {
        return say_usage(o, "--once is --count 1; give one of them");
    }
    if (s->most == 0 || (given(o, OPT_COUNT) && s->count == 0)) {
        return say_usage(o, "--count and --max-connections take at least 1");
    }
    if (why != NULL) {
        return say_usage(o, "'%s': %s", o->positional[1], why);
    }
    why = places_find(&s->target, &target, false);
    if (why != NULL) {
        say_error("%s: the host is not found (%s)", o->positional[1], why);
        return EXIT_NETWORK;
    }
    return EXIT_WELL;
}

static int run_loop(struct tap_server *s)
{
    if (uv_loop_init(&s->loop) != 0) {
        say_problem(HF_NO_MEMORY, "the event loop");
        return EXIT_INTERNAL;
    }
    uv_poll_init(&s->loop, &s->listener, s->fd);
    uv_signal_init(&s->loop, &s->terminate);
    uv_signal_init(&s->loop, &s->interrupt);
    s->listener.data = s->terminate.data = s->interrupt.data = s;
    uv_signal_start(&s->terminate, on_signal, SIGTERM);
    uv_signal_start(&s->interrupt, on_signal, SIGINT);
    accept_more(s);
    say_listening(s->fd);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    bool judged = s->count > 0 || given(s->settings, OPT_REQUIRE_DECRYPT);
    return s->code != EXIT_WELL ? s->code : judged ? watch_code(&s->watch) : EXIT_WELL;
}

int run_flow_tap(const struct settings *o)
{
    struct tap_server s = {.settings = o, .fd = -1};
    int code = watch_start(&s.watch, o);
    code = code == EXIT_WELL ? read_options(&s) : code;
    code = code == EXIT_WELL ? listen_here(o, o->positional[0], &s.fd) : code;
    if (code == EXIT_WELL) {
        code = run_loop(&s);
    }
    if (s.fd >= 0) {
        close(s.fd);
    }
    watch_stop(&s.watch);
    return code;
}
