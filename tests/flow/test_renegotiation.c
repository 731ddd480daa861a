/* SPDX-License-Identifier: MIT */
#include "checklist.h"
#include "puppet.h"

#include <stdlib.h>

/*
 * A peer that lies in the second handshake of a connection; the attack RFC 5746 was written against, and the
 * triple handshake (RFC 7627 1). Checklist E6, N2, N3, N4, N5, N6, N7, S2, S3.
 */
#define AES "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define CBC "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
#define AGAIN .renegotiation = HF_RENEGOTIATE_ACCEPT
enum { RI = 0xff01, EMS = 23, ETM = 22, SNI = 0, SCSV = 0x00ff };

/* ---- two sides, one of which lies in its hello of the second handshake ---- */
struct lie {
    const char *name;
    hello_edit *edit;
    hf_err row;
    const char *suites;
    hello_edit *first; /* told in the first handshake, by both hellos where it takes both */
};
struct stage {
    struct puppet *liar;
    hf_conn *subject;
    const struct lie *lie;
    bool again;
};

static void tell(struct puppet *p, enum message m)
{
    const struct stage *s = p->about;
    hello_edit *edit = s->again ? s->lie->edit : s->lie->first;
    if ((m != CLIENT_HELLO && m != SERVER_HELLO) || !edit) {
        return;
    }
    static struct hello h;
    struct test_bytes message = {0};
    hello_parse(&h, p->bytes);
    edit(&h, p);
    hello_build(&h, &message);
    assert_true(message.len <= sizeof p->bytes);
    memcpy(p->bytes, message.data, message.len);
    p->len = message.len;
    p->told = true;
    test_bytes_free(&message);
}

static void stage_set(struct stage *s, enum side subject, const struct lie *lie)
{
    struct trait client = {.side = CLIENT, .suites = lie->suites, AGAIN},
                 server = {.side = SERVER, .suites = lie->suites, AGAIN};
    const hf_config *configs[2] = {shared_config(&client), shared_config(&server)};
    *s = (struct stage){.lie = lie};
    s->subject = honest_new(configs[subject], NULL);
    s->liar = puppet_new(configs[other_side(subject)], NULL);
    s->liar->lie = tell;
    s->liar->about = s;
    converse(s->subject, s->liar->conn);
    if (!lie->first) {
        expect_complete(s->subject, s->liar->conn, lie->name);
    }
    s->again = true;
    s->liar->told = false;
}

static void stage_clear(struct stage *s)
{
    hf_conn_free(s->subject);
    puppet_free(s->liar);
}

/* RFC 5746 3.5, 3.7: "apply to both full handshakes and session resumption handshakes". */
static void try_lie(enum side subject, const struct lie *lie)
{
    for (int resuming = 0; resuming <= 1; resuming++) {
        struct stage s;
        stage_set(&s, subject, lie);
        begin_again(subject == CLIENT ? s.subject : s.liar->conn, resuming);
        converse(s.liar->conn, s.subject);
        assert_true(s.liar->told);
        if (lie->row == HF_OK) {
            expect_complete(s.subject, s.liar->conn, lie->name);
            assert_int_equal(hf_conn_stats(s.subject).renegotiations, 1);
        } else {
            expect_refused(s.subject, s.liar->conn, lie->row, lie->name);
            assert_int_equal(hf_conn_stats(s.subject).renegotiations, 0);
        }
        stage_clear(&s);
    }
}

