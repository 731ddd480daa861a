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

/* EXIT_WELL, or EXIT_INTERNAL after having said why. */
int renewal_start(struct renewal *r, uv_loop_t *loop, hf_config *config, const struct settings *s);
/* Closes its handles; frees the rest. */
void renewal_stop(struct renewal *r);

#endif
