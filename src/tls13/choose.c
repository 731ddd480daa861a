/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/authority.h"
#include "handshake/certificate_type.h"
#include "handshake/fit.h"
#include "handshake/psk.h"
#include "tls13/tls13.h"

/* What a server makes of a ClientHello in TLS 1.3, RFC 8446 4.1.1: group, suite, certificate and scheme are
 * chosen each for itself. */

static enum err lacks(struct hs *hs, const char *extension, const char *why)
{
    return hs_refuse(hs, E_MISSING_EXTENSION, "ClientHello has no %s%s", extension, why);
}

/* Whether the client offers a key that this server could take. */
static bool can_look(const struct hs *hs)
{
    return hs->offer.psk && (psk_resumes(hs) || config_takes_psks(hs->config)) && psk_mode_fits(hs);
}

/* RFC 8446 9.2: what a ClientHello needs. */
enum err tls13_client_hello(struct hs *hs)
{
    const struct offer *o = &hs->offer;
    if (o->compression_methods.len != 1) { /* RFC 8446 4.1.2: exactly the null method */
        return hs_refuse(hs, E_NO_NULL_COMPRESSION, "and nothing else, in TLS 1.3");
    }
    if (hs->config->quic && o->session_id.len) { /* RFC 9001 8.4 */
        return E_QUIC_COMPATIBILITY_MODE;
    }
    if (!o->has_schemes && !o->psk) {
        return lacks(hs, "signature_algorithms", ", and no pre_shared_key instead");
    }
    if (o->has_groups != o->has_key_shares) {
        return lacks(hs, o->has_groups ? "key_share" : "supported_groups", ", and the two belong together");
    }
    if (!o->has_groups && !o->psk) {
        return lacks(hs, "supported_groups", ", and no pre_shared_key instead");
    }
    if (o->psk && !o->has_psk_modes) { /* RFC 8446 4.2.9 */
        return lacks(hs, "psk_key_exchange_modes", ", and pre_shared_key needs it");
    }
    if (o->psk && hs_is_retried(hs) && !hs->first_had_psk) { /* RFC 8446 4.1.2 */
        return hs_refuse(hs, E_HELLO_CHANGED, "it has a pre_shared_key, which the first had not");
    }
    hs->first_had_psk = o->psk;
    hs->session_id_len = (uint8_t)o->session_id.len; /* RFC 8446 4.1.3: echoed as it is */
    if (o->session_id.len) {
        memcpy(hs->session_id, o->session_id.data, o->session_id.len);
    }
    uint32_t early = o->early_data ? EARLY_DATA_OFFERED : 0u;
    return cursor_set(&hs->cursor, TLS13_OFFERED | TLS13 | early | (can_look(hs) ? SESSION_OFFERED : 0u));
}

/* ---- the group ---- */
static bool find_share(struct hs *hs, uint16_t group, struct slice *share)
{
    struct reader r = reader_of(hs->offer.key_shares);
    while (r.at < r.end && !r.bad) {
        uint32_t code = read_number(&r, 2);
        struct slice bytes = read_vector(&r, 2);
        if (code == group && !r.bad) {
            *share = bytes;
            return true;
        }
    }
    return false;
}

/* The first of ours that the client has a share of; else the first that it has at all. */
static const struct group *prefer_group(struct hs *hs)
{
    const struct codes *ours = &hs->config->groups;
    const struct group *common = NULL;
    struct slice share;
    for (size_t i = 0; i < ours->count; i++) {
        if (!list_has16(hs->offer.groups, ours->code[i])) {
            continue;
        }
        const struct group *g = group_of(ours->code[i]);
        if (g && find_share(hs, g->code, &share)) {
            return g;
        }
        common = common ? common : g;
    }
    return common;
}

const struct suite *tls13_prefer_suite(const struct hs *hs, enum hash hash)
{
    const struct codes *ours = &hs->config->suites13;
    for (size_t i = 0; i < ours->count; i++) {
        const struct suite *s = suite13_of(ours->code[i]);
        if (s && (hash == HASH_NONE || s->hash == hash) && list_has16(hs->offer.suites, s->code)) {
            return s;
        }
    }
    return NULL;
}

static bool can_do_alone(const struct hs *hs)
{
    return hs->offer.psk_alone && hs->config->psk_alone;
}

/* NULL: none; then a pre-shared key alone may do, if it is known: RFC 8446 4.2.9. */
static enum err weigh_shares(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    struct slice share;
    n->group = hs->offer.has_groups ? prefer_group(hs) : NULL;
    if (hs->offer.has_groups && !n->group) {
        return cursor_has(&hs->cursor, SESSION_OFFERED) && can_do_alone(hs)
                   ? OK
                   : choose_nothing(hs, E_NO_COMMON_GROUP);
    }
    hs->asks_group = n->group && !find_share(hs, n->group->code, &share);
    return OK;
}

enum err choose_group_step(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (hs->recalled) { /* both were chosen before the HelloRetryRequest */
        return OK;
    }
    TRY(weigh_shares(hs));
    bool retry = hs->asks_group || hs->config->retry_cookie == RETRY_COOKIE_ALWAYS;
    if (!n->group && !retry) { /* the suite is for the key to say */
        return OK;
    }
    n->suite = tls13_prefer_suite(hs, retry ? external_psk_hash(hs) : HASH_NONE); /* RFC 8446 4.1.4 */
    if (!n->suite) {
        return choose_nothing(hs, E_NO_COMMON_SUITE);
    }
    return retry ? cursor_set(&hs->cursor, RETRY) : OK;
}

/* ---- certificate and scheme ---- */
static bool is_wished(const struct hs *hs, size_t i)
{
    return hs->identity == ANY_IDENTITY ? choose_is_candidate(hs, i) : hs->identity == i;
}

