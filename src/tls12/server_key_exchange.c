/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tls12/tls12.h"

/* ServerKeyExchange, RFC 8422 5.4: the server's share, signed together with both randoms. */
#define NAMED_CURVE 3

enum err make_key_share_step(struct hs *hs)
{
    return kx_start(hs->negotiated->group, &hs->config->random, &hs->share);
}

/* What is signed: both randoms, then the parameters as they stand in the message (RFC 5246 7.4.3). */
static enum err signed_params(struct hs *hs, struct slice share)
{
    const struct negotiated *n = hs->negotiated;
    struct writer w = writer_of(hs->signed_params, sizeof hs->signed_params);
    write_bytes(&w, slice_of(n->client_random, RANDOM_SIZE));
    write_bytes(&w, slice_of(n->server_random, RANDOM_SIZE));
    write_number(&w, NAMED_CURVE, 1);
    write_number(&w, n->group->code, 2);
    write_vector(&w, 1, share);
    hs->signed_params_len = w.len;
    return w.full ? E_INTERNAL : OK;
}

enum err server_key_exchange_sign(struct hs *hs)
{
    TRY(signed_params(hs, slice_of(hs->share.public_key, hs->share.group->share_size)));
    return identity_sign(hs, slice_of(hs->signed_params, hs->signed_params_len));
}

enum err server_key_exchange_build(struct hs *hs, struct outgoing *out)
{
    hs->negotiated->server_scheme = hs->scheme;
    out->message.server_key_exchange_ecdhe = (struct server_key_exchange_ecdhe){
        .curve_type = NAMED_CURVE,
        .named_curve = hs->share.group->code,
        .point = slice_of(hs->share.public_key, hs->share.group->share_size),
        .scheme = hs->scheme->code,
        .signature = slice_of(hs->signature.bytes, hs->signature.len),
    };
    return OK;
}

enum err tls12_peer_scheme(struct hs *hs, uint16_t code, const struct scheme **out)
{
    const struct scheme *s = scheme_of(code);
    const char *name = name_of(&scheme_names, code);
    if (!s || !codes_have(&hs->config->accept_schemes, code)) {
        return hs_refuse(hs, E_SCHEME_NOT_OFFERED, "%s (0x%04x)", name ? name : "an unknown scheme", code);
    }
    if (!scheme_fits(s, certificate_key(hs->peer_certificate))) {
        return hs_refuse(hs, E_SCHEME_UNFIT_FOR_KEY, "%s", s->name);
    }
    *out = s;
    return OK;
}

enum err server_key_exchange_handle(struct hs *hs, const union any_message *message)
{
    const struct server_key_exchange_ecdhe *m = &message->server_key_exchange_ecdhe;
    struct negotiated *n = hs->negotiated;
    if (m->curve_type != NAMED_CURVE) {
        return hs_refuse(hs, E_CURVE_TYPE_UNSUPPORTED, "curve type %u", m->curve_type);
    }
    n->group = group_of(m->named_curve);
    if (!n->group || !codes_have(&hs->config->groups, m->named_curve)) {
        n->group = NULL;
        return hs_refuse(hs, E_GROUP_NOT_OFFERED, "group 0x%04x", m->named_curve);
    }
    if (m->point.len != n->group->share_size) {
        return hs_refuse(hs, E_BAD_KEY_SHARE, "%zu bytes for %s", m->point.len, n->group->name);
    }
    const struct scheme *scheme = NULL;
    TRY(tls12_peer_scheme(hs, m->scheme, &scheme));
    TRY(signed_params(hs, m->point));
    TRY(certificate_verify_signature(hs->peer_certificate, scheme,
                                     slice_of(hs->signed_params, hs->signed_params_len), m->signature));
    n->server_scheme = scheme;
    memcpy(hs->peer_share, m->point.data, m->point.len);
    hs->peer_share_len = m->point.len;
    return OK;
}
