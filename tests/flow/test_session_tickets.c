/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

/*
 * Session tickets where one side lies or is unlike us: RFC 5077 3.2, 3.3, 3.4. Checklist S1, E2, R2, R4, R5,
 * R6. What an application sees of tickets is in tests/api/test_tickets.c and test_session_bindings.c,
 * messages out of place in test_wrong_message.c.
 */
#define CBC "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
static const struct trait client = {.side = CLIENT}, giving = {.side = SERVER, .tickets = GIVES_TICKETS},
                          renewing = {.side = SERVER, .tickets = RENEWS_TICKETS}, plain = {.side = SERVER},
                          cbc_client = {.side = CLIENT, .suites = CBC},
                          cbc_giving = {.side = SERVER, .suites = CBC, .tickets = GIVES_TICKETS};

/* ---- hellos, changed on both sides' transcripts ---- */
struct lie {
    enum message m;
    bool has_ticket, has_id, drop_ticket, leave_out;
    struct slice ticket, id; /* of the session_ticket extension and of the hello */
    int drop;                /* another extension's code; -1 is server_name's, which is 0; 0: none */
    uint16_t drop_suite;
    struct slice body; /* of NewSessionTicket, where it has one */
};

static void edit_extensions(const struct lie *l, struct slice old, struct writer *w)
{
    struct list all = list_of(old);
    struct extension_entry x;
    while (list_next_extension(&all, &x)) {
        bool mine = x.type == EXTENSION_SESSION_TICKET && (l->has_ticket || l->drop_ticket);
        bool dropped = l->drop && x.type == (l->drop < 0 ? EXTENSION_SERVER_NAME : l->drop);
        if (!mine && !dropped) {
            write_number(w, x.type, 2);
            write_vector(w, 2, x.body);
        }
    }
    if (l->has_ticket) {
        write_number(w, EXTENSION_SESSION_TICKET, 2);
        write_vector(w, 2, l->ticket);
    }
    assert_false(w->full);
}

static void edit_suites(const struct lie *l, struct slice old, struct writer *w)
{
    struct reader r = reader_of(old);
    while (!read_done(&r)) {
        uint32_t code = read_number(&r, 2);
        if (code != l->drop_suite) {
            write_number(w, code, 2);
        }
    }
}

