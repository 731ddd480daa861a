/* SPDX-License-Identifier: MIT */
#include "trace/log.h"

#include <stdlib.h>
#include <string.h>

/* Event logs that anybody may have written: read, and drawn in formats that look at everything. */

static void draw(void *arg, struct trace *t)
{
    const struct picture picture = {.width = 80, .personal = true, .secrets = true};
    struct text out = {0};
    (void)arg;
    if (t->count == 0 || t->count > TRACE_MOST_EVENTS || strlen(t->title) >= sizeof t->title) {
        abort();
    }
    draw_json(t, &picture, &out);
    draw_tree(t, &picture, &out);
    draw_ladder(t, &picture, &out);
    text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1); /* of its own, so that a read past its end is seen */
    if (!copy) {
        return 0;
    }
    memcpy(copy, data, size);
    if (log_read(copy, size, "log", draw, NULL) > size + 1) {
        abort();
    }
    free(copy);
    return 0;
}
