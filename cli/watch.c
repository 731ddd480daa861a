/* SPDX-License-Identifier: MIT */
#include "cli/watch.h"

#include <stdlib.h>
#include <string.h>

#include "cli/key_file.h"

enum { WATCH_MOST = 256 << 20 };

int watch_start(struct watch *w, const struct settings *s)
{
    const struct trace_format *format;
    const struct option_value *files = &s->values[OPT_READ_KEYLOG];
    int code = flow_format(s, &format);
    *w = (struct watch){.settings = s};
    if (code != EXIT_WELL) {
        return code;
    }
    w->secrets = hf_secrets_new();
    w->key_files = calloc(files->times + 1, sizeof *w->key_files);
    if (w->secrets == NULL || w->key_files == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < files->times && code == EXIT_WELL; i++) {
        code = key_file_open(&w->key_files[w->key_file_count++], files->texts[i]);
    }
    return code == EXIT_WELL ? watch_read_keys(w) : code;
}

int watch_read_keys(struct watch *w)
{
    for (size_t i = 0; i < w->key_file_count; i++) {
        int code = key_file_read(&w->key_files[i], w->secrets);
        if (code != EXIT_WELL) {
            return code;
        }
    }
    return EXIT_WELL;
}

void watch_stop(struct watch *w)
{
    for (size_t i = 0; i < w->key_file_count; i++) {
        key_file_close(&w->key_files[i]);
    }
    free(w->key_files);
    hf_secrets_free(w->secrets);
    *w = (struct watch){.settings = NULL};
}

int watch_code(const struct watch *w)
{
    if (w->tls == 0) {
        return EXIT_INPUT;
    }
    if (w->judged != EXIT_WELL) {
        return w->judged;
    }
    return w->incomplete > 0 && given(w->settings, OPT_REQUIRE_DECRYPT) ? EXIT_UNDECODED : EXIT_WELL;
}

static void show(struct watch *w, unsigned long number, struct trace *t)
{
    if (w->take != NULL) {
        w->take(w->take_arg, number, t);
        return;
    }
    unsigned long only = option_number(w->settings, OPT_CONNECTION, 0);
    if (only != 0 && only != number) {
        return;
    }
    if (w->shown++ > 0 && flow_is_text(w->settings)) {
        putchar('\n');
    }
    trace_show(w->settings, t, stdout);
    w->judged = trace_judge(w->settings, t, w->judged);
}

static size_t size_of(const struct trace *t)
{
    return t->kept + t->capacity * sizeof *t->events;
}

/* What came so far; the rest is another picture. */
static void show_part(struct watched *one)
{
    struct watch *w = one->watch;
    char title[sizeof one->trace.title];
    w->kept -= size_of(&one->trace); /* whoever takes it counts for himself */
    show(w, one->number, &one->trace);
    trace_free(&one->trace);
    (void)snprintf(title, sizeof title, "%.110s, continued", one->name);
    trace_start(&one->trace, title);
    one->trace.connection = one->number;
}

/* However many connections there are, and whatever is in them: their events are bounded altogether. */
static void on_event(void *arg, const hf_event *event)
{
    struct watched *one = arg;
    size_t before = size_of(&one->trace);
    if (one->watch->kept > WATCH_MOST) {
        one->trace.dropped++;
        return;
    }
    trace_watch(&one->trace, event);
    one->watch->kept += size_of(&one->trace) - before;
    one->done += event->kind == HF_EVENT_DONE;
    if (one->live && one->done == 2) {
        one->done = 0;
        show_part(one);
    }
}

struct watched *watched_new(struct watch *w, unsigned long number, const char *name, bool live)
{
    struct watched *one = calloc(1, sizeof *one);
    if (one != NULL) {
        one->watch = w;
        one->number = number;
        one->live = live && flow_is_text(w->settings);
        trace_start(&one->trace, name);
        one->trace.connection = number;
        (void)snprintf(one->name, sizeof one->name, "%s", name);
        one->tap = hf_tap_new(w->secrets, on_event, one);
    }
    if (one == NULL || one->tap == NULL) {
        free(one);
        say_problem(HF_NO_MEMORY, name);
        return NULL;
    }
    return one;
}

/* Which records stayed closed, why, and what would open them. */
static void say_hidden(const struct watched *one, const hf_tap_summary *sum)
{
    struct text line = {0};
    if (sum->hidden > 0) {
        text_print(&line, "%llu of %llu records could not be read", (unsigned long long)sum->hidden,
                   (unsigned long long)sum->records);
    }
    if (sum->unread > 0) {
        text_print(&line, "%s%llu bytes could not be divided into records", line.len > 0 ? ", " : "",
                   (unsigned long long)sum->unread);
    }
    say("%s: %s: %s%s", one->name, text_string(&line), sum->why,
        given(one->watch->settings, OPT_READ_KEYLOG) || sum->hidden == 0
            ? ""
            : ". Give --keylog FILE, which one of the sides writes: SSLKEYLOGFILE, or --keylog of handfast");
    text_free(&line);
}

void watch_draw(struct watch *w, unsigned long number, struct trace *t)
{
    w->seen++;
    w->tls++;
    show(w, number, t);
}

void watched_end(struct watched *one)
{
    struct watch *w = one->watch;
    const struct settings *s = w->settings;
    const hf_tap_summary *sum = hf_tap_look(one->tap);
    w->seen++;
    if (sum->tls) {
        bool incomplete = sum->hidden > 0 || sum->unread > 0;
        w->tls++;
        w->incomplete += incomplete;
        if (one->trace.count > 0) {
            show_part(one);
        }
        if (incomplete && !given(s, OPT_QUIET)) {
            say_hidden(one, sum);
        }
    } else if (sum->unread > 0 && given(s, OPT_VERBOSE)) {
        say("%s: %s", one->name, sum->why);
    }
    hf_tap_free(one->tap);
    w->kept -= size_of(&one->trace);
    trace_free(&one->trace);
    free(one);
}
