/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS12_KX_H
#define HF_TLS12_KX_H

#include "handshake/handshake.h"

/*
 * A key exchange: one file with both sides in it. ServerKeyExchange's frame and its signature are in
 * server_key_exchange.c, ClientKeyExchange's in client_key_exchange.c; here is what differs.
 */
struct kx {
    const struct layout *signed_params; /* ServerKeyExchange with a signature; NULL: this exchange has none */
    const struct layout *params;        /* without: what the signature covers */
    const struct layout *client;        /* ClientKeyExchange */
    const struct layout *(*choose_client)(
        const struct hs *hs); /* where it is not always the same; NULL: client */
    /* server: an ephemeral key pair; the parameters, as they are sent */
    enum err (*start)(struct hs *hs);
    void (*write)(struct hs *hs, struct server_key_exchange *m);
    /* client: judges the parameters and keeps them */
    enum err (*read)(struct hs *hs, const struct server_key_exchange *m);
    /* each side's own half of the secret, and ClientKeyExchange */
    enum err (*agree_client)(struct hs *hs);
    enum err (*build)(struct hs *hs, struct client_key_exchange *m);
    enum err (*handle)(struct hs *hs, const struct client_key_exchange *m);
    enum err (*agree_server)(struct hs *hs);
};
extern const struct kx kx_ecdhe, kx_dhe, kx_rsa, kx_ecdh;

/* p, g and Ys of 8192 bits with their lengths. */
#define PARAMS_ENCODED_MAX (3 * (1024 + 2))

/* Of the suite chosen. */
const struct kx *kx_of(const struct hs *hs);
/* The peer's public key, kept in hs->peer_share. */
enum err kx_keep_share(struct hs *hs, struct slice share) CHECKED;

#endif
