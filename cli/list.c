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
        for (size_t j = 0; hf_supported(lists[i].vocabulary, j) != 0; j++) {
            uint16_t code = hf_supported(lists[i].vocabulary, j);
            const char *name = hf_name_of(lists[i].vocabulary, code);
            printf("%s%-48s 0x%04x\n", s->positionals == 0 ? "  " : "", name == NULL ? "?" : name, code);
        }
    }
    return found ? EXIT_WELL : say_usage(s, "'%s' is none of suites, groups, schemes", s->positional[0]);
}
