/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_FIT_H
#define HF_HANDSHAKE_FIT_H

#include "crypto/crypto.h"

/* What a certificate's key can do for a cipher suite: RFC 5246 7.4.2, RFC 4492 2, RFC 8422 5.3. */

/* What the suite has the server's key do; a suite without a certificate asks nothing of it. */
enum key_use suite_key_use(const struct suite *s);
/* Whether the key is of the right kind, its keyUsage allows it and, for static ECDH, the right kind of key
 * signed it. */
bool certificate_serves(const struct certificate *leaf, const struct suite *s);
/* A client certificate that authenticates by static ECDH and not by a signature: RFC 4492 3.2, 3.3. */
bool certificate_is_fixed_ecdh(const struct certificate *leaf, const struct suite *s, uint16_t server_group);

#endif
