/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/psk.h"

/* What a handshake leaves behind for a later one: a session, in memory, in an application's store, with the
 * client. */

bool remember_can(const struct hs *hs)
{
    const struct config *c = hs->config;
    uint32_t epoch = 0;
    /* RFC 7627 5.3: a session without extended_master_secret must not be resumed, so none is promised */
    if (!hs->negotiated->ems || !c->keyring) {
        return false;
    }
    /* RFC 6066 7: truncation would have to stay with the session; a laboratory can do without */
    if (hs->offer.truncated_hmac && hs->negotiated->suite->cbc) {
        return false;
    }
    (void)keyring_next(c->keyring, hs->now, &epoch);
    if (!epoch) {
        counts_add(c->counts, COUNT_NO_KEY, 1);
    }
    return epoch != 0;
}

/* ---- an application's store ---- */
#define INDEXES_MAX 8
struct indexes {
    char text[INDEXES_MAX][STORE_KEY_SIZE];
    const char *list[INDEXES_MAX];
    size_t count;
};

/* Under which names a person may look for this peer's sessions. */
static enum err index_names(const struct hs *hs, const struct session *s, const struct certificate *peer,
                            struct indexes *x)
{
    char name[PEER_NAME_MAX];
    enum err err = OK;
    struct keyring_hold hold = keyring_enter(hs->config->keyring);
    const struct epoch *e = keyring_find_low(&hold, s->id[0] % EPOCHS_MAX, hs->now);
    while (e && err == OK && peer && x->count < INDEXES_MAX && peer_name(peer, x->count, name)) {
        err = identity_index(e, name, x->text[x->count]);
        x->list[x->count] = x->text[x->count];
        x->count++;
    }
    keyring_leave(hold);
    return err;
}

/* A resumed connection's peer is known by the session alone. */
static enum err index_peer(const struct hs *hs, const struct session *s, struct indexes *x)
{
    struct certificate *leaf;
    if (hs->peer_certificate || !s->peer) {
        return index_names(hs, s, hs->peer_certificate, x);
    }
    TRY(peer_certificate(s->peer, &leaf));
    enum err e = index_names(hs, s, leaf, x);
    certificate_free(leaf);
    return e;
}

static enum err give_to_store(const struct hs *hs, const struct session *s)
{
    const struct config *c = hs->config;
    const struct sealing by = {c->keyring, c->context, hs->now, &hs->random};
    char key[STORE_KEY_SIZE];
    uint8_t sealed[RECORD_MAX];
    struct indexes indexes = {.count = 0};
    struct writer w = writer_of(sealed, sizeof sealed);
    struct slice id = slice_of(s->id, s->id_len);
    enum err e = session_store_key(c->keyring, c->context, hs->now, id, key);
    e = e == OK ? record_seal_session(&by, s, key, &w) : e;
    if (e == E_BUFFER_LIMIT || e == E_BAD_KEYRING) {
        return OK; /* too large, or its key is gone: it is just not resumed */
    }
    TRY(e);
    TRY(index_peer(hs, s, &indexes));
    counts_add(c->counts, COUNT_RECORDS, 1);
    counts_add(c->counts, COUNT_RECORD_BYTES, w.len);
    c->session_effect(c->session_effect_arg,
                      &(struct stored_session){key, written(&w), (uint32_t)(s->expires - hs->now),
                                               indexes.list, indexes.count});
    return OK;
}

/* ---- the session ---- */
static int64_t expiry(const struct hs *hs)
{
    uint32_t life = hs->config->session_life;
    if (hs->cursor.me == SERVER) {
        return hs->session_id_len ? hs->session_expires : hs->now + life;
    }
    bool hinted = hs->ticket.len && hs->ticket_life && hs->ticket_life < life; /* RFC 5077 3.3 */
    return hs->now + (hinted ? hs->ticket_life : life);
}

/* The connection's own, or else that of its session so far, which may have come from an earlier connection.
 */
struct slice negotiated_note(const struct negotiated *n)
{
    struct slice own = slice_of_span(n->note);
    return own.len || !n->session ? own : n->session->note;
}

