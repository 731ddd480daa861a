/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/key.h"

#include <openssl/bn.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/der.h"

#define RSA_BITS_MAX 8192 /* SIGNATURE_MAX; and what verifying costs grows with the square */

/* Content octets of the object identifiers. RFC 3279 2.3, RFC 4055 1.2, RFC 5480 2.1, RFC 8410 3 */
static const uint8_t oid_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
static const uint8_t oid_rsa_pss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
static const uint8_t oid_ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
static const uint8_t oid_ed25519[] = {0x2B, 0x65, 0x70};
static const uint8_t oid_ed448[] = {0x2B, 0x65, 0x71};
static const uint8_t oid_p256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t oid_p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
static const uint8_t oid_p521[] = {0x2B, 0x81, 0x04, 0x00, 0x23};

static const struct curve_row {
    struct slice oid;
    uint16_t group, bits;
} curves[] = {
    {{oid_p256, sizeof oid_p256}, 23, 256},
    {{oid_p384, sizeof oid_p384}, 24, 384},
    {{oid_p521, sizeof oid_p521}, 25, 521},
};

static enum err ec_of(struct slice parameters, struct slice point, struct key *out)
{
    struct slice oid;
    out->shape = (struct key_shape){.kind = KEY_EC};
    if (!der_take(&parameters, DER_OID, &oid)) {
        return OK; /* explicit parameters, RFC 5480 2.1.1 forbids them: no group of ours */
    }
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (!slice_equal(oid, curves[i].oid)) {
            continue;
        }
        if (parameters.len != 0 || point.len == 0 || point.data[0] < 2 || point.data[0] > 4) {
            return E_MALFORMED_CERTIFICATE; /* RFC 5480 2.2: compressed or uncompressed; not infinity, not hybrid */
        }
        TRY(key_of_point(ec_group_name(curves[i].group), point, out));
        out->shape.group = curves[i].group;
        out->shape.bits = curves[i].bits;
        return OK;
    }
    return OK;
}

static size_t bits_of(struct slice number)
{
    size_t bits = number.len * 8;
    for (uint8_t top = number.data[0]; !(top & 0x80); top = (uint8_t)(top << 1)) {
        bits--; /* der_take_positive: the first byte is not zero */
    }
    return bits;
}

static enum err rsa_of(struct slice key, struct key *out)
{
    struct slice numbers, modulus, exponent;
    if (!der_take(&key, DER_SEQUENCE, &numbers) || key.len != 0 || !der_take_positive(&numbers, &modulus) ||
        !der_take_positive(&numbers, &exponent) || numbers.len != 0) {
        return E_MALFORMED_CERTIFICATE;
    }
    size_t bits = bits_of(modulus);
    bool odd = (modulus.data[modulus.len - 1] & 1) && (exponent.data[exponent.len - 1] & 1);
    if (bits > RSA_BITS_MAX || exponent.len > 8 || !odd || bits_of(exponent) < 2) {
        return OK; /* KEY_NONE */
    }
    TRY(key_of_numbers(modulus, exponent, out));
    out->shape.kind = KEY_RSA;
    out->shape.bits = (uint16_t)bits;
    return OK;
}

/* Rare enough for libcrypto's own decoder, and it keeps the restrictions of the key's parameters. */
static enum err rsa_pss_of(struct slice spki, struct key *out)
{
    const uint8_t *at = spki.data;
    out->evp = d2i_PUBKEY(NULL, &at, (long)spki.len);
    if (!out->evp) {
        return libcrypto_failed(E_MALFORMED_CERTIFICATE);
    }
    out->shape = key_shape_of(out->evp);
    return out->shape.kind == KEY_RSA_PSS || out->shape.kind == KEY_NONE ? OK : E_MALFORMED_CERTIFICATE;
}

/* RFC 8410 */
static enum err eddsa_of(struct slice key, enum key_kind kind, struct key *out)
{
    bool large = kind == KEY_ED448;
    if (key.len != (large ? 57 : 32)) {
        return E_MALFORMED_CERTIFICATE;
    }
    out->evp = EVP_PKEY_new_raw_public_key_ex(NULL, large ? "ED448" : "ED25519", NULL, key.data, key.len);
    if (!out->evp) {
        return libcrypto_failed(E_MALFORMED_CERTIFICATE);
    }
    out->shape = (struct key_shape){.kind = kind, .bits = large ? 456 : 256};
    return OK;
}

enum err key_of_spki(struct slice spki, struct key *out)
{
    struct slice in = spki, content, algorithm, oid, key;
    *out = (struct key){0};
    if (!der_take(&in, DER_SEQUENCE, &content) || in.len != 0 ||
        !der_take(&content, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid) ||
        !der_take_bytes_of_bits(&content, &key) || content.len != 0) {
        return E_MALFORMED_CERTIFICATE;
    }
    enum err err = OK;
    if (slice_equal(oid, slice_of(oid_ec, sizeof oid_ec))) {
        err = ec_of(algorithm, key, out);
    } else if (slice_equal(oid, slice_of(oid_rsa, sizeof oid_rsa))) {
        err = rsa_of(key, out);
    } else if (slice_equal(oid, slice_of(oid_rsa_pss, sizeof oid_rsa_pss))) {
        err = rsa_pss_of(spki, out);
    } else if (slice_equal(oid, slice_of(oid_ed25519, sizeof oid_ed25519))) {
        err = eddsa_of(key, KEY_ED25519, out);
    } else if (slice_equal(oid, slice_of(oid_ed448, sizeof oid_ed448))) {
        err = eddsa_of(key, KEY_ED448, out);
    }
    if (err != OK) {
        key_free(out);
    }
    return err;
}

/* RFC 4055 3.1: parameters of an RSA-PSS key that name a hash allow no other. */
static enum hash only_hash(EVP_PKEY *key)
{
    char name[32] = "";
    if (EVP_PKEY_get_default_digest_name(key, name, sizeof name) == 2) { /* 2: mandatory */
        for (int h = HASH_SHA1; h <= HASH_SHA512; h++) {
            if (fetched.md[h] && EVP_MD_is_a(fetched.md[h], name)) {
                return (enum hash)h;
            }
        }
    }
    return HASH_NONE;
}

struct key_shape key_shape_of(const EVP_PKEY *key)
{
    struct key_shape shape = {0};
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "EC")) {
        char name[64] = "";
        shape.kind = KEY_EC;
        if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1) {
            shape.group = ec_group_code(OBJ_txt2nid(name));
        }
    } else if (EVP_PKEY_is_a(key, "ED25519")) {
        shape.kind = KEY_ED25519;
    } else if (EVP_PKEY_is_a(key, "ED448")) {
        shape.kind = KEY_ED448;
    } else if (bits <= RSA_BITS_MAX && EVP_PKEY_is_a(key, "RSA")) {
        shape.kind = KEY_RSA;
    } else if (bits <= RSA_BITS_MAX && EVP_PKEY_is_a(key, "RSA-PSS")) {
        shape.kind = KEY_RSA_PSS;
        shape.only_hash = only_hash((EVP_PKEY *)(uintptr_t)key);
    }
    shape.bits = bits > 0 && bits <= UINT16_MAX ? (uint16_t)bits : 0;
    return shape;
}
