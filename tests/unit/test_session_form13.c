/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

/* The form in which sessions of TLS 1.3 are kept, RFC 8446 4.6.1. The tags and sizes stand here once more,
 * because they must never change. Checklist R4. */
enum { MASTER = 3, PSK = 18, AGE_ADD, ISSUED, MAX_EARLY_DATA, ISSUED_MS };
static const struct {
    uint8_t tag;
    size_t len;
    bool needed;
} fields[] = {{PSK, 32, true},
              {AGE_ADD, 4, true},
              {ISSUED, 8, true},
              {MAX_EARLY_DATA, 4, false},
              {ISSUED_MS, 2, false}};
#define FIELDS (sizeof fields / sizeof *fields)

static struct session *whole(uint16_t version, uint16_t suite, uint32_t early)
{
    const struct session_texts texts = {slice_of_string("server.test"), slice_of_string("h2"),
                                        slice_of_string("note"), slice_of_string("ticket")};
    struct session *s = session_of(&texts);
    s->version = version;
    s->suite = suite;
    if (version == TLS_1_3) {
        size_t psk = hash_size(suite13_of(suite)->hash);
        memset(s->master + psk, 0, sizeof s->master - psk);
    }
    s->age_add = 0xfedcba98;
    s->issued_ms = (NOW - 5) * INT64_C(1000) + 789;
    s->max_early_data = early;
    s->peer = peer_with_leaf(100);
    return s;
}

/* The form without a field, and with a new one of that tag behind it where len is not SIZE_MAX. */
static enum err changed(const struct session *s, uint8_t tag, size_t len, struct session **out)
{
    uint8_t plain[1024], other[2048];
    struct writer w = writer_of(plain, sizeof plain), to = writer_of(other, sizeof other);
    static const uint8_t zeros[64];
    session_encode_plain(s, &w);
    assert_int_equal(w.len, session_plain_size(s));
    for (struct reader r = reader_of(written(&w)); !read_done(&r);) {
        uint8_t seen = (uint8_t)read_number(&r, 1);
        struct slice value = read_vector(&r, 2);
        if (seen != tag) {
            write_number(&to, seen, 1);
            write_vector(&to, 2, value);
        }
    }
    if (len != SIZE_MAX) {
        write_number(&to, tag, 1);
        write_vector(&to, 2, slice_of(zeros, len));
    }
    return session_decode_plain(written(&to), out);
}

static void expect(const struct session *s, uint8_t tag, size_t len, enum err wanted)
{
    struct session *out;
    enum err e = changed(s, tag, len, &out);
    if (e != wanted) {
        fail_msg("tag %u of %zu bytes: error %d", tag, len, (int)e);
    }
    session_release(out);
}

static void there_and_back(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
    for (size_t i = 0; i < 2 * sizeof suites / sizeof *suites; i++) {
        struct session *s = whole(TLS_1_3, suites[i / 2], i % 2 ? 16384 : 0), *out;
        assert_int_equal(session_secret(s).len, suites[i / 2] == 0x1302 ? 48 : 32);
        assert_int_equal(changed(s, 255, SIZE_MAX, &out), OK);
        assert_same_session(s, out);
        assert_int_equal(out->age_add, s->age_add);
        assert_true(out->issued_ms == s->issued_ms);
        assert_int_equal(out->max_early_data, s->max_early_data);
        session_release(out);
        session_release(s);
    }
}

static void every_field_and_its_length(void **state)
{
    (void)state;
    struct session *s = whole(TLS_1_3, 0x1301, 1);
    for (size_t i = 0; i < FIELDS; i++) {
        expect(s, fields[i].tag, SIZE_MAX, fields[i].needed ? E_BAD_SESSION : OK);
        for (size_t len = 0; len < 52; len++) {
            expect(s, fields[i].tag, len, len == fields[i].len ? OK : E_BAD_SESSION);
        }
    }
    session_release(s);
}

static enum err told(const struct session *s, uint8_t tag, struct slice value, struct session **out)
{
    uint8_t plain[1024];
    struct writer w = writer_of(plain, sizeof plain);
    session_encode_plain(s, &w);
    for (struct reader r = reader_of(written(&w)); !read_done(&r);) {
        uint8_t seen = (uint8_t)read_number(&r, 1);
        struct slice old = read_vector(&r, 2);
        if (seen == tag) {
            assert_int_equal(old.len, value.len);
            memcpy(plain + (old.data - plain), value.data, value.len);
        }
    }
    return session_decode_plain(written(&w), out);
}

/* One kept before there were milliseconds is read as of a whole second; and what no clock says is refused. */
static void when_it_was_given(void **state)
{
    (void)state;
    static const uint8_t most[] = {0x03, 0xe7}, over[] = {0x03, 0xe8}, never[8] = {0x80},
                         far[8] = {0x00, 0x20, 0xc5};
    struct session *s = whole(TLS_1_3, 0x1301, 1), *out;
    assert_int_equal(changed(s, ISSUED_MS, SIZE_MAX, &out), OK);
    assert_true(out->issued_ms == (NOW - 5) * INT64_C(1000));
    session_release(out);
    assert_int_equal(told(s, ISSUED_MS, slice_of(most, 2), &out), OK);
    assert_true(out->issued_ms == (NOW - 5) * INT64_C(1000) + 999);
    session_release(out);
    assert_int_equal(told(s, ISSUED_MS, slice_of(over, 2), &out), E_BAD_SESSION);
    assert_int_equal(told(s, ISSUED, slice_of(never, 8), &out), E_BAD_SESSION);
    assert_int_equal(told(s, ISSUED, slice_of(far, 8), &out), E_BAD_SESSION);
    session_release(s);
}

/* Nothing that is of one version comes with another. */
static void versions_are_not_mixed(void **state)
{
    (void)state;
    struct session *s = whole(TLS_1_2, 0xC02B, 0);
    for (size_t i = 0; i < FIELDS; i++) {
        expect(s, fields[i].tag, fields[i].len, E_BAD_SESSION);
    }
    session_release(s);
    s = whole(TLS_1_3, 0x1301, 0);
    expect(s, MASTER, 48, E_BAD_SESSION);
    s->suite = 0x1302; /* whose hash is longer: 48 bytes in place of 32 */
    expect(s, PSK, 32, E_BAD_SESSION);
    s->suite = 0xC02B;
    expect(s, 255, SIZE_MAX, E_BAD_SESSION);
    session_release(s);
    s = whole(TLS_1_2, 0x1301, 0);
    expect(s, 255, SIZE_MAX, E_BAD_SESSION);
    session_release(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_field_and_its_length),
        cmocka_unit_test(when_it_was_given),
        cmocka_unit_test(versions_are_not_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
