/* SPDX-License-Identifier: MIT */
/* Whole handshakes: what each side learns comes in time, what protects each message is what the RFC says, and
 * the scenarios can be played. test_flows.c is about the tables one by one. */
#include "flow_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_both_know_the_truth(const struct walk *w)
{
    assert_int_equal(w->side[CLIENT].facts, w->truth);
    assert_int_equal(w->side[SERVER].facts, w->truth);
}

/* Whole handshakes of one version, where a side is told a fact when it can first know it: nothing it learns
 * had been depended on before. Answers how many end in the flow. */
static unsigned walk_handshakes(const struct step *last, uint32_t mask)
{
    unsigned walks = 0;
    uint32_t hello = flow_facts(flow_hello) | RESUMED, facts = 0;
    do {
        const struct step *second = flow_after(flow_hello, facts);
        bool mentioned = (facts & ~hello & ~flow_facts(second)) == 0;
        if (second == last && mentioned && facts_sensible(facts) && facts_consistent(flow_hello, facts) &&
            facts_consistent(second, facts)) {
            struct walk w = {0};
            walk_start(&w, facts);
            if (!walk_handshake(&w)) {
                fail_msg("facts %#x: %s", (unsigned)facts, w.fault);
            }
            assert_ptr_equal(w.side[CLIENT].flow, second);
            assert_both_know_the_truth(&w);
            walks++;
        }
        facts = next_subset(facts, mask);
    } while (facts != 0);
    return walks;
}

static void test_every_handshake_ends_with_facts_learned_on_the_way(void **state)
{
    (void)state;
    uint32_t hello = flow_facts(flow_hello) | RESUMED;
    unsigned full = walk_handshakes(flow_full12, (hello & ~(uint32_t)TLS13) | flow_facts(flow_full12));
    unsigned resumed = walk_handshakes(flow_resume12, (hello & ~(uint32_t)TLS13) | flow_facts(flow_resume12));
    unsigned tls13 = walk_handshakes(flow_tls13, hello | flow_facts(flow_tls13));
    print_message("walked %u full and %u abbreviated handshakes of TLS 1.2, %u of TLS 1.3\n", full, resumed,
                  tls13);
    assert_true(full > 1000 && resumed > 0 && tls13 > 100);
}

/* The same of post-handshake authentication, which begins with nothing known. */
static void test_every_authentication_ends_with_facts_learned_on_the_way(void **state)
{
    (void)state;
    uint32_t mask = flow_facts(flow_authenticate13), facts = 0;
    unsigned walks = 0;
    do {
        uint32_t truth = facts;
        if (facts_sensible(truth | TLS13_OFFERED | TLS13 | CLIENT_AUTH | CERTIFICATE_AUTH | KEY_SHARE) &&
            facts_consistent(flow_authenticate13, truth)) {
            struct walk w = {0};
            walk_in_the_dark(&w, flow_authenticate13, truth);
            if (!walk_handshake(&w)) {
                fail_msg("facts %#x: %s", (unsigned)truth, w.fault);
            }
            assert_both_know_the_truth(&w);
            walks++;
        }
        facts = next_subset(facts, mask);
    } while (facts != 0);
    assert_int_equal(walks, 6); /* a certificate or none; offered compression or not, and taken or not */
}

/* ---- RFC 8446 2: what is in [ ], in { }, in ( ) of the figures, and what in none ---- */

struct keys_held {
    enum keys write[2], read[2];
    struct epochs seen[2]; /* epochs.c's account of the same, as each side can know it */
    unsigned protected;
};

static enum keys brackets(const struct step *s)
{
    switch (s->what) {
    case CLIENT_HELLO:
    case HELLO_RETRY_REQUEST:
    case SERVER_HELLO:
        return SAME_KEYS; /* there are none yet */
    case END_OF_EARLY_DATA:
        return EARLY_KEYS;
    default:
        return HANDSHAKE_KEYS;
    }
}

/* As the rows say; and where early data ends without EndOfEarlyData: RFC 8446 4.2.10. */
static void change(struct keys_held *k, const struct cursor *c, const struct step *s)
{
    enum side who = c->me;
    if (s->then == HANDSHAKE_KEYS && step_is_local(s) &&
        cursor_has(c, CARRIED_BY_QUIC)) { /* RFC 9001 4.1.4 */
        k->write[who] = k->read[who] = HANDSHAKE_KEYS;
    } else if (s->then == HANDSHAKE_KEYS && step_is_local(s)) {
        k->write[who] = k->write[who] == EARLY_KEYS ? EARLY_KEYS : HANDSHAKE_KEYS;
        k->read[who] = who == SERVER && cursor_has(c, EARLY_DATA) ? EARLY_KEYS : HANDSHAKE_KEYS;
    } else if (s->then != SAME_KEYS) {
        *(s->by == who ? &k->write[who] : &k->read[who]) = s->then;
    }
    if (who == CLIENT && s->what == HELLO_RETRY_REQUEST) {
        k->write[who] = SAME_KEYS;
    }
    if (who == CLIENT && s->what == ENCRYPTED_EXTENSIONS && !cursor_has(c, EARLY_DATA)) {
        k->write[who] = HANDSHAKE_KEYS;
    }
}

