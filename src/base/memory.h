/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_MEMORY_H
#define HF_BASE_MEMORY_H

#include "base/err.h"
#include "base/slice.h"

/* Zeroed memory through *out, or E_NO_MEMORY with *out NULL. */
enum err memory_new(size_t size, void **out) CHECKED;
/* The same, with whatever was in it. */
enum err memory_raw(size_t size, void **out) CHECKED;
/* A copy of bytes with a NUL behind it that the length does not count. An empty slice is copied too. */
enum err memory_copy(struct slice bytes, uint8_t **out) CHECKED;
/* Its first size bytes are wiped, then it is freed; NULL is allowed. */
void memory_free(void *data, size_t size);

/* Puts a copy in the place of what a field holds, which is freed; on failure nothing has changed. */
enum err memory_replace(struct span *field, struct slice value) CHECKED;

#endif