/* ---- renegotiation_info ---- */
static void nothing(struct hello *h, void *arg)
{
    (void)h, (void)arg;
}
static void no_ri(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, RI);
}
static void empty_ri(struct hello *h, void *arg)
{
    hello_drop(h, RI);
    hello_add(h, RI, "\0", 1);
    (void)arg;
}
static void scsv_too(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[h->suite_count++] = SCSV;
}
static void scsv_instead(struct hello *h, void *arg)
{
    no_ri(h, arg);
    scsv_too(h, arg);
}
/* Each byte wrong, one at a time: the puppet's number says which. */
static void wrong_byte(struct hello *h, void *arg)
{
    struct hello_extension *e = hello_find(h, RI);
    size_t at = 1 + ((const struct puppet *)arg)->number;
    assert_true(at < e->len);
    e->body[at] ^= 0x80;
}
static void set_ri(struct hello *h, size_t len)
{
    struct hello_extension *e = hello_find(h, RI);
    e->body[0] = (uint8_t)len;
    e->len = 1 + len;
}
static void one_byte_less(struct hello *h, void *arg)
{
    (void)arg;
    set_ri(h, hello_find(h, RI)->len - 2);
}
static void one_byte_more(struct hello *h, void *arg)
{
    (void)arg;
    set_ri(h, hello_find(h, RI)->len);
}
static void both_halves(struct hello *h, void *arg)
{
    const struct negotiated *n = &((const struct puppet *)arg)->conn->negotiated;
    memcpy(hello_find(h, RI)->body + 13, n->verify_data[SERVER], 12);
    set_ri(h, 24);
}
static void the_other_half(struct hello *h, void *arg)
{
    const struct negotiated *n = &((const struct puppet *)arg)->conn->negotiated;
    memcpy(hello_find(h, RI)->body + 1, n->verify_data[SERVER], 12);
    set_ri(h, 12);
}
static void the_first_half(struct hello *h, void *arg)
{
    (void)arg;
    set_ri(h, 12);
}
static void halves_swapped(struct hello *h, void *arg)
{
    const struct negotiated *n = &((const struct puppet *)arg)->conn->negotiated;
    memcpy(hello_find(h, RI)->body + 1, n->verify_data[SERVER], 12);
    memcpy(hello_find(h, RI)->body + 13, n->verify_data[CLIENT], 12);
}
static void lying_length(struct hello *h, void *arg)
{
    (void)arg;
    hello_find(h, RI)->body[0]++;
}
static void ri_twice(struct hello *h, void *arg)
{
    struct hello_extension *e = hello_find(h, RI);
    (void)arg;
    hello_add(h, RI, e->body, e->len);
}

#define MISMATCH HF_RENEGOTIATION_INFO_MISMATCH
static void n2_a_renegotiating_client_hello(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"the truth", nothing, HF_OK},
        {"no renegotiation_info (3.7)", no_ri, MISMATCH},
        {"an empty one, as in a first handshake (3.7)", empty_ri, MISMATCH},
        {"the SCSV beside it (3.7)", scsv_too, MISMATCH},
        {"the SCSV instead of it (3.7)", scsv_instead, MISMATCH},
        {"one byte less", one_byte_less, MISMATCH},
        {"one byte more", one_byte_more, MISMATCH},
        {"both halves", both_halves, MISMATCH},
        {"the server's half", the_other_half, MISMATCH},
        {"a length that is none", lying_length, HF_MALFORMED_EXTENSION},
        {"twice", ri_twice, HF_DUPLICATE_EXTENSION},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        try_lie(SERVER, &lies[i]);
    }
}

static void n2_the_server_hello_that_answers(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"the truth", nothing, HF_OK},
        {"no renegotiation_info (3.5)", no_ri, MISMATCH},
        {"an empty one, as in a first handshake (3.5)", empty_ri, MISMATCH},
        {"one byte less", one_byte_less, MISMATCH},
        {"one byte more", one_byte_more, MISMATCH},
        {"the client's half alone", the_first_half, MISMATCH},
        {"the server's half alone", the_other_half, MISMATCH},
        {"both halves, swapped", halves_swapped, MISMATCH},
        {"a length that is none", lying_length, HF_MALFORMED_EXTENSION},
        {"twice", ri_twice, HF_DUPLICATE_EXTENSION},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        try_lie(CLIENT, &lies[i]);
    }
}

static void n2_every_byte_of_it_counts(void **state)
{
    (void)state;
    static const struct lie lie = {"a wrong byte", wrong_byte, MISMATCH};
    for (int subject = CLIENT; subject <= SERVER; subject++) {
        for (size_t at = 0; at < (subject == CLIENT ? 24u : 12u); at++) {
            struct stage s;
            stage_set(&s, (enum side)subject, &lie);
            s.liar->number = at;
            begin_again(subject == CLIENT ? s.subject : s.liar->conn, false);
            converse(s.liar->conn, s.subject);
            expect_refused(s.subject, s.liar->conn, MISMATCH, lie.name);
            stage_clear(&s);
        }
    }
}

/* ---- what must not change ---- */
static void no_ems(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, EMS);
}
static void no_etm(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, ETM);
}
static void no_name(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, SNI);
}
static void other_name(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, SNI);
    hello_add(h, SNI, "\0\14\0\0\11localhost", 14);
}
static void version_below(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0302;
}

#define CHANGES HF_RENEGOTIATION_CHANGES_PARAMETERS
static void n5_e6_a_client_that_changes_its_mind(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"encrypt_then_mac no more (RFC 7366 3.1)", no_etm, CHANGES, CBC},
        {"another server_name", other_name, CHANGES},
        {"no server_name", no_name, CHANGES},
        {"an older version", version_below, HF_NO_COMMON_VERSION},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        try_lie(SERVER, &lies[i]);
    }
    /* extended_master_secret: in a full handshake it is this rule, in an abbreviated one RFC 7627 5.3's */
    for (int resuming = 0; resuming <= 1; resuming++) {
        static const struct lie lie = {"no extended_master_secret", no_ems, CHANGES};
        struct stage s;
        stage_set(&s, SERVER, &lie);
        begin_again(s.liar->conn, resuming);
        converse(s.liar->conn, s.subject);
        expect_refused(s.subject, s.liar->conn, resuming ? HF_EXTENDED_MASTER_SECRET_MISMATCH : CHANGES,
                       lie.name);
        stage_clear(&s);
    }
}

