/* SPDX-License-Identifier: MIT */
#include "again.h"

#include <string.h>

/* Handshakes after the first, as applications see them, and who may ask for one: RFC 5746, RFC
 * 5246 7.4.1.1, 7.4.1.2. Checklist N2, N3, N4. What a peer that lies gets is in
 * tests/flow/test_renegotiation*.c. */
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
        struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
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
            renegotiation_now += 30;
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
        hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_WHEN_WE_ASK),
                  *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
        assert_int_equal(hf_config_suites(client, suites[i], NULL), HF_OK);
        assert_int_equal(hf_config_suites(server, suites[i], NULL), HF_OK);
        struct pair *p = connected_pair(client, server);
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
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
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
        renegotiation_now += 30;
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
    hf_config *client = config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
              *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT);
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
    struct pair *p = connected_pair(test_client_config(), test_server_config());
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
    struct pair *p =
        connected_pair(config_renegotiating(HF_CLIENT, client), config_renegotiating(HF_SERVER, server));
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
        struct pair *p = connected_pair(config_renegotiating(HF_CLIENT, mode[HF_CLIENT]),
                                        config_renegotiating(HF_SERVER, mode[HF_SERVER]));
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
        hf_config *c[2] = {config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
                           config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT)};
        assert_int_equal(hf_config_renegotiation(c[judge], HF_RENEGOTIATE_ACCEPT, 2, 10), HF_OK);
        struct pair *p = connected_pair(c[HF_CLIENT], c[HF_SERVER]);
        static const struct {
            int64_t later;
            unsigned done, refused;
        } turns[] = {{0, 1, 0}, {9, 1, 1}, {1, 2, 1}, {1000, 2, 2}};
        for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
            renegotiation_now += turns[i].later;
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
    struct pair *p = pair_take(config_renegotiating(HF_CLIENT, HF_RENEGOTIATE_ACCEPT),
                               config_renegotiating(HF_SERVER, HF_RENEGOTIATE_ACCEPT), TEST_HOST);
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
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_ACCEPT);
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
    struct pair *p = both_renegotiating(HF_RENEGOTIATE_WHEN_WE_ASK);
    assert_int_equal(hf_renegotiate(p->server), HF_OK);
    assert_int_equal(hf_renegotiate(p->client), HF_OK);
    pair_run(p);
    assert_again(p, 1);
    assert_int_equal(hf_conn_stats(p->client).renegotiations_refused, 0);
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
    };
    return cmocka_run_group_tests_name("api/renegotiation", tests, NULL, NULL);
}
