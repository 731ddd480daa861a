/* SPDX-License-Identifier: MIT */
#include "trace_events.h"

#include <stdlib.h>
#include <string.h>

/* Pictures are pure functions of the event log: synthetic logs in, exact strings out. */
static void ladder_is_drawn_exactly(void **state)
{
    (void)state;
    static const char expected[] =
        "a title\n"
        "\n"
        "client                                              server\n"
        "  │                                                    │\n"
        "  │╌╌ ClientHello ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌>│  clear    135 bytes\n"
        "  │                      look up the offered session · │\n"
        "  │<╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ServerHello ╌╌│  clear     95 bytes\n"
        "  │          TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256   │\n"
        "  │<═══════════════════════════════════════ Finished ══│  e1        16 bytes\n"
        "  │══ data ×2 ════════════════════════════════════════>│  e1      2000 bytes\n"
        "  │<══════════════════════════ Alert unknown_ca (48) ══│  e1         2 bytes\n"
        "  │      the client's certificate was refused by the ✗ │\n"
        "  │    server: its issuer is not one that the server   │\n"
        "  │                                           trusts   │\n";
    struct trace t;
    a_short_connection(&t);
    char *ladder = drawn(&t, "ladder", (struct picture){.width = 76});
    assert_string_equal(ladder, expected);
    free(ladder);
    trace_free(&t);
}

static void ladder_is_drawn_exactly_in_ascii(void **state)
{
    (void)state;
    static const char expected[] =
        "a title\n"
        "\n"
        "client                                              server\n"
        "  |                                                    |\n"
        "  |-- ClientHello ------------------------------------>|  clear    135 bytes\n"
        "  |                      look up the offered session . |\n"
        "  |<------------------------------------ ServerHello --|  clear     95 bytes\n"
        "  |          TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256   |\n"
        "  |<======================================= Finished ==|  e1        16 bytes\n"
        "  |== data x2 ========================================>|  e1      2000 bytes\n"
        "  |<========================== Alert unknown_ca (48) ==|  e1         2 bytes\n"
        "  |      the client's certificate was refused by the x |\n"
        "  |    server: its issuer is not one that the server   |\n"
        "  |                                           trusts   |\n";
    struct trace t;
    a_short_connection(&t);
    char *ladder = drawn(&t, "ladder", (struct picture){.width = 76, .ascii = true});
    assert_string_equal(ladder, expected);
    free(ladder);
    trace_free(&t);
}

static void compact_is_drawn_exactly(void **state)
{
    (void)state;
    struct trace t;
    a_short_connection(&t);
    char *compact = drawn(&t, "compact", (struct picture){.width = 80, .ascii = true});
    assert_string_equal(compact, "a title\n"
                                 "C>S ClientHello        clear 135 bytes\n"
                                 " S  look_up_session\n"
                                 "S>C ServerHello        clear 95 bytes\n"
                                 "S>C Finished           e1    16 bytes\n"
                                 "C>S data x2            e1    2000 bytes\n"
                                 "S>C Alert unknown_ca (48) e1\n");
    free(compact);
    trace_free(&t);
}

