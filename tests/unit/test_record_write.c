/* SPDX-License-Identifier: MIT */
/* Writing records: RFC 5246 6.2.1; checklist S9. */
#include "unit/test_record_keys.h"

#include "support/aeads.h"

static uint8_t plain[3 * RECORD_PLAINTEXT_MAX];

static const struct suite *suite_number(size_t k)
{
    return k < SUITES ? &record_suites[k] : NULL;
}

/* The size of a record that holds len bytes. */
static size_t record_size(const struct record_out *out, size_t len)
{
    return RECORD_HEADER + protection_head(&out->protection) + len + protection_tail(&out->protection, len);
}

static void write_handshake(struct ends *e, size_t from, size_t len)
{
    assert_int_equal(record_write_handshake(&e->out, (struct slice){plain + from, len}), OK);
}

/* Reads all of wire: its records are of this type and these sizes (0 ends them) and hold plain in order. */
static void wire_is(struct ends *e, struct span wire, uint8_t type, const size_t *sizes)
{
    size_t at = 0, from = 0;
    for (; *sizes; sizes++) {
        size_t used;
        struct record r;
        assert_int_equal(record_read(&e->in, (struct span){wire.data + at, wire.len - at}, &used, &r), OK);
        assert_int_equal(r.type, type);
        assert_int_equal(r.content.len, *sizes);
        assert_memory_equal(r.content.data, plain + from, *sizes);
        at += used;
        from += *sizes;
    }
    assert_int_equal(at, wire.len);
}

static void content_is_split_at_the_fragment_size(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        struct slice content = {plain, 2 * 16384 + 1};
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, content), OK);
        assert_int_equal(e.out.records, 3);
        struct span wire = drain(&e.out);
        assert_int_equal(wire.len, 2 * record_size(&e.out, 16384) + record_size(&e.out, 1));
        assert_memory_equal(wire.data, "\x17\x03\x03", 3);
        wire_is(&e, wire, CONTENT_APPLICATION_DATA, (size_t[]){16384, 16384, 1, 0});
        free(wire.data);
        assert_null(e.out.queue.data); /* no memory while idle */

        e.out.fragment = 512;
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, (struct slice){plain, 1024}), OK);
        assert_int_equal(e.out.records, 5);
        wire = drain(&e.out);
        wire_is(&e, wire, CONTENT_APPLICATION_DATA, (size_t[]){512, 512, 0});
        free(wire.data);
        ends_stop(&e);
    }
}

/* RFC 5246 E.1 */
static void first_header_says_tls_1_0(void **state)
{
    (void)state;
    struct record_out out;
    record_out_init(&out, 1000);
    assert_int_equal(record_write_handshake(&out, (struct slice){plain, 4}), OK);
    assert_int_equal(record_close(&out), OK);
    out.version = TLS_1_2;
    assert_int_equal(record_write(&out, CONTENT_ALERT, (struct slice){plain, 2}), OK);
    struct slice ready = record_sendable(&out);
    assert_int_equal(ready.len, 9 + 7);
    assert_memory_equal(ready.data, "\x16\x03\x01\x00\x04", 5);
    assert_memory_equal(ready.data + 9, "\x15\x03\x03\x00\x02", 5);
    record_out_wipe(&out);
    assert_null(out.queue.data);
}

/* S9: RFC 5246 6.2.1 */
static void only_application_data_may_be_empty(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        struct slice nothing = {0};
        assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, nothing), OK);
        assert_int_equal(record_write(&e.out, CONTENT_ALERT, nothing), OK);
        assert_int_equal(record_write(&e.out, CONTENT_CHANGE_CIPHER_SPEC, nothing), OK);
        assert_int_equal(record_write_handshake(&e.out, nothing), OK);
        assert_int_equal(record_close(&e.out), OK);
        assert_int_equal(e.out.records, 0);
        assert_int_equal(record_sendable(&e.out).len, 0);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, nothing), OK);
        assert_int_equal(e.out.records, 1);
        assert_int_equal(record_sendable(&e.out).len, record_size(&e.out, 0));
        ends_stop(&e);
    }
}

