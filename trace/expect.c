/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "trace/diff.h"
#include "trace/words.h"

/* Expectations, for scripts: "complete", "resumed", "CertificateStatus", "not:unknown_ca",
 * "ServerHello/cipher_suite=…". */

static bool is_named(const struct trace_event *e, const char *name, size_t len)
{
    const char *own = e->kind == HF_EVENT_ALERT ? hf_alert_name(e->alert) : e->name;
    return strlen(own) == len && strncasecmp(own, name, len) == 0 && (e->kind != HF_EVENT_CHECK || e->passed);
}

static bool has_event(const struct trace *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *e = &t->events[i];
        bool word =
            (strcmp(name, "complete") == 0 && e->kind == HF_EVENT_DONE) ||
            (strcmp(name, "resumed") == 0 && e->kind == HF_EVENT_RESUMPTION && e->resumption == HF_RESUMED) ||
            (e->err != HF_OK && strcasecmp(hf_err_name(e->err), name) == 0);
        if (word || is_named(e, name, strlen(name))) {
            return true;
        }
    }
    return false;
}

/* Whether the field at i stands at the end of a path of names, the last of which ends at end. Groups between
 * may be left out. */
static bool is_at(const struct trace_event *e, size_t i, const char *path, const char *end)
{
    unsigned depth = e->fields[i].depth + 1;
    while (end > path) {
        const char *name = end;
        while (name > path && name[-1] != '/') {
            name--;
        }
        size_t len = (size_t)(end - name);
        bool first = depth == e->fields[i].depth + 1, found = false;
        for (size_t up = i + 1; up-- > 0 && !found;) {
            const hf_field *f = &e->fields[up];
            if (f->depth >= depth || (first && up != i)) {
                continue;
            }
            found = strlen(f->name) == len && strncmp(f->name, name, len) == 0;
            depth = f->depth;
            i = up;
        }
        if (!found) {
            return false;
        }
        end = name > path ? name - 1 : path;
    }
    return true;
}

static bool has_value(const hf_field *f, const char *value)
{
    struct text words = {0};
    bool is = strcmp(f->text, value) == 0;
    if (f->kind == HF_FIELD_NUMBER || f->kind == HF_FIELD_GROUP || f->kind == HF_FIELD_EXTENSION) {
        text_print(&words, "%llu", (unsigned long long)f->number);
    } else {
        words_hex(&words, f->bytes);
    }
    is |= strcmp(text_string(&words), value) == 0;
    text_free(&words);
    return is;
}

/* "Message/path", with "=value" or without: then the field is only to be there. */
static bool has_field(const struct trace *t, const char *path, char seen[TRACE_WHY])
{
    const char *slash = strchr(path, '/'), *equals = strchr(slash, '=');
    const char *end = equals == NULL ? slash + strlen(slash) : equals;
    static const struct picture plain = {.width = 80};
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *e = &t->events[i];
        for (size_t k = 0; is_named(e, path, (size_t)(slash - path)) && k < e->field_count; k++) {
            if (!is_at(e, k, slash + 1, end)) {
                continue;
            }
            if (equals == NULL || has_value(&e->fields[k], equals + 1)) {
                return true;
            }
            struct text words = {0};
            words_field(&words, &e->fields[k], &plain, 32);
            (void)snprintf(seen, TRACE_WHY, "it is %.100s", text_string(&words));
            text_free(&words);
        }
    }
    return false;
}

bool trace_holds(const struct trace *t, const char *expectation, char why[TRACE_WHY])
{
    bool negative = strncmp(expectation, "not:", 4) == 0;
    const char *what = expectation + (negative ? 4 : 0);
    (void)snprintf(why, TRACE_WHY, negative ? "it is there" : "there is none");
    bool holds = strchr(what, '/') == NULL ? has_event(t, what) : has_field(t, what, why);
    return holds != negative;
}
