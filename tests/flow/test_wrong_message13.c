/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <string.h>

#include "compress/compress.h"
#include "tls13/tls13.h"

/*
 * Every message of either version at every place of TLS 1.3's handshakes where it does not belong: RFC 8446
 * 4, "a peer which receives a handshake message in an unexpected order MUST abort the handshake with an
 * unexpected_message alert". What an honest peer says is taken from its events and given to the subject one
 * message at a time, each in a record of its own under the keys of the place; so is what does not belong.
 */
#define SERVER13 (TLS13_OFFERED | TLS13 | KEY_SHARE | CERTIFICATE_AUTH)
#define RESUMED13 (TLS13_OFFERED | TLS13 | SESSION_OFFERED | RESUMED | KEY_SHARE)
#define COMPRESSED13 \
    (COMPRESSION_SERVER | COMPRESSION_SERVER_SENT | COMPRESSION_CLIENT | COMPRESSION_CLIENT_SENT)
#define MUTUAL13 (CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS)
static const struct act_case cases13[] = {
    {.name = "full",
     .facts = SERVER13,
     .client = {.side = CLIENT, .tls13 = true},
     .server = {.side = SERVER, .tls13 = true}},
    {.name = "mutual",
     .facts = SERVER13 | MUTUAL13,
     .client = {.side = CLIENT, .tls13 = true, .has_identity = true},
     .server = {.side = SERVER, .tls13 = true, .client_auth = HF_CLIENT_AUTH_REQUIRE}},
    {.name = "mutual, none sent",
     .facts = SERVER13 | CLIENT_AUTH,
     .client = {.side = CLIENT, .tls13 = true},
     .server = {.side = SERVER, .tls13 = true, .client_auth = HF_CLIENT_AUTH_REQUEST}},
    {.name = "retry",
     .facts = SERVER13 | RETRY,
     .client = {.side = CLIENT, .tls13 = true, .groups = "x25519:secp256r1"},
     .server = {.side = SERVER, .tls13 = true, .groups = "secp256r1"}},
    {.name = "resumed",
     .resumed = true,
     .facts = RESUMED13,
     .client = {.side = CLIENT, .tls13 = true},
     .server = {.side = SERVER, .tls13 = true}},
    {.name = "resumed, retry",
     .resumed = true,
     .facts = RESUMED13 | RETRY,
     .client = {.side = CLIENT, .tls13 = true, .groups = "x25519:secp256r1"},
     .server = {.side = SERVER, .tls13 = true, .groups = "secp256r1"}},
    {.name = "early data", /* RFC 8446 4.5: EndOfEarlyData has its place, under keys of its own */
     .resumed = true,
     .facts = RESUMED13 | EARLY_DATA_OFFERED | EARLY_DATA,
     .client = {.side = CLIENT, .tls13 = true, .early = true},
     .server = {.side = SERVER, .tls13 = true, .early = true}},
    {.name = "early data, behind HelloRetryRequest", /* RFC 8446 4.2.10: it is over, and has no end */
     .resumed = true,
     .facts = RESUMED13 | EARLY_DATA_OFFERED | RETRY,
     .client = {.side = CLIENT, .tls13 = true, .early = true, .groups = "x25519:secp256r1"},
     .server = {.side = SERVER, .tls13 = true, .early = true, .groups = "secp256r1"}},
    {.name = "external key",
     .facts = TLS13_OFFERED | TLS13 | SESSION_OFFERED | KEY_SHARE,
     .client = {.side = CLIENT, .tls13 = true, .external = true},
     .server = {.side = SERVER, .tls13 = true, .external = true}},
    {.name = "external key alone", /* psk_ke: no group is common to both */
     .facts = TLS13_OFFERED | TLS13 | SESSION_OFFERED,
     .client = {.side = CLIENT, .tls13 = true, .external = true, .psk_alone = true, .groups = "x25519"},
     .server = {.side = SERVER, .tls13 = true, .external = true, .psk_alone = true, .groups = "secp256r1"}},
    {.name = "compressed", /* RFC 8879 4: either of the two may come, and one alone */
     .facts = SERVER13 | COMPRESSION_SERVER | COMPRESSION_SERVER_SENT,
     .client = {.side = CLIENT, .tls13 = true, .compresses = true},
     .server = {.side = SERVER, .tls13 = true, .compresses = true}},
    {.name = "compressed, mutual",
     .facts = SERVER13 | MUTUAL13 | COMPRESSED13,
     .client = {.side = CLIENT, .tls13 = true, .compresses = true, .has_identity = true},
     .server = {.side = SERVER, .tls13 = true, .compresses = true, .client_auth = HF_CLIENT_AUTH_REQUIRE}},
    {.name = "asked later", /* RFC 8446 4.6.2 */
     .later = true,
     .facts = SERVER13 | MUTUAL13,
     .client = {.side = CLIENT, .tls13 = true, .has_identity = true, .later = true},
     .server = {.side = SERVER, .tls13 = true}},
    {.name = "asked later, none sent",
     .later = true,
     .facts = SERVER13,
     .client = {.side = CLIENT, .tls13 = true, .later = true},
     .server = {.side = SERVER, .tls13 = true}},
};
enum { CASES13 = sizeof cases13 / sizeof *cases13, SAID_MOST = 16, MESSAGE_MOST = 4096 };

