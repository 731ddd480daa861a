/* SPDX-License-Identifier: MIT */
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

/* Copies and cuts, between code points. */
static void keep(char *out, size_t size, const char *string)
{
    if (string == NULL) {
        string = "";
    }
    size_t len = strlen(string);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)string[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    memcpy(out, string, len);
    out[len] = '\0';
}

void trace_start(struct trace *t, const char *title)
{
    *t = (struct trace){0};
    keep(t->title, sizeof t->title, title);
}

void trace_free(struct trace *t)
{
    free(t->events);
    trace_free_blocks(t);
    *t = (struct trace){0};
}

struct trace_event *trace_room(struct trace *t)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity == 0 ? 32 : t->capacity * 2;
        struct trace_event *grown =
            t->count >= TRACE_MOST_EVENTS ? NULL : realloc(t->events, capacity * sizeof *grown);
        if (grown == NULL) {
            t->dropped++;
            return NULL;
        }
        t->events = grown;
        t->capacity = capacity;
    }
    struct trace_event *event = &t->events[t->count++];
    *event = (struct trace_event){.times = 1};
    return event;
}

/* Records of data in a row, read or not, are one event: a download must not fill the trace. */
static bool joins(struct trace *t, const hf_event *event)
{
    struct trace_event *last = t->count == 0 ? NULL : &t->events[t->count - 1];
    bool may = event->kind == HF_EVENT_DATA || (event->kind == HF_EVENT_HIDDEN && event->err == HF_OK);
    if (!may || last == NULL || last->kind != event->kind || last->err != event->err ||
        last->by != event->by || last->epoch != event->epoch) {
        return false;
    }
    if (event->kind == HF_EVENT_HIDDEN &&
        (strcmp(last->name, event->name) != 0 || strcmp(last->text, event->text) != 0)) {
        return false;
    }
    last->size += event->size;
    last->times++;
    last->record = event->record;
    return true;
}

/* An answer belongs to the question before it. */
static int64_t wait_of(const struct trace *t, const struct trace_event *kept)
{
    const struct trace_event *asked = kept;
    while (kept->kind == HF_EVENT_ANSWER && asked > t->events) {
        asked--;
        if (asked->kind == HF_EVENT_ASK && asked->by == kept->by) {
            return asked->time && kept->time ? kept->time - asked->time : -1;
        }
    }
    return -1;
}

static void keep_details(struct trace *t, struct trace_event *kept, const hf_event *event)
{
    kept->handshake = event->handshake;
    kept->version = event->version;
    kept->certificate_type = event->certificate_type;
    kept->suite = event->suite;
    kept->protected_by = event->protected_by;
    kept->first_record = event->first_record;
    kept->sequence = event->sequence;
    keep(kept->why, sizeof kept->why, event->why);
    keep(kept->about, sizeof kept->about, event->about);
    kept->passed = event->passed;
    kept->time = event->time || !t->clock ? event->time : t->clock();
    kept->wait = wait_of(t, kept);
    kept->transcript_hash = trace_bytes(t, event->transcript_hash);
    kept->fingerprint = trace_bytes(t, event->fingerprint);
    kept->secret = trace_bytes(t, event->secret);
    kept->message = trace_bytes(t, event->message);
    trace_keep_fields(t, kept);
}

void trace_watch(void *arg, const hf_event *event)
{
    struct trace *t = arg;
    if (joins(t, event)) {
        return;
    }
    struct trace_event *kept = trace_room(t);
    if (kept == NULL) {
        return;
    }
    /* A client decides on resumption while it handles ServerHello: the message is told first, then what it
     * meant. */
    if (event->kind == HF_EVENT_STEP && t->count >= 2 && kept[-1].kind == HF_EVENT_RESUMPTION &&
        kept[-1].seen_by == HF_CLIENT && event->name != NULL && strcmp(event->name, "ServerHello") == 0) {
        kept[0] = kept[-1];
        *--kept = (struct trace_event){.times = 1};
    }
    kept->kind = event->kind;
    kept->by = event->by;
    kept->seen_by = event->seen_by;
    keep(kept->name, sizeof kept->name, event->name);
    keep(kept->rfc, sizeof kept->rfc, event->rfc);
    keep(kept->text, sizeof kept->text, event->text);
    keep(kept->keys, sizeof kept->keys, event->keys);
    kept->local = event->local;
    kept->optional = event->optional;
    kept->new_keys = event->new_keys;
    kept->epoch = event->epoch;
    kept->size = event->size;
    kept->record = event->record;
    kept->alert_level = event->alert_level;
    kept->alert = event->alert;
    kept->resumption = event->resumption;
    kept->err = event->err;
    keep_details(t, kept, event);
}

void trace_watch_own(void *arg, const hf_event *event)
{
    /* Only the server knows why a session was not resumed. */
    bool own = event->kind == HF_EVENT_RESUMPTION ? event->seen_by == HF_SERVER
               : event->kind == HF_EVENT_CLOSED   ? event->by == event->seen_by || event->err != HF_OK
                                                  : event->by == event->seen_by;
    if (own) {
        trace_watch(arg, event);
    }
}

void trace_note(struct trace *t, const char *sentence)
{
    hf_event note = {.kind = HF_EVENT_NOTE, .name = "", .rfc = "", .text = sentence};
    trace_watch(t, &note);
}
