/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "tls12/tls12.h"

/* NewSessionTicket, RFC 5077 3.3. */

enum err new_session_ticket_build(struct hs *hs, struct outgoing *out)
{
    struct negotiated *n = hs->negotiated;
    struct writer *w = &out->scratch;
    const struct config *c = hs->config;
    const struct sealing by = {c->keyring, c->context, hs->now, &hs->random};
    int64_t ends = hs->now;
    TRY(remember_session(hs));
    write_number(w, 0, 4); /* lifetime_hint, once it is known */
    enum err e = n->session ? ticket_seal(&by, n->session, w, &ends) : E_BUFFER_LIMIT;
    if (e != OK && e != E_BUFFER_LIMIT && e != E_BAD_KEYRING) {
        return e;
    }
    if (e == OK) {
        struct writer hint = writer_of(w->base, 4);
        write_number(&hint, ends > hs->now ? (uint32_t)(ends - hs->now) : 0, 4);
        n->ticket = true;
        counts_add(c->counts, COUNT_TICKETS, 1);
    }
    /* RFC 5077 3.3: an empty one where the server decides after all that it gives none */
    out->message.new_session_ticket = (struct new_session_ticket){
        .lifetime_hint = slice_of(w->base, 4),
        .ticket = slice_of(w->base + 4, w->len - 4),
    };
    return OK;
}

enum err new_session_ticket_handle(struct hs *hs, const union any_message *m)
{
    struct slice ticket = m->new_session_ticket.ticket;
    struct reader r = reader_of(m->new_session_ticket.lifetime_hint);
    uint8_t *copy;
    if (!ticket.len ||
        ticket.len > TICKET_MAX) { /* RFC 5077 3.3: none; and a long one is more than a hello carries */
        return OK;
    }
    TRY(memory_copy(ticket, &copy));
    hs->ticket = (struct span){copy, ticket.len};
    hs->ticket_life = read_number(&r, 4);
    return OK;
}
