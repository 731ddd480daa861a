/* SPDX-License-Identifier: MIT */
#ifndef TRACE_JSON_READ_H
#define TRACE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * JSON (RFC 8259) read as it comes, from memory that may be hostile: total functions with one sticky failure.
 * A value is taken by the function of its kind, or passed over with json_skip.
 */
enum { JSON_DEPTH_MOST = 40 };
struct json {
    const char *at, *end;
    unsigned depth;
    bool bad;
};
struct json json_of(const char *text, size_t len);
/* The next byte that is not blank; '\0' at the end and once something was bad. */
char json_peek(struct json *j);
/* '{' or '['; then json_more before each member or element until it answers false, which takes the end. */
bool json_open(struct json *j, char bracket);
bool json_more(struct json *j, bool *first);
/* A string, cut to size with its NUL; answers how long it is uncut. */
size_t json_string(struct json *j, char *out, size_t size);
/* A member's name and the colon behind it. */
void json_key(struct json *j, char *out, size_t size);
/* A number without what is behind its point; below zero and too large ones are bad. */
uint64_t json_number(struct json *j);
bool json_true(struct json *j); /* true or false */
void json_skip(struct json *j);

#endif
