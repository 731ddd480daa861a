/* SPDX-License-Identifier: MIT */
#include "base/shard.h"

#include <stdatomic.h>

unsigned thread_shard(void)
{
    static atomic_uint threads;
    static _Thread_local unsigned mine; /* from 1; 0: not drawn yet */
    if (!mine) {
        mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % THREAD_SHARDS + 1;
    }
    return mine - 1;
}
