/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_HALF_H
#define CAPTURE_HALF_H

#include "capture/queue.h"
#include "capture/streams.h"

/* One direction of a TCP connection: bytes in order, out of segments in any. */
struct half {
    hf_side from;
    bool started, ending, ended;
    uint32_t first;  /* sequence number of the stream's first byte */
    uint32_t next;   /* sequence number of the byte that is waited for */
    uint32_t end_at; /* of FIN */
    unsigned acks_past_hole;
    struct queue waiting;
};
/* Where a half's bytes go. */
struct outlet {
    const struct sink *sink;
    void *conn; /* NULL: they are only counted off */
    int64_t time;
};
void half_start(struct half *h, uint32_t next);
void half_take(struct half *h, uint32_t at, hf_bytes bytes, const struct outlet *out);
/* FIN stands at a sequence number. */
void half_fin(struct half *h, uint32_t at, const struct outlet *out);
/* The other side has received everything before `at`. */
void half_acknowledged(struct half *h, uint32_t at, const struct outlet *out);
/* What is missing in front of the first piece that waits will not come; false when none waits. */
bool half_give_up_hole(struct half *h, const struct outlet *out);
/* Nothing comes any more. */
void half_end(struct half *h, bool cut, const struct outlet *out);

#endif
