/* SPDX-License-Identifier: MIT */
#ifndef HF_SESSION_SESSION_H
#define HF_SESSION_SESSION_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "wire/messages.h"

#define SERVER_NAME_MAX 255
#define CONTEXT_SIZE 32
#define SESSION_NOTE_MAX 1024
#define TICKET_MAX 8192 /* a longer one is not offered again */

/* Who the peer proved to be: immutable, shared by a connection and the session it makes. */
struct peer {
    atomic_uint references;
    struct span chain;   /* certificate_list as received, leaf first; in a resumed session the leaf alone */
    int64_t not_after;   /* earliest of the validated chain; of the leaf when nothing was validated */
    bool verified;       /* validated by us */
    bool raw_key;        /* chain's one entry is a SubjectPublicKeyInfo, RFC 7250 */
    enum err verdict;    /* OK, or what was overruled */
    const char *subject; /* for people */
};
#define SUBJECT_MAX 127
/* A peer with one reference and copies of both, in one piece of memory. */
enum err peer_new(struct slice chain, struct slice subject, struct peer **out) CHECKED;
struct peer *peer_share(struct peer *p); /* NULL is allowed */
void peer_release(struct peer *p);       /* NULL is allowed */
/* What it showed: a chain or a raw key; the other is empty. */
struct slice peer_chain(const struct peer *p);
struct slice peer_raw_key(const struct peer *p);
/* The peer's leaf, or its raw key, parsed again: E_MALFORMED_CERTIFICATE. */
enum err peer_certificate(const struct peer *p, struct certificate **out) CHECKED;
/* The first certificate of a chain; empty when there is none. */
struct slice chain_leaf(struct slice chain);

/* What a later handshake can resume: immutable once made but for `forgotten`, counted. */
struct session {
    atomic_uint references;
    atomic_bool forgotten; /* a connection under it failed: RFC 5246 7.2.2 */
    atomic_bool used;      /* a client's of TLS 1.3: it was offered, and is not offered again: RFC 8446 C.4 */
    uint8_t id_len;        /* 0 where a ticket stands for it */
    bool ems, etm;
    bool own_raw_key; /* what this side showed, or would have: RFC 7250 */
    uint8_t id[SESSION_ID_MAX];
    uint16_t version, suite;
    uint16_t max_fragment;              /* bytes, RFC 6066 4; 0: none was agreed */
    uint8_t master[MASTER_SECRET_SIZE]; /* TLS 1.3: the PSK, as long as the suite's hash */
    uint8_t context[CONTEXT_SIZE];
    /* TLS 1.3, RFC 8446 4.6.1 */
    uint32_t age_add, max_early_data;
    int64_t issued_ms;     /* since 1970: when the server gave it, or the client got it */
    int64_t expires;       /* seconds since 1970 */
    int64_t authenticated; /* when the handshake that made it verified the peer */
    struct peer *peer;     /* NULL when the peer showed no certificate */
    /* behind the struct, in one piece of memory with it */
    const char *server_name, *alpn; /* "" when none */
    struct slice note;              /* the application's */
    struct slice ticket;            /* a client's, RFC 5077 */
    size_t size;
};
struct session_texts {
    struct slice server_name, alpn, note, ticket;
};
/* One reference; copies of the texts, and zeroes. E_INTERNAL when one is longer than it may be. */
enum err session_new(const struct session_texts *texts, struct session **out) CHECKED;
/* A copy of everything but the ticket; RFC 5077 3.3: a server may renew it. */
enum err session_with_ticket(const struct session *s, struct slice ticket, struct session **out) CHECKED;
/* What it is about: its suite, and the master secret or the PSK of its version. */
const struct suite *session_suite(const struct session *s);
struct slice session_secret(const struct session *s);
struct session *session_share(struct session *s);
void session_release(struct session *s);

/*
 * The form that is kept: fields with a tag, a length and a value, of which a reader passes over those it does
 * not know. It holds the master secret. session_plain_size says exactly how long it is.
 */
#define SESSION_LEAF_MAX 4096  /* a longer certificate does not go into a server's records or tickets */
#define SESSION_PLAIN_MAX 7936 /* a server's: with header and padding it stays below 8 KB */
size_t session_plain_size(const struct session *s);
void session_encode_plain(const struct session *s, struct writer *w);
enum err session_decode_plain(struct slice plain, struct session **out) CHECKED; /* E_BAD_SESSION */

/*
 * What a client saves (hf_session_save): a magic, that, and a digest, so that a session which was damaged
 * where it was kept is none: a wrong master secret would fail the handshake that resumes it. It proves
 * nothing about who saved it.
 */
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
/* Whether it was there; of several that ask at once one hears true, so that it is used once. */
bool session_store_take(struct session_store *s, struct slice id);
void session_store_forget(struct session_store *s, struct slice id);
size_t session_store_count(struct session_store *s);

#endif
