/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOTS_H
#define STORE_SLOTS_H

#include <handfast/session.h>
#include <stdbool.h>

/* Where the keys of a Redis Cluster are: slot = CRC-16/XMODEM of the key, or of what is in its first
 * {braces}. */
#define SLOTS 16384

uint16_t slot_crc16(hf_bytes bytes);
uint16_t slot_of(hf_bytes key);

/* "-MOVED 3999 127.0.0.1:6381", "-ASK 3999 host:6381". The host may be empty: the one that says so. */
struct redirection {
    bool ask;
    uint16_t slot, port;
    char host[256];
};
/* False when the error is another one, or not as it must be. */
bool redirection_decode(hf_bytes error, struct redirection *out);

#endif
