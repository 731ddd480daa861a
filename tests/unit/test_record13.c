/* SPDX-License-Identifier: MIT */
/* Protection of records in TLS 1.3: RFC 8446 5. */
#include "unit/test_record_keys.h"

#include "support/aeads.h"

static uint8_t plain[RECORD_PLAINTEXT_MAX + 2];

/* A record around what stands in its inner plaintext, by the AEAD alone: RFC 8446 5.2, 5.3 written down a
 * second time. */
static struct span sealed_inner(const struct suite *s, uint64_t sequence, struct slice inner)
{
    size_t length = inner.len + aead_tag_size(s->aead);
    struct span record = {malloc(RECORD_HEADER + length), RECORD_HEADER + length};
    if (!record.data) {
        abort();
    }
    uint8_t header[] = {23, 3, 3, (uint8_t)(length >> 8), (uint8_t)length}, nonce[12];
    memcpy(record.data, header, sizeof header);
    memcpy(nonce, record_iv, 12);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] ^= (uint8_t)(sequence >> (56 - 8 * i));
    }
    struct aead_key key = {0};
    assert_int_equal(aead_key_set(&key, s->aead, AEAD_SEAL, keys_for(s).key), OK);
    assert_int_equal(aead_seal(&key, nonce, slice_of(header, 5), inner, record.data + RECORD_HEADER), OK);
    aead_key_wipe(&key);
    return record;
}

/* RFC 8446 5.2, 5.3, 5.4: what is sealed is what the rules say, for every suite, size and padding. */
static void every_suite_size_and_padding(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 16, 63, 64, 700, 768, 769, 1024, 5000, 16383, 16384};
    static const size_t paddings[] = {0, 1, 15, 300, 16384};
    static uint8_t sealed[RECORD_PLAINTEXT_MAX + 1 + AEAD_TAG_MAX], inner[RECORD_PLAINTEXT_MAX + 1];
    for (size_t k = 0; k < SUITES13; k++) {
        struct protection p = {0};
        protect(&p, &record_suites13[k], AEAD_SEAL);
        assert_int_equal(p.kind, PROTECT_AEAD13);
        assert_int_equal(protection_head(&p), 0);
        p.sequence = 0x0102030405060708 * (k % 2);
        p.limit = UINT64_MAX;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 5; i++) {
            size_t len = sizes[i / 5], padding = paddings[i % 5];
            if (len + padding > RECORD_PLAINTEXT_MAX) {
                continue;
            }
            memset(inner, 0, sizeof inner);
            memcpy(inner, plain, len);
            inner[len] = CONTENT_HANDSHAKE;
            struct slice whole = slice_of(inner, len + 1 + padding);
            struct span wanted = sealed_inner(&record_suites13[k], p.sequence, whole);
            assert_int_equal(wanted.len, RECORD_HEADER + len + padding + protection_tail(&p, len));
            for (int in_place = 0; in_place < 2; in_place++) {
                struct slice from = {plain, len};
                memset(sealed, 0x55, sizeof sealed);
                if (in_place) {
                    memcpy(sealed, plain, len);
                    from.data = sealed;
                }
                uint64_t before = p.sequence;
                assert_int_equal(protection_seal(&p, CONTENT_HANDSHAKE, from, sealed, padding), OK);
                assert_memory_equal(sealed, wanted.data + RECORD_HEADER, wanted.len - RECORD_HEADER);
                assert_true(p.sequence == before + 1);
                p.sequence = before;
            }
            p.sequence++;
            free(wanted.data);
        }
        protection_wipe(&p);
    }
}

