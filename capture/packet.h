/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_PACKET_H
#define CAPTURE_PACKET_H

#include <handfast/conn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A captured packet, down to its TCP segment. Every byte of it may be hostile. */

struct endpoint {
    uint8_t family; /* 4 or 6 */
    uint8_t address[16];
    uint16_t port;
};
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
struct segment {
    struct endpoint from, to;
    uint32_t sequence, acknowledged;
    uint8_t flags;
    hf_bytes payload; /* as far as it was captured */
};
enum packet_kind {
    PACKET_SEGMENT,
    PACKET_OTHER,    /* not TCP */
    PACKET_FRAGMENT, /* of an IP packet: not put together */
    PACKET_DAMAGED,  /* cut, or its headers are not what they must be */
};
/* Whether packets of this kind of link (LINKTYPE_…, https://www.tcpdump.org/linktypes.html) can be read. */
bool link_is_known(int link);
enum packet_kind packet_read(int link, hf_bytes packet, struct segment *out);

#endif
