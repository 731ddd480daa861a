/* SPDX-License-Identifier: MIT */
#include "cli/status.h"

#include <string.h>

#include "cli/config.h"

static int set_client(hf_config *config, const struct settings *s)
{
    const char *mode = option_text(s, OPT_STATUS);
    bool hard = mode != NULL && strcmp(mode, "hard") == 0;
    if (mode != NULL && !hard && strcmp(mode, "soft") != 0) {
        return say_usage(s, "--status takes soft or hard, not '%s'", mode);
    }
    hf_err err = !given(s, OPT_STATUS) ? HF_OK
                                       : hf_config_status(config, hard ? HF_STATUS_HARD : HF_STATUS_SOFT);
    err = err == HF_OK ? hf_config_sct(config, given(s, OPT_SCT)) : err;
    return err == HF_OK ? EXIT_WELL : refused(err, "status", mode == NULL ? "" : mode, NULL);
}

hf_err staple_load(hf_config *config, const char *path)
{
    hf_problem why = {0};
    hf_err err = hf_config_staple_file(config, path, &why);
    if (err == HF_OK && why.sentence[0] != '\0') {
        say_warning("--staple %s: %s", path, why.sentence);
    }
    return err;
}

static int set_server(hf_config *config, const struct settings *s)
{
    const struct option_value *staple = &s->values[OPT_STAPLE], *scts = &s->values[OPT_SCT_LIST];
    if (scts->times > s->values[OPT_CERT].times) {
        return say_usage(s, "--sct-list is given %zu times and --cert %zu times; each belongs to one --cert",
                         scts->times, s->values[OPT_CERT].times);
    }
    for (size_t i = 0; i < staple->times; i++) {
        hf_err err = staple_load(config, staple->texts[i]);
        if (err != HF_OK) {
            return refused(err, "staple", staple->texts[i], NULL);
        }
    }
    for (size_t i = 0; i < scts->times; i++) {
        hf_err err = hf_config_sct_list_file(config, i, scts->texts[i]);
        if (err != HF_OK) {
            return refused(err, "sct-list", scts->texts[i], NULL);
        }
    }
    return EXIT_WELL;
}

int status_set(hf_config *config, const struct settings *s, hf_side side)
{
    return side == HF_CLIENT ? set_client(config, s) : set_server(config, s);
}
