/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* Between the engine's slices and the application's bytes. */

static void on_session_effect(void *arg, struct slice id, struct slice session, uint32_t life)
{
    const struct effects *e = arg;
    e->session(e->session_arg, bytes_of_slice(id), bytes_of_slice(session), life);
}

hf_err hf_config_session_effects(hf_config *config, hf_session_effect *effect, void *arg)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    config->effects = (struct effects){effect, arg};
    config->settings.session_effect = effect ? on_session_effect : NULL;
    config->settings.session_effect_arg = &config->effects;
    return HF_OK;
}
