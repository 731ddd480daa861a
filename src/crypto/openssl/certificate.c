/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/certificate.h"

#include <openssl/err.h>

#include "base/memory.h"
#include "crypto/der.h"
#include "crypto/names.h"

/* RFC 5758 3.2, RFC 4055 5, RFC 8410 3, RFC 3279 2.2. RSA-PSS is told apart by its parameters. */
static const struct signature_row {
    uint8_t len, oid[9];
    uint16_t scheme;
} signatures[] = {
    {8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02}, 0x0403},
    {8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03}, 0x0503},
    {8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04}, 0x0603},
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B}, 0x0401},
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C}, 0x0501},
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0D}, 0x0601},
    {3, {0x2B, 0x65, 0x70}, 0x0807},
    {3, {0x2B, 0x65, 0x71}, 0x0808},
    {7, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01}, 0x0203},
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05}, 0x0201},
};

/* The AlgorithmIdentifier of SHA-256, 384 or 512, whose parameters are NULL or absent (RFC 4055 2.1): 1, 2,
 * 3; 0 for another. */
static unsigned take_sha2(struct slice *in)
{
    static const uint8_t sha2[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
    struct slice algorithm, oid, null = {0};
    if (!der_take(in, DER_SEQUENCE, &algorithm) || in->len || !der_take(&algorithm, DER_OID, &oid) ||
        oid.len != sizeof sha2 + 1 || memcmp(oid.data, sha2, sizeof sha2) != 0 ||
        (algorithm.len && (!der_take(&algorithm, DER_NULL, &null) || null.len || algorithm.len))) {
        return 0;
    }
    unsigned which = oid.data[sizeof sha2];
    return which <= 3 ? which : 0;
}

/* RSASSA-PSS-params, RFC 4055 3.1, of one of RFC 8446 4.2.3's schemes: one hash for all, a salt as long as
 * it, and in DER, where the default trailer is left out. */
static uint16_t pss_scheme(struct slice parameters)
{
    static const uint8_t mgf1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08};
    struct slice content, hash, mask, function, oid, wrapped, salt;
    if (!der_take(&parameters, DER_SEQUENCE, &content) || parameters.len ||
        !der_take(&content, DER_CONTEXT(0), &hash) || !der_take(&content, DER_CONTEXT(1), &mask) ||
        !der_take(&mask, DER_SEQUENCE, &function) || mask.len || !der_take(&function, DER_OID, &oid) ||
        !slice_equal(oid, slice_of(mgf1, sizeof mgf1)) || !der_take(&content, DER_CONTEXT(2), &wrapped) ||
        !der_take(&wrapped, DER_INTEGER, &salt) || wrapped.len || content.len) {
        return 0;
    }
    unsigned which = take_sha2(&hash);
    return which && take_sha2(&function) == which && salt.len == 1 && salt.data[0] == 16 + 16 * which
               ? (uint16_t)(0x0803 + which)
               : 0;
}

static uint16_t code_of_algorithm(struct slice algorithm)
{
    static const uint8_t pss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
    struct slice oid;
    if (!der_take(&algorithm, DER_OID, &oid)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        if (slice_equal(oid, slice_of(signatures[i].oid, signatures[i].len))) {
            return signatures[i].scheme;
        }
    }
    return slice_equal(oid, slice_of(pss, sizeof pss)) ? pss_scheme(algorithm) : 0;
}

const struct scheme *scheme_of_algorithm(struct slice algorithm, enum key_kind kind)
{
    uint16_t code = code_of_algorithm(algorithm);
    bool pss = code >= 0x0804 && code <= 0x0806;
    /* RFC 8446 4.2.3: the same signatures have other numbers where the key is for RSA-PSS alone */
    const struct scheme *s = scheme_of(pss && kind == KEY_RSA_PSS ? (uint16_t)(code + 5) : code);
    return s && !s->legacy ? s : NULL;
}

