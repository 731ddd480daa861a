/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_STORE_H
#define HANDFAST_STORE_H

#include <handfast/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A session store for a fleet, in memory or over Redis/Valkey (link with -lhandfast-store). Like a connection
 * it has no sockets, clocks or threads: it says which connections it wants, takes and gives their bytes, and
 * is told the time in milliseconds of any monotonic clock. A store belongs to one thread: one per worker,
 * each with a config of its own. What it holds is sealed (config.h: hf_session_record); it never sees a
 * session ID or a key.
 *
 * Nothing here can fail a handshake or hold it up for longer than the budget: whatever happens, a lookup ends
 * in time, with a record or without.
 */
typedef struct hf_store hf_store;

/* A field that is 0 keeps its default. Milliseconds. */
typedef struct hf_store_options {
    uint32_t budget;          /* how long a lookup may take (25; 1 to 500) */
    uint32_t in_flight;       /* most lookups at once (1024) */
    uint32_t local_sessions;  /* most records kept here for when the store is down (4096) */
    uint32_t memory_sessions; /* memory: how many sessions it holds (20480) */
    uint32_t connections;     /* to each server (2; at most 16) */
    const char *
        name_space; /* first part of every key, to share a server with others ("hf"; [a-z0-9-], at most 32) */
    hf_config *tls; /* rediss: a frozen client config to reach it with (a reference is taken); NULL: one that
                       trusts the system's anchors */
} hf_store_options;

/*
 * hf_store_new: "memory:", "redis://[[user]:password@]host[:port][/db]", "rediss://…" with TLS,
 * "unix:/path[?db=N]", "unix://[[user]:password@]/path[?db=N]". "redis://a:7001,b:7002,c:7003?cluster" begins
 * with any of several nodes of a Redis Cluster. "valkey://" and "valkeys://" are the same as redis and
 * rediss. In names and passwords, characters are written as %XX where they would mean something. NULL with
 * *why (may be NULL) when the URL or an option cannot be; no part of the URL is repeated in it, for the
 * password's sake. Nothing is connected yet.
 */
HF_API hf_store *hf_store_new(const char *url, const hf_store_options *options, hf_problem *why);
/* hf_store_free: ends every lookup and command without a record or reply, and frees. Close its sockets
 * yourself. Not from inside of a done or replied. NULL is allowed. */
HF_API void hf_store_free(hf_store *store);

/*
 * ---- its connections: the caller's sockets ----
 * After every call take all that hf_store_dial, hf_store_hang_up and hf_store_peek (of each connection) give.
 * Each connection that hf_store_dial named is named by hf_store_hang_up once, also when it ended by itself or
 * could not be made: close its socket there.
 */
typedef struct hf_store_endpoint {
    uint32_t link;    /* names the connection in all other calls */
    const char *host; /* a name or an address, until the next call; NULL: path */
    uint16_t port;
    const char *path; /* of a Unix socket; NULL: host and port */
} hf_store_endpoint;
/* hf_store_dial: the next connection to be made now; false when there is none. Connect without blocking and
 * say how it went with hf_store_linked; it gives up by itself after a while (then hf_store_hang_up names it).
 */
HF_API bool hf_store_dial(hf_store *store, hf_store_endpoint *out, uint64_t now);
/* hf_store_linked: connected (ok), or it cannot be: then the store wants another after a pause. */
HF_API void hf_store_linked(hf_store *store, uint32_t link, bool ok, uint64_t now);
/* hf_store_hang_up: the next connection to be closed now; false when there is none. It is forgotten with
 * that: what hf_store_peek still has for it (a TLS alert) goes first. */
HF_API bool hf_store_hang_up(hf_store *store, uint32_t *link);
/* hf_store_peek: bytes to send on a connection, until the next call; hf_store_drop: the first len were sent.
 */
HF_API hf_bytes hf_store_peek(hf_store *store, uint32_t link);
HF_API void hf_store_drop(hf_store *store, uint32_t link, size_t len);
/* hf_store_push: bytes that arrived on it (they may be changed); len 0: it has ended. */
HF_API void hf_store_push(hf_store *store, uint32_t link, uint8_t *bytes, size_t len, uint64_t now);
/* hf_store_due: when hf_store_tick must be called, at the latest, and hf_store_dial asked again; UINT64_MAX:
 * never. Look again after every other call. */
HF_API uint64_t hf_store_due(const hf_store *store);
HF_API void hf_store_tick(hf_store *store, uint64_t now);

/* ---- what it is for ---- */
/*
 * hf_store_look_up: looks for the record that a connection asks for (HF_ASK_LOOK_UP_SESSION) under its key.
 * done is called once, perhaps before this returns: with the record's bytes, good during the call, or with
 * none and why (HF_SESSION_UNKNOWN, HF_SESSION_STORE_LATE, HF_SESSION_STORE_FAILED). Hand them to
 * hf_answer_session or hf_answer_no_session. In it hf_store_look_up, _cancel, _effect and _ask may be called
 * on the store, nothing else. The result names the lookup for hf_store_cancel until done was called; 0: it
 * was.
 */
