/* SPDX-License-Identifier: MIT */
#include "crypto/names.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "crypto/der.h"

bool names_next(struct slice *names, uint8_t *kind, struct slice *value)
{
    return der_next(names, kind, value);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool equal_ignoring_case(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

/* Labels of letters, digits, hyphens and underscores, none empty: everything else is no name to compare, a
 * NUL above all. */
static bool is_host_name(struct slice s)
{
    size_t label = 0;
    if (s.len == 0 || s.len > 253) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = lower(s.data[i]);
        if (c == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            label++;
        } else {
            return false;
        }
        if (label > 63) {
            return false;
        }
    }
    return label > 0;
}

/* RFC 6125 6.4.3: a wildcard stands for one whole leftmost label, and at least two labels follow it. */
static bool dns_matches(struct slice pattern, struct slice host)
{
    if (pattern.len < 2 || pattern.data[0] != '*' || pattern.data[1] != '.') {
        return is_host_name(pattern) && equal_ignoring_case(pattern, host);
    }
    struct slice parent = slice_after(pattern, 1);
    const uint8_t *dot = memchr(host.data, '.', host.len);
    if (!dot || !is_host_name(slice_after(parent, 1)) || !memchr(parent.data + 1, '.', parent.len - 1)) {
        return false;
    }
    return equal_ignoring_case(parent, slice_after(host, (size_t)(dot - host.data)));
}

bool names_match(struct slice names, const char *name)
{
    uint8_t address[16], kind;
    size_t address_len = inet_pton(AF_INET, name, address) == 1    ? 4
                         : inet_pton(AF_INET6, name, address) == 1 ? 16
                                                                   : 0;
    struct slice host = slice_of_string(name), value;
    if (host.len > 1 && host.data[host.len - 1] == '.') {
        host.len--; /* a fully qualified name is the same name */
    }
    if (address_len == 0 && !is_host_name(host)) {
        return false;
    }
    while (names_next(&names, &kind, &value)) {
        if (address_len > 0 && kind == NAME_IP && slice_equal(value, slice_of(address, address_len))) {
            return true;
        }
        if (address_len == 0 && kind == NAME_DNS && dns_matches(value, host)) {
            return true;
        }
    }
    return false;
}

/* One name in readable form; false when it is of another kind. Bytes that could upset a terminal become '?'.
 */
static bool describe_one(uint8_t kind, struct slice value, char *out, size_t size)
{
    if (kind == NAME_IP && (value.len == 4 || value.len == 16)) {
        return inet_ntop(value.len == 4 ? AF_INET : AF_INET6, value.data, out, (socklen_t)size) != NULL;
    }
    if (kind != NAME_DNS) {
        return false;
    }
    size_t len = value.len < size ? value.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        out[i] = value.data[i] > 0x20 && value.data[i] < 0x7F ? (char)value.data[i] : '?';
    }
    out[len] = 0;
    return true;
}

void names_describe(struct slice names, char *out, size_t size)
{
    size_t used = 0;
    uint8_t kind;
    struct slice value;
    if (size == 0) {
        return;
    }
    out[0] = 0;
    while (names_next(&names, &kind, &value)) {
        char one[256];
        if (!describe_one(kind, value, one, sizeof one)) {
            continue;
        }
        int written = snprintf(out + used, size - used, "%s%s", used ? ", " : "", one);
        if (written < 0 || (size_t)written >= size - used) {
            if (size > 4) {
                memcpy(out + size - 4, "...", 4);
            }
            return;
        }
        used += (size_t)written;
    }
    if (used == 0) {
        snprintf(out, size, "no names");
    }
}
