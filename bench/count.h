/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_COUNT_H
#define HF_BENCH_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Whose calls are running; nothing is counted for COUNT_NOBODY. */
enum count_for { COUNT_NOBODY, COUNT_CLIENT, COUNT_SERVER, COUNT_ACCOUNTS };

struct tally {
    uint64_t calls;           /* malloc, calloc, realloc and their kin, whoever made them */
    uint64_t libcrypto_calls; /* the part made inside libcrypto (and libssl, which allocates through it) */
    int64_t live;             /* bytes allocated and not freed, as malloc_usable_size sees them */
};

/* count_install must run before anything touches libcrypto, which takes its allocator only once. */
void count_install(void);

/* count_works is false under sanitizers and other allocators: then these figures are left out. */
bool count_works(void);

void count_reset(void);
void count_enable(bool on); /* off at the start: then count_switch does nothing */
void count_switch(enum count_for);
struct tally count_of(enum count_for);

#endif
