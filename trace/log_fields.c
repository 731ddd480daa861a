/* SPDX-License-Identifier: MIT */
#include "trace/log_fields.h"

#include <stdlib.h>
#include <string.h>

#include "trace/json.h"

enum { FIELDS_MOST = 65536, HEX_MOST = 2 * 262144 };

struct reading {
    struct json *json;
    struct trace *trace;
    hf_field *fields;
    size_t count, room;
};

static unsigned digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

hf_bytes log_hex(struct trace *t, const char *digits)
{
    size_t len = 0;
    while (digit(digits[2 * len]) < 16 && digit(digits[2 * len + 1]) < 16) {
        len++;
    }
    uint8_t *bytes = trace_memory(t, len);
    if (bytes == NULL) {
        return (hf_bytes){NULL, 0};
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
    }
    return (hf_bytes){bytes, len};
}

/* A string of any length up to HEX_MOST, to be freed; "" when there is no memory. */
static char *long_string(struct json *j)
{
    struct json ahead = *j;
    char ignored[1];
    size_t len = json_string(&ahead, ignored, sizeof ignored);
    char *text = malloc((len < HEX_MOST ? len : HEX_MOST) + 1);
    if (text == NULL) {
        json_skip(j);
        return NULL;
    }
    json_string(j, text, (len < HEX_MOST ? len : HEX_MOST) + 1);
    return text;
}

static const char *keep_string(struct reading *r)
{
    char *text = long_string(r->json);
    const char *kept = trace_string(r->trace, text);
    free(text);
    return kept;
}

static hf_field *new_field(struct reading *r)
{
    if (r->count == r->room) {
        size_t room = r->room == 0 ? 32 : 2 * r->room;
        hf_field *grown = room > FIELDS_MOST ? NULL : realloc(r->fields, room * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        r->fields = grown;
        r->room = room;
    }
    r->fields[r->count] = (hf_field){.name = "", .text = "", .rfc = ""};
    return &r->fields[r->count++];
}

static hf_field_kind kind_of(struct json *j)
{
    char word[16];
    unsigned kind = HF_FIELD_GROUP;
    json_string(j, word, sizeof word);
    while (kind < HF_FIELD_MALFORMED && strcmp(word, json_field_kind((hf_field_kind)kind)) != 0) {
        kind++;
    }
    return (hf_field_kind)kind;
}

static void place(struct json *j, hf_field *f)
{
    bool first = true;
    size_t i = 0;
    for (json_open(j, '['); json_more(j, &first); i++) {
        size_t value = (size_t)json_number(j);
        *(i == 0 ? &f->offset : &f->length) = value;
    }
}

static void hidden(struct json *j, hf_field *f)
{
    char word[16];
    json_string(j, word, sizeof word);
    f->privacy = strcmp(word, "credential") == 0 ? HF_CREDENTIAL : HF_PERSONAL;
}

static void list(struct reading *r, unsigned depth);

static void member(struct reading *r, size_t i, const char *key)
{
    struct json *j = r->json;
    hf_field *f = &r->fields[i];
    if (strcmp(key, "name") == 0) {
        f->name = keep_string(r);
    } else if (strcmp(key, "text") == 0) {
        f->text = keep_string(r);
    } else if (strcmp(key, "rfc") == 0) {
        f->rfc = keep_string(r);
    } else if (strcmp(key, "kind") == 0) {
        f->kind = kind_of(j);
    } else if (strcmp(key, "at") == 0) {
        place(j, f);
    } else if (strcmp(key, "value") == 0) {
        f->number = json_number(j);
    } else if (strcmp(key, "hidden") == 0) {
        hidden(j, f);
    } else if (strcmp(key, "hex") == 0) {
        char *digits = long_string(j);
        f->bytes = log_hex(r->trace, digits == NULL ? "" : digits);
        free(digits);
    } else if (strcmp(key, "fields") == 0) {
        list(r, f->depth + 1);
    } else {
        json_skip(j);
    }
}

static void one(struct reading *r, unsigned depth)
{
    bool first = true;
    char key[16];
    size_t i = r->count;
    hf_field *f = new_field(r);
    if (f == NULL) {
        json_skip(r->json);
        return;
    }
    f->depth = depth;
    for (json_open(r->json, '{'); json_more(r->json, &first);) {
        json_key(r->json, key, sizeof key);
        member(r, i, key);
    }
}

static void list(struct reading *r, unsigned depth)
{
    bool first = true;
    for (json_open(r->json, '['); json_more(r->json, &first);) {
        one(r, depth);
    }
}

void log_read_fields(struct json *j, struct trace *t, struct trace_event *e)
{
    struct reading r = {.json = j, .trace = t};
    list(&r, 0);
    hf_field *kept = r.count == 0 ? NULL : trace_memory(t, r.count * sizeof *kept);
    if (kept != NULL) {
        memcpy(kept, r.fields, r.count * sizeof *kept);
        e->fields = kept;
        e->field_count = r.count;
    }
    free(r.fields);
}
