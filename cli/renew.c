/* SPDX-License-Identifier: MIT */
#include "cli/renew.h"

#include <signal.h>
#include <stdlib.h>

#include "cli/status.h"

enum { EVERY_MILLISECONDS = 2000 };

static void renew(struct renewal *r, bool all)
{
    for (size_t i = 0; i < r->files->times; i++) {
        const char *path = r->files->texts[i];
        struct file_mark now = file_mark_of(path);
        if (!all && file_mark_same(&now, &r->marks[i])) {
            continue;
        }
        r->marks[i] = now; /* before it is read: what is written meanwhile is seen the next time */
        hf_err err = staple_load(r->config, path);
        if (err != HF_OK) {
            say_warning("--staple %s: %s; the response before it stays in use", path, hf_err_sentence(err));
        } else if (!r->quiet) {
            say("--staple %s: read again", path);
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    renew(timer->data, false);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    renew(handle->data, true);
}

int renewal_open(struct renewal *r, const struct settings *s)
{
    *r = (struct renewal){.files = &s->values[OPT_STAPLE], .quiet = given(s, OPT_QUIET)};
    r->marks = calloc(r->files->times + 1, sizeof *r->marks);
    if (r->marks == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < r->files->times; i++) {
        r->marks[i] = file_mark_of(r->files->texts[i]);
    }
    return EXIT_WELL;
}

void renewal_start(struct renewal *r, uv_loop_t *loop, hf_config *config)
{
    r->config = config;
    uv_timer_init(loop, &r->timer);
    uv_signal_init(loop, &r->hangup);
    r->timer.data = r->hangup.data = r;
    if (r->files->times > 0) {
        uv_timer_start(&r->timer, on_timer, EVERY_MILLISECONDS, EVERY_MILLISECONDS);
        uv_signal_start(&r->hangup, on_hangup, SIGHUP);
    }
}

void renewal_stop(struct renewal *r)
{
    uv_close((uv_handle_t *)&r->timer, NULL);
    uv_close((uv_handle_t *)&r->hangup, NULL);
}

void renewal_free(struct renewal *r)
{
    free(r->marks);
    r->marks = NULL;
}
