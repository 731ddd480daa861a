/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

/*
 * Messages whose bytes are not what their layout says, sent by a peer that is right in everything else:
 * every strict prefix, bytes behind the end, every length off by one, every field at min - 1 and max + 1; and
 * messages cut over records in every way, which are fine. Checklist S6, S9.
 */

/* ---- what is sent in one mutual handshake. Ed25519: its signatures are all of one length ---- */
static const struct trait mutual_client = {.side = CLIENT,
                                           .key = TEST_ED25519,
                                           .has_identity = true,
                                           .alpn = "h2,http/1.1"},
                          mutual_server = {.side = SERVER,
                                           .key = TEST_ED25519,
                                           .client_auth = HF_CLIENT_AUTH_REQUIRE,
                                           .alpn = "http/1.1",
                                           .suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};

/* And of the other key exchanges, what only they send. */
enum exchange { ECDHE_MUTUAL, DHE, RSA, DH_ANON, ECDH_ANON, FIXED_ECDH, STATUS, TICKET, EXCHANGES };
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

static const hf_config *config_of(enum exchange x, enum side side)
{
    if (x == ECDHE_MUTUAL) {
        return shared_config(side == CLIENT ? &mutual_client : &mutual_server);
    }
    return shared_config(side == CLIENT ? &clients[x] : &servers[x]);
}

static const struct {
    enum message m;
    enum side by;
    const struct layout *layout; /* NULL: empty */
    enum exchange exchange;
} sent[] = {
    {CLIENT_HELLO, CLIENT, &layout_client_hello},
    {SERVER_HELLO, SERVER, &layout_server_hello},
    {CERTIFICATE, SERVER, &layout_certificate_message},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_ecdhe},
    {CERTIFICATE_REQUEST, SERVER, &layout_certificate_request},
    {SERVER_HELLO_DONE, SERVER, NULL},
    {CERTIFICATE, CLIENT, &layout_certificate_message},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_ecdhe},
    {CERTIFICATE_VERIFY, CLIENT, &layout_certificate_verify},
    {FINISHED, CLIENT, &layout_finished},
    {FINISHED, SERVER, &layout_finished},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_dhe, DHE},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_dhe, DHE},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_rsa, RSA},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_dh_anon, DH_ANON},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_dhe, DH_ANON},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_ecdh_anon, ECDH_ANON},
    {CLIENT_KEY_EXCHANGE, CLIENT, NULL, FIXED_ECDH}, /* RFC 4492 5.7: implicit */
    {CERTIFICATE_STATUS, SERVER, &layout_certificate_status, STATUS},
    {NEW_SESSION_TICKET, SERVER, &layout_new_session_ticket, TICKET},
};
#define SENT (sizeof sent / sizeof *sent)

static struct {
    uint8_t bytes[4096]; /* with the header */
    size_t len;
} real[SENT];
static size_t counted;

static size_t row_of(enum exchange x, enum message m, enum side by)
{
    size_t i = 0;
    while (i < SENT && (sent[i].m != m || sent[i].by != by || sent[i].exchange != x)) {
        i++;
    }
    return i;
}

static void record_message(struct puppet *p, enum message m)
{
    size_t i = row_of((enum exchange)p->number, m, p->conn->config->settings.side);
    if (i < SENT) {
        assert_true(p->len <= sizeof real[i].bytes);
        memcpy(real[i].bytes, p->bytes, p->len);
        real[i].len = p->len;
    }
}

static int learn_messages(void **state)
{
    (void)state;
    for (enum exchange x = 0; x < EXCHANGES; x++) {
        struct puppet *c = puppet_new(config_of(x, CLIENT), NULL);
        struct puppet *s = puppet_new(config_of(x, SERVER), NULL);
        c->number = s->number = x;
        c->lie = s->lie = record_message;
        converse(c->conn, s->conn);
        expect_complete(c->conn, s->conn, "two puppets that tell the truth");
        puppet_free(c);
        puppet_free(s);
    }
    for (size_t i = 0; i < SENT; i++) {
        assert_true(real[i].len >= HANDSHAKE_HEADER);
    }
    return 0;
}

/* Numbers of 2048 bits take their time, and a byte within one is like the next: only around its ends, and
 * here and there. */
static bool is_worth_trying(size_t row, size_t at)
{
    struct field_view view;
    struct slice body = slice_of(real[row].bytes + HANDSHAKE_HEADER, real[row].len - HANDSHAKE_HEADER);
    bool near = body.len < 200 || sent[row].exchange == ECDHE_MUTUAL || at % 64 == 0;
    for (size_t i = 0; !near && sent[row].layout && layout_describe(sent[row].layout, body, i, &view); i++) {
        near = at + 3 >= view.offset && at <= view.offset + 3;
    }
    return near;
}

