/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

/* Records for a store and session tickets: whatever a byte is changed in, or where it is moved to, it does
 * not open. Checklist R1, R6, R7, RFC 5077 4, RFC 9325 3.4. */

static struct keyring *keys;
static struct session *kept; /* with an ID that is ours, and a peer */
static char kept_key[STORE_KEY_SIZE];
static uint8_t sealed[RECORD_MAX + 1];
static size_t sealed_len;

static struct sealing by(const uint8_t *context, int64_t now)
{
    return (struct sealing){keys, context, now, &libcryptos};
}

static struct session *with_id(const struct session_texts *texts)
{
    struct session *s = session_of(texts);
    s->id_len = SESSION_ID_MAX;
    assert_int_equal(session_id_make(keys, s->context, NOW, &s->expires, s->id), OK);
    return s;
}

static struct slice id_of(const struct session *s)
{
    return slice_of(s->id, s->id_len);
}

static int seal_one(void **state)
{
    (void)state;
    keys = ring();
    const struct session_texts texts = {slice_of_string("server.test"), slice_of_string("h2"),
                                        slice_of_string("note"), slice_of(NULL, 0)};
    kept = with_id(&texts);
    kept->peer = peer_with_leaf(700);
    struct writer w = writer_of(sealed, RECORD_MAX);
    const struct sealing with = by(kept->context, NOW);
    assert_int_equal(session_store_key(keys, kept->context, NOW, id_of(kept), kept_key), OK);
    assert_int_equal(record_seal_session(&with, kept, kept_key, &w), OK);
    sealed_len = w.len;
    return 0;
}

static int drop_one(void **state)
{
    (void)state;
    session_release(kept);
    keyring_release(keys);
    return 0;
}

/* A copy of exactly this size: a sanitizer sees a read past it. */
static enum err open_record(const uint8_t *context, int64_t now, struct slice id, struct slice bytes,
                            struct session **out)
{
    uint8_t *exact = malloc(bytes.len + 1);
    memcpy(exact, bytes.data, bytes.len);
    const struct sealing with = by(context, now);
    enum err e = record_open_session(&with, id, slice_of(exact, bytes.len), out);
    free(exact);
    assert_true((e == OK) == (*out != NULL));
    return e;
}

static void refused(enum err e)
{
    assert_true(e == E_BAD_SESSION || e == E_BAD_KEYRING);
}

static void a_record_opens_where_it_belongs(void **state)
{
    (void)state;
    struct session *s;
    assert_int_equal(open_record(kept->context, NOW, id_of(kept), slice_of(sealed, sealed_len), &s), OK);
    assert_same_session(s, kept);
    session_release(s);
    assert_int_equal((sealed_len - 36 - 16) % 256, 0); /* lengths tell little */
}

static void nothing_of_it_can_be_read_in_a_record(void **state)
{
    (void)state;
    static const char *const texts[] = {"server.test", "note", "alice"};
    struct slice bytes = slice_of(sealed, sealed_len);
    for (size_t i = 0; i + 12 < bytes.len; i++) {
        assert_memory_not_equal(bytes.data + i, kept->master, 8);
        assert_memory_not_equal(bytes.data + i, kept->id, 8);
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            assert_memory_not_equal(bytes.data + i, texts[j], strlen(texts[j]));
        }
    }
}

