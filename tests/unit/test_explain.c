/* SPDX-License-Identifier: MIT */
/* Rules of flow explain whose causes no honest peer makes: events as a lying or broken one would leave them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/explain.h"

static void step(struct trace *t, hf_side by, const char *name, unsigned epoch, hf_bytes message)
{
    hf_event event = {.kind = HF_EVENT_STEP,
                      .by = by,
                      .seen_by = by,
                      .name = name,
                      .rfc = "",
                      .epoch = epoch,
                      .version = 0x0303,
                      .suite = 0xc02b,
                      .message = message,
                      .size = message.len,
                      .text = ""};
    trace_watch(t, &event);
}

static void alert_from(struct trace *t, hf_side by, uint8_t alert)
{
    hf_event event = {.kind = HF_EVENT_ALERT,
                      .by = by,
                      .seen_by = by,
                      .name = "",
                      .rfc = "",
                      .text = "",
                      .alert_level = 2,
                      .alert = alert,
                      .epoch = 1};
    trace_watch(t, &event);
}

/* SILENT for a rule that does not speak; NULL out: only that. */
static enum sureness ask(const struct trace *t, const char *id, const char *word)
{
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        if (strcmp(rule_at(i)->id, id) == 0) {
            struct finding finding = {.rfc = NULL};
            enum sureness sure = rule_at(i)->test(t, &finding);
            if (sure != SILENT && strstr(text_string(&finding.what), word) == NULL) {
                fail_msg("%s: %s", id, text_string(&finding.what));
            }
            text_free(&finding.what);
            return sure;
        }
    }
    fail_msg("no rule %s", id);
    return SILENT;
}

/* RFC 5246 7.4.9 */
static void a_finished_that_is_refused_is_likely_to_differ(void **state)
{
    struct trace t;
    (void)state;
    trace_start(&t, "");
    step(&t, HF_CLIENT, "Finished", 1, (hf_bytes){0});
    alert_from(&t, HF_SERVER, 51);
    assert_int_equal(ask(&t, "finished-differs", "the client's Finished"), LIKELY);
    trace_free(&t);
    trace_start(&t, "");
    step(&t, HF_CLIENT, "CertificateVerify", 0, (hf_bytes){0}); /* the same alert, of a signature */
    alert_from(&t, HF_SERVER, 51);
    assert_int_equal(ask(&t, "finished-differs", ""), SILENT);
    trace_free(&t);
}

/* RFC 7627 5.3 */
static void a_session_with_another_extended_master_secret_is_named(void **state)
{
    hf_event event = {.kind = HF_EVENT_RESUMPTION,
                      .seen_by = HF_SERVER,
                      .name = "",
                      .rfc = "",
                      .text = "",
                      .resumption = HF_SESSION_EMS};
    struct trace t;
    (void)state;
    trace_start(&t, "");
    trace_watch(&t, &event);
    assert_int_equal(ask(&t, "extended-master-secret", "differ in extended_master_secret"), CERTAIN);
    assert_int_equal(ask(&t, "not-resumed", hf_resumption_sentence(HF_SESSION_EMS)), CERTAIN);
    trace_free(&t);
}

/* RFC 5746 3.4, 3.6 */
static void a_hello_without_renegotiation_info_is_noticed(void **state)
{
    static const uint8_t with[] = {2, 0, 0, 45, 3, 3,    0,    0, 0, 0, 0,    0, 0, 0, 0, 0, 0,
                                   0, 0, 0, 0,  0, 0,    0,    0, 0, 0, 0,    0, 0, 0, 0, 0, 0,
                                   0, 0, 0, 0,  0, 0xc0, 0x2b, 0, 0, 5, 0xff, 1, 0, 1, 0};
    uint8_t without[42];
    struct trace t;
    (void)state;
    trace_start(&t, "");
    step(&t, HF_SERVER, "ServerHello", 0, (hf_bytes){with, sizeof with});
    assert_int_equal(ask(&t, "renegotiation-info-missing", ""), SILENT);
    trace_free(&t);
    memcpy(without, with, sizeof without);
    without[3] = 38; /* no extensions at all */
    trace_start(&t, "");
    step(&t, HF_SERVER, "ServerHello", 0, (hf_bytes){without, sizeof without});
    assert_int_equal(ask(&t, "renegotiation-info-missing", "lacks renegotiation_info"), CERTAIN);
    trace_free(&t);
}

