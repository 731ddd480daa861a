/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "fake.h"
#include "store/breaker.h"

/* The breaker: alone, and before a server. */

static void five_in_a_row(void **state)
{
    (void)state;
    struct breaker b = {0};
    for (int i = 0; i < 4; i++) {
        breaker_bad(&b, 1000, 0);
    }
    breaker_good(&b, 1000);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(b.state, HF_BREAKER_CLOSED);
        breaker_bad(&b, 1000, 0);
    }
    assert_int_equal(b.state, HF_BREAKER_CLOSED);
    breaker_bad(&b, 1000, 0);
    assert_int_equal(b.state, HF_BREAKER_OPEN);
}

/* 50 % of at least 20 in a second, never five in a row. */
static void half_of_twenty(void **state)
{
    (void)state;
    struct breaker b = {0};
    for (int i = 0; i < 9; i++) {
        breaker_good(&b, 1000);
        breaker_bad(&b, 1000, 0);
    }
    breaker_good(&b, 1000);
    assert_int_equal(b.state, HF_BREAKER_CLOSED); /* 9 of 19 */
    breaker_bad(&b, 1000, 0);
    assert_int_equal(b.state, HF_BREAKER_OPEN); /* 10 of 20 */

    memset(&b, 0, sizeof b);
    for (int i = 0; i < 200; i++) { /* one in three: 100 a second */
        if (i % 3) {
            breaker_good(&b, 1000 + (uint64_t)i * 10);
        } else {
            breaker_bad(&b, 1000 + (uint64_t)i * 10, 0);
        }
    }
    assert_int_equal(b.state, HF_BREAKER_CLOSED);

    memset(&b, 0, sizeof b);
    for (int i = 0; i < 400; i++) { /* half of them, but fewer than 20 a second */
        if (i % 2) {
            breaker_good(&b, 1000 + (uint64_t)i * 60);
        } else {
            breaker_bad(&b, 1000 + (uint64_t)i * 60, 0);
        }
    }
    assert_int_equal(b.state, HF_BREAKER_CLOSED);
}

static void pauses(void **state)
{
    (void)state;
    static const uint32_t waits[] = {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct backoff least = {0}, most = {0};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        uint32_t quarter = waits[i] / 4;
        assert_int_equal(backoff_next(&least, 0), waits[i] - quarter);
        assert_int_equal(backoff_next(&most, quarter), waits[i]);
    }
}

static struct fake *opened(void)
{
    hf_store_options o = {.connections = 1};
    struct fake *f = fake_up("redis://127.0.0.1", &o);
    struct fake_lookup k;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_CLOSED);
        fake_look_up(f, &k, "key");
        fake_wait(f, 25);
        assert_none(&k, HF_SESSION_STORE_LATE);
    }
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_OPEN);
    assert_int_equal(fake_count(f, "GETRANGE"), 5);
    return f;
}

static void answer_all(struct fake *f, struct fake_link *l, const char *resp)
{
    while (*fake_asked(l)) {
        fake_answer(f, l, resp);
    }
}

static void nothing_is_asked_while_open(void **state)
{
    (void)state;
    struct fake *f = opened();
    struct fake_lookup k;
    f->greets = false;
    fake_look_up(f, &k, "key");
    assert_none(&k, HF_SESSION_STORE_FAILED);
    assert_int_equal(fake_stats(f).breaker, 1);
    fake_put(f, "made", "here", 100);
    assert_int_equal(fake_stats(f).put_errors, 1);
    fake_look_up(f, &k, "made");
    assert_found(&k, "here");
    assert_int_equal(fake_count(f, "SET") + fake_count(f, "GETRANGE"), 5);
    fake_free(f);
}

static void a_ping_closes_it(void **state)
{
    (void)state;
    struct fake *f = opened();
    struct fake_link *l = fake_link(f, 0);
    struct fake_lookup k;
    fake_wait(f, 50);
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_HALF_OPEN);
    assert_int_equal(fake_count(f, "PING"), 1);
    fake_look_up(f, &k, "key"); /* half open is not open for lookups */
    assert_none(&k, HF_SESSION_STORE_FAILED);
    answer_all(f, l, "+PONG\r\n"); /* as good as any for the lookups that nobody waits for */
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_CLOSED);
    fake_look_up(f, &k, "other");
    fake_answer(f, fake_asking(f, "GETRANGE"), "$1\r\na\r\n");
    assert_found(&k, "a");
    fake_free(f);
}

/* How long until it is in this state. */
static uint64_t wait_for(struct fake *f, hf_breaker breaker)
{
    uint64_t begun = f->now;
    while (fake_stats(f).breaker_state != breaker) {
        fake_wait(f, 1);
        assert_true(f->now < begun + 10000);
    }
    return f->now - begun;
}

/* Each PING that is not answered in time doubles the pause. The link is given up after two seconds. */
static void a_ping_that_is_not_answered(void **state)
{
    (void)state;
    struct fake *f = opened();
    f->greets = false;
    for (unsigned pings = 1, wait = 50; pings <= 4; pings++, wait *= 2) {
        assert_in_range(wait_for(f, HF_BREAKER_HALF_OPEN), wait - wait / 4, wait);
        assert_int_equal(fake_count(f, "PING"), pings);
        assert_int_equal(wait_for(f, HF_BREAKER_OPEN), 25);
    }
    fake_free(f);
}

static void a_ping_that_is_refused(void **state)
{
    (void)state;
    struct fake *f = opened();
    f->greets = false;
    fake_wait(f, 50);
    answer_all(f, fake_link(f, 0), "-LOADING Redis is loading the dataset in memory\r\n");
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_OPEN);
    fake_free(f);
}

static void a_link_lost_while_half_open(void **state)
{
    (void)state;
    struct fake *f = opened();
    f->greets = false;
    fake_wait(f, 50);
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_HALF_OPEN);
    fake_say(f, fake_link(f, 0), "", 0);
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_OPEN);
    f->greets = true;
    fake_wait(f, 60); /* a new link; it is tried at once */
    assert_int_equal(fake_stats(f).connected, 1);
    assert_int_equal(fake_stats(f).breaker_state, HF_BREAKER_CLOSED);
    fake_free(f);
}

/* A stopped server that goes on: late replies, then the breaker closes by itself. */
static void stopped_and_continued(void **state)
{
    (void)state;
    struct fake *f = opened();
    fake_wait(f, 1000);
    struct fake_link *l = fake_link(f, 0);
    assert_int_equal(f->hangups, 0);
    while (fake_count(f, "GETRANGE")) {
        fake_answer(f, l, "$4\r\nlate\r\n");
    }
    assert_int_equal(fake_stats(f).late, 5);
    while (fake_stats(f).breaker_state != HF_BREAKER_CLOSED) {
        answer_all(f, l, "+PONG\r\n");
        fake_wait(f, 10);
        assert_true(f->now < FAKE_START + 10000);
    }
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_in_a_row),
        cmocka_unit_test(half_of_twenty),
        cmocka_unit_test(pauses),
        cmocka_unit_test(nothing_is_asked_while_open),
        cmocka_unit_test(a_ping_closes_it),
        cmocka_unit_test(a_ping_that_is_not_answered),
        cmocka_unit_test(a_ping_that_is_refused),
        cmocka_unit_test(a_link_lost_while_half_open),
        cmocka_unit_test(stopped_and_continued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
