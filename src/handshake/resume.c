/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/certificate_type.h"

/* Whether a session may be resumed: RFC 5246 F.1.4, RFC 6066 3, RFC 7627 5.3, RFC 5077. A mismatch is a full
 * handshake, never an error. */

static const char *name_or_empty(const char *name)
{
    return name ? name : "";
}

/* The rules may have changed since the session was made: they are asked of the certificate it was made with.
 */
static bool peer_is_let_in(const struct config *c, const struct session *s)
{
    struct certificate *leaf;
    if (!c->peer_rules || !s->peer) {
        return true;
    }
    if (peer_certificate(s->peer, &leaf) != OK) {
        return false;
    }
    bool allowed = peer_rules_allow(c->peer_rules, leaf);
    certificate_free(leaf);
    return allowed;
}

/* What both sides check of a session on their own. */
static enum resumption session_fits(const struct hs *hs, const struct session *s)
{
    const struct config *c = hs->config;
    if (atomic_load_explicit(&s->forgotten, memory_order_relaxed)) {
        return SESSION_UNKNOWN;
    }
    if (s->expires <= hs->now) {
        return SESSION_EXPIRED;
    }
    if (memcmp(s->context, c->context, CONTEXT_SIZE) != 0) { /* public: a hash of the config */
        return SESSION_CONTEXT;
    }
    const struct codes *suites = s->version >= TLS_1_3 ? &c->suites13 : &c->suites;
    if (s->version < c->min_version || s->version > c->max_version || !codes_have(suites, s->suite)) {
        return SESSION_PARAMETERS;
    }
    if (s->peer &&
        (s->peer->not_after < hs->now || s->authenticated + (int64_t)c->client_auth_life < hs->now)) {
        return SESSION_AUTH_AGE;
    }
    if (c->require_ems && !s->ems) {
        return SESSION_EMS;
    }
    return renegotiation_fits(hs, s);
}

/* ---- server ---- */
/*
 * RFC 6066 4: a session keeps its max_fragment_length. A client that asks for another now, or for
 * record_size_limit instead, gets it, with a full handshake; one that asks for nothing gets what the session
 * has.
 */
static bool fragments_fit(const struct hs *hs, const struct session *s)
{
    const struct offer *o = &hs->offer;
    if (s->version >= TLS_1_3) { /* agreed anew each time */
        return true;
    }
    bool newer = o->record_size_limit && hs->config->record_size_limit;
    return newer ? !s->max_fragment : !o->has_max_fragment || o->max_fragment == s->max_fragment;
}

static enum resumption session_fits_hello(const struct hs *hs, const struct session *s)
{
    const struct config *c = hs->config;
    const struct suite *suite = suite_of(s->suite);
    enum resumption fits = session_fits(hs, s);
    if (fits != IS_RESUMED) {
        return fits;
    }
    if (strcmp(s->server_name, name_or_empty(hs->negotiated->server_name)) != 0) {
        return SESSION_NAME; /* RFC 6066 3 */
    }
    if (s->version != hs->negotiated->version || !list_has16(hs->offer.suites, s->suite)) {
        return SESSION_PARAMETERS; /* RFC 5246 7.4.1.2 */
    }
    if ((c->etm_required || s->etm) && suite && suite->cbc && !hs->offer.etm) {
        return SESSION_PARAMETERS; /* RFC 7366: asked for anew each time; it never becomes less */
    }
    if (!fragments_fit(hs, s) || !certificate_types_resume(hs, s)) {
        return SESSION_PARAMETERS;
    }
    if (c->client_auth != CLIENT_AUTH_NONE && s->peer && !c->resume_client_auth) {
        return SESSION_POLICY;
    }
    if (c->client_auth == CLIENT_AUTH_REQUIRE && !s->peer) {
        return SESSION_CONTEXT;
    }
    if (!peer_is_let_in(c, s)) {
        return SESSION_IDENTITY;
    }
    return !s->ems && hs->negotiated->ems ? SESSION_EMS : IS_RESUMED; /* RFC 7627 5.3 */
}

static struct sealing sealing_of(const struct hs *hs)
{
    const struct config *c = hs->config;
    return (struct sealing){c->keyring, c->context, hs->now, &c->random};
}

void resume_answer(struct hs *hs, struct slice sealed)
{
    const struct sealing by = sealing_of(hs);
    enum err e = !sealed.len ? OK
                             : record_open_session(&by, hs->offer.session_id, sealed, &hs->answer.session);
    hs->answer.no_session = e == OK ? SESSION_UNKNOWN : SESSION_DAMAGED;
    hs->answer.failed = e == E_BAD_SESSION || e == E_BAD_KEYRING ? OK : e; /* the store's fault, or ours */
}

/* An ID that is not ours costs one HMAC and no lookup. */
static enum err weigh_id(struct hs *hs)
{
    const struct config *c = hs->config;
    enum id_verdict verdict;
    TRY(session_id_check(c->keyring, c->context, hs->now, hs->offer.session_id, &verdict));
    hs->negotiated->resumption = verdict == ID_OURS      ? IS_RESUMED
                                 : verdict == ID_EXPIRED ? SESSION_EXPIRED
                                                         : SESSION_FOREIGN;
    return OK;
}

static enum err ask_session(struct hs *hs)
{
    const struct config *c = hs->config;
    enum err e = session_store_key(c->keyring, c->context, hs->now, hs->offer.session_id, hs->session_key);
    if (e == E_BAD_KEYRING) { /* replaced since the ID was weighed, by another thread */
        hs->negotiated->resumption = SESSION_FOREIGN;
        return OK;
    }
    TRY(e);
    hs->question = (struct question){.ask = ASK_LOOK_UP_SESSION,
                                     .session_id = hs->offer.session_id,
                                     .session_key = hs->session_key,
                                     .server_name = hs->negotiated->server_name};
    return OK;
}

