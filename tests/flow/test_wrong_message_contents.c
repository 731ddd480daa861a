/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fuzz/identities.h"

/*
 * Messages at their place, well formed, that say what they must not: a choice that was not offered, a point
 * that is none, a signature or a Finished that is wrong, a session resumed as another. Each gives exactly one
 * row, its alert to the liar, and a connection that accepts nothing more. Checklist S3, S4, S5, S7, S11, E2,
 * K4, K5, R4.
 */
static size_t counted;
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct meeting {
    struct puppet *liar;
    hf_conn *subject;
    hf_session *session;
};

static struct meeting meet(enum side liar, const struct trait *client, const struct trait *server,
                           bool resume)
{
    const hf_config *c = shared_config(client), *s = shared_config(server);
    struct meeting m = {.session = resume ? earn_session(c, s) : NULL};
    m.liar = puppet_new(liar == CLIENT ? c : s, liar == CLIENT ? m.session : NULL);
    m.subject = honest_new(liar == CLIENT ? s : c, liar == CLIENT ? NULL : m.session);
    counted++;
    return m;
}

static void part(struct meeting *m)
{
    hf_conn_free(m->subject);
    puppet_free(m->liar);
    hf_session_free(m->session);
}

static void expect_refusal(struct meeting *m, hf_err row, const char *what)
{
    converse(m->liar->conn, m->subject);
    assert_true(m->liar->told);
    expect_refused(m->subject, m->liar->conn, row, what);
    part(m);
}

/* ---- a lie that changes one field of one message ---- */
struct field_lie {
    enum message m;
    const char *field;
    size_t at; /* a byte of it, from its end where negative would be: see from_end */
    bool from_end;
    uint8_t flip;       /* XORed to that byte; 0: bytes replace the whole field */
    struct slice bytes; /* without a length prefix */
};

static const struct layout *layout_of(enum message m)
{
    return m == SERVER_KEY_EXCHANGE   ? &layout_server_key_exchange_ecdhe
           : m == CLIENT_KEY_EXCHANGE ? &layout_client_key_exchange_ecdhe
                                      : version_tls12.message[m].layout;
}

static void lie_in_field(struct puppet *p, enum message m)
{
    static uint8_t body[PUPPET_MESSAGE_MAX];
    const struct field_lie *lie = p->about;
    if (m != lie->m) {
        return;
    }
    struct writer w = writer_of(body, sizeof body);
    struct slice old = puppet_body(p);
    struct field_view view;
    for (size_t i = 0; layout_describe(layout_of(m), old, i, &view); i++) {
        const struct field *f = &layout_of(m)->fields[i];
        bool prefixed = f->kind == FIELD_VECTOR || f->kind == FIELD_TAIL;
        size_t before = w.len;
        if (strcmp(view.name, lie->field) != 0) {
            write_bytes(&w, slice_of(old.data + view.offset, view.length));
        } else if (!lie->flip && prefixed) {
            write_vector(&w, f->width, lie->bytes);
        } else if (!lie->flip) {
            write_bytes(&w, lie->bytes);
        } else {
            write_bytes(&w, slice_of(old.data + view.offset, view.length));
            size_t at = lie->from_end ? w.len - 1 - lie->at : before + (prefixed ? f->width : 0u) + lie->at;
            assert_true(at < w.len);
            body[at] ^= lie->flip;
        }
    }
    assert_false(w.full);
    puppet_set_body(p, written(&w));
}

static void try_field(enum side liar, const struct trait *client, const struct trait *server,
                      const struct field_lie *lie, hf_err row)
{
    char what[120];
    struct meeting m = meet(liar, client, server, false);
    m.liar->lie = lie_in_field;
    m.liar->about = lie;
    int at = snprintf(what, sizeof what, "%s.%s, byte %zu:", message_row(lie->m)->name, lie->field, lie->at);
    for (size_t i = 0; i < lie->bytes.len && i < 8; i++) {
        at += snprintf(what + at, sizeof what - (size_t)at, " %02x", lie->bytes.data[i]);
    }
    converse(m.liar->conn, m.subject);
    expect_refused(m.subject, m.liar->conn, row, what);
    const char *step = hf_failed(m.subject)->step;
    /* what two shares make together is computed in a step of its own, and a chain is judged in one */
    if (strcmp(step, "agree_secret") != 0) {
        assert_string_equal(step, message_row(lie->m)->name);
    }
    part(&m);
}

static const struct trait client = {.side = CLIENT}, server = {.side = SERVER},
                          server_rsa = {.side = SERVER, .key = TEST_RSA};
#define MUTUAL_CLIENT(k)                                 \
    {                                                    \
        .side = CLIENT, .key = (k), .has_identity = true \
    }
static const struct trait server_requires = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE};

/* ---- ServerHello ---- */
struct choice {
    const char *bytes;
    hf_err row;
};

static void try_choices(const char *field, size_t size, const struct choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct field_lie lie = {SERVER_HELLO, field, .bytes = slice_of(choices[i].bytes, size)};
        try_field(SERVER, &client, &server, &lie, choices[i].row);
    }
}

