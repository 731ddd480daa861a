/* SPDX-License-Identifier: MIT */
#include "handshake/psk.h"

#include <string.h>

#include "tls13/tls13.h"

/* Pre-shared keys, RFC 8446 4.2.11: the binders of a client, and which key a server takes. The extension that
 * carries them is extension/pre_shared_key.c. */

/* More sessions, or keys of the application's, than these are not looked for: each may cost a look into a
 * store. */
#define SESSIONS_LOOKED_AT 4
#define PSKS_ASKED_MAX 4

/* RFC 8446 4.2.11.2: as Finished is made, with a key of the early secret. */
static enum err make_binder(const struct psk *psk, const uint8_t hash[HASH_MAX], uint8_t out[HASH_MAX])
{
    static const uint8_t zeros[HASH_MAX];
    enum hash h = psk->hash;
    size_t size = hash_size(h);
    uint8_t early[HASH_MAX], binder_key[HASH_MAX], finished_key[HASH_MAX];
    enum err e = hkdf_extract(h, slice_of(zeros, size), psk->secret, early);
    e = e == OK ? tls13_derive(h, slice_of(early, size), psk->binder, tls13_hash_of_nothing(h),
                               (struct span){binder_key, size})
                : e;
    e = e == OK ? tls13_derive(h, slice_of(binder_key, size), "finished", slice_of(NULL, 0),
                               (struct span){finished_key, size})
                : e;
    e = e == OK ? hmac_once(h, slice_of(finished_key, size), slice_of(hash, size), out) : e;
    wipe(early, sizeof early);
    wipe(binder_key, sizeof binder_key);
    wipe(finished_key, sizeof finished_key);
    return e;
}

/* ---- client ---- */
enum err tls13_client_hello_patch(struct hs *hs, struct span encoded)
{
    struct psk list[PSKS_MAX];
    size_t count = psk_offered(hs, list);
    if (!count) {
        return OK;
    }
    size_t binders = psk_binders_size(list, count);
    struct slice prefix = slice_of(encoded.data, encoded.len - binders);
    uint8_t *at = encoded.data + prefix.len + 2;
    for (size_t i = 0; i < count; i++) {
        enum hash h = list[i].hash;
        uint8_t hash[HASH_MAX], binder[HASH_MAX];
        TRY(transcript_hash_with(&hs->transcript, h, prefix, hash));
        TRY(make_binder(&list[i], hash, binder));
        memcpy(at + 1, binder, hash_size(h));
        at += 1 + hash_size(h);
    }
    return OK;
}

/* ---- server ---- */
/* RFC 8446 4.2.11.2: over all messages up to the binders themselves. */
static enum err check_binder(struct hs *hs, const struct psk *psk, struct slice binder)
{
    const uint8_t *start = transcript_messages(&hs->transcript).data;
    struct slice prefix = slice_of(start, (size_t)(hs->offer.psk_binders.data - 2 - start));
    uint8_t hash[HASH_MAX], made[HASH_MAX];
    TRY(hash_once(psk->hash, prefix, hash));
    TRY(make_binder(psk, hash, made));
    bool same = secret_equal(binder, slice_of(made, hash_size(psk->hash)));
    return hs_checked(hs, CHECK_BINDER, same ? OK : E_BAD_BINDER);
}

/* What an identity is to a server is what a session ID or a ticket was in TLS 1.2. */
static void look_at(struct hs *hs, struct slice identity)
{
    bool id = identity.len == SESSION_ID_MAX;
    hs->offer.session_id = id ? identity : slice_of(NULL, 0);
    hs->offer.ticket = id ? slice_of(NULL, 0) : identity;
}

/* Checklist R4: of another version, or, behind HelloRetryRequest, of another hash (RFC 8446 4.1.4). */
static bool is_of_this_kind(const struct hs *hs, const struct session *s)
{
    const struct suite *suite = session_suite(s);
    bool retried = hs_is_retried(hs);
    return s->version == TLS_1_3 && suite && (!retried || suite->hash == hs->negotiated->suite->hash);
}

