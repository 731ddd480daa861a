/* SPDX-License-Identifier: MIT */
#include "store/resp.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * hiredis reads, and calls these for every element. The elements of an array are one allocation, and each
 * element is written into its place there.
 */
static struct resp *reading(const redisReadTask *task)
{
    return task->privdata;
}

static hf_store_reply *place(const redisReadTask *task)
{
    if (task->parent == NULL) {
        return &reading(task)->root;
    }
    const hf_store_reply *parent = task->parent->obj;
    return (hf_store_reply *)(uintptr_t)&parent->items[task->idx];
}

static hf_store_reply_kind kind_of(int type)
{
    return type == REDIS_REPLY_ERROR ? HF_REPLY_ERROR : HF_REPLY_BYTES;
}

static void *make_bytes(const redisReadTask *task, char *bytes, size_t len)
{
    struct resp *r = reading(task);
    if (len > RESP_BYTES_MAX - r->bytes) {
        return NULL;
    }
    uint8_t *copy = malloc(len + 1);
    if (copy == NULL) {
        return NULL;
    }
    r->bytes += len;
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    hf_store_reply *to = place(task);
    *to = (hf_store_reply){.kind = kind_of(task->type), .bytes = {copy, len}};
    return to;
}

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif
static void *make_list(const redisReadTask *task, element_count elements)
{
    struct resp *r = reading(task);
    if ((long long)elements < 0 || (size_t)elements > RESP_ELEMENTS_MAX - r->elements) {
        return NULL;
    }
    hf_store_reply *items = calloc((size_t)elements + 1, sizeof *items);
    if (items == NULL) {
        return NULL;
    }
    r->elements += (size_t)elements;
    hf_store_reply *to = place(task);
    *to = (hf_store_reply){.kind = HF_REPLY_LIST, .count = (size_t)elements, .items = items};
    return to;
}

static void *make_integer(const redisReadTask *task, long long n)
{
    hf_store_reply *to = place(task);
    *to = (hf_store_reply){.kind = HF_REPLY_INTEGER, .integer = n};
    return to;
}

static void *make_nil(const redisReadTask *task)
{
    hf_store_reply *to = place(task);
    *to = (hf_store_reply){.kind = HF_REPLY_NIL};
    return to;
}

#if HIREDIS_MAJOR >= 1 /* RESP3 was not asked for: a server that speaks it is refused */
static void *no_double(const redisReadTask *task, double n, char *bytes, size_t len)
{
    (void)task, (void)n, (void)bytes, (void)len;
    return NULL;
}

static void *no_bool(const redisReadTask *task, int n)
{
    (void)task, (void)n;
    return NULL;
}
#endif

/* hiredis nests seven deep at most. */
static void unmake(void *made) /* NOLINT(misc-no-recursion) */
{
    hf_store_reply *r = made;
    for (size_t i = 0; i < r->count; i++) {
        unmake((hf_store_reply *)(uintptr_t)&r->items[i]);
    }
    free((void *)(uintptr_t)r->items);
    free((void *)(uintptr_t)r->bytes.data);
    *r = (hf_store_reply){0};
}

static redisReplyObjectFunctions making = {
    .createString = make_bytes,
    .createArray = make_list,
    .createInteger = make_integer,
    .createNil = make_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = no_double,
    .createBool = no_bool,
#endif
    .freeObject = unmake,
};

bool resp_init(struct resp *r)
{
    *r = (struct resp){.reader = redisReaderCreateWithFunctions(&making)};
    if (r->reader) {
        r->reader->privdata = r;
    }
    return r->reader != NULL;
}

void resp_free(struct resp *r)
{
    if (r->reader) {
        redisReaderFree(r->reader); /* unmakes what is half read */
        unmake(&r->root);
    }
    r->reader = NULL;
}

bool resp_feed(struct resp *r, hf_bytes bytes)
{
    return redisReaderFeed(r->reader, (const char *)bytes.data, bytes.len) == REDIS_OK;
}

enum resp_got resp_next(struct resp *r, const hf_store_reply **out)
{
    void *reply = NULL;
    if (r->reader->reply == NULL) { /* the last one was handed out whole */
        unmake(&r->root);
        r->elements = r->bytes = 0;
    }
    if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
        return RESP_REFUSED;
    }
    *out = reply;
    if (reply) {
        return RESP_REPLY;
    }
    return r->reader->len - r->reader->pos > RESP_UNREAD_MAX ? RESP_REFUSED : RESP_NONE;
}

void command_add(struct command *c, const void *bytes, size_t len)
{
    assert(c->argc < RESP_ARGUMENTS);
    c->argv[c->argc] = bytes;
    c->len[c->argc++] = len;
}

void command_text(struct command *c, const char *text)
{
    command_add(c, text, strlen(text));
}

void command_number(struct command *c, char room[24], uint64_t n)
{
    snprintf(room, 24, "%llu", (unsigned long long)n);
    command_text(c, room);
}

hf_bytes command_encode(const struct command *c)
{
    char *out = NULL;
    long long len = redisFormatCommandArgv(&out, c->argc, (const char **)(uintptr_t)c->argv, c->len);
    return len > 0 ? (hf_bytes){(const uint8_t *)out, (size_t)len} : (hf_bytes){NULL, 0};
}

void command_free(hf_bytes encoded)
{
    if (encoded.len) {
        explicit_bzero((void *)(uintptr_t)encoded.data, encoded.len); /* AUTH, and what tools send */
    }
    redisFreeCommand((char *)(uintptr_t)encoded.data);
}

bool reply_begins(const hf_store_reply *r, const char *word)
{
    size_t len = strlen(word);
    return (r->kind == HF_REPLY_ERROR || r->kind == HF_REPLY_BYTES) && r->bytes.len >= len &&
           memcmp(r->bytes.data, word, len) == 0 && (r->bytes.len == len || r->bytes.data[len] == ' ');
}