/* S5 */
static void test_server_hello_that_chooses_what_was_not_offered(void **state)
{
    (void)state;
    static const struct choice suites[] = {
        {"\0\0", HF_SUITE_NOT_OFFERED},     {"\0\x2f", HF_SUITE_NOT_OFFERED},
        {"\xc0\x09", HF_SUITE_NOT_OFFERED}, {"\x13\x01", HF_SUITE_NOT_OFFERED},
        {"\0\xff", HF_SUITE_NOT_OFFERED},   {"\x56\0", HF_SUITE_NOT_OFFERED},
        {"\x0a\x0a", HF_SUITE_NOT_OFFERED}, {"\xff\xff", HF_SUITE_NOT_OFFERED},
    };
    static const struct choice versions[] = {
        {"\3\2", HF_VERSION_NOT_OFFERED}, {"\3\1", HF_VERSION_NOT_OFFERED},
        {"\3\0", HF_VERSION_NOT_OFFERED}, {"\3\4", HF_VERSION_NOT_OFFERED},
        {"\2\0", HF_VERSION_NOT_OFFERED}, {"\0\2", HF_VERSION_NOT_OFFERED},
        {"\4\0", HF_VERSION_NOT_OFFERED}, {"\xfe\xfd", HF_VERSION_NOT_OFFERED},
    };
    static const struct choice methods[] = {{"\1", HF_COMPRESSION_NOT_OFFERED},
                                            {"\100", HF_COMPRESSION_NOT_OFFERED},
                                            {"\377", HF_COMPRESSION_NOT_OFFERED}};
    try_choices("cipher_suite", 2, suites, COUNT(suites));
    try_choices("version", 2, versions, COUNT(versions));
    try_choices("compression_method", 1, methods, COUNT(methods));
    /* one that this library has, and this client did not enable */
    static const struct trait one = {.side = CLIENT, .suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
    struct field_lie lie = {SERVER_HELLO, "cipher_suite", .bytes = slice_of("\xc0\x2c", 2)};
    try_field(SERVER, &one, &server, &lie, HF_SUITE_NOT_OFFERED);
}

/* A suite that was offered, but not for the key of the certificate that follows. */
static void test_certificate_that_does_not_serve_the_suite(void **state)
{
    (void)state;
    struct field_lie lie = {SERVER_HELLO, "cipher_suite", .bytes = slice_of("\xc0\x2f", 2)};
    struct meeting m = meet(SERVER, &client, &server, false);
    m.liar->lie = lie_in_field;
    m.liar->about = &lie;
    expect_refusal(&m, HF_UNSUPPORTED_CERTIFICATE, "an ECDSA certificate under an RSA suite");
    lie.bytes = slice_of("\xc0\x2b", 2);
    m = meet(SERVER, &client, &server_rsa, false);
    m.liar->lie = lie_in_field;
    m.liar->about = &lie;
    expect_refusal(&m, HF_UNSUPPORTED_CERTIFICATE, "an RSA certificate under an ECDSA suite");
}

/* ---- ServerKeyExchange ---- */
/* S4, S5, K4 */
static void test_server_key_exchange_in_another_group(void **state)
{
    (void)state;
    static const struct trait two_groups = {.side = CLIENT, .groups = "x25519:secp256r1"};
    static const char *const groups[] = {"\0\30", "\0\31", "\0\36",  "\0\0",
                                         "\0\1",  "\1\0",  "\377\1", "\x7a\x7a"};
    for (size_t i = 0; i < COUNT(groups); i++) {
        struct field_lie lie = {SERVER_KEY_EXCHANGE, "named_curve", .bytes = slice_of(groups[i], 2)};
        try_field(SERVER, &two_groups, &server, &lie, HF_GROUP_NOT_OFFERED);
    }
    static const char *const types[] = {"\0", "\1",   "\2",
                                        "\4", "\370", "\377"}; /* explicit_prime, explicit_char2 */
    for (size_t i = 0; i < COUNT(types); i++) {
        struct field_lie lie = {SERVER_KEY_EXCHANGE, "curve_type", .bytes = slice_of(types[i], 1)};
        try_field(SERVER, &client, &server, &lie, HF_CURVE_TYPE_UNSUPPORTED);
    }
    /* offered, but the share is of another group: told by its size or by the signature */
    struct field_lie lie = {SERVER_KEY_EXCHANGE, "named_curve", .bytes = slice_of("\0\30", 2)};
    try_field(SERVER, &client, &server, &lie, HF_BAD_KEY_SHARE);
}

static void say_body(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        puppet_set_body(p, *(const struct slice *)p->about);
    }
}

/* S4, FREAK, Logjam: a ServerKeyExchange of RSA_EXPORT or DHE under an ECDHE suite has no meaning here. */
static void test_server_key_exchange_of_another_key_exchange(void **state)
{
    (void)state;
    static uint8_t export[256], dhe[512];
    struct writer rsa = writer_of(export, sizeof export), dh = writer_of(dhe, sizeof dhe);
    uint8_t number[128];
    memset(number, 0xc1, sizeof number);
    write_vector(&rsa, 2, slice_of(number, 64)); /* 512 bits */
    write_vector(&rsa, 2, slice_of("\1\0\1", 3));
    write_number(&rsa, 0x0401, 2);
    write_vector(&rsa, 2, slice_of(number, 128));
    write_vector(&dh, 2, slice_of(number, 64));
    write_vector(&dh, 2, slice_of("\2", 1));
    write_vector(&dh, 2, slice_of(number, 64));
    write_number(&dh, 0x0401, 2);
    write_vector(&dh, 2, slice_of(number, 128));
    struct slice bodies[] = {written(&rsa), written(&dh)};
    for (size_t i = 0; i < 2; i++) {
        struct meeting m = meet(SERVER, &client, &server_rsa, false);
        m.liar->lie = say_body;
        m.liar->number = SERVER_KEY_EXCHANGE;
        m.liar->about = &bodies[i];
        expect_refusal(&m, HF_MALFORMED_MESSAGE, "an export key");
    }
}

