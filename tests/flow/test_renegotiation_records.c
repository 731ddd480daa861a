/* SPDX-License-Identifier: MIT */
#include "second_handshake.h"

/* Records between the messages of a second handshake, and messages cut in the wrong place. Checklist N3, N6,
 * N7, S2, S3. */
/*
 * A peer that lies in the second handshake of a connection; the attack RFC 5746 was written against, and the
 * triple handshake (RFC 7627 1). Checklist E6, N2, N3, N4, N5, N6, N7, S2, S3.
 */
#define AES "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"

/* ---- N6, S2, S3: records between the messages of a second handshake ---- */
struct between {
    enum message before;
    const char *content;
    enum content_type type;
};

static void put_between(struct puppet *p, enum message m)
{
    const struct between *b = p->about;
    if (m == b->before && p->conn->again.agreed) {
        puppet_record(p, b->type, slice_of_string(b->content));
    }
}

static void try_between(enum side subject, bool resuming, const struct between *b, hf_err row)
{
    struct trait client = {.side = CLIENT, AGAIN}, server = {.side = SERVER, .suites = AES, AGAIN};
    const hf_config *configs[2] = {shared_config(&client), shared_config(&server)};
    hf_conn *honest = honest_new(configs[subject], NULL);
    struct puppet *p = puppet_new(configs[other_side(subject)], NULL);
    converse(honest, p->conn);
    p->lie = put_between;
    p->about = b;
    uint64_t before = hf_conn_stats(honest).bytes_in;
    begin_again(subject == CLIENT ? honest : p->conn, resuming);
    converse(p->conn, honest);
    assert_true(p->told);
    if (row == HF_OK) { /* taken, in order, and counted as of the keys before */
        expect_complete(honest, p->conn, "data in a second handshake");
        assert_int_equal(hf_conn_stats(honest).bytes_in - before, strlen(b->content) + 17);
        assert_int_equal(hf_conn_stats(honest).renegotiations, 1);
    } else {
        expect_refused(honest, NULL, row, "a record out of place");
    }
    hf_conn_free(honest);
    puppet_free(p);
}

static void n6_data_between_the_messages(void **state)
{
    (void)state;
    static const enum message of_server[] = {SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE,
                                             SERVER_HELLO_DONE},
                              of_client[] = {CLIENT_HELLO, CLIENT_KEY_EXCHANGE};
    for (size_t i = 0; i < sizeof of_server / sizeof *of_server; i++) {
        try_between(CLIENT, false, &(struct between){of_server[i], "data", CONTENT_APPLICATION_DATA}, HF_OK);
    }
    for (size_t i = 0; i < sizeof of_client / sizeof *of_client; i++) {
        try_between(SERVER, false, &(struct between){of_client[i], "data", CONTENT_APPLICATION_DATA}, HF_OK);
    }
    /* S3: not between ChangeCipherSpec and Finished, full or abbreviated */
    for (int side = CLIENT; side <= SERVER; side++) {
        for (int resuming = 0; resuming <= 1; resuming++) {
            try_between((enum side)side, resuming,
                        &(struct between){FINISHED, "data", CONTENT_APPLICATION_DATA},
                        HF_EARLY_APPLICATION_DATA);
        }
    }
}

/* Nor in the middle of a message. */
static void split_around_data(struct puppet *p, enum message m)
{
    if (p->conn->again.agreed && (m == CERTIFICATE || m == CLIENT_KEY_EXCHANGE)) {
        puppet_split(p, 10);
        puppet_record(p, CONTENT_APPLICATION_DATA, slice_of_string("data"));
    }
}

static void behind_the_last(struct puppet *p, enum message m)
{
    const enum message *last = p->about;
    if (p->conn->again.agreed && m == *last) {
        p->bytes[p->len++] = 20; /* a Finished begins before the ChangeCipherSpec */
        p->told = true;
    }
}