static enum err weigh(struct hs *hs, struct session *s, struct slice binder)
{
    hs->session = s;
    if (!is_of_this_kind(hs, s)) {
        resume_not(hs, SESSION_PARAMETERS);
        return OK;
    }
    const struct psk psk = psk_of_session(s);
    TRY(check_binder(hs, &psk, binder)); /* before anything that the session says is used */
    return resume_weigh(hs, s);
}

static enum err look_for_session(struct hs *hs, struct slice identity, struct slice binder)
{
    struct session *s;
    hs->session_asked |= hs->answer.to == ASK_LOOK_UP_SESSION;
    look_at(hs, identity);
    TRY(resume_find(hs, &s));
    hs->question.take = hs->question.ask == ASK_LOOK_UP_SESSION; /* RFC 8446 8.1 */
    return s && !hs->question.ask ? weigh(hs, s, binder) : OK;
}

/* The key is taken as soon as its binder is right: RFC 8446 4.2.11. */
static enum err look_at_external(struct hs *hs, const struct external_psk *external, struct slice binder)
{
    const struct psk psk = psk_of_external(external);
    if (external_psk_weigh(hs, external) != PSK_USED) {
        return OK;
    }
    TRY(check_binder(hs, &psk, binder));
    return external_psk_take(hs, external);
}

/* What no key of ours is called, and no session of ours either. */
static enum err ask_psk(struct hs *hs, struct slice identity)
{
    if (hs->config->asks & ASK_LOOK_UP_PSK && hs->psks_asked < PSKS_ASKED_MAX) {
        hs->psks_asked++;
        hs->question = (struct question){
            .ask = ASK_LOOK_UP_PSK, .psk_identity = identity, .server_name = hs->negotiated->server_name};
    }
    return OK;
}

static enum err look_at_one(struct hs *hs, struct slice identity, struct slice binder)
{
    const struct external_psk *external = external_psk_find(&hs->config->psks, identity);
    if (hs->answer.to == ASK_LOOK_UP_PSK) {
        external = hs->negotiated->asked_psk;
        hs->answer = (struct answer){0};
        return external ? look_at_external(hs, external, binder) : OK;
    }
    if (external) { /* RFC 9257 6.1.2: whose identity it is, is never in doubt */
        return look_at_external(hs, external, binder);
    }
    /* one look into the store is enough for one handshake */
    if (psk_resumes(hs) && !hs->session_asked && hs->psk_index < SESSIONS_LOOKED_AT) {
        TRY(look_for_session(hs, identity, binder));
        if (hs->question.ask || hs->session || hs->negotiated->resumption != SESSION_FOREIGN) {
            return OK;
        }
    }
    return ask_psk(hs, identity);
}

enum err tls13_look_up_session_step(struct hs *hs)
{
    struct slice identity, binder;
    if (hs->answer.to == ASK_VERIFY) {
        TRY(resume_judged(hs));
        if (hs->session) {
            return OK;
        }
        hs->psk_index++;
    }
    for (; hs->psk_index < PSKS_LOOKED_AT && psk_at(hs, hs->psk_index, &identity, &binder); hs->psk_index++) {
        TRY(look_at_one(hs, identity, binder));
        if (hs->question.ask || hs->session || hs->external) {
            return OK;
        }
    }
    return OK;
}

/* A ticket that has an ID is good once: RFC 8446 8.1. */
static enum err take_out(struct hs *hs, const struct session *s, bool *first)
{
    const struct config *c = hs->config;
    struct slice id = slice_of(s->id, s->id_len);
    *first = true;
    if (hs->by_ticket || !s->id_len) {
        return OK;
    }
    if (c->asks & ASK_LOOK_UP_SESSION) {
        hs->single_use = hs->taken;
        if (hs->taken && c->sessions) {
            session_store_forget(c->sessions, id);
        }
        return hs->taken ? OK : forget_id(c, id, hs->now);
    }
    *first = hs->single_use = session_store_take(c->sessions, id);
    return OK;
}

enum err tls13_take_session(struct hs *hs)
{
    bool first;
    TRY(take_out(hs, hs->session, &first));
    if (!first) {
        resume_not(hs, SESSION_UNKNOWN);
        return OK;
    }
    TRY(secret_set(&hs->psk, session_secret(hs->session)));
    return cursor_set(&hs->cursor, RESUMED);
}
