/* SPDX-License-Identifier: MIT */
#include "cli/hex.h"

int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool hex_read(hf_bytes text, uint8_t *out, size_t most, size_t *len)
{
    *len = 0;
    if (text.len % 2 != 0 || text.len / 2 > most) {
        return false;
    }
    for (; *len < text.len / 2; ++*len) {
        int high = hex_digit(text.data[2 * *len]), low = hex_digit(text.data[2 * *len + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[*len] = (uint8_t)(high << 4 | low);
    }
    return true;
}
