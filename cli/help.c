/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

void help_overview(void)
{
    printf("handfast: TLS handshakes, made and shown\n\nusage: handfast COMMAND [OPTIONS] [ARGUMENTS]\n\n");
    for (size_t i = 0; i < command_count; i++) {
        printf("  %-14s %s\n", commands[i].name, commands[i].what);
    }
    printf(
        "\nexamples:\n"
        "  handfast demo                                see a handshake and its resumption\n"
        "  handfast flow spec mutual                    a handshake as the RFC has it\n"
        "  handfast connect example.com:443 -v </dev/null\n"
        "\n'handfast help COMMAND' says more. Exit codes: 0 all well, 1 TLS failed, 2 usage, 3 network, 4 the peer is not who it\n"
        "must be, 5 an expectation differs, 6 input unreadable, 7 incomplete decode, 70 internal.\n");
}

/* The help text in lines of at most 100 columns, behind the option's words. */
static void help_option(const struct option_row *row)
{
    enum { INDENT = 34, WIDTH = 110 };
    char words[96];
    bool maybe = row->kind == TEXT_MAYBE || row->kind == NUMBER_MAYBE;
    char letter[5] = "";
    if (row->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    }
    snprintf(words, sizeof words, "  %s--%s%s%s%s", letter, row->name,
             row->kind == FLAG ? ""
             : maybe           ? "[="
                               : " ",
             row->value, maybe ? "]" : "");
    int column = printf("%-*s", INDENT, words);
    if (column > INDENT) {
        column = printf("\n%*s", INDENT, "") - 1;
    }
    for (const char *at = row->help; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (column + (int)len > WIDTH) {
            column = printf("\n%*s", INDENT, "") - 1;
        }
        column += printf("%.*s%s", (int)len, at, at[len] == ' ' ? " " : "");
        at += len + (at[len] == ' ');
    }
    printf("\n");
}

void help_command(const struct command *c)
{
    printf("usage: handfast %s%s%s%s\n\n%s\n", c->name, c->arguments[0] != '\0' ? " " : "", c->arguments,
           c->bit != PLAIN_COMMAND ? " [OPTIONS]" : "", c->what);
    if (c->text[0] != '\0') {
        printf("\n%s", c->text);
    }
    printf("\noptions:\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        if ((option_rows[i].commands & c->bit) != 0) {
            help_option(&option_rows[i]);
        }
    }
    printf("\nexamples:\n%s", c->examples);
}

int run_help(const struct settings *s)
{
    if (s->positionals == 0) {
        help_overview();
        return EXIT_WELL;
    }
    char name[64];
    snprintf(name, sizeof name, s->positionals > 1 ? "%s %s" : "%s", s->positional[0],
             s->positionals > 1 ? s->positional[1] : "");
    bool found = false;
    for (size_t i = 0; i < command_count; i++) {
        /* 'help flow' is about all that begins with it. */
        size_t len = strlen(name);
        if (strncmp(commands[i].name, name, len) == 0 &&
            (commands[i].name[len] == '\0' || commands[i].name[len] == ' ')) {
            printf("%s", found ? "\n" : "");
            help_command(&commands[i]);
            found = true;
        }
    }
    return found ? EXIT_WELL : say_usage(NULL, "there is no command '%s'", name);
}

int run_version(const struct settings *s)
{
    (void)s;
    printf("handfast %s\n%s\n", hf_version(), hf_crypto_version());
    return EXIT_WELL;
}