/* ---- what the peer says ---- */
struct said {
    size_t count, told;
    size_t tickets; /* behind the handshake, RFC 8446 4.6.1: no place of the walk */
    size_t len[SAID_MOST];
    uint8_t bytes[SAID_MOST][MESSAGE_MOST];
};

static void hear(void *arg, const hf_event *e)
{
    struct said *s = arg;
    bool ours = e->kind == HF_EVENT_STEP && !e->local && e->by == e->seen_by;
    if (ours && strcmp(e->name, "NewSessionTicket") == 0) {
        s->tickets++;
    } else if (ours && strcmp(e->name, "[ChangeCipherSpec]") != 0) {
        assert_true(s->count < SAID_MOST && e->message.len <= MESSAGE_MOST);
        memcpy(s->bytes[s->count], e->message.data, e->message.len);
        s->len[s->count++] = e->message.len;
    }
}

struct stage13 {
    hf_conn *subject, *peer;
    hf_session *session; /* good for one connection */
    struct said said;
};

/* The secret that the subject reads with now. */
static struct slice secret_of(const hf_conn *subject, enum side writer)
{
    const uint32_t end_of_early_data = UINT32_C(1) << END_OF_EARLY_DATA;
    if (!subject->after13 && cursor_expected(&subject->hs->cursor) & end_of_early_data) {
        return secret_slice(&subject->hs->schedule.early);
    }
    return secret_slice(subject->after13 ? &subject->after13->traffic[writer]
                                         : &subject->hs->schedule.handshake[writer]);
}

/* RFC 8446 5.1, 5.2: a record as the peer of the subject would have made it at this place. */
static hf_err give_record(hf_conn *subject, enum content_type type, struct slice content)
{
    uint8_t record[RECORD_HEADER + MESSAGE_MOST + RECORD_EXPANSION_MAX];
    size_t length = content.len, used;
    const struct suite *suite = subject->after13 ? subject->negotiated.suite : subject->hs->negotiated->suite;
    assert_true(content.len <= MESSAGE_MOST);
    record[0] = (uint8_t)type;
    if (subject->in.protection.kind == PROTECT_NONE) {
        memcpy(record + RECORD_HEADER, content.data, content.len);
    } else {
        struct protection p = {0};
        enum side writer = other_side(subject->config->settings.side);
        assert_int_equal(tls13_protect(&p, suite, AEAD_SEAL, secret_of(subject, writer)), OK);
        p.sequence = subject->in.protection.sequence;
        assert_int_equal(protection_seal(&p, (uint8_t)type, content, record + RECORD_HEADER, 0), OK);
        length += protection_head(&p) + protection_tail(&p, content.len);
        record[0] = CONTENT_APPLICATION_DATA;
        protection_wipe(&p);
    }
    record[1] = record[2] = 3;
    record[3] = (uint8_t)(length >> 8);
    record[4] = (uint8_t)length;
    return hf_push_wire(subject, record, RECORD_HEADER + length, &used);
}

