/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_row option_rows[OPTIONS] = {
#define OPTION(id, name, letter, kind, value, commands, help) {name, letter, kind, value, commands, help},
#include "cli/options.def"
#undef OPTION
};

bool given(const struct settings *s, enum option o)
{
    return s->values[o].times > 0;
}

const char *option_text(const struct settings *s, enum option o)
{
    const struct option_value *v = &s->values[o];
    return v->times == 0 ? NULL : v->texts[v->times - 1];
}

unsigned long option_number(const struct settings *s, enum option o, unsigned long otherwise)
{
    return given(s, o) ? s->values[o].number : otherwise;
}

void settings_free(struct settings *s)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        free(s->values[i].texts);
    }
    free(s->positional);
    *s = (struct settings){0};
}

/* The number of letters to change, add or drop to get from a to b. */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 48 };
    size_t row[MOST + 1], len = strlen(b);
    if (len > MOST) {
        return MOST;
    }
    for (size_t j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t before = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t above = row[j], change = before + (a[i - 1] != b[j - 1]);
            size_t least = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
            before = above;
        }
    }
    return row[len];
}

const char *nearest_word(const char *word, const char *(*at)(size_t i))
{
    const char *nearest = NULL;
    size_t least = 3 + strlen(word) / 6; /* farther away is no likely slip */
    for (size_t i = 0; at(i) != NULL; i++) {
        size_t far = distance(word, at(i));
        /* --verb for --verbose: a beginning is near. */
        if (strlen(word) >= 3 && strncmp(word, at(i), strlen(word)) == 0) {
            far = 1;
        }
        if (far < least) {
            least = far;
            nearest = at(i);
        }
    }
    return nearest;
}

static unsigned suggesting_for;

static const char *option_name_at(size_t i)
{
    for (size_t o = 0; o < OPTIONS; o++) {
        if ((option_rows[o].commands & suggesting_for) != 0 && i-- == 0) {
            return option_rows[o].name;
        }
    }
    return NULL;
}

static int unknown_option(const struct settings *s, const char *word, const char *name)
{
    suggesting_for = s->command->bit;
    const char *near = nearest_word(name, option_name_at);
    if (near != NULL) {
        return say_usage(s, "unknown option '%s'; did you mean --%s?", word, near);
    }
    return say_usage(s, "unknown option '%s'", word);
}

static int keep_value(struct settings *s, enum option o, const char *text)
{
    struct option_value *v = &s->values[o];
    const struct option_row *row = &option_rows[o];
    const char **grown = realloc(v->texts, (v->times + 1) * sizeof *grown);
    if (grown == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    v->texts = grown;
    v->texts[v->times++] = text;
    if (v->times > 1 && row->kind != LIST && row->kind != FLAG) {
        return say_usage(s, "--%s is given twice; it takes one value", row->name);
    }
    bool is_number = row->kind == NUMBER || row->kind == SECONDS || row->kind == NUMBER_MAYBE;
    if (is_number && text != NULL) {
        char *end;
        errno = 0;
        v->number = strtoul(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v->number > 0x7fffffff) {
            return say_usage(s, "--%s takes %s, not '%s'", row->name,
                             row->kind == SECONDS ? "whole seconds" : "a number from 0 to 2147483647", text);
        }
    }
    return EXIT_WELL;
}

static bool takes_value(enum option_kind kind)
{
    return kind == TEXT || kind == LIST || kind == NUMBER || kind == SECONDS;
}

/* --name, --name=VALUE, --name VALUE. */
static int long_option(struct settings *s, int argc, const char **argv, int *i)
{
    const char *name = argv[*i] + 2, *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    for (size_t o = 0; o < OPTIONS; o++) {
        const struct option_row *row = &option_rows[o];
        if (strlen(row->name) != len || strncmp(row->name, name, len) != 0 ||
            (row->commands & s->command->bit) == 0) {
            continue;
        }
        if (row->kind == FLAG && equals != NULL) {
            return say_usage(s, "--%s takes no value", row->name);
        }
        if (!takes_value(row->kind) || equals != NULL) {
            return keep_value(s, (enum option)o, equals == NULL ? NULL : equals + 1);
        }
        if (*i + 1 >= argc) {
            return say_usage(s, "--%s needs a value: --%s %s", row->name, row->name, row->value);
        }
        return keep_value(s, (enum option)o, argv[++*i]);
    }
    char bare[64] = "";
    memcpy(bare, name, len < sizeof bare ? len : sizeof bare - 1);
    return unknown_option(s, argv[*i], bare);
}

/* -q, -v, -qv: the letters are all flags. */
static int letters(struct settings *s, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        size_t found = OPTIONS;
        for (size_t o = 0; o < OPTIONS; o++) {
            if (option_rows[o].letter == *at && (option_rows[o].commands & s->command->bit) != 0) {
                found = o;
            }
        }
        if (found == OPTIONS) {
            return unknown_option(s, word, word + 1);
        }
        int code = keep_value(s, (enum option)found, NULL);
        if (code != EXIT_WELL) {
            return code;
        }
    }
    return EXIT_WELL;
}

static int count_positionals(const struct settings *s)
{
    const struct command *c = s->command;
    if (given(s, OPT_HELP) || given(s, OPT_LIST_SCENARIOS)) {
        return EXIT_WELL;
    }
    if (s->positionals < c->least) {
        return say_usage(s, "'%s' needs %s", c->name, c->arguments);
    }
    if (s->positionals > c->most) {
        return say_usage(s, "'%s' is one argument too many", s->positional[c->most]);
    }
    return EXIT_WELL;
}

int settings_read(struct settings *s, int argc, const char **argv)
{
    bool options_ended = false;
    s->positional = calloc((size_t)argc + 1, sizeof *s->positional);
    if (s->positional == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    for (int i = 0; i < argc; i++) {
        int code = EXIT_WELL;
        if (options_ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            s->positional[s->positionals++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            options_ended = true;
        } else if (argv[i][1] == '-') {
            code = long_option(s, argc, argv, &i);
        } else {
            code = letters(s, argv[i]);
        }
        if (code != EXIT_WELL) {
            return code;
        }
    }
    return count_positionals(s);
}
