/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

#include <pthread.h>

/* The keyring over days, under any clock. Checklist R6, RFC 5077 5.5, RFC 9325 3.4. */

static void plans_that_can_and_cannot_be(void **state)
{
    (void)state;
    static const struct {
        struct keyring_plan plan;
        bool can;
    } plans[] = {
        {{0, 0, 0}, true},
        {{59, 100, 10}, false},
        {{60, 100, 10}, true},
        {{60, 28 * 60, 59}, true},
        {{60, 28 * 60 + 1, 59}, false}, /* five bits tell 32 apart */
        {{60, 29 * 60, 1}, false},
        {{3600, 3600, 3599}, true},
        {{3600, 3600, 3600}, false},
        {{3600, 86400, 0}, true},
        {{3600, 86401, 0}, false},
        {{UINT32_MAX, 86400, 0}, true},
        {{3600, UINT32_MAX, 0}, false},
    };
    assert_int_equal(crypto_start(), OK);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct keyring *k;
        assert_int_equal(keyring_new(&plans[i].plan, &k), plans[i].can ? OK : E_BAD_ARGUMENT);
        assert_int_equal(k != NULL, plans[i].can);
        keyring_release(k);
    }
}

static void an_empty_one_makes_and_resumes_nothing(void **state)
{
    (void)state;
    struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
    int64_t expires = NOW + 100;
    uint8_t context[CONTEXT_SIZE] = {1}, id[SESSION_ID_MAX] = {0x20};
    char key[STORE_KEY_SIZE];
    assert_int_equal(current_at(k, NOW), 0);
    assert_int_equal(session_id_make(k, context, NOW, &expires, id), E_BAD_KEYRING);
    assert_int_equal(verdict_of(k, context, NOW, id), ID_FOREIGN);
    assert_int_equal(session_store_key(k, context, NOW, slice_of(id, sizeof id), key), E_BAD_KEYRING);
    keyring_release(k);
}

/* Each boundary of the plan, to the second. */
static void the_plan_to_the_second(void **state)
{
    (void)state;
    struct keyring *k = ring();
    struct epoch first, second;
    assert_true(keyring_epoch_at(k, 0, &first));
    assert_int_equal(first.id, 1);
    assert_true(first.not_before == NOW && first.encrypt_until == NOW + PERIOD &&
                first.decrypt_until == NOW + PERIOD + LIFE);
    assert_false(turn_at(k, NOW));
    assert_false(turn_at(k, first.encrypt_until - LEAD - 1));
    assert_true(turn_at(k, first.encrypt_until - LEAD)); /* known before it is used */
    assert_false(turn_at(k, first.encrypt_until - LEAD));
    assert_true(keyring_epoch_at(k, 1, &second));
    assert_int_equal(second.id, 2);
    assert_true(second.not_before == first.encrypt_until);
    assert_int_equal(current_at(k, first.encrypt_until - 1), 1);
    assert_int_equal(current_at(k, first.encrypt_until), 2);
    assert_true(resumes_at(k, 1, first.decrypt_until + CLOCK_SKEW));
    assert_false(resumes_at(k, 1, first.decrypt_until + CLOCK_SKEW + 1));
    (void)turn_at(k, first.decrypt_until + CLOCK_SKEW);
    assert_true(keyring_epoch_at(k, 0, &first) && first.id == 1);
    (void)turn_at(k, first.decrypt_until + CLOCK_SKEW + 1);
    assert_true(keyring_epoch_at(k, 0, &first) && first.id == 2); /* wiped */
    keyring_release(k);
}

/* A clock that is up to two minutes off makes sessions all the same; one further off does not. */
static void clocks_that_differ(void **state)
{
    (void)state;
    struct keyring *k = ring();
    assert_int_equal(current_at(k, NOW - CLOCK_SKEW), 1);
    assert_int_equal(current_at(k, NOW - CLOCK_SKEW - 1), 0);
    assert_int_equal(current_at(k, NOW + PERIOD + CLOCK_SKEW - 1), 1);
    assert_int_equal(current_at(k, NOW + PERIOD + CLOCK_SKEW), 0);
    assert_true(resumes_at(k, 1, NOW - 86400)); /* whoever is behind still resumes */
    keyring_release(k);
}

/* Three virtual days, minute by minute: there is always one that makes, never one that is too old, and each
 * is known LEAD ahead. */
