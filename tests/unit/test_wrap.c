/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

#include "base/memory.h"

/* Bytes under a key that their keeper brings. Checklist R7. */

static const uint8_t key_bytes[33] = {1, 2, 3};
static const uint8_t other_bytes[32] = {9};

static size_t wrapped(struct slice plain, uint8_t *out, size_t size)
{
    struct writer w = writer_of(out, size);
    assert_int_equal(wrap_seal(WRAPPED_KEYRING, slice_of(key_bytes, 32), plain, &w), OK);
    assert_int_equal(w.len, wrap_size(plain.len));
    return w.len;
}

static enum err unwrap(enum wrapped kind, struct slice key, struct slice bytes, struct span *plain)
{
    uint8_t *exact = malloc(bytes.len + 1);
    memcpy(exact, bytes.data, bytes.len);
    enum err e = wrap_open(kind, key, slice_of(exact, bytes.len), plain);
    free(exact);
    assert_true((e == OK) == (plain->data != NULL));
    return e;
}

static void it_opens_with_its_key_and_as_what_it_is(void **state)
{
    (void)state;
    uint8_t out[400], again[400], plain[300];
    struct span opened;
    assert_int_equal(crypto_start(), OK);
    memset(plain, 0x77, sizeof plain);
    for (size_t len = 0; len <= sizeof plain; len += 50) {
        size_t size = wrapped(slice_of(plain, len), out, sizeof out);
        assert_int_equal(unwrap(WRAPPED_KEYRING, slice_of(key_bytes, 32), slice_of(out, size), &opened), OK);
        assert_true(slice_equal(slice_of_span(opened), slice_of(plain, len)));
        memory_free(opened.data, opened.len);
        assert_int_equal(unwrap(WRAPPED_SESSION, slice_of(key_bytes, 32), slice_of(out, size), &opened),
                         E_BAD_SESSION);
        assert_int_equal(unwrap(WRAPPED_KEYRING, slice_of(other_bytes, 32), slice_of(out, size), &opened),
                         E_BAD_SESSION);
        (void)wrapped(slice_of(plain, len), again, sizeof again); /* never twice the same */
        assert_memory_not_equal(out, again, size);
    }
}

static void every_bit_and_every_length(void **state)
{
    (void)state;
    uint8_t out[500];
    struct span opened;
    assert_int_equal(crypto_start(), OK);
    size_t size = wrapped(slice_of_string("a keyring"), out, sizeof out);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(unwrap(WRAPPED_KEYRING, slice_of(key_bytes, 32), slice_of(out, size), &opened),
                         E_BAD_SESSION);
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < sizeof out; len++) {
        enum err e = unwrap(WRAPPED_KEYRING, slice_of(key_bytes, 32), slice_of(out, len), &opened);
        assert_int_equal(e, len == size ? OK : E_BAD_SESSION);
        memory_free(opened.data, opened.len);
    }
}

static void keys_of_another_size_and_too_little_room(void **state)
{
    (void)state;
    uint8_t out[100];
    struct span opened;
    assert_int_equal(crypto_start(), OK);
    size_t size = wrapped(slice_of_string("a keyring"), out, sizeof out);
    static const size_t sizes[] = {0, 16, 31, 33};
    for (size_t i = 0; i < 4; i++) {
        uint8_t more[100];
        struct writer w = writer_of(more, sizeof more);
        struct slice key = slice_of(key_bytes, sizes[i]);
        assert_int_equal(wrap_seal(WRAPPED_KEYRING, key, slice_of_string("a"), &w), E_BAD_ARGUMENT);
        assert_int_equal(w.len, 0);
        assert_int_equal(unwrap(WRAPPED_KEYRING, key, slice_of(out, size), &opened), E_BAD_ARGUMENT);
    }
    for (size_t room = 0; room < size; room++) {
        struct writer w = writer_of(out, room);
        assert_int_equal(
            wrap_seal(WRAPPED_KEYRING, slice_of(key_bytes, 32), slice_of_string("a keyring"), &w),
            E_BUFFER_LIMIT);
        assert_int_equal(w.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_with_its_key_and_as_what_it_is),
        cmocka_unit_test(every_bit_and_every_length),
        cmocka_unit_test(keys_of_another_size_and_too_little_room),
    };
    return cmocka_run_group_tests_name("unit/wrap", tests, NULL, NULL);
}
