/* SPDX-License-Identifier: MIT */
/* Limits below the protocol's own, both ways: RFC 6066 4, RFC 8449 4, 4.1. */
#include "unit/test_record_keys.h"

static uint8_t plain[RECORD_PLAINTEXT_MAX];
static const size_t limits[] = {64, 100, 512, 1024, 2048, 4096, 16383};
#define LIMITS (sizeof limits / sizeof *limits)

/* suite number SUITES: no protection */
static const struct suite *suite_number(size_t k)
{
    return k < SUITES ? &record_suites[k] : NULL;
}

static enum err open_one(struct ends *e, size_t len, size_t *got)
{
    assert_int_equal(record_write(&e->out, CONTENT_APPLICATION_DATA, slice_of(plain, len)), OK);
    struct span wire = drain(&e->out);
    size_t used;
    struct record r;
    enum err err = record_read(&e->in, wire, &used, &r);
    *got = r.content.len;
    free(wire.data);
    return err;
}

/* One byte more than agreed is too much, whatever protects it; as much as agreed is not. */
static void the_last_byte_that_fits(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (size_t i = 0; i < 2 * LIMITS; i++) {
            struct ends e;
            size_t limit = limits[i / 2], got;
            ends_start(&e, suite_number(k));
            record_in_limit(&e.in, limit, i % 2);
            assert_int_equal(open_one(&e, limit, &got), OK);
            assert_int_equal(got, limit);
            assert_int_equal(open_one(&e, 1, &got), OK);
            assert_int_equal(open_one(&e, limit + 1, &got), E_RECORD_OVER_AGREED_LIMIT);
            assert_int_equal(got, 0);
            ends_stop(&e);
        }
    }
}

/* A record of so many bytes behind its header, of which only the header is there. */
static enum err header_of(struct ends *e, size_t length)
{
    uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};
    size_t used;
    struct record r;
    struct record_in copy = e->in;
    copy.partial = (struct buffer){.limit = e->in.partial.limit};
    enum err err = record_read(&copy, (struct span){header, sizeof header}, &used, &r);
    buffer_free(&copy.partial);
    return err;
}

static size_t longest(const struct suite *s, size_t limit, bool least_padding)
{
    if (!s) {
        return limit;
    }
    if (!is_cbc(s)) {
        return (s->nonce == NONCE_EXPLICIT ? 8 : 0) + limit + aead_tag_size(s->aead);
    }
    if (!least_padding) {
        return 16 + limit + mac_len(s) + 256; /* RFC 6066 4 counts so */
    }
    struct cbc_form form = {s->cbc, s->mac, s->code & ETM, s->code & TRUNCATED};
    return 16 + limit + cbc_hmac_tail(&form, limit);
}

/* RFC 6066 4: "without decrypting the message": the header alone tells. */
static void what_the_header_tells(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (size_t i = 0; i < 2 * LIMITS; i++) {
            struct ends e;
            ends_start(&e, suite_number(k));
            record_in_limit(&e.in, limits[i / 2], i % 2);
            size_t most = longest(suite_number(k), limits[i / 2], i % 2);
            assert_int_equal(header_of(&e, most), OK);
            assert_int_equal(header_of(&e, most + 1), E_RECORD_OVER_AGREED_LIMIT);
            assert_int_equal(header_of(&e, RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX + 1),
                             E_RECORD_TOO_LONG);
            ends_stop(&e);
        }
    }
}

/* RFC 8449 4.1's own example: 256 bytes under AES-128-CBC with SHA-1. */
static void the_example_of_rfc_8449(void **state)
{
    (void)state;
    struct cbc_form mte = {CBC_AES_128, HASH_SHA1, false, false}, etm = {CBC_AES_128, HASH_SHA1, true, false};
    assert_int_equal(cbc_hmac_tail(&mte, 256) - 20, 1 + 11);
    assert_int_equal(cbc_hmac_tail(&etm, 256) - 20, 1 + 15);
    assert_int_equal(longest(&record_suites[5], 256, true), 16 + 256 + 20 + 12);
}

/* Without a limit nothing is as before: the protocol's own bounds. */
static void no_limit(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        size_t got, most = RECORD_PLAINTEXT_MAX + (k < SUITES ? RECORD_EXPANSION_MAX : 0);
        ends_start(&e, suite_number(k));
        for (unsigned again = 0; again < 2; again++) {
            assert_int_equal(header_of(&e, most), OK);
            assert_int_equal(header_of(&e, most + 1), E_RECORD_TOO_LONG);
            assert_int_equal(open_one(&e, RECORD_PLAINTEXT_MAX, &got), OK);
            record_in_limit(&e.in, RECORD_PLAINTEXT_MAX, again); /* the same as none */
        }
        ends_stop(&e);
    }
}

/* A limit ends with the keys it came with. */
static void a_limit_can_be_lifted(void **state)
{
    (void)state;
    struct ends e;
    size_t got;
    ends_start(&e, &record_suites[0]);
    record_in_limit(&e.in, 512, false);
    assert_int_equal(open_one(&e, 512, &got), OK);
    record_in_limit(&e.in, RECORD_PLAINTEXT_MAX, false);
    assert_int_equal(open_one(&e, RECORD_PLAINTEXT_MAX, &got), OK);
    ends_stop(&e);
}

/* What is written keeps to it, handshake bytes and data alike, and a record that was begun is not stretched.
 */
static void what_is_written(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (size_t i = 0; i < LIMITS; i++) {
            struct ends e;
            ends_start(&e, suite_number(k));
            record_in_limit(&e.in, limits[i], true);
            assert_int_equal(record_write_handshake(&e.out, slice_of(plain, 40)), OK);
            record_out_limit(&e.out, limits[i]);
            assert_int_equal(record_write_handshake(&e.out, slice_of(plain, 9000)), OK);
            assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, slice_of(plain, 9000)), OK);
            struct span all = drain(&e.out), rest = all;
            size_t bytes = 0, records = 0;
            while (rest.len) {
                size_t used;
                struct record r;
                assert_int_equal(record_read(&e.in, rest, &used, &r), OK);
                assert_true(r.content.len && r.content.len <= limits[i]);
                bytes += r.content.len;
                records++;
                rest = (struct span){rest.data + used, rest.len - used};
            }
            assert_int_equal(bytes, 18040);
            assert_int_equal(records, (9040 - 1) / limits[i] + 1 + (9000 - 1) / limits[i] + 1);
            free(all.data);
            ends_stop(&e);
        }
    }
}

int main(void)
{
    if (crypto_start() != OK) {
        return 1;
    }
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_byte_that_fits), cmocka_unit_test(what_the_header_tells),
        cmocka_unit_test(the_example_of_rfc_8449), cmocka_unit_test(no_limit),
        cmocka_unit_test(a_limit_can_be_lifted),   cmocka_unit_test(what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
