/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

enum { RECORD = RECORD_HEADER, HEADER = HANDSHAKE_HEADER };

/* ---- hellos ---- */
static size_t number(const uint8_t **at, size_t width)
{
    size_t n = 0;
    while (width--) {
        n = n << 8 | *(*at)++;
    }
    return n;
}

static void take(const uint8_t **at, uint8_t *out, size_t len, size_t room)
{
    assert_true(len <= room);
    memcpy(out, *at, len);
    *at += len;
}

static void parse_choices(struct hello *h, const uint8_t **at)
{
    if (h->of_server) {
        h->suites[0] = (uint16_t)number(at, 2);
        h->suite_count = h->compression_count = 1;
        h->compressions[0] = (uint8_t)number(at, 1);
        return;
    }
    h->suite_count = number(at, 2) / 2;
    assert_true(h->suite_count <= 80);
    for (size_t i = 0; i < h->suite_count; i++) {
        h->suites[i] = (uint16_t)number(at, 2);
    }
    h->compression_count = number(at, 1);
    take(at, h->compressions, h->compression_count, sizeof h->compressions);
}

void hello_parse(struct hello *h, const uint8_t *message)
{
    const uint8_t *at = message + 1;
    size_t len = number(&at, 3);
    const uint8_t *end = at + len;
    *h = (struct hello){.of_server = message[0] == 2};
    h->version = (uint16_t)number(&at, 2);
    take(&at, h->random, 32, 32);
    h->session_id_len = number(&at, 1);
    take(&at, h->session_id, h->session_id_len, 32);
    parse_choices(h, &at);
    if (at < end) {
        at += 2;
    }
    while (at < end) {
        struct hello_extension *e = &h->extensions[h->extension_count++];
        assert_true(h->extension_count <= 24);
        e->type = (uint16_t)number(&at, 2);
        e->len = number(&at, 2);
        take(&at, e->body, e->len, sizeof e->body);
    }
}

static void put_number(struct test_bytes *out, size_t n, size_t width)
{
    for (size_t i = width; i-- > 0;) {
        uint8_t byte = (uint8_t)(n >> 8 * i);
        test_bytes_add(out, &byte, 1);
    }
}

static void build_choices(const struct hello *h, struct test_bytes *out)
{
    if (!h->of_server) {
        put_number(out, 2 * h->suite_count, 2);
    }
    for (size_t i = 0; i < h->suite_count; i++) {
        put_number(out, h->suites[i], 2);
    }
    if (!h->of_server) {
        put_number(out, h->compression_count, 1);
    }
    test_bytes_add(out, h->compressions, h->compression_count);
}

void hello_build(const struct hello *h, struct test_bytes *message)
{
    struct test_bytes body = {0}, block = {0};
    static const uint8_t zeros[64];
    put_number(&body, h->version, 2);
    test_bytes_add(&body, h->random, 32);
    put_number(&body, h->session_id_len, 1);
    test_bytes_add(&body, h->session_id, h->session_id_len);
    build_choices(h, &body);
    for (size_t i = 0; i < h->extension_count; i++) {
        put_number(&block, h->extensions[i].type, 2);
        put_number(&block, h->extensions[i].len, 2);
        test_bytes_add(&block, h->extensions[i].body, h->extensions[i].len);
    }
    if (h->extension_count) {
        put_number(&body, block.len, 2);
        test_bytes_add(&body, block.data, block.len);
    }
    test_bytes_add(&body, zeros, h->trailing);
    put_number(message, h->of_server ? 2 : 1, 1);
    put_number(message, body.len, 3);
    test_bytes_add(message, body.data, body.len);
    test_bytes_free(&body);
    test_bytes_free(&block);
}

struct hello_extension *hello_find(struct hello *h, uint16_t type)
{
    for (size_t i = 0; i < h->extension_count; i++) {
        if (h->extensions[i].type == type) {
            return &h->extensions[i];
        }
    }
    return NULL;
}

void hello_drop(struct hello *h, uint16_t type)
{
    struct hello_extension *e = hello_find(h, type);
    if (e) {
        size_t behind = (size_t)(&h->extensions[h->extension_count] - (e + 1));
        memmove(e, e + 1, behind * sizeof *e);
        h->extension_count--;
    }
}