/* RFC 8446 5.2: the header is authenticated, and says application_data and 0x0303 whatever is inside */
static void every_bit_and_every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES13; k++) {
        size_t size = 1;
        for (size_t bit = 0; bit < 8 * size; bit++) {
            struct ends e;
            ends_start(&e, &record_suites13[k]);
            record_out_pad(&e.out, 64);
            assert_int_equal(record_write(&e.out, CONTENT_ALERT, slice_of(plain, 40)), OK);
            struct span all = drain(&e.out);
            size = all.len;
            assert_memory_equal(all.data, "\x17\x03\x03\x00", 4);
            assert_int_equal(size, RECORD_HEADER + 64 + aead_tag_size(record_suites13[k].aead));
            size_t at = bit / 8;
            all.data[at] ^= (uint8_t)(1 << bit % 8);
            uint8_t type = all.data[0];
            bool longer = (at == 3 || at == 4) && (size_t)(all.data[3] << 8 | all.data[4]) + 5 > size;
            bool too_long = longer && (all.data[3] << 8 | all.data[4]) > 16384 + 256;
            enum err expected = at == 0 && type == CONTENT_ALERT ? OK /* not proven yet: nobody checks it */
                                : at == 0 && type == CONTENT_HANDSHAKE          ? E_RECORD_NOT_PROTECTED
                                : at == 0 && type == CONTENT_CHANGE_CIPHER_SPEC ? OK
                                : at == 0                                       ? E_BAD_RECORD_TYPE
                                : at < 3                                        ? E_BAD_RECORD_VERSION
                                : too_long                                      ? E_RECORD_TOO_LONG
                                : longer                                        ? OK /* waits */
                                                                                : E_BAD_RECORD_MAC;
            size_t used;
            struct record r;
            assert_int_equal(record_read(&e.in, all, &used, &r), expected);
            assert_true(r.type == 0 || at == 0);
            assert_false(holds_any_of(all.data, all.len, plain, 40));
            assert_false(e.in.proven);
            free(all.data);
            ends_stop(&e);
        }
        for (size_t cut = 0; cut + RECORD_HEADER < size;
             cut++) { /* a shorter one with a header that says so */
            struct ends e;
            ends_start(&e, &record_suites13[k]);
            assert_int_equal(record_write(&e.out, CONTENT_ALERT, slice_of(plain, 40)), OK);
            struct span all = drain(&e.out);
            if (cut < (size_t)all.data[4]) {
                all.data[4] = (uint8_t)cut;
                fails_one(&e.in, (struct span){all.data, RECORD_HEADER + cut}, E_BAD_RECORD_MAC);
            }
            free(all.data);
            ends_stop(&e);
        }
    }
}

/* Record cut in two at every place. */
static void may_come_in_pieces(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES13; k++) {
        struct ends e;
        ends_start(&e, &record_suites13[k]);
        record_out_pad(&e.out, 32);
        size_t cut = 1, size = 2;
        for (; cut < size; cut++) {
            assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, slice_of(plain, 50)), OK);
            struct span all = drain(&e.out);
            size = all.len;
            struct record r;
            assert_int_equal(read_one(&e.in, (struct span){all.data, cut}, &r), OK);
            assert_int_equal(r.type, 0);
            reads_one(&e.in, (struct span){all.data + cut, size - cut}, CONTENT_HANDSHAKE,
                      slice_of(plain, 50));
            free(all.data);
        }
        ends_stop(&e);
    }
}

/* RFC 8446 5.3: a record that is lost, repeated or moved does not open */
static void order_is_authenticated(void **state)
{
    (void)state;
    struct ends e;
    ends_start(&e, &record_suites13[0]);
    struct span record[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, slice_of(plain, 20)), OK);
        record[i] = drain(&e.out);
    }
    uint8_t again[64];
    memcpy(again, record[0].data, record[0].len);
    fails_one(&e.in, record[1], E_BAD_RECORD_MAC);
    reads_one(&e.in, record[0], CONTENT_APPLICATION_DATA, slice_of(plain, 20));
    fails_one(&e.in, (struct span){again, record[0].len}, E_BAD_RECORD_MAC);
    fails_one(&e.in, record[2], E_BAD_RECORD_MAC);
    for (size_t i = 0; i < 3; i++) {
        free(record[i].data);
    }
    ends_stop(&e);
}

/* RFC 8446 5, 5.4: which types may be inside, and that there is one */
static void what_may_be_inside(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES13; k++) {
        for (unsigned type = 0; type < 256; type++) {
            uint8_t inner[20] = {1, 2, 3, (uint8_t)type};
            struct ends e;
            ends_start(&e, &record_suites13[k]);
            struct span all = sealed_inner(&record_suites13[k], 0, slice_of(inner, sizeof inner));
            if (type >= CONTENT_ALERT && type <= CONTENT_APPLICATION_DATA) {
                reads_one(&e.in, all, (uint8_t)type, slice_of("\1\2\3", 3));
            } else { /* a content type of 0 is padding, and then 3 is the type */
                fails_one(&e.in, all, E_BAD_INNER_TYPE);
            }
            free(all.data);
            ends_stop(&e);
        }
        static const size_t zeros[] = {0, 1, 17, 16385};
        for (size_t i = 0; i < 4; i++) {
            static const uint8_t zero[RECORD_PLAINTEXT_MAX + 1];
            struct ends e;
            ends_start(&e, &record_suites13[k]);
            struct span all = sealed_inner(&record_suites13[k], 0, slice_of(zero, zeros[i]));
            fails_one(&e.in, all, E_RECORD_WITHOUT_TYPE);
            free(all.data);
            ends_stop(&e);
        }
    }
}

