/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Every message at every step where it does not belong. The places and what is allowed there are read from
 * the rows of the flow tables by a walk of this file's own, not by the engine's cursor; in first handshakes
 * and in renegotiations. Checklist S1, S2, S3, S4, S7, N6, N7, U8.
 */

/* ---- what the tables say ---- */
#define PLACES_MAX 16
struct act_case {
    const char *name;
    bool resumed;
    uint32_t facts;
    struct trait client, server;
    bool again; /* it is the second handshake of a connection */
};
#define MUTUAL (CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS)
#define FACTS (CERTIFICATE_AUTH | EPHEMERAL | EPHEMERAL_SIGNED)
#define SUPPLEMENTAL (SUPPLEMENTAL_SERVER | SUPPLEMENTAL_CLIENT)
#define SUPPLEMENTAL_SENT (SUPPLEMENTAL_SERVER_SENT | SUPPLEMENTAL_CLIENT_SENT)
#define AES "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define CHACHA "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
#define RSA "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_CBC "TLS_RSA_WITH_AES_256_CBC_SHA256"
#define ECDH "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"
#define ANON "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"
#define AGAIN .renegotiation = HF_RENEGOTIATE_ACCEPT
static const struct act_case cases[] = {
    {"full", false, FACTS, {.side = CLIENT}, {.side = SERVER, .suites = AES}},
    {"mutual",
     false,
     FACTS | MUTUAL,
     {.side = CLIENT, .has_identity = true},
     {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE, .suites = CHACHA}},
    {"mutual, none sent",
     false,
     FACTS | CLIENT_AUTH,
     {.side = CLIENT},
     {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST, .suites = AES}},
    /* no ServerKeyExchange: S4, FREAK */
    {"RSA",
     false,
     CERTIFICATE_AUTH,
     {.side = CLIENT, .suites = RSA},
     {.side = SERVER, .suites = RSA, .key = TEST_RSA, .role = ENCIPHERS}},
    {"RSA, mutual",
     false,
     CERTIFICATE_AUTH | MUTUAL,
     {.side = CLIENT, .suites = RSA_CBC, .has_identity = true},
     {.side = SERVER,
      .suites = RSA_CBC,
      .key = TEST_RSA,
      .role = ENCIPHERS,
      .client_auth = HF_CLIENT_AUTH_REQUIRE}},
    {"static ECDH",
     false,
     CERTIFICATE_AUTH,
     {.side = CLIENT, .suites = ECDH},
     {.side = SERVER, .suites = ECDH, .role = AGREES}},
    {"static ECDH, the client signs",
     false,
     CERTIFICATE_AUTH | MUTUAL,
     {.side = CLIENT, .suites = ECDH, .has_identity = true},
     {.side = SERVER, .suites = ECDH, .role = AGREES, .client_auth = HF_CLIENT_AUTH_REQUIRE}},
    {"static ECDH, the client's key is fixed", /* no CertificateVerify: S7 */
     false,
     CERTIFICATE_AUTH | CLIENT_AUTH | CLIENT_CERTIFICATE,
     {.side = CLIENT, .suites = ECDH, .has_identity = true, .role = AGREES},
     {.side = SERVER, .suites = ECDH, .role = AGREES, .client_auth = HF_CLIENT_AUTH_REQUIRE}},
    {"status", /* RFC 6066 8: right behind Certificate, or not at all */
     false,
     FACTS | STATUS_AGREED | STATUS_SENT,
     {.side = CLIENT, .status = true},
     {.side = SERVER, .suites = AES, .status = true}},
    /* no Certificate, and none asked for */
    {"anonymous",
     false,
     EPHEMERAL,
     {.side = CLIENT, .suites = ANON},
     {.side = SERVER, .suites = ANON, .role = ANONYMOUS}},
    /* U1, U2: at most one a side, in its place, and only as agreed */
    {"supplemental data",
     false,
     FACTS | SUPPLEMENTAL | SUPPLEMENTAL_SENT,
     {.side = CLIENT, .supplemental = SENDS_SUPPLEMENTAL},
     {.side = SERVER, .suites = AES, .supplemental = SENDS_SUPPLEMENTAL}},
    {"supplemental data, mutual",
     false,
     FACTS | MUTUAL | SUPPLEMENTAL | SUPPLEMENTAL_SENT,
     {.side = CLIENT, .has_identity = true, .supplemental = SENDS_SUPPLEMENTAL},
     {.side = SERVER,
      .client_auth = HF_CLIENT_AUTH_REQUIRE,
      .suites = CHACHA,
      .supplemental = SENDS_SUPPLEMENTAL}},
    {"supplemental data agreed and left out", /* U3 */
     false,
     FACTS | SUPPLEMENTAL,
     {.side = CLIENT, .supplemental = OMITS_SUPPLEMENTAL},
     {.side = SERVER, .suites = AES, .supplemental = OMITS_SUPPLEMENTAL}},
    {"supplemental data, resumed", /* U7 */
     true,
     RESUMED | SESSION_OFFERED,
     {.side = CLIENT, .supplemental = SENDS_SUPPLEMENTAL},
     {.side = SERVER, .suites = AES, .supplemental = SENDS_SUPPLEMENTAL}},
    /* RFC 5077 3.3: right before ChangeCipherSpec, exactly where it was agreed on */
    {"ticket",
     false,
     FACTS | TICKET_AGREED,
     {.side = CLIENT},
     {.side = SERVER, .suites = AES, .tickets = GIVES_TICKETS}},
    {"ticket, mutual",
     false,
     FACTS | MUTUAL | TICKET_AGREED,
     {.side = CLIENT, .has_identity = true},
     {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE, .suites = CHACHA, .tickets = GIVES_TICKETS}},
    {"resumed by ticket",
     true,
     RESUMED | SESSION_OFFERED,
     {.side = CLIENT},
     {.side = SERVER, .suites = AES, .tickets = GIVES_TICKETS}},
    {"resumed by ticket, renewed",
     true,
     RESUMED | SESSION_OFFERED | TICKET_AGREED,
     {.side = CLIENT},
     {.side = SERVER, .suites = AES, .tickets = RENEWS_TICKETS}},
    {"resumed", true, RESUMED | SESSION_OFFERED, {.side = CLIENT}, {.side = SERVER, .suites = AES}},
    {"resumed, ChaCha20",
     true,
     RESUMED | SESSION_OFFERED,
     {.side = CLIENT},
     {.side = SERVER, .suites = CHACHA}},
    {"full, again", false, FACTS, {.side = CLIENT, AGAIN}, {.side = SERVER, .suites = AES, AGAIN}, true},
    {"mutual, again",
     false,
     FACTS | MUTUAL,
     {.side = CLIENT, .has_identity = true, AGAIN},
     {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE, .suites = CHACHA, AGAIN},
     true},
    {"RSA, again",
     false,
     CERTIFICATE_AUTH,
     {.side = CLIENT, .suites = RSA_CBC, AGAIN},
     {.side = SERVER, .suites = RSA_CBC, .key = TEST_RSA, .role = ENCIPHERS, AGAIN},
     true},
    {"resumed, again",
     true,
     RESUMED | SESSION_OFFERED,
     {.side = CLIENT, AGAIN},
     {.side = SERVER, .suites = AES, AGAIN},
     true},
};
#define CASES (sizeof cases / sizeof *cases)

