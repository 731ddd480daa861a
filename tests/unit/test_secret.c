/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool all_zero(const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

/* S3: every single bit counts, at every place and in every length a secret can have. */
static void any_flipped_bit_is_a_difference(void **state)
{
    (void)state;
    uint8_t a[SECRET_MAX], b[SECRET_MAX];
    for (size_t i = 0; i < sizeof a; i++) {
        a[i] = b[i] = (uint8_t)(i * 37);
    }
    for (size_t len = 0; len <= sizeof a; len++) {
        assert_true(secret_equal(slice_of(a, len), slice_of(b, len)));
        for (size_t bit = 0; bit < len * 8; bit++) {
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(secret_equal(slice_of(a, len), slice_of(b, len)));
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void another_length_is_a_difference(void **state)
{
    (void)state;
    uint8_t zeros[16] = {0};
    assert_false(secret_equal(slice_of(zeros, 12), slice_of(zeros, 13)));
    assert_false(secret_equal(slice_of(zeros, 1), (struct slice){NULL, 0}));
    assert_true(secret_equal((struct slice){NULL, 0}, slice_of(zeros, 0)));
}

static void a_secret_holds_up_to_its_capacity(void **state)
{
    (void)state;
    uint8_t value[SECRET_MAX + 1];
    memset(value, 0xa5, sizeof value);
    struct secret s = {.len = 0};
    assert_int_equal(secret_set(&s, slice_of(value, SECRET_MAX)), OK);
    assert_true(secret_equal(secret_slice(&s), slice_of(value, SECRET_MAX)));
    assert_int_equal(secret_set(&s, slice_of(value, SECRET_MAX + 1)), E_INTERNAL);
    assert_int_equal(s.len, SECRET_MAX);
    assert_int_equal(secret_set(&s, (struct slice){NULL, 0}), OK);
    assert_int_equal(secret_slice(&s).len, 0);
    secret_wipe(&s);
    assert_true(all_zero(&s, sizeof s));
}

static void wiping_leaves_nothing_and_touches_nothing_else(void **state)
{
    (void)state;
    uint8_t bytes[5] = {1, 2, 3, 4, 5};
    wipe(bytes + 1, 3);
    assert_int_equal(bytes[0], 1);
    assert_true(all_zero(bytes + 1, 3));
    assert_int_equal(bytes[4], 5);
    wipe(NULL, 0);
    assert_int_equal(bytes[0], 1);
}

/* ---- memory ---- */
static void new_memory_is_zero(void **state)
{
    (void)state;
    void *p;
    assert_int_equal(memory_new(4096, &p), OK);
    assert_true(all_zero(p, 4096));
    memory_free(p, 4096);
    assert_int_equal(memory_new(0, &p), OK);
    assert_non_null(p);
    memory_free(p, 0);
    memory_free(NULL, 16);
}

static void a_copy_ends_with_a_nul_it_does_not_count(void **state)
{
    (void)state;
    uint8_t *copy;
    assert_int_equal(memory_copy(slice_of("example.org:443", 11), &copy), OK);
    assert_string_equal((char *)copy, "example.org");
    memory_free(copy, 11);
    assert_int_equal(memory_copy((struct slice){NULL, 0}, &copy), OK);
    assert_string_equal((char *)copy, "");
    memory_free(copy, 0);
}

static void what_cannot_be_had_is_an_error(void **state)
{
    (void)state;
    uint8_t *copy = (uint8_t *)state, byte = 0;
    assert_int_equal(memory_copy((struct slice){&byte, SIZE_MAX}, &copy), E_NO_MEMORY);
    assert_null(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_flipped_bit_is_a_difference),
        cmocka_unit_test(another_length_is_a_difference),
        cmocka_unit_test(a_secret_holds_up_to_its_capacity),
        cmocka_unit_test(wiping_leaves_nothing_and_touches_nothing_else),
        cmocka_unit_test(new_memory_is_zero),
        cmocka_unit_test(a_copy_ends_with_a_nul_it_does_not_count),
        cmocka_unit_test(what_cannot_be_had_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
