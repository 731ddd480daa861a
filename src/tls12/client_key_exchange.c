/* SPDX-License-Identifier: MIT */
#include "tls12/kx.h"
#include "tls12/tls12.h"

/* ClientKeyExchange, RFC 5246 7.4.7, and the premaster secret both sides agree on. */

const struct kx *kx_of(const struct hs *hs)
{
    static const struct kx *const all[] = {
        [KX_ECDHE] = &kx_ecdhe, [KX_DHE] = &kx_dhe, [KX_RSA] = &kx_rsa, [KX_ECDH] = &kx_ecdh};
    return all[hs->negotiated->suite->kx];
}

enum err kx_keep_share(struct hs *hs, struct slice share)
{
    buffer_drop(&hs->peer_share, buffer_len(&hs->peer_share));
    return buffer_append(&hs->peer_share, share);
}

const struct layout *client_key_exchange_layout(const struct hs *hs)
{
    const struct kx *kx = kx_of(hs);
    return kx->choose_client ? kx->choose_client(hs) : kx->client;
}

enum err agree_secret_step(struct hs *hs)
{
    if (hs->cursor.me == CLIENT) {
        return kx_of(hs)->agree_client(
            hs); /* the master secret waits: ClientKeyExchange is part of it (RFC 7627 3) */
    }
    TRY(kx_of(hs)->agree_server(hs));
    return tls12_derive_master(hs);
}

enum err client_key_exchange_build(struct hs *hs, struct outgoing *out)
{
    out->message.client_key_exchange = (struct client_key_exchange){0};
    return kx_of(hs)->build(hs, &out->message.client_key_exchange);
}

enum err client_key_exchange_handle(struct hs *hs, const union any_message *m)
{
    return kx_of(hs)->handle(hs, &m->client_key_exchange);
}

enum err client_key_exchange_after(struct hs *hs)
{
    return hs->cursor.me == CLIENT ? tls12_derive_master(hs) : OK;
}
