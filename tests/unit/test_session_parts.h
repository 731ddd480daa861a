/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_UNIT_TEST_SESSION_PARTS_H
#define HF_TESTS_UNIT_TEST_SESSION_PARTS_H

/* Keyrings and sessions for the tests of src/session. cmocka.h comes before this. */
#include <stdlib.h>
#include <string.h>

#include "session/keyring.h"

#define NOW INT64_C(1780272000)
#define PERIOD 3600
#define LIFE 14400
#define LEAD 600

static const struct random_source libcryptos = {NULL, NULL};

static inline struct keyring *ring_of(uint32_t period, uint32_t life, uint32_t lead)
{
    struct keyring *k;
    const struct keyring_plan plan = {period, life, lead};
    assert_int_equal(crypto_start(), OK);
    assert_int_equal(keyring_new(&plan, &k), OK);
    return k;
}

static inline bool turn_at(struct keyring *k, int64_t now)
{
    bool changed;
    assert_int_equal(keyring_rotate(k, now, &libcryptos, &changed), OK);
    return changed;
}

static inline struct keyring *ring(void) /* with its first epoch, at NOW */
{
    struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
    assert_true(turn_at(k, NOW));
    return k;
}

static inline size_t epochs_in(struct keyring *k)
{
    struct epoch e;
    size_t count = 0;
    while (keyring_epoch_at(k, count, &e)) {
        count++;
    }
    return count;
}

static inline uint32_t current_at(struct keyring *k, int64_t now)
{
    uint32_t id;
    (void)keyring_next(k, now, &id);
    return id;
}

static inline bool resumes_at(struct keyring *k, uint32_t id, int64_t now)
{
    struct keyring_hold hold = keyring_enter(k);
    bool found = keyring_find(&hold, id, now) != NULL;
    keyring_leave(hold);
    return found;
}

static inline enum id_verdict verdict_of(struct keyring *k, const uint8_t *context, int64_t now,
                                         const uint8_t *id)
{
    enum id_verdict verdict;
    return session_id_check(k, context, now, slice_of(id, SESSION_ID_MAX), &verdict) == OK
               ? verdict
               : (enum id_verdict)99;
}

static inline struct session *session_of(const struct session_texts *texts)
{
    static const struct session_texts none = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct session *s;
    assert_int_equal(session_new(texts ? texts : &none, &s), OK);
    s->ems = true;
    s->version = TLS_1_2;
    s->suite = 0xC02B; /* TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 */
    memset(s->master, 0x5A, sizeof s->master);
    memset(s->context, 0xC7, sizeof s->context);
    s->expires = NOW + LIFE;
    s->authenticated = NOW;
    return s;
}

/* A peer whose leaf is so many bytes that are no certificate: nobody here parses it. */
static inline struct peer *peer_with_leaf(size_t len)
{
    struct peer *p;
    uint8_t *chain = calloc(1, len + 3);
    assert_non_null(chain);
    struct writer w = writer_of(chain, len + 3);
    write_number(&w, (uint32_t)len, 3);
    memset(chain + 3, 0x30, len);
    assert_int_equal(peer_new(slice_of(chain, len + 3), slice_of_string("CN=alice"), &p), OK);
    free(chain);
    p->not_after = NOW + 86400;
    p->verified = true;
    return p;
}

static inline void assert_same_session(const struct session *a, const struct session *b)
{
    assert_int_equal(a->id_len, b->id_len);
    assert_memory_equal(a->id, b->id, a->id_len);
    assert_true(a->ems == b->ems && a->etm == b->etm);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->suite, b->suite);
    assert_int_equal(a->max_fragment, b->max_fragment);
    assert_memory_equal(a->master, b->master, sizeof a->master);
    assert_memory_equal(a->context, b->context, sizeof a->context);
    assert_true(a->expires == b->expires && a->authenticated == b->authenticated);
    assert_string_equal(a->server_name, b->server_name);
    assert_string_equal(a->alpn, b->alpn);
    assert_true(slice_equal(a->note, b->note) && slice_equal(a->ticket, b->ticket));
    assert_int_equal(!a->peer, !b->peer);
    if (a->peer) {
        assert_true(slice_equal(chain_leaf(slice_of_span(a->peer->chain)),
                                chain_leaf(slice_of_span(b->peer->chain))));
        assert_string_equal(a->peer->subject, b->peer->subject);
        assert_true(a->peer->verified == b->peer->verified && a->peer->verdict == b->peer->verdict);
        assert_true(a->peer->not_after == b->peer->not_after);
    }
}

#endif
