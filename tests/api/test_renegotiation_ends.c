/* SPDX-License-Identifier: MIT */
#include "again.h"

#include <stdlib.h>

/* Data while a second handshake runs, and connections that end in it: RFC 5246 7.2.1, 7.2.2. Checklist N6. */
/* ---- N6: data and renegotiation ---- */
/* Data in flight when the other begins arrives before the new handshake, in order, under the old keys. */
static void data_in_flight(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
        size_t used;
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            assert_int_equal(
                hf_push_app(pair_conn(p, side), (hf_bytes){(const uint8_t *)"before ", 7}, &used), HF_OK);
        }
        assert_int_equal(hf_renegotiate(pair_conn(p, by)), HF_OK);
        pair_run(p);
        assert_again(p, 1);
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            assert_int_equal(hf_push_app(pair_conn(p, side), (hf_bytes){(const uint8_t *)"after", 5}, &used),
                             HF_OK);
            assert_int_equal(used, 5);
        }
        pair_run(p);
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            assert_int_equal(p->received[side].len, 12);
            assert_memory_equal(p->received[side].data, "before after", 12);
        }
        pair_free(p);
    }
}

/* While it runs nothing of ours is taken, and hf_wants says so; after HelloRequest alone it is. */
static void our_data_waits(void **state)
{
    (void)state;
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
    size_t used = 1;
    assert_int_equal(hf_renegotiate(p->server), HF_OK);
    assert_true(hf_wants(p->server) & HF_GIVE_APP);
    pair_send(p, HF_SERVER, 10); /* runs the rest too */
    assert_again(p, 1);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    assert_int_equal(state_of(p, HF_CLIENT), HF_RENEGOTIATING);
    assert_false(hf_wants(p->client) & HF_GIVE_APP);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
    assert_int_equal(used, 0);
    renegotiation_now += 30;
    pair_run(p);
    assert_again(p, 2);
    pair_exchange(p, 10);
    pair_free(p);
}

/* ---- ends ---- */
/* close_notify waits for the end of the handshake that runs. */
static void closing_while_it_runs(void **state)
{
    (void)state;
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
    size_t used;
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_true(hf_wants(p->client) & HF_CLOSED_OUT);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_CLOSED);
    pair_run(p);
    assert_again(p, 1);
    assert_true(hf_wants(p->server) & HF_CLOSED_IN);
    assert_int_equal(hf_end_wire(p->server), HF_OK);
    pair_send(p, HF_SERVER, 100); /* half-closed */
    pair_free(p);
    /* and where the other will have none */
    p = connected_pair(config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
                       config_renegotiating(HF_SERVER, HF_RENEGOTIATE_NEVER));
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    assert_int_equal(hf_close(p->client), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_wants(p->server) & HF_CLOSED_IN);
    pair_free(p);
}

/* The other closes instead of answering: a clean end, and what we have to say may still be said. */
static void the_other_closes_instead(void **state)
{
    (void)state;
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_close(p->server), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(state_of(p, HF_CLIENT), HF_RENEGOTIATION_REFUSED);
    assert_true(hf_wants(p->client) & HF_CLOSED_IN);
    assert_true(hf_wants(p->client) & HF_GIVE_APP);
    assert_int_equal(hf_end_wire(p->client), HF_OK);
    pair_send(p, HF_CLIENT, 100);
    pair_free(p);
}

/* A stream that ends in the midst of it was cut. */
static void the_stream_ends_in_the_midst(void **state)
{
    (void)state;
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    (void)pair_carry(p, HF_CLIENT);
    assert_int_equal(hf_end_wire(p->client), HF_TRUNCATED);
    assert_int_equal(hf_end_wire(p->server), HF_TRUNCATED);
    pair_free(p);
}

/* The server gives up when the client has sent Finished, and has nothing yet under the new keys. */
static void the_server_gives_up_half_way_through_the_keys(void **state)
{
    (void)state;
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    (void)pair_carry(p, HF_CLIENT);
    (void)pair_carry(p, HF_SERVER); /* the client has sent Finished and waits for the server's */
    struct test_bytes none = p->in_flight[HF_CLIENT];
    assert_int_equal(none.len, 0);
    assert_true(hf_peek_wire(p->client).len > 0);
    hf_summary before = *hf_negotiated(p->client);
    assert_int_equal(before.renegotiation, HF_RENEGOTIATING);
    assert_false(hf_wants(p->client) & HF_GIVE_APP); /* N6: nothing before the server's Finished */
    hf_abort(p->server, HF_HANDSHAKE_TIMEOUT);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_HANDSHAKE_TIMEOUT, 90);
    pair_free(p);
}

