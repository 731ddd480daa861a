/* SPDX-License-Identifier: MIT */
#include "tls12/kx.h"

/* ECDHE, RFC 8422 5.4, 5.7: a share from each side, in a named curve. */
#define NAMED_CURVE 3

static enum err start(struct hs *hs)
{
    return kx_start(hs->negotiated->group, &hs->config->random, &hs->share);
}

static void write_params(struct hs *hs, struct server_key_exchange *m)
{
    m->curve_type = NAMED_CURVE;
    m->named_curve = hs->share.group->code;
    m->point = key_share_public(&hs->share);
}

static enum err check_size(struct hs *hs, const struct group *group, struct slice point)
{
    return point.len == group->share_size
               ? OK
               : hs_refuse(hs, E_BAD_KEY_SHARE, "%zu bytes for %s", point.len, group->name);
}

static enum err read_params(struct hs *hs, const struct server_key_exchange *m)
{
    struct negotiated *n = hs->negotiated;
    if (m->curve_type != NAMED_CURVE) {
        return hs_refuse(hs, E_CURVE_TYPE_UNSUPPORTED, "curve type %u", m->curve_type);
    }
    n->group = group_of(m->named_curve);
    if (!n->group || !group_is_curve(n->group) || !codes_have(&hs->config->groups, m->named_curve)) {
        n->group = NULL;
        return hs_refuse(hs, E_GROUP_NOT_OFFERED, "group 0x%04x", m->named_curve);
    }
    TRY(check_size(hs, n->group, m->point));
    return kx_keep_share(hs, m->point);
}

static enum err agree(struct hs *hs)
{
    return kx_finish(&hs->share, buffer_slice(&hs->peer_share), &hs->premaster);
}

static enum err agree_client(struct hs *hs)
{
    TRY(start(hs));
    return agree(hs);
}

static enum err build(struct hs *hs, struct client_key_exchange *m)
{
    m->point = key_share_public(&hs->share);
    return OK;
}

static enum err handle(struct hs *hs, const struct client_key_exchange *m)
{
    TRY(check_size(hs, hs->share.group, m->point));
    return kx_keep_share(hs, m->point);
}

const struct kx kx_ecdhe = {
    .signed_params = &layout_server_key_exchange_ecdhe,
    .params = &layout_server_key_exchange_ecdh_anon,
    .client = &layout_client_key_exchange_ecdhe,
    .start = start,
    .write = write_params,
    .read = read_params,
    .agree_client = agree_client,
    .build = build,
    .handle = handle,
    .agree_server = agree,
};
