/* SPDX-License-Identifier: MIT */
/* Reading records: RFC 5246 6.2; checklist S9, S10. */
#include "unit/test_record_keys.h"

#include "support/aeads.h"

static uint8_t plain[RECORD_PLAINTEXT_MAX + 1];

/* suite number SUITES: no protection */
static const struct suite *suite_number(size_t k)
{
    return k < SUITES ? &record_suites[k] : NULL;
}

static struct span wire_of(struct ends *e, uint8_t type, size_t len)
{
    assert_int_equal(record_write(&e->out, type, (struct slice){plain, len}), OK);
    return drain(&e->out);
}

/* One record that lies whole in arrived. */
static void reads(struct record_in *in, struct span arrived, uint8_t type, size_t len)
{
    size_t used;
    struct record r;
    assert_int_equal(record_read(in, arrived, &used, &r), OK);
    assert_int_equal(r.type, type);
    assert_int_equal(r.content.len, len);
    assert_memory_equal(r.content.data, plain, len);
    assert_int_equal(r.wire_len, used);
}

static void fails(struct record_in *in, struct span arrived, enum err expected)
{
    size_t used;
    struct record r;
    assert_int_equal(record_read(in, arrived, &used, &r), expected);
    assert_int_equal(r.type, 0);
    assert_null(r.content.data);
}

/* The bytes alone, on a reader of their own. */
static enum err verdict(const void *bytes, size_t len, bool begun, const struct suite *s)
{
    struct ends e;
    ends_start(&e, s);
    e.in.begun = begun;
    struct span copy = {malloc(len), len};
    if (!copy.data) {
        abort();
    }
    memcpy(copy.data, bytes, len);
    size_t used;
    struct record r;
    enum err err = record_read(&e.in, copy, &used, &r);
    free(copy.data);
    ends_stop(&e);
    return err;
}

static void whole_records_are_opened_where_they_lie(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        static const size_t sizes[] = {1, 5000, 16384, 0, 77};
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, (struct slice){plain, sizes[i]}),
                             OK);
        }
        struct span all = drain(&e.out), rest = all; /* several records in one read */
        for (size_t i = 0; i < 5; i++) {
            size_t used;
            struct record r;
            assert_int_equal(record_read(&e.in, rest, &used, &r), OK);
            assert_int_equal(r.type, CONTENT_APPLICATION_DATA);
            assert_int_equal(r.content.len, sizes[i]);
            assert_ptr_equal(r.content.data, rest.data + RECORD_HEADER + protection_head(&e.in.protection));
            assert_memory_equal(r.content.data, plain, sizes[i]);
            assert_int_equal(r.wire_len, used);
            assert_null(e.in.partial.data);
            assert_false(record_in_midway(&e.in));
            rest = (struct span){rest.data + used, rest.len - used};
        }
        assert_int_equal(rest.len, 0);
        free(all.data);
        ends_stop(&e);
    }
}

/* Record cut in two at every place, whatever the second piece brings behind it. */
static void a_record_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        size_t size = RECORD_HEADER + protection_head(&e.out.protection) + 50 +
                      protection_tail(&e.out.protection, 50);
        for (size_t cut = 1; cut < size; cut++) {
            size_t used;
            struct record r;
            assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, (struct slice){plain, 50}), OK);
            assert_int_equal(record_write(&e.out, CONTENT_ALERT, (struct slice){plain, 2}), OK);
            struct span all = drain(&e.out);
            assert_int_equal(record_read(&e.in, (struct span){all.data, cut}, &used, &r), OK);
            assert_int_equal(used, cut);
            assert_int_equal(r.type, 0);
            assert_true(record_in_midway(&e.in));
            assert_int_equal(record_read(&e.in, (struct span){all.data, 0}, &used, &r),
                             OK); /* nothing came */
            assert_int_equal(r.type, 0);
            struct span rest = {all.data + cut, all.len - cut};
            assert_int_equal(record_read(&e.in, rest, &used, &r), OK);
            assert_int_equal(used, size - cut);
            assert_int_equal(r.type, CONTENT_HANDSHAKE);
            assert_int_equal(r.content.len, 50);
            assert_memory_equal(r.content.data, plain, 50);
            assert_int_equal(r.wire_len, size);
            assert_false(record_in_midway(&e.in));
            if (cut % 2) { /* the next call releases it as well */
                record_release(&e.in);
                assert_null(e.in.partial.data);
            }
            reads(&e.in, (struct span){rest.data + used, rest.len - used}, CONTENT_ALERT, 2);
            assert_null(e.in.partial.data);
            free(all.data);
        }
        ends_stop(&e);
    }
}

