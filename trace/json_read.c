/* SPDX-License-Identifier: MIT */
#include "trace/json_read.h"

#include <string.h>

struct json json_of(const char *text, size_t len)
{
    return (struct json){.at = text, .end = text + len};
}

static bool fail(struct json *j)
{
    j->bad = true;
    j->at = j->end;
    return false;
}

char json_peek(struct json *j)
{
    /* 1e: RFC 7464 2.1 puts it before each text of a sequence */
    while (j->at < j->end &&
           (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t' || *j->at == 0x1e)) {
        j->at++;
    }
    return j->at < j->end ? *j->at : '\0';
}

static bool take(struct json *j, char wanted)
{
    if (json_peek(j) != wanted || j->at == j->end) {
        return fail(j);
    }
    j->at++;
    return true;
}

bool json_open(struct json *j, char bracket)
{
    if (j->depth >= JSON_DEPTH_MOST || !take(j, bracket)) {
        return fail(j);
    }
    j->depth++;
    return true;
}

bool json_more(struct json *j, bool *first)
{
    char c = json_peek(j);
    if (!j->bad && (c == '}' || c == ']')) {
        j->at++;
        j->depth--;
        return false;
    }
    bool more = *first ? c != '\0' : take(j, ',');
    *first = false;
    return more && !j->bad ? true : fail(j);
}

static unsigned hex_digit(struct json *j)
{
    char c = j->at < j->end ? *j->at++ : '\0';
    unsigned value = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                            : 16;
    if (value < 16) {
        return value;
    }
    (void)fail(j);
    return 0;
}

/* What \uXXXX stands for, in UTF-8; half of a pair, as is what cannot be printed, becomes a question mark. */
static size_t code_point(struct json *j, char out[4])
{
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        code = code << 4 | hex_digit(j);
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000)) {
        code = '?';
    }
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

/* What stands behind a backslash. */
static size_t escaped(struct json *j, char out[4])
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char c = j->at < j->end ? *j->at++ : '\0';
    const char *found = c ? strchr(names, c) : NULL;
    if (c == 'u') {
        return code_point(j, out);
    }
    if (!found) {
        (void)fail(j);
        return 0;
    }
    out[0] = values[found - names];
    return 1;
}

size_t json_string(struct json *j, char *out, size_t size)
{
    size_t len = 0, kept = 0;
    char piece[4];
    if (!take(j, '"')) {
        out[0] = '\0';
        return 0;
    }
    while (j->at < j->end && *j->at != '"' && !j->bad) {
        piece[0] = *j->at++;
        size_t n = piece[0] == '\\' ? escaped(j, piece) : 1;
        if (len == kept && kept + n < size) { /* once it is cut, it stays so */
            memcpy(out + kept, piece, n);
            kept += n;
        }
        len += n;
    }
    out[kept] = '\0';
    (void)(j->at < j->end ? take(j, '"') : fail(j));
    return len;
}

void json_key(struct json *j, char *out, size_t size)
{
    (void)json_string(j, out, size);
    (void)take(j, ':');
}

uint64_t json_number(struct json *j)
{
    uint64_t value = 0;
    char c = json_peek(j);
    if (c < '0' || c > '9') {
        (void)fail(j);
        return 0;
    }
    for (; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++) {
        if (value > (INT64_MAX - 9) / 10) {
            (void)fail(j);
            return 0;
        }
        value = value * 10 + (uint64_t)(*j->at - '0');
    }
    while (j->at < j->end && *j->at != '\0' && strchr(".0123456789eE+-", *j->at)) {
        j->at++;
    }
    return value;
}

static bool word(struct json *j, const char *wanted)
{
    size_t len = strlen(wanted);
    if ((size_t)(j->end - j->at) < len || memcmp(j->at, wanted, len) != 0) {
        return fail(j);
    }
    j->at += len;
    return true;
}

bool json_true(struct json *j)
{
    return json_peek(j) == 't' ? word(j, "true") : word(j, "false") && false;
}

void json_skip(struct json *j)
{
    char c = json_peek(j), ignored[2];
    bool first = true;
    if (c == '{' || c == '[') {
        for (json_open(j, c); json_more(j, &first);) {
            if (c == '{') {
                json_key(j, ignored, sizeof ignored);
            }
            json_skip(j);
        }
    } else if (c == '"') {
        (void)json_string(j, ignored, sizeof ignored);
    } else if (c == 'n') {
        (void)word(j, "null");
    } else if (c == 't' || c == 'f') {
        (void)json_true(j);
    } else {
        j->at += c == '-';
        (void)json_number(j);
    }
}
