/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_QUESTION_H
#define HF_HANDSHAKE_QUESTION_H

#include "handshake/negotiated.h"
#include "session/session.h"

/* What the handshake waits for. Local steps fill it and return OK; the engine then stops until conn clears it
 * with an answer. */
struct question {
    enum ask ask;
    struct slice session_id, suites, groups, schemes, ca_names, trusted_cas, to_sign, chain, raw_key, url;
    const char *server_name, *session_key;
    const struct scheme *scheme;
    size_t identity;
    struct slice supplemental_types, psk_identity;
    bool in_clear;
    enum err verdict;
    const char *detail;
    bool resuming; /* VERIFY: of a session that was made with this chain's leaf */
    bool pkipath;  /* what is behind url */
    size_t limit;  /* most bytes of it */
    bool take;     /* LOOK_UP_SESSION: it is good once */
};
struct answer {
    enum ask to; /* ASK_NOTHING: none there */
    struct session *session;
    bool taken;                 /* out of the store, for nobody else: RFC 8446 8.1 */
    enum resumption no_session; /* why there is none */
    enum err failed;            /* this side could not open it, for want of memory say */
    size_t identity;
    struct signature *signature; /* points to hs->signature */
    enum err verdict;
    struct slice fetched; /* good while the step runs */
};

#endif
