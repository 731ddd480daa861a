/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

/* The form in which sessions are kept: every field's bounds. The tags and sizes stand here once more, because
 * they must never change. Checklist R3, R7. */

enum {
    VERSION = 1,
    SUITE,
    MASTER,
    CONTEXT,
    FLAGS,
    EXPIRES,
    AUTHENTICATED,
    ID,
    TICKET,
    SERVER_NAME,
    ALPN,
    NOTE,
    MAX_FRAGMENT,
    PEER_VERDICT,
    PEER_NOT_AFTER,
    PEER_LEAF,
    PEER_SUBJECT,
    PSK, /* from here on TLS 1.3's */
    AGE_ADD,
    ISSUED,
    MAX_EARLY_DATA,
    ISSUED_MS,
    UNKNOWN
};

static const struct {
    size_t min, max;
    bool needed, of_peer;
} bounds[PSK] = {
    [VERSION] = {2, 2, true, false},        [SUITE] = {2, 2, true, false},
    [MASTER] = {48, 48, true, false},       [CONTEXT] = {32, 32, true, false},
    [FLAGS] = {1, 1, true, false},          [EXPIRES] = {8, 8, true, false},
    [AUTHENTICATED] = {8, 8, true, false},  [ID] = {1, 32, false, false},
    [TICKET] = {1, 8192, false, false},     [SERVER_NAME] = {1, 255, false, false},
    [ALPN] = {1, 255, false, false},        [NOTE] = {1, 1024, false, false},
    [MAX_FRAGMENT] = {2, 2, false, false},  [PEER_VERDICT] = {2, 2, false, true},
    [PEER_NOT_AFTER] = {8, 8, false, true}, [PEER_LEAF] = {1, 65535, false, true},
    [PEER_SUBJECT] = {1, 127, false, true},
};

/* ---- forms taken apart ---- */
struct form {
    struct part {
        unsigned tag;
        uint8_t *value;
        size_t len;
    } fields[40];
    size_t count;
};

static void put(struct form *f, unsigned tag, const void *value, size_t len)
{
    uint8_t *copy = calloc(1, len + 1);
    assert_non_null(copy);
    if (len && value) {
        memcpy(copy, value, len);
    }
    f->fields[f->count++] = (struct part){tag, copy, len};
}

static struct part *at(struct form *f, unsigned tag)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->fields[i].tag == tag) {
            return &f->fields[i];
        }
    }
    fail_msg("no field %u", tag);
    return NULL;
}

static void resize(struct part *f, size_t len)
{
    uint8_t *value = calloc(1, len + 1);
    assert_non_null(value);
    memset(value, 'x', len);
    memcpy(value, f->value, f->len < len ? f->len : len);
    free(f->value);
    f->value = value;
    f->len = len;
}

static void drop(struct form *f, unsigned tag)
{
    struct part *field = at(f, tag);
    free(field->value);
    *field = f->fields[--f->count];
}

static void form_free(struct form *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->fields[i].value);
    }
}

static enum err decode_form(const struct form *f, struct session **out)
{
    static uint8_t bytes[200000];
    struct writer w = writer_of(bytes, sizeof bytes);
    for (size_t i = 0; i < f->count; i++) {
        write_number(&w, f->fields[i].tag, 1);
        write_vector(&w, 2, slice_of(f->fields[i].value, f->fields[i].len));
    }
    assert_false(w.full);
    uint8_t *exact = malloc(w.len + 1);
    memcpy(exact, bytes, w.len);
    enum err e = session_decode_plain(slice_of(exact, w.len), out);
    free(exact);
    assert_true((e == OK) == (*out != NULL));
    return e;
}

static void expect(struct form *f, enum err wanted, unsigned tag, size_t len)
{
    struct session *s;
    enum err e = decode_form(f, &s);
    if (e != wanted) {
        fail_msg("field %u of %zu bytes: %d instead of %d", tag, len, (int)e, (int)wanted);
    }
    session_release(s);
}

/* Everything there is. */
static struct session *whole(void)
{
    static const uint8_t ticket[300] = {7};
    const struct session_texts texts = {slice_of_string("server.test"), slice_of_string("h2"),
                                        slice_of_string("note"), slice_of(ticket, sizeof ticket)};
    struct session *s = session_of(&texts);
    s->id_len = SESSION_ID_MAX;
    memset(s->id, 0x1D, sizeof s->id);
    s->etm = true;
    s->max_fragment = 4096;
    s->peer = peer_with_leaf(500);
    s->peer->verdict = E_UNKNOWN_CA;
    return s;
}

