/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

/*
 * Hellos with other extensions, suites, compression methods and session IDs than an honest peer would send,
 * in both directions. What must be ignored is: the handshake then ends with both Finished right, over the
 * bytes as they were. Checklist S5, S6, S8, S10, N1, N2, K4, E1.
 */
static const struct trait client_trait = {.side = CLIENT, .alpn = "h2,http/1.1"},
                          plain_client = {.side = CLIENT},
                          server_trait = {.side = SERVER, .alpn = "http/1.1"};

/* ---- editing a hello ---- */
enum edit_kind { ADD, ADD_FIRST, REPLACE, REMOVE, TWICE, NO_BLOCK, EMPTY_BLOCK, KEEP_ONLY, FIELD };
struct edit {
    enum edit_kind kind;
    uint16_t code; /* of the extension */
    struct slice bytes;
    /* FIELD: what of the hello itself is replaced */
    const struct slice *session_id, *suites, *compression;
    const uint16_t *version, *suite;
    size_t count; /* ADD: so many, with codes from `code` on */
};

static void write_extension(struct writer *w, uint16_t code, struct slice body)
{
    write_number(w, code, 2);
    write_vector(w, 2, body);
}

static void edit_extensions(const struct edit *e, struct slice old, struct writer *w)
{
    struct list l = list_of(old);
    struct extension_entry x;
    for (size_t i = 0; e->kind == ADD_FIRST && i <= e->count; i++) {
        write_extension(w, (uint16_t)(e->code + i), e->bytes);
    }
    while (list_next_extension(&l, &x)) {
        bool this = x.type == e->code;
        if (this ? e->kind == REMOVE : e->kind == KEEP_ONLY) {
            continue;
        }
        write_extension(w, x.type, this && e->kind == REPLACE ? e->bytes : x.body);
        if (this && e->kind == TWICE) {
            write_extension(w, x.type, x.body);
        }
    }
    for (size_t i = 0; e->kind == ADD && i <= e->count; i++) {
        write_extension(w, (uint16_t)(e->code + i), e->bytes);
    }
}

