/* SPDX-License-Identifier: MIT */
#include "handshake/fit.h"
#include "tls12/kx.h"

/*
 * Static ECDH, RFC 4492 2.1, 2.3: the server's share is its certificate's key; the client's is fresh, or its
 * own certificate's (3.2, 3.3: then ClientKeyExchange is empty and there is no CertificateVerify). No forward
 * secrecy, and never by default.
 */

/* The client's certificate is its share. */
static bool is_fixed(const struct hs *hs)
{
    return cursor_has(&hs->cursor, CLIENT_CERTIFICATE) && !cursor_has(&hs->cursor, CLIENT_SIGNS);
}

/* The peer's certificate has the peer's share. */
static enum err take_certificate_point(struct hs *hs)
{
    uint8_t point[KEY_SHARE_MAX];
    size_t len;
    TRY(certificate_point(hs->peer_certificate, point, &len));
    return kx_keep_share(hs, slice_of(point, len));
}

static enum err agree_client(struct hs *hs)
{
    hs->negotiated->group = group_of(certificate_key(hs->peer_certificate)->group);
    if (!hs->negotiated->group) {
        return E_UNSUPPORTED_CERTIFICATE;
    }
    TRY(take_certificate_point(hs));
    if (is_fixed(hs)) {
        return private_key_agree(hs->config->identities[hs->identity].key, buffer_slice(&hs->peer_share),
                                 &hs->premaster);
    }
    TRY(kx_start(hs->negotiated->group, &hs->config->random, &hs->share));
    return kx_finish(&hs->share, buffer_slice(&hs->peer_share), &hs->premaster);
}

static enum err build(struct hs *hs, struct client_key_exchange *m)
{
    if (!is_fixed(hs)) {
        m->point = key_share_public(&hs->share);
    }
    return OK;
}

static enum err handle(struct hs *hs, const struct client_key_exchange *m)
{
    const struct group *group = hs->negotiated->group;
    if (is_fixed(hs)) {
        return take_certificate_point(hs);
    }
    if (m->point.len != group->share_size) {
        return hs_refuse(hs, E_BAD_KEY_SHARE, "%zu bytes for %s", m->point.len, group->name);
    }
    return kx_keep_share(hs, m->point);
}

static enum err agree_server(struct hs *hs)
{
    return private_key_agree(hs->config->identities[hs->identity].key, buffer_slice(&hs->peer_share),
                             &hs->premaster);
}

/* RFC 4492 5.7: implicit, when the certificate has said it all. */
static const struct layout *client_layout(const struct hs *hs)
{
    return is_fixed(hs) ? NULL : &layout_client_key_exchange_ecdhe;
}

const struct kx kx_ecdh = {
    .choose_client = client_layout,
    .agree_client = agree_client,
    .build = build,
    .handle = handle,
    .agree_server = agree_server,
};