static void every_bit_of_a_record(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sealed_len; bit++) {
        struct session *s;
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum err e = open_record(kept->context, NOW, id_of(kept), slice_of(sealed, sealed_len), &s);
        refused(e);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void every_length_of_a_record(void **state)
{
    (void)state;
    struct session *s;
    static uint8_t large[RECORD_MAX + 200];
    memcpy(large, sealed, sealed_len);
    for (size_t len = 0; len <= sizeof large; len += len < sealed_len + 40 ? 1 : 37) {
        enum err e = open_record(kept->context, NOW, id_of(kept), slice_of(large, len), &s);
        if (len == sealed_len) {
            assert_int_equal(e, OK);
            session_release(s);
        } else {
            refused(e);
        }
    }
}

static void a_record_that_was_moved(void **state)
{
    (void)state;
    struct session *s, *other = with_id(NULL);
    uint8_t wrong[CONTEXT_SIZE], bytes[RECORD_MAX];
    char key[STORE_KEY_SIZE];
    struct slice record = slice_of(sealed, sealed_len);
    struct writer w = writer_of(bytes, sizeof bytes);
    const struct sealing with = by(other->context, NOW);
    other->id[4] ^= 1; /* another session of the same server */
    other->expires = NOW + LIFE;
    assert_int_equal(session_id_make(keys, other->context, NOW, &other->expires, other->id), OK);
    assert_int_equal(session_store_key(keys, other->context, NOW, id_of(other), key), OK);
    assert_int_equal(record_seal_session(&with, other, key, &w), OK);
    /* swapped: each under the other's ID */
    refused(open_record(kept->context, NOW, id_of(kept), written(&w), &s));
    refused(open_record(kept->context, NOW, id_of(other), record, &s));
    /* under every other context */
    for (size_t bit = 0; bit < 8 * CONTEXT_SIZE; bit++) {
        memcpy(wrong, kept->context, sizeof wrong);
        wrong[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused(open_record(wrong, NOW, id_of(kept), record, &s));
    }
    /* under a part of its ID, or more than it */
    uint8_t longer[40] = {0};
    memcpy(longer, kept->id, SESSION_ID_MAX);
    for (size_t len = 0; len < SESSION_ID_MAX; len++) {
        refused(open_record(kept->context, NOW, slice_of(longer, len), record, &s));
    }
    /* sealed for another name in the store */
    w = writer_of(bytes, sizeof bytes);
    assert_int_equal(record_seal_session(&with, kept, key, &w), OK);
    refused(open_record(kept->context, NOW, id_of(kept), written(&w), &s));
    session_release(other);
}

static void a_record_whose_epoch_is_over_or_of_another_keyring(void **state)
{
    (void)state;
    struct session *s;
    struct slice record = slice_of(sealed, sealed_len);
    int64_t end = NOW + PERIOD + LIFE + CLOCK_SKEW;
    assert_int_equal(open_record(kept->context, end, id_of(kept), record, &s), OK);
    session_release(s);
    refused(open_record(kept->context, end + 1, id_of(kept), record, &s));
    struct keyring *own = keys;
    keys = ring();
    refused(open_record(kept->context, NOW, id_of(kept), record, &s));
    keyring_release(keys);
    keys = own;
}

/* ---- what is too large ---- */
static enum err seal_both(const struct session *s, uint8_t *bytes, size_t size, size_t *record,
                          size_t *ticket)
{
    const struct sealing with = by(s->context, NOW);
    struct writer w = writer_of(bytes, size);
    enum err e = record_seal_session(&with, s, kept_key, &w);
    *record = w.len;
    w = writer_of(bytes, size);
    int64_t ends = 0;
    assert_int_equal(ticket_seal(&with, s, &w, &ends), e);
    assert_true(e != OK || ends == NOW + LIFE);
    *ticket = w.len;
    return e;
}

static void a_large_leaf_is_in_no_record_and_no_ticket(void **state)
{
    (void)state;
    static uint8_t bytes[RECORD_MAX];
    size_t record, ticket;
    static const struct {
        size_t leaf;
        enum err e;
    } leaves[] = {{4095, OK}, {4096, OK}, {4097, E_BUFFER_LIMIT}, {70000, E_BUFFER_LIMIT}};
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        struct session *s = with_id(NULL);
        s->peer = peer_with_leaf(leaves[i].leaf);
        assert_int_equal(seal_both(s, bytes, sizeof bytes, &record, &ticket), leaves[i].e);
        assert_int_equal(record > 0 && ticket > 0, leaves[i].e == OK);
        session_release(s);
    }
}

/* The largest session there is fits, wherever less room is nothing is written. */
static void the_largest_session_and_less_room(void **state)
{
    (void)state;
    static uint8_t bytes[RECORD_MAX], note[SESSION_NOTE_MAX], name[SERVER_NAME_MAX];
    size_t record, ticket, size = sizeof bytes;
    memset(name, 'n', sizeof name);
    const struct session_texts texts = {slice_of(name, sizeof name), slice_of(name, 255),
                                        slice_of(note, sizeof note), slice_of(NULL, 0)};
    struct session *s = with_id(&texts), *out;
    s->peer = peer_with_leaf(SESSION_LEAF_MAX);
    s->max_fragment = 512;
    assert_int_equal(seal_both(s, bytes, size, &record, &ticket), OK);
    assert_true(record <= RECORD_MAX && ticket <= TICKET_MAX && ticket <= record);
    struct writer w = writer_of(bytes, sizeof bytes);
    char key[STORE_KEY_SIZE];
    const struct sealing with = by(s->context, NOW);
    assert_int_equal(session_store_key(keys, s->context, NOW, id_of(s), key), OK);
    assert_int_equal(record_seal_session(&with, s, key, &w), OK);
    assert_int_equal(open_record(s->context, NOW, id_of(s), written(&w), &out), OK);
    assert_same_session(s, out);
    session_release(out);
    for (size = 0; size < ticket; size += size < 80 ? 1 : 61) {
        size_t none_r, none_t;
        assert_int_equal(seal_both(s, bytes, size, &none_r, &none_t), E_BUFFER_LIMIT);
        assert_int_equal(none_r + none_t, 0);
    }
    session_release(s);
}

/* ---- tickets ---- */
static enum err open_ticket(const uint8_t *context, int64_t now, struct slice bytes, struct session **out,
                            bool *renew)
{
    uint8_t *exact = malloc(bytes.len + 1);
    memcpy(exact, bytes.data, bytes.len);
    const struct sealing with = by(context, now);
    enum err e = ticket_open(&with, slice_of(exact, bytes.len), out, renew);
    free(exact);
    assert_true((e == OK) == (*out != NULL));
    return e;
}

static void a_ticket_and_every_bit_and_length_of_it(void **state)
{
    (void)state;
    static uint8_t bytes[TICKET_MAX + 100];
    struct session *s, *plain = session_of(NULL);
    plain->peer = peer_with_leaf(100);
    struct writer w = writer_of(bytes, TICKET_MAX);
    const struct sealing with = by(plain->context, NOW);
    uint8_t wrong[CONTEXT_SIZE] = {0};
    bool renew = true;
    int64_t ends;
    assert_int_equal(ticket_seal(&with, plain, &w, &ends), OK);
    assert_int_equal(open_ticket(plain->context, NOW, written(&w), &s, &renew), OK);
    assert_false(renew);
    assert_same_session(s, plain);
    session_release(s);
    assert_int_equal(open_ticket(wrong, NOW, written(&w), &s, &renew), E_BAD_SESSION);
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_ticket(plain->context, NOW, written(&w), &s, &renew), E_BAD_SESSION);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len <= sizeof bytes; len += len < w.len + 40 ? 1 : 61) {
        enum err e = open_ticket(plain->context, NOW, slice_of(bytes, len), &s, &renew);
        assert_int_equal(e, len == w.len ? OK : E_BAD_SESSION);
        session_release(s);
    }
    /* a record is no ticket, a ticket no record */
    assert_int_equal(open_ticket(kept->context, NOW, slice_of(sealed, sealed_len), &s, &renew),
                     E_BAD_SESSION);
    refused(open_record(kept->context, NOW, id_of(kept), written(&w), &s));
    session_release(plain);
}

