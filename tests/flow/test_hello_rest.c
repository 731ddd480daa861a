/* SPDX-License-Identifier: MIT */
#include "edited_hello.h"

/* The rest of the hellos: session IDs, compression, suites, versions. */
/* ---- the rest of the hellos ---- */
static void test_session_ids_of_every_length(void **state)
{
    (void)state;
    static const uint8_t bytes[SESSION_ID_MAX] = {9, 8, 7};
    for (size_t len = 0; len <= SESSION_ID_MAX; len++) {
        struct slice id = slice_of(bytes, len);
        struct edit e = {.kind = FIELD, .session_id = &id};
        struct meeting m = tell_edit(CLIENT, &client_trait, &e);
        expect_complete(m.liar->conn, m.subject, "a session ID nobody knows");
        assert_false(hf_negotiated(m.subject)->resumed);
        assert_int_equal(hf_negotiated(m.subject)->resumption, len ? HF_SESSION_FOREIGN : HF_NOT_OFFERED);
        part(&m);
        m = tell_edit(SERVER, &client_trait, &e);
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
            edit_accepted(CLIENT, &e);
        } else {
            edit_refused(CLIENT, &e, lists[i].row);
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
            edit_accepted(CLIENT, &e);
        } else {
            edit_refused(CLIENT, &e, lists[i].row);
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
        edit_accepted(CLIENT, &(struct edit){.kind = FIELD, .version = &above[i]});
        edit_accepted(CLIENT, &(struct edit){.kind = FIELD, .version = &above[i], .suites = &fallback});
    }
    for (size_t i = 0; i < COUNT(below); i++) {
        edit_refused(CLIENT, &(struct edit){.kind = FIELD, .version = &below[i]}, HF_NO_COMMON_VERSION);
        edit_refused(CLIENT, &(struct edit){.kind = FIELD, .version = &below[i], .suites = &fallback},
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
        cmocka_unit_test(test_session_ids_of_every_length),
        cmocka_unit_test(test_compression_methods),
        cmocka_unit_test(test_suite_lists),
        cmocka_unit_test(test_client_versions),
        cmocka_unit_test(test_record_versions_of_the_first_client_hello),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
