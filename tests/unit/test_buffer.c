/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void append(struct buffer *b, const char *s)
{
    assert_int_equal(buffer_append(b, slice_of_string(s)), OK);
}

static void assert_holds(const struct buffer *b, const char *s)
{
    assert_true(slice_equal(buffer_slice(b), slice_of_string(s)));
    assert_int_equal(buffer_len(b), strlen(s));
}

static void no_memory_while_empty(void **state)
{
    (void)state;
    struct buffer b = {.limit = 100};
    assert_null(b.data);
    assert_holds(&b, "");
    append(&b, "");
    assert_null(b.data);
    append(&b, "hello");
    assert_non_null(b.data);
    buffer_drop(&b, 5);
    assert_null(b.data);
    assert_int_equal(b.cap, 0);

    uint8_t *room;
    assert_int_equal(buffer_reserve(&b, 10, &room), OK);
    assert_non_null(room);
    buffer_commit(&b, 0);
    assert_null(b.data);
    assert_int_equal(buffer_reserve(&b, 0, &room), OK);
    assert_null(b.data);
    buffer_free(&b);
}

static void first_in_first_out(void **state)
{
    (void)state;
    struct buffer b = {.limit = 100};
    append(&b, "Client");
    append(&b, "Hello");
    assert_holds(&b, "ClientHello");
    buffer_drop(&b, 6);
    assert_holds(&b, "Hello");
    append(&b, "Done");
    assert_holds(&b, "HelloDone");
    buffer_drop(&b, 0);
    assert_holds(&b, "HelloDone");
    buffer_drop(&b, 1000);
    assert_holds(&b, "");
    assert_null(b.data);
}

static void the_limit_counts_bytes_held(void **state)
{
    (void)state;
    struct buffer b = {.limit = 4};
    append(&b, "abc");
    assert_int_equal(buffer_append(&b, slice_of_string("de")), E_BUFFER_LIMIT);
    assert_holds(&b, "abc");
    append(&b, "d");
    uint8_t *room = (uint8_t *)state;
    assert_int_equal(buffer_reserve(&b, 1, &room), E_BUFFER_LIMIT);
    assert_null(room);
    assert_int_equal(buffer_reserve(&b, SIZE_MAX, &room), E_BUFFER_LIMIT);
    assert_int_equal(buffer_reserve(&b, 0, &room), OK);
    buffer_drop(&b, 2);
    append(&b, "ef");
    assert_holds(&b, "cdef");
    buffer_free(&b);
    assert_null(b.data);

    struct buffer none = {.limit = 0};
    assert_int_equal(buffer_append(&none, slice_of_string("a")), E_BUFFER_LIMIT);
    assert_null(none.data);
}

static void reserve_then_commit_less(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    uint8_t *room;
    append(&b, "<");
    assert_int_equal(buffer_reserve(&b, 100, &room), OK);
    memset(room, 'x', 100); /* ASan: the room is really there */
    buffer_commit(&b, 2);
    assert_holds(&b, "<xx");
    append(&b, ">");
    assert_holds(&b, "<xx>");
    buffer_free(&b);
}

static void dropped_bytes_are_wiped(void **state)
{
    (void)state;
    static const uint8_t zeros[6];
    struct buffer b = {.limit = 64};
    append(&b, "secretpublic");
    buffer_drop(&b, 6);
    assert_memory_equal(b.data, zeros, 6);
    assert_holds(&b, "public");

    /* moving to the front leaves no second copy behind */
    uint8_t *room;
    assert_int_equal(buffer_reserve(&b, b.limit - 6, &room), OK);
    assert_int_equal(b.start, 0);
    assert_memory_equal(b.data + b.end, zeros, 6);
    buffer_commit(&b, 0);
    assert_holds(&b, "public");
    buffer_free(&b);
}

static void reserve_moves_to_the_front_before_it_grows(void **state)
{
    (void)state;
    struct buffer b = {.limit = 64};
    uint8_t *room;
    for (int i = 0; i < 64; i++) {
        append(&b, "x");
    }
    size_t cap = b.cap;
    const uint8_t *data = b.data;
    buffer_drop(&b, 60);
    assert_int_equal(buffer_reserve(&b, 60, &room), OK);
    assert_int_equal(b.cap, cap);
    assert_ptr_equal(b.data, data);
    assert_ptr_equal(room, data + 4);
    buffer_free(&b);
}

/* Appending n bytes one at a time must not copy n * n bytes. */
static void growth_is_geometric(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1 << 20};
    size_t cap = 0;
    int grown = 0;
    for (int i = 0; i < 1 << 20; i++) {
        append(&b, "x");
        grown += b.cap != cap;
        cap = b.cap;
        assert_true(b.cap <= b.limit);
    }
    assert_in_range(grown, 1, 24);
    assert_int_equal(buffer_append(&b, slice_of_string("x")), E_BUFFER_LIMIT);
    buffer_free(&b);
}

static void memory_to_keep_stays_when_empty(void **state)
{
    (void)state;
    static const uint8_t zeros[5];
    struct buffer b = {.limit = 4000, .keep = true};
    append(&b, "hello");
    const uint8_t *data = b.data;
    buffer_drop(&b, 5);
    assert_ptr_equal(b.data, data);
    assert_holds(&b, "");
    assert_memory_equal(data, zeros, 5); /* kept, and nothing in it */
    append(&b, "again");
    assert_ptr_equal(b.data, data);
    uint8_t *room;
    assert_int_equal(buffer_reserve(&b, 900, &room), OK);
    assert_ptr_equal(b.data, data); /* a flight fits in the first piece */
    buffer_free(&b);
    assert_null(b.data);
    buffer_drop(&b, 1);
    assert_null(b.data);
}

