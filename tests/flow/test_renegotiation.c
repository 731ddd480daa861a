/* SPDX-License-Identifier: MIT */
#include "second_handshake.h"

/* The attack that RFC 5746 was written against, another certificate in the second handshake, and peers that
 * cannot renegotiate safely. Checklist N2, N3, N4. */
/* N4: a server whose certificate is another in the second handshake. */
static const hf_config *another_server(void)
{
    static const struct trait other = {.side = SERVER, .key = TEST_RSA, AGAIN};
    return shared_config(&other);
}

static void other_certificate(struct puppet *p, enum message m)
{
    if (m == CERTIFICATE && p->conn->again.agreed) {
        struct span message = another_server()->settings.identities[0].message;
        memcpy(p->bytes, message.data, message.len);
        p->len = message.len;
        p->told = true;
    }
}

static void n4_another_server_certificate(void **state)
{
    (void)state;
    static const struct lie lie = {.name = "another certificate"};
    struct stage s;
    second_begin(&s, CLIENT, &lie);
    s.liar->lie = other_certificate;
    begin_again(s.subject, false);
    converse(s.liar->conn, s.subject);
    assert_true(s.liar->told);
    expect_refused(s.subject, s.liar->conn, HF_RENEGOTIATION_CHANGES_PEER, lie.name);
    second_end(&s);
}

/* Likewise a client that showed its certificate and now shows another, or none. */
static void no_certificate(struct puppet *p, enum message m)
{
    if (m == CERTIFICATE && p->conn->again.agreed) {
        puppet_set_body(p, slice_of("\0\0\0", 3));
    }
}

static void other_client(struct puppet *p, enum message m)
{
    static const struct trait other = {.side = CLIENT, .key = TEST_RSA, .has_identity = true};
    if (m == CERTIFICATE && p->conn->again.agreed) {
        struct span message = shared_config(&other)->settings.identities[0].message;
        memcpy(p->bytes, message.data, message.len);
        p->len = message.len;
        p->told = true;
    }
}

static void n4_another_client_certificate(void **state)
{
    (void)state;
    static const struct trait client = {.side = CLIENT, .has_identity = true, AGAIN};
    struct trait server = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST, AGAIN};
    static const struct {
        void (*lie)(struct puppet *, enum message);
        bool allowed;
        hf_err row;
    } cases[] = {
        {no_certificate, false, HF_RENEGOTIATION_CHANGES_PEER},
        {other_client, false, HF_RENEGOTIATION_CHANGES_PEER},
        /* where it is allowed the lie fails for what it is: a signature for no one, or of another kind of key
         */
        {no_certificate, true, HF_UNEXPECTED_MESSAGE},
        {other_client, true, HF_SCHEME_UNFIT_FOR_KEY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        server.peer_may_change = cases[i].allowed;
        hf_conn *subject = honest_new(shared_config(&server), NULL);
        struct puppet *liar = puppet_new(shared_config(&client), NULL);
        converse(liar->conn, subject);
        expect_complete(subject, liar->conn, "the first handshake");
        liar->lie = cases[i].lie;
        begin_again(liar->conn, false);
        converse(liar->conn, subject);
        assert_true(liar->told);
        expect_refused(subject, liar->conn, cases[i].row, "another certificate, or none");
        hf_conn_free(subject);
        puppet_free(liar);
    }
}

/* ---- RFC 5746 1: the attack ---- */
/* A client's first flight, as it is on the wire. */
static struct test_bytes first_flight(hf_conn *client)
{
    struct test_bytes flight = {0};
    hf_bytes b = hf_peek_wire(client);
    test_bytes_add(&flight, b.data, b.len);
    return flight;
}

/*
 * The attacker has a connection of his own to the server, has said something on it, and now passes on, byte
 * for byte under his keys, what a victim says to begin a connection. The server takes it for a renegotiation
 * and would take what the victim says for the rest of what the attacker began.
 */
