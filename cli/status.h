/* SPDX-License-Identifier: MIT */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "cli/cli.h"

/* --status, --sct, --staple, --sct-list, before the config is frozen and behind its identities. EXIT_WELL, or
 * another code after having said why. */
int status_set(hf_config *config, const struct settings *s, hf_side side);
/* Gives the file to the config and says what an operator should hear of it. */
hf_err staple_load(hf_config *config, const char *path);

#endif
