/* SPDX-License-Identifier: MIT */
#ifndef HF_FUZZ_EXTRAS13_H
#define HF_FUZZ_EXTRAS13_H

#include "peers.h"

/* What the third byte of a variant adds to a config that is not frozen yet. */
void extras13_set(hf_config *c, hf_side side, uint32_t variant);
/* A connection of the variant is new; it has an early word to say; nothing is asked of it now. */
void extras13_expect(hf_conn *conn, hf_side side, uint32_t variant);
void extras13_begin(hf_conn *client);
void extras13_go_on(hf_conn *conn);
/* Answers HF_ASK_LOOK_UP_PSK. */
void extras13_answer_psk(hf_conn *conn, const hf_question *q);
/* What is said early. */
hf_bytes extras13_early(void);
/* What the variant is for has happened between two sides that nobody came between. */
void extras13_require(const hf_conn *client, const hf_conn *server, uint32_t variant);

#endif
