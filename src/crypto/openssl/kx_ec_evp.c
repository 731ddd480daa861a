/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/kx.h"

#ifdef HF_CRYPTO_EVP_ONLY

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "crypto/openssl/key.h"

static enum err from_bytes(const struct group *g, struct slice point, const struct secret *scalar,
                           EVP_PKEY **out)
{
    enum err err = E_CRYPTO_FAILED;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *number = scalar ? BN_bin2bn(scalar->data, (int)scalar->len, BN_secure_new()) : NULL;
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    *out = NULL;
    if (build && making && (number || !scalar) &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, ec_group_name(g->code), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) == 1 &&
        (!number || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1) &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(making) == 1) {
        int what = scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
        err = EVP_PKEY_fromdata(making, out, what, params) == 1 ? OK : E_BAD_KEY_SHARE;
    }
    EVP_PKEY_CTX_free(making);
    BN_clear_free(number);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return err == OK ? OK : libcrypto_failed(err);
}

static enum err generate(struct key_share *k)
{
    size_t size = 0;
    EVP_PKEY *key = EVP_EC_gen(ec_group_name(k->group->code));
    k->private_key = key;
    if (key &&
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, k->public_key, sizeof k->public_key,
                                        &size) == 1 &&
        size == k->group->share_size) {
        return OK;
    }
    return libcrypto_failed(E_CRYPTO_FAILED);
}

enum err kx_ec_start(struct key_share *k, const struct random_source *r)
{
    if (!r || !r->fill) {
        return generate(k);
    }
    /* EVP has no generation from given bytes: the point is computed here, and only the derivation is the
     * provider's */
    struct secret scalar;
    EVP_PKEY *key = NULL;
    enum err err = kx_random_scalar(k->group, r, &scalar);
    if (err == OK) {
        err = kx_public_point(k->group, &scalar, k->public_key);
    }
    if (err == OK) {
        err = from_bytes(k->group, slice_of(k->public_key, k->group->share_size), &scalar, &key);
    }
    k->private_key = key;
    secret_wipe(&scalar);
    return err;
}

static enum err agree(const struct group *g, EVP_PKEY *mine, struct slice peer, uint8_t *shared)
{
    EVP_PKEY *key;
    if (peer.data[0] != 0x04) {
        return E_BAD_KEY_SHARE;
    }
    TRY(from_bytes(g, peer, NULL, &key)); /* decoding checks that the point is on the curve */
    enum err err = kx_derive(mine, key, (struct span){shared, g->secret_size});
    EVP_PKEY_free(key);
    return err == E_SECRET_ALL_ZERO ? E_BAD_KEY_SHARE : err;
}

enum err kx_ec_finish(const struct key_share *k, struct slice peer, uint8_t *shared)
{
    return agree(k->group, k->private_key, peer, shared);
}

enum err kx_ec_agree(const struct private_key *k, struct slice peer, uint8_t *shared)
{
    return agree(group_of(k->key.shape.group), k->key.evp, peer, shared);
}

void kx_ec_end(struct key_share *k)
{
    EVP_PKEY_free(k->private_key);
    k->private_key = NULL;
}

#else

typedef int kx_ec_is_in_kx_ec_c;

#endif