static void n6_s2_messages_cut_in_the_wrong_place(void **state)
{
    (void)state;
    static const struct {
        enum side subject;
        bool resuming;
        void (*lie)(struct puppet *, enum message);
        hf_err row;
        enum message last; /* of the liar's before its ChangeCipherSpec */
        enum tickets_trait tickets;
    } cases[] = {
        {CLIENT, false, split_around_data, HF_EARLY_APPLICATION_DATA},
        {SERVER, false, split_around_data, HF_EARLY_APPLICATION_DATA},
        {SERVER, false, behind_the_last, HF_BYTES_ACROSS_KEY_CHANGE, CLIENT_KEY_EXCHANGE},
        {SERVER, true, NULL, HF_BYTES_ACROSS_KEY_CHANGE}, /* behind ClientHello, and in no transcript */
        {CLIENT, false, behind_the_last, HF_BYTES_ACROSS_KEY_CHANGE, NEW_SESSION_TICKET, GIVES_TICKETS},
        {CLIENT, true, behind_the_last, HF_BYTES_ACROSS_KEY_CHANGE, SERVER_HELLO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum side subject = cases[i].subject;
        struct trait client = {.side = CLIENT, AGAIN},
                     server = {.side = SERVER, .suites = AES, .tickets = cases[i].tickets, AGAIN};
        hf_conn *honest = honest_new(shared_config(subject == CLIENT ? &client : &server), NULL);
        struct puppet *p = puppet_new(shared_config(subject == CLIENT ? &server : &client), NULL);
        converse(honest, p->conn);
        p->lie = cases[i].lie;
        p->about = &cases[i].last;
        begin_again(subject == CLIENT ? honest : p->conn, cases[i].resuming);
        if (!cases[i].lie) {
            puppet_handshake(p, slice_of("\24", 1));
        }
        converse(p->conn, honest);
        assert_true(p->told);
        expect_refused(honest, NULL, cases[i].row, "a message cut in the wrong place");
        hf_conn_free(honest);
        puppet_free(p);
    }
}

/* Between ChangeCipherSpec and Finished a close_notify is no clean end: which keys would be right? */
static void close_before_finished(struct puppet *p, enum message m)
{
    if (p->conn->again.agreed && m == FINISHED) {
        puppet_record(p, CONTENT_ALERT, slice_of("\1\0", 2));
        p->len = 0;
    }
}

static void n6_closing_half_way_through_the_keys(void **state)
{
    (void)state;
    for (int subject = CLIENT; subject <= SERVER; subject++) {
        for (int resuming = 0; resuming <= 1; resuming++) {
            static const struct lie lie = {.name = "a close_notify"};
            struct stage s;
            second_begin(&s, (enum side)subject, &lie);
            s.liar->lie = close_before_finished;
            begin_again(subject == CLIENT ? s.subject : s.liar->conn, resuming);
            converse(s.liar->conn, s.subject);
            assert_true(s.liar->told);
            const hf_failure *f = hf_failed(s.subject);
            assert_non_null(f);
            assert_int_equal(f->err, HF_CLOSED_IN_HANDSHAKE);
            assert_int_equal(f->alert, HF_NO_ALERT);
            assert_int_equal(f->alert_direction, HF_NO_DIRECTION);
            assert_int_equal(hf_peek_wire(s.subject).len, 0); /* it is not answered */
            assert_null(hf_conn_session(s.subject));
            assert_int_equal(hf_conn_stats(s.subject).renegotiations, 0);
            assert_null(s.subject->hs);
            second_end(&s);
        }
    }
}

/* RFC 5246 7.2.2: no_renegotiation once ServerHello is there is any warning, and nothing is given up. */
static void n3_a_late_no_renegotiation(void **state)
{
    (void)state;
    static const enum message before[] = {CERTIFICATE, SERVER_HELLO_DONE};
    struct trait client = {.side = CLIENT, AGAIN}, server = {.side = SERVER, .suites = AES, AGAIN};
    for (size_t i = 0; i < 2; i++) {
        struct between b = {before[i], "\1\144", CONTENT_ALERT};
        hf_conn *honest = honest_new(shared_config(&client), NULL);
        struct puppet *p = puppet_new(shared_config(&server), NULL);
        converse(honest, p->conn);
        p->lie = put_between;
        p->about = &b;
        begin_again(honest, false);
        converse(p->conn, honest);
        assert_true(p->told);
        expect_complete(honest, p->conn, "a warning in between");
        assert_int_equal(hf_conn_stats(honest).renegotiations, 1);
        hf_conn_free(honest);
        puppet_free(p);
    }
}

/* ---- a HelloRequest of which a part is there when the client begins by itself: RFC 5246 7.4.1.1 ---- */
static const uint8_t hello_request[HANDSHAKE_HEADER] = {0};

static void n7_half_a_hello_request(void **state)
{
    (void)state;
    struct trait client = {.side = CLIENT, AGAIN}, server = {.side = SERVER, AGAIN};
    for (size_t cut = 1; cut < HANDSHAKE_HEADER; cut++) {
        for (int resuming = 0; resuming <= 1; resuming++) {
            hf_conn *c = honest_new(shared_config(&client), NULL),
                    *s = honest_new(shared_config(&server), NULL);
            converse(c, s);
            assert_int_equal(record_write(&s->out, CONTENT_HANDSHAKE, slice_of(hello_request, cut)), OK);
            carry(s, c);
            begin_again(c, resuming);
            struct slice rest = slice_of(hello_request + cut, sizeof hello_request - cut);
            assert_int_equal(record_write(&s->out, CONTENT_HANDSHAKE, rest), OK);
            carry(s, c);
            converse(c, s);
            expect_complete(c, s, "half a HelloRequest");
            assert_int_equal(hf_conn_stats(c).renegotiations, 1);
            hf_conn_free(c);
            hf_conn_free(s);
        }
    }
}

static void half_behind_finished(struct puppet *p, enum message m)
{
    size_t cut = p->number;
    if (m == FINISHED && !p->conn->again.agreed) {
        memcpy(p->bytes + p->len, hello_request, cut);
        p->len += cut;
    } else if (m == SERVER_HELLO && p->conn->again.agreed) {
        puppet_handshake(p, slice_of(hello_request + cut, sizeof hello_request - cut));
        p->told = true;
    }
}

static void n7_half_a_hello_request_between_two_handshakes(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= HANDSHAKE_HEADER; cut++) {
        struct trait client = {.side = CLIENT}, server = {.side = SERVER};
        hf_config *configs[2] = {trait_config(&client), trait_config(&server)};
        configs[CLIENT]->settings.double_handshake = configs[SERVER]->settings.double_handshake = true;
        hf_conn *c = honest_new(configs[CLIENT], NULL);
        struct puppet *p = puppet_new(configs[SERVER], NULL);
        p->lie = half_behind_finished;
        p->number = cut;
        converse(c, p->conn);
        assert_true(p->told);
        expect_complete(c, p->conn, "half a HelloRequest between two handshakes");
        assert_int_equal(hf_conn_stats(c).renegotiations, 1);
        hf_conn_free(c);
        puppet_free(p);
        hf_config_free(configs[CLIENT]);
        hf_config_free(configs[SERVER]);
    }
}

