/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <string.h>

/* What the library says for people: errors, alerts, vocabularies, scenarios; and that a scenario played from
 * the tables is what a real handshake does. */

static void every_error_speaks(void **state)
{
    (void)state;
    for (int i = -2; i <= HF_RENEGOTIATION_UNAVAILABLE + 2; i++) {
        hf_err e = (hf_err)i;
        assert_non_null(hf_err_name(e));
        assert_non_null(hf_err_sentence(e));
        assert_non_null(hf_err_rfc(e));
        assert_non_null(hf_err_remedy(e));
        bool row = i > 0 && i <= HF_RENEGOTIATION_UNAVAILABLE;
        if (row) {
            assert_true(*hf_err_sentence(e) && *hf_err_remedy(e));
            assert_int_not_equal(hf_err_class_of(e), HF_CLASS_NONE);
            assert_int_equal(hf_err_class_of(e) == HF_CLASS_USAGE && hf_err_alert(e) != HF_NO_ALERT, 0);
        }
    }
    assert_string_equal(hf_err_name(HF_UNKNOWN_CA), "UNKNOWN_CA");
    assert_int_equal(hf_err_alert(HF_UNKNOWN_CA), 48);
}

static void every_alert_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        assert_true(*hf_alert_name((uint8_t)i) != 0);
    }
    assert_string_equal(hf_alert_name(48), "unknown_ca");
    assert_string_equal(hf_alert_name(112), "unrecognized_name");
    assert_string_equal(hf_alert_name(255), "unknown");
}

static void vocabularies_go_both_ways(void **state)
{
    (void)state;
    static const size_t at_least[] = {6, 5, 13, 7};
    for (hf_vocabulary v = HF_SUITES; v <= HF_EXTENSIONS; v++) {
        size_t count = 0;
        for (uint16_t code; (code = hf_supported(v, count)) != 0 || (v == HF_EXTENSIONS && count == 0);
             count++) {
            const char *name = hf_name_of(v, code);
            assert_non_null(name);
            assert_int_equal(hf_code_of(v, name), code);
        }
        if (v != HF_EXTENSIONS) {
            assert_in_range(count, at_least[v], 64);
        }
        assert_int_equal(hf_code_of(v, "no such thing"), -1);
        assert_int_equal(hf_code_of(v, NULL), -1);
        assert_null(hf_name_of(v, 0xfffe));
    }
    assert_int_equal(hf_code_of(HF_SUITES, "ECDHE-RSA-AES128-GCM-SHA256"), 0xc02f);
    assert_int_equal(hf_code_of(HF_GROUPS, "P-256"), 23);
    assert_string_equal(hf_version(), HF_VERSION);
    assert_non_null(strstr(hf_crypto_version(), "OpenSSL"));
}

/* ---- scenarios ---- */
struct played {
    char wire[1024];
    size_t events;
};

static void note(void *arg, const hf_event *event)
{
    struct played *played = arg;
    played->events++;
    assert_non_null(event->name);
    assert_non_null(event->rfc);
    assert_non_null(event->text);
    /* each side reports what it sees; the sender's half is taken */
    if (event->kind == HF_EVENT_STEP && !event->local && event->by == event->seen_by) {
        size_t at = strlen(played->wire);
        (void)snprintf(played->wire + at, sizeof played->wire - at, "%c:%s ",
                       event->by == HF_CLIENT ? 'c' : 's', event->name);
    }
}

static void play(const char *name, struct played *played)
{
    *played = (struct played){0};
    assert_int_equal(hf_flow_play(name, note, played), HF_OK);
}

static void every_scenario_plays(void **state)
{
    (void)state;
    hf_scenario s;
    size_t count = 0;
    struct played played;
    for (; hf_flow_scenario(count, &s); count++) {
        assert_true(*s.name && *s.title && *s.rfc && *s.text);
        play(s.name, &played);
        assert_true(played.events > 4);
    }
    assert_true(count >= 4);
    assert_int_equal(hf_flow_play("no such scenario", note, &played), HF_UNKNOWN_NAME);
    assert_int_equal(hf_flow_play(NULL, note, &played), HF_NULL_ARGUMENT);
    assert_int_equal(hf_flow_play("full", NULL, NULL), HF_NULL_ARGUMENT);
}

/* The same messages in the same order as on a live connection. */
static void assert_like(const char *scenario, struct pair *p)
{
    struct played live = {0}, table;
    hf_conn_observe(p->client, note, &live);
    hf_conn_observe(p->server, note, &live);
    pair_run(p);
    pair_assert_complete(p);
    pair_free(p);
    play(scenario, &table);
    if (!strstr(table.wire, live.wire) || !*live.wire) {
        fail_msg("%s: the table says\n%s\nthe handshake did\n%s", scenario, table.wire, live.wire);
    }
}

static void scenarios_are_what_handshakes_do(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config(), *asking = test_server_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(asking, test_pki()->root);
    assert_int_equal(hf_config_client_auth(asking, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    assert_like("full", pair_new(client, server, TEST_HOST));
    assert_like("mutual", pair_new(client, asking, TEST_HOST));
    struct pair *first = pair_connect(client, server, TEST_HOST);
    hf_session *session = pair_session(first);
    struct pair *p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    assert_like("resume-id", p);
    p = pair_new(client, server, TEST_HOST);
    pair_free(first);
    hf_session_free(session);
    assert_like("resume-id-miss", p);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(asking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_speaks),
        cmocka_unit_test(every_alert_has_a_name),
        cmocka_unit_test(vocabularies_go_both_ways),
        cmocka_unit_test(every_scenario_plays),
        cmocka_unit_test(scenarios_are_what_handshakes_do),
    };
    return cmocka_run_group_tests_name("api/names", tests, NULL, NULL);
}
