/* SPDX-License-Identifier: MIT */
/* What must hold of every flow table, whatever rows it has. tests/unit/test_cursor.c shows the cursor by
 * examples. */
#include "flow_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BIT(m) (UINT32_C(1) << (m))

static const struct step *const flows[] = {flow_hello, flow_full12, flow_resume12, flow_tls13,
                                           flow_authenticate13};
enum { FLOWS = sizeof flows / sizeof *flows };
/* Of these each row stands alone. */
static const struct step *const anytime[] = {flow_anytime12, flow_anytime13, flow_compatible13};
enum { ANYTIME = sizeof anytime / sizeof *anytime };

/* Plays every flow with every consistent set of the facts it mentions. Answers how many walks that were. */
static unsigned for_every_walk(struct walk *w, void (*ended)(struct walk *w))
{
    unsigned walks = 0;
    for (size_t i = 0; i < FLOWS; i++) {
        uint32_t mask = flow_facts(flows[i]), facts = 0;
        do {
            if (facts_consistent(flows[i], facts)) {
                walk_alone(w, flows[i], facts);
                if (!walk_flow(w)) {
                    fail_msg("%s, facts %#x: %s", flow_name(flows[i]), (unsigned)facts, w->fault);
                }
                if (ended != NULL) {
                    ended(w);
                }
                walks++;
            }
            facts = next_subset(facts, mask);
        } while (facts != 0);
    }
    return walks;
}

static _Noreturn void fault_at(const struct walk *w, const char *what, const char *of)
{
    fail_msg("%s, facts %#x, after '%s': %s %s", flow_name(w->side[CLIENT].flow), (unsigned)w->truth,
             w->letters, what, of);
    abort();
}

/* ---- the tables themselves ---- */

/* A fact that a message sets must not have been asked before that message, or the two sides would have read
 * different rows. */
static void test_no_row_asks_a_choice_before_it_is_made(void **state)
{
    (void)state;
    unsigned choices = 0;
    for (size_t i = 0; i < FLOWS; i++) {
        uint32_t asked = 0, made = 0;
        for (const struct step *s = flows[i]; s->what != END_OF_FLOW; s++) {
            asked |= s->when | s->unless;
            assert_int_equal(s->sets & asked, 0);
            assert_int_equal(s->sets & made, 0); /* one message makes it */
            made |= s->sets;
            choices += s->sets != 0;
        }
    }
    assert_true(choices > 0);
}

static bool is_of_tls12(const struct step *flow)
{
    return flow == flow_full12 || flow == flow_resume12 || flow == flow_anytime12;
}

static enum keys keys_behind(const struct step *flow, const struct step *s)
{
    if (is_of_tls12(flow)) { /* RFC 5246 7.1: ChangeCipherSpec, and nothing else, changes the keys */
        return s->what == CHANGE_CIPHER_SPEC ? NEW_KEYS : SAME_KEYS;
    }
    switch (s->what) {
    case protect_early_data: /* RFC 8446 2.3 */
        return EARLY_KEYS;
    case agree_secret:      /* RFC 8446 4.1.3: what follows ServerHello is encrypted */
    case END_OF_EARLY_DATA: /* RFC 8446 4.5 */
        return HANDSHAKE_KEYS;
    case FINISHED: /* RFC 8446 4.4.4; but nothing changes behind post-handshake authentication, 4.6.2 */
        return flow == flow_authenticate13 ? SAME_KEYS : APPLICATION_KEYS;
    case KEY_UPDATE: /* RFC 8446 4.6.3 */
        return NEXT_KEYS;
    default: /* RFC 8446 D.4: ChangeCipherSpec too */
        return SAME_KEYS;
    }
}

static void check_row(const struct step *flow, const struct step *s)
{
    assert_true(s->what < MESSAGE_COUNT || step_is_local(s));
    assert_true(strlen(step_name(s->what)) > 0);
    assert_int_equal(s->when & s->unless, 0);
    assert_int_equal(s->sets & (s->sets - 1), 0); /* a choice is one fact */
    assert_int_equal(s->then, keys_behind(flow, s));
    assert_false(step_is_local(s) && s->sets != 0);
}

static void test_rows_are_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FLOWS; i++) {
        for (const struct step *s = flows[i]; s->what != END_OF_FLOW; s++) {
            check_row(flows[i], s);
        }
    }
    for (size_t i = 0; i < ANYTIME; i++) {
        for (const struct step *s = anytime[i]; s->what != END_OF_FLOW; s++) {
            check_row(anytime[i], s);
            assert_false(step_is_local(s));
            assert_int_equal(s->when | s->unless, 0);
            assert_ptr_equal(flow_anytime_accepts(anytime[i], s->by, (enum message)s->what), s);
        }
    }
}

