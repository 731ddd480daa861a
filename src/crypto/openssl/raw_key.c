/* SPDX-License-Identifier: MIT */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "base/memory.h"
#include "crypto/der.h"
#include "crypto/openssl/certificate.h"

/* Raw public keys, RFC 7250: a SubjectPublicKeyInfo in the place of a certificate, and nothing beside it. */

/* RFC 5280 4.1.2.5: 9999-12-31 23:59:59, the date of what does not end. */
#define NEVER_ENDS 253402300799

enum err certificate_of_key(struct slice spki, struct certificate **out)
{
    void *memory;
    *out = NULL;
    if (spki.len == 0 || spki.len > CERTIFICATE_MAX) {
        return E_MALFORMED_CERTIFICATE;
    }
    TRY(memory_new(sizeof **out, &memory));
    struct certificate *c = memory;
    enum err err = memory_copy(spki, &c->der);
    c->der_len = err == OK ? spki.len : 0;
    c->is_raw_key = true;
    c->not_after = NEVER_ENDS;
    if (err == OK) {
        c->spki = slice_of(c->der, c->der_len);
        err = key_of_spki(c->spki, &c->key);
    }
    if (err != OK) {
        certificate_free(c);
        return err;
    }
    *out = c;
    return OK;
}

bool certificate_is_raw_key(const struct certificate *c)
{
    return c->is_raw_key;
}

enum err certificate_key_digest(const struct certificate *c, uint8_t out[KEY_DIGEST_SIZE])
{
    uint8_t digest[HASH_MAX];
    TRY(hash_once(HASH_SHA256, c->spki, digest));
    memcpy(out, digest, KEY_DIGEST_SIZE);
    return OK;
}

static const char *kind_name(const struct key_shape *key)
{
    static const char *const names[] = {
        [KEY_NONE] = "unknown", [KEY_RSA] = "RSA",         [KEY_RSA_PSS] = "RSA-PSS",
        [KEY_EC] = "EC",        [KEY_ED25519] = "Ed25519", [KEY_ED448] = "Ed448"};
    return names[key->kind];
}

enum err raw_key_describe(const struct certificate *c, char *out, size_t size)
{
    uint8_t digest[KEY_DIGEST_SIZE];
    char hex[2 * KEY_DIGEST_SIZE + 1];
    const struct key_shape *key = certificate_key(c);
    bool sized = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS || key->kind == KEY_EC;
    TRY(certificate_key_digest(c, digest));
    for (size_t i = 0; i < sizeof digest; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    if (sized) {
        (void)snprintf(out, size, "raw %s key of %u bits, sha256:%s", kind_name(key), key->bits, hex);
    } else {
        (void)snprintf(out, size, "raw %s key, sha256:%s", kind_name(key), hex);
    }
    return OK;
}

enum err raw_key_tell(struct slice spki, char *out, size_t size)
{
    struct certificate *c;
    TRY(certificate_of_key(spki, &c));
    enum err e = raw_key_describe(c, out, size);
    certificate_free(c);
    return e;
}

/* ---- where a person has them ---- */
static bool is_der(struct slice bytes)
{
    struct slice content;
    return der_take(&bytes, DER_SEQUENCE, &content) && bytes.len == 0;
}

enum err public_key_next(struct slice *rest, struct span *spki)
{
    if (rest->len > PEM_MAX || !is_der(*rest)) {
        return pem_take(rest, PEM_STRING_PUBLIC, NULL, spki);
    }
    *spki = (struct span){NULL, rest->len};
    struct slice whole = *rest;
    *rest = slice_of(NULL, 0);
    return memory_copy(whole, &spki->data);
}

enum err public_key_read(struct slice bytes, struct span *spki)
{
    TRY(public_key_next(&bytes, spki));
    return spki->data ? OK : E_BAD_PEM;
}

enum err private_key_public(const struct private_key *k, struct span *spki)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(k->key.evp, &der);
    *spki = (struct span){0};
    if (len <= 0) {
        return libcrypto_failed(E_UNSUPPORTED_CERTIFICATE);
    }
    enum err err = memory_copy(slice_of(der, (size_t)len), &spki->data);
    spki->len = err == OK ? (size_t)len : 0;
    OPENSSL_free(der);
    return libcrypto_settled(err);
}
