/* SPDX-License-Identifier: MIT */
#include "store/slots.h"

#include <string.h>

/* Polynomial 0x1021, nothing reflected, four bits at a time. */
uint16_t slot_crc16(hf_bytes bytes)
{
    static const uint16_t nibbles[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
                                         0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    unsigned crc = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        crc = (crc << 4 & 0xffff) ^ nibbles[(crc >> 12 ^ bytes.data[i] >> 4) & 15];
        crc = (crc << 4 & 0xffff) ^ nibbles[(crc >> 12 ^ (bytes.data[i] & 15)) & 15];
    }
    return (uint16_t)crc;
}

uint16_t slot_of(hf_bytes key)
{
    const uint8_t *open = key.len ? memchr(key.data, '{', key.len) : NULL;
    if (open) {
        const uint8_t *tag = open + 1;
        size_t left = key.len - (size_t)(tag - key.data);
        const uint8_t *close = left ? memchr(tag, '}', left) : NULL;
        if (close && close > tag) {
            key = (hf_bytes){tag, (size_t)(close - tag)};
        }
    }
    return slot_crc16(key) % SLOTS;
}

/* Digits up to the end or a space; false when there are none or they are too many. */
static bool number(const uint8_t **at, const uint8_t *end, uint32_t most, uint32_t *out)
{
    uint32_t n = 0;
    const uint8_t *begin = *at;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        n = n * 10 + (uint32_t)(**at - '0');
        if (n > most) {
            return false;
        }
    }
    *out = n;
    return *at > begin;
}

bool redirection_decode(hf_bytes error, struct redirection *out)
{
    const uint8_t *at = error.data, *end = at + error.len;
    uint32_t slot, port;
    *out = (struct redirection){0};
    if (error.len > 6 && memcmp(at, "MOVED ", 6) == 0) {
        at += 6;
    } else if (error.len > 4 && memcmp(at, "ASK ", 4) == 0) {
        at += 4;
        out->ask = true;
    } else {
        return false;
    }
    if (!number(&at, end, SLOTS - 1, &slot) || at == end || *at++ != ' ') {
        return false;
    }
    const uint8_t *host = at, *colon = NULL;
    for (; at<end && * at> ' ' && *at < 0x7f; at++) {
        colon = *at == ':' ? at : colon; /* the last: an IPv6 address is not in brackets */
    }
    if (at != end || colon == NULL || (size_t)(colon - host) >= sizeof out->host) {
        return false;
    }
    at = colon + 1;
    if (!number(&at, end, 65535, &port) || at != end || port == 0) {
        return false;
    }
    memcpy(out->host, host, (size_t)(colon - host));
    out->slot = (uint16_t)slot;
    out->port = (uint16_t)port;
    return true;
}
