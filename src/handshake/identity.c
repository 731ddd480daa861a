/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/certificate_type.h"
#include "handshake/fit.h"
#include "handshake/oid_filters.h"
#include "handshake/status.h"

/* Certificates: ours chosen and used, theirs taken and judged. RFC 5246 7.4.2, 7.4.4, 7.4.6. */

/* ---- ours, on a client ---- */
static bool type_asked(struct slice types, const struct key_shape *key)
{
    bool rsa = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    /* RFC 8422 5.5: ecdsa_sign covers EdDSA too */
    return list_has8(types, rsa ? CLIENT_CERTIFICATE_RSA_SIGN : CLIENT_CERTIFICATE_ECDSA_SIGN);
}

/* RFC 4492 3.2, 3.3: by static ECDH, with a certificate that ECDSA or RSA signed, in the server's own curve. */
static bool fixed_asked(const struct hs *hs, struct slice types, const struct identity *identity)
{
    uint16_t group = certificate_key(hs->peer_certificate)->group;
    const struct scheme *issuer = scheme_of(certificate_signature_scheme(identity->leaf));
    bool ecdsa = issuer && issuer->key == KEY_EC;
    return identity->key && issuer &&
           certificate_is_fixed_ecdh(identity->leaf, hs->negotiated->suite, group) &&
           list_has8(types, ecdsa ? CLIENT_CERTIFICATE_ECDSA_FIXED_ECDH : CLIENT_CERTIFICATE_RSA_FIXED_ECDH);
}

static bool issuer_asked(struct slice authorities, const struct identity *identity)
{
    if (!authorities.len || identity_type(identity) == CERTIFICATE_RAW_KEY) {
        return true; /* RFC 5246 7.4.4: an empty list means any; and who has no issuer has none that is wrong */
    }
    struct list names = list_of(authorities);
    struct slice name;
    while (list_next_vector(&names, 2, &name)) {
        for (size_t i = 0; i < identity->issuer_count; i++) {
            if (slice_equal(name, slice_of_span(identity->issuers[i]))) {
                return true;
            }
        }
    }
    return false;
}

bool identity_signatures_fit(const struct hs *hs, const struct identity *identity)
{
    struct slice schemes = hs->offer.schemes_cert.len ? hs->offer.schemes_cert : hs->offer.schemes;
    for (size_t i = 0; i < identity->signature_count; i++) {
        if (!list_has16(schemes, identity->signed_by[i])) {
            return false;
        }
    }
    return true;
}

static bool identity_asked(struct hs *hs, const struct certificate_request *asked, size_t i)
{
    const struct identity *identity = &hs->config->identities[i];
    hs->scheme = NULL;
    if (identity_type(identity) != hs->negotiated->certificate_type[CLIENT]) { /* RFC 7250 4.2 */
        return false;
    }
    if (asked->certificate_types.data && fixed_asked(hs, asked->certificate_types, identity)) {
        return true;
    }
    bool any = !asked->certificate_types.data; /* TLS 1.3: the schemes say it */
    if ((!any && !type_asked(asked->certificate_types, certificate_key(identity->leaf))) ||
        (any && !identity_signatures_fit(hs, identity)) || /* RFC 8446 4.4.2.3 */
        !certificate_may_sign(identity->leaf)) {
        return false;
    }
    hs->scheme = choose_scheme(hs, identity, asked->signature_algorithms);
    return hs->scheme != NULL;
}

static void pick(struct hs *hs, const struct certificate_request *asked)
{
    size_t wanted = hs->identity;
    hs->identity = NO_IDENTITY;
    for (size_t i = 0; i < hs->config->identity_count && hs->identity == NO_IDENTITY; i++) {
        /* an application that names one overrules the CA names, not what its key can do */
        bool named = wanted == ANY_IDENTITY
                         ? issuer_asked(asked->certificate_authorities, &hs->config->identities[i])
                         : wanted == i;
        bool meets = oid_filters_met(hs->offer.oid_filters, hs->config->identities[i].leaf);
        if (named && meets && identity_asked(hs, asked, i)) {
            hs->identity = i;
        }
    }
    hs->negotiated->identity = hs->identity;
}