static const struct act_case *case_named(const char *name)
{
    for (size_t i = 0; i < CASES; i++) {
        if (strcmp(cases[i].name, name) == 0) {
            return &cases[i];
        }
    }
    fail_msg("no case %s", name);
    return NULL;
}

/* The messages a side waits for, before each message of its peer; the last is after the handshake. */
struct places {
    struct {
        uint32_t allowed;
        const char *step; /* the first of them: where the failure says it stood */
    } at[PLACES_MAX];
    size_t count;
    size_t keys_from; /* the first of them where keys are made: a ChangeCipherSpec came before it */
};

static bool row_holds(const struct step *s, enum side by, uint32_t facts)
{
    return s->by == by && s->what < MESSAGE_COUNT && (s->when & facts) == s->when && !(s->unless & facts);
}

static struct places read_places(const struct act_case *a, enum side peer)
{
    const struct step *const flows[] = {flow_hello, a->resumed ? flow_resume12 : flow_full12};
    struct places p = {.count = 0};
    bool begun = false, changed = false;
    for (size_t f = 0; f < 2; f++) {
        for (const struct step *s = flows[f]; s->what != END_OF_FLOW; s++) {
            if (!row_holds(s, peer, a->facts)) {
                changed |= s->what == CHANGE_CIPHER_SPEC;
                continue;
            }
            if (!begun) {
                p.at[p.count].step = step_name(s->what);
                p.keys_from = changed && !p.keys_from ? p.count : p.keys_from;
            }
            changed |= s->what == CHANGE_CIPHER_SPEC;
            begun = true;
            p.at[p.count].allowed |= 1u << s->what;
            if (s->sets &&
                (s->sets & a->facts)) { /* sent, though it need not be: the next one was allowed too */
                const struct step *next = s + 1;
                while (!row_holds(next, peer, a->facts)) {
                    next++;
                }
                p.at[p.count].allowed |= 1u << next->what;
            }
            if (!s->sets || s->sets & a->facts) {
                p.count++;
                begun = false;
            }
        }
    }
    if (a->again && peer == CLIENT) {
        p.at[0].step = ""; /* to a server the second handshake begins with the ClientHello */
    }
    p.at[p.count++].step = "";
    return p;
}

