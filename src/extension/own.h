/* SPDX-License-Identifier: MIT */
#ifndef HF_EXTENSION_OWN_H
#define HF_EXTENSION_OWN_H

#include "handshake/handshake.h"

/* Extensions of the application's own, registered on the config: bytes that one side says and the other
 * reads. Nothing here can change what is negotiated. */

/* All of a client's; those of a server's that the client offered. */
enum err own_offer(struct hs *hs, struct writer *w) CHECKED;
enum err own_answer(struct hs *hs, struct writer *w) CHECKED;
/* Index of an extension of this code in config->own; own_count when there is none. */
size_t own_of(const struct config *c, uint16_t code);
/* The peer's extension i: kept, or E_MISPLACED_EXTENSION. */
enum err own_read(struct hs *hs, size_t i, struct slice body) CHECKED;
/* What the peer sent; data NULL: nothing of this code. */
struct slice own_received(const struct negotiated *n, uint16_t code);
/* Whether an application may have this code: none that this library gives a meaning or knows by name. */
bool own_may_be(uint16_t code);

#endif