static struct slice note_of(const struct hs *hs)
{
    const struct session *was = hs->before ? hs->before->session : NULL;
    struct slice own = slice_of_span(hs->negotiated->note);
    return own.len || !was ? own : was->note;
}

static enum err make_session(struct hs *hs, struct session **out)
{
    struct negotiated *n = hs->negotiated;
    const char *name = hs->cursor.me == SERVER ? n->server_name : hs->name;
    const struct session_texts texts = {slice_of_string(name ? name : ""),
                                        slice_of_string(n->alpn ? n->alpn : ""), note_of(hs),
                                        slice_of_span(hs->ticket)};
    struct session *s;
    TRY(session_new(&texts, &s));
    s->id_len = hs->session_id_len;
    memcpy(s->id, hs->session_id, hs->session_id_len);
    s->ems = n->ems;
    s->etm = n->etm;
    s->own_raw_key = n->certificate_type[hs->cursor.me] == CERTIFICATE_RAW_KEY;
    s->version = n->version;
    s->suite = n->suite->code;
    s->max_fragment = n->max_fragment;
    memcpy(s->master, n->master.data, MASTER_SECRET_SIZE);
    memcpy(s->context, hs->config->context, CONTEXT_SIZE);
    s->expires = expiry(hs);
    s->authenticated = hs->now;
    s->peer = peer_share(n->peer);
    *out = s;
    return OK;
}

/* RFC 5077 3.3: the server gave a new ticket for the session that is resumed. */
static enum err renew(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    struct session *renewed;
    if (!hs->ticket.len) {
        return OK;
    }
    TRY(session_with_ticket(n->session, slice_of_span(hs->ticket), &renewed));
    session_release(n->session);
    n->session = renewed;
    return OK;
}

enum err remember_session(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    const char *name = hs->cursor.me == SERVER ? n->server_name : hs->name;
    bool resumable = n->version < TLS_1_3 && (hs->session_id_len || hs->ticket.len || hs->gives_ticket);
    if (n->resumed) {
        return renew(hs);
    }
    if (!resumable || n->truncated_hmac || n->session || (name && strlen(name) > SERVER_NAME_MAX)) {
        return OK;
    }
    TRY(make_session(hs, &n->session));
    n->ticket = hs->ticket.len > 0;
    if (hs->cursor.me == CLIENT) {
        return OK;
    }
    if (hs->session_id_len) {
        counts_add(hs->config->counts, COUNT_MADE, 1);
    }
    if (hs->session_id_len && hs->config->sessions) {
        session_store_put(hs->config->sessions, n->session);
    }
    return hs->session_id_len && hs->config->session_effect ? give_to_store(hs, n->session) : OK;
}

enum err remember_ticket(const struct hs *hs, struct session *s)
{
    const struct config *c = hs->config;
    counts_add(c->counts, s->id_len ? COUNT_MADE : COUNT_TICKETS, 1);
    if (!s->id_len) {
        return OK;
    }
    if (c->sessions) {
        session_store_put(c->sessions, s);
    }
    return c->session_effect ? give_to_store(hs, s) : OK;
}

enum err forget_id(const struct config *c, struct slice id, int64_t now)
{
    char key[STORE_KEY_SIZE];
    if (c->sessions) {
        session_store_forget(c->sessions, id);
    }
    if (c->session_effect) {
        enum err e = session_store_key(c->keyring, c->context, now, id, key);
        if (e != OK) {
            return e == E_BAD_KEYRING ? OK : e; /* its key is gone: it opens no more */
        }
        c->session_effect(c->session_effect_arg, &(struct stored_session){.key = key});
    }
    return OK;
}

void forget_session(const struct config *c, struct session *s, int64_t now)
{
    atomic_store_explicit(&s->forgotten, true, memory_order_relaxed);
    if (c->side == SERVER && s->id_len) {
        (void)forget_id(c, slice_of(s->id, s->id_len), now); /* this is what is done when all else failed */
    }
}