/* ---- shares: K4 ---- */
struct share_lie {
    const char *group;
    size_t size;
    uint8_t bytes[8]; /* the first of them, the rest is fill; last is the last */
    size_t given;
    uint8_t fill, last;
    hf_err row;
};

static struct slice share_bytes(const struct share_lie *s)
{
    static uint8_t bytes[KEY_SHARE_MAX];
    memset(bytes, s->fill, sizeof bytes);
    memcpy(bytes, s->bytes, s->given);
    bytes[s->size - 1] = s->last;
    return slice_of(bytes, s->size);
}

/* The server signs what it says: the lie stands in the share before the signature is made. */
static void plot_share(struct puppet *p, unsigned step)
{
    if (step == make_key_share) {
        struct slice s = share_bytes(p->about);
        memcpy(p->conn->hs->share.public_key, s.data, s.len);
        p->told = true;
    }
}

static void say_share(struct puppet *p, enum message m)
{
    if (m == CLIENT_KEY_EXCHANGE) {
        uint8_t body[1 + KEY_SHARE_MAX];
        struct writer w = writer_of(body, sizeof body);
        write_vector(&w, 1, share_bytes(p->about));
        puppet_set_body(p, written(&w));
    }
}

static const struct share_lie shares[] = {
    /* small orders: RFC 7748 6.1; 0, 1, p - 1, p, p + 1, and with the top bit, which is masked */
    {"x25519", 32, {0}, 1, 0, 0, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {1}, 1, 0, 0, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {0xec}, 1, 0xff, 0x7f, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {0xed}, 1, 0xff, 0x7f, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {0xee}, 1, 0xff, 0x7f, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {0}, 1, 0, 0x80, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {1}, 1, 0, 0x80, HF_SECRET_ALL_ZERO},
    {"x25519", 32, {0xed}, 1, 0xff, 0xff, HF_SECRET_ALL_ZERO},
    {"x448", 56, {0}, 1, 0, 0, HF_SECRET_ALL_ZERO},
    {"x448", 56, {1}, 1, 0, 0, HF_SECRET_ALL_ZERO},
    {"secp256r1", 65, {4, 1}, 2, 2, 3, HF_BAD_KEY_SHARE}, /* not on the curve */
    {"secp256r1", 65, {4}, 1, 0, 0, HF_BAD_KEY_SHARE},
    {"secp256r1", 65, {4}, 1, 0xff, 0xff, HF_BAD_KEY_SHARE}, /* beyond the field */
    {"secp256r1", 65, {0}, 1, 0, 0, HF_BAD_KEY_SHARE},       /* infinity, and bytes behind */
    {"secp256r1", 65, {2, 1}, 2, 1, 1, HF_BAD_KEY_SHARE},    /* compressed */
    {"secp256r1", 65, {6, 1}, 2, 1, 1, HF_BAD_KEY_SHARE},    /* hybrid */
    {"secp256r1", 65, {5, 1}, 2, 1, 1, HF_BAD_KEY_SHARE},
    {"secp384r1", 97, {4, 1}, 2, 2, 3, HF_BAD_KEY_SHARE},
    {"secp384r1", 97, {0}, 1, 0, 0, HF_BAD_KEY_SHARE},
    {"secp521r1", 133, {4, 1}, 2, 2, 3, HF_BAD_KEY_SHARE},
    {"secp521r1", 133, {0}, 1, 0, 0, HF_BAD_KEY_SHARE},
};

static void test_shares_that_are_no_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shares); i++) {
        /* Ed25519 certificates: their key is in no group, so that one group is enough */
        const struct trait c = {.side = CLIENT, .groups = shares[i].group};
        const struct trait s = {.side = SERVER, .key = TEST_ED25519, .groups = shares[i].group};
        struct meeting m = meet(SERVER, &c, &s, false);
        m.liar->plot = plot_share;
        m.liar->about = &shares[i];
        expect_refusal(&m, shares[i].row, shares[i].group);
        m = meet(CLIENT, &c, &s, false);
        m.liar->lie = say_share;
        m.liar->about = &shares[i];
        expect_refusal(&m, shares[i].row, shares[i].group);
    }
}

static void test_shares_of_another_size(void **state)
{
    (void)state;
    static const struct {
        const char *group;
        size_t size;
    } groups[] = {{"x25519", 32}, {"secp256r1", 65}, {"secp384r1", 97}, {"secp521r1", 133}, {"x448", 56}};
    static uint8_t bytes[255] = {4};
    for (size_t i = 0; i < COUNT(groups); i++) {
        const struct trait c = {.side = CLIENT, .groups = groups[i].group};
        const struct trait s = {.side = SERVER, .key = TEST_ED25519, .groups = groups[i].group};
        const size_t sizes[] = {1, groups[i].size / 2 + 1, groups[i].size - 1, groups[i].size + 1, 255};
        for (size_t n = 0; n < COUNT(sizes); n++) {
            struct field_lie lie = {SERVER_KEY_EXCHANGE, "point", .bytes = slice_of(bytes, sizes[n])};
            try_field(SERVER, &c, &s, &lie, HF_BAD_KEY_SHARE);
            lie.m = CLIENT_KEY_EXCHANGE;
            try_field(CLIENT, &c, &s, &lie, HF_BAD_KEY_SHARE);
        }
    }
}

