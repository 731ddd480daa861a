/* SPDX-License-Identifier: MIT */
/* Cursors and layouts by examples; tests/property/test_layout.c takes random values. */
#include "wire/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_OF(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* ---- reading ---- */
static void numbers_are_big_endian(void **state)
{
    (void)state;
    struct reader r = reader_of(BYTES_OF(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xff, 0xff, 0xff, 0xff));
    assert_int_equal(read_number(&r, 1), 0x01);
    assert_int_equal(read_number(&r, 2), 0x0203);
    assert_int_equal(read_number(&r, 3), 0x040506);
    assert_false(read_done(&r));
    assert_true(read_number(&r, 4) == 0xffffffff);
    assert_true(read_done(&r));
}

static void a_reader_stays_bad(void **state)
{
    (void)state;
    struct reader r = reader_of(BYTES_OF(1, 2, 3));
    assert_int_equal(read_number(&r, 4), 0);
    assert_true(r.bad);
    assert_int_equal(read_number(&r, 1), 0);
    assert_int_equal(read_bytes(&r, 0).len, 0);
    assert_int_equal(read_vector(&r, 1).len, 0);
    assert_true(r.bad);
    assert_false(read_done(&r));
}

static void a_vector_must_be_whole(void **state)
{
    (void)state;
    struct slice in = BYTES_OF(2, 7, 8, 3, 1, 2);
    struct reader r = reader_of(in);
    struct slice v = read_vector(&r, 1);
    assert_int_equal(v.len, 2);
    assert_ptr_equal(v.data, in.data + 1);
    v = read_vector(&r, 1);
    assert_int_equal(v.len, 0);
    assert_non_null(v.data);
    assert_true(r.bad);
}

static void nothing_can_be_read(void **state)
{
    (void)state;
    struct reader r = reader_of((struct slice){NULL, 0});
    assert_true(read_done(&r));
    assert_int_equal(read_bytes(&r, 0).len, 0);
    assert_true(read_done(&r));
    read_number(&r, 1);
    assert_true(r.bad);
}

/* ---- writing ---- */
static void what_is_written_reads_back(void **state)
{
    (void)state;
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_number(&w, 0xabcdef, 3);
    write_vector(&w, 2, slice_of_string("tls"));
    write_bytes(&w, (struct slice){NULL, 0});
    size_t mark = write_open(&w, 3);
    write_bytes(&w, slice_of_string("inner"));
    write_close(&w, mark, 3);
    assert_false(w.full);
    assert_true(slice_equal(
        written(&w), BYTES_OF(0xab, 0xcd, 0xef, 0, 3, 't', 'l', 's', 0, 0, 5, 'i', 'n', 'n', 'e', 'r')));
}

static void a_writer_stays_full(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0, 0, 0, 0x77};
    struct writer w = writer_of(bytes, 3);
    write_number(&w, 1, 2);
    write_number(&w, 1, 2);
    assert_true(w.full);
    write_number(&w, 1, 1);
    write_close(&w, 0, 1);
    assert_int_equal(w.len, 2);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[3], 0x77);

    w = writer_of(bytes, 3);
    write_number(&w, 1, 2);
    size_t mark = write_open(&w, 2); /* does not fit: there is no prefix to fill in */
    write_close(&w, mark, 2);
    assert_true(w.full);
    assert_int_equal(bytes[3], 0x77);
}

static void a_number_must_fit_its_width(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_number(&w, 0xffffff, 3);
    write_number(&w, 0xffffffff, 4);
    assert_false(w.full);
    w = writer_of(bytes, sizeof bytes);
    write_number(&w, 0x1000000, 3);
    assert_true(w.full);
}

