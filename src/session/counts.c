/* SPDX-License-Identifier: MIT */
#include "session/counts.h"

#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "base/shard.h"

struct session_counts {
    atomic_uint_fast64_t count[THREAD_SHARDS][24]; /* whole cache lines to each shard */
};
_Static_assert(SESSION_COUNTS <= 24, "a shard has room for every count");

enum err counts_new(struct session_counts **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct session_counts), &memory));
    *out = memory;
    return OK;
}

void counts_free(struct session_counts *c)
{
    memory_free(c, sizeof *c);
}

void counts_add(struct session_counts *c, unsigned which, uint64_t n)
{
    if (c) {
        atomic_fetch_add_explicit(&c->count[thread_shard()][which], n, memory_order_relaxed);
    }
}

void counts_read(const struct session_counts *c, uint64_t out[SESSION_COUNTS])
{
    memset(out, 0, SESSION_COUNTS * sizeof *out);
    for (size_t i = 0; c && i < THREAD_SHARDS; i++) {
        for (size_t j = 0; j < SESSION_COUNTS; j++) {
            out[j] += atomic_load_explicit(&c->count[i][j], memory_order_relaxed);
        }
    }
}
