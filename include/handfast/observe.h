/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_OBSERVE_H
#define HANDFAST_OBSERVE_H

#include <handfast/flow.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Connections of others, seen from outside: both directions' bytes and a key log go in, the events of flow.h
 * come out, as a connection of ours would tell them. No sockets, no clocks, bounded memory. Nothing here
 * fails on what it is given: what cannot be read is told as HF_EVENT_HIDDEN, with the reason, and counted.
 */

/* ---- secrets ---- */
/* The secrets of many connections, by ClientHello.random. Any number of taps may read one at the same time,
 * but not while lines are added. */
typedef struct hf_secrets hf_secrets;
#define HF_SECRETS_LINE_MAX 1024
#define HF_SECRETS_MOST 65536 /* connections: of more, the oldest are forgotten */
/* hf_secrets_new: an empty one; NULL when out of memory, or when libcrypto cannot be used. */
HF_API hf_secrets *hf_secrets_new(void);
/* hf_secrets_free: wipes and frees; taps that use it must be gone. NULL is allowed. */
HF_API void hf_secrets_free(hf_secrets *secrets);
/*
 * hf_secrets_add: text in the format of RFC 9850 (SSLKEYLOGFILE): CLIENT_RANDOM and the labels of TLS 1.3.
 * Takes whole lines; *used says how many bytes that was. What is behind it belongs to a line whose end did
 * not come: give it again with the rest. Comments and unknown labels are passed over, lines that are
 * malformed or longer than HF_SECRETS_LINE_MAX are passed over and counted. HF_NO_MEMORY.
 */
HF_API hf_err hf_secrets_add(hf_secrets *secrets, hf_bytes text, size_t *used) HF_CHECKED;
/* hf_secrets_count: lines that were taken; hf_secrets_refused: lines that were malformed. */
HF_API size_t hf_secrets_count(const hf_secrets *secrets);
HF_API size_t hf_secrets_refused(const hf_secrets *secrets);

/* hf_secrets_have: whether the application data of the connection with this ClientHello.random can be opened:
 * there is CLIENT_RANDOM, or both first traffic secrets of TLS 1.3. */
HF_API bool hf_secrets_have(const hf_secrets *secrets, hf_bytes client_random);

/* ---- a connection ---- */
typedef struct hf_tap hf_tap;
/*
 * hf_tap_new: one connection, about to begin. secrets may be NULL; it outlives the tap. Events go to the
 * observer, each seen_by the side that it is by. NULL when out of memory.
 */
HF_API hf_tap *hf_tap_new(const hf_secrets *secrets, hf_observer *observer, void *arg);
HF_API void hf_tap_free(hf_tap *tap);
/* hf_tap_time: when what is pushed from here on passed, for hf_event.time. */
HF_API void hf_tap_time(hf_tap *tap, int64_t microseconds);
/* hf_tap_push: bytes that passed, in the order of their stream; between the streams in the order in which
 * they passed. In pieces of any size. */
HF_API void hf_tap_push(hf_tap *tap, hf_side from, hf_bytes bytes);
/* hf_tap_miss: len bytes of the stream passed unseen. Inside one record only that record is lost; else
 * whatever follows in this direction. */
HF_API void hf_tap_miss(hf_tap *tap, hf_side from, uint64_t len);
/* hf_tap_end: the stream has ended; cut: not with FIN, but by a reset, or because nobody looks any longer. */
HF_API void hf_tap_end(hf_tap *tap, hf_side from, bool cut);

/* What was understood of a connection so far. */
typedef struct hf_tap_summary {
    bool tls;              /* it began with a TLS record */
    bool complete;         /* a handshake was followed to its end, both Finished read */
    uint16_t version;      /* agreed; 0: not yet */
    uint64_t records;      /* all of them, both ways */
    uint64_t hidden;       /* of them: protected, and not opened */
    uint64_t unread;       /* bytes that could not even be divided into records */
    const char *why;       /* of the first that was not understood: a sentence, or "" */
    char server_name[256]; /* what the first ClientHello asks for, or "" */
} hf_tap_summary;
/* hf_tap_look: the summary; lives with the tap, changes with each call on it. */
HF_API const hf_tap_summary *hf_tap_look(const hf_tap *tap);

#ifdef __cplusplus
}
#endif
#endif
