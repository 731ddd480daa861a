/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_SPARE_H
#define HF_BASE_SPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One piece of memory that a thread's last buffer left, for its next one. Records come one behind the other,
 * each in memory too large for malloc's quick lists, and a connection that waits for the next must not hold
 * any. It is bounded, holds no secret (buffers wipe theirs), and goes when its thread ends.
 */
#define SPARE_LEAST 1033 /* up to 1032 bytes are quick from malloc */
#define SPARE_MOST (20 * 1024)

/* The spare where it has room for need bytes and not far too much, else NULL. */
uint8_t *spare_take(size_t need, size_t *cap);
/* Takes over data, which malloc made and which held cap bytes; frees it when it is of no use. */
void spare_leave(uint8_t *data, size_t cap);

#endif
