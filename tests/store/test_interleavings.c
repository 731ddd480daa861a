/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

/*
 * Every order of what a server, the network, the clock and the application can do, six steps long, two
 * lookups at most: done is called exactly once, or never after a cancel; no lookup outlives its budget; what
 * comes behind it is given to nobody; freeing ends what is left.
 */
enum step {
    LOOK_UP,
    CANCEL, /* the last one */
    REPLY,  /* to what was asked first */
    ERROR,
    HALF, /* half of a reply, the rest with the next step that says something */
    CLOSE,
    SHORT_WAIT, /* within the budget */
    TIME_OUT,   /* beyond it: a reply after that is late */
    LATE_LOOP,  /* the same, and nobody ticks */
    FORGET,
    STEPS
};
static const char *const names[STEPS] = {"look up", "cancel", "reply",    "error",     "half a reply",
                                         "close",   "wait",   "time out", "late loop", "forget"};
#define LENGTH 6
#define KEY "k"
#define BUDGET 25

struct run {
    struct fake *f;
    struct fake_lookup lookup[LENGTH];
    bool cancelled[LENGTH], seen[LENGTH]; /* seen: its end was judged */
    size_t lookups;
    bool half, forgotten;
    const char *copy; /* the record that the store may keep here; NULL: it was sent none */
};

/* resp, which is this record or none; the other half of what was begun goes first. */
static void say(struct run *r, const char *resp, const char *record)
{
    struct fake_link *l = fake_any_asked(r->f);
    if (l) {
        record = r->half ? "abcd" : record;
        fake_answer(r->f, l, r->half ? "cd\r\n" : resp);
        r->half = false;
        r->copy = record && !r->forgotten ? record : r->copy;
    }
}

static void half(struct run *r)
{
    struct fake_link *l = fake_any_asked(r->f);
    if (l && !r->half) {
        r->half = true;
        fake_say(r->f, l, "$4\r\nab", 6);
    }
}

static void close_all(struct run *r)
{
    while (fake_links(r->f)) {
        r->f->refuses = true; /* no new one for now */
        fake_say(r->f, fake_link(r->f, 0), "", 0);
    }
    r->half = r->f->refuses = false;
}

static void late_loop(struct run *r)
{
    r->f->no_ticks = true;
    r->f->now += 40;
    say(r, "$4\r\nlate\r\n", "late");
    r->f->no_ticks = false;
    fake_settle(r->f);
}

static void take_step(struct run *r, enum step step)
{
    switch (step) {
    case LOOK_UP:
        fake_look_up(r->f, &r->lookup[r->lookups++], KEY);
        break;
    case CANCEL:
        if (r->lookups) {
            struct fake_lookup *k = &r->lookup[r->lookups - 1];
            hf_store_cancel(r->f->store, k->name);
            r->cancelled[r->lookups - 1] = r->cancelled[r->lookups - 1] || k->calls == 0;
            fake_settle(r->f);
        }
        break;
    case REPLY:
        say(r, "$4\r\nabcd\r\n", "abcd");
        break;
    case ERROR:
        say(r, "-ERR no\r\n", NULL);
        break;
    case HALF:
        half(r);
        break;
    case CLOSE:
        close_all(r);
        break;
    case SHORT_WAIT:
        fake_wait(r->f, 10);
        break;
    case TIME_OUT:
        fake_wait(r->f, 40);
        break;
    case LATE_LOOP:
        late_loop(r);
        break;
    case FORGET:
        fake_forget(r->f, KEY);
        r->forgotten = true;
        r->copy = NULL;
        break;
    case STEPS:
        break;
    }
}

/* What holds at any time. */
static const char *judge(const struct run *r)
{
    for (size_t i = 0; i < r->lookups; i++) {
        const struct fake_lookup *k = &r->lookup[i];
        if (k->calls > 1) {
            return "done was called twice";
        }
        if (r->cancelled[i] && k->calls) {
            return "done was called after cancel";
        }
        if (!r->cancelled[i] && k->calls == 0 && r->f->now >= k->began + BUDGET) {
            return "a lookup outlives its budget";
        }
        if (k->calls && k->found && k->len != 4) {
            return "a record that was not there";
        }
        if (k->calls && !k->found && k->why != HF_SESSION_UNKNOWN && k->why != HF_SESSION_STORE_LATE &&
            k->why != HF_SESSION_STORE_FAILED) {
            return "a reason that is none";
        }
    }
    return NULL;
}

/* What ended with this step, with the copy that was here before it: that alone may serve whoever waited too
 * long. */