/* RFC 5280 4.1.2 */
static bool read_tbs(struct certificate *c, struct slice tbs)
{
    struct slice skipped, validity, version, number;
    if (der_peek(tbs, DER_CONTEXT(0))) {
        if (!der_take(&tbs, DER_CONTEXT(0), &version) || !der_take(&version, DER_INTEGER, &number)) {
            return false;
        }
        c->v3 = number.len == 1 && number.data[0] == 2;
    }
    if (!der_take(&tbs, DER_INTEGER, &c->serial) || c->serial.len == 0 ||
        !der_take(&tbs, DER_SEQUENCE, &skipped) || !der_take_whole(&tbs, DER_SEQUENCE, &c->issuer) ||
        !der_take(&tbs, DER_SEQUENCE, &validity) || !der_take_time(&validity, &c->not_before) ||
        !der_take_time(&validity, &c->not_after) || validity.len != 0 ||
        !der_take_whole(&tbs, DER_SEQUENCE, &c->subject) || !der_take_whole(&tbs, DER_SEQUENCE, &c->spki)) {
        return false;
    }
    for (uint8_t unique_id = 1; unique_id <= 2; unique_id++) {
        if (der_peek(tbs, DER_IMPLICIT(unique_id)) && !der_take(&tbs, DER_IMPLICIT(unique_id), &skipped)) {
            return false;
        }
    }
    return certificate_read_extensions(c, tbs);
}

static bool read_certificate(struct certificate *c)
{
    struct slice in = slice_of(c->der, c->der_len), content, tbs;
    if (!der_take(&in, DER_SEQUENCE, &content) || in.len != 0 ||
        !der_take_whole(&content, DER_SEQUENCE, &c->tbs) ||
        !der_take(&content, DER_SEQUENCE, &c->algorithm) ||
        !der_take_bytes_of_bits(&content, &c->signature) || content.len != 0) {
        return false;
    }
    c->signature_scheme = code_of_algorithm(c->algorithm);
    struct slice whole = c->tbs;
    return der_take(&whole, DER_SEQUENCE, &tbs) && read_tbs(c, tbs);
}

enum err certificate_parse(struct slice der, struct certificate **out)
{
    void *memory;
    *out = NULL;
    if (der.len == 0 || der.len > CERTIFICATE_MAX) {
        return E_MALFORMED_CERTIFICATE;
    }
    TRY(memory_new(sizeof **out, &memory));
    struct certificate *c = memory;
    enum err err = memory_copy(der, &c->der);
    c->der_len = der.len;
    if (err == OK && !read_certificate(c)) {
        err = E_MALFORMED_CERTIFICATE;
    }
    if (err == OK) {
        err = key_of_spki(c->spki, &c->key);
    }
    if (err != OK) {
        certificate_free(c);
        return err;
    }
    *out = c;
    return OK;
}

void certificate_free(struct certificate *c)
{
    if (c) {
        key_free(&c->key);
        memory_free(c->der, c->der_len);
        memory_free(c, sizeof *c);
    }
}

static enum err x509_in(OSSL_LIB_CTX *library, struct slice der, X509 **out)
{
    const uint8_t *at = der.data;
    *out = X509_new_ex(library, NULL);
    if (!*out) {
        return libcrypto_failed(E_NO_MEMORY);
    }
    /* frees and clears *out when it fails */
    if (d2i_X509(out, &at, (long)der.len) && at == der.data + der.len) {
        return libcrypto_settled(OK); /* a key that no decoder knows leaves complaints */
    }
    X509_free(*out);
    *out = NULL;
    return libcrypto_failed(E_MALFORMED_CERTIFICATE);
}

enum err x509_of(struct slice der, X509 **out)
{
    TRY(x509_in(NULL, der, out));
    if (X509_get0_pubkey(*out)) {
        return OK;
    }
    /* libcrypto passes over a key that it cannot decode, and does not say whether it was for want of memory
     */
    struct certificate *c;
    enum err err = certificate_parse(der, &c);
    if (err == OK && c->key.shape.kind != KEY_NONE &&
        (c->key.shape.kind != KEY_EC || c->key.shape.group != 0)) {
        err = E_NO_MEMORY;
    }
    certificate_free(c);
    if (err != OK) {
        X509_free(*out);
        *out = NULL;
    }
    return libcrypto_settled(err);
}

