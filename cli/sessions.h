/* SPDX-License-Identifier: MIT */
#ifndef CLI_SESSIONS_H
#define CLI_SESSIONS_H

#include "cli/keyring_watch.h"
#include "cli/store_loop.h"

/* A server's sessions: the store they are in, the keys they are under, and what became of them. */
struct sessions {
    const struct settings *settings;
    hf_store *store; /* NULL: the config's own memory */
    struct store_loop loop;
    struct keyring_watch keys;
    uv_signal_t report; /* SIGUSR1 */
    uv_timer_t every, health;
    const hf_config *config;
    bool running, troubled;
};

/* Reads the options; before the config. EXIT_WELL, or another code after having said why not. */
int sessions_open(struct sessions *x, const struct settings *s);
/* Tells a server's config of them, before it is frozen. */
int sessions_set(struct sessions *x, hf_config *config, const struct settings *s);
/* The store and the keys in the loop; waits a little until the store is reached and the keys are there: a
 * server that has just started shall resume what others made. EXIT_WELL, or EXIT_USAGE where that can never
 * be. */
int sessions_start(struct sessions *x, uv_loop_t *loop, const hf_config *config);
void sessions_stop(struct sessions *x);
/* When the loop has ended. */
void sessions_free(struct sessions *x);

/* ---- session_report.c ---- */
/* What was counted, as text or as a line of JSON, on standard error. store: NULL for none. */
void sessions_report(const hf_config *config, const hf_store *store, bool json);

#endif
