/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/kx.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/memory.h"

/*
 * Finite-field Diffie-Hellman by EVP. libcrypto knows RFC 7919's groups by name, and draws exponents for them
 * as short as RFC 7919 5.2 allows; for other primes, whose order nobody has vouched for, as long as the
 * prime.
 */
static const struct dh_row {
    uint16_t code, exponent_bits; /* RFC 7919 A: twice the strength, and what is lost to a lattice of sizes */
    const char *name;
} dh_rows[DH_GROUPS] = {
    {256, 225, "ffdhe2048"}, {257, 275, "ffdhe3072"}, {258, 325, "ffdhe4096"},
    {259, 375, "ffdhe6144"}, {260, 400, "ffdhe8192"},
};

/* What makes an EVP_PKEY: a group by name or numbers, then public and private key as far as they are given.
 */
struct dh_parts {
    const char *name;
    const BIGNUM *p, *g, *public_key, *private_key;
};

static EVP_PKEY *assemble(const struct dh_parts *parts, int selection)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *key = NULL;
    bool ok = build && making;
    if (ok && parts->name) {
        ok = OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, parts->name, 0) == 1;
    } else if (ok) {
        ok = OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, parts->p) == 1 &&
             OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, parts->g) == 1;
    }
    ok = ok && (!parts->public_key ||
                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PUB_KEY, parts->public_key) == 1);
    ok = ok && (!parts->private_key ||
                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, parts->private_key) == 1);
    if (ok && (params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
        (EVP_PKEY_fromdata_init(making) != 1 || EVP_PKEY_fromdata(making, &key, selection, params) != 1)) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(making);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return key;
}

bool kx_dh_fetch(struct fetched *f)
{
    for (size_t i = 0; i < DH_GROUPS; i++) {
        struct fetched_dh *row = &f->dh[i];
        const struct group *g = group_of(dh_rows[i].code);
        row->group = assemble(&(struct dh_parts){.name = dh_rows[i].name}, EVP_PKEY_KEY_PARAMETERS);
        if (!row->group || EVP_PKEY_get_bn_param(row->group, OSSL_PKEY_PARAM_FFC_P, &row->p) != 1 ||
            BN_bn2binpad(row->p, row->prime, g->share_size) != g->share_size) {
            return false;
        }
    }
    return true;
}

void kx_dh_drop(struct fetched *f)
{
    for (size_t i = 0; i < DH_GROUPS; i++) {
        EVP_PKEY_free(f->dh[i].group);
        BN_free(f->dh[i].p);
    }
}

static const struct fetched_dh *fetched_of(const struct group *g)
{
    for (size_t i = 0; g && i < DH_GROUPS; i++) {
        if (dh_rows[i].code == g->code) {
            return fetched.dh[i].group ? &fetched.dh[i] : NULL;
        }
    }
    return NULL;
}

struct dh_group group_numbers(const struct group *g)
{
    static const uint8_t two = 2; /* RFC 7919 A: g of every group */
    const struct fetched_dh *f = fetched_of(g);
    return f ? (struct dh_group){slice_of(f->prime, g->share_size), slice_of(&two, 1)} : (struct dh_group){0};
}

static struct slice without_zeros(struct slice number)
{
    while (number.len > 0 && number.data[0] == 0) {
        number = slice_after(number, 1);
    }
    return number;
}

const struct group *group_of_numbers(const struct dh_group *numbers)
{
    struct slice p = without_zeros(numbers->p), g = without_zeros(numbers->g);
    for (size_t i = 0; i < DH_GROUPS; i++) {
        const struct group *row = group_of(dh_rows[i].code);
        if (fetched_of(row) && g.len == 1 && g.data[0] == 2 &&
            slice_equal(p, slice_of(fetched.dh[i].prime, row->share_size))) {
            return row;
        }
    }
    return NULL;
}