static void edit_hello(struct puppet *p, enum message m)
{
    static uint8_t block[70000], body[80000];
    const struct edit *e = p->about;
    bool client = p->conn->config->settings.side == CLIENT;
    if (m != (client ? CLIENT_HELLO : SERVER_HELLO)) {
        return;
    }
    union any_message hello;
    const struct layout *l = client ? &layout_client_hello : &layout_server_hello;
    assert_int_equal(layout_decode(l, puppet_body(p), &hello), OK);
    struct slice *extensions = client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    edit_extensions(e, *extensions, &w);
    *extensions = e->kind == NO_BLOCK      ? slice_of(NULL, 0)
                  : e->kind == EMPTY_BLOCK ? slice_of(block, 0)
                                           : written(&w);
    if (e->session_id) {
        *(client ? &hello.client_hello.session_id : &hello.server_hello.session_id) = *e->session_id;
    }
    if (e->version) {
        *(client ? &hello.client_hello.version : &hello.server_hello.version) = *e->version;
    }
    if (e->suites) {
        hello.client_hello.cipher_suites = *e->suites;
    }
    if (e->compression) {
        hello.client_hello.compression_methods = *e->compression;
    }
    if (e->suite) {
        hello.server_hello.cipher_suite = *e->suite;
    }
    assert_int_equal(layout_encode(l, &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

static struct meeting tell(enum side liar, const struct trait *client, const struct edit *e)
{
    struct meeting m = meet(liar, client, &server_trait, false);
    m.liar->lie = edit_hello;
    m.liar->about = e;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    return m;
}

static const char *label(enum side liar, const struct edit *e)
{
    static char text[160];
    const char *name = name_of(&extension_names, e->code);
    size_t at = (size_t)snprintf(text, sizeof text,
                                 "%s, edit %d of %s (%u):", liar == CLIENT ? "ClientHello" : "ServerHello",
                                 e->kind, name ? name : "?", e->code);
    for (size_t i = 0; i < e->bytes.len && i < 16; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, " %02x", e->bytes.data[i]);
    }
    return text;
}

static void refused(enum side liar, const struct edit *e, hf_err row)
{
    struct meeting m = tell(liar, &client_trait, e);
    expect_refused(m.subject, m.liar->conn, row, label(liar, e));
    part(&m);
}

static void accepted(enum side liar, const struct edit *e)
{
    struct meeting m = tell(liar, &client_trait, e);
    expect_complete(m.liar->conn, m.subject, label(liar, e));
    part(&m);
}

/* ---- bodies ---- */
struct body {
    uint16_t code;
    const char *bytes;
    size_t len;
    hf_err row; /* HF_OK: accepted */
};
#define BODY(code, text, row)             \
    {                                     \
        code, text, sizeof(text) - 1, row \
    }
#define SNI EXTENSION_SERVER_NAME
#define GROUPS EXTENSION_SUPPORTED_GROUPS
#define POINTS EXTENSION_EC_POINT_FORMATS
#define SCHEMES EXTENSION_SIGNATURE_ALGORITHMS
#define ALPN EXTENSION_ALPN
#define EMS EXTENSION_EXTENDED_MASTER_SECRET
#define RI EXTENSION_RENEGOTIATION_INFO
#define RSL EXTENSION_RECORD_SIZE_LIMIT
#define BAD HF_MALFORMED_EXTENSION

#define LABEL63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"

static void try_bodies(enum side liar, const struct body *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct edit e = {.kind = REPLACE, .code = b[i].code, .bytes = slice_of(b[i].bytes, b[i].len)};
        if (b[i].row == HF_OK) {
            accepted(liar, &e);
        } else {
            refused(liar, &e, b[i].row);
        }
    }
}

/* S6; RFC 6066 3, RFC 8422 5.1, RFC 7301 3.1, RFC 5246 7.4.1.4.1, RFC 7627 5.1, RFC 5746 3.2 */
static void test_bodies_in_client_hello(void **state)
{
    (void)state;
    static const struct body bodies[] = {
        BODY(SNI, "", BAD),
        BODY(SNI, "\0", BAD),
        BODY(SNI, "\0\0", BAD),
        BODY(SNI, "\0\1\0", BAD),
        BODY(SNI, "\0\3\0\0\0", BAD),
        BODY(SNI, "\0\4\0\0\2a", BAD),
        BODY(SNI, "\0\5\0\0\1ab", BAD),
        BODY(SNI, "\0\16\0\0\13server.test\0", BAD),
        BODY(SNI, "\0\15\0\0\13server.test", BAD),
        BODY(SNI, "\0\17\0\0\14server.test.", BAD),
        BODY(SNI, "\0\17\0\0\14.server.test", BAD),
        BODY(SNI, "\0\17\0\0\14server..test", BAD),
        BODY(SNI, "\0\16\0\0\13server\0test", BAD),
        BODY(SNI, "\0\16\0\0\13server\377test", BAD),
        BODY(SNI, "\0\16\0\0\13server test", BAD),
        BODY(SNI, "\0\34\0\0\13server.test\0\0\13server.test", BAD), /* at most one of a type */
        BODY(SNI, "\0\16\0\0\13SERVER.test", HF_OK),
        BODY(SNI, "\0\10\7\0\1a\7\0\1b", BAD), /* nor of one that nobody knows */
        BODY(SNI,
             "\0\14\0\0\11"
             "127.0.0.1",
             HF_OK), /* no name, and no harm: passed over */
        BODY(SNI, "\0\6\0\0\3::1", HF_OK),
        BODY(SNI, "\0\10\0\0\5[::1]", BAD),
        BODY(SNI,
             "\0\13\0\0\10"
             "fe80::%1",
             BAD),
        BODY(SNI, "\0\11\0\0\6xn--kv", BAD), /* ends within a number: RFC 3492 6.2 */
        BODY(SNI, "\0\7\0\0\4xn--", BAD),
        BODY(SNI,
             "\0\21\0\0\16"
             "xn--bcher-kva8",
             BAD),
        BODY(SNI, "\0\20\0\0\15xn--bcher-kva", HF_UNRECOGNIZED_NAME), /* well-formed: an A-label */
        BODY(SNI, "\0\103\0\0\100" LABEL63 "a", BAD),
        BODY(SNI, "\0\102\0\0\77" LABEL63, HF_UNRECOGNIZED_NAME),
        BODY(SNI, "\0\4\1\0\1a", HF_OK), /* a type nobody knows */
        BODY(SNI, "\0\22\7\0\1a\0\0\13server.test", HF_OK),
        BODY(SNI, "\0\15\0\0\12other.test", HF_UNRECOGNIZED_NAME), /* A2 */
        BODY(GROUPS, "", BAD),
        BODY(GROUPS, "\0", BAD),
        BODY(GROUPS, "\0\0", BAD),
        BODY(GROUPS, "\0\1\0", BAD),
        BODY(GROUPS, "\0\3\0\27\0", BAD),
        BODY(GROUPS, "\0\4\0\27", BAD),
        BODY(GROUPS, "\0\2\0\27\0", BAD),
        BODY(GROUPS, "\0\2\x7a\x7a", HF_NO_COMMON_GROUP),
        BODY(GROUPS, "\0\4\1\0\1\1", HF_NO_COMMON_GROUP), /* RFC 7919's alone: no ECDHE with them */
        BODY(GROUPS, "\0\6\x7a\x7a\0\27\377\377", HF_OK),
        BODY(GROUPS, "\0\10\0\27\0\27\0\27\0\27", HF_OK),
        BODY(POINTS, "", BAD),
        BODY(POINTS, "\0", BAD),
        BODY(POINTS, "\2\0", BAD),
        BODY(POINTS, "\1\0\0", BAD),
        BODY(POINTS, "\1\1", HF_NO_UNCOMPRESSED_POINTS), /* K4 */
        BODY(POINTS, "\2\1\2", HF_NO_UNCOMPRESSED_POINTS),
        BODY(POINTS, "\4\2\1\0\x7a", HF_OK),
        BODY(SCHEMES, "", BAD),
        BODY(SCHEMES, "\0", BAD),
        BODY(SCHEMES, "\0\0", BAD),
        BODY(SCHEMES, "\0\1\4", BAD),
        BODY(SCHEMES, "\0\3\4\3\4", BAD),
        BODY(SCHEMES, "\0\4\4\3", BAD),
        BODY(SCHEMES, "\0\2\4\3\0", BAD),
        BODY(SCHEMES, "\0\2\x7a\x7a", HF_NO_COMMON_SCHEME),
        BODY(SCHEMES, "\0\2\2\3", HF_NO_COMMON_SCHEME), /* S8: SHA-1 is not served, offered or assumed */
        BODY(SCHEMES, "\0\6\x7a\x7a\4\3\377\377", HF_OK),
        BODY(ALPN, "", BAD),
        BODY(ALPN, "\0", BAD),
        BODY(ALPN, "\0\0", BAD),
        BODY(ALPN, "\0\1\0", BAD),
        BODY(ALPN, "\0\3\2h2\0", BAD),
        BODY(ALPN, "\0\4\2h2", BAD),
        BODY(ALPN, "\0\3\4h2", BAD),
        BODY(ALPN, "\0\12\10http/1.1\0", BAD),
        BODY(ALPN, "\0\13\1\0\10http/1.1", HF_OK), /* any byte may stand in a name */
        BODY(ALPN, "\0\3\2h2", HF_NO_APPLICATION_PROTOCOL),
        BODY(ALPN, "\0\12\11http/1.10", HF_NO_APPLICATION_PROTOCOL),
        BODY(EMS, "\0", BAD),
        BODY(EMS, "\0\0", BAD),
        BODY(RI, "", BAD),
        BODY(RI, "\1", BAD),
        BODY(RI, "\0\0", BAD),
        BODY(RI, "\1x", HF_RENEGOTIATION_INFO_MISMATCH), /* N2 */
        BODY(RI, "\14abcdefghijkl", HF_RENEGOTIATION_INFO_MISMATCH),
        BODY(RI, "\14abcdefghijk", BAD),
        BODY(RSL, "", BAD), /* RFC 8449 4 */
        BODY(RSL, "\100", BAD),
        BODY(RSL, "\0\100\0", BAD),
        BODY(RSL, "\0\0", HF_RECORD_SIZE_LIMIT_TOO_SMALL),
        BODY(RSL, "\0\77", HF_RECORD_SIZE_LIMIT_TOO_SMALL),
        BODY(RSL, "\0\100", HF_OK),
        BODY(RSL, "\100\0", HF_OK),
        BODY(RSL, "\100\1", HF_OK), /* TLS 1.3's: a server must not mind */
        BODY(RSL, "\377\377", HF_OK),
    };
    try_bodies(CLIENT, bodies, sizeof bodies / sizeof *bodies);
}

static void test_bodies_in_server_hello(void **state)
{
    (void)state;
    static const struct body bodies[] = {
        BODY(SNI, "\0", BAD),
        BODY(SNI, "\0\16\0\0\13server.test", BAD),
        BODY(POINTS, "", BAD),
        BODY(POINTS, "\0", BAD),
        BODY(POINTS, "\2\0", BAD),
        BODY(POINTS, "\1\0\0", BAD),
        BODY(POINTS, "\1\1", HF_NO_UNCOMPRESSED_POINTS), /* RFC 8422 5.2 */
        BODY(POINTS, "\3\0\1\2", HF_OK),
        BODY(ALPN, "", BAD),
        BODY(ALPN, "\0\0", BAD),
        BODY(ALPN, "\0\1\0", BAD),
        BODY(ALPN, "\0\3\4h2", BAD),
        BODY(ALPN, "\0\3\2h2\0", BAD),
        BODY(ALPN, "\0\14\2h2\10http/1.1", BAD), /* exactly one, RFC 7301 3.1 */
        BODY(ALPN, "\0\5\4spdy", HF_ALPN_NOT_OFFERED),
        BODY(ALPN, "\0\3\2H2", HF_ALPN_NOT_OFFERED),
        BODY(ALPN, "\0\3\2h2", HF_OK),
        BODY(EMS, "\0", BAD),
        BODY(RI, "", BAD),
        BODY(RI, "\1", BAD),
        BODY(RI, "\0\0", BAD),
        BODY(RI, "\1x", HF_RENEGOTIATION_INFO_MISMATCH), /* N2 */
        BODY(RI, "\30abcdefghijklmnopqrstuvwx", HF_RENEGOTIATION_INFO_MISMATCH),
        BODY(RSL, "", BAD),
        BODY(RSL, "\100", BAD),
        BODY(RSL, "\0\100\0", BAD),
        BODY(RSL, "\0\77", HF_RECORD_SIZE_LIMIT_TOO_SMALL), /* RFC 8449 4 */
        BODY(RSL, "\0\100", HF_OK),
        BODY(RSL, "\100\1", HF_OK), /* a client MAY mind, and does not */
    };
    try_bodies(SERVER, bodies, sizeof bodies / sizeof *bodies);
}

/* ---- which, and how often ---- */
static const uint16_t in_client_hello[] = {SNI,     GROUPS, POINTS,
                                           SCHEMES, ALPN,   EMS,
                                           RI,      RSL,    EXTENSION_SESSION_TICKET},
                      in_server_hello[] = {SNI, POINTS, ALPN, EMS, RI, RSL};
/* Known, and offered only where a config says so: what a server makes of their bodies is tested beside their
 * limits. */
static const uint16_t on_demand[] = {EXTENSION_TRUNCATED_HMAC,      EXTENSION_ENCRYPT_THEN_MAC,
                                     EXTENSION_MAX_FRAGMENT_LENGTH, EXTENSION_PADDING,
                                     EXTENSION_TRUSTED_CA_KEYS,     EXTENSION_CLIENT_CERTIFICATE_URL};
static const uint16_t unknown[] = {0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a, 0x8a8a,
                                   0x9a9a, 0xaaaa, 0xbaba, 0xcaca, 0xdada, 0xeaea, 0xfafa, 0x1234, 0xffff};

static bool has(const uint16_t *codes, size_t count, uint16_t code)
{
    while (count && codes[count - 1] != code) {
        count--;
    }
    return count > 0;
}

static void test_duplicates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(in_client_hello); i++) {
        refused(CLIENT, &(struct edit){.kind = TWICE, .code = in_client_hello[i]}, HF_DUPLICATE_EXTENSION);
    }
    for (size_t i = 0; i < COUNT(in_server_hello); i++) {
        refused(SERVER, &(struct edit){.kind = TWICE, .code = in_server_hello[i]}, HF_DUPLICATE_EXTENSION);
    }
    /* apart from each other, with another body */
    for (size_t i = 0; i < COUNT(in_client_hello); i++) {
        refused(CLIENT, &(struct edit){.kind = ADD, .code = in_client_hello[i]}, HF_DUPLICATE_EXTENSION);
        refused(CLIENT, &(struct edit){.kind = ADD_FIRST, .code = in_client_hello[i]},
                HF_DUPLICATE_EXTENSION);
    }
}