/* ---- signatures ---- */
static const struct {
    enum test_key key;
    uint16_t code;
    hf_err row;
} claims[] = {
    /* S5, S7 (CVE-2026-25834, CVE-2025-12889): only what was offered */
    {TEST_ED25519, 0x0000, HF_SCHEME_NOT_OFFERED},
    {TEST_ED25519, 0x0203, HF_SCHEME_NOT_OFFERED}, /* SHA-1 */
    {TEST_ED25519, 0x0808, HF_SCHEME_NOT_OFFERED}, /* ed448 */
    {TEST_ED25519, 0x7a7a, HF_SCHEME_NOT_OFFERED},
    {TEST_P256, 0x0203, HF_SCHEME_NOT_OFFERED},
    {TEST_P256, 0x0103, HF_SCHEME_NOT_OFFERED}, /* MD5 */
    {TEST_P256, 0x0003, HF_SCHEME_NOT_OFFERED}, /* no hash at all */
    {TEST_RSA, 0x0201, HF_SCHEME_NOT_OFFERED},
    {TEST_RSA, 0x0101, HF_SCHEME_NOT_OFFERED},
    /* offered, but not this key's */
    {TEST_ED25519, 0x0403, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_ED25519, 0x0804, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_P256, 0x0807, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_P256, 0x0401, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_RSA, 0x0403, HF_SCHEME_UNFIT_FOR_KEY},
    {TEST_RSA, 0x0809, HF_SCHEME_UNFIT_FOR_KEY}, /* rsa_pss_pss: another kind of key */
    /* this key's, but not how it was made */
    {TEST_P256, 0x0503, HF_BAD_SIGNATURE},
    {TEST_P256, 0x0603, HF_BAD_SIGNATURE},
    {TEST_RSA, 0x0401, HF_BAD_SIGNATURE},
    {TEST_RSA, 0x0805, HF_BAD_SIGNATURE},
};

static void test_schemes_that_are_claimed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(claims); i++) {
        uint8_t code[] = {(uint8_t)(claims[i].code >> 8), (uint8_t)claims[i].code};
        struct field_lie lie = {SERVER_KEY_EXCHANGE, "scheme", .bytes = slice_of(code, 2)};
        const struct trait s = {.side = SERVER, .key = claims[i].key}, c = MUTUAL_CLIENT(claims[i].key);
        try_field(SERVER, &client, &s, &lie, claims[i].row);
        lie.m = CERTIFICATE_VERIFY;
        try_field(CLIENT, &c, &server_requires, &lie, claims[i].row);
    }
}

/* The list that counts is the one that was sent, not the one that this library knows. */
static void test_schemes_this_side_did_not_enable(void **state)
{
    (void)state;
    const struct trait strict = {.side = CLIENT, .accept = "ecdsa_secp256r1_sha256"};
    const struct trait strict_server = {
        .side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUIRE, .accept = "ecdsa_secp256r1_sha256"};
    const struct trait c = MUTUAL_CLIENT(TEST_P256);
    struct field_lie lie = {SERVER_KEY_EXCHANGE, "scheme", .bytes = slice_of("\5\3", 2)};
    try_field(SERVER, &strict, &server, &lie, HF_SCHEME_NOT_OFFERED);
    lie.m = CERTIFICATE_VERIFY;
    try_field(CLIENT, &c, &strict_server, &lie, HF_SCHEME_NOT_OFFERED);
}

/* Every byte of a signature, and none at all. */
static void test_signatures_with_a_wrong_byte(void **state)
{
    (void)state;
    static const enum test_key keys[] = {TEST_ED25519, TEST_P256, TEST_RSA};
    for (size_t k = 0; k < COUNT(keys); k++) {
        const struct trait s = {.side = SERVER, .key = keys[k]}, c = MUTUAL_CLIENT(keys[k]);
        size_t size = keys[k] == TEST_RSA ? 256 : 64;
        for (size_t at = 0; at < size; at += keys[k] == TEST_RSA ? 17 : 1) {
            struct field_lie lie = {SERVER_KEY_EXCHANGE, "signature", at, true, (uint8_t)(1u << at % 8)};
            try_field(SERVER, &client, &s, &lie, HF_BAD_SIGNATURE);
            lie.m = CERTIFICATE_VERIFY;
            try_field(CLIENT, &c, &server_requires, &lie, HF_BAD_SIGNATURE);
        }
        static const uint8_t nothing[600];
        const size_t sizes[] = {0, 1, size - 1, size, size + 1, 600};
        for (size_t i = 0; i < COUNT(sizes); i++) {
            struct field_lie lie = {SERVER_KEY_EXCHANGE, "signature", .bytes = slice_of(nothing, sizes[i])};
            try_field(SERVER, &client, &s, &lie, HF_BAD_SIGNATURE);
            lie.m = CERTIFICATE_VERIFY;
            try_field(CLIENT, &c, &server_requires, &lie, HF_BAD_SIGNATURE);
        }
    }
}

