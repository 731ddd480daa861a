/* SPDX-License-Identifier: MIT */
#include "flow_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- facts ---- */

uint32_t flow_facts(const struct step *flow)
{
    uint32_t facts = 0;
    for (const struct step *s = flow; s->what != END_OF_FLOW; s++) {
        facts |= s->when | s->unless | s->sets;
    }
    return facts;
}

uint32_t flow_choices(const struct step *flow, enum side by)
{
    uint32_t facts = 0;
    for (const struct step *s = flow; s->what != END_OF_FLOW; s++) {
        facts |= s->by == by ? s->sets : 0;
    }
    return facts;
}

bool facts_consistent(const struct step *flow, uint32_t facts)
{
    for (const struct step *s = flow; s->what != END_OF_FLOW; s++) {
        bool exists = (s->when & facts) == s->when && (s->unless & facts) == 0;
        if ((s->sets & facts) != 0 && !exists) {
            return false;
        }
    }
    return true;
}

bool facts_sensible(uint32_t facts)
{
    static const struct {
        uint32_t fact, needs;
    } rules[] = {
        {RESUMED, SESSION_OFFERED},
        {EPHEMERAL_SIGNED, EPHEMERAL | CERTIFICATE_AUTH},
        {CLIENT_CERTIFICATE, CLIENT_AUTH},
        {CLIENT_SIGNS, CLIENT_CERTIFICATE},
        {CERTIFICATE_URL_SENT, CLIENT_CERTIFICATE}, /* RFC 6066 5: the list of URLs is not empty */
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if ((facts & rules[i].fact) != 0 && (facts & rules[i].needs) != rules[i].needs) {
            return false;
        }
    }
    return true;
}

uint32_t next_subset(uint32_t subset, uint32_t mask)
{
    return (subset - mask) & mask;
}

/* ---- letters ---- */

static const char letters[MESSAGE_COUNT] = {
    [HELLO_REQUEST] = 'q',       [CLIENT_HELLO] = 'h',        [SERVER_HELLO] = 's',
    [HELLO_RETRY_REQUEST] = 'r', [NEW_SESSION_TICKET] = 't',  [CERTIFICATE] = 'c',
    [SERVER_KEY_EXCHANGE] = 'k', [CERTIFICATE_REQUEST] = 'a', [SERVER_HELLO_DONE] = 'd',
    [CERTIFICATE_VERIFY] = 'v',  [CLIENT_KEY_EXCHANGE] = 'x', [FINISHED] = 'f',
    [CERTIFICATE_URL] = 'u',     [CERTIFICATE_STATUS] = 'o',  [SUPPLEMENTAL_DATA] = 'm',
    [CHANGE_CIPHER_SPEC] = 'y',
};

char message_letter(enum side by, uint16_t message)
{
    return (char)(by == CLIENT ? letters[message] - 'a' + 'A' : letters[message]);
}

enum message message_of_letter(char letter, enum side *by)
{
    *by = letter >= 'A' && letter <= 'Z' ? CLIENT : SERVER;
    for (uint16_t m = 0; m < MESSAGE_COUNT; m++) {
        if (message_letter(*by, m) == letter) {
            return (enum message)m;
        }
    }
    return MESSAGE_COUNT;
}

/* ---- who learns what, and when ---- */

#define PARAMETERS                                                                              \
    (CERTIFICATE_AUTH | EPHEMERAL | EPHEMERAL_SIGNED | STATUS_AGREED | CERTIFICATE_URL_AGREED | \
     TICKET_AGREED | SUPPLEMENTAL_SERVER | SUPPLEMENTAL_CLIENT)
#define OFFERS (TLS13_OFFERED | SESSION_OFFERED)

/* Each fact as late as a side may come to know it, or to choose it: so an engine that is not later finds
 * nothing frozen. */
static const struct {
    enum side who, by;
    uint16_t step;
    uint32_t facts;
} lessons[] = {
    {SERVER, CLIENT, CLIENT_HELLO, OFFERS},
    {SERVER, SERVER, look_up_session, RESUMED},
    {SERVER, SERVER, choose_parameters,
     PARAMETERS | RETRY | SUPPLEMENTAL_SERVER_SENT | STATUS_SENT | CLIENT_AUTH},
    {CLIENT, SERVER, SERVER_HELLO, PARAMETERS | RESUMED},
    {CLIENT, SERVER, SERVER_HELLO_DONE, SUPPLEMENTAL_CLIENT_SENT},
    {CLIENT, SERVER, CERTIFICATE_REQUEST, CLIENT_CERTIFICATE | CERTIFICATE_URL_SENT | CLIENT_SIGNS},
    {SERVER, CLIENT, CERTIFICATE, CLIENT_CERTIFICATE | CLIENT_SIGNS},
    {SERVER, CLIENT, CERTIFICATE_URL, CLIENT_CERTIFICATE | CLIENT_SIGNS},
};

