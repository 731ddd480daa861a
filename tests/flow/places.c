/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <stdio.h>
#include <string.h>

/* ---- what the tables say ---- */
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
const struct act_case act_cases[] = {
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
const size_t act_case_count = sizeof act_cases / sizeof *act_cases;

const struct act_case *case_named(const char *name)
{
    for (size_t i = 0; i < act_case_count; i++) {
        if (strcmp(act_cases[i].name, name) == 0) {
            return &act_cases[i];
        }
    }
    fail_msg("no case %s", name);
    return NULL;
}

static bool row_holds(const struct step *s, enum side by, uint32_t facts)
{
    return s->by == by && s->what < MESSAGE_COUNT && (s->when & facts) == s->when && !(s->unless & facts);
}

/* What may come where this message is left out: the next, and behind each that may be left out too, another.
 */
static uint32_t allowed_instead(const struct step *s, enum side peer, uint32_t facts)
{
    uint32_t allowed = 0;
    do {
        facts &= ~s->sets;
        s++;
        while (!row_holds(s, peer, facts)) {
            s++;
        }
        allowed |= UINT32_C(1) << s->what;
    } while (s->sets);
    return allowed;
}

struct places read_places(const struct act_case *a, enum side peer)
{
    const struct step *const after = a->facts & TLS13 ? flow_tls13 : a->resumed ? flow_resume12 : flow_full12;
    const struct step *const flows[] = {a->later ? flow_authenticate13 : flow_hello, after};
    struct places p = {.count = 0};
    bool begun = false, changed = false;
    for (size_t f = 0; f < (a->later ? 1 : 2); f++) {
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
            if (s->sets & a->facts) { /* sent, though it need not be: the next one was allowed too */
                p.at[p.count].allowed |= allowed_instead(s, peer, a->facts);
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

int learn_messages(void **state)
{
    (void)state;
    struct puppet *c = puppet_new(shared_config(&act_cases[1].client), NULL);
    struct puppet *s = puppet_new(shared_config(&act_cases[1].server), NULL);
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
    invent(END_OF_EARLY_DATA, "", 0);
    invent(ENCRYPTED_EXTENSIONS, "\0\0", 2);
    invent(KEY_UPDATE, "\0", 1);
    invent(COMPRESSED_CERTIFICATE, "\0\1\0\0\1\0\0\1x", 9);
    return 0;
}

struct slice real_message(enum message m)
{
    return slice_of(real[m].bytes, real[m].len);
}

/* ---- one handshake, stopped at a place ---- */
struct stage stage_at(const struct act_case *a, enum side subject, size_t place)
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

void stage_clear(struct stage *s)
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

const char *place_label(const struct act_case *a, enum side subject, const char *what, size_t place)
{
    static char text[160];
    (void)snprintf(text, sizeof text, "%s, %s: %s at place %zu", a->name,
                   subject == CLIENT ? "client" : "server", what, place);
    return text;
}

void expect_deaf(struct stage *s)
{
    hf_err before = hf_failed(s->subject)->err;
    converse(s->peer->conn, s->subject);
    assert_int_equal(hf_failed(s->subject)->err, before);
}

size_t handshakes_tried;

void try_record(const struct act_case *a, enum side subject, size_t place, enum content_type type,
                struct slice content, hf_err row, const char *got)
{
    struct places p = read_places(a, other_side(subject));
    struct stage s = stage_at(a, subject, place);
    const char *what = place_label(a, subject, got, place);
    assert_int_equal(inject(s.peer->conn, s.subject, type, content), row);
    expect_refused(s.subject, s.peer->conn, row, what);
    if (row != HF_EARLY_APPLICATION_DATA && row != HF_ANONYMOUS_SERVER_ASKS) {
        expect_named(&s, &p, place, got);
    }
    expect_deaf(&s);
    stage_clear(&s);
    handshakes_tried++;
}

void everywhere(at_place *try)
{
    for (size_t i = 0; i < act_case_count; i++) {
        for (int side = CLIENT; side <= SERVER; side++) {
            struct places p = read_places(&act_cases[i], other_side((enum side)side));
            for (size_t place = 0; place < p.count; place++) {
                try(&act_cases[i], (enum side)side, &p, place);
            }
        }
    }
}

int report_places(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes with a message out of place\n", handshakes_tried);
    return 0;
}
