/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_HOST_NAME_H
#define HF_HANDSHAKE_HOST_NAME_H

#include "base/slice.h"

/* Names of hosts as server_name may carry them, RFC 6066 3: ASCII, without a trailing dot, and no address. */

/* NULL when it is one, else what is wrong with it, for people. Addresses in dotted form pass: ask
 * is_ip_literal first. */
const char *host_name_problem(struct slice name);
/* The same for what a client is told to ask for: an address is fine, and so is a dot at the end. */
const char *asked_name_problem(struct slice name);
/* An IPv4 or IPv6 address as inet_pton(3) takes it. */
bool is_ip_literal(struct slice name);
/* Whether this is what Punycode (RFC 3492) makes of some text that is not all ASCII: what stands behind
 * "xn--" in an A-label. */
bool is_punycode(struct slice text);

#endif