/* RFC 8446 5.4: none of handshake and alert is empty; S9: data is, now and then */
static void empty_content(void **state)
{
    (void)state;
    for (unsigned t = CONTENT_ALERT; t <= CONTENT_APPLICATION_DATA; t++) {
        uint8_t type = (uint8_t)t, inner[9] = {type};
        struct ends e;
        ends_start(&e, &record_suites13[0]);
        for (uint64_t i = 0; i <= EMPTY_RECORDS_MAX; i++) {
            struct span all = sealed_inner(&record_suites13[0], i, slice_of(inner, 1 + i % 9));
            if (type == CONTENT_APPLICATION_DATA && i < EMPTY_RECORDS_MAX) {
                reads_one(&e.in, all, type, slice_of(plain, 0));
            } else {
                fails_one(&e.in, all,
                          type == CONTENT_APPLICATION_DATA ? E_TOO_MANY_EMPTY_RECORDS : E_EMPTY_RECORD);
                i = EMPTY_RECORDS_MAX;
            }
            free(all.data);
        }
        ends_stop(&e);
    }
}

static enum err header_of(struct ends *e, uint8_t type, size_t length)
{
    uint8_t header[] = {type, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};
    struct record r;
    enum err err = read_one(&e->in, (struct span){header, sizeof header}, &r);
    buffer_free(&e->in.partial);
    return err;
}

/* RFC 8446 5.2: 2^14 + 256 of ciphertext; 5.4: 2^14 + 1 of content, type and padding together; 5.1 */
static void the_longest_record(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES13; k++) {
        struct ends e;
        ends_start(&e, &record_suites13[k]);
        assert_int_equal(header_of(&e, 23, 16384 + 256), OK);
        assert_int_equal(header_of(&e, 23, 16384 + 257), E_RECORD_TOO_LONG);
        assert_int_equal(header_of(&e, 20, 16384), OK);
        assert_int_equal(header_of(&e, 20, 16385), E_RECORD_TOO_LONG);
        assert_int_equal(header_of(&e, 21, 16385), E_RECORD_TOO_LONG);
        static uint8_t inner[RECORD_PLAINTEXT_MAX + 2];
        for (size_t len = RECORD_PLAINTEXT_MAX; len > 0; len -= len > 16000 ? 4096 : len) {
            memset(inner, 0, sizeof inner);
            memset(inner, 'x', len);
            inner[len] = CONTENT_APPLICATION_DATA; /* padded to the limit */
            uint64_t at = e.in.protection.sequence;
            struct span fits = sealed_inner(&record_suites13[k], at, slice_of(inner, 16385));
            reads_one(&e.in, fits, CONTENT_APPLICATION_DATA, slice_of(inner, len));
            struct span over = sealed_inner(&record_suites13[k], at + 1, slice_of(inner, 16386));
            fails_one(&e.in, over, E_RECORD_TOO_LONG);
            free(fits.data);
            free(over.data);
        }
        ends_stop(&e);
    }
}

/* RFC 8449 4: record_size_limit counts content type and padding: one more than the content's limit */
static void agreed_limits(void **state)
{
    (void)state;
    static const size_t limits[] = {63, 64, 511, 1023, 4095, 16383};
    static uint8_t inner[RECORD_PLAINTEXT_MAX + 2];
    for (size_t k = 0; k < SUITES13; k++) {
        for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
            struct ends e;
            size_t limit = limits[i], tag = aead_tag_size(record_suites13[k].aead);
            ends_start(&e, &record_suites13[k]);
            record_in_limit(&e.in, limit, false);
            assert_int_equal(header_of(&e, 23, limit + 1 + tag), OK);
            assert_int_equal(header_of(&e, 23, limit + 2 + tag), E_RECORD_OVER_AGREED_LIMIT);
            assert_int_equal(header_of(&e, 20, limit), OK);
            memset(inner, 0, sizeof inner);
            inner[5] = CONTENT_HANDSHAKE;
            struct span fits = sealed_inner(&record_suites13[k], 0, slice_of(inner, limit + 1));
            reads_one(&e.in, fits, CONTENT_HANDSHAKE, slice_of(inner, 5));
            free(fits.data);
            ends_stop(&e);
        }
    }
}