/* ---- a handshake with one lie in it ---- */
struct lie {
    size_t row; /* which message */
    void (*change)(struct puppet *p, const struct lie *lie);
    size_t number;
    struct slice bytes;
    int by;
};

static void tell(struct puppet *p, enum message m)
{
    const struct lie *lie = p->about;
    if (m == sent[lie->row].m) {
        lie->change(p, lie);
    }
}

static struct meeting tell_it(const struct lie *lie)
{
    struct meeting m = meet_under(sent[lie->row].by, config_of(sent[lie->row].exchange, CLIENT),
                                  config_of(sent[lie->row].exchange, SERVER), NULL);
    m.liar->lie = tell;
    m.liar->about = lie;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    counted++;
    return m;
}

static const char *label(const struct lie *lie, const char *what)
{
    static char text[200];
    (void)snprintf(text, sizeof text, "%s of the %s, %s %zu", message_row(sent[lie->row].m)->name,
                   sent[lie->row].by == CLIENT ? "client" : "server", what, lie->number);
    return text;
}

static void expect_refusal_of(const struct lie *lie, hf_err row, const char *what)
{
    struct meeting m = tell_it(lie);
    expect_refused(m.subject, m.liar->conn, row, label(lie, what));
    assert_string_equal(hf_failed(m.subject)->step, message_row(sent[lie->row].m)->name);
    part(&m);
}

static void expect_acceptance_of(const struct lie *lie, const char *what)
{
    struct meeting m = tell_it(lie);
    expect_complete(m.liar->conn, m.subject, label(lie, what));
    part(&m);
}

/* ---- too short, too long ---- */
static void shorten(struct puppet *p, const struct lie *lie)
{
    puppet_set_body(p, slice_of(puppet_body(p).data, lie->number));
}

/* Where the extensions begin: a hello may end there (RFC 5246 7.4.1.2), and then lacks what policy asks for.
 */
static size_t extensions_at(size_t row)
{
    struct field_view view;
    struct slice body = slice_of(real[row].bytes + HANDSHAKE_HEADER, real[row].len - HANDSHAKE_HEADER);
    for (size_t i = 0; layout_describe(sent[row].layout, body, i, &view); i++) {
        if (view.kind == FIELD_TAIL) {
            return view.offset;
        }
    }
    return SIZE_MAX;
}

static void test_every_strict_prefix(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        size_t without = sent[row].layout ? extensions_at(row) : SIZE_MAX;
        for (size_t len = 0; len + HANDSHAKE_HEADER < real[row].len; len++) {
            if (!is_worth_trying(row, len)) {
                continue;
            }
            hf_err err = len != without                ? HF_MALFORMED_MESSAGE
                         : sent[row].m == CLIENT_HELLO ? HF_NO_SIGNATURE_ALGORITHMS
                                                       : HF_INSECURE_RENEGOTIATION_PEER;
            struct lie lie = {.row = row, .change = shorten, .number = len};
            struct meeting m = tell_it(&lie);
            expect_refused(m.subject, m.liar->conn, err, label(&lie, "prefix"));
            part(&m);
        }
    }
}

static void lengthen(struct puppet *p, const struct lie *lie)
{
    uint8_t body[8192];
    struct slice old = puppet_body(p);
    memcpy(body, old.data, old.len);
    memset(body + old.len, 0, lie->number);
    puppet_set_body(p, slice_of(body, old.len + lie->number));
}

static void test_bytes_behind_the_end(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        for (size_t extra = 1; extra <= 5; extra++) {
            struct lie lie = {.row = row, .change = lengthen, .number = extra};
            expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, "bytes more");
        }
    }
}

/* ---- fields ---- */
/* The message again, with the contents of one field replaced; a raw encoder that knows no bounds. */
static void replace_field(struct puppet *p, const struct lie *lie)
{
    static uint8_t body[PUPPET_MESSAGE_MAX];
    struct writer w = writer_of(body, sizeof body);
    struct slice old = puppet_body(p);
    struct field_view view;
    const struct field *f = sent[lie->row].layout->fields;
    for (size_t i = 0; layout_describe(sent[lie->row].layout, old, i, &view); i++) {
        if (i != lie->number) {
            write_bytes(&w, slice_of(old.data + view.offset, view.length));
        } else if (f[i].kind == FIELD_REST || f[i].kind == FIELD_BYTES) {
            write_bytes(&w, lie->bytes);
        } else {
            write_vector(&w, f[i].width, lie->bytes);
        }
    }
    assert_false(w.full);
    puppet_set_body(p, written(&w));
}

