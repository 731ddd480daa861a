/* SPDX-License-Identifier: MIT */
#include "store/breaker.h"

#include <string.h>

#define SHORTEST 50
#define LONGEST 5000

uint32_t backoff_next(struct backoff *b, uint64_t random)
{
    b->wait = b->wait == 0 ? SHORTEST : b->wait * 2 > LONGEST ? LONGEST : b->wait * 2;
    uint32_t quarter = b->wait / 4;
    return b->wait - quarter + (uint32_t)(random % (quarter + 1)); /* never over LONGEST */
}

static void forget_counts(struct breaker *b)
{
    b->in_a_row = 0;
    memset(b->bucket, 0, sizeof b->bucket);
}

/* Empties the buckets of the time that has passed since. */
static size_t bucket_of(struct breaker *b, uint64_t now)
{
    uint64_t at = now / BREAKER_BUCKET;
    if (at > b->newest) {
        uint64_t passed = at - b->newest;
        for (uint64_t i = 0; i < passed && i < BREAKER_BUCKETS; i++) {
            memset(&b->bucket[(at - i) % BREAKER_BUCKETS], 0, sizeof b->bucket[0]);
        }
        b->newest = at;
    }
    return b->newest % BREAKER_BUCKETS;
}

void breaker_good(struct breaker *b, uint64_t now)
{
    b->bucket[bucket_of(b, now)].good++;
    b->in_a_row = 0;
}

void breaker_bad(struct breaker *b, uint64_t now, uint64_t random)
{
    if (b->state != HF_BREAKER_CLOSED) {
        return; /* left over from before it opened */
    }
    b->bucket[bucket_of(b, now)].bad++;
    b->in_a_row++;
    uint64_t good = 0, bad = 0;
    for (size_t i = 0; i < BREAKER_BUCKETS; i++) {
        good += b->bucket[i].good;
        bad += b->bucket[i].bad;
    }
    if (b->in_a_row >= BREAKER_IN_A_ROW || (good + bad >= BREAKER_LEAST && bad >= good)) {
        breaker_open(b, now, random);
    }
}

void breaker_probe(struct breaker *b, uint64_t until)
{
    b->state = HF_BREAKER_HALF_OPEN;
    b->again = until;
}

void breaker_close(struct breaker *b)
{
    b->state = HF_BREAKER_CLOSED;
    b->backoff.wait = 0;
    forget_counts(b);
}

void breaker_open(struct breaker *b, uint64_t now, uint64_t random)
{
    b->state = HF_BREAKER_OPEN;
    b->again = now + backoff_next(&b->backoff, random);
    forget_counts(b);
}
