/* SPDX-License-Identifier: MIT */
#ifndef CLI_PSK_H
#define CLI_PSK_H

#include "cli/cli.h"

/* External pre-shared keys: --psk-file and what goes with it. EXIT_WELL, or another code after having said
 * what is wrong. */
int psk_set(hf_config *config, const struct settings *s, hf_side side);
/* An identity as text: as it is where it can be read, else 0x and its bytes; text_free it. */
void psk_identity_text(struct text *out, hf_bytes identity);

#endif
