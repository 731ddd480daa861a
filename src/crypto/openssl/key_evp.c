/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/key.h"

#include <openssl/rsa.h>

static bool set_padding(EVP_PKEY_CTX *operation, const struct scheme *s)
{
    if (s->key != KEY_RSA && s->key != KEY_RSA_PSS) {
        return true;
    }
    if (!scheme_is_pss(s)) {
        return EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PADDING) == 1;
    }
    /* RFC 8446 4.2.3: the salt is as long as the hash, MGF1 uses the same one */
    return EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* NULL for Ed25519, which hashes by itself. */
static const char *md_name(const struct scheme *s)
{
    static const char *const names[] = {NULL, "SHA1", "SHA256", "SHA384", "SHA512"};
    return names[s->hash];
}

enum err evp_sign(EVP_PKEY *key, const struct scheme *s, struct slice message, struct signature *out)
{
    EVP_MD_CTX *run = EVP_MD_CTX_new();
    EVP_PKEY_CTX *operation = NULL; /* belongs to run */
    size_t len = sizeof out->bytes;
    bool ok = run && EVP_DigestSignInit_ex(run, &operation, md_name(s), NULL, NULL, key, NULL) == 1 &&
              set_padding(operation, s) &&
              EVP_DigestSign(run, out->bytes, &len, message.data, message.len) == 1 &&
              len <= sizeof out->bytes; /* as in key_sign: (unsigned)-1 when out of memory */
    EVP_MD_CTX_free(run);
    out->len = ok ? len : 0;
    return ok ? OK : libcrypto_failed(E_SIGNING_FAILED);
}

enum err evp_verify(EVP_PKEY *key, const struct scheme *s, struct slice message, struct slice signature)
{
    EVP_MD_CTX *run = EVP_MD_CTX_new();
    EVP_PKEY_CTX *operation = NULL;
    if (!run || EVP_DigestVerifyInit_ex(run, &operation, md_name(s), NULL, NULL, key, NULL) != 1 ||
        !set_padding(operation, s)) {
        EVP_MD_CTX_free(run);
        return libcrypto_failed(E_SCHEME_UNFIT_FOR_KEY); /* parameters of an RSA-PSS key forbid it */
    }
    int verdict = EVP_DigestVerify(run, signature.data, signature.len, message.data, message.len);
    EVP_MD_CTX_free(run);
    return verdict == 1 ? OK : libcrypto_failed(E_BAD_SIGNATURE);
}

#ifdef HF_CRYPTO_EVP_ONLY

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

static enum err make(const char *type, OSSL_PARAM_BLD *build, struct key *out)
{
    OSSL_PARAM *params = build ? OSSL_PARAM_BLD_to_param(build) : NULL;
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    enum err err = E_CRYPTO_FAILED;
    if (params && making && EVP_PKEY_fromdata_init(making) == 1) {
        err = EVP_PKEY_fromdata(making, &out->evp, EVP_PKEY_PUBLIC_KEY, params) == 1
                  ? OK
                  : E_MALFORMED_CERTIFICATE;
    }
    EVP_PKEY_CTX_free(making);
    OSSL_PARAM_free(params);
    return err == OK ? OK : libcrypto_failed(err);
}

enum err key_of_point(const char *curve, struct slice point, struct key *out)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    enum err err;
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) == 1) {
        err = make("EC", build, out);
    } else {
        err = libcrypto_failed(E_NO_MEMORY);
    }
    OSSL_PARAM_BLD_free(build);
    return err;
}

enum err key_of_numbers(struct slice modulus, struct slice exponent, struct key *out)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    enum err err;
    if (build && n && e && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        err = make("RSA", build, out);
    } else {
        err = libcrypto_failed(E_NO_MEMORY);
    }
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(build);
    return err;
}

enum err key_sign(const struct key *k, const struct scheme *s, struct slice message, struct signature *out)
{
    return evp_sign(k->evp, s, message, out);
}

enum err key_verify(const struct key *k, const struct scheme *s, struct slice message, struct slice signature)
{
    return evp_verify(k->evp, s, message, signature);
}

#endif
