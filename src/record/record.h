/* SPDX-License-Identifier: MIT */
#ifndef HF_RECORD_RECORD_H
#define HF_RECORD_RECORD_H

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "wire/messages.h"

/* The record protocol, RFC 5246 6: framing, limits, protection. Knows no handshake message and no connection. */
#define RECORD_HEADER 5
#define RECORD_PLAINTEXT_MAX 16384
#define RECORD_EXPANSION_MAX 2048 /* RFC 5246 6.2.3: TLSCiphertext.length is at most 2^14 + 2048 */

/* ---- protection of one direction (protect.c, aead12.c) ---- */
enum protect_kind { PROTECT_NONE, PROTECT_AEAD12_EXPLICIT, PROTECT_AEAD12_XORED };
struct protection {
    enum protect_kind kind;
    struct aead_key key;
    uint8_t iv[AEAD_NONCE_SIZE]; /* explicit form: 4 bytes of salt */
    uint64_t sequence;           /* of the next record */
    uint64_t limit;              /* records these keys may protect: RFC 9325 4.4, RFC 8446 5.5 */
};
/* What a suite takes from the key block for one direction, RFC 5246 6.3. */
size_t protection_iv_size(const struct suite *s);
enum err protection_set(struct protection *p, const struct suite *s, enum aead_use use, struct slice key,
                        struct slice iv) CHECKED;
void protection_wipe(struct protection *p);
/* Bytes that seal puts before and behind the plaintext. */
size_t protection_head(const struct protection *p);
size_t protection_tail(const struct protection *p);
/*
 * Seals plain into out, which has room for head + plain.len + tail bytes; plain may already stand at out + head (sealing in place).
 * Counts the sequence number: E_SEQUENCE_EXHAUSTED at the limit, before anything is written.
 */
enum err protection_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out) CHECKED;
/* Opens fragment in place; *plain points into it. E_BAD_RECORD_MAC (also for too short), E_SEQUENCE_EXHAUSTED. */
enum err protection_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain) CHECKED;

/* ---- reading ---- */
struct record {
    uint8_t type; /* enum content_type; 0: no whole record yet */
    struct span content;
    size_t wire_len; /* bytes it took on the wire, header included */
};
struct record_in {
    struct protection protection;
    struct buffer partial; /* a record that did not arrive whole */
    uint8_t empties;       /* empty application records in a row */
    bool begun;            /* a first record header was accepted */
};
void record_in_init(struct record_in *in);
void record_in_wipe(struct record_in *in);
/*
 * Takes from arrived up to the end of the next record. A record lying whole in arrived is opened in place and out->content points
 * into it; else its bytes are gathered in partial, and content points there until record_release or the next call. *used says
 * how many bytes were taken; out->type is 0 when more are needed. Empty application records are counted (E_TOO_MANY_EMPTY_RECORDS
 * after 32 in a row) and returned with an empty content. Errors: E_BAD_RECORD_TYPE, E_BAD_RECORD_VERSION (major must be 3),
 * E_PEER_SPEAKS_HTTP, E_PEER_SPEAKS_SSH, E_PEER_NOT_TLS (judged on the first bytes of the stream, as early as they tell),
 * E_RECORD_TOO_LONG (before the body arrives), E_EMPTY_RECORD, E_BAD_RECORD_MAC, E_SEQUENCE_EXHAUSTED.
 */
enum err record_read(struct record_in *in, struct span arrived, size_t *used, struct record *out) CHECKED;
/* The content of the last record is not needed any more: gives memory back. */
void record_release(struct record_in *in);
/* Bytes of an unfinished record are held: a stream that ends now ends inside a record. */
bool record_in_midway(const struct record_in *in);

/* ---- writing ---- */
#define RECORD_NOT_OPEN SIZE_MAX
struct record_out {
    struct protection protection;
    struct buffer queue;  /* sealed records waiting to be sent */
    size_t open;          /* offset in queue's held bytes of an open handshake record, or RECORD_NOT_OPEN */
    uint16_t version;     /* of the record header: 0x0301 for the first ClientHello (RFC 5246 E.1), then what was chosen */
    uint16_t fragment;    /* most plaintext bytes in one record */
    uint32_t records;     /* how many were completed: tracers number them */
};
void record_out_init(struct record_out *out, size_t queue_limit);
void record_out_wipe(struct record_out *out);
/* Whole records of this type, sealed in one pass; an open handshake record is closed first. Zero length: nothing, except that
 * CONTENT_APPLICATION_DATA is allowed to be empty. */
enum err record_write(struct record_out *out, enum content_type type, struct slice content) CHECKED;
/* Handshake bytes: gathered into as few records as fit; the last stays open until record_close or another type is written. */
enum err record_write_handshake(struct record_out *out, struct slice message) CHECKED;
enum err record_close(struct record_out *out) CHECKED;

#endif