/* ---- renegotiation_info, RFC 5746 3.5, 3.7 ---- */
static const uint8_t nothing[1];
enum { HELLO = 4 + 2 + 32 + 1, INFO = 5 };

/* A hello whose only extension is renegotiation_info with these bytes. */
static hf_bytes hello_with(uint8_t room[128], hf_side by, const uint8_t *info, uint8_t len)
{
    static const uint8_t client[] = {0, 2, 0xc0, 0x2b, 1, 0}, server[] = {0xc0, 0x2b, 0};
    size_t at = HELLO, fixed = by == HF_CLIENT ? sizeof client : sizeof server;
    memset(room, 0, 128);
    room[0] = by == HF_CLIENT ? 1 : 2;
    room[4] = room[5] = 3;
    memcpy(room + at, by == HF_CLIENT ? client : server, fixed);
    at += fixed;
    memcpy(room + at, (uint8_t[]){0, (uint8_t)(INFO + len), 0xff, 1, 0, (uint8_t)(len + 1), len}, 7);
    memcpy(room + at + 7, info, len);
    room[3] = (uint8_t)(at + 7 + len - 4);
    return (hf_bytes){room, at + 7 + len};
}

static void first_handshake(struct trace *t)
{
    static const uint8_t client[] = {20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                         server[] = {20, 0, 0, 12, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
    uint8_t room[128];
    trace_start(t, "");
    step(t, HF_CLIENT, "ClientHello", 0, hello_with(room, HF_CLIENT, nothing, 0));
    step(t, HF_SERVER, "ServerHello", 0, hello_with(room, HF_SERVER, nothing, 0));
    step(t, HF_CLIENT, "Finished", 1, (hf_bytes){client, sizeof client});
    step(t, HF_SERVER, "Finished", 1, (hf_bytes){server, sizeof server});
}

static void a_renegotiation_of_another_connection_is_noticed(void **state)
{
    static const uint8_t both[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                   21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
    static const char rule[] = "renegotiation-info-differs";
    uint8_t room[128];
    struct trace t;
    (void)state;
    first_handshake(&t);
    step(&t, HF_CLIENT, "ClientHello", 1, hello_with(room, HF_CLIENT, both, 12));
    step(&t, HF_SERVER, "ServerHello", 1, hello_with(room, HF_SERVER, both, 24));
    assert_int_equal(ask(&t, rule, ""), SILENT);
    trace_free(&t);
    first_handshake(&t);
    step(&t, HF_CLIENT, "ClientHello", 1,
         hello_with(room, HF_CLIENT, nothing, 0)); /* as if it were a first one */
    assert_int_equal(ask(&t, rule, "in the client's hello"), CERTAIN);
    trace_free(&t);
    first_handshake(&t);
    step(&t, HF_CLIENT, "ClientHello", 1, hello_with(room, HF_CLIENT, both, 12));
    step(&t, HF_SERVER, "ServerHello", 1, hello_with(room, HF_SERVER, both, 12));
    assert_int_equal(ask(&t, rule, "in the server's hello"), CERTAIN);
    trace_free(&t);
}

/* RFC 5246 7.4.9: what an observer computes himself is no guess. */
static void a_verify_data_that_does_not_hold_is_certain(void **state)
{
    hf_event check = {.kind = HF_EVENT_CHECK,
                      .seen_by = HF_SERVER,
                      .name = "verify_data",
                      .rfc = "",
                      .text = "",
                      .about = "Finished"};
    struct trace t;
    (void)state;
    trace_start(&t, "");
    trace_watch(&t, &check);
    assert_int_equal(ask(&t, "finished-differs", "that the server checked"), CERTAIN);
    trace_free(&t);
    check.passed = true;
    trace_start(&t, "");
    trace_watch(&t, &check);
    assert_int_equal(ask(&t, "finished-differs", ""), SILENT);
    trace_free(&t);
}

/* ---- what is no TLS, and who goes away ---- */
static void a_peer_that_speaks_something_else_did_not_merely_close(void **state)
{
    hf_event lost = {.kind = HF_EVENT_HIDDEN, .by = HF_SERVER, .name = "", .rfc = "", .text = "x"};
    hf_event closed = {
        .kind = HF_EVENT_CLOSED, .by = HF_CLIENT, .name = "", .rfc = "", .text = "", .err = HF_TRUNCATED};
    struct trace t;
    (void)state;
    trace_start(&t, "");
    step(&t, HF_CLIENT, "ClientHello", 0, (hf_bytes){0});
    trace_watch(&t, &closed);
    assert_int_equal(ask(&t, "closed-in-handshake", "behind the client's ClientHello, in flight 1"), CERTAIN);
    lost.err = HF_PEER_SPEAKS_SSH;
    trace_watch(&t, &lost);
    assert_int_equal(ask(&t, "closed-in-handshake", ""), SILENT);
    assert_int_equal(ask(&t, "other-protocol", "The server speaks SSH"), CERTAIN);
    trace_free(&t);
    trace_start(&t, ""); /* bytes that are missing in a capture are no other protocol */
    lost.err = HF_TRUNCATED;
    trace_watch(&t, &lost);
    assert_int_equal(ask(&t, "other-protocol", ""), SILENT);
    trace_free(&t);
}

static void flights_are_counted_where_the_sender_changes(void **state)
{
    hf_event closed = {
        .kind = HF_EVENT_CLOSED, .by = HF_SERVER, .name = "", .rfc = "", .text = "", .err = HF_TRUNCATED};
    struct trace t;
    (void)state;
    trace_start(&t, "");
    step(&t, HF_CLIENT, "ClientHello", 0, (hf_bytes){0});
    step(&t, HF_SERVER, "ServerHello", 0, (hf_bytes){0});
    step(&t, HF_SERVER, "ServerHelloDone", 0, (hf_bytes){0});
    step(&t, HF_CLIENT, "ClientKeyExchange", 0, (hf_bytes){0});
    trace_watch(&t, &closed);
    assert_int_equal(ask(&t, "closed-in-handshake", "ClientKeyExchange, in flight 3"), CERTAIN);
    trace_free(&t);
}

/* RFC 8879, RFC 8446 5.2: what was shown came compressed, or nobody here could read it. */
static void a_certificate_that_was_not_seen_has_no_dates(void **state)
{
    struct trace t;
    (void)state;
    trace_start(&t, "");
    step(&t, HF_SERVER, "CompressedCertificate", 1, (hf_bytes){0});
    alert_from(&t, HF_CLIENT, 45);
    assert_int_equal(ask(&t, "clocks-differ", ""), SILENT);
    assert_int_equal(ask(&t, "certificate-expired", ""), SILENT);
    trace_free(&t);
}

static void every_rule_has_an_id_and_a_remedy_of_its_own_or_of_its_errors(void **state)
{
    struct trace t;
    (void)state;
    trace_start(&t, "");
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        assert_true(rule_at(i)->id[0] != '\0');
        assert_true(i == 0 || (rule_at(i)->rfc[0] != '\0' && rule_at(i)->remedy[0] != '\0'));
        for (size_t other = 0; other < i; other++) {
            assert_string_not_equal(rule_at(i)->id, rule_at(other)->id);
        }
        assert_int_equal(ask(&t, rule_at(i)->id, ""), SILENT); /* where nothing happened nobody speaks */
    }
    trace_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finished_that_is_refused_is_likely_to_differ),
        cmocka_unit_test(a_session_with_another_extended_master_secret_is_named),
        cmocka_unit_test(a_hello_without_renegotiation_info_is_noticed),
        cmocka_unit_test(a_renegotiation_of_another_connection_is_noticed),
        cmocka_unit_test(a_verify_data_that_does_not_hold_is_certain),
        cmocka_unit_test(a_peer_that_speaks_something_else_did_not_merely_close),
        cmocka_unit_test(flights_are_counted_where_the_sender_changes),
        cmocka_unit_test(a_certificate_that_was_not_seen_has_no_dates),
        cmocka_unit_test(every_rule_has_an_id_and_a_remedy_of_its_own_or_of_its_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
