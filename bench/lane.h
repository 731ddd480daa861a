/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_LANE_H
#define HF_BENCH_LANE_H

#include "cases.h"

struct pair {
    struct end end[2];
    struct wire up, down; /* client to server, server to client */
    bool done[2];
};

/* One implementation set up for one case. */
struct lane {
    const struct implementation *impl;
    const struct bench_case *of;
    void *prepared;
    struct pair pairs[PAIRS_MAX];
    int pair_count; /* that run in step: one reading of the clock serves them all */
};

/* CPU seconds by side. */
struct cpu {
    double side[2];
};

void lane_open(struct lane *, const struct implementation *, const struct bench_case *, const struct pki *);
void lane_close(struct lane *);

/* One batch: pair_count handshakes, or messages sealed by the client and opened by the server. Seconds for
 * one of them. */
struct cpu lane_batch(struct lane *);

/* Handshakes with every allocation booked to the side whose call made it; connections stay open. */
void lane_connect(struct lane *, struct cpu *spent);
void lane_exchange(struct lane *);
void lane_disconnect(struct lane *, struct cpu *spent);

/* Reading the clock costs a system call; what one costs is taken off every interval. */
void clock_calibrate(void);

#endif
