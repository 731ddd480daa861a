/* SPDX-License-Identifier: MIT */
#include "liar13.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct slice *block_of(enum message m, union any_message *message)
{
    switch (m) {
    case CLIENT_HELLO:
        return &message->client_hello.extensions;
    case SERVER_HELLO:
    case HELLO_RETRY_REQUEST:
        return &message->server_hello.extensions;
    default:
        assert_int_equal(m, ENCRYPTED_EXTENSIONS);
        return &message->encrypted_extensions.extensions;
    }
}

static const struct liar13_edit *edit_of(const struct liar13 *l, uint16_t code)
{
    for (size_t i = 0; i < l->edit_count; i++) {
        if (l->edits[i].code == code) {
            return &l->edits[i];
        }
    }
    return NULL;
}

static void put(struct writer *w, uint16_t code, struct slice body)
{
    write_number(w, code, 2);
    write_vector(w, 2, body);
}

static void put_edit(struct writer *w, const struct liar13_edit *e)
{
    if (!e->drop) {
        put(w, e->code, slice_of(e->bytes, e->len));
    }
}

/* The block with its edits, where the message is one that is changed. */
static struct slice edited(const struct liar13 *l, struct slice block, struct writer *w)
{
    struct extension_entry x;
    struct slice body;
    bool changes = l->built >= l->from;
    for (size_t i = 0; changes && i < l->edit_count; i++) {
        if (!extensions_find(block, l->edits[i].code, &body)) {
            put_edit(w, &l->edits[i]);
        }
    }
    for (struct list list = list_of(block); list_next_extension(&list, &x);) {
        const struct liar13_edit *e = changes ? edit_of(l, x.type) : NULL;
        if (e) {
            put_edit(w, e);
        } else {
            put(w, x.type, x.body);
        }
    }
    assert_false(w->full);
    return written(w);
}

static void remember(struct liar13 *l, unsigned which, struct slice block)
{
    assert_true(block.len <= LIAR13_BLOCK);
    l->said_len[which] = block.len;
    if (block.len) {
        memcpy(l->said[which], block.data, block.len);
    }
}

static enum err build(struct hs *hs, struct outgoing *out)
{
    struct liar13 *l = (struct liar13 *)((uintptr_t)hs->version - offsetof(struct liar13, version));
    static uint8_t room[LIAR13_BLOCK];
    struct writer w = writer_of(room, sizeof room);
    TRY(version_tls13.message[l->message].build(hs, out));
    struct slice *block = block_of(l->message, &out->message);
    *block = edited(l, *block, &w);
    if (l->lie && l->built >= l->from) {
        l->lie(l, hs, &out->message);
    }
    if (!l->built++) {
        remember(l, 0, *block);
    }
    remember(l, 1, *block);
    return OK;
}

void liar13_begin(struct liar13 *l, hf_conn *conn, enum message m)
{
    assert_ptr_equal(conn->hs->version, &version_tls13);
    *l = (struct liar13){.version = version_tls13, .message = m};
    l->version.message[m].build = build;
    conn->hs->version = &l->version;
}

void liar13_set(struct liar13 *l, uint16_t code, const void *body, size_t len)
{
    assert_true(l->edit_count < LIAR13_EDITS && len <= sizeof l->edits[0].bytes);
    struct liar13_edit *e = &l->edits[l->edit_count++];
    e->code = code;
    e->len = len;
    if (len) {
        memcpy(e->bytes, body, len);
    }
}

void liar13_drop(struct liar13 *l, uint16_t code)
{
    liar13_set(l, code, NULL, 0);
    l->edits[l->edit_count - 1].drop = true;
}

static struct slice block_said(const struct liar13 *l, unsigned last)
{
    assert_true(l->built > 0);
    return slice_of(l->said[last], l->said_len[last]);
}

bool liar13_said(const struct liar13 *l, unsigned last, uint16_t code, struct slice *body)
{
    return extensions_find(block_said(l, last), code, body);
}

int liar13_place(const struct liar13 *l, unsigned last, uint16_t code)
{
    struct extension_entry x;
    struct list list = list_of(block_said(l, last));
    for (int i = 0; list_next_extension(&list, &x); i++) {
        if (x.type == code) {
            return i;
        }
    }
    return -1;
}

int liar13_count(const struct liar13 *l, unsigned last)
{
    struct extension_entry x;
    struct list list = list_of(block_said(l, last));
    int count = 0;
    while (list_next_extension(&list, &x)) {
        count++;
    }
    return count;
}
