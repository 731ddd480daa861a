/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <string.h>

static int take(void *arg, uint8_t *out, size_t len)
{
    static const struct random_source libcryptos = {0};
    struct random_pool *pool = arg;
    if (len > pool->left) {
        if (len > sizeof pool->bytes) {
            return random_fill(&libcryptos, (struct span){out, len}) != OK;
        }
        pool->left = 0;
        if (random_fill(&libcryptos, (struct span){pool->bytes, sizeof pool->bytes}) != OK) {
            return 1;
        }
        pool->left = sizeof pool->bytes;
    }
    uint8_t *from = pool->bytes + sizeof pool->bytes - pool->left;
    memcpy(out, from, len);
    wipe(from, len); /* nothing is given twice */
    pool->left -= len;
    return 0;
}

struct random_source random_pooled(struct random_pool *pool, const struct random_source *from)
{
    return from->fill ? *from : (struct random_source){take, pool};
}
