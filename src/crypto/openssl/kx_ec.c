/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/kx.h"

#include <openssl/bn.h>

#include "base/memory.h"
#include "crypto/openssl/key.h"

/*
 * ECDH by points and scalars. An EC_KEY would cost a copy of its group per share, an EVP_PKEY several fetches
 * by name; the point functions under both are public, not deprecated, and constant in time in the scalar.
 */

static BIGNUM *scalar_number(const struct secret *scalar)
{
    BIGNUM *number = BN_secure_new();
    if (number) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        if (!BN_bin2bn(scalar->data, (int)scalar->len, number)) {
            BN_clear_free(number);
            number = NULL;
        }
    }
    return number;
}

enum err kx_random_scalar(const struct group *g, const struct random_source *r, struct secret *scalar)
{
    const BIGNUM *order = EC_GROUP_get0_order(ec_group_of(g->code));
    uint8_t first = (uint8_t)(0xFF >> (8 * g->secret_size - BN_num_bits(order)));
    scalar->len = g->secret_size;
    /* FIPS 186-5 A.2.2: draw until it fits. For these orders that is the first time but for a chance of
     * 2^-32. */
    for (int tries = 0; tries < 64; tries++) {
        TRY(kx_random(r, (struct span){scalar->data, scalar->len}));
        scalar->data[0] &= first;
        BIGNUM *number = scalar_number(scalar);
        if (!number) {
            return libcrypto_failed(E_NO_MEMORY);
        }
        bool fits = !BN_is_zero(number) && BN_ucmp(number, order) < 0;
        BN_clear_free(number);
        if (fits) {
            return OK;
        }
    }
    return E_RANDOM_FAILED; /* the source repeats itself */
}

enum err kx_public_point(const struct group *g, const struct secret *scalar, uint8_t *out)
{
    const EC_GROUP *curve = ec_group_of(g->code);
    BN_CTX *scratch = BN_CTX_secure_new();
    BIGNUM *number = scalar_number(scalar);
    EC_POINT *point = EC_POINT_new(curve);
    bool ok = scratch && number && point && EC_POINT_mul(curve, point, number, NULL, NULL, scratch) == 1 &&
              EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, out, g->share_size, scratch) ==
                  g->share_size;
    EC_POINT_free(point);
    BN_clear_free(number);
    BN_CTX_free(scratch);
    return ok ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

#ifndef HF_CRYPTO_EVP_ONLY

enum err kx_ec_start(struct key_share *k, const struct random_source *r)
{
    void *memory;
    TRY(memory_new(sizeof(struct secret), &memory));
    k->private_key = memory;
    TRY(kx_random_scalar(k->group, r, k->private_key));
    return kx_public_point(k->group, k->private_key, k->public_key);
}

/* The peer's point, checked to be on the curve and not infinity: RFC 8422 5.11. The curves have cofactor 1:
 * that is all. */
static enum err decode_point(const EC_GROUP *curve, struct slice peer, BN_CTX *scratch, EC_POINT *point)
{
    if (peer.data[0] != 0x04 || EC_POINT_oct2point(curve, point, peer.data, peer.len, scratch) != 1) {
        return libcrypto_failed(E_BAD_KEY_SHARE);
    }
    return EC_POINT_is_at_infinity(curve, point) ? E_BAD_KEY_SHARE : OK;
}

static enum err agree(const struct group *g, const BIGNUM *number, struct slice peer, uint8_t *shared)
{
    const EC_GROUP *curve = ec_group_of(g->code);
    BN_CTX *scratch = BN_CTX_secure_new();
    BIGNUM *x = BN_secure_new();
    EC_POINT *point = EC_POINT_new(curve);
    enum err err = OK;
    if (!scratch || !number || !x || !point) {
        err = libcrypto_failed(E_NO_MEMORY);
    }
    if (err == OK) {
        err = decode_point(curve, peer, scratch, point);
    }
    /* RFC 8422 5.10: the secret is the x coordinate, all its bytes */
    if (err == OK && (EC_POINT_mul(curve, point, NULL, point, number, scratch) != 1 ||
                      EC_POINT_get_affine_coordinates(curve, point, x, NULL, scratch) != 1 ||
                      BN_bn2binpad(x, shared, g->secret_size) != g->secret_size)) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
    }
    EC_POINT_clear_free(point);
    BN_clear_free(x);
    BN_CTX_free(scratch);
    return err;
}

enum err kx_ec_finish(const struct key_share *k, struct slice peer, uint8_t *shared)
{
    BIGNUM *number = scalar_number(k->private_key);
    enum err err = agree(k->group, number, peer, shared);
    BN_clear_free(number);
    return err;
}

enum err kx_ec_agree(const struct private_key *k, struct slice peer, uint8_t *shared)
{
    return agree(group_of(k->key.shape.group), EC_KEY_get0_private_key(k->key.ec), peer, shared);
}

void kx_ec_end(struct key_share *k)
{
    memory_free(k->private_key, sizeof(struct secret));
    k->private_key = NULL;
}

#endif
