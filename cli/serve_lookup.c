/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

/* A handshake that waits for the session store. */

static void answer(struct peer *p, hf_bytes record, hf_resumption why)
{
    hf_question q;
    if (hf_asked(p->link.conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return;
    }
    /* RFC 8446 8.1: only what was taken out of the store is for nobody else */
    hf_err err = record.len == 0               ? hf_answer_no_session(p->link.conn, why)
                 : q.take && why == HF_RESUMED ? hf_answer_session_taken(p->link.conn, record)
                                               : hf_answer_session(p->link.conn, record);
    if (err != HF_OK) {
        hf_abort(p->link.conn, HF_INTERNAL);
    }
}

static void on_done(void *arg, hf_bytes record, hf_resumption why)
{
    struct peer *p = arg;
    p->lookup = 0;
    p->link.store_wait = (p->link.store_wait < 0 ? 0 : p->link.store_wait) +
                         (double)(uv_hrtime() - p->asked) / 1e6;
    answer(p, record, why);
    if (!p->asking) {
        peer_turn(p, false);
    }
}

bool peer_look_up(struct peer *p)
{
    hf_question q;
    hf_store *store = p->server->sessions.store;
    if (p->lookup != 0 || store == NULL || hf_asked(p->link.conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return false;
    }
    p->asking = true;
    p->asked = uv_hrtime();
    uint64_t lookup = q.take ? hf_store_take(store, q.session_key, on_done, p, store_loop_now())
                             : hf_store_look_up(store, q.session_key, on_done, p, store_loop_now());
    p->asking = false;
    p->lookup = lookup;
    return lookup == 0; /* answered already */
}

void peer_look_up_end(struct peer *p)
{
    if (p->lookup != 0) {
        hf_store_cancel(p->server->sessions.store, p->lookup);
        p->lookup = 0;
    }
}
