/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/spare.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Under AddressSanitizer nothing is kept, and then only that is left to see. */
static bool keeps(void)
{
    uint8_t *left = malloc(SPARE_MOST);
    size_t cap = 0;
    spare_leave(left, SPARE_MOST);
    uint8_t *again = spare_take(SPARE_MOST, &cap);
    free(again);
    return again != NULL;
}

static void one_piece_that_fits_is_kept(void **state)
{
    (void)state;
    size_t cap = 0;
    uint8_t *first = malloc(4000), *second = malloc(8000);
    assert_true(first && second);
    spare_leave(first, 4000);
    spare_leave(second, 8000); /* the latest stays */
    assert_null(spare_take(8001, &cap));
    assert_null(spare_take(1999, &cap)); /* four times as much would be a waste */
    uint8_t *taken = spare_take(2000, &cap);
    assert_true(!keeps() || taken == second);
    assert_true(!taken || cap == 8000);
    free(taken);
    assert_null(spare_take(2000, &cap)); /* it was the only one */
}

static void too_small_and_too_large_are_not_kept(void **state)
{
    (void)state;
    size_t cap;
    spare_leave(NULL, 0);
    spare_leave(malloc(SPARE_LEAST - 1), SPARE_LEAST - 1);
    spare_leave(malloc(SPARE_MOST + 1), SPARE_MOST + 1);
    assert_null(spare_take(SPARE_LEAST - 1, &cap));
    assert_null(spare_take(SPARE_MOST, &cap));
}

/* What a buffer leaves holds nothing of what was in it; what is made of it does not begin with anything. */
static void a_buffer_leaves_nothing_behind(void **state)
{
    (void)state;
    struct buffer b = {.limit = 5000};
    uint8_t secret[3000], *room;
    memset(secret, 0x5e, sizeof secret);
    assert_int_equal(buffer_append(&b, slice_of(secret, sizeof secret)), OK);
    buffer_drop(&b, sizeof secret);
    assert_null(b.data);
    size_t cap = 0;
    uint8_t *left = spare_take(sizeof secret, &cap);
    assert_true(!keeps() || left);
    for (size_t i = 0; left && i < cap; i++) {
        assert_int_equal(left[i] == 0x5e, 0);
    }
    spare_leave(left, cap);
    assert_int_equal(buffer_reserve(&b, 2900, &room), OK);
    assert_true(!keeps() || b.data == left);
    buffer_free(&b);
}

static void *leaves_a_spare(void *arg)
{
    size_t cap;
    assert_null(spare_take(2000, &cap)); /* each thread has its own */
    spare_leave(arg, 2000);
    return NULL;
}

/* Freed at the thread's end: the leak checkers would see it otherwise. */
static void a_thread_takes_its_spare_with_it(void **state)
{
    (void)state;
    pthread_t thread;
    size_t cap;
    spare_leave(malloc(3000), 3000);
    assert_int_equal(pthread_create(&thread, NULL, leaves_a_spare, malloc(2000)), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    uint8_t *mine = spare_take(3000, &cap);
    assert_true(!keeps() || mine);
    free(mine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_piece_that_fits_is_kept),
        cmocka_unit_test(too_small_and_too_large_are_not_kept),
        cmocka_unit_test(a_buffer_leaves_nothing_behind),
        cmocka_unit_test(a_thread_takes_its_spare_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
