/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_HEX_H
#define HF_BASE_HEX_H

/* What a hexadecimal digit is worth; -1: it is none. */
static inline int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

#endif
