/* SPDX-License-Identifier: MIT */
#include "session/session.h"

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

struct slice peer_chain(const struct peer *p)
{
    return p->raw_key ? slice_of(NULL, 0) : slice_of_span(p->chain);
}

struct slice peer_raw_key(const struct peer *p)
{
    return p->raw_key ? chain_leaf(slice_of_span(p->chain)) : slice_of(NULL, 0);
}

enum err peer_certificate(const struct peer *p, struct certificate **out)
{
    struct slice leaf = chain_leaf(slice_of_span(p->chain));
    return p->raw_key ? certificate_of_key(leaf, out) : certificate_parse(leaf, out);
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
/* Appends a text and a NUL; answers where it begins. */
static uint8_t *put_text(uint8_t **at, struct slice text)
{
    uint8_t *begin = *at;
    if (text.len) {
        memcpy(begin, text.data, text.len);
    }
    *at += text.len + 1; /* the memory was zeroed */
    return begin;
}

enum err session_new(const struct session_texts *t, struct session **out)
{
    void *memory;
    if (t->server_name.len > SERVER_NAME_MAX || t->alpn.len > 255 || t->note.len > SESSION_NOTE_MAX ||
        t->ticket.len > TICKET_MAX) {
        return E_INTERNAL;
    }
    size_t size = sizeof(struct session) + t->server_name.len + t->alpn.len + t->note.len + t->ticket.len + 4;
    TRY(memory_new(size, &memory));
    struct session *s = memory;
    uint8_t *at = (uint8_t *)(s + 1);
    atomic_init(&s->references, 1);
    atomic_init(&s->forgotten, false);
    atomic_init(&s->used, false);
    s->size = size;
    s->server_name = (const char *)put_text(&at, t->server_name);
    s->alpn = (const char *)put_text(&at, t->alpn);
    s->note = slice_of(put_text(&at, t->note), t->note.len);
    s->ticket = slice_of(put_text(&at, t->ticket), t->ticket.len);
    *out = s;
    return OK;
}

enum err session_with_ticket(const struct session *s, struct slice ticket, struct session **out)
{
    const struct session_texts texts = {slice_of_string(s->server_name), slice_of_string(s->alpn), s->note,
                                        ticket};
    TRY(session_new(&texts, out));
    struct session *copy = *out;
    copy->ems = s->ems;
    copy->etm = s->etm;
    copy->own_raw_key = s->own_raw_key;
    copy->version = s->version;
    copy->suite = s->suite;
    copy->max_fragment = s->max_fragment;
    memcpy(copy->master, s->master, sizeof s->master);
    memcpy(copy->context, s->context, sizeof s->context);
    copy->expires = s->expires;
    copy->authenticated = s->authenticated;
    copy->peer = peer_share(s->peer);
    return OK;
}

const struct suite *session_suite(const struct session *s)
{
    return s->version >= TLS_1_3 ? suite13_of(s->suite) : suite_of(s->suite);
}

struct slice session_secret(const struct session *s)
{
    const struct suite *suite = session_suite(s);
    bool psk = s->version >= TLS_1_3 && suite;
    return slice_of(s->master, psk ? hash_size(suite->hash) : MASTER_SECRET_SIZE);
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
        memory_free(s, s->size);
    }
}