static void edit_hello(struct puppet *p, const struct lie *l)
{
    static uint8_t block[100000], body[100000], suites[400];
    union any_message hello;
    bool of_client = l->m == CLIENT_HELLO;
    const struct layout *layout = of_client ? &layout_client_hello : &layout_server_hello;
    assert_int_equal(layout_decode(layout, puppet_body(p), &hello), OK);
    struct slice *extensions = of_client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct slice *id = of_client ? &hello.client_hello.session_id : &hello.server_hello.session_id;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body),
                  list = writer_of(suites, sizeof suites);
    edit_extensions(l, *extensions, &w);
    *extensions = written(&w);
    if (of_client && l->drop_suite) {
        edit_suites(l, hello.client_hello.cipher_suites, &list);
        hello.client_hello.cipher_suites = written(&list);
    }
    if (l->has_id) {
        *id = l->id;
        struct hs *hs = p->conn->hs; /* so that it knows what it said */
        hs->session_expires = TEST_NOW + 14400;
        hs->session_id_len = (uint8_t)l->id.len;
        if (l->id.len) {
            memcpy(hs->session_id, l->id.data, l->id.len);
        }
    }
    assert_int_equal(layout_encode(layout, &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

static void tell(struct puppet *p, enum message m)
{
    const struct lie *l = p->about;
    if (m != l->m || p->told) {
        return;
    }
    if (m == NEW_SESSION_TICKET) {
        if (l->leave_out) {
            p->len = 0;
            p->told = true;
        } else {
            puppet_set_body(p, l->body);
        }
        return;
    }
    edit_hello(p, l);
}

static struct meeting play(const struct trait *c, const struct trait *s, hf_session *session,
                           const struct lie *l)
{
    struct meeting m =
        meet_under(l->m == CLIENT_HELLO ? CLIENT : SERVER, shared_config(c), shared_config(s), session);
    m.liar->lie = tell;
    m.liar->about = l;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    return m;
}

static struct slice ticket_of(const hf_session *session)
{
    return ((const struct session *)session)->ticket;
}

/* ---- R6, RFC 5077 3.2: a ticket that is none is a full handshake, with whatever ID beside it ---- */
static void tickets_that_are_none(void **state)
{
    (void)state;
    static uint8_t junk[16000], flipped[8192];
    hf_session *session = earn_session(shared_config(&client), shared_config(&giving));
    hf_session *foreign = earn_session(shared_config(&client), shared_config(&renewing));
    struct slice good = ticket_of(session);
    memset(junk, 0x5A, sizeof junk);
    memcpy(flipped, good.data, good.len);
    flipped[good.len / 2] ^= 4;
    const struct slice tickets[] = {
        slice_of(junk, 1),
        slice_of(junk, 47),
        slice_of(junk, 200),
        slice_of(junk, 8192),
        slice_of(junk, 16000),
        slice_of(flipped, good.len),
        slice_of(good.data, good.len - 1),
        slice_of(good.data, 32),
        slice_of(good.data, 16),
        ticket_of(foreign),
    };
    static const uint8_t made_up[32] = {0x21, 9, 8, 7};
    const struct slice ids[] = {slice_of(NULL, 0), slice_of(made_up, 32), slice_of(made_up, 1)};
    for (size_t i = 0; i < sizeof tickets / sizeof *tickets; i++) {
        for (size_t j = 0; j < sizeof ids / sizeof *ids; j++) {
            const struct lie l = {
                .m = CLIENT_HELLO, .has_ticket = true, .has_id = true, .ticket = tickets[i], .id = ids[j]};
            struct meeting m = play(&client, &giving, NULL, &l);
            expect_complete(m.liar->conn, m.subject, "a ticket that is none");
            assert_false(hf_negotiated(m.subject)->resumed);
            assert_int_equal(hf_negotiated(m.subject)->resumption, HF_SESSION_FOREIGN);
            hf_session *fresh = hf_conn_session(m.liar->conn); /* and a good one comes: RFC 5077 figure 4 */
            assert_true(hf_session_is_ticket(fresh));
            hf_session_free(fresh);
            part(&m);
        }
    }
    hf_session_free(session);
    hf_session_free(foreign);
}

/* A server without tickets passes over them, and over the made-up ID beside them. */
static void a_server_without_tickets(void **state)
{
    (void)state;
    static const uint8_t junk[8192] = {1};
    for (size_t len = 0; len <= sizeof junk; len += 4096) {
        const struct lie l = {.m = CLIENT_HELLO, .has_ticket = true, .ticket = slice_of(junk, len)};
        struct meeting m = play(&client, &plain, NULL, &l);
        expect_complete(m.liar->conn, m.subject, "no tickets");
        assert_int_equal(hf_negotiated(m.subject)->resumption, HF_NOT_OFFERED);
        hf_session *fresh = hf_conn_session(m.liar->conn);
        assert_int_equal(hf_session_id(fresh).len, 32);
        hf_session_free(fresh);
        part(&m);
    }
}

/* ---- R5, RFC 5077 3.4 ---- */
/* What ServerHello carries as session ID, in the server's first flight. */
static struct slice id_sent(hf_conn *server)
{
    hf_bytes wire = hf_peek_wire(server);
    assert_true(wire.len > 44 && wire.data[0] == CONTENT_HANDSHAKE && wire.data[5] == 2);
    return slice_of(wire.data + 44, wire.data[43]);
}

/* With a ticket that opens, the ID says only how the client will know: it comes back as it was, empty too. */
static void the_id_comes_back_whatever_it_is(void **state)
{
    (void)state;
    hf_session *session = earn_session(shared_config(&client), shared_config(&giving));
    const struct trait without = {.side = CLIENT, .no_tickets = true};
    hf_session *by_id = earn_session(shared_config(&without), shared_config(&giving));
    assert_int_equal(hf_session_id(by_id).len, 32);
    static const uint8_t made_up[32] = {9, 8, 7};
    const struct slice ids[] = {slice_of(NULL, 0), slice_of(made_up, 1), slice_of(made_up, 32),
                                slice_of(hf_session_id(by_id).data, 32)}; /* a real one, of another session */
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct lie l = {.m = CLIENT_HELLO, .has_id = true, .id = ids[i]};
        struct puppet *c = puppet_new(shared_config(&client), session);
        hf_conn *s = honest_new(shared_config(&giving), NULL);
        c->lie = tell;
        c->about = &l;
        (void)carry(c->conn, s);
        assert_true(slice_equal(id_sent(s), ids[i]));
        assert_int_equal(hf_negotiated(s)->resumption, HF_RESUMED);
        assert_true(s->negotiated.ticket);
        if (ids[i].len) { /* ours always makes one up, and so sees that it was taken */
            converse(c->conn, s);
            expect_complete(c->conn, s, "resumed by ticket");
        }
        puppet_free(c);
        hf_conn_free(s);
    }
    hf_session_free(session);
    hf_session_free(by_id);
}

/* An empty session_ticket beside a real ID: the ID is resumed, and no ticket is promised in its place. */
static void a_session_by_id_with_an_empty_ticket(void **state)
{
    (void)state;
    const struct trait without = {.side = CLIENT, .no_tickets = true};
    hf_session *by_id = earn_session(shared_config(&without), shared_config(&giving));
    hf_conn *c = honest_new(shared_config(&client), by_id), *s = honest_new(shared_config(&giving), NULL);
    converse(c, s);
    expect_complete(c, s, "resumed by ID");
    assert_true(hf_negotiated(s)->resumed && hf_negotiated(c)->resumed);
    assert_false(hf_negotiated(s)->session_ticket);
    hf_conn_free(c);
    hf_conn_free(s);
    hf_session_free(by_id);
}

/* A server that gives an ID and a ticket: the ticket is what is resumed. One that gives an ID and an empty
 * ticket, the ID. */
static void a_server_that_gives_both(void **state)
{
    (void)state;
    static const uint8_t id[32] = {1, 2, 3};
    const struct lie both = {.m = SERVER_HELLO, .has_id = true, .id = slice_of(id, 32)};
    struct meeting m = play(&client, &giving, NULL, &both);
    expect_complete(m.liar->conn, m.subject, "an ID and a ticket");
    hf_session *session = hf_conn_session(m.subject);
    assert_true(hf_session_is_ticket(session));
    part(&m);
    hf_conn *c = honest_new(shared_config(&client), session), *s = honest_new(shared_config(&giving), NULL);
    converse(c, s);
    expect_complete(c, s, "resumed");
    assert_true(hf_negotiated(s)->resumed && hf_negotiated(s)->session_ticket);
    hf_conn_free(c);
    hf_conn_free(s);
    hf_session_free(session);
}

/* ---- what NewSessionTicket may hold: RFC 5077 3.3 ---- */
static struct slice new_ticket(uint32_t hint, size_t len)
{
    static uint8_t bytes[70000], ticket[65535];
    struct writer w = writer_of(bytes, sizeof bytes);
    memset(ticket, 0x77, sizeof ticket);
    write_number(&w, hint, 4);
    write_vector(&w, 2, slice_of(ticket, len));
    return written(&w);
}

static void empty_and_long_tickets(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        bool kept;
    } lens[] = {{0, false}, {1, true}, {8191, true}, {8192, true}, {8193, false}, {65535, false}};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        const struct lie l = {.m = NEW_SESSION_TICKET, .body = new_ticket(100, lens[i].len)};
        struct meeting m = play(&client, &giving, NULL, &l);
        expect_complete(m.liar->conn, m.subject, "a ticket of another length");
        hf_session *session = hf_conn_session(m.subject);
        assert_int_equal(session != NULL, lens[i].kept);
        assert_int_equal(hf_negotiated(m.subject)->session_ticket, lens[i].kept);
        part(&m);
        if (!session) {
            continue;
        }
        /* the longest is offered again, saved and loaded: the server does not know it, and that is all */
        static uint8_t saved[20000];
        size_t len = sizeof saved;
        hf_session *loaded;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
        assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_OK);
        hf_conn *c = honest_new(shared_config(&client), loaded),
                *s = honest_new(shared_config(&giving), NULL);
        converse(c, s);
        expect_complete(c, s, "a full handshake");
        assert_int_equal(hf_negotiated(s)->resumption, HF_SESSION_FOREIGN);
        assert_int_equal(hf_negotiated(c)->resumption, HF_SESSION_UNKNOWN);
        hf_conn_free(c);
        hf_conn_free(s);
        hf_session_free(loaded);
        hf_session_free(session);
    }
}

