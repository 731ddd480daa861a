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

#define SUPPLEMENTAL \
    (SUPPLEMENTAL_SERVER | SUPPLEMENTAL_SERVER_SENT | SUPPLEMENTAL_CLIENT | SUPPLEMENTAL_CLIENT_SENT)

/* Where `fact` holds, all of `needs` do and none of `excludes`. */
static const struct rule {
    uint32_t fact, needs, excludes;
} rules[] = {
    {RESUMED, SESSION_OFFERED, NO_FACT},
    {EPHEMERAL_SIGNED, EPHEMERAL | CERTIFICATE_AUTH, NO_FACT},
    {CLIENT_CERTIFICATE, CLIENT_AUTH, NO_FACT},
    {CLIENT_SIGNS, CLIENT_CERTIFICATE, NO_FACT},
    {CERTIFICATE_URL_SENT, CLIENT_CERTIFICATE, NO_FACT}, /* RFC 6066 5: the list of URLs is not empty */
    {TLS13, TLS13_OFFERED, NO_FACT},
    {KEY_SHARE, TLS13, NO_FACT},
    /* RFC 8446 4.1.4: the version that HelloRetryRequest selects is kept in ServerHello */
    {RETRY, TLS13, NO_FACT},
    /* RFC 8446 4.2.10: behind a pre-shared key; D.3: who sends it fails where TLS 1.2 is the outcome */
    {EARLY_DATA_OFFERED, SESSION_OFFERED | TLS13, NO_FACT},
    {CARRIED_BY_QUIC, TLS13, NO_FACT}, /* RFC 9001 4.2 */
    /* RFC 8446 4.2.10: the first pre-shared key is taken, and none behind HelloRetryRequest */
    {EARLY_DATA, EARLY_DATA_OFFERED | RESUMED, RETRY},
    /* RFC 8446 4.3.2, 4.4.2: a pre-shared key authenticates the server, and no certificate beside it */
    {TLS13 | RESUMED, NO_FACT, CERTIFICATE_AUTH},
    {TLS13 | CLIENT_CERTIFICATE, CLIENT_SIGNS, NO_FACT}, /* RFC 8446 4.4.3: whoever shows one signs */
    /* RFC 8446 B.3: server_key_exchange_, certificate_status_, certificate_url_, supplemental_data_RESERVED */
    {TLS13, NO_FACT, EPHEMERAL | EPHEMERAL_SIGNED},
    {TLS13, NO_FACT, STATUS_AGREED | STATUS_SENT | CERTIFICATE_URL_AGREED | CERTIFICATE_URL_SENT},
    {TLS13, NO_FACT, SUPPLEMENTAL},
    {TLS13, NO_FACT, TICKET_AGREED}, /* RFC 8446 4.6.1: tickets come behind Finished, and unannounced */
    {TLS13, NO_FACT, RENEGOTIATION_ALLOWED | SERVER_ASKS | CLIENT_BEGINS}, /* RFC 8446 4.1.2 */
    /* RFC 8879 3: of TLS 1.3 and newer; a server offers it in its CertificateRequest */
    {COMPRESSION_SERVER_SENT, TLS13, NO_FACT},
    {COMPRESSION_CLIENT, TLS13 | CLIENT_AUTH, NO_FACT},
};

/* RFC 8446 2: a server of TLS 1.3 that takes no pre-shared key shows a certificate and makes a key share. One that
 * takes a key which is no session's (2.2) shows none, and resumes nothing. */
static bool is_authenticated13(uint32_t facts)
{
    uint32_t without_key = CERTIFICATE_AUTH | KEY_SHARE;
    bool external = (facts & SESSION_OFFERED) != 0 && (facts & CERTIFICATE_AUTH) == 0;
    return (facts & TLS13) == 0 || (facts & RESUMED) != 0 || external || (facts & without_key) == without_key;
}

