/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_CHAIN_CACHE_H
#define HF_HANDSHAKE_CHAIN_CACHE_H

#include "crypto/crypto.h"

/*
 * Chains that this config's trust has validated, so that meeting the same peer again costs a hash instead of
 * path validation. Only passes are remembered, under a SHA-256 of everything the verdict hangs on that is not
 * the same for the whole config: the chain's bytes, the name, the purpose and the use of the key. Fixed size,
 * no allocation after it is made, a lock for each shard.
 */
#define CHAIN_CACHE_KEY 32
#define CHAIN_CACHE_AGE 3600 /* seconds a verdict is believed at most */

struct chain_cache;
/* At least as many entries as asked for, rounded up; E_NO_MEMORY. */
enum err chain_cache_new(size_t entries, struct chain_cache **out) CHECKED;
void chain_cache_free(struct chain_cache *c); /* NULL is allowed */
enum err chain_cache_key(struct slice chain, const struct chain_policy *policy,
                         uint8_t key[CHAIN_CACHE_KEY]) CHECKED;
/* true: the chain was validated at most CHAIN_CACHE_AGE before now, not after now, and none of it expires by
 * now. */
bool chain_cache_get(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY], int64_t now,
                     int64_t *not_after);
/* Remembers a pass; in a full set the one validated longest ago makes room. */
void chain_cache_put(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY], int64_t now,
                     int64_t not_after);

#endif