static void harmless_bytes_are_not_wiped(void **state)
{
    (void)state;
    struct buffer b = {.limit = 64, .harmless = true};
    append(&b, "ciphertext");
    buffer_drop(&b, 6);
    assert_memory_equal(b.data, "cipher", 6);
    assert_holds(&b, "text");
    b.harmless = false;
    buffer_drop(&b, 2);
    assert_memory_equal(b.data, "cipher\0\0xt", 10);
    buffer_free(&b);
}

/* Memory of the owner's is used first, wiped when it is left, and never freed. */
static void a_vector_says_how_long_it_is(void **state)
{
    (void)state;
    static const uint8_t none[] = {0, 0, 0}, two[] = {0, 3, 'a', 'b', 'c'};
    struct buffer b = {.limit = 8};
    assert_int_equal(buffer_append_vector(&b, 3, slice_of(NULL, 0)), OK);
    assert_true(slice_equal(buffer_slice(&b), slice_of(none, sizeof none)));
    assert_int_equal(buffer_append_vector(&b, 2, slice_of("abcd", 4)), E_BUFFER_LIMIT); /* all or nothing */
    assert_int_equal(buffer_len(&b), 3);
    assert_int_equal(buffer_append_vector(&b, 2, slice_of("abc", 3)), OK);
    buffer_drop(&b, 3);
    assert_true(slice_equal(buffer_slice(&b), slice_of(two, sizeof two)));
    buffer_free(&b);

    static const uint8_t many[0x010203];
    b.limit = sizeof many + 3;
    assert_int_equal(buffer_append_vector(&b, 3, slice_of(many, sizeof many)), OK);
    assert_memory_equal(buffer_slice(&b).data, "\1\2\3", 3);
    buffer_free(&b);
}

static void lent_memory_comes_first(void **state)
{
    (void)state;
    static const uint8_t zeros[8];
    uint8_t memory[8];
    struct buffer b = {.limit = 64};
    buffer_lend(&b, (struct span){memory, sizeof memory});
    append(&b, "12345678");
    assert_ptr_equal(b.data, memory);
    append(&b, "9"); /* does not fit */
    assert_ptr_not_equal(b.data, memory);
    assert_holds(&b, "123456789");
    assert_memory_equal(memory, zeros, sizeof memory);
    buffer_free(&b);

    buffer_lend(&b, (struct span){memory, sizeof memory});
    buffer_drop(&b, 0);
    append(&b, "secret");
    buffer_drop(&b, 6);
    assert_holds(&b, "");
    assert_memory_equal(memory, zeros, sizeof memory);
    append(&b, "x"); /* it is still there */
    assert_ptr_equal(b.data, memory);
    buffer_free(&b);
    append(&b, "y"); /* and now it is not */
    assert_ptr_not_equal(b.data, memory);
    buffer_free(&b);
}

/* ---- against a model: a plain array, shifted by hand ---- */
#define MODEL_LIMIT 3000
static uint32_t seed = 1;
static uint32_t draw(uint32_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % bound;
}

static void check_append(struct buffer *b, uint8_t *model, size_t *held)
{
    uint8_t bytes[600];
    size_t len = draw(sizeof bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)draw(256);
    }
    enum err e;
    if (draw(2)) {
        e = buffer_append(b, slice_of(bytes, len));
    } else {
        uint8_t *room;
        e = buffer_reserve(b, len + draw(50), &room);
        if (e == OK && len) {
            memcpy(room, bytes, len);
        }
        if (e == OK) {
            buffer_commit(b, len);
        } else if (*held + len <= MODEL_LIMIT) {
            return; /* the surplus did not fit */
        }
    }
    assert_int_equal(e, *held + len > MODEL_LIMIT ? E_BUFFER_LIMIT : OK);
    if (e == OK) {
        memcpy(model + *held, bytes, len);
        *held += len;
    }
}

static void behaves_like_an_array(void **state)
{
    (void)state;
    struct buffer b = {.limit = MODEL_LIMIT};
    static uint8_t model[MODEL_LIMIT];
    size_t held = 0;
    for (int i = 0; i < 20000; i++) {
        if (draw(3)) {
            check_append(&b, model, &held);
        } else {
            size_t len = draw(8) ? draw((uint32_t)held + 1) : held + draw(10);
            buffer_drop(&b, len);
            len = len < held ? len : held;
            memmove(model, model + len, held - len);
            held -= len;
        }
        assert_int_equal(buffer_len(&b), held);
        assert_true(slice_equal(buffer_slice(&b), slice_of(model, held)));
        assert_true(b.cap <= MODEL_LIMIT || b.cap == 64);
        assert_true((b.data == NULL) == (held == 0));
    }
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_while_empty),
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(the_limit_counts_bytes_held),
        cmocka_unit_test(reserve_then_commit_less),
        cmocka_unit_test(dropped_bytes_are_wiped),
        cmocka_unit_test(reserve_moves_to_the_front_before_it_grows),
        cmocka_unit_test(growth_is_geometric),
        cmocka_unit_test(memory_to_keep_stays_when_empty),
        cmocka_unit_test(harmless_bytes_are_not_wiped),
        cmocka_unit_test(lent_memory_comes_first),
        cmocka_unit_test(a_vector_says_how_long_it_is),
        cmocka_unit_test(behaves_like_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
