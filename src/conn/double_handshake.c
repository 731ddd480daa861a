/* SPDX-License-Identifier: MIT */
#include <handfast/supplemental.h>

#include "conn/conn.h"

/*
 * The double handshake, RFC 4680 4 figure 2: the first handshake shows neither the client's certificate nor
 * supplemental data; the second, inside it, carries both. The connection is open when the second is complete.
 */

hf_err hf_config_double_handshake(hf_config *config, bool twice)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    struct config *c = &config->settings;
    for (size_t i = 0; !twice && i < c->supplemental_count; i++) {
        if (c->supplemental[i].when == SUPPLEMENTAL_AFTER_DOUBLE_HANDSHAKE) {
            return HF_BAD_ARGUMENT; /* it was added on this condition */
        }
    }
    c->double_handshake = twice;
    return HF_OK;
}

bool conn_is_open(const hf_conn *c)
{
    return c->negotiated.complete && !c->second_due;
}

/* RFC 5746 4, RFC 7627 5.4: what binds the second to the first (checklist U6). */
enum err double_handshake_check(const hf_conn *c)
{
    const struct negotiated *n = &c->negotiated;
    return !c->second_due || (n->ems && n->secure_renegotiation) ? OK : E_DOUBLE_HANDSHAKE_IMPOSSIBLE;
}

/* Figure 2: the client begins it, directly behind the first. */
enum err double_handshake_go_on(hf_conn *c)
{
    if (!c->second_due || c->hs || c->config->settings.side == SERVER) {
        return OK;
    }
    TRY(renegotiation_begin(c));
    c->again.state = HF_RENEGOTIATING;
    return conn_run(c);
}
