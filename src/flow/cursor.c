/* SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <assert.h>

static bool row_exists(const struct step *s, uint32_t facts)
{
    return (s->when & facts) == s->when && (s->unless & facts) == 0;
}

/* What the peer does without a message is its own business: such a row is neither waited for nor weighed. */
static bool is_peers_own(const struct cursor *c, const struct step *s)
{
    return s->by != c->me && step_is_local(s);
}

static bool is_passed_over(const struct cursor *c, const struct step *s)
{
    bool not_chosen = s->by == c->me && s->sets != 0 && (s->sets & c->facts) == 0;
    return is_peers_own(c, s) || !row_exists(s, c->facts) || not_chosen;
}

/* The first row from s on that concerns this side by the facts, or the row END_OF_FLOW. */
static const struct step *next_row(const struct cursor *c, const struct step *s)
{
    while (s->what != END_OF_FLOW && is_passed_over(c, s)) {
        s++;
    }
    return s;
}

/* Likewise, but NULL where it is not a message to wait for: a row of ours comes first, or the flow has ended.
 */
static const struct step *next_awaited(const struct cursor *c, const struct step *s)
{
    s = next_row(c, s);
    return s->what == END_OF_FLOW || s->by == c->me ? NULL : s;
}

/*
 * A row weighed is a row settled: whether it exists must not change afterwards, and a choice not made can no
 * longer be made, also where its row did not exist.
 */
static void pass(struct cursor *c, const struct step *last)
{
    for (const struct step *s = c->at; s <= last; s++) {
        if (!is_peers_own(c, s)) {
            c->frozen |= s->when | s->unless | s->sets;
        }
    }
    c->at = last + 1;
}

void cursor_start(struct cursor *c, const struct step *flow)
{
    c->flow = flow;
    c->at = flow;
}

const struct step *cursor_peek(const struct cursor *c)
{
    const struct step *s = next_row(c, c->at);
    return s->what == END_OF_FLOW ? NULL : s;
}

void cursor_advance(struct cursor *c)
{
    const struct step *s = cursor_peek(c);
    assert(s != NULL && s->by == c->me);
    pass(c, s);
}

const struct step *cursor_accept(struct cursor *c, enum message m)
{
    for (const struct step *s = next_awaited(c, c->at); s != NULL; s = next_awaited(c, s + 1)) {
        if (s->what == m) {
            pass(c, s);
            c->facts |= s->sets;
            return s;
        }
        if (s->sets == 0) {
            break;
        }
    }
    return NULL;
}

uint32_t cursor_expected(const struct cursor *c)
{
    uint32_t expected = 0;
    for (const struct step *s = next_awaited(c, c->at); s != NULL; s = next_awaited(c, s + 1)) {
        expected |= UINT32_C(1) << s->what;
        if (s->sets == 0) {
            break;
        }
    }
    return expected;
}

enum err cursor_set(struct cursor *c, uint32_t fact)
{
    if ((fact & c->frozen & ~c->facts) != 0) {
        return E_INTERNAL;
    }
    c->facts |= fact;
    return OK;
}

const struct step *flow_anytime_accepts(const struct step *flow, enum side by, enum message m)
{
    for (const struct step *s = flow; s->what != END_OF_FLOW; s++) {
        if (s->by == by && s->what == m) {
            return s;
        }
    }
    return NULL;
}
