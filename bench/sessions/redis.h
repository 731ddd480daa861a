/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_SESSIONS_REDIS_H
#define HF_BENCH_SESSIONS_REDIS_H

#include <handfast/store.h>
#include <sys/types.h>

#include "bench/clock.h"

/* A real redis-server on a Unix socket in a folder of its own, without persistence, and a store's connections
 * to it. */
struct redis {
    pid_t process;
    char folder[64], socket[96], url[128];
};
void redis_start(struct redis *r);
void redis_signal(struct redis *r, int number);
void redis_stop(struct redis *r);

enum { LINKS_MAX = 16 };
struct carrier {
    hf_store *store;
    struct {
        uint32_t link;
        int fd; /* -1: free */
    } links[LINKS_MAX];
};
uint64_t clock_milliseconds(void);
void carrier_start(struct carrier *c, hf_store *store);
/* Does what the store wants, waiting at most so long for the server; then again from the beginning. */
void carrier_turn(struct carrier *c, int milliseconds);
void carrier_end(struct carrier *c);

#endif
