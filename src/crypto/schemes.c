/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

/* RFC 8446 4.2.3 gives the names; in TLS 1.2 the codes are (hash, signature) pairs, RFC 5246 7.4.1.4.1, with RFC 8422 5.1.3. */
static const struct scheme schemes[] = {
    {0x0403, "ecdsa_secp256r1_sha256", KEY_EC, HASH_SHA256, 23, false},
    {0x0503, "ecdsa_secp384r1_sha384", KEY_EC, HASH_SHA384, 24, false},
    {0x0603, "ecdsa_secp521r1_sha512", KEY_EC, HASH_SHA512, 25, false},
    {0x0807, "ed25519", KEY_ED25519, HASH_NONE, 0, false},
    {0x0808, "ed448", KEY_ED448, HASH_NONE, 0, false},
    {0x0804, "rsa_pss_rsae_sha256", KEY_RSA, HASH_SHA256, 0, false},
    {0x0805, "rsa_pss_rsae_sha384", KEY_RSA, HASH_SHA384, 0, false},
    {0x0806, "rsa_pss_rsae_sha512", KEY_RSA, HASH_SHA512, 0, false},
    {0x0809, "rsa_pss_pss_sha256", KEY_RSA_PSS, HASH_SHA256, 0, false},
    {0x080A, "rsa_pss_pss_sha384", KEY_RSA_PSS, HASH_SHA384, 0, false},
    {0x080B, "rsa_pss_pss_sha512", KEY_RSA_PSS, HASH_SHA512, 0, false},
    {0x0401, "rsa_pkcs1_sha256", KEY_RSA, HASH_SHA256, 0, false},
    {0x0501, "rsa_pkcs1_sha384", KEY_RSA, HASH_SHA384, 0, false},
    {0x0601, "rsa_pkcs1_sha512", KEY_RSA, HASH_SHA512, 0, false},
    {0x0203, "ecdsa_sha1", KEY_EC, HASH_SHA1, 0, true},
    {0x0201, "rsa_pkcs1_sha1", KEY_RSA, HASH_SHA1, 0, true},
};
#define SCHEMES (sizeof schemes / sizeof schemes[0])

const struct scheme *scheme_at(size_t i)
{
    return i < SCHEMES ? &schemes[i] : NULL;
}

const struct scheme *scheme_of(uint16_t code)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (schemes[i].code == code) {
            return &schemes[i];
        }
    }
    return NULL;
}

bool scheme_is_pss(const struct scheme *s)
{
    return s->code >> 8 == 0x08 && s->hash != HASH_NONE;
}

/* Whether an RSA modulus of this size has room for the encoded hash. */
static bool rsa_holds(const struct scheme *s, size_t bits)
{
    size_t hash = hash_size(s->hash);
    if (scheme_is_pss(s)) {
        /* RFC 8017 9.1.1, with the salt as long as the hash: RFC 8446 4.2.3 */
        return bits > 0 && (bits - 1 + 7) / 8 >= 2 * hash + 2;
    }
    /* RFC 8017 9.2: DigestInfo has 19 bytes before a SHA-2 hash, 15 before SHA-1 */
    return bits / 8 >= hash + (s->hash == HASH_SHA1 ? 15 : 19) + 11;
}

bool scheme_fits(const struct scheme *s, const struct key_shape *key)
{
    if (s->key != key->kind) {
        return false;
    }
    switch (s->key) {
    case KEY_EC:
        return key->group !=
               0; /* RFC 5246 7.4.1.4.1 pairs any curve with any hash; RFC 8446 4.2.3 ties them only from 1.3 on */
    case KEY_ED25519:
    case KEY_ED448:
        return true;
    case KEY_RSA:
        return rsa_holds(s, key->bits);
    case KEY_RSA_PSS:
        return (key->only_hash == HASH_NONE || key->only_hash == s->hash) && rsa_holds(s, key->bits);
    case KEY_NONE:
        break;
    }
    return false;
}

bool scheme_is_tls13(const struct scheme *s)
{
    return !s->legacy && (s->key != KEY_RSA || scheme_is_pss(s));
}

bool scheme_fits13(const struct scheme *s, const struct key_shape *key)
{
    return scheme_is_tls13(s) && scheme_fits(s, key) && (s->key != KEY_EC || s->group == key->group);
}