/* A Finished that is wrong: nothing is half-switched, the connection has failed, getters know the old. */
static void wrong_finished(struct puppet *p, enum message m)
{
    if (m == FINISHED && p->conn->again.agreed) {
        p->bytes[HANDSHAKE_HEADER] ^= 1;
        p->told = true;
    }
}

static void a_wrong_finished(void **state)
{
    (void)state;
    for (int subject = CLIENT; subject <= SERVER; subject++) {
        for (int resuming = 0; resuming <= 1; resuming++) {
            static const struct lie lie = {.name = "a wrong Finished"};
            struct stage s;
            second_begin(&s, (enum side)subject, &lie);
            s.liar->lie = wrong_finished;
            uint8_t random[RANDOM_SIZE];
            memcpy(random, s.subject->negotiated.client_random, RANDOM_SIZE);
            begin_again(subject == CLIENT ? s.subject : s.liar->conn, resuming);
            converse(s.liar->conn, s.subject);
            expect_refused(s.subject, s.liar->conn, HF_BAD_FINISHED, lie.name);
            assert_memory_equal(s.subject->negotiated.client_random, random, RANDOM_SIZE);
            assert_null(s.subject->again.agreed);
            assert_null(s.subject->hs);
            second_end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n6_data_between_the_messages),
        cmocka_unit_test(n6_s2_messages_cut_in_the_wrong_place),
        cmocka_unit_test(n6_closing_half_way_through_the_keys),
        cmocka_unit_test(n3_a_late_no_renegotiation),
        cmocka_unit_test(n7_half_a_hello_request),
        cmocka_unit_test(n7_half_a_hello_request_between_two_handshakes),
        cmocka_unit_test(a_wrong_finished),
    };
    return cmocka_run_group_tests_name("flow/renegotiation_records", tests, NULL, second_forget);
}