/* Room for all of a record is made as soon as its header is there, so no byte is copied again. */
static void bytes_may_come_one_at_a_time(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        struct span all = wire_of(&e, CONTENT_APPLICATION_DATA, 16384);
        const uint8_t *place = NULL;
        struct record r = {0};
        size_t used;
        for (size_t i = 0; i < all.len; i++) {
            assert_int_equal(record_read(&e.in, (struct span){all.data + i, 1}, &used, &r), OK);
            assert_int_equal(used, 1);
            assert_int_equal(r.type, i + 1 < all.len ? 0 : CONTENT_APPLICATION_DATA);
            if (i == RECORD_HEADER) {
                place = e.in.partial.data;
                assert_true(e.in.partial.cap >= all.len);
            }
            assert_true(i < RECORD_HEADER || e.in.partial.data == place);
        }
        assert_int_equal(r.content.len, 16384);
        assert_memory_equal(r.content.data, plain, 16384);
        record_release(&e.in);
        assert_null(e.in.partial.data);
        free(all.data);
        ends_stop(&e);
    }
}

/* What becomes of a protected record of `all` after its byte `at` changed to value. */
static enum err tampered_verdict(const struct span all, size_t at, uint8_t value)
{
    size_t length = (size_t)all.data[3] << 8 | all.data[4];
    if (at == 0 && (value < 20 || value > 23)) {
        return E_BAD_RECORD_TYPE;
    }
    if (at == 1 || at == 2) {
        return E_BAD_RECORD_VERSION;
    }
    if (at == 3 || at == 4) {
        size_t claimed = at == 3 ? (size_t)value << 8 | all.data[4] : (size_t)all.data[3] << 8 | value;
        if (claimed > length) {
            return claimed > 16384 + 2048 ? E_RECORD_TOO_LONG : OK; /* waits for what never comes */
        }
    }
    return E_BAD_RECORD_MAC;
}

static void tampering_with_any_bit_of_a_record_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        for (size_t bit = 0;; bit++) {
            struct ends e;
            ends_start(&e, suite_number(k));
            struct span all = wire_of(&e, CONTENT_APPLICATION_DATA, 40);
            bool more = bit < 8 * all.len;
            if (more) {
                uint8_t value = all.data[bit / 8] ^ (uint8_t)(1 << bit % 8);
                enum err expected = tampered_verdict(all, bit / 8, value);
                all.data[bit / 8] = value;
                fails(&e.in, all, expected);
                assert_false(holds_any_of(all.data, all.len, plain, 40));
            }
            free(all.data);
            ends_stop(&e);
            if (!more) {
                break;
            }
        }
    }
}

/* The same where the record was gathered: nothing of its plaintext is left in partial. */
static void tampering_leaves_no_plaintext_in_partial(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        struct span all = wire_of(&e, CONTENT_APPLICATION_DATA, 300);
        all.data[all.len - 1] ^= 1;
        size_t used;
        struct record r;
        assert_int_equal(record_read(&e.in, (struct span){all.data, 100}, &used, &r), OK);
        fails(&e.in, (struct span){all.data + 100, all.len - 100}, E_BAD_RECORD_MAC);
        struct slice held = buffer_slice(&e.in.partial);
        assert_int_equal(held.len, all.len);
        assert_false(holds_any_of(held.data, held.len, plain, 300));
        free(all.data);
        ends_stop(&e);
    }
}