/* ---- messages as they really look ---- */
#define BODY_MAX 8192
static struct {
    uint8_t bytes[BODY_MAX];
    size_t len;
} real[MESSAGE_COUNT];

static void record_message(struct puppet *p, enum message m)
{
    assert_true(p->len <= BODY_MAX);
    memcpy(real[m].bytes, p->bytes, p->len);
    real[m].len = p->len;
}

static void invent(enum message m, const char *body, size_t len)
{
    real[m].len = framed(m, slice_of(body, len), real[m].bytes, BODY_MAX).len;
}

static int learn_messages(void **state)
{
    (void)state;
    struct puppet *c = puppet_new(shared_config(&cases[1].client), NULL);
    struct puppet *s = puppet_new(shared_config(&cases[1].server), NULL);
    c->lie = s->lie = record_message;
    converse(c->conn, s->conn);
    expect_complete(c->conn, s->conn, "two puppets that tell the truth");
    puppet_free(c);
    puppet_free(s);
    invent(HELLO_REQUEST, "", 0);
    invent(NEW_SESSION_TICKET, "\0\0\16\20\0\4tick", 10);
    invent(CERTIFICATE_STATUS, "\1\0\0\3\60\1\0", 7);
    invent(CERTIFICATE_URL, "\0\0\4urls", 7);
    invent(SUPPLEMENTAL_DATA, "\0\0\6\100\2\0\2hi", 9);
    return 0;
}

/* ---- one handshake, stopped at a place ---- */
struct stage {
    hf_conn *subject;
    struct puppet *peer;
    hf_session *session;
};

static struct stage stage_at(const struct act_case *a, enum side subject, size_t place)
{
    const hf_config *client = shared_config(&a->client), *server = shared_config(&a->server);
    bool earn = a->resumed && !a->again;
    struct stage s = {.session = earn ? earn_session(client, server) : NULL};
    s.subject = honest_new(subject == CLIENT ? client : server, subject == CLIENT ? s.session : NULL);
    s.peer = puppet_new(subject == CLIENT ? server : client, subject == CLIENT ? NULL : s.session);
    s.peer->one_record_each = true;
    if (a->again) {
        converse(s.subject, s.peer->conn);
        begin_again(subject == CLIENT ? s.subject : s.peer->conn, a->resumed);
    }
    if (place) { /* at the first, the peer has said nothing yet: what it is to do differently can be set */
        assert_true(converse_until(s.peer->conn, s.subject, place));
    }
    assert_null(hf_failed(s.subject));
    return s;
}

static void stage_clear(struct stage *s)
{
    hf_conn_free(s->subject);
    puppet_free(s->peer);
    hf_session_free(s->session);
}

static void expected_names(uint32_t allowed, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (unsigned m = 0; m < MESSAGE_COUNT; m++) {
        if (allowed & 1u << m) {
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? " or " : "",
                                   message_row((enum message)m)->name);
        }
    }
}

