/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

/* Session IDs that prove themselves, and the names of sessions in a store. Checklist R1, R8. */

static const uint8_t context[CONTEXT_SIZE] = {1, 2, 3};

static void make(struct keyring *k, int64_t now, int64_t *expires, uint8_t id[SESSION_ID_MAX])
{
    memset(id, 0xAB, SESSION_ID_MAX);
    assert_int_equal(session_id_make(k, context, now, expires, id), OK);
}

static void every_changed_bit_is_foreign(void **state)
{
    (void)state;
    struct keyring *k = ring();
    uint8_t id[SESSION_ID_MAX];
    int64_t expires = NOW + 600;
    make(k, NOW, &expires, id);
    assert_true(expires == NOW + 600);
    assert_int_equal(verdict_of(k, context, NOW, id), ID_OURS);
    for (unsigned bit = 0; bit < 256; bit++) {
        id[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(verdict_of(k, context, NOW, id), ID_FOREIGN);
        id[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(verdict_of(k, context, NOW, id), ID_OURS);
    keyring_release(k);
}

static void another_context_or_keyring_is_foreign(void **state)
{
    (void)state;
    struct keyring *k = ring(), *other = ring();
    uint8_t id[SESSION_ID_MAX], wrong[CONTEXT_SIZE];
    int64_t expires = NOW + 600;
    make(k, NOW, &expires, id);
    for (unsigned bit = 0; bit < 256; bit++) {
        memcpy(wrong, context, sizeof wrong);
        wrong[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(verdict_of(k, wrong, NOW, id), ID_FOREIGN);
    }
    assert_int_equal(verdict_of(other, context, NOW, id), ID_FOREIGN);
    keyring_release(k);
    keyring_release(other);
}

static void made_up_ones_of_every_length(void **state)
{
    (void)state;
    struct keyring *k = ring();
    uint8_t bytes[64];
    enum id_verdict verdict;
    for (unsigned round = 0; round < 2000; round++) {
        assert_int_equal(random_fill(&libcryptos, (struct span){bytes, sizeof bytes}), OK);
        bytes[0] = round % 2 ? bytes[0] : 0x21; /* as if it were ours */
        size_t len = round % 3 ? SESSION_ID_MAX : round % sizeof bytes;
        assert_int_equal(session_id_check(k, context, NOW, slice_of(bytes, len), &verdict), OK);
        assert_int_equal(verdict, ID_FOREIGN);
    }
    keyring_release(k);
}

/* Its expiry is in whole minutes, rounded up; the session itself says the second. */
static void it_expires_with_the_minute(void **state)
{
    (void)state;
    struct keyring *k = ring();
    for (int64_t life = 1; life < 200; life++) {
        uint8_t id[SESSION_ID_MAX];
        int64_t expires = NOW + life, minute = (expires + 59) / 60 * 60;
        make(k, NOW, &expires, id);
        assert_int_equal(verdict_of(k, context, expires, id), ID_OURS);
        assert_int_equal(verdict_of(k, context, minute + 59, id), ID_OURS);
        assert_int_equal(verdict_of(k, context, minute + 60, id), ID_EXPIRED);
        assert_int_equal(verdict_of(k, context, NOW + PERIOD + LIFE, id), ID_EXPIRED);
        assert_int_equal(verdict_of(k, context, NOW - 3600, id), ID_OURS); /* a clock that is behind */
    }
    keyring_release(k);
}

/* No session outlives the epoch its ID is under. */
static void it_ends_with_its_epoch(void **state)
{
    (void)state;
    struct keyring *k = ring();
    uint8_t id[SESSION_ID_MAX];
    int64_t expires = NOW + 86400;
    make(k, NOW, &expires, id);
    assert_true(expires == NOW + PERIOD + LIFE);
    assert_int_equal(verdict_of(k, context, NOW + PERIOD + LIFE + CLOCK_SKEW, id), ID_EXPIRED);
    assert_int_equal(verdict_of(k, context, NOW + PERIOD + LIFE + CLOCK_SKEW + 1, id), ID_FOREIGN);
    keyring_release(k);
}

/* An epoch that makes only for a clock's sake makes nothing that is over already. */
static void none_that_is_over_when_it_is_made(void **state)
{
    (void)state;
    struct keyring *k = ring_of(60, 1, 1);
    uint8_t id[SESSION_ID_MAX] = {0};
    assert_true(turn_at(k, NOW));
    for (int64_t now = NOW; now < NOW + 300; now++) {
        int64_t expires = now + 3600;
        enum err e = session_id_make(k, context, now, &expires, id);
        assert_true(e == OK || e == E_BAD_KEYRING);
        assert_true(e != OK || expires > now);
    }
    keyring_release(k);
}

static void names_in_a_store_tell_nothing(void **state)
{
    (void)state;
    struct keyring *k = ring();
    uint8_t id[SESSION_ID_MAX], wrong[CONTEXT_SIZE] = {9};
    char key[STORE_KEY_SIZE], again[STORE_KEY_SIZE], other[STORE_KEY_SIZE];
    int64_t expires = NOW + 600;
    make(k, NOW, &expires, id);
    assert_int_equal(session_store_key(k, context, NOW, slice_of(id, 32), key), OK);
    assert_int_equal(session_store_key(k, context, NOW + 1000, slice_of(id, 32), again), OK);
    assert_string_equal(key, again);
    assert_int_equal(strlen(key), 32);
    assert_int_equal(strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 32);
    assert_int_equal(session_store_key(k, wrong, NOW, slice_of(id, 32), other), OK);
    assert_string_not_equal(key, other);
    id[31] ^= 1;
    assert_int_equal(session_store_key(k, context, NOW, slice_of(id, 32), other), OK);
    assert_string_not_equal(key, other);
    assert_int_equal(session_store_key(k, context, NOW, slice_of(NULL, 0), other), E_BAD_KEYRING);
    assert_int_equal(session_store_key(k, context, NOW + 86400, slice_of(id, 32), other), E_BAD_KEYRING);
    struct keyring_hold hold = keyring_enter(k);
    const struct epoch *e = keyring_current(&hold, NOW);
    assert_int_equal(identity_index(e, "dns:a.test", other), OK);
    assert_int_equal(identity_index(e, "dns:b.test", again), OK);
    keyring_leave(hold);
    assert_string_not_equal(other, again);
    keyring_release(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_changed_bit_is_foreign),
        cmocka_unit_test(another_context_or_keyring_is_foreign),
        cmocka_unit_test(made_up_ones_of_every_length),
        cmocka_unit_test(it_expires_with_the_minute),
        cmocka_unit_test(it_ends_with_its_epoch),
        cmocka_unit_test(none_that_is_over_when_it_is_made),
        cmocka_unit_test(names_in_a_store_tell_nothing),
    };
    return cmocka_run_group_tests_name("unit/session IDs", tests, NULL, NULL);
}
