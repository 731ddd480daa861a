/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "pair.h"

/*
 * A handshake that waits for a session, and every order, four steps long, of what the store, the clock and
 * the client can do meanwhile: no handshake fails, or waits longer than the budget, because of the store; one
 * is resumed only with the record, in time; nobody is answered who is gone.
 */
enum step {
    REPLY,
    NOTHING, /* the store has none */
    ERROR,
    CLOSE,
    SHORT_WAIT, /* within the budget */
    TIME_OUT,   /* beyond it: what comes then is late */
    WARNING,    /* the client says something else meanwhile */
    GOES,       /* the client's connection ends */
    GIVES_UP,   /* the server has waited enough for the handshake as a whole */
    STEPS
};
static const char *const names[STEPS] = {"reply",    "none",    "error",       "close",  "wait",
                                         "time out", "warning", "client goes", "give up"};
#define LENGTH 4
enum { BUDGET = 25 };

static struct kept {
    char key[40];
    uint8_t bytes[HF_SESSION_RECORD_MAX];
    size_t len;
} kept;

static void keep(void *arg, const hf_session_record *record)
{
    (void)arg;
    if (record->sealed.len && !kept.len) { /* the first alone: that of the session which is offered */
        memcpy(kept.key, record->key, strlen(record->key) + 1);
        memcpy(kept.bytes, record->sealed.data, record->sealed.len);
        kept.len = record->sealed.len;
    }
}

struct run {
    struct fake *f;
    struct pair *p;
    uint64_t lookup, began, ended;
    unsigned answers;
    bool gone, in_time; /* the record came while it was waited for */
};

static void answer(void *arg, hf_bytes record, hf_resumption why)
{
    struct run *r = arg;
    r->answers++;
    r->ended = r->f->now;
    hf_err err = record.len ? hf_answer_session(r->p->server, record)
                            : hf_answer_no_session(r->p->server, why);
    assert_int_equal(err, HF_OK);
}

static void reply(struct run *r)
{
    char head[16];
    uint8_t bytes[sizeof kept.bytes + 32];
    struct fake_link *l = fake_any_asked(r->f);
    if (l) {
        int len = snprintf(head, sizeof head, "$%zu\r\n", kept.len);
        memcpy(bytes, head, (size_t)len);
        memcpy(bytes + len, kept.bytes, kept.len);
        memcpy(bytes + (size_t)len + kept.len, "\r\n", 2);
        r->in_time |= !r->answers && !r->gone;
        fake_answer_bytes(r->f, l, bytes, (size_t)len + kept.len + 2);
    }
}

static void say(struct run *r, const char *resp)
{
    struct fake_link *l = fake_any_asked(r->f);
    if (l) {
        fake_answer(r->f, l, resp);
    }
}

static void leave(struct run *r)
{
    r->gone = true;
    hf_store_cancel(r->f->store, r->lookup);
    fake_settle(r->f);
}

static void take_step(struct run *r, enum step step)
{
    switch (step) {
    case REPLY:
        reply(r);
        break;
    case NOTHING:
        say(r, "$0\r\n\r\n");
        break;
    case ERROR:
        say(r, "-ERR no\r\n");
        break;
    case CLOSE:
        if (fake_links(r->f)) {
            fake_say(r->f, fake_link(r->f, 0), "", 0);
        }
        break;
    case SHORT_WAIT:
        fake_wait(r->f, 10);
        break;
    case TIME_OUT:
        fake_wait(r->f, 40);
        break;
    case WARNING:
        if (!r->gone && hf_send_warning(r->p->client, 90) == HF_OK) { /* user_canceled */
            (void)pair_carry(r->p, HF_CLIENT);
        }
        break;
    case GOES:
        if (!r->gone && !r->answers) {
            assert_int_equal(hf_end_wire(r->p->server), HF_CLOSED_IN_HANDSHAKE);
            leave(r);
        }
        break;
    case GIVES_UP:
        if (!r->gone && !r->answers) {
            hf_abort(r->p->server, HF_HANDSHAKE_TIMEOUT);
            leave(r);
        }
        break;
    case STEPS:
        break;
    }
}

static const char *judge_end(struct run *r)
{
    if (r->gone) {
        return r->answers ? "somebody who was gone is answered" : NULL;
    }
    if (r->answers != 1 || r->ended > r->began + BUDGET) {
        return "the handshake waits longer than its budget";
    }
    pair_run(r->p);
    const hf_summary *server = hf_negotiated(r->p->server), *client = hf_negotiated(r->p->client);
    if (hf_failed(r->p->server) || hf_failed(r->p->client) || !server->complete || !client->complete) {
        return "the handshake fails";
    }
    if (server->resumed && !r->in_time) {
        return "it is resumed without a record";
    }
    return server->resumed == client->resumed ? NULL : "one side resumes";
}

struct hosts {
    hf_config *client, *server;
    hf_session *session;
};

static bool run(const struct hosts *h, const enum step *steps)
{
    static const hf_store_options one = {.connections = 1, .local_sessions = 1};
    struct run r = {.f = fake_up("redis://127.0.0.1", &one)};
    hf_question question;
    r.p = pair_resume(h->client, h->server, TEST_HOST, h->session);
    assert_int_equal(hf_asked(r.p->server, &question), HF_ASK_LOOK_UP_SESSION);
    assert_string_equal(question.session_key, kept.key);
    r.began = r.f->now;
    r.lookup = hf_store_look_up(r.f->store, question.session_key, answer, &r, r.f->now);
    fake_settle(r.f);
    for (size_t i = 0; i < LENGTH; i++) {
        take_step(&r, steps[i]);
    }
    if (!r.answers) {
        fake_wait(r.f, 40);
    }
    const char *wrong = judge_end(&r);
    bool resumed = hf_negotiated(r.p->server)->resumed;
    if (wrong) {
        fail_msg("%s, %s, %s, %s: %s", names[steps[0]], names[steps[1]], names[steps[2]], names[steps[3]],
                 wrong);
    }
    pair_free(r.p);
    fake_free(r.f);
    return resumed;
}

static struct hosts meet(void)
{
    struct hosts h = {test_client_config(), test_server_config(), NULL};
    assert_int_equal(hf_config_session_cache(h.server, 0), HF_OK);
    assert_int_equal(hf_config_session_effects(h.server, keep, NULL), HF_OK);
    assert_int_equal(hf_config_ask(h.server, HF_ASK_LOOK_UP_SESSION), HF_OK);
    struct pair *p = pair_connect(h.client, h.server, TEST_HOST);
    h.session = pair_session(p);
    pair_free(p);
    assert_true(kept.len > 0);
    return h;
}

static void every_order(void **state)
{
    (void)state;
    struct hosts h = meet();
    enum step steps[LENGTH];
    unsigned runs = 0, resumed = 0;
    for (unsigned n = 0; n < STEPS * STEPS * STEPS * STEPS; n++, runs++) {
        unsigned rest = n;
        for (size_t i = 0; i < LENGTH; i++, rest /= STEPS) {
            steps[i] = (enum step)(rest % STEPS);
        }
        resumed += run(&h, steps);
    }
    print_message("%u orders, %u of them resumed\n", runs, resumed);
    assert_true(resumed >= STEPS * STEPS * STEPS); /* all that begin with the reply */
    hf_session_free(h.session);
    hf_config_free(h.client);
    hf_config_free(h.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_order)};
    return cmocka_run_group_tests_name("store/handshakes", tests, NULL, NULL);
}
