/* SPDX-License-Identifier: MIT */
#include "session/keyring.h"

#include <string.h>

#include "base/memory.h"
#include "base/shard.h"

#define PERIOD 3600u
#define LIFE 14400u
#define LEAD 600u
#define LIFE_MAX 86400u

struct lock {
    _Alignas(64) pthread_mutex_t mutex; /* a cache line each */
};
struct keyring {
    atomic_uint references;
    atomic_bool itself;         /* rotates when a handshake finds that it is due */
    _Atomic int64_t due, early; /* something has to be done from the one on, and before the other */
    struct keyring_plan plan;
    size_t count;
    struct epoch *epochs[EPOCHS_MAX]; /* oldest first */
    struct lock locks[THREAD_SHARDS];
};

/* ---- locks ---- */
struct keyring_hold keyring_enter(struct keyring *k)
{
    struct keyring_hold hold = {k, thread_shard()};
    pthread_mutex_lock(&k->locks[hold.shard].mutex);
    return hold;
}

void keyring_leave(struct keyring_hold hold)
{
    pthread_mutex_unlock(&hold.keyring->locks[hold.shard].mutex);
}

static void lock_all(struct keyring *k)
{
    for (size_t i = 0; i < THREAD_SHARDS; i++) {
        pthread_mutex_lock(&k->locks[i].mutex);
    }
}

static void unlock_all(struct keyring *k)
{
    for (size_t i = 0; i < THREAD_SHARDS; i++) {
        pthread_mutex_unlock(&k->locks[i].mutex);
    }
}

/* ---- life ---- */
static bool plan_can_be(const struct keyring_plan *p)
{
    /* all that still resume, the current and the next have to be told apart by five bits: of the shortest
     * period, skew and lead may keep two more */
    return p->period >= 60 && p->lead < p->period && p->life <= LIFE_MAX &&
           p->life <= (uint64_t)p->period * (EPOCHS_MAX - 4);
}

enum err keyring_new(const struct keyring_plan *plan, struct keyring **out)
{
    static const struct keyring_plan defaults = {PERIOD, LIFE, LEAD};
    void *memory;
    struct keyring_plan p = plan ? *plan : defaults;
    p.period = p.period ? p.period : PERIOD;
    p.life = p.life ? p.life : LIFE;
    p.lead = p.lead ? p.lead : p.period > LEAD ? LEAD : p.period / 6;
    *out = NULL;
    if (!plan_can_be(&p)) {
        return E_BAD_ARGUMENT;
    }
    size_t size = (sizeof(struct keyring) + 63) / 64 * 64;
    TRY(memory_new(size + 64, &memory)); /* malloc aligns to 16 bytes */
    uint8_t *aligned = (uint8_t *)memory + 64 - (uintptr_t)memory % 64;
    aligned[-1] = (uint8_t)(aligned - (uint8_t *)memory);
    struct keyring *k = (struct keyring *)(void *)aligned;
    atomic_init(&k->references, 1);
    atomic_init(&k->itself, false);
    atomic_init(&k->due, INT64_MIN);
    atomic_init(&k->early, INT64_MIN);
    k->plan = p;
    for (size_t i = 0; i < THREAD_SHARDS; i++) {
        (void)pthread_mutex_init(&k->locks[i].mutex, NULL);
    }
    *out = k;
    return OK;
}

struct keyring *keyring_share(struct keyring *k)
{
    if (k) {
        atomic_fetch_add_explicit(&k->references, 1, memory_order_relaxed);
    }
    return k;
}

static void epoch_free(struct epoch *e)
{
    if (e) {
        hmac_key_wipe(&e->id_key);
        hmac_key_wipe(&e->index_key);
        memory_free(e, sizeof *e);
    }
}