/* RFC 8446 2: ( ) { } [ ] say which keys, in every format that draws names; what has none has no brackets. */
static void tls13_has_the_brackets_of_its_rfc(void **state)
{
    (void)state;
    static const char expected[] = "TLS 1.3\n"
                                   "\n"
                                   "client                                    server\n"
                                   "  |                                          |\n"
                                   "  |-- ClientHello -------------------------->|  clear    200 bytes\n"
                                   "  |== (data) ===============================>|  e1         5 bytes\n"
                                   "  |<================ {EncryptedExtensions} ==|  e2        40 bytes\n"
                                   "  |                      a step of its own . |\n"
                                   "  |== [KeyUpdate] ==========================>|  e3         5 bytes\n"
                                   "\n"
                                   "( ) under the keys of early data\n"
                                   "{ } under the keys of the handshake\n"
                                   "[ ] under the keys of application data\n";
    const hf_event events[] = {
        {.kind = HF_EVENT_STEP, .name = "ClientHello", .size = 200, .record = 1},
        {.kind = HF_EVENT_DATA, .size = 5, .record = 2, .epoch = 1, .keys = "early data"},
        {.kind = HF_EVENT_STEP,
         .by = HF_SERVER,
         .name = "EncryptedExtensions",
         .size = 40,
         .record = 1,
         .epoch = 2,
         .keys = "handshake"},
        {.kind = HF_EVENT_STEP,
         .by = HF_SERVER,
         .seen_by = HF_SERVER,
         .name = "sign",
         .local = true,
         .text = "a step of its own",
         .epoch = 2,
         .keys = "handshake"},
        {.kind = HF_EVENT_STEP,
         .name = "KeyUpdate",
         .size = 5,
         .record = 3,
         .epoch = 3,
         .keys = "application"},
    };
    struct trace t;
    trace_start(&t, "TLS 1.3");
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        trace_watch(&t, &events[i]);
    }
    char *ladder = drawn(&t, "ladder", (struct picture){.width = 66, .ascii = true}),
         *compact = drawn(&t, "compact", (struct picture){.width = 40, .ascii = true}),
         *list = drawn(&t, "list", (struct picture){.width = 80}),
         *json = drawn(&t, "json", (struct picture){.width = 80});
    assert_string_equal(ladder, expected);
    assert_non_null(strstr(compact, "S>C {EncryptedExtensions} e2 40 bytes\n"));
    assert_non_null(strstr(compact, " S  sign\n"));
    assert_non_null(strstr(list, "KeyUpdate protected by the keys of e3 (application)"));
    assert_non_null(strstr(json, "\"epoch\":1,\"keys\":\"early data\""));
    assert_null(strstr(json, "\"epoch\":0,\"keys\""));
    free(ladder);
    free(compact);
    free(list);
    free(json);
    trace_free(&t);
}

static void list_says_whole_sentences(void **state)
{
    (void)state;
    struct trace t;
    a_short_connection(&t);
    char *list = drawn(&t, "list", (struct picture){.width = 80});
    assert_string_equal(
        list,
        "a title\n"
        "1. The client sends ClientHello in the clear, 135 bytes (RFC 5246 7.4).\n"
        "2. The server does a step of its own: look up the offered session.\n"
        "3. The server sends ServerHello in the clear, 95 bytes: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 (RFC 5246 7.4).\n"
        "4. The server sends Finished protected by the keys of e1, 16 bytes (RFC 5246 7.4).\n"
        "5. The client sends 2000 bytes of application data in 2 records, protected by the keys of e1.\n"
        "6. The server sends the client the fatal alert unknown_ca (48), e1: the client's certificate was refused by the "
        "server: its issuer is not one that the server trusts.\n");
    free(list);
    trace_free(&t);
}

static void json_is_one_object_a_line(void **state)
{
    (void)state;
    struct trace t;
    trace_start(&t, "");
    hf_event hello = event_step(HF_CLIENT, "ClientHello", 0, 135);
    hello.record = 1;
    hello.text = "say \"hi\"\n";
    trace_watch(&t, &hello);
    char *json = drawn(&t, "json", (struct picture){.width = 80});
    assert_string_equal(
        json,
        "{\"event\":\"step\",\"by\":\"client\",\"seen_by\":\"client\",\"name\":\"ClientHello\",\"local\":false,\"epoch\":0,"
        "\"size\":135,\"record\":1,\"text\":\"say \\\"hi\\\"\\u000a\",\"rfc\":\"RFC 5246 7.4\"}\n");
    free(json);
    trace_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladder_is_drawn_exactly),   cmocka_unit_test(ladder_is_drawn_exactly_in_ascii),
        cmocka_unit_test(compact_is_drawn_exactly),  cmocka_unit_test(tls13_has_the_brackets_of_its_rfc),
        cmocka_unit_test(list_says_whole_sentences), cmocka_unit_test(json_is_one_object_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
