/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

/* Checks and secrets, in a line. */

static void secret(struct text *out, const struct trace_event *event, const struct picture *p)
{
    text_print(out, "%s derives %s: ", side_word(event->seen_by), event->name);
    if (p->secrets && event->secret.len > 0) {
        words_hex(out, event->secret);
    } else {
        text_add(out, event->fingerprint.len > 0 ? "fingerprint " : "not shown");
        words_hex(out, event->fingerprint);
    }
}

void words_outcome(struct text *out, const struct trace_event *event, const struct picture *p)
{
    if (event->kind == HF_EVENT_SECRET) {
        secret(out, event, p);
    } else {
        const char *held = p->ascii ? "ok" : "✓", *failed = p->ascii ? "FAILED" : "✗";
        text_print(out, "%s %s checks %s", event->passed ? held : failed, side_word(event->seen_by),
                   event->name);
        if (event->about[0] >= 'A' && event->about[0] <= 'Z') {
            text_print(out, " in %s", event->about);
        }
        if (!event->passed) {
            text_print(out, ": %s", hf_err_sentence(event->err));
        }
        /* what is said of a client's certificate names the client */
        if (event->text[0] != '\0' && (event->seen_by == HF_CLIENT || p->personal)) {
            text_add(out, ": ");
            text_add_clean(out, event->text, 0, p->ascii);
        }
    }
    if (event->rfc[0] != '\0') {
        text_print(out, "  [%s]", event->rfc);
    }
}
