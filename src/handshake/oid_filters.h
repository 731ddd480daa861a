/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_OID_FILTERS_H
#define HF_HANDSHAKE_OID_FILTERS_H

#include "crypto/crypto.h"

/* OIDFilter filters<0..2^16-1>, RFC 8446 4.2.5: each an OID, DER, and the DER of values, or nothing. */
#define OID_FILTERS_MAX 32
/* Lengths that add up, and an OID in each. */
bool oid_filters_are_sound(struct slice filters);
/* Not too many, and none twice: of filters that are sound. */
bool oid_filters_are_apart(struct slice filters);
/* Whether the certificate meets all of them that are known; those of extensions that nobody here knows are
 * passed over. Of filters that are sound. A raw public key has no extensions, and none is asked of it. */
bool oid_filters_met(struct slice filters, const struct certificate *c);

#endif
