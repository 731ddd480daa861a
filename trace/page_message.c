/* SPDX-License-Identifier: MIT */
#include "trace/page.h"

void page_message(struct text *out, const struct trace_event *event, unsigned number, bool personal)
{
    (void)number;
    (void)personal;
    if (event->record > 0) {
        text_print(out, "<p class=quiet>Record %u from the %s carries it.</p>", (unsigned)event->record,
                   side_word(event->by));
    }
}