static void note_keys(struct walk *w, enum side who, const struct step *s)
{
    struct keys_held *k = w->notes;
    if (!step_is_local(s)) {
        enum keys with = s->by == who ? k->write[who] : k->read[who];
        if (with != brackets(s)) {
            fail_msg("facts %#x, after '%s', side %d: %s under keys %d", (unsigned)w->truth, w->letters,
                     (int)who, step_name(s->what), (int)with);
        }
        static const unsigned numbers[] = {
            [EARLY_KEYS] = 1, [HANDSHAKE_KEYS] = 2, [APPLICATION_KEYS] = 3}; /* RFC 9147 6.1 */
        assert_int_equal(k->seen[who].keys[s->by], with);
        assert_int_equal(k->seen[who].number[s->by], numbers[with]);
        k->protected += with != SAME_KEYS;
    }
    change(k, &w->side[who], s);
    epochs_pass(&k->seen[who], s, w->side[who].facts);
}

static void test_what_protects_each_message_of_tls13(void **state)
{
    (void)state;
    uint32_t mask = flow_facts(flow_hello) | RESUMED | flow_facts(flow_tls13), facts = 0;
    unsigned walks = 0;
    do {
        if ((facts & TLS13) != 0 && facts_sensible(facts) && facts_consistent(flow_hello, facts) &&
            facts_consistent(flow_tls13, facts)) {
            struct keys_held k = {.write = {SAME_KEYS, SAME_KEYS}, .read = {SAME_KEYS, SAME_KEYS}};
            struct walk w = {.passed = note_keys, .notes = &k};
            walk_start(&w, facts);
            assert_true(walk_handshake(&w));
            for (int i = CLIENT; i <= SERVER; i++) {
                assert_int_equal(k.write[i], APPLICATION_KEYS);
                assert_int_equal(k.read[i], APPLICATION_KEYS);
                assert_int_equal(k.seen[i].keys[CLIENT], APPLICATION_KEYS);
                assert_int_equal(k.seen[i].keys[SERVER], APPLICATION_KEYS);
            }
            assert_true(k.protected >= 6); /* EncryptedExtensions and two Finished, seen by two */
            walks++;
        }
        facts = next_subset(facts, mask);
    } while (facts != 0);
    assert_true(walks > 100);
}

/* RFC 5246 7.1: one change a handshake; RFC 8446 4.6.3: one a KeyUpdate, and the other side's keys stay */
static void test_epochs_are_counted(void **state)
{
    (void)state;
    struct epochs e = {.keys = {SAME_KEYS, SAME_KEYS}};
    const struct step *update = flow_anytime_accepts(flow_anytime13, CLIENT, KEY_UPDATE);
    for (unsigned handshake = 1; handshake <= 2; handshake++) {
        for (const struct step *s = flow_resume12; s->what != END_OF_FLOW; s++) {
            epochs_pass(&e, s, NO_FACT);
        }
        assert_int_equal(e.number[CLIENT], handshake);
        assert_int_equal(e.number[SERVER], handshake);
        assert_string_equal(keys_name(e.keys[CLIENT]), "");
    }
    e = (struct epochs){.keys = {APPLICATION_KEYS, APPLICATION_KEYS}, .number = {3, 3}};
    epochs_pass(&e, update, NO_FACT);
    epochs_pass(&e, update, NO_FACT);
    assert_int_equal(e.number[CLIENT], 5);
    assert_int_equal(e.number[SERVER], 3);
    assert_string_equal(keys_name(e.keys[CLIENT]), "application");
}

/* ---- scenarios ---- */

static void walk_act(const struct scenario *s, const struct act *hello)
{
    struct walk w = {0};
    walk_start(&w, hello[0].facts | hello[1].facts);
    assert_true(walk_handshake(&w));
    assert_ptr_equal(hello[1].flow, w.side[CLIENT].flow);
    print_message("%-20s %s\n", s->name, w.letters);
}

/* Of TLS 1.2 the facts say what follows; a complete connection of TLS 1.3 may see any of these next: RFC
 * 8446 4.6. */
static bool may_follow(const struct act *before, const struct step *next)
{
    const struct step *after = flow_after(before->flow, before->facts);
    bool complete13 = after == NULL && (before->facts & TLS13) != 0 && before->flow != flow_hello;
    return after == next || (complete13 && (next == flow_anytime13 || next == flow_authenticate13));
}

static void test_every_scenario_can_be_played(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct scenario *s; (s = scenario_at(n)) != NULL; n++) {
        size_t acts = 0;
        for (const struct act *a = s->acts; a->flow != NULL; a++, acts++) {
            assert_true(acts + 1 < sizeof s->acts / sizeof *s->acts);
            assert_true(facts_consistent(a->flow, a->facts) && facts_sensible(a->facts));
            assert_true(acts == 0 || may_follow(&a[-1], a->flow));
            if (a->flow == flow_hello) { /* each handshake is walked for itself */
                walk_act(s, a);
            }
        }
        assert_null(flow_after(s->acts[acts - 1].flow, s->acts[acts - 1].facts));
    }
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_handshake_ends_with_facts_learned_on_the_way),
        cmocka_unit_test(test_every_authentication_ends_with_facts_learned_on_the_way),
        cmocka_unit_test(test_what_protects_each_message_of_tls13),
        cmocka_unit_test(test_epochs_are_counted),
        cmocka_unit_test(test_every_scenario_can_be_played),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
