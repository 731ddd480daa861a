/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_HELLO_H
#define HF_TESTS_SUPPORT_HELLO_H

#include "pair.h"

/* A ClientHello on its way (RFC 5246 7.4.1.2, RFC 8446 4.1.2): where its parts are, and one that is changed
 * there. Well-formed ones only; `hello` points to the message's own header, behind the record's. */
#define HELLO_RECORD_HEADER 5

/* Where the length of each part is. */
struct hello_parts {
    uint8_t *session_id, *suites, *compression, *extensions;
};
struct hello_parts hello_parts(uint8_t *hello);
/* Where the extension's code is; NULL: it is not there. */
uint8_t *hello_extension(uint8_t *hello, uint16_t code);
size_t hello_number(const uint8_t *at);       /* two bytes */
void hello_enlarge(uint8_t *at, size_t more); /* to the number of two bytes there */
/* The extension, a whole one, is put behind the others of the ClientHello that is all there is in `bytes`;
 * the lengths around it grow: the record's, the message's and the list's. */
void hello_append(struct test_bytes *bytes, const void *extension, size_t len);

/* The first ClientHello in a record that begins at *at or behind; *at becomes where the record after it
 * begins. NULL: none. */
uint8_t *hello_next(const struct test_bytes *bytes, size_t *at);

/* A pair_hook, arg a struct hello_spoiler: one bit of the n-th ClientHello of a connection is changed. */
struct hello_spoiler {
    unsigned hello;   /* which, from 1 */
    size_t from_end;  /* which byte of it, 1 the last; 0: from_head says */
    size_t from_head; /* which byte, 0 the first of its header */
    unsigned seen;    /* ClientHellos so far */
};
void hello_spoil(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes);

#endif
