/* SPDX-License-Identifier: MIT */
/* The cursor by examples: a person should be able to learn from them what it does.
 * tests/property/test_flows.c is exhaustive. */
#include "flow/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ECDHE (CERTIFICATE_AUTH | EPHEMERAL | EPHEMERAL_SIGNED)
#define BIT(m) (UINT32_C(1) << (m))

static struct cursor stand(enum side me, const struct step *flow, uint32_t facts)
{
    struct cursor c = {.me = me, .facts = facts};
    cursor_start(&c, flow);
    return c;
}

static void assert_next(const struct cursor *c, enum side by, int what)
{
    const struct step *s = cursor_peek(c);
    assert_non_null(s);
    assert_string_equal(step_name(s->what), step_name((uint16_t)what));
    assert_int_equal(s->by, by);
}

static void do_next(struct cursor *c, int what)
{
    assert_next(c, c->me, what);
    cursor_advance(c);
}

static void take(struct cursor *c, enum message m)
{
    const struct step *s = cursor_accept(c, m);
    assert_non_null(s);
    assert_int_equal(s->what, m);
}

/* RFC 5246 7.3 figure 1, from the client's seat */
static void test_client_walks_a_full_handshake(void **state)
{
    (void)state;
    struct cursor c = stand(CLIENT, flow_hello, ECDHE);
    do_next(&c, CLIENT_HELLO);
    take(&c, SERVER_HELLO);
    assert_null(cursor_peek(&c));
    assert_ptr_equal(flow_after(c.flow, c.facts), flow_full12);

    cursor_start(&c, flow_full12);
    take(&c, CERTIFICATE);
    take(&c, SERVER_KEY_EXCHANGE);
    take(&c, SERVER_HELLO_DONE);
    do_next(&c, verify_peer);
    do_next(&c, agree_secret);
    do_next(&c, CLIENT_KEY_EXCHANGE);
    assert_int_equal(cursor_peek(&c)->then, NEW_KEYS);
    do_next(&c, CHANGE_CIPHER_SPEC);
    do_next(&c, FINISHED);
    take(&c, CHANGE_CIPHER_SPEC);
    take(&c, FINISHED);
    assert_null(cursor_peek(&c));
    assert_null(flow_after(c.flow, c.facts));
}

/* RFC 5246 7.3 figure 2: the server's Finished comes first */
static void test_server_walks_a_resumption(void **state)
{
    (void)state;
    struct cursor c = stand(SERVER, flow_hello, NO_FACT);
    take(&c, CLIENT_HELLO);
    assert_int_equal(cursor_set(&c, SESSION_OFFERED), OK);
    do_next(&c, choose_host);
    do_next(&c, look_up_session);
    assert_int_equal(cursor_set(&c, RESUMED), OK);
    do_next(&c, choose_parameters);
    do_next(&c, SERVER_HELLO);
    assert_ptr_equal(flow_after(c.flow, c.facts), flow_resume12);

    cursor_start(&c, flow_resume12);
    do_next(&c, CHANGE_CIPHER_SPEC);
    do_next(&c, FINISHED);
    take(&c, CHANGE_CIPHER_SPEC);
    take(&c, FINISHED);
    assert_null(cursor_peek(&c));
}

