/* SPDX-License-Identifier: MIT */
#include "crypto/ocsp_response.h"

#include "crypto/der.h"

/* The grammar of RFC 6960 4.2.1, and which certificate an answer is about. */
#define DER_ENUMERATED 0x0A
/* More answers than this in one response is nothing that is stapled. */
#define SINGLES_MAX 64

/* ---- extensions: what is critical is refused, because none is known here that may be (RFC 6960 4.4) ---- */
static bool read_extensions(struct slice in, bool *critical)
{
    struct slice list, extension, oid, flag, value;
    if (!der_take(&in, DER_SEQUENCE, &list) || in.len || !list.len) {
        return false;
    }
    while (list.len) {
        if (!der_take(&list, DER_SEQUENCE, &extension) || !der_take(&extension, DER_OID, &oid)) {
            return false;
        }
        if (der_peek(extension, DER_BOOLEAN)) {
            if (!der_take(&extension, DER_BOOLEAN, &flag) || flag.len != 1) {
                return false;
            }
            *critical |= flag.data[0] != 0;
        }
        if (!der_take(&extension, DER_OCTET_STRING, &value) || extension.len) {
            return false;
        }
    }
    return true;
}

static bool take_extensions(struct slice *in, bool *critical)
{
    struct slice wrapped;
    return !der_peek(*in, DER_CONTEXT(1)) ||
           (der_take(in, DER_CONTEXT(1), &wrapped) && read_extensions(wrapped, critical));
}

static bool take_generalized_time(struct slice *in, int64_t *seconds)
{
    return der_peek(*in, DER_GENERALIZED_TIME) && der_take_time(in, seconds);
}

/* ---- SingleResponse ---- */
static enum hash hash_of_algorithm(struct slice algorithm)
{
    static const uint8_t sha1[] = {0x2B, 0x0E, 0x03, 0x02, 0x1A};
    static const uint8_t sha2[] = {0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02}; /* and 1, 2, 3 for 256, 384, 512 */
    struct slice oid;
    if (!der_take(&algorithm, DER_OID, &oid)) {
        return HASH_NONE;
    }
    if (slice_equal(oid, slice_of(sha1, sizeof sha1))) {
        return HASH_SHA1;
    }
    if (oid.len != sizeof sha2 + 1 || memcmp(oid.data, sha2, sizeof sha2) != 0) {
        return HASH_NONE;
    }
    uint8_t which = oid.data[sizeof sha2];
    return which == 1 ? HASH_SHA256 : which == 2 ? HASH_SHA384 : which == 3 ? HASH_SHA512 : HASH_NONE;
}

static bool read_id(struct slice id, struct ocsp_single *out)
{
    struct slice algorithm;
    if (!der_take(&id, DER_SEQUENCE, &algorithm) || !der_take(&id, DER_OCTET_STRING, &out->name_hash) ||
        !der_take(&id, DER_OCTET_STRING, &out->key_hash) || !der_take(&id, DER_INTEGER, &out->serial)) {
        return false;
    }
    out->hash = hash_of_algorithm(algorithm);
    return !id.len && out->serial.len;
}

static bool take_status(struct slice *in, struct ocsp_single *out)
{
    struct slice value;
    if (der_take(in, DER_IMPLICIT(0), &value)) {
        out->status = OCSP_SAYS_GOOD;
        return !value.len;
    }
    if (der_take(in, DER_IMPLICIT(2), &value)) {
        out->status = OCSP_SAYS_UNKNOWN;
        return !value.len;
    }
    out->status = OCSP_SAYS_REVOKED;
    struct slice reason;
    return der_take(in, DER_CONTEXT(1), &value) && take_generalized_time(&value, &out->revoked_at) &&
           (!value.len || (der_take(&value, DER_CONTEXT(0), &reason) && !value.len));
}

static bool read_single(struct slice in, struct ocsp_single *out)
{
    struct slice id, wrapped;
    *out = (struct ocsp_single){0};
    if (!der_take(&in, DER_SEQUENCE, &id) || !read_id(id, out) || !take_status(&in, out) ||
        !take_generalized_time(&in, &out->this_update)) {
        return false;
    }
    if (der_take(&in, DER_CONTEXT(0), &wrapped) &&
        (!take_generalized_time(&wrapped, &out->next_update) || wrapped.len)) {
        return false;
    }
    return take_extensions(&in, &out->critical) && !in.len;
}

bool ocsp_next_single(struct slice *singles, struct ocsp_single *out)
{
    struct slice single;
    return der_take(singles, DER_SEQUENCE, &single) && read_single(single, out);
}

static bool singles_are_sound(struct slice singles)
{
    struct ocsp_single s;
    size_t count = 0;
    while (ocsp_next_single(&singles, &s)) {
        count++;
    }
    return count && count <= SINGLES_MAX && !singles.len;
}

