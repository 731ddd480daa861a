/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "handshake/certificate_type.h"

/* What a server makes of a ClientHello: host, then suite, group, certificate and signature scheme together
 * (RFC 5246 7.4.1.3). */

/* RFC 6125 6.4.3: a wildcard stands for the whole leftmost label and nothing else. */
static bool dns_matches(struct slice pattern, struct slice name)
{
    if (pattern.len > 2 && pattern.data[0] == '*' && pattern.data[1] == '.') {
        const uint8_t *dot = memchr(name.data, '.', name.len);
        if (!dot || dot == name.data) {
            return false;
        }
        name = slice_after(name, (size_t)(dot - name.data));
        pattern = slice_after(pattern, 1);
    }
    return pattern.len == name.len &&
           strncasecmp((const char *)pattern.data, (const char *)name.data, name.len) == 0;
}

static bool identity_serves(const struct identity *identity, struct slice name)
{
    if (!identity->has_names) {
        return true;
    }
    for (size_t i = 0;; i++) {
        struct slice pattern = certificate_dns_name(identity->leaf, i);
        if (!pattern.len) {
            return false;
        }
        if (dns_matches(pattern, name)) {
            return true;
        }
    }
}

enum err choose_nothing(struct hs *hs, enum err e)
{
    const struct config *c = hs->config;
    bool tls13 = cursor_has(&hs->cursor, TLS13);
    const struct codes *ours = e == E_NO_COMMON_GROUP    ? &c->groups
                               : e == E_NO_COMMON_SCHEME ? &c->sign_schemes
                               : tls13                   ? &c->suites13
                                                         : &c->suites;
    const struct vocabulary *names = e == E_NO_COMMON_GROUP    ? &group_names
                                     : e == E_NO_COMMON_SCHEME ? &scheme_names
                                                               : &suite_names;
    char list[sizeof hs->detail - 60] = "";
    size_t at = 0, told = 0;
    for (; told < ours->count; told++) {
        const char *name = name_of(names, ours->code[told]);
        if (!name || at + 2 + strlen(name) >= sizeof list) {
            break;
        }
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", told ? ", " : "", name);
    }
    return hs_refuse(hs, e, "the client offers none of what the server has: %s%s", list,
                     told < ours->count ? " and more" : "");
}

bool choose_is_candidate(const struct hs *hs, size_t i)
{
    return !hs->server_name_used || identity_serves(&hs->config->identities[i], hs->offer.server_name);
}

static void ask_identity(struct hs *hs)
{
    hs->question = (struct question){
        .ask = ASK_PICK_IDENTITY,
        .server_name = hs->negotiated->server_name,
        .suites = hs->offer.suites,
        .groups = hs->offer.groups,
        .schemes = hs->offer.schemes,
        .trusted_cas = hs->offer.trusted_cas,
        .ca_names = hs->offer.ca_names,
    };
}

/* RFC 6066 3, RFC 9325 3.7: a name that is not served is refused, unless the config says otherwise. */
static enum err check_host(struct hs *hs)
{
    const struct config *c = hs->config;
    if (!hs->offer.server_name.len || hs->identity != ANY_IDENTITY) {
        hs->server_name_used = hs->offer.server_name.len != 0;
        return OK;
    }
    for (size_t i = 0; i < c->identity_count; i++) {
        if (identity_serves(&c->identities[i], hs->offer.server_name)) {
            hs->server_name_used = true;
            return OK;
        }
    }
    if (c->serve_unknown_names || !c->any_names) {
        return OK;
    }
    return hs_refuse(hs, E_UNRECOGNIZED_NAME, "the client asks for %s", hs->negotiated->server_name);
}

enum err choose_host_step(struct hs *hs)
{
    if (hs->config->asks & ASK_PICK_IDENTITY) {
        if (hs->answer.to != ASK_PICK_IDENTITY) {
            ask_identity(hs);
            return OK;
        }
        hs->answer.to = ASK_NOTHING;
        hs->identity = hs->answer.identity;
        if (hs->identity == NO_IDENTITY) {
            return hs_refuse(hs, E_NO_SERVER_IDENTITY, "the application picked none");
        }
    }
    return check_host(hs);
}

/* In TLS 1.2 any ECDSA scheme fits any curve (RFC 5246 7.4.1.4.1), but the one made for the key's curve
 * pleases everybody. */
static bool is_made_for(const struct scheme *s, const struct key_shape *key)
{
    return key->kind != KEY_EC || s->group == key->group;
}

const struct scheme *choose_scheme(const struct hs *hs, const struct identity *identity,
                                   struct slice peer_schemes)
{
    const struct codes *ours = &hs->config->sign_schemes;
    const struct key_shape *key = certificate_key(identity->leaf);
    const struct scheme *found = NULL;
    for (size_t i = 0; i < ours->count; i++) {
        const struct scheme *s = scheme_of(ours->code[i]);
        if (!s || !list_has16(peer_schemes, s->code) || !hs->version->scheme_fits(s, key)) {
            continue;
        }
        if (is_made_for(s, key)) {
            return s;
        }
        found = found ? found : s;
    }
    return found;
}

enum err choose_parameters_step(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (cursor_has(&hs->cursor, RESUMED)) {
        n->suite = suite_of(hs->session->suite);
        return n->suite ? OK : E_INTERNAL;
    }
    if (hs->config->require_ems && !n->ems) {
        return E_EXTENDED_MASTER_SECRET_REQUIRED;
    }
    TRY(choose_suite(hs));
    bool asks = hs->config->client_auth != CLIENT_AUTH_NONE || hs->request_certificate;
    if (asks && !hs->first_of_two && n->suite->auth != AUTH_ANON) {
        n->client_auth_requested = true;
        TRY(cursor_set(&hs->cursor, CLIENT_AUTH));
    }
    return certificate_types_choose(hs);
}