static void lifetime_hints(void **state)
{
    (void)state;
    static const struct {
        uint32_t hint;
        int64_t life;
    } hints[] = {{0, 14400}, {1, 1}, {100, 100}, {14399, 14399}, {14401, 14400}, {UINT32_MAX, 14400}};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        const struct lie l = {.m = NEW_SESSION_TICKET, .body = new_ticket(hints[i].hint, 50)};
        struct meeting m = play(&client, &giving, NULL, &l);
        expect_complete(m.liar->conn, m.subject, "a hint");
        hf_session *session = hf_conn_session(m.subject);
        assert_true(hf_session_expires(session) == TEST_NOW + hints[i].life);
        hf_session_free(session);
        part(&m);
    }
}

/* On resumption: an empty one leaves the old ticket, a new one takes its place, and the session's end stays.
 */
static void renewed_or_not(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 60; len += 60) {
        hf_session *session = earn_session(shared_config(&client), shared_config(&renewing));
        const struct lie l = {.m = NEW_SESSION_TICKET, .body = new_ticket(UINT32_MAX, len)};
        struct meeting m = play(&client, &renewing, session, &l);
        expect_complete(m.liar->conn, m.subject, "resumed");
        assert_true(hf_negotiated(m.subject)->resumed);
        hf_session *after = hf_conn_session(m.subject);
        assert_int_equal(ticket_of(after).len, len ? len : ticket_of(session).len);
        assert_true(hf_session_expires(after) == hf_session_expires(session));
        hf_session_free(after);
        hf_session_free(session);
        part(&m);
    }
}

