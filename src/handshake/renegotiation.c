/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/handshake.h"

/*
 * What stays from one handshake of a connection to the next: RFC 5746 binds them together, and this keeps
 * whoever looked at the first from finding another peer, host or protection after the second. Triple
 * handshake (RFC 7627 1), checklist E6, N4, N5.
 */

static bool same_string(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* A resumed session keeps the leaf alone. */
static bool same_peer(const struct peer *a, const struct peer *b)
{
    return a && b && slice_equal(chain_leaf(slice_of_span(a->chain)), chain_leaf(slice_of_span(b->chain)));
}

static bool peer_may_be(const struct hs *hs, const struct peer *peer)
{
    const struct negotiated *was = hs->before;
    return !was || !was->peer || hs->config->peer_may_change || same_peer(was->peer, peer);
}

static enum err refuse_change(struct hs *hs, const char *what)
{
    return hs_refuse(hs, E_RENEGOTIATION_CHANGES_PARAMETERS, "%s differs from the handshake before", what);
}

enum err renegotiation_check_peer(struct hs *hs)
{
    const struct peer *peer = hs->negotiated->peer;
    if (peer_may_be(hs, peer)) {
        return OK;
    }
    return hs_refuse(hs, E_RENEGOTIATION_CHANGES_PEER, "before it was %s, now %s", hs->before->peer->subject,
                     peer ? peer->subject : "none is shown");
}

/* RFC 7366 3.1: no downgrade, also not by way of an AEAD suite; and it should stay what it is. */
static enum err settle_mac_order(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    enum mac_order was = hs->before ? hs->before->mac_order : MAC_ORDER_OPEN;
    enum mac_order now = !n->suite->cbc ? was : n->etm ? MAC_ORDER_ETM : MAC_ORDER_MTE;
    if (was != MAC_ORDER_OPEN && now != was) {
        return refuse_change(hs, "encrypt_then_mac");
    }
    n->mac_order = now;
    return OK;
}

enum err renegotiation_check_hellos(struct hs *hs)
{
    const struct negotiated *n = hs->negotiated, *was = hs->before;
    TRY(settle_mac_order(hs));
    if (!was) {
        return OK;
    }
    if (n->version != was->version) {
        return refuse_change(hs, "the version");
    }
    if (n->ems != was->ems) { /* checklist E6 */
        return refuse_change(hs, "extended_master_secret");
    }
    if (!same_string(n->server_name, was->server_name)) {
        return refuse_change(hs, "server_name");
    }
    bool asks = hs->cursor.me == CLIENT ? n->suite->auth != AUTH_ANON : cursor_has(&hs->cursor, CLIENT_AUTH);
    return asks || cursor_has(&hs->cursor, RESUMED) ? OK : renegotiation_check_peer(hs);
}

enum resumption renegotiation_fits(const struct hs *hs, const struct session *s)
{
    if (hs->must_be_full) {
        return SESSION_POLICY;
    }
    if (hs->before && !s->ems) {
        return SESSION_EMS;
    }
    return peer_may_be(hs, s->peer) ? IS_RESUMED : SESSION_CONTEXT;
}
