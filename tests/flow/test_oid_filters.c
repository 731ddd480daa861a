/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

#include "base/memory.h"
#include "handshake/oid_filters.h"

/* oid_filters, RFC 8446 4.2.5: a client picks its certificate by what the server wants in it. */
enum { ILLEGAL = 47, DECODE_ERROR = 50, UNSUPPORTED = 43, REQUIRED = 116 };

static struct test_identity signer, agreer, mailer; /* clients that differ in usage and purpose */

static int make(void **state)
{
    (void)state;
    const struct test_spec specs[] = {
        {.cn = "signer", .usage = "critical,digitalSignature", .extended = "clientAuth"},
        {.cn = "agreer", .usage = "critical,digitalSignature,keyAgreement", .extended = "clientAuth"},
        {.cn = "mailer", .usage = "", .extended = "clientAuth,emailProtection"}};
    signer = test_identity_make(&specs[0]);
    agreer = test_identity_make(&specs[1]);
    mailer = test_identity_make(&specs[2]);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    test_identity_free(&signer);
    test_identity_free(&agreer);
    test_identity_free(&mailer);
    return 0;
}

static hf_config *asking(const char *const *filters)
{
    hf_config *c = test_server_config();
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    test_trust(c, test_pki()->root);
    assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUEST), HF_OK);
    for (; *filters; filters++) {
        assert_int_equal(hf_config_oid_filter(c, *filters, NULL), HF_OK);
    }
    return c;
}

static hf_config *having_three(void)
{
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
    test_add_identity(c, &signer);
    test_add_identity(c, &agreer);
    test_add_identity(c, &mailer);
    return c;
}

/* ---- what is picked ---- */
static const struct {
    const char *filters[4];
    const char *picked; /* NULL: none */
} picks[] = {
    {{NULL}, "CN=signer"},
    {{"keyUsage:digitalSignature", NULL}, "CN=signer"},
    {{"keyUsage:keyAgreement", NULL}, "CN=agreer"},
    {{"keyUsage:digitalSignature,keyAgreement", "extendedKeyUsage:clientAuth", NULL}, "CN=agreer"},
    {{"extendedKeyUsage:emailProtection", NULL}, "CN=mailer"},
    {{"extendedKeyUsage:1.3.6.1.5.5.7.3.4,clientAuth", NULL}, "CN=mailer"},
    {{"2.5.29.15", NULL}, "CN=signer"}, /* there at all, with any value */
    {{"2.5.29.15", "extendedKeyUsage:emailProtection", NULL}, NULL},
    {{"keyUsage:cRLSign", NULL}, NULL},
    {{"extendedKeyUsage:codeSigning", NULL}, NULL},
    {{"1.2.3.4:0500", NULL}, "CN=signer"}, /* "MUST ignore and skip any unrecognized" */
    {{"1.2.3.4", "keyUsage:keyAgreement", "2.999.1000000:", NULL}, "CN=agreer"},
    {{"2.5.29.15:30", NULL}, NULL},         /* values that are no BIT STRING nobody has */
    {{"2.5.29.15:03020780ff", NULL}, NULL}, /* nor what is behind one */
    {{"2.5.29.37:0101", NULL}, NULL},
    {{"2.5.29.37:30020500", NULL}, NULL},
};

static void the_first_that_meets_them_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof picks / sizeof *picks; i++) {
        struct pair *p = pair_take(having_three(), asking(picks[i].filters), TEST_HOST);
        pair_run(p);
        pair_assert_complete(p);
        const char *seen = hf_negotiated(p->server)->peer_subject;
        if (!picks[i].picked || !seen) {
            assert_true(!picks[i].picked && !seen);
            assert_true(hf_negotiated(p->client)->identity == HF_NO_IDENTITY);
        } else {
            assert_string_equal(seen, picks[i].picked);
        }
        pair_free(p);
    }
}

/* The same where the client is asked behind the handshake, RFC 8446 4.6.2. */
static void asked_later(void **state)
{
    (void)state;
    static const char *const filters[] = {"keyUsage:keyAgreement", NULL};
    hf_config *client = having_three(), *server = asking(filters);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_NONE), HF_OK);
    assert_int_equal(hf_config_post_handshake_auth(client, true), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    assert_int_equal(hf_request_client_certificate(p->server), HF_OK);
    pair_run(p);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=agreer");
    pair_free(p);
}

