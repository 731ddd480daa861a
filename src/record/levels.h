/* SPDX-License-Identifier: MIT */
#ifndef HF_RECORD_LEVELS_H
#define HF_RECORD_LEVELS_H

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "wire/messages.h"

/*
 * What takes the place of records where QUIC carries the handshake, RFC 9001 4: handshake bytes by encryption
 * level, and the secrets that QUIC makes its packets' keys of. Who writes to a record_out that has levels
 * writes here.
 */
enum level { LEVEL_INITIAL, LEVEL_EARLY, LEVEL_HANDSHAKE, LEVEL_APPLICATION, LEVEL_COUNT };

struct level_secret {
    enum level level;
    bool writes; /* of what this side sends */
    const struct suite *suite;
    struct secret secret;
};
#define LEVEL_SECRETS_MAX 5 /* of one handshake: early data has one, the two other levels one each way */

struct levels {
    struct buffer out[LEVEL_COUNT]; /* to be sent; LEVEL_EARLY has none: RFC 9001 4.1.3 */
    enum level reading, writing;
    struct level_secret secrets[LEVEL_SECRETS_MAX];
    size_t given, taken;        /* of them: by the handshake, by the QUIC stack */
    struct buffer ours, theirs; /* transport parameters, RFC 9001 8.2 */
    bool ours_set, theirs_came;
};

/* limit: most bytes that wait at a level. */
enum err levels_new(size_t limit, struct levels **out) CHECKED;
void levels_free(struct levels *l); /* wipes */
/* Handshake bytes, at the level that is written at. Alerts are QUIC's to tell (RFC 9001 4.8): nothing is
 * written. E_INTERNAL for what QUIC cannot carry. */
enum err levels_write(struct levels *l, enum content_type type, struct slice content) CHECKED;
/* Keys of a direction: what follows is written, or read, at their level. */
enum err levels_give(struct levels *l, const struct level_secret *s) CHECKED;
/* The lowest level that has bytes to send; LEVEL_COUNT: none has. */
enum level levels_waiting(const struct levels *l);

#endif
