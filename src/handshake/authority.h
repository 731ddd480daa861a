/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_AUTHORITY_H
#define HF_HANDSHAKE_AUTHORITY_H

#include "handshake/config.h"

/* How trusted_ca_keys names CAs, RFC 6066 6: a client its trust anchors, a server what its chains lead to. */
enum identifier_type { CA_PRE_AGREED, CA_KEY_SHA1_HASH, CA_X509_NAME, CA_CERT_SHA1_HASH };

/* Replaces *out, which holds nothing; authority_wipe it. */
enum err authority_of(const struct certificate *c, struct authority *out) CHECKED;
void authority_wipe(struct authority *a);
void authorities_wipe(struct identity *identity); /* all of them, and their memory */
/* One TrustedAuthority of a client's list. */
enum err authority_encode(const struct authority *a, enum identifier_type type, struct buffer *out) CHECKED;
/* Whether it is a trusted_authorities_list; one type that is not known leaves no way past it. */
bool authorities_sound(struct slice list);
/* Whether the list names something that this chain leads to. Entries beyond the first 256 are not looked at.
 */
bool authorities_name(struct slice list, const struct identity *identity);
/* The same of a list of names, as TLS 1.3 has it: RFC 8446 4.2.4. */
bool authority_names_fit(struct slice names, const struct identity *identity);

#endif
