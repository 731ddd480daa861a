/* SPDX-License-Identifier: MIT */
#include "compress/compress.h"

/* Brotli, RFC 7932. */
#ifdef HF_HAVE_BROTLI
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>

#define WINDOW_BITS 18
/* A window may be 16 MiB, and whoever compressed says so: not with us. */
#define MEMORY_MOST (2u << 20)

enum err brotli_compress(struct slice plain, struct buffer *out)
{
    size_t len = BrotliEncoderMaxCompressedSize(plain.len);
    uint8_t *room;
    TRY(buffer_reserve(out, len, &room));
    if (!BrotliEncoderCompress(BROTLI_MAX_QUALITY, WINDOW_BITS, BROTLI_MODE_GENERIC, plain.len, plain.data,
                               &len, room)) {
        return E_NO_MEMORY;
    }
    buffer_commit(out, len);
    return OK;
}

struct allowance {
    size_t left;
    bool none; /* there was none for what is allowed */
};

static void *take(void *arg, size_t size)
{
    struct allowance *a = arg;
    if (size > a->left) {
        return NULL;
    }
    a->left -= size;
    void *memory = malloc(size);
    a->none |= !memory;
    return memory;
}

static void give_back(void *arg, void *memory)
{
    (void)arg; /* what was given stays counted */
    free(memory);
}

enum err brotli_decompress(struct slice compressed, struct span out)
{
    struct allowance allowed = {.left = MEMORY_MOST};
    size_t in = compressed.len, room = out.len;
    const uint8_t *from = compressed.data;
    uint8_t *to = out.data;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(take, give_back, &allowed);
    if (!state) {
        return E_NO_MEMORY;
    }
    BrotliDecoderResult result = BrotliDecoderDecompressStream(state, &in, &from, &room, &to, NULL);
    bool whole = result == BROTLI_DECODER_RESULT_SUCCESS && in == 0 && room == 0;
    BrotliDecoderDestroyInstance(state);
    return whole ? OK : allowed.none ? E_NO_MEMORY : E_BAD_COMPRESSED_CERTIFICATE;
}
#else
typedef int no_brotli;
#endif
