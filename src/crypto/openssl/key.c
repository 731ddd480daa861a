/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/key.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

void key_free(struct key *k)
{
#ifndef HF_CRYPTO_EVP_ONLY
    EC_KEY_free(k->ec);
    RSA_free(k->rsa);
#endif
    EVP_PKEY_free(k->evp);
    *k = (struct key){0};
}

#ifndef HF_CRYPTO_EVP_ONLY

enum err key_of_point(const char *curve, struct slice point, struct key *out)
{
    const EC_GROUP *group = ec_group_of(ec_group_code(EC_curve_nist2nid(curve)));
    out->ec = EC_KEY_new();
    if (!out->ec || EC_KEY_set_group(out->ec, group) != 1 ||
        EC_KEY_oct2key(out->ec, point.data, point.len, NULL) != 1) { /* checks that it is on the curve */
        return libcrypto_failed(out->ec ? E_MALFORMED_CERTIFICATE : E_NO_MEMORY);
    }
    return OK;
}

enum err key_of_numbers(struct slice modulus, struct slice exponent, struct key *out)
{
    BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    out->rsa = RSA_new();
    if (!n || !e || !out->rsa || RSA_set0_key(out->rsa, n, e, NULL) != 1) {
        BN_free(n);
        BN_free(e);
        return libcrypto_failed(E_NO_MEMORY);
    }
    return OK;
}

static int md_nid(enum hash h)
{
    static const int nid[] = {NID_undef, NID_sha1, NID_sha256, NID_sha384, NID_sha512};
    return nid[h];
}

static bool rsa_sign(const struct key *k, const struct scheme *s, const uint8_t *digest,
                     struct signature *out)
{
    uint8_t encoded[SIGNATURE_MAX];
    unsigned len = 0;
    int size = RSA_size(k->rsa);
    bool ok;
    if (!scheme_is_pss(s)) {
        ok = RSA_sign(md_nid(s->hash), digest, (unsigned)hash_size(s->hash), out->bytes, &len, k->rsa) == 1;
    } else {
        const EVP_MD *md = fetched.md[s->hash];
        ok = RSA_padding_add_PKCS1_PSS_mgf1(k->rsa, encoded, digest, md, md, RSA_PSS_SALTLEN_DIGEST) == 1 &&
             RSA_private_encrypt(size, encoded, out->bytes, k->rsa, RSA_NO_PADDING) == size;
        len = (unsigned)size;
    }
    out->len = ok ? len : 0;
    return ok;
}

enum err key_sign(const struct key *k, const struct scheme *s, struct slice message, struct signature *out)
{
    uint8_t digest[HASH_MAX];
    bool ok = false;
    out->len = 0;
    if (k->ec ? ECDSA_size(k->ec) > SIGNATURE_MAX : k->rsa ? RSA_size(k->rsa) > SIGNATURE_MAX : false) {
        return E_SIGNING_FAILED;
    }
    if (!k->ec && !k->rsa) {
        return evp_sign(k->evp, s, message, out);
    }
    TRY(hash_once(s->hash, message, digest));
    if (k->ec) {
        unsigned len = 0;
        /* out of memory, libcrypto 3.0 answers 1 with a length of (unsigned)-1 */
        ok = ECDSA_sign(0, digest, (int)hash_size(s->hash), out->bytes, &len, k->ec) == 1 &&
             len <= sizeof out->bytes;
        out->len = ok ? len : 0;
    } else {
        ok = rsa_sign(k, s, digest, out);
    }
    return ok ? OK : libcrypto_failed(E_SIGNING_FAILED);
}

static bool rsa_verify(const struct key *k, const struct scheme *s, const uint8_t *digest,
                       struct slice signature)
{
    uint8_t encoded[SIGNATURE_MAX];
    int size = RSA_size(k->rsa);
    if (signature.len != (size_t)size || signature.len > sizeof encoded) {
        return false;
    }
    if (!scheme_is_pss(s)) {
        return RSA_verify(md_nid(s->hash), digest, (unsigned)hash_size(s->hash), signature.data,
                          (unsigned)size, k->rsa) == 1;
    }
    const EVP_MD *md = fetched.md[s->hash];
    return RSA_public_decrypt(size, signature.data, encoded, k->rsa, RSA_NO_PADDING) == size &&
           RSA_verify_PKCS1_PSS_mgf1(k->rsa, digest, md, md, encoded, RSA_PSS_SALTLEN_DIGEST) == 1;
}

enum err key_verify(const struct key *k, const struct scheme *s, struct slice message, struct slice signature)
{
    uint8_t digest[HASH_MAX];
    if (!k->ec && !k->rsa) {
        return evp_verify(k->evp, s, message, signature);
    }
    if (signature.len == 0 || signature.len > SIGNATURE_MAX) {
        return E_BAD_SIGNATURE;
    }
    TRY(hash_once(s->hash, message, digest));
    bool ok = k->ec ? ECDSA_verify(0, digest, (int)hash_size(s->hash), signature.data, (int)signature.len,
                                   k->ec) == 1
                    : rsa_verify(k, s, digest, signature);
    return ok ? OK : libcrypto_failed(E_BAD_SIGNATURE);
}

#endif
