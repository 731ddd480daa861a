/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/*
 * Handshakes after the first, as applications see them: RFC 5746, RFC 5246 7.4.1.1, 7.4.1.2, 7.2.2. Checklist
 * N2, N3, N4, N6, E4. What a peer that lies gets is in tests/flow/test_renegotiation.c.
 */

static int64_t now = TEST_NOW;

static hf_config *of(hf_side side, hf_renegotiation mode)
{
    hf_config *c = side == HF_CLIENT ? test_client_config() : test_server_config();
    assert_int_equal(hf_config_renegotiation(c, mode, 0, 0), HF_OK);
    assert_int_equal(hf_config_clock(c, test_clock, &now), HF_OK);
    return c;
}

static struct pair *connected(hf_config *client, hf_config *server)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

static struct pair *both(hf_renegotiation mode)
{
    return connected(of(HF_CLIENT, mode), of(HF_SERVER, mode));
}

static hf_renegotiation_state state_of(const struct pair *p, hf_side side)
{
    return hf_negotiated(pair_conn(p, side))->renegotiation;
}

static void assert_again(const struct pair *p, unsigned times)
{
    pair_assert_complete(p);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *n = hf_negotiated(pair_conn(p, side));
        assert_int_equal(n->renegotiation, times ? HF_RENEGOTIATED : HF_NOT_RENEGOTIATED);
        assert_int_equal(hf_conn_stats(pair_conn(p, side)).renegotiations, times);
        assert_true(n->secure_renegotiation && n->extended_master_secret);
    }
    hf_bytes client = hf_tls_unique(p->client), server = hf_tls_unique(p->server);
    assert_int_equal(client.len, 12);
    assert_memory_equal(client.data, server.data, 12);
}

struct keys {
    uint8_t exported[2][32], unique[12];
};

static struct keys keys_of(const struct pair *p)
{
    struct keys k;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        assert_int_equal(hf_export(pair_conn(p, side), "EXPORTER-test", NULL, k.exported[side], 32), HF_OK);
    }
    assert_memory_equal(k.exported[0], k.exported[1], 32);
    memcpy(k.unique, hf_tls_unique(p->client).data, 12);
    return k;
}

static void assert_new_keys(const struct keys *a, const struct keys *b)
{
    assert_memory_not_equal(a->exported[0], b->exported[0], 32);
    assert_memory_not_equal(a->unique, b->unique, 12); /* RFC 5929 3.1: of the most recent handshake */
}

/* ---- begun by either side, any number of times ---- */
static void either_side_renegotiates(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
        assert_again(p, 0);
        struct keys before = keys_of(p);
        for (unsigned times = 1; times <= 3; times++) {
            pair_exchange(p, 20000);
            assert_int_equal(hf_renegotiate(pair_conn(p, by)), HF_OK);
            pair_run(p);
            assert_again(p, times);
            struct keys after = keys_of(p);
            assert_new_keys(&before, &after);
            before = after;
            now += 30;
        }
        pair_exchange(p, 20000);
        assert_false(hf_negotiated(p->client)->resumed);
        assert_int_equal(hf_close(p->client), HF_OK);
        pair_run(p);
        assert_true(hf_wants(p->server) & HF_CLOSED_IN);
        pair_free(p);
    }
}

/* Every way the bytes may be cut, and with every kind of protection and key exchange. */
static void byte_by_byte_and_with_other_suites(void **state)
{
    (void)state;
    static const char *const suites[] = {
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_WHEN_WE_ASK),
                  *server = of(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
        assert_int_equal(hf_config_suites(client, suites[i], NULL), HF_OK);
        assert_int_equal(hf_config_suites(server, suites[i], NULL), HF_OK);
        struct pair *p = connected(client, server);
        p->chunk = 1;
        assert_int_equal(hf_renegotiate(p->client), HF_OK);
        pair_run(p);
        assert_again(p, 1);
        pair_exchange(p, 1000);
        pair_free(p);
    }
}