static void handshake_messages_share_records(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        e.out.fragment = 100;
        write_handshake(&e, 0, 30);
        write_handshake(&e, 30, 50);
        assert_int_equal(e.out.records, 0);
        assert_int_equal(record_sendable(&e.out).len, 0); /* still open */
        write_handshake(&e, 80, 20);                      /* full, and open still: the flight may end here */
        assert_int_equal(e.out.records, 0);
        write_handshake(&e, 100, 305);
        assert_int_equal(e.out.records, 4);
        assert_int_equal(record_sendable(&e.out).len, 4 * record_size(&e.out, 100));
        assert_int_equal(record_close(&e.out), OK);
        assert_int_equal(record_close(&e.out), OK); /* nothing is open: nothing happens */
        assert_int_equal(e.out.records, 5);
        assert_int_equal(e.out.open, RECORD_NOT_OPEN);
        struct span wire = drain(&e.out);
        wire_is(&e, wire, CONTENT_HANDSHAKE, (size_t[]){100, 100, 100, 100, 5, 0});
        free(wire.data);
        ends_stop(&e);
    }
}

static void another_type_closes_the_open_record(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        write_handshake(&e, 0, 10);
        assert_int_equal(record_write(&e.out, CONTENT_ALERT, (struct slice){plain, 2}), OK);
        assert_int_equal(e.out.records, 2);
        struct span wire = drain(&e.out);
        size_t first = record_size(&e.out, 10);
        assert_int_equal(wire.len, first + record_size(&e.out, 2));
        wire_is(&e, (struct span){wire.data, first}, CONTENT_HANDSHAKE, (size_t[]){10, 0});
        wire_is(&e, (struct span){wire.data + first, wire.len - first}, CONTENT_ALERT, (size_t[]){2, 0});
        free(wire.data);
        ends_stop(&e);
    }
}

/* A smaller fragment size comes into force while a longer record is open. */
static void the_fragment_size_may_shrink_under_an_open_record(void **state)
{
    (void)state;
    struct ends e;
    ends_start(&e, suite_number(0));
    write_handshake(&e, 0, 700);
    e.out.fragment = 512;
    write_handshake(&e, 700, 513);
    assert_int_equal(record_close(&e.out), OK);
    struct span wire = drain(&e.out);
    wire_is(&e, wire, CONTENT_HANDSHAKE, (size_t[]){700, 512, 1, 0});
    free(wire.data);
    ends_stop(&e);
}

/* What is sealed is sent while a handshake record is open behind it. */
static void sending_while_a_record_is_open(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (size_t step = 1; step < 40; step++) {
            struct ends e;
            ends_start(&e, suite_number(k));
            uint8_t sent[500];
            size_t total = 0;
            assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, (struct slice){plain, 60}), OK);
            for (size_t i = 0; i < 4; i++) {
                write_handshake(&e, 60 + 20 * i, 20);
                struct slice ready = record_sendable(&e.out);
                assert_int_equal(ready.len, record_size(&e.out, 60) - total); /* never the open record */
                size_t now = step < ready.len ? step : ready.len;
                memcpy(sent + total, ready.data, now);
                record_sent(&e.out, now);
                total += now;
            }
            struct slice ready = record_sendable(&e.out);
            memcpy(sent + total, ready.data, ready.len);
            total += ready.len;
            record_sent(&e.out, ready.len + 50); /* no more than sendable is dropped */
            assert_int_equal(e.out.open, 0);
            assert_int_equal(record_sendable(&e.out).len, 0);
            assert_int_equal(record_close(&e.out), OK);
            ready = record_sendable(&e.out);
            memcpy(sent + total, ready.data, ready.len);
            total += ready.len;
            wire_is(&e, (struct span){sent, total}, CONTENT_HANDSHAKE, (size_t[]){60, 80, 0});
            ends_stop(&e);
        }
    }
}