static struct form taken_apart(const struct session *s)
{
    uint8_t bytes[20000];
    struct form f = {.count = 0};
    struct writer w = writer_of(bytes, session_plain_size(s)); /* exactly as long as it says */
    session_encode_plain(s, &w);
    assert_false(w.full);
    assert_int_equal(w.len, session_plain_size(s));
    struct reader r = reader_of(written(&w));
    while (!read_done(&r)) {
        unsigned tag = read_number(&r, 1);
        struct slice value = read_vector(&r, 2);
        assert_false(r.bad);
        put(&f, tag, value.data, value.len);
    }
    return f;
}

static struct form whole_form(void)
{
    struct session *s = whole();
    struct form f = taken_apart(s);
    assert_int_equal(f.count, PSK - 1);
    session_release(s);
    return f;
}

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 64; variant++) {
        const struct session_texts texts = {
            slice_of_string(variant & 1 ? "a.test" : ""), slice_of_string(variant & 2 ? "http/1.1" : ""),
            slice_of("\0note", variant & 4 ? 5 : 0), slice_of("ticket", variant & 8 ? 6 : 0)};
        struct session *s = session_of(&texts), *out;
        s->id_len = variant & 16 ? 32 : 0;
        s->peer = variant & 32 ? peer_with_leaf(variant * 100) : NULL;
        s->ems = variant & 1;
        s->expires = INT64_C(253402300799);
        s->authenticated = -5;
        struct form f = taken_apart(s);
        assert_int_equal(decode_form(&f, &out), OK);
        assert_same_session(s, out);
        session_release(out);
        session_release(s);
        form_free(&f);
    }
}

static void every_field_at_its_bounds(void **state)
{
    (void)state;
    for (unsigned tag = VERSION; tag < PSK; tag++) {
        const size_t lens[] = {0, bounds[tag].min - 1, bounds[tag].min, bounds[tag].max,
                               bounds[tag].max < 65535 ? bounds[tag].max + 1 : 0};
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
            struct form f = whole_form();
            resize(at(&f, tag), lens[i]);
            bool fits = lens[i] >= bounds[tag].min && lens[i] <= bounds[tag].max;
            expect(&f, fits ? OK : E_BAD_SESSION, tag, lens[i]);
            form_free(&f);
        }
    }
}

static void fields_that_are_missing_or_there_twice(void **state)
{
    (void)state;
    for (unsigned tag = VERSION; tag < PSK; tag++) {
        struct form f = whole_form();
        put(&f, tag, at(&f, tag)->value, at(&f, tag)->len);
        expect(&f, E_BAD_SESSION, tag, at(&f, tag)->len);
        form_free(&f);
        f = whole_form();
        drop(&f, tag);
        bool needed = bounds[tag].needed || tag == PEER_LEAF || tag == PEER_NOT_AFTER;
        expect(&f, needed ? E_BAD_SESSION : OK, tag, 0);
        form_free(&f);
    }
}

/* What a later version adds is passed over, wherever it stands and whatever it holds. */
static void unknown_tags_are_passed_over(void **state)
{
    (void)state;
    struct session *s = whole(), *out;
    for (unsigned tag = UNKNOWN; tag < 256; tag++) {
        struct form f = taken_apart(s);
        put(&f, tag, NULL, tag * 7);
        struct part last = f.fields[f.count - 1];
        memmove(f.fields + 1, f.fields, (f.count - 1) * sizeof last);
        f.fields[0] = last;
        put(&f, tag, NULL, 0);
        assert_int_equal(decode_form(&f, &out), OK);
        assert_same_session(s, out);
        session_release(out);
        form_free(&f);
    }
    struct form f = taken_apart(s);
    put(&f, 0, NULL, 0); /* zero is none, so that padding is not taken for fields */
    expect(&f, E_BAD_SESSION, 0, 0);
    form_free(&f);
    session_release(s);
}

