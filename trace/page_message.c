/* SPDX-License-Identifier: MIT */
#include "trace/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A message's fields as nested lists, and its bytes. A field's path is its id, "m7/extensions/server_name",
 * and bytes are links to the innermost field they belong to: each leads to the other, without a script too.
 */
enum { FIELDS_MOST = 700, BYTES_MOST = 4096, VALUE_MOST = 16, PATH_MOST = 120 };

struct insides {
    struct text *out;
    const struct trace_event *event;
    unsigned number;
    const struct picture *picture;
    size_t count; /* of fields shown */
    char (*paths)[PATH_MOST];
    bool *hidden;
};

static size_t parent_of(const struct insides *g, size_t i)
{
    unsigned depth = g->event->fields[i].depth;
    while (i > 0 && g->event->fields[i].depth >= depth) {
        i--;
    }
    return i;
}

/* Elements of a list share a name: they are counted, "CipherSuite.2". */
static unsigned same_before(const struct insides *g, size_t i, const char *path)
{
    const hf_field *fields = g->event->fields;
    size_t len = strlen(path);
    unsigned same = 0;
    for (size_t at = i; at > 0 && fields[at - 1].depth >= fields[i].depth; at--) {
        const char *other = g->paths[at - 1];
        same += fields[at - 1].depth == fields[i].depth && strncmp(other, path, len) == 0 &&
                (other[len] == '\0' || other[len] == '.');
    }
    return same;
}

static void name_field(struct insides *g, size_t i)
{
    const hf_field *field = &g->event->fields[i];
    size_t parent = parent_of(g, i);
    char path[PATH_MOST];
    if (field->depth == 0) {
        (void)snprintf(path, sizeof path, "m%u/%s", g->number, field->name);
    } else {
        (void)snprintf(path, sizeof path, "%s/%s", g->paths[parent], field->name);
    }
    for (char *c = path; *c != '\0'; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     strchr("_-./", *c) != NULL;
        *c = plain ? *c : '_';
    }
    unsigned same = same_before(g, i, path);
    struct text whole = {0};
    text_print(&whole, same > 0 ? "%s.%u" : "%s", path, same + 1);
    if (whole.len >= PATH_MOST) { /* too deep for a path: the number is one too */
        text_free(&whole);
        text_print(&whole, "m%u/field.%zu", g->number, i);
    }
    memcpy(g->paths[i], text_string(&whole), whole.len + 1);
    text_free(&whole);
    bool credential = field->privacy == HF_CREDENTIAL && !g->picture->secrets;
    bool personal = field->privacy == HF_PERSONAL && !g->picture->personal;
    g->hidden[i] = credential || personal || (field->depth > 0 && g->hidden[parent]);
}

static void add_hex(struct text *out, hf_bytes bytes)
{
    for (size_t i = 0; i < bytes.len && i < VALUE_MOST; i++) {
        text_print(out, "%02x", bytes.data[i]);
    }
    text_add(out, bytes.len > VALUE_MOST ? "…" : "");
}

/* What stands for something else is a code; its digits are its bytes. */
static void number(struct text *out, const hf_field *field)
{
    if (field->text[0] != '\0') {
        text_print(out, " (0x%0*llx)", (int)field->length * 2, (unsigned long long)field->number);
    } else {
        text_print(out, "%llu", (unsigned long long)field->number);
    }
}

static void value(const struct insides *g, size_t i)
{
    const hf_field *field = &g->event->fields[i];
    struct text words = {0};
    bool group = field->kind == HF_FIELD_GROUP || field->kind == HF_FIELD_EXTENSION;
    if (g->hidden[i] && !group) {
        text_print(&words, "%zu bytes, not shown", field->bytes.len);
    } else if (!g->hidden[i]) {
        text_add(&words, field->text);
    }
    if (field->kind == HF_FIELD_NUMBER && !g->hidden[i]) {
        number(&words, field);
    } else if (field->kind == HF_FIELD_BYTES && !g->hidden[i]) {
        text_add(&words, field->text[0] != '\0' ? " " : "");
        add_hex(&words, field->bytes);
    }
    if (words.len > 0) {
        text_add(g->out, field->kind == HF_FIELD_MALFORMED ? " <q>✗ " : " <q>");
        text_add_html(g->out, text_string(&words));
        text_add(g->out, "</q>");
    }
    text_free(&words);
}

static void place(const struct insides *g, const hf_field *field)
{
    if (field->length == 0 && field->rfc[0] == '\0') {
        return;
    }
    text_add(g->out, "<span>");
    if (field->length > 0) {
        text_print(g->out, field->length > 1 ? "%zu–%zu" : "%zu", field->offset,
                   field->offset + field->length - 1);
    }
    text_add(g->out, field->length > 0 && field->rfc[0] != '\0' ? ", " : "");
    text_add_html(g->out, field->rfc);
    text_add(g->out, "</span>");
}

