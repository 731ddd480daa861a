/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *command_name_at(size_t i)
{
    return i < command_count ? commands[i].name : NULL;
}

/* The command that argv begins with, of one word or two; *words says which. */
static const struct command *command_of(int argc, char **argv, int *words)
{
    for (size_t i = 0; i < command_count; i++) {
        const char *blank = strchr(commands[i].name, ' ');
        if (blank == NULL) {
            if (strcmp(argv[1], commands[i].name) == 0) {
                *words = 1;
                return &commands[i];
            }
        } else if (argc > 2 && strlen(argv[1]) == (size_t)(blank - commands[i].name) &&
                   strncmp(argv[1], commands[i].name, strlen(argv[1])) == 0 &&
                   strcmp(argv[2], blank + 1) == 0) {
            *words = 2;
            return &commands[i];
        }
    }
    return NULL;
}

/* "flow", of 'flow spec' and 'flow self'. */
static bool is_family(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < command_count; i++) {
        if (strncmp(commands[i].name, word, len) == 0 && commands[i].name[len] == ' ') {
            return true;
        }
    }
    return false;
}

static int needs_more(const char *family)
{
    struct text list = {0};
    size_t len = strlen(family);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        if (strncmp(c->name, family, len) == 0 && c->name[len] == ' ') {
            text_print(&list, "%s'%s%s%s'", list.len > 0 ? " or " : "", c->name,
                       c->arguments[0] != '\0' ? " " : "", c->arguments);
        }
    }
    int code = say_usage(NULL, "'%s' needs to know what: %s", family, text_string(&list));
    text_free(&list);
    return code;
}

static int unknown_command(int argc, char **argv)
{
    char both[64];
    bool two = is_family(argv[1]);
    if (two && argc == 2) {
        return needs_more(argv[1]);
    }
    snprintf(both, sizeof both, two ? "%s %s" : "%s", argv[1], two ? argv[2] : "");
    const char *near = nearest_word(both, command_name_at);
    if (near != NULL) {
        return say_usage(NULL, "unknown command '%s'; did you mean '%s'?", both, near);
    }
    return say_usage(NULL, "unknown command '%s'", both);
}

int main(int argc, char **argv)
{
    int words = 0;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        help_overview();
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (is_family(argv[1]) && argc == 3 && strcmp(argv[2], "--help") == 0)) {
        help_overview();
        return EXIT_WELL;
    }
    if (strcmp(argv[1], "--version") == 0) {
        return run_version(NULL);
    }
    struct settings s = {.program = argv[0], .command = command_of(argc, argv, &words)};
    if (s.command == NULL) {
        return unknown_command(argc, argv);
    }
    int code = settings_read(&s, argc - 1 - words, (const char **)argv + 1 + words);
    if (code == EXIT_WELL && given(&s, OPT_HELP)) {
        help_command(s.command);
    } else if (code == EXIT_WELL) {
        code = s.command->run(&s);
    }
    settings_free(&s);
    if (fflush(stdout) != 0 && code == EXIT_WELL) {
        say_error("standard output could not be written");
        code = EXIT_NETWORK;
    }
    return code;
}