/* Signed with the key of another certificate of the same kind. */
static void sign_with_another(struct puppet *p, unsigned step)
{
    struct hs *hs = p->conn->hs;
    if (step != sign) {
        return;
    }
    bool is_server = hs->cursor.me == SERVER;
    struct slice message = is_server ? buffer_slice(&hs->signed_params)
                                     : transcript_messages(&hs->transcript);
    assert_int_equal(private_key_sign(p->about, hs->scheme, message, &hs->signature), OK);
    p->told = true;
}

static void test_signatures_of_another_key(void **state)
{
    (void)state;
    static const struct {
        enum test_key kind;
        const char *pem; /* none of tests/support/pki */
    } others[] = {
        {TEST_ED25519, SERVER_ED25519_KEY}, {TEST_P256, SERVER_P256_KEY}, {TEST_RSA, SERVER_RSA_KEY}};
    for (size_t k = 0; k < COUNT(others); k++) {
        struct private_key *other;
        assert_int_equal(private_key_load(slice_of_string(others[k].pem), NULL, &other), OK);
        const struct trait s = {.side = SERVER, .key = others[k].kind}, c = MUTUAL_CLIENT(others[k].kind);
        struct meeting m = meet(SERVER, &client, &s, false);
        m.liar->plot = sign_with_another;
        m.liar->about = other;
        expect_refusal(&m, HF_BAD_SIGNATURE, "ServerKeyExchange signed with another key");
        m = meet(CLIENT, &c, &server_requires, false);
        m.liar->plot = sign_with_another;
        m.liar->about = other;
        expect_refusal(&m, HF_BAD_SIGNATURE, "CertificateVerify signed with another key"); /* S7 */
        private_key_free(other);
    }
}

/* K5: what was right in another handshake; both randoms are signed, and all that was said. */
static uint8_t earlier[4096];
static size_t earlier_len;

static void keep_one(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        memcpy(earlier, puppet_body(p).data, puppet_body(p).len);
        earlier_len = puppet_body(p).len;
    }
}

static void test_messages_of_another_handshake(void **state)
{
    (void)state;
    static const struct {
        enum message m;
        enum side by;
        bool resumed;
        hf_err row;
    } replays[] = {
        {SERVER_KEY_EXCHANGE, SERVER, false, HF_BAD_SIGNATURE},
        {CERTIFICATE_VERIFY, CLIENT, false, HF_BAD_SIGNATURE},
        {FINISHED, SERVER, false, HF_BAD_FINISHED},
        {FINISHED, CLIENT, false, HF_BAD_FINISHED},
        {FINISHED, SERVER, true, HF_BAD_FINISHED},
        {FINISHED, CLIENT, true, HF_BAD_FINISHED},
    };
    const struct trait c = MUTUAL_CLIENT(TEST_ED25519);
    for (size_t i = 0; i < COUNT(replays); i++) {
        struct meeting m = meet(replays[i].by, &c, &server_requires, replays[i].resumed);
        m.liar->lie = keep_one;
        m.liar->number = replays[i].m;
        converse(m.liar->conn, m.subject);
        expect_complete(m.liar->conn, m.subject, "the first");
        part(&m);
        struct slice body = slice_of(earlier, earlier_len);
        m = meet(replays[i].by, &c, &server_requires, replays[i].resumed);
        m.liar->lie = say_body;
        m.liar->number = replays[i].m;
        m.liar->about = &body;
        expect_refusal(&m, replays[i].row, message_row(replays[i].m)->name);
    }
}

/* Both sides have this signature wrong in the same way? Put together here from the three messages: RFC
 * 8422 5.4 */
static struct {
    uint8_t bytes[512];
    size_t len;
} seen[MESSAGE_COUNT];

static void look(struct puppet *p, enum message m)
{
    if (m == CLIENT_HELLO || m == SERVER_HELLO || m == SERVER_KEY_EXCHANGE) {
        struct slice body = puppet_body(p);
        assert_true(body.len <= sizeof seen[m].bytes);
        memcpy(seen[m].bytes, body.data, body.len);
        seen[m].len = body.len;
    }
}

static void test_what_server_key_exchange_signs(void **state)
{
    (void)state;
    struct puppet *c = puppet_new(shared_config(&client), NULL),
                  *s = puppet_new(shared_config(&server), NULL);
    c->lie = s->lie = look;
    converse(c->conn, s->conn);
    expect_complete(c->conn, s->conn, "two puppets that tell the truth");
    uint8_t bytes[1024];
    struct writer w = writer_of(bytes, sizeof bytes);
    const uint8_t *ske = seen[SERVER_KEY_EXCHANGE].bytes;
    size_t params = 4u + ske[3];
    write_bytes(&w, slice_of(seen[CLIENT_HELLO].bytes + 2, RANDOM_SIZE));
    write_bytes(&w, slice_of(seen[SERVER_HELLO].bytes + 2, RANDOM_SIZE));
    write_bytes(&w, slice_of(ske, params));
    struct slice signature = slice_of(ske + params + 4, seen[SERVER_KEY_EXCHANGE].len - params - 4);
    const struct scheme *scheme = scheme_of((uint16_t)(ske[params] << 8 | ske[params + 1]));
    const struct certificate *leaf = shared_config(&server)->settings.identities[0].leaf;
    assert_non_null(scheme);
    assert_int_equal(certificate_verify_signature(leaf, scheme, written(&w), signature), OK);
    bytes[0] ^= 1;
    assert_int_equal(certificate_verify_signature(leaf, scheme, written(&w), signature), E_BAD_SIGNATURE);
    puppet_free(c);
    puppet_free(s);
}

