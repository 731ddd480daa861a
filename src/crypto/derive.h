/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_DERIVE_H
#define HF_CRYPTO_DERIVE_H

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"

/* Part of crypto.h, which everybody includes: hashes, and keys made by them. */

/* ---- hashes ---- */
enum hash { HASH_NONE, HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
#define HASH_MAX 64
size_t hash_size(enum hash h);

/* A running hash, inline: starting one allocates nothing (with HF_CRYPTO_EVP_ONLY it holds libcrypto's object
 * instead). */
struct hash_run {
    enum hash hash;
    _Alignas(16) uint8_t state[224];
};
enum err hash_start(struct hash_run *run, enum hash h) CHECKED;
enum err hash_add(struct hash_run *run, struct slice bytes) CHECKED;
/* The hash so far; the run goes on. */
enum err hash_snapshot(const struct hash_run *run, uint8_t out[HASH_MAX]) CHECKED;
/* A second run that goes on from here by itself; to is zeroed. */
enum err hash_copy(struct hash_run *to, const struct hash_run *from) CHECKED;
void hash_end(struct hash_run *run); /* wipes; allowed on a zeroed run and twice */
enum err hash_once(enum hash h, struct slice bytes, uint8_t out[HASH_MAX]) CHECKED;

/* ---- MAC and key derivation ---- */
/* A key of HMAC, hashed in: each use then costs its message alone. Zeroed memory is a valid empty one. */
struct hmac_key {
    struct hash_run inner, outer;
};
enum err hmac_key_set(struct hmac_key *k, enum hash h, struct slice key) CHECKED;
void hmac_key_wipe(struct hmac_key *k);
/* The MAC of some pieces one behind the other. */
enum err hmac_pieces(const struct hmac_key *k, const struct slice *pieces, size_t count,
                     uint8_t out[HASH_MAX]) CHECKED;
enum err hmac_once(enum hash h, struct slice key, struct slice message, uint8_t out[HASH_MAX]) CHECKED;
/* RFC 5246 5: PRF(secret, label, seed) fills out. label is ASCII without its NUL; label + seed at most 1024 bytes. */
enum err prf12(enum hash h, struct slice secret, const char *label, struct slice seed,
               struct span out) CHECKED;
/* The same with a secret that was hashed in before: a master secret is used three times in a handshake. */
enum err prf12_expand(const struct hmac_key *secret, const char *label, struct slice seed,
                      struct span out) CHECKED;
/* RFC 5869 */
enum err hkdf_extract(enum hash h, struct slice salt, struct slice secret, uint8_t out[HASH_MAX]) CHECKED;
enum err hkdf_expand(enum hash h, struct slice prk, struct slice label, struct span out) CHECKED;
/*
 * RFC 8446 7.1: HKDF-Expand-Label with a secret that was hashed in before. label is ASCII without "tls13 ",
 * which is put before it; 1 to HKDF_LABEL_MAX bytes. context has at most HKDF_CONTEXT_MAX. E_INTERNAL for
 * more, and for more output than RFC 5869 2.3 lets one secret give.
 */
#define HKDF_LABEL_MAX 249
#define HKDF_CONTEXT_MAX 255
enum err hkdf_expand_label(const struct hmac_key *secret, const char *label, struct slice context,
                           struct span out) CHECKED;
/* RFC 8446 7.1: Derive-Secret, whose messages are hashed already. out gets as many bytes as the secret's hash
 * has. */
enum err hkdf_derive_secret(const struct hmac_key *secret, const char *label, struct slice transcript_hash,
                            uint8_t out[HASH_MAX]) CHECKED;

#endif