/* RFC 5746 3.5, 3.7: "apply to both full handshakes and session resumption handshakes". */
static void renegotiating_by_resuming(void **state)
{
    (void)state;
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
    struct keys before = keys_of(p);
    for (unsigned times = 1; times <= 2; times++) {
        hf_session *session = pair_session(p);
        assert_int_equal(hf_renegotiate_resuming(p->client, session), HF_OK);
        hf_session_free(session);
        pair_run(p);
        assert_again(p, times);
        assert_true(hf_negotiated(p->client)->resumed && hf_negotiated(p->server)->resumed);
        struct keys after = keys_of(p);
        assert_new_keys(&before, &after);
        before = after;
        pair_exchange(p, 3000);
        now += 30;
    }
    assert_int_equal(hf_renegotiate(p->client), HF_OK); /* and a full one on what was resumed */
    pair_run(p);
    assert_again(p, 3);
    assert_false(hf_negotiated(p->client)->resumed);
    pair_free(p);
}

static void a_renegotiated_session_is_resumed_on_a_new_connection(void **state)
{
    (void)state;
    hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), *server = of(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->client)->resumed);
    assert_true(hf_negotiated(p->client)->extended_master_secret); /* N4 */
    assert_int_equal(hf_renegotiate(p->server), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- policies ---- */
static void never_is_the_default(void **state)
{
    (void)state;
    struct pair *p = connected(test_client_config(), test_server_config());
    assert_int_equal(hf_renegotiate(p->client), HF_RENEGOTIATION_UNAVAILABLE);
    assert_int_equal(hf_renegotiate(p->server), HF_RENEGOTIATION_UNAVAILABLE);
    assert_int_equal(hf_request_client_certificate(p->server), HF_RENEGOTIATION_UNAVAILABLE);
    pair_exchange(p, 100);
    assert_again(p, 0);
    pair_free(p);
}

/* RFC 5246 7.2.2: the warning, after which the one who asked goes on, by its choice. */
static void expect_refusal(hf_renegotiation client, hf_renegotiation server, hf_side by)
{
    hf_side refuser = by == HF_CLIENT ? HF_SERVER : HF_CLIENT;
    struct pair *p = connected(of(HF_CLIENT, client), of(HF_SERVER, server));
    struct keys before = keys_of(p);
    assert_int_equal(hf_renegotiate(pair_conn(p, by)), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(state_of(p, by), HF_RENEGOTIATION_REFUSED);
    assert_int_equal(state_of(p, refuser), HF_NOT_RENEGOTIATED);
    assert_int_equal(p->last_alert[by], 100);
    assert_int_equal(hf_conn_stats(pair_conn(p, refuser)).renegotiations_refused, 1);
    struct keys after = keys_of(p);
    assert_memory_equal(&before, &after, sizeof before);
    pair_exchange(p, 5000);
    pair_free(p);
}

static void what_is_refused_goes_on_as_it_was(void **state)
{
    (void)state;
    expect_refusal(HF_RENEGOTIATE_WHEN_WE_ASK, HF_RENEGOTIATE_NEVER, HF_CLIENT);
    expect_refusal(HF_RENEGOTIATE_WHEN_WE_ASK, HF_RENEGOTIATE_WHEN_WE_ASK, HF_CLIENT);
    expect_refusal(HF_RENEGOTIATE_NEVER, HF_RENEGOTIATE_WHEN_WE_ASK, HF_SERVER);
    expect_refusal(HF_RENEGOTIATE_WHEN_WE_ASK, HF_RENEGOTIATE_WHEN_WE_ASK, HF_SERVER);
}

static void when_we_ask_works_for_who_asks(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        hf_renegotiation mode[2] = {HF_RENEGOTIATE_ACCEPT, HF_RENEGOTIATE_ACCEPT};
        mode[by] = HF_RENEGOTIATE_WHEN_WE_ASK;
        struct pair *p = connected(of(HF_CLIENT, mode[HF_CLIENT]), of(HF_SERVER, mode[HF_SERVER]));
        assert_int_equal(hf_renegotiate(pair_conn(p, by)), HF_OK);
        pair_run(p);
        assert_again(p, 1);
        pair_free(p);
    }
}

/* N6: rate-limited, by count and by distance; what we ask for ourselves is not. */
static void the_peer_may_ask_only_so_often(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        hf_side judge = by == HF_CLIENT ? HF_SERVER : HF_CLIENT;
        hf_config *c[2] = {of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), of(HF_SERVER, HF_RENEGOTIATE_ACCEPT)};
        assert_int_equal(hf_config_renegotiation(c[judge], HF_RENEGOTIATE_ACCEPT, 2, 10), HF_OK);
        struct pair *p = connected(c[HF_CLIENT], c[HF_SERVER]);
        static const struct {
            int64_t later;
            unsigned done, refused;
        } turns[] = {{0, 1, 0}, {9, 1, 1}, {1, 2, 1}, {1000, 2, 2}};
        for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
            now += turns[i].later;
            assert_int_equal(hf_renegotiate(pair_conn(p, by)), HF_OK);
            pair_run(p);
            pair_assert_complete(p);
            assert_int_equal(hf_conn_stats(pair_conn(p, judge)).renegotiations, turns[i].done);
            assert_int_equal(hf_conn_stats(pair_conn(p, judge)).renegotiations_refused, turns[i].refused);
            pair_exchange(p, 10);
        }
        assert_int_equal(hf_renegotiate(pair_conn(p, judge)), HF_OK);
        pair_run(p);
        assert_int_equal(hf_conn_stats(pair_conn(p, judge)).renegotiations, 3);
        pair_free(p);
    }
}