/* S1: agreed on and missing. The other way round, and at every other place, is in test_wrong_message.c. */
static void a_ticket_that_was_promised_and_does_not_come(void **state)
{
    (void)state;
    const struct lie l = {.m = NEW_SESSION_TICKET, .leave_out = true};
    struct meeting m = play(&client, &giving, NULL, &l);
    expect_refused(m.subject, m.liar->conn, HF_EARLY_CHANGE_CIPHER_SPEC, "full");
    assert_non_null(strstr(hf_failed(m.subject)->expected, "NewSessionTicket"));
    part(&m);
    hf_session *session = earn_session(shared_config(&client), shared_config(&renewing));
    m = play(&client, &renewing, session, &l);
    expect_refused(m.subject, m.liar->conn, HF_EARLY_CHANGE_CIPHER_SPEC, "resumed");
    part(&m);
    hf_session_free(session);
}

/* A promise that the client did not ask for, one that says more than it may, and one that is taken back. */
static void promises_in_server_hello(void **state)
{
    (void)state;
    const struct trait without = {.side = CLIENT, .no_tickets = true};
    const struct lie unasked = {.m = SERVER_HELLO, .has_ticket = true};
    struct meeting m = play(&without, &plain, NULL, &unasked);
    expect_refused(m.subject, m.liar->conn, HF_UNSOLICITED_EXTENSION, "not offered");
    part(&m);
    const struct lie full = {.m = SERVER_HELLO, .has_ticket = true, .ticket = slice_of("x", 1)};
    m = play(&client, &giving, NULL, &full);
    expect_refused(m.subject, m.liar->conn, HF_MALFORMED_EXTENSION, "not empty");
    part(&m);
    const struct lie taken_back = {.m = SERVER_HELLO, .drop_ticket = true};
    m = play(&client, &giving, NULL, &taken_back); /* and NewSessionTicket comes all the same: S1 */
    expect_refused(m.subject, m.liar->conn, HF_UNEXPECTED_MESSAGE, "not agreed");
    part(&m);
}

