/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/handshake.h"

/* Whether a session may be resumed: RFC 5246 F.1.4, RFC 6066 3, RFC 7627 5.3. A mismatch is a full handshake,
 * never an error. */

static const char *name_or_empty(const char *name)
{
    return name ? name : "";
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
    if (s->version < c->min_version || s->version > c->max_version || !codes_have(&c->suites, s->suite)) {
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
static enum resumption session_fits_hello(const struct hs *hs, const struct session *s)
{
    const struct config *c = hs->config;
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
    if (c->etm_required && suite_of(s->suite)->cbc && !hs->offer.etm) {
        return SESSION_PARAMETERS; /* RFC 7366: asked for anew each time */
    }
    if (c->client_auth != CLIENT_AUTH_NONE && s->peer && !c->resume_client_auth) {
        return SESSION_POLICY;
    }
    if (c->client_auth == CLIENT_AUTH_REQUIRE && !s->peer) {
        return SESSION_CONTEXT;
    }
    return !s->ems && hs->negotiated->ems ? SESSION_EMS : IS_RESUMED; /* RFC 7627 5.3 */
}

static struct session *take_session(struct hs *hs)
{
    if (hs->config->asks & ASK_LOOK_UP_SESSION) {
        struct session *s = hs->answer.session;
        hs->answer.to = ASK_NOTHING;
        hs->answer.session = NULL;
        /* an application's store may answer with another session than was asked for */
        if (s && !slice_equal(slice_of(s->id, s->id_len), hs->offer.session_id)) {
            session_release(s);
            return NULL;
        }
        return s;
    }
    return hs->config->sessions ? session_store_get(hs->config->sessions, hs->offer.session_id, hs->now)
                                : NULL;
}

enum err look_up_session_step(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (hs->config->asks & ASK_LOOK_UP_SESSION && hs->answer.to != ASK_LOOK_UP_SESSION) {
        hs->question = (struct question){
            .ask = ASK_LOOK_UP_SESSION, .session_id = hs->offer.session_id, .server_name = n->server_name};
        return OK;
    }
    struct session *s = take_session(hs);
    if (!s) {
        n->resumption = SESSION_UNKNOWN;
        return OK;
    }
    n->resumption = session_fits_hello(hs, s);
    if (n->resumption != IS_RESUMED) {
        session_release(s);
        return OK;
    }
    hs->session = s;
    if (!n->ems) { /* RFC 7627 5.3: an extended session without the extension, or neither: abort */
        return hs_refuse(hs, E_EXTENDED_MASTER_SECRET_MISMATCH,
                         "the client resumes without offering extended_master_secret");
    }
    return cursor_set(&hs->cursor, RESUMED);
}

/* ---- client ---- */
void resume_offer(struct hs *hs)
{
    struct session *s = hs->session;
    hs->negotiated->resumption = NOT_OFFERED;
    if (!s) {
        return;
    }
    enum resumption fits = session_fits(hs, s);
    if (fits == IS_RESUMED && strcmp(s->server_name, name_or_empty(hs->name)) != 0) {
        fits = SESSION_NAME;
    }
    if (fits == IS_RESUMED && !s->ems) {
        fits = SESSION_EMS; /* RFC 7627 5.3: a client should not offer such a session */
    }
    if (fits == IS_RESUMED) {
        hs->session_id_len = s->id_len;
        memcpy(hs->session_id, s->id, s->id_len);
        return;
    }
    hs->negotiated->resumption = fits;
    hs->session = NULL;
    session_release(s);
}

/* ---- after a full handshake ---- */
static void store_session(const struct hs *hs, struct session *s)
{
    const struct config *c = hs->config;
    if (c->sessions) {
        session_store_put(c->sessions, s);
    }
    size_t size = session_saved_size(s);
    void *saved;
    if (!c->session_effect || memory_new(size, &saved) != OK) {
        return;
    }
    struct writer w = writer_of(saved, size);
    if (session_encode(s, &w) == OK) {
        c->session_effect(c->session_effect_arg, slice_of(s->id, s->id_len), written(&w), c->session_life);
    }
    memory_free(saved, size);
}

enum err resume_make_session(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    const char *name = name_or_empty(hs->cursor.me == SERVER ? n->server_name : hs->name);
    if (!hs->session_id_len || n->resumed || strlen(name) > SERVER_NAME_MAX) {
        return OK;
    }
    struct session *s;
    TRY(session_new(&s));
    s->id_len = hs->session_id_len;
    memcpy(s->id, hs->session_id, hs->session_id_len);
    s->ems = n->ems;
    s->version = n->version;
    s->suite = n->suite->code;
    memcpy(s->master, n->master.data, MASTER_SECRET_SIZE);
    memcpy(s->context, hs->config->context, CONTEXT_SIZE);
    s->expires = hs->now + hs->config->session_life;
    s->authenticated = hs->now;
    memcpy(s->server_name, name, strlen(name) + 1);
    s->peer = peer_share(n->peer);
    n->session = s;
    if (hs->cursor.me == SERVER) {
        store_session(hs, s);
    }
    return OK;
}