/* RFC 8446 2 figures 1 and 2, from the client's seat: asked for another key share, and for a certificate */
static void test_client_walks_a_retried_handshake_of_tls13(void **state)
{
    (void)state;
    struct cursor c = stand(CLIENT, flow_hello, TLS13_OFFERED);
    do_next(&c, make_key_share);
    do_next(&c, CLIENT_HELLO);
    assert_int_equal(cursor_expected(&c), BIT(HELLO_RETRY_REQUEST) | BIT(SERVER_HELLO));
    take(&c, HELLO_RETRY_REQUEST);
    do_next(&c, make_key_share);
    do_next(&c, CLIENT_HELLO);
    assert_int_equal(cursor_expected(&c), BIT(SERVER_HELLO)); /* RFC 8446 4.1.4: only once */
    take(&c, SERVER_HELLO);
    assert_int_equal(cursor_set(&c, TLS13 | CERTIFICATE_AUTH), OK);
    assert_ptr_equal(flow_after(c.flow, c.facts), flow_tls13);

    cursor_start(&c, flow_tls13);
    assert_int_equal(cursor_expected(&c), 0); /* what comes can only be read with keys */
    assert_int_equal(cursor_peek(&c)->then, HANDSHAKE_KEYS);
    do_next(&c, agree_secret);
    take(&c, ENCRYPTED_EXTENSIONS);
    assert_int_equal(cursor_expected(&c), BIT(CERTIFICATE_REQUEST) | BIT(CERTIFICATE));
    take(&c, CERTIFICATE_REQUEST);
    take(&c, CERTIFICATE);
    take(&c, CERTIFICATE_VERIFY);
    do_next(&c, verify_peer);
    take(&c, FINISHED);
    do_next(&c, pick_identity);
    do_next(&c, CERTIFICATE); /* empty: so no CertificateVerify */
    assert_int_equal(cursor_peek(&c)->then, APPLICATION_KEYS);
    do_next(&c, FINISHED);
    assert_null(cursor_peek(&c));
    assert_null(flow_after(c.flow, c.facts));
}

/* RFC 8446 2 figure 4, from the server's seat; 4.5: EndOfEarlyData comes where early data was taken, and else not */
static void test_server_walks_early_data(void **state)
{
    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        struct cursor c = stand(SERVER, flow_hello, NO_FACT);
        take(&c, CLIENT_HELLO);
        assert_int_equal(cursor_set(&c, TLS13_OFFERED | SESSION_OFFERED | EARLY_DATA_OFFERED), OK);
        do_next(&c, choose_host);
        assert_int_equal(cursor_set(&c, TLS13), OK);
        do_next(&c, choose_group);
        do_next(&c, look_up_session);
        assert_int_equal(cursor_set(&c, RESUMED), OK);
        do_next(&c, choose_parameters);
        assert_int_equal(cursor_set(&c, KEY_SHARE | (taken ? EARLY_DATA : 0u)), OK);
        do_next(&c, make_key_share);
        do_next(&c, SERVER_HELLO);
        assert_ptr_equal(flow_after(c.flow, c.facts), flow_tls13); /* not flow_resume12 */

        cursor_start(&c, flow_tls13);
        do_next(&c, agree_secret);
        do_next(&c, ENCRYPTED_EXTENSIONS);
        do_next(&c, FINISHED); /* RFC 8446 4.3.2: neither a certificate nor a request for one */
        assert_int_equal(cursor_expected(&c), taken ? BIT(END_OF_EARLY_DATA) : BIT(FINISHED));
        assert_non_null(cursor_accept(&c, taken ? END_OF_EARLY_DATA : FINISHED));
        assert_int_equal(cursor_expected(&c), taken ? BIT(FINISHED) : 0u);
    }
}

/* RFC 8446 4.2.9: psk_ke has no key share of the server */
static void test_no_key_share_with_psk_ke(void **state)
{
    (void)state;
    struct cursor c = stand(SERVER, flow_hello, TLS13_OFFERED | TLS13 | SESSION_OFFERED | RESUMED);
    take(&c, CLIENT_HELLO);
    do_next(&c, choose_host);
    do_next(&c, choose_group);
    do_next(&c, look_up_session);
    do_next(&c, choose_parameters);
    do_next(&c, SERVER_HELLO);
}