/* ---- Certificate ---- */
static void test_certificates_that_are_missing(void **state)
{
    (void)state;
    static const struct slice empty = {(const uint8_t *)"\0\0\0", 3};
    struct meeting m = meet(SERVER, &client, &server, false);
    m.liar->lie = say_body;
    m.liar->number = CERTIFICATE;
    m.liar->about = &empty;
    expect_refusal(&m, HF_EMPTY_SERVER_CERTIFICATE, "no server certificate");
    m = meet(CLIENT, &client, &server_requires, false);
    m.liar->lie = say_body;
    m.liar->number = CERTIFICATE;
    m.liar->about = &empty;
    expect_refusal(&m, HF_CLIENT_CERTIFICATE_MISSING, "no client certificate"); /* S7 */
}

/* Behind a good leaf something that is no certificate. An application that is asked says what it was told. */
static void spoil_the_issuer(struct puppet *p, enum message m)
{
    if (m == CERTIFICATE) {
        size_t second = HANDSHAKE_HEADER + 3;
        second += 3u + ((size_t)p->bytes[second + 1] << 8 | p->bytes[second + 2]);
        assert_true(second + 3 < p->len);
        p->bytes[second + 3] ^= 0xff; /* SEQUENCE no more */
        p->told = true;
    }
}

static void test_chain_with_something_that_is_no_certificate(void **state)
{
    (void)state;
    static const struct trait asked = {.side = CLIENT, .asks = HF_ASK_VERIFY};
    struct meeting m = meet(SERVER, &client, &server, false);
    m.liar->lie = spoil_the_issuer;
    expect_refusal(&m, HF_MALFORMED_CERTIFICATE, "no certificate in the chain");
    m = meet(SERVER, &asked, &server, false);
    m.liar->lie = spoil_the_issuer;
    converse(m.liar->conn, m.subject);
    hf_question q;
    assert_int_equal(hf_asked(m.subject, &q), HF_ASK_VERIFY);
    assert_int_equal(q.verdict, HF_MALFORMED_CERTIFICATE);
    assert_int_equal(hf_answer_verdict(m.subject, HF_BAD_FINISHED), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_verdict(m.subject, q.verdict), HF_OK);
    expect_refusal(&m, HF_MALFORMED_CERTIFICATE, "no certificate in the chain, by the application's word");
}

/* RFC 5246 7.4.6: a client that has nothing of what is asked for says so, and signs nothing. */
static void test_certificate_requests_that_nothing_fits(void **state)
{
    (void)state;
    const struct trait c = MUTUAL_CLIENT(TEST_P256);
    static const struct trait server_asks = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST};
    static const struct field_lie lies[] = {
        {CERTIFICATE_REQUEST, "certificate_types", .bytes = {(const uint8_t *)"\1", 1}}, /* rsa_sign */
        {CERTIFICATE_REQUEST, "certificate_types", .bytes = {(const uint8_t *)"\3\4\24\177", 4}},
        {CERTIFICATE_REQUEST, "signature_algorithms", .bytes = {(const uint8_t *)"\x7a\x7a\2\3\4\1", 6}},
        {CERTIFICATE_REQUEST, "certificate_authorities", .bytes = {(const uint8_t *)"\0\2\60\0", 4}},
    };
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct meeting m = meet(SERVER, &c, &server_asks, false);
        m.liar->lie = lie_in_field;
        m.liar->about = &lies[i];
        converse(m.liar->conn, m.subject);
        assert_true(m.liar->told);
        expect_complete(m.liar->conn, m.subject, lies[i].field);
        assert_true(hf_negotiated(m.subject)->identity == HF_NO_IDENTITY);
        assert_true(hf_negotiated(m.subject)->client_auth_requested);
        assert_int_equal(hf_negotiated(m.liar->conn)->peer_chain.len, 0);
        part(&m);
    }
}

/* A client that shows a certificate and then does not prove it, or proves what it did not show: S7. */
static void leave_out(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        p->len = 0;
        p->told = true;
    }
}

static void test_certificate_without_certificate_verify(void **state)
{
    (void)state;
    const struct trait c = MUTUAL_CLIENT(TEST_P256);
    static const struct trait server_asks = {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST};
    const struct trait *const servers[] = {&server_requires, &server_asks};
    for (size_t i = 0; i < 2; i++) {
        struct meeting m = meet(CLIENT, &c, servers[i], false);
        m.liar->lie = leave_out;
        m.liar->number = CERTIFICATE_VERIFY;
        expect_refusal(&m, HF_EARLY_CHANGE_CIPHER_SPEC, "a certificate that is not proven");
        static const struct slice empty = {(const uint8_t *)"\0\0\0", 3};
        m = meet(CLIENT, &c, servers[i], false);
        m.liar->lie = say_body;
        m.liar->number = CERTIFICATE;
        m.liar->about = &empty;
        expect_refusal(&m, i == 0 ? HF_CLIENT_CERTIFICATE_MISSING : HF_UNEXPECTED_MESSAGE,
                       "a proof of a certificate that was not shown");
        m = meet(CLIENT, &c, servers[i], false);
        m.liar->lie = leave_out;
        m.liar->number = CERTIFICATE;
        expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "no Certificate message at all");
    }
}