static void expect_named(const struct stage *s, const struct places *p, size_t place, const char *got)
{
    char expected[160];
    const hf_failure *f = hf_failed(s->subject);
    expected_names(p->at[place].allowed, expected, sizeof expected);
    assert_string_equal(f->step, p->at[place].step);
    if (*p->at[place].step) { /* where no handshake runs nothing is expected, and nothing kept of one */
        assert_string_equal(f->got, got);
        assert_string_equal(f->expected, expected);
    }
}

static const char *label(const struct act_case *a, enum side subject, const char *what, size_t place)
{
    static char text[160];
    (void)snprintf(text, sizeof text, "%s, %s: %s at place %zu", a->name,
                   subject == CLIENT ? "client" : "server", what, place);
    return text;
}

/* What the peer goes on to say changes nothing. */
static void expect_deaf(struct stage *s)
{
    hf_err before = hf_failed(s->subject)->err;
    converse(s->peer->conn, s->subject);
    assert_int_equal(hf_failed(s->subject)->err, before);
}

static size_t counted;

static void try_record(const struct act_case *a, enum side subject, size_t place, enum content_type type,
                       struct slice content, hf_err row, const char *got)
{
    struct places p = read_places(a, other_side(subject));
    struct stage s = stage_at(a, subject, place);
    const char *what = label(a, subject, got, place);
    assert_int_equal(inject(s.peer->conn, s.subject, type, content), row);
    expect_refused(s.subject, s.peer->conn, row, what);
    if (row != HF_EARLY_APPLICATION_DATA && row != HF_ANONYMOUS_SERVER_ASKS) {
        expect_named(&s, &p, place, got);
    }
    expect_deaf(&s);
    stage_clear(&s);
    counted++;
}

typedef void at_place(const struct act_case *a, enum side subject, const struct places *p, size_t place);

static void everywhere(at_place *try)
{
    for (size_t i = 0; i < CASES; i++) {
        for (int side = CLIENT; side <= SERVER; side++) {
            struct places p = read_places(&cases[i], other_side((enum side)side));
            for (size_t place = 0; place < p.count; place++) {
                try(&cases[i], (enum side)side, &p, place);
            }
        }
    }
}

/* ---- the tests ---- */
/* The walk of this file and a real handshake agree: it has as many places as the peer sends messages. */
static void places_are_messages(const struct act_case *a, enum side subject, const struct places *p,
                                size_t place)
{
    if (place + 1 != p->count) {
        return;
    }
    struct stage s = stage_at(a, subject, place);
    converse(s.peer->conn, s.subject);
    expect_complete(s.peer->conn, s.subject, label(a, subject, "nothing wrong", place));
    assert_int_equal(hf_negotiated(s.subject)->resumed, a->resumed);
    stage_clear(&s);
    counted++;
}

static void test_the_walk_matches_real_handshakes(void **state)
{
    (void)state;
    everywhere(places_are_messages);
}

/* Answered otherwise than by a failure: tested below. */
static bool has_an_answer(enum side subject, const struct places *p, size_t place, enum message m)
{
    bool complete = place + 1 == p->count;
    return (m == HELLO_REQUEST && subject == CLIENT) || (m == CLIENT_HELLO && subject == SERVER && complete);
}

/* RFC 5246 7.4.4: "It is a fatal handshake_failure alert for an anonymous server to request client
 * authentication." */
static bool is_anonymous_request(const struct act_case *a, enum side subject, const struct places *p,
                                 size_t place, enum message m)
{
    return m == CERTIFICATE_REQUEST && subject == CLIENT && a->facts == EPHEMERAL &&
           p->at[place].allowed & 1u << SERVER_HELLO_DONE;
}

