/* SPDX-License-Identifier: MIT */
#ifndef CLI_RAW_KEYS_H
#define CLI_RAW_KEYS_H

#include "cli/cli.h"

/* Raw public keys, RFC 7250: --raw-key and --trust-key. EXIT_WELL, or an exit code after having said why. */
int raw_keys_set(hf_config *config, const struct settings *s);
/* ,"peer_raw_key_sha256":"HEX" where the peer showed one. */
void raw_keys_report(struct text *out, const hf_summary *n);

#endif