typedef void hf_store_done(void *arg, hf_bytes record, hf_resumption why);
HF_API uint64_t hf_store_look_up(hf_store *store, const char *key, hf_store_done *done, void *arg,
                                 uint64_t now);
/*
 * hf_store_take: the same for a session that is good once (hf_question.take: RFC 8446 8.1): the record is
 * given and deleted in one step (GETDEL), so that of all who ask anywhere one is given it. Where done's why
 * is HF_RESUMED that is so: hf_answer_session_taken. A record with HF_SESSION_STORE_LATE or
 * HF_SESSION_STORE_FAILED is a copy that was kept here while the store could not be asked, and one with
 * HF_SESSION_POLICY comes from a server that knows no GETDEL or lets this user not use it (before Redis 6.2,
 * ACLs): others may have it too, so hf_answer_session, and early data is refused.
 */
HF_API uint64_t hf_store_take(hf_store *store, const char *key, hf_store_done *done, void *arg, uint64_t now);
/* hf_store_cancel: its connection is gone; done is not called any more. What arrives late still serves the
 * records kept here. */
HF_API void hf_store_cancel(hf_store *store, uint64_t lookup);
/* hf_store_effect: for hf_config_session_effects, with the store as arg: puts records and forgets them, one
 * way. now is the time of the last call with one. */
HF_API void hf_store_effect(void *store, const hf_session_record *record);

/*
 * hf_store_ask: any Redis command, for tools: revoke, stats, a shared keyring. Not for handshakes: it waits
 * for a connection where there is none, and for the reply, `timeout` milliseconds in all. replied is called
 * once, perhaps before this returns; the reply lives during the call. At most 1024 commands at once, of at
 * most 64 arguments and 64 KiB; replies of at most 64 KiB a text, 1 MiB in all and 65536 elements, or the
 * connection is given up.
 */
typedef enum hf_store_reply_kind {
    HF_REPLY_NONE,
    HF_REPLY_ERROR,
    HF_REPLY_NIL,
    HF_REPLY_INTEGER,
    HF_REPLY_BYTES,
    HF_REPLY_LIST
} hf_store_reply_kind;
typedef struct hf_store_reply {
    hf_store_reply_kind kind; /* NONE: no reply in time, or no connection: bytes say why */
    int64_t integer;
    hf_bytes bytes; /* BYTES, ERROR; NUL behind them */
    size_t count;   /* LIST: of items */
    const struct hf_store_reply *items;
} hf_store_reply;
typedef void hf_store_replied(void *arg, const hf_store_reply *reply);
typedef struct hf_store_command {
    const hf_bytes *argv;
    size_t argc;
    const char
        *key; /* whose server it goes to in a cluster (the whole name, hf_store_prefix and all); NULL: any */
    uint32_t timeout;  /* milliseconds; 0: 2000 */
    bool every_server; /* once to each primary of a cluster, or to the one server; replied is called for each,
                          then once more with NULL */
} hf_store_command;
HF_API void hf_store_ask(hf_store *store, const hf_store_command *command, hf_store_replied *replied,
                         void *arg, uint64_t now);

/* ---- what is happening ---- */
/* hf_store_prefix: what all names in the store begin with, "hf:1:": a session is under it and its key, the
 * keys of a peer's sessions are a set under it, "i:" and the index. Lives with the store. */
HF_API const char *hf_store_prefix(const hf_store *store);
/* hf_store_trouble: what is wrong, for people: "127.0.0.1:6379: NOAUTH Authentication required.: give …"; ""
 * when nothing is, as far as the last connection that was made knows. Never NULL; until the next call. */
HF_API const char *hf_store_trouble(const hf_store *store);

typedef enum hf_breaker { HF_BREAKER_CLOSED, HF_BREAKER_OPEN, HF_BREAKER_HALF_OPEN } hf_breaker;
/*
 * Every lookup that was not cancelled is counted once: hit or miss when the store answered, else by what kept
 * it from that: timeout, error (no connection, or an error), breaker, in_flight_full. hit_local says how many
 * of these others were served with a record that was kept here. late are replies that came when nobody waited
 * any more.
 */
#define HF_STORE_LATENCIES 11
typedef struct hf_store_stats {
    uint64_t hit, miss, timeout, error, breaker, in_flight_full;
    uint64_t hit_local, late;
    uint64_t latency[HF_STORE_LATENCIES]; /* of hits and misses: [i] took less than 2^i milliseconds, the last
                                             one more */
    uint64_t puts, put_bytes, put_errors,
        forgets; /* put_errors: of puts, those that nobody stored, as far as is known */
    uint64_t connects, connect_failures, moved, asked; /* moved, asked: a cluster's redirections followed */
    uint32_t connected, in_flight, local_records;
    hf_breaker breaker_state; /* in a cluster: the worst of all servers */
} hf_store_stats;
HF_API hf_store_stats hf_store_statistics(const hf_store *store);

#ifdef __cplusplus
}
#endif
#endif
