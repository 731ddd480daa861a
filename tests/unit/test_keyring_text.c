/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_session_parts.h"

#include <stdio.h>

/* Keyrings as text, and wrapped. Checklist R6: what cannot be a keyring is refused, and changes nothing. */

#define HEAD "handfast keyring 1\nplan period 3600 life 14400 lead 600\n"
#define SECRET_A "0101010101010101010101010101010101010101010101010101010101010101"
#define SECRET_B "02020202020202020202020202020202020202020202020202020202020202fF"
#define ZEROES "0000000000000000000000000000000000000000000000000000000000000000"
#define EPOCH(id, secret) \
    "epoch " id " not_before 1780272000 encrypt_until 1780275600 decrypt_until 1780290000 secret " secret

static struct span text_of(struct keyring *k)
{
    uint8_t *text = malloc(KEYRING_TEXT_MAX + 1);
    assert_non_null(text);
    struct writer w = writer_of(text, KEYRING_TEXT_MAX);
    assert_int_equal(keyring_encode(k, &w), OK);
    text[w.len] = 0;
    return (struct span){text, w.len};
}

static enum err load(struct keyring *k, struct slice text, char why[200])
{
    why[0] = '\0';
    return keyring_decode(k, text, why, 200);
}

static void saved_loaded_and_saved_again(void **state)
{
    (void)state;
    struct keyring *k = ring(), *other = ring_of(60, 60, 1);
    char why[200];
    uint8_t context[CONTEXT_SIZE] = {3}, id[SESSION_ID_MAX] = {0};
    int64_t expires = NOW + 100;
    (void)turn_at(k, NOW + PERIOD - LEAD);
    assert_int_equal(session_id_make(k, context, NOW, &expires, id), OK);
    struct span text = text_of(k);
    assert_int_equal(load(other, slice_of_span(text), why), OK);
    struct span again = text_of(other);
    assert_true(slice_equal(slice_of_span(text), slice_of_span(again)));
    assert_int_equal(verdict_of(other, context, NOW, id), ID_OURS);
    assert_true(turn_at(other, NOW + 2 * PERIOD - LEAD)); /* the plan came along */
    assert_int_equal(current_at(other, NOW + 2 * PERIOD), 3);
    free(text.data);
    free(again.data);
    keyring_release(k);
    keyring_release(other);
}

static void what_a_person_may_write(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HEAD EPOCH("7", SECRET_A),
        HEAD EPOCH("7", SECRET_A) "\n\n\n",
        "# ours\n\n  \t\n" HEAD "# first\n" EPOCH("7", SECRET_A) "\n",
        "handfast keyring 1  \r\nplan\tperiod  3600 life 14400 lead 600\r\n" EPOCH("7", SECRET_B) "\r\n",
        HEAD EPOCH("7", SECRET_A) "\n" EPOCH("38", SECRET_B) "\n", /* 31 apart */
        HEAD EPOCH("2147483647", SECRET_A),
        "handfast keyring 1\nplan period 60 life 1680 lead 0\n" EPOCH("1", SECRET_A),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
        char why[200];
        enum err e = load(k, slice_of_string(texts[i]), why);
        if (e != OK) {
            fail_msg("text %zu: %s", i, why);
        }
        assert_true(current_at(k, NOW) != 0);
        keyring_release(k);
    }
}

