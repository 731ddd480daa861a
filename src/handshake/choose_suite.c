/* SPDX-License-Identifier: MIT */
#include "handshake/authority.h"
#include "handshake/certificate_type.h"
#include "handshake/fit.h"
#include "handshake/handshake.h"

/* Suite, group, certificate and signature scheme are chosen together: RFC 5246 7.4.1.3, RFC 8422 5.3, RFC
 * 7919 4. */

/* What was lacking in the suites that both sides have, so that a refusal can say it. */
struct lacks {
    bool shared; /* no lack: some suite is in both lists */
    bool group, ffdhe_group, scheme, etm;
};

/* Which of our identities may be chosen. trusted: those that the client's trusted_ca_keys names, a bit each;
 * of a server with more the first ones alone are preferred. */
#define PREFERRED_MAX 256
struct wish {
    size_t identity; /* or ANY_IDENTITY */
    bool trusted_only;
    uint8_t trusted[PREFERRED_MAX / 8];
};

/* ---- groups ---- */
static bool group_offered(const struct hs *hs, uint16_t group)
{
    /* RFC 8422 5.1: a client that sends no supported_groups takes any; secp256r1 is what every one of them has */
    return hs->offer.has_groups ? list_has16(hs->offer.groups, group) : group == GROUP_SECP256R1;
}

static const struct group *choose_curve(const struct hs *hs)
{
    const struct codes *ours = &hs->config->groups;
    for (size_t i = 0; i < ours->count; i++) {
        const struct group *g = group_of(ours->code[i]);
        if (g && group_is_curve(g) && group_offered(hs, g->code)) {
            return g;
        }
    }
    return NULL;
}

/* RFC 7919 2: all of 256 to 511 speak of finite fields, known to us or not. */
static bool lists_ffdhe(const struct hs *hs)
{
    struct list groups = list_of(hs->offer.groups);
    uint32_t code;
    while (list_next_number(&groups, 2, &code)) {
        if (code >= 256 && code <= 511) {
            return true;
        }
    }
    return false;
}

/* RFC 7919 4: one the client lists, once it lists any; as strong as the certificate's key if there is one, else the strongest. */
static const struct group *choose_ffdhe(const struct hs *hs, unsigned key_bits)
{
    const struct codes *ours = &hs->config->groups;
    bool listed = lists_ffdhe(hs);
    const struct group *strongest = NULL;
    for (size_t i = 0; i < ours->count; i++) {
        const struct group *g = group_of(ours->code[i]);
        if (!g || g->kind != GROUP_FFDHE || (listed && !list_has16(hs->offer.groups, g->code))) {
            continue;
        }
        if (8u * g->share_size >= key_bits) {
            return g;
        }
        strongest = strongest && strongest->share_size >= g->share_size ? strongest : g;
    }
    return strongest;
}

static const struct group *group_for(const struct hs *hs, const struct suite *suite)
{
    const struct key_shape *key = hs->identity < hs->config->identity_count
                                      ? certificate_key(hs->config->identities[hs->identity].leaf)
                                      : NULL;
    switch (suite->kx) {
    case KX_ECDHE:
        return choose_curve(hs);
    case KX_DHE:
        return choose_ffdhe(hs, key ? key->bits : 0);
    case KX_ECDH:
        return key ? group_of(key->group) : NULL;
    default:
        return NULL;
    }
}

/* ---- certificates ---- */
/* RFC 5246 7.4.1.4.1: a client without signature_algorithms means SHA-1; it is served only where policy signs with SHA-1. */
static struct slice client_schemes(const struct hs *hs)
{
    static const uint8_t sha1[] = {SCHEME_RSA_PKCS1_SHA1 >> 8, SCHEME_RSA_PKCS1_SHA1 & 0xff,
                                   SCHEME_ECDSA_SHA1 >> 8, SCHEME_ECDSA_SHA1 & 0xff};
    return hs->offer.has_schemes ? hs->offer.schemes : slice_of(sha1, sizeof sha1);
}

static bool identity_serves_suite(const struct hs *hs, const struct identity *identity,
                                  const struct suite *suite)
{
    const struct key_shape *key = certificate_key(identity->leaf);
    if (!certificate_serves(identity->leaf, suite)) {
        return false;
    }
    /* RFC 8422 5.3: the certificate's curve must be one the client supports */
    if (key->kind == KEY_EC && !group_offered(hs, key->group) && hs->offer.has_groups) {
        return false;
    }
    /* a key that lives elsewhere can be asked to sign, and nothing else yet */
    return suite_key_use(suite) == KEY_SIGNS || identity->key;
}

static bool is_wished(const struct hs *hs, const struct wish *wish, size_t i)
{
    if (wish->trusted_only && (i >= PREFERRED_MAX || !(wish->trusted[i / 8] & 1u << i % 8))) {
        return false;
    }
    return wish->identity == ANY_IDENTITY ? choose_is_candidate(hs, i) : wish->identity == i;
}

static bool choose_identity(struct hs *hs, const struct suite *suite, const struct wish *wish,
                            struct lacks *lacks)
{
    const struct config *c = hs->config;
    for (size_t i = 0; i < c->identity_count; i++) {
        const struct identity *identity = &c->identities[i];
        if (!is_wished(hs, wish, i) || !certificate_type_fits(hs, identity) ||
            !identity_serves_suite(hs, identity, suite)) {
            continue;
        }
        hs->identity = i;
        hs->scheme = NULL;
        if (suite_key_use(suite) != KEY_SIGNS) {
            return true;
        }
        hs->scheme = choose_scheme(hs, identity, client_schemes(hs));
        if (hs->scheme) {
            return true;
        }
        lacks->scheme = true;
    }
    return false;
}