static const char *judge_late(struct run *r, const char *copy)
{
    for (size_t i = 0; i < r->lookups; i++) {
        const struct fake_lookup *k = &r->lookup[i];
        bool late = k->calls && !r->seen[i] && k->found && k->ended >= k->began + BUDGET;
        r->seen[i] = k->calls > 0;
        if (late && (copy == NULL || strcmp(k->record, copy) != 0)) {
            return "a record is given out too late";
        }
    }
    return NULL;
}

static void complain(const enum step *steps, size_t count, const char *what)
{
    char text[256] = "";
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s", i ? ", " : "", names[steps[i]]);
    }
    fail_msg("%s: %s", text, what);
}

static void run(const enum step *steps, size_t count)
{
    static const hf_store_options one = {.connections = 1, .in_flight = 8, .local_sessions = 8};
    struct run r = {.f = fake_up("redis://127.0.0.1", &one)};
    const char *wrong = NULL;
    for (size_t i = 0; i < count && !wrong; i++) {
        const char *copy = r.copy;
        take_step(&r, steps[i]);
        wrong = judge(&r);
        wrong = wrong ? wrong : judge_late(&r, copy);
    }
    hf_store_stats s = fake_stats(r.f);
    size_t ended = 0, open = 0;
    for (size_t i = 0; i < r.lookups; i++) {
        ended += r.lookup[i].calls;
        open += r.lookup[i].calls == 0 && !r.cancelled[i];
    }
    if (s.in_flight != open || s.hit + s.miss + s.timeout + s.error + s.breaker + s.in_flight_full != ended) {
        wrong = "the counts are wrong";
    }
    fake_free(r.f);
    for (size_t i = 0; i < r.lookups && !wrong; i++) {
        if (r.lookup[i].calls + r.cancelled[i] != 1) {
            wrong = "freeing does not end it";
        }
    }
    if (wrong) {
        complain(steps, count, wrong);
    }
}

static void every_order(void **state)
{
    (void)state;
    enum step steps[LENGTH] = {LOOK_UP};
    unsigned long runs = 0;
    for (unsigned long n = 0; n < 100000; n++) { /* STEPS to the power of LENGTH - 1 */
        unsigned long rest = n;
        for (size_t i = 1; i < LENGTH; i++, rest /= STEPS) {
            steps[i] = (enum step)(rest % STEPS);
        }
        run(steps, LENGTH);
        runs++;
    }
    print_message("%lu orders\n", runs);
}

/* done that uses the store: looks up again, cancels another, puts and forgets. */
struct busy {
    struct fake *f;
    struct fake_lookup inner;
    uint64_t other;
    unsigned calls;
};

static void done_again(void *arg, hf_bytes record, hf_resumption why)
{
    struct busy *b = arg;
    hf_session_record put = {.key = "new", .sealed = {(const uint8_t *)"new", 3}, .life = 10},
                      forget = {.key = "new"};
    (void)why;
    b->calls++;
    hf_store_cancel(b->f->store, b->other);
    hf_store_effect(b->f->store, &put);
    hf_store_effect(b->f->store, &forget);
    b->inner.fake = b->f;
    b->inner.name = hf_store_look_up(b->f->store, "inner", fake_done, &b->inner, b->f->now);
    if (record.len) { /* still what it was */
        assert_memory_equal(record.data, "abcd", record.len);
    }
}

static void done_uses_the_store(void **state)
{
    (void)state;
    static const hf_store_options one = {.connections = 1};
    for (int way = 0; way < 4; way++) {
        struct busy b = {.f = fake_up("redis://127.0.0.1", &one)};
        struct fake_lookup other;
        if (way == 3) {
            fake_put(b.f, "a", "abcd", 10);
            fake_answer(b.f, fake_asking(b.f, "SET"), "+OK\r\n");
        }
        assert_true(hf_store_look_up(b.f->store, "a", done_again, &b, b.f->now) != 0);
        fake_look_up(b.f, &other, "b");
        b.other = other.name;
        if (way == 0) {
            fake_answer(b.f, fake_asking(b.f, "GETRANGE"), "$4\r\nabcd\r\n");
        } else if (way == 1) {
            fake_wait(b.f, 30);
        } else if (way == 2) {
            fake_say(b.f, fake_link(b.f, 0), "", 0);
        } else {
            fake_wait(b.f, 30); /* served from here, and then forgotten by done */
        }
        assert_int_equal(b.calls, 1);
        fake_wait(b.f, 60);
        assert_int_equal(b.inner.calls, 1);
        assert_true(other.calls <= 1); /* cancelled, unless it ended before */
        fake_free(b.f);
        assert_true(b.calls == 1 && b.inner.calls == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_order), cmocka_unit_test(done_uses_the_store)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
