/* SPDX-License-Identifier: MIT */
#ifndef CLI_LISTENING_H
#define CLI_LISTENING_H

#include "cli/cli.h"

/* A listening, non-blocking socket at [ADDR:]PORT or unix:PATH; EXIT_WELL, or what is wrong has been said. */
int listen_here(const struct settings *s, const char *where, int *fd);
/* "handfast: listening on 127.0.0.1:8443": for people, and for scripts that wait until it is so. */
void say_listening(int fd);
/*
 * The next connection that waits there, non-blocking and without delay; -1: none, or this process can hold no
 * more now. *full says that and has been warned of: those who wait stay in the queue until a connection ends.
 */
enum { ACCEPT_AT_ONCE = 32 };
int accept_next(int listener, bool *full);

#endif
