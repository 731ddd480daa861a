/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/files.h"
#include "cli/report.h"
#include "trace/diff.h"
#include "trace/log.h"

/* flow diff: the first connections of two event logs beside each other. A trace lives as long as its visitor
 * runs. */
struct comparison {
    const struct settings *settings;
    struct file files[2];
    const struct trace *first;
    bool compared, out_of_memory;
    size_t differing;
};

static const char *path_of(const struct comparison *c, int which)
{
    return c->settings->positional[which];
}

static void compare(void *arg, const struct trace *t)
{
    struct comparison *c = arg;
    const struct settings *s = c->settings;
    struct text out = {0};
    if (c->compared) {
        return;
    }
    const struct picture picture = {
        .width = 80,
        .ascii = given(s, OPT_ASCII) || !locale_is_utf8(),
        .secrets = option_shows(s, OPT_SECRETS),
        .personal = option_shows(s, OPT_PERSONAL),
    };
    c->compared = true;
    c->differing = trace_diff(&out, c->first, t, given(s, OPT_DIFF_ALL), &picture);
    c->out_of_memory = out.failed;
    printf("--- %s\n+++ %s\n%s", path_of(c, 0), path_of(c, 1), text_string(&out));
    text_free(&out);
}

/* False after having said that there is no log. */
static bool read_log(struct comparison *c, int which, log_visitor *visitor)
{
    const hf_bytes bytes = c->files[which].bytes;
    size_t line = log_read((const char *)bytes.data, bytes.len, path_of(c, which), visitor, c);
    if (line > 0) {
        say_error("%s: line %zu is no event of an event log (docs/flow-events.schema.json)",
                  path_of(c, which), line);
    }
    return line == 0;
}

static void hold_first(void *arg, const struct trace *t)
{
    struct comparison *c = arg;
    if (c->first == NULL) {
        c->first = t;
        (void)read_log(c, 1, compare);
    }
}

int run_flow_diff(const struct settings *s)
{
    struct comparison c = {.settings = s};
    int read = 0, code = EXIT_INPUT;
    while (read < 2 && file_read(&c.files[read], path_of(&c, read)) == 0) {
        read++;
    }
    if (read < 2) {
        say_error("%s: %s", path_of(&c, read), strerror(errno));
    } else if (read_log(&c, 0, hold_first) && !c.compared) {
        say_error("there is no event in %s", path_of(&c, c.first == NULL ? 0 : 1));
    }
    if (c.compared) {
        code = c.out_of_memory ? EXIT_INTERNAL : c.differing > 0 ? EXIT_DIFFERS : EXIT_WELL;
    }
    while (read-- > 0) {
        file_free(&c.files[read]);
    }
    return code;
}