/* RFC 8879 4: one of the two, and only where it was offered */
static void test_compressed_certificate_replaces_certificate(void **state)
{
    (void)state;
    struct cursor c = stand(CLIENT, flow_tls13, TLS13 | CERTIFICATE_AUTH), offered = c;
    offered.facts |= COMPRESSION_SERVER;
    do_next(&c, agree_secret);
    take(&c, ENCRYPTED_EXTENSIONS);
    assert_int_equal(cursor_expected(&c), BIT(CERTIFICATE_REQUEST) | BIT(CERTIFICATE));
    do_next(&offered, agree_secret);
    take(&offered, ENCRYPTED_EXTENSIONS);
    assert_int_equal(cursor_expected(&offered),
                     BIT(CERTIFICATE_REQUEST) | BIT(COMPRESSED_CERTIFICATE) | BIT(CERTIFICATE));
    take(&offered, COMPRESSED_CERTIFICATE);
    assert_int_equal(cursor_expected(&offered), BIT(CERTIFICATE_VERIFY));
}

static void test_peek_changes_nothing(void **state)
{
    (void)state;
    struct cursor c = stand(SERVER, flow_full12, ECDHE | STATUS_AGREED), before;
    memcpy(&before, &c, sizeof c);
    for (int i = 0; i < 3; i++) {
        assert_next(&c, SERVER, CERTIFICATE);
    }
    assert_memory_equal(&before, &c, sizeof c);
}

static void test_our_optional_message_needs_our_choice(void **state)
{
    (void)state;
    struct cursor silent = stand(SERVER, flow_full12, ECDHE | STATUS_AGREED);
    do_next(&silent, CERTIFICATE);
    do_next(&silent, make_key_share);
    assert_int_equal(cursor_set(&silent, STATUS_SENT), E_INTERNAL); /* too late to choose */

    struct cursor stapling = stand(SERVER, flow_full12, ECDHE | STATUS_AGREED | STATUS_SENT);
    do_next(&stapling, CERTIFICATE);
    do_next(&stapling, CERTIFICATE_STATUS);
}

/* S1, RFC 6066 8: CertificateStatus may be left out where it was agreed, and may not come where it was not */
static void test_peers_optional_message_may_come_or_not(void **state)
{
    (void)state;
    struct cursor c = stand(CLIENT, flow_full12, ECDHE | STATUS_AGREED);
    take(&c, CERTIFICATE);
    assert_next(&c, SERVER, CERTIFICATE_STATUS);
    assert_int_equal(cursor_expected(&c), BIT(CERTIFICATE_STATUS) | BIT(SERVER_KEY_EXCHANGE));

    struct cursor with = c, without = c;
    take(&with, CERTIFICATE_STATUS);
    assert_true(cursor_has(&with, STATUS_SENT));
    take(&without, SERVER_KEY_EXCHANGE);
    assert_false(cursor_has(&without, STATUS_SENT));
    assert_null(cursor_accept(&without, CERTIFICATE_STATUS));

    struct cursor not_agreed = stand(CLIENT, flow_full12, ECDHE);
    take(&not_agreed, CERTIFICATE);
    assert_null(cursor_accept(&not_agreed, CERTIFICATE_STATUS));
}

/* S1: a refused message leaves no trace, so the engine may report it with the step it stood at */
static void test_refused_message_changes_nothing(void **state)
{
    (void)state;
    struct cursor c = stand(CLIENT, flow_full12, ECDHE), before;
    take(&c, CERTIFICATE);
    memcpy(&before, &c, sizeof c);
    assert_null(cursor_accept(&c, FINISHED));
    assert_null(cursor_accept(&c, CERTIFICATE));
    assert_null(
        cursor_accept(&c, SERVER_HELLO_DONE));     /* ServerKeyExchange is not optional with this suite: S4 */
    assert_null(cursor_accept(&c, MESSAGE_COUNT)); /* a type nobody knows */
    assert_memory_equal(&before, &c, sizeof c);
}

