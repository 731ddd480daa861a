/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <handfast/handfast.h>

#include "trace/trace.h"

/* docs/man/handfast.1, exit status: fixed for good. */
enum exit_code {
    EXIT_WELL = 0,
    EXIT_TLS = 1,       /* an alert, the protocol, a stream cut short */
    EXIT_USAGE = 2,     /* options, files and settings given on the command line */
    EXIT_NETWORK = 3,   /* no connection, or it broke */
    EXIT_PEER = 4,      /* the peer is not who it must be */
    EXIT_DIFFERS = 5,   /* an expectation or a golden differs */
    EXIT_INPUT = 6,     /* input unreadable, or no TLS in it */
    EXIT_UNDECODED = 7, /* not all could be decoded */
    EXIT_INTERNAL = 70,
};

/* ---- options.c ---- */
enum command_bit {
    CONNECT = 1,
    SERVE = 2,
    SPEC = 4,
    SELF = 8,
    DEMO = 16,
    PLAIN_COMMAND = 32,
    KEYRING = 64,
    KEYRING_MAKER = 128,
    SESSION_STATS = 256,
    SESSION_REVOKE = 512,
    READ = 1024,
    TAP = 2048,
    EXPLAIN = 4096,
    DIFF = 8192,
    FLOW_CONNECT = 16384, /* beside CONNECT: its options, and more */
    FLOW_LISTEN = 32768,  /* beside SERVE */
    EVERY = 65535
};
enum option_kind { FLAG, TEXT, TEXT_MAYBE, LIST, NUMBER, NUMBER_MAYBE, SECONDS };
enum option {
#define OPTION(id, name, letter, kind, value, commands, help) OPT_##id,
#include "cli/options.def"
#undef OPTION
    OPTIONS
};
struct option_row {
    const char *name;
    char letter;
    enum option_kind kind;
    const char *value;
    unsigned commands;
    const char *help;
};
extern const struct option_row option_rows[OPTIONS];

/* What the command line says: `times` each option was given, with which values. */
struct option_value {
    size_t times;
    const char **texts; /* `times` of them; NULL where a value was left out */
    unsigned long number;
};
struct settings {
    const struct command *command;
    const char *program; /* argv[0] */
    const char **positional;
    size_t positionals;
    struct option_value values[OPTIONS];
};

struct command {
    const char *name; /* "flow spec" */
    unsigned bit;
    const char *arguments; /* "HOST:PORT | unix:PATH" */
    size_t least, most;    /* of them */
    const char *what;      /* one line */
    const char *text, *examples;
    int (*run)(const struct settings *);
};
extern const struct command commands[];
extern const size_t command_count;

/* settings_read: argv behind the command's name. EXIT_WELL, or EXIT_USAGE after having said what is wrong. */
int settings_read(struct settings *s, int argc, const char **argv);
void settings_free(struct settings *s);
bool given(const struct settings *s, enum option o);
const char *option_text(const struct settings *s, enum option o); /* of the last time; NULL when not given */
unsigned long option_number(const struct settings *s, enum option o, unsigned long otherwise);
/* The nearest of n words, or NULL when none is near: for "did you mean". */
const char *nearest_word(const char *word, const char *(*at)(size_t i));

/* ---- help.c ---- */
void help_overview(void);
void help_command(const struct command *c);
int run_help(const struct settings *s);
int run_version(const struct settings *s);

/* ---- say.c: diagnostics, all of them on standard error ---- */
/* "handfast: error: SENTENCE." / "handfast: warning: …" / "handfast: …" */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The usage error of a command: what, why, and where help is. Answers EXIT_USAGE. */
int say_usage(const struct settings *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "handfast: error: SENTENCE (detail). RFC 5280 6.1. Remedy." */
void say_problem(hf_err err, const char *detail);
bool locale_is_utf8(void);

/* ---- policy.c ---- */
/* The usage error for a name that no policy has. Answers EXIT_USAGE. */
int say_no_policy(const struct settings *s, const char *name);

/* ---- run by main ---- */
int run_connect(const struct settings *s);
int run_serve(const struct settings *s);
int run_flow_spec(const struct settings *s);
int run_flow_self(const struct settings *s);
int run_flow_explain(const struct settings *s);
int run_flow_read(const struct settings *s);
int run_flow_diff(const struct settings *s);
int run_flow_tap(const struct settings *s);
int run_demo(const struct settings *s);
int run_pkipath(const struct settings *s);
int run_keyring_init(const struct settings *s);
int run_keyring_rotate(const struct settings *s);
int run_keyring_show(const struct settings *s);
int run_session_stats(const struct settings *s);
int run_session_revoke(const struct settings *s);
int run_policy(const struct settings *s);
int run_list(const struct settings *s);

#endif
