/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FAULT_SWEEP_H
#define HF_TESTS_FAULT_SWEEP_H

#include "fault.h"
#include "fault_play.h"

/* Something libcrypto does wrong when its n-th allocation fails. */
struct known_fault {
    enum { KNOWN_END, KNOWN_ROW, KNOWN_LEAK, KNOWN_CRASH } what;
    hf_err row;         /* KNOWN_ROW: it says nothing of memory, and this row is what its answer looks like */
    const char *symbol; /* KNOWN_LEAK, KNOWN_CRASH: exported, in the stack of the failure */
    const char *reason;
};

struct sweep {
    const struct fault_scenario *scenario;
    unsigned kinds;
    unsigned long most;              /* about how many runs, evenly spread; 0: every n */
    unsigned offset;                 /* where sampling begins, when there is no time for every n */
    const struct known_fault *known; /* ended by KNOWN_END; NULL: none */
    void (*judge)(struct play *p);   /* more checks, after play_judge; may be NULL */
};

struct swept {
    unsigned long events, runs, step; /* events without a fault; every step-th n was made to fail */
    unsigned long failed, survived, cached,
        known; /* how the runs ended; cached: libcrypto keeps something it made late */
    unsigned problems;
    unsigned rows[256];      /* KNOWN_ROW by hf_err */
    unsigned long calls[64]; /* by whoever counts them, see test_crypto_calls.c */
};

/* Plays the scenario once for each n, in a child of its own that may crash or hang. Prints what is wrong. */
struct swept sweep_run(const struct sweep *s);

/* Set by the sweep; counts of the child that its parent sees. */
extern struct swept *sweep_shared;

#endif