bool walk_learn(struct walk *w, enum side who, const struct step *step)
{
    for (size_t i = 0; w->learning && i < sizeof lessons / sizeof *lessons; i++) {
        if (lessons[i].who == who && lessons[i].by == step->by && lessons[i].step == step->what &&
            cursor_set(&w->side[who], lessons[i].facts & w->truth) != OK) {
            return false;
        }
    }
    return true;
}

/* ---- walking ---- */

static bool fault(struct walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fault(struct walk *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->fault, sizeof w->fault, format, arguments);
    va_end(arguments);
    return false;
}

static void begin(struct walk *w, const struct step *flow, uint32_t truth)
{
    struct walk blank = *w;
    memset(w, 0, sizeof *w); /* padding too: tests compare cursors as bytes */
    w->look = blank.look;
    w->passed = blank.passed;
    w->notes = blank.notes;
    w->truth = truth;
    w->side[CLIENT].me = CLIENT;
    w->side[SERVER].me = SERVER;
    cursor_start(&w->side[CLIENT], flow);
    cursor_start(&w->side[SERVER], flow);
}

void walk_start(struct walk *w, uint32_t truth)
{
    begin(w, flow_hello, truth);
    w->learning = true;
    w->side[CLIENT].facts = truth & OFFERS;
}

void walk_alone(struct walk *w, const struct step *flow, uint32_t truth)
{
    begin(w, flow, truth);
    w->side[CLIENT].facts = truth & ~flow_choices(flow, SERVER);
    w->side[SERVER].facts = truth & ~flow_choices(flow, CLIENT);
}

static bool pass(struct walk *w, enum side who, const struct step *step)
{
    if (!walk_learn(w, who, step)) {
        return fault(w, "what %s tells was depended on before", step_name(step->what));
    }
    if (w->passed != NULL) {
        w->passed(w, who, step);
    }
    return true;
}

static bool deliver(struct walk *w, enum side by, const struct step *step)
{
    enum side to = other_side(by);
    cursor_advance(&w->side[by]);
    if (!pass(w, by, step)) {
        return false;
    }
    size_t n = strlen(w->letters);
    if (n + 1 >= sizeof w->letters) {
        return fault(w, "no end after %s", w->letters);
    }
    w->letters[n] = message_letter(by, step->what);
    const struct step *got = cursor_accept(&w->side[to], (enum message)step->what);
    if (got != step) {
        return fault(w, "%s is refused after %s", step_name(step->what), w->letters);
    }
    return pass(w, to, got);
}

/* The next step if it is one of this side's own. */
static const struct step *own_step(const struct walk *w, enum side who)
{
    const struct step *s = cursor_peek(&w->side[who]);
    return s != NULL && s->by == who ? s : NULL;
}

bool walk_flow(struct walk *w)
{
    for (;;) {
        if (w->look != NULL) {
            w->look(w);
        }
        const struct step *own[2] = {own_step(w, CLIENT), own_step(w, SERVER)};
        enum side local = own[CLIENT] != NULL && step_is_local(own[CLIENT]) ? CLIENT : SERVER;
        if (own[local] != NULL && step_is_local(own[local])) {
            cursor_advance(&w->side[local]);
            if (!pass(w, local, own[local])) {
                return false;
            }
        } else if (own[CLIENT] != NULL && own[SERVER] != NULL) {
            return fault(w, "both sides send after '%s'", w->letters);
        } else if (own[CLIENT] != NULL || own[SERVER] != NULL) {
            enum side by = own[CLIENT] != NULL ? CLIENT : SERVER;
            if (!deliver(w, by, own[by])) {
                return false;
            }
        } else if (cursor_peek(&w->side[CLIENT]) == NULL && cursor_peek(&w->side[SERVER]) == NULL) {
            return true;
        } else {
            return fault(w, "both sides wait after '%s'", w->letters);
        }
    }
}

bool walk_handshake(struct walk *w)
{
    while (walk_flow(w)) {
        const struct step *next[2];
        for (int i = CLIENT; i <= SERVER; i++) {
            next[i] = flow_after(w->side[i].flow, w->side[i].facts);
        }
        if (next[CLIENT] != next[SERVER]) {
            return fault(w, "the sides part after '%s'", w->letters);
        }
        if (next[CLIENT] == NULL) {
            return true;
        }
        cursor_start(&w->side[CLIENT], next[CLIENT]);
        cursor_start(&w->side[SERVER], next[SERVER]);
    }
    return false;
}
