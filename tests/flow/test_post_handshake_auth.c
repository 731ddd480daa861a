/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

#include "conn/conn.h"

/* Post-handshake client authentication, RFC 8446 4.6.2: as applications see it, and what a peer that lies
 * gets. */

static hf_config *speaking13(hf_side side)
{
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    return c;
}

static hf_config *willing(void)
{
    hf_config *c = speaking13(HF_CLIENT);
    assert_int_equal(hf_config_post_handshake_auth(c, true), HF_OK);
    return c;
}

static hf_config *alice(enum test_key key)
{
    hf_config *c = willing();
    test_add_identity(c, &test_pki()->client[key]);
    return c;
}

static hf_config *asking(void)
{
    hf_config *c = speaking13(HF_SERVER);
    test_trust(c, test_pki()->root);
    return c;
}

static struct pair *connected(hf_config *client, hf_config *server)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 100);
    return p;
}

static void assert_state(const struct pair *p, hf_renegotiation_state client, hf_renegotiation_state server)
{
    assert_int_equal(hf_negotiated(p->client)->renegotiation, client);
    assert_int_equal(hf_negotiated(p->server)->renegotiation, server);
}

static void assert_alice(const struct pair *p, unsigned times)
{
    const hf_summary *s = hf_negotiated(p->server), *c = hf_negotiated(p->client);
    assert_string_equal(s->peer_subject, "CN=alice");
    assert_true(s->peer_verified);
    assert_true(s->client_scheme != 0 && s->client_scheme == c->client_scheme);
    assert_true(s->client_auth_requested && c->client_auth_requested);
    assert_int_equal(c->identity, 0);
    assert_string_equal(c->server_name, TEST_HOST); /* and all else is as it was */
    assert_int_equal(hf_conn_stats(p->server).authentications, times);
    assert_int_equal(hf_conn_stats(p->client).authentications, times);
    assert_int_equal(hf_conn_stats(p->server).renegotiations, 0);
    assert_state(p, HF_RENEGOTIATED, HF_RENEGOTIATED);
}

static void every_kind_of_key(void **state)
{
    (void)state;
    for (int key = 0; key < TEST_KEYS; key++) {
        struct pair *p = connected(alice((enum test_key)key), asking());
        assert_null(hf_negotiated(p->server)->peer_subject);
        assert_false(hf_negotiated(p->client)->client_auth_requested);
        p->steps[HF_CLIENT][0] = 0;
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        assert_state(p, HF_NOT_RENEGOTIATED, HF_RENEGOTIATION_ASKED);
        assert_null(hf_negotiated(p->server)->peer_subject);
        pair_run(p);
        assert_alice(p, 1);
        assert_string_equal(p->steps[HF_CLIENT],
                            "CertificateRequest pick_identity Certificate sign CertificateVerify Finished");
        pair_exchange(p, 20000);
        pair_free(p);
    }
}

/* RFC 8446 4.6.2: the exchange may come again; each begins from the first handshake's messages. */
static void again_and_again(void **state)
{
    (void)state;
    struct pair *p = connected(alice(TEST_P256), asking());
    for (unsigned times = 1; times <= 3; times++) {
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        pair_run(p);
        assert_alice(p, times);
        pair_exchange(p, 10);
        assert_int_equal(hf_update_keys(p->client, true), HF_OK); /* under whatever keys there are */
        pair_run(p);
    }
    pair_free(p);
}

/* RFC 8446 4.4.2: Certificate is sent all the same. */
static void a_client_without_one(void **state)
{
    (void)state;
    struct pair *p = connected(willing(), asking());
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    pair_assert_complete(p);
    assert_state(p, HF_RENEGOTIATED, HF_RENEGOTIATED);
    assert_non_null(strstr(p->steps[HF_CLIENT], "CertificateRequest pick_identity Certificate Finished"));
    assert_null(hf_negotiated(p->server)->peer_subject);
    assert_true(hf_negotiated(p->server)->client_auth_requested);
    assert_int_equal(hf_negotiated(p->client)->identity, HF_NO_IDENTITY);
    pair_exchange(p, 100);
    pair_free(p);
}

