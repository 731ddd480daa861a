/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_EXTERNAL_PSK_H
#define HF_HANDSHAKE_EXTERNAL_PSK_H

#include "crypto/crypto.h"
#include "wire/layout.h"

/*
 * Pre-shared keys that were agreed on elsewhere, RFC 8446 4.2.11, RFC 9257, RFC 9258. A config holds them; a
 * client offers them in the order they were given, a server finds one by its identity, byte by byte.
 */
#define EXTERNAL_PSK_MIN 16          /* RFC 9257 6: at least 128 bits */
#define EXTERNAL_PSK_MAX 64          /* more would only be hashed to less */
#define EXTERNAL_IDENTITY_MAX 512    /* on the wire */
#define EXTERNAL_PSKS_MAX (1u << 17) /* of a server */
/* A client's: as many, and as many bytes of pre_shared_key. */
#define EXTERNAL_OFFERED_MAX 8
#define EXTERNAL_OFFERED_SIZE 2048

struct external_psk {
    struct slice identity, name; /* as sent; and what people call it: RFC 9258's external_identity */
    struct secret key;
    enum hash hash;
    bool imported; /* RFC 9258 */
    uint8_t bytes[];
};
struct external_psks {
    struct external_psk **list;
    size_t count, room;
};

/* One of its own, with a copy of the identity: name lies within it. */
enum err external_psk_new(const struct external_psk *like, struct external_psk **out) CHECKED;
void external_psk_free(struct external_psk *psk); /* wipes; NULL is allowed */
/* A key as it is, RFC 8446 4.2.11. name lies within identity. On failure nothing is added. */
enum err external_psk_add(struct external_psks *all, const struct external_psk *like) CHECKED;
/* A key that is only imported, RFC 9258 5.1: for TLS 1.3 and each KDF that its suites have. */
struct importable_psk {
    struct slice external_identity, context, key;
    enum hash hash; /* RFC 9258 5.1: the one that belongs to the key */
};
enum err external_psk_import(struct external_psks *all, const struct importable_psk *from) CHECKED;
/* The one of them that is called `identity` on the wire; E_BAD_ARGUMENT where that is no ImportedIdentity of
 * TLS 1.3. Of `from` only key and hash count. */
enum err external_psk_import_as(struct slice identity, const struct importable_psk *from,
                                struct external_psk **out) CHECKED;
/* The parts of an ImportedIdentity, where it is one: RFC 9258 5.1. */
bool external_psk_is_imported(struct slice identity, struct importable_psk *parts);
/* By identity, for external_psk_find; *twice: one that is there twice, or NULL. */
void external_psks_sort(struct external_psks *all, const struct external_psk **twice);
const struct external_psk *external_psk_find(const struct external_psks *all, struct slice identity);
void external_psks_free(struct external_psks *all); /* wipes */

#endif