void hello_add(struct hello *h, uint16_t type, const void *body, size_t len)
{
    struct hello_extension *e = &h->extensions[h->extension_count++];
    assert_true(h->extension_count <= 24 && len <= sizeof e->body);
    *e = (struct hello_extension){.type = type, .len = len};
    if (len) {
        memcpy(e->body, body, len);
    }
}

void hello_drop_suite(struct hello *h, uint16_t suite)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->suite_count; i++) {
        if (h->suites[i] != suite) {
            h->suites[kept++] = h->suites[i];
        }
    }
    h->suite_count = kept;
}

/* The client believes it said what arrived. */
static void change_transcript(hf_conn *client, const struct test_bytes *message)
{
    struct buffer *kept = &client->hs->transcript.kept;
    buffer_drop(kept, buffer_len(kept));
    assert_int_equal(buffer_append(kept, slice_of(message->data, message->len)), OK);
}

static void hello_hook(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct hello_editor *e = arg;
    if (from != e->side || e->done || bytes->data[0] != CONTENT_HANDSHAKE) {
        return;
    }
    e->done = true;
    const uint8_t *message = bytes->data + RECORD;
    size_t record_len = (size_t)bytes->data[3] << 8 | bytes->data[4];
    size_t old_len = HEADER + ((size_t)message[2] << 8 | message[3]);
    struct hello h;
    struct test_bytes changed = {0}, all = {0};
    hello_parse(&h, message);
    e->seen = h;
    e->edit(&h, e->arg);
    hello_build(&h, &changed);
    if (from == HF_CLIENT) {
        change_transcript(pair->client, &changed);
    }
    test_bytes_add(&changed, message + old_len, record_len - old_len);
    put_record(&all, CONTENT_HANDSHAKE, changed.data, changed.len);
    test_bytes_add(&all, bytes->data + RECORD + record_len, bytes->len - RECORD - record_len);
    test_bytes_free(bytes);
    test_bytes_free(&changed);
    *bytes = all;
}

void edit_hello(struct pair *p, struct hello_editor *e)
{
    p->hook = hello_hook;
    p->hook_arg = e;
}

/* ---- messages ---- */
void put_record(struct test_bytes *out, uint8_t content_type, const void *bytes, size_t len)
{
    const uint8_t header[] = {content_type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};
    test_bytes_add(out, header, sizeof header);
    test_bytes_add(out, bytes, len);
}

void put_handshake(struct test_bytes *out, uint8_t type, const void *body, size_t len)
{
    struct test_bytes message = {0};
    put_number(&message, type, 1);
    put_number(&message, len, 3);
    test_bytes_add(&message, body, len);
    put_record(out, CONTENT_HANDSHAKE, message.data, message.len);
    test_bytes_free(&message);
}

static void split(struct message_editor *e, const uint8_t *content, size_t len, struct test_bytes *out)
{
    for (size_t at = 0; at < len;) {
        size_t message = HEADER + ((size_t)content[at + 2] << 8 | content[at + 3]);
        struct test_bytes record = {0};
        put_record(&record, CONTENT_HANDSHAKE, content + at, message);
        e->edit(e->arg, e->index++, content[at], &record);
        test_bytes_add(out, record.data, record.len);
        test_bytes_free(&record);
        at += message;
    }
}

static void messages_hook(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct message_editor *e = arg;
    struct test_bytes out = {0};
    (void)pair;
    if (from != e->from || e->keys_changed) {
        return;
    }
    for (size_t at = 0; at < bytes->len;) {
        size_t len = (size_t)bytes->data[at + 3] << 8 | bytes->data[at + 4];
        e->keys_changed |= bytes->data[at] == CONTENT_CHANGE_CIPHER_SPEC;
        if (bytes->data[at] == CONTENT_HANDSHAKE && !e->keys_changed) {
            split(e, bytes->data + at + RECORD, len, &out);
        } else {
            test_bytes_add(&out, bytes->data + at, RECORD + len);
        }
        at += RECORD + len;
    }
    test_bytes_free(bytes);
    *bytes = out;
}

void edit_messages(struct pair *p, struct message_editor *e)
{
    p->hook = messages_hook;
    p->hook_arg = e;
}

void run_and_expect(struct pair *p, hf_side by, hf_err err, uint8_t alert)
{
    pair_run(p);
    pair_assert_refused(p, by, err, alert);
    pair_free(p);
}
