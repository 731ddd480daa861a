/* SPDX-License-Identifier: MIT */
#include "handshake/authority.h"

#include "base/memory.h"
#include "wire/layout.h"

/* What an attacker's list can cost us: this many entries, each compared with every certificate of a chain. */
#define ENTRIES_LOOKED_AT 256

enum err authority_of(const struct certificate *c, struct authority *out)
{
    struct slice name = certificate_subject(c);
    TRY(certificate_key_sha1(c, out->key));
    TRY(sha1_of(certificate_der(c), out->certificate));
    TRY(memory_copy(name, &out->name.data));
    out->name.len = name.len;
    return OK;
}

void authority_wipe(struct authority *a)
{
    memory_free(a->name.data, a->name.len);
    *a = (struct authority){0};
}

void authorities_wipe(struct identity *identity)
{
    for (size_t i = 0; i < identity->authority_count; i++) {
        authority_wipe(&identity->authorities[i]);
    }
    memory_free(identity->authorities, identity->authority_count * sizeof *identity->authorities);
    identity->authorities = NULL;
    identity->authority_count = 0;
}

enum err authority_encode(const struct authority *a, enum identifier_type type, struct buffer *out)
{
    uint8_t head[] = {(uint8_t)type, (uint8_t)(a->name.len >> 8), (uint8_t)a->name.len};
    bool named = type == CA_X509_NAME;
    TRY(buffer_append(out, slice_of(head, named ? 3 : 1)));
    switch (type) {
    case CA_KEY_SHA1_HASH:
        return buffer_append(out, slice_of(a->key, SHA1_SIZE));
    case CA_CERT_SHA1_HASH:
        return buffer_append(out, slice_of(a->certificate, SHA1_SIZE));
    case CA_X509_NAME:
        return buffer_append(out, slice_of_span(a->name));
    default:
        return OK;
    }
}

/* The next TrustedAuthority; false at the end, and with r->bad where it is none. */
static bool next(struct reader *r, enum identifier_type *type, struct slice *identifier)
{
    if (r->bad || r->at == r->end) {
        return false;
    }
    *type = (enum identifier_type)read_number(r, 1);
    switch (*type) {
    case CA_PRE_AGREED:
        *identifier = slice_of("", 0);
        break;
    case CA_KEY_SHA1_HASH:
    case CA_CERT_SHA1_HASH:
        *identifier = read_bytes(r, SHA1_SIZE);
        break;
    case CA_X509_NAME:
        *identifier = read_vector(r, 2);
        r->bad |= !identifier->len; /* opaque DistinguishedName<1..2^16-1> */
        break;
    default:
        r->bad = true;
    }
    return !r->bad;
}

bool authorities_sound(struct slice list)
{
    struct reader r = reader_of(list);
    enum identifier_type type;
    struct slice identifier;
    while (next(&r, &type, &identifier)) {}
    return !r.bad;
}

/* RFC 6066 6: a root may be missing in the chain, its name is still there as the issuer. */
static bool is_issued_by(const struct identity *identity, struct slice name)
{
    for (size_t i = 0; i < identity->issuer_count; i++) {
        if (slice_equal(name, slice_of_span(identity->issuers[i]))) {
            return true;
        }
    }
    return false;
}

/* A leaf's own subject is not the name of a CA; its hashes may well be what a client trusts. */
static bool leads_to(const struct identity *identity, enum identifier_type type, struct slice identifier)
{
    for (size_t i = type == CA_X509_NAME ? 1 : 0; i < identity->authority_count; i++) {
        const struct authority *a = &identity->authorities[i];
        struct slice ours = type == CA_X509_NAME       ? slice_of_span(a->name)
                            : type == CA_KEY_SHA1_HASH ? slice_of(a->key, SHA1_SIZE)
                                                       : slice_of(a->certificate, SHA1_SIZE);
        if (slice_equal(ours, identifier)) {
            return true;
        }
    }
    return type == CA_X509_NAME && is_issued_by(identity, identifier);
}

bool authorities_name(struct slice list, const struct identity *identity)
{
    struct reader r = reader_of(list);
    enum identifier_type type;
    struct slice identifier;
    if (!list.len) { /* "none" says the same as pre_agreed: a set that both sides know of */
        return identity->pre_agreed;
    }
    for (unsigned i = 0; i < ENTRIES_LOOKED_AT && next(&r, &type, &identifier); i++) {
        if (type == CA_PRE_AGREED ? identity->pre_agreed : leads_to(identity, type, identifier)) {
            return true;
        }
    }
    return false;
}

bool authority_names_fit(struct slice names, const struct identity *identity)
{
    struct list list = list_of(names);
    struct slice name;
    for (unsigned i = 0; i < ENTRIES_LOOKED_AT && list_next_vector(&list, 2, &name); i++) {
        if (leads_to(identity, CA_X509_NAME, name)) {
            return true;
        }
    }
    return false;
}
