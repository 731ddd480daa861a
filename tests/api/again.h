/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_API_AGAIN_H
#define HF_TESTS_API_AGAIN_H

#include "pair.h"

/* Two that may renegotiate. */
extern int64_t renegotiation_now;
hf_config *config_renegotiating(hf_side side, hf_renegotiation mode);
struct pair *connected_pair(hf_config *client, hf_config *server);
struct pair *both_renegotiating(hf_renegotiation mode);
hf_renegotiation_state state_of(const struct pair *p, hf_side side);
void assert_again(const struct pair *p, unsigned times);
hf_config *asking(void);
hf_config *alice(hf_renegotiation mode, enum test_key key);

#endif
