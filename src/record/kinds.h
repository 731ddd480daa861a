/* SPDX-License-Identifier: MIT */
#ifndef HF_RECORD_KINDS_H
#define HF_RECORD_KINDS_H

#include "record/record.h"

/* The forms of protection; protect.c chooses and counts. They read p->sequence and leave it alone.
 */
enum err aead12_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out) CHECKED;
enum err aead12_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain) CHECKED;
enum err aead13_seal(struct protection *p, uint8_t type, struct slice plain, struct span out) CHECKED;
enum err aead13_open(struct protection *p, struct span fragment, struct span *plain) CHECKED;
enum err cbc_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out) CHECKED;
enum err cbc_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain) CHECKED;

/* Written out: compilers make one store of it, and it is done for every record. */
static inline void put_sequence(uint8_t *out, uint64_t value)
{
    out[0] = (uint8_t)(value >> 56);
    out[1] = (uint8_t)(value >> 48);
    out[2] = (uint8_t)(value >> 40);
    out[3] = (uint8_t)(value >> 32);
    out[4] = (uint8_t)(value >> 24);
    out[5] = (uint8_t)(value >> 16);
    out[6] = (uint8_t)(value >> 8);
    out[7] = (uint8_t)value;
}

/* RFC 7905 2, RFC 8446 5.3: the sequence number, padded in front to 12 bytes, XORed with the IV */
static inline void put_xored_nonce(const struct protection *p, uint8_t out[AEAD_NONCE_SIZE])
{
    memcpy(out, p->iv, 4);
    put_sequence(out + 4, p->sequence);
    for (size_t i = 4; i < AEAD_NONCE_SIZE; i++) {
        out[i] ^= p->iv[i];
    }
}

/* TLS 1.3's part of read.c. */
#define RECORD_DROPPED \
    0xff /* a record's type inside of record_read: there was one, and nobody is to see it */
/* A header's type where records are protected. */
enum err outer_type13(const struct record_in *in, uint8_t type) CHECKED;
enum err open13(struct record_in *in, struct span fragment, uint8_t *type, struct span *content) CHECKED;
/* Whether a record of length bytes is early data that may be dropped: OK with *type RECORD_DROPPED; else err.
 */
enum err drop_early_data(struct record_in *in, size_t length, enum err err, uint8_t *type) CHECKED;

/* What both of TLS 1.2's authenticate before a length, RFC 5246 6.2.3.1 and 6.2.3.3: seq_num + type +
 * version. */
#define RECORD_PREFIX CBC_PREFIX
static inline void put_record_prefix(const struct protection *p, uint8_t type, uint8_t out[RECORD_PREFIX])
{
    put_sequence(out, p->sequence);
    out[8] = type;
    out[9] = TLS_1_2 >> 8;
    out[10] = TLS_1_2 & 0xff;
}

#endif