/* ---- Finished: S3 ---- */
static void test_finished_with_a_wrong_byte(void **state)
{
    (void)state;
    for (int resumed = 0; resumed < 2; resumed++) {
        for (int liar = CLIENT; liar <= SERVER; liar++) {
            for (size_t bit = 0; bit < 8 * VERIFY_DATA_SIZE; bit++) {
                struct field_lie lie = {FINISHED, "verify_data", bit / 8, false, (uint8_t)(1u << bit % 8)};
                struct meeting m = meet((enum side)liar, &client, &server, resumed);
                m.liar->lie = lie_in_field;
                m.liar->about = &lie;
                expect_refusal(&m, HF_BAD_FINISHED, "one bit of Finished");
            }
        }
    }
}

static void say_the_other_finished(struct puppet *p, enum message m)
{
    if (m == FINISHED) {
        enum side other = other_side(p->conn->hs->cursor.me);
        puppet_set_body(p, slice_of(p->conn->negotiated.verify_data[other], VERIFY_DATA_SIZE));
    }
}

static void test_finished_reflected(void **state)
{
    (void)state;
    for (int resumed = 0; resumed < 2; resumed++) { /* the one who is second says what the first one said */
        struct meeting m = meet(resumed ? CLIENT : SERVER, &client, &server, resumed);
        m.liar->lie = say_the_other_finished;
        expect_refusal(&m, HF_BAD_FINISHED, "the other's Finished");
    }
}

