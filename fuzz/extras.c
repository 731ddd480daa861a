/* SPDX-License-Identifier: MIT */
#include "extras.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "extras13.h"
#include "handshake/certificate_url.h"
#include "identities.h"
#include "stapled.h"

enum { OWN_ANSWERED = 65300, OWN_TOLD };
#define SITE "http://client.test/"

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

/* The server with the staple is Ed25519: nobody with RSA suites can be it. */
static bool has_stapled(uint32_t v)
{
    return !(v & (WITH_RSA | WITH_RAW_KEYS)) && (v & (WITH_STATUS | WITH_TRUSTED_CAS));
}

/* ---- who and whom ---- */
void extras_trust(hf_config *c, hf_side side, uint32_t v)
{
    if (side == HF_SERVER || !has_stapled(v)) { /* a server knows of its clients' root, and its own chain's */
        REQUIRE(hf_config_trust_pem(c, text(ROOT_PEM)) == HF_OK);
    }
    if (has_stapled(v)) {
        REQUIRE(hf_config_trust_pem(c, text(STAPLED_ROOT_PEM)) == HF_OK);
    }
}

/* With WITH_TRUSTED_CAS the chain that the client can verify is not the one that it is shown otherwise. */
void extras_server_identities(hf_config *c, uint32_t v)
{
    bool rsa = v & WITH_RSA && !(v & WITH_TLS13);
    if (v & WITH_RAW_KEYS) {
        return; /* it has a key, and no chain */
    }
    if (!has_stapled(v) || v & WITH_TRUSTED_CAS) {
        REQUIRE(hf_config_identity(c, text(rsa ? SERVER_RSA_PEM : SERVER_ED25519_PEM),
                                   text(rsa ? SERVER_RSA_KEY : SERVER_ED25519_KEY), NULL) == HF_OK);
    }
    if (has_stapled(v)) {
        REQUIRE(hf_config_identity(c, text(STAPLED_CHAIN_PEM), text(STAPLED_KEY), NULL) == HF_OK);
    }
}

/* ---- status, timestamps ---- */
static void set_status(hf_config *c, hf_side side, uint32_t v)
{
    static const uint8_t scts[] = {0, 9, 0, 3, 'o', 'n', 'e', 0, 2, 't', 'w'};
    if (side == HF_CLIENT) {
        REQUIRE(hf_config_status(c, HF_STATUS_SOFT) == HF_OK && hf_config_sct(c, true) == HF_OK);
    } else if (has_stapled(v)) {
        size_t identity = v & WITH_TRUSTED_CAS ? 1 : 0;
        const hf_bytes staples[] = {{staple_of_the_leaf, sizeof staple_of_the_leaf},
                                    {staple_of_the_intermediate, sizeof staple_of_the_intermediate}};
        hf_problem why;
        for (size_t i = 0; i < 2; i++) {
            REQUIRE(hf_config_staple(c, staples[i], &why) == HF_OK && !why.sentence[0]);
        }
        REQUIRE(hf_config_sct_list(c, identity, (hf_bytes){scts, sizeof scts}) == HF_OK);
    }
}

/* ---- trusted_ca_keys ---- */
static void set_trusted_cas(hf_config *c, hf_side side, uint32_t v)
{
    if (side == HF_CLIENT) { /* RFC 6066 6: pre_agreed among names, or alone where there is ALPN */
        unsigned names = HF_TRUSTED_CA_KEY_SHA1_HASH | HF_TRUSTED_CA_X509_NAME | HF_TRUSTED_CA_CERT_SHA1_HASH;
        REQUIRE(hf_config_send_trusted_cas(c, v & WITH_ALPN ? HF_TRUSTED_CA_PRE_AGREED : names) == HF_OK);
    } else {
        REQUIRE(hf_config_identity_pre_agreed(c, has_stapled(v) ? 1 : 0) == HF_OK);
        REQUIRE(hf_config_require_trusted_ca(c, v & WITH_SESSION) == HF_OK);
    }
}

