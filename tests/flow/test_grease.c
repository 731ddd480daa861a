/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* GREASE, RFC 8701: what a client offers (3.1, 5), that servers pass over it (3.2), and that a server that
 * selects any of it is refused (3.1). */
static const struct trait greasy = {.side = CLIENT, .grease = true, .alpn = "h2,http/1.1"},
                          no_alpn = {.side = CLIENT, .grease = true},
                          server = {.side = SERVER, .alpn = "http/1.1"}, plain_server = {.side = SERVER};

static bool is_grease(uint32_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* What of it stands in a ClientHello, 0 where nothing does; `places` are where its two extensions are among
 * all, `last` is where the last of all is. */
struct findings {
    uint16_t suite, group, scheme, alpn, extension[2];
    size_t extensions, places[2], last;
};

static void find_numbers(struct slice list, uint16_t *found)
{
    struct list l = list_of(list);
    uint32_t value;
    for (size_t i = 0; list_next_number(&l, 2, &value); i++) {
        if (is_grease(value)) {
            assert_int_equal(i, 0);
            *found = (uint16_t)value;
        }
    }
    assert_false(l.bad);
}

static void find_name(struct slice names, uint16_t *found)
{
    struct list l = list_of(names);
    struct slice name;
    while (list_next_vector(&l, 1, &name)) {
        uint32_t value = name.len == 2 ? (uint32_t)name.data[0] << 8 | name.data[1] : 0;
        *found = is_grease(value) ? (uint16_t)value : *found;
    }
}

static void take_apart(struct slice body, struct findings *f)
{
    struct client_hello hello;
    struct extension_entry x;
    *f = (struct findings){0};
    assert_int_equal(layout_decode(&layout_client_hello, body, &hello), OK);
    find_numbers(hello.cipher_suites, &f->suite);
    struct list l = list_of(hello.extensions);
    for (size_t i = 0; list_next_extension(&l, &x); i++) {
        struct slice list = slice_after(x.body, x.body.len < 2 ? x.body.len : 2);
        if (is_grease(x.type)) {
            assert_true(f->extensions < 2);
            f->places[f->extensions] = i;
            f->extension[f->extensions++] = x.type;
        }
        if (x.type == EXTENSION_SUPPORTED_GROUPS) {
            find_numbers(list, &f->group);
        } else if (x.type == EXTENSION_SIGNATURE_ALGORITHMS) {
            find_numbers(list, &f->scheme);
        } else if (x.type == EXTENSION_ALPN) {
            find_name(list, &f->alpn);
        }
        f->last = i;
    }
}

static void look(struct puppet *p, enum message m)
{
    if (m == CLIENT_HELLO) {
        take_apart(puppet_body(p), (struct findings *)(uintptr_t)p->about);
    }
}

/* ---- what is offered ---- */
static struct findings offered(const struct trait *client, const struct trait *to)
{
    struct findings f;
    struct puppet *c = puppet_new(shared_config(client), NULL);
    hf_conn *s = honest_new(shared_config(to), NULL);
    c->lie = look;
    c->about = &f;
    converse(c->conn, s);
    expect_complete(c->conn, s, "a hello with values that mean nothing");
    puppet_free(c);
    hf_conn_free(s);
    return f;
}

/* RFC 8701 3.1, 5: one of each kind, two extensions that differ, and over time all sixteen values. */
static void one_of_each_kind(void **state)
{
    (void)state;
    uint32_t seen[6] = {0};
    for (size_t i = 0; i < 300; i++) {
        struct findings f = offered(&greasy, &server);
        const uint16_t all[] = {f.suite, f.group, f.scheme, f.alpn, f.extension[0], f.extension[1]};
        assert_int_equal(f.extensions, 2);
        assert_int_not_equal(f.extension[0], f.extension[1]);
        assert_int_equal(f.places[0], 0);
        assert_int_equal(f.places[1], f.last);
        for (size_t k = 0; k < 6; k++) {
            assert_true(is_grease(all[k]));
            seen[k] |= 1u << (all[k] >> 12);
        }
    }
    for (size_t k = 0; k < 6; k++) {
        assert_int_equal(seen[k], 0xffff);
    }
}

static void only_where_it_is_wanted(void **state)
{
    (void)state;
    static const struct trait plain = {.side = CLIENT, .alpn = "h2,http/1.1"};
    struct findings f = offered(&plain, &server);
    assert_int_equal(f.suite | f.group | f.scheme | f.alpn | f.extensions, 0);
    f = offered(&no_alpn, &plain_server); /* no list of protocols is made for it */
    assert_int_equal(f.alpn, 0);
    assert_int_equal(f.extensions, 2);
}

/* ---- what a server may not select ---- */
enum selected { SUITE, GROUP, SCHEME, PROTOCOL, EXTENSION, VERSION };
struct selection {
    enum selected what;
    const struct findings *offered;
};

static void select_in_server_hello(struct puppet *p, const struct selection *s)
{
    static uint8_t block[1024], body[1024];
    struct server_hello m;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    assert_int_equal(layout_decode(&layout_server_hello, puppet_body(p), &m), OK);
    struct list l = list_of(m.extensions);
    struct extension_entry x;
    while (list_next_extension(&l, &x)) {
        bool replaced = s->what == PROTOCOL && x.type == EXTENSION_ALPN;
        const uint8_t name[] = {0, 3, 2, (uint8_t)(s->offered->alpn >> 8), (uint8_t)s->offered->alpn};
        write_number(&w, x.type, 2);
        write_vector(&w, 2, replaced ? slice_of(name, sizeof name) : x.body);
    }
    if (s->what == EXTENSION) {
        write_number(&w, s->offered->extension[0], 2);
        write_number(&w, 0, 2);
    }
    m.extensions = written(&w);
    m.cipher_suite = s->what == SUITE ? s->offered->suite : m.cipher_suite;
    m.version = s->what == VERSION ? 0x7a7a : m.version;
    assert_int_equal(layout_encode(&layout_server_hello, &m, &out), OK);
    puppet_set_body(p, written(&out));
}

static void select_in_server_key_exchange(struct puppet *p, const struct selection *s)
{
    static uint8_t body[1024];
    struct server_key_exchange m;
    struct writer out = writer_of(body, sizeof body);
    assert_int_equal(layout_decode(&layout_server_key_exchange_ecdhe, puppet_body(p), &m), OK);
    m.named_curve = s->what == GROUP ? s->offered->group : m.named_curve;
    m.scheme = s->what == SCHEME ? s->offered->scheme : m.scheme;
    assert_int_equal(layout_encode(&layout_server_key_exchange_ecdhe, &m, &out), OK);
    puppet_set_body(p, written(&out));
}

static void select_it(struct puppet *p, enum message m)
{
    const struct selection *s = p->about;
    bool later = s->what == GROUP || s->what == SCHEME;
    if (m == SERVER_HELLO && !later) {
        select_in_server_hello(p, s);
    } else if (m == SERVER_KEY_EXCHANGE && later) {
        select_in_server_key_exchange(p, s);
    }
}

/* RFC 8701 3.1: the version, suite, extension, group and scheme it lists, and the protocol. */
static void a_server_that_selects_one(void **state)
{
    (void)state;
    static const struct {
        enum selected what;
        hf_err row;
        uint8_t alert;
    } rows[] = {
        {SUITE, HF_SUITE_NOT_OFFERED, ALERT_illegal_parameter},
        {GROUP, HF_GROUP_NOT_OFFERED, ALERT_illegal_parameter},
        {SCHEME, HF_SCHEME_NOT_OFFERED, ALERT_illegal_parameter},
        {PROTOCOL, HF_ALPN_NOT_OFFERED, ALERT_illegal_parameter},
        {EXTENSION, HF_UNSOLICITED_EXTENSION, ALERT_unsupported_extension},
        {VERSION, HF_VERSION_NOT_OFFERED, ALERT_protocol_version},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings f;
        struct selection s = {rows[i].what, &f};
        struct puppet *c = puppet_new(shared_config(&greasy), NULL),
                      *liar = puppet_new(shared_config(&server), NULL);
        c->lie = look;
        c->about = &f;
        liar->lie = select_it;
        liar->about = &s;
        converse(c->conn, liar->conn);
        assert_true(liar->told);
        assert_int_equal(hf_err_alert(rows[i].row), rows[i].alert);
        expect_refused(c->conn, liar->conn, rows[i].row, "a server that selects GREASE");
        puppet_free(c);
        puppet_free(liar);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_each_kind),
        cmocka_unit_test(only_where_it_is_wanted),
        cmocka_unit_test(a_server_that_selects_one),
    };
    return cmocka_run_group_tests(tests, NULL, shared_configs_teardown);
}
