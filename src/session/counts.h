/* SPDX-License-Identifier: MIT */
#ifndef HF_SESSION_COUNTS_H
#define HF_SESSION_COUNTS_H

#include "base/err.h"

/* What became of sessions, counted by all threads without waiting for each other: by enum resumption first,
 * then these. */
enum session_count {
    COUNT_MADE = 16,
    COUNT_TICKETS,
    COUNT_RECORDS,
    COUNT_RECORD_BYTES,
    COUNT_NO_KEY,
    SESSION_COUNTS
};
struct session_counts;
enum err counts_new(struct session_counts **out) CHECKED;
void counts_free(struct session_counts *c);
void counts_add(struct session_counts *c, unsigned which, uint64_t n); /* c NULL: nothing */
void counts_read(const struct session_counts *c, uint64_t out[SESSION_COUNTS]);

#endif