/* ADD of a code that an earlier ADD put there: two unknown ones are no better than two known ones. */
static void add_twice(struct puppet *p, enum message m)
{
    edit_hello(p, m);
    if (m == CLIENT_HELLO) {
        edit_hello(p, m);
    }
}

static void test_duplicates_of_unknown_extensions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct edit e = {.kind = ADD, .code = unknown[i]};
        struct meeting m = meet(CLIENT, &client_trait, &server_trait, false);
        m.liar->lie = add_twice;
        m.liar->about = &e;
        expect_refusal(&m, HF_DUPLICATE_EXTENSION, label(CLIENT, &e));
    }
}

/* RFC 5246 7.4.1.4, RFC 8701: ignored from clients, whatever is in it; S5: refused from servers. */
static void test_extensions_nobody_asked_for(void **state)
{
    (void)state;
    static const uint8_t body[] = {0, 1, 2, 3};
    /* known to servers, so that their bodies must be sound: test_status.c, test_raw_keys.c; or that they
     * refuse where there is no QUIC (RFC 9001 8.2): test_quic_refusals.c; or in a hello (RFC 8446 4.2) */
    static const uint16_t known[] = {EXTENSION_STATUS_REQUEST,
                                     EXTENSION_STATUS_REQUEST_V2,
                                     EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP,
                                     EXTENSION_QUIC_TRANSPORT_PARAMETERS,
                                     EXTENSION_CLIENT_CERTIFICATE_TYPE,
                                     EXTENSION_SERVER_CERTIFICATE_TYPE,
                                     EXTENSION_OID_FILTERS};
    for (uint32_t code = 0; code < 0x10000; code += code < 80 ? 1 : 0x10a1) {
        for (size_t len = 0; len <= sizeof body; len += sizeof body) {
            struct edit e = {.kind = ADD, .code = (uint16_t)code, .bytes = slice_of(body, len)};
            if (has(in_client_hello, COUNT(in_client_hello), e.code)) {
                continue;
            }
            if (has(on_demand, COUNT(on_demand), e.code)) {
                refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
                continue;
            }
            bool ignored = !has(known, COUNT(known), e.code);
            if (ignored) {
                accepted(CLIENT, &e);
            }
            refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
            e.kind = ADD_FIRST;
            if (ignored) {
                accepted(CLIENT, &e);
            }
            refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
        }
    }
    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct edit e = {.kind = ADD, .code = unknown[i], .bytes = slice_of(body, 1)};
        accepted(CLIENT, &e);
        refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
    }
}