/* One that was shown in the handshake may be shown again; another is another person. */
static void who_is_known_already(void **state)
{
    (void)state;
    for (int changes = 0; changes <= 1; changes++) {
        hf_config *server = asking(), *client = alice(TEST_P256);
        test_add_identity(client, &test_pki()->client[TEST_RSA]);
        assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
        assert_int_equal(hf_config_ask(client, HF_ASK_PICK_IDENTITY), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        assert_int_equal(hf_answer_identity(p->client, 0), HF_OK);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        pair_run(p);
        assert_int_equal(hf_asked(p->client, NULL), HF_ASK_PICK_IDENTITY);
        assert_int_equal(hf_answer_identity(p->client, (size_t)changes), HF_OK);
        pair_run(p);
        if (changes) {
            pair_assert_refused(p, HF_SERVER, HF_RENEGOTIATION_CHANGES_PEER, 47);
        } else {
            assert_alice(p, 1);
        }
        pair_free(p);
    }
}

static void one_that_is_not_trusted_ends_it(void **state)
{
    (void)state;
    struct test_identity stranger =
        test_identity_make(&(struct test_spec){.issuer = TEST_BY_OTHER_ROOT, .extended = "clientAuth"});
    hf_config *client = willing(), *server = asking();
    test_add_identity(client, &stranger);
    assert_int_equal(hf_config_send_ca_names(server, false), HF_OK);
    struct pair *p = connected(client, server);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_CA, 48);
    assert_null(hf_negotiated(p->server)->peer_subject);
    pair_free(p);
    test_identity_free(&stranger);
}

static bool answer_all(void *arg, struct pair *p, hf_conn *asked)
{
    unsigned *count = arg;
    hf_question q;
    size_t used = 1;
    hf_ask what = hf_asked(asked, &q);
    (*count)++;
    if (asked == p->client) { /* nothing of ours in the midst of it */
        assert_int_equal(hf_push_app(asked, (hf_bytes){(const uint8_t *)"x", 1}, &used), HF_OK);
        assert_int_equal(used, 0);
        assert_int_equal(hf_update_keys(asked, false), HF_TOO_EARLY);
    }
    if (what == HF_ASK_PICK_IDENTITY) {
        assert_true(q.schemes.len && q.ca_names.len);
        assert_int_equal(hf_answer_identity(asked, HF_ANY_IDENTITY), HF_OK);
    } else {
        assert_int_equal(what, HF_ASK_VERIFY);
        assert_true(asked == p->client || q.verdict == HF_OK);
        assert_int_equal(hf_answer_verdict(asked, HF_OK), HF_OK);
    }
    return true;
}

static void both_applications_are_asked(void **state)
{
    (void)state;
    unsigned count = 0;
    hf_config *client = alice(TEST_ED25519), *server = asking();
    assert_int_equal(hf_config_ask(client, HF_ASK_PICK_IDENTITY), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_VERIFY), HF_OK);
    struct pair *p = connected(client, server);
    p->ask = answer_all;
    p->ask_arg = &count;
    p->chunk = 3;
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    size_t used;
    /* what is behind the request waits until it is answered */
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"later", 5}, &used), HF_OK);
    p->received[HF_CLIENT].len = 0;
    pair_run(p);
    assert_int_equal(count, 2);
    assert_alice(p, 1);
    assert_int_equal(p->received[HF_CLIENT].len, 5);
    pair_exchange(p, 1000);
    pair_free(p);
}

/* RFC 8446 4.6.2: a server is prepared for other messages until the answer comes. */
static void the_connection_goes_on_meanwhile(void **state)
{
    (void)state;
    struct pair *p = connected(alice(TEST_P256), asking());
    size_t used;
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK); /* not repeated */
    assert_true(hf_wants(p->server) & HF_GIVE_APP);
    assert_int_equal(hf_push_app(p->server, (hf_bytes){(const uint8_t *)"more", 4}, &used), HF_OK);
    assert_int_equal(used, 4);
    assert_int_equal(hf_update_keys(p->server, true), HF_OK);
    /* and the client's, before it has seen the request */
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"data", 4}, &used), HF_OK);
    assert_int_equal(hf_update_keys(p->client, true), HF_OK);
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"data", 4}, &used), HF_OK);
    assert_true(pair_carry(p, HF_CLIENT));
    assert_int_equal(hf_negotiated(p->server)->renegotiation, HF_RENEGOTIATION_ASKED);
    pair_run(p);
    assert_alice(p, 1);
    pair_exchange(p, 1000);
    pair_free(p);
}

static void closing_meanwhile(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct pair *p = connected(alice(TEST_P256), asking());
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        assert_int_equal(hf_close(pair_conn(p, side)), HF_OK);
        if (side == HF_CLIENT) { /* it never answers: RFC 8446 6.1 */
            assert_true(pair_carry(p, HF_CLIENT));
            assert_int_equal(hf_negotiated(p->server)->renegotiation, HF_RENEGOTIATION_REFUSED);
            assert_int_equal(hf_request_client_certificate(p->server), HF_CLOSED);
        } else {
            pair_run(p);
            assert_alice(p, 1);
        }
        assert_null(hf_failed(p->server));
        pair_free(p);
    }
}

