/* SPDX-License-Identifier: MIT */
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

/* Memory of a trace: blocks that live as long as it does. */
enum { BLOCK = 16384 };

struct trace_block {
    struct trace_block *before;
    size_t used, size;
    max_align_t bytes[];
};

static struct trace_block *block_with(struct trace *t, size_t size)
{
    struct trace_block *b = t->blocks;
    if (b != NULL && b->size - b->used >= size) {
        return b;
    }
    size_t room = size > BLOCK ? size : BLOCK;
    b = t->kept + room > TRACE_MOST_BYTES ? NULL : malloc(sizeof *b + room);
    if (b == NULL) {
        t->dropped++;
        return NULL;
    }
    *b = (struct trace_block){.before = t->blocks, .size = room};
    t->blocks = b;
    t->kept += room;
    return b;
}

void *trace_memory(struct trace *t, size_t size)
{
    size_t aligned = (size + sizeof(max_align_t)) / sizeof(max_align_t) * sizeof(max_align_t);
    struct trace_block *b = size > TRACE_MOST_BYTES ? NULL : block_with(t, aligned);
    if (b == NULL) {
        return NULL;
    }
    void *memory = (char *)b->bytes + b->used;
    b->used += aligned;
    return memory;
}

const char *trace_string(struct trace *t, const char *string)
{
    size_t size = string == NULL ? 0 : strlen(string);
    char *copy = size == 0 ? NULL : trace_memory(t, size + 1);
    return copy == NULL ? "" : memcpy(copy, string, size + 1);
}

hf_bytes trace_bytes(struct trace *t, hf_bytes bytes)
{
    void *copy = bytes.len == 0 ? NULL : trace_memory(t, bytes.len);
    return copy == NULL ? (hf_bytes){0} : (hf_bytes){memcpy(copy, bytes.data, bytes.len), bytes.len};
}

void trace_free_blocks(struct trace *t)
{
    while (t->blocks != NULL) {
        struct trace_block *b = t->blocks;
        t->blocks = b->before;
        free(b);
    }
}

/* Twice over the message: how many fields there are, then the fields. */
static void count_field(void *arg, const hf_field *field)
{
    (void)field;
    ++*(size_t *)arg;
}

struct keeping {
    struct trace *t;
    hf_field *fields;
    size_t count, room;
};

static void keep_field(void *arg, const hf_field *field)
{
    struct keeping *k = arg;
    if (k->count < k->room) {
        k->fields[k->count] = *field;
        k->fields[k->count++].text = trace_string(k->t, field->text);
    }
}

void trace_keep_fields(struct trace *t, struct trace_event *kept)
{
    const hf_event event = {
        .kind = kept->kind,
        .by = kept->by,
        .name = kept->name,
        .local = kept->local,
        .version = kept->version,
        .suite = kept->suite,
        .message = kept->message,
        .certificate_type = kept->certificate_type,
    };
    struct keeping k = {.t = t};
    hf_event_fields(&event, count_field, &k.room);
    k.fields = k.room == 0 ? NULL : trace_memory(t, k.room * sizeof *k.fields);
    if (k.fields != NULL) {
        hf_event_fields(&event, keep_field, &k);
    }
    kept->fields = k.fields;
    kept->field_count = k.count;
}