enum err x509_of_leaf(const struct certificate *c, X509 **out)
{
    const struct key_shape *key = &c->key.shape;
    bool known = key->kind == KEY_RSA || key->kind == KEY_ED25519 || (key->kind == KEY_EC && key->group != 0);
    /* whether a self-issued certificate is self-signed, libcrypto judges by its key */
    bool lean = known && !slice_equal(c->issuer, c->subject);
    return x509_in(lean ? fetched.lean : NULL, slice_of(c->der, c->der_len), out);
}

const struct key_shape *certificate_key(const struct certificate *c)
{
    return &c->key.shape;
}

uint16_t certificate_signature_scheme(const struct certificate *c)
{
    return c->signature_scheme;
}

struct slice certificate_serial(const struct certificate *c)
{
    return c->serial;
}

struct slice certificate_issuer(const struct certificate *c)
{
    return c->issuer;
}

struct slice certificate_subject(const struct certificate *c)
{
    return c->subject;
}

struct slice certificate_public_key(const struct certificate *c)
{
    return c->spki;
}

struct slice certificate_der(const struct certificate *c)
{
    return slice_of(c->der, c->der_len);
}

int64_t certificate_not_before(const struct certificate *c)
{
    return c->not_before;
}

int64_t certificate_not_after(const struct certificate *c)
{
    return c->not_after;
}

bool certificate_is_v3(const struct certificate *c)
{
    return c->v3;
}

bool certificate_may_sign(const struct certificate *c)
{
    return !c->has_key_usage || (c->key_usage & 0x80) != 0;
}

bool certificate_may_encipher(const struct certificate *c)
{
    return !c->has_key_usage || (c->key_usage & 0x20) != 0;
}

bool certificate_may_agree(const struct certificate *c)
{
    return !c->has_key_usage || (c->key_usage & 0x08) != 0;
}

bool certificate_signs_ocsp(const struct certificate *c)
{
    return c->signs_ocsp;
}

bool certificate_must_staple(const struct certificate *c)
{
    return c->must_staple;
}

bool certificate_is_valid_at(const struct certificate *c, int64_t now)
{
    return c->not_before <= now && now <= c->not_after;
}

bool certificate_names(const struct certificate *c, const char *name)
{
    return names_match(c->names, name);
}

bool certificate_name_at(const struct certificate *c, size_t i, unsigned *kind, struct slice *value)
{
    struct slice walk = c->names;
    uint8_t tag;
    while (names_next(&walk, &tag, value)) {
        if (i-- == 0) {
            *kind = tag & 0x1F;
            return true;
        }
    }
    return false;
}

struct slice certificate_common_name(const struct certificate *c)
{
    static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};
    struct slice in = c->subject, name, set, attribute, oid, value, found = {NULL, 0};
    uint8_t tag;
    if (!der_take(&in, DER_SEQUENCE, &name)) {
        return found;
    }
    while (der_next(&name, &tag, &set)) {
        while (der_take(&set, DER_SEQUENCE, &attribute)) {
            if (der_take(&attribute, DER_OID, &oid) && der_next(&attribute, &tag, &value) &&
                slice_equal(oid, slice_of(oid_common_name, sizeof oid_common_name))) {
                found = value;
            }
        }
    }
    return found;
}

struct slice certificate_dns_name(const struct certificate *c, size_t i)
{
    struct slice walk = c->names, name;
    uint8_t kind;
    while (names_next(&walk, &kind, &name)) {
        if (kind == NAME_DNS && i-- == 0) {
            return name;
        }
    }
    return (struct slice){0};
}

enum err certificate_verify_signature(const struct certificate *c, const struct scheme *s,
                                      struct slice message, struct slice signature)
{
    if (!scheme_fits(s, &c->key.shape)) {
        return E_SCHEME_UNFIT_FOR_KEY;
    }
    return libcrypto_settled(key_verify(&c->key, s, message, signature));
}

enum err certificate_is_signed_by(const struct certificate *c, const struct certificate *issuer)
{
    const struct scheme *s = scheme_of_algorithm(c->algorithm, issuer->key.shape.kind);
    enum err err = s ? certificate_verify_signature(issuer, s, c->tbs, c->signature) : E_BAD_SIGNATURE;
    return err == E_SCHEME_UNFIT_FOR_KEY ? E_BAD_SIGNATURE : err;
}