/* ---- ResponseData, BasicOCSPResponse, OCSPResponse ---- */
static bool take_responder(struct slice *in, struct ocsp_response *out)
{
    struct slice wrapped;
    if (der_take(in, DER_CONTEXT(1), &wrapped)) {
        return der_take_whole(&wrapped, DER_SEQUENCE, &out->responder_name) && !wrapped.len;
    }
    return der_take(in, DER_CONTEXT(2), &wrapped) &&
           der_take(&wrapped, DER_OCTET_STRING, &out->responder_key) && !wrapped.len &&
           out->responder_key.len == hash_size(HASH_SHA1);
}

static bool read_signed_part(struct slice in, struct ocsp_response *out)
{
    static const uint8_t v1[] = {DER_INTEGER, 1, 0};
    struct slice version, content;
    if (!der_take(&in, DER_SEQUENCE, &content) || in.len) {
        return false;
    }
    if (der_take(&content, DER_CONTEXT(0), &version) && !slice_equal(version, slice_of(v1, sizeof v1))) {
        return false;
    }
    return take_responder(&content, out) && take_generalized_time(&content, &out->produced_at) &&
           der_take(&content, DER_SEQUENCE, &out->singles) && singles_are_sound(out->singles) &&
           take_extensions(&content, &out->critical) && !content.len;
}

static bool read_certificates(struct slice in, struct ocsp_response *out)
{
    struct slice list, skipped;
    if (!in.len) {
        return true;
    }
    if (!der_take(&in, DER_CONTEXT(0), &list) || in.len ||
        !der_take(&list, DER_SEQUENCE, &out->certificates) || list.len) {
        return false;
    }
    for (struct slice walk = out->certificates; walk.len;) {
        if (!der_take(&walk, DER_SEQUENCE, &skipped)) {
            return false;
        }
    }
    return true;
}

static bool read_basic(struct slice in, struct ocsp_response *out)
{
    struct slice content;
    return der_take(&in, DER_SEQUENCE, &content) && !in.len &&
           der_take_whole(&content, DER_SEQUENCE, &out->signed_part) &&
           der_take_whole(&content, DER_SEQUENCE, &out->algorithm) &&
           der_take_bytes_of_bits(&content, &out->signature) && read_certificates(content, out) &&
           read_signed_part(out->signed_part, out);
}

/* RFC 6960 4.2.1; a response that is no answer has no signature either. */
static const char *no_answer(uint8_t status)
{
    static const char *const says[] = {[1] = "the responder calls its request malformed",
                                       [2] = "the responder had an internal error",
                                       [3] = "the responder says to try later",
                                       [5] = "the responder wants a signed request",
                                       [6] = "the responder refuses to answer"};
    return status < sizeof says / sizeof *says && says[status] ? says[status] : "it is no successful answer";
}

enum err ocsp_decode(struct slice der, struct ocsp_response *out, const char **why)
{
    static const uint8_t basic[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
    struct slice content, status, wrapped, bytes, oid, response;
    *out = (struct ocsp_response){0};
    *why = "it does not parse";
    if (!der_take(&der, DER_SEQUENCE, &content) || der.len || !der_take(&content, DER_ENUMERATED, &status) ||
        status.len != 1) {
        return E_BAD_STATUS_RESPONSE;
    }
    if (status.data[0] != 0) {
        *why = no_answer(status.data[0]);
        return E_BAD_STATUS_RESPONSE;
    }
    if (!der_take(&content, DER_CONTEXT(0), &wrapped) || content.len ||
        !der_take(&wrapped, DER_SEQUENCE, &bytes) || wrapped.len || !der_take(&bytes, DER_OID, &oid) ||
        !der_take(&bytes, DER_OCTET_STRING, &response) || bytes.len) {
        return E_BAD_STATUS_RESPONSE;
    }
    if (!slice_equal(oid, slice_of(basic, sizeof basic))) {
        *why = "it is not of type id-pkix-ocsp-basic";
        return E_BAD_STATUS_RESPONSE;
    }
    return read_basic(response, out) ? OK : E_BAD_STATUS_RESPONSE;
}

/* ---- CertID ---- */
static enum err hashes_to(enum hash h, struct slice bytes, struct slice expected, bool *out)
{
    uint8_t digest[HASH_MAX];
    TRY(hash_once(h, bytes, digest));
    *out = slice_equal(expected, slice_of(digest, hash_size(h)));
    return OK;
}

/* RFC 6960 4.1.1: the key's hash is over the BIT STRING's bytes alone. */
bool spki_key_bits(struct slice spki, struct slice *bits)
{
    struct slice content, algorithm;
    return der_take(&spki, DER_SEQUENCE, &content) && der_take(&content, DER_SEQUENCE, &algorithm) &&
           der_take_bytes_of_bits(&content, bits);
}

enum err ocsp_is_about(const struct ocsp_single *s, const struct certificate *c, struct slice issuer_key,
                       bool *out)
{
    struct slice bits;
    *out = false;
    if (s->hash == HASH_NONE || !slice_equal(s->serial, certificate_serial(c))) {
        return OK;
    }
    TRY(hashes_to(s->hash, certificate_issuer(c), s->name_hash, out));
    if (!*out || !issuer_key.len) {
        return OK;
    }
    *out = false;
    return spki_key_bits(issuer_key, &bits) ? hashes_to(s->hash, bits, s->key_hash, out) : OK;
}
