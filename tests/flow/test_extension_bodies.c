/* SPDX-License-Identifier: MIT */
#include "edited_hello.h"

/* Bodies of extensions that are not what their RFC says, in hellos that are right in everything else.
 * Checklist E1. */
#define BODY(code, text, row)             \
    {                                     \
        code, text, sizeof(text) - 1, row \
    }

#define BAD HF_MALFORMED_EXTENSION

#define LABEL63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"

static void try_bodies(enum side liar, const struct body *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct edit e = {.kind = REPLACE, .code = b[i].code, .bytes = slice_of(b[i].bytes, b[i].len)};
        if (b[i].row == HF_OK) {
            edit_accepted(liar, &e);
        } else {
            edit_refused(liar, &e, b[i].row);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_in_client_hello),
        cmocka_unit_test(test_bodies_in_server_hello),
    };
    return cmocka_run_group_tests(tests, NULL, meetings_teardown);
}
