/* SPDX-License-Identifier: MIT */
#ifndef HF_SESSION_COOKIE_H
#define HF_SESSION_COOKIE_H

#include "session/keyring.h"

/*
 * A cookie of HelloRetryRequest, RFC 8446 4.2.2: what a server would have to remember of a ClientHello,
 * sealed and given to the client to bring along. It opens under the keys, the context and the binding it was
 * made with; the epoch bounds its life, and its own expiry does so closer.
 */
#define COOKIE_PLAIN_MAX 160
#define COOKIE_SIZE_MAX (4 + 16 + COOKIE_PLAIN_MAX + 16)
#define COOKIE_BINDING_MAX 64

/* E_BAD_KEYRING: no epoch makes anything now. */
enum err cookie_seal(const struct sealing *by, struct slice binding, struct slice plain,
                     struct writer *w) CHECKED;
/* E_BAD_COOKIE where it does not open. */
enum err cookie_open(const struct sealing *by, struct slice binding, struct slice cookie,
                     struct writer *plain) CHECKED;

#endif
