/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"

/* Lists of names, as people write them. */

hf_err problem(hf_problem *why, hf_err err, const char *format, ...)
{
    if (why) {
        why->err = err;
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(why->sentence, sizeof why->sentence, format, arguments);
        va_end(arguments);
    }
    return err;
}

/* Takes the next entry off a list separated by any of these; surrounding blanks do not count. */
static bool next_entry(const char **list, const char *separators, struct slice *entry)
{
    if (!**list) {
        return false;
    }
    size_t len = strcspn(*list, separators);
    const char *start = *list;
    *list += len + (start[len] ? 1 : 0);
    while (len && *start == ' ') {
        start++;
        len--;
    }
    while (len && start[len - 1] == ' ') {
        len--;
    }
    *entry = slice_of(start, len);
    return true;
}

bool is_served(const struct vocabulary *names, uint16_t code)
{
    return names == &suite_names    ? suite_of(code) || suite13_of(code)
           : names == &group_names  ? group_of(code) != NULL
           : names == &scheme_names ? scheme_of(code) != NULL
                                    : false;
}

static hf_err add_code(struct codes *codes, const struct vocabulary *names, struct slice entry,
                       hf_problem *why)
{
    const char *what = names->what, *name = (const char *)entry.data;
    int32_t code = code_of(names, entry);
    if (code < 0) {
        return problem(why, HF_UNKNOWN_NAME, "\"%.*s\" is not the name of a %s", (int)entry.len, name, what);
    }
    if (!is_served(names, (uint16_t)code)) {
        return problem(why, HF_UNKNOWN_NAME, "the %s %.*s is known but not served by this version", what,
                       (int)entry.len, name);
    }
    if (codes_have(codes, (uint16_t)code)) {
        return HF_OK;
    }
    if (codes->count == CODES_MAX) {
        return problem(why, HF_BAD_ARGUMENT, "more than %d entries", CODES_MAX);
    }
    codes->code[codes->count++] = (uint16_t)code;
    return HF_OK;
}

static hf_err set_codes(struct codes *field, const struct vocabulary *names, const char *list,
                        hf_problem *why)
{
    if (!list) {
        return HF_NULL_ARGUMENT;
    }
    struct codes codes = {0};
    struct slice entry;
    while (next_entry(&list, ":,", &entry)) {
        hf_err e = add_code(&codes, names, entry, why);
        if (e != HF_OK) {
            return e;
        }
    }
    if (!codes.count) {
        return problem(why, HF_BAD_ARGUMENT, "the list of %ss is empty", names->what);
    }
    *field = codes;
    return HF_OK;
}

/* What there is to warn of: the first suite that authenticates nobody, RFC 5246 F.1.1.1. */
static void warn_of_anonymous(const struct codes *codes, hf_problem *why)
{
    (void)problem(why, HF_OK, "%s", "");
    for (size_t i = 0; i < codes->count; i++) {
        const struct suite *suite = suite_of(codes->code[i]);
        if (suite && suite->auth == AUTH_ANON) {
            (void)problem(why, HF_OK,
                          "%s authenticates nobody: whoever is in between can be the peer (RFC 5246 F.1.1.1)",
                          suite->name);
            return;
        }
    }
}

void suites_split(const struct codes *all, struct config *c)
{
    c->suites.count = c->suites13.count = 0;
    for (size_t i = 0; i < all->count; i++) {
        struct codes *of = suite13_of(all->code[i]) ? &c->suites13 : &c->suites;
        of->code[of->count++] = all->code[i];
    }
}

hf_err hf_config_suites(hf_config *config, const char *list, hf_problem *why)
{
    struct codes all;
    hf_err e = config_settable(config);
    e = e == HF_OK ? set_codes(&all, &suite_names, list, why) : e;
    if (e == HF_OK) {
        suites_split(&all, &config->settings);
        warn_of_anonymous(&config->settings.suites, why);
    }
    return e;
}

hf_err hf_config_groups(hf_config *config, const char *list, hf_problem *why)
{
    hf_err settable = config_settable(config);
    return settable != HF_OK ? settable : set_codes(&config->settings.groups, &group_names, list, why);
}

hf_err hf_config_schemes_to_sign(hf_config *config, const char *list, hf_problem *why)
{
    hf_err settable = config_settable(config);
    return settable != HF_OK ? settable : set_codes(&config->settings.sign_schemes, &scheme_names, list, why);
}

/* RFC 8446 4.2.3: those of SHA-1 are listed behind all others. */
static void put_legacy_last(struct codes *schemes)
{
    struct codes sorted = {0};
    for (int legacy = 0; legacy < 2; legacy++) {
        for (size_t i = 0; i < schemes->count; i++) {
            const struct scheme *s = scheme_of(schemes->code[i]);
            if (s && s->legacy == legacy) {
                sorted.code[sorted.count++] = s->code;
            }
        }
    }
    *schemes = sorted;
}

hf_err hf_config_schemes_to_accept(hf_config *config, const char *list, hf_problem *why)
{
    hf_err e = config_settable(config);
    e = e == HF_OK ? set_codes(&config->settings.accept_schemes, &scheme_names, list, why) : e;
    if (e == HF_OK) {
        put_legacy_last(&config->settings.accept_schemes);
    }
    return e;
}

/* RFC 7301 3.1. The bound keeps ClientHello within the room it is built in. */
#define ALPN_LIST_MAX 1024

hf_err hf_config_alpn(hf_config *config, const char *list, bool decline)
{
    hf_err settable = config_settable_with(config, list);
    if (settable != HF_OK) {
        return settable;
    }
    uint8_t bytes[ALPN_LIST_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct slice entry;
    while (next_entry(&list, ",", &entry)) {
        if (!entry.len || entry.len > ALPN_NAME_MAX) {
            return HF_BAD_ARGUMENT;
        }
        write_vector(&w, 1, entry);
    }
    if (w.full) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.alpn_decline = decline;
    return public_err(memory_replace(&config->settings.alpn, written(&w)));
}
