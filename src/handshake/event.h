/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_EVENT_H
#define HF_HANDSHAKE_EVENT_H

#include "base/err.h"
#include "flow/flow.h"

/* What the engine tells whoever observes it; src/conn makes public events of it. */
enum event_kind { EVENT_STEP, EVENT_ASK, EVENT_RESUMPTION, EVENT_WARNING, EVENT_CHECK, EVENT_SECRET };
enum check {
#define CHECK(id, name, rfc, rfc13) CHECK_##id,
#include "handshake/checks.def"
#undef CHECK
};
struct event {
    enum event_kind kind;
    const struct step *step;
    struct slice message; /* SECRET: the secret */
    bool received;
    enum check check; /* CHECK, */
    enum err err;     /* and what came of it */
    const char *name; /* SECRET */
};

#endif
