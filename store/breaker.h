/* SPDX-License-Identifier: MIT */
#ifndef STORE_BREAKER_H
#define STORE_BREAKER_H

#include <handfast/store.h>

/* Pauses that double, from 50 ms to 5 s, with a part left to chance so that a fleet does not come back as
 * one. */
struct backoff {
    uint32_t wait; /* 0: none yet */
};
uint32_t backoff_next(struct backoff *b, uint64_t random);

/*
 * Whether a server is asked at all. It opens when five lookups in a row, or half of at least twenty within a
 * second, got no answer; then nothing is asked until a PING was answered in time.
 */
#define BREAKER_IN_A_ROW 5
#define BREAKER_LEAST 20
#define BREAKER_BUCKETS 10
#define BREAKER_BUCKET 100 /* milliseconds; ten are the second */

struct breaker {
    hf_breaker state;
    unsigned in_a_row;
    struct {
        uint32_t good, bad;
    } bucket[BREAKER_BUCKETS];
    uint64_t newest; /* which hundred milliseconds the newest bucket is for */
    struct backoff backoff;
    uint64_t again; /* OPEN: when to try a PING; HALF_OPEN: until when it may take */
};

void breaker_good(struct breaker *b, uint64_t now);
/* random decides on the pause when it opens. */
void breaker_bad(struct breaker *b, uint64_t now, uint64_t random);
/* A PING was sent, and may take that long; it was answered; or it was not. */
void breaker_probe(struct breaker *b, uint64_t until);
void breaker_close(struct breaker *b);
void breaker_open(struct breaker *b, uint64_t now, uint64_t random);

#endif
