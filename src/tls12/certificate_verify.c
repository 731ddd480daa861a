/* SPDX-License-Identifier: MIT */
#include "tls12/tls12.h"

/* CertificateVerify, RFC 5246 7.4.8: a signature over all messages so far. */

enum err certificate_verify_sign(struct hs *hs)
{
    return identity_sign(hs, transcript_messages(&hs->transcript));
}

enum err certificate_verify_build(struct hs *hs, struct outgoing *out)
{
    hs->negotiated->client_scheme = hs->scheme;
    out->message.certificate_verify = (struct certificate_verify){
        .scheme = hs->scheme->code,
        .signature = slice_of(hs->signature.bytes, hs->signature.len),
    };
    return OK;
}

enum err certificate_verify_handle(struct hs *hs, const union any_message *m)
{
    const struct scheme *scheme = NULL;
    if (hs->certificate_unobtained) { /* RFC 6066 5: it proves nothing, and the client stays unknown */
        return OK;
    }
    TRY(tls12_peer_scheme(hs, m->certificate_verify.scheme, &scheme));
    enum err e = certificate_verify_signature(
        hs->peer_certificate, scheme, transcript_messages(&hs->transcript), m->certificate_verify.signature);
    TRY(hs_checked(hs, CHECK_SIGNATURE, e));
    hs->negotiated->client_scheme = scheme;
    return OK;
}

enum err certificate_verify_after(struct hs *hs)
{
    transcript_stop_keeping(&hs->transcript);
    return OK;
}
