/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

void reply_problem(struct hf_store *s, struct link *l, const hf_store_reply *error)
{
    const struct meaning *m = meaning_of(error);
    bool in_cluster = s->url.cluster && (reply_begins(error, "MOVED") || reply_begins(error, "ASK"));
    if (!in_cluster) { /* there it is no trouble but every day's work */
        trouble(s, l->server, m->remedy, &error->bytes);
    }
    if (m->refresh) {
        topology_refresh(s);
    }
    /* The name in the URL may lead to another server by now: a failover. */
    bool was_replica = reply_begins(error, "READONLY") && s->now - l->since >= READONLY_TIME;
    if (m->hang_up || was_replica) {
        link_end(s, l);
    }
}

static void take_greeting(struct hf_store *s, struct link *l, const hf_store_reply *r)
{
    if (r->kind == HF_REPLY_BYTES && (reply_begins(r, "OK") || reply_begins(r, "PONG"))) {
        if (--l->greetings == 0) {
            link_ready(s, l);
        }
        return;
    }
    s->stats.connect_failures++;
    if (r->kind == HF_REPLY_ERROR) {
        trouble(s, l->server, meaning_of(r)->remedy, &r->bytes);
    } else {
        trouble(s, l->server, "it answers PING with something else: is it a Redis or Valkey server?", NULL);
    }
    link_end(s, l);
}

static void take_probe(struct hf_store *s, struct link *l, const hf_store_reply *r)
{
    struct breaker *b = &l->server->breaker;
    if (b->state != HF_BREAKER_HALF_OPEN) {
        return; /* too late, the next one decides */
    }
    if (r->kind == HF_REPLY_ERROR) {
        breaker_open(b, s->now, store_random(s));
        reply_problem(s, l, r);
        return;
    }
    breaker_close(b);
    writes_tell(s);
}

void reply_take(struct hf_store *s, struct link *l, const hf_store_reply *r)
{
    if (l->ring_len == 0) {
        trouble(s, l->server, "it sends what nobody asked for", NULL);
        link_end(s, l);
        return;
    }
    struct pending p = *link_oldest(l);
    link_dropped(l);
    switch (p.what) {
    case AWAIT_GREETING:
        take_greeting(s, l, r);
        break;
    case AWAIT_PROBE:
        take_probe(s, l, r);
        break;
    case AWAIT_TOPOLOGY:
        topology_reply(s, l, r);
        break;
    case AWAIT_LOOKUP:
        lookup_reply(s, l, &p, r);
        break;
    case AWAIT_WRITE:
        write_reply(s, l, &p, r);
        break;
    case AWAIT_ASK:
        ask_reply(s, l, &p, r);
        break;
    case AWAIT_PING:
    case AWAIT_ASKING:
        if (r->kind == HF_REPLY_ERROR) {
            reply_problem(s, l, r);
        }
        break;
    }
}

void reply_lost(struct hf_store *s, struct server *server, const struct pending *p)
{
    switch (p->what) {
    case AWAIT_PROBE:
        if (server->breaker.state == HF_BREAKER_HALF_OPEN) {
            breaker_open(&server->breaker, s->now, store_random(s));
        }
        break;
    case AWAIT_TOPOLOGY:
        s->refreshing = false;
        topology_refresh(s);
        break;
    case AWAIT_LOOKUP:
        lookup_lost(s, p);
        break;
    case AWAIT_WRITE:
        s->stats.put_errors += p->write.verb == WRITE_SET;
        if (p->write.verb == WRITE_UNLINK) {
            write_untold(s);
        }
        break;
    case AWAIT_ASK:
        if (p->ask) {
            ask_lost(s, p->ask, "the connection to the server was lost");
        }
        break;
    case AWAIT_GREETING:
    case AWAIT_PING:
    case AWAIT_ASKING:
        break;
    }
}
