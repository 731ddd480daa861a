/* SPDX-License-Identifier: MIT */
#include "conn/policy.h"

#include <string.h>

/* Policies as lists and limits of a config. */

bool hf_policy_at(size_t i, hf_policy *out)
{
    if (!out || i >= policy_count) {
        return false;
    }
    *out = policies[i];
    return true;
}

static const hf_policy *policy_of(const char *name)
{
    for (size_t i = 0; i < policy_count; i++) {
        const hf_policy *p = &policies[i];
        if (!strcmp(p->name, name) || (p->alias && !strcmp(p->alias, name))) {
            return p;
        }
    }
    return NULL;
}

hf_err hf_policy_named(const char *name, hf_policy *out)
{
    if (!name || !out) {
        return HF_NULL_ARGUMENT;
    }
    const hf_policy *p = policy_of(name);
    if (!p) {
        return HF_UNKNOWN_NAME;
    }
    *out = *p;
    return HF_OK;
}

static enum err take(const hf_policy_list *list, const struct vocabulary *names, struct codes *out)
{
    if (list->count > CODES_MAX) {
        return E_INTERNAL;
    }
    out->count = 0;
    for (size_t i = 0; i < list->count; i++) {
        int32_t code = code_of(names, slice_of_string(list->entry[i].name));
        if (code < 0) {
            return E_INTERNAL;
        }
        if (is_served(names, (uint16_t)code)) { /* a group may not be: this libcrypto has no ML-KEM */
            out->code[out->count++] = (uint16_t)code;
        }
    }
    return OK;
}

enum err policy_apply(struct config *c, const char *name)
{
    struct codes suites, groups, to_sign, to_accept;
    const hf_policy *p = policy_of(name);
    if (!p) {
        return E_UNKNOWN_NAME;
    }
    TRY(take(&p->suites, &suite_names, &suites));
    TRY(take(&p->groups, &group_names, &groups));
    TRY(take(&p->schemes_to_sign, &scheme_names, &to_sign));
    TRY(take(&p->schemes_to_accept, &scheme_names, &to_accept));
    suites_split(&suites, c);
    c->min_version = p->min_version;
    c->max_version = p->max_version;
    c->groups = groups;
    c->sign_schemes = to_sign;
    c->accept_schemes = to_accept;
    c->require_ems = p->requires_extended_master_secret;
    c->etm_required = p->cbc_needs_encrypt_then_mac;
    c->chain.min_rsa_bits = p->min_rsa_bits;
    c->chain.min_ec_bits = p->min_ec_bits;
    c->min_dh_bits = p->min_dh_bits;
    return OK;
}

hf_err hf_config_policy(hf_config *config, const char *name, hf_problem *why)
{
    hf_err settable = config_settable_with(config, name);
    if (settable != HF_OK) {
        return settable;
    }
    enum err e = policy_apply(&config->settings, name);
    if (e == E_UNKNOWN_NAME) {
        return problem(
            why, HF_UNKNOWN_NAME,
            "\"%.40s\" is not the name of a policy; there are default, compat and all, and the dates they stand for",
            name);
    }
    const char *warning = e == OK ? policy_of(name)->warning : err_row(e)->sentence;
    return problem(why, public_err(e), "%s", warning ? warning : "");
}
