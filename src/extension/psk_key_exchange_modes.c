/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/psk.h"

/* psk_key_exchange_modes, RFC 8446 4.2.9: how a client would use a pre-shared key, one that it offers or one
 * that a ticket will bring. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    const struct config *c = hs->config;
    *present = c->tickets || c->psks.count || (hs->session && hs->session->version >= TLS_1_3);
    size_t mark = write_open(body, 1);
    write_number(body, PSK_DHE_KE, 1);
    if (c->psk_alone) {
        write_number(body, PSK_KE, 1);
    }
    write_close(body, mark, 1);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice modes = read_vector(&r, 1);
    if (!read_done(&r) || !modes.len) {
        return E_MALFORMED_EXTENSION;
    }
    hs->offer.has_psk_modes = true;
    hs->offer.psk_dhe = list_has8(modes, PSK_DHE_KE);
    hs->offer.psk_alone = list_has8(modes, PSK_KE);
    return OK;
}

const struct extension extension_psk_key_exchange_modes = {
    .code = EXTENSION_PSK_KEY_EXCHANGE_MODES,
    .places = AT_CLIENT_HELLO13,
    .offer = offer,
    .accept = accept,
};
