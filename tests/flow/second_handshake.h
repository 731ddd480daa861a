/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_SECOND_HANDSHAKE_H
#define HF_TESTS_FLOW_SECOND_HANDSHAKE_H

#include "checklist.h"
#include "puppet.h"

/* Two sides, one of which lies in the second handshake of their connection. */
#define AGAIN .renegotiation = HF_RENEGOTIATE_ACCEPT
enum { RI = 0xff01, EMS = 23, ETM = 22, SNI = 0, SCSV = 0x00ff };
/* ---- two sides, one of which lies in its hello of the second handshake ---- */
struct lie {
    const char *name;
    hello_edit *edit;
    hf_err row;
    const char *suites;
    hello_edit *first; /* told in the first handshake, by both hellos where it takes both */
};
struct stage {
    struct puppet *liar;
    hf_conn *subject;
    const struct lie *lie;
    bool again;
};
void tell_second(struct puppet *p, enum message m);
void second_begin(struct stage *s, enum side subject, const struct lie *lie);
void second_end(struct stage *s);
void no_ri(struct hello *h, void *arg);
void scsv_too(struct hello *h, void *arg);
void scsv_instead(struct hello *h, void *arg);
#define MISMATCH HF_RENEGOTIATION_INFO_MISMATCH
void no_ems(struct hello *h, void *arg);
int second_forget(void **state);

#endif
