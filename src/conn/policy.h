/* SPDX-License-Identifier: MIT */
#ifndef HF_CONN_POLICY_H
#define HF_CONN_POLICY_H

#include <handfast/policy.h>

#include "conn/conn.h"

/* ---- policies.c: the table ---- */
extern const hf_policy policies[];
extern const size_t policy_count;

/* ---- policy.c ---- */
/* Everything a policy says, into a config; E_UNKNOWN_NAME, or E_INTERNAL where the table names what is not
 * served; nothing has changed then. */
enum err policy_apply(struct config *c, const char *name) CHECKED;

#endif
