/* SPDX-License-Identifier: MIT */
#include "compress/compress.h"

/* Zstandard, RFC 8478. In one pass its window is the output itself. */
#ifdef HF_HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>

#define ZSTD_LEVEL 19

enum err zstd_compress(struct slice plain, struct buffer *out)
{
    size_t bound = ZSTD_compressBound(plain.len);
    uint8_t *room;
    TRY(buffer_reserve(out, bound, &room));
    size_t len = ZSTD_compress(room, bound, plain.data, plain.len, ZSTD_LEVEL);
    if (ZSTD_isError(len)) {
        return E_NO_MEMORY;
    }
    buffer_commit(out, len);
    return OK;
}

enum err zstd_decompress(struct slice compressed, struct span out)
{
    size_t len = ZSTD_decompress(out.data, out.len, compressed.data, compressed.len);
    if (ZSTD_getErrorCode(len) == ZSTD_error_memory_allocation) {
        return E_NO_MEMORY;
    }
    return !ZSTD_isError(len) && len == out.len ? OK : E_BAD_COMPRESSED_CERTIFICATE;
}
#else
typedef int no_zstd;
#endif
