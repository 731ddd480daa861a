/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_SLICE_H
#define HF_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes somebody else owns. A slice does not outlive them; whoever stores one says what it points into. */
struct slice {
    const uint8_t *data;
    size_t len;
};

/* The same, writable. */
struct span {
    uint8_t *data;
    size_t len;
};

static inline struct slice slice_of(const void *data, size_t len)
{
    return (struct slice){(const uint8_t *)data, len};
}

static inline struct slice slice_of_string(const char *s)
{
    return slice_of(s, strlen(s));
}

static inline struct slice slice_of_span(struct span s)
{
    return (struct slice){s.data, s.len};
}

/* For public bytes only: secrets are compared with secret_equal (secret.h). */
static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The rest of a slice after its first n bytes; n is at most s.len. */
static inline struct slice slice_after(struct slice s, size_t n)
{
    return n ? (struct slice){s.data + n, s.len - n} : s;
}

#endif
