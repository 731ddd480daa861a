/* SPDX-License-Identifier: MIT */
#include "trace/log.h"

#include <stdlib.h>
#include <string.h>

#include "trace/json.h"
#include "trace/log_fields.h"

enum { KINDS = HF_EVENT_HIDDEN + 1, LEVELS_MOST = 8 };

struct log {
    struct json json;
    struct trace trace;
    log_visitor *visitor;
    void *arg;
    unsigned level;   /* of objects in objects */
    unsigned holding; /* parts of unfinished events that are in the trace's memory */
};

static void hand_over(struct log *l)
{
    if (l->trace.count > 0) {
        l->visitor(l->arg, &l->trace);
    }
    trace_free(&l->trace);
}

/* ---- members ---- */
static hf_event_kind kind_of(struct json *j)
{
    char word[16];
    unsigned kind = 0;
    json_string(j, word, sizeof word);
    while (kind < KINDS && strcmp(word, json_kind((hf_event_kind)kind)) != 0) {
        kind++;
    }
    j->bad |= kind == KINDS;
    return (hf_event_kind)kind;
}

static hf_side side_of(struct json *j)
{
    char word[16];
    json_string(j, word, sizeof word);
    return strcmp(word, "server") == 0 ? HF_SERVER : HF_CLIENT;
}

static hf_err error_of(struct json *j)
{
    char name[64];
    json_string(j, name, sizeof name);
    for (int i = 1; i < 1024; i++) {
        if (strcmp(hf_err_name((hf_err)i), name) == 0) {
            return (hf_err)i;
        }
    }
    return HF_INTERNAL;
}

static hf_resumption resumption_of(struct json *j)
{
    char sentence[160];
    int i = HF_NOT_OFFERED;
    json_string(j, sentence, sizeof sentence);
    while (i < HF_SESSION_STORE_FAILED && strcmp(hf_resumption_sentence((hf_resumption)i), sentence) != 0) {
        i++;
    }
    return (hf_resumption)i;
}

static uint16_t code_of(struct json *j, hf_vocabulary vocabulary)
{
    char name[96];
    json_string(j, name, sizeof name);
    int32_t code = hf_code_of(vocabulary, name);
    return code < 0 ? 0 : (uint16_t)code;
}

static hf_bytes hex_of(struct log *l)
{
    char text[600];
    json_string(&l->json, text, sizeof text);
    l->holding++;
    return log_hex(&l->trace, text);
}

/* Names and sentences; true when the member is one. */
static bool text_member(struct json *j, const char *key, struct trace_event *e)
{
    const struct {
        const char *key;
        char *to;
        size_t size;
    } members[] = {{"name", e->name, sizeof e->name},    {"rfc", e->rfc, sizeof e->rfc},
                   {"text", e->text, sizeof e->text},    {"why", e->why, sizeof e->why},
                   {"about", e->about, sizeof e->about}, {"keys", e->keys, sizeof e->keys}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (strcmp(key, members[i].key) == 0) {
            if (json_peek(j) == '"') {
                json_string(j, members[i].to, members[i].size);
            } else {
                json_skip(j); /* null */
            }
            return true;
        }
    }
    return false;
}

static bool number_member(struct json *j, const char *key, struct trace_event *e)
{
    const char *const keys[] = {"epoch",     "size",  "record",      "first_record", "records", "sequence",
                                "handshake", "level", "description", "time",         "wait"};
    size_t which = 0, count = sizeof keys / sizeof *keys;
    while (which < count && strcmp(key, keys[which]) != 0) {
        which++;
    }
    if (which == count) {
        return false;
    }
    uint64_t value = json_number(j);
    e->epoch = which == 0 ? (unsigned)value : e->epoch;
    e->size = which == 1 ? (size_t)value : e->size;
    e->record = which == 2 ? (uint32_t)value : e->record;
    e->first_record = which == 3 ? (uint32_t)value : e->first_record;
    e->times = which == 4 ? (unsigned)value : e->times;
    e->sequence = which == 5 ? value : e->sequence;
    e->handshake = which == 6 ? (unsigned)value : e->handshake;
    e->alert_level = which == 7 ? (uint8_t)value : e->alert_level;
    e->alert = which == 8 ? (uint8_t)value : e->alert;
    e->time = which == 9 ? (int64_t)value : e->time;
    e->wait = which == 10 ? (int64_t)value : e->wait;
    return true;
}

