/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_VECTOR_HEX_H
#define HF_TESTS_VECTOR_HEX_H

#include "base/slice.h"

#include <assert.h>
#include <stdio.h>

/* Published numbers as text. The bytes lie in out, of room bytes. */
static inline struct slice hex(const char *text, uint8_t *out, size_t room)
{
    size_t len = strlen(text) / 2;
    assert(strlen(text) % 2 == 0 && len <= room);
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        int read = sscanf(text + 2 * i, "%2x", &byte);
        assert(read == 1);
        out[i] = (uint8_t)byte;
    }
    return slice_of(out, len);
}

#define HEX(text) hex((text), (uint8_t[1024]){0}, 1024)

#define assert_bytes(data_, expected_)                           \
    do {                                                         \
        struct slice wanted_ = (expected_);                      \
        assert_memory_equal((data_), wanted_.data, wanted_.len); \
    } while (0)

#endif