/* C2: known to us, but offered only by a client with CBC suites; a server with none has nothing to answer. */
static void test_encrypt_then_mac_where_no_suite_is_cbc(void **state)
{
    (void)state;
    static const uint8_t body[] = {0};
    struct edit e = {.kind = ADD, .code = EXTENSION_ENCRYPT_THEN_MAC};
    accepted(CLIENT, &e);
    refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
    e.bytes = slice_of(body, 1);
    refused(CLIENT, &e, HF_MALFORMED_EXTENSION);
    refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
}

/* S5: known to us, but this client did not offer it. */
static void test_an_answer_to_what_this_client_did_not_offer(void **state)
{
    (void)state;
    struct edit e = {.kind = ADD, .code = ALPN, .bytes = slice_of("\0\3\2h2", 5)};
    struct meeting m = tell(SERVER, &plain_client, &e);
    expect_refused(m.subject, m.liar->conn, HF_UNSOLICITED_EXTENSION, "ALPN to a client without");
    part(&m);
}

/* RFC 5246 7.4.1.4.1: servers MUST NOT send it; supported_groups deployed servers do send, RFC 8422 5.2 */
static void test_misplaced_extensions(void **state)
{
    (void)state;
    refused(SERVER, &(struct edit){.kind = ADD, .code = SCHEMES, .bytes = slice_of("\0\2\4\3", 4)},
            HF_MISPLACED_EXTENSION);
    accepted(SERVER, &(struct edit){.kind = ADD, .code = GROUPS, .bytes = slice_of("\0\2\0\27", 4)});
    /* RFC 8446 4.2: specified for CertificateRequest alone */
    refused(CLIENT, &(struct edit){.kind = ADD, .code = EXTENSION_OID_FILTERS, .bytes = slice_of("\0\0", 2)},
            HF_MISPLACED_EXTENSION);
}