static void calls_at_the_wrong_time(void **state)
{
    (void)state;
    hf_config *server = test_server_config();
    assert_int_equal(hf_config_post_handshake_auth(server, true), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_post_handshake_auth(NULL, true), HF_NULL_ARGUMENT);
    hf_config_free(server);
    struct pair *p = pair_take(speaking13(HF_CLIENT), asking(), TEST_HOST);
    assert_int_equal(hf_request_client_certificate(p->server), HF_TOO_EARLY);
    pair_run(p);
    assert_int_equal(hf_request_client_certificate(p->server), HF_POST_HANDSHAKE_AUTH_UNAVAILABLE);
    assert_int_equal(hf_request_client_certificate(p->client), HF_BAD_ARGUMENT);
    assert_int_equal(hf_renegotiate(p->client), HF_RENEGOTIATION_UNAVAILABLE); /* RFC 8446 4.1.2 */
    pair_free(p);
    p = connected(willing(), speaking13(HF_SERVER));
    assert_int_equal(hf_request_client_certificate(p->server), HF_CONFIG_INCOMPLETE);
    pair_free(p);
}

/* ---- a peer that lies ---- */
static void say(hf_conn *c, enum content_type type, const void *bytes, size_t len)
{
    assert_int_equal(record_write(&c->out, type, slice_of(bytes, len)), OK);
}

/* RFC 8446 4.6.2: a client that did not offer it ends the connection. */
static void a_client_that_did_not_offer_it(void **state)
{
    static const uint8_t request[] = {13, 0, 0, 12, 1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3};
    (void)state;
    struct pair *p = connected(speaking13(HF_CLIENT), asking());
    say(p->server, CONTENT_HANDSHAKE, request, sizeof request);
    pair_run(p);
    pair_assert_refused(p, HF_CLIENT, HF_UNEXPECTED_MESSAGE, 10);
    pair_free(p);
}

static void requests_that_are_none(void **state)
{
    static const struct {
        uint8_t bytes[20];
        size_t len;
        hf_err err;
        uint8_t alert;
    } cases[] = {
        {{13, 0, 0, 4, 1, 7, 0, 0}, 8, HF_MALFORMED_MESSAGE, 50}, /* extensions<2..> */
        {{13, 0, 0, 9, 1, 7, 0, 5, 0, 5, 0, 1, 1},
         13,
         HF_MISSING_EXTENSION,
         109}, /* no signature_algorithms */
        {{13, 0, 0, 3, 1, 7, 0}, 7, HF_MALFORMED_MESSAGE, 50},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair *p = connected(willing(), asking());
        say(p->server, CONTENT_HANDSHAKE, cases[i].bytes, cases[i].len);
        pair_run(p);
        assert_non_null(hf_failed(p->client));
        assert_int_equal(hf_failed(p->client)->alert, cases[i].alert);
        assert_int_equal(hf_failed(p->client)->err, cases[i].err);
        pair_free(p);
    }
}

static void a_flood_of_requests(void **state)
{
    static const uint8_t request[] = {13, 0, 0, 12, 1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3};
    (void)state;
    struct pair *p = connected(willing(), asking());
    for (int i = 0; i < 33; i++) {
        say(p->server, CONTENT_HANDSHAKE, request, sizeof request);
    }
    assert_true(pair_carry(p, HF_SERVER));
    assert_int_equal(hf_failed(p->client)->err, HF_TOO_MANY_CERTIFICATE_REQUESTS);
    pair_free(p);
}

