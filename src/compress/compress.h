/* SPDX-License-Identifier: MIT */
#ifndef HF_COMPRESS_COMPRESS_H
#define HF_COMPRESS_COMPRESS_H

#include "base/buffer.h"

/*
 * Compression of certificates, RFC 8879 3: the algorithms, each in a file of its own where the library is
 * built with it (HF_ZLIB, HF_BROTLI, HF_ZSTD).
 */
enum { COMPRESSION_ZLIB = 1, COMPRESSION_BROTLI = 2, COMPRESSION_ZSTD = 3 };

struct compression {
    uint16_t code;
    const char *name; /* "brotli" */
    /* All of it, as small as the algorithm can; the most out takes is out->limit. */
    enum err (*compress)(struct slice plain, struct buffer *out);
    /* What fills out, to the byte; anything else is E_BAD_COMPRESSED_CERTIFICATE. Bounded: out and what the
     * algorithm needs beside it, at most some 2 MiB. */
    enum err (*decompress)(struct slice compressed, struct span out);
};
/* The i-th of those built in, the best first; NULL past the last. */
const struct compression *compression_at(size_t i);
const struct compression *compression_of(uint16_t code);        /* NULL: not built in */
const struct compression *compression_named(struct slice name); /* likewise */
#define COMPRESSIONS_MAX 3

enum err zlib_compress(struct slice plain, struct buffer *out) CHECKED;
enum err zlib_decompress(struct slice compressed, struct span out) CHECKED;
enum err brotli_compress(struct slice plain, struct buffer *out) CHECKED;
enum err brotli_decompress(struct slice compressed, struct span out) CHECKED;
enum err zstd_compress(struct slice plain, struct buffer *out) CHECKED;
enum err zstd_decompress(struct slice compressed, struct span out) CHECKED;

#endif
