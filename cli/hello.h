/* SPDX-License-Identifier: MIT */
#ifndef CLI_HELLO_H
#define CLI_HELLO_H

#include "cli/cli.h"

/* What the command line says about extensions of the hellos: trusted_ca_keys, and those of the user's own. */
int hello_settings(hf_config *config, const struct settings *s, hf_side side);

#endif
