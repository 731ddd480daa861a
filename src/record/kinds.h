/* SPDX-License-Identifier: MIT */
#ifndef HF_RECORD_KINDS_H
#define HF_RECORD_KINDS_H

#include "record/record.h"

/* The forms of protection in TLS 1.2; protect.c chooses and counts. They read p->sequence and leave it alone.
 */
enum err aead12_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out) CHECKED;
enum err aead12_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain) CHECKED;
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

/* What both authenticate before a length, RFC 5246 6.2.3.1 and 6.2.3.3: seq_num + type + version. */
#define RECORD_PREFIX CBC_PREFIX
static inline void put_record_prefix(const struct protection *p, uint8_t type, uint8_t out[RECORD_PREFIX])
{
    put_sequence(out, p->sequence);
    out[8] = type;
    out[9] = TLS_1_2 >> 8;
    out[10] = TLS_1_2 & 0xff;
}

#endif
