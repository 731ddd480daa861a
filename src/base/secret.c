/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <string.h>

void wipe(void *data, size_t len)
{
    if (len) {
        explicit_bzero(data, len);
    }
}

void secret_wipe(struct secret *s)
{
    wipe(s->data, sizeof s->data);
    s->len = 0;
}

enum err secret_set(struct secret *s, struct slice value)
{
    if (value.len > sizeof s->data) {
        return E_INTERNAL;
    }
    if (value.len) {
        memcpy(s->data, value.data, value.len);
    }
    s->len = value.len;
    return OK;
}

bool secret_equal(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    unsigned difference = 0;
    for (size_t i = 0; i < a.len; i++) {
        difference |= (unsigned)(a.data[i] ^ b.data[i]);
        /* the compiler must not see what it holds, and so cannot derive an early exit from it */
        __asm__("" : "+r"(difference));
    }
    return difference == 0;
}
