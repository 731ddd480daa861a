/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_TIMING_H
#define HF_BENCH_TIMING_H

#include <handfast/handfast.h>

#include "result.h"

enum { TIMING_CLASSES = 4, TIMING_PAIRS = 4, TIMING_ROUND = 10 /* samples of each class */ };

struct timing_pair {
    int first, second; /* classes */
    const char *known; /* why a difference is meant to be seen; NULL where it would be a leak */
};

/* What a peer could try to tell apart by a clock. */
struct timing {
    const char *what;                    /* whose time it is */
    const char *classes[TIMING_CLASSES]; /* NULL behind the last */
    struct timing_pair pairs[TIMING_PAIRS];
    int pair_count;
    void *(*prepare)(const struct pki *);
    void (*release)(void *state);
    double (*sample)(void *state, int kind); /* nanoseconds on a connection of its own */
};

extern const struct timing timing_cbc_mte, timing_rsa;

enum timing_verdict { TIMING_TOO_FEW, TIMING_SAME, TIMING_DIFFERENT };
enum timing_verdict timing_verdict_of(const struct timing_row *);
/* Beyond this |t| a difference is taken for one; the usual figure of leakage tests (TVLA, dudect). */
#define TIMING_T_LIMIT 4.5

/* timed_push: nanoseconds of one hf_push_wire, which must take all and answer as expected. */
double timed_push(hf_conn *, uint8_t *bytes, size_t len, hf_err expected);

#endif
