/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/files.h"
#include "trace/diff.h"

static const char *format_name_at(size_t i)
{
    const struct trace_format *format = trace_format_at(i);
    return format == NULL ? NULL : format->name;
}

static int say_no_format(const struct settings *s, const char *name)
{
    struct text known = {0};
    const char *near = nearest_word(name, format_name_at);
    for (size_t i = 0; format_name_at(i) != NULL; i++) {
        text_print(&known, "%s%s", i == 0 ? "" : ", ", format_name_at(i));
    }
    int code = say_usage(s, "--flow=%s: there is no such format%s%s%s; there are %s", name,
                         near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                         near == NULL ? "" : "?", text_string(&known));
    text_free(&known);
    return code;
}

bool option_shows(const struct settings *s, enum option option)
{
    const char *word = option_text(s, option);
    return word != NULL && strcmp(word, "show") == 0;
}

static bool is_shown_or_hidden(const struct settings *s, enum option option)
{
    const char *word = option_text(s, option);
    return word == NULL || option_shows(s, option) || strcmp(word, "hide") == 0;
}

int flow_format(const struct settings *s, const struct trace_format **format)
{
    const char *name = option_text(s, OPT_FLOW);
    *format = trace_format_named(name != NULL ? name : s->command->bit == EXPLAIN ? "explain" : "ladder");
    if (*format == NULL) {
        return say_no_format(s, name);
    }
    if (!is_shown_or_hidden(s, OPT_SECRETS) || !is_shown_or_hidden(s, OPT_PERSONAL)) {
        return say_usage(s, "--secrets and --personal take hide or show");
    }
    if (given(s, OPT_WIDTH) &&
        (option_number(s, OPT_WIDTH, 0) < 40 || option_number(s, OPT_WIDTH, 0) > 200)) {
        return say_usage(s, "--width takes 40 to 200");
    }
    return EXIT_WELL;
}

static int64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void trace_observe(struct trace *t, hf_conn *conn, hf_observer *observer)
{
    t->clock = wall_clock;
    hf_conn_observe(conn, observer, t);
    hf_conn_observe_secrets(conn, t->secrets);
}

struct trace *trace_new(const char *title)
{
    struct trace *t = malloc(sizeof *t);
    if (t != NULL) {
        trace_start(t, title);
    }
    return t;
}

bool flow_is_drawn(const struct settings *s)
{
    return given(s, OPT_FLOW) || (s->command->bit & (FLOW_CONNECT | FLOW_LISTEN)) != 0;
}

bool flow_is_text(const struct settings *s)
{
    static const char *const texts[] = {"ladder", "compact", "list", "tree", "markdown", "explain"};
    const char *name = option_text(s, OPT_FLOW);
    bool is = name == NULL;
    for (size_t i = 0; !is && i < sizeof texts / sizeof *texts; i++) {
        is = strcmp(name, texts[i]) == 0;
    }
    return is;
}

struct trace *trace_for(const struct settings *s, const char *title)
{
    struct trace *t = flow_is_drawn(s) || given(s, OPT_EXPECT) ? trace_new(title) : NULL;
    if (t != NULL) {
        t->secrets = option_shows(s, OPT_SECRETS);
    }
    return t;
}

static unsigned columns_of(const struct settings *s, FILE *to)
{
    struct winsize size = {0};
    if (given(s, OPT_WIDTH)) {
        return (unsigned)option_number(s, OPT_WIDTH, 80);
    }
    if (isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return 80;
}

static void draw(const struct settings *s, const struct trace *t, FILE *to, bool plain, struct text *out)
{
    const struct trace_format *format;
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (flow_format(s, &format) != EXIT_WELL) {
        return;
    }
    struct picture picture = {
        .width = columns_of(s, to),
        .ascii = given(s, OPT_ASCII) || !locale_is_utf8(),
        .colour = !plain && isatty(fileno(to)) && (no_colour == NULL || no_colour[0] == '\0') &&
                  terminal != NULL && strcmp(terminal, "dumb") != 0,
        .secrets = option_shows(s, OPT_SECRETS),
        .personal = option_shows(s, OPT_PERSONAL),
    };
    format->draw(t, &picture, out);
}

void trace_show(const struct settings *s, const struct trace *t, FILE *to)
{
    struct text out = {0};
    draw(s, t, to, false, &out);
    fputs(text_string(&out), to);
    fflush(to);
    text_free(&out);
}

/* The first line that differs, of both. */
static void say_difference(const char *path, const char *golden, const char *drawn)
{
    unsigned long line = 1;
    size_t at = 0, start = 0;
    for (; golden[at] != '\0' && golden[at] == drawn[at]; at++) {
        if (golden[at] == '\n') {
            line++;
            start = at + 1;
        }
    }
    say_error("--golden: line %lu of %s is \"%.*s\", and here \"%.*s\"", line, path,
              (int)strcspn(golden + start, "\n"), golden + start, (int)strcspn(drawn + start, "\n"),
              drawn + start);
}

static int judge_golden(const struct settings *s, const struct trace *t, const char *path)
{
    struct file golden;
    struct text out = {0};
    int code = EXIT_WELL;
    if (file_read(&golden, path) != 0) {
        say_error("%s: %s", path, strerror(errno));
        return EXIT_INPUT;
    }
    draw(s, t, stdout, true, &out);
    if (strcmp((const char *)golden.bytes.data, text_string(&out)) != 0) {
        say_difference(path, (const char *)golden.bytes.data, text_string(&out));
        code = EXIT_DIFFERS;
    }
    text_free(&out);
    file_free(&golden);
    return code;
}

int trace_judge(const struct settings *s, const struct trace *t, int code)
{
    char why[TRACE_WHY];
    bool holds = true;
    for (size_t i = 0; i < s->values[OPT_EXPECT].times; i++) {
        const char *expectation = s->values[OPT_EXPECT].texts[i];
        if (!trace_holds(t, expectation, why)) {
            say_error("--expect %s: %s", expectation, why);
            holds = false;
        }
    }
    if (!holds) {
        return EXIT_DIFFERS;
    }
    int golden = given(s, OPT_GOLDEN) ? judge_golden(s, t, option_text(s, OPT_GOLDEN)) : EXIT_WELL;
    return golden == EXIT_WELL ? code : golden;
}
