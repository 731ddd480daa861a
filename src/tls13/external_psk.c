/* SPDX-License-Identifier: MIT */
#include "handshake/psk.h"
#include "tls13/tls13.h"

/* Keys that were agreed on elsewhere, RFC 8446 4.2.11, RFC 9257: whether a server takes one, and what both
 * sides know of each other by it. */

/* A server that wants to see a certificate is not content with less: RFC 8446 4.3.2 forbids to ask for one
 * beside a key. */
static enum psk_verdict weigh(const struct hs *hs, const struct external_psk *psk)
{
    const struct config *c = hs->config;
    const struct suite *retried = hs_is_retried(hs) ? hs->negotiated->suite : NULL;
    if (c->client_auth == CLIENT_AUTH_REQUIRE && !c->psk_for_client_auth) {
        return PSK_CLIENT_AUTH;
    }
    if (retried ? retried->hash != psk->hash : !tls13_prefer_suite(hs, psk->hash)) {
        return PSK_PARAMETERS;
    }
    return PSK_USED;
}

enum psk_verdict external_psk_weigh(struct hs *hs, const struct external_psk *psk)
{
    enum psk_verdict verdict = weigh(hs, psk);
    hs->negotiated->psk = verdict;
    return verdict;
}

enum err external_psk_take(struct hs *hs, const struct external_psk *psk)
{
    hs->external = psk;
    return secret_set(&hs->psk, secret_slice(&psk->key));
}

enum hash external_psk_hash(const struct hs *hs)
{
    struct slice identity, binder;
    for (size_t i = 0; i < PSKS_LOOKED_AT && psk_at(hs, i, &identity, &binder); i++) {
        const struct external_psk *psk = external_psk_find(&hs->config->psks, identity);
        if (psk && weigh(hs, psk) == PSK_USED) {
            return psk->hash;
        }
    }
    return HASH_NONE;
}

enum err external_psk_missing(struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    const char *why = !hs->offer.psk       ? "the client offers no pre_shared_key"
                      : !psk_mode_fits(hs) ? "the client uses keys in no way that this server does"
                      : n->psk == PSK_CLIENT_AUTH
                          ? "its key may not stand for the certificate that it must show"
                      : n->psk == PSK_PARAMETERS
                          ? "its key is for another hash than the cipher suites in common"
                          : "none of its identities is known";
    return hs_refuse(hs, E_UNKNOWN_PSK_IDENTITY, "%s", why);
}

/* ---- once ServerHello says that it is used ---- */
enum err external_psk_used(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    n->psk = PSK_USED;
    n->external_psk = hs->external;
    n->authenticated = hs->now;
    if (n->asked_psk) {
        secret_wipe(&n->asked_psk->key);
    }
    if (hs->session) { /* a client offered it too */
        resume_not(hs, SESSION_UNKNOWN);
    }
    return OK;
}

enum err external_psk_not_used(struct hs *hs)
{
    const struct config *c = hs->config;
    struct negotiated *n = hs->negotiated;
    bool offered = hs->cursor.me == CLIENT ? c->psks.count : hs->offer.psk && config_takes_psks(c);
    n->psk = offered && n->psk == PSK_NONE ? PSK_UNKNOWN : n->psk;
    return hs->cursor.me == CLIENT && c->psk_only ? E_PSK_NOT_TAKEN : OK;
}
