/* SPDX-License-Identifier: MIT */
#ifndef HF_RECORD_RECORD_H
#define HF_RECORD_RECORD_H

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "record/levels.h"
#include "wire/messages.h"

/* The record protocol, RFC 5246 6: framing, limits, protection. It knows no message and no connection. */
#define RECORD_HEADER 5
#define RECORD_PLAINTEXT_MAX 16384
#define RECORD_EXPANSION_MAX 2048  /* RFC 5246 6.2.3: TLSCiphertext.length is at most 2^14 + 2048 */
#define RECORD_EXPANSION13_MAX 256 /* RFC 8446 5.2 */

/* ---- protection of one direction (protect.c, aead12.c, aead13.c, cbc.c) ---- */
enum protect_kind {
    PROTECT_NONE,
    PROTECT_AEAD12_EXPLICIT,
    PROTECT_AEAD12_XORED,
    PROTECT_AEAD13,
    PROTECT_CBC
};
struct protection {
    uint8_t kind;   /* enum protect_kind */
    uint8_t tag;    /* bytes of AEAD's tag */
    uint8_t tail;   /* bytes behind AEAD's plaintext: the tag, and TLS 1.3's content type */
    uint8_t mac;    /* enum hash of CBC's MAC */
    bool etm;       /* RFC 7366 */
    bool truncated; /* RFC 6066 7 */
    union {
        struct { /* AEAD */
            struct aead_key key;
            uint8_t iv[AEAD_NONCE_SIZE]; /* explicit form: 4 bytes of salt */
        };
        struct { /* CBC */
            struct cbc_hmac_key cbc;
            const struct random_source *random; /* of the explicit IV */
        };
    };
    uint64_t sequence; /* of the next record */
    uint64_t limit;    /* records these keys may protect: RFC 9325 4.4, RFC 8446 5.5 */
};
/* The last records of a limit are for alerts alone: a connection that used up its keys can still say so. */
#define RECORDS_KEPT_FOR_ALERTS 2
/* What a suite takes from the key block for one direction, RFC 5246 6.3, and what else its records need. */
struct record_keys {
    struct slice mac_key, key, iv;
    bool encrypt_then_mac;              /* CBC: RFC 7366 was agreed */
    bool truncated_hmac;                /* CBC: RFC 6066 7 was */
    const struct random_source *random; /* CBC: outlives the protection; NULL: libcrypto's */
};
size_t protection_iv_size(const struct suite *s); /* suite_key_size and suite_mac_key_size say the rest */
/* Replaces what p was; on failure p is as before. Close an open record (record_close) first. */
enum err protection_set(struct protection *p, const struct suite *s, enum aead_use use,
                        const struct record_keys *keys) CHECKED;
/* Back to PROTECT_NONE, nothing left of the keys. Zeroed memory is the same. */
void protection_wipe(struct protection *p);
/* How many more records of this type may be sealed. */
uint64_t protection_left(const struct protection *p, uint8_t type);
/* The keys have sealed fifteen sixteenths of what they may: time for a KeyUpdate, RFC 8446 5.5. */
bool protection_is_worn(const struct protection *p);
/* Bytes that seal puts before the plaintext: RFC 5288 3, nonce_explicit; RFC 5246 6.2.3.2, IV. */
static inline size_t protection_head(const struct protection *p)
{
    return p->kind == PROTECT_AEAD12_EXPLICIT ? 8 : p->kind == PROTECT_CBC ? CBC_BLOCK : 0;
}
static inline struct cbc_form protection_form(const struct protection *p)
{
    return (struct cbc_form){.mac = (enum hash)p->mac, .encrypt_then_mac = p->etm, .truncated = p->truncated};
}
/* And behind len bytes of it. */
static inline size_t protection_tail(const struct protection *p, size_t len)
{
    if (p->kind != PROTECT_CBC) {
        return p->tail;
    }
    struct cbc_form form = protection_form(p);
    return cbc_hmac_tail(&form, len);
}
/* The most it can be. */
static inline size_t protection_tail_max(const struct protection *p)
{
    if (p->kind != PROTECT_CBC) {
        return p->tail;
    }
    struct cbc_form form = protection_form(p);
    return cbc_mac_size(&form) + CBC_BLOCK;
}
/*
 * Seals plain into out, which has room for head + plain.len + padding + tail bytes; plain may already stand
 * at out + head (sealing in place). padding: zeros behind the content, TLS 1.3's alone (RFC 8446 5.4). Counts
 * the sequence number; E_SEQUENCE_EXHAUSTED when none is left, before anything is written. What stands in out
 * after a failure must never be sent: its nonce will be used again. E_INTERNAL: what this protection cannot
 * have, such as a ChangeCipherSpec in TLS 1.3.
 */
enum err protection_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out,
                         size_t padding) CHECKED;
/* What stands in the header of a record of this type: TLS 1.3 hides it, RFC 8446 5.2. */
static inline uint8_t protection_outer_type(const struct protection *p, uint8_t type)
{
    return p->kind == PROTECT_AEAD13 ? CONTENT_APPLICATION_DATA : type;
}
/*
 * Opens fragment in place; *plain points into it. E_BAD_RECORD_MAC (also for too short),
 * E_SEQUENCE_EXHAUSTED. The limit that RFC 9325 4.4 puts on AES-GCM binds the sender; a receiver stops at
 * 2^64 - 1 only. In TLS 1.3 type is the header's, and *plain is TLSInnerPlaintext, for record_inner.
 */
enum err protection_open(struct protection *p, uint8_t type, struct span fragment,
                         struct span *plain) CHECKED;
/*
 * RFC 8446 5.4: the content of a TLSInnerPlaintext, and its type. E_RECORD_WITHOUT_TYPE, E_BAD_INNER_TYPE
 * (anything but alert, handshake and application data).
 */