/* The peer hears all that the subject says; what it answers is in its events. */
static void let_peer_answer(struct stage13 *s)
{
    carry(s->subject, s->peer);
    hf_drop_wire(s->peer, hf_peek_wire(s->peer).len);
}

static void tell_next(struct stage13 *s)
{
    size_t i = s->said.told++;
    assert_true(i < s->said.count);
    assert_int_equal(give_record(s->subject, CONTENT_HANDSHAKE, slice_of(s->said.bytes[i], s->said.len[i])),
                     HF_OK);
    let_peer_answer(s);
}

/* Who is what; a client with early data has said some of it. */
static void make_sides(struct stage13 *s, const struct act_case *a, enum side subject)
{
    const hf_config *client = shared_config(&a->client), *server = shared_config(&a->server);
    size_t used;
    s->session = a->resumed ? earn_session(client, server) : NULL;
    hf_conn *c = honest_new(client, s->session), *o = honest_new(server, NULL);
    s->subject = subject == CLIENT ? c : o;
    s->peer = subject == CLIENT ? o : c;
    if (!a->later) {
        hf_conn_observe(s->peer, hear, &s->said);
    }
    if (a->client.early) {
        assert_int_equal(hf_push_early(c, (hf_bytes){(const uint8_t *)"early", 5}, &used), HF_OK);
    }
}

/* RFC 8446 4.6.2: the handshake is over, and the subject asks. */
static void ask_later(struct stage13 *s)
{
    converse(s->subject, s->peer);
    assert_true(hf_negotiated(s->subject)->complete && hf_negotiated(s->peer)->complete);
    hf_conn_observe(s->peer, hear, &s->said);
    assert_int_equal(hf_request_client_certificate(s->subject), HF_OK);
}

static struct stage13 *stage13_at(const struct act_case *a, enum side subject, size_t place)
{
    static struct stage13 s;
    memset(&s, 0, sizeof s);
    make_sides(&s, a, subject);
    (void)hf_peek_wire(s.peer); /* a client begins */
    if (a->later) {
        ask_later(&s);
    }
    let_peer_answer(&s);
    for (size_t i = 0; i < place; i++) {
        tell_next(&s);
    }
    assert_null(hf_failed(s.subject));
    return &s;
}

static void stage13_clear(struct stage13 *s)
{
    hf_conn_free(s->subject);
    hf_conn_free(s->peer);
    hf_session_free(s->session);
}

/* A client that is asked later waits for nobody: it answers at once. A library may be built without any
 * compression. */
static bool has_places(const struct act_case *a, int side)
{
    bool can = !(a->facts & COMPRESSION_SERVER) || compression_at(0);
    return can && (!a->later || side == SERVER);
}

/* ---- the tests ---- */
/* RFC 8446 4.6: what may come once the handshake is complete. */
static uint32_t allowed_at(const struct places *p, size_t place, enum side peer, bool later)
{
    uint32_t allowed = p->at[place].allowed;
    /* 4.6.2: while who was asked later has not begun to answer, too */
    bool between = place + 1 == p->count || (later && !place);
    for (unsigned m = 0; between && m < MESSAGE_COUNT; m++) {
        bool may = flow_anytime_accepts(flow_anytime13, peer, (enum message)m) != NULL;
        allowed |= may && m != CERTIFICATE_REQUEST ? 1u << m : 0; /* 4.6.2: only of who offered it */
    }
    return allowed;
}

