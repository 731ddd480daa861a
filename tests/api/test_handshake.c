/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pair.h"

/* The ordinary handshake, by the public API alone. */

static void full(void **state)
{
    (void)state;
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 1000);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),
    };
    return cmocka_run_group_tests_name("api/handshake", tests, NULL, NULL);
}