static void test_how_many_extensions(void **state)
{
    (void)state;
    size_t own = COUNT(in_client_hello); /* beside `count` more behind the first */
    struct edit e = {.kind = ADD, .code = 0x4000, .count = 128 - own - 1};
    accepted(CLIENT, &e);
    e.count++;
    refused(CLIENT, &e, HF_MALFORMED_EXTENSION);
    e.count = 10000;
    refused(CLIENT, &e, HF_MALFORMED_EXTENSION);
}

static void test_extensions_that_are_missing(void **state)
{
    (void)state;
    refused(CLIENT, &(struct edit){.kind = NO_BLOCK}, HF_NO_SIGNATURE_ALGORITHMS); /* S8 */
    refused(CLIENT, &(struct edit){.kind = EMPTY_BLOCK}, HF_NO_SIGNATURE_ALGORITHMS);
    refused(CLIENT, &(struct edit){.kind = REMOVE, .code = SCHEMES}, HF_NO_SIGNATURE_ALGORITHMS);
    /* RFC 8422 4, RFC 6066 3, RFC 7301: one can do without the others */
    static const uint16_t optional[] = {SNI, GROUPS, POINTS, ALPN, EMS, RSL};
    for (size_t i = 0; i < COUNT(optional); i++) {
        accepted(CLIENT, &(struct edit){.kind = REMOVE, .code = optional[i]});
    }
    refused(SERVER, &(struct edit){.kind = NO_BLOCK}, HF_INSECURE_RENEGOTIATION_PEER); /* N3 */
    refused(SERVER, &(struct edit){.kind = EMPTY_BLOCK}, HF_INSECURE_RENEGOTIATION_PEER);
    refused(SERVER, &(struct edit){.kind = REMOVE, .code = RI}, HF_INSECURE_RENEGOTIATION_PEER);
    static const uint16_t silent[] = {SNI, POINTS, ALPN, RSL};
    for (size_t i = 0; i < COUNT(silent); i++) {
        accepted(SERVER, &(struct edit){.kind = REMOVE, .code = silent[i]});
    }
}

