/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *title;
    hf_vocabulary vocabulary;
} lists[] = {
    {"suites", "cipher suites (--suites)", HF_SUITES},
    {"groups", "groups (--groups)", HF_GROUPS},
    {"schemes", "signature schemes (--sigalgs)", HF_SCHEMES},
};

/* Why a suite is known by name alone: the first whose part it has. */
static const struct {
    const char *part, *why;
} never[] = {
    {"SCSV", "a signal, no cipher suite"},
    {"WITH_NULL", "never: no encryption (RFC 9325 4.1)"},
    {"SHA256_SHA256", "never: no encryption (RFC 9150)"},
    {"SHA384_SHA384", "never: no encryption (RFC 9150)"},
    {"EXPORT", "never: keys weak on purpose (RFC 9325 4.1)"},
    {"RC4", "never: RC4 (RFC 7465)"},
    {"3DES", "never: blocks of 64 bits"},
    {"DES", "never: keys of 56 bits (RFC 5469)"},
    {"RC2", "never: blocks of 64 bits"},
    {"IDEA", "never: blocks of 64 bits (RFC 5469)"},
};

static const char *why_never(const char *name)
{
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        if (strstr(name, never[i].part) != NULL) {
            return never[i].why;
        }
    }
    return "never negotiated";
}

static bool has(const hf_policy_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entry[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "default compat all": the policies that have it. */
static void print_policies(hf_vocabulary vocabulary, const char *name)
{
    hf_policy p;
    for (size_t i = 0; hf_policy_at(i, &p); i++) {
        const hf_policy_list *list = vocabulary == HF_SUITES   ? &p.suites
                                     : vocabulary == HF_GROUPS ? &p.groups
                                                               : &p.schemes_to_accept;
        if (p.alias != NULL && has(list, name)) {
            printf(" %s", p.alias);
        }
    }
}

static bool is_supported(hf_vocabulary vocabulary, uint16_t code)
{
    for (size_t i = 0; hf_supported(vocabulary, i) != 0; i++) {
        if (hf_supported(vocabulary, i) == code) {
            return true;
        }
    }
    return false;
}

static void print_list(hf_vocabulary vocabulary, const char *indent)
{
    uint16_t code;
    for (size_t i = 0; (code = hf_supported(vocabulary, i)) != 0; i++) {
        const char *name = hf_name_of(vocabulary, code);
        name = name == NULL ? "?" : name;
        printf("%s%-48s 0x%04x ", indent, name, code);
        print_policies(vocabulary, name);
        printf("\n");
    }
    for (size_t i = 0; hf_known(vocabulary, i, &code); i++) {
        const char *name = hf_name_of(vocabulary, code);
        if (!is_supported(vocabulary, code) && strncmp(name, "GREASE", 6) != 0) {
            printf("%s%-48s 0x%04x  %s\n", indent, name, code,
                   vocabulary == HF_SUITES ? why_never(name) : "never negotiated");
        }
    }
}

int run_list(const struct settings *s)
{
    bool found = false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (s->positionals > 0 && strcmp(s->positional[0], lists[i].word) != 0) {
            continue;
        }
        if (s->positionals == 0) {
            printf("%s%s\n", found ? "\n" : "", lists[i].title);
        }
        found = true;
        print_list(lists[i].vocabulary, s->positionals == 0 ? "  " : "");
    }
    return found ? EXIT_WELL : say_usage(s, "'%s' is none of suites, groups, schemes", s->positional[0]);
}
