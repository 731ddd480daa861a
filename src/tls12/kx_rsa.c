/* SPDX-License-Identifier: MIT */
#include "tls12/kx.h"

/* RSA key transport, RFC 5246 7.4.7.1: no forward secrecy, and never by default. What decrypting finds shows
 * nowhere. */

static enum err agree_client(struct hs *hs)
{
    uint8_t *room;
    buffer_drop(&hs->peer_share, buffer_len(&hs->peer_share));
    TRY(buffer_reserve(&hs->peer_share, SIGNATURE_MAX, &room));
    struct span encrypted = {room, SIGNATURE_MAX};
    TRY(certificate_encrypt_premaster(hs->peer_certificate, hs->client_version, &hs->config->random,
                                      &hs->premaster, &encrypted));
    buffer_commit(&hs->peer_share, encrypted.len);
    return OK;
}

static enum err build(struct hs *hs, struct client_key_exchange *m)
{
    m->encrypted_premaster_secret = buffer_slice(&hs->peer_share);
    return OK;
}

static enum err handle(struct hs *hs, const struct client_key_exchange *m)
{
    return kx_keep_share(hs, m->encrypted_premaster_secret);
}

static enum err agree_server(struct hs *hs)
{
    const struct identity *identity = &hs->config->identities[hs->identity];
    return private_key_decrypt_premaster(identity->key, hs->client_version, buffer_slice(&hs->peer_share),
                                         &hs->premaster);
}

const struct kx kx_rsa = {
    .client = &layout_client_key_exchange_rsa,
    .agree_client = agree_client,
    .build = build,
    .handle = handle,
    .agree_server = agree_server,
};