/* RFC 7627 5: taken out of one hello on its way, it gives two master secrets: nobody completes. */
static void test_extended_master_secret_taken_out_of_server_hello(void **state)
{
    (void)state;
    struct edit e = {.kind = REMOVE, .code = EMS};
    struct meeting m = tell(SERVER, &client_trait, &e);
    assert_false(hf_negotiated(m.subject)->complete);
    assert_false(hf_negotiated(m.liar->conn)->complete);
    assert_int_equal(hf_failed(m.subject)->err, HF_ALERT_RECEIVED);
    part(&m);
}

/* N1: the SCSV does what the extension does; the answer to it is not unsolicited (RFC 5746 3.6). */
static void test_the_renegotiation_scsv(void **state)
{
    (void)state;
    static const struct slice suites = {(const uint8_t *)"\xc0\x2b\x00\xff", 4};
    struct edit e = {.kind = KEEP_ONLY, .code = SCHEMES, .suites = &suites};
    struct meeting m = tell(CLIENT, &client_trait, &e);
    expect_complete(m.liar->conn, m.subject, "signature_algorithms and the SCSV alone");
    assert_true(hf_negotiated(m.subject)->secure_renegotiation);
    assert_true(hf_negotiated(m.liar->conn)->secure_renegotiation);
    assert_false(hf_negotiated(m.subject)->extended_master_secret);
    part(&m);
    struct edit both = {.kind = FIELD, .suites = &suites};
    accepted(CLIENT, &both);
    /* neither: the server goes on, and says nothing of it (RFC 5746 3.6); our client would not: N3 */
    static const struct slice none = {(const uint8_t *)"\xc0\x2b", 2};
    struct edit neither = {.kind = REMOVE, .code = RI, .suites = &none};
    m = tell(CLIENT, &client_trait, &neither);
    assert_int_equal(hf_failed(m.liar->conn)->err, HF_INSECURE_RENEGOTIATION_PEER);
    assert_false(hf_negotiated(m.subject)->secure_renegotiation);
    part(&m);
}

