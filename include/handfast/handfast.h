/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_HANDFAST_H
#define HANDFAST_HANDFAST_H

/* Everything an application needs. Read config.h, then conn.h. */
#include <handfast/config.h>
#include <handfast/conn.h>
#include <handfast/early.h>
#include <handfast/error.h>
#include <handfast/flow.h>
#include <handfast/keyring.h>
#include <handfast/policy.h>
#include <handfast/psk.h>
#include <handfast/raw_key.h>
#include <handfast/session.h>
#include <handfast/status.h>
#include <handfast/stream.h>
#include <handfast/supplemental.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HF_VERSION "0.1.0"
/* hf_version: the library's version, "0.1.0". */
HF_API const char *hf_version(void);
/* hf_crypto_version: of the libcrypto in use. */
HF_API const char *hf_crypto_version(void);

#ifdef __cplusplus
}
#endif
#endif
