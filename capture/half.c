/* SPDX-License-Identifier: MIT */
#include "capture/half.h"

static void hand_on(struct half *h, hf_bytes bytes, const struct outlet *out)
{
    h->next += (uint32_t)bytes.len;
    if (out->conn != NULL && bytes.len > 0) {
        out->sink->bytes(out->conn, h->from, bytes, out->time);
    }
}

static void end(struct half *h, bool cut, const struct outlet *out)
{
    if (!h->ended) {
        h->ended = true;
        queue_free(&h->waiting);
        if (out->conn != NULL) {
            out->sink->end(out->conn, h->from, cut);
        }
    }
}

/* What waited and is due now. */
static void drain(struct half *h, const struct outlet *out)
{
    struct piece *p;
    while ((p = h->waiting.first) != NULL && sequence_behind(p->at, h->next) <= 0) {
        int32_t seen = sequence_behind(h->next, p->at);
        if ((size_t)seen < p->len) {
            hand_on(h, (hf_bytes){p->bytes + seen, p->len - (size_t)seen}, out);
        }
        queue_drop(&h->waiting);
        h->acks_past_hole = 0;
    }
    if (h->ending && sequence_behind(h->end_at, h->next) <= 0) {
        end(h, false, out);
    }
}

void half_start(struct half *h, uint32_t next)
{
    h->started = true;
    h->first = h->next = next;
}

bool half_give_up_hole(struct half *h, const struct outlet *out)
{
    const struct piece *p = h->waiting.first;
    if (p == NULL) {
        return false;
    }
    uint32_t missing = p->at - h->next;
    h->next = p->at;
    h->acks_past_hole = 0;
    if (out->conn != NULL) {
        out->sink->miss(out->conn, h->from, missing);
    }
    drain(h, out);
    return true;
}

void half_take(struct half *h, uint32_t at, hf_bytes bytes, const struct outlet *out)
{
    int32_t ahead = sequence_behind(at, h->next);
    if (h->ended || bytes.len == 0) {
        return;
    }
    if (ahead <= 0) { /* all of it, or its end, or a repetition */
        size_t seen = (size_t)(-(int64_t)ahead);
        if (seen < bytes.len) {
            hand_on(h, (hf_bytes){bytes.data + seen, bytes.len - seen}, out);
        }
        drain(h, out);
        return;
    }
    if (!queue_add(&h->waiting, at, bytes)) {
        (void)half_give_up_hole(h, out);
    }
    while (h->waiting.held > STREAM_QUEUE_MOST || h->waiting.count > STREAM_PIECES_MOST) {
        (void)half_give_up_hole(h, out);
    }
}

void half_fin(struct half *h, uint32_t at, const struct outlet *out)
{
    if (!h->ending) {
        h->ending = true;
        h->end_at = at;
        drain(h, out);
    }
}

void half_acknowledged(struct half *h, uint32_t at, const struct outlet *out)
{
    bool past = h->waiting.first != NULL && sequence_behind(at, h->waiting.first->at) >= 0;
    if (past && ++h->acks_past_hole >= STREAM_ACKS_PAST_HOLE) {
        (void)half_give_up_hole(h, out);
    }
}

void half_end(struct half *h, bool cut, const struct outlet *out)
{
    while (half_give_up_hole(h, out)) {}
    if (h->started) {
        end(h, cut, out);
    }
    queue_free(&h->waiting);
}
