/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_QUEUE_H
#define CAPTURE_QUEUE_H

#include <handfast/conn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Segments that came before those in front of them: pieces of the stream by sequence number, none overlapping
 * another. What came first is kept where two differ, as most receivers do.
 */
struct piece {
    struct piece *next;
    uint32_t at;
    size_t len;
    uint8_t bytes[];
};
struct queue {
    struct piece *first, *last;
    size_t count, held; /* pieces, and their memory */
};
/* a - b of sequence numbers, RFC 9293 3.4. */
static inline int32_t sequence_behind(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}
/* What of it is not there yet is copied in; false when out of memory. */
bool queue_add(struct queue *q, uint32_t at, hf_bytes bytes);
/* The first piece is done with. */
void queue_drop(struct queue *q);
void queue_free(struct queue *q);

#endif