/* Were the last message of a flow optional, its receiver could not know that the flow has ended. */
static void test_the_last_message_always_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < FLOWS; i++) {
        const struct step *last = NULL;
        for (const struct step *s = flows[i]; s->what != END_OF_FLOW; s++) {
            last = s;
        }
        assert_non_null(last);
        assert_true(last->what < MESSAGE_COUNT);
        assert_int_equal(last->when | last->unless | last->sets, 0);
    }
}

/* ---- every walk ends ---- */

static void both_know_the_truth(struct walk *w)
{
    if (w->side[CLIENT].facts != w->truth || w->side[SERVER].facts != w->truth) {
        fault_at(w, "a side ends with other facts", "");
    }
}

static void test_every_flow_with_every_facts_ends_on_both_sides(void **state)
{
    (void)state;
    struct walk w = {0};
    unsigned walks = for_every_walk(&w, both_know_the_truth);
    print_message("walked %u (flow, facts) pairs with two independent cursors\n", walks);
    assert_true(walks > 4000);
}

/* ---- S1: at every point exactly the allowed messages ---- */

/* What the sender could send next, over all the choices it has not made yet: read off the sender, not off the
 * receiver. */
static uint32_t what_the_peer_may_send(const struct cursor *sender)
{
    uint32_t open = flow_choices(sender->flow, sender->me) & ~sender->frozen, chosen = 0, messages = 0;
    do {
        struct cursor c = *sender;
        c.facts = (sender->facts & ~open) | chosen;
        const struct step *s = cursor_peek(&c);
        while (s != NULL && s->by == c.me && step_is_local(s)) {
            cursor_advance(&c);
            s = cursor_peek(&c);
        }
        bool sends = s != NULL && s->by == c.me && facts_consistent(sender->flow, c.facts);
        messages |= sends ? BIT(s->what) : 0;
        chosen = next_subset(chosen, open);
    } while (chosen != 0);
    return messages;
}

/* Both cursors just after the last message: what its own local steps settle since then a sender has not told
 * anybody. */
static void note_last_message(struct walk *w, enum side who, const struct step *s)
{
    struct cursor *told = w->notes;
    if (!step_is_local(s)) {
        told[who] = w->side[who];
    }
}

static unsigned accepted, refused;

static void try_every_message(const struct walk *w, const struct cursor *receiver, uint32_t expected)
{
    for (uint16_t m = 0; m <= MESSAGE_COUNT; m++) { /* MESSAGE_COUNT: a type nobody knows */
        struct cursor probe;
        memcpy(&probe, receiver, sizeof probe);
        const struct step *got = cursor_accept(&probe, (enum message)m);
        if (m < MESSAGE_COUNT && (expected & BIT(m)) != 0) {
            bool right = got != NULL && got->what == m && got->by != receiver->me && probe.at == got + 1 &&
                         cursor_has(&probe, got->sets);
            if (!right) {
                fault_at(w, "not accepted as it should be:", step_name(m));
            }
            accepted++;
        } else {
            if (got != NULL) {
                fault_at(w, "accepted out of order:", step_name(m));
            }
            if (memcmp(&probe, receiver, sizeof probe) != 0) {
                fault_at(w, "refused, but the cursor changed:", step_name(m));
            }
            refused++;
        }
    }
}

static void look_at_expected(struct walk *w)
{
    struct cursor *told = w->notes;
    for (int i = CLIENT; i <= SERVER; i++) {
        if (w->side[i].at == w->side[i].flow) {
            told[i] = w->side[i];
        }
    }
    for (int i = CLIENT; i <= SERVER; i++) {
        const struct cursor *receiver = &w->side[i];
        const struct step *next = cursor_peek(receiver);
        bool waits = next != NULL && next->by != receiver->me;
        uint32_t expected = cursor_expected(receiver);
        if (waits && expected != what_the_peer_may_send(&told[!i])) {
            fault_at(w, "the receiver expects other messages than can come at", step_name(next->what));
        }
        if (!waits && expected != 0) {
            fault_at(w, "a message is expected though a step of our own is due", "");
        }
        if (waits && (expected & BIT(next->what)) == 0) {
            fault_at(w, "peek answers a message that is not expected:", step_name(next->what));
        }
        try_every_message(w, receiver, expected);
    }
}

static void test_exactly_the_expected_messages_are_accepted(void **state)
{
    (void)state;
    struct cursor told[2];
    struct walk w = {.look = look_at_expected, .passed = note_last_message, .notes = told};
    accepted = refused = 0;
    unsigned walks = for_every_walk(&w, NULL);
    print_message("in %u walks %u messages accepted, %u refused\n", walks, accepted, refused);
    assert_true(accepted > 10 * walks && refused > 100 * walks);
}