static void n2_prefix_injection_is_refused_by_the_server(void **state)
{
    (void)state;
    static const struct trait client = {.side = CLIENT, AGAIN}, server = {.side = SERVER, AGAIN};
    for (int scsv = 0; scsv <= 1; scsv++) {
        hf_conn *attacker = honest_new(shared_config(&client), NULL),
                *victim = honest_new(shared_config(&client), NULL),
                *subject = honest_new(shared_config(&server), NULL);
        converse(attacker, subject);
        expect_complete(attacker, subject, "the attacker's own connection");
        assert_int_equal(inject(attacker, subject, CONTENT_APPLICATION_DATA,
                                slice_of_string("GET /evil HTTP/1.1\r\nX-Ignore: ")),
                         HF_OK);
        struct test_bytes flight = first_flight(victim);
        struct slice hello = slice_of(flight.data + RECORD_HEADER, flight.len - RECORD_HEADER);
        static struct hello h;
        struct test_bytes with_scsv = {0};
        hello_parse(&h, hello.data);
        scsv_instead(&h, NULL);
        hello_build(&h, &with_scsv);
        hello = scsv ? slice_of(with_scsv.data, with_scsv.len) : hello;
        assert_int_equal(inject(attacker, subject, CONTENT_HANDSHAKE, hello), MISMATCH);
        assert_int_equal(hf_failed(subject)->alert, ALERT_handshake_failure);
        assert_int_equal(hf_conn_stats(subject).renegotiations, 0);
        test_bytes_free(&flight);
        test_bytes_free(&with_scsv);
        hf_conn_free(attacker);
        hf_conn_free(victim);
        hf_conn_free(subject);
    }
}

/* The same with a server that falls for it: what it answers tells the victim of the other connection. */
static struct hello_extension spliced;

static void splice(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, RI);
    hello_add(h, RI, spliced.body, spliced.len);
}

static void n2_prefix_injection_is_refused_by_the_client(void **state)
{
    (void)state;
    static const struct trait client = {.side = CLIENT, AGAIN}, server = {.side = SERVER, AGAIN};
    static const struct lie lie = {.name = "spliced", .first = splice};
    hf_conn *attacker = honest_new(shared_config(&client), NULL),
            *his_server = honest_new(shared_config(&server), NULL);
    converse(attacker, his_server);
    spliced.len = 25;
    spliced.body[0] = 24;
    memcpy(spliced.body + 1, his_server->negotiated.verify_data[CLIENT], 12);
    memcpy(spliced.body + 13, his_server->negotiated.verify_data[SERVER], 12);
    struct stage s = {.lie = &lie};
    s.subject = honest_new(shared_config(&client), NULL);
    s.liar = puppet_new(shared_config(&server), NULL);
    s.liar->lie = tell_second;
    s.liar->about = &s;
    converse(s.subject, s.liar->conn);
    expect_refused(s.subject, s.liar->conn, MISMATCH, lie.name);
    assert_int_equal(hf_failed(s.subject)->alert, ALERT_handshake_failure);
    second_end(&s);
    hf_conn_free(attacker);
    hf_conn_free(his_server);
}

/* RFC 5746 4.2: the other way round. To the client it is the second handshake, to an honest server the first:
 * a connection in between forwards it, in the clear. */
static void n2_a_second_hello_is_no_first(void **state)
{
    (void)state;
    static const struct trait client = {.side = CLIENT, AGAIN}, server = {.side = SERVER, AGAIN};
    hf_conn *victim = honest_new(shared_config(&client), NULL),
            *attacker = honest_new(shared_config(&server), NULL),
            *honest = honest_new(shared_config(&server), NULL);
    converse(victim, attacker);
    expect_complete(victim, attacker, "the victim's connection to the attacker");
    assert_int_equal(hf_renegotiate(attacker), HF_OK);
    carry(attacker, victim); /* the victim begins */
    struct slice hello = transcript_messages(&victim->hs->transcript);
    uint8_t record[4096] = {CONTENT_HANDSHAKE, 3, 3, (uint8_t)(hello.len >> 8), (uint8_t)hello.len};
    size_t used;
    assert_true(hello.len + RECORD_HEADER <= sizeof record);
    memcpy(record + RECORD_HEADER, hello.data, hello.len);
    assert_int_equal(hf_push_wire(honest, record, RECORD_HEADER + hello.len, &used), MISMATCH);
    assert_int_equal(hf_failed(honest)->alert, ALERT_handshake_failure);
    hf_conn_free(victim);
    hf_conn_free(attacker);
    hf_conn_free(honest);
}

