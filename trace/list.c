/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

/* Numbered sentences: the picture for those who cannot see one. */
void draw_list(const struct trace *t, const struct picture *p, struct text *out)
{
    unsigned number = 0;
    if (t->title[0] != '\0') {
        text_add_clean(out, t->title, 0, p->ascii);
        text_add(out, "\n");
    }
    for (size_t i = 0; i < t->count; i++) {
        if (event_is_shown(&t->events[i])) {
            struct text sentence = {0};
            words_event(&sentence, t, &t->events[i], p->shared);
            text_print(out, "%u. ", ++number);
            text_add_clean(out, text_string(&sentence), 0, p->ascii);
            text_add(out, ".\n");
            text_free(&sentence);
        }
    }
    if (t->dropped > 0) {
        text_print(out, "%zu further events were not kept.\n", t->dropped);
    }
}
