/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROPERTY_FLOW_WALK_H
#define TESTS_PROPERTY_FLOW_WALK_H

#include "flow/flow.h"

/* Two cursors, one per side, that play a handshake by the tables. Neither knows of the other but by the
 * messages that arrive. */
struct walk {
    struct cursor side[2];
    uint32_t truth; /* the facts that hold in this handshake, the choices of both sides among them */
    bool learning;  /* a side is told a fact only when it can first know it; otherwise what is not chosen is
                       known at once */
    void (*look)(struct walk *w); /* before every move; may be NULL */
    void (*passed)(struct walk *w, enum side who,
                   const struct step *step); /* who did or received it; may be NULL */
    void *notes;                             /* for look and passed */
    char letters[64];                        /* the messages so far, see message_letter */
    char fault[160];                         /* why a walk did not end well */
};

/* Both sides at the start of flow_hello knowing what they can, or with walk_alone at any flow, knowing all
 * but the peer's choices. */
void walk_start(struct walk *w, uint32_t truth);
void walk_alone(struct walk *w, const struct step *flow, uint32_t truth);
/* Both sides at the start of a flow knowing nothing: they learn it on the way. */
void walk_in_the_dark(struct walk *w, const struct step *flow, uint32_t truth);
/* Plays to the end of the flow both stand in; false, with w->fault, when they get stuck or disagree. */
bool walk_flow(struct walk *w);
/* Plays flow_hello and whatever follows it. */
bool walk_handshake(struct walk *w);
/* One side passed a step: it learns what that tells it. False when a fact comes after it was depended on. */
bool walk_learn(struct walk *w, enum side who, const struct step *step);

/* One letter per message, upper case when the client sends it: "H" ClientHello, "s" ServerHello. */
char message_letter(enum side by, uint16_t message);
/* The opposite; MESSAGE_COUNT for none. */
enum message message_of_letter(char letter, enum side *by);

/* The facts that rows of the flow mention; those that messages of one side set; those that messages of either
 * side set. */
uint32_t flow_facts(const struct step *flow);
uint32_t flow_choices(const struct step *flow, enum side by);
/* A choice is made only where its row exists. */
bool facts_consistent(const struct step *flow, uint32_t facts);
/* What follows from the RFCs beside the order: nobody signs without a certificate, and the like. */
bool facts_sensible(uint32_t facts);
/* for (uint32_t f = 0;; f = next_subset(f, mask)) ... : all subsets of mask; 0 again after the last. */
uint32_t next_subset(uint32_t subset, uint32_t mask);

#endif
