/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

const char *side_word(hf_side side)
{
    return side == HF_CLIENT ? "client" : "server";
}

hf_side side_other(hf_side side)
{
    return side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
}

void words_protection(struct text *out, unsigned epoch)
{
    if (epoch == 0) {
        text_add(out, "clear");
    } else {
        text_print(out, "e%u", epoch);
    }
}

void words_size(struct text *out, size_t size)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (size < 100000) {
        text_print(out, "%zu byte%s", size, size == 1 ? "" : "s");
        return;
    }
    double value = (double)size / 1024;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    text_print(out, "%.1f %s", value, units[unit]);
}

bool event_is_on_wire(const struct trace_event *event)
{
    switch (event->kind) {
    case HF_EVENT_STEP:
        return !event->local;
    case HF_EVENT_ALERT:
    case HF_EVENT_DATA:
    case HF_EVENT_HIDDEN:
        return true;
    case HF_EVENT_CLOSED:
        return event->err == HF_OK;
    default:
        return false;
    }
}

bool event_has_detail(const struct trace_event *event)
{
    bool lost = event->kind == HF_EVENT_HIDDEN && event->err != HF_OK;
    return (event->kind == HF_EVENT_STEP || lost) && event->text[0] != '\0';
}

/* What the library says of a failure may name the certificate, and with it the person, that it failed on;
 * what a server has does not. */
static bool may_name_somebody(hf_err err)
{
    return err != HF_NO_COMMON_SUITE && err != HF_NO_COMMON_GROUP && err != HF_NO_COMMON_SCHEME;
}

const char *words_failure(const struct trace_event *event, bool shared)
{
    bool hidden = shared && may_name_somebody(event->err);
    return event->text[0] == '\0' || hidden ? hf_err_sentence(event->err) : event->text;
}

/* A check that nothing fails on, and that decides on what is sent. */
static bool is_early_data_refused(const struct trace_event *event)
{
    return event->kind == HF_EVENT_CHECK && event->err == HF_EARLY_DATA_REFUSED;
}

bool event_is_shown(const struct trace_event *event)
{
    /* checks and secrets are details of the step before them */
    return (event->kind != HF_EVENT_CHECK || is_early_data_refused(event)) &&
           event->kind != HF_EVENT_SECRET &&
           (event->kind != HF_EVENT_RESUMPTION || event->resumption != HF_NOT_OFFERED);
}

/* The brackets of RFC 8446 2: what stands between them is protected with these keys. */
static const struct bracket {
    const char *keys, *open, *close, *legend;
} brackets[] = {
    {"early data", "(", ")", "( ) under the keys of early data"},
    {"handshake", "{", "}", "{ } under the keys of the handshake"},
    {"application", "[", "]", "[ ] under the keys of application data"},
};
enum { BRACKETS = sizeof brackets / sizeof *brackets };

static const struct bracket *bracket_of(const struct trace_event *event)
{
    static const struct bracket none = {"", "", "", ""};
    for (size_t i = 0; i < BRACKETS; i++) {
        if (strcmp(brackets[i].keys, event->keys) == 0) {
            return &brackets[i];
        }
    }
    return &none;
}

static bool is_used(const struct trace *t, const struct bracket *bracket)
{
    for (size_t i = 0; i < t->count; i++) {
        if (event_is_on_wire(&t->events[i]) && bracket_of(&t->events[i]) == bracket) {
            return true;
        }
    }
    return false;
}

const char *words_legend(const struct trace *t, size_t i)
{
    for (size_t at = 0; at < BRACKETS; at++) {
        if (is_used(t, &brackets[at]) && i-- == 0) {
            return brackets[at].legend;
        }
    }
    return "";
}

static void words_name(struct text *out, const struct trace *t, const struct trace_event *event, bool ascii)
{
    text_add_clean(out, event->name, 0, ascii);
    /* The asterisk is the RFC's "optional"; what really was sent is not optional any more. */
    text_add(out, t->spec && event->optional ? "*" : "");
}

