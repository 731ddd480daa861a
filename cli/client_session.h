/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLIENT_SESSION_H
#define CLI_CLIENT_SESSION_H

#include "cli/client.h"

/* "example.com:443", "unix:/run/x": whom a session was made with. It goes into the session, and a session is
 * offered to nobody else. */
void client_session_home(struct client *c, const struct address *address);
/* --session-in. EXIT_WELL also where there is none, or one that is for another place (a warning);
 * EXIT_USAGE after having said what is wrong with the file. */
int client_session_load(struct client *c);
/* --session-out. */
int client_session_save(const struct client *c);

#endif