/* S2, CVE-2014-0224: no ChangeCipherSpec while our own part of the key agreement is not done */
static void test_nothing_is_accepted_while_our_own_step_is_due(void **state)
{
    (void)state;
    struct cursor c = stand(SERVER, flow_full12, ECDHE);
    do_next(&c, CERTIFICATE);
    do_next(&c, make_key_share);
    do_next(&c, sign);
    do_next(&c, SERVER_KEY_EXCHANGE);
    do_next(&c, SERVER_HELLO_DONE);
    assert_null(cursor_accept(&c, CHANGE_CIPHER_SPEC));
    take(&c, CLIENT_KEY_EXCHANGE);
    assert_next(&c, SERVER, agree_secret);
    assert_int_equal(cursor_expected(&c), 0);
    assert_null(cursor_accept(&c, CHANGE_CIPHER_SPEC));
    cursor_advance(&c);
    assert_int_equal(cursor_expected(&c), BIT(CHANGE_CIPHER_SPEC));
}

/* S7, RFC 5246 7.4.6: the client must answer CertificateRequest, with CertificateURL or Certificate but not
 * both */
static void test_certificate_url_replaces_certificate(void **state)
{
    (void)state;
    struct cursor c = stand(SERVER, flow_full12, ECDHE | CLIENT_AUTH | CERTIFICATE_URL_AGREED);
    while (cursor_peek(&c)->by == SERVER) {
        cursor_advance(&c);
    }
    assert_int_equal(cursor_expected(&c), BIT(CERTIFICATE_URL) | BIT(CERTIFICATE));
    take(&c, CERTIFICATE_URL);
    assert_int_equal(cursor_peek(&c)->what,
                     fetch_certificate); /* RFC 6066 5: nothing more before it was fetched */
    assert_int_equal(cursor_expected(&c), 0);
    cursor_advance(&c);
    assert_int_equal(cursor_expected(&c), BIT(CLIENT_KEY_EXCHANGE));
}

static void test_fact_is_frozen_once_depended_on(void **state)
{
    (void)state;
    struct cursor c = stand(CLIENT, flow_full12, CERTIFICATE_AUTH);
    assert_int_equal(cursor_set(&c, TICKET_AGREED), OK);
    take(&c, CERTIFICATE);
    take(&c, SERVER_HELLO_DONE); /* passes ServerKeyExchange: it cannot come any more */
    assert_int_equal(cursor_set(&c, EPHEMERAL), E_INTERNAL);
    assert_false(cursor_has(&c, EPHEMERAL));
    assert_int_equal(cursor_set(&c, CERTIFICATE_AUTH), OK); /* holds already */
    assert_int_equal(cursor_set(&c, CLIENT_SIGNS), OK);     /* weighed only later */
}

/* Also by a row that is there because the fact is not. */
static void test_fact_is_frozen_by_unless(void **state)
{
    (void)state;
    static const struct step flow[] = {{.by = SERVER, .what = CERTIFICATE, .unless = RESUMED},
                                       {.by = SERVER, .what = FINISHED},
                                       {.by = SERVER, .what = END_OF_FLOW}};
    struct cursor with = stand(CLIENT, flow, NO_FACT), without = stand(CLIENT, flow, RESUMED);
    take(&with, CERTIFICATE);
    assert_int_equal(cursor_set(&with, RESUMED), E_INTERNAL);
    assert_null(cursor_accept(&without, CERTIFICATE));
    take(&without, FINISHED);
    assert_null(cursor_peek(&without));
}

/* RFC 5246 7.4.1.1: once the handshake is complete the server may ask for another, and the client may begin one */
static void test_anytime_rows_stand_alone(void **state)
{
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        assert_non_null(flow_anytime_accepts(flow_anytime12, SERVER, HELLO_REQUEST));
        assert_non_null(flow_anytime_accepts(flow_anytime12, CLIENT, CLIENT_HELLO));
    }
    assert_null(flow_anytime_accepts(flow_anytime12, CLIENT, HELLO_REQUEST));
    assert_null(flow_anytime_accepts(flow_anytime12, SERVER, CLIENT_HELLO));
    assert_null(flow_anytime_accepts(flow_anytime12, SERVER, CHANGE_CIPHER_SPEC));
}

