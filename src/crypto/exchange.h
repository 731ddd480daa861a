/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_EXCHANGE_H
#define HF_CRYPTO_EXCHANGE_H

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"

/* Part of crypto.h, which everybody includes: random bytes, groups, and secrets that two sides agree on. */

/* ---- random: RFC 5246 D.1 ---- */
/* Where a config's random bytes come from; fill NULL: libcrypto's own generator. */
struct random_source {
    int (*fill)(void *arg, uint8_t *out, size_t len); /* 0 on success */
    void *arg;
};
enum err random_fill(const struct random_source *r, struct span out) CHECKED; /* E_RANDOM_FAILED */
/*
 * Random bytes drawn ahead for what one handshake says in the clear or seals with: libcrypto's generator
 * takes as long for thirty-two bytes as for all of these. Zeroed memory is an empty one; whoever owns it
 * wipes it. Private keys are never made of it.
 */
struct random_pool {
    uint8_t bytes[96];
    size_t left;
};
/* Takes from the pool, which outlives it, where from is libcrypto's generator; any other source as it is. */
struct random_source random_pooled(struct random_pool *pool, const struct random_source *from);

/* ---- groups: RFC 8422 5.1.1, RFC 7919, RFC 8446 4.2.7 ---- */
enum group_kind {
    GROUP_EC,
    GROUP_X,
    GROUP_FFDHE,
    GROUP_HYBRID /* a curve with ML-KEM: TLS 1.3 alone */
};
#define KEY_SHARE_MAX 133      /* secp521r1, uncompressed: all but FFDHE's and the hybrids' */
#define KEY_SHARE_LARGEST 1249 /* SecP256r1MLKEM768, a client's */
#define DH_PRIME_MAX 1024      /* ffdhe8192: also the size of its shares and secrets */
struct group {
    uint16_t code;
    const char *name;
    enum group_kind kind;
    uint16_t share_size, secret_size; /* share: a client's */
    uint16_t answer_size;             /* a server's share where it is of another size; else 0 */
};
/* In order of preference; NULL past the last. Groups that libcrypto lacks, such as those with ML-KEM before
 * 3.5, are not among them from crypto_start on. */
const struct group *group_at(size_t i);
const struct group *group_of(uint16_t code);
/* What a server's share has. */
static inline size_t group_answer_size(const struct group *g)
{
    return g->answer_size ? g->answer_size : g->share_size;
}
/* One that ECDHE of TLS 1.2 can have, RFC 8422 5.1.1. */
static inline bool group_is_curve(const struct group *g)
{
    return g->kind == GROUP_EC || g->kind == GROUP_X;
}
/* Whether libcrypto can do it; groups.c asks. */
bool group_is_there(const struct group *g);
/* ServerDHParams, RFC 5246 7.4.3: big-endian. */
struct dh_group {
    struct slice p, g;
};
/* p and g of an FFDHE group, in memory that stays; empty slices for another, or where libcrypto has no DH. */
struct dh_group group_numbers(const struct group *g);
/* The row of RFC 7919 with these numbers; NULL: none. */
const struct group *group_of_numbers(const struct dh_group *numbers);

/* ---- the premaster secret ---- */
/* From 1 to DH_PRIME_MAX bytes: those of FFDHE lie in memory of their own. Zeroed memory is a valid empty
 * one.
 */
struct premaster {
    size_t len;
    uint8_t *large; /* NULL: small holds it */
    uint8_t small[SECRET_MAX];
};
struct slice premaster_slice(const struct premaster *p);
void premaster_wipe(struct premaster *p);
/* Room for len bytes in a premaster that holds nothing; whoever fills it may lower len. */
enum err premaster_room(struct premaster *p, size_t len, uint8_t **room) CHECKED;

/* An ephemeral key pair. Zeroed memory is a valid empty one. */
struct key_share {
    const struct group *group; /* NULL behind kx_start_dh with a prime that is not RFC 7919's */
    void *private_key;
    uint8_t *large; /* FFDHE's public key, a hybrid's share; NULL: public_key holds it */
    uint16_t large_len;
    uint8_t public_key[KEY_SHARE_MAX];
};
/* With a random_source whose fill is set, the private key is a function of its bytes alone: reproducible. */
enum err kx_start(const struct group *g, const struct random_source *r, struct key_share *out) CHECKED;
/*
 * The client's share where the server gave numbers instead of a group's name. RFC 7919's are recognised. Any
 * other prime must have min_bits or more (E_WEAK_GROUP); that it is a prime is the server's word.
 * E_BAD_KEY_SHARE: an even p, one longer than DH_PRIME_MAX, a g outside 2 to p - 2.
 */
enum err kx_start_dh(const struct dh_group *numbers, unsigned min_bits, const struct random_source *r,
                     struct key_share *out) CHECKED;
/* What goes on the wire; FFDHE's is as long as the prime. Lives with k. */
struct slice key_share_public(const struct key_share *k);
/*
 * The shared secret with the peer's public key, into a premaster that holds nothing. Checks that the key is
 * a valid point of the group (RFC 8422 5.11) or, for FFDHE, that 1 < Y < p - 1 (RFC 7919 3, 4):
 * E_BAD_KEY_SHARE, E_SECRET_ALL_ZERO. FFDHE's secret is without its leading zeros: RFC 5246 8.1.2. The
 * private key is wiped and released, whatever the result (RFC 9325 7.4); the public key stays.
 */
enum err kx_finish(struct key_share *k, struct slice peer, struct premaster *shared) CHECKED;
/* The same in TLS 1.3, for a client: FFDHE's shares and secret are as long as the prime (RFC 8446 4.2.8.1,
 * 7.4.1). */
enum err kx_finish13(struct key_share *k, struct slice peer, struct premaster *shared) CHECKED;
/*
 * A server in TLS 1.3, RFC 8446 4.2.8: its share, whose private key is gone again, and the secret with the
 * client's; errors as kx_finish. share is for key_share_public and kx_end; on failure it holds nothing.
 */
enum err kx_respond(const struct group *g, struct slice peer, const struct random_source *r,
                    struct key_share *share, struct premaster *shared) CHECKED;
void kx_end(struct key_share *k);

#endif
