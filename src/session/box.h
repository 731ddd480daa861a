/* SPDX-License-Identifier: MIT */
#ifndef HF_SESSION_BOX_H
#define HF_SESSION_BOX_H

#include "crypto/crypto.h"
#include "wire/layout.h"

/*
 * Bytes under lock. Each box has a key of its own, derived with a fresh salt, so that the nonce can be zero
 * and no two machines have to count together.
 */
#define BOX_SALT_SIZE 16
#define BOX_TAG_SIZE 16

struct box {
    struct slice secret; /* of the epoch, for this purpose */
    const char *label;
    struct slice salt, additional;
};
/* out has BOX_TAG_SIZE bytes more than plain, or as many less than sealed; E_BAD_RECORD_MAC where it does not
 * open. */
enum err box_seal(const struct box *b, struct slice plain, uint8_t *out) CHECKED;
enum err box_open(const struct box *b, struct slice sealed, uint8_t *out) CHECKED;
/* Draws a salt into w; E_BUFFER_LIMIT. */
enum err box_salt(const struct random_source *random, struct writer *w, struct slice *salt) CHECKED;

#endif