static bool flag_member(struct json *j, const char *key, struct trace_event *e)
{
    bool *flag = strcmp(key, "local") == 0      ? &e->local
                 : strcmp(key, "optional") == 0 ? &e->optional
                 : strcmp(key, "new_keys") == 0 ? &e->new_keys
                 : strcmp(key, "passed") == 0   ? &e->passed
                                                : NULL;
    if (flag != NULL) {
        *flag = json_true(j);
    }
    return flag != NULL;
}

static bool other_member(struct log *l, const char *key, struct trace_event *e)
{
    struct json *j = &l->json;
    if (strcmp(key, "by") == 0) {
        e->by = side_of(j);
    } else if (strcmp(key, "seen_by") == 0) {
        e->seen_by = side_of(j);
    } else if (strcmp(key, "reason") == 0) {
        e->resumption = resumption_of(j);
    } else if (strcmp(key, "error") == 0) {
        e->err = error_of(j);
    } else if (strcmp(key, "version") == 0) {
        e->version = code_of(j, HF_VERSIONS);
    } else if (strcmp(key, "suite") == 0) {
        e->suite = code_of(j, HF_SUITES);
    } else if (strcmp(key, "protected_by") == 0) {
        e->protected_by = code_of(j, HF_SUITES);
    } else if (strcmp(key, "transcript_hash") == 0) {
        e->transcript_hash = hex_of(l);
    } else if (strcmp(key, "fingerprint") == 0) {
        e->fingerprint = hex_of(l);
    } else if (strcmp(key, "secret") == 0) {
        e->secret = hex_of(l);
    } else {
        return false;
    }
    return true;
}

/* ---- objects ---- */
static void object(struct log *l);

static void objects(struct log *l)
{
    bool first = true;
    for (json_open(&l->json, '['); json_more(&l->json, &first);) {
        object(l);
    }
}

/* A title that comes when part of an event was read already is passed over: it would take that part away. */
static void new_trace(struct log *l)
{
    char title[sizeof l->trace.title];
    json_string(&l->json, title, sizeof title);
    if (l->holding > 0) {
        return;
    }
    hand_over(l);
    trace_start(&l->trace, title);
}

static void member(struct log *l, const char *key, struct trace_event *e, bool *is_event)
{
    struct json *j = &l->json;
    if (strcmp(key, "event") == 0) {
        e->kind = kind_of(j);
        *is_event = true;
    } else if (strcmp(key, "title") == 0) {
        new_trace(l);
    } else if (strcmp(key, "traces") == 0 || strcmp(key, "events") == 0) {
        objects(l);
    } else if (strcmp(key, "data") == 0) {
        object(l);
    } else if (strcmp(key, "connection") == 0) {
        l->trace.connection = (unsigned long)json_number(j);
    } else if (strcmp(key, "fields") == 0) {
        l->holding++;
        log_read_fields(j, &l->trace, e);
    } else if (!text_member(j, key, e) && !number_member(j, key, e) && !flag_member(j, key, e) &&
               !other_member(l, key, e)) {
        json_skip(j);
    }
}

static void keep_event(struct log *l, const struct trace_event *e)
{
    struct trace_event *kept = trace_room(&l->trace);
    if (kept != NULL) {
        *kept = *e;
        l->trace.spec |= e->optional;
    }
}

/* An event, or one of qlog's frames around it. */
static void object(struct log *l)
{
    struct trace_event e = {.times = 1, .wait = -1};
    const unsigned held = l->holding;
    bool first = true, is_event = false;
    char key[32];
    if (l->level >= LEVELS_MOST) {
        l->json.bad = true;
        return;
    }
    l->level++;
    for (json_open(&l->json, '{'); json_more(&l->json, &first);) {
        json_key(&l->json, key, sizeof key);
        member(l, key, &e, &is_event);
    }
    l->level--;
    if (is_event && !l->json.bad) {
        keep_event(l, &e);
    }
    l->holding = held; /* what this event has is the trace's now */
}

static size_t line_of(const char *text, const char *at)
{
    size_t line = 1;
    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

size_t log_read(const char *text, size_t len, const char *title, log_visitor *visitor, void *arg)
{
    struct log l = {.json = json_of(text, len), .visitor = visitor, .arg = arg};
    const char *begun = text;
    trace_start(&l.trace, title);
    while (!l.json.bad && json_peek(&l.json) != '\0') {
        begun = l.json.at;
        object(&l);
    }
    hand_over(&l);
    return l.json.bad || len == 0 ? line_of(text, begun) : 0;
}
