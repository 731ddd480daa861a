/* SPDX-License-Identifier: MIT */
#include "handshake/session.h"

#include <string.h>

#include "base/memory.h"

/* ---- peers ---- */
struct slice chain_leaf(struct slice chain)
{
    struct list certificates = list_of(chain);
    struct slice leaf;
    return list_next_vector(&certificates, 3, &leaf) ? leaf : slice_of(NULL, 0);
}

enum err peer_new(struct slice chain, struct slice subject, struct peer **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct peer) + chain.len + subject.len + 1,
                   &memory)); /* both lie behind the struct */
    struct peer *p = memory;
    atomic_init(&p->references, 1);
    p->chain = (struct span){(uint8_t *)(p + 1), chain.len};
    if (chain.len) {
        memcpy(p->chain.data, chain.data, chain.len);
    }
    if (subject.len) {
        memcpy(p->chain.data + chain.len, subject.data, subject.len);
    }
    p->subject = (const char *)p->chain.data + chain.len;
    *out = p;
    return OK;
}

struct peer *peer_share(struct peer *p)
{
    if (p) {
        atomic_fetch_add_explicit(&p->references, 1, memory_order_relaxed);
    }
    return p;
}

void peer_release(struct peer *p)
{
    if (p && atomic_fetch_sub_explicit(&p->references, 1, memory_order_acq_rel) == 1) {
        memory_free(p, sizeof *p + p->chain.len + strlen(p->subject));
    }
}

/* ---- sessions ---- */
enum err session_new(struct session **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct session), &memory));
    *out = memory;
    atomic_init(&(*out)->references, 1);
    atomic_init(&(*out)->forgotten, false);
    return OK;
}

struct session *session_share(struct session *s)
{
    if (s) {
        atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    }
    return s;
}

void session_release(struct session *s)
{
    if (s && atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) == 1) {
        peer_release(s->peer);
        memory_free(s, sizeof *s);
    }
}

/* ---- the saved format: a magic with its version, then the fields in order; opaque to everyone else ---- */
struct saved_session {
    struct slice magic;
    uint8_t flags;
    uint16_t version, suite;
    struct slice id, master, context, expires, authenticated, server_name;
    uint8_t verdict;
    struct slice not_after, leaf, subject;
};
enum { SAVED_EMS = 1, SAVED_PEER = 2, SAVED_VERIFIED = 4 };
#define MAGIC "HFS\001"
/* Behind the fields, so that a session that was damaged where it was kept is none: a wrong master secret
 * would otherwise fail the handshake that resumes it. It proves nothing about who saved it. */
#define DIGEST_SIZE 16
#define T struct saved_session
static LAYOUT(saved_session, "session", BYTES(magic, 4), NUMBER(flags), NUMBER(version), NUMBER(suite),
              VECTOR8(id, 1, SESSION_ID_MAX), BYTES(master, MASTER_SECRET_SIZE), BYTES(context, CONTEXT_SIZE),
              BYTES(expires, 8), BYTES(authenticated, 8), VECTOR8(server_name, 0, SERVER_NAME_MAX),
              NUMBER(verdict), BYTES(not_after, 8), VECTOR24(leaf, 0, 65536),
              VECTOR8(subject, 0, SUBJECT_MAX));
#undef T

static void put_time(uint8_t out[8], int64_t t)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)((uint64_t)t >> (56 - 8 * i));
    }
}

static int64_t get_time(struct slice s)
{
    uint64_t t = 0;
    for (size_t i = 0; i < 8; i++) {
        t = t << 8 | s.data[i];
    }
    return (int64_t)t;
}

size_t session_saved_size(const struct session *s)
{
    size_t fixed = 4 + 1 + 2 + 2 + 1 + MASTER_SECRET_SIZE + CONTEXT_SIZE + 8 + 8 + 1 + 1 + 8 + 3 + 1 +
                   DIGEST_SIZE;
    size_t peer = s->peer ? chain_leaf(slice_of_span(s->peer->chain)).len + strlen(s->peer->subject) : 0;
    return fixed + s->id_len + strlen(s->server_name) + peer;
}