static void a_vector_must_fit_its_prefix(void **state)
{
    (void)state;
    static uint8_t bytes[600];
    static const uint8_t zeros[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_vector(&w, 1, slice_of(zeros, 255));
    assert_false(w.full);
    write_vector(&w, 1, slice_of(zeros, 256));
    assert_true(w.full);

    w = writer_of(bytes, sizeof bytes);
    size_t mark = write_open(&w, 1);
    write_bytes(&w, slice_of(zeros, 256));
    assert_false(w.full);
    write_close(&w, mark, 1);
    assert_true(w.full);
}

/* ---- lists ---- */
static void lists_are_walked_to_their_end(void **state)
{
    (void)state;
    struct list l = list_of(BYTES_OF(0, 0, 2, 9, 9, 0, 0, 0, 0, 0, 1, 7));
    struct slice element;
    assert_true(list_next_vector(&l, 3, &element));
    assert_true(slice_equal(element, BYTES_OF(9, 9)));
    assert_true(list_next_vector(&l, 3, &element));
    assert_int_equal(element.len, 0);
    assert_true(list_next_vector(&l, 3, &element));
    assert_true(slice_equal(element, BYTES_OF(7)));
    assert_false(list_next_vector(&l, 3, &element));
    assert_false(l.bad);
    assert_false(list_next_vector(&l, 3, &element));
}

/* S6 */
static void a_list_that_ends_within_an_element_is_bad(void **state)
{
    (void)state;
    struct slice element;
    struct list l = list_of(BYTES_OF(1, 5, 2, 6));
    assert_true(list_next_vector(&l, 1, &element));
    assert_false(list_next_vector(&l, 1, &element));
    assert_true(l.bad);
    assert_false(list_next_vector(&l, 1, &element));
    assert_true(l.bad);

    uint32_t number;
    l = list_of(BYTES_OF(0, 23, 0));
    assert_true(list_next_number(&l, 2, &number));
    assert_int_equal(number, 23);
    assert_false(list_next_number(&l, 2, &number));
    assert_true(l.bad);
}

static void an_empty_list_has_no_element(void **state)
{
    (void)state;
    struct slice element;
    uint32_t number;
    struct list l = list_of((struct slice){NULL, 0});
    assert_false(list_next_vector(&l, 2, &element));
    assert_false(list_next_number(&l, 2, &number));
    assert_false(l.bad);
}

static void a_list_knows_what_it_has(void **state)
{
    (void)state;
    struct slice suites = BYTES_OF(0xc0, 0x2f, 0xcc, 0xa8, 0x00, 0xff);
    assert_true(list_has16(suites, 0xc02f));
    assert_true(list_has16(suites, 0x00ff));
    assert_false(list_has16(suites, 0x2fcc)); /* across two elements */
    assert_false(list_has16((struct slice){NULL, 0}, 0));
    assert_true(list_has8(suites, 0xa8));
    assert_false(list_has8(suites, 0x01));
    assert_false(list_has8((struct slice){NULL, 0}, 0));
}

/* ---- layouts ---- */
struct sample {
    uint8_t small;
    uint16_t medium;
    uint32_t large;
    struct slice fixed, pairs, tail;
};
#define T struct sample
/* clang-format off */
static LAYOUT(sample, "Sample",
    NUMBER(small),
    NUMBER(medium),
    NUMBER(large),
    BYTES(fixed, 2),
    PAIRS8(pairs, 2, 4),
    TAIL16(tail, 0, 3));
/* clang-format on */
#undef T
struct rest {
    struct slice all;
};
#define T struct rest
static LAYOUT(rest, "Rest", REST(all, 1, 3));
#undef T

struct late {
    uint8_t first;
    struct slice tail;
};
#define T struct late
static LAYOUT(late, "Late", NUMBER(first), TAIL16(tail, 1, 3));
#undef T

/* The bounds are a tail's when it is there. */
static void a_tail_may_be_missing_but_not_too_short(void **state)
{
    (void)state;
    struct late m;
    uint8_t bytes[8];
    assert_int_equal(layout_decode(&layout_late, BYTES_OF(9), &m), OK);
    assert_null(m.tail.data);
    struct writer w = writer_of(bytes, sizeof bytes);
    assert_int_equal(layout_encode(&layout_late, &m, &w), OK);
    assert_int_equal(w.len, 1);
    assert_int_equal(layout_decode(&layout_late, BYTES_OF(9, 0, 0), &m), E_MALFORMED_MESSAGE);
    assert_int_equal(layout_decode(&layout_late, BYTES_OF(9, 0, 1, 7), &m), OK);
}

static void every_kind_of_field_decodes(void **state)
{
    (void)state;
    struct sample s;
    struct slice in = BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd', 0, 1, 'e');
    assert_int_equal(layout_decode(&layout_sample, in, &s), OK);
    assert_int_equal(s.small, 1);
    assert_int_equal(s.medium, 2);
    assert_int_equal(s.large, 3);
    assert_true(slice_equal(s.fixed, slice_of_string("ab")));
    assert_true(slice_equal(s.pairs, slice_of_string("cd")));
    assert_true(slice_equal(s.tail, slice_of_string("e")));
    assert_ptr_equal(s.tail.data, in.data + 13);
}

static void a_missing_tail_is_not_an_empty_one(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(layout_decode(&layout_sample, BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd'), &s),
                     OK);
    assert_null(s.tail.data);
    assert_int_equal(
        layout_decode(&layout_sample, BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd', 0, 0), &s), OK);
    assert_non_null(s.tail.data);
    assert_int_equal(s.tail.len, 0);
    assert_int_equal(layout_decode(&layout_sample, BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd', 0), &s),
                     E_MALFORMED_MESSAGE);
}

/* S6: bounds, element sizes, nothing left over */
static void what_breaks_a_row_does_not_decode(void **state)
{
    (void)state;
    struct sample s = {.small = 9};
    const struct slice wrong[] = {
        BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 0),                            /* below the lower bound */
        BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 6, 1, 2, 3, 4, 5, 6),          /* above the upper bound */
        BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 3, 1, 2, 3),                   /* half an element */
        BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 1, 2, 0, 4, 1, 2, 3, 4),    /* a tail that is too long */
        BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd', 0, 1, 'e', 0xff), /* something after the tail */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(layout_decode(&layout_sample, wrong[i], &s), E_MALFORMED_MESSAGE);
        assert_int_equal(s.small, 0); /* nobody is to use half a message */
    }
}

static void the_rest_has_bounds_too(void **state)
{
    (void)state;
    struct rest r;
    assert_int_equal(layout_decode(&layout_rest, BYTES_OF(1, 2, 3), &r), OK);
    assert_int_equal(r.all.len, 3);
    assert_int_equal(layout_decode(&layout_rest, BYTES_OF(1, 2, 3, 4), &r), E_MALFORMED_MESSAGE);
    assert_int_equal(layout_decode(&layout_rest, (struct slice){NULL, 0}, &r), E_MALFORMED_MESSAGE);
}

static void encode_refuses_what_decode_would(void **state)
{
    (void)state;
    uint8_t bytes[64];
    const struct sample good = {1, 2, 3, slice_of_string("ab"), slice_of_string("cd"), {NULL, 0}};
    struct writer w = writer_of(bytes, sizeof bytes);
    assert_int_equal(layout_encode(&layout_sample, &good, &w), OK);
    assert_true(slice_equal(written(&w), BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd')));

    struct sample wrong[4] = {good, good, good, good};
    wrong[0].large = 0x1000000;
    wrong[1].fixed = slice_of_string("abc");
    wrong[2].pairs = slice_of_string("cde");
    wrong[3].tail = slice_of_string("tail");
    for (size_t i = 0; i < 4; i++) {
        w = writer_of(bytes, sizeof bytes);
        assert_int_equal(layout_encode(&layout_sample, &wrong[i], &w), E_INTERNAL);
        assert_true(w.full);
    }
}

static void describe_names_every_field_and_its_place(void **state)
{
    (void)state;
    struct slice in = BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd', 0, 1, 'e');
    const struct {
        const char *name;
        size_t offset, length;
    } rows[] = {{"small", 0, 1}, {"medium", 1, 2}, {"large", 3, 3},
                {"fixed", 6, 2}, {"pairs", 8, 3},  {"tail", 11, 3}};
    struct field_view view;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(layout_describe(&layout_sample, in, i, &view));
        assert_string_equal(view.name, rows[i].name);
        assert_int_equal(view.offset, rows[i].offset);
        assert_int_equal(view.length, rows[i].length);
    }
    assert_false(layout_describe(&layout_sample, in, 6, &view));
    assert_true(layout_describe(&layout_sample, in, 1, &view));
    assert_int_equal(view.kind, FIELD_NUMBER);
    assert_int_equal(view.number, 2);
    assert_true(layout_describe(&layout_sample, in, 4, &view));
    assert_int_equal(view.kind, FIELD_VECTOR);
    assert_true(slice_equal(view.bytes, slice_of_string("cd")));
}

static void describe_ends_where_the_message_does(void **state)
{
    (void)state;
    struct field_view view;
    struct slice in = BYTES_OF(1, 0, 2, 0, 0, 3, 'a', 'b', 2, 'c', 'd'); /* no tail */
    assert_true(layout_describe(&layout_sample, in, 4, &view));
    assert_false(layout_describe(&layout_sample, in, 5, &view));
    in.len--;
    assert_true(layout_describe(&layout_sample, in, 3, &view));
    assert_false(layout_describe(&layout_sample, in, 4, &view));
    assert_false(layout_describe(&layout_sample, (struct slice){NULL, 0}, 0, &view));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_reader_stays_bad),
        cmocka_unit_test(a_vector_must_be_whole),
        cmocka_unit_test(nothing_can_be_read),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(a_writer_stays_full),
        cmocka_unit_test(a_number_must_fit_its_width),
        cmocka_unit_test(a_vector_must_fit_its_prefix),
        cmocka_unit_test(lists_are_walked_to_their_end),
        cmocka_unit_test(a_list_that_ends_within_an_element_is_bad),
        cmocka_unit_test(an_empty_list_has_no_element),
        cmocka_unit_test(a_list_knows_what_it_has),
        cmocka_unit_test(every_kind_of_field_decodes),
        cmocka_unit_test(a_missing_tail_is_not_an_empty_one),
        cmocka_unit_test(a_tail_may_be_missing_but_not_too_short),
        cmocka_unit_test(what_breaks_a_row_does_not_decode),
        cmocka_unit_test(the_rest_has_bounds_too),
        cmocka_unit_test(encode_refuses_what_decode_would),
        cmocka_unit_test(describe_names_every_field_and_its_place),
        cmocka_unit_test(describe_ends_where_the_message_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
