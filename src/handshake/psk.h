/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_PSK_H
#define HF_HANDSHAKE_PSK_H

#include "handshake/handshake.h"

/* Pre-shared keys of TLS 1.3, RFC 8446 4.2.11: what a client offers, and what both sides write of it. */

enum psk_mode { PSK_KE = 0, PSK_DHE_KE = 1 }; /* RFC 8446 4.2.9 */

struct psk {
    struct slice identity, secret; /* live in the session, or in the config */
    enum hash hash;
    uint32_t age;                        /* obfuscated, RFC 8446 4.2.11.1; of an external key 0 */
    const char *binder;                  /* RFC 8446 7.1, RFC 9258 5.2: the label of its key */
    const struct external_psk *external; /* NULL: a session's */
};
#define PSKS_MAX (1 + EXTERNAL_OFFERED_MAX)
/* More identities than these a server passes over. */
#define PSKS_LOOKED_AT 16

struct psk psk_of_session(const struct session *s);
struct psk psk_of_external(const struct external_psk *psk);
/* In the order of the extension: a session's first. The same for all that ask during one ClientHello. */
size_t psk_offered(const struct hs *hs, struct psk list[PSKS_MAX]);
/* Bytes of the whole extension pre_shared_key; 0: none is offered. */
size_t psk_extension_size(const struct hs *hs);
/* Bytes of the binders behind the identities, with their length: what a binder is not over. */
size_t psk_binders_size(const struct psk *list, size_t count);

/* One of a server's look at the extension: the i-th identity and its binder; false past the last. */
bool psk_at(const struct hs *hs, size_t i, struct slice *identity, struct slice *binder);
/* Whether a way to use a pre-shared key is in common: the modes that the client named, and ours. */
bool psk_mode_fits(const struct hs *hs);
/* Whether this server resumes sessions at all. */
bool psk_resumes(const struct hs *hs);

/* ---- tickets: remember.c ---- */
/* A ticket's session, RFC 8446 4.6.1: to the server's store, as far as it has an ID. */
enum err remember_ticket(const struct hs *hs, struct session *s) CHECKED;
/* What the application has to say of the sessions of this connection. */
struct slice negotiated_note(const struct negotiated *n);
enum err forget_id(const struct config *c, struct slice id, int64_t now); /* often the last that is done */

#endif