/* RFC 8446 4.6, D.4 */
static void test_anytime_rows_of_tls13(void **state)
{
    (void)state;
    const struct step *both[2] = {flow_anytime_accepts(flow_anytime13, CLIENT, KEY_UPDATE),
                                  flow_anytime_accepts(flow_anytime13, SERVER, KEY_UPDATE)};
    assert_true(both[CLIENT] != NULL && both[CLIENT]->then == NEXT_KEYS);
    assert_true(both[SERVER] != NULL && both[SERVER]->then == NEXT_KEYS);
    assert_non_null(flow_anytime_accepts(flow_anytime13, SERVER, NEW_SESSION_TICKET));
    assert_non_null(flow_anytime_accepts(flow_anytime13, SERVER, CERTIFICATE_REQUEST));
    assert_null(flow_anytime_accepts(flow_anytime13, CLIENT, NEW_SESSION_TICKET));
    assert_null(flow_anytime_accepts(flow_anytime13, CLIENT, CERTIFICATE_REQUEST));
    for (int side = CLIENT; side <= SERVER; side++) { /* RFC 8446 4.1.2: there is no renegotiation */
        assert_null(flow_anytime_accepts(flow_anytime13, (enum side)side, CLIENT_HELLO));
        assert_null(flow_anytime_accepts(flow_anytime13, (enum side)side, HELLO_REQUEST));
        assert_null(flow_anytime_accepts(flow_anytime13, (enum side)side, CHANGE_CIPHER_SPEC));
        const struct step *s = flow_anytime_accepts(flow_compatible13, (enum side)side, CHANGE_CIPHER_SPEC);
        assert_true(s != NULL && s->then == SAME_KEYS);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(step_name(CLIENT_HELLO), "ClientHello");
    assert_string_equal(step_name(make_key_share), "make_key_share");
    assert_string_equal(step_name(verify_peer), "verify_peer");
    assert_string_equal(step_meaning(&flow_hello[0]), "make an ephemeral key pair");
    assert_string_equal(step_meaning(&flow_hello[1]), "");
    /* RFC 8446 7.1: there is no premaster secret */
    assert_string_equal(step_meaning(&flow_tls13[0]), "derive the keys of the handshake");
    assert_string_equal(step_name(LOCAL_BASE), "");
    assert_string_equal(step_name(END_OF_FLOW), "");
    assert_string_equal(fact_name(FACT_BIT_CLIENT_AUTH), "CLIENT_AUTH");
    assert_string_equal(fact_meaning(FACT_BIT_RESUMED), "the offered session is resumed");
    assert_string_equal(fact_name(FACT_COUNT), "");
}

static void test_scenarios_are_found_by_name(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct scenario *s; (s = scenario_at(n)) != NULL; n++) {
        assert_ptr_equal(scenario_named(s->name), s);
        assert_true(strlen(s->title) > 0 && strncmp(s->rfc, "RFC ", 4) == 0 && strlen(s->text) > 100);
    }
    assert_true(n >= 5);
    assert_null(scenario_named("no such scenario"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_walks_a_full_handshake),
        cmocka_unit_test(test_server_walks_a_resumption),
        cmocka_unit_test(test_client_walks_a_retried_handshake_of_tls13),
        cmocka_unit_test(test_server_walks_early_data),
        cmocka_unit_test(test_no_key_share_with_psk_ke),
        cmocka_unit_test(test_compressed_certificate_replaces_certificate),
        cmocka_unit_test(test_peek_changes_nothing),
        cmocka_unit_test(test_our_optional_message_needs_our_choice),
        cmocka_unit_test(test_peers_optional_message_may_come_or_not),
        cmocka_unit_test(test_refused_message_changes_nothing),
        cmocka_unit_test(test_nothing_is_accepted_while_our_own_step_is_due),
        cmocka_unit_test(test_certificate_url_replaces_certificate),
        cmocka_unit_test(test_fact_is_frozen_once_depended_on),
        cmocka_unit_test(test_fact_is_frozen_by_unless),
        cmocka_unit_test(test_anytime_rows_stand_alone),
        cmocka_unit_test(test_anytime_rows_of_tls13),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_scenarios_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