/* What is written keeps to its limits, padded or not, and is as long as the padding wants. RFC 8446 5.4, RFC
 * 8449 4 */
static void padding_is_a_multiple_within_limits(void **state)
{
    (void)state;
    static const size_t limits[] = {64, 1000, 16384}, multiples[] = {0, 1, 2, 16, 100, 512, 5000, 16384};
    for (size_t i = 0; i < 3 * 8; i++) {
        struct ends e;
        size_t limit = limits[i / 8], multiple = multiples[i % 8];
        ends_start(&e, &record_suites13[i % SUITES13]);
        size_t tag = e.out.protection.tag;
        record_out_limit(&e.out, limit);
        record_in_limit(&e.in, limit, false);
        record_out_pad(&e.out, multiple);
        assert_int_equal(record_write_handshake(&e.out, slice_of(plain, 3000)), OK);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, slice_of(plain, 9000)), OK);
        assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, slice_of(plain, 0)), OK);
        assert_int_equal(record_write(&e.out, CONTENT_ALERT, slice_of(plain, 2)), OK);
        struct span all = drain(&e.out), rest = all;
        size_t bytes = 0, records = 0;
        while (rest.len) {
            size_t used;
            struct record r;
            assert_int_equal(record_read(&e.in, rest, &used, &r), OK);
            size_t inner = used - RECORD_HEADER - tag, least = r.content.len + 1;
            assert_true(inner <= limit + 1);
            size_t wanted = multiple ? (least + multiple - 1) / multiple * multiple : least;
            assert_int_equal(inner, wanted > limit + 1 ? limit + 1 : wanted);
            bytes += r.content.len;
            records++;
            rest = (struct span){rest.data + used, rest.len - used};
        }
        assert_int_equal(bytes, 12002);
        assert_int_equal(records, (3000 - 1) / limit + 1 + (9000 - 1) / limit + 1 + 2);
        free(all.data);
        ends_stop(&e);
    }
}

/* record_room tells the truth where records are padded: so much goes, and the queue stays within its limit.
 */
static void room_counts_padding(void **state)
{
    (void)state;
    static const size_t multiples[] = {0, 3, 256, 16384};
    for (size_t i = 0; i < 4; i++) {
        for (size_t queue = 1; queue < 60000; queue += queue < 1000 ? 1 : 1777) {
            struct ends e;
            ends_start(&e, &record_suites13[0]);
            e.out.queue.limit = queue;
            record_out_pad(&e.out, multiples[i]);
            size_t room = record_room(&e.out);
            if (room) {
                static uint8_t data[60000];
                assert_int_equal(record_write(&e.out, CONTENT_APPLICATION_DATA, slice_of(data, room)), OK);
                assert_true(record_sendable(&e.out).len <= queue);
            }
            ends_stop(&e);
        }
    }
}

/* RFC 8446 5, D.4: without protection there come ChangeCipherSpec, and the alert of a peer that has no keys */
static void without_protection(void **state)
{
    (void)state;
    uint8_t ccs[] = {20, 3, 1, 0, 1, 1}, alert[] = {21, 3, 1, 0, 2, 2, 40}, none[] = {20, 3, 3, 0, 0};
    uint8_t hello[] = {22, 3, 3, 0, 1, 1}, heartbeat[] = {24, 3, 3, 0, 1, 1};
    for (size_t k = 0; k < SUITES13; k++) {
        struct ends e;
        ends_start(&e, &record_suites13[k]);
        reads_one(&e.in, (struct span){ccs, 6}, CONTENT_CHANGE_CIPHER_SPEC, slice_of("\1", 1));
        reads_one(&e.in, (struct span){alert, 7}, CONTENT_ALERT, slice_of("\2\x28", 2));
        assert_int_equal(e.in.protection.sequence, 0);
        fails_one(&e.in, (struct span){none, 5}, E_EMPTY_RECORD);
        fails_one(&e.in, (struct span){hello, 1}, E_RECORD_NOT_PROTECTED);
        buffer_free(&e.in.partial);
        fails_one(&e.in, (struct span){heartbeat, 1}, E_BAD_RECORD_TYPE);
        buffer_free(&e.in.partial);
        assert_int_equal(record_write(&e.out, CONTENT_HANDSHAKE, slice_of(plain, 20)), OK);
        struct span all = drain(&e.out);
        reads_one(&e.in, all, CONTENT_HANDSHAKE, slice_of(plain, 20));
        reads_one(&e.in, (struct span){ccs, 6}, CONTENT_CHANGE_CIPHER_SPEC, slice_of("\1", 1));
        fails_one(&e.in, (struct span){alert, 7}, E_RECORD_NOT_PROTECTED);
        protect(&e.in.protection, &record_suites13[k], AEAD_OPEN); /* new keys do not make it a stranger */
        fails_one(&e.in, (struct span){alert, 7}, E_RECORD_NOT_PROTECTED);
        free(all.data);
        ends_stop(&e);
    }
}

