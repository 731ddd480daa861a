/* SPDX-License-Identifier: MIT */
#include "crypto/der.h"

bool der_next(struct slice *in, uint8_t *tag, struct slice *value)
{
    struct slice s = *in;
    if (s.len < 2 || (s.data[0] & 0x1F) == 0x1F) {
        return false;
    }
    size_t head = 2, len = s.data[1];
    if (len >= 0x80) {
        size_t bytes = len & 0x7F;
        if (bytes == 0 || bytes > 3 || s.len < 2 + bytes || s.data[2] == 0) {
            return false; /* indefinite, over 16 MB, or with a leading zero */
        }
        len = 0;
        for (size_t i = 0; i < bytes; i++) {
            len = len << 8 | s.data[2 + i];
        }
        head += bytes;
        if (len < 0x80) {
            return false;
        }
    }
    if (s.len - head < len) {
        return false;
    }
    *tag = s.data[0];
    *value = slice_of(s.data + head, len);
    *in = slice_after(s, head + len);
    return true;
}

bool der_peek(struct slice in, uint8_t tag)
{
    return in.len > 0 && in.data[0] == tag;
}

bool der_take(struct slice *in, uint8_t tag, struct slice *value)
{
    uint8_t found;
    return der_peek(*in, tag) && der_next(in, &found, value);
}

bool der_take_whole(struct slice *in, uint8_t tag, struct slice *element)
{
    struct slice start = *in, value;
    if (!der_take(in, tag, &value)) {
        return false;
    }
    *element = slice_of(start.data, start.len - in->len);
    return true;
}

bool der_take_bytes_of_bits(struct slice *in, struct slice *bytes)
{
    if (!der_take(in, DER_BIT_STRING, bytes) || bytes->len < 1 || bytes->data[0] != 0) {
        return false;
    }
    *bytes = slice_after(*bytes, 1);
    return true;
}

bool der_take_positive(struct slice *in, struct slice *bytes)
{
    if (!der_take(in, DER_INTEGER, bytes) || bytes->len < 1 || bytes->data[0] & 0x80) {
        return false;
    }
    if (bytes->data[0] == 0) {
        *bytes = slice_after(*bytes, 1);
        return bytes->len > 0 &&
               bytes->data[0] & 0x80; /* zero is not positive; else the byte was not needed */
    }
    return true;
}

static bool two_digits(const uint8_t *text, int *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return false;
    }
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar, years counted from March. */
static int64_t days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const uint8_t of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : of[month - 1];
}

bool der_take_time(struct slice *in, int64_t *seconds)
{
    struct slice text;
    int century = -1, part[6];
    if (der_take(in, DER_UTC_TIME, &text)) {
        if (text.len != 13) {
            return false;
        }
    } else if (!der_take(in, DER_GENERALIZED_TIME, &text) || text.len != 15 ||
               !two_digits(text.data, &century)) {
        return false;
    } else {
        text = slice_after(text, 2);
    }
    for (size_t i = 0; i < 6; i++) {
        if (!two_digits(text.data + 2 * i, &part[i])) {
            return false;
        }
    }
    int year = part[0] + (century >= 0 ? 100 * century : part[0] >= 50 ? 1900 : 2000);
    if (text.data[12] != 'Z' || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
        part[2] > days_in(year, part[1]) || part[3] > 23 || part[4] > 59 || part[5] > 59) {
        return false;
    }
    *seconds = ((days(year, part[1], part[2]) * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
    return true;
}
