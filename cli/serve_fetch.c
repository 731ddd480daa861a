/* SPDX-License-Identifier: MIT */
#include "cli/fetch.h"
#include "cli/serve.h"

/* A handshake that waits for what is behind a client's URL, RFC 6066 5. */

static void tell_failure(const struct peer *p, hf_bytes url, const char *why)
{
    if (!given(p->server->settings, OPT_QUIET)) {
        say("%s: %.*s was not fetched: %s", p->name, (int)url.len, (const char *)url.data, why);
    }
}

static void answer(struct peer *p, hf_bytes content, const char *why)
{
    hf_question q;
    if (hf_asked(p->link.conn, &q) != HF_ASK_FETCH_URL) {
        return;
    }
    if (content.len == 0) {
        tell_failure(p, q.url, why);
    }
    if (hf_answer_fetched(p->link.conn, content) != HF_OK) {
        hf_abort(p->link.conn, HF_INTERNAL);
    }
}

static void on_done(void *arg, hf_bytes content, const char *why)
{
    struct peer *p = arg;
    p->fetch = NULL;
    answer(p, content, why);
    peer_turn(p, false);
}

bool peer_fetch(struct peer *p)
{
    hf_question q;
    const char *why;
    if (p->fetch != NULL || hf_asked(p->link.conn, &q) != HF_ASK_FETCH_URL) {
        return false;
    }
    p->fetch = fetch_begin(&p->server->loop, &p->server->fetch_rules, q.url, q.limit, &why);
    if (p->fetch == NULL) {
        answer(p, (hf_bytes){NULL, 0}, why);
        return true;
    }
    fetch_wait(p->fetch, on_done, p);
    return false;
}

void peer_fetch_end(struct peer *p)
{
    fetch_cancel(p->fetch);
    p->fetch = NULL;
}
