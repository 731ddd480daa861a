/* SPDX-License-Identifier: MIT */
#include "handshake/certificate_type.h"
#include "handshake/fit.h"
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

static enum err check_key(struct hs *hs)
{
    const struct key_shape *key = certificate_key(hs->peer_certificate);
    if (key->kind == KEY_NONE || (key->kind == KEY_EC && !codes_have(&hs->config->groups, key->group))) {
        return hs_refuse(hs, E_UNSUPPORTED_CERTIFICATE,
                         "certificate 0 (%s) has a key of a kind or curve that is not enabled",
                         hs->negotiated->peer->subject);
    }
    return OK;
}

/* Checklist K5: a key is used only as its certificate allows. */
static enum err refuse_usage(struct hs *hs, const char *lacks)
{
    return hs_refuse(hs, E_WRONG_KEY_USAGE, "certificate 0 (%s) lacks %s", hs->negotiated->peer->subject,
                     lacks);
}

static enum err check_server_leaf(struct hs *hs)
{
    const struct certificate *leaf = hs->peer_certificate;
    const struct suite *suite = hs->negotiated->suite;
    enum key_use use = suite_key_use(suite);
    if (use == KEY_SIGNS && !certificate_may_sign(leaf)) {
        return refuse_usage(hs, "digitalSignature");
    }
    if (use == KEY_ENCIPHERS && !certificate_may_encipher(leaf)) {
        return refuse_usage(hs, "keyEncipherment");
    }
    if (use == KEY_AGREES && !certificate_may_agree(leaf)) {
        return refuse_usage(hs, "keyAgreement");
    }
    if (!certificate_serves(leaf, suite)) {
        return hs_refuse(hs, E_UNSUPPORTED_CERTIFICATE, "certificate 0 (%s) does not serve %s",
                         hs->negotiated->peer->subject, suite->name);
    }
    return OK;
}

/* A certificate that can sign is followed by CertificateVerify; one for static ECDH is the proof itself. */
static enum err take_client_leaf(struct hs *hs)
{
    const struct certificate *leaf = hs->peer_certificate;
    const struct group *group = hs->negotiated->group;
    if (certificate_is_fixed_ecdh(leaf, hs->negotiated->suite, group ? group->code : 0)) {
        transcript_stop_keeping(&hs->transcript); /* no CertificateVerify will come */
        return cursor_set(&hs->cursor, CLIENT_CERTIFICATE);
    }
    if (!certificate_may_sign(leaf)) {
        return refuse_usage(hs, "digitalSignature");
    }
    return cursor_set(&hs->cursor, CLIENT_CERTIFICATE | CLIENT_SIGNS);
}

enum err certificate_take(struct hs *hs, struct slice chain)
{
    if (!list_is_sound(chain, 3)) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE,
                         "the certificate list does not add up, or has an empty entry");
    }
    TRY(peer_certificate_take(hs, chain));
    TRY(check_key(hs));
    return hs->cursor.me == CLIENT ? check_server_leaf(hs) : take_client_leaf(hs);
}

/* RFC 7250 3: no list, but one SubjectPublicKeyInfo, which is kept as a list of one. */
static enum err take_raw_key(struct hs *hs, struct slice spki)
{
    struct buffer list = {.limit = hs->config->certificate_limit + 3, .harmless = true};
    enum err e = buffer_append_vector(&list, 3, spki);
    e = e == OK ? certificate_take(hs, buffer_slice(&list)) : e;
    buffer_free(&list);
    return e;
}

enum err certificate_handle(struct hs *hs, const union any_message *m)
{
    struct slice chain = m->certificate.certificate_list;
    if (!chain.len) {
        if (hs->cursor.me == CLIENT) {
            return E_EMPTY_SERVER_CERTIFICATE;
        }
        transcript_stop_keeping(&hs->transcript); /* no CertificateVerify will come */
        return hs->config->client_auth == CLIENT_AUTH_REQUIRE ? E_CLIENT_CERTIFICATE_MISSING
                                                              : renegotiation_check_peer(hs);
    }
    bool raw = hs->negotiated->certificate_type[other_side(hs->cursor.me)] == CERTIFICATE_RAW_KEY;
    return raw ? take_raw_key(hs, chain) : certificate_take(hs, chain);
}