static void the_queue_limit_leaves_no_half_record(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        size_t over = RECORD_HEADER + protection_head(&e.out.protection) +
                      protection_tail_max(&e.out.protection);
        size_t sealed = 2 * record_size(&e.out, 100) +
                        record_size(&e.out, 50); /* CBC's padding may fall short */
        /* what padding spared three times is as much as a short record takes whose MAC is short too */
        bool spared = suite_number(k) && suite_number(k)->code & TRUNCATED;
        e.out.fragment = 100;
        e.out.queue.limit = 250 + 3 * over;
        size_t spare = e.out.queue.limit - sealed;
        struct slice alert = {plain, spared ? spare + 1 : 2}, more = {plain, spared ? spare + 1 : 1};
        struct slice fits = {plain, 250}, too_long = {plain, 251}, huge = {plain, SIZE_MAX};
        assert_int_equal(record_room(&e.out), 250);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, huge), E_BUFFER_LIMIT);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, too_long), E_BUFFER_LIMIT);
        assert_int_equal(record_write_handshake(&e.out, too_long), E_BUFFER_LIMIT);
        assert_int_equal(record_write_handshake(&e.out, huge), E_BUFFER_LIMIT);
        assert_int_equal(e.out.open, RECORD_NOT_OPEN);
        assert_int_equal(buffer_len(&e.out.queue), 0);
        assert_int_equal(e.out.records, 0);
        assert_true(e.out.protection.sequence == 0);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, fits), OK);
        assert_int_equal(buffer_len(&e.out.queue), sealed);
        assert_int_equal(record_room(&e.out), 0);
        assert_int_equal(record_write(&e.out, CONTENT_ALERT, alert), E_BUFFER_LIMIT);
        struct span wire = drain(&e.out);
        wire_is(&e, wire, CONTENT_APPLICATION_DATA, (size_t[]){100, 100, 50, 0});
        free(wire.data);
        assert_int_equal(record_write_handshake(&e.out, fits), OK);
        assert_int_equal(record_write_handshake(&e.out, more), E_BUFFER_LIMIT);
        assert_int_equal(record_close(&e.out), OK); /* its room was kept */
        assert_int_equal(buffer_len(&e.out.queue), sealed);
        wire = drain(&e.out);
        wire_is(&e, wire, CONTENT_HANDSHAKE, (size_t[]){100, 100, 50, 0});
        free(wire.data);
        ends_stop(&e);
    }
}

/* What record_room says fits, and but for CBC no more, at every fill level, with and without an open record.
 */
static void record_room_is_what_fits(void **state)
{
    (void)state;
    for (size_t k = 0; k <= SUITES; k++) {
        for (size_t limit = 0; limit < 300; limit += 7) {
            for (size_t opened = 0; opened < 3; opened++) {
                struct ends e;
                ends_start(&e, suite_number(k));
                e.out.fragment = 64;
                e.out.queue.limit = limit;
                enum err err = record_write_handshake(&e.out, (struct slice){plain, 11 * opened});
                assert_true(err == OK || err == E_BUFFER_LIMIT);
                size_t room = record_room(&e.out);
                struct slice more = {plain, room + 1}, most = {plain, room};
                if (k == SUITES || !is_cbc(&record_suites[k])) { /* CBC keeps room for its longest padding */
                    assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, more), E_BUFFER_LIMIT);
                    assert_int_equal(record_room(&e.out), room);
                }
                if (room) {
                    assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, most), OK);
                }
                assert_true(buffer_len(&e.out.queue) <= limit);
                ends_stop(&e);
            }
        }
    }
}

/* RFC 9325 4.4, RFC 5246 6.1: all of a write or nothing; an alert still goes out. */
static void used_up_keys_write_all_or_nothing(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        struct ends e;
        ends_start(&e, suite_number(k));
        e.out.fragment = 10;
        uint64_t last = e.out.protection.limit - RECORDS_KEPT_FOR_ALERTS;
        e.out.protection.sequence = e.in.protection.sequence = last - 2;
        struct slice three = {plain, 21}, two = {plain, 20};
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, three), E_SEQUENCE_EXHAUSTED);
        assert_int_equal(record_write_handshake(&e.out, three), E_SEQUENCE_EXHAUSTED);
        assert_int_equal(buffer_len(&e.out.queue), 0);
        assert_true(e.out.protection.sequence == last - 2);
        assert_int_equal(record_write_handshake(&e.out, two), OK);
        assert_int_equal(record_write_handshake(&e.out, (struct slice){plain, 1}), E_SEQUENCE_EXHAUSTED);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, two), E_SEQUENCE_EXHAUSTED);
        assert_int_equal(e.out.open, RECORD_NOT_OPEN); /* another type closed it */
        struct span wire = drain(&e.out);
        wire_is(&e, wire, CONTENT_HANDSHAKE, (size_t[]){10, 10, 0});
        free(wire.data);
        assert_int_equal(record_write(&e.out, CONTENT_ALERT, (struct slice){plain, 2}), OK);
        wire = drain(&e.out);
        wire_is(&e, wire, CONTENT_ALERT, (size_t[]){2, 0});
        free(wire.data);
        ends_stop(&e);
    }
}

