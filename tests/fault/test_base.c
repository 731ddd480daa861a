/* SPDX-License-Identifier: MIT */
/* What base does with the allocator: it fails cleanly, and gives nothing back that still holds what was in
 * it. */
#include "base/buffer.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARK 0x5e

/* ---- the allocator, by the linker's --wrap ---- */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static bool failing;
static void *latest; /* the piece of memory under watch */
static size_t latest_size;
static int marks_given_back;

void *__wrap_malloc(size_t size)
{
    if (failing) {
        return NULL;
    }
    void *p = __real_malloc(size);
    if (p) {
        memset(p, 0, size); /* so that a mark in it was put there */
        latest = p;
        latest_size = size;
    }
    return p;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return failing ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return failing ? NULL : __real_realloc(p, size);
}

static void watch(const void *p, size_t size)
{
    const uint8_t *bytes = p;
    for (size_t i = 0; i < size; i++) {
        marks_given_back += bytes[i] == MARK;
    }
}

static const void *also_watched;
static size_t also_watched_size;

void __wrap_free(void *p)
{
    if (p && p == latest) {
        watch(p, latest_size);
        latest = NULL;
    } else if (p && p == also_watched) {
        watch(p, also_watched_size);
        also_watched = NULL;
    }
    __real_free(p);
}

static int start(void **state)
{
    (void)state;
    failing = false;
    latest = NULL;
    also_watched = NULL;
    marks_given_back = 0;
    return 0;
}

static void append_marks(struct buffer *b, size_t len)
{
    uint8_t marks[200];
    memset(marks, MARK, sizeof marks);
    assert_true(len <= sizeof marks);
    assert_int_equal(buffer_append(b, slice_of(marks, len)), OK);
}

/* ---- wiping ---- */
static void a_buffer_is_wiped_when_it_is_freed(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    append_marks(&b, 50);
    assert_ptr_equal(b.data, latest);
    buffer_free(&b);
    assert_null(latest);
    assert_int_equal(marks_given_back, 0);
}

static void a_buffer_is_wiped_when_it_runs_empty(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    append_marks(&b, 50);
    buffer_drop(&b, 20);
    buffer_drop(&b, 30);
    assert_null(latest);
    assert_int_equal(marks_given_back, 0);
}

static void a_buffer_is_wiped_when_it_moves(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    append_marks(&b, 50);
    also_watched = latest;
    also_watched_size = latest_size;
    append_marks(&b, 200);
    assert_null(also_watched);
    assert_int_equal(marks_given_back, 0);
    assert_int_equal(buffer_len(&b), 250);
    buffer_free(&b);
}

static void what_was_never_committed_is_wiped_too(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    uint8_t *room;
    append_marks(&b, 1);
    assert_int_equal(buffer_reserve(&b, 60, &room), OK);
    memset(room, MARK, 60);
    buffer_commit(&b, 10);
    buffer_drop(&b, 11);
    assert_null(latest);
    assert_int_equal(marks_given_back, 0);
}

static void memory_is_wiped_when_it_is_freed(void **state)
{
    (void)state;
    uint8_t marks[40];
    memset(marks, MARK, sizeof marks);
    uint8_t *copy;
    assert_int_equal(memory_copy(slice_of(marks, sizeof marks), &copy), OK);
    assert_ptr_equal(copy, latest);
    memory_free(copy, sizeof marks);
    assert_null(latest);
    assert_int_equal(marks_given_back, 0);
}

/* ---- failing ---- */
static void a_buffer_that_cannot_grow_keeps_what_it_has(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    append_marks(&b, 64);
    buffer_drop(&b, 10);
    struct buffer before = b;
    uint8_t bytes[100] = {0}, *room = bytes;
    failing = true;
    assert_int_equal(buffer_append(&b, slice_of(bytes, sizeof bytes)), E_NO_MEMORY);
    assert_int_equal(buffer_reserve(&b, sizeof bytes, &room), E_NO_MEMORY);
    assert_null(room);
    assert_ptr_equal(b.data, before.data);
    assert_int_equal(buffer_len(&b), 54);
    failing = false;
    append_marks(&b, 100);
    assert_int_equal(buffer_len(&b), 154);
    buffer_free(&b);
}

static void an_empty_buffer_that_cannot_have_memory_stays_empty(void **state)
{
    (void)state;
    struct buffer b = {.limit = 1000};
    failing = true;
    assert_int_equal(buffer_append(&b, slice_of_string("x")), E_NO_MEMORY);
    assert_null(b.data);
    assert_int_equal(b.cap, 0);
}

static void memory_that_cannot_be_had_is_null(void **state)
{
    (void)state;
    int something;
    void *p = &something;
    uint8_t *copy = (uint8_t *)&something;
    failing = true;
    assert_int_equal(memory_new(16, &p), E_NO_MEMORY);
    assert_int_equal(memory_copy(slice_of_string("x"), &copy), E_NO_MEMORY);
    assert_null(p);
    assert_null(copy);
}

#define TEST(f) cmocka_unit_test_setup(f, start)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_buffer_is_wiped_when_it_is_freed),
        TEST(a_buffer_is_wiped_when_it_runs_empty),
        TEST(a_buffer_is_wiped_when_it_moves),
        TEST(what_was_never_committed_is_wiped_too),
        TEST(memory_is_wiped_when_it_is_freed),
        TEST(a_buffer_that_cannot_grow_keeps_what_it_has),
        TEST(an_empty_buffer_that_cannot_have_memory_stays_empty),
        TEST(memory_that_cannot_be_had_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
