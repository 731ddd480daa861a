/* SPDX-License-Identifier: MIT */
#include "meeting.h"

/*
 * A server that chooses what was not offered, and shares that are no points of their group: at their place
 * and well formed. Each gives exactly one row, its alert to the liar, and a connection that accepts nothing
 * more. Checklist S4, S5, K4.
 */
static const struct trait client = {.side = CLIENT}, server = {.side = SERVER},
                          server_rsa = {.side = SERVER, .key = TEST_RSA};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_hello_that_chooses_what_was_not_offered),
        cmocka_unit_test(test_server_key_exchange_in_another_group),
        cmocka_unit_test(test_server_key_exchange_of_another_key_exchange),
        cmocka_unit_test(test_shares_that_are_no_points),
        cmocka_unit_test(test_shares_of_another_size),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