static void try_length(size_t row, size_t field, size_t len)
{
    static const uint8_t zeros[70000];
    const struct field *f = &sent[row].layout->fields[field];
    if (len > sizeof zeros || (f->width && f->width < 4 && len >> 8 * f->width)) {
        return; /* cannot be said */
    }
    struct lie lie = {.row = row, .change = replace_field, .number = field, .bytes = slice_of(zeros, len)};
    bool too_long = real[row].len + len > message_row(sent[row].m)->bound && len > 1000;
    struct meeting m = tell_it(&lie);
    char what[120];
    (void)snprintf(what, sizeof what, "%zu bytes of %s, field", len, f->name);
    expect_refused(m.subject, m.liar->conn, too_long ? HF_MESSAGE_TOO_LONG : HF_MALFORMED_MESSAGE,
                   label(&lie, what));
    part(&m);
}

static void test_every_field_beyond_its_bounds(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        const struct field *f = sent[row].layout ? sent[row].layout->fields : NULL;
        for (size_t i = 0; f && f[i].kind != FIELD_END; i++) {
            if (f[i].kind == FIELD_NUMBER) {
                continue;
            }
            if (f[i].min) {
                try_length(row, i, f[i].min - 1);
            }
            try_length(row, i, (size_t)f[i].max + 1);
            if (f[i].unit > 1) {
                try_length(row, i, f[i].min + 1);
                try_length(row, i, f[i].max + 1);
            }
        }
    }
}

static void change_byte(struct puppet *p, const struct lie *lie)
{
    p->bytes[HANDSHAKE_HEADER + lie->number] = (uint8_t)(p->bytes[HANDSHAKE_HEADER + lie->number] + lie->by);
    p->told = true;
}

/* Each length inside a message says one more, one less, and the most it can. */
static void test_every_length_that_does_not_add_up(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        struct slice body = slice_of(real[row].bytes + HANDSHAKE_HEADER, real[row].len - HANDSHAKE_HEADER);
        struct field_view view;
        for (size_t i = 0; sent[row].layout && layout_describe(sent[row].layout, body, i, &view); i++) {
            const struct field *f = &sent[row].layout->fields[i];
            if (f->kind != FIELD_VECTOR && f->kind != FIELD_TAIL) {
                continue;
            }
            size_t at = view.offset + f->width - 1u;
            int changes[] = {1, -1, 255 - body.data[at], -body.data[at]};
            for (size_t c = 0; c < 4; c++) {
                struct lie lie = {.row = row, .change = change_byte, .number = at, .by = changes[c]};
                if (changes[c]) {
                    expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, f->name);
                }
            }
        }
    }
}

/* ---- lists inside ---- */
static void set_body(struct puppet *p, const struct lie *lie)
{
    puppet_set_body(p, lie->bytes);
}

/* RFC 5246 7.4.2: opaque ASN.1Cert<1..2^24-1>, each in the list */
static void test_certificate_lists(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        hf_err row;
    } lists[] = {
        {"\0\0\1\0", 4, HF_MALFORMED_MESSAGE}, /* half a length */
        {"\0\0\2\0\0", 5, HF_MALFORMED_MESSAGE},
        {"\0\0\3\0\0\1", 6, HF_MALFORMED_MESSAGE}, /* a length, and nothing of it */
        {"\0\0\4\0\0\2\60", 7, HF_MALFORMED_MESSAGE},
        {"\0\0\4\377\377\377\60", 7, HF_MALFORMED_MESSAGE},
        {"\0\0\5\0\0\1\60\0", 8, HF_MALFORMED_MESSAGE},    /* and a byte behind */
        {"\0\0\3\0\0\0", 6, HF_MALFORMED_MESSAGE},         /* a certificate of no bytes */
        {"\0\0\5\0\0\2\60\0", 8, HF_MALFORMED_CERTIFICATE} /* well framed, no certificate */
    };
    for (size_t row = 0; row < SENT; row++) {
        for (size_t i = 0; sent[row].m == CERTIFICATE && i < sizeof lists / sizeof *lists; i++) {
            struct lie lie = {
                .row = row, .change = set_body, .number = i, .bytes = slice_of(lists[i].body, lists[i].len)};
            expect_refusal_of(&lie, lists[i].row, "list");
        }
    }
}

