/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/hash_state.h"

enum err hash_start(struct hash_run *run, enum hash h)
{
    return state_start(run, h);
}

enum err hash_add(struct hash_run *run, struct slice bytes)
{
    return bytes.len ? state_add(run, bytes) : OK;
}

enum err hash_snapshot(const struct hash_run *run, uint8_t out[HASH_MAX])
{
    struct hash_run copy;
    state_clear(&copy);
    enum err err = state_copy(&copy, run);
    if (err == OK) {
        err = state_finish(&copy, out);
    }
    state_end(&copy);
    return err;
}

enum err hash_copy(struct hash_run *to, const struct hash_run *from)
{
    return state_copy(to, from);
}

void hash_end(struct hash_run *run)
{
    state_end(run);
}

enum err hash_once(enum hash h, struct slice bytes, uint8_t out[HASH_MAX])
{
    struct hash_run run;
    TRY(state_start(&run, h));
    enum err err = hash_add(&run, bytes);
    if (err == OK) {
        err = state_finish(&run, out);
    }
    state_end(&run);
    return err;
}
