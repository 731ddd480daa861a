/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

#include "ocsp.h"

/*
 * status_request, status_request_v2, signed_certificate_timestamp and CertificateStatus, told by a peer that
 * lies about them: RFC 6066 8, RFC 6961 2.2, RFC 6962 3.3.1.
 */
static const struct trait asking = {.side = CLIENT, .status = true}, plain = {.side = CLIENT},
                          stapling = {.side = SERVER, .status = true}, silent = {.side = SERVER};

struct lie {
    enum message m;
    uint16_t code, more; /* of the extension that the hello gets, or its only one; more: another, empty */
    bool drop;           /* of the hello's own extensions these two kinds are left out */
    struct slice body;   /* the extension's, or CertificateStatus's */
    bool leave_out, twice;
};

static void edit_extensions(const struct lie *l, struct slice old, struct writer *w)
{
    struct list all = list_of(old);
    struct extension_entry x;
    while (list_next_extension(&all, &x)) {
        bool status = x.type == EXTENSION_STATUS_REQUEST || x.type == EXTENSION_STATUS_REQUEST_V2;
        if (x.type != l->code && !(l->drop && status)) {
            write_number(w, x.type, 2);
            write_vector(w, 2, x.body);
        }
    }
    if (l->code != UINT16_MAX) {
        write_number(w, l->code, 2);
        write_vector(w, 2, l->body);
    }
    if (l->more) {
        write_number(w, l->more, 2);
        write_number(w, 0, 2);
    }
}

