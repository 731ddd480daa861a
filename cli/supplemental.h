/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUPPLEMENTAL_H
#define CLI_SUPPLEMENTAL_H

#include "cli/cli.h"

/* --supplemental, --user-mapping and what belongs to them: RFC 4680, RFC 4681. */

/* Reads the files and sets the config; EXIT_USAGE after having said what is wrong. */
int supplemental_set(hf_config *config, const struct settings *s, hf_side side);
/* Answers HF_ASK_SUPPLEMENTAL with the files' contents; true when it was asked. */
bool supplemental_reply(hf_conn *conn);
/* What the peer sent, on standard error. */
void supplemental_print(const hf_conn *conn);
/* ,"supplemental":[…],"user_mapping":[…] */
void supplemental_json(struct text *out, const hf_conn *conn);

#endif
