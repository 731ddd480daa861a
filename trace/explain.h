/* SPDX-License-Identifier: MIT */
#ifndef TRACE_EXPLAIN_H
#define TRACE_EXPLAIN_H

#include "trace/words.h"

/*
 * Why a connection went as it did, out of its events. A rule says what it saw; what it is certain of stands
 * in the events, what is likely is concluded.
 */
enum sureness { SILENT, LIKELY, CERTAIN };

struct finding {
    struct text what;   /* a sentence without its full stop */
    const char *rfc;    /* where the rule's own is too coarse; "": nowhere; NULL: the rule's */
    const char *remedy; /* the same */
};

struct rule {
    const char *id; /* "nothing-in-common": never changes its meaning */
    enum sureness (*test)(const struct trace *t, struct finding *finding);
    const char *rfc, *remedy;
};
/* In the order in which they are told: what ended the connection first. NULL past the last. */
const struct rule *rule_at(size_t i);

/* ---- explain_certificates.c: rules about the certificates that were shown ---- */
typedef enum sureness rule_test(const struct trace *t, struct finding *f);
rule_test explain_expired, explain_not_yet_valid, explain_clocks_differ, explain_name_mismatch,
    explain_chain_order, explain_missing_intermediate, explain_self_signed;

/* ---- explain_peers.c: rules about what one side says of the other, or does in its place ---- */
rule_test explain_other_protocol, explain_closed_in_handshake, explain_renegotiation_info_differs,
    explain_finished_differs;

/* ---- explain_look.c: what rules look for ---- */
/* The last message of that name by that side before the index; NULL: there is none. */
const struct trace_event *message_before(const struct trace *t, size_t end, hf_side by, const char *name);
/* Index of the first fatal alert; count: there is none. */
size_t fatal_alert(const struct trace *t);
/* The field of that name; NULL: the message has none. */
const hf_field *field_named(const struct trace_event *message, const char *name);
/* "a, b, c": the values of all fields of that name, at most so many. False: there is none. */
bool add_values(struct text *out, const struct trace_event *message, const char *name, size_t most);

#endif