static void wrong_messages(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        enum message m = (enum message)i;
        if (!real[m].len || p->at[place].allowed & 1u << m || has_an_answer(subject, p, place, m)) {
            continue;
        }
        const char *name = message_row(m)->name;
        hf_err row = is_anonymous_request(a, subject, p, place, m) ? HF_ANONYMOUS_SERVER_ASKS
                                                                   : HF_UNEXPECTED_MESSAGE;
        try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(real[m].bytes, real[m].len), row, name);
        /* judged on its header: nobody makes us wait for the body of what will be refused */
        static const uint8_t lengths[][3] = {{0, 0, 0}, {0, 0, 1}, {0xff, 0xff, 0xff}};
        for (size_t l = 0; l < 3; l++) {
            uint8_t header[] = {real[m].bytes[0], lengths[l][0], lengths[l][1], lengths[l][2]};
            try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(header, 4), row, name);
        }
    }
}

/* S1 */
static void test_each_message_where_it_does_not_belong(void **state)
{
    (void)state;
    everywhere(wrong_messages);
}

static void unknown_types(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    static const uint8_t types[] = {3, 5, 8, 24, 25, 67, 254, 255}; /* DTLS's, TLS 1.3's, nobody's */
    (void)p;
    for (size_t i = 0; i < sizeof types; i++) {
        uint8_t message[] = {types[i], 0, 0, 1, 0};
        try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(message, sizeof message),
                   HF_UNEXPECTED_MESSAGE, "a message of an unknown type");
    }
}

static void test_unknown_handshake_types(void **state)
{
    (void)state;
    everywhere(unknown_types);
}

static void early_records(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    static const uint8_t one[] = {1};
    if (!(p->at[place].allowed & 1u << CHANGE_CIPHER_SPEC)) { /* S2, CVE-2014-0224 */
        try_record(a, subject, place, CONTENT_CHANGE_CIPHER_SPEC, slice_of(one, 1),
                   HF_EARLY_CHANGE_CIPHER_SPEC, "[ChangeCipherSpec]");
    }
    bool may_come = a->again && !(p->at[place].allowed & 1u << FINISHED); /* N6 */
    if (place + 1 < p->count && !may_come) { /* S3, also between ChangeCipherSpec and Finished */
        try_record(a, subject, place, CONTENT_APPLICATION_DATA, slice_of("early", 5),
                   HF_EARLY_APPLICATION_DATA, "application data");
    }
}

static void test_change_cipher_spec_and_data_at_each_place(void **state)
{
    (void)state;
    everywhere(early_records);
}

/* S2: a record of ChangeCipherSpec in the middle of each message the peer sends, and behind its first byte.
 */
static void straddle(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        enum message m = (enum message)i;
        if (!(p->at[place].allowed & 1u << m) || m == CHANGE_CIPHER_SPEC) {
            continue;
        }
        for (size_t cut = 1; cut < real[m].len; cut += real[m].len / 3 + 1) {
            struct stage s = stage_at(a, subject, place);
            const char *what = label(a, subject, "a cut message", place);
            assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_HANDSHAKE, slice_of(real[m].bytes, cut)),
                             HF_OK);
            /* not before the second ClientHello's header is whole */
            bool nothing_runs = a->again && subject == SERVER && place == 0 && cut < HANDSHAKE_HEADER;
            inject(s.peer->conn, s.subject, CONTENT_CHANGE_CIPHER_SPEC, slice_of("\1", 1));
            expect_refused(s.subject, s.peer->conn,
                           nothing_runs ? HF_EARLY_CHANGE_CIPHER_SPEC : HF_BYTES_ACROSS_KEY_CHANGE, what);
            stage_clear(&s);
            counted++;
        }
    }
}

static void test_change_cipher_spec_inside_a_message(void **state)
{
    (void)state;
    everywhere(straddle);
}

/* S2: where it is expected, but bytes of the next message came in the record before it. */
static void bytes_before_it(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    static const uint8_t finished[] = {20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    if (!(p->at[place].allowed & 1u << CHANGE_CIPHER_SPEC)) {
        return;
    }
    /* in a second handshake the ChangeCipherSpec is a numbered record: n6_s2_messages_cut_in_the_wrong_place
     * of test_renegotiation.c */
    for (size_t len = 1; len < 4 && !a->again; len++) {
        struct stage s = stage_at(a, subject, place);
        assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_HANDSHAKE, slice_of(finished, len)), HF_OK);
        assert_true(carry_record(s.peer->conn, s.subject) > 0); /* the ChangeCipherSpec itself */
        expect_refused(s.subject, s.peer->conn, HF_BYTES_ACROSS_KEY_CHANGE,
                       label(a, subject, "bytes", place));
        stage_clear(&s);
        counted++;
    }
    /* and the whole message is out of order */
    try_record(a, subject, place, CONTENT_HANDSHAKE, slice_of(finished, sizeof finished),
               HF_UNEXPECTED_MESSAGE, "Finished");
}

