/* SPDX-License-Identifier: MIT */
#include "malformed.h"

#include <stdio.h>

#define DHE_SUITE .suites = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", .groups = "ffdhe2048:x25519"

#define RSA_SUITE .suites = "TLS_RSA_WITH_AES_128_GCM_SHA256"

#define DH_ANON_SUITE .suites = "TLS_DH_anon_WITH_AES_128_GCM_SHA256", .groups = "ffdhe2048"

#define ECDH_ANON_SUITE .suites = "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"

#define ECDH_SUITE .suites = "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"

static const struct trait clients[EXCHANGES] = {
    [DHE] = {.side = CLIENT, DHE_SUITE},
    [RSA] = {.side = CLIENT, RSA_SUITE},
    [DH_ANON] = {.side = CLIENT, DH_ANON_SUITE},
    [ECDH_ANON] = {.side = CLIENT, ECDH_ANON_SUITE},
    [FIXED_ECDH] = {.side = CLIENT, ECDH_SUITE, .has_identity = true, .role = AGREES},
    [STATUS] = {.side = CLIENT, .status = true},
    [TICKET] = {.side = CLIENT},
};

static const struct trait servers[EXCHANGES] = {
    [DHE] = {.side = SERVER, DHE_SUITE, .key = TEST_RSA},
    [RSA] = {.side = SERVER, RSA_SUITE, .key = TEST_RSA, .role = ENCIPHERS},
    [DH_ANON] = {.side = SERVER, DH_ANON_SUITE, .role = ANONYMOUS},
    [ECDH_ANON] = {.side = SERVER, ECDH_ANON_SUITE, .role = ANONYMOUS},
    [FIXED_ECDH] = {.side = SERVER, ECDH_SUITE, .role = AGREES, .client_auth = HF_CLIENT_AUTH_REQUIRE},
    [STATUS] = {.side = SERVER, .status = true},
    [TICKET] = {.side = SERVER, .tickets = GIVES_TICKETS},
};

const hf_config *exchange_config(enum exchange x, enum side side)
{
    if (x == ECDHE_MUTUAL) {
        return shared_config(side == CLIENT ? &mutual_client : &mutual_server);
    }
    return shared_config(side == CLIENT ? &clients[x] : &servers[x]);
}

struct real_message real_messages[SENT];

size_t lies_counted;

size_t exchange_row(enum exchange x, enum message m, enum side by)
{
    size_t i = 0;
    while (i < SENT && (sent[i].m != m || sent[i].by != by || sent[i].exchange != x)) {
        i++;
    }
    return i;
}

static void record_message(struct puppet *p, enum message m)
{
    size_t i = exchange_row((enum exchange)p->number, m, p->conn->config->settings.side);
    if (i < SENT) {
        assert_true(p->len <= sizeof real_messages[i].bytes);
        memcpy(real_messages[i].bytes, p->bytes, p->len);
        real_messages[i].len = p->len;
    }
}

int malformed_learn(void **state)
{
    (void)state;
    for (enum exchange x = 0; x < EXCHANGES; x++) {
        struct puppet *c = puppet_new(exchange_config(x, CLIENT), NULL);
        struct puppet *s = puppet_new(exchange_config(x, SERVER), NULL);
        c->number = s->number = x;
        c->lie = s->lie = record_message;
        converse(c->conn, s->conn);
        expect_complete(c->conn, s->conn, "two puppets that tell the truth");
        puppet_free(c);
        puppet_free(s);
    }
    for (size_t i = 0; i < SENT; i++) {
        assert_true(real_messages[i].len >= HANDSHAKE_HEADER);
    }
    return 0;
}

bool is_worth_trying(size_t row, size_t at)
{
    struct field_view view;
    struct slice body =
        slice_of(real_messages[row].bytes + HANDSHAKE_HEADER, real_messages[row].len - HANDSHAKE_HEADER);
    bool near = body.len < 200 || sent[row].exchange == ECDHE_MUTUAL || at % 64 == 0;
    for (size_t i = 0; !near && sent[row].layout && layout_describe(sent[row].layout, body, i, &view); i++) {
        near = at + 3 >= view.offset && at <= view.offset + 3;
    }
    return near;
}

void tell_lie(struct puppet *p, enum message m)
{
    const struct lie *lie = p->about;
    if (m == sent[lie->row].m) {
        lie->change(p, lie);
    }
}

struct meeting tell_it(const struct lie *lie)
{
    struct meeting m = meet_under(sent[lie->row].by, exchange_config(sent[lie->row].exchange, CLIENT),
                                  exchange_config(sent[lie->row].exchange, SERVER), NULL);
    m.liar->lie = tell_lie;
    m.liar->about = lie;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    lies_counted++;
    return m;
}

const char *lie_label(const struct lie *lie, const char *what)
{
    static char text[200];
    (void)snprintf(text, sizeof text, "%s of the %s, %s %zu", message_row(sent[lie->row].m)->name,
                   sent[lie->row].by == CLIENT ? "client" : "server", what, lie->number);
    return text;
}

void expect_refusal_of(const struct lie *lie, hf_err row, const char *what)
{
    struct meeting m = tell_it(lie);
    expect_refused(m.subject, m.liar->conn, row, lie_label(lie, what));
    assert_string_equal(hf_failed(m.subject)->step, message_row(sent[lie->row].m)->name);
    part(&m);
}

int report_counted(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes with bytes that are not as usual\n", lies_counted);
    return 0;
}
