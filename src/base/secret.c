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
    wipe(s, sizeof *s);
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
    /* volatile: an early exit must not be derived from the accumulated difference */
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.len; i++) {
        difference = (uint8_t)(difference | (a.data[i] ^ b.data[i]));
    }
    return difference == 0;
}