/* Nobody asked; or asked otherwise; or is in the midst of it. */
static void answers_that_are_none(void **state)
{
    static const uint8_t other[] = {11, 0, 0, 7, 3, 1, 2, 3, 0, 0, 0}, none[] = {11, 0, 0, 4, 0, 0, 0, 0},
                         verify[] = {15, 0, 0, 4, 4, 3, 0, 0}, finished[36] = {20, 0, 0, 32};
    static const struct {
        const uint8_t *bytes;
        size_t len;
        bool asked;
        hf_err err;
    } cases[] = {
        {other, sizeof other, false, HF_UNEXPECTED_MESSAGE},
        {other, sizeof other, true, HF_REQUEST_CONTEXT_DIFFERS}, /* RFC 8446 4.4.2 */
        {none, sizeof none, true, HF_REQUEST_CONTEXT_DIFFERS},
        {verify, sizeof verify, true, HF_UNEXPECTED_MESSAGE},
        {finished, sizeof finished, true, HF_UNEXPECTED_MESSAGE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair *p = connected(alice(TEST_P256), asking());
        if (cases[i].asked) {
            assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        }
        say(p->client, CONTENT_HANDSHAKE, cases[i].bytes, cases[i].len);
        assert_true(pair_carry(p, HF_CLIENT));
        assert_int_equal(hf_failed(p->server)->err, cases[i].err);
        pair_free(p);
    }
}

enum lie { DATA_BETWEEN, UPDATE_BETWEEN, WRONG_FINISHED, LIES };

/* While the client is asked to sign: Certificate is on its way. */
static bool lie_in_the_midst(void *arg, struct pair *p, hf_conn *asked)
{
    static const uint8_t key_update[] = {24, 0, 0, 1, 0}, finished[36] = {20, 0, 0, 32};
    const enum lie *lie = arg;
    hf_question q;
    p->ask = NULL;
    assert_int_equal(hf_asked(asked, &q), HF_ASK_SIGN);
    if (*lie == DATA_BETWEEN) {
        say(asked, CONTENT_APPLICATION_DATA, "x", 1);
    } else if (*lie == UPDATE_BETWEEN) {
        say(asked, CONTENT_HANDSHAKE, key_update, sizeof key_update);
    } else {
        say(asked, CONTENT_HANDSHAKE, finished, sizeof finished);
    }
    return false;
}

/* RFC 8446 4.6.2: consecutively on the wire, with no intervening messages of other types. */
static void nothing_stands_between(void **state)
{
    static const hf_err wanted[] = {HF_INTERLEAVED_MESSAGE, HF_UNEXPECTED_MESSAGE, HF_UNEXPECTED_MESSAGE};
    (void)state;
    for (int lie = 0; lie < LIES; lie++) {
        hf_config *client = alice(TEST_P256);
        assert_int_equal(hf_config_ask(client, HF_ASK_SIGN), HF_OK);
        struct pair *p = connected(client, asking());
        enum lie which = (enum lie)lie;
        p->ask = lie_in_the_midst;
        p->ask_arg = &which;
        assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
        pair_run(p);
        pair_run(p);
        assert_non_null(hf_failed(p->server));
        assert_int_equal(hf_failed(p->server)->err, wanted[lie]);
        assert_int_equal(hf_failed(p->server)->alert, 10);
        assert_null(hf_negotiated(p->server)->peer_subject);
        pair_free(p);
    }
}

/* RFC 8446 4.6.2: nor what is due to the peer: the answer to its KeyUpdate waits until the client is done. */
static void nothing_of_ours_stands_between(void **state)
{
    (void)state;
    hf_config *client = alice(TEST_P256);
    hf_question q;
    uint8_t signature[1024];
    size_t used;
    assert_int_equal(hf_config_ask(client, HF_ASK_SIGN), HF_OK);
    struct pair *p = connected(client, asking());
    assert_int_equal(hf_update_keys(p->server, true), HF_OK);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p); /* Certificate is gone; the application takes its time to sign */
    assert_int_equal(hf_asked(p->client, &q), HF_ASK_SIGN);
    assert_int_equal(hf_push_wire(p->client, (uint8_t[]){0}, 0, &used), HF_OK);
    assert_int_equal(hf_conn_stats(p->client).key_updates_sent, 0);
    size_t len = test_sign(&test_pki()->client[TEST_P256], q.scheme, q.to_sign, signature);
    assert_int_equal(hf_answer_signature(p->client, (hf_bytes){signature, len}), HF_OK);
    pair_run(p);
    pair_exchange(p, 10);
    assert_alice(p, 1);
    assert_int_equal(hf_conn_stats(p->client).key_updates_sent, 1);
    pair_free(p);
}

/* RFC 8446 4.4.4: Finished under another key than the one of the client's traffic. */
static void a_finished_of_another(void **state)
{
    (void)state;
    hf_config *client = alice(TEST_P256);
    assert_int_equal(hf_config_ask(client, HF_ASK_PICK_IDENTITY), HF_OK);
    struct pair *p = connected(client, asking());
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    p->client->hs->schedule.handshake[CLIENT].data[0] ^= 1;
    assert_int_equal(hf_answer_identity(p->client, 0), HF_OK);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_BAD_FINISHED, 51);
    assert_null(hf_negotiated(p->server)->peer_subject);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key),
        cmocka_unit_test(again_and_again),
        cmocka_unit_test(a_client_without_one),
        cmocka_unit_test(who_is_known_already),
        cmocka_unit_test(one_that_is_not_trusted_ends_it),
        cmocka_unit_test(both_applications_are_asked),
        cmocka_unit_test(the_connection_goes_on_meanwhile),
        cmocka_unit_test(closing_meanwhile),
        cmocka_unit_test(calls_at_the_wrong_time),
        cmocka_unit_test(a_client_that_did_not_offer_it),
        cmocka_unit_test(requests_that_are_none),
        cmocka_unit_test(a_flood_of_requests),
        cmocka_unit_test(answers_that_are_none),
        cmocka_unit_test(nothing_stands_between),
        cmocka_unit_test(nothing_of_ours_stands_between),
        cmocka_unit_test(a_finished_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