/*
 * RFC 7627 1: the triple handshake needs two connections with the same master secret, which is what
 * extended_master_secret rules out; so a connection without it is never renegotiated, in either direction.
 */
static void keys_without_ems(struct puppet *p, unsigned local_step)
{
    if (local_step == choose_parameters) {
        p->conn->hs->negotiated->ems = false;
    }
}

static void n4_no_renegotiation_without_extended_master_secret(void **state)
{
    (void)state;
    static const struct lie lie = {.name = "no extended_master_secret", .first = no_ems};
    for (int subject = CLIENT; subject <= SERVER; subject++) {
        struct trait liar = {.side = other_side((enum side)subject), .no_sessions = subject == CLIENT, AGAIN},
                     honest = {.side = (enum side)subject, AGAIN};
        struct stage s = {.lie = &lie};
        s.subject = honest_new(shared_config(&honest), NULL);
        s.liar = puppet_new(shared_config(&liar), NULL);
        s.liar->lie = tell_second;
        s.liar->plot = keys_without_ems;
        s.liar->about = &s;
        converse(s.subject, s.liar->conn);
        expect_complete(s.subject, s.liar->conn, lie.name);
        assert_false(hf_negotiated(s.subject)->extended_master_secret);
        assert_int_equal(hf_renegotiate(s.subject), HF_RENEGOTIATION_UNAVAILABLE);
        /* nor when the other asks: the warning, and all goes on */
        s.liar->conn->negotiated.ems = true; /* it would */
        assert_int_equal(hf_renegotiate(s.liar->conn), HF_OK);
        converse(s.liar->conn, s.subject);
        assert_int_equal(hf_conn_stats(s.subject).renegotiations_refused, 1);
        assert_int_equal(hf_negotiated(s.liar->conn)->renegotiation, HF_RENEGOTIATION_REFUSED);
        expect_complete(s.subject, s.liar->conn, lie.name);
        second_end(&s);
    }
}

/* RFC 5746 4.2, 4.4: nor with a peer that has no renegotiation_info, by the extension or by the SCSV. */
static void n3_no_renegotiation_with_old_peers(void **state)
{
    (void)state;
    static const struct lie lie = {.name = "no renegotiation_info", .first = no_ri};
    static const struct trait server = {.side = SERVER, AGAIN};
    struct stage s = {.lie = &lie};
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_renegotiation(client, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    assert_int_equal(hf_config_allow_insecure_renegotiation_peer(client, true), HF_OK);
    s.subject = honest_new(shared_config(&server), NULL);
    s.liar = puppet_new(test_freeze(client), NULL);
    s.liar->lie = tell_second;
    s.liar->about = &s;
    converse(s.subject, s.liar->conn);
    expect_complete(s.subject, s.liar->conn, lie.name);
    assert_false(hf_negotiated(s.subject)->secure_renegotiation);
    assert_int_equal(hf_renegotiate(s.subject), HF_RENEGOTIATION_UNAVAILABLE);
    s.again = true;
    s.liar->conn->negotiated.secure_renegotiation = true;
    assert_int_equal(hf_renegotiate(s.liar->conn), HF_OK);
    converse(s.liar->conn, s.subject);
    assert_int_equal(hf_conn_stats(s.subject).renegotiations_refused, 1);
    expect_complete(s.subject, s.liar->conn, lie.name);
    second_end(&s);
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n4_another_server_certificate),
        cmocka_unit_test(n4_another_client_certificate),
        cmocka_unit_test(n2_prefix_injection_is_refused_by_the_server),
        cmocka_unit_test(n2_prefix_injection_is_refused_by_the_client),
        cmocka_unit_test(n2_a_second_hello_is_no_first),
        cmocka_unit_test(n4_no_renegotiation_without_extended_master_secret),
        cmocka_unit_test(n3_no_renegotiation_with_old_peers),
    };
    return cmocka_run_group_tests_name("flow/renegotiation", tests, NULL, second_forget);
}