static void the_setters_judge(void **state)
{
    (void)state;
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_renegotiation(NULL, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_renegotiation(c, (hf_renegotiation)3, 0, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_renegotiation(c, HF_RENEGOTIATE_ACCEPT, 1, 1), HF_OK);
    assert_int_equal(hf_config_renegotiation_may_change_peer(NULL, true), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_renegotiation_may_change_peer(c, true), HF_OK);
    test_freeze(c);
    assert_int_equal(hf_config_renegotiation(c, HF_RENEGOTIATE_NEVER, 0, 0), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_renegotiation_may_change_peer(c, false), HF_CONFIG_FROZEN);
    hf_config_free(c);
}

static void calls_at_the_wrong_time(void **state)
{
    (void)state;
    assert_int_equal(hf_renegotiate(NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_renegotiate_resuming(NULL, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_request_client_certificate(NULL), HF_NULL_ARGUMENT);
    struct pair *p =
        pair_take(of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), of(HF_SERVER, HF_RENEGOTIATE_ACCEPT), TEST_HOST);
    assert_int_equal(hf_renegotiate(p->client), HF_TOO_EARLY);
    pair_run(p);
    hf_session *session = pair_session(p);
    assert_int_equal(hf_renegotiate_resuming(p->server, session), HF_BAD_ARGUMENT);
    assert_int_equal(hf_request_client_certificate(p->client), HF_BAD_ARGUMENT);
    assert_int_equal(hf_request_client_certificate(p->server), HF_CONFIG_INCOMPLETE); /* it trusts nobody */
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_TOO_EARLY);
    assert_int_equal(hf_renegotiate_resuming(p->client, session), HF_TOO_EARLY);
    pair_run(p);
    assert_again(p, 1);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_CLOSED);
    pair_run(p);
    assert_int_equal(hf_renegotiate(p->server), HF_CLOSED);
    hf_abort(p->server, HF_HANDSHAKE_TIMEOUT);
    assert_int_equal(hf_renegotiate(p->server), HF_FAILED_BEFORE);
    hf_session_free(session);
    pair_free(p);
}

/* RFC 5246 7.4.1.1: a HelloRequest is not repeated before it is answered. */
static void one_hello_request_at_a_time(void **state)
{
    (void)state;
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_renegotiate(p->server), HF_OK);
    assert_int_equal(state_of(p, HF_SERVER), HF_RENEGOTIATION_ASKED);
    size_t waits = hf_peek_wire(p->server).len;
    assert_int_equal(hf_renegotiate(p->server), HF_OK);
    assert_int_equal(hf_peek_wire(p->server).len, waits);
    pair_run(p);
    assert_again(p, 1);
    pair_free(p);
}