static void refuse13(const struct act_case *a, enum side subject, size_t place, struct slice bytes,
                     const char *name)
{
    struct stage13 *s = stage13_at(a, subject, place);
    const char *what = place_label(a, subject, name, place);
    bool shaking = s->subject->hs != NULL;
    hf_err e = give_record(s->subject, CONTENT_HANDSHAKE, bytes);
    if (e != HF_UNEXPECTED_MESSAGE) {
        fail_msg("%s: %s", what, hf_err_name(e));
    }
    expect_refused(s->subject, NULL, HF_UNEXPECTED_MESSAGE, what);
    assert_int_equal(hf_failed(s->subject)->alert, ALERT_unexpected_message);
    if (shaking) {
        assert_string_equal(hf_failed(s->subject)->got, name);
    }
    stage13_clear(s);
    handshakes_tried++;
}

static void wrong_at13(const struct act_case *a, enum side subject, const struct places *p, size_t place)
{
    uint32_t allowed = allowed_at(p, place, other_side(subject), a->later);
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        enum message m = (enum message)i;
        uint8_t type = (uint8_t)message_row(m)->type;
        if (message_row(m)->type > 255 || allowed & 1u << m ||
            (m == SERVER_HELLO && allowed & 1u << HELLO_RETRY_REQUEST)) {
            continue;
        }
        /* judged on its header: nobody makes us wait for the body of what will be refused */
        static const uint8_t lengths[][3] = {{0, 0, 0}, {0, 0, 1}, {0xff, 0xff, 0xff}};
        for (size_t l = 0; l < 3; l++) {
            const uint8_t header[] = {type, lengths[l][0], lengths[l][1], lengths[l][2]};
            refuse13(a, subject, place, slice_of(header, 4), message_row(m)->name);
        }
        refuse13(a, subject, place, real_message(m), message_row(m)->name);
    }
    static const uint8_t types[] = {3, 6, 26, 67, 254, 255}; /* 254: message_hash is nobody's to send */
    for (size_t i = 0; i < sizeof types; i++) {
        const uint8_t message[] = {types[i], 0, 0, 1, 0};
        refuse13(a, subject, place, slice_of(message, sizeof message), "a message of an unknown type");
    }
}

static void test_each_message_where_it_does_not_belong_in_tls13(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES13; i++) {
        for (int side = CLIENT; side <= SERVER; side++) {
            if (!has_places(&cases13[i], side)) {
                continue;
            }
            struct places p = read_places(&cases13[i], other_side((enum side)side));
            for (size_t place = 0; place < p.count; place++) {
                wrong_at13(&cases13[i], (enum side)side, &p, place);
            }
        }
    }
}

/* The walk of the tables and a real handshake agree: it has as many places as the peer says messages. */
static void test_the_walk_matches_real_handshakes_of_tls13(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES13; i++) {
        for (int side = CLIENT; side <= SERVER; side++) {
            if (!has_places(&cases13[i], side)) {
                continue;
            }
            struct places p = read_places(&cases13[i], other_side((enum side)side));
            struct stage13 *s = stage13_at(&cases13[i], (enum side)side, p.count - 1);
            assert_int_equal(s->said.count, s->said.told);
            size_t tickets = cases13[i].client.external ? 0 : cases13[i].resumed ? 1 : 2;
            assert_int_equal(s->said.tickets, side == CLIENT ? tickets : 0); /* hf_config_ticket_count */
            assert_true(hf_negotiated(s->subject)->complete && hf_negotiated(s->peer)->complete);
            assert_int_equal(hf_negotiated(s->subject)->version, TLS_1_3);
            assert_true(p.count >= 3);
            stage13_clear(s);
        }
    }
}

static int report(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes of TLS 1.3 with a message out of place\n", handshakes_tried);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_walk_matches_real_handshakes_of_tls13),
        cmocka_unit_test(test_each_message_where_it_does_not_belong_in_tls13),
    };
    return cmocka_run_group_tests(tests, learn_messages, report);
}