/* RFC 5246 7.2.2: a renegotiation that fails ends the connection, and no session of it is resumed. */
static void failing_forgets_both_sessions(void **state)
{
    (void)state;
    hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
              *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    hf_session *first = pair_session(p);
    pair_free(p);
    p = pair_connect(client, server, TEST_HOST);
    hf_session *second = pair_session(p);
    assert_int_equal(hf_renegotiate_resuming(p->client, first), HF_OK);
    (void)pair_carry(p, HF_CLIENT);
    hf_abort(p->server, HF_HANDSHAKE_TIMEOUT);
    pair_run(p);
    pair_free(p);
    hf_session *sessions[] = {first, second};
    for (size_t i = 0; i < 2; i++) {
        p = pair_resume(client, server, TEST_HOST, sessions[i]);
        pair_assert_complete(p);
        assert_false(hf_negotiated(p->server)->resumed);
        pair_free(p);
        hf_session_free(sessions[i]);
    }
    hf_config_free(client);
    hf_config_free(server);
}

/* Randomness that ends at some place of the second handshake, and the session as a client has it before it
 * hears of that: a server makes it, and then has no salt to seal it for a store. */
static struct {
    unsigned left; /* 0: it does not end */
    size_t len;
    uint8_t saved[4096];
} late;

static int fill_for_a_while(void *arg, uint8_t *out, size_t len)
{
    (void)arg;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)rand();
    }
    return late.left && !--late.left ? -1 : 0;
}

static void save_when_done(void *arg, const hf_event *event)
{
    if (event->kind == HF_EVENT_DONE) {
        hf_session *session = hf_conn_session(arg);
        late.len = sizeof late.saved;
        assert_int_equal(hf_session_save(session, late.saved, &late.len), HF_OK);
        hf_session_free(session);
    }
}

static void store_nothing(void *arg, const hf_session_record *record)
{
    (void)arg, (void)record;
}

static void assert_not_resumed(hf_config *client, hf_config *server, hf_bytes saved)
{
    hf_session *session;
    assert_int_equal(hf_session_load(saved, &session), HF_OK);
    struct pair *p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->server)->resumed);
    assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_UNKNOWN);
    pair_free(p);
    hf_session_free(session);
}

static void failing_at_the_very_end_forgets_the_new_session(void **state)
{
    (void)state;
    bool failed = true;
    unsigned made = 0;
    hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
              *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_config_random(server, fill_for_a_while, NULL), HF_OK);
    assert_int_equal(hf_config_session_effects(server, store_nothing, NULL), HF_OK);
    for (unsigned left = 1; failed; left++) {
        struct pair *p = pair_connect(client, server, TEST_HOST);
        pair_assert_complete(p);
        late.left = left;
        late.len = 0;
        hf_conn_observe(p->client, save_when_done, p->client);
        assert_int_equal(hf_renegotiate(p->client), HF_OK);
        pair_run(p);
        late.left = 0;
        failed = hf_failed(p->server) != NULL;
        if (failed && late.len) {
            made++;
            assert_not_resumed(client, server, (hf_bytes){late.saved, late.len});
        }
        pair_free(p);
    }
    assert_int_equal(made, 1);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_in_flight),
        cmocka_unit_test(our_data_waits),
        cmocka_unit_test(closing_while_it_runs),
        cmocka_unit_test(the_other_closes_instead),
        cmocka_unit_test(the_stream_ends_in_the_midst),
        cmocka_unit_test(the_server_gives_up_half_way_through_the_keys),
        cmocka_unit_test(failing_forgets_both_sessions),
        cmocka_unit_test(failing_at_the_very_end_forgets_the_new_session),
    };
    return cmocka_run_group_tests_name("api/renegotiation_ends", tests, NULL, NULL);
}