static void numbers_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        unsigned tag;
        uint8_t value[8];
        size_t len;
        enum err e;
    } numbers[] = {
        {VERSION, {3, 1}, 2, E_BAD_SESSION}, /* R4: sessions of TLS 1.2 only */
        {VERSION, {3, 4}, 2, E_BAD_SESSION},
        {SUITE, {0, 0}, 2, E_BAD_SESSION},
        {SUITE, {0x13, 0x01}, 2, E_BAD_SESSION},
        {SUITE, {0xC0, 0x2F}, 2, OK},
        {FLAGS, {0x10}, 1, E_BAD_SESSION},
        {FLAGS, {0xFF}, 1, E_BAD_SESSION},
        {FLAGS, {0}, 1, E_BAD_SESSION}, /* no peer, and yet a leaf */
        {FLAGS, {4}, 1, OK},
        {MAX_FRAGMENT, {0, 0}, 2, OK},
        {MAX_FRAGMENT, {2, 0}, 2, OK},
        {MAX_FRAGMENT, {1, 0}, 2, E_BAD_SESSION},
        {MAX_FRAGMENT, {0x40, 0}, 2, E_BAD_SESSION},
        {PEER_VERDICT, {0, 0}, 2, OK},
        {PEER_VERDICT, {0xFF, 0xFF}, 2, E_BAD_SESSION},
        {EXPIRES,
         {0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
         8,
         E_BAD_SESSION}, /* sums must not overflow */
        {EXPIRES, {0x80, 0, 0, 0, 0, 0, 0, 0}, 8, E_BAD_SESSION},
        {AUTHENTICATED, {0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 8, E_BAD_SESSION},
        {AUTHENTICATED, {0x80, 0, 0, 0, 0, 0, 0, 0}, 8, E_BAD_SESSION},
        {SERVER_NAME, {'a', 0, 'b'}, 3, E_BAD_SESSION},
        {ALPN, {'a', 0, 'b'}, 3, E_BAD_SESSION},
        {PEER_SUBJECT, {'a', 0, 'b'}, 3, E_BAD_SESSION},
        {NOTE, {'a', 0, 'b'}, 3, OK},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct form f = whole_form();
        struct part *field = at(&f, numbers[i].tag);
        resize(field, numbers[i].len);
        memcpy(field->value, numbers[i].value, numbers[i].len);
        expect(&f, numbers[i].e, numbers[i].tag, i);
        form_free(&f);
    }
}

/* ---- what a client saves ---- */
static void saved_and_every_bit_and_length_of_it(void **state)
{
    (void)state;
    struct session *s = whole(), *out;
    static uint8_t bytes[4000];
    struct writer w = writer_of(bytes, session_saved_size(s));
    assert_int_equal(session_encode(s, &w), OK);
    assert_int_equal(session_decode(written(&w), &out), OK);
    assert_same_session(s, out);
    session_release(out);
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(session_decode(written(&w), &out), E_BAD_SESSION);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < sizeof bytes; len++) {
        enum err e = session_decode(slice_of(bytes, len), &out);
        assert_int_equal(e, len == w.len ? OK : E_BAD_SESSION);
        session_release(out);
    }
    session_release(s);
}

static void a_leaf_too_long_for_its_field_is_not_saved(void **state)
{
    (void)state;
    struct session *s = whole(), *out;
    peer_release(s->peer);
    static uint8_t bytes[100000];
    for (size_t leaf = 65534; leaf < 65538; leaf++) {
        s->peer = peer_with_leaf(leaf);
        struct writer w = writer_of(bytes, sizeof bytes);
        assert_int_equal(session_encode(s, &w), leaf <= 65535 ? OK : E_INTERNAL);
        if (leaf <= 65535) {
            assert_int_equal(session_decode(written(&w), &out), OK);
            assert_same_session(s, out);
            session_release(out);
        }
        peer_release(s->peer);
        s->peer = NULL;
    }
    session_release(s);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(every_field_at_its_bounds),
        cmocka_unit_test(fields_that_are_missing_or_there_twice),
        cmocka_unit_test(unknown_tags_are_passed_over),
        cmocka_unit_test(numbers_that_cannot_be),
        cmocka_unit_test(saved_and_every_bit_and_length_of_it),
        cmocka_unit_test(a_leaf_too_long_for_its_field_is_not_saved),
    };
    return cmocka_run_group_tests_name("unit/session form", tests, start, NULL);
}
