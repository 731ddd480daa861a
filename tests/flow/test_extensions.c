/* SPDX-License-Identifier: MIT */
#include "edited_hello.h"

/* Which extensions stand where, and how often. */
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
        edit_refused(CLIENT, &(struct edit){.kind = TWICE, .code = in_client_hello[i]},
                     HF_DUPLICATE_EXTENSION);
    }
    for (size_t i = 0; i < COUNT(in_server_hello); i++) {
        edit_refused(SERVER, &(struct edit){.kind = TWICE, .code = in_server_hello[i]},
                     HF_DUPLICATE_EXTENSION);
    }
    /* apart from each other, with another body */
    for (size_t i = 0; i < COUNT(in_client_hello); i++) {
        edit_refused(CLIENT, &(struct edit){.kind = ADD, .code = in_client_hello[i]}, HF_DUPLICATE_EXTENSION);
        edit_refused(CLIENT, &(struct edit){.kind = ADD_FIRST, .code = in_client_hello[i]},
                     HF_DUPLICATE_EXTENSION);
    }
}

/* ADD of a code that an earlier ADD put there: two unknown ones are no better than two known ones. */
static void add_twice(struct puppet *p, enum message m)
{
    apply_edit(p, m);
    if (m == CLIENT_HELLO) {
        apply_edit(p, m);
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
        expect_refusal(&m, HF_DUPLICATE_EXTENSION, edit_label(CLIENT, &e));
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
                edit_refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
                continue;
            }
            bool ignored = !has(known, COUNT(known), e.code);
            if (ignored) {
                edit_accepted(CLIENT, &e);
            }
            edit_refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
            e.kind = ADD_FIRST;
            if (ignored) {
                edit_accepted(CLIENT, &e);
            }
            edit_refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
        }
    }
    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct edit e = {.kind = ADD, .code = unknown[i], .bytes = slice_of(body, 1)};
        edit_accepted(CLIENT, &e);
        edit_refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
    }
}

/* C2: known to us, but offered only by a client with CBC suites; a server with none has nothing to answer. */
static void test_encrypt_then_mac_where_no_suite_is_cbc(void **state)
{
    (void)state;
    static const uint8_t body[] = {0};
    struct edit e = {.kind = ADD, .code = EXTENSION_ENCRYPT_THEN_MAC};
    edit_accepted(CLIENT, &e);
    edit_refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
    e.bytes = slice_of(body, 1);
    edit_refused(CLIENT, &e, HF_MALFORMED_EXTENSION);
    edit_refused(SERVER, &e, HF_UNSOLICITED_EXTENSION);
}

/* S5: known to us, but this client did not offer it. */
static void test_an_answer_to_what_this_client_did_not_offer(void **state)
{
    (void)state;
    struct edit e = {.kind = ADD, .code = ALPN, .bytes = slice_of("\0\3\2h2", 5)};
    struct meeting m = tell_edit(SERVER, &plain_client, &e);
    expect_refused(m.subject, m.liar->conn, HF_UNSOLICITED_EXTENSION, "ALPN to a client without");
    part(&m);
}

/* RFC 5246 7.4.1.4.1: servers MUST NOT send it; supported_groups deployed servers do send, RFC 8422 5.2 */
static void test_misplaced_extensions(void **state)
{
    (void)state;
    edit_refused(SERVER, &(struct edit){.kind = ADD, .code = SCHEMES, .bytes = slice_of("\0\2\4\3", 4)},
                 HF_MISPLACED_EXTENSION);
    edit_accepted(SERVER, &(struct edit){.kind = ADD, .code = GROUPS, .bytes = slice_of("\0\2\0\27", 4)});
    /* RFC 8446 4.2: specified for CertificateRequest alone */
    edit_refused(CLIENT,
                 &(struct edit){.kind = ADD, .code = EXTENSION_OID_FILTERS, .bytes = slice_of("\0\0", 2)},
                 HF_MISPLACED_EXTENSION);
}

static void test_how_many_extensions(void **state)
{
    (void)state;
    size_t own = COUNT(in_client_hello); /* beside `count` more behind the first */
    struct edit e = {.kind = ADD, .code = 0x4000, .count = 128 - own - 1};
    edit_accepted(CLIENT, &e);
    e.count++;
    edit_refused(CLIENT, &e, HF_MALFORMED_EXTENSION);
    e.count = 10000;
    edit_refused(CLIENT, &e, HF_MALFORMED_EXTENSION);
}

static void test_extensions_that_are_missing(void **state)
{
    (void)state;
    edit_refused(CLIENT, &(struct edit){.kind = NO_BLOCK}, HF_NO_SIGNATURE_ALGORITHMS); /* S8 */
    edit_refused(CLIENT, &(struct edit){.kind = EMPTY_BLOCK}, HF_NO_SIGNATURE_ALGORITHMS);
    edit_refused(CLIENT, &(struct edit){.kind = REMOVE, .code = SCHEMES}, HF_NO_SIGNATURE_ALGORITHMS);
    /* RFC 8422 4, RFC 6066 3, RFC 7301: one can do without the others */
    static const uint16_t optional[] = {SNI, GROUPS, POINTS, ALPN, EMS, RSL};
    for (size_t i = 0; i < COUNT(optional); i++) {
        edit_accepted(CLIENT, &(struct edit){.kind = REMOVE, .code = optional[i]});
    }
    edit_refused(SERVER, &(struct edit){.kind = NO_BLOCK}, HF_INSECURE_RENEGOTIATION_PEER); /* N3 */
    edit_refused(SERVER, &(struct edit){.kind = EMPTY_BLOCK}, HF_INSECURE_RENEGOTIATION_PEER);
    edit_refused(SERVER, &(struct edit){.kind = REMOVE, .code = RI}, HF_INSECURE_RENEGOTIATION_PEER);
    static const uint16_t silent[] = {SNI, POINTS, ALPN, RSL};
    for (size_t i = 0; i < COUNT(silent); i++) {
        edit_accepted(SERVER, &(struct edit){.kind = REMOVE, .code = silent[i]});
    }
}

/* RFC 7627 5: taken out of one hello on its way, it gives two master secrets: nobody completes. */
static void test_extended_master_secret_taken_out_of_server_hello(void **state)
{
    (void)state;
    struct edit e = {.kind = REMOVE, .code = EMS};
    struct meeting m = tell_edit(SERVER, &client_trait, &e);
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
    struct meeting m = tell_edit(CLIENT, &client_trait, &e);
    expect_complete(m.liar->conn, m.subject, "signature_algorithms and the SCSV alone");
    assert_true(hf_negotiated(m.subject)->secure_renegotiation);
    assert_true(hf_negotiated(m.liar->conn)->secure_renegotiation);
    assert_false(hf_negotiated(m.subject)->extended_master_secret);
    part(&m);
    struct edit both = {.kind = FIELD, .suites = &suites};
    edit_accepted(CLIENT, &both);
    /* neither: the server goes on, and says nothing of it (RFC 5746 3.6); our client would not: N3 */
    static const struct slice none = {(const uint8_t *)"\xc0\x2b", 2};
    struct edit neither = {.kind = REMOVE, .code = RI, .suites = &none};
    m = tell_edit(CLIENT, &client_trait, &neither);
    assert_int_equal(hf_failed(m.liar->conn)->err, HF_INSECURE_RENEGOTIATION_PEER);
    assert_false(hf_negotiated(m.subject)->secure_renegotiation);
    part(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