/* ---- resumption that is not what it says ---- */
static void edit_resumption(struct puppet *p, enum message m, uint16_t drop)
{
    static uint8_t block[2048], body[4096];
    bool from_client = p->conn->config->settings.side == CLIENT;
    if (m != (from_client ? CLIENT_HELLO : SERVER_HELLO)) {
        return;
    }
    union any_message hello;
    assert_int_equal(layout_decode(layout_of(m), puppet_body(p), &hello), OK);
    struct slice *extensions = from_client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct list l = list_of(*extensions);
    struct extension_entry e;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    while (list_next_extension(&l, &e)) {
        if (e.type != drop) {
            write_number(&w, e.type, 2);
            write_vector(&w, 2, e.body);
        }
    }
    *extensions = written(&w);
    assert_int_equal(layout_encode(layout_of(m), &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

static void without_ems(struct puppet *p, enum message m)
{
    edit_resumption(p, m, EXTENSION_EXTENDED_MASTER_SECRET);
}

/* The server's session, as if it had been made without extended_master_secret. */
static void make_plain(const hf_config *config, const hf_session *session)
{
    const struct config *settings = &config->settings;
    hf_bytes id = hf_session_id(session);
    struct session *s = session_store_get(settings->sessions, slice_of(id.data, id.len), TEST_NOW);
    assert_non_null(s);
    s->ems = false;
    session_release(s);
}

/* E2, RFC 7627 5.3 */
static void test_extended_master_secret_toggled_on_resumption(void **state)
{
    (void)state;
    /* session with, ClientHello without: the server aborts */
    struct meeting m = meet(CLIENT, &client, &server, true);
    m.liar->lie = without_ems;
    expect_refusal(&m, HF_EXTENDED_MASTER_SECRET_MISMATCH, "an extended session, a plain ClientHello");
    /* session with, ServerHello without: the client aborts */
    m = meet(SERVER, &client, &server, true);
    m.liar->lie = without_ems;
    expect_refusal(&m, HF_EXTENDED_MASTER_SECRET_MISMATCH, "an extended session, a plain ServerHello");
    /* session without: the client does not offer it at all */
    m = meet(SERVER, &client, &server, true);
    ((struct session *)m.session)->ems = false;
    converse(m.liar->conn, m.subject);
    expect_complete(m.liar->conn, m.subject, "a plain session at the client");
    assert_false(hf_negotiated(m.subject)->resumed);
    assert_int_equal(hf_negotiated(m.liar->conn)->resumption, HF_NOT_OFFERED);
    part(&m);
    /* neither: the server aborts too (SHOULD) */
    m = meet(CLIENT, &client, &server, true);
    make_plain(shared_config(&server), m.session);
    m.liar->lie = without_ems;
    expect_refusal(&m, HF_EXTENDED_MASTER_SECRET_MISMATCH, "a plain session, a plain ClientHello");
    /* session without, ClientHello with: a full handshake */
    m = meet(CLIENT, &client, &server, true);
    make_plain(shared_config(&server), m.session);
    converse(m.liar->conn, m.subject);
    expect_complete(m.liar->conn, m.subject, "a plain session, an extended ClientHello");
    assert_false(hf_negotiated(m.subject)->resumed);
    assert_int_equal(hf_negotiated(m.subject)->resumption, HF_SESSION_EMS);
    assert_true(hf_negotiated(m.subject)->extended_master_secret);
    part(&m);
}

/* R4, RFC 5246 7.4.1.3 */
static void test_resumption_under_another_suite(void **state)
{
    (void)state;
    static const struct choice choices[] = {{"\xc0\x2c", HF_RESUMED_WITH_OTHER_PARAMETERS},
                                            {"\xcc\xa9", HF_RESUMED_WITH_OTHER_PARAMETERS},
                                            {"\xc0\x2f", HF_RESUMED_WITH_OTHER_PARAMETERS},
                                            {"\xc0\x09", HF_SUITE_NOT_OFFERED}};
    const struct trait aes128 = {.side = SERVER, .suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
    for (size_t i = 0; i < COUNT(choices); i++) {
        struct field_lie lie = {SERVER_HELLO, "cipher_suite", .bytes = slice_of(choices[i].bytes, 2)};
        struct meeting m = meet(SERVER, &client, &aes128, true);
        m.liar->lie = lie_in_field;
        m.liar->about = &lie;
        expect_refusal(&m, choices[i].row, "resumed under another suite");
    }
}

/* The server says another ID than the one offered, so this is no resumption; and then goes on as if it were.
 */
static void test_resumption_the_client_did_not_hear_of(void **state)
{
    (void)state;
    for (size_t at = 0; at < SESSION_ID_MAX; at += 31) {
        struct field_lie lie = {SERVER_HELLO, "session_id", at, false, 1};
        struct meeting m = meet(SERVER, &client, &server, true);
        m.liar->lie = lie_in_field;
        m.liar->about = &lie;
        expect_refusal(&m, HF_EARLY_CHANGE_CIPHER_SPEC, "another session ID");
    }
    struct field_lie none = {SERVER_HELLO, "session_id", .bytes = slice_of("", 0)};
    struct meeting m = meet(SERVER, &client, &server, true);
    m.liar->lie = lie_in_field;
    m.liar->about = &none;
    expect_refusal(&m, HF_EARLY_CHANGE_CIPHER_SPEC, "no session ID");
}

/* And the other way round: it echoes the ID, but has no such session and sends its Certificate. */
static void echo_session_id(struct puppet *p, enum message m)
{
    if (m == SERVER_HELLO) {
        p->number = 1;
        lie_in_field(p, m);
    }
}

static void test_session_id_echoed_in_a_full_handshake(void **state)
{
    (void)state;
    struct meeting m = meet(SERVER, &client, &server, true);
    hf_bytes id = hf_session_id(m.session);
    struct field_lie lie = {SERVER_HELLO, "session_id", .bytes = slice_of(id.data, id.len)};
    session_store_forget(shared_config(&server)->settings.sessions, slice_of(id.data, id.len));
    m.liar->lie = echo_session_id;
    m.liar->about = &lie;
    expect_refusal(&m, HF_UNEXPECTED_MESSAGE, "a Certificate in a resumed handshake");
}

/* S11, RFC 5246 7.2.2: after any of this the session is not offered again, and the server does not have it.
 */
static void test_a_session_that_failed_is_forgotten(void **state)
{
    (void)state;
    struct field_lie lie = {FINISHED, "verify_data", 0, false, 1};
    for (int liar = CLIENT; liar <= SERVER; liar++) {
        struct meeting m = meet((enum side)liar, &client, &server, true);
        m.liar->lie = lie_in_field;
        m.liar->about = &lie;
        converse(m.liar->conn, m.subject);
        expect_refused(m.subject, m.liar->conn, HF_BAD_FINISHED, "a wrong Finished");
        hf_conn *c = honest_new(shared_config(&client), m.session),
                *s = honest_new(shared_config(&server), NULL);
        converse(c, s);
        expect_complete(c, s, "afterwards");
        assert_false(hf_negotiated(c)->resumed);
        hf_conn_free(c);
        hf_conn_free(s);
        part(&m);
    }
}

static int report(void **state)
{
    (void)state;
    shared_configs_free();
    print_message("%zu handshakes with a lie in them\n", counted);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_hello_that_chooses_what_was_not_offered),
        cmocka_unit_test(test_certificate_that_does_not_serve_the_suite),
        cmocka_unit_test(test_server_key_exchange_in_another_group),
        cmocka_unit_test(test_server_key_exchange_of_another_key_exchange),
        cmocka_unit_test(test_shares_that_are_no_points),
        cmocka_unit_test(test_shares_of_another_size),
        cmocka_unit_test(test_schemes_that_are_claimed),
        cmocka_unit_test(test_schemes_this_side_did_not_enable),
        cmocka_unit_test(test_signatures_with_a_wrong_byte),
        cmocka_unit_test(test_signatures_of_another_key),
        cmocka_unit_test(test_what_server_key_exchange_signs),
        cmocka_unit_test(test_messages_of_another_handshake),
        cmocka_unit_test(test_certificates_that_are_missing),
        cmocka_unit_test(test_chain_with_something_that_is_no_certificate),
        cmocka_unit_test(test_certificate_requests_that_nothing_fits),
        cmocka_unit_test(test_certificate_without_certificate_verify),
        cmocka_unit_test(test_finished_with_a_wrong_byte),
        cmocka_unit_test(test_finished_reflected),
        cmocka_unit_test(test_extended_master_secret_toggled_on_resumption),
        cmocka_unit_test(test_resumption_under_another_suite),
        cmocka_unit_test(test_resumption_the_client_did_not_hear_of),
        cmocka_unit_test(test_session_id_echoed_in_a_full_handshake),
        cmocka_unit_test(test_a_session_that_failed_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, report);
}
