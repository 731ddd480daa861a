/* SPDX-License-Identifier: MIT */
/* What the key schedule of TLS 1.3 has written down is what comes out when it is computed: RFC 8446 7.1. */
#include "tls13/tls13.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void what_is_the_same_for_everybody(void **state)
{
    (void)state;
    static const uint8_t zeros[HASH_MAX];
    for (enum hash h = HASH_SHA256; h <= HASH_SHA384; h++) {
        size_t size = hash_size(h);
        uint8_t nothing[HASH_MAX], early[HASH_MAX], salt[HASH_MAX];
        assert_int_equal(hash_once(h, slice_of(zeros, 0), nothing), OK);
        assert_int_equal(tls13_hash_of_nothing(h).len, size);
        assert_memory_equal(tls13_hash_of_nothing(h).data, nothing, size);
        assert_int_equal(hkdf_extract(h, slice_of(zeros, size), slice_of(zeros, size), early), OK);
        assert_int_equal(tls13_derive(h, slice_of(early, size), "derived", slice_of(nothing, size),
                                      (struct span){salt, size}),
                         OK);
        assert_int_equal(tls13_salt_without_psk(h).len, size);
        assert_memory_equal(tls13_salt_without_psk(h).data, salt, size);
    }
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_the_same_for_everybody)};
    return cmocka_run_group_tests(tests, start, NULL);
}