void keyring_release(struct keyring *k)
{
    if (!k || atomic_fetch_sub_explicit(&k->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < k->count; i++) {
        epoch_free(k->epochs[i]);
    }
    for (size_t i = 0; i < THREAD_SHARDS; i++) {
        (void)pthread_mutex_destroy(&k->locks[i].mutex);
    }
    uint8_t *aligned = (uint8_t *)k;
    memory_free(aligned - aligned[-1], sizeof *k);
}

/* ---- epochs ---- */
static enum err derive_keys(struct epoch *e)
{
    uint8_t prk[HASH_MAX], key[EPOCH_SECRET_SIZE];
    struct slice secret = slice_of(e->secret, sizeof e->secret), extracted = slice_of(prk, 32);
    struct span out = {key, sizeof key};
    TRY(hkdf_extract(HASH_SHA256, slice_of_string("handfast keyring v1"), secret, prk));
    enum err err = hkdf_expand(HASH_SHA256, extracted, slice_of_string("session id"), out);
    err = err == OK ? hmac_key_set(&e->id_key, HASH_SHA256, slice_of_span(out)) : err;
    err = err == OK ? hkdf_expand(HASH_SHA256, extracted, slice_of_string("store index"), out) : err;
    err = err == OK ? hmac_key_set(&e->index_key, HASH_SHA256, slice_of_span(out)) : err;
    err = err == OK ? hkdf_expand(HASH_SHA256, extracted, slice_of_string("record"),
                                  (struct span){e->record_key, sizeof e->record_key})
                    : err;
    err = err == OK ? hkdf_expand(HASH_SHA256, extracted, slice_of_string("ticket"),
                                  (struct span){e->ticket_key, sizeof e->ticket_key})
                    : err;
    err = err == OK ? hkdf_expand(HASH_SHA256, extracted, slice_of_string("cookie"),
                                  (struct span){e->cookie_key, sizeof e->cookie_key})
                    : err;
    err = err == OK ? hkdf_expand(HASH_SHA256, extracted, slice_of_string("ticket name"),
                                  (struct span){e->ticket_name, sizeof e->ticket_name})
                    : err;
    wipe(prk, sizeof prk);
    wipe(key, sizeof key);
    return err;
}

static enum err epoch_new(const struct epoch *from, struct epoch **out)
{
    void *memory;
    *out = NULL;
    TRY(memory_new(sizeof(struct epoch), &memory));
    struct epoch *e = memory;
    e->id = from->id;
    e->not_before = from->not_before;
    e->encrypt_until = from->encrypt_until;
    e->decrypt_until = from->decrypt_until;
    memcpy(e->secret, from->secret, sizeof e->secret);
    enum err err = derive_keys(e);
    if (err != OK) {
        epoch_free(e);
        return err;
    }
    *out = e;
    return OK;
}

/* When something has to be done next: an epoch made, or one wiped. And before when: the clock was set back,
 * behind all that makes sessions without a gap. Under all locks. */
static void set_due(struct keyring *k)
{
    int64_t due = INT64_MIN, early = INT64_MIN;
    if (k->count) {
        due = k->epochs[k->count - 1]->encrypt_until - k->plan.lead;
        early = k->epochs[k->count - 1]->not_before;
    }
    for (size_t i = k->count; i-- > 0;) {
        const struct epoch *e = k->epochs[i];
        int64_t end = e->decrypt_until + CLOCK_SKEW + 1;
        due = end < due ? end : due;
        early = e->not_before < early && e->encrypt_until >= early ? e->not_before : early;
    }
    atomic_store_explicit(&k->early, k->count ? early - CLOCK_SKEW : early, memory_order_release);
    atomic_store_explicit(&k->due, due, memory_order_release);
}

/* Those whose time is over, and those that end in the same five bits as `next`: more than a plan makes, of a
 * clock that leaps. */
static void drop_old(struct keyring *k, int64_t now, uint32_t next)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->count; i++) {
        struct epoch *e = k->epochs[i];
        if (e->decrypt_until + CLOCK_SKEW < now || next - e->id >= EPOCHS_MAX) {
            epoch_free(e);
        } else {
            k->epochs[kept++] = e;
        }
    }
    k->count = kept;
}

static enum err add_epoch(struct keyring *k, int64_t begin, const struct random_source *random)
{
    struct epoch *made, e = {.not_before = begin, .encrypt_until = begin + k->plan.period};
    e.id = k->count ? k->epochs[k->count - 1]->id + 1 : 1;
    e.decrypt_until = e.encrypt_until + k->plan.life;
    TRY(random_fill(random, (struct span){e.secret, sizeof e.secret}));
    enum err err = epoch_new(&e, &made);
    wipe(&e, sizeof e);
    TRY(err);
    drop_old(k, INT64_MIN, made->id);
    k->epochs[k->count++] = made;
    return OK;
}

/* Nothing is made that could not be resumed any more. */
static bool makes(const struct epoch *e, int64_t now, int64_t skew)
{
    return e->not_before - skew <= now && now < e->encrypt_until + skew && now < e->decrypt_until;
}

/* Whether none makes sessions: there was none, its time is over, or the clock was set back behind them all.
 */
static bool lacks_epoch(const struct keyring *k, int64_t now)
{
    bool made = false;
    for (size_t i = 0; i < k->count; i++) {
        made |= makes(k->epochs[i], now, CLOCK_SKEW);
    }
    return !made || now >= k->epochs[k->count - 1]->encrypt_until;
}

static enum err rotate(struct keyring *k, int64_t now, const struct random_source *random, bool *changed)
{
    if (lacks_epoch(k, now)) { /* the new one makes them at once */
        TRY(add_epoch(k, now, random));
        *changed = true;
    } else if (now >= k->epochs[k->count - 1]->encrypt_until - (int64_t)k->plan.lead) {
        TRY(add_epoch(k, k->epochs[k->count - 1]->encrypt_until, random));
        *changed = true;
    }
    drop_old(k, now, k->epochs[k->count - 1]->id);
    return OK;
}

