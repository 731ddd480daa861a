/* SPDX-License-Identifier: MIT */
#include "capture/queue.h"

#include <stdlib.h>
#include <string.h>

/* A piece in front of *link. */
static bool insert(struct queue *q, struct piece **link, uint32_t at, hf_bytes bytes)
{
    struct piece *p = malloc(sizeof *p + bytes.len);
    if (p == NULL) {
        return false;
    }
    p->next = *link;
    p->at = at;
    p->len = bytes.len;
    memcpy(p->bytes, bytes.data, bytes.len);
    *link = p;
    if (p->next == NULL) {
        q->last = p;
    }
    q->count++;
    q->held += sizeof *p + bytes.len;
    return true;
}

static void advance(uint32_t *at, hf_bytes *bytes, size_t len)
{
    len = len < bytes->len ? len : bytes->len;
    *at += (uint32_t)len;
    bytes->data += len;
    bytes->len -= len;
}

bool queue_add(struct queue *q, uint32_t at, hf_bytes bytes)
{
    struct piece **link = &q->first;
    if (q->last != NULL && sequence_behind(at, q->last->at) >= 0) {
        link = &q->last; /* mostly: behind what is there */
    }
    while (bytes.len > 0) {
        struct piece *p = *link;
        int32_t before = p == NULL ? INT32_MAX : sequence_behind(p->at, at);
        if (before > 0) { /* room in front of p */
            size_t len = (size_t)before < bytes.len ? (size_t)before : bytes.len;
            if (!insert(q, link, at, (hf_bytes){bytes.data, len})) {
                return false;
            }
            advance(&at, &bytes, len);
            link = &(*link)->next;
        } else {
            int32_t inside = sequence_behind(p->at + (uint32_t)p->len, at);
            if (inside > 0) {
                advance(&at, &bytes, (size_t)inside);
            }
            link = &p->next;
        }
    }
    return true;
}

void queue_drop(struct queue *q)
{
    struct piece *p = q->first;
    q->first = p->next;
    q->last = q->first == NULL ? NULL : q->last;
    q->count--;
    q->held -= sizeof *p + p->len;
    free(p);
}

void queue_free(struct queue *q)
{
    while (q->first != NULL) {
        queue_drop(q);
    }
}
