/* SPDX-License-Identifier: MIT */
#include "handshake/staple.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "wire/messages.h"

/* CertificateStatusType, RFC 6961 2.2 */
static const uint8_t type_of[] = {[STAPLE_OCSP] = 1, [STAPLE_OCSP_MULTI] = 2};

/*
 * Messages: the leaf's response alone in either form, and all of them. When one of a list is out of date, the
 * list with the leaf's alone stands in for it, so that nothing need be encoded during a handshake.
 */
enum form { LEAF_OCSP, LEAF_MULTI, ALL_MULTI, FORMS };
struct staple {
    atomic_uint references;
    struct staple_response response[STAPLES_MAX];
    struct span message[FORMS];
    int64_t from[FORMS], until[FORMS];
    struct span compressed[2][COMPRESSIONS_MAX]; /* RFC 8879; with timestamps in the second */
};
struct staple_place {
    pthread_mutex_t reading;  /* guards the pointer; held for a copy of it */
    pthread_mutex_t renewing; /* one renewal at a time */
    struct staple *staple;
};

/* ---- a staple ---- */
void staple_release(struct staple *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < STAPLES_MAX; i++) {
        memory_free(s->response[i].der.data, s->response[i].der.len);
    }
    for (size_t i = 0; i < FORMS; i++) {
        memory_free(s->message[i].data, s->message[i].len);
    }
    packing_wipe(s->compressed[0]);
    packing_wipe(s->compressed[1]);
    memory_free(s, sizeof *s);
}

static enum err copy_response(const struct staple_response *from, struct staple_response *to)
{
    if (!from->der.len) {
        return OK;
    }
    TRY(memory_copy(slice_of_span(from->der), &to->der.data));
    to->der.len = from->der.len;
    to->from = from->from;
    to->until = from->until;
    return OK;
}

/* How many entries a list has that ends with the last response there is, at most `most`. */
static size_t list_length(const struct staple *s, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < most; i++) {
        count = s->response[i].der.len ? i + 1 : count;
    }
    return count;
}

static void write_message(const struct staple *s, enum staple_kind kind, size_t count, struct writer *w)
{
    write_number(w, message_row(CERTIFICATE_STATUS)->type, 1);
    size_t body = write_open(w, 3);
    write_number(w, type_of[kind], 1);
    if (kind == STAPLE_OCSP) {
        write_vector(w, 3, slice_of_span(s->response[0].der));
    } else {
        size_t list = write_open(w, 3);
        for (size_t i = 0; i < count; i++) { /* RFC 6961 2.2: an empty entry where there is no response */
            write_vector(w, 3, slice_of_span(s->response[i].der));
        }
        write_close(w, list, 3);
    }
    write_close(w, body, 3);
}

static enum err encode(struct staple *s, enum form form)
{
    size_t count = list_length(s, form == ALL_MULTI ? STAPLES_MAX : 1), size = HANDSHAKE_HEADER + 1 + 3;
    if (!count) {
        return OK;
    }
    s->from[form] = INT64_MIN;
    s->until[form] = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct staple_response *r = &s->response[i];
        size += 3 + r->der.len;
        if (r->der.len) {
            s->from[form] = r->from > s->from[form] ? r->from : s->from[form];
            s->until[form] = r->until < s->until[form] ? r->until : s->until[form];
        }
    }
    if (size > HANDSHAKE_HEADER + message_row(CERTIFICATE_STATUS)->bound) {
        return E_BAD_STAPLE; /* longer than anybody takes */
    }
    void *memory;
    TRY(memory_new(size, &memory));
    s->message[form] = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    write_message(s, form == LEAF_OCSP ? STAPLE_OCSP : STAPLE_OCSP_MULTI, count, &w);
    s->message[form].len = w.len;
    return w.full ? E_INTERNAL : OK;
}

static struct slice response_of(const void *arg, size_t depth)
{
    const struct staple *s = arg;
    return depth < STAPLES_MAX ? slice_of_span(s->response[depth].der) : slice_of(NULL, 0);
}