/* ---- the suite ---- */
static bool policy_allows(const struct hs *hs, const struct suite *suite, const struct wish *wish,
                          struct lacks *lacks)
{
    if (suite->cbc && hs->config->etm_required && !hs->offer.etm) {
        lacks->etm = true;
        return false;
    }
    /* RFC 5246 7.4.4: an anonymous server cannot ask for a certificate; nor does it show one that was picked */
    return suite->auth != AUTH_ANON || (hs->config->client_auth != CLIENT_AUTH_REQUIRE &&
                                        wish->identity == ANY_IDENTITY && !wish->trusted_only);
}

static bool try_suite(struct hs *hs, const struct suite *suite, const struct wish *wish, struct lacks *lacks)
{
    struct negotiated *n = hs->negotiated;
    lacks->shared = true;
    if (!policy_allows(hs, suite, wish, lacks)) {
        return false;
    }
    if (suite->kx == KX_ECDHE && !choose_curve(hs)) { /* before it is blamed on a certificate's curve */
        lacks->group = true;
        return false;
    }
    hs->identity = NO_IDENTITY;
    if (suite->auth != AUTH_ANON && !choose_identity(hs, suite, wish, lacks)) {
        return false;
    }
    n->group = group_for(hs, suite);
    if (!n->group && suite->kx != KX_RSA) {
        *(suite->kx == KX_DHE && lists_ffdhe(hs) ? &lacks->ffdhe_group : &lacks->group) = true;
        return false;
    }
    n->suite = suite;
    n->identity = hs->identity;
    return true;
}

/* RFC 5246 F.1.1.1: that nobody would be authenticated is why, and not that the suite is unknown. */
static enum err say_no_suite(struct hs *hs)
{
    struct list suites = list_of(hs->offer.suites);
    uint32_t code;
    while (list_next_number(&suites, 2, &code)) {
        const struct suite *suite = suite_of((uint16_t)code);
        if (suite && suite->auth == AUTH_ANON) {
            return hs_refuse(
                hs, E_NO_COMMON_SUITE,
                "the client offers %s, which authenticates nobody: such suites are used only where the "
                "policy or the list of suites names them",
                suite->name);
        }
    }
    return choose_nothing(hs, E_NO_COMMON_SUITE);
}

static enum err say_lack(struct hs *hs, const struct lacks *lacks)
{
    return lacks->ffdhe_group            ? E_NO_COMMON_FFDHE_GROUP /* RFC 7919 4: whatever else was lacking */
           : lacks->group                ? choose_nothing(hs, E_NO_COMMON_GROUP)
           : lacks->etm                  ? E_ENCRYPT_THEN_MAC_REQUIRED
           : !certificate_types_meet(hs) ? E_NO_COMMON_CERTIFICATE_TYPE
           : !lacks->scheme              ? E_NO_SERVER_IDENTITY
           : hs->offer.has_schemes       ? choose_nothing(hs, E_NO_COMMON_SCHEME)
                                         : E_NO_SIGNATURE_ALGORITHMS;
}

static bool find_suite(struct hs *hs, const struct wish *wish, struct lacks *lacks)
{
    const struct config *c = hs->config;
    for (size_t i = 0; i < c->suites.count; i++) {
        const struct suite *suite = suite_of(c->suites.code[i]);
        if (suite && list_has16(hs->offer.suites, suite->code) && try_suite(hs, suite, wish, lacks)) {
            return true;
        }
    }
    return false;
}

/* RFC 6066 6: asked once for each chain that server_name leaves, for the client's list may be long. */
static bool mark_trusted(const struct hs *hs, struct wish *wish)
{
    const struct config *c = hs->config;
    bool any = false;
    for (size_t i = 0; hs->offer.has_trusted_cas && i < c->identity_count && i < PREFERRED_MAX; i++) {
        if (is_wished(hs, wish, i) && certificate_type_fits(hs, &c->identities[i]) &&
            authorities_name(hs->offer.trusted_cas, &c->identities[i])) {
            wish->trusted[i / 8] |= (uint8_t)(1u << i % 8);
            any = true;
        }
    }
    return any;
}

/*
 * A chain that the client can verify is worth more than our favourite suite: the handshake would fail with
 * any other. Where none of them serves, the choice is as if the client had said nothing, and nothing is
 * acknowledged, RFC 6066 6.
 */
enum err choose_suite(struct hs *hs)
{
    struct wish wish = {.identity = hs->identity};
    struct lacks lacks = {0};
    wish.trusted_only = mark_trusted(hs, &wish);
    if (wish.trusted_only && find_suite(hs, &wish, &lacks)) {
        hs->trusted_ca_used = true;
        return OK;
    }
    if (hs->offer.has_trusted_cas && hs->config->trusted_ca_required) {
        return hs_refuse(hs, E_NO_TRUSTED_CHAIN, "%s",
                         wish.trusted_only ? "those that do serve none of the client's cipher suites" : "");
    }
    wish.trusted_only = false;
    lacks = (struct lacks){0};
    if (find_suite(hs, &wish, &lacks)) {
        return OK;
    }
    return lacks.shared ? say_lack(hs, &lacks) : say_no_suite(hs);
}
