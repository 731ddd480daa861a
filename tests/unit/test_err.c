/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_error_says_what_happened_and_what_to_do(void **state)
{
    (void)state;
    for (int e = OK + 1; e < ERR_COUNT; e++) {
        const struct err_row *row = err_row((enum err)e);
        assert_true(strlen(row->name) > 0);
        assert_true(strlen(row->sentence) > 0);
        assert_true(row->sentence[strlen(row->sentence) - 1] != '.');
        assert_true(strlen(row->remedy) > 0);
        assert_true(row->rfc[0] == 0 || strncmp(row->rfc, "RFC ", 4) == 0);
        assert_true(row->class_ > CLASS_NONE && row->class_ <= USAGE);
    }
}

static void names_are_unique(void **state)
{
    (void)state;
    for (int a = 0; a < ERR_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(err_row((enum err)a)->name, err_row((enum err)b)->name);
        }
    }
}

/* What the peer is told: an alert that the RFCs name, for everything but what the caller or the peer itself
 * did. */
static void alerts_follow_the_class(void **state)
{
    (void)state;
    for (int e = OK + 1; e < ERR_COUNT; e++) {
        const struct err_row *row = err_row((enum err)e);
        if (row->alert != NO_ALERT) {
            assert_non_null(alert_name(row->alert));
            assert_int_not_equal(row->alert, ALERT_close_notify);
        }
        if (row->class_ == USAGE || row->class_ == PEER_GAVE_UP) {
            assert_int_equal(row->alert, NO_ALERT);
        } else if (row->class_ == MALFORMED || row->class_ == INCOMPATIBLE || row->class_ == UNTRUSTED) {
            assert_int_not_equal(row->alert, NO_ALERT);
        }
    }
}

static void no_error_and_no_such_error(void **state)
{
    (void)state;
    assert_string_equal(err_row(OK)->name, "OK");
    assert_int_equal(err_row(OK)->class_, CLASS_NONE);
    assert_int_equal(err_row(OK)->alert, NO_ALERT);
    assert_ptr_equal(err_row(ERR_COUNT), err_row(E_INTERNAL));
    assert_ptr_equal(err_row((enum err)0x7fffffff), err_row(E_INTERNAL));
}

static void rows_say_what_the_table_says(void **state)
{
    (void)state;
    const struct err_row *row = err_row(E_MALFORMED_MESSAGE);
    assert_string_equal(row->name, "MALFORMED_MESSAGE");
    assert_string_equal(row->rfc, "RFC 5246 7.2.2");
    assert_int_equal(row->class_, MALFORMED);
    assert_int_equal(row->alert, 50);
}

static void alerts_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(alert_name(0), "close_notify");
    assert_string_equal(alert_name(48), "unknown_ca");
    assert_string_equal(alert_name(112), "unrecognized_name");
    assert_null(alert_name(255));
    assert_null(alert_name(1));
}

static void classes_have_names(void **state)
{
    (void)state;
    assert_string_equal(err_class_name(CLASS_NONE), "none");
    assert_string_equal(err_class_name(MALFORMED), "malformed");
    assert_string_equal(err_class_name(USAGE), "usage");
    for (int c = CLASS_NONE; c <= USAGE; c++) {
        assert_true(strlen(err_class_name((enum err_class)c)) > 0);
    }
    assert_non_null(err_class_name((enum err_class)99));
}

static enum err twice(enum err first, enum err second, int *reached)
{
    *reached = 0;
    TRY(first);
    *reached = 1;
    TRY(second);
    *reached = 2;
    return OK;
}

static void try_returns_the_first_failure(void **state)
{
    (void)state;
    int reached;
    assert_int_equal(twice(OK, OK, &reached), OK);
    assert_int_equal(reached, 2);
    assert_int_equal(twice(E_NO_MEMORY, E_INTERNAL, &reached), E_NO_MEMORY);
    assert_int_equal(reached, 0);
    assert_int_equal(twice(OK, E_INTERNAL, &reached), E_INTERNAL);
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_says_what_happened_and_what_to_do),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(alerts_follow_the_class),
        cmocka_unit_test(no_error_and_no_such_error),
        cmocka_unit_test(rows_say_what_the_table_says),
        cmocka_unit_test(alerts_have_their_names),
        cmocka_unit_test(classes_have_names),
        cmocka_unit_test(try_returns_the_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