/* RFC 8446 4.2.3: nothing of it is signed with SHA-1. */
static bool signatures_are_modern(const struct identity *identity)
{
    for (size_t i = 0; i < identity->signature_count; i++) {
        const struct scheme *s = scheme_of(identity->signed_by[i]);
        if (s && s->legacy) {
            return false;
        }
    }
    return true;
}

/* What a chain is to be for this client, as bits. */
enum { TRUSTED = 1, VERIFIABLE = 2, MODERN = 4 };

static bool chain_fits(const struct hs *hs, const struct identity *one, unsigned wanted)
{
    return !(wanted & VERIFIABLE && !identity_signatures_fit(hs, one)) &&
           !(wanted & MODERN && !signatures_are_modern(one));
}

/* The first that serves; *any: one would, but for the schemes. */
static bool find_certificate(struct hs *hs, unsigned wanted, bool *any)
{
    const struct config *c = hs->config;
    for (size_t i = 0; i < c->identity_count; i++) {
        const struct identity *one = &c->identities[i];
        if (!is_wished(hs, i) || !certificate_type_fits(hs, one) || !certificate_may_sign(one->leaf) ||
            (wanted & TRUSTED && !authority_names_fit(hs->offer.ca_names, one))) {
            continue;
        }
        *any = true;
        hs->scheme = chain_fits(hs, one, wanted) ? choose_scheme(hs, one, hs->offer.schemes) : NULL;
        if (hs->scheme) {
            hs->identity = hs->negotiated->identity = i;
            return true;
        }
    }
    return false;
}

/* RFC 8446 4.2.3, 4.4.2.2: one that the client can verify, as far as it says, else one of our choice; SHA-1
 * where nothing else is verifiable, and never where the client does not say that it takes it. */
static bool find_best(struct hs *hs, unsigned wanted, bool *any)
{
    return find_certificate(hs, wanted | VERIFIABLE | MODERN, any) ||
           find_certificate(hs, wanted | VERIFIABLE, any) || find_certificate(hs, wanted | MODERN, any);
}

/* RFC 8446 4.2.4: of the CAs that the client names, if it can be; nothing answers that it was heard. */
static enum err choose_certificate(struct hs *hs)
{
    bool any = false, says = hs->offer.ca_names.len != 0;
    if (says && find_best(hs, TRUSTED, &any)) {
        hs->negotiated->trusted_ca = true;
        return OK;
    }
    if (says && hs->config->trusted_ca_required) {
        return hs_refuse(hs, E_NO_TRUSTED_CHAIN, "%s",
                         any ? "those that do have no signature scheme in common" : "");
    }
    if (find_best(hs, 0, &any)) {
        return OK;
    }
    return any                           ? choose_nothing(hs, E_NO_COMMON_SCHEME)
           : !certificate_types_meet(hs) ? E_NO_COMMON_CERTIFICATE_TYPE
                                         : E_NO_SERVER_IDENTITY;
}

/* RFC 8446 4.2.8, 4.1.4: behind HelloRetryRequest, one share, of the group that was asked for. */
static enum err take_share(struct hs *hs)
{
    const struct group *g = hs->negotiated->group;
    struct slice share;
    if (!find_share(hs, g->code, &share)) {
        return hs_refuse(hs, E_HELLO_CHANGED, "it has no share of %s, which was asked for", g->name);
    }
    if (share.len != g->share_size) {
        return hs_refuse(hs, E_BAD_KEY_SHARE, "%zu bytes for %s", share.len, g->name);
    }
    buffer_drop(&hs->peer_share, buffer_len(&hs->peer_share));
    return buffer_append(&hs->peer_share, share);
}

/* RFC 8446 4.2.9: with a key exchange of its own wherever the client takes one. */
static enum err choose_with_psk(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (!hs_is_retried(hs)) {
        n->suite = hs->external ? tls13_prefer_suite(hs, hs->external->hash) : session_suite(hs->session);
    }
    if (!n->suite) {
        return E_INTERNAL;
    }
    TRY(certificate_types_choose_later(hs));
    if (!hs->offer.psk_dhe || !n->group) { /* RFC 8446 4.2.9: a mode that this very hello lists, and ours */
        n->group = NULL;
        return can_do_alone(hs) ? OK : hs_refuse(hs, E_HELLO_CHANGED, "its psk_key_exchange_modes");
    }
    TRY(take_share(hs));
    return cursor_set(&hs->cursor, KEY_SHARE);
}

static enum err choose_parameters13(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (hs->psk.len) {
        return choose_with_psk(hs);
    }
    if (!n->suite) {
        n->suite = tls13_prefer_suite(hs, HASH_NONE);
    }
    if (!n->suite) {
        return choose_nothing(hs, E_NO_COMMON_SUITE);
    }
    if (!hs->config->identity_count && config_takes_psks(hs->config)) {
        return external_psk_missing(hs);
    }
    if (!hs->offer.has_groups) {
        return lacks(hs, "supported_groups", ", and none of its pre-shared keys is known");
    }
    if (!n->group) {
        return choose_nothing(hs, E_NO_COMMON_GROUP);
    }
    TRY(take_share(hs));
    TRY(cursor_set(&hs->cursor, KEY_SHARE));
    TRY(choose_certificate(hs));
    TRY(tls13_choose_compression(hs));
    if (hs->config->client_auth != CLIENT_AUTH_NONE) {
        n->client_auth_requested = true;
        TRY(cursor_set(&hs->cursor, CLIENT_AUTH));
    }
    return certificate_types_choose(hs);
}

enum err tls13_choose_parameters_step(struct hs *hs)
{
    TRY(choose_parameters13(hs));
    return tls13_weigh_early_data(hs);
}
