/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* session_ticket, RFC 5077 3.2: the client's is a ticket, or empty to say that it takes one; the server's is
 * empty and says that NewSessionTicket comes. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->tickets;
    bool ticket = hs->session && hs->session->version <= TLS_1_2 && hs->session->ticket.len;
    if (hs->config->tickets && ticket) {
        write_bytes(body, hs->session->ticket);
    }
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.session_ticket = true;
    hs->offer.ticket = body; /* whatever it is, it is no error: at worst it is none of ours (3.2) */
    return OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = hs->gives_ticket;
    return hs->gives_ticket ? cursor_set(&hs->cursor, TICKET_AGREED) : OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    return body.len ? E_MALFORMED_EXTENSION : cursor_set(&hs->cursor, TICKET_AGREED);
}

const struct extension extension_session_ticket = {
    .code = EXTENSION_SESSION_TICKET,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