bool facts_sensible(uint32_t facts)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        bool broken = (facts & r->needs) != r->needs || (facts & r->excludes) != 0;
        if ((facts & r->fact) == r->fact && broken) {
            return false;
        }
    }
    return is_authenticated13(facts);
}

uint32_t next_subset(uint32_t subset, uint32_t mask)
{
    return (subset - mask) & mask;
}

/* ---- letters ---- */

static const char letters[MESSAGE_COUNT] = {
    [HELLO_REQUEST] = 'q',       [CLIENT_HELLO] = 'h',           [SERVER_HELLO] = 's',
    [HELLO_RETRY_REQUEST] = 'r', [NEW_SESSION_TICKET] = 't',     [CERTIFICATE] = 'c',
    [SERVER_KEY_EXCHANGE] = 'k', [CERTIFICATE_REQUEST] = 'a',    [SERVER_HELLO_DONE] = 'd',
    [CERTIFICATE_VERIFY] = 'v',  [CLIENT_KEY_EXCHANGE] = 'x',    [FINISHED] = 'f',
    [CERTIFICATE_URL] = 'u',     [CERTIFICATE_STATUS] = 'o',     [SUPPLEMENTAL_DATA] = 'm',
    [CHANGE_CIPHER_SPEC] = 'y',  [END_OF_EARLY_DATA] = 'z',      [ENCRYPTED_EXTENSIONS] = 'e',
    [KEY_UPDATE] = 'p',          [COMPRESSED_CERTIFICATE] = 'b',
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
#define OFFERS (TLS13_OFFERED | SESSION_OFFERED | EARLY_DATA_OFFERED | COMPRESSION_SERVER)
#define SHOWN (CLIENT_CERTIFICATE | CLIENT_SIGNS)

/* Each fact as late as a side may come to know it, or to choose it: so an engine that is not later finds
 * nothing frozen. */
static const struct {
    enum side who, by;
    uint16_t step;
    uint32_t facts;
} lessons[] = {
    {SERVER, CLIENT, CLIENT_HELLO, OFFERS},
    {SERVER, SERVER, choose_host, TLS13}, /* a host may have a policy of its own */
    {SERVER, SERVER, choose_group, RETRY},
    {SERVER, SERVER, look_up_session, RESUMED},
    {SERVER, SERVER, choose_parameters, KEY_SHARE},
    {SERVER, SERVER, SERVER_HELLO,
     PARAMETERS | SUPPLEMENTAL_SERVER_SENT | STATUS_SENT | CLIENT_AUTH | EARLY_DATA},
    {SERVER, SERVER, ENCRYPTED_EXTENSIONS, COMPRESSION_SERVER_SENT},
    {SERVER, SERVER, CERTIFICATE_REQUEST, COMPRESSION_CLIENT}, /* it says so there itself */
    {CLIENT, SERVER, SERVER_HELLO, PARAMETERS | RESUMED | TLS13 | KEY_SHARE},
    {CLIENT, SERVER, SERVER_HELLO_DONE, SUPPLEMENTAL_CLIENT_SENT},
    {CLIENT, SERVER, ENCRYPTED_EXTENSIONS, EARLY_DATA},
    {CLIENT, SERVER, CERTIFICATE_REQUEST, COMPRESSION_CLIENT},
    {CLIENT, CLIENT, pick_identity, SHOWN | CERTIFICATE_URL_SENT | COMPRESSION_CLIENT_SENT},
    {SERVER, CLIENT, CERTIFICATE, SHOWN},
    {SERVER, CLIENT, CERTIFICATE_URL, SHOWN},
    {SERVER, CLIENT, COMPRESSED_CERTIFICATE, SHOWN},
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
    w->side[CLIENT].facts = truth & (OFFERS | CARRIED_BY_QUIC);
    w->side[SERVER].facts = truth & CARRIED_BY_QUIC; /* as their configs say */
}

void walk_in_the_dark(struct walk *w, const struct step *flow, uint32_t truth)
{
    begin(w, flow, truth);
    w->learning = true;
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
