/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_MEETING_H
#define HF_TESTS_FLOW_MEETING_H

/* A liar (tests/support/puppet.h) and the honest side that it lies to, in one handshake. */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
/* A trait: a client with a certificate of this key. */
#define MUTUAL_CLIENT(k)                                 \
    {                                                    \
        .side = CLIENT, .key = (k), .has_identity = true \
    }

struct meeting {
    struct puppet *liar;
    hf_conn *subject;
    hf_session *session; /* of this meeting's own: NULL where none was earned for it */
};
/* Nothing is said yet. Under shared configs; where it resumes, after a handshake that earned a session. */
struct meeting meet(enum side liar, const struct trait *client, const struct trait *server, bool resume);
/* The same under any configs; session is what the client offers, or NULL, and stays the caller's. */
struct meeting meet_under(enum side liar, const hf_config *client, const hf_config *server,
                          hf_session *session);
void part(struct meeting *m);
/* To the end, which is the subject's refusal by this row, after the lie was told; parts. */
void expect_refusal(struct meeting *m, hf_err row, const char *what);
/* A program's group teardown: says how many met, and frees the shared configs. */
int meetings_teardown(void **state);

/* ---- lies that many tell: `number` is the message, `about` what is said of it ---- */
void say_body(struct puppet *p, enum message m); /* about: struct slice, another body */
void leave_out(struct puppet *p, enum message m);

/* ---- a lie that changes one field of one message ---- */
struct field_lie {
    enum message m;
    const char *field;
    size_t at; /* a byte of it, from its end where negative would be: see from_end */
    bool from_end;
    uint8_t flip;       /* XORed to that byte; 0: bytes replace the whole field */
    struct slice bytes; /* without a length prefix */
};
void lie_in_field(struct puppet *p, enum message m); /* about: struct field_lie */
/* A meeting whose liar tells it, and is refused by the row at this very message. */
void try_field(enum side liar, const struct trait *client, const struct trait *server,
               const struct field_lie *lie, hf_err row);

#endif
