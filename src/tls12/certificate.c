/* SPDX-License-Identifier: MIT */
#include "tls12/tls12.h"

/* Certificate, RFC 5246 7.4.2 (server's) and 7.4.6 (client's). */

enum err certificate_build(struct hs *hs, struct outgoing *out)
{
    if (hs->identity == NO_IDENTITY) { /* a client that was asked and has none that fits: RFC 5246 7.4.6 */
        out->message.certificate.certificate_list = slice_of(out->scratch.base, 0);
        return OK;
    }
    out->whole = slice_of_span(hs->config->identities[hs->identity].message);
    return OK;
}

static enum err check_server_leaf(struct hs *hs)
{
    const struct key_shape *key = certificate_key(hs->peer_certificate);
    bool rsa = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    bool ecdsa = key->kind == KEY_EC || key->kind == KEY_ED25519;
    if (hs->negotiated->suite->auth == AUTH_RSA ? !rsa : !ecdsa) {
        return hs_refuse(hs, E_UNSUPPORTED_CERTIFICATE, "certificate 0 (%s) does not serve %s",
                         hs->negotiated->peer->subject, hs->negotiated->suite->name);
    }
    return OK;
}

static enum err check_leaf(struct hs *hs)
{
    if (!certificate_may_sign(hs->peer_certificate)) { /* checklist K5 */
        return hs_refuse(hs, E_WRONG_KEY_USAGE, "certificate 0 (%s) lacks digitalSignature",
                         hs->negotiated->peer->subject);
    }
    const struct key_shape *key = certificate_key(hs->peer_certificate);
    if (key->kind == KEY_NONE || (key->kind == KEY_EC && !codes_have(&hs->config->groups, key->group))) {
        return hs_refuse(hs, E_UNSUPPORTED_CERTIFICATE,
                         "certificate 0 (%s) has a key of a kind or curve that is not enabled",
                         hs->negotiated->peer->subject);
    }
    return OK;
}

enum err certificate_handle(struct hs *hs, const union any_message *m)
{
    struct slice chain = m->certificate.certificate_list;
    bool client = hs->cursor.me == CLIENT;
    if (!chain.len) {
        if (client) {
            return E_EMPTY_SERVER_CERTIFICATE;
        }
        transcript_stop_keeping(&hs->transcript); /* no CertificateVerify will come */
        return hs->config->client_auth == CLIENT_AUTH_REQUIRE ? E_CLIENT_CERTIFICATE_MISSING : OK;
    }
    if (!list_is_sound(chain, 3)) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE,
                         "the certificate list does not add up, or has an empty entry");
    }
    TRY(peer_certificate_take(hs, chain));
    TRY(check_leaf(hs));
    return client ? check_server_leaf(hs) : cursor_set(&hs->cursor, CLIENT_CERTIFICATE | CLIENT_SIGNS);
}