static void n5_e6_a_server_that_changes_its_mind(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"encrypt_then_mac no more (RFC 7366 3.1)", no_etm, CHANGES, CBC},
        {"an older version", version_below, HF_VERSION_NOT_OFFERED},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        for (int resuming = 0; resuming <= (lies[i].edit == no_etm); resuming++) {
            struct stage s;
            stage_set(&s, CLIENT, &lies[i]);
            begin_again(s.subject, resuming);
            converse(s.liar->conn, s.subject);
            expect_refused(s.subject, s.liar->conn, lies[i].row, lies[i].name);
            stage_clear(&s);
        }
    }
    static const struct lie ems = {"no extended_master_secret", no_ems, CHANGES};
    struct stage s;
    stage_set(&s, CLIENT, &ems);
    begin_again(s.subject, false);
    converse(s.liar->conn, s.subject);
    expect_refused(s.subject, s.liar->conn, CHANGES, ems.name);
    stage_clear(&s);
}

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
    stage_set(&s, CLIENT, &lie);
    s.liar->lie = other_certificate;
    begin_again(s.subject, false);
    converse(s.liar->conn, s.subject);
    assert_true(s.liar->told);
    expect_refused(s.subject, s.liar->conn, HF_RENEGOTIATION_CHANGES_PEER, lie.name);
    stage_clear(&s);
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
    s.liar->lie = tell;
    s.liar->about = &s;
    converse(s.subject, s.liar->conn);
    expect_refused(s.subject, s.liar->conn, MISMATCH, lie.name);
    assert_int_equal(hf_failed(s.subject)->alert, ALERT_handshake_failure);
    stage_clear(&s);
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
        s.liar->lie = tell;
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
        stage_clear(&s);
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
    s.liar->lie = tell;
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
    stage_clear(&s);
    hf_config_free(client);
}

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
            stage_set(&s, (enum side)subject, &lie);
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
            stage_clear(&s);
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
            stage_set(&s, (enum side)subject, &lie);
            s.liar->lie = wrong_finished;
            uint8_t random[RANDOM_SIZE];
            memcpy(random, s.subject->negotiated.client_random, RANDOM_SIZE);
            begin_again(subject == CLIENT ? s.subject : s.liar->conn, resuming);
            converse(s.liar->conn, s.subject);
            expect_refused(s.subject, s.liar->conn, HF_BAD_FINISHED, lie.name);
            assert_memory_equal(s.subject->negotiated.client_random, random, RANDOM_SIZE);
            assert_null(s.subject->again.agreed);
            assert_null(s.subject->hs);
            stage_clear(&s);
        }
    }
}

static int clean(void **state)
{
    (void)state;
    shared_configs_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n2_a_renegotiating_client_hello),
        cmocka_unit_test(n2_the_server_hello_that_answers),
        cmocka_unit_test(n2_every_byte_of_it_counts),
        cmocka_unit_test(n5_e6_a_client_that_changes_its_mind),
        cmocka_unit_test(n5_e6_a_server_that_changes_its_mind),
        cmocka_unit_test(n4_another_server_certificate),
        cmocka_unit_test(n4_another_client_certificate),
        cmocka_unit_test(n2_prefix_injection_is_refused_by_the_server),
        cmocka_unit_test(n2_prefix_injection_is_refused_by_the_client),
        cmocka_unit_test(n2_a_second_hello_is_no_first),
        cmocka_unit_test(n4_no_renegotiation_without_extended_master_secret),
        cmocka_unit_test(n3_no_renegotiation_with_old_peers),
        cmocka_unit_test(n6_data_between_the_messages),
        cmocka_unit_test(n6_s2_messages_cut_in_the_wrong_place),
        cmocka_unit_test(n6_closing_half_way_through_the_keys),
        cmocka_unit_test(n3_a_late_no_renegotiation),
        cmocka_unit_test(n7_half_a_hello_request),
        cmocka_unit_test(n7_half_a_hello_request_between_two_handshakes),
        cmocka_unit_test(a_wrong_finished),
    };
    return cmocka_run_group_tests_name("flow/renegotiation", tests, NULL, clean);
}
