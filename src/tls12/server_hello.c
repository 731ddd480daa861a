/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/certificate_type.h"
#include "tls12/tls12.h"

/* ServerHello of TLS 1.2, RFC 5246 7.4.1.3, and what both sides make of it. */

/* ---- server ---- */
/* Whether the client offers a session that this server could resume. */
static bool can_look(const struct hs *hs)
{
    const struct config *c = hs->config;
    bool by_id = hs->offer.session_id.len && (c->sessions || c->asks & ASK_LOOK_UP_SESSION);
    return c->keyring && (by_id || (hs->offer.ticket.len && c->tickets));
}

enum err tls12_client_hello(struct hs *hs)
{
    return can_look(hs) ? cursor_set(&hs->cursor, SESSION_OFFERED) : OK;
}

/* RFC 5246 7.4.1.3: the session's ID to resume it, a new one to have this handshake remembered, none otherwise. */
static enum err choose_session_id(struct hs *hs)
{
    const struct config *c = hs->config;
    bool keeps = c->sessions || c->asks & ASK_LOOK_UP_SESSION;
    if (hs->session) { /* RFC 5077 3.4: for a ticket too, what the client sent */
        hs->session_id_len = (uint8_t)hs->offer.session_id.len;
        memcpy(hs->session_id, hs->offer.session_id.data, hs->offer.session_id.len);
        hs->gives_ticket = hs->by_ticket && hs->renew_ticket && hs->offer.session_ticket && remember_can(hs);
        return OK;
    }
    if (!remember_can(hs)) {
        return OK;
    }
    hs->gives_ticket = c->tickets && hs->offer.session_ticket;
    if (hs->gives_ticket || !keeps) { /* RFC 5077 3.4: the ticket stands for the session */
        return OK;
    }
    hs->session_expires = hs->now + c->session_life;
    TRY(random_fill(&hs->random, (struct span){hs->session_id + 4, 16}));
    enum err e = session_id_make(c->keyring, c->context, hs->now, &hs->session_expires, hs->session_id);
    hs->session_id_len = e == OK ? SESSION_ID_MAX : 0;
    return e == E_BAD_KEYRING ? OK : e;
}

enum err tls12_server_hello_build(struct hs *hs, struct outgoing *out)
{
    struct negotiated *n = hs->negotiated;
    TRY(server_random_draw(hs));
    TRY(choose_session_id(hs));
    TRY(extensions_write(hs, AT_SERVER_HELLO12, &out->scratch));
    TRY(renegotiation_check_hellos(hs));
    if (out->scratch.full) {
        return E_INTERNAL;
    }
    limits_at_hello(hs);
    out->message.server_hello = (struct server_hello){
        .version = n->version,
        .random = slice_of(n->server_random, RANDOM_SIZE),
        .session_id = slice_of(hs->session_id, hs->session_id_len),
        .cipher_suite = n->suite->code,
        .extensions = out->scratch.len ? written(&out->scratch) : slice_of(NULL, 0),
    };
    return OK;
}

/* ---- client ---- */
static enum err weigh_server_choice(struct hs *hs, const struct server_hello *m)
{
    const struct suite *suite = suite_of(m->cipher_suite);
    if (!suite || !codes_have(&hs->config->suites, m->cipher_suite)) {
        const char *name = name_of(&suite_names, m->cipher_suite);
        return hs_refuse(hs, E_SUITE_NOT_OFFERED, "the server chose %s (0x%04x)",
                         name ? name : "an unknown suite", m->cipher_suite);
    }
    if (m->compression_method) {
        return hs_refuse(hs, E_COMPRESSION_NOT_OFFERED, "the server chose method %u", m->compression_method);
    }
    hs->negotiated->suite = suite;
    return OK;
}

/* RFC 5246 7.4.1.3: the same ID in answer means that the session is resumed, and then nothing of it may differ. */
static enum err weigh_resumption(struct hs *hs, const struct server_hello *m)
{
    struct slice offered = slice_of(hs->session_id, hs->session_id_len);
    bool resumed = hs->session && offered.len && slice_equal(m->session_id, offered);
    if (resumed) {
        if (hs->session->version != m->version || hs->session->suite != m->cipher_suite) {
            return hs_refuse(hs, E_RESUMED_WITH_OTHER_PARAMETERS,
                             "session 0x%04x/0x%04x, ServerHello 0x%04x/0x%04x", hs->session->version,
                             hs->session->suite, m->version, m->cipher_suite);
        }
        TRY(cursor_set(&hs->cursor, RESUMED));
        hs->negotiated->resumption = IS_RESUMED;
        return OK;
    }
    if (!hs->session && offered.len &&
        slice_equal(m->session_id, offered)) { /* it was made up, RFC 8446 D.4 */
        return hs_refuse(hs, E_RESUMED_WITH_OTHER_PARAMETERS, "the server resumes a session that nobody has");
    }
    if (hs->session) {
        hs->negotiated->resumption = SESSION_UNKNOWN;
        session_release(hs->session);
        hs->session = NULL;
    }
    hs->session_id_len = (uint8_t)m->session_id.len;
    memcpy(hs->session_id, m->session_id.data, m->session_id.len);
    return OK;
}

enum err tls12_server_hello(struct hs *hs, const struct server_hello *m)
{
    TRY(weigh_server_choice(hs, m));
    memcpy(hs->negotiated->server_random, m->random.data, RANDOM_SIZE);
    TRY(weigh_resumption(hs, m));
    TRY(extensions_read(hs, AT_SERVER_HELLO12, m->extensions));
    TRY(renegotiation_check_hellos(hs));
    limits_at_hello(hs);
    return OK;
}

static enum err suite_facts(struct hs *hs, const struct suite *suite)
{
    bool certificate = suite->auth != AUTH_ANON, ephemeral = suite->kx == KX_ECDHE || suite->kx == KX_DHE;
    uint32_t facts = (certificate ? CERTIFICATE_AUTH : 0u) | (ephemeral ? EPHEMERAL : 0u) |
                     (certificate && ephemeral ? EPHEMERAL_SIGNED : 0u);
    return cursor_set(&hs->cursor, facts);
}

/* Both sides, once ServerHello is in the transcript: what was chosen becomes facts, and the hash is known. */
enum err tls12_server_hello_after(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    TRY(transcript_start(&hs->transcript, n->suite->hash));
    hs->offer = (struct offer){0}; /* its slices end here */
    counts_add(hs->config->counts, n->resumption, 1);
    bool resumed = cursor_has(&hs->cursor, RESUMED);
    if (hs->event && (hs->session || n->resumption != NOT_OFFERED)) {
        hs->event(hs->event_arg, &(struct event){.kind = EVENT_RESUMPTION});
    }
    if (resumed) {
        transcript_stop_keeping(&hs->transcript);
        n->resumed = true;
        n->ticket = hs->by_ticket || hs->session->ticket.len;
        n->session = session_share(hs->session);
        n->peer = peer_share(hs->session->peer);
        certificate_types_resumed(hs);
        return secret_set(&n->master, slice_of(hs->session->master, MASTER_SECRET_SIZE));
    }
    if (hs->cursor.me == SERVER && !cursor_has(&hs->cursor, CLIENT_AUTH)) {
        transcript_stop_keeping(&hs->transcript);
    }
    TRY(supplemental_agree_alone(hs));
    return suite_facts(hs, n->suite);
}