/* An open record that cannot be sealed is gone, plaintext and all; what was sealed before it stays. */
static void an_open_record_that_fails_is_discarded(void **state)
{
    (void)state;
    for (size_t before = 0; before < 2; before++) {
        struct ends e;
        ends_start(&e, suite_number(0));
        if (before) {
            assert_int_equal(record_write(&e.out, CONTENT_ALERT, (struct slice){plain, 2}), OK);
        }
        size_t held = buffer_len(&e.out.queue);
        write_handshake(&e, 0, 50);
        e.out.protection.sequence = e.out.protection.limit; /* stands for any failure of sealing */
        assert_int_equal(record_close(&e.out), E_SEQUENCE_EXHAUSTED);
        assert_int_equal(e.out.open, RECORD_NOT_OPEN);
        assert_int_equal(buffer_len(&e.out.queue), held);
        assert_int_equal(record_sendable(&e.out).len, held);
        if (before) {
            size_t stood = RECORD_HEADER + protection_head(&e.out.protection) + 50; /* behind what is held */
            assert_false(holds_any_of(e.out.queue.data + e.out.queue.end, stood, plain, 50));
        } else {
            assert_null(e.out.queue.data);
        }
        ends_stop(&e);
    }
}

/* ChangeCipherSpec under the old keys, Finished under the new ones from sequence number 0: RFC 5246 7.1 */
static void keys_change_behind_change_cipher_spec(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES; k++) {
        struct ends e;
        ends_start(&e, NULL);
        write_handshake(&e, 0, 40);
        assert_int_equal(record_write(&e.out, CONTENT_CHANGE_CIPHER_SPEC, (struct slice){plain, 1}), OK);
        protect(&e.out.protection, suite_number(k), AEAD_SEAL);
        write_handshake(&e, 0, 16);
        assert_int_equal(record_close(&e.out), OK);
        assert_true(e.out.protection.sequence == 1);
        struct span wire = drain(&e.out);
        wire_is(&e, (struct span){wire.data, 45}, CONTENT_HANDSHAKE, (size_t[]){40, 0});
        wire_is(&e, (struct span){wire.data + 45, 6}, CONTENT_CHANGE_CIPHER_SPEC, (size_t[]){1, 0});
        protect(&e.in.protection, suite_number(k), AEAD_OPEN);
        wire_is(&e, (struct span){wire.data + 51, wire.len - 51}, CONTENT_HANDSHAKE, (size_t[]){16, 0});
        free(wire.data);
        ends_stop(&e);
    }
}

int main(void)
{
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_split_at_the_fragment_size),
        cmocka_unit_test(first_header_says_tls_1_0),
        cmocka_unit_test(only_application_data_may_be_empty),
        cmocka_unit_test(handshake_messages_share_records),
        cmocka_unit_test(another_type_closes_the_open_record),
        cmocka_unit_test(the_fragment_size_may_shrink_under_an_open_record),
        cmocka_unit_test(sending_while_a_record_is_open),
        cmocka_unit_test(the_queue_limit_leaves_no_half_record),
        cmocka_unit_test(record_room_is_what_fits),
        cmocka_unit_test(used_up_keys_write_all_or_nothing),
        cmocka_unit_test(an_open_record_that_fails_is_discarded),
        cmocka_unit_test(keys_change_behind_change_cipher_spec),
    };
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed;
}