/* RFC 8879 4, RFC 8446 4.4.2.1 */
static enum err compress(struct staple *s, const struct packing *packing)
{
    for (unsigned scts = 0; scts < (packing->sct_list.len ? 2u : 1u) && packing->how[0]; scts++) {
        struct span plain = {0};
        enum err e = packing_certificate(packing, scts, response_of, s, &plain);
        e = e == OK ? packing_compress_all(packing, slice_of_span(plain), s->compressed[scts]) : e;
        memory_free(plain.data, plain.len);
        TRY(e);
    }
    return OK;
}

/* What there was before, with another response at depth: STAPLES_MAX: with none. */
static enum err staple_make(const struct staple *before, size_t depth, const struct staple_response *response,
                            const struct packing *packing, struct staple **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct staple), &memory));
    struct staple *s = memory;
    atomic_init(&s->references, 1);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < STAPLES_MAX; i++) {
        const struct staple_response *r = i == depth ? response : before ? &before->response[i] : NULL;
        e = r ? copy_response(r, &s->response[i]) : OK;
    }
    for (enum form form = 0; e == OK && form < FORMS; form++) {
        e = encode(s, form);
    }
    e = e == OK && packing ? compress(s, packing) : e;
    if (e != OK) {
        staple_release(s);
        return e;
    }
    *out = s;
    return OK;
}

static bool is_current(const struct staple *s, enum form form, int64_t now)
{
    return s->message[form].data && s->from[form] <= now && now < s->until[form];
}

struct slice staple_message(const struct staple *s, enum staple_kind kind, int64_t now)
{
    const enum form multi = is_current(s, ALL_MULTI, now) ? ALL_MULTI : LEAF_MULTI;
    const enum form form = kind == STAPLE_OCSP ? LEAF_OCSP : multi;
    return is_current(s, form, now) ? slice_of_span(s->message[form]) : slice_of(NULL, 0);
}

struct slice staple_compressed(const struct staple *s, bool with_scts, size_t k, int64_t now)
{
    for (size_t i = 0; i < STAPLES_MAX; i++) {
        const struct staple_response *r = &s->response[i];
        if (r->der.len && !(r->from <= now && now < r->until)) {
            return slice_of(NULL, 0);
        }
    }
    return slice_of_span(s->compressed[with_scts][k]);
}

struct slice staple_response_at(const struct staple *s, size_t depth, int64_t now)
{
    const struct staple_response *r = depth < STAPLES_MAX ? &s->response[depth] : NULL;
    return r && r->from <= now && now < r->until ? slice_of_span(r->der) : slice_of(NULL, 0);
}

/* ---- its place ---- */
enum err staple_place_new(struct staple_place **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct staple_place), &memory));
    struct staple_place *p = memory;
    pthread_mutex_init(&p->reading, NULL);
    pthread_mutex_init(&p->renewing, NULL);
    *out = p;
    return OK;
}

void staple_place_free(struct staple_place *p)
{
    if (p) {
        staple_release(p->staple);
        pthread_mutex_destroy(&p->reading);
        pthread_mutex_destroy(&p->renewing);
        memory_free(p, sizeof *p);
    }
}

struct staple *staple_take(struct staple_place *p)
{
    pthread_mutex_lock(&p->reading);
    struct staple *s = p->staple;
    if (s) {
        atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&p->reading);
    return s;
}

static enum err renew(struct staple_place *p, size_t depth, const struct staple_response *response,
                      const struct packing *packing)
{
    struct staple *made = NULL, *before = NULL;
    pthread_mutex_lock(&p->renewing); /* nobody else writes the pointer */
    enum err e = response || p->staple ? staple_make(p->staple, depth, response, packing, &made) : OK;
    if (e == OK && made) {
        pthread_mutex_lock(&p->reading);
        before = p->staple;
        p->staple = made;
        pthread_mutex_unlock(&p->reading);
    }
    pthread_mutex_unlock(&p->renewing);
    staple_release(before);
    return e;
}

enum err staple_put(struct staple_place *p, size_t depth, const struct staple_response *response,
                    const struct packing *packing)
{
    return depth < STAPLES_MAX ? renew(p, depth, response, packing) : E_INTERNAL;
}

enum err staple_pack(struct staple_place *p, const struct packing *packing)
{
    return renew(p, STAPLES_MAX, NULL, packing);
}
