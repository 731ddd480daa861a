/* SPDX-License-Identifier: MIT */
#ifndef CLI_RENEW_H
#define CLI_RENEW_H

#include <sys/types.h>
#include <uv.h>

#include "cli/cli.h"
#include "cli/files.h"

/*
 * Files that a running server reads again: those of --staple. They are looked at every few seconds, and on
 * SIGHUP read whether they changed or not. A file that cannot be used is said once, and what it held before
 * stays in use.
 */
struct renewal {
    uv_timer_t timer;
    uv_signal_t hangup;
    hf_config *config;
    const struct option_value *files;
    struct file_mark *marks; /* one for each file */
    bool quiet;
};

/* Before the config is made, which reads the files: one that changes from here on is read again. EXIT_WELL,
 * or EXIT_INTERNAL after having said why. */
int renewal_open(struct renewal *r, const struct settings *s);
void renewal_start(struct renewal *r, uv_loop_t *loop, hf_config *config);
/* Closes its handles. */
void renewal_stop(struct renewal *r);
void renewal_free(struct renewal *r);

#endif
