/* SPDX-License-Identifier: MIT */
#ifndef HF_FLOW_FLOW_H
#define HF_FLOW_FLOW_H

#include "base/err.h"
#include "wire/messages.h"

/* The order of the handshake: who, what, when. No bytes, no cryptography. flows.c is the only place that
 * orders messages. */
enum side { CLIENT, SERVER };
static inline enum side other_side(enum side s)
{
    return s == CLIENT ? SERVER : CLIENT;
}

/* Steps without a message, numbered after the messages: lower case, because nothing of them is on the wire.
 */
enum local_step {
    LOCAL_BASE = MESSAGE_COUNT,
#define LOCAL(id, what) id,
#include "flow/steps.def"
#undef LOCAL
    STEP_COUNT,
    END_OF_FLOW
};

enum fact_bit {
#define FACT(name, meaning) FACT_BIT_##name,
#include "flow/facts.def"
#undef FACT
    FACT_COUNT
};
enum fact {
    NO_FACT = 0,
#define FACT(name, meaning) name = 1 << FACT_BIT_##name,
#include "flow/facts.def"
#undef FACT
};
/* "CLIENT_AUTH", "the server asks for a client certificate"; "" for a bit that is no fact. */
const char *fact_name(unsigned bit);
const char *fact_meaning(unsigned bit);

/* TLS 1.2 has one change of keys in a handshake; TLS 1.3 has these, RFC 8446 7.1, 7.2. */
enum keys { SAME_KEYS, NEW_KEYS, EARLY_KEYS, HANDSHAKE_KEYS, APPLICATION_KEYS, NEXT_KEYS };

struct step {
    enum side by;
    uint16_t what;   /* enum message or enum local_step */
    uint32_t when;   /* facts that must all hold for the step to exist */
    uint32_t unless; /* facts none of which may hold */
    uint32_t sets;   /* non-zero: the sender's choice; seeing the message makes this fact true */
    /* What its sender protects with once the step is done; the HANDSHAKE_KEYS of a local step are for both
     * directions, but for early data, which END_OF_EARLY_DATA ends. */
    enum keys then;
};
static inline bool step_is_local(const struct step *s)
{
    return s->what > LOCAL_BASE && s->what < STEP_COUNT;
}
/*
 * Which keys each side sends with: as whoever passes the steps of a connection, in order, can know. facts:
 * those that hold when the step has been done. Epochs count the changes of one direction in TLS 1.2; in
 * TLS 1.3 they are numbered as RFC 9147 6.1 does: 1 early data, 2 handshake, 3 application, one more a
 * KeyUpdate.
 */
struct epochs {
    enum keys keys[2];
    uint8_t number[2];
};
void epochs_pass(struct epochs *p, const struct step *s, uint32_t facts);
/* "early data", "handshake", "application": the keys of TLS 1.3; "" of TLS 1.2 and in the clear. */
const char *keys_name(enum keys keys);

/* "ClientHello", "sign": for people. */
const char *step_name(uint16_t what);
/* What a local step does: "sign with the private key of the certificate"; "" for a message. */
const char *step_meaning(const struct step *s);

/* Why a step is there, out of the facts that it depends on: "the server asks for a client certificate"; ""
 * when it always is. Answers room. */
const char *step_why(const struct step *s, char *room, size_t size);

extern const struct step flow_hello[], flow_full12[], flow_resume12[], flow_anytime12[];
extern const struct step flow_tls13[], flow_anytime13[], flow_authenticate13[], flow_compatible13[];
extern const struct step flow_anytime_quic[];
/* The flow that follows one when it has ended: decided by the facts. NULL: the handshake is complete; of
 * flow_anytime12: another one is refused. */
const struct step *flow_after(const struct step *flow, uint32_t facts);
const char *flow_name(const struct step *flow);
/*
 * flow_anytime12, flow_anytime13, flow_anytime_quic and flow_compatible13 are no sequences, so no cursor
 * walks them: the row that lets side `by` send m, or NULL. Nothing moves: a row holds as often as its message
 * comes.
 */
const struct step *flow_anytime_accepts(const struct step *flow, enum side by, enum message m);

/* ---- the cursor: where one side stands ---- */
struct cursor {
    const struct step *flow, *at;
    enum side me;
    uint32_t facts;
    uint32_t frozen; /* facts that a passed step depended on: setting one of these is an internal error */
};
void cursor_start(struct cursor *c, const struct step *flow); /* me, facts and frozen stay */
/*
 * The next step this side has to do with: one of its own (message or local), or the first message it may wait
 * for. NULL at the end of the flow. Skips what does not exist by the facts, the peer's local steps, and our
 * own optional messages not chosen. Pure.
 */
const struct step *cursor_peek(const struct cursor *c);
/* Done with the step that cursor_peek answered, one of ours. Freezes the facts it and the skipped ones
 * depended on. */
void cursor_advance(struct cursor *c);
/*
 * The peer's message m arrived: the step it is, with the cursor past it and its `sets` fact set; or NULL, and
 * nothing changed. Optional steps of the peer before it are passed over (and their facts frozen as false).
 * NULL too while a step of ours comes first.
 */
const struct step *cursor_accept(struct cursor *c, enum message m);
/* The messages that cursor_accept would take now, one bit each (1u << message). */
uint32_t cursor_expected(const struct cursor *c);
/* E_INTERNAL when the fact is frozen at another value. Setting what already holds is allowed. */
enum err cursor_set(struct cursor *c, uint32_t fact) CHECKED;
static inline bool cursor_has(const struct cursor *c, uint32_t fact)
{
    return (c->facts & fact) == fact;
}

/* ---- scenarios: what people look for, as flows played with facts ---- */
struct act {
    const struct step *flow;
    uint32_t facts;
    const char *note; /* said before the act, or NULL */
    uint32_t only;    /* of a flow whose rows stand alone: these messages, one bit each; 0: all */
};
struct scenario {
    const char *name;   /* "resume-id" */
    const char *title;  /* "Resumption by session ID" */
    const char *rfc;    /* "RFC 5246 7.3, figure 2" */
    const char *text;   /* two or three sentences for people */
    struct act acts[8]; /* ends with a NULL flow */
};
const struct scenario *scenario_at(size_t i); /* NULL past the last */
const struct scenario *scenario_named(const char *name);

#endif