static void what_is_no_keyring_says_why_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "it has no text"},
        {"\n# nothing\n", "it has no text"},
        {"handfast keyring 1\n", "it has no plan"},
        {HEAD, "it has no epoch"},
        {"handfast keyring 2\n", "line 1 is not 'handfast keyring 1'"},
        {"handfast keyring 10\n", "line 1 is not 'handfast keyring 1'"},
        {"handfast keyring 1 x\n", "line 1 is not 'handfast keyring 1'"},
        {"plan period 3600 life 14400 lead 600\n", "line 1 is not 'handfast keyring 1'"},
        {"handfast keyring 1\n" EPOCH("1", SECRET_A), "line 2 is not 'plan"}, /* without a plan */
        {"handfast keyring 1\nplan period 3600 life 14400\n", "line 2 is not 'plan"},
        {"handfast keyring 1\nplan period 3600 life 14400 lead 600 x\n", "line 2 is not 'plan"},
        {"handfast keyring 1\nplan period -3600 life 14400 lead 600\n", "line 2 is not 'plan"},
        {"handfast keyring 1\nplan period 4294967296 life 14400 lead 600\n", "line 2 is not 'plan"},
        {"handfast keyring 1\nplan period 59 life 100 lead 1\n" EPOCH("1", SECRET_A), "its plan cannot be"},
        {"handfast keyring 1\nplan period 60 life 1681 lead 1\n" EPOCH("1", SECRET_A), "its plan cannot be"},
        {"handfast keyring 1\nplan period 60 life 60 lead 60\n" EPOCH("1", SECRET_A), "its plan cannot be"},
        {HEAD HEAD, "line 3 is not 'epoch"},
        {HEAD EPOCH("0", SECRET_A), "line 3 is not 'epoch"},
        {HEAD EPOCH("2147483648", SECRET_A), "line 3 is not 'epoch"}, /* the next must count up */
        {HEAD EPOCH("99999999999999999999", SECRET_A), "line 3 is not 'epoch"},
        {HEAD EPOCH("1", "01"), "line 3 is not 'epoch"},
        {HEAD EPOCH("1", SECRET_A "00"), "line 3 is not 'epoch"},
        {HEAD EPOCH("1", "x10101010101010101010101010101010101010101010101010101010101010"), "line 3"},
        {HEAD EPOCH("1", SECRET_A " more"), "line 3 is not 'epoch"},
        {HEAD "epoch 1 not_before 5 encrypt_until 5 decrypt_until 6 secret " SECRET_A,
         "line 3 is not 'epoch"},
        {HEAD "epoch 1 not_before 5 encrypt_until 9 decrypt_until 8 secret " SECRET_A,
         "line 3 is not 'epoch"},
        {HEAD
         "epoch 1 not_before 5 encrypt_until 9223372036854775807 decrypt_until 9223372036854775807 secret " SECRET_A,
         "line 3 is not 'epoch"},
        {HEAD EPOCH("1", ZEROES), "line 3 has a secret that is all zero"}, /* CVE-2020-13777 */
        {HEAD EPOCH("1", SECRET_A) "\n" EPOCH("2", SECRET_A), "line 4 has the same secret as another"},
        {HEAD EPOCH("2", SECRET_A) "\n" EPOCH("2", SECRET_B), "line 4 has numbers that do not count up"},
        {HEAD EPOCH("2", SECRET_A) "\n" EPOCH("1", SECRET_B), "line 4 has numbers that do not count up"},
        {HEAD EPOCH("7", SECRET_A) "\n" EPOCH("39", SECRET_B), "more than 31 apart"},
    };
    struct keyring *k = ring();
    struct span before = text_of(k);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[200];
        enum err e = load(k, slice_of_string(bad[i].text), why);
        if (e != E_BAD_KEYRING || !strstr(why, bad[i].why)) {
            fail_msg("text %zu: %d, '%s' instead of '%s'", i, (int)e, why, bad[i].why);
        }
        struct span after = text_of(k);
        assert_true(slice_equal(slice_of_span(before), slice_of_span(after)));
        free(after.data);
    }
    free(before.data);
    keyring_release(k);
}

static void nul_bytes_and_long_lines(void **state)
{
    (void)state;
    struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
    char text[4096], why[200];
    static const char head[] = HEAD EPOCH("1", SECRET_A) "\n";
    for (size_t at = 0; at < sizeof head - 1; at++) { /* a NUL anywhere */
        memcpy(text, head, sizeof head);
        text[at] = '\0';
        assert_int_equal(load(k, slice_of(text, sizeof head - 1), why), E_BAD_KEYRING);
    }
    for (size_t blanks = 300; blanks < 2000; blanks += 50) {
        int len = snprintf(text, sizeof text, HEAD "%*s" EPOCH("1", SECRET_A), (int)blanks, "");
        bool fits = (size_t)len - (sizeof HEAD - 1) < 512;
        assert_int_equal(load(k, slice_of(text, (size_t)len), why), fits ? OK : E_BAD_KEYRING);
        assert_true(fits || strstr(why, "line 3 is too long"));
    }
    keyring_release(k);
}

