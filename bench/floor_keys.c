/* SPDX-License-Identifier: MIT */
#define OPENSSL_SUPPRESS_DEPRECATED /* the cheapest calls are the old ones, supported through 3.x */
#include "floor.h"

#include <openssl/ecdh.h>
#include <openssl/ecdsa.h>
#include <openssl/sha.h>

#include "fail.h"

/* ServerECDHParams with both randoms, or a certificate's short part: what one more signature is over. */
static const uint8_t signed_bytes[133] = {3, 0, 23, 65};

enum { EC_CERTIFICATE = 400, RSA_CERTIFICATE = 700 }; /* bytes hashed to check the leaf's signature */

void floor_make_share(struct floor *floor)
{
    CHECK(EC_KEY_generate_key(floor->share) == 1);
    const EC_POINT *point = EC_KEY_get0_public_key(floor->share);
    CHECK(EC_POINT_point2oct(floor->p256, point, POINT_CONVERSION_UNCOMPRESSED, floor->share_bytes, 65,
                             floor->numbers) == 65);
}

void floor_agree(struct floor *floor)
{
    EC_POINT *peer = EC_POINT_new(floor->p256);
    CHECK(EC_POINT_oct2point(floor->p256, peer, floor->peer_share, 65, floor->numbers) == 1);
    CHECK(ECDH_compute_key(floor->secret, 32, peer, floor->share, NULL) == 32);
    EC_POINT_free(peer);
}

void floor_make_x25519(struct floor *floor)
{
    uint8_t public[32];
    size_t len = sizeof public;
    EVP_PKEY_free(floor->x_share);
    floor->x_share = NULL;
    CHECK(EVP_PKEY_keygen(floor->x_maker, &floor->x_share) == 1);
    CHECK(EVP_PKEY_get_raw_public_key(floor->x_share, public, &len) == 1);
}

void floor_agree_x25519(struct floor *floor)
{
    size_t len = 32;
    EVP_PKEY_CTX *derivation = EVP_PKEY_CTX_new_from_pkey(NULL, floor->x_share, NULL);
    CHECK(derivation != NULL && EVP_PKEY_derive_init(derivation) == 1);
    CHECK(EVP_PKEY_derive_set_peer_ex(derivation, floor->x_peer, 0) == 1);
    CHECK(EVP_PKEY_derive(derivation, floor->secret, &len) == 1 && len == 32);
    EVP_PKEY_CTX_free(derivation);
}

void floor_sign(struct floor *floor)
{
    uint8_t digest[32], signature[256];
    unsigned len = sizeof signature;
    SHA256(signed_bytes, sizeof signed_bytes, digest);
    if (floor->work.key == KEY_RSA)
        CHECK(RSA_sign(NID_sha256, digest, 32, signature, &len, floor->rsa_signer) == 1);
    else
        CHECK(ECDSA_sign(0, digest, 32, signature, &len, floor->ec_signer) == 1);
}

static void verify_rsa(struct floor *floor, RSA *key)
{
    uint8_t digest[32];
    SHA256(signed_bytes, sizeof signed_bytes, digest);
    CHECK(RSA_verify(NID_sha256, digest, 32, floor->signature, floor->signature_len, key) == 1);
}

/* A leaf's RSA key is new to libcrypto every time, so its Montgomery form is worked out again: that belongs
 * to the work. */
static void verify_with_fresh_rsa(struct floor *floor)
{
    const BIGNUM *n, *e;
    RSA_get0_key(floor->rsa_signer, &n, &e, NULL);
    RSA *leaf = RSA_new();
    CHECK(leaf != NULL && RSA_set0_key(leaf, BN_dup(n), BN_dup(e), NULL) == 1);
    verify_rsa(floor, leaf);
    RSA_free(leaf);
}

/* Of the key exchange, or of CertificateVerify: by the key of the peer's leaf. */
void floor_verify(struct floor *floor)
{
    uint8_t digest[32];
    if (floor->work.key == KEY_RSA) {
        verify_with_fresh_rsa(floor);
        return;
    }
    CHECK(EC_KEY_oct2key(floor->ec_leaf, floor->leaf_bytes, 65, floor->numbers) == 1);
    SHA256(signed_bytes, sizeof signed_bytes, digest);
    CHECK(ECDSA_verify(0, digest, 32, floor->signature, (int)floor->signature_len, floor->ec_leaf) == 1);
}

/* One signature, the root's over the leaf; the root's key is kept from one handshake to the next. */
void floor_verify_chain(struct floor *floor)
{
    uint8_t digest[32];
    floor_hash(floor->work.key == KEY_RSA ? RSA_CERTIFICATE : EC_CERTIFICATE);
    if (floor->work.key == KEY_RSA) {
        verify_rsa(floor, floor->rsa_signer);
        return;
    }
    SHA256(signed_bytes, sizeof signed_bytes, digest);
    CHECK(ECDSA_verify(0, digest, 32, floor->signature, (int)floor->signature_len, floor->ec_signer) == 1);
}

static EC_KEY *new_p256(const struct floor *floor)
{
    EC_KEY *key = EC_KEY_new();
    CHECK(key != NULL && EC_KEY_set_group(key, floor->p256) == 1);
    return key;
}

static void make_signature(struct floor *floor, const struct pki *pki)
{
    uint8_t digest[32];
    SHA256(signed_bytes, sizeof signed_bytes, digest);
    if (pki->kind == KEY_RSA) {
        floor->rsa_signer = EVP_PKEY_get1_RSA(pki->server.key);
        CHECK(floor->rsa_signer != NULL);
        CHECK(RSA_sign(NID_sha256, digest, 32, floor->signature, &floor->signature_len, floor->rsa_signer));
        return;
    }
    floor->ec_signer = new_p256(floor);
    CHECK(EC_KEY_generate_key(floor->ec_signer) == 1);
    CHECK(ECDSA_sign(0, digest, 32, floor->signature, &floor->signature_len, floor->ec_signer) == 1);
    CHECK(EC_POINT_point2oct(floor->p256, EC_KEY_get0_public_key(floor->ec_signer),
                             POINT_CONVERSION_UNCOMPRESSED, floor->leaf_bytes, 65, floor->numbers) == 65);
}

void floor_keys_make(struct floor *floor, const struct pki *pki)
{
    floor->numbers = BN_CTX_new();
    floor->p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    floor->gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    CHECK(floor->numbers != NULL && floor->p256 != NULL && floor->gcm != NULL);
    floor->share = new_p256(floor);
    floor->ec_leaf = new_p256(floor);
    floor_make_share(floor);
    for (size_t i = 0; i < sizeof floor->peer_share; i++)
        floor->peer_share[i] = floor->share_bytes[i];
    floor->x_maker = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    CHECK(floor->x_maker != NULL && EVP_PKEY_keygen_init(floor->x_maker) == 1);
    CHECK(EVP_PKEY_keygen(floor->x_maker, &floor->x_peer) == 1);
    make_signature(floor, pki);
}

void floor_keys_free(struct floor *floor)
{
    EC_KEY_free(floor->share);
    EC_KEY_free(floor->ec_leaf);
    EC_KEY_free(floor->ec_signer);
    RSA_free(floor->rsa_signer);
    EVP_PKEY_free(floor->x_share);
    EVP_PKEY_free(floor->x_peer);
    EVP_PKEY_CTX_free(floor->x_maker);
    EC_GROUP_free(floor->p256);
    EVP_CIPHER_free(floor->gcm);
    BN_CTX_free(floor->numbers);
}
