/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/psk.h"

/* early_data, RFC 8446 4.2.10: data comes right behind the ClientHello, and is taken. In a ticket it says how
 * much: tls13/new_session_ticket.c. */

/* Under the first of the pre-shared keys, which must be the session's: only it says that the server lets it.
 */
static bool is_first(const struct hs *hs)
{
    struct psk list[PSKS_MAX];
    return psk_offered(hs, list) && list[0].identity.data == hs->session->ticket.data;
}

/* RFC 8446 4.1.2: a second ClientHello has it no more. */
static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    bool may = hs->wants_early && !cursor_has(&hs->cursor, RETRY) && hs->session &&
               hs->session->version >= TLS_1_3 && hs->session->max_early_data;
    *present = may && is_first(hs);
    if (!*present) {
        return OK;
    }
    hs->negotiated->early = EARLY_OFFERED;
    return cursor_set(&hs->cursor, EARLY_DATA_OFFERED);
}

static enum err accept(struct hs *hs, struct slice body)
{
    if (body.len) {
        return E_MALFORMED_EXTENSION;
    }
    if (hs_is_retried(hs)) { /* RFC 8446 4.1.2 */
        return hs_refuse(hs, E_HELLO_CHANGED,
                         "it has early_data, which does not go behind HelloRetryRequest");
    }
    hs->offer.early_data = true;
    return OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = cursor_has(&hs->cursor, EARLY_DATA);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    if (body.len) {
        return E_MALFORMED_EXTENSION;
    }
    hs->negotiated->early = EARLY_ACCEPTED;
    return cursor_set(&hs->cursor, EARLY_DATA);
}

const struct extension extension_early_data = {
    .code = EXTENSION_EARLY_DATA,
    .places = AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