/* ---- what is on the wire ---- */
static void how_they_are_encoded(void **state)
{
    (void)state;
    static const char *const filters[] = {"keyUsage:digitalSignature,keyAgreement",
                                          "extendedKeyUsage:clientAuth", "2.999.300", NULL};
    static const uint8_t wanted[] = {5, 6,    3,    0x55, 0x1d, 15, 0,    4,    3,    2,    3,    0x88, 5, 6,
                                     3, 0x55, 0x1d, 37,   0,    12, 0x30, 10,   6,    8,    0x2b, 6,    1, 5,
                                     5, 7,    3,    2,    6,    6,  4,    0x88, 0x37, 0x82, 0x2c, 0,    0};
    hf_config *c = test_freeze(asking(filters));
    struct slice made = slice_of_span(c->settings.oid_filters);
    assert_int_equal(made.len, sizeof wanted);
    assert_memory_equal(made.data, wanted, sizeof wanted);
    hf_config_free(c);
}

/* ---- a server that lies: its request is changed behind its back ---- */
static void refused(struct slice body, hf_err err, uint8_t alert)
{
    static const char *const none[] = {NULL};
    struct pair *p = pair_take(having_three(), asking(none), TEST_HOST);
    struct config *c = &p->server->config->settings;
    struct buffer b = {.limit = 70000};
    struct slice was = slice_of_span(c->certificate_request13);
    size_t old = (size_t)was.data[5] << 8 | was.data[6], extensions = old + 4 + body.len;
    size_t whole = 1 + 2 + extensions;
    uint8_t head[] = {13, (uint8_t)(whole >> 16),     (uint8_t)(whole >> 8), (uint8_t)whole,
                      0,  (uint8_t)(extensions >> 8), (uint8_t)extensions};
    uint8_t one[] = {0, 48, (uint8_t)(body.len >> 8), (uint8_t)body.len};
    assert_int_equal(buffer_append(&b, slice_of(head, sizeof head)), OK);
    assert_int_equal(buffer_append(&b, slice_after(was, 7)), OK);
    assert_int_equal(buffer_append(&b, slice_of(one, sizeof one)), OK);
    assert_int_equal(buffer_append(&b, body), OK);
    assert_int_equal(memory_replace(&c->certificate_request13, buffer_slice(&b)), OK);
    buffer_free(&b);
    pair_run(p);
    if (err == HF_OK) {
        pair_assert_complete(p);
    } else {
        assert_non_null(hf_failed(p->client));
        assert_int_equal(hf_failed(p->client)->err, err);
        assert_int_equal(hf_failed(p->client)->alert, alert);
    }
    pair_free(p);
}

#define REFUSED(bytes, err, alert) refused(slice_of(bytes, sizeof(bytes) - 1), err, alert)
static void bodies_that_do_not_decode(void **state)
{
    (void)state;
    static const char good[] = "\0\14\5\6\3\x55\x1d\17\0\4\3\2\7\x80";
    REFUSED("\0\14\5\6\3\x55\x1d\17\0\4\3\2\7\x80", HF_OK, 0);
    for (size_t len = 0; len < sizeof good - 1; len++) {
        refused(slice_of(good, len), HF_MALFORMED_EXTENSION, DECODE_ERROR);
    }
    REFUSED("\0\0", HF_OK, 0); /* no filter */
    REFUSED("\0\14\5\6\3\x55\x1d\17\0\4\3\2\7\x80x", HF_MALFORMED_EXTENSION,
            DECODE_ERROR);                                                   /* one byte more */
    REFUSED("\0\3\0\0\0", HF_MALFORMED_EXTENSION, DECODE_ERROR);             /* an empty OID */
    REFUSED("\0\5\2\5\0\0\0", HF_MALFORMED_EXTENSION, DECODE_ERROR);         /* NULL is none */
    REFUSED("\0\5\2\6\0\0\0", HF_MALFORMED_EXTENSION, DECODE_ERROR);         /* nor is one without bytes */
    REFUSED("\0\7\4\6\1\52x\0\0", HF_MALFORMED_EXTENSION, DECODE_ERROR);     /* nor one with more behind it */
    REFUSED("\0\14\3\6\1\52\0\0\3\6\1\52\0\0", HF_BAD_OID_FILTERS, ILLEGAL); /* twice */
}

static void too_many(void **state)
{
    (void)state;
    for (size_t count = OID_FILTERS_MAX; count <= OID_FILTERS_MAX + 1; count++) {
        uint8_t body[2 + 7 * (OID_FILTERS_MAX + 1)];
        struct writer w = writer_of(body, sizeof body);
        size_t mark = write_open(&w, 2);
        for (size_t i = 0; i < count; i++) {
            uint8_t oid[] = {6, 2, 0x2a, (uint8_t)i};
            write_vector(&w, 1, slice_of(oid, sizeof oid));
            write_number(&w, 0, 2);
        }
        write_close(&w, mark, 2);
        refused(written(&w), count == OID_FILTERS_MAX ? HF_OK : HF_BAD_OID_FILTERS, ILLEGAL);
    }
}

