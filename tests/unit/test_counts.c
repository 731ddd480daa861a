/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/counts.h"

#include <pthread.h>

static void each_count_is_its_own(void **state)
{
    (void)state;
    struct session_counts *c;
    uint64_t seen[SESSION_COUNTS];
    assert_int_equal(counts_new(&c), OK);
    for (unsigned which = 0; which < SESSION_COUNTS; which++) {
        counts_add(c, which, which + 1);
        counts_add(c, which, UINT64_C(1) << 40);
    }
    counts_read(c, seen);
    for (unsigned which = 0; which < SESSION_COUNTS; which++) {
        assert_true(seen[which] == (UINT64_C(1) << 40) + which + 1);
    }
    counts_free(c);
}

static void none_counts_nothing(void **state)
{
    (void)state;
    uint64_t seen[SESSION_COUNTS] = {1, 2, 3};
    counts_add(NULL, COUNT_MADE, 5);
    counts_read(NULL, seen);
    for (unsigned which = 0; which < SESSION_COUNTS; which++) {
        assert_true(seen[which] == 0);
    }
    counts_free(NULL);
}

static void *count_up(void *arg)
{
    for (unsigned i = 0; i < 10000; i++) {
        counts_add(arg, i % SESSION_COUNTS, 1);
    }
    return NULL;
}

static void many_threads_lose_none(void **state)
{
    (void)state;
    struct session_counts *c;
    pthread_t threads[40]; /* more than there are shards */
    uint64_t seen[SESSION_COUNTS], sum = 0;
    assert_int_equal(counts_new(&c), OK);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, c), 0);
    }
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    counts_read(c, seen);
    for (unsigned which = 0; which < SESSION_COUNTS; which++) {
        sum += seen[which];
    }
    assert_true(sum == 400000);
    counts_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_count_is_its_own),
        cmocka_unit_test(none_counts_nothing),
        cmocka_unit_test(many_threads_lose_none),
    };
    return cmocka_run_group_tests_name("unit/counts", tests, NULL, NULL);
}