/* ---- facts are frozen once a passed step depended on them ---- */

/* Read off the table: what the rows before the cursor mention, but for the peer's local ones. */
static uint32_t depended_on(const struct cursor *c)
{
    uint32_t facts = 0;
    for (const struct step *s = c->flow; s < c->at; s++) {
        if (s->by == c->me || !step_is_local(s)) {
            facts |= s->when | s->unless | s->sets;
        }
    }
    return facts;
}

static void look_at_frozen(struct walk *w)
{
    for (int i = CLIENT; i <= SERVER; i++) {
        const struct cursor *c = &w->side[i];
        for (unsigned bit = 0; bit < FACT_COUNT; bit++) {
            struct cursor probe;
            memcpy(&probe, c, sizeof probe);
            bool holds = cursor_has(c, BIT(bit)), frozen = (depended_on(c) & BIT(bit)) != 0;
            enum err e = cursor_set(&probe, BIT(bit));
            if (e != (frozen && !holds ? E_INTERNAL : OK)) {
                fault_at(w, frozen ? "could still be set:" : "could not be set:", fact_name(bit));
            }
            probe.facts &= ~(frozen || holds ? 0 : BIT(bit));
            if (memcmp(&probe, c, sizeof probe) != 0) {
                fault_at(w, "setting changed more than it should:", fact_name(bit));
            }
        }
    }
}

static void test_a_fact_depended_on_cannot_change(void **state)
{
    (void)state;
    struct walk w = {.look = look_at_frozen};
    assert_true(for_every_walk(&w, NULL) > 0);
}

/* ---- S2, S3: ChangeCipherSpec and Finished ---- */

struct key_changes {
    const struct step *point[2]; /* where a side last would have taken ChangeCipherSpec */
    unsigned points[2];
    bool taken[2], agreed[2];
};

static void look_at_key_change(struct walk *w)
{
    struct key_changes *k = w->notes;
    for (int i = CLIENT; i <= SERVER; i++) {
        const struct cursor *c = &w->side[i];
        if ((cursor_expected(c) & BIT(CHANGE_CIPHER_SPEC)) == 0 || k->point[i] == c->at) {
            continue;
        }
        k->point[i] = c->at;
        k->points[i]++;
        /* RFC 5246 8.1, CVE-2014-0224: there are no keys to change to before the secret is agreed */
        if (c->flow == flow_full12 && !k->agreed[i]) {
            fault_at(w, "ChangeCipherSpec is taken before agree_secret", "");
        }
    }
}

static void note_key_change(struct walk *w, enum side who, const struct step *s)
{
    struct key_changes *k = w->notes;
    k->agreed[who] |= s->by == who && s->what == agree_secret;
    if (s->what == CHANGE_CIPHER_SPEC && s->by != who) {
        k->taken[who] = true;
        if (cursor_expected(&w->side[who]) != BIT(FINISHED)) {
            fault_at(w, "after ChangeCipherSpec more than Finished is taken", "");
        }
    }
    if (s->what == CHANGE_CIPHER_SPEC && s->by == who) {
        const struct step *next = cursor_peek(&w->side[who]);
        if (next == NULL || next->by != who || next->what != FINISHED) {
            fault_at(w, "after ChangeCipherSpec something else than Finished is sent", "");
        }
    }
}

static unsigned key_changes;

static void once_per_side(struct walk *w)
{
    struct key_changes *k = w->notes;
    unsigned times = is_of_tls12(w->side[CLIENT].flow) ? 1 : 0; /* in TLS 1.3 it is no part of the order */
    for (int i = CLIENT; i <= SERVER; i++) {
        if (k->points[i] != times || k->taken[i] != (times == 1)) {
            fault_at(w, "ChangeCipherSpec is taken at another number of points than one", "");
        }
        key_changes += times;
    }
    memset(k, 0, sizeof *k);
}

static void test_change_cipher_spec_has_one_point_and_finished_follows(void **state)
{
    (void)state;
    struct key_changes k = {0};
    struct walk w = {.look = look_at_key_change, .passed = note_key_change, .notes = &k};
    key_changes = 0;
    assert_true(for_every_walk(&w, once_per_side) > 0);
    assert_true(key_changes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_row_asks_a_choice_before_it_is_made),
        cmocka_unit_test(test_rows_are_well_formed),
        cmocka_unit_test(test_the_last_message_always_comes),
        cmocka_unit_test(test_every_flow_with_every_facts_ends_on_both_sides),
        cmocka_unit_test(test_exactly_the_expected_messages_are_accepted),
        cmocka_unit_test(test_a_fact_depended_on_cannot_change),
        cmocka_unit_test(test_change_cipher_spec_has_one_point_and_finished_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
