/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLIENT_SESSION_H
#define CLI_CLIENT_SESSION_H

#include "cli/client.h"

/* "example.com:443", "unix:/run/x": whom a session was made with. It goes into the session, and a session is
 * offered to nobody else. */
void client_session_home(struct client *c, const struct address *address);
bool client_session_is_home(const struct client *c, const hf_session *session);
/* Without a key as hf_session_load and hf_session_save, with one as hf_session_unseal and hf_session_seal. */
hf_err client_session_decode(hf_bytes saved, const uint8_t *key, hf_session **out);
hf_err client_session_bytes(const hf_session *session, const uint8_t *key, uint8_t *out, size_t *len);
/* The same, saying what is wrong: EXIT_WELL or EXIT_USAGE. */
int client_session_open(hf_bytes saved, const char *path, const uint8_t *key, hf_session **out);
/* --session-in. EXIT_WELL also where there is none, or one that is for another place (a warning);
 * EXIT_USAGE after having said what is wrong with the file. */
int client_session_load(struct client *c);
/* --session-out. */
int client_session_save(const struct client *c);

#endif
