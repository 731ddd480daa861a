/* SPDX-License-Identifier: MIT */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <stdbool.h>
#include <sys/types.h>

/* The certificates of the demonstration: ca.pem, server.pem, server.key, client.pem, client.key in one
 * folder. */
struct demo_pki {
    char folder[4096];
    bool temporary; /* made for this run, and removed after it */
    char said[4200];
};
/* folder NULL: the built-in ones, in a temporary folder. A folder without them is filled with the built-in
 * ones. */
int demo_pki_find(struct demo_pki *pki, const char *folder);
void demo_pki_leave(struct demo_pki *pki);

/* This program again, as 'handfast serve' for two connections, on a free port. */
struct demo_server {
    pid_t pid;
    int errors; /* its standard error */
    unsigned port;
};
int demo_server_start(struct demo_server *server, const struct demo_pki *pki);
/* Waits for its end; its exit code. */
int demo_server_stop(struct demo_server *server);

#endif