void words_label(struct text *out, const struct trace *t, const struct trace_event *event, bool ascii)
{
    switch (event->kind) {
    case HF_EVENT_ALERT:
        text_print(out, "Alert %s (%u)%s", hf_alert_name(event->alert), (unsigned)event->alert,
                   event->alert_level == 1 ? ", warning" : "");
        break;
    case HF_EVENT_DATA:
        text_print(out, "%sdata", bracket_of(event)->open);
        if (event->times > 1) {
            text_print(out, " %s%u", ascii ? "x" : "×", event->times);
        }
        text_add(out, bracket_of(event)->close);
        break;
    case HF_EVENT_HIDDEN:
        text_add(out, "(");
        text_add_clean(out, event->name[0] != '\0' ? event->name : "not readable", 0, ascii);
        text_add(out, ")");
        if (event->times > 1) {
            text_print(out, " %s%u", ascii ? "x" : "×", event->times);
        }
        break;
    case HF_EVENT_CLOSED:
        text_add(out, event->err == HF_OK ? "close_notify" : "end of stream");
        break;
    case HF_EVENT_RESUMPTION:
        text_add(out, hf_resumption_sentence(event->resumption));
        break;
    case HF_EVENT_CHECK:
        text_add(out, event->name);
        text_add(out, " ");
        text_add_clean(out, event->text, 0, ascii);
        break;
    case HF_EVENT_DONE:
        text_add(out, "handshake complete");
        break;
    case HF_EVENT_FAILED:
        text_add(out, "failed");
        break;
    case HF_EVENT_NOTE:
        text_add(out, "note");
        break;
    default:
        text_add(out, event->local ? "" : bracket_of(event)->open);
        words_name(out, t, event, ascii);
        text_add(out, event->local ? "" : bracket_of(event)->close);
        break;
    }
}

/* "protected by the keys of e2 (handshake)"; "" in the clear */
static void words_keys(struct text *out, const struct trace_event *event)
{
    if (event->epoch > 0) {
        text_print(out, "protected by the keys of e%u", event->epoch);
        text_print(out, event->keys[0] != '\0' ? " (%s)" : "%s", event->keys);
    }
}

static void words_step(struct text *out, const struct trace *t, const struct trace_event *event)
{
    if (event->local) {
        text_print(out, "The %s does a step of its own: ", side_word(event->by));
        text_add_clean(out, event->text[0] != '\0' ? event->text : event->name, 0, false);
        return;
    }
    text_print(out, "The %s %s ", side_word(event->by), t->spec && event->optional ? "may send" : "sends");
    text_add_clean(out, event->name, 0, false);
    text_add(out, event->epoch == 0 ? " in the clear" : " ");
    words_keys(out, event);
    if (!t->spec) {
        text_add(out, ", ");
        words_size(out, event->size);
    }
    if (event->text[0] != '\0') {
        text_add(out, ": ");
        text_add_clean(out, event->text, 0, false);
    }
    if (event->new_keys) {
        text_print(out, "; what the %s sends from here on is protected by new keys", side_word(event->by));
    }
    if (event->rfc[0] != '\0') {
        text_print(out, " (%s)", event->rfc);
    }
}

static void words_sentence(struct text *out, const char *before, const char *sentence)
{
    text_add(out, before);
    text_add_clean(out, sentence, 0, false);
}

static void words_data(struct text *out, const struct trace *t, const struct trace_event *event)
{
    text_print(out, "The %s sends ", side_word(event->by));
    if (t->spec) {
        text_add(out, "application data, ");
    } else {
        words_size(out, event->size);
        text_print(out, " of application data in %u record%s, ", event->times, event->times == 1 ? "" : "s");
    }
    words_keys(out, event);
}

/* What was not a step of the handshake. */
static void words_of_connection(struct text *out, const struct trace *t, const struct trace_event *event,
                                bool shared)
{
    const char *by = side_word(event->by);
    switch (event->kind) {
    case HF_EVENT_DATA:
        words_data(out, t, event);
        break;
    case HF_EVENT_HIDDEN:
        if (event->err != HF_OK) {
            text_print(out, "What the %s sends cannot be divided into records any more", by);
            words_sentence(out, event->text[0] == '\0' ? "" : ": ", event->text);
            break;
        }
        text_print(out, "The %s sends ", by);
        words_size(out, event->size);
        if (event->name[0] != '\0') {
            text_print(out, " (%s)", event->name);
        }
        text_print(out, ", protected by the keys of e%u, which cannot be read", event->epoch);
        words_sentence(out, event->text[0] == '\0' ? "" : ": ", event->text);
        break;
    case HF_EVENT_CLOSED:
        if (event->err == HF_OK) {
            text_print(out, "The %s says that it will send no more (close_notify)", by);
        } else {
            text_print(out, "The stream from the %s ends without close_notify: data may be missing", by);
        }
        break;
    case HF_EVENT_FAILED:
        text_print(out, "The %s ends the connection: ", side_word(event->seen_by));
        words_sentence(out, "", words_failure(event, shared));
        break;
    default:
        words_sentence(out, "Note: ", event->text);
        break;
    }
}