/* RFC 5077 3.4: with a ticket there, the ID only says how it will be known whether it was taken. */
static enum err open_ticket(struct hs *hs, struct session **s)
{
    const struct sealing by = sealing_of(hs);
    enum err e = ticket_open(&by, hs->offer.ticket, s, &hs->renew_ticket);
    hs->by_ticket = e == OK;
    hs->negotiated->resumption = e == OK ? IS_RESUMED : SESSION_FOREIGN;
    return e == OK || e == E_BAD_SESSION ? OK : e;
}

enum err resume_find(struct hs *hs, struct session **s)
{
    const struct config *c = hs->config;
    struct negotiated *n = hs->negotiated;
    *s = NULL;
    if (hs->offer.ticket.len && c->tickets) {
        return open_ticket(hs, s);
    }
    if (hs->answer.to == ASK_LOOK_UP_SESSION) {
        *s = hs->answer.session;
        hs->taken = hs->answer.taken;
        n->resumption = *s ? IS_RESUMED : hs->answer.no_session;
        enum err failed = hs->answer.failed;
        hs->answer = (struct answer){0};
        return failed;
    }
    TRY(weigh_id(hs));
    if (n->resumption != IS_RESUMED) {
        return OK;
    }
    if (c->asks & ASK_LOOK_UP_SESSION) {
        return ask_session(hs);
    }
    *s = session_store_get(c->sessions, hs->offer.session_id, hs->now);
    n->resumption = *s ? IS_RESUMED : SESSION_UNKNOWN;
    return OK;
}

enum err resume_take12(struct hs *hs)
{
    if (!hs->negotiated
             ->ems) { /* RFC 7627 5.3: an extended session without the extension, or neither: abort */
        return hs_refuse(hs, E_EXTENDED_MASTER_SECRET_MISMATCH,
                         "the client resumes without offering extended_master_secret");
    }
    return cursor_set(&hs->cursor, RESUMED);
}

/* An application that judges peers judges them again. */
static bool ask_again(struct hs *hs)
{
    const struct peer *peer = hs->session->peer;
    if (!(hs->config->asks & ASK_VERIFY) || !peer) {
        return false;
    }
    hs->question = (struct question){.ask = ASK_VERIFY,
                                     .chain = peer_chain(peer),
                                     .raw_key = peer_raw_key(peer),
                                     .verdict = peer->verdict,
                                     .detail = "",
                                     .resuming = true};
    return true;
}

void resume_not(struct hs *hs, enum resumption why)
{
    hs->negotiated->resumption = why;
    session_release(hs->session);
    hs->session = NULL;
    hs->by_ticket = false;
}

enum err resume_judged(struct hs *hs)
{
    bool fine = hs->answer.verdict == OK;
    hs->answer = (struct answer){0};
    if (fine) {
        return hs->version->take_session(hs);
    }
    resume_not(hs, SESSION_IDENTITY);
    return OK;
}

enum err resume_weigh(struct hs *hs, struct session *s)
{
    enum resumption fits = session_fits_hello(hs, s);
    hs->session = s;
    if (fits != IS_RESUMED) {
        resume_not(hs, fits);
        return OK;
    }
    hs->negotiated->resumption = IS_RESUMED;
    return ask_again(hs) ? OK : hs->version->take_session(hs);
}

enum err look_up_session_step(struct hs *hs)
{
    struct session *s;
    if (hs->answer.to == ASK_VERIFY) {
        return resume_judged(hs);
    }
    TRY(resume_find(hs, &s));
    return s ? resume_weigh(hs, s) : OK;
}

/* ---- client ---- */
static enum resumption session_fits_server(const struct hs *hs, struct session *s)
{
    enum resumption fits = session_fits(hs, s);
    if (fits == IS_RESUMED && strcmp(s->server_name, name_or_empty(hs->name)) != 0) {
        return SESSION_NAME;
    }
    if (fits == IS_RESUMED && !s->ems) {
        return SESSION_EMS; /* RFC 7627 5.3: a client should not offer such a session */
    }
    if (fits == IS_RESUMED && !peer_is_let_in(hs->config, s)) {
        return SESSION_IDENTITY;
    }
    if (fits == IS_RESUMED && s->ticket.len && !hs->config->tickets) {
        return SESSION_POLICY;
    }
    if (fits == IS_RESUMED && hs->before && s->version != hs->before->version) {
        return SESSION_PARAMETERS;
    }
    /* last, for to ask is to use: RFC 8446 C.4 */
    bool once = fits == IS_RESUMED && s->version >= TLS_1_3;
    return once && atomic_exchange_explicit(&s->used, true, memory_order_relaxed) ? SESSION_USED : fits;
}

enum err resume_offer(struct hs *hs)
{
    struct session *s = hs->session;
    hs->negotiated->resumption = NOT_OFFERED;
    if (!s) {
        return OK;
    }
    enum resumption fits = session_fits_server(hs, s);
    if (fits != IS_RESUMED) {
        hs->negotiated->resumption = fits;
        hs->session = NULL;
        session_release(s);
        return OK;
    }
    if (s->version >= TLS_1_3) { /* its ticket goes into pre_shared_key */
        return OK;
    }
    if (s->ticket.len) { /* RFC 5077 3.4: made up, to see by its return that the ticket was taken */
        hs->session_id_len = SESSION_ID_MAX;
        return random_fill(&hs->random, (struct span){hs->session_id, SESSION_ID_MAX});
    }
    hs->session_id_len = s->id_len;
    memcpy(hs->session_id, s->id, s->id_len);
    return OK;
}
