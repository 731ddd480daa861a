/* SPDX-License-Identifier: MIT */
#include "tls12/kx.h"
#include "tls12/tls12.h"

/* ServerKeyExchange, RFC 5246 7.4.3: the frame around a key exchange's parameters, and their signature. */

const struct layout *server_key_exchange_layout(const struct hs *hs)
{
    const struct kx *kx = kx_of(hs);
    return cursor_has(&hs->cursor, EPHEMERAL_SIGNED) ? kx->signed_params : kx->params;
}

enum err make_key_share_step(struct hs *hs)
{
    return kx_of(hs)->start(hs);
}

/* What is signed: both randoms, then the parameters as they stand in the message. */
static enum err gather_signed(struct hs *hs, const struct server_key_exchange *m)
{
    const struct negotiated *n = hs->negotiated;
    uint8_t bytes[PARAMS_ENCODED_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    TRY(layout_encode(kx_of(hs)->params, m, &w));
    buffer_drop(&hs->signed_params, buffer_len(&hs->signed_params));
    TRY(buffer_append(&hs->signed_params, slice_of(n->client_random, RANDOM_SIZE)));
    TRY(buffer_append(&hs->signed_params, slice_of(n->server_random, RANDOM_SIZE)));
    return buffer_append(&hs->signed_params, written(&w));
}

enum err server_key_exchange_sign(struct hs *hs)
{
    struct server_key_exchange m = {0};
    kx_of(hs)->write(hs, &m);
    TRY(gather_signed(hs, &m));
    return identity_sign(hs, buffer_slice(&hs->signed_params));
}

enum err server_key_exchange_build(struct hs *hs, struct outgoing *out)
{
    struct server_key_exchange *m = &out->message.server_key_exchange;
    *m = (struct server_key_exchange){0};
    kx_of(hs)->write(hs, m);
    if (cursor_has(&hs->cursor, EPHEMERAL_SIGNED)) {
        hs->negotiated->server_scheme = hs->scheme;
        m->scheme = hs->scheme->code;
        m->signature = slice_of(hs->signature.bytes, hs->signature.len);
    }
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

static enum err verify_signed(struct hs *hs, const struct server_key_exchange *m)
{
    const struct scheme *scheme = NULL;
    TRY(tls12_peer_scheme(hs, m->scheme, &scheme));
    TRY(gather_signed(hs, m));
    enum err e = certificate_verify_signature(hs->peer_certificate, scheme, buffer_slice(&hs->signed_params),
                                              m->signature);
    TRY(hs_checked(hs, CHECK_SIGNATURE, e));
    hs->negotiated->server_scheme = scheme;
    return OK;
}

enum err server_key_exchange_handle(struct hs *hs, const union any_message *message)
{
    const struct server_key_exchange *m = &message->server_key_exchange;
    TRY(kx_of(hs)->read(hs, m));
    return cursor_has(&hs->cursor, EPHEMERAL_SIGNED) ? verify_signed(hs, m) : OK;
}
