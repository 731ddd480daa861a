/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tls12/tls12.h"

/* ClientKeyExchange, RFC 8422 5.7, and the secret both sides make of the two shares. */

enum err agree_secret_step(struct hs *hs)
{
    bool client = hs->cursor.me == CLIENT;
    if (client) {
        TRY(kx_start(hs->negotiated->group, &hs->config->random, &hs->share));
    }
    TRY(kx_finish(&hs->share, slice_of(hs->peer_share, hs->peer_share_len), &hs->premaster));
    return client ? OK
                  : tls12_derive_master(hs); /* a client's ClientKeyExchange is not in the transcript yet */
}

enum err client_key_exchange_build(struct hs *hs, struct outgoing *out)
{
    out->message.client_key_exchange_ecdhe.point =
        slice_of(hs->share.public_key, hs->share.group->share_size);
    return OK;
}

enum err client_key_exchange_handle(struct hs *hs, const union any_message *m)
{
    struct slice point = m->client_key_exchange_ecdhe.point;
    if (point.len != hs->share.group->share_size) {
        return hs_refuse(hs, E_BAD_KEY_SHARE, "%zu bytes for %s", point.len, hs->share.group->name);
    }
    memcpy(hs->peer_share, point.data, point.len);
    hs->peer_share_len = point.len;
    return OK;
}

enum err client_key_exchange_after(struct hs *hs)
{
    return hs->cursor.me == CLIENT ? tls12_derive_master(hs) : OK;
}
