/* SPDX-License-Identifier: MIT */
#ifndef HF_FUZZ_EXTRAS_H
#define HF_FUZZ_EXTRAS_H

#include "peers.h"

/* What the second byte of a variant adds to a config that is not frozen yet. */
void extras_set(hf_config *c, hf_side side, uint32_t variant);
/* Whom to trust, and who a server is. */
void extras_trust(hf_config *c, hf_side side, uint32_t variant);
void extras_server_identities(hf_config *c, uint32_t variant);
/* Answers HF_ASK_FETCH_URL: the client's certificate is behind each URL of client.test, nothing elsewhere. */
void extras_fetch(hf_conn *conn, const hf_question *q);
/* What the variant is for has happened between two sides that nobody came between. */
void extras_require(const hf_conn *client, const hf_conn *server, uint32_t variant);

#endif
