/* SPDX-License-Identifier: MIT */
#include "crypto/der.h"
#include "crypto/names.h"
#include "crypto/openssl/certificate.h"

/* What is read of a certificate's extensions, RFC 5280 4.2; the path's validation is libcrypto's. */

/* RFC 5280 4.2.1.3, 4.2.1.6 */
static const uint8_t oid_key_usage[] = {0x55, 0x1D, 0x0F};
static const uint8_t oid_names[] = {0x55, 0x1D, 0x11};
static const uint8_t oid_extended_key_usage[] = {0x55, 0x1D, 0x25};
/* RFC 7633 6, RFC 6960 4.2.2.2 */
static const uint8_t oid_tls_feature[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18};
static const uint8_t oid_ocsp_signing[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09};

static bool read_key_usage(struct certificate *c, struct slice value)
{
    struct slice bits;
    if (c->has_key_usage || !der_take(&value, DER_BIT_STRING, &bits) || value.len != 0 || bits.len < 1 ||
        bits.len > 3) {
        return false;
    }
    c->has_key_usage = true;
    c->usage_bits = bits;
    c->key_usage = bits.len > 1 ? bits.data[1] : 0;
    return true;
}

static bool read_names(struct certificate *c, struct slice value)
{
    struct slice walk, name;
    uint8_t kind;
    if (c->names.data || !der_take(&value, DER_SEQUENCE, &c->names) || value.len != 0) {
        return false;
    }
    for (walk = c->names; walk.len > 0;) {
        if (!names_next(&walk, &kind, &name)) {
            return false;
        }
    }
    return true;
}

/* RFC 5280 4.2.1.12. libcrypto judges the others; one that does not parse designates nobody. */
static bool lists_ocsp_signing(struct slice value)
{
    struct slice purposes, oid;
    if (!der_take(&value, DER_SEQUENCE, &purposes)) {
        return false;
    }
    while (der_take(&purposes, DER_OID, &oid)) {
        if (slice_equal(oid, slice_of(oid_ocsp_signing, sizeof oid_ocsp_signing))) {
            return true;
        }
    }
    return false;
}

/* RFC 7633 4.1: Features ::= SEQUENCE OF INTEGER, of extensions of TLS. */
static bool lists_status_request(struct slice value)
{
    struct slice features, number;
    if (!der_take(&value, DER_SEQUENCE, &features)) {
        return false;
    }
    while (der_take(&features, DER_INTEGER, &number)) {
        if (number.len == 1 && (number.data[0] == 5 || number.data[0] == 17)) {
            return true;
        }
    }
    return false;
}

static bool is_oid(struct slice oid, const uint8_t *bytes, size_t len)
{
    return slice_equal(oid, slice_of(bytes, len));
}

static bool read_extension(struct certificate *c, struct slice oid, struct slice value)
{
    if (is_oid(oid, oid_key_usage, sizeof oid_key_usage)) {
        return read_key_usage(c, value);
    }
    if (is_oid(oid, oid_names, sizeof oid_names)) {
        return read_names(c, value);
    }
    if (is_oid(oid, oid_extended_key_usage, sizeof oid_extended_key_usage)) {
        struct slice whole = value; /* libcrypto judges it; what does not parse has no purposes */
        c->purposes = der_take(&whole, DER_SEQUENCE, &c->purposes) ? c->purposes : slice_of("", 0);
    }
    c->signs_ocsp |= is_oid(oid, oid_extended_key_usage, sizeof oid_extended_key_usage) &&
                     lists_ocsp_signing(value);
    c->must_staple |= is_oid(oid, oid_tls_feature, sizeof oid_tls_feature) && lists_status_request(value);
    return true;
}

bool certificate_read_extensions(struct certificate *c, struct slice tbs)
{
    struct slice wrapped, list, extension, oid, critical, value;
    if (tbs.len == 0) {
        return true;
    }
    if (!der_take(&tbs, DER_CONTEXT(3), &wrapped) || tbs.len != 0 ||
        !der_take(&wrapped, DER_SEQUENCE, &list) || wrapped.len != 0) {
        return false;
    }
    while (list.len > 0) {
        if (!der_take(&list, DER_SEQUENCE, &extension) || !der_take(&extension, DER_OID, &oid)) {
            return false;
        }
        if (der_peek(extension, DER_BOOLEAN) &&
            (!der_take(&extension, DER_BOOLEAN, &critical) || critical.len != 1)) {
            return false;
        }
        if (!der_take(&extension, DER_OCTET_STRING, &value) || extension.len != 0) {
            return false;
        }
        /* a second one of the same kind is refused: RFC 5280 4.2 */
        if (!read_extension(c, oid, value)) {
            return false;
        }
    }
    return true;
}

/* ---- RFC 8446 4.2.5: what a peer wants of them ---- */
/* Every bit that is wanted; bits that stand in no byte are not set. */
static bool has_bits(struct slice have, struct slice want)
{
    for (size_t i = 1; i < want.len; i++) {
        if (want.data[i] & ~(i < have.len ? have.data[i] : 0u)) {
            return false;
        }
    }
    return want.len > 0;
}

static bool has_purpose(struct slice have, struct slice want)
{
    struct slice oid;
    while (der_take(&have, DER_OID, &oid)) {
        if (slice_equal(oid, want)) {
            return true;
        }
    }
    return false;
}

static bool has_purposes(struct slice have, struct slice want)
{
    struct slice oid;
    while (want.len) {
        if (!der_take(&want, DER_OID, &oid) || !has_purpose(have, oid)) {
            return false;
        }
    }
    return true;
}

bool certificate_meets(const struct certificate *c, struct slice extension, struct slice values)
{
    struct slice oid, want;
    if (!der_take(&extension, DER_OID, &oid)) {
        return false;
    }
    if (is_oid(oid, oid_key_usage, sizeof oid_key_usage)) {
        bool there = c->usage_bits.data;
        return there && (!values.len || (der_take(&values, DER_BIT_STRING, &want) && !values.len &&
                                         has_bits(c->usage_bits, want)));
    }
    if (is_oid(oid, oid_extended_key_usage, sizeof oid_extended_key_usage)) {
        bool there = c->purposes.data;
        return there && (!values.len || (der_take(&values, DER_SEQUENCE, &want) && !values.len &&
                                         has_purposes(c->purposes, want)));
    }
    return true; /* "the client MUST ignore and skip any unrecognized" */
}
