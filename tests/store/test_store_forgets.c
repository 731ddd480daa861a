/* SPDX-License-Identifier: MIT */
#include "one_server.h"

#include <stdio.h>
#include <string.h>

/* What is to be forgotten is, whatever the server is about. */
static void forgotten_is_forgotten(void **state)
{
    (void)state;
    struct fake *f = one_server();
    struct fake_lookup k, before;
    fake_put(f, KEY, "sealed", 100);
    fake_answer(f, fake_asking(f, "SET"), "+OK\r\n");
    fake_look_up(f, &before, KEY);
    fake_forget(f, KEY);
    fake_answer(f, fake_asking(f, GET), "$6\r\nsealed\r\n"); /* it was on its way already */
    assert_none(&before, HF_SESSION_UNKNOWN);
    fake_look_up(f, &k, KEY);
    assert_none(&k, HF_SESSION_UNKNOWN);
    assert_int_equal(fake_count(f, "GETRANGE"), 0);
    fake_put(f, KEY, "sealed", 100);
    assert_int_equal(fake_count(f, "SET"), 0);
    fake_free(f);
}

/* What could not be told is told when somebody is there; what was told is not told again. */
static void forgotten_while_away(void **state)
{
    (void)state;
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_new(URL, &o);
    f->refuses = true;
    fake_settle(f);
    fake_forget(f, KEY);
    fake_forget(f, OTHER);
    f->refuses = false;
    fake_wait(f, 200);
    assert_int_equal(fake_count(f, "UNLINK"), 2);
    struct fake_link *l = fake_asking(f, "UNLINK hf:1:" KEY);
    fake_answer(f, l, ":1\r\n");
    fake_say(f, l, "", 0); /* the other may have been heard, or not */
    fake_wait(f, 200);
    assert_int_equal(fake_count(f, "UNLINK"), 1);
    l = fake_asking(f, "UNLINK hf:1:" OTHER);
    fake_answer(f, l, ":0\r\n");
    fake_say(f, l, "", 0);
    fake_wait(f, 200);
    assert_int_equal(fake_count(f, "UNLINK"), 0);
    fake_free(f);
}

/* Refused on a link that stands: told again every second, until it is heard. */
static void forgotten_and_refused(void **state)
{
    (void)state;
    static const char *const says[] = {"-MISCONF Errors writing to the AOF file\r\n",
                                       "-BUSY Redis is busy running a script\r\n",
                                       "-NOPERM this user has no permissions\r\n"};
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        struct fake *f = one_server();
        fake_wait(f, 500);
        fake_forget(f, KEY);
        for (int n = 0; n < 3; n++) {
            fake_answer(f, fake_asking(f, "UNLINK hf:1:" KEY), says[i]);
            fake_wait(f, 999);
            assert_int_equal(fake_count(f, "UNLINK"), 0);
            fake_wait(f, 1);
            assert_int_equal(fake_count(f, "UNLINK"), 1);
        }
        fake_answer(f, fake_asking(f, "UNLINK hf:1:" KEY), ":1\r\n");
        fake_wait(f, 5000);
        assert_int_equal(fake_count(f, "UNLINK"), 0);
        assert_int_equal(f->hangups, 0);
        assert_int_equal(fake_stats(f).forgets, 1);
        fake_free(f);
    }
}

/* No room for it among the bytes that wait: told when there is some. */
static void forgotten_without_room(void **state)
{
    (void)state;
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_up(URL, &o);
    struct fake_link *l = fake_link(f, 0);
    char key[40], record[2001];
    memset(record, 'r', 2000);
    record[2000] = '\0';
    f->deaf = true;
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        fake_put(f, key, record, 100);
    }
    while (hf_store_peek(f->store, l->name).len + strlen(GET) < 256 * 1024) {
        struct fake_lookup k;
        fake_look_up(f, &k, KEY);
        hf_store_cancel(f->store, k.name);
    }
    fake_forget(f, OTHER);
    f->deaf = false;
    fake_settle(f);
    assert_int_equal(fake_count(f, "UNLINK"), 0);
    while (*fake_asked(l)) {
        fake_answer(f, l, *fake_asked(l) == 'S' ? "+OK\r\n" : "$0\r\n\r\n");
    }
    fake_wait(f, 1000);
    fake_answer(f, fake_asking(f, "UNLINK hf:1:" OTHER), ":1\r\n");
    assert_int_equal(f->dialed, 1);
    fake_free(f);
}

/* Very many are told a thousand at a time, so that lookups have room on the link as well; each has its turn,
 * also where some are refused for good. */
static void forgotten_by_the_thousand(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_new(URL, &o);
    struct fake_lookup k;
    char key[40];
    f->refuses = true;
    fake_settle(f);
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        fake_forget(f, key);
    }
    f->refuses = false;
    fake_wait(f, 60);
    struct fake_link *l = fake_link(f, 0);
    unsigned told = 0, refused = 0;
    for (int round = 0; round < 4; round++) {
        assert_in_range(fake_count(f, "UNLINK"), 1, 1024);
        fake_look_up(f, &k, KEY);
        assert_int_equal(k.calls, 0);
        while (*fake_asked(l)) {
            bool refuse = strncmp(fake_asked(l), "UNLINK hf:1:key-1", 17) == 0;
            bool unlink = *fake_asked(l) == 'U';
            refused += unlink && refuse;
            told += unlink && !refuse;
            fake_answer(f, l, refuse ? "-NOPERM no\r\n" : unlink ? ":1\r\n" : "$0\r\n\r\n");
        }
        fake_wait(f, 1000);
    }
    assert_int_equal(told, MANY - 1111);
    assert_true(refused >= 1111);
    fake_free(f);
}

/* With nobody to tell there is nothing to be woken for. */
static void forgotten_without_a_link(void **state)
{
    (void)state;
    struct fake *f = fake_new(URL, NULL);
    f->hangs = true;
    fake_settle(f);
    fake_forget(f, KEY);
    assert_true(hf_store_due(f->store) == FAKE_START + 2000); /* the connection that is being made */
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forgotten_is_forgotten),    cmocka_unit_test(forgotten_while_away),
        cmocka_unit_test(forgotten_and_refused),     cmocka_unit_test(forgotten_without_room),
        cmocka_unit_test(forgotten_by_the_thousand), cmocka_unit_test(forgotten_without_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