/* Both at once: the client's ClientHello is the answer, and it ignores the HelloRequest (N7). */
static void both_at_once(void **state)
{
    (void)state;
    struct pair *p = both(HF_RENEGOTIATE_WHEN_WE_ASK);
    assert_int_equal(hf_renegotiate(p->server), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_int_equal(hf_conn_stats(p->client).renegotiations_refused, 0);
    pair_exchange(p, 100);
    pair_free(p);
}

/* ---- the client's certificate, later ---- */
static hf_config *asking(void)
{
    hf_config *server = of(HF_SERVER, HF_RENEGOTIATE_WHEN_WE_ASK);
    test_trust(server, test_pki()->root);
    return server;
}

static hf_config *alice(hf_renegotiation mode, enum test_key key)
{
    hf_config *client = of(HF_CLIENT, mode);
    test_add_identity(client, &test_pki()->client[key]);
    return client;
}

static void the_client_certificate_is_asked_for_later(void **state)
{
    (void)state;
    for (enum test_key key = 0; key < TEST_KEYS; key++) {
        struct pair *p = connected(alice(HF_RENEGOTIATE_ACCEPT, key), asking());
        assert_null(hf_negotiated(p->server)->peer_subject);
        assert_false(hf_negotiated(p->client)->client_auth_requested);
        pair_exchange(p, 100);
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        assert_null(hf_negotiated(p->server)->peer_subject);
        pair_run(p);
        assert_again(p, 1);
        assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
        assert_true(hf_negotiated(p->server)->peer_verified);
        assert_true(hf_negotiated(p->server)->client_scheme != 0);
        pair_exchange(p, 100);
        /* once asked, asked again: or nobody would be there afterwards */
        assert_int_equal(hf_renegotiate(p->server), HF_OK);
        now += 30;
        pair_run(p);
        assert_again(p, 2);
        assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
        pair_free(p);
    }
}

static void a_client_without_one(void **state)
{
    (void)state;
    struct pair *p = connected(of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), asking());
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_true(hf_negotiated(p->server)->client_auth_requested);
    assert_null(hf_negotiated(p->server)->peer_subject);
    pair_exchange(p, 100);
    pair_free(p);
}

static void one_that_is_not_trusted_ends_it(void **state)
{
    (void)state;
    struct test_identity stranger =
        test_identity_make(&(struct test_spec){.issuer = TEST_BY_OTHER_ROOT, .extended = "clientAuth"});
    hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT);
    hf_config *server = asking();
    test_add_identity(client, &stranger);
    assert_int_equal(hf_config_send_ca_names(server, false), HF_OK);
    struct pair *p = connected(client, server);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_CA, 48);
    pair_free(p);
    test_identity_free(&stranger);
}

/* A session from before, which knows nobody, is no answer to the question who the client is. */
static void asking_for_a_certificate_is_a_full_handshake(void **state)
{
    (void)state;
    hf_config *server = asking();
    assert_int_equal(hf_config_renegotiation(server, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    struct pair *p = connected(alice(HF_RENEGOTIATE_ACCEPT, TEST_P256), server);
    hf_session *anonymous = pair_session(p);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    assert_int_equal(hf_renegotiate_resuming(p->client, anonymous), HF_OK); /* they cross */
    pair_run(p);
    assert_again(p, 1);
    assert_false(hf_negotiated(p->server)->resumed);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    /* nor may it be resumed now: alice would be gone (N4) */
    assert_int_equal(hf_renegotiate_resuming(p->client, anonymous), HF_OK);
    pair_run(p);
    assert_again(p, 2);
    assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_CONTEXT);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    hf_session_free(anonymous);
    hf_session *hers = pair_session(p);
    now += 30;
    assert_int_equal(hf_renegotiate_resuming(p->client, hers), HF_OK);
    pair_run(p);
    assert_again(p, 3);
    assert_true(hf_negotiated(p->server)->resumed);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    hf_session_free(hers);
    pair_free(p);
}

/* N4: another certificate in the second handshake, and the policy that lets it pass. */
static bool another_each_time(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)pair;
    return hf_answer_identity(asked, (*(size_t *)arg)++) == HF_OK;
}

