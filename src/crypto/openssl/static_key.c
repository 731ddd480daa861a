/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/kx.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "crypto/der.h"
#include "crypto/openssl/certificate.h"

/* Key exchanges with a certificate's own key: RSA (RFC 5246 7.4.7.1) and static ECDH (RFC 8422 5.10). */
#define PREMASTER_SIZE 48

static bool decrypt(EVP_PKEY *key, unsigned client_version, struct slice encrypted, uint8_t *out)
{
    /* Padding and version are checked by libcrypto without a trace of the outcome; RSA itself is blinded. */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &client_version),
        OSSL_PARAM_construct_end()};
    size_t len = PREMASTER_SIZE;
    EVP_PKEY_CTX *operation = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = operation && EVP_PKEY_decrypt_init(operation) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_WITH_TLS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_params(operation, params) == 1 &&
              EVP_PKEY_decrypt(operation, out, &len, encrypted.data, encrypted.len) == 1 &&
              len == PREMASTER_SIZE;
    EVP_PKEY_CTX_free(operation);
    return ok;
}

/* OK where the ciphertext is no number below the modulus, which everybody can see: R stands then. All else
 * that can fail is local. */
static enum err why_not_decrypted(void)
{
    enum err err = E_CRYPTO_FAILED;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        int reason = ERR_GET_REASON(code);
        if (reason == ERR_R_MALLOC_FAILURE) {
            err = E_NO_MEMORY;
        } else if (ERR_GET_LIB(code) == ERR_LIB_RSA && (reason == RSA_R_DATA_TOO_LARGE_FOR_MODULUS ||
                                                        reason == RSA_R_DATA_GREATER_THAN_MOD_LEN)) {
            err = OK;
        }
    }
    return err;
}

enum err private_key_decrypt_premaster(const struct private_key *k, uint16_t client_version,
                                       struct slice encrypted, struct premaster *out)
{
    uint8_t *room;
    *out = (struct premaster){0};
    if (k->key.shape.kind != KEY_RSA) {
        return E_INTERNAL;
    }
    TRY(premaster_room(out, PREMASTER_SIZE, &room));
    /* RFC 5246 7.4.7.1: R comes first, whatever follows */
    enum err err = RAND_priv_bytes(room, PREMASTER_SIZE) == 1 ? OK : libcrypto_failed(E_RANDOM_FAILED);
    uint8_t decrypted[PREMASTER_SIZE];
    /* a length that cannot be right, which everybody can see: libcrypto's releases disagree about what it is
     */
    bool sized = encrypted.len == (size_t)EVP_PKEY_get_size(k->key.evp);
    if (err == OK && sized && decrypt(k->key.evp, client_version, encrypted, decrypted)) {
        memcpy(room, decrypted, PREMASTER_SIZE);
    } else if (err == OK && sized) {
        err = why_not_decrypted();
    }
    wipe(decrypted, sizeof decrypted);
    if (err != OK) {
        premaster_wipe(out);
    }
    return libcrypto_settled(err);
}

static bool encrypt(const struct key *k, const uint8_t premaster[PREMASTER_SIZE], struct span *out)
{
#ifndef HF_CRYPTO_EVP_ONLY
    int len = (size_t)RSA_size(k->rsa) <= out->len
                  ? RSA_public_encrypt(PREMASTER_SIZE, premaster, out->data, k->rsa, RSA_PKCS1_PADDING)
                  : -1;
    out->len = len > 0 ? (size_t)len : 0;
    return len > 0;
#else
    EVP_PKEY_CTX *operation = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
    bool ok = operation && EVP_PKEY_encrypt_init(operation) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_encrypt(operation, out->data, &out->len, premaster, PREMASTER_SIZE) == 1;
    EVP_PKEY_CTX_free(operation);
    return ok;
#endif
}

enum err certificate_encrypt_premaster(const struct certificate *c, uint16_t client_version,
                                       const struct random_source *r, struct premaster *out,
                                       struct span *encrypted)
{
    uint8_t *room;
    *out = (struct premaster){0};
    if (c->key.shape.kind != KEY_RSA) {
        return E_UNSUPPORTED_CERTIFICATE;
    }
    TRY(premaster_room(out, PREMASTER_SIZE, &room));
    room[0] = (uint8_t)(client_version >> 8);
    room[1] = (uint8_t)client_version;
    enum err err = kx_random(r, (struct span){room + 2, PREMASTER_SIZE - 2});
    if (err == OK && !encrypt(&c->key, room, encrypted)) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
    }
    if (err != OK) {
        premaster_wipe(out);
    }
    return libcrypto_settled(err);
}

enum err private_key_agree(const struct private_key *k, struct slice peer, struct premaster *out)
{
    uint8_t *room;
    *out = (struct premaster){0};
    const struct group *g = k->key.shape.kind == KEY_EC ? group_of(k->key.shape.group) : NULL;
    if (!g) {
        return E_INTERNAL;
    }
    if (peer.len != g->share_size) {
        return E_BAD_KEY_SHARE;
    }
    TRY(premaster_room(out, g->secret_size, &room));
    enum err err = kx_ec_agree(k, peer, room);
    if (err != OK) {
        premaster_wipe(out);
    }
    return libcrypto_settled(err);
}

enum err certificate_point(const struct certificate *c, uint8_t out[KEY_SHARE_MAX], size_t *len)
{
    struct slice spki = c->spki, content, algorithm, point;
    const struct group *g = c->key.shape.kind == KEY_EC ? group_of(c->key.shape.group) : NULL;
    if (!g || !der_take(&spki, DER_SEQUENCE, &content) || !der_take(&content, DER_SEQUENCE, &algorithm) ||
        !der_take_bytes_of_bits(&content, &point)) {
        return E_UNSUPPORTED_CERTIFICATE;
    }
    /* RFC 5480 2.2: it may be compressed there */
    const EC_GROUP *curve = ec_group_of(g->code);
    EC_POINT *decoded = EC_POINT_new(curve);
    *len = decoded && EC_POINT_oct2point(curve, decoded, point.data, point.len, NULL) == 1
               ? EC_POINT_point2oct(curve, decoded, POINT_CONVERSION_UNCOMPRESSED, out, KEY_SHARE_MAX, NULL)
               : 0;
    EC_POINT_free(decoded);
    return *len == g->share_size ? OK : libcrypto_failed(E_UNSUPPORTED_CERTIFICATE);
}