enum err session_encode(const struct session *s, struct writer *w)
{
    uint8_t expires[8], authenticated[8], not_after[8];
    put_time(expires, s->expires);
    put_time(authenticated, s->authenticated);
    put_time(not_after, s->peer ? s->peer->not_after : 0);
    struct saved_session saved = {
        .magic = slice_of(MAGIC, 4),
        .flags = (uint8_t)((s->ems ? SAVED_EMS : 0) | (s->peer ? SAVED_PEER : 0) |
                           (s->peer && s->peer->verified ? SAVED_VERIFIED : 0)),
        .version = s->version,
        .suite = s->suite,
        .id = slice_of(s->id, s->id_len),
        .master = slice_of(s->master, MASTER_SECRET_SIZE),
        .context = slice_of(s->context, CONTEXT_SIZE),
        .expires = slice_of(expires, 8),
        .authenticated = slice_of(authenticated, 8),
        .server_name = slice_of_string(s->server_name),
        .verdict = s->peer ? (uint8_t)s->peer->verdict : 0,
        .not_after = slice_of(not_after, 8),
        .leaf = s->peer ? chain_leaf(slice_of_span(s->peer->chain)) : slice_of(NULL, 0),
        .subject = slice_of_string(s->peer ? s->peer->subject : ""),
    };
    size_t start = w->len;
    uint8_t digest[HASH_MAX];
    TRY(layout_encode(&layout_saved_session, &saved, w));
    TRY(hash_once(HASH_SHA256, slice_of(w->base + start, w->len - start), digest));
    write_bytes(w, slice_of(digest, DIGEST_SIZE));
    return w->full ? E_INTERNAL : OK;
}

/* Takes the digest off the end. */
static enum err check_digest(struct slice *bytes)
{
    uint8_t digest[HASH_MAX];
    if (bytes->len < DIGEST_SIZE) {
        return E_BAD_SESSION;
    }
    bytes->len -= DIGEST_SIZE;
    TRY(hash_once(HASH_SHA256, *bytes, digest));
    struct slice found = slice_of(bytes->data + bytes->len, DIGEST_SIZE);
    return slice_equal(found, slice_of(digest, DIGEST_SIZE)) ? OK : E_BAD_SESSION;
}

static enum err decode_peer(const struct saved_session *saved, struct peer **out)
{
    void *memory;
    size_t size = saved->leaf.len + 3;
    TRY(memory_new(size, &memory));
    struct writer w = writer_of(memory, size);
    write_vector(&w, 3, saved->leaf);
    enum err e = peer_new(written(&w), saved->subject, out);
    memory_free(memory, size);
    TRY(e);
    struct peer *p = *out;
    p->verified = saved->flags & SAVED_VERIFIED;
    p->verdict = (enum err)saved->verdict;
    p->not_after = get_time(saved->not_after);
    return OK;
}

static bool saved_is_sound(const struct saved_session *saved)
{
    bool peer = saved->flags & SAVED_PEER;
    return slice_equal(saved->magic, slice_of(MAGIC, 4)) && suite_of(saved->suite) &&
           saved->version == TLS_1_2 && saved->flags < 8 && saved->verdict < ERR_COUNT &&
           peer == (saved->leaf.len > 0) && !memchr(saved->server_name.data, 0, saved->server_name.len) &&
           !memchr(saved->subject.data, 0, saved->subject.len);
}

enum err session_decode(struct slice bytes, struct session **out)
{
    struct saved_session saved;
    *out = NULL;
    TRY(check_digest(&bytes));
    if (layout_decode(&layout_saved_session, bytes, &saved) != OK || !saved_is_sound(&saved)) {
        return E_BAD_SESSION;
    }
    struct session *s;
    TRY(session_new(&s));
    if (saved.flags & SAVED_PEER) {
        enum err e = decode_peer(&saved, &s->peer);
        if (e != OK) {
            session_release(s);
            return e;
        }
    }
    s->id_len = (uint8_t)saved.id.len;
    memcpy(s->id, saved.id.data, saved.id.len);
    s->ems = saved.flags & SAVED_EMS;
    s->version = saved.version;
    s->suite = saved.suite;
    memcpy(s->master, saved.master.data, MASTER_SECRET_SIZE);
    memcpy(s->context, saved.context.data, CONTEXT_SIZE);
    s->expires = get_time(saved.expires);
    s->authenticated = get_time(saved.authenticated);
    memcpy(s->server_name, saved.server_name.data, saved.server_name.len);
    *out = s;
    return OK;
}