/* RFC 8446 5: a change_cipher_spec is never protected */
static void change_cipher_spec_is_not_sealed(void **state)
{
    (void)state;
    struct ends e;
    ends_start(&e, &record_suites13[0]);
    assert_int_equal(record_write(&e.out, CONTENT_CHANGE_CIPHER_SPEC, slice_of(plain, 1)), E_INTERNAL);
    assert_int_equal(record_sendable(&e.out).len, 0);
    assert_int_equal(e.out.protection.sequence, 0);
    ends_stop(&e);
}

/* RFC 8446 5.5: AES-GCM's keys are good for 2^24.5 records, and are changed before */
static void keys_wear_out(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUITES13; k++) {
        struct protection p = {0};
        enum aead a = record_suites13[k].aead;
        assert_false(protection_is_worn(&p));
        protect(&p, &record_suites13[k], AEAD_SEAL);
        assert_true(p.limit == (a == AEAD_CHACHA20_POLY1305                      ? UINT64_MAX
                                : a == AEAD_AES_128_GCM || a == AEAD_AES_256_GCM ? 23726566
                                                                                 : 1 << 23));
        p.sequence = p.limit - p.limit / 16 - 1;
        assert_false(protection_is_worn(&p));
        uint8_t out[64];
        assert_int_equal(protection_seal(&p, CONTENT_APPLICATION_DATA, slice_of(plain, 2), out, 0), OK);
        assert_true(protection_is_worn(&p));
        assert_true(protection_left(&p, CONTENT_HANDSHAKE) > 100000); /* a KeyUpdate is one of them */
        p.sequence = p.limit - RECORDS_KEPT_FOR_ALERTS;
        assert_int_equal(protection_seal(&p, CONTENT_APPLICATION_DATA, slice_of(plain, 2), out, 0),
                         E_SEQUENCE_EXHAUSTED);
        assert_int_equal(protection_seal(&p, CONTENT_ALERT, slice_of(plain, 2), out, 0), OK);
        protection_wipe(&p);
    }
}

/* No padding where there is no place for it. */
static void others_are_not_padded(void **state)
{
    (void)state;
    uint8_t out[128];
    for (size_t k = 0; k < SUITES; k++) {
        struct ends e;
        ends_start(&e, &record_suites[k]);
        assert_int_equal(protection_seal(&e.out.protection, CONTENT_ALERT, slice_of(plain, 2), out, 1),
                         E_INTERNAL);
        record_out_pad(&e.out, 512);
        assert_int_equal(record_write(&e.out, CONTENT_ALERT, slice_of(plain, 2)), OK);
        assert_true(record_sendable(&e.out).len < 128);
        ends_stop(&e);
    }
}

int main(void)
{
    pattern(plain, sizeof plain);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_size_and_padding),
        cmocka_unit_test(every_bit_and_every_cut_is_refused),
        cmocka_unit_test(may_come_in_pieces),
        cmocka_unit_test(order_is_authenticated),
        cmocka_unit_test(what_may_be_inside),
        cmocka_unit_test(empty_content),
        cmocka_unit_test(the_longest_record),
        cmocka_unit_test(agreed_limits),
        cmocka_unit_test(padding_is_a_multiple_within_limits),
        cmocka_unit_test(room_counts_padding),
        cmocka_unit_test(without_protection),
        cmocka_unit_test(change_cipher_spec_is_not_sealed),
        cmocka_unit_test(keys_wear_out),
        cmocka_unit_test(others_are_not_padded),
    };
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed;
}