static void days_of_rotation(void **state)
{
    (void)state;
    static const struct keyring_plan plans[] = {
        {3600, 14400, 600}, {60, 1680, 59}, {60, 1680, 1}, {900, 25200, 60}};
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++) {
        struct keyring *k = ring_of(plans[p].period, plans[p].life, plans[p].lead);
        uint32_t last = 0;
        for (int64_t now = NOW; now < NOW + 3 * INT64_C(86400); now += 15) {
            struct epoch e;
            (void)turn_at(k, now);
            uint32_t id = current_at(k, now);
            assert_true(id == last || id == last + 1);
            last = id;
            size_t count = epochs_in(k);
            assert_true(count <= EPOCHS_MAX);
            assert_true(keyring_epoch_at(k, 0, &e) && e.decrypt_until + CLOCK_SKEW >= now);
            /* no epoch goes before its time: what it made still resumes */
            uint32_t kept = (uint32_t)(plans[p].life / plans[p].period);
            assert_true(id <= kept || resumes_at(k, id - kept, now));
            assert_true(keyring_epoch_at(k, count - 1, &e) && e.id - id <= 1);
            assert_true(e.id > id || e.encrypt_until - now > (int64_t)plans[p].lead - 15);
        }
        assert_true(last >= 3 * 86400 / plans[p].period);
        keyring_release(k);
    }
}

/* Five bits of an ID come round after 32 epochs; a keyring never holds two that end alike. */
static void numbers_that_end_alike(void **state)
{
    (void)state;
    struct keyring *k = ring_of(60, 28 * 60, 59);
    uint8_t context[CONTEXT_SIZE] = {1}, old[SESSION_ID_MAX] = {0}, young[SESSION_ID_MAX] = {0};
    int64_t expires = NOW + 86400;
    assert_true(turn_at(k, NOW));
    assert_int_equal(session_id_make(k, context, NOW, &expires, old), OK);
    int64_t now = NOW;
    for (; current_at(k, now) < 33; now++) {
        (void)turn_at(k, now);
    }
    expires = now + 86400;
    assert_int_equal(session_id_make(k, context, now, &expires, young), OK);
    assert_int_equal(old[0], young[0]);
    assert_int_equal(verdict_of(k, context, now, young), ID_OURS);
    assert_int_equal(verdict_of(k, context, now, old), ID_FOREIGN);
    assert_false(resumes_at(k, 1, now));
    assert_true(resumes_at(k, 33, now));
    keyring_release(k);
}

/* A clock that leapt ahead and was set right again: sessions are made at once, not when it has caught up. */
static void a_clock_set_back(void **state)
{
    (void)state;
    for (int64_t leap = 3600; leap < INT64_C(100000000); leap = leap * 7 + 1) {
        struct keyring *k = ring();
        (void)turn_at(k, NOW + leap);
        assert_true(current_at(k, NOW + leap) != 0);
        for (int64_t back = NOW; back < NOW + 40 * PERIOD; back += 300) {
            (void)turn_at(k, back);
            uint32_t id = current_at(k, back);
            assert_true(id != 0);
            assert_true(epochs_in(k) <= EPOCHS_MAX);
            assert_true(resumes_at(k, id, back + PERIOD));
        }
        keyring_release(k);
    }
}

static void turns_itself(struct keyring *k, int64_t now)
{
    assert_int_equal(keyring_turn(k, now, &libcryptos), OK);
}

/* The same for one that rotates by itself: it finds that it is due. */
static void it_rotates_itself(void **state)
{
    (void)state;
    struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
    turns_itself(k, NOW);
    assert_int_equal(current_at(k, NOW), 0); /* not told to */
    keyring_rotate_itself(k);
    turns_itself(k, NOW);
    assert_int_equal(current_at(k, NOW), 1);
    turns_itself(k, NOW + 10 * 86400);
    assert_int_equal(epochs_in(k), 1); /* the old one's time is over */
    assert_int_equal(current_at(k, NOW + 10 * 86400), 2);
    turns_itself(k, NOW);
    assert_int_equal(current_at(k, NOW), 3);
    turns_itself(k, NOW + PERIOD - LEAD - 1);
    assert_int_equal(current_at(k, NOW + PERIOD - 1), 3);
    turns_itself(k, NOW + PERIOD - LEAD);
    assert_int_equal(current_at(k, NOW + PERIOD), 4);
    keyring_release(k);
}

static int no_random(void *arg, uint8_t *out, size_t len)
{
    (void)arg, (void)out, (void)len;
    return -1;
}

/* Never a key that nobody chose: CVE-2020-13777. */
static void without_randomness_there_is_no_epoch(void **state)
{
    (void)state;
    const struct random_source broken = {no_random, NULL};
    struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
    bool changed = true;
    assert_int_equal(keyring_rotate(k, NOW, &broken, &changed), E_RANDOM_FAILED);
    assert_false(changed);
    assert_int_equal(epochs_in(k), 0);
    keyring_rotate_itself(k);
    assert_int_equal(keyring_turn(k, NOW, &broken), E_RANDOM_FAILED);
    assert_int_equal(current_at(k, NOW), 0);
    turns_itself(k, NOW);
    assert_int_equal(current_at(k, NOW), 1);
    keyring_release(k);
}

