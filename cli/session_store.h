/* SPDX-License-Identifier: MIT */
#ifndef CLI_SESSION_STORE_H
#define CLI_SESSION_STORE_H

#include <handfast/store.h>

#include "cli/secret_file.h"

/* The store that --session-store and what belongs to it ask for. EXIT_WELL, or another code after having said
 * why not. */
int session_store_open(const struct settings *s, hf_store **out);
/* --session-store names one that other processes can reach. */
bool session_store_is_shared(const struct settings *s);
/* --session-kek. EXIT_WELL, or EXIT_USAGE after having said why not. */
int session_kek_read(const struct settings *s, uint8_t key[SECRET_KEY_SIZE]);

#endif
