/* SPDX-License-Identifier: MIT */
#ifndef CLI_RENEGOTIATION_H
#define CLI_RENEGOTIATION_H

#include "cli/cli.h"

/* --renegotiation, --renegotiate, --request-client-cert: handshakes after the first, RFC 5746. */

/* What the options ask of the config. EXIT_WELL, or EXIT_USAGE after having said what is wrong. */
int renegotiation_set(hf_config *config, const struct settings *s);
/* The first handshake is complete: begins or asks for another where an option says so. */
void renegotiation_start(const struct settings *s, hf_conn *conn);
/* Another handshake runs. */
bool renegotiation_runs(const hf_conn *conn);
/* Why there can be no other handshake on this connection; NULL: there can be one. */
const char *renegotiation_hindrance(const struct settings *s, const hf_conn *conn);
/* Whether a request for this path must wait until the client has been asked for its certificate: asks for it
 * when it was not. */
enum certificate_gate { GATE_OPEN, GATE_WAITS, GATE_SHUT };
enum certificate_gate certificate_gate(const struct settings *s, hf_conn *conn, const char *path);
/* A warning where --renegotiate came to nothing. */
void renegotiation_tell(const struct settings *s, const hf_conn *conn, const char *peer);

#endif
