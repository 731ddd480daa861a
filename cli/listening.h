/* SPDX-License-Identifier: MIT */
#ifndef CLI_LISTENING_H
#define CLI_LISTENING_H

#include "cli/cli.h"

/* A listening, non-blocking socket at [ADDR:]PORT or unix:PATH; EXIT_WELL, or what is wrong has been said. */
int listen_here(const struct settings *s, const char *where, int *fd);
/* "handfast: listening on 127.0.0.1:8443": for people, and for scripts that wait until it is so. */
void say_listening(int fd);

#endif
