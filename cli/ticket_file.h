/* SPDX-License-Identifier: MIT */
#ifndef CLI_TICKET_FILE_H
#define CLI_TICKET_FILE_H

#include "cli/client.h"

/*
 * A file of several tickets, --keep-tickets: each is good for one connection (RFC 8446 C.4), so who offers
 * one takes it out, and two that come at the same time take two. The file is locked meanwhile.
 */
bool ticket_file_is(hf_bytes file);
/* Takes the newest that can still be offered into c->session, if the file is for c->home. EXIT_WELL also
 * where none is left (a warning); EXIT_USAGE after having said what is wrong with the file. */
int ticket_file_take(struct client *c, const char *path, const uint8_t *key);
/* Puts c's in front of what is there, c->keeps in all. */
int ticket_file_add(const struct client *c, const char *path, const uint8_t *key);

#endif