static void another_certificate_is_refused_or_allowed(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        hf_side changes = i % 2 ? HF_SERVER : HF_CLIENT, judge = i % 2 ? HF_CLIENT : HF_SERVER;
        hf_config *c[2] = {alice(HF_RENEGOTIATE_ACCEPT, TEST_P256), asking()};
        test_add_identity(c[HF_CLIENT], &test_pki()->client[TEST_P384]);
        test_add_identity(c[HF_SERVER], &test_pki()->server[TEST_P384]);
        assert_int_equal(hf_config_client_auth(c[HF_SERVER], HF_CLIENT_AUTH_REQUIRE), HF_OK);
        assert_int_equal(hf_config_ask(c[changes], HF_ASK_PICK_IDENTITY), HF_OK);
        assert_int_equal(hf_config_renegotiation_may_change_peer(c[judge], i >= 2), HF_OK);
        struct pair *p = pair_take(c[HF_CLIENT], c[HF_SERVER], TEST_HOST);
        size_t next = 0;
        p->ask = another_each_time;
        p->ask_arg = &next;
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_renegotiate(p->server), HF_OK);
        pair_run(p);
        assert_int_equal(next, 2);
        if (i >= 2) {
            assert_again(p, 1);
            pair_exchange(p, 100);
        } else {
            pair_assert_refused(p, judge, HF_RENEGOTIATION_CHANGES_PEER, 47);
        }
        pair_free(p);
    }
}

/* ---- N6: data and renegotiation ---- */
/* Data in flight when the other begins arrives before the new handshake, in order, under the old keys. */
static void data_in_flight(void **state)
{
    (void)state;
    for (hf_side by = HF_CLIENT; by <= HF_SERVER; by++) {
        struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
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
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
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
    now += 30;
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
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
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
    p = connected(of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), of(HF_SERVER, HF_RENEGOTIATE_NEVER));
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
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
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
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
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
    struct pair *p = both(HF_RENEGOTIATE_ACCEPT);
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
    hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), *server = of(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
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
    hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), *server = of(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
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

/* ALPN is the connection's: it stays, and is not negotiated anew. */
static void alpn_stays(void **state)
{
    (void)state;
    hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), *server = of(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    assert_int_equal(hf_config_alpn(client, "a,b", false), HF_OK);
    assert_int_equal(hf_config_alpn(server, "b", false), HF_OK);
    struct pair *p = connected(client, server);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_string_equal(hf_negotiated(p->client)->alpn, "b");
    assert_string_equal(hf_negotiated(p->server)->alpn, "b");
    pair_free(p);
}

/* ---- notes ---- */
static void set_note(struct pair *p, hf_side side, const char *text)
{
    assert_int_equal(
        hf_conn_session_note(pair_conn(p, side), (hf_bytes){(const uint8_t *)text, strlen(text)}), HF_OK);
}

static void assert_note(const struct pair *p, hf_side side, const char *text)
{
    hf_bytes note = hf_negotiated(pair_conn(p, side))->session_note;
    assert_int_equal(note.len, strlen(text));
    assert_memory_equal(note.data, text, note.len);
}

/* What was said of the connection is said of every session it makes. */
static void a_note_goes_on_into_later_sessions(void **state)
{
    (void)state;
    struct pair *p =
        pair_take(of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), of(HF_SERVER, HF_RENEGOTIATE_ACCEPT), TEST_HOST);
    set_note(p, HF_CLIENT, "client's");
    set_note(p, HF_SERVER, "server's");
    pair_run(p);
    for (unsigned times = 1; times <= 2; times++) {
        hf_session *first = pair_session(p);
        assert_int_equal(hf_renegotiate(p->client), HF_OK);
        pair_run(p);
        assert_again(p, times);
        hf_session *made = pair_session(p);
        assert_ptr_not_equal(made, first);
        assert_int_equal(hf_session_note(made).len, 8);
        assert_note(p, HF_CLIENT, "client's");
        assert_note(p, HF_SERVER, "server's");
        hf_session_free(first);
        hf_session_free(made);
        now += 30;
    }
    assert_int_equal(hf_conn_session_note(p->client, (hf_bytes){NULL, 0}), HF_BAD_ARGUMENT);
    pair_free(p);
}