/* Whether 1 < number < p - 1: RFC 7919 3, 4, 5.1. 1 for yes, 0 for no, -1 for want of memory. */
static int is_inside(const BIGNUM *number, const BIGNUM *p)
{
    BIGNUM *last = BN_dup(p);
    int inside = -1;
    if (last && BN_sub_word(last, 1) == 1) {
        inside = BN_cmp(number, BN_value_one()) > 0 && BN_cmp(number, last) < 0;
    }
    BN_free(last);
    return inside;
}

/* The private key from bytes of the config's source, its highest bit set so that it has the length it should.
 */
static EVP_PKEY *key_from_source(const struct dh_parts *group, int exponent_bits,
                                 const struct random_source *r)
{
    uint8_t bytes[DH_PRIME_MAX];
    size_t len = (size_t)(exponent_bits + 7) / 8;
    EVP_PKEY *key = NULL;
    struct dh_parts parts = *group;
    BN_CTX *scratch = BN_CTX_secure_new();
    BIGNUM *x = BN_secure_new(), *y = BN_new();
    if (scratch && x && y && kx_random(r, (struct span){bytes, len}) == OK && BN_bin2bn(bytes, (int)len, x) &&
        (BN_mask_bits(x, exponent_bits) == 1 || BN_num_bits(x) <= exponent_bits) &&
        BN_set_bit(x, exponent_bits - 1) == 1 &&
        BN_mod_exp_mont_consttime(y, parts.g, x, parts.p, scratch, NULL) == 1) {
        parts.public_key = y;
        parts.private_key = x;
        key = assemble(&parts, EVP_PKEY_KEYPAIR);
    }
    BN_clear_free(x);
    BN_free(y);
    BN_CTX_free(scratch);
    wipe(bytes, sizeof bytes);
    return key;
}

static EVP_PKEY *key_generated(EVP_PKEY *group)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_pkey(NULL, group, NULL);
    if (!making || EVP_PKEY_keygen_init(making) != 1 || EVP_PKEY_generate(making, &key) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(making);
    return key;
}

