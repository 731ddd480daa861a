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
        cmocka_unit_test(every_rule_has_an_id_and_a_remedy_of_its_own_or_of_its_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
