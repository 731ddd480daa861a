/* SPDX-License-Identifier: MIT */
#include "capture/packet.h"

#include <string.h>

/* LINKTYPE_ values; libpcap's DLT_ are the same ones but for raw IP, which differs between systems. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276,
};
enum {
    ETHER_IPV4 = 0x0800,
    ETHER_VLAN = 0x8100,
    ETHER_IPV6 = 0x86dd,
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100,
};
enum {
    NEXT_HOP_BY_HOP = 0,
    NEXT_TCP = 6,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60,
};
enum { VLANS_MOST = 4, IPV6_HEADERS_MOST = 8 };

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)read16(at) << 16 | read16(at + 2);
}

/* The first len bytes go; false where there are not so many. */
static bool drop(hf_bytes *b, size_t len)
{
    if (b->len < len) {
        return false;
    }
    b->data += len;
    b->len -= len;
    return true;
}

/* ---- TCP: RFC 9293 3.1 ---- */
static enum packet_kind read_tcp(hf_bytes b, struct segment *out)
{
    if (b.len < 20) {
        return PACKET_DAMAGED;
    }
    const uint8_t *at = b.data;
    size_t header = (size_t)(at[12] >> 4) * 4;
    out->from.port = read16(at);
    out->to.port = read16(at + 2);
    out->sequence = read32(at + 4);
    out->acknowledged = read32(at + 8);
    out->flags = at[13];
    if (header < 20 || !drop(&b, header)) {
        return PACKET_DAMAGED;
    }
    out->payload = b;
    return PACKET_SEGMENT;
}

/* ---- IP: RFC 791 3.1, RFC 8200 3, 4 ---- */
static void cut_to(hf_bytes *b, size_t len)
{
    b->len = b->len < len ? b->len : len; /* what is behind is a trailer of the link */
}

static enum packet_kind read_ipv4(hf_bytes b, struct segment *out)
{
    if (b.len < 20) {
        return PACKET_DAMAGED;
    }
    const uint8_t *at = b.data;
    size_t header = (size_t)(at[0] & 15) * 4, whole = read16(at + 2);
    if (whole == 0) { /* as large as the link says: the sender's network card was to divide it */
        whole = b.len;
    }
    if (at[0] >> 4 != 4 || header < 20 || whole < header) {
        return PACKET_DAMAGED;
    }
    if ((read16(at + 6) & 0x3fff) != 0) {
        return PACKET_FRAGMENT;
    }
    out->from.family = out->to.family = 4;
    memcpy(out->from.address, at + 12, 4);
    memcpy(out->to.address, at + 16, 4);
    uint8_t next = at[9];
    cut_to(&b, whole);
    if (!drop(&b, header)) {
        return PACKET_DAMAGED;
    }
    return next == NEXT_TCP ? read_tcp(b, out) : PACKET_OTHER;
}

/* One header between IPv6's own and TCP's. */
static enum packet_kind pass_header(uint8_t *next, hf_bytes *b)
{
    if (b->len < 8) {
        return PACKET_DAMAGED;
    }
    const uint8_t *at = b->data;
    size_t len = *next == NEXT_FRAGMENT         ? 8
                 : *next == NEXT_AUTHENTICATION ? ((size_t)at[1] + 2) * 4
                                                : ((size_t)at[1] + 1) * 8;
    if (*next == NEXT_FRAGMENT && (read16(at + 2) & 0xfff9) != 0) {
        return PACKET_FRAGMENT;
    }
    *next = at[0];
    return drop(b, len) ? PACKET_SEGMENT : PACKET_DAMAGED;
}

static enum packet_kind read_ipv6(hf_bytes b, struct segment *out)
{
    if (b.len < 40 || b.data[0] >> 4 != 6) {
        return PACKET_DAMAGED;
    }
    const uint8_t *at = b.data;
    size_t payload = read16(at + 4);
    uint8_t next = at[6];
    out->from.family = out->to.family = 6;
    memcpy(out->from.address, at + 8, 16);
    memcpy(out->to.address, at + 24, 16);
    drop(&b, 40);
    if (payload != 0) {
        cut_to(&b, payload);
    }
    for (int i = 0; i < IPV6_HEADERS_MOST; i++) {
        if (next == NEXT_TCP) {
            return read_tcp(b, out);
        }
        if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_FRAGMENT &&
            next != NEXT_AUTHENTICATION && next != NEXT_DESTINATION) {
            return PACKET_OTHER;
        }
        enum packet_kind kind = pass_header(&next, &b);
        if (kind != PACKET_SEGMENT) {
            return kind;
        }
    }
    return PACKET_DAMAGED;
}

static enum packet_kind read_ip(hf_bytes b, struct segment *out)
{
    if (b.len == 0) {
        return PACKET_DAMAGED;
    }
    return b.data[0] >> 4 == 6 ? read_ipv6(b, out) : read_ipv4(b, out);
}

/* ---- links ---- */
/* What stands behind an EtherType, tags of VLANs passed over. */
static enum packet_kind read_ether(uint16_t type, hf_bytes b, struct segment *out)
{
    for (int i = 0; i < VLANS_MOST && (type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD);
         i++) {
        if (b.len < 4) {
            return PACKET_DAMAGED;
        }
        type = read16(b.data + 2);
        drop(&b, 4);
    }
    return type == ETHER_IPV4 ? read_ipv4(b, out) : type == ETHER_IPV6 ? read_ipv6(b, out) : PACKET_OTHER;
}

/* A header of so many bytes, the EtherType in it at an offset. */
static enum packet_kind read_typed(hf_bytes b, size_t header, size_t type_at, struct segment *out)
{
    if (b.len < header) {
        return PACKET_DAMAGED;
    }
    uint16_t type = read16(b.data + type_at);
    drop(&b, header);
    return read_ether(type, b, out);
}

/* Four bytes say the family, in the order of the machine that captured; IP says it itself. */
static enum packet_kind read_family(hf_bytes b, struct segment *out)
{
    return drop(&b, 4) ? read_ip(b, out) : PACKET_DAMAGED;
}

bool link_is_known(int link)
{
    switch (link) {
    case LINK_NULL:
    case LINK_ETHERNET:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW:
    case LINK_LOOP:
    case LINK_LINUX_SLL:
    case LINK_IPV4:
    case LINK_IPV6:
    case LINK_LINUX_SLL2:
        return true;
    default:
        return false;
    }
}

enum packet_kind packet_read(int link, hf_bytes packet, struct segment *out)
{
    *out = (struct segment){.flags = 0};
    switch (link) {
    case LINK_ETHERNET:
        return read_typed(packet, 14, 12, out);
    case LINK_LINUX_SLL:
        return read_typed(packet, 16, 14, out);
    case LINK_LINUX_SLL2:
        return read_typed(packet, 20, 0, out);
    case LINK_NULL:
    case LINK_LOOP:
        return read_family(packet, out);
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
        return read_ip(packet, out);
    default:
        return PACKET_OTHER;
    }
}
