/* SPDX-License-Identifier: MIT */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/cli.h"

/* The config that the options ask for, frozen; NULL with *code set after having said why. sessions: a
 * server's, else NULL. */
struct sessions;
hf_config *config_make(const struct settings *s, hf_side side, struct sessions *sessions, int *code);

/* "LABEL:LEN[:CONTEXT]" of --export. */
struct export_wish {
    char label[65];
    size_t len;
    const char *context; /* NULL: none */
};
/* EXIT_WELL, or EXIT_USAGE after having said what is wrong. */
int export_read(const struct settings *s, struct export_wish *wish);
/* Prints what --export asked for of a complete connection. */
void export_print(const struct settings *s, const hf_conn *conn);
/* The i-th key's password: the first line of its file, or of the only file; NULL for none. SIZE_MAX: only
 * that of the only file. It lives in file, for file_free. EXIT_WELL, or what was said. */
struct file;
int password_of(const struct settings *s, size_t i, struct file *file, const char **password);
/* A setter's failure, said with what it was about; the exit code. */
int refused(hf_err err, const char *option, const char *value, const hf_problem *why);

#endif
