/* SPDX-License-Identifier: MIT */
#ifndef HF_SESSION_KEYRING_H
#define HF_SESSION_KEYRING_H

#include <pthread.h>

#include "session/session.h"

/*
 * The keys that a server's sessions are under. An epoch's secret gives keys for five purposes; each purpose
 * has its own. Readers hold a lock of their thread's shard for the length of one call; whoever changes the
 * ring holds all of them, once an hour.
 */
#define EPOCHS_MAX 32 /* an ID has five bits for its epoch */
#define EPOCH_SECRET_SIZE 32
#define TICKET_NAME_SIZE 16
#define CLOCK_SKEW 120 /* seconds */

struct epoch {
    uint32_t id;                                      /* counts up from 1; 0: none */
    int64_t not_before, encrypt_until, decrypt_until; /* seconds since 1970 */
    uint8_t secret[EPOCH_SECRET_SIZE];
    struct hmac_key id_key, index_key;
    uint8_t record_key[EPOCH_SECRET_SIZE], ticket_key[EPOCH_SECRET_SIZE], cookie_key[EPOCH_SECRET_SIZE];
    uint8_t ticket_name[TICKET_NAME_SIZE]; /* public: tells which epoch a ticket is under */
};

struct keyring_plan {
    uint32_t period, life, lead; /* seconds */
};

struct keyring; /* keyring.c */

/* plan NULL: the defaults; E_BAD_ARGUMENT when it cannot be. */
enum err keyring_new(const struct keyring_plan *plan, struct keyring **out) CHECKED;
struct keyring *keyring_share(struct keyring *k);
void keyring_release(struct keyring *k); /* NULL is allowed */
enum err keyring_rotate(struct keyring *k, int64_t now, const struct random_source *random,
                        bool *changed) CHECKED;
void keyring_rotate_itself(struct keyring *k);
/* Before sessions are made or looked for: rotates one that does so itself, when it is due. */
enum err keyring_turn(struct keyring *k, int64_t now, const struct random_source *random) CHECKED;
/* When another epoch begins to make sessions; 0: not known. *current: the epoch that makes them now; 0: none.
 */
int64_t keyring_next(struct keyring *k, int64_t now, uint32_t *current);
/* A copy of the i-th epoch by age, without its keys; false past the last. */
bool keyring_epoch_at(struct keyring *k, size_t i, struct epoch *out);

/* ---- the lock: what is found between enter and leave stays until leave ---- */
struct keyring_hold {
    struct keyring *keyring;
    unsigned shard;
};
struct keyring_hold keyring_enter(struct keyring *k);
void keyring_leave(struct keyring_hold hold);
/* The epoch that makes sessions now, NULL when there is none. */
const struct epoch *keyring_current(const struct keyring_hold *hold, int64_t now);
/* The epoch with this number, or whose number ends in these five bits, or with this ticket name, while it
 * still resumes; NULL: none. */
const struct epoch *keyring_find(const struct keyring_hold *hold, uint32_t id, int64_t now);
const struct epoch *keyring_find_low(const struct keyring_hold *hold, uint8_t low, int64_t now);
const struct epoch *keyring_find_ticket(const struct keyring_hold *hold, struct slice name, int64_t now);

/* ---- keyring_text.c: as a file ---- */
#define KEYRING_LINE_MAX 256
#define KEYRING_TEXT_MAX ((EPOCHS_MAX + 1) * KEYRING_LINE_MAX) /* each epoch, and what is above them */
enum err keyring_encode(struct keyring *k, struct writer *w) CHECKED;
/* All or nothing; E_BAD_KEYRING with a sentence in why. */
enum err keyring_decode(struct keyring *k, struct slice text, char *why, size_t why_size) CHECKED;
/* Replaces all epochs by these, of which only numbers, times and secrets are filled in, and the plan. */
enum err keyring_replace(struct keyring *k, const struct keyring_plan *plan, const struct epoch *epochs,
                         size_t count) CHECKED;
/* The plan, and copies of all epochs by age: at most EPOCHS_MAX; the secrets are the caller's to wipe. */
size_t keyring_copy(struct keyring *k, struct keyring_plan *plan, struct epoch out[EPOCHS_MAX]);

/* ---- session_id.c ---- */
/*
 * A session ID proves itself: epoch, expiry, randomness, and a MAC over those and the context. One that was
 * made up, by another server or for another host, costs one HMAC and no lookup.
 *   1 byte: format (3 bits), epoch (5) · 3: expiry in minutes, modulo 2^24 · 16: random · 12: HMAC-SHA-256
 */
enum id_verdict { ID_OURS, ID_FOREIGN, ID_EXPIRED };
/* E_BAD_KEYRING: there is no epoch that makes sessions now. *expires is lowered to when the epoch ends. */
enum err session_id_make(struct keyring *k, const uint8_t context[CONTEXT_SIZE], int64_t now,
                         int64_t *expires,
                         uint8_t id[SESSION_ID_MAX]) CHECKED; /* id holds 16 random bytes at 4 */
enum err session_id_check(struct keyring *k, const uint8_t context[CONTEXT_SIZE], int64_t now,
                          struct slice id, enum id_verdict *out) CHECKED;
/* The name of an ID in a store, which does not tell it: 32 characters and a NUL. */
#define STORE_KEY_SIZE 33
enum err session_store_key(struct keyring *k, const uint8_t context[CONTEXT_SIZE], int64_t now,
                           struct slice id, char out[STORE_KEY_SIZE]) CHECKED;
/* The name of a list of an identity's sessions under an epoch. */
enum err identity_index(const struct epoch *e, const char *identity, char out[STORE_KEY_SIZE]) CHECKED;

/* ---- seal.c ---- */
#define RECORD_MAX 8192
/*
 * What goes to a store: E_BAD_KEYRING when no epoch makes sessions, E_BUFFER_LIMIT when the session is too
 * large. It opens under the same store key, context and ID only.
 */
struct sealing {
    struct keyring *keyring;
    const uint8_t *context; /* of whoever resumes */
    int64_t now;
    const struct random_source *random;
};
enum err record_seal_session(const struct sealing *by, const struct session *s, const char *store_key,
                             struct writer *w) CHECKED;
enum err record_open_session(const struct sealing *by, struct slice id, struct slice sealed,
                             struct session **out) CHECKED;
/* A ticket, RFC 5077 4: the same with a name instead of an ID. *ends: when the session or its key does. */
enum err ticket_seal(const struct sealing *by, const struct session *s, struct writer *w,
                     int64_t *ends) CHECKED;
/* E_BAD_SESSION for what is none of ours. *renew: it is under an epoch that makes no sessions any more. */
enum err ticket_open(const struct sealing *by, struct slice ticket, struct session **out,
                     bool *renew) CHECKED;
/* Bytes under a key of 32 that the caller brings; kind tells what they are. */
enum wrapped { WRAPPED_KEYRING = 1, WRAPPED_SESSION = 2 };
size_t wrap_size(size_t plain);
enum err wrap_seal(enum wrapped kind, struct slice key, struct slice plain, struct writer *w) CHECKED;
/* Opens in place of a copy: *plain is allocated, the caller's to wipe and free. E_BAD_SESSION. */
enum err wrap_open(enum wrapped kind, struct slice key, struct slice wrapped, struct span *plain) CHECKED;

#endif