/* Takes key, makes the share of it. */
static enum err keep(struct key_share *k, EVP_PKEY *key, size_t size)
{
    void *memory = NULL;
    BIGNUM *y = NULL;
    k->private_key = key;
    if (!key) {
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    TRY(memory_new(size, &memory));
    k->large = memory;
    k->large_len = (uint16_t)size;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PUB_KEY, &y) == 1 &&
              BN_bn2binpad(y, k->large, (int)size) == (int)size;
    BN_free(y);
    return ok ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

enum err kx_dh_start(struct key_share *k, const struct random_source *r)
{
    const struct fetched_dh *f = fetched_of(k->group);
    if (!f) {
        return E_CRYPTO_FAILED;
    }
    if (!r || !r->fill) {
        return keep(k, key_generated(f->group), k->group->share_size);
    }
    const struct dh_row *row = &dh_rows[f - fetched.dh];
    BIGNUM *g = BN_new();
    EVP_PKEY *key = NULL;
    if (g && BN_set_word(g, 2) == 1) {
        key =
            key_from_source(&(struct dh_parts){.name = row->name, .p = f->p, .g = g}, row->exponent_bits, r);
    }
    BN_free(g);
    return key ? keep(k, key, k->group->share_size) : libcrypto_failed(E_RANDOM_FAILED);
}

/* A group known by its numbers alone. */
static enum err start_unnamed(struct key_share *k, const struct dh_parts *parts,
                              const struct random_source *r)
{
    int bits = BN_num_bits(parts->p);
    size_t size = (size_t)(bits + 7) / 8;
    int inside = BN_is_odd(parts->p) ? is_inside(parts->g, parts->p) : 0;
    if (inside != 1) {
        return inside == 0 ? E_BAD_KEY_SHARE : libcrypto_failed(E_NO_MEMORY);
    }
    if (r && r->fill) {
        EVP_PKEY *key = key_from_source(parts, bits - 1, r);
        return key ? keep(k, key, size) : libcrypto_failed(E_RANDOM_FAILED);
    }
    EVP_PKEY *group = assemble(parts, EVP_PKEY_KEY_PARAMETERS);
    enum err err = keep(k, group ? key_generated(group) : NULL, size);
    EVP_PKEY_free(group);
    return err;
}

enum err kx_start_dh(const struct dh_group *numbers, unsigned min_bits, const struct random_source *r,
                     struct key_share *out)
{
    const struct group *known = group_of_numbers(numbers);
    if (known) {
        return kx_start(known, r, out);
    }
    *out = (struct key_share){0};
    struct slice p = without_zeros(numbers->p), g = without_zeros(numbers->g);
    if (p.len == 0 || p.len > DH_PRIME_MAX || g.len == 0 || g.len > p.len) {
        return E_BAD_KEY_SHARE;
    }
    BIGNUM *p_number = BN_bin2bn(p.data, (int)p.len, NULL), *g_number = BN_bin2bn(g.data, (int)g.len, NULL);
    enum err err;
    if (!p_number || !g_number) {
        err = libcrypto_failed(E_NO_MEMORY);
    } else if (BN_num_bits(p_number) < (int)min_bits || BN_num_bits(p_number) < DH_BITS_MIN) {
        err = E_WEAK_GROUP;
    } else {
        err = start_unnamed(out, &(struct dh_parts){.p = p_number, .g = g_number}, r);
    }
    BN_free(p_number);
    BN_free(g_number);
    if (err != OK) {
        kx_end(out);
    }
    return libcrypto_settled(err);
}

/* E_BAD_KEY_SHARE unless it is a number in (1, p - 1) of at most p's length. */
static enum err check_public(EVP_PKEY *mine, struct slice peer)
{
    BIGNUM *p = NULL, *y = BN_bin2bn(peer.data, (int)peer.len, NULL);
    enum err err = OK;
    int inside = y && EVP_PKEY_get_bn_param(mine, OSSL_PKEY_PARAM_FFC_P, &p) == 1 ? is_inside(y, p) : -1;
    if (inside != 1) {
        err = inside == 0 ? E_BAD_KEY_SHARE : libcrypto_failed(E_CRYPTO_FAILED);
    }
    BN_free(y);
    BN_free(p);
    return err;
}

/* The peer's key in the group of mine. */
static EVP_PKEY *peer_key(EVP_PKEY *mine, struct slice peer, size_t size)
{
    uint8_t padded[DH_PRIME_MAX] = {0};
    EVP_PKEY *key = EVP_PKEY_new();
    memcpy(padded + size - peer.len, peer.data, peer.len);
    if (!key || EVP_PKEY_copy_parameters(key, mine) != 1 ||
        EVP_PKEY_set1_encoded_public_key(key, padded, size) != 1) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

enum err kx_dh_finish(const struct key_share *k, struct slice peer, bool padded, struct premaster *shared)
{
    if (peer.len == 0 || peer.len > k->large_len) {
        return E_BAD_KEY_SHARE;
    }
    TRY(check_public(k->private_key, peer));
    uint8_t *room;
    size_t len = k->large_len;
    TRY(premaster_room(shared, len, &room));
    EVP_PKEY *key = peer_key(k->private_key, peer, k->large_len);
    EVP_PKEY_CTX *derivation = EVP_PKEY_CTX_new_from_pkey(NULL, k->private_key, NULL);
    enum err err = OK;
    /* RFC 5246 8.1.2 strips leading zeros, RFC 8446 7.4.1 does not. validate 0: check_public did */
    if (!key || !derivation || EVP_PKEY_derive_init(derivation) != 1 ||
        EVP_PKEY_CTX_set_dh_pad(derivation, padded) != 1 ||
        EVP_PKEY_derive_set_peer_ex(derivation, key, 0) != 1) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
    } else if (EVP_PKEY_derive(derivation, room, &len) != 1 || len == 0) {
        /* a secret of 1 or p - 1, SP 800-56A 5.7.1.1: only where p is no safe prime */
        bool weak = ERR_GET_REASON(ERR_peek_last_error()) == DH_R_INVALID_SECRET;
        err = libcrypto_failed(weak ? E_BAD_KEY_SHARE : E_CRYPTO_FAILED);
    }
    shared->len = len;
    EVP_PKEY_CTX_free(derivation);
    EVP_PKEY_free(key);
    return err;
}