void words_event(struct text *out, const struct trace *t, const struct trace_event *event, bool shared)
{
    const char *by = side_word(event->by), *other = side_word(side_other(event->by));
    switch (event->kind) {
    case HF_EVENT_STEP:
        words_step(out, t, event);
        break;
    case HF_EVENT_ASK:
        text_print(out, "The %s waits for an answer: %s", by, event->name);
        break;
    case HF_EVENT_ANSWER:
        text_print(out, "The %s has the answer%s%s", by, event->name[0] != '\0' ? ": " : "", event->name);
        break;
    case HF_EVENT_ALERT:
        text_print(out, "The %s sends the %s the %s alert %s (%u), ", by, other,
                   event->alert_level == 1 ? "warning" : "fatal", hf_alert_name(event->alert),
                   (unsigned)event->alert);
        words_protection(out, event->epoch);
        text_add(out, ": ");
        words_alert(out, event->alert, event->by);
        break;
    case HF_EVENT_RESUMPTION:
        words_sentence(out, "Resumption: ", hf_resumption_sentence(event->resumption));
        break;
    case HF_EVENT_DONE:
        text_print(out, "For the %s the handshake is complete", side_word(event->seen_by));
        break;
    case HF_EVENT_CHECK:
        text_print(out, "The %s checks %s: it %s", side_word(event->seen_by), event->name,
                   event->passed ? "holds" : "does not hold");
        words_sentence(out, event->text[0] == '\0' ? "" : ", ", event->text);
        break;
    case HF_EVENT_SECRET:
        text_print(out, "The %s derives the secret %s", side_word(event->seen_by), event->name);
        break;
    default:
        words_of_connection(out, t, event, shared);
        break;
    }
}

hf_side words_beside(struct text *out, const struct trace_event *event, bool shared)
{
    switch (event->kind) {
    case HF_EVENT_ASK:
        text_print(out, "waits for an answer: %s", event->name);
        return event->seen_by;
    case HF_EVENT_ANSWER:
        text_print(out, "answered%s%s", event->name[0] != '\0' ? ": " : "", event->name);
        return event->seen_by;
    case HF_EVENT_RESUMPTION:
        text_add(out, hf_resumption_sentence(event->resumption));
        return HF_SERVER; /* who decides it */
    case HF_EVENT_DONE:
        text_add(out, "handshake complete");
        return event->seen_by;
    case HF_EVENT_CLOSED:
        text_add(out, "the stream ends here without close_notify: data may be missing");
        return event->by;
    case HF_EVENT_FAILED:
        text_add(out, words_failure(event, shared));
        return event->seen_by;
    case HF_EVENT_CHECK:
        text_print(out, "%s %s", event->name, event->text);
        return event->seen_by;
    case HF_EVENT_NOTE:
        text_add(out, event->text);
        return HF_CLIENT;
    default:
        text_add(out, event->text[0] != '\0' ? event->text : event->name);
        return event->by;
    }
}

static bool begins_inside(const struct trace_event *event)
{
    return event->kind == HF_EVENT_STEP && event->epoch > 0 && strcmp(event->name, "ClientHello") == 0;
}

size_t event_last_inside(const struct trace *t, size_t i)
{
    size_t last = 0;
    if (!begins_inside(&t->events[i])) {
        return 0;
    }
    for (size_t at = i + 1; at < t->count && !begins_inside(&t->events[at]); at++) {
        last = t->events[at].kind == HF_EVENT_DONE ? at : last;
    }
    return last > 0 ? last : t->count - 1; /* it did not come to its end */
}
