/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * pcapng's blocks: type, length, body, length again, in the order of bytes that their section says
 * (draft-ietf-opsawg-pcapng 3.1, 4.1, 4.7). Only two kinds are looked into.
 */
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_SECRETS = 0x0000000a,
    SECRETS_TLS = 0x544c534b, /* "TLSK": a key log */
    SECRETS_MOST = 64 * 1024 * 1024,
    BLOCK_LEAST = 12,
};
static const uint32_t magic_native = 0x1a2b3c4d, magic_swapped = 0x4d3c2b1a;

static uint32_t number(const uint8_t *at, bool swapped)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap32(value) : value;
}

bool capture_is(FILE *file)
{
    /* pcap with microseconds, nanoseconds and as Alexey Kuznetzov changed it, in either order; pcapng */
    static const uint32_t magics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d,   0x4d3cb2a1,
                                      0xa1b2cd34, 0x34cdb2a1, BLOCK_SECTION};
    uint8_t head[4];
    long at = ftell(file);
    bool whole = at >= 0 && fread(head, 1, sizeof head, file) == sizeof head;
    if (at < 0 || fseek(file, at, SEEK_SET) != 0 || !whole) {
        return false;
    }
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (number(head, false) == magics[i]) {
            return true;
        }
    }
    return false;
}

/* A key log may end without a line feed. */
static bool take_log(uint8_t *text, size_t len, hf_secrets *secrets)
{
    size_t used = 0;
    text[len] = '\n';
    return hf_secrets_add(secrets, (hf_bytes){text, len + 1}, &used) == HF_OK;
}

/* The file stands behind the block's type and length; rest is what is left of the block. */
static enum capture_result read_block(FILE *file, size_t rest, bool swapped, hf_secrets *secrets,
                                      size_t *found)
{
    uint8_t head[8];
    if (rest < sizeof head + 4 || rest > SECRETS_MOST || fread(head, 1, sizeof head, file) != sizeof head) {
        return CAPTURE_CUT;
    }
    size_t len = number(head + 4, swapped);
    rest -= sizeof head;
    if (len > rest - 4) {
        return CAPTURE_CUT;
    }
    uint8_t *body = malloc(rest + 1);
    if (body == NULL) {
        return CAPTURE_NO_MEMORY;
    }
    enum capture_result result = CAPTURE_CUT;
    if (fread(body, 1, rest, file) == rest) {
        bool tls = number(head, swapped) == SECRETS_TLS;
        result = !tls || take_log(body, len, secrets) ? CAPTURE_READ : CAPTURE_NO_MEMORY;
        *found += tls;
    }
    explicit_bzero(body, rest + 1);
    free(body);
    return result;
}

/* A section begins: its order of bytes, and with it the block's length. */
static bool read_section(FILE *file, const uint8_t *length, bool *swapped, size_t *size)
{
    uint8_t magic[4];
    if (fread(magic, 1, sizeof magic, file) != sizeof magic) {
        return false;
    }
    uint32_t value = number(magic, false);
    *swapped = value == magic_swapped;
    *size = number(length, *swapped);
    return (value == magic_native || value == magic_swapped) && fseek(file, -4, SEEK_CUR) == 0;
}

enum capture_result capture_secrets(FILE *file, hf_secrets *secrets, size_t *found)
{
    uint8_t head[8];
    bool swapped = false, first = true;
    enum capture_result result = CAPTURE_READ;
    *found = 0;
    while (result == CAPTURE_READ && fread(head, 1, sizeof head, file) == sizeof head) {
        uint32_t type = number(head, swapped);
        size_t size = number(head + 4, swapped);
        bool section = number(head, false) == BLOCK_SECTION;
        if (section ? !read_section(file, head + 4, &swapped, &size) : first) {
            break;
        }
        first = false;
        bool sound = size >= BLOCK_LEAST && size % 4 == 0;
        if (sound && !section && type == BLOCK_SECRETS) {
            result = read_block(file, size - sizeof head, swapped, secrets, found);
        } else if (!sound || fseek(file, (long)(size - sizeof head), SEEK_CUR) != 0) {
            result = CAPTURE_CUT;
        }
    }
    rewind(file);
    return result;
}
