/* SPDX-License-Identifier: MIT */
#include "tls13/tls13.h"

/* The ephemeral keys, RFC 8446 4.2.8, and what comes of them. The extension that carries them is key_share.
 */

/* The favourite, and the one behind it where the config says so, or the favourite is a hybrid, which many
 * servers do not have yet; what else is offered costs a retry. */
static enum err make_first(struct hs *hs)
{
    const struct codes *groups = &hs->config->groups;
    const struct group *first = hs->negotiated->group = group_of(groups->code[0]);
    unsigned wanted = hs->config->key_shares;
    bool two = groups->count > 1 && (wanted == 2 || (!wanted && first->kind == GROUP_HYBRID));
    return two ? kx_start(group_of(groups->code[1]), &hs->config->random, &hs->other_share) : OK;
}

enum err tls13_make_key_share_step(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (hs->cursor.me == CLIENT && !cursor_has(&hs->cursor, RETRY)) {
        TRY(make_first(hs));
    }
    if (hs->cursor.me == CLIENT && cursor_has(&hs->cursor, RETRY)) {
        TRY(hs_send_compatible(hs));
    }
    if (!n->group || hs->share.group == n->group) { /* a cookie alone: RFC 8446 4.1.2 */
        return OK;
    }
    kx_end(&hs->share);
    if (hs->asks_group) { /* RFC 8446 4.1.2: it replaces all that were there */
        kx_end(&hs->other_share);
    }
    if (hs->cursor.me == SERVER) { /* the client's share is there, and so is the secret */
        return kx_respond(n->group, buffer_slice(&hs->peer_share), &hs->config->random, &hs->share,
                          &hs->premaster);
    }
    return kx_start(n->group, &hs->config->random, &hs->share);
}

enum err tls13_agree_secret_step(struct hs *hs)
{
    if (hs->cursor.me == CLIENT && cursor_has(&hs->cursor, KEY_SHARE)) {
        TRY(kx_finish13(&hs->share, buffer_slice(&hs->peer_share), &hs->premaster));
    }
    TRY(tls13_early_secret(hs));
    TRY(tls13_handshake_secrets(hs));
    return hs_send_compatible(hs);
}
