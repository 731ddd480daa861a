/* SPDX-License-Identifier: MIT */
#include "tls12/kx.h"

/* DHE, RFC 5246 7.4.3, 7.4.7.2, RFC 7919: a share from each side, modulo a prime that the server names by its
 * numbers. */

static enum err start(struct hs *hs)
{
    return kx_start(hs->negotiated->group, &hs->config->random, &hs->share);
}

static void write_params(struct hs *hs, struct server_key_exchange *m)
{
    struct dh_group numbers = group_numbers(hs->share.group);
    m->dh_p = numbers.p;
    m->dh_g = numbers.g;
    m->dh_ys = key_share_public(&hs->share);
}

/*
 * Our own share is made here: the numbers live no longer than the message. RFC 7919 4: a client should go on
 * with a server that knows nothing of named groups, as long as its prime is large enough; a named group must
 * be one that we listed.
 */
static enum err read_params(struct hs *hs, const struct server_key_exchange *m)
{
    const struct config *c = hs->config;
    struct dh_group numbers = {m->dh_p, m->dh_g};
    hs->negotiated->group = group_of_numbers(&numbers);
    if (hs->negotiated->group && !codes_have(&c->groups, hs->negotiated->group->code)) {
        return hs_refuse(hs, E_GROUP_NOT_OFFERED, "%s", hs->negotiated->group->name);
    }
    enum err e = kx_start_dh(&numbers, c->min_dh_bits, &c->random, &hs->share);
    if (e != OK) {
        return hs_refuse(hs, e, "a prime of %zu bytes; at least %u bits are asked for", m->dh_p.len,
                         c->min_dh_bits);
    }
    return kx_keep_share(hs, m->dh_ys);
}

static enum err agree(struct hs *hs)
{
    return kx_finish(&hs->share, buffer_slice(&hs->peer_share), &hs->premaster);
}

static enum err build(struct hs *hs, struct client_key_exchange *m)
{
    m->dh_yc = key_share_public(&hs->share);
    return OK;
}

static enum err handle(struct hs *hs, const struct client_key_exchange *m)
{
    return kx_keep_share(hs, m->dh_yc);
}

const struct kx kx_dhe = {
    .signed_params = &layout_server_key_exchange_dhe,
    .params = &layout_server_key_exchange_dh_anon,
    .client = &layout_client_key_exchange_dhe,
    .start = start,
    .write = write_params,
    .read = read_params,
    .agree_client = agree,
    .build = build,
    .handle = handle,
    .agree_server = agree,
};
