/* SPDX-License-Identifier: MIT */
#include "compress/compress.h"

/* zlib, RFC 1950. */
#ifdef HF_HAVE_ZLIB
#include <zlib.h>

enum err zlib_compress(struct slice plain, struct buffer *out)
{
    uLongf len = compressBound((uLong)plain.len);
    uint8_t *room;
    TRY(buffer_reserve(out, len, &room));
    if (compress2(room, &len, plain.data, (uLong)plain.len, Z_BEST_COMPRESSION) != Z_OK) {
        return E_NO_MEMORY;
    }
    buffer_commit(out, len);
    return OK;
}

enum err zlib_decompress(struct slice compressed, struct span out)
{
    uLongf len = (uLongf)out.len;
    uLong used = (uLong)compressed.len;
    int answer = uncompress2(out.data, &len, compressed.data, &used);
    if (answer == Z_MEM_ERROR) {
        return E_NO_MEMORY;
    }
    return answer == Z_OK && len == out.len && used == compressed.len ? OK : E_BAD_COMPRESSED_CERTIFICATE;
}
#else
typedef int no_zlib;
#endif
