/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "wire/describe.h"
#include "wire/names.h"

/* What numbers and bytes stand for, in words. */

const char *described_number_text(const struct meaning *m, uint32_t number)
{
    const char *name = m->kind == MEANS_NAME ? name_of(m->names, (uint16_t)number) : NULL;
    return name ? name : m->kind == MEANS_NAME ? "unknown" : "";
}

/* Bytes of the UTF-8 character that s begins with; 0: none, or a control character. */
static size_t character(struct slice s)
{
    uint8_t a = s.data[0];
    size_t len = a < 0x80 ? 1 : a >= 0xc2 && a < 0xe0 ? 2 : a >= 0xe0 && a < 0xf0 ? 3 : 0;
    if (a < 0x20 || a == 0x7f || len > s.len || (a == 0xc2 && s.data[1] < 0xa0) ||
        (a == 0xe0 && s.data[1] < 0xa0) || (a == 0xed && s.data[1] >= 0xa0)) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

const char *described_clean(struct slice bytes, char *room)
{
    size_t used = 0;
    while (bytes.len && used + 8 < DESCRIBED_TEXT_SIZE) {
        size_t len = character(bytes);
        if (len) {
            memcpy(room + used, bytes.data, len);
        } else {
            room[used] = '?';
        }
        used += len ? len : 1;
        bytes = slice_after(bytes, len ? len : 1);
    }
    memcpy(room + used, bytes.len ? "..." : "", bytes.len ? 4 : 1);
    return room;
}

bool is_hello_retry_request(struct slice message)
{
    const size_t at = HANDSHAKE_HEADER + 2;
    return message.len >= at + RANDOM_SIZE && message_of_type(message.data[0]) == SERVER_HELLO &&
           memcmp(message.data + at, retry_random, RANDOM_SIZE) == 0;
}

/* RFC 8446 4.1.3, 4.1.4: what is hidden in the random of a ServerHello */
static const char *random_text(struct slice random)
{
    struct slice end = random.len >= 8 ? slice_after(random, random.len - 8) : random;
    if (slice_equal(random, slice_of(retry_random, RANDOM_SIZE))) {
        return "this is a HelloRetryRequest";
    }
    if (slice_equal(end, slice_of("DOWNGRD\1", 8))) {
        return "ends with DOWNGRD 01: the server can do TLS 1.3 and was not asked to";
    }
    return slice_equal(end, slice_of("DOWNGRD", 8))
               ? "ends with DOWNGRD 00: the server can do TLS 1.2 and was not asked to"
               : "";
}

static const char *seconds_text(struct slice bytes, char *room)
{
    struct reader r = reader_of(bytes);
    uint32_t seconds = read_number(&r, 4);
    if (!seconds) {
        return "unspecified: the client decides";
    }
    (void)snprintf(room, DESCRIBED_TEXT_SIZE, "%" PRIu32 " seconds", seconds);
    return room;
}

static const char *zeros_text(struct slice bytes, char *room)
{
    size_t zeros = 0;
    while (zeros < bytes.len && !bytes.data[zeros]) {
        zeros++;
    }
    (void)snprintf(room, DESCRIBED_TEXT_SIZE, zeros == bytes.len ? "%zu zeros" : "not zero from byte %zu on",
                   zeros);
    return room;
}

const char *described_bytes_text(const struct meaning *m, struct slice bytes, char *room)
{
    switch (m->kind) {
    case MEANS_TEXT:
        return described_clean(bytes, room);
    case MEANS_SECONDS:
        return seconds_text(bytes, room);
    case MEANS_RANDOM:
        return random_text(bytes);
    case MEANS_ZEROS:
        return zeros_text(bytes, room);
    default:
        return "";
    }
}