static void tell(struct puppet *p, enum message m)
{
    static uint8_t block[8192], body[9000];
    const struct lie *l = p->about;
    if (m != l->m) {
        return;
    }
    if (m == CERTIFICATE_STATUS) {
        if (l->leave_out) {
            p->len = 0;
            p->told = true;
        } else if (l->twice) {
            puppet_handshake(p, slice_of(p->bytes, p->len));
        } else {
            puppet_set_body(p, l->body);
        }
        return;
    }
    union any_message hello;
    bool client = m == CLIENT_HELLO;
    const struct layout *layout = client ? &layout_client_hello : &layout_server_hello;
    assert_int_equal(layout_decode(layout, puppet_body(p), &hello), OK);
    struct slice *extensions = client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    edit_extensions(l, *extensions, &w);
    *extensions = written(&w);
    assert_int_equal(layout_encode(layout, &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

static struct meeting play(const hf_config *client, const hf_config *server, const struct lie *l)
{
    struct meeting m = meet_under(l->m == CLIENT_HELLO ? CLIENT : SERVER, client, server, NULL);
    m.liar->lie = tell;
    m.liar->about = l;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    return m;
}

static void expect(const hf_config *client, const hf_config *server, const struct lie *l, hf_err row)
{
    char what[80];
    struct meeting m = play(client, server, l);
    (void)snprintf(what, sizeof what, "message %d, extension %u, %zu bytes", l->m, l->code, l->body.len);
    if (row == HF_OK) {
        expect_complete(m.liar->conn, m.subject, what);
    } else {
        expect_refused(m.subject, m.liar->conn, row, what);
    }
    part(&m);
}

#define TEXT(text) slice_of(text, sizeof(text) - 1)
#define BAD HF_MALFORMED_EXTENSION

/* ---- hellos ---- */
struct body {
    uint16_t code;
    struct slice bytes;
    hf_err row;
    uint8_t answered; /* the status_type of CertificateStatus; 0: none is sent */
};

/* Of the CertificateStatus in the server's first flight, which is one record; 0: there is none. */
static uint8_t status_type_sent(hf_conn *server)
{
    hf_bytes wire = hf_peek_wire(server);
    assert_true(wire.len > 5 && wire.data[0] == CONTENT_HANDSHAKE);
    for (size_t at = 5; at + 4 < wire.len;) {
        if (wire.data[at] == 22) {
            return wire.data[at + 4];
        }
        at += 4 + ((size_t)wire.data[at + 1] << 16 | (size_t)wire.data[at + 2] << 8 | wire.data[at + 3]);
    }
    return 0;
}

/* RFC 6066 8, RFC 6961 2.2: what a client may ask, and what it is told */
static void test_what_clients_ask(void **state)
{
    (void)state;
    const uint16_t v1 = EXTENSION_STATUS_REQUEST, v2 = EXTENSION_STATUS_REQUEST_V2,
                   sct = EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP;
    const struct body bodies[] = {
        {v1, TEXT("\1\0\0\0\0"), HF_OK, 1},
        {v1, TEXT("\1\0\4\0\2id\0\0"), HF_OK, 1},
        {v1, TEXT("\1\0\0\0\3ext"), HF_OK, 1},
        {v1, TEXT("\2whatever"), HF_OK, 0}, /* a type nobody knows has a shape nobody knows */
        {v1, TEXT("\0"), HF_OK, 0},
        {v1, TEXT(""), BAD, 0},
        {v1, TEXT("\1"), BAD, 0},
        {v1, TEXT("\1\0\0\0"), BAD, 0},
        {v1, TEXT("\1\0\0\0\0\0"), BAD, 0},
        {v1, TEXT("\1\0\2\0\0\0\0"), BAD, 0}, /* ResponderID<1..> */
        {v1, TEXT("\1\0\3\0\2i\0\0"), BAD, 0},
        {v1, TEXT("\1\0\0\0\1"), BAD, 0},
        {v2, TEXT("\0\7\2\0\4\0\0\0\0"), HF_OK, 2},
        {v2, TEXT("\0\7\1\0\4\0\0\0\0"), HF_OK, 1},
        {v2, TEXT("\0\16\1\0\4\0\0\0\0\2\0\4\0\0\0\0"), HF_OK, 1}, /* as the client prefers */
        {v2, TEXT("\0\16\2\0\4\0\0\0\0\1\0\4\0\0\0\0"), HF_OK, 2},
        {v2, TEXT("\0\12\7\0\0\2\0\4\0\0\0\0"), HF_OK, 2},
        {v2, TEXT("\0\5\7\0\2hi"), HF_OK, 0},
        {v2, TEXT(""), BAD, 0},
        {v2, TEXT("\0"), BAD, 0},
        {v2, TEXT("\0\0"), BAD, 0},
        {v2, TEXT("\0\7\2\0\4\0\0\0"), BAD, 0},
        {v2, TEXT("\0\7\2\0\4\0\0\0\0\0"), BAD, 0},
        {v2, TEXT("\0\7\2\0\5\0\0\0\0"), BAD, 0},
        {v2, TEXT("\0\3\2\0\0"), BAD, 0},
        {v2, TEXT("\0\2\7\0"), BAD, 0},
        {v2, TEXT("\0\10\2\0\5\0\0\0\0\0"), BAD, 0},
        {sct, TEXT(""), HF_OK, 0},
        {sct, TEXT("\0"), BAD, 0},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct lie l = {.m = CLIENT_HELLO, .code = bodies[i].code, .body = bodies[i].bytes, .drop = true};
        if (bodies[i].row != HF_OK) {
            expect(shared_config(&plain), shared_config(&stapling), &l, bodies[i].row);
            continue;
        }
        struct puppet *c = puppet_new(shared_config(&plain), NULL);
        hf_conn *server = honest_new(shared_config(&stapling), NULL);
        c->lie = tell;
        c->about = &l;
        (void)carry(c->conn, server);
        assert_int_equal(status_type_sent(server), bodies[i].answered);
        assert_int_equal(hf_negotiated(server)->stapled, bodies[i].answered != 0);
        puppet_free(c);
        hf_conn_free(server);
    }
}

/* RFC 6961 2.2: the second wish counts where the first cannot be met: there is a response for the intermediate alone. */
static void test_the_second_wish(void **state)
{
    (void)state;
    struct lie l = {.m = CLIENT_HELLO,
                    .code = EXTENSION_STATUS_REQUEST_V2,
                    .body = TEXT("\0\16\1\0\4\0\0\0\0\2\0\4\0\0\0\0")};
    hf_config *server = hf_config_server();
    const struct test_identity *own = &test_pki()->server[TEST_P256];
    hf_bytes response = test_ocsp_make(&(struct test_ocsp){0});
    assert_non_null(server);
    assert_int_equal(hf_config_clock(server, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_identity(server, own->chain, own->key, NULL), HF_OK);
    assert_int_equal(hf_config_staple(server, response, NULL), HF_OK);
    assert_int_equal(hf_config_freeze(server, NULL), HF_OK);
    struct puppet *c = puppet_new(shared_config(&plain), NULL);
    hf_conn *subject = honest_new(server, NULL);
    c->lie = tell;
    c->about = &l;
    (void)carry(c->conn, subject);
    assert_int_equal(status_type_sent(subject), 2);
    puppet_free(c);
    hf_conn_free(subject);
    hf_config_free(server);
    test_ocsp_free(response);
}

/* RFC 6066 8, RFC 6961 2.2: the answer is empty; RFC 6962 3.3: a list, and none of it empty */
static void test_what_servers_answer(void **state)
{
    (void)state;
    const uint16_t v1 = EXTENSION_STATUS_REQUEST, v2 = EXTENSION_STATUS_REQUEST_V2;
    const hf_config *client = shared_config(&asking), *server = shared_config(&silent);
    expect(client, server, &(struct lie){.m = SERVER_HELLO, .code = v1},
           HF_OK); /* and no CertificateStatus */
    expect(client, server, &(struct lie){.m = SERVER_HELLO, .code = v2}, HF_OK);
    expect(client, server, &(struct lie){.m = SERVER_HELLO, .code = v1, .more = v2}, HF_OK);
    expect(client, server, &(struct lie){.m = SERVER_HELLO, .code = v1, .body = TEXT("\1")}, BAD);
    expect(client, server, &(struct lie){.m = SERVER_HELLO, .code = v2, .body = TEXT("\0")}, BAD);
    expect(client, server, &(struct lie){.m = SERVER_HELLO, .code = v1, .more = v1}, HF_DUPLICATE_EXTENSION);
    const struct {
        struct slice bytes;
        hf_err row;
    } lists[] = {
        {TEXT("\0\3\0\1a"), HF_OK},
        {TEXT("\0\7\0\1a\0\2bc"), HF_OK},
        {TEXT(""), BAD},
        {TEXT("\0"), BAD},
        {TEXT("\0\0"), BAD},
        {TEXT("\0\2\0\0"), BAD},
        {TEXT("\0\3\0\1"), BAD},
        {TEXT("\0\3\0\2a"), BAD},
        {TEXT("\0\3\0\1a\0"), BAD},
        {TEXT("\0\5\0\1a\0\0"), BAD},
        {TEXT("\0\4\0\1a\0"), BAD},
    };
    hf_config *sct = hf_config_client();
    assert_non_null(sct);
    assert_int_equal(hf_config_clock(sct, test_clock, NULL), HF_OK);
    assert_int_equal(hf_config_trust_pem(sct, test_pki()->root), HF_OK);
    assert_int_equal(hf_config_sct(sct, true), HF_OK);
    assert_int_equal(hf_config_freeze(sct, NULL), HF_OK);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct lie l = {
            .m = SERVER_HELLO, .code = EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, .body = lists[i].bytes};
        expect(sct, server, &l, lists[i].row);
    }
    hf_config_free(sct);
}

/* RFC 6066 8: the extension is the permission; without it the message is not expected. */
static void test_an_answer_that_is_taken_back(void **state)
{
    (void)state;
    struct lie l = {.m = SERVER_HELLO, .code = UINT16_MAX, .drop = true};
    expect(shared_config(&asking), shared_config(&stapling), &l, HF_UNEXPECTED_MESSAGE);
}

/* ---- CertificateStatus ---- */
static struct slice status_body(uint8_t type, struct slice response, uint8_t *room)
{
    struct writer w = writer_of(room, 8192);
    write_number(&w, type, 1);
    write_vector(&w, 3, response);
    assert_false(w.full);
    return written(&w);
}

static void test_types_and_lists(void **state)
{
    (void)state;
    uint8_t room[8192], list[8192];
    hf_bytes good = test_ocsp_make(&(struct test_ocsp){.of = &test_pki()->server[TEST_P256]});
    struct writer w = writer_of(list, sizeof list);
    write_vector(&w, 3, slice_of(good.data, good.len));
    size_t one = w.len;
    write_number(&w, 0, 3); /* an entry for the intermediate: none */
    size_t two = w.len;
    write_number(&w, 0, 3);
    const struct {
        uint8_t type;
        struct slice response;
        hf_err row;
    } rows[] = {
        {1, slice_of(good.data, good.len), HF_OK},
        {2, slice_of(list, one), HF_OK},
        {2, slice_of(list, two), HF_OK},
        {2, slice_of("\0\0\0", 3), HF_OK}, /* soft: as if none had come */
        {2, slice_of(list, w.len), HF_TOO_MANY_STATUS_RESPONSES},
        {2, slice_of(list, two - 1), HF_MALFORMED_MESSAGE},
        {2, slice_of(list, one - 1), HF_MALFORMED_MESSAGE},
        {2, slice_of("\0", 1), HF_MALFORMED_MESSAGE},
        {1, slice_of("", 0), HF_MALFORMED_MESSAGE},
        {2, slice_of("", 0), HF_MALFORMED_MESSAGE},
        {0, slice_of(good.data, good.len), HF_STATUS_TYPE_NOT_AGREED},
        {3, slice_of(good.data, good.len), HF_STATUS_TYPE_NOT_AGREED},
        {255, slice_of("x", 1), HF_STATUS_TYPE_NOT_AGREED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lie l = {.m = CERTIFICATE_STATUS, .body = status_body(rows[i].type, rows[i].response, room)};
        expect(shared_config(&asking), shared_config(&stapling), &l, rows[i].row);
    }
    test_ocsp_free(good);
}

/* A server that agreed to status_request alone may not send a list. */
static void lie_twice(struct puppet *p, enum message m)
{
    const struct lie *lies = p->about;
    p->about = &lies[m == CERTIFICATE_STATUS];
    tell(p, m);
    p->about = lies;
}

static void test_a_list_under_status_request(void **state)
{
    (void)state;
    static const uint8_t body[] = {2, 0, 0, 3, 0, 0, 0};
    struct lie lies[] = {{.m = SERVER_HELLO, .code = EXTENSION_STATUS_REQUEST, .drop = true},
                         {.m = CERTIFICATE_STATUS, .body = slice_of(body, sizeof body)}};
    struct puppet *s = puppet_new(shared_config(&stapling), NULL);
    hf_conn *c = honest_new(shared_config(&asking), NULL);
    s->lie = lie_twice;
    s->about = lies;
    converse(s->conn, c);
    expect_refused(c, s->conn, HF_STATUS_TYPE_NOT_AGREED, "ocsp_multi under status_request");
    puppet_free(s);
    hf_conn_free(c);
}

/* RFC 6066 8: a server may agree and then send nothing; once is enough, though. */
static void test_left_out_and_twice(void **state)
{
    (void)state;
    struct lie l = {.m = CERTIFICATE_STATUS, .leave_out = true};
    struct meeting m = play(shared_config(&asking), shared_config(&stapling), &l);
    expect_complete(m.liar->conn, m.subject, "no CertificateStatus");
    assert_int_equal(hf_negotiated(m.subject)->peer_status, HF_STAPLE_MISSING);
    assert_int_equal(hf_negotiated(m.subject)->peer_status_error, HF_STATUS_MISSING);
    part(&m);
    l = (struct lie){.m = CERTIFICATE_STATUS, .twice = true};
    expect(shared_config(&asking), shared_config(&stapling), &l, HF_UNEXPECTED_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_clients_ask),    cmocka_unit_test(test_the_second_wish),
        cmocka_unit_test(test_what_servers_answer), cmocka_unit_test(test_an_answer_that_is_taken_back),
        cmocka_unit_test(test_types_and_lists),     cmocka_unit_test(test_a_list_under_status_request),
        cmocka_unit_test(test_left_out_and_twice),
    };
    return cmocka_run_group_tests(tests, NULL, shared_configs_teardown);
}
