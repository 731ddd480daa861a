/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>

size_t hello_number(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

void hello_enlarge(uint8_t *at, size_t more)
{
    size_t sum = hello_number(at) + more;
    assert_true(sum <= 0xffff);
    at[0] = (uint8_t)(sum >> 8);
    at[1] = (uint8_t)sum;
}

struct hello_parts hello_parts(uint8_t *hello)
{
    struct hello_parts p;
    p.session_id = hello + 4 + 2 + 32;
    p.suites = p.session_id + 1 + *p.session_id;
    p.compression = p.suites + 2 + hello_number(p.suites);
    p.extensions = p.compression + 1 + *p.compression;
    return p;
}

uint8_t *hello_extension(uint8_t *hello, uint16_t code)
{
    uint8_t *block = hello_parts(hello).extensions, *end = block + 2 + hello_number(block);
    for (uint8_t *at = block + 2; at < end; at += 4 + hello_number(at + 2)) {
        if (hello_number(at) == code) {
            return at;
        }
    }
    return NULL;
}

void hello_append(struct test_bytes *bytes, const void *extension, size_t len)
{
    test_bytes_add(bytes, extension, len);
    uint8_t *hello = bytes->data + HELLO_RECORD_HEADER;
    hello_enlarge(bytes->data + 3, len);
    hello_enlarge(hello + 2, len); /* the lower two bytes of three */
    hello_enlarge(hello_parts(hello).extensions, len);
}

uint8_t *hello_next(const struct test_bytes *bytes, size_t *at)
{
    while (*at + HELLO_RECORD_HEADER < bytes->len) {
        uint8_t *record = bytes->data + *at;
        *at += HELLO_RECORD_HEADER + hello_number(record + 3);
        if (record[0] == 22 && record[HELLO_RECORD_HEADER] == 1) {
            return record + HELLO_RECORD_HEADER;
        }
    }
    return NULL;
}

void hello_spoil(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct hello_spoiler *s = arg;
    size_t at = 0;
    uint8_t *hello;
    (void)pair;
    while (from == HF_CLIENT && (hello = hello_next(bytes, &at)) != NULL) {
        if (++s->seen == s->hello) {
            *(s->from_end ? bytes->data + at - s->from_end : hello + s->from_head) ^= 1;
        }
    }
}