/* An epoch that makes is found with what is known of it, and its keys differ by purpose. */
static void keys_differ_by_purpose_and_epoch(void **state)
{
    (void)state;
    struct keyring *k = ring();
    (void)turn_at(k, NOW + PERIOD - LEAD);
    struct keyring_hold hold = keyring_enter(k);
    const struct epoch *a = keyring_find(&hold, 1, NOW), *b = keyring_find(&hold, 2, NOW);
    assert_true(a && b);
    assert_null(keyring_find(&hold, 33, NOW));
    assert_null(keyring_find(&hold, 3, NOW));
    assert_ptr_equal(keyring_find_ticket(&hold, slice_of(b->ticket_name, TICKET_NAME_SIZE), NOW), b);
    assert_null(keyring_find_ticket(&hold, slice_of(b->ticket_name, TICKET_NAME_SIZE - 1), NOW));
    const uint8_t *keys[] = {a->secret, a->record_key, a->ticket_key,
                             b->secret, b->record_key, b->ticket_key};
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(keys[i], keys[j], EPOCH_SECRET_SIZE);
        }
    }
    assert_memory_not_equal(a->ticket_name, b->ticket_name, TICKET_NAME_SIZE);
    keyring_leave(hold);
    keyring_release(k);
}

/* ---- threads: also run under -fsanitize=thread ---- */
#define MAKERS 4
struct maker {
    struct keyring *keyring;
    pthread_t thread;
    _Atomic int64_t *now;
    bool turns;
    uint64_t made, lost, failed;
};

static void *make_and_check(void *arg)
{
    struct maker *m = arg;
    uint8_t context[CONTEXT_SIZE] = {9};
    for (unsigned i = 0; i < 4000; i++) {
        uint8_t id[SESSION_ID_MAX] = {0};
        int64_t now = atomic_load(m->now), expires = now + LIFE;
        memcpy(id + 4, &i, sizeof i);
        m->failed += m->turns && keyring_turn(m->keyring, now, &libcryptos) != OK;
        if (session_id_make(m->keyring, context, now, &expires, id) == OK) {
            m->made++;
            m->lost += verdict_of(m->keyring, context, now, id) != ID_OURS;
        }
        id[31] ^= 1;
        m->lost += verdict_of(m->keyring, context, now, id) != ID_FOREIGN;
    }
    return NULL;
}

/* turns: they rotate it as well; else it is replaced under them, by the same keys in other memory. Less time
 * passes than an epoch lives: one that was held up still finds what it made. */
static void four_threads(bool turns)
{
    static _Atomic int64_t now;
    atomic_store(&now, NOW);
    struct keyring *k = ring();
    keyring_rotate_itself(k);
    struct maker makers[MAKERS];
    for (size_t i = 0; i < MAKERS; i++) {
        makers[i] = (struct maker){.keyring = keyring_share(k), .now = &now, .turns = turns};
        assert_int_equal(pthread_create(&makers[i].thread, NULL, make_and_check, &makers[i]), 0);
    }
    for (unsigned i = 0; i < 400; i++) {
        struct keyring_plan plan;
        struct epoch copies[EPOCHS_MAX];
        (void)turn_at(k, atomic_fetch_add(&now, 30) + 30);
        size_t count = keyring_copy(k, &plan, copies);
        assert_true(count > 0 && count <= EPOCHS_MAX);
        if (!turns) { /* or an epoch that a thread made meanwhile were lost */
            assert_int_equal(keyring_replace(k, &plan, copies, count), OK);
        }
    }
    for (size_t i = 0; i < MAKERS; i++) {
        assert_int_equal(pthread_join(makers[i].thread, NULL), 0);
        assert_int_equal(makers[i].made, 4000);
        assert_int_equal(makers[i].lost + makers[i].failed, 0);
        keyring_release(makers[i].keyring);
    }
    keyring_release(k);
}

static void four_threads_rotate_it(void **state)
{
    (void)state;
    four_threads(true);
}

static void four_threads_while_it_is_replaced(void **state)
{
    (void)state;
    four_threads(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_that_can_and_cannot_be),
        cmocka_unit_test(an_empty_one_makes_and_resumes_nothing),
        cmocka_unit_test(the_plan_to_the_second),
        cmocka_unit_test(clocks_that_differ),
        cmocka_unit_test(days_of_rotation),
        cmocka_unit_test(numbers_that_end_alike),
        cmocka_unit_test(a_clock_set_back),
        cmocka_unit_test(it_rotates_itself),
        cmocka_unit_test(without_randomness_there_is_no_epoch),
        cmocka_unit_test(keys_differ_by_purpose_and_epoch),
        cmocka_unit_test(four_threads_rotate_it),
        cmocka_unit_test(four_threads_while_it_is_replaced),
    };
    return cmocka_run_group_tests_name("unit/keyring", tests, NULL, NULL);
}
