/* SPDX-License-Identifier: MIT */
#include "cli/reading.h"

/* flow read, and flow explain of files. */

int run_flow_read(const struct settings *s)
{
    struct watch w;
    struct reading r = {.watch = &w};
    int code = watch_start(&w, s);
    for (size_t i = 0; i < s->positionals && code == EXIT_WELL; i++) {
        code = reading_file(&r, s->positional[i]);
    }
    if (code == EXIT_WELL) {
        code = watch_code(&w);
        if (code == EXIT_INPUT) {
            say_error("there is no TLS connection in what was read (TCP connections: %lu)", w.seen);
        }
    }
    watch_stop(&w);
    return code;
}