/* ---- certificates behind URLs, one by one or as a path ---- */
static struct slice published(bool is_pkipath)
{
    static struct span leaf;
    static struct buffer chain = {.limit = 1 << 14}, path = {.limit = 1 << 14};
    if (!leaf.data) {
        REQUIRE(certificate_from_pem(slice_of_string(CLIENT_ED25519_PEM), 0, &leaf) == OK);
        REQUIRE(chain_append(slice_of_span(leaf), &chain) == OK &&
                pkipath_encode(buffer_slice(&chain), &path) == OK);
    }
    return is_pkipath ? buffer_slice(&path) : slice_of_span(leaf);
}

void extras_fetch(hf_conn *conn, const hf_question *q)
{
    bool ours = q->url.len > strlen(SITE) && memcmp(q->url.data, SITE, strlen(SITE)) == 0;
    struct slice content = ours ? published(q->is_pkipath) : slice_of(NULL, 0);
    REQUIRE(hf_answer_fetched(conn, (hf_bytes){content.data, content.len}) == HF_OK);
}

static void set_urls(hf_config *c, hf_side side, uint32_t v)
{
    bool path = v & WITH_ALPN;
    if (side == HF_CLIENT && v & WITH_IDENTITY) {
        REQUIRE(hf_config_identity_url(c, 0, path, path ? SITE "path" : SITE "leaf") == HF_OK);
    }
}

/* ---- extensions of the application's own ---- */
static void set_own(hf_config *c, hf_side side)
{
    hf_bytes body = text(side == HF_CLIENT ? "asked" : "answered");
    REQUIRE(hf_config_extension(c, OWN_ANSWERED, HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO, body) == HF_OK);
    REQUIRE(hf_config_extension(c, OWN_TOLD, HF_IN_CLIENT_HELLO, (hf_bytes){NULL, 0}) == HF_OK);
}

void extras_set(hf_config *c, hf_side side, uint32_t v)
{
    if (v & WITH_STATUS) {
        set_status(c, side, v);
    }
    if (v & WITH_TRUSTED_CAS) {
        set_trusted_cas(c, side, v);
    }
    if (v & WITH_URLS) {
        set_urls(c, side, v);
    }
    if (v & WITH_OWN) {
        set_own(c, side);
    }
}

/* Without the certificate that is required: in TLS 1.3 the client learns of it when it is complete. A
 * pre-shared key is enough, until it is asked for all the same. */
static bool is_refused(uint32_t v)
{
    bool required = v & WITH_RSA && v & WITH_CLIENT;
    return required && !(v & WITH_IDENTITY) && (!(v & WITH_PSK) || v & WITH_LATER);
}

static void require_full(const hf_summary *c, const hf_summary *s, uint32_t v)
{
    bool good = has_stapled(v);
    if (v & WITH_STATUS) {
        REQUIRE(c->peer_status == (good ? HF_STAPLE_GOOD : HF_STAPLE_MISSING));
        REQUIRE((c->peer_sct_list.len > 0) == good);
    }
    REQUIRE(!(v & WITH_TRUSTED_CAS) || c->trusted_ca);
    bool asked = v & (WITH_CLIENT | WITH_LATER), shown = asked && v & WITH_IDENTITY;
    REQUIRE(s->peer_verified == shown);
}

/* For who reads a finding. */
static void tell_failure(const hf_conn *conn)
{
    const hf_failure *f = hf_failed(conn);
    if (f) {
        (void)fprintf(stderr, "%s at %s: %s\n", hf_err_name(f->err), f->step, f->detail);
    }
}

void extras_require(const hf_conn *client, const hf_conn *server, uint32_t v)
{
    const hf_summary *c = hf_negotiated(client), *s = hf_negotiated(server);
    if (is_refused(v)) {
        REQUIRE(hf_failed(client) && hf_failed(server) && (!s->complete || v & WITH_PSK));
        return;
    }
    tell_failure(client);
    tell_failure(server);
    REQUIRE(c->complete && s->complete && !hf_failed(client) && !hf_failed(server));
    REQUIRE(c->resumed == s->resumed);
    if (v & WITH_OWN) {
        REQUIRE(hf_extension_received(client, OWN_ANSWERED).len == strlen("answered"));
        REQUIRE(hf_extension_received(server, OWN_ANSWERED).len == strlen("asked"));
    }
    if (!c->resumed && c->psk != HF_PSK_USED) {
        require_full(c, s, v);
    }
    extras13_require(client, server, v);
}
