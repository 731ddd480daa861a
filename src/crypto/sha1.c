/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "crypto/der.h"

/* The SHA-1 hashes by which RFC 6066 names certificates and keys. They tell things apart and protect nothing.
 */

enum err sha1_of(struct slice bytes, uint8_t out[SHA1_SIZE])
{
    uint8_t digest[HASH_MAX];
    TRY(hash_once(HASH_SHA1, bytes, digest));
    memcpy(out, digest, SHA1_SIZE);
    return OK;
}

/* RFC 3279 2.3.1, RFC 4055 1.2: rsaEncryption and id-RSASSA-PSS differ in their last octet. */
static bool is_rsa(struct slice oid)
{
    static const uint8_t pkcs1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01};
    return oid.len == sizeof pkcs1 + 1 && memcmp(oid.data, pkcs1, sizeof pkcs1) == 0 &&
           (oid.data[sizeof pkcs1] == 0x01 || oid.data[sizeof pkcs1] == 0x0A);
}

/* RFC 6066 6: "the big-endian byte string representation of the modulus without any initial zero-valued bytes" */
static bool modulus_of(struct slice key, struct slice *modulus)
{
    struct slice numbers;
    return der_take(&key, DER_SEQUENCE, &numbers) && der_take_positive(&numbers, modulus);
}

enum err certificate_key_sha1(const struct certificate *c, uint8_t out[SHA1_SIZE])
{
    struct slice in = certificate_public_key(c), content, algorithm, oid, key, modulus;
    if (!der_take(&in, DER_SEQUENCE, &content) || !der_take(&content, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OID, &oid) || !der_take_bytes_of_bits(&content, &key)) {
        return E_MALFORMED_CERTIFICATE;
    }
    if (is_rsa(oid)) {
        return modulus_of(key, &modulus) ? sha1_of(modulus, out) : E_MALFORMED_CERTIFICATE;
    }
    return sha1_of(key, out);
}
