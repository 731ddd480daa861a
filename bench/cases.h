/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_CASES_H
#define HF_BENCH_CASES_H

#include <stddef.h>

#include "peer.h"

enum measure {
    CPU_TIME,   /* of a handshake, creation and freeing of the connection included */
    THROUGHPUT, /* of sealing and opening messages of one size */
    IDLE_HEAP,  /* bytes one connection holds after its handshake and one message each way */
    MALLOCS,    /* calls in one handshake, all of them and ours alone */
    WIRE_BYTES, /* that each side sends until both are done */
    TIMING      /* whether a clock can tell secrets apart */
};

/* What handfast is held to, for one side; 0 means there is no such budget. docs/internals/performance.md */
struct budget {
    double of_floor;  /* at most this times the floor; for throughput, at least */
    double of_libssl; /* at most this times libssl; for throughput there is none */
    double absolute;  /* at most this many bytes or calls */
};

struct timing;

struct bench_case {
    const char *name, *title;
    enum measure measure;
    struct work work;
    size_t message;              /* THROUGHPUT: bytes */
    struct budget budget[2];     /* by enum side; for throughput sealing, then opening */
    const struct timing *timing; /* TIMING: what is told apart */
};

extern const struct bench_case bench_cases[];
extern const size_t bench_case_count;

enum { OURS_AT_MOST = 4 }; /* malloc calls of our own in any handshake, each side */

#endif
