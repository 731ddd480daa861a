/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_NAMES_H
#define HF_CRYPTO_NAMES_H

#include "base/slice.h"

/* The content of a subjectAltName, RFC 5280 4.2.1.6: a run of GeneralName. */
#define NAME_DNS 0x82
#define NAME_IP 0x87

/* Takes the next name; false past the last. */
bool names_next(struct slice *names, uint8_t *kind, struct slice *value);
/* RFC 6125 6.4: whether one of them is for this DNS name or IP address literal. */
bool names_match(struct slice names, const char *name);
/* "a.example, *.b.example, 192.0.2.1", cut to fit, always NUL-terminated; "no names" when there is none of
 * these kinds. */
void names_describe(struct slice names, char *out, size_t size);

#endif
