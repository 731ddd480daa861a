/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_SHARD_H
#define HF_BASE_SHARD_H

/* Which of SHARDS pieces of something shared this thread uses, so that threads seldom meet: the first thread
 * the first, the second the second, and around. */
#define THREAD_SHARDS 16
unsigned thread_shard(void);

#endif
