/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_SESSION_H
#define HF_HANDSHAKE_SESSION_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "wire/messages.h"

#define SERVER_NAME_MAX 255
#define CONTEXT_SIZE 32

/* Who the peer proved to be: immutable, shared by a connection and the session it makes. */
struct peer {
    atomic_uint references;
    struct span chain;   /* certificate_list as received, leaf first; in a resumed session the leaf alone */
    int64_t not_after;   /* earliest of the validated chain; of the leaf when nothing was validated */
    bool verified;       /* validated by us */
    enum err verdict;    /* OK, or what was overruled */
    const char *subject; /* for people */
};
#define SUBJECT_MAX 127
/* A peer with one reference and copies of both, in one piece of memory. */
enum err peer_new(struct slice chain, struct slice subject, struct peer **out) CHECKED;
struct peer *peer_share(struct peer *p); /* NULL is allowed */
void peer_release(struct peer *p);       /* NULL is allowed */
/* The first certificate of a chain; empty when there is none. */
struct slice chain_leaf(struct slice chain);

/* What a later handshake can resume: immutable once made but for `forgotten`, counted. */
struct session {
    atomic_uint references;
    atomic_bool forgotten; /* a connection under it failed: RFC 5246 7.2.2 */
    uint8_t id[SESSION_ID_MAX];
    uint8_t id_len;
    bool ems;
    uint16_t version, suite;
    uint8_t master[MASTER_SECRET_SIZE];
    uint8_t context[CONTEXT_SIZE];
    int64_t expires;                       /* seconds since 1970 */
    int64_t authenticated;                 /* when the peer's certificate was verified */
    char server_name[SERVER_NAME_MAX + 1]; /* "" when none */
    struct peer *peer;                     /* NULL when the peer showed no certificate */
};
enum err session_new(struct session **out) CHECKED;
struct session *session_share(struct session *s);
void session_release(struct session *s);
/* The versioned format that is saved: exactly as long as session_saved_size says. */
size_t session_saved_size(const struct session *s);
enum err session_encode(const struct session *s, struct writer *w) CHECKED;
enum err session_decode(struct slice saved, struct session **out) CHECKED; /* E_BAD_SESSION */

/* ---- a server's sessions in memory: bounded, sharded by ID, least recently used goes first ---- */
struct session_store;
enum err session_store_new(size_t capacity, struct session_store **out) CHECKED;
void session_store_free(struct session_store *s);
/* A reference, or NULL. An expired one is answered once more, so that it can be said why it is not resumed,
 * and dropped. */
struct session *session_store_get(struct session_store *s, struct slice id, int64_t now);
/* Failing to store is not an error of the handshake: the session is just not resumable. */
void session_store_put(struct session_store *s, struct session *session);
void session_store_forget(struct session_store *s, struct slice id);
size_t session_store_count(struct session_store *s);

#endif
