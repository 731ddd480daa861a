/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tls13/tls13.h"

/* CertificateVerify, RFC 8446 4.4.3: a signature over the hash of all messages so far, which says whose it
 * is. */
#define SPACES 64

enum err tls13_signed_content(enum side by, struct slice hash, struct writer *w)
{
    uint8_t spaces[SPACES];
    const char *label = by == SERVER ? "TLS 1.3, server CertificateVerify"
                                     : "TLS 1.3, client CertificateVerify";
    memset(spaces, ' ', sizeof spaces);
    write_bytes(w, slice_of(spaces, sizeof spaces));
    write_bytes(w, slice_of(label, strlen(label) + 1));
    write_bytes(w, hash);
    return w->full ? E_INTERNAL : OK;
}

static enum err content(struct hs *hs, enum side by, struct writer *w)
{
    uint8_t bytes[HASH_MAX];
    struct slice hash;
    TRY(transcript_hash(&hs->transcript, bytes, &hash));
    return tls13_signed_content(by, hash, w);
}

/* What is signed stays where an application that is asked can read it. */
enum err tls13_sign_step(struct hs *hs)
{
    uint8_t bytes[TLS13_SIGNED_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    TRY(content(hs, hs->cursor.me, &w));
    buffer_drop(&hs->signed_params, buffer_len(&hs->signed_params));
    TRY(buffer_append(&hs->signed_params, written(&w)));
    return identity_sign(hs, buffer_slice(&hs->signed_params));
}

static void keep_scheme(struct hs *hs, enum side by, const struct scheme *s)
{
    *(by == SERVER ? &hs->negotiated->server_scheme : &hs->negotiated->client_scheme) = s;
}

enum err tls13_certificate_verify_build(struct hs *hs, struct outgoing *out)
{
    keep_scheme(hs, hs->cursor.me, hs->scheme);
    out->message.certificate_verify = (struct certificate_verify){
        .scheme = hs->scheme->code,
        .signature = slice_of(hs->signature.bytes, hs->signature.len),
    };
    return OK;
}

static enum err peer_scheme(struct hs *hs, uint16_t code, const struct scheme **out)
{
    const struct scheme *s = scheme_of(code);
    const char *name = name_of(&scheme_names, code);
    if (!s || !codes_have(&hs->config->accept_schemes, code)) {
        return hs_refuse(hs, E_SCHEME_NOT_OFFERED, "%s (0x%04x)", name ? name : "an unknown scheme", code);
    }
    if (!scheme_fits13(s, certificate_key(hs->peer_certificate))) {
        return hs_refuse(hs, E_SCHEME_UNFIT_FOR_KEY, "%s", s->name);
    }
    *out = s;
    return OK;
}

enum err tls13_certificate_verify_handle(struct hs *hs, const union any_message *m)
{
    const struct scheme *scheme = NULL;
    enum side peer = other_side(hs->cursor.me);
    uint8_t bytes[TLS13_SIGNED_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    TRY(peer_scheme(hs, m->certificate_verify.scheme, &scheme));
    TRY(content(hs, peer, &w));
    enum err e = certificate_verify_signature(hs->peer_certificate, scheme, written(&w),
                                              m->certificate_verify.signature);
    TRY(hs_checked(hs, CHECK_SIGNATURE, e));
    keep_scheme(hs, peer, scheme);
    return OK;
}
