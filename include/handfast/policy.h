/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_POLICY_H
#define HANDFAST_POLICY_H

#include <handfast/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A policy is a named and dated set of lists and limits. What a date stands for never changes once released:
 * a change is a new date. "default", "compat" and "all" stand for the newest of their kind, and move on with
 * the library; a config that must stay as it is names the date.
 */
typedef struct hf_policy_entry {
    const char *name; /* IANA's */
    const char *why;  /* a phrase: why it is in the policy; entries for one reason stand together */
    const char *rfc;  /* where it is defined */
} hf_policy_entry;
typedef struct hf_policy_list {
    const hf_policy_entry *entry; /* in order of preference */
    size_t count;
} hf_policy_list;
typedef struct hf_policy {
    const char *name;                  /* "2026-11", "compat-2026-11" */
    const char *alias;                 /* "default", "compat", "all"; NULL: a newer date has it */
    const char *text;                  /* some sentences */
    const char *warning;               /* what is at risk under it; NULL: nothing to warn of */
    uint16_t min_version, max_version; /* 0x0303 is TLS 1.2, 0x0304 is TLS 1.3 */
    hf_policy_list suites, groups, schemes_to_sign, schemes_to_accept;
    bool requires_extended_master_secret; /* RFC 7627 */
    bool cbc_needs_encrypt_then_mac;      /* RFC 7366: CBC without it is refused */
    bool allows_anonymous;                /* names suites that authenticate nobody */
    unsigned min_rsa_bits, min_ec_bits;   /* in certificates */
    unsigned min_dh_bits;                 /* of a server's Diffie-Hellman prime */
} hf_policy;

/* hf_policy_at: i-th policy there is; false past the last. All it points to is constant. Any thread. */
HF_API bool hf_policy_at(size_t i, hf_policy *out);
/* hf_policy_named: by name or alias; HF_UNKNOWN_NAME. */
HF_API hf_err hf_policy_named(const char *name, hf_policy *out) HF_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