enum err record_inner(struct span inner, uint8_t *type, struct span *content) CHECKED;

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
    bool opened;           /* partial holds a whole record, opened and handed out */
    bool least_padding;    /* fragment also bounds what CBC may pad: RFC 8449 4.1 */
    bool proven;           /* TLS 1.3: a record was opened, so the peer has keys */
    bool skipping;         /* early data was not accepted: skip */
    uint16_t fragment;     /* most plaintext bytes in one record; TLS 1.3's type is one more */
    uint32_t skip;         /* how much of it may still come */
};
#define EMPTY_RECORDS_MAX 32
void record_in_init(struct record_in *in);
void record_in_wipe(struct record_in *in);
/*
 * From the next record on at most size bytes of plaintext, 1 to RECORD_PLAINTEXT_MAX, in each: what both
 * sides agreed to (RFC 6066 4, RFC 8449 4). A longer one is E_RECORD_OVER_AGREED_LIMIT, by its header where
 * that tells, before anything of it is decrypted. In TLS 1.3 it bounds content with padding: one byte less
 * than record_size_limit, which counts the content type too.
 */
void record_in_limit(struct record_in *in, size_t size, bool least_padding);
/*
 * Early data comes that this side will not read (RFC 8446 4.2.10): protected records that do not open are
 * dropped until one does, or, without protection (a HelloRetryRequest was sent), those of application data
 * until a handshake record comes. bytes bounds what is dropped, as max_early_data_size counts;
 * E_TOO_MUCH_EARLY_DATA past that.
 */
void record_in_skip(struct record_in *in, uint32_t bytes);
/*
 * Takes from arrived up to the end of the next record. A record lying whole in arrived is opened in place and
 * out->content points into it; else its bytes are gathered in partial, and content points there until
 * record_release or the next call. *used says how many bytes were taken; out->type is 0 when more are needed.
 * Empty application records are counted (E_TOO_MANY_EMPTY_RECORDS after EMPTY_RECORDS_MAX in a row) and
 * returned with an empty content. Errors: E_BAD_RECORD_TYPE, E_BAD_RECORD_VERSION (the major version must be
 * 3; once protected the version must be 0x0303, which is what the additional data authenticates),
 * E_PEER_SPEAKS_HTTP, E_PEER_SPEAKS_SSH, E_PEER_NOT_TLS (judged on the first bytes of the stream, as early as
 * they tell), E_RECORD_TOO_LONG and E_RECORD_OVER_AGREED_LIMIT (before the body arrives), E_EMPTY_RECORD,
 * E_BAD_RECORD_MAC, E_SEQUENCE_EXHAUSTED, E_NO_MEMORY. After an error the stream cannot be read any further.
 * In TLS 1.3 out->type is the inner one, and E_RECORD_WITHOUT_TYPE and E_BAD_INNER_TYPE are possible; records
 * without protection are E_RECORD_NOT_PROTECTED, but for a ChangeCipherSpec, which the caller judges, and for
 * alerts of a peer that has not shown yet that it has keys.
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
    struct buffer queue;   /* sealed records waiting to be sent */
    struct levels *levels; /* what is written goes there, and nothing becomes a record; NULL: records */
    size_t open;           /* offset in queue's held bytes of an open handshake record, or RECORD_NOT_OPEN */
    uint32_t records;      /* how many were completed: tracers number them */
    uint16_t version;      /* of the record header: 0x0301 at first (RFC 5246 E.1), then what was chosen */
    uint16_t fragment;     /* most plaintext bytes in one record, at least 1; TLS 1.3's type is one more */
    uint16_t pad;          /* TLS 1.3: records are padded to a multiple of this; 0: not */
};
void record_out_init(struct record_out *out, size_t queue_limit);
void record_out_wipe(struct record_out *out);
/* At most size bytes of plaintext, 1 to RECORD_PLAINTEXT_MAX, in each record that is begun from now on. */
void record_out_limit(struct record_out *out, size_t size);
/*
 * From the next record on TLS 1.3's are padded with zeros to a multiple of so many bytes, content type
 * included, as far as the limits let them (RFC 8446 5.4); at most RECORD_PLAINTEXT_MAX + 1, which is to say
 * whole records. 0: no padding.
 */
void record_out_pad(struct record_out *out, size_t multiple);
/* The queue's memory stays when it is empty: for the time of a handshake, whose flights follow each other. */
void record_out_keep(struct record_out *out, bool keep);
/*
 * Whole records of this type, sealed in one pass; an open handshake record is closed first. Zero length:
 * nothing, except that CONTENT_APPLICATION_DATA is allowed to be empty. All or nothing: E_BUFFER_LIMIT,
 * E_NO_MEMORY and E_SEQUENCE_EXHAUSTED leave no record of content behind.
 */
enum err record_write(struct record_out *out, enum content_type type, struct slice content) CHECKED;
/*
 * Handshake bytes: gathered into as few records as fit; the last stays open until record_close or another
 * type is written. All or nothing likewise.
 */
enum err record_write_handshake(struct record_out *out, struct slice message) CHECKED;
/* Seals the open record, if any: before keys change and where a flight ends. On failure it is gone. */
enum err record_close(struct record_out *out) CHECKED;
/* The open record, which there must be, is not sent: its keys are there no more, or what follows it cannot.
 */
void record_discard(struct record_out *out);
/* The most content that record_write takes now without E_BUFFER_LIMIT. */
size_t record_room(const struct record_out *out);
/* Whole sealed records: what may go to the peer. Valid until the next write. */
struct slice record_sendable(const struct record_out *out);
/* The first len bytes of record_sendable (at most all) went out. Not buffer_drop: this keeps open right. */
void record_sent(struct record_out *out, size_t len);

#endif
