/* SPDX-License-Identifier: MIT */
#ifndef CLI_KEYRING_TOOL_H
#define CLI_KEYRING_TOOL_H

#include "cli/keyring_store.h"
#include "cli/store_tool.h"

/* The keyring that --session-keys names, for a command; *out stays NULL where it is not given. EXIT_WELL, or
 * another code after having said why not. */
int keyring_for_tool(struct store_tool *t, const struct settings *s, hf_keyring **out);
/* One wish about a keyring in the store, until it is told. */
enum keyring_outcome keyring_store_wait(struct store_tool *t, struct keyring_store *k, enum keyring_wish wish,
                                        char why[WHY_SIZE]);

#endif
