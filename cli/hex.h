/* SPDX-License-Identifier: MIT */
#ifndef CLI_HEX_H
#define CLI_HEX_H

#include <handfast/session.h>

/* What a hexadecimal digit is worth; -1: it is none. */
int hex_digit(int c);
/* False where the text is no hexadecimal, or of more than `most` bytes. An empty one has none. */
bool hex_read(hf_bytes text, uint8_t *out, size_t most, size_t *len);

#endif
