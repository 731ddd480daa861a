/* SPDX-License-Identifier: MIT */
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void empty_slices_are_equal_whatever_they_point_to(void **state)
{
    (void)state;
    assert_true(slice_equal((struct slice){NULL, 0}, slice_of("x", 0)));
    assert_true(slice_equal((struct slice){NULL, 0}, (struct slice){NULL, 0}));
    assert_false(slice_equal((struct slice){NULL, 0}, slice_of_string("x")));
}

static void equal_means_same_length_and_bytes(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_of_string("finished"), slice_of("finished!", 8)));
    assert_false(slice_equal(slice_of_string("finished"), slice_of_string("finishee")));
    assert_false(slice_equal(slice_of_string("finished"), slice_of_string("finishe")));
    assert_true(slice_equal(slice_of("a\0b", 3), slice_of("a\0b", 3)));
    assert_false(slice_equal(slice_of("a\0b", 3), slice_of("a\0c", 3)));
}

static void the_rest_after_n_bytes(void **state)
{
    (void)state;
    struct slice s = slice_of_string("handshake");
    assert_true(slice_equal(slice_after(s, 0), s));
    assert_true(slice_equal(slice_after(s, 4), slice_of_string("shake")));
    assert_int_equal(slice_after(s, 9).len, 0);
    assert_null(slice_after((struct slice){NULL, 0}, 0).data);
}

static void a_span_is_a_slice_too(void **state)
{
    (void)state;
    uint8_t bytes[3] = {1, 2, 3};
    struct slice s = slice_of_span((struct span){bytes, sizeof bytes});
    assert_ptr_equal(s.data, bytes);
    assert_int_equal(s.len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_slices_are_equal_whatever_they_point_to),
        cmocka_unit_test(equal_means_same_length_and_bytes),
        cmocka_unit_test(the_rest_after_n_bytes),
        cmocka_unit_test(a_span_is_a_slice_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
