/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_SECRET_H
#define HF_BASE_SECRET_H

#include "base/err.h"
#include "base/slice.h"

/* The largest secret kept: a P-521 shared secret (66), a master secret (48), a hash (64). */
#define SECRET_MAX 72

/* A secret of fixed capacity. Whoever owns one wipes it: secret_wipe on every way out. */
struct secret {
    uint8_t data[SECRET_MAX];
    size_t len;
};

void secret_wipe(struct secret *s);
/* Overwrite memory so that the compiler cannot leave it out. */
void wipe(void *data, size_t len);
/* E_INTERNAL when longer than SECRET_MAX. */
enum err secret_set(struct secret *s, struct slice value) CHECKED;
/* Constant time in the contents; the lengths are public. */
bool secret_equal(struct slice a, struct slice b);

static inline struct slice secret_slice(const struct secret *s)
{
    return (struct slice){s->data, s->len};
}

#endif
