/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* Between the engine's slices and the application's bytes. */

static void on_session_effect(void *arg, const struct stored_session *stored)
{
    const struct effects *e = arg;
    const hf_session_record record = {
        .key = stored->key,
        .sealed = bytes_of_slice(stored->sealed),
        .life = stored->life,
        .indexes = stored->indexes,
        .index_count = stored->index_count,
    };
    e->session(e->session_arg, &record);
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