enum err pick_identity_among(struct hs *hs, const struct certificate_request *asked)
{
    if (hs->cursor.me == SERVER) {
        return E_INTERNAL;
    }
    if (hs->first_of_two) { /* RFC 4680 4: it is shown in the second, where nobody listens */
        hs->identity = hs->negotiated->identity = NO_IDENTITY;
        return OK;
    }
    if (hs->config->asks & ASK_PICK_IDENTITY && hs->answer.to != ASK_PICK_IDENTITY) {
        hs->question = (struct question){
            .ask = ASK_PICK_IDENTITY,
            .server_name = hs->name,
            .schemes = asked->signature_algorithms,
            .ca_names = asked->certificate_authorities,
        };
        return OK;
    }
    if (hs->answer.to == ASK_PICK_IDENTITY) {
        hs->identity = hs->answer.identity;
        hs->answer.to = ASK_NOTHING;
    }
    pick(hs, asked);
    if (hs->identity == NO_IDENTITY) {
        return OK;
    }
    if (cursor_has(&hs->cursor, CERTIFICATE_URL_AGREED) &&
        hs->config->identities[hs->identity].url_message.len) {
        TRY(cursor_set(&hs->cursor, CERTIFICATE_URL_SENT));
    }
    return cursor_set(&hs->cursor, hs->scheme ? CLIENT_CERTIFICATE | CLIENT_SIGNS : CLIENT_CERTIFICATE);
}

enum err pick_identity_step(struct hs *hs)
{
    struct certificate_request asked;
    TRY(layout_decode(&layout_certificate_request, slice_of_span(hs->certificate_request), &asked));
    return pick_identity_among(hs, &asked);
}

enum err identity_sign(struct hs *hs, struct slice message)
{
    const struct identity *identity = &hs->config->identities[hs->identity];
    if (identity->key && !(hs->config->asks & ASK_SIGN)) {
        return private_key_sign(identity->key, hs->scheme, message, &hs->signature);
    }
    if (hs->answer.to != ASK_SIGN) {
        hs->question = (struct question){
            .ask = ASK_SIGN,
            .to_sign = message,
            .scheme = hs->scheme,
            .identity = hs->identity,
        };
        return OK;
    }
    hs->answer.to = ASK_NOTHING;
    return hs->signature.len ? OK : E_SIGNING_FAILED;
}

/* ---- theirs ---- */
enum err peer_certificate_take(struct hs *hs, struct slice chain)
{
    struct negotiated *n = hs->negotiated;
    struct slice leaf = chain_leaf(chain);
    if (!leaf.len) {
        return hs_refuse(hs, E_MALFORMED_CERTIFICATE, "certificate 0 is empty");
    }
    bool raw = n->certificate_type[other_side(hs->cursor.me)] == CERTIFICATE_RAW_KEY;
    TRY(raw ? certificate_of_key(leaf, &hs->peer_certificate)
            : certificate_parse(leaf, &hs->peer_certificate));
    struct peer *peer;
    char subject[SUBJECT_MAX + 1];
    if (raw) { /* who it is hangs on its digest */
        TRY(raw_key_describe(hs->peer_certificate, subject, sizeof subject));
    } else {
        certificate_describe(hs->peer_certificate, subject, sizeof subject);
    }
    TRY(peer_new(chain, slice_of_string(subject), &peer));
    peer_release(n->peer);
    n->peer = peer;
    peer->raw_key = raw;
    peer->not_after = certificate_not_after(hs->peer_certificate);
    return renegotiation_check_peer(hs);
}