/* ---- a client that does not care ---- */
/* The server wants more than its request says. */
static void a_certificate_that_does_not_meet_them(void **state)
{
    (void)state;
    static const char *const none[] = {NULL}, *const filters[] = {"keyUsage:keyAgreement", NULL};
    hf_config *other = asking(filters);
    struct pair *p = pair_take(having_three(), asking(none), TEST_HOST);
    struct config *c = &p->server->config->settings;
    assert_int_equal(memory_replace(&c->oid_filters, slice_of_span(other->settings.oid_filters)), OK);
    pair_run(p);
    assert_non_null(hf_failed(p->server));
    assert_int_equal(hf_failed(p->server)->err, HF_OID_FILTERS_NOT_MET);
    assert_int_equal(hf_failed(p->server)->alert, UNSUPPORTED);
    assert_non_null(strstr(hf_failed(p->server)->detail, "CN=signer"));
    pair_free(p);
    hf_config_free(other);
}

static void none_that_meets_them_where_one_is_required(void **state)
{
    (void)state;
    static const char *const filters[] = {"keyUsage:cRLSign", NULL};
    hf_config *server = asking(filters);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct pair *p = pair_take(having_three(), server, TEST_HOST);
    pair_run(p);
    assert_int_equal(hf_failed(p->server)->err, HF_CERTIFICATE_REQUIRED);
    assert_int_equal(hf_failed(p->server)->alert, REQUIRED);
    pair_free(p);
}

/* A session made under other filters is another's. */
static void sessions_are_bound_to_them(void **state)
{
    (void)state;
    static const char *const none[] = {NULL}, *const filters[] = {"keyUsage:digitalSignature", NULL};
    hf_config *a = test_freeze(asking(none)), *b = test_freeze(asking(filters)),
              *c = test_freeze(asking(none));
    assert_memory_not_equal(a->settings.context, b->settings.context, 32);
    assert_memory_equal(a->settings.context, c->settings.context, 32);
    hf_config_free(a);
    hf_config_free(b);
    hf_config_free(c);
}

static void the_setter_judges(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        ":",
                                        "keyUsage",
                                        "keyUsage:",
                                        "keyUsage:sign",
                                        "keyUsage:digitalSignature,,keyAgreement", /* or the rest is lost */
                                        "keyUsage:,digitalSignature",
                                        "keyUsage:digitalSignature,",
                                        "extendedKeyUsage:clientAuth,,codeSigning",
                                        "extendedKeyUsage:clientAuth,",
                                        "extendedKeyUsage:",
                                        "extendedKeyUsage:mail",
                                        "3.1",
                                        "1.40",
                                        "1",
                                        "1.",
                                        ".1",
                                        "1..2",
                                        "a.b",
                                        "1.2.3:0",
                                        "1.2.3:zz",
                                        "1.2.4294967296"};
    hf_problem why;
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_oid_filter(client, "1.2.3", NULL), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_oid_filter(server, NULL, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_oid_filter(NULL, "1.2.3", NULL), HF_NULL_ARGUMENT);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (hf_config_oid_filter(server, wrong[i], &why) != HF_UNKNOWN_NAME) {
            fail_msg("\"%s\" was taken", wrong[i]);
        }
        assert_non_null(strstr(why.sentence, "extendedKeyUsage"));
    }
    /* RFC 8446 4.2.5: "The special anyExtendedKeyUsage OID MUST NOT be used in the request." */
    static const char *const any[] = {"extendedKeyUsage:2.5.29.37.0",
                                      "extendedKeyUsage:clientAuth,2.5.29.37.0",
                                      "2.5.29.37:30060604551d2500"};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        assert_int_equal(hf_config_oid_filter(server, any[i], &why), HF_BAD_ARGUMENT);
        assert_non_null(strstr(why.sentence, "anyExtendedKeyUsage"));
    }
    assert_int_equal(hf_config_oid_filter(server, "1.2.3", &why), HF_OK);
    assert_int_equal(hf_config_oid_filter(server, "1.2.3:0500", &why), HF_BAD_ARGUMENT);
    test_freeze(server);
    assert_int_equal(hf_config_oid_filter(server, "1.2.4", &why), HF_CONFIG_FROZEN);
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_meets_them_all),
        cmocka_unit_test(asked_later),
        cmocka_unit_test(how_they_are_encoded),
        cmocka_unit_test(bodies_that_do_not_decode),
        cmocka_unit_test(too_many),
        cmocka_unit_test(a_certificate_that_does_not_meet_them),
        cmocka_unit_test(none_that_meets_them_where_one_is_required),
        cmocka_unit_test(sessions_are_bound_to_them),
        cmocka_unit_test(the_setter_judges),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