static void test_bytes_before_the_change_cipher_spec(void **state)
{
    (void)state;
    everywhere(bytes_before_it);
}

/* What the peer really says, with one of its records lost, or twice. */
static void lost_or_repeated(const struct act_case *a, enum side subject, const struct places *p,
                             size_t place)
{
    if (place + 2 >= p->count || a->again) {
        return; /* the last message lost is only silence; said twice it is one of the wrong messages; and
                   protected records are numbered */
    }
    struct stage s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    hf_bytes b = hf_peek_wire(s.peer->conn);
    assert_true(b.len > RECORD_HEADER);
    if (b.data[0] == CONTENT_CHANGE_CIPHER_SPEC) { /* Finished then looks like anything at all */
        stage_clear(&s);
        return;
    }
    hf_drop_wire(s.peer->conn, RECORD_HEADER + (size_t)(b.data[3] << 8 | b.data[4]));
    b = hf_peek_wire(s.peer->conn);
    if (b.len) { /* more of the flight */
        bool ccs = b.data[0] == CONTENT_CHANGE_CIPHER_SPEC;
        carry_record(s.peer->conn, s.subject);
        if (!(p->at[place].allowed & p->at[place + 1].allowed)) {
            expect_refused(s.subject, s.peer->conn, ccs ? HF_EARLY_CHANGE_CIPHER_SPEC : HF_UNEXPECTED_MESSAGE,
                           label(a, subject, "a lost message", place));
            counted++;
        }
    }
    stage_clear(&s);
    /* twice */
    s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    b = hf_peek_wire(s.peer->conn);
    size_t whole = RECORD_HEADER + (size_t)(b.data[3] << 8 | b.data[4]), used;
    uint8_t *copy = malloc(whole);
    assert_non_null(copy);
    memcpy(copy, b.data, whole);
    carry_record(s.peer->conn, s.subject);
    assert_null(hf_failed(s.subject));
    assert_int_equal(hf_push_wire(s.subject, copy, whole, &used), HF_UNEXPECTED_MESSAGE);
    expect_refused(s.subject, s.peer->conn, HF_UNEXPECTED_MESSAGE, label(a, subject, "said twice", place));
    free(copy);
    stage_clear(&s);
    counted++;
}

static void test_messages_lost_and_said_twice(void **state)
{
    (void)state;
    everywhere(lost_or_repeated);
}

/* S2, S3: a Finished that is right in every byte but comes in the clear, with no ChangeCipherSpec before it.
 */
static void test_finished_without_change_cipher_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        for (int side = CLIENT; side <= SERVER; side++) {
            struct stage s = stage_at(&cases[i], (enum side)side, 0);
            s.peer->no_change_cipher_spec = true;
            converse(s.peer->conn, s.subject);
            expect_refused(s.subject, NULL, HF_UNEXPECTED_MESSAGE,
                           label(&cases[i], (enum side)side, "Finished", 0));
            assert_string_equal(hf_failed(s.subject)->got, "Finished");
            stage_clear(&s);
            counted++;
        }
    }
}

/* ---- alerts, which may come at any place: RFC 5246 7.2 ---- */
static void expect_ended(struct stage *s, hf_err row, uint8_t alert, hf_direction direction, const char *what)
{
    const hf_failure *f = hf_failed(s->subject);
    if (!f || f->err != row || f->alert != alert || f->alert_direction != direction) {
        fail_msg("%s: %s", what, f ? hf_err_name(f->err) : "no failure");
    }
    assert_int_equal(hf_peek_wire(s->subject).len, 0); /* an alert is not answered */
    assert_null(hf_conn_session(s->subject));
    expect_deaf(s);
    counted++;
}

