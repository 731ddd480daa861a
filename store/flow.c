/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 16384     /* fed to the reader at once */
#define KEPT_ROOM 16384 /* an empty buffer keeps no more than this */
#define SMALLEST_ROOM 1024

/* ---- bytes to send: what is not held any more is wiped, for among it is the server's password ---- */

static void wipe(struct bytes *b, size_t from, size_t len)
{
    if (len) {
        explicit_bzero(b->data + from, len);
    }
}

static bool grow(struct bytes *b, size_t room)
{
    uint8_t *grown = malloc(room);
    if (grown == NULL) {
        return false;
    }
    if (b->len) {
        memcpy(grown, b->data + b->start, b->len);
        wipe(b, b->start, b->len);
    }
    free(b->data);
    *b = (struct bytes){.data = grown, .len = b->len, .room = room};
    return true;
}

bool bytes_add(struct bytes *b, hf_bytes more, size_t most)
{
    if (more.len > most - b->len) {
        return false;
    }
    if (b->start && b->start + b->len + more.len > b->room) {
        size_t end = b->start + b->len;
        memmove(b->data, b->data + b->start, b->len);
        wipe(b, b->len, end - b->len);
        b->start = 0;
    }
    if (b->len + more.len > b->room) {
        size_t room = b->room ? b->room : SMALLEST_ROOM;
        while (room < b->len + more.len) {
            room *= 2;
        }
        if (!grow(b, room)) {
            return false;
        }
    }
    memcpy(b->data + b->start + b->len, more.data, more.len);
    b->len += more.len;
    return true;
}

void bytes_drop(struct bytes *b, size_t len)
{
    len = len < b->len ? len : b->len;
    wipe(b, b->start, len);
    if (len < b->len) {
        b->start += len;
        b->len -= len;
        return;
    }
    b->start = b->len = 0;
    if (b->room > KEPT_ROOM) {
        bytes_free(b);
    }
}

void bytes_free(struct bytes *b)
{
    wipe(b, b->start, b->len);
    free(b->data);
    *b = (struct bytes){0};
}

static hf_bytes bytes_held(const struct bytes *b)
{
    return b->len ? (hf_bytes){b->data + b->start, b->len} : (hf_bytes){NULL, 0};
}

/* ---- a link with TLS ---- */

static void tls_failed(struct hf_store *s, struct link *l)
{
    const hf_failure *f = hf_failed(l->tls);
    hf_bytes detail = {0};
    const char *sentence = "it has closed the TLS connection";
    if (f) {
        sentence = hf_err_sentence(f->err);
        detail = (hf_bytes){(const uint8_t *)f->detail, strlen(f->detail)};
    } else if (hf_wants(l->tls) & HF_ANSWER) {
        sentence = "the TLS config asks questions, which a store cannot answer: give it one that asks none";
    }
    s->stats.connect_failures += l->state == LINK_GREETING;
    trouble(s, l->server, sentence, detail.len ? &detail : NULL);
    link_end(s, l);
}

static hf_bytes peek_tls(struct hf_store *s, struct link *l)
{
    while (l->out.len && l->state != LINK_ENDED && (hf_wants(l->tls) & HF_GIVE_APP)) {
        size_t used = 0;
        if (hf_push_app(l->tls, bytes_held(&l->out), &used) != HF_OK) {
            tls_failed(s, l);
        }
        bytes_drop(&l->out, used);
        if (used == 0) {
            break; /* it holds enough */
        }
    }
    return hf_peek_wire(l->tls); /* of an ended link: the alert that says why */
}

hf_bytes link_peek(struct hf_store *s, struct link *l)
{
    if (l->state == LINK_DIALING) {
        return (hf_bytes){NULL, 0};
    }
    return l->tls ? peek_tls(s, l) : bytes_held(&l->out);
}

void link_drop(struct link *l, size_t len)
{
    if (l->tls) {
        hf_drop_wire(l->tls, len);
    } else {
        bytes_drop(&l->out, len);
    }
}

/* ---- bytes that arrived ---- */

static void read_piece(struct hf_store *s, struct link *l, hf_bytes piece)
{
    const hf_store_reply *reply;
    enum resp_got got = resp_feed(&l->resp, piece) ? RESP_REPLY : RESP_REFUSED;
    while (got == RESP_REPLY && l->state != LINK_ENDED) {
        got = resp_next(&l->resp, &reply);
        if (got == RESP_REPLY) {
            reply_take(s, l, reply);
        }
    }
    if (got == RESP_REFUSED && l->state != LINK_ENDED) {
        trouble(
            s, l->server,
            "what it sends is not the Redis protocol, or more than is held here: is the port right, and does it want TLS?",
            NULL);
        link_end(s, l);
    }
}

static void read_plain(struct hf_store *s, struct link *l, hf_bytes plain)
{
    while (plain.len && l->state != LINK_ENDED) {
        hf_bytes piece = {plain.data, plain.len < PIECE ? plain.len : PIECE};
        read_piece(s, l, piece);
        plain.data += piece.len;
        plain.len -= piece.len;
    }
}

static void take_tls(struct hf_store *s, struct link *l, uint8_t *arrived, size_t len)
{
    hf_err err = HF_OK;
    for (size_t at = 0, used; at < len && err == HF_OK && l->state != LINK_ENDED; at += used) {
        used = 0;
        err = hf_push_wire(l->tls, arrived + at, len - at, &used);
        hf_bytes plain = hf_peek_app(l->tls);
        read_plain(s, l, plain);
        hf_drop_app(l->tls, plain.len);
        if (used == 0 && plain.len == 0) {
            break;
        }
    }
    if (l->state != LINK_ENDED && (err != HF_OK || (hf_wants(l->tls) & (HF_CLOSED_IN | HF_ANSWER)))) {
        tls_failed(s, l);
    }
}

void link_take(struct hf_store *s, struct link *l, uint8_t *arrived, size_t len)
{
    if (l->state == LINK_DIALING || l->state == LINK_ENDED) {
        return;
    }
    if (len == 0) {
        s->stats.connect_failures += l->state == LINK_GREETING;
        trouble(s, l->server, "it has closed the connection", NULL);
        link_end(s, l);
    } else if (l->tls) {
        take_tls(s, l, arrived, len);
    } else {
        read_plain(s, l, (hf_bytes){arrived, len});
    }
}
