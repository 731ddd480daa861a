/* SPDX-License-Identifier: MIT */
#include "handshake/host_name.h"

#include <arpa/inet.h>

#define NAME_MAX_BYTES 255 /* RFC 1035 2.3.4 */
#define LABEL_MAX 63
#define ACE_PREFIX 4 /* "xn--" */

bool is_ip_literal(struct slice name)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (name.len >= sizeof text || memchr(name.data, 0, name.len)) {
        return false;
    }
    memcpy(text, name.data, name.len);
    text[name.len] = 0;
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* ---- Punycode, RFC 3492 6.2: only whether it decodes ---- */
#define BASE 36u
#define T_MIN 1u
#define T_MAX 26u
#define CODE_POINT_MAX 0x10ffffu

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    while (delta > (BASE - T_MIN) * T_MAX / 2) {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + 38);
}

static uint32_t digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0' + 26u;
    }
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 0u : BASE;
}

/* One generalized variable-length integer, added to *i. A label is short, so that 64 bits cannot overflow
 * before the bound. */
static bool read_delta(struct slice *rest, uint32_t bias, uint64_t *i)
{
    uint64_t weight = 1;
    for (uint32_t k = BASE; rest->len; k += BASE) {
        uint32_t digit = digit_of(rest->data[0]);
        uint32_t threshold = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        *rest = slice_after(*rest, 1);
        *i += digit * weight;
        if (digit >= BASE || *i > UINT32_MAX) {
            return false;
        }
        if (digit < threshold) {
            return true;
        }
        weight *= BASE - threshold;
        if (weight > UINT32_MAX) {
            return false;
        }
    }
    return false;
}

static bool is_text(uint64_t code_point)
{
    return code_point <= CODE_POINT_MAX && (code_point < 0xd800 || code_point > 0xdfff);
}

bool is_punycode(struct slice text)
{
    size_t basic = text.len;
    while (basic && text.data[basic - 1] != '-') {
        basic--;
    }
    struct slice rest = slice_after(text, basic);
    uint32_t points = basic ? (uint32_t)basic - 1 : 0, bias = 72;
    uint64_t i = 0, n = 128;
    if (!rest.len || text.len > LABEL_MAX) {
        return false;
    }
    for (bool first = true; rest.len; first = false) {
        uint64_t before = i;
        if (!read_delta(&rest, bias, &i)) {
            return false;
        }
        points++;
        bias = adapt((uint32_t)(i - before), points, first);
        n += i / points;
        i = i % points + 1;
        if (!is_text(n)) {
            return false;
        }
    }
    return true;
}

/* ---- names ---- */
static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool has_ace_prefix(struct slice label)
{
    return label.len >= ACE_PREFIX && (label.data[0] | 0x20) == 'x' && (label.data[1] | 0x20) == 'n' &&
           label.data[2] == '-' && label.data[3] == '-';
}

/*
 * Hyphens and underscores stand anywhere: hosts are named so, whatever RFC 1123 2.1 says. RFC
 * 5890 2.3.1, 2.3.2.1: "xn--" begins an A-label and nothing else.
 */
static const char *label_problem(struct slice label)
{
    if (!label.len) {
        return "a label is empty, or a dot begins or ends it";
    }
    if (label.len > LABEL_MAX) {
        return "a label is longer than 63 bytes";
    }
    for (size_t i = 0; i < label.len; i++) {
        if (!is_name_byte(label.data[i])) {
            return label.data[i] > 126 ? "it is not ASCII: names are written as A-labels (xn--…)"
                                       : "a byte in it stands in no name of a host";
        }
    }
    return has_ace_prefix(label) && !is_punycode(slice_after(label, ACE_PREFIX))
               ? "a label begins with xn-- and is no A-label"
               : NULL;
}

const char *host_name_problem(struct slice name)
{
    if (!name.len) {
        return "it is empty";
    }
    if (name.len > NAME_MAX_BYTES) {
        return "it is longer than 255 bytes";
    }
    for (;;) {
        const uint8_t *dot = memchr(name.data, '.', name.len);
        size_t len = dot ? (size_t)(dot - name.data) : name.len;
        const char *problem = label_problem(slice_of(name.data, len));
        if (problem || !dot) {
            return problem;
        }
        name = slice_of(dot + 1, name.len - len - 1);
    }
}

const char *asked_name_problem(struct slice name)
{
    if (is_ip_literal(name)) {
        return NULL;
    }
    bool dot = name.len > 1 && name.data[name.len - 1] == '.';
    return host_name_problem(slice_of(name.data, name.len - dot));
}
