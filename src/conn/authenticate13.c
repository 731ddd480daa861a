/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"

/*
 * Post-handshake client authentication, RFC 8446 4.6.2: a short handshake of its own, flow_authenticate13,
 * beside what was negotiated, as a renegotiation is in TLS 1.2. Each begins from the messages of the first
 * handshake (4.4.1) and changes no key.
 */
#define REQUEST_CONTEXT_SIZE 16
/* More requests than this, with no data between them, are an attack: each costs a client a signature. */
#define REQUESTS_MAX 32

enum err authenticate13_keep(hf_conn *c, struct hs *hs)
{
    const struct config *s = &c->config->settings;
    void *memory;
    if (!hs->negotiated->post_handshake_auth || (s->side == SERVER && !s->certificate_request13.data)) {
        return OK;
    }
    TRY(memory_new(sizeof(struct hash_run), &memory));
    c->after13->context = memory;
    return hash_copy(c->after13->context, &hs->transcript.run);
}

void authenticate13_wipe(hf_conn *c)
{
    if (c->after13->context) {
        hash_end(c->after13->context);
        memory_free(c->after13->context, sizeof *c->after13->context);
        c->after13->context = NULL;
    }
}

/* A client signs and a server verifies under the keys that the client sends with at that time: RFC 8446 4.4.
 */
static enum err set_base_key(hf_conn *c)
{
    return secret_set(&c->hs->schedule.handshake[CLIENT], secret_slice(&c->after13->traffic[CLIENT]));
}

static enum err begin(hf_conn *c)
{
    void *memory;
    const struct negotiated *was = &c->negotiated;
    TRY(memory_new(sizeof *c->again.agreed, &memory));
    c->again.agreed = memory;
    *c->again.agreed = (struct negotiated){.version = was->version, .suite = was->suite, .group = was->group};
    c->again.agreed->certificate_type[SERVER] = was->certificate_type[SERVER];
    c->again.agreed->certificate_type[CLIENT] = was->later_type;
    enum err e = conn_new_handshake(c, c->again.agreed);
    e = e == OK ? transcript_continue(&c->hs->transcript, c->after13->context) : e;
    e = e == OK ? set_base_key(c) : e;
    if (e != OK) {
        hs_free(c->hs);
        c->hs = NULL;
        renegotiation_wipe(c);
        return e;
    }
    c->hs->version = c->version;
    c->hs->before = &c->negotiated;
    c->hs->cursor.facts = NO_FACT;
    cursor_start(&c->hs->cursor, flow_authenticate13);
    conn_observe_handshake(c);
    return OK;
}

enum err authenticate13_ask(hf_conn *c)
{
    uint8_t context[REQUEST_CONTEXT_SIZE], *copy;
    TRY(begin(c));
    TRY(random_fill(&c->config->settings.random, (struct span){context, sizeof context}));
    TRY(memory_copy(slice_of(context, sizeof context), &copy));
    c->hs->request_context = (struct span){copy, sizeof context};
    c->again.state = HF_RENEGOTIATION_ASKED;
    return conn_run(c);
}

bool authenticate13_expects(const hf_conn *c, enum message m)
{
    return c->hs && cursor_expected(&c->hs->cursor) & UINT32_C(1) << m;
}

bool authenticate13_waits(const hf_conn *c)
{
    return c->after13 && authenticate13_expects(c, CERTIFICATE);
}

enum err authenticate13_take(hf_conn *c, struct slice message)
{
    if (c->config->settings.side == CLIENT) {
        if (!c->after13->context) { /* RFC 8446 4.6.2: it was not offered */
            return E_UNEXPECTED_MESSAGE;
        }
        if (++c->after13->requests > REQUESTS_MAX) {
            return E_TOO_MANY_CERTIFICATE_REQUESTS;
        }
        TRY(begin(c));
    } else {
        TRY(set_base_key(c));
    }
    hs_tell_time(c->hs);
    c->again.state = HF_RENEGOTIATING;
    hs_input(c->hs, message);
    return conn_run(c);
}

/* A client that shows none is as known as it was before. */
static void adopt(struct negotiated *was, struct negotiated *n, enum side me)
{
    was->client_auth_requested = true;
    if (me == CLIENT) {
        was->identity = n->identity;
        was->certificate_type[CLIENT] = n->certificate_type[CLIENT];
    } else if (n->peer) {
        was->certificate_type[CLIENT] = n->certificate_type[CLIENT];
        peer_release(was->peer);
        was->peer = n->peer;
        n->peer = NULL;
    }
    was->client_scheme = n->client_scheme ? n->client_scheme : was->client_scheme;
}

enum err authenticate13_finish(hf_conn *c)
{
    struct hs *hs = c->hs;
    adopt(&c->negotiated, c->again.agreed, hs->cursor.me);
    emit_plain(c, HF_EVENT_DONE, false, "");
    c->hs = NULL;
    hs_free(hs);
    renegotiation_wipe(c);
    c->again.state = HF_RENEGOTIATED;
    c->stats.authentications++;
    return c->close_waits ? conn_send_close(c) : OK;
}
