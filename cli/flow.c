/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "cli/self.h"

static const char *scenario_name_at(size_t i)
{
    static hf_scenario scenario;
    return hf_flow_scenario(i, &scenario) ? scenario.name : NULL;
}

static int list_scenarios(void)
{
    hf_scenario scenario;
    for (size_t i = 0; hf_flow_scenario(i, &scenario); i++) {
        printf("%-16s %s (%s)\n", scenario.name, scenario.title, scenario.rfc);
    }
    return EXIT_WELL;
}

/* EXIT_USAGE after having said what there is. */
static int find_scenario(const struct settings *s, hf_scenario *scenario)
{
    const char *name = s->positional[0];
    for (size_t i = 0; hf_flow_scenario(i, scenario); i++) {
        if (strcmp(scenario->name, name) == 0) {
            return EXIT_WELL;
        }
    }
    const char *near = nearest_word(name, scenario_name_at);
    if (near != NULL) {
        return say_usage(s, "there is no scenario '%s'; did you mean %s?", name, near);
    }
    return say_usage(s, "there is no scenario '%s'; --list names them", name);
}

int run_flow_spec(const struct settings *s)
{
    const struct trace_format *format;
    hf_scenario scenario;
    struct trace t;
    if (given(s, OPT_LIST_SCENARIOS)) {
        return list_scenarios();
    }
    int code = flow_format(s, &format);
    code = code == EXIT_WELL ? find_scenario(s, &scenario) : code;
    if (code != EXIT_WELL) {
        return code;
    }
    trace_start(&t, scenario.title);
    t.rfc = scenario.rfc;
    t.text = scenario.text;
    t.spec = true;
    hf_err err = hf_flow_play(scenario.name, trace_watch, &t);
    if (err == HF_OK) {
        trace_show(s, &t, stdout);
        code = trace_judge(s, &t, code);
    } else {
        say_problem(err, scenario.name);
        code = EXIT_INTERNAL;
    }
    trace_free(&t);
    return code;
}

/* EXIT_USAGE after having said that there is no such policy. */
static int find_policy(const struct settings *s)
{
    hf_policy policy = {.warning = NULL};
    const char *name = option_text(s, OPT_POLICY);
    if (name != NULL && hf_policy_named(name, &policy) != HF_OK) {
        return say_no_policy(s, name);
    }
    if (policy.warning != NULL) {
        say_warning("--policy %s: %s", name, policy.warning);
    }
    return EXIT_WELL;
}

static int tell(const struct settings *s, struct trace *t, const struct self_result *result)
{
    char line[160];
    snprintf(line, sizeof line, "%zu bytes to the server, %zu to the client, fingerprint %016llx",
             result->to_server, result->to_client, (unsigned long long)result->fingerprint);
    trace_note(t, line);
    trace_show(s, t, stdout);
    if (result->failure.err == HF_OK) {
        return trace_judge(s, t, EXIT_WELL);
    }
    say_problem(result->failure.err, result->failure.detail);
    return trace_judge(s, t, EXIT_TLS);
}

int run_flow_self(const struct settings *s)
{
    const struct trace_format *format;
    hf_scenario scenario;
    struct trace t;
    struct self_result result;
    unsigned long seed = option_number(s, OPT_SEED, 1);
    if (given(s, OPT_LIST_SCENARIOS)) {
        return list_scenarios();
    }
    int code = flow_format(s, &format);
    code = code == EXIT_WELL ? find_scenario(s, &scenario) : code;
    code = code == EXIT_WELL ? find_policy(s) : code;
    if (code != EXIT_WELL) {
        return code;
    }
    char title[128];
    snprintf(title, sizeof title, "%s, seed %lu", scenario.title, seed);
    trace_start(&t, title);
    t.rfc = scenario.rfc;
    t.text = scenario.text;
    t.secrets = option_shows(s, OPT_SECRETS);
    hf_err err = self_play(scenario.name, option_text(s, OPT_POLICY), seed, &t, &result);
    if (err == HF_OK) {
        code = tell(s, &t, &result);
    } else if (err == HF_COMPRESSION_NOT_BUILT_IN) {
        say_problem(err, "zlib, which this scenario is played with");
        code = EXIT_USAGE;
    } else {
        say_problem(err, scenario.name);
        code = EXIT_INTERNAL;
    }
    trace_free(&t);
    return code;
}
