/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_TRANSCRIPT_H
#define HF_HANDSHAKE_TRANSCRIPT_H

#include "base/buffer.h"
#include "crypto/crypto.h"

/*
 * All handshake messages so far, HelloRequest excepted (RFC 5246 7.4.9). Kept as bytes until the hash is
 * known; and further, while CertificateVerify may come, because it signs the messages themselves (RFC
 * 5246 7.4.8, RFC 8422 5.10).
 */
struct transcript {
    struct buffer kept;
    struct hash_run run; /* hash HASH_NONE: not started */
    bool keep;
};
/* Keeps limit bytes at most, the first of them in memory, which outlives it. */
void transcript_init(struct transcript *t, size_t limit, struct span memory);
enum err transcript_add(struct transcript *t, struct slice message) CHECKED;
enum err transcript_start(struct transcript *t, enum hash hash) CHECKED; /* hashes what was kept */
/* RFC 8446 4.4.1: the ClientHello before a HelloRetryRequest counts as its hash. */
enum err transcript_retry(struct transcript *t, enum hash hash) CHECKED;
/* The same where the hash is all that is left of it; nothing is kept yet. */
enum err transcript_recall(struct transcript *t, struct slice hash) CHECKED;
/* The hash of what was kept and of bytes behind it: a ClientHello that is not in it yet. */
enum err transcript_hash_with(const struct transcript *t, enum hash hash, struct slice bytes,
                              uint8_t out[HASH_MAX]) CHECKED;
void transcript_stop_keeping(struct transcript *t); /* no CertificateVerify will come */
enum err transcript_hash(const struct transcript *t, uint8_t out[HASH_MAX], struct slice *hash) CHECKED;
/* Goes on from the hash of an earlier handshake's messages: RFC 8446 4.4.1. */
enum err transcript_continue(struct transcript *t, const struct hash_run *from) CHECKED;
struct slice transcript_messages(const struct transcript *t);
void transcript_wipe(struct transcript *t);

#endif