enum err keyring_rotate(struct keyring *k, int64_t now, const struct random_source *random, bool *changed)
{
    *changed = false;
    lock_all(k);
    enum err err = rotate(k, now, random, changed);
    set_due(k);
    unlock_all(k);
    return err;
}

void keyring_rotate_itself(struct keyring *k)
{
    atomic_store_explicit(&k->itself, true, memory_order_relaxed);
}

enum err keyring_turn(struct keyring *k, int64_t now, const struct random_source *random)
{
    bool changed;
    bool due = now >= atomic_load_explicit(&k->due, memory_order_acquire) ||
               now < atomic_load_explicit(&k->early, memory_order_acquire);
    return due && atomic_load_explicit(&k->itself, memory_order_relaxed)
               ? keyring_rotate(k, now, random, &changed)
               : OK;
}

/* ---- finding ---- */
const struct epoch *keyring_current(const struct keyring_hold *hold, int64_t now)
{
    const struct keyring *k = hold->keyring;
    for (int64_t skew = 0; skew <= CLOCK_SKEW; skew += CLOCK_SKEW) {
        for (size_t i = k->count; i-- > 0;) {
            if (makes(k->epochs[i], now, skew)) {
                return k->epochs[i];
            }
        }
    }
    return NULL;
}

static bool resumes(const struct epoch *e, int64_t now)
{
    return now <= e->decrypt_until + CLOCK_SKEW;
}

const struct epoch *keyring_find(const struct keyring_hold *hold, uint32_t id, int64_t now)
{
    const struct epoch *e = keyring_find_low(hold, (uint8_t)(id % EPOCHS_MAX), now);
    return e && e->id == id ? e : NULL;
}

const struct epoch *keyring_find_low(const struct keyring_hold *hold, uint8_t low, int64_t now)
{
    const struct keyring *k = hold->keyring;
    for (size_t i = k->count; i-- > 0;) {
        if (k->epochs[i]->id % EPOCHS_MAX == low && resumes(k->epochs[i], now)) {
            return k->epochs[i];
        }
    }
    return NULL;
}

const struct epoch *keyring_find_ticket(const struct keyring_hold *hold, struct slice name, int64_t now)
{
    const struct keyring *k = hold->keyring;
    for (size_t i = k->count; i-- > 0;) {
        if (slice_equal(slice_of(k->epochs[i]->ticket_name, TICKET_NAME_SIZE), name) &&
            resumes(k->epochs[i], now)) {
            return k->epochs[i];
        }
    }
    return NULL;
}

int64_t keyring_next(struct keyring *k, int64_t now, uint32_t *current)
{
    struct keyring_hold hold = keyring_enter(k);
    const struct epoch *e = keyring_current(&hold, now);
    int64_t next = e ? e->encrypt_until : 0;
    *current = e ? e->id : 0;
    keyring_leave(hold);
    return next;
}

bool keyring_epoch_at(struct keyring *k, size_t i, struct epoch *out)
{
    struct keyring_hold hold = keyring_enter(k);
    bool there = i < k->count;
    if (there) {
        *out = (struct epoch){.id = k->epochs[i]->id,
                              .not_before = k->epochs[i]->not_before,
                              .encrypt_until = k->epochs[i]->encrypt_until,
                              .decrypt_until = k->epochs[i]->decrypt_until};
    }
    keyring_leave(hold);
    return there;
}

/* ---- all at once ---- */
size_t keyring_copy(struct keyring *k, struct keyring_plan *plan, struct epoch out[EPOCHS_MAX])
{
    struct keyring_hold hold = keyring_enter(k);
    size_t count = k->count;
    *plan = k->plan;
    for (size_t i = 0; i < count; i++) {
        const struct epoch *e = k->epochs[i];
        out[i] = (struct epoch){.id = e->id,
                                .not_before = e->not_before,
                                .encrypt_until = e->encrypt_until,
                                .decrypt_until = e->decrypt_until};
        memcpy(out[i].secret, e->secret, sizeof e->secret);
    }
    keyring_leave(hold);
    return count;
}

enum err keyring_replace(struct keyring *k, const struct keyring_plan *plan, const struct epoch *epochs,
                         size_t count)
{
    struct epoch *made[EPOCHS_MAX] = {NULL}, *old[EPOCHS_MAX] = {NULL};
    if (!plan_can_be(plan) || count > EPOCHS_MAX) {
        return E_BAD_KEYRING;
    }
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        err = epoch_new(&epochs[i], &made[i]);
    }
    if (err == OK) {
        lock_all(k);
        memcpy(old, k->epochs, sizeof old);
        size_t had = k->count;
        memcpy(k->epochs, made, sizeof made);
        k->count = count;
        k->plan = *plan;
        set_due(k);
        unlock_all(k);
        memset(made, 0, sizeof made);
        count = had;
        memcpy(made, old, had * sizeof *made);
    }
    for (size_t i = 0; i < count; i++) {
        epoch_free(made[i]);
    }
    return err;
}
