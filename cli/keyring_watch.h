/* SPDX-License-Identifier: MIT */
#ifndef CLI_KEYRING_WATCH_H
#define CLI_KEYRING_WATCH_H

#include <uv.h>

#include "cli/keyring_store.h"

/*
 * The keyring of a server that runs: from a file, read again when it changes and on SIGHUP, or from the
 * session store, where it is looked at now and then and rotated when it is due. What is broken is warned of
 * and leaves the keys as they are.
 */
struct keyring_watch {
    hf_keyring *keyring; /* NULL: the config has one of its own */
    const char *path;    /* of a file; NULL: it is in the store */
    struct file_mark mark;
    struct keyring_store in_store;
    uv_timer_t timer;
    uv_signal_t hangup;
    enum keyring_outcome outcome; /* of the last look at the store */
    enum keyring_outcome warned;  /* what was said since all was well; UNREACHABLE: nothing */
    char trouble[WHY_SIZE];
    bool quiet, running, ready, again, starved;
};

/* What --session-keys asks for; no keyring where it is not given. The file is read here. EXIT_WELL, or
 * another code after having said why not. */
int keyring_watch_open(struct keyring_watch *w, const struct settings *s);
/* store: NULL, or the store that runs in the loop. */
void keyring_watch_start(struct keyring_watch *w, uv_loop_t *loop, hf_store *store);
void keyring_watch_stop(struct keyring_watch *w);
/* Behind keyring_watch_stop, and when the store is gone. */
void keyring_watch_free(struct keyring_watch *w);

#endif
