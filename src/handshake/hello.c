/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/grease.h"
#include "handshake/handshake.h"

/* The two hellos, RFC 5246 7.4.1: where the version is weighed. */

/* ---- ClientHello ---- */
static void write_suites(const struct config *c, struct writer *w)
{
    for (size_t i = 0; i < c->suites.count; i++) {
        write_number(w, c->suites.code[i], 2);
    }
    if (c->fallback) {
        write_number(w, SUITE_FALLBACK_SCSV, 2); /* RFC 7507 4 */
    }
}

enum err client_hello_build(struct hs *hs, struct outgoing *out)
{
    static const uint8_t null_compression[] = {0}; /* never anything else: CRIME */
    struct negotiated *n = hs->negotiated;
    TRY(random_fill(&hs->config->random, (struct span){n->client_random, RANDOM_SIZE}));
    TRY(resume_offer(hs));
    TRY(grease_draw(hs));
    struct writer *w = &out->scratch;
    grease_write(hs, GREASE_SUITE, w);
    write_suites(hs->config, w);
    size_t suites = w->len;
    TRY(extensions_offer(hs, w));
    if (w->full) {
        return E_INTERNAL;
    }
    hs->client_version = hs->config->max_version;
    out->message.client_hello = (struct client_hello){
        .version = hs->config->max_version,
        .random = slice_of(n->client_random, RANDOM_SIZE),
        .session_id = slice_of(hs->session_id, hs->session_id_len),
        .cipher_suites = slice_of(w->base, suites),
        .compression_methods = slice_of(null_compression, 1),
        .extensions = slice_of(w->base + suites, w->len - suites),
    };
    return OK;
}

/* RFC 5246 E.1, RFC 7507 3: negotiate down from above, refuse below, and say so when the client need not have come so low. */
static enum err weigh_client_version(struct hs *hs, const struct client_hello *m)
{
    const struct config *c = hs->config;
    hs->offer.fallback = list_has16(m->cipher_suites, SUITE_FALLBACK_SCSV);
    if (hs->offer.fallback && m->version < c->max_version) {
        return hs_refuse(hs, E_INAPPROPRIATE_FALLBACK, "the client asks for 0x%04x", m->version);
    }
    if (m->version < c->min_version) {
        return hs_refuse(hs, E_NO_COMMON_VERSION,
                         "the client's highest is 0x%04x, this server's lowest 0x%04x", m->version,
                         c->min_version);
    }
    hs->negotiated->version = m->version < c->max_version ? m->version : c->max_version;
    return OK;
}

/* Whether the client offers a session that this server could resume. */
static bool can_look(const struct hs *hs)
{
    const struct config *c = hs->config;
    bool by_id = hs->offer.session_id.len && (c->sessions || c->asks & ASK_LOOK_UP_SESSION);
    return c->keyring && (by_id || (hs->offer.ticket.len && c->tickets));
}

/* Once it is in the transcript, so that the slices kept in offer point to bytes that stay. */
enum err client_hello_after(struct hs *hs)
{
    if (hs->cursor.me == CLIENT) {
        return OK;
    }
    struct client_hello m;
    TRY(layout_decode(&layout_client_hello,
                      slice_after(transcript_messages(&hs->transcript), HANDSHAKE_HEADER), &m));
    hs->record_out->version = TLS_1_2;
    TRY(weigh_client_version(hs, &m));
    if (!list_has8(m.compression_methods, 0)) {
        return E_NO_NULL_COMPRESSION;
    }
    memcpy(hs->negotiated->client_random, m.random.data, RANDOM_SIZE);
    hs->client_version = m.version;
    hs->offer.suites = m.cipher_suites;
    hs->offer.session_id = m.session_id;
    hs->offer.renegotiation_info = list_has16(m.cipher_suites, SUITE_EMPTY_RENEGOTIATION_INFO_SCSV);
    TRY(extensions_read(hs, m.extensions));
    hs->negotiated->resumption = NOT_OFFERED;
    TRY(hs->config->keyring ? keyring_turn(hs->config->keyring, hs->now, &hs->config->random) : OK);
    return can_look(hs) ? cursor_set(&hs->cursor, SESSION_OFFERED) : OK;
}

/* ---- ServerHello ---- */
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
    TRY(random_fill(&c->random, (struct span){hs->session_id + 4, 16}));
    enum err e = session_id_make(c->keyring, c->context, hs->now, &hs->session_expires, hs->session_id);
    hs->session_id_len = e == OK ? SESSION_ID_MAX : 0;
    return e == E_BAD_KEYRING ? OK : e;
}

enum err server_hello_build(struct hs *hs, struct outgoing *out)
{
    struct negotiated *n = hs->negotiated;
    TRY(random_fill(&hs->config->random, (struct span){n->server_random, RANDOM_SIZE}));
    TRY(choose_session_id(hs));
    TRY(extensions_answer(hs, &out->scratch));
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

static enum err weigh_server_choice(struct hs *hs, const struct server_hello *m)
{
    const struct config *c = hs->config;
    if (m->version < c->min_version || m->version > c->max_version) {
        return hs_refuse(hs, E_VERSION_NOT_OFFERED, "the server chose 0x%04x", m->version);
    }
    const struct suite *suite = suite_of(m->cipher_suite);
    if (!suite || !codes_have(&c->suites, m->cipher_suite)) {
        const char *name = name_of(&suite_names, m->cipher_suite);
        return hs_refuse(hs, E_SUITE_NOT_OFFERED, "the server chose %s (0x%04x)",
                         name ? name : "an unknown suite", m->cipher_suite);
    }
    if (m->compression_method) {
        return hs_refuse(hs, E_COMPRESSION_NOT_OFFERED, "the server chose method %u", m->compression_method);
    }
    hs->negotiated->version = m->version;
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
    if (hs->session) {
        hs->negotiated->resumption = SESSION_UNKNOWN;
        session_release(hs->session);
        hs->session = NULL;
    }
    hs->session_id_len = (uint8_t)m->session_id.len;
    memcpy(hs->session_id, m->session_id.data, m->session_id.len);
    return OK;
}

enum err server_hello_handle(struct hs *hs, const union any_message *message)
{
    const struct server_hello *m = &message->server_hello;
    hs->record_out->version = TLS_1_2;
    TRY(weigh_server_choice(hs, m));
    memcpy(hs->negotiated->server_random, m->random.data, RANDOM_SIZE);
    TRY(weigh_resumption(hs, m));
    TRY(extensions_read(hs, m->extensions));
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
enum err server_hello_after(struct hs *hs)
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
        return secret_set(&n->master, slice_of(hs->session->master, MASTER_SECRET_SIZE));
    }
    if (hs->cursor.me == SERVER && !cursor_has(&hs->cursor, CLIENT_AUTH)) {
        transcript_stop_keeping(&hs->transcript);
    }
    TRY(supplemental_agree_alone(hs));
    return suite_facts(hs, n->suite);
}
