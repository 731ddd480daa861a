/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"
#include "handshake/authority.h"

/* trusted_ca_keys, RFC 6066 6, and what TLS 1.3 has in its place, RFC 8446 4.2.4: all hashes and encodings
 * are made here, at freeze. */

_Static_assert(HF_TRUSTED_CA_CERT_SHA1_HASH == 1 << CA_CERT_SHA1_HASH &&
                   HF_TRUSTED_CA_X509_NAME == 1 << CA_X509_NAME,
               "kinds are the identifier types as bits");
#define EVERY_KIND (2u * HF_TRUSTED_CA_CERT_SHA1_HASH - 1)

hf_err hf_config_send_trusted_cas(hf_config *config, unsigned kinds)
{
    hf_err settable = config_settable_by(config, CLIENT);
    if (settable != HF_OK) {
        return settable;
    }
    if (kinds > EVERY_KIND) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.send_trusted_cas = kinds;
    return HF_OK;
}

hf_err hf_config_require_trusted_ca(hf_config *config, bool require)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable == HF_OK) {
        config->settings.trusted_ca_required = require;
    }
    return settable;
}

hf_err hf_config_identity_pre_agreed(hf_config *config, size_t identity)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable != HF_OK) {
        return settable;
    }
    if (identity >= config->settings.identity_count) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.identities[identity].pre_agreed = true;
    return HF_OK;
}

/* ---- a client's list ---- */
static enum err add_anchor(const struct config *c, const struct certificate *anchor, struct buffer *list)
{
    struct authority a = {0};
    enum err e = authority_of(anchor, &a);
    for (unsigned type = CA_KEY_SHA1_HASH; type <= CA_CERT_SHA1_HASH && e == OK; type++) {
        if (c->send_trusted_cas & 1u << type) {
            e = authority_encode(&a, (enum identifier_type)type, list);
        }
    }
    authority_wipe(&a);
    return e;
}

static enum err add_entries(const struct config *c, struct buffer *list)
{
    const struct authority none = {0};
    if (c->send_trusted_cas & 1u << CA_PRE_AGREED) {
        TRY(authority_encode(&none, CA_PRE_AGREED, list));
    }
    const struct certificate *anchor;
    for (size_t i = 0; (anchor = trust_certificate(c->trust, i)) != NULL; i++) {
        TRY(add_anchor(c, anchor, list));
    }
    return OK;
}

static enum err encode_list(struct config *c)
{
    uint8_t bytes[TRUSTED_CAS_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct buffer list = {.limit = TRUSTED_CAS_MAX - 2};
    enum err e = add_entries(c, &list);
    if (e == OK) {
        write_vector(&w, 2, buffer_slice(&list));
        e = memory_replace(&c->trusted_cas, written(&w));
    }
    buffer_free(&list);
    return e;
}

/* TLS 1.3 knows CAs by their names alone. Whoever chose hashes because the names are too long for a hello
 * says nothing there. */
static enum err encode_names(struct config *c)
{
    uint8_t bytes[TRUSTED_CAS_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    const struct certificate *anchor;
    size_t mark = write_open(&w, 2);
    for (size_t i = 0; (anchor = trust_certificate(c->trust, i)) != NULL; i++) {
        write_vector(&w, 2, certificate_subject(anchor));
    }
    write_close(&w, mark, 2);
    return w.full || written(&w).len == 2 ? OK : memory_replace(&c->ca_names, written(&w));
}

static hf_err make_list(struct config *c, hf_problem *why)
{
    if (!c->send_trusted_cas) {
        return HF_OK;
    }
    if (c->send_trusted_cas != 1u << CA_PRE_AGREED && !trust_count(c->trust)) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "there are no trust anchors that trusted_ca_keys could name: call "
                       "hf_config_trust_path (RFC 6066 6)");
    }
    enum err e = encode_list(c);
    if (e == OK && c->max_version >= TLS_1_3 && c->send_trusted_cas != 1u << CA_PRE_AGREED) {
        e = encode_names(c);
    }
    if (e == E_BUFFER_LIMIT) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "trusted_ca_keys with %zu trust anchors does not fit in a ClientHello (%d bytes at "
                       "most): trust fewer, or name them by hashes, 21 bytes each (RFC 6066 6)",
                       trust_count(c->trust), TRUSTED_CAS_MAX);
    }
    return public_err(e);
}

/* ---- a server's chains ---- */
static enum err add_authority(struct identity *identity, const struct certificate *c)
{
    if (identity->authority_count == AUTHORITIES_MAX) {
        return OK;
    }
    struct authority *a = &identity->authorities[identity->authority_count];
    enum err e = authority_of(c, a);
    if (e != OK) {
        authority_wipe(a);
        return e;
    }
    identity->authority_count++;
    return OK;
}

static const struct certificate *anchor_named(const struct trust *t, struct slice name)
{
    const struct certificate *c;
    for (size_t i = 0; (c = trust_certificate(t, i)) != NULL; i++) {
        if (slice_equal(certificate_subject(c), name)) {
            return c;
        }
    }
    return NULL;
}

/* Up from the issuer of the last certificate, as far as trust anchors tell; a self-issued one is the top. */
static enum err add_anchors(struct identity *identity, const struct trust *t, const struct certificate *last)
{
    for (const struct certificate *below = last; identity->authority_count < AUTHORITIES_MAX;) {
        struct slice issuer = certificate_issuer(below);
        if (slice_equal(issuer, certificate_subject(below)) || !(below = anchor_named(t, issuer))) {
            return OK;
        }
        TRY(add_authority(identity, below));
    }
    return OK;
}

static enum err add_chain(struct identity *identity, const struct trust *t)
{
    struct list chain = list_of(identity->chain);
    struct slice der;
    enum err e = OK;
    while (e == OK && list_next_vector(&chain, 3, &der)) {
        struct certificate *c;
        TRY(certificate_parse(der, &c));
        e = add_authority(identity, c);
        if (e == OK && !chain.rest.len) {
            e = add_anchors(identity, t, c);
        }
        certificate_free(c);
    }
    return e;
}

static enum err make_authorities(struct identity *identity, const struct trust *t)
{
    void *memory;
    if (identity->authorities || certificate_is_raw_key(identity->leaf)) { /* by a freeze that failed later */
        return OK;
    }
    TRY(memory_new(AUTHORITIES_MAX * sizeof(struct authority), &memory));
    identity->authorities = memory;
    enum err e = add_chain(identity, t);
    if (e != OK) {
        authorities_wipe(identity); /* another freeze begins anew */
    }
    return e;
}

hf_err trusted_cas_make(struct config *c, hf_problem *why)
{
    hf_err e = make_list(c, why);
    for (size_t i = 0; c->side == SERVER && i < c->identity_count && e == HF_OK; i++) {
        e = public_err(make_authorities(&c->identities[i], c->trust));
    }
    return e;
}
