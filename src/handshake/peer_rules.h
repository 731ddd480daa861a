/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_PEER_RULES_H
#define HF_HANDSHAKE_PEER_RULES_H

#include "crypto/crypto.h"

/* Which peers are let in, among those whose certificates are valid. */
struct peer_rules; /* immutable */
/* From "dns:*.example,serial:0a1b"; E_UNKNOWN_NAME with the rule at fault in *wrong. "" gives NULL: all are
 * let in. */
enum err peer_rules_read(const char *text, struct peer_rules **out, struct slice *wrong) CHECKED;
void peer_rules_free(struct peer_rules *r);                                        /* NULL is allowed */
bool peer_rules_allow(const struct peer_rules *r, const struct certificate *leaf); /* r NULL: true */

/* The i-th name of a certificate as rules and indexes spell it: "dns:client.example", "serial:0a1b". False
 * past the last. What does not fit is passed over. */
#define PEER_NAME_MAX 300
bool peer_name(const struct certificate *leaf, size_t i, char out[PEER_NAME_MAX]);
/* A name as a person writes it ("serial:0A:1B", "dns:Client.example") in that spelling; false: it is none. */
bool peer_name_normalize(const char *name, char out[PEER_NAME_MAX]);

#endif