/* RFC 5077 5.5, RFC 9325 3.4: keys change; what is under an old one is taken while it lives, and renewed. */
static void tickets_over_the_life_of_their_key(void **state)
{
    (void)state;
    struct keyring *own = keys;
    struct session *s, *plain = session_of(NULL);
    uint8_t bytes[TICKET_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    bool renew;
    int64_t ends;
    plain->expires = NOW + 86400;
    keys = ring();
    const struct sealing with = by(plain->context, NOW);
    assert_int_equal(ticket_seal(&with, plain, &w, &ends), OK);
    assert_true(ends == NOW + PERIOD + LIFE); /* not longer than its key */
    for (int64_t now = NOW; now < NOW + PERIOD + LIFE + 2 * CLOCK_SKEW; now += 60) {
        (void)turn_at(keys, now);
        bool opens = now <= NOW + PERIOD + LIFE + CLOCK_SKEW;
        assert_int_equal(open_ticket(plain->context, now, written(&w), &s, &renew),
                         opens ? OK : E_BAD_SESSION);
        assert_int_equal(!opens || renew, now >= NOW + PERIOD);
        session_release(s);
    }
    keyring_release(keys);
    keys = own;
    assert_int_equal(open_ticket(plain->context, NOW, written(&w), &s, &renew), E_BAD_SESSION);
    session_release(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_opens_where_it_belongs),
        cmocka_unit_test(nothing_of_it_can_be_read_in_a_record),
        cmocka_unit_test(every_bit_of_a_record),
        cmocka_unit_test(every_length_of_a_record),
        cmocka_unit_test(a_record_that_was_moved),
        cmocka_unit_test(a_record_whose_epoch_is_over_or_of_another_keyring),
        cmocka_unit_test(a_large_leaf_is_in_no_record_and_no_ticket),
        cmocka_unit_test(the_largest_session_and_less_room),
        cmocka_unit_test(a_ticket_and_every_bit_and_length_of_it),
        cmocka_unit_test(tickets_over_the_life_of_their_key),
    };
    return cmocka_run_group_tests_name("unit/seal", tests, seal_one, drop_one);
}