/* A certificate of no bytes behind a good leaf is no more allowed than in front. */
static void add_empty_certificate(struct puppet *p, const struct lie *lie)
{
    uint8_t body[4096] = {0};
    struct writer w = writer_of(body, sizeof body);
    struct slice old = puppet_body(p);
    size_t mark = write_open(&w, 3);
    write_bytes(&w, slice_after(old, 3));
    write_number(&w, 0, 3);
    write_close(&w, mark, 3);
    (void)lie;
    puppet_set_body(p, written(&w));
}

static void test_an_empty_certificate_behind_the_leaf(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        struct lie lie = {.row = row, .change = add_empty_certificate};
        if (sent[row].m == CERTIFICATE) {
            expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, "an empty certificate more");
        }
    }
}

/* RFC 5246 7.4.4: opaque DistinguishedName<1..2^16-1> */
static void test_authority_lists(void **state)
{
    (void)state;
    static const struct slice lists[] = {
        {(const uint8_t *)"\0", 1},          {(const uint8_t *)"\0\1", 2},
        {(const uint8_t *)"\0\2\60", 3},     {(const uint8_t *)"\377\377\60\0", 4},
        {(const uint8_t *)"\0\2\60\0\0", 5}, {(const uint8_t *)"\0\0", 2},
    };
    size_t row = row_of(ECDHE_MUTUAL, CERTIFICATE_REQUEST, SERVER);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct lie lie = {.row = row, .change = replace_field, .number = 2, .bytes = lists[i]};
        expect_refusal_of(&lie, HF_MALFORMED_MESSAGE, "authorities, field");
    }
}

/* ---- the length in the header ---- */
static void say_header(struct puppet *p, const struct lie *lie)
{
    uint8_t header[] = {p->bytes[0], (uint8_t)(lie->number >> 16), (uint8_t)(lie->number >> 8),
                        (uint8_t)lie->number};
    puppet_record(p, CONTENT_HANDSHAKE, slice_of(header, sizeof header));
    p->len = 0;
}

/* S9: refused on four bytes; at the bound the rest is waited for. */
static void test_lengths_beyond_the_bound(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        size_t bound = message_row(sent[row].m)->bound;
        struct lie lie = {.row = row, .change = say_header, .number = bound + 1};
        hf_err err = bound ? HF_MESSAGE_TOO_LONG : HF_MALFORMED_MESSAGE;
        expect_refusal_of(&lie, err, "header alone");
        lie.number = 0xffffff;
        expect_refusal_of(&lie, err, "header alone");
        lie.number = bound;
        if (bound) {
            struct meeting m = meet_under(sent[row].by, config_of(sent[row].exchange, CLIENT),
                                          config_of(sent[row].exchange, SERVER), NULL);
            m.liar->lie = tell;
            m.liar->about = &lie;
            m.liar->one_record_each = true;
            while (!m.liar->told && converse_until(m.liar->conn, m.subject, 1)) {}
            assert_null(hf_failed(m.subject));
            part(&m);
            counted++;
        }
    }
}

/* ---- cut over records: RFC 5246 6.2.1 ---- */
static void cut(struct puppet *p, const struct lie *lie)
{
    puppet_split(p, lie->number);
}

static void test_every_cut_over_two_records(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        for (size_t at = 1; at < real[row].len; at++) {
            struct lie lie = {.row = row, .change = cut, .number = at};
            if (!is_worth_trying(row, at - 1)) {
                continue;
            }
            expect_acceptance_of(&lie, "cut at");
        }
    }
}

/* Every record holds so many bytes; what arrives comes in such pieces. */
static void test_records_and_reads_of_any_size(void **state)
{
    (void)state;
    static const uint16_t fragments[] = {1, 2, 3, 5, 7, 16, 64, 255, 1000};
    static const size_t reads[] = {1, 2, 3, 5, 6, 11, 100, SIZE_MAX};
    for (size_t f = 0; f < sizeof fragments / sizeof *fragments; f++) {
        for (size_t r = 0; r < sizeof reads / sizeof *reads; r++) {
            hf_conn *c = honest_new(shared_config(&mutual_client), NULL);
            hf_conn *s = honest_new(shared_config(&mutual_server), NULL);
            c->out.fragment = s->out.fragment = fragments[f];
            while (carry_in_pieces(c, s, reads[r]) + carry_in_pieces(s, c, reads[r]) > 0) {}
            c->out.fragment = s->out.fragment = RECORD_PLAINTEXT_MAX;
            expect_complete(c, s, "small records");
            hf_conn_free(c);
            hf_conn_free(s);
            counted++;
        }
    }
}

