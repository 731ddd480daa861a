/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_PLACES_H
#define HF_TESTS_FLOW_PLACES_H

#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * The places of handshakes: before each message that a side waits for, and after the last. They, and what is
 * allowed there, are read from the rows of the flow tables by a walk of places.c's own, not by the engine's
 * cursor; in first handshakes and in renegotiations.
 */
#define PLACES_MAX 16
/* A kind of handshake: the facts that hold in it, and the two sides that make it. */
struct act_case {
    const char *name;
    bool resumed;
    uint32_t facts;
    struct trait client, server;
    bool again; /* it is the second handshake of a connection */
    bool later; /* TLS 1.3: the client is asked behind the handshake, which is over */
};
extern const struct act_case act_cases[];
extern const size_t act_case_count;
const struct act_case *case_named(const char *name);

/* The messages a side waits for, before each message of its peer; the last is after the handshake. */
struct places {
    struct {
        uint32_t allowed;
        const char *step; /* the first of them: where the failure says it stood */
    } at[PLACES_MAX];
    size_t count;
    size_t keys_from; /* the first of them where keys are made: a ChangeCipherSpec came before it */
};
struct places read_places(const struct act_case *a, enum side peer);

/* ---- messages as they really look: after learn_messages, a program's group setup ---- */
int learn_messages(void **state);
struct slice real_message(enum message m); /* whole; empty where there is none */

/* ---- one handshake, stopped at a place ---- */
struct stage {
    hf_conn *subject;
    struct puppet *peer;
    hf_session *session;
};
struct stage stage_at(const struct act_case *a, enum side subject, size_t place);
void stage_clear(struct stage *s);
/* Of one try, for who reads that it failed: "full, client: an alert at place 2". Good until the next. */
const char *place_label(const struct act_case *a, enum side subject, const char *what, size_t place);
/* What the peer goes on to say changes nothing. */
void expect_deaf(struct stage *s);
/* The record arrives at the place, and the subject refuses it by this row, naming what it got and expected.
 */
void try_record(const struct act_case *a, enum side subject, size_t place, enum content_type type,
                struct slice content, hf_err row, const char *got);

typedef void at_place(const struct act_case *a, enum side subject, const struct places *p, size_t place);
/* At each place of each kind of handshake, on either side. */
void everywhere(at_place *try);

extern size_t handshakes_tried;
/* A program's group teardown: says how many were tried, and frees the shared configs. */
int report_places(void **state);

#endif