static void alerts(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    bool complete = place + 1 == p->count;
    const char *what = label(a, subject, "an alert", place);
    struct stage s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\2\50", 2)), HF_ALERT_RECEIVED);
    expect_ended(&s, HF_ALERT_RECEIVED, ALERT_handshake_failure, HF_RECEIVED, what);
    stage_clear(&s);
    s = stage_at(a, subject, place); /* one that no RFC names ends it too: its level says so */
    carry(s.subject, s.peer->conn);
    assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\2\377", 2)),
                     HF_ALERT_RECEIVED);
    expect_ended(&s, HF_ALERT_RECEIVED, 255, HF_RECEIVED, what);
    stage_clear(&s);
    s = stage_at(a, subject, place);
    carry(s.subject, s.peer->conn);
    /* a connection that renegotiates can still go back to what it was, as long as no keys are made */
    bool whole = complete || (a->again && place < p->keys_from);
    inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\1\0", 2)); /* close_notify, A3 */
    if (whole) {
        assert_null(hf_failed(s.subject));
        assert_true(hf_wants(s.subject) & HF_CLOSED_IN);
    } else {
        expect_ended(&s, HF_CLOSED_IN_HANDSHAKE, HF_NO_ALERT, HF_NO_DIRECTION, what);
    }
    stage_clear(&s);
    s = stage_at(a, subject, place);
    for (int i = 0; i < 16; i++) { /* S9 */
        assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\1\132", 2)), HF_OK);
    }
    assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_ALERT, slice_of("\1\132", 2)),
                     HF_TOO_MANY_WARNINGS);
    expect_refused(s.subject, s.peer->conn, HF_TOO_MANY_WARNINGS, what);
    stage_clear(&s);
    counted += 2;
}

static void test_alerts_at_each_place(void **state)
{
    (void)state;
    everywhere(alerts);
}

/* ---- HelloRequest and ClientHello where they have an answer: RFC 5246 7.4.1.1 ---- */
static void ask_again(struct puppet *p, enum message m)
{
    if (m == *(const enum message *)p->about) {
        puppet_handshake(p, slice_of(real[HELLO_REQUEST].bytes, real[HELLO_REQUEST].len));
    }
}

static bool in_flight(const struct act_case *a, enum message m)
{
    const struct places p = read_places(a, SERVER);
    uint32_t sent = 0;
    for (size_t i = 0; i < p.count; i++) {
        sent |= p.at[i].allowed;
    }
    return m == CERTIFICATE_REQUEST ? (a->facts & CLIENT_AUTH) != 0 : (sent & 1u << m) != 0;
}

/* N7: ignored while negotiating, not hashed (the Finished match), not answered. */
static void test_hello_request_while_negotiating(void **state)
{
    (void)state;
    static const enum message before[] = {SERVER_HELLO,        CERTIFICATE,       SERVER_KEY_EXCHANGE,
                                          CERTIFICATE_REQUEST, SERVER_HELLO_DONE, FINISHED};
    for (size_t i = 0; i < CASES; i++) {
        for (size_t m = 0; m < sizeof before / sizeof *before; m++) {
            struct stage s = stage_at(&cases[i], CLIENT, 0);
            s.peer->lie = ask_again;
            s.peer->about = &before[m];
            converse(s.peer->conn, s.subject);
            expect_complete(s.peer->conn, s.subject, label(&cases[i], CLIENT, "HelloRequest", m));
            assert_true(s.peer->told == in_flight(&cases[i], before[m]));
            assert_int_equal(hf_conn_stats(s.subject).renegotiations_refused, 0);
            stage_clear(&s);
            counted++;
        }
    }
}

static void many_requests(struct puppet *p, enum message m)
{
    for (size_t i = 0; m == SERVER_HELLO && i < p->number; i++) {
        puppet_handshake(p, slice_of(real[HELLO_REQUEST].bytes, real[HELLO_REQUEST].len));
    }
}

/* S9: but not for ever. */
static void test_hello_requests_without_end(void **state)
{
    (void)state;
    for (size_t n = 8; n <= 9; n++) {
        struct stage s = stage_at(&cases[0], CLIENT, 0);
        s.peer->lie = many_requests;
        s.peer->number = n;
        converse(s.peer->conn, s.subject);
        if (n == 8) {
            expect_complete(s.peer->conn, s.subject, "eight HelloRequests");
        } else {
            expect_refused(s.subject, s.peer->conn, HF_TOO_MANY_HELLO_REQUESTS, "nine HelloRequests");
        }
        stage_clear(&s);
        counted++;
    }
}

