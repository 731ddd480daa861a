/* SPDX-License-Identifier: MIT */
#ifndef CLI_EARLY_H
#define CLI_EARLY_H

#include "cli/client.h"

/* --early-data: the client's, and what both sides say of it. RFC 8446 2.3. */

/* EXIT_WELL, or another code after having said why. */
int early_set(hf_config *config, const struct settings *s, hf_side side);
/* Reads the client's file into c->early. */
int early_read(struct client *c);
/* Sends what may be sent, right behind the ClientHello. */
void early_send(struct client *c, struct client_connection *k);
/* The handshake is complete: what of the file is still to be sent goes in front of the payload. */
void early_settle(const struct client *c, struct client_connection *k);
/* ", early data taken (5 bytes)"; nothing where there was none. */
void report_early(struct text *out, const hf_conn *conn);

#endif
