/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_CERTIFICATE_TYPE_H
#define HF_HANDSHAKE_CERTIFICATE_TYPE_H

#include "handshake/handshake.h"

/*
 * Certificate types, RFC 7250: what each side shows is an X.509 chain or a raw public key, agreed for the two
 * sides apart. A config without a raw key of its own provides none, and one that trusts none takes none.
 */
#define CERTIFICATE_TYPES_MAX 2
struct certificate_types {
    uint8_t type[CERTIFICATE_TYPES_MAX];
    uint8_t count;
};
enum certificate_type identity_type(const struct identity *identity);
/* What this config can show, in the order in which its identities were added; and what it takes of a peer,
 * raw keys first: who lists keys one by one means them. */
struct certificate_types certificate_types_provided(const struct config *c);
struct certificate_types certificate_types_taken(const struct config *c);
bool certificate_types_have(const struct certificate_types *t, uint8_t type);

/* Server: whether the client takes what this identity shows; and whether it does of any. */
bool certificate_type_fits(const struct hs *hs, const struct identity *identity);
bool certificate_types_meet(const struct hs *hs);
/* Server, once the identity is chosen and it is known whether the client is asked: what each side shows. */
enum err certificate_types_choose(struct hs *hs) CHECKED;
/* The same where a pre-shared key took the place of certificates: what the client shows if it is asked later.
 */
enum err certificate_types_choose_later(struct hs *hs) CHECKED;
/* Server: whether a session made with these types is one for this hello. */
bool certificate_types_resume(const struct hs *hs, const struct session *s);
/* Both: what a session that is resumed was made with. */
void certificate_types_resumed(struct hs *hs);

/* The peer's raw key against the keys that are trusted: hs->verdict. */
enum err raw_key_judge(struct hs *hs) CHECKED;

#endif
