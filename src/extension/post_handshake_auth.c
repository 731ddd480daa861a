/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* post_handshake_auth, RFC 8446 4.2.6: a client says that it may be asked for its certificate at any time.
 * Nobody answers it. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body; /* empty */
    *present = hs->negotiated->post_handshake_auth = hs->config->post_handshake_auth;
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->negotiated->post_handshake_auth = !hs->config->quic; /* RFC 9001 4.4 */
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

const struct extension extension_post_handshake_auth = {
    .code = EXTENSION_POST_HANDSHAKE_AUTH,
    .places = AT_CLIENT_HELLO13,
    .offer = offer,
    .accept = accept,
};
