/* SPDX-License-Identifier: MIT */
#ifndef HF_RECORD_AEAD12_H
#define HF_RECORD_AEAD12_H

#include "record/record.h"

/* The two AEAD forms of TLS 1.2; protect.c chooses and counts. Both read p->sequence and leave it alone. */
enum err aead12_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out) CHECKED;
enum err aead12_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain) CHECKED;

#endif