/* ---- the rest of the hellos ---- */
static void test_session_ids_of_every_length(void **state)
{
    (void)state;
    static const uint8_t bytes[SESSION_ID_MAX] = {9, 8, 7};
    for (size_t len = 0; len <= SESSION_ID_MAX; len++) {
        struct slice id = slice_of(bytes, len);
        struct edit e = {.kind = FIELD, .session_id = &id};
        struct meeting m = tell(CLIENT, &client_trait, &e);
        expect_complete(m.liar->conn, m.subject, "a session ID nobody knows");
        assert_false(hf_negotiated(m.subject)->resumed);
        assert_int_equal(hf_negotiated(m.subject)->resumption, len ? HF_SESSION_FOREIGN : HF_NOT_OFFERED);
        part(&m);
        m = tell(SERVER, &client_trait, &e);
        expect_complete(m.liar->conn, m.subject, "a session ID of the server");
        hf_session *session = hf_conn_session(m.subject);
        assert_int_equal(session != NULL, len != 0);
        assert_int_equal(session ? hf_session_id(session).len : 0, len);
        hf_session_free(session);
        part(&m);
    }
}

static void test_compression_methods(void **state)
{
    (void)state;
    static uint8_t all[255];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)(254 - i);
    }
    const struct {
        struct slice methods;
        hf_err row;
    } lists[] = {
        {slice_of("\0", 1), HF_OK},
        {slice_of("\1\0", 2), HF_OK},
        {slice_of("\0\1\100", 3), HF_OK},
        {slice_of(all, 255), HF_OK},
        {slice_of("\1", 1), HF_NO_NULL_COMPRESSION}, /* RFC 5246 7.4.1.2 */
        {slice_of("\100\1", 2), HF_NO_NULL_COMPRESSION},
        {slice_of(all, 254), HF_NO_NULL_COMPRESSION},
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct edit e = {.kind = FIELD, .compression = &lists[i].methods};
        if (lists[i].row == HF_OK) {
            accepted(CLIENT, &e);
        } else {
            refused(CLIENT, &e, lists[i].row);
        }
    }
}

