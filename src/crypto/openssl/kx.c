/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/kx.h"

#include <limits.h>
#include <openssl/rand.h>

#include "base/memory.h"

enum err kx_random(const struct random_source *r, struct span out)
{
    if (r && r->fill) {
        return random_fill(r, out);
    }
    if (out.len > INT_MAX) {
        return E_RANDOM_FAILED;
    }
    return RAND_priv_bytes(out.data, (int)out.len) == 1 ? OK : libcrypto_failed(E_RANDOM_FAILED);
}

/* "X25519", "X448": RFC 7748. */
static const char *x_name(const struct group *g)
{
    return g->code == 29 ? "X25519" : "X448";
}

static enum err x_start(struct key_share *k, const struct random_source *r)
{
    uint8_t scalar[56];
    size_t len = k->group->secret_size;
    enum err err = kx_random(r, (struct span){scalar, len});
    if (err == OK) {
        /* the masking of RFC 7748 5 is done where the scalar is used */
        EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, x_name(k->group), NULL, scalar, len);
        size_t size = k->group->share_size;
        if (key && EVP_PKEY_get_raw_public_key(key, k->public_key, &size) == 1 &&
            size == k->group->share_size) {
            k->private_key = key;
        } else {
            EVP_PKEY_free(key);
            err = libcrypto_failed(E_CRYPTO_FAILED);
        }
    }
    wipe(scalar, sizeof scalar);
    return err;
}

enum err kx_derive(EVP_PKEY *private_key, EVP_PKEY *peer, struct span shared)
{
    enum err err = OK;
    size_t len = shared.len;
    EVP_PKEY_CTX *derivation = EVP_PKEY_CTX_new_from_pkey(NULL, private_key, NULL);
    if (!derivation || EVP_PKEY_derive_init(derivation) != 1) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
        /* validate 0: X25519 and X448 take any bytes, and an EC point was checked where it was decoded */
    } else if (EVP_PKEY_derive_set_peer_ex(derivation, peer, 0) != 1) {
        err = libcrypto_failed(E_BAD_KEY_SHARE);
    } else if (EVP_PKEY_derive(derivation, shared.data, &len) != 1 || len != shared.len) {
        err = libcrypto_failed(E_SECRET_ALL_ZERO); /* the one thing that it refuses here for its value */
    }
    EVP_PKEY_CTX_free(derivation);
    return err;
}

static enum err x_finish(const struct key_share *k, struct slice peer, struct span shared)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, x_name(k->group), NULL, peer.data, peer.len);
    if (!key) {
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    enum err err = kx_derive(k->private_key, key, shared);
    EVP_PKEY_free(key);
    if (err == OK) {
        static const uint8_t zero[SECRET_MAX];
        err = secret_equal(slice_of_span(shared), slice_of(zero, shared.len)) ? E_SECRET_ALL_ZERO
                                                                              : OK; /* RFC 8422 5.11 */
    }
    return err;
}

bool group_is_there(const struct group *g)
{
    return g->kind != GROUP_HYBRID || fetched.ml_kem;
}

static void release_private(struct key_share *k)
{
    if (k->private_key && k->group && k->group->kind == GROUP_EC) {
        kx_ec_end(k);
    } else if (k->private_key && k->group && k->group->kind == GROUP_HYBRID) {
        kx_hybrid_end(k);
    } else if (k->private_key) {
        EVP_PKEY_free(k->private_key); /* wipes the scalar */
    }
    k->private_key = NULL;
}

enum err kx_start(const struct group *g, const struct random_source *r, struct key_share *out)
{
    *out = (struct key_share){.group = g};
    enum err err = g->kind == GROUP_EC       ? kx_ec_start(out, r)
                   : g->kind == GROUP_X      ? x_start(out, r)
                   : g->kind == GROUP_HYBRID ? kx_hybrid_start(out, r)
                                             : kx_dh_start(out, r);
    if (err != OK) {
        kx_end(out);
    }
    return libcrypto_settled(err);
}

struct slice key_share_public(const struct key_share *k)
{
    return k->large   ? slice_of(k->large, k->large_len)
           : k->group ? slice_of(k->public_key, k->group->share_size)
                      : (struct slice){0};
}

static enum err finish_on_curve(const struct key_share *k, struct slice peer, struct premaster *shared)
{
    uint8_t *room;
    if (peer.len != k->group->share_size) {
        return E_BAD_KEY_SHARE;
    }
    TRY(premaster_room(shared, k->group->secret_size, &room));
    if (k->group->kind == GROUP_EC) {
        return kx_ec_finish(k, peer, room);
    }
    return x_finish(k, peer, (struct span){room, shared->len});
}

static enum err finish(struct key_share *k, struct slice peer, bool padded, struct premaster *shared)
{
    enum err err = E_INTERNAL;
    *shared = (struct premaster){0};
    if (k->private_key && (!k->group || k->group->kind == GROUP_FFDHE)) {
        err = kx_dh_finish(k, peer, padded, shared);
    } else if (k->private_key) {
        err = k->group->kind == GROUP_HYBRID ? kx_hybrid_finish(k, peer, shared)
                                             : finish_on_curve(k, peer, shared);
    }
    release_private(k);
    if (err != OK) {
        premaster_wipe(shared);
    }
    return libcrypto_settled(err);
}

enum err kx_finish(struct key_share *k, struct slice peer, struct premaster *shared)
{
    return finish(k, peer, false, shared);
}

enum err kx_finish13(struct key_share *k, struct slice peer, struct premaster *shared)
{
    /* RFC 8446 4.2.8.1: padded to the prime's length, neither more nor less */
    bool whole = k->group && peer.len == group_answer_size(k->group);
    struct slice judged = whole ? peer : (struct slice){0};
    return finish(k, judged, true, shared);
}

enum err kx_respond(const struct group *g, struct slice peer, const struct random_source *r,
                    struct key_share *share, struct premaster *shared)
{
    enum err err;
    if (g->kind == GROUP_HYBRID) {
        *share = (struct key_share){.group = g};
        *shared = (struct premaster){0};
        err = kx_hybrid_respond(share, peer, r, shared);
    } else {
        *shared = (struct premaster){0};
        err = peer.len == g->share_size ? kx_start(g, r, share) : E_BAD_KEY_SHARE;
        if (err != OK) {
            *share = (struct key_share){0};
            return libcrypto_settled(err);
        }
        err = finish(share, peer, true, shared);
    }
    if (err != OK) {
        premaster_wipe(shared);
        kx_end(share);
    }
    return libcrypto_settled(err);
}

void kx_end(struct key_share *k)
{
    release_private(k);
    memory_free(k->large, k->large_len);
    *k = (struct key_share){0};
}