/* A flight in one record, and every message in its own: both are fine, and we send the first. */
static void test_messages_that_share_a_record(void **state)
{
    (void)state;
    for (int each = 0; each < 2; each++) {
        struct puppet *c = puppet_new(shared_config(&mutual_client), NULL);
        struct puppet *s = puppet_new(shared_config(&mutual_server), NULL);
        c->one_record_each = s->one_record_each = each;
        converse(c->conn, s->conn);
        expect_complete(c->conn, s->conn, "records");
        /* ClientHello; Certificate to CertificateVerify; ChangeCipherSpec; Finished; and one of data */
        assert_int_equal(hf_conn_stats(s->conn).records_in, each ? 7 : 5);
        assert_int_equal(hf_conn_stats(c->conn).records_in, each ? 8 : 4);
        puppet_free(c);
        puppet_free(s);
        counted++;
    }
}

/* S9: an empty handshake record is none at all. RFC 5246 6.2.1 */
static void say_empty_record(struct puppet *p, const struct lie *lie)
{
    static const uint8_t empty[] = {CONTENT_HANDSHAKE, 3, 3, 0, 0};
    (void)lie;
    assert_int_equal(record_close(&p->conn->out), OK);
    assert_int_equal(buffer_append(&p->conn->out.queue, slice_of(empty, sizeof empty)), OK);
    p->told = true;
}

static void test_empty_handshake_records(void **state)
{
    (void)state;
    for (size_t row = 0; row < SENT; row++) {
        struct lie lie = {.row = row, .change = say_empty_record};
        hf_err err = sent[row].m == FINISHED ? HF_BAD_RECORD_MAC : HF_EMPTY_RECORD; /* not even sealed */
        struct meeting m = tell_it(&lie);
        expect_refused(m.subject, m.liar->conn, err, label(&lie, "empty record"));
        part(&m);
    }
}

/* ---- ChangeCipherSpec and alerts that are not what they must be: RFC 5246 7.1, 7.2 ---- */
static void say_record(struct puppet *p, const struct lie *lie)
{
    puppet_record(p, (enum content_type)lie->number, lie->bytes);
}

static void test_change_cipher_specs_and_alerts(void **state)
{
    (void)state;
    static const struct {
        enum content_type type;
        const char *content;
        size_t len;
        hf_err row;
    } records[] = {
        {CONTENT_CHANGE_CIPHER_SPEC, "\0", 1, HF_MALFORMED_CHANGE_CIPHER_SPEC},
        {CONTENT_CHANGE_CIPHER_SPEC, "\2", 1, HF_MALFORMED_CHANGE_CIPHER_SPEC},
        {CONTENT_CHANGE_CIPHER_SPEC, "\1\1", 2, HF_MALFORMED_CHANGE_CIPHER_SPEC},
        {CONTENT_ALERT, "\1", 1, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\1\x5a\1", 3, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\1\x5a\1\x5a", 4, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\0\x5a", 2, HF_MALFORMED_ALERT},
        {CONTENT_ALERT, "\3\x28", 2, HF_MALFORMED_ALERT},
    };
    for (size_t row = 0; row < SENT; row++) {
        for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
            struct lie lie = {.row = row,
                              .change = say_record,
                              .number = records[i].type,
                              .bytes = slice_of(records[i].content, records[i].len)};
            expect_refusal_of(&lie, records[i].row, "record of type");
        }
    }
}

static int report(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes with bytes that are not as usual\n", counted);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_strict_prefix),
        cmocka_unit_test(test_bytes_behind_the_end),
        cmocka_unit_test(test_every_field_beyond_its_bounds),
        cmocka_unit_test(test_every_length_that_does_not_add_up),
        cmocka_unit_test(test_certificate_lists),
        cmocka_unit_test(test_an_empty_certificate_behind_the_leaf),
        cmocka_unit_test(test_authority_lists),
        cmocka_unit_test(test_lengths_beyond_the_bound),
        cmocka_unit_test(test_every_cut_over_two_records),
        cmocka_unit_test(test_records_and_reads_of_any_size),
        cmocka_unit_test(test_messages_that_share_a_record),
        cmocka_unit_test(test_empty_handshake_records),
        cmocka_unit_test(test_change_cipher_specs_and_alerts),
    };
    return cmocka_run_group_tests(tests, learn_messages, report);
}