static void test_suite_lists(void **state)
{
    (void)state;
    static uint8_t many[65000];
    for (size_t i = 0; i < sizeof many; i += 2) {
        many[i] = (uint8_t)(i >> 9 | 0xd0);
        many[i + 1] = (uint8_t)(i >> 1);
    }
    memcpy(many + sizeof many - 2, "\xc0\x2b", 2);
    const struct {
        struct slice suites;
        hf_err row;
    } lists[] = {
        {slice_of("\x0a\x0a\xc0\x2b", 4), HF_OK},
        {slice_of("\xc0\x2b\xff\xff\x13\x01", 6), HF_OK},
        {slice_of("\xc0\x2b\xc0\x2b\xc0\x2b", 6), HF_OK},
        {slice_of(many, sizeof many), HF_OK},
        {slice_of(many, sizeof many - 2), HF_NO_COMMON_SUITE},
        {slice_of("\x0a\x0a", 2), HF_NO_COMMON_SUITE},
        {slice_of("\x13\x01", 2), HF_NO_COMMON_SUITE},
        {slice_of("\x00\xff", 2), HF_NO_COMMON_SUITE},
        {slice_of("\x56\x00", 2), HF_NO_COMMON_SUITE},         /* its version is our highest: no fallback */
        {slice_of("\x00\x00\x00\x01", 4), HF_NO_COMMON_SUITE}, /* NULL: never */
        {slice_of("\x00\x2f", 2), HF_NO_COMMON_SUITE},
        {slice_of("\x00\xff\xc0\x2f", 4), HF_NO_SERVER_IDENTITY}, /* this server has no RSA key */
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct edit e = {.kind = FIELD, .suites = &lists[i].suites};
        if (lists[i].row == HF_OK) {
            accepted(CLIENT, &e);
        } else {
            refused(CLIENT, &e, lists[i].row);
        }
    }
}

/* S10: above ours is negotiated down, below is refused; RFC 7507 3 */
static void test_client_versions(void **state)
{
    (void)state;
    static const struct slice fallback = {(const uint8_t *)"\xc0\x2b\x00\xff\x56\x00", 6};
    static const uint16_t above[] = {0x0303, 0x0304, 0x0305, 0x03ff, 0x0400, 0x7f1c, 0xffff},
                          below[] = {0x0302, 0x0301, 0x0300, 0x0200, 0x0002, 0x0000};
    for (size_t i = 0; i < COUNT(above); i++) {
        accepted(CLIENT, &(struct edit){.kind = FIELD, .version = &above[i]});
        accepted(CLIENT, &(struct edit){.kind = FIELD, .version = &above[i], .suites = &fallback});
    }
    for (size_t i = 0; i < COUNT(below); i++) {
        refused(CLIENT, &(struct edit){.kind = FIELD, .version = &below[i]}, HF_NO_COMMON_VERSION);
        refused(CLIENT, &(struct edit){.kind = FIELD, .version = &below[i], .suites = &fallback},
                HF_INAPPROPRIATE_FALLBACK);
    }
}

/* S10: the record of the first ClientHello may say any version of TLS. */
static void test_record_versions_of_the_first_client_hello(void **state)
{
    (void)state;
    for (unsigned minor = 0; minor < 256; minor += minor < 5 ? 1 : 50) {
        struct meeting m = meet(CLIENT, &client_trait, &server_trait, false);
        m.liar->conn->out.version = (uint16_t)(0x0300 | minor);
        converse(m.liar->conn, m.subject);
        expect_complete(m.liar->conn, m.subject, "a record version");
        part(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_in_client_hello),
        cmocka_unit_test(test_bodies_in_server_hello),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_duplicates_of_unknown_extensions),
        cmocka_unit_test(test_extensions_nobody_asked_for),
        cmocka_unit_test(test_encrypt_then_mac_where_no_suite_is_cbc),
        cmocka_unit_test(test_an_answer_to_what_this_client_did_not_offer),
        cmocka_unit_test(test_misplaced_extensions),
        cmocka_unit_test(test_how_many_extensions),
        cmocka_unit_test(test_extensions_that_are_missing),
        cmocka_unit_test(test_extended_master_secret_taken_out_of_server_hello),
        cmocka_unit_test(test_the_renegotiation_scsv),
        cmocka_unit_test(test_session_ids_of_every_length),
        cmocka_unit_test(test_compression_methods),
        cmocka_unit_test(test_suite_lists),
        cmocka_unit_test(test_client_versions),
        cmocka_unit_test(test_record_versions_of_the_first_client_hello),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
