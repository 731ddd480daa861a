/* SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <stdio.h>

struct words {
    const char *name, *meaning;
};
static const struct words facts[] = {
#define FACT(name, meaning) {#name, meaning},
#include "flow/facts.def"
#undef FACT
};
static const struct words local_steps[] = {
#define LOCAL(id, what) {#id, what},
#include "flow/steps.def"
#undef LOCAL
};

/* Facts are the bits of a uint32_t, and so are the messages of cursor_expected. */
_Static_assert((int)FACT_COUNT <= 31, "a fact does not fit");
_Static_assert((int)MESSAGE_COUNT <= 32, "a message does not fit");

static const struct words *local_step(uint16_t what)
{
    return what > LOCAL_BASE && what < STEP_COUNT ? &local_steps[what - LOCAL_BASE - 1] : NULL;
}

const char *fact_name(unsigned bit)
{
    return bit < FACT_COUNT ? facts[bit].name : "";
}

const char *fact_meaning(unsigned bit)
{
    return bit < FACT_COUNT ? facts[bit].meaning : "";
}

const char *step_name(uint16_t what)
{
    if (what < MESSAGE_COUNT) {
        return message_row((enum message)what)->name;
    }
    const struct words *local = local_step(what);
    return local != NULL ? local->name : "";
}

const char *step_why(const struct step *s, char *room, size_t size)
{
    const uint32_t why = s->when | s->sets;
    size_t at = 0;
    room[0] = 0;
    for (unsigned bit = 0; bit < FACT_COUNT && at < size; bit++) {
        if (why >> bit & 1) {
            at += (size_t)snprintf(room + at, size - at, "%s%s", at ? ", and " : "", fact_meaning(bit));
        }
    }
    return room;
}

const char *step_meaning(const struct step *s)
{
    if (s->then == HANDSHAKE_KEYS && step_is_local(s)) { /* RFC 8446 7.1: there is no premaster secret */
        return "derive the keys of the handshake";
    }
    const struct words *local = local_step(s->what);
    return local != NULL ? local->meaning : "";
}
