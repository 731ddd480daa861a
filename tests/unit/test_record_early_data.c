/* SPDX-License-Identifier: MIT */
/* Early data that is not accepted is dropped by the record layer: RFC 8446 4.2.10. */
#include "unit/test_record_keys.h"

#include "support/aeads.h"

static uint8_t plain[RECORD_PLAINTEXT_MAX];

/* Early data that was sealed under keys nobody has: 5 records of len bytes each. */
static struct span early_data(size_t len, size_t padded)
{
    struct ends e;
    ends_start(&e, &record_suites13[1]);
    e.out.protection.iv[0] ^= 1; /* not the end: that would be another sequence number */
    record_out_pad(&e.out, padded);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, slice_of(plain, len)), OK);
    }
    struct span all = drain(&e.out);
    ends_stop(&e);
    return all;
}

/* Whole, or in pieces of one byte to all: what is behind early data is read, or the error. */
static enum err read_behind(struct record_in *in, struct span all, size_t piece, struct record *r)
{
    *r = (struct record){0};
    for (size_t at = 0; at < all.len;) {
        size_t end = at + piece < all.len ? at + piece : all.len;
        while (at < end) {
            size_t used;
            TRY(record_read(in, (struct span){all.data + at, end - at}, &used, r));
            at += used;
            if (r->type) {
                assert_int_equal(at, all.len);
                return OK;
            }
            assert_int_equal(at, end);
        }
    }
    return OK;
}

static struct span joined(struct span a, struct span b)
{
    struct span all = {malloc(a.len + b.len), a.len + b.len};
    if (!all.data) {
        abort();
    }
    memcpy(all.data, a.data, a.len);
    memcpy(all.data + a.len, b.data, b.len);
    free(a.data);
    free(b.data);
    return all;
}

/* RFC 8446 4.2.10: it is dropped within the budget, under handshake keys and behind a HelloRetryRequest */
static void early_data_is_skipped(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 7, 100, 1000000};
    for (size_t i = 0; i < 2 * 2 * 4; i++) {
        bool retry = i % 2, enough = i / 2 % 2;
        struct ends e;
        struct record r;
        ends_start(&e, retry ? NULL : &record_suites13[i % SUITES13]);
        assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, slice_of(plain, 33)), OK);
        struct span all = joined(early_data(1000, 0), drain(&e.out));
        record_in_limit(&e.in, 900, false); /* agreed in this handshake: the client did not know */
        record_in_skip(&e.in, enough ? 5000 : 4999);
        enum err err = read_behind(&e.in, all, pieces[i / 4], &r);
        assert_int_equal(err, enough ? OK : E_TOO_MUCH_EARLY_DATA);
        if (enough) {
            assert_int_equal(r.type, CONTENT_HANDSHAKE);
            assert_int_equal(r.content.len, 33);
            assert_memory_equal(r.content.data, plain, 33);
            assert_false(e.in.skipping);
            /* it has ended: more is an error, or what the handshake judges */
            struct span late = early_data(10, 0), one = {late.data, late.len / 5};
            if (retry) {
                reads_one(&e.in, one, CONTENT_APPLICATION_DATA, slice_of(one.data + 5, one.len - 5));
            } else {
                fails_one(&e.in, one, E_BAD_RECORD_MAC);
            }
            free(late.data);
        }
        free(all.data);
        ends_stop(&e);
    }
}

/* No record is free of charge, or a client could send them for ever; and padding counts as content does. */
static void skipping_ends(void **state)
{
    (void)state;
    for (int retry = 0; retry < 2; retry++) {
        struct ends e;
        struct record r;
        ends_start(&e, retry ? NULL : &record_suites13[0]);
        record_in_skip(&e.in, 4);
        struct span empty = early_data(0, 0);
        assert_int_equal(read_behind(&e.in, empty, 1000, &r), E_TOO_MUCH_EARLY_DATA);
        free(empty.data);
        ends_stop(&e);
        ends_start(&e, retry ? NULL : &record_suites13[0]);
        record_in_skip(&e.in, 5 * (RECORD_PLAINTEXT_MAX - 1));
        struct span longest = early_data(1, RECORD_PLAINTEXT_MAX);
        assert_int_equal(read_behind(&e.in, longest, 1000000, &r), OK);
        assert_int_equal(r.type, 0);
        assert_int_equal(e.in.skip, 0);
        free(longest.data);
        ends_stop(&e);
    }
}

/* What is not early data passes: middleboxes' ChangeCipherSpec, and an alert. RFC 8446 D.4 */
static void skipping_lets_others_through(void **state)
{
    (void)state;
    uint8_t ccs[] = {20, 3, 3, 0, 1, 1}, alert[] = {21, 3, 3, 0, 2, 2, 40};
    for (int retry = 0; retry < 2; retry++) {
        struct ends e;
        ends_start(&e, retry ? NULL : &record_suites13[0]);
        record_in_skip(&e.in, 5000);
        reads_one(&e.in, (struct span){ccs, 6}, CONTENT_CHANGE_CIPHER_SPEC, slice_of("\1", 1));
        assert_true(e.in.skipping);
        reads_one(&e.in, (struct span){alert, 7}, CONTENT_ALERT, slice_of("\2\x28", 2));
        assert_true(e.in.skipping);
        ends_stop(&e);
    }
}

int main(void)
{
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_data_is_skipped),
        cmocka_unit_test(skipping_ends),
        cmocka_unit_test(skipping_lets_others_through),
    };
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed;
}
