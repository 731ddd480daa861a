/* SPDX-License-Identifier: MIT */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A string that grows. When memory runs out it stays as it is and says so in `failed`: asked once, at the
 * end. */
struct text {
    char *bytes; /* ends with NUL once something was added; NULL before */
    size_t len, capacity;
    bool failed;
};

void text_free(struct text *t);
void text_add(struct text *t, const char *string);
void text_add_bytes(struct text *t, const char *bytes, size_t len);
void text_repeat(struct text *t, const char *string, size_t times);
void text_print(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * What others wrote, made harmless for a terminal: control characters, and bytes that are not UTF-8, become
 * '?'. At most `columns` columns; 0: no limit. With ascii, everything above 0x7e becomes '?' too.
 */
void text_add_clean(struct text *t, const char *string, size_t columns, bool ascii);
/* A JSON string with its quotes; NULL becomes null. */
void text_add_json(struct text *t, const char *string);
/* Escaped for HTML text and quoted attributes. */
void text_add_html(struct text *t, const char *string);
/* "" or the text: never NULL. */
const char *text_string(const struct text *t);
/* Columns a UTF-8 string takes, one a code point: what we draw has no wide characters. */
size_t text_columns(const char *string);
/* Bytes of the UTF-8 code point at s; 0 when these are no UTF-8 or a control character. */
size_t text_code_point(const char *s);
/* Bytes of the next line of at most `columns` columns: whole words, or what fits of a longer word. */
size_t text_line_of_words(const char *string, size_t columns);
/* The string in such lines. */
void text_add_wrapped(struct text *t, const char *string, size_t columns);

#endif
