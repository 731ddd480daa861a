/* SPDX-License-Identifier: MIT */
#include "trace/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_free(struct text *t)
{
    free(t->bytes);
    *t = (struct text){0};
}

static bool text_room(struct text *t, size_t more)
{
    if (t->failed || more > SIZE_MAX / 4 - t->len) {
        t->failed = true;
        return false;
    }
    if (t->bytes == NULL || t->len + more + 1 > t->capacity) {
        size_t capacity = (t->len + more + 1) * 2;
        char *grown = realloc(t->bytes, capacity);
        if (grown == NULL) {
            t->failed = true;
            return false;
        }
        t->bytes = grown;
        t->capacity = capacity;
    }
    return true;
}

void text_add_bytes(struct text *t, const char *bytes, size_t len)
{
    if (text_room(t, len)) {
        if (len > 0) {
            memcpy(t->bytes + t->len, bytes, len);
        }
        t->len += len;
        t->bytes[t->len] = '\0';
    }
}

void text_add(struct text *t, const char *string)
{
    text_add_bytes(t, string, strlen(string));
}

void text_repeat(struct text *t, const char *string, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        text_add(t, string);
    }
}

void text_print(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0) {
        t->failed = true;
        return;
    }
    if (text_room(t, (size_t)len)) {
        va_start(arguments, format);
        vsnprintf(t->bytes + t->len, (size_t)len + 1, format, arguments);
        va_end(arguments);
        t->len += (size_t)len;
    }
}

size_t text_code_point(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) {
        return u[0] >= 0x20 && u[0] != 0x7f ? 1 : 0;
    }
    size_t len = u[0] >= 0xc2 && u[0] <= 0xdf   ? 2
                 : u[0] >= 0xe0 && u[0] <= 0xef ? 3
                 : u[0] >= 0xf0 && u[0] <= 0xf4 ? 4
                                                : 0;
    for (size_t i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* U+0080 to U+009F are control characters, U+202A to U+202E and U+2066 to U+2069 turn the direction of a
     * line. */
    if ((len == 2 && u[0] == 0xc2 && u[1] < 0xa0) ||
        (len == 3 && u[0] == 0xe2 && u[1] == 0x80 && u[2] >= 0xaa && u[2] <= 0xae) ||
        (len == 3 && u[0] == 0xe2 && u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9)) {
        return 0;
    }
    return len;
}

void text_add_clean(struct text *t, const char *string, size_t columns, bool ascii)
{
    for (size_t seen = 0; *string != '\0' && (columns == 0 || seen < columns); seen++) {
        size_t len = text_code_point(string);
        if (len == 0 || (ascii && len > 1)) {
            text_add(t, "?");
        } else {
            text_add_bytes(t, string, len);
        }
        string += len == 0 ? 1 : len;
    }
}

void text_add_json(struct text *t, const char *string)
{
    if (string == NULL) {
        text_add(t, "null");
        return;
    }
    text_add(t, "\"");
    while (*string != '\0') {
        size_t len = text_code_point(string);
        if (*string == '"' || *string == '\\') {
            text_print(t, "\\%c", *string);
        } else if (len > 0) {
            text_add_bytes(t, string, len);
        } else {
            text_print(t, "\\u%04x", (unsigned)(unsigned char)*string);
        }
        string += len == 0 ? 1 : len;
    }
    text_add(t, "\"");
}

void text_add_html(struct text *t, const char *string)
{
    while (*string != '\0') {
        size_t len = text_code_point(string);
        switch (*string) {
        case '&':
            text_add(t, "&amp;");
            break;
        case '<':
            text_add(t, "&lt;");
            break;
        case '>':
            text_add(t, "&gt;");
            break;
        case '"':
            text_add(t, "&quot;");
            break;
        case '\'':
            text_add(t, "&#39;");
            break;
        default:
            text_add_bytes(t, len == 0 ? "?" : string, len == 0 ? 1 : len);
            break;
        }
        string += len == 0 ? 1 : len;
    }
}

const char *text_string(const struct text *t)
{
    return t->bytes == NULL ? "" : t->bytes;
}

size_t text_columns(const char *string)
{
    size_t columns = 0;
    for (; *string != '\0'; string++) {
        columns += ((unsigned char)*string & 0xc0) != 0x80;
    }
    return columns;
}

size_t text_line_of_words(const char *string, size_t columns)
{
    size_t at = 0, seen = 0, last_blank = 0;
    while (string[at] != '\0' && seen < columns) {
        size_t len = text_code_point(string + at);
        last_blank = string[at] == ' ' ? at : last_blank;
        at += len == 0 ? 1 : len;
        seen++;
    }
    return string[at] == '\0' || string[at] == ' ' || last_blank == 0 ? at : last_blank;
}

void text_add_wrapped(struct text *t, const char *string, size_t columns)
{
    while (*string != '\0') {
        size_t len = text_line_of_words(string, columns);
        text_add_bytes(t, string, len);
        text_add(t, "\n");
        string += len;
        while (*string == ' ') {
            string++;
        }
    }
}