static void expect_no_renegotiation(struct stage *s, const char *what)
{
    assert_null(hf_failed(s->subject));
    assert_int_equal(hf_conn_stats(s->subject).renegotiations_refused, 1);
    carry(s->subject, s->peer->conn);
    assert_null(hf_failed(s->peer->conn));
    assert_int_equal(hf_conn_stats(s->peer->conn).warnings_received, 1);
    (void)what;
    counted++;
}

/* N3: once the handshake is complete both are answered by a warning, whole or in pieces, and data goes on. */
static void again_when_complete(const struct act_case *a, enum side subject, const struct places *p,
                                size_t place)
{
    enum message m = subject == CLIENT ? HELLO_REQUEST : CLIENT_HELLO;
    if (place + 1 != p->count || a->again) {
        return;
    }
    for (size_t piece = 1; piece <= real[m].len; piece = piece * 3) {
        struct stage s = stage_at(a, subject, place);
        struct slice message = slice_of(real[m].bytes, real[m].len);
        uint64_t start = s.peer->conn->out.protection.sequence;
        while (message.len) {
            size_t take = piece < message.len ? piece : message.len;
            assert_int_equal(inject(s.peer->conn, s.subject, CONTENT_HANDSHAKE, slice_of(message.data, take)),
                             HF_OK);
            message = slice_after(message, take);
        }
        assert_int_equal(s.peer->conn->out.protection.sequence, start);
        expect_no_renegotiation(&s, a->name);
        stage_clear(&s);
    }
}

static void test_renegotiation_is_refused_with_a_warning(void **state)
{
    (void)state;
    everywhere(again_when_complete);
}

/* ---- in the record of the peer's Finished ---- */
static void behind_finished(struct puppet *p, enum message m)
{
    if (m == FINISHED) {
        const struct slice *more = p->about;
        memcpy(p->bytes + p->len, more->data, more->len);
        p->len += more->len;
        p->told = true;
    }
}

static void test_messages_behind_finished_in_its_record(void **state)
{
    (void)state;
    for (int side = CLIENT; side <= SERVER; side++) {
        for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
            enum message m = (enum message)i;
            struct stage s = stage_at(case_named(side == CLIENT ? "full" : "resumed"), (enum side)side, 0);
            struct slice more = slice_of(real[m].bytes, real[m].len);
            s.peer->lie = behind_finished;
            s.peer->about = &more;
            converse(s.peer->conn, s.subject);
            assert_true(s.peer->told);
            bool fine = !more.len || m == (side == CLIENT ? HELLO_REQUEST : CLIENT_HELLO);
            if (fine) {
                assert_null(hf_failed(s.subject));
                assert_true(hf_negotiated(s.subject)->complete);
            } else {
                expect_refused(s.subject, NULL, HF_UNEXPECTED_MESSAGE, message_row(m)->name);
            }
            stage_clear(&s);
            counted++;
        }
    }
}

static int report(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes with a message out of place\n", counted);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_walk_matches_real_handshakes),
        cmocka_unit_test(test_each_message_where_it_does_not_belong),
        cmocka_unit_test(test_unknown_handshake_types),
        cmocka_unit_test(test_change_cipher_spec_and_data_at_each_place),
        cmocka_unit_test(test_change_cipher_spec_inside_a_message),
        cmocka_unit_test(test_bytes_before_the_change_cipher_spec),
        cmocka_unit_test(test_messages_lost_and_said_twice),
        cmocka_unit_test(test_finished_without_change_cipher_spec),
        cmocka_unit_test(test_alerts_at_each_place),
        cmocka_unit_test(test_hello_request_while_negotiating),
        cmocka_unit_test(test_hello_requests_without_end),
        cmocka_unit_test(test_renegotiation_is_refused_with_a_warning),
        cmocka_unit_test(test_messages_behind_finished_in_its_record),
    };
    return cmocka_run_group_tests(tests, learn_messages, report);
}
