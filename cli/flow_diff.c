/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reading.h"
#include "trace/diff.h"

/* flow diff: connections of two files beside each other. All of both are kept, so they are bounded. */
enum { BYTES_MOST = 256 << 20 };

struct kept {
    struct trace *traces;
    unsigned long *numbers;
    size_t count, room;
    size_t bytes;
    unsigned long only; /* the connection that is wanted; 0: all */
    bool full, undecoded;
};

/* ---- what a file has ---- */
static bool grow(struct kept *k)
{
    size_t room = k->room == 0 ? 8 : 2 * k->room;
    struct trace *traces = realloc(k->traces, room * sizeof *traces);
    k->traces = traces == NULL ? k->traces : traces;
    unsigned long *numbers = traces == NULL ? NULL : realloc(k->numbers, room * sizeof *numbers);
    k->numbers = numbers == NULL ? k->numbers : numbers;
    k->room = numbers == NULL ? k->room : room;
    return numbers != NULL;
}

/* In the order of their numbers: captures tell connections as they end. */
static void take(void *arg, unsigned long number, struct trace *t)
{
    struct kept *k = arg;
    size_t bytes = t->kept + t->capacity * sizeof *t->events, at = k->count;
    if (k->only != 0 && k->only != number) {
        return;
    }
    if (k->full || bytes > BYTES_MOST - k->bytes || (k->count == k->room && !grow(k))) {
        k->full = true;
        return;
    }
    for (; at > 0 && k->numbers[at - 1] > number; at--) {
        k->traces[at] = k->traces[at - 1];
        k->numbers[at] = k->numbers[at - 1];
    }
    k->traces[at] = *t;
    k->numbers[at] = number;
    k->count++;
    k->bytes += bytes;
    trace_start(t, "");
}

static void forget(struct kept *k)
{
    for (size_t i = 0; i < k->count; i++) {
        trace_free(&k->traces[i]);
    }
    free(k->traces);
    free(k->numbers);
}

static int read_kept(const struct settings *s, size_t which, struct kept *k)
{
    struct watch w;
    struct reading r = {.watch = &w};
    const char *path = s->positional[which];
    int code = watch_start(&w, s);
    if (code == EXIT_WELL) {
        w.take = take;
        w.take_arg = k;
        code = reading_file(&r, path);
    }
    if (code == EXIT_WELL && k->full) {
        say_error("%s has too much in it to keep: say with --connection which one is meant", path);
        code = EXIT_INTERNAL;
    } else if (code == EXIT_WELL && k->count == 0 && k->only != 0) {
        say_error("%s has no TLS connection %lu (TCP connections: %lu)", path, k->only, w.seen);
        code = EXIT_INPUT;
    } else if (code == EXIT_WELL && k->count == 0) {
        say_error("there is no TLS connection in %s", path);
        code = EXIT_INPUT;
    }
    k->undecoded = watch_code(&w) == EXIT_UNDECODED;
    watch_stop(&w);
    return code;
}

/* ---- which ones: "3", or "1:2" for the first of A and the second of B ---- */
static int read_which(const struct settings *s, struct kept k[2])
{
    const char *text = option_text(s, OPT_DIFF_CONNECTION);
    char *end = NULL, *rest = NULL;
    if (text == NULL) {
        return EXIT_WELL;
    }
    k[0].only = k[1].only = strtoul(text, &end, 10);
    if (*end == ':') {
        k[1].only = strtoul(end + 1, &rest, 10);
        end = rest;
    }
    if (strspn(text, "0123456789:") != strlen(text) || *end != '\0' || k[0].only == 0 || k[1].only == 0) {
        return say_usage(
            s, "--connection takes N, or N:M for the N-th of A and the M-th of B, from 1, not '%s'", text);
    }
    return EXIT_WELL;
}

/* ---- side by side ---- */
static void heading(const char *sign, const char *path, const struct kept *k, size_t i, bool several)
{
    printf("%s %s", sign, path);
    if (several) {
        printf(", connection %lu", k->numbers[i]);
    }
    printf("\n");
}

static int compare(const struct settings *s, struct kept k[2])
{
    const struct picture picture = {
        .width = 80,
        .ascii = given(s, OPT_ASCII) || !locale_is_utf8(),
        .secrets = option_shows(s, OPT_SECRETS),
        .personal = option_shows(s, OPT_PERSONAL),
    };
    size_t both = k[0].count < k[1].count ? k[0].count : k[1].count, differing = 0;
    bool several = k[0].count > 1 || k[1].count > 1 || given(s, OPT_DIFF_CONNECTION), failed = false;
    for (size_t i = 0; i < both; i++) {
        struct text out = {0};
        printf("%s", i > 0 ? "\n" : "");
        heading("---", s->positional[0], &k[0], i, several);
        heading("+++", s->positional[1], &k[1], i, several);
        differing += trace_diff(&out, &k[0].traces[i], &k[1].traces[i], given(s, OPT_DIFF_ALL), &picture);
        failed |= out.failed;
        printf("%s", text_string(&out));
        text_free(&out);
    }
    for (int which = 0; which < 2; which++) {
        for (size_t i = both; i < k[which].count; i++, differing++) {
            printf("%s only in", which == 0 ? "-" : "+");
            heading("", s->positional[which], &k[which], i, true);
        }
    }
    return failed                             ? EXIT_INTERNAL
           : differing > 0                    ? EXIT_DIFFERS
           : k[0].undecoded || k[1].undecoded ? EXIT_UNDECODED
                                              : EXIT_WELL;
}

int run_flow_diff(const struct settings *s)
{
    struct kept k[2] = {{.count = 0}, {.count = 0}};
    int code = read_which(s, k);
    for (size_t which = 0; which < 2 && code == EXIT_WELL; which++) {
        code = read_kept(s, which, &k[which]);
    }
    code = code == EXIT_WELL ? compare(s, k) : code;
    forget(&k[0]);
    forget(&k[1]);
    return code;
}