/* ---- what the hello must still say: E2, R2, R4 ---- */
static void what_is_missing_beside_the_ticket(void **state)
{
    (void)state;
    const struct {
        const struct trait *c, *s;
        struct lie l;
        hf_resumption why; /* HF_RESUMED: the server aborts */
        hf_err row;
    } missing[] = {
        {&client,
         &giving,
         {.m = CLIENT_HELLO, .drop = EXTENSION_EXTENDED_MASTER_SECRET},
         HF_RESUMED,
         HF_EXTENDED_MASTER_SECRET_MISMATCH}, /* RFC 7627 5.3 */
        {&client, &giving, {.m = CLIENT_HELLO, .drop_suite = 0xC02B}, HF_SESSION_PARAMETERS, HF_OK},
        {&client, &giving, {.m = CLIENT_HELLO, .drop = -1}, HF_SESSION_NAME, HF_OK}, /* RFC 6066 3 */
        {&cbc_client,
         &cbc_giving,
         {.m = CLIENT_HELLO, .drop = EXTENSION_ENCRYPT_THEN_MAC},
         HF_SESSION_PARAMETERS,
         HF_OK}, /* RFC 7366 */
    };
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct lie l = missing[i].l;
        hf_session *session = earn_session(shared_config(missing[i].c), shared_config(missing[i].s));
        if (missing[i].why == HF_SESSION_PARAMETERS && l.drop_suite) {
            l.drop_suite = ((struct session *)session)->suite;
        }
        struct puppet *c = puppet_new(shared_config(missing[i].c), session);
        hf_conn *s = honest_new(shared_config(missing[i].s), NULL);
        c->lie = tell;
        c->about = &l;
        converse(c->conn, s);
        if (missing[i].row != HF_OK) {
            expect_refused(s, c->conn, missing[i].row, "missing");
        } else {
            expect_complete(c->conn, s, "missing");
            assert_int_equal(hf_negotiated(s)->resumption, missing[i].why);
            assert_false(hf_negotiated(c->conn)->resumed);
        }
        puppet_free(c);
        hf_conn_free(s);
        hf_session_free(session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tickets_that_are_none),
        cmocka_unit_test(a_server_without_tickets),
        cmocka_unit_test(the_id_comes_back_whatever_it_is),
        cmocka_unit_test(a_session_by_id_with_an_empty_ticket),
        cmocka_unit_test(a_server_that_gives_both),
        cmocka_unit_test(empty_and_long_tickets),
        cmocka_unit_test(lifetime_hints),
        cmocka_unit_test(renewed_or_not),
        cmocka_unit_test(a_ticket_that_was_promised_and_does_not_come),
        cmocka_unit_test(promises_in_server_hello),
        cmocka_unit_test(what_is_missing_beside_the_ticket),
    };
    return cmocka_run_group_tests_name("flow/session tickets", tests, NULL, shared_configs_teardown);
}