static void strangers_are_named_as_early_as_they_tell(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len, tells; /* bytes after which the verdict stands */
        enum err err;
    } openings[] = {
        {"GET / HTTP/1.1\r\n\r\n", 18, 4, E_PEER_SPEAKS_HTTP},
        {"POST /x HTTP/1.1\r\n", 18, 4, E_PEER_SPEAKS_HTTP},
        {"HEAD / HTTP/1.0\r\n", 17, 4, E_PEER_SPEAKS_HTTP},
        {"PUT /a HTTP/1.1\r\n", 17, 4, E_PEER_SPEAKS_HTTP},
        {"DELETE /a HTTP/1.1", 18, 5, E_PEER_SPEAKS_HTTP},
        {"CONNECT a:1 HTTP/1", 18, 5, E_PEER_SPEAKS_HTTP},
        {"OPTIONS * HTTP/1.1", 18, 5, E_PEER_SPEAKS_HTTP},
        {"PRI * HTTP/2.0\r\n", 16, 5, E_PEER_SPEAKS_HTTP},
        {"HTTP/1.1 400 Bad Request\r\n", 26, 5, E_PEER_SPEAKS_HTTP},
        {"SSH-2.0-OpenSSH_9.2\r\n", 21, 4, E_PEER_SPEAKS_SSH},
        {"220 mail.example ESMTP\r\n", 24, 1, E_PEER_NOT_TLS},
        {"GEX", 3, 3, E_PEER_NOT_TLS},
        {"PONG", 4, 3, E_PEER_NOT_TLS},
        {"SSL", 3, 3, E_PEER_NOT_TLS},
        {"get / ", 6, 1, E_PEER_NOT_TLS},
        {"\x80\x2e\x01\x03\x01\x00\x15", 7, 1, E_PEER_NOT_TLS}, /* RFC 5246 E.2: a hello of SSL 2.0 */
        {"\x16\x02\x00\x00\x10", 5, 2, E_PEER_NOT_TLS},
        {"\x16\xfe\xfd\x00\x00", 5, 2, E_PEER_NOT_TLS}, /* DTLS */
        {"\x18\x03\x03\x00\x03", 5, 1, E_PEER_NOT_TLS},
        {"\x00", 1, 1, E_PEER_NOT_TLS},
    };
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        for (size_t len = 1; len <= openings[i].len; len++) {
            enum err expected = len < openings[i].tells ? OK : openings[i].err;
            assert_int_equal(verdict(openings[i].bytes, len, false, NULL), expected);
        }
        struct record_in in;
        record_in_init(&in);
        for (size_t at = 0; at < openings[i].tells; at++) { /* one byte at a time */
            uint8_t byte = (uint8_t)openings[i].bytes[at];
            size_t used;
            struct record r;
            assert_int_equal(record_read(&in, (struct span){&byte, 1}, &used, &r),
                             at + 1 < openings[i].tells ? OK : openings[i].err);
            assert_int_equal(r.type, 0);
        }
        record_in_wipe(&in);
    }
}

/* Once a record has been read, a bad header is just that. */
static void later_headers_are_judged_as_headers(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (unsigned type = 0; type < 256; type++) {
            uint8_t head[3] = {(uint8_t)type, 3, 3};
            enum err expected = type >= 20 && type <= 23 ? OK : E_BAD_RECORD_TYPE;
            assert_int_equal(verdict(head, 1, true, suite_number(k)), expected);
            assert_int_equal(verdict(head, 3, true, suite_number(k)), expected);
        }
        for (unsigned major = 0; major < 256; major++) {
            uint8_t head[2] = {CONTENT_HANDSHAKE, (uint8_t)major};
            assert_int_equal(verdict(head, 2, true, suite_number(k)), major == 3 ? OK : E_BAD_RECORD_VERSION);
        }
    }
    struct record_in in;
    record_in_init(&in);
    uint8_t alert[] = {CONTENT_ALERT, 3, 1, 0, 2, 2, 40}, http[] = "HTTP/1.1";
    size_t used;
    struct record r;
    assert_int_equal(record_read(&in, (struct span){alert, 7}, &used, &r), OK);
    assert_int_equal(r.type, CONTENT_ALERT);
    fails(&in, (struct span){http, 8}, E_BAD_RECORD_TYPE);
    record_in_wipe(&in);
}

/* S10: RFC 5246 E.1. Under protection the version is the one that was agreed: it is authenticated. */
static void any_minor_version_before_protection(void **state)
{
    (void)state;
    for (unsigned minor = 0; minor < 256; minor++) {
        uint8_t record[] = {CONTENT_HANDSHAKE, 3, (uint8_t)minor, 0, 1, 0};
        assert_int_equal(verdict(record, sizeof record, false, NULL), OK);
        assert_int_equal(verdict(record, sizeof record, true, NULL), OK);
        for (size_t k = 0; k < SUITES; k++) {
            assert_int_equal(verdict(record, 3, true, suite_number(k)),
                             minor == 3 ? OK : E_BAD_RECORD_VERSION);
        }
    }
}

