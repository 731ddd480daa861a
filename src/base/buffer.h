/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_BUFFER_H
#define HF_BASE_BUFFER_H

#include "base/err.h"
#include "base/slice.h"

/*
 * A byte queue that grows up to a limit: append at the end, drop at the front. It holds no memory while
 * empty, so an idle connection has none, unless it is told to keep it. Everything it held is wiped when it is
 * dropped or freed, unless its owner says that there is nothing to hide.
 */
struct buffer {
    uint8_t *data;
    size_t start, end, cap;
    size_t limit;  /* E_BUFFER_LIMIT beyond this many bytes held; 0 means no bytes at all */
    bool harmless; /* what passes through is public, ciphertext say: it is not wiped */
    bool keep;     /* memory stays when the last byte is dropped: buffer_free gives it back */
    bool lent;     /* data is memory of the owner's: never freed here, used until it is outgrown */
};

/* Memory to begin with, which outlives the buffer's use of it; b holds nothing yet. */
void buffer_lend(struct buffer *b, struct span memory);

/* Room for len more bytes at the end, unwritten; E_NO_MEMORY, E_BUFFER_LIMIT. Then fill and buffer_commit. */
enum err buffer_reserve(struct buffer *b, size_t len, uint8_t **room) CHECKED;
void buffer_commit(struct buffer *b, size_t len);
enum err buffer_append(struct buffer *b, struct slice bytes) CHECKED;
/* A vector, all or nothing: how long it is in so many bytes, the most significant first, then the bytes. */
enum err buffer_append_vector(struct buffer *b, unsigned width, struct slice bytes) CHECKED;
/* Forget the first len bytes (at most what is held); gives the memory back when empty and not to keep. */
void buffer_drop(struct buffer *b, size_t len);
void buffer_free(struct buffer *b);

static inline struct slice buffer_slice(const struct buffer *b)
{
    return b->data ? (struct slice){b->data + b->start, b->end - b->start} : (struct slice){NULL, 0};
}

static inline size_t buffer_len(const struct buffer *b)
{
    return b->end - b->start;
}

#endif