/* The note of a session that is resumed goes on too, unless the connection has one of its own. */
static void the_note_of_a_resumed_session_goes_on(void **state)
{
    (void)state;
    hf_config *client = of(HF_CLIENT, HF_RENEGOTIATE_ACCEPT), *server = of(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
    struct pair *p = pair_new(client, server, TEST_HOST);
    set_note(p, HF_CLIENT, "client's");
    set_note(p, HF_SERVER, "server's");
    pair_run(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    for (int own = 0; own < 2; own++) {
        p = pair_new(client, server, TEST_HOST);
        if (own) {
            set_note(p, HF_CLIENT, "client's own");
            set_note(p, HF_SERVER, "server's own");
        }
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        pair_run(p);
        assert_true(hf_negotiated(p->client)->resumed);
        assert_note(p, HF_CLIENT, "client's");
        assert_note(p, HF_SERVER, "server's");
        for (unsigned times = 1; times <= 2; times++) {
            assert_int_equal(hf_renegotiate(p->client), HF_OK);
            pair_run(p);
            assert_again(p, times);
            assert_false(hf_negotiated(p->client)->resumed);
            assert_note(p, HF_CLIENT, own ? "client's own" : "client's");
            assert_note(p, HF_SERVER, own ? "server's own" : "server's");
            now += 30;
        }
        pair_free(p);
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* The questions of a later handshake are asked like those of the first. */
static bool answer_verdict(void *arg, struct pair *pair, hf_conn *asked)
{
    hf_question q;
    (void)pair;
    assert_int_equal(hf_asked(asked, &q), HF_ASK_VERIFY);
    ++*(unsigned *)arg;
    return hf_answer_verdict(asked, HF_OK) == HF_OK;
}

static void questions_are_asked_again(void **state)
{
    (void)state;
    hf_config *client = alice(HF_RENEGOTIATE_ACCEPT, TEST_P256), *server = asking();
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_VERIFY), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    unsigned asked = 0;
    p->ask = answer_verdict;
    p->ask_arg = &asked;
    pair_run(p);
    assert_int_equal(asked, 1);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_int_equal(asked, 3);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    pair_exchange(p, 100);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_side_renegotiates),
        cmocka_unit_test(byte_by_byte_and_with_other_suites),
        cmocka_unit_test(renegotiating_by_resuming),
        cmocka_unit_test(a_renegotiated_session_is_resumed_on_a_new_connection),
        cmocka_unit_test(never_is_the_default),
        cmocka_unit_test(what_is_refused_goes_on_as_it_was),
        cmocka_unit_test(when_we_ask_works_for_who_asks),
        cmocka_unit_test(the_peer_may_ask_only_so_often),
        cmocka_unit_test(the_setters_judge),
        cmocka_unit_test(calls_at_the_wrong_time),
        cmocka_unit_test(one_hello_request_at_a_time),
        cmocka_unit_test(both_at_once),
        cmocka_unit_test(the_client_certificate_is_asked_for_later),
        cmocka_unit_test(a_client_without_one),
        cmocka_unit_test(one_that_is_not_trusted_ends_it),
        cmocka_unit_test(asking_for_a_certificate_is_a_full_handshake),
        cmocka_unit_test(another_certificate_is_refused_or_allowed),
        cmocka_unit_test(data_in_flight),
        cmocka_unit_test(our_data_waits),
        cmocka_unit_test(closing_while_it_runs),
        cmocka_unit_test(the_other_closes_instead),
        cmocka_unit_test(the_stream_ends_in_the_midst),
        cmocka_unit_test(the_server_gives_up_half_way_through_the_keys),
        cmocka_unit_test(failing_forgets_both_sessions),
        cmocka_unit_test(failing_at_the_very_end_forgets_the_new_session),
        cmocka_unit_test(alpn_stays),
        cmocka_unit_test(a_note_goes_on_into_later_sessions),
        cmocka_unit_test(the_note_of_a_resumed_session_goes_on),
        cmocka_unit_test(questions_are_asked_again),
    };
    return cmocka_run_group_tests_name("api/renegotiation", tests, NULL, NULL);
}
