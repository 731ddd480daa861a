/* SPDX-License-Identifier: MIT */
#include "handshake/certificate_type.h"

#include <stdio.h>
#include <string.h>

/* ---- what a config has ---- */
enum certificate_type identity_type(const struct identity *identity)
{
    return certificate_is_raw_key(identity->leaf) ? CERTIFICATE_RAW_KEY : CERTIFICATE_X509;
}

bool certificate_types_have(const struct certificate_types *t, uint8_t type)
{
    return list_has8(slice_of(t->type, t->count), type);
}

static void add(struct certificate_types *t, enum certificate_type type)
{
    if (!certificate_types_have(t, (uint8_t)type)) {
        t->type[t->count++] = (uint8_t)type;
    }
}

struct certificate_types certificate_types_provided(const struct config *c)
{
    struct certificate_types t = {.count = 0};
    for (size_t i = 0; i < c->identity_count; i++) {
        add(&t, identity_type(&c->identities[i]));
    }
    return t;
}

struct certificate_types certificate_types_taken(const struct config *c)
{
    struct certificate_types t = {.count = 0};
    bool unverified = c->side == CLIENT && !c->verify;
    if (c->trusted_keys || c->raw_keys_asked) {
        add(&t, CERTIFICATE_RAW_KEY);
    }
    if (!t.count || trust_count(c->trust) || unverified || c->asks & ASK_VERIFY) {
        add(&t, CERTIFICATE_X509);
    }
    return t;
}

/* ---- a server ---- */
bool certificate_type_fits(const struct hs *hs, const struct identity *identity)
{
    enum certificate_type type = identity_type(identity);
    /* RFC 7250 4.1: a client that says nothing takes X.509 */
    return hs->offer.server_types.data ? list_has8(hs->offer.server_types, (uint8_t)type)
                                       : type == CERTIFICATE_X509;
}

bool certificate_types_meet(const struct hs *hs)
{
    const struct config *c = hs->config;
    size_t i = 0;
    while (i < c->identity_count && !certificate_type_fits(hs, &c->identities[i])) {
        i++;
    }
    return i < c->identity_count || !i;
}

/* The first of ours that the client has, for GnuTLS lists X.509 first, also where it has no certificate. RFC
 * 7250 4.2: where there is none it is not answered; a server that cannot do without knows already how it
 * would end. */
static enum err choose_client_type(struct hs *hs)
{
    const struct certificate_types taken = certificate_types_taken(hs->config);
    for (size_t i = 0; i < taken.count; i++) {
        if (list_has8(hs->offer.client_types, taken.type[i])) {
            hs->negotiated->later_type = (enum certificate_type)taken.type[i];
            hs->answers_type[CLIENT] = true;
            return OK;
        }
    }
    bool needed = hs->config->client_auth == CLIENT_AUTH_REQUIRE && cursor_has(&hs->cursor, CLIENT_AUTH);
    return needed ? hs_refuse(hs, E_NO_COMMON_CERTIFICATE_TYPE,
                              "the client has no certificate of a type that this server takes")
                  : OK;
}

/* RFC 7250 4.2: said only where the client is asked; RFC 8446 4.6.2: behind the handshake it is too late to
 * agree on one. */
static bool is_asked(const struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    bool later = n->version >= TLS_1_3 && n->post_handshake_auth && hs->config->certificate_request13.data;
    return (cursor_has(&hs->cursor, CLIENT_AUTH) || later) && hs->offer.client_types.data;
}

enum err certificate_types_choose(struct hs *hs)
{
    const struct config *c = hs->config;
    struct negotiated *n = hs->negotiated;
    if (hs->identity < c->identity_count) {
        n->certificate_type[SERVER] = identity_type(&c->identities[hs->identity]);
        hs->answers_type[SERVER] = hs->offer.server_types.data != NULL;
    }
    if (is_asked(hs)) {
        TRY(choose_client_type(hs));
        n->certificate_type[CLIENT] = n->later_type;
    }
    return OK;
}

enum err certificate_types_choose_later(struct hs *hs)
{
    return is_asked(hs) ? choose_client_type(hs) : OK;
}

bool certificate_types_resume(const struct hs *hs, const struct session *s)
{
    static const uint8_t x509[] = {CERTIFICATE_X509};
    const struct slice otherwise = slice_of(x509, 1);
    const struct offer *o = &hs->offer;
    struct slice server = o->server_types.data ? o->server_types : otherwise;
    struct slice client = o->client_types.data ? o->client_types : otherwise;
    return list_has8(server, s->own_raw_key ? CERTIFICATE_RAW_KEY : CERTIFICATE_X509) &&
           (!s->peer || list_has8(client, s->peer->raw_key ? CERTIFICATE_RAW_KEY : CERTIFICATE_X509));
}

void certificate_types_resumed(struct hs *hs)
{
    const struct session *s = hs->session;
    enum certificate_type *type = hs->negotiated->certificate_type;
    enum side me = hs->cursor.me;
    type[me] = s->own_raw_key ? CERTIFICATE_RAW_KEY : CERTIFICATE_X509;
    type[other_side(me)] = s->peer && s->peer->raw_key ? CERTIFICATE_RAW_KEY : CERTIFICATE_X509;
}

/* ---- the peer's key ---- */
static bool is_trusted(const struct trusted_keys *t, const uint8_t digest[KEY_DIGEST_SIZE])
{
    for (size_t i = 0; t && i < t->count; i++) {
        if (memcmp(t->digest[i], digest, KEY_DIGEST_SIZE) == 0) { /* public: of a public key */
            return true;
        }
    }
    return false;
}

/* RFC 9325 4.5: as in a chain; also where whoever lists a key's digest has not seen its size. */
static bool is_weak(const struct chain_policy *policy, const struct key_shape *key)
{
    bool rsa = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    return rsa ? key->bits < policy->min_rsa_bits : key->kind == KEY_EC && key->bits < policy->min_ec_bits;
}

/* RFC 7250 4.3, 4.4: only what both sides know beforehand says whose key it is. It has no name that could be
 * compared, and no date. */
enum err raw_key_judge(struct hs *hs)
{
    const struct config *c = hs->config;
    uint8_t digest[KEY_DIGEST_SIZE];
    TRY(certificate_key_digest(hs->peer_certificate, digest));
    hs->verdict = (struct chain_verdict){.not_after = certificate_not_after(hs->peer_certificate)};
    hs->verdict.err = !is_trusted(c->trusted_keys, digest)                        ? E_RAW_KEY_NOT_TRUSTED
                      : is_weak(&c->chain, certificate_key(hs->peer_certificate)) ? E_WEAK_KEY
                                                                                  : OK;
    (void)snprintf(hs->verdict.detail, sizeof hs->verdict.detail, "%s",
                   hs->verdict.err == OK ? "" : hs->negotiated->peer->subject);
    (void)hs_checked(hs, CHECK_RAW_KEY, hs->verdict.err);
    return OK;
}
