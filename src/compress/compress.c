/* SPDX-License-Identifier: MIT */
/* table */
#include "compress/compress.h"

static const struct compression built_in[COMPRESSIONS_MAX + 1] = {
#ifdef HF_HAVE_BROTLI
    {COMPRESSION_BROTLI, "brotli", brotli_compress, brotli_decompress},
#endif
#ifdef HF_HAVE_ZSTD
    {COMPRESSION_ZSTD, "zstd", zstd_compress, zstd_decompress},
#endif
#ifdef HF_HAVE_ZLIB
    {COMPRESSION_ZLIB, "zlib", zlib_compress, zlib_decompress},
#endif
    {0}, /* the last */
};

const struct compression *compression_at(size_t i)
{
    return i < COMPRESSIONS_MAX && built_in[i].code ? &built_in[i] : NULL;
}

const struct compression *compression_of(uint16_t code)
{
    for (size_t i = 0; compression_at(i); i++) {
        if (built_in[i].code == code) {
            return &built_in[i];
        }
    }
    return NULL;
}

const struct compression *compression_named(struct slice name)
{
    for (size_t i = 0; compression_at(i); i++) {
        if (slice_equal(name, slice_of_string(built_in[i].name))) {
            return &built_in[i];
        }
    }
    return NULL;
}