/* What is cut off is refused, or has fewer epochs, but never another key. */
static void every_prefix_and_every_changed_byte(void **state)
{
    (void)state;
    struct keyring *k = ring(), *other = ring_of(PERIOD, LIFE, LEAD);
    char why[200];
    (void)turn_at(k, NOW + PERIOD - LEAD);
    struct span text = text_of(k);
    for (size_t len = 0; len < text.len; len++) {
        uint8_t *exact = malloc(len + 1);
        memcpy(exact, text.data, len);
        enum err e = load(other, slice_of(exact, len), why);
        assert_true(e == E_BAD_KEYRING || e == OK);
        assert_true(e != OK || epochs_in(other) <= 2);
        free(exact);
    }
    for (size_t at = 0; at < text.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text.data[at] ^= (uint8_t)(1 << bit);
            enum err e = load(other, slice_of_span(text), why);
            assert_true(e == E_BAD_KEYRING || e == OK);
            text.data[at] ^= (uint8_t)(1 << bit);
        }
    }
    free(text.data);
    keyring_release(k);
    keyring_release(other);
}

static void thirty_two_epochs_and_no_more(void **state)
{
    (void)state;
    struct keyring *k = ring_of(PERIOD, LIFE, LEAD);
    char why[200], *text = calloc(1, 20000);
    assert_non_null(text);
    for (unsigned most = 31; most <= 33; most++) {
        int len = snprintf(text, 20000, HEAD);
        for (unsigned i = 1; i <= most; i++) {
            len += snprintf(text + len, 20000 - (size_t)len,
                            "epoch %u not_before %u encrypt_until %u decrypt_until %u secret %064x\n", i,
                            1780272000 + 3600 * i, 1780275600 + 3600 * i, 1780290000 + 3600 * i, i);
        }
        assert_int_equal(load(k, slice_of(text, (size_t)len), why), most <= EPOCHS_MAX ? OK : E_BAD_KEYRING);
        assert_int_equal(epochs_in(k), most <= EPOCHS_MAX ? most : EPOCHS_MAX);
    }
    assert_non_null(strstr(why, "one epoch too many"));
    free(text);
    /* one more by rotation: the oldest gives way */
    assert_true(turn_at(k, 1780275600 + 3600 * 32));
    assert_int_equal(epochs_in(k) <= EPOCHS_MAX, true);
    keyring_release(k);
}

/* A new set of epochs: sessions of those in both go on, of others end. */
static void replaced_under_way(void **state)
{
    (void)state;
    struct keyring *k = ring();
    uint8_t context[CONTEXT_SIZE] = {3}, id[2][SESSION_ID_MAX] = {{0}};
    int64_t expires = NOW + LIFE;
    struct keyring_plan plan;
    struct epoch copies[EPOCHS_MAX];
    (void)turn_at(k, NOW + PERIOD - LEAD);
    assert_int_equal(session_id_make(k, context, NOW, &expires, id[0]), OK);
    assert_int_equal(session_id_make(k, context, NOW + PERIOD, &expires, id[1]), OK);
    assert_int_equal(keyring_copy(k, &plan, copies), 2);
    assert_int_equal(keyring_replace(k, &plan, copies + 1, 1), OK);
    assert_int_equal(verdict_of(k, context, NOW + PERIOD, id[0]), ID_FOREIGN);
    assert_int_equal(verdict_of(k, context, NOW + PERIOD, id[1]), ID_OURS);
    copies[1].secret[0] ^= 1; /* the same number is not the same key */
    assert_int_equal(keyring_replace(k, &plan, copies + 1, 1), OK);
    assert_int_equal(verdict_of(k, context, NOW + PERIOD, id[1]), ID_FOREIGN);
    plan.lead = plan.period;
    assert_int_equal(keyring_replace(k, &plan, copies, 2), E_BAD_KEYRING);
    assert_int_equal(epochs_in(k), 1);
    keyring_release(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saved_loaded_and_saved_again),
        cmocka_unit_test(what_a_person_may_write),
        cmocka_unit_test(what_is_no_keyring_says_why_and_changes_nothing),
        cmocka_unit_test(nul_bytes_and_long_lines),
        cmocka_unit_test(every_prefix_and_every_changed_byte),
        cmocka_unit_test(thirty_two_epochs_and_no_more),
        cmocka_unit_test(replaced_under_way),
    };
    return cmocka_run_group_tests_name("unit/keyring text", tests, NULL, NULL);
}