/* A chain that passed before is not validated again for a while; one that failed always is. */
static enum err judge_cached(struct hs *hs, const struct chain_policy *policy)
{
    struct chain_cache *cache = hs->config->chains;
    struct slice chain = slice_of_span(hs->negotiated->peer->chain);
    uint8_t key[CHAIN_CACHE_KEY];
    TRY(chain_cache_key(chain, policy, key));
    hs->verdict = (struct chain_verdict){.err = OK};
    if (chain_cache_get(cache, key, policy->now, &hs->verdict.not_after)) {
        return OK;
    }
    TRY(chain_check(hs->config->trust, hs->peer_certificate, chain, policy, &hs->verdict));
    if (hs->verdict.err == OK) {
        chain_cache_put(cache, key, policy->now, hs->verdict.not_after);
    }
    return OK;
}

static enum err judge_chain(struct hs *hs, const struct chain_policy *policy)
{
    const struct config *c = hs->config;
    return c->chains ? judge_cached(hs, policy)
                     : chain_check(c->trust, hs->peer_certificate, slice_of_span(hs->negotiated->peer->chain),
                                   policy, &hs->verdict);
}

/* Chain and name are judged in one; a name that does not fit is not the chain's fault. */
static void tell_verdict(struct hs *hs, const char *name)
{
    enum err e = hs->verdict.err;
    (void)hs_checked(hs, CHECK_CHAIN, e == E_NAME_MISMATCH ? OK : e);
    if (name && (e == OK || e == E_NAME_MISMATCH)) {
        (void)hs_checked(hs, CHECK_NAME, e);
    }
}

/* The status is judged anew each time: a chain that is remembered says nothing of what was stapled to it. */
static enum err judge(struct hs *hs)
{
    struct chain_policy policy = hs->config->chain;
    if (hs->negotiated->peer->raw_key) {
        return raw_key_judge(hs);
    }
    policy.name = hs->cursor.me == CLIENT ? hs->name : NULL;
    policy.now = hs->now;
    policy.use = hs->cursor.me == CLIENT                 ? suite_key_use(hs->negotiated->suite)
                 : cursor_has(&hs->cursor, CLIENT_SIGNS) ? KEY_SIGNS
                                                         : KEY_AGREES;
    TRY(judge_chain(hs, &policy));
    tell_verdict(hs, policy.name);
    TRY(status_judge(hs, &policy));
    if (hs->negotiated->status >= STATUS_IS_MISSING) {
        (void)hs_checked(hs, CHECK_STATUS, hs->negotiated->status_error);
    }
    return OK;
}

static void ask_verdict(struct hs *hs)
{
    const struct peer *peer = hs->negotiated->peer;
    hs->question = (struct question){
        .ask = ASK_VERIFY,
        .server_name = hs->cursor.me == CLIENT ? hs->name : NULL,
        .chain = peer_chain(peer),
        .raw_key = peer_raw_key(peer),
        .verdict = hs->verdict.err,
        .detail = hs->verdict.detail,
    };
}

enum err verify_peer_step(struct hs *hs)
{
    const struct config *c = hs->config;
    struct peer *peer = hs->negotiated->peer;
    bool asks = c->asks & ASK_VERIFY;
    enum err decision;
    if (hs->answer.to == ASK_VERIFY) {
        decision = hs->answer.verdict;
        hs->answer.to = ASK_NOTHING;
    } else {
        TRY(judge(hs));
        if (asks) {
            ask_verdict(hs);
            return OK;
        }
        decision = c->verify ? hs->verdict.err : OK;
    }
    peer->verified = hs->verdict.err == OK;
    peer->verdict = hs->verdict.err;
    if (peer->verified) {
        peer->not_after = hs->verdict.not_after;
    }
    if (decision == OK && !peer_rules_allow(c->peer_rules, hs->peer_certificate)) {
        return hs_refuse(hs, E_IDENTITY_NOT_ALLOWED, "%s", peer->subject);
    }
    return decision == OK ? OK : hs_refuse(hs, decision, "%s", hs->verdict.detail);
}
