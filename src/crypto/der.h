/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_DER_H
#define HF_CRYPTO_DER_H

#include "base/slice.h"

/*
 * Just enough of DER (X.690 10, 11) to find one's way in a certificate: definite lengths in their shortest
 * form, tags of one byte. libcrypto's d2i_X509 costs 150 µs, most of it a search for a decoder of the public
 * key; this costs one or two.
 */
#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_CONTEXT(n) (0xA0 | (n))  /* constructed */
#define DER_IMPLICIT(n) (0x80 | (n)) /* primitive */

/* Takes the next element of in, whatever its tag; false, and in untouched, when there is none that is whole.
 */
bool der_next(struct slice *in, uint8_t *tag, struct slice *value);
/* Takes the next element when its tag is this one. */
bool der_take(struct slice *in, uint8_t tag, struct slice *value);
/* The same, with the element's header in what is returned. */
bool der_take_whole(struct slice *in, uint8_t tag, struct slice *element);
bool der_peek(struct slice in, uint8_t tag);
/* A BIT STRING of whole bytes. */
bool der_take_bytes_of_bits(struct slice *in, struct slice *bytes);
/* A positive INTEGER without its sign byte. */
bool der_take_positive(struct slice *in, struct slice *bytes);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them, as seconds since 1970. */
bool der_take_time(struct slice *in, int64_t *seconds);

#endif