static void fields(const struct insides *g)
{
    unsigned open = 0; /* lists */
    for (size_t i = 0; i < g->count; i++) {
        const hf_field *field = &g->event->fields[i];
        if (field->depth >= open) {
            text_add(g->out, "<ul class=f>");
            open++;
        } else {
            text_add(g->out, "</li>");
            for (; open > field->depth + 1; open--) {
                text_add(g->out, "</ul></li>");
            }
        }
        text_print(g->out, "<li id=\"%s\"><a href=\"#%s\">", g->paths[i], g->paths[i]);
        text_add_html(g->out, field->name);
        text_add(g->out, "</a>");
        value(g, i);
        place(g, field);
    }
    for (; open > 0; open--) {
        text_add(g->out, "</li></ul>");
    }
    if (g->count < g->event->field_count) {
        text_print(g->out, "<p class=quiet>%zu further fields are left out.</p>",
                   g->event->field_count - g->count);
    }
}

/* Of each byte shown: the index of its innermost field, behind which it stands; count: of none, the message's
 * header. */
static void owners(const struct insides *g, uint16_t *owner, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        owner[i] = (uint16_t)g->count;
    }
    for (size_t f = 0; f < g->count; f++) {
        const hf_field *field = &g->event->fields[f];
        for (size_t i = field->offset; i < len && i - field->offset < field->length; i++) {
            owner[i] = (uint16_t)f;
        }
    }
}

static void bytes(const struct insides *g)
{
    static uint16_t nobody[1];
    hf_bytes message = g->event->message;
    size_t len = message.len < BYTES_MOST ? message.len : BYTES_MOST;
    uint16_t *owner = len == 0 ? nobody : malloc(len * sizeof *owner);
    if (owner == NULL) {
        g->out->failed = true;
        return;
    }
    owners(g, owner, len);
    text_add(g->out, "<p class=b>");
    for (size_t i = 0; i < len; i++) {
        bool first = i == 0 || owner[i] != owner[i - 1], last = i + 1 == len || owner[i] != owner[i + 1];
        bool owned = owner[i] < g->count;
        if (first && owned) {
            text_print(g->out, "<a href=\"#%s\">", g->paths[owner[i]]);
        }
        if (owned && g->hidden[owner[i]]) {
            text_add(g->out, "··");
        } else {
            text_print(g->out, "%02x", message.data[i]);
        }
        text_add(g->out, last && owned ? "</a>" : "");
        text_add(g->out, i + 1 < len ? " " : "");
    }
    text_add(g->out, "</p>");
    if (len < message.len) {
        text_print(g->out, "<p class=quiet>The %zu bytes behind them are left out.</p>", message.len - len);
    }
    if (len > 0) {
        free(owner);
    }
}

static void hash(struct text *out, const char *what, hf_bytes value)
{
    if (value.len > 0) {
        text_print(out, "; %s ", what);
        for (size_t i = 0; i < value.len; i++) {
            text_print(out, "%02x", value.data[i]);
        }
    }
}

void page_facts(struct text *out, const struct trace_event *event)
{
    const char *suite = event->protected_by == 0 ? NULL : hf_name_of(HF_SUITES, event->protected_by);
    if (event->why[0] != '\0') {
        text_add(out, "<p>Why: ");
        text_add_html(out, event->why);
        text_add(out, ".</p>");
    }
    if (event->record > 0) {
        text_add(out, "<p class=quiet>");
        if (event->first_record > 0 && event->first_record < event->record) {
            text_print(out, "Records %u to %u", (unsigned)event->first_record, (unsigned)event->record);
        } else {
            text_print(out, "Record %u", (unsigned)event->record);
        }
        text_print(out, " of the %s", side_word(event->by));
        if (event->epoch > 0) {
            text_print(out, ", number %llu under e%u%s%s", (unsigned long long)event->sequence, event->epoch,
                       suite == NULL ? "" : ", ", suite == NULL ? "" : suite);
        }
        hash(out, "transcript hash", event->transcript_hash);
        text_add(out, "</p>");
    }
}

void page_finding(struct text *out, const struct picture *p, const struct trace_event *event)
{
    bool check = event->kind == HF_EVENT_CHECK;
    text_print(out, "<li class=%s>", !check ? "quiet" : event->passed ? "yes" : "no-good");
    text_print(out, "the %s %s ", side_word(event->seen_by), check ? "checks" : "derives");
    text_add_html(out, event->name);
    if (event->text[0] != '\0') {
        text_add(out, ": ");
        text_add_html(out, event->text);
    }
    hash(out, "fingerprint", event->fingerprint);
    hash(out, "value", p->secrets ? event->secret : (hf_bytes){0});
    if (event->rfc[0] != '\0') {
        text_add(out, " <span class=quiet>");
        text_add_html(out, event->rfc);
        text_add(out, "</span>");
    }
    text_add(out, "</li>");
}

void page_message(struct text *out, const struct picture *p, const struct trace_event *event, unsigned number)
{
    struct insides g = {.out = out, .event = event, .number = number, .picture = p};
    if (event->message.len == 0) {
        return;
    }
    g.count = event->field_count < FIELDS_MOST ? event->field_count : FIELDS_MOST;
    g.paths = calloc(g.count + 1, sizeof *g.paths);
    g.hidden = calloc(g.count + 1, sizeof *g.hidden);
    if (g.paths != NULL && g.hidden != NULL) {
        for (size_t i = 0; i < g.count; i++) {
            name_field(&g, i);
        }
        fields(&g);
        bytes(&g);
    } else {
        out->failed = true;
    }
    free(g.hidden);
    free(g.paths);
}