/* RFC 5246 6.2.1, 6.2.3: judged before the body comes. */
static void length_claims(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        size_t most = suite_number(k) ? 16384 + 2048 : 16384;
        for (size_t length = most - 2; length < 65536; length += length < most + 3 ? 1 : 997) {
            uint8_t head[] = {CONTENT_HANDSHAKE, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};
            enum err expected = length > most ? E_RECORD_TOO_LONG : OK;
            assert_int_equal(verdict(head, 5, true, suite_number(k)), expected);
            assert_int_equal(verdict(head, 4, true, suite_number(k)), OK);
        }
        struct ends e; /* too long although it authenticates: RFC 5246 7.2.2 record_overflow */
        ends_start(&e, suite_number(k));
        struct protection *p = &e.out.protection;
        size_t length = protection_head(p) + sizeof plain + protection_tail(p, sizeof plain);
        struct span all = {malloc(RECORD_HEADER + length), RECORD_HEADER + length};
        if (!all.data) {
            abort();
        }
        uint8_t head[] = {CONTENT_HANDSHAKE, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};
        memcpy(all.data, head, sizeof head);
        assert_int_equal(
            protection_seal(p, CONTENT_HANDSHAKE, slice_of(plain, sizeof plain), all.data + RECORD_HEADER, 0),
            OK);
        fails(&e.in, all, E_RECORD_TOO_LONG);
        free(all.data);
        ends_stop(&e);
    }
}

/* S9: RFC 5246 6.2.1 */
static void empty_fragments_are_for_application_data(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (int t = CONTENT_CHANGE_CIPHER_SPEC; t <= CONTENT_APPLICATION_DATA; t++) {
            uint8_t type = (uint8_t)t;
            struct ends e;
            ends_start(&e, suite_number(k));
            uint8_t record[RECORD_HEADER + 80] = {type, 3, 3};
            size_t length = protection_head(&e.out.protection) + protection_tail(&e.out.protection, 0);
            record[4] = (uint8_t)length;
            assert_int_equal(
                protection_seal(&e.out.protection, type, (struct slice){plain, 0}, record + RECORD_HEADER, 0),
                OK);
            struct span all = {record, RECORD_HEADER + length};
            if (type == CONTENT_APPLICATION_DATA) {
                reads(&e.in, all, type, 0);
            } else {
                fails(&e.in, all, E_EMPTY_RECORD);
            }
            ends_stop(&e);
        }
    }
}

/* S9: a cap on empty records in a row */
static void a_flood_of_empty_records_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < EMPTY_RECORDS_MAX; i++) {
                struct span empty = wire_of(&e, CONTENT_APPLICATION_DATA, 0);
                reads(&e.in, empty, CONTENT_APPLICATION_DATA, 0);
                free(empty.data);
            }
            struct span full = wire_of(&e, CONTENT_APPLICATION_DATA, round ? 0 : 1);
            if (round) {
                fails(&e.in, full, E_TOO_MANY_EMPTY_RECORDS);
            } else {
                reads(&e.in, full, CONTENT_APPLICATION_DATA, 1); /* counting begins anew */
            }
            free(full.data);
        }
        ends_stop(&e);
    }
}

/* A key change lies between two records of one read. */
static void keys_may_change_between_records_of_one_read(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        struct ends e;
        ends_start(&e, NULL);
        assert_int_equal(record_write(&e.out, CONTENT_CHANGE_CIPHER_SPEC, (struct slice){plain, 1}), OK);
        protect(&e.out.protection, suite_number(k), AEAD_SEAL);
        assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, (struct slice){plain, 16}), OK);
        struct span all = drain(&e.out);
        reads(&e.in, all, CONTENT_CHANGE_CIPHER_SPEC, 1);
        protect(&e.in.protection, suite_number(k), AEAD_OPEN);
        reads(&e.in, (struct span){all.data + 6, all.len - 6}, CONTENT_HANDSHAKE, 16);
        free(all.data);
        ends_stop(&e);
    }
}

/* RFC 5246 6.1 */
static void the_sequence_does_not_wrap(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        struct span all = wire_of(&e, CONTENT_APPLICATION_DATA, 8);
        e.in.protection.sequence = UINT64_MAX;
        fails(&e.in, all, E_SEQUENCE_EXHAUSTED);
        free(all.data);
        ends_stop(&e);
    }
}

int main(void)
{
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_records_are_opened_where_they_lie),
        cmocka_unit_test(a_record_may_be_cut_anywhere),
        cmocka_unit_test(bytes_may_come_one_at_a_time),
        cmocka_unit_test(tampering_with_any_bit_of_a_record_is_refused),
        cmocka_unit_test(tampering_leaves_no_plaintext_in_partial),
        cmocka_unit_test(strangers_are_named_as_early_as_they_tell),
        cmocka_unit_test(later_headers_are_judged_as_headers),
        cmocka_unit_test(any_minor_version_before_protection),
        cmocka_unit_test(length_claims),
        cmocka_unit_test(empty_fragments_are_for_application_data),
        cmocka_unit_test(a_flood_of_empty_records_is_refused),
        cmocka_unit_test(keys_may_change_between_records_of_one_read),
        cmocka_unit_test(the_sequence_does_not_wrap),
    };
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed;
}
