/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/cookie.h"
#include "test_session_parts.h"

/* Cookies, RFC 8446 4.2.2: whatever a byte is changed in, and under whatever else they are brought, they do
 * not open. */
static struct keyring *keys;
static const uint8_t context[CONTEXT_SIZE] = {1}, other_context[CONTEXT_SIZE] = {2};
static uint8_t cookie[COOKIE_SIZE_MAX + 1];
static size_t cookie_len;
static const uint8_t plain[COOKIE_PLAIN_MAX + 1] = {9, 8, 7};
static const uint8_t address[COOKIE_BINDING_MAX + 1] = {127, 0, 0, 1};

static struct sealing by(const uint8_t *bound, int64_t now)
{
    return (struct sealing){keys, bound, now, &libcryptos};
}

static int seal_one(void **state)
{
    (void)state;
    keys = ring();
    struct writer w = writer_of(cookie, sizeof cookie);
    const struct sealing with = by(context, NOW);
    assert_int_equal(cookie_seal(&with, slice_of(address, 4), slice_of(plain, 100), &w), OK);
    cookie_len = w.len;
    return 0;
}

static int drop_one(void **state)
{
    (void)state;
    keyring_release(keys);
    return 0;
}

static enum err open_as(const uint8_t *bound, struct slice binding, struct slice bytes, int64_t now)
{
    uint8_t room[COOKIE_PLAIN_MAX];
    struct writer w = writer_of(room, sizeof room);
    const struct sealing with = by(bound, now);
    enum err e = cookie_open(&with, binding, bytes, &w);
    assert_true(e == OK ? w.len == 100 && memcmp(room, plain, 100) == 0 : w.len == 0);
    return e;
}

static void it_opens_as_it_was(void **state)
{
    (void)state;
    struct slice whole = slice_of(cookie, cookie_len), here = slice_of(address, 4);
    assert_int_equal(open_as(context, here, whole, NOW), OK);
    assert_int_equal(open_as(other_context, here, whole, NOW), E_BAD_COOKIE);
    assert_int_equal(open_as(context, slice_of(address, 5), whole, NOW), E_BAD_COOKIE);
    assert_int_equal(open_as(context, slice_of(NULL, 0), whole, NOW), E_BAD_COOKIE);
    assert_int_equal(open_as(context, here, whole, NOW + 10 * 86400), E_BAD_COOKIE); /* its epoch is over */
}

static void no_byte_may_change(void **state)
{
    (void)state;
    struct slice here = slice_of(address, 4);
    for (size_t i = 0; i < cookie_len; i++) {
        cookie[i] ^= 0x10;
        assert_int_equal(open_as(context, here, slice_of(cookie, cookie_len), NOW), E_BAD_COOKIE);
        cookie[i] ^= 0x10;
        assert_int_equal(open_as(context, here, slice_of(cookie, i), NOW), E_BAD_COOKIE);
    }
    assert_int_equal(open_as(context, here, slice_of(cookie, cookie_len + 1), NOW), E_BAD_COOKIE);
}

static void no_two_are_alike(void **state)
{
    (void)state;
    uint8_t again[COOKIE_SIZE_MAX];
    struct writer w = writer_of(again, sizeof again);
    const struct sealing with = by(context, NOW);
    assert_int_equal(cookie_seal(&with, slice_of(address, 4), slice_of(plain, 100), &w), OK);
    assert_int_equal(w.len, cookie_len);
    assert_memory_not_equal(again + 4, cookie + 4, cookie_len - 4);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    uint8_t room[COOKIE_SIZE_MAX];
    struct slice here = slice_of(address, 4);
    const struct sealing with = by(context, NOW), late = by(context, NOW + 10 * 86400);
    struct writer w = writer_of(room, sizeof room);
    assert_int_equal(cookie_seal(&with, here, slice_of(plain, COOKIE_PLAIN_MAX + 1), &w), E_BUFFER_LIMIT);
    assert_int_equal(cookie_seal(&with, slice_of(address, sizeof address), slice_of(plain, 1), &w),
                     E_BUFFER_LIMIT);
    assert_int_equal(cookie_seal(&late, here, slice_of(plain, 1), &w), E_BAD_KEYRING);
    assert_int_equal(w.len, 0);
    assert_int_equal(
        cookie_seal(&with, slice_of(address, COOKIE_BINDING_MAX), slice_of(plain, COOKIE_PLAIN_MAX), &w), OK);
    assert_int_equal(w.len, COOKIE_SIZE_MAX);
    w = writer_of(room, cookie_len - 1);
    assert_int_equal(cookie_seal(&with, here, slice_of(plain, 100), &w), E_BUFFER_LIMIT);
    assert_int_equal(w.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_opens_as_it_was, seal_one, drop_one),
        cmocka_unit_test_setup_teardown(no_byte_may_change, seal_one, drop_one),
        cmocka_unit_test_setup_teardown(no_two_are_alike, seal_one, drop_one),
        cmocka_unit_test_setup_teardown(what_does_not_fit, seal_one, drop_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
