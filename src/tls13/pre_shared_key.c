/* SPDX-License-Identifier: MIT */
#include "handshake/psk.h"

#include <string.h>

#include "tls13/tls13.h"

/* Pre-shared keys, RFC 8446 4.2.11: the binders of a client, and which key a server takes. The extension that
 * carries them is extension/pre_shared_key.c. */

/* More identities than these are not looked at: each may cost a look into the store. */
#define LOOKED_AT_MAX 4

/* RFC 8446 4.2.11.2: as Finished is made, with a key of the early secret. */
static enum err make_binder(enum hash h, struct slice secret, struct slice hash, uint8_t out[HASH_MAX])
{
    static const uint8_t zeros[HASH_MAX];
    size_t size = hash_size(h);
    uint8_t nothing[HASH_MAX], early[HASH_MAX], binder_key[HASH_MAX], finished_key[HASH_MAX];
    TRY(hash_once(h, slice_of(NULL, 0), nothing));
    enum err e = hkdf_extract(h, slice_of(zeros, size), secret, early);
    e = e == OK ? tls13_derive(h, slice_of(early, size), "res binder", slice_of(nothing, size),
                               (struct span){binder_key, size})
                : e;
    e = e == OK ? tls13_derive(h, slice_of(binder_key, size), "finished", slice_of(NULL, 0),
                               (struct span){finished_key, size})
                : e;
    e = e == OK ? hmac_once(h, slice_of(finished_key, size), hash, out) : e;
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
        TRY(make_binder(h, list[i].secret, slice_of(hash, hash_size(h)), binder));
        memcpy(at + 1, binder, hash_size(h));
        at += 1 + hash_size(h);
    }
    return OK;
}

/* ---- server ---- */
/* RFC 8446 4.2.11.2: over all messages up to the binders themselves. */
static enum err check_binder(struct hs *hs, const struct session *s, struct slice binder)
{
    enum hash h = session_suite(s)->hash;
    const uint8_t *start = transcript_messages(&hs->transcript).data;
    struct slice prefix = slice_of(start, (size_t)(hs->offer.psk_binders.data - 2 - start));
    uint8_t hash[HASH_MAX], made[HASH_MAX];
    TRY(hash_once(h, prefix, hash));
    TRY(make_binder(h, session_secret(s), slice_of(hash, hash_size(h)), made));
    bool same = secret_equal(binder, slice_of(made, hash_size(h)));
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
    bool retried = cursor_has(&hs->cursor, RETRY);
    return s->version == TLS_1_3 && suite && (!retried || suite->hash == hs->negotiated->suite->hash);
}

static enum err weigh(struct hs *hs, struct session *s, struct slice binder)
{
    hs->session = s;
    if (!is_of_this_kind(hs, s)) {
        resume_not(hs, SESSION_PARAMETERS);
        return OK;
    }
    TRY(check_binder(hs, s, binder)); /* before anything that the session says is used */
    return resume_weigh(hs, s);
}

enum err tls13_look_up_session_step(struct hs *hs)
{
    struct slice identity, binder;
    if (hs->answer.to == ASK_VERIFY) {
        return resume_judged(hs);
    }
    for (; hs->psk_index < LOOKED_AT_MAX && psk_at(hs, hs->psk_index, &identity, &binder); hs->psk_index++) {
        struct session *s;
        bool asked = hs->answer.to == ASK_LOOK_UP_SESSION;
        look_at(hs, identity);
        TRY(resume_find(hs, &s));
        if (hs->question.ask) {
            return OK;
        }
        TRY(s ? weigh(hs, s, binder) : OK);
        if (hs->session || asked) { /* one look into the store is enough for one handshake */
            return OK;
        }
    }
    return OK;
}

/* A ticket that has an ID is good once: RFC 8446 8.1. */
static enum err take_out(const struct hs *hs, const struct session *s, bool *first)
{
    const struct config *c = hs->config;
    struct slice id = slice_of(s->id, s->id_len);
    *first = true;
    if (hs->by_ticket || !s->id_len) {
        return OK;
    }
    if (c->asks & ASK_LOOK_UP_SESSION) {
        return forget_id(c, id, hs->now);
    }
    *first = session_store_take(c->sessions, id);
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
