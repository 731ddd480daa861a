/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_KEYRING_H
#define HANDFAST_KEYRING_H

#include <handfast/session.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The keys that a server's sessions are under: session IDs are authenticated with them, records in a store
 * and session tickets (RFC 5077) are sealed with them. A keyring is a row of epochs, each good for making
 * sessions for a while and for resuming them for as long as a session lives. Servers that share a store or
 * take each other's tickets share a keyring. Any number of configs and threads may use one at once; every
 * function may be called at any time.
 */
typedef struct hf_keyring hf_keyring;

/* Seconds. A field that is 0 keeps its default. */
typedef struct hf_keyring_plan {
    uint32_t period; /* how long an epoch makes sessions (3600; at least 60) */
    uint32_t life;   /* how long after that it resumes them (14400; at most 28 periods and at most 24 h) */
    uint32_t lead;   /* how long it is known before it is used (600; less than a period) */
} hf_keyring_plan;
/* A clock that is behind or ahead by so many seconds is tolerated. */
#define HF_KEYRING_SKEW 120

/*
 * hf_keyring_new: a keyring without epochs; plan NULL: the defaults. One reference: yours. NULL when out of
 * memory or when the plan cannot be. Nothing resumes until it has an epoch: call hf_keyring_rotate or
 * hf_keyring_load.
 */
HF_API hf_keyring *hf_keyring_new(const hf_keyring_plan *plan);
/* hf_keyring_share, hf_keyring_free: one more reference; one less, the last wipes. NULL is allowed. */
HF_API hf_keyring *hf_keyring_share(hf_keyring *keyring);
HF_API void hf_keyring_free(hf_keyring *keyring);

/*
 * hf_keyring_rotate: makes what the plan wants at `now` (seconds since 1970): a first epoch that is used at
 * once, later ones `lead` seconds ahead of their use; wipes those whose time is over. *changed (may be NULL)
 * says whether an epoch was made: save it then where the fleet gets it from. HF_NO_MEMORY,
 * HF_RANDOM_FAILED; then nothing has changed.
 */
HF_API hf_err hf_keyring_rotate(hf_keyring *keyring, int64_t now, bool *changed) HF_CHECKED;
/*
 * hf_keyring_rotate_itself: from now on handshakes under this keyring rotate it when it is due; there is no
 * thread. What a config without a keyring of its own does in memory. Not for a keyring that is loaded from
 * elsewhere.
 */
HF_API void hf_keyring_rotate_itself(hf_keyring *keyring);

/*
 * hf_keyring_save: the epochs as text, to be kept as a private key is kept (mode 0600). *len is out's size
 * and becomes the length; HF_BAD_ARGUMENT when out is too small (then *len says how much is needed; out may
 * be NULL).
 */
HF_API hf_err hf_keyring_save(const hf_keyring *keyring, uint8_t *out, size_t *len) HF_CHECKED;
/*
 * hf_keyring_load: replaces all epochs by those of the text, for every thread at once; sessions under an
 * epoch that is in both go on. HF_BAD_KEYRING with *why (may be NULL) for anything else than such a text, and
 * for secrets that are all zero or twice the same; then nothing has changed.
 */
HF_API hf_err hf_keyring_load(hf_keyring *keyring, hf_bytes text, hf_problem *why) HF_CHECKED;
/*
 * hf_keyring_wrap, hf_keyring_unwrap: the same, sealed with AES-256-GCM under a key-encryption key of 32
 * bytes, so that a store which holds sessions may also hold their keys. HF_BAD_KEYRING for a wrong key or
 * changed bytes.
 */
HF_API hf_err hf_keyring_wrap(const hf_keyring *keyring, hf_bytes key, uint8_t *out, size_t *len) HF_CHECKED;
HF_API hf_err hf_keyring_unwrap(hf_keyring *keyring, hf_bytes key, hf_bytes wrapped,
                                hf_problem *why) HF_CHECKED;

/* Everything about an epoch but its secret. */
typedef struct hf_epoch {
    uint32_t id;                                      /* counts up from 1 */
    int64_t not_before, encrypt_until, decrypt_until; /* seconds since 1970 */
} hf_epoch;
/* hf_keyring_epoch: the i-th epoch, oldest first; false past the last. */
HF_API bool hf_keyring_epoch(const hf_keyring *keyring, size_t i, hf_epoch *out);

/*
 * hf_keyring_index: the name in a store under which sessions of a peer's identity are listed, under the epoch
 * at i: for whoever revokes them. An identity is written as a rule of hf_config_peer_identities without
 * wildcard: "dns:client.example", "email:…", "uri:…", "cn:…", "serial:0A1B" or "sha256:…" in hexadecimal,
 * case and colons as you like. False past the last epoch, and for anything else than an identity.
 */
#define HF_SESSION_INDEX_SIZE 40
HF_API bool hf_keyring_index(const hf_keyring *keyring, size_t i, const char *identity,
                             char out[HF_SESSION_INDEX_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
