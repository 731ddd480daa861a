/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_GREASE_H
#define HF_HANDSHAKE_GREASE_H

#include "handshake/handshake.h"

/* GREASE, RFC 8701: values that mean nothing, offered so that servers stay used to what they do not know. A
 * server that selects one is refused like any other that selects what was not offered: no list of ours has
 * them. */

/* Draws this ClientHello's values; none when the config does not want them. */
enum err grease_draw(struct hs *hs) CHECKED;
/* One value of this kind, two bytes, where the config wants them. */
void grease_write(const struct hs *hs, enum grease which, struct writer *w);
/* A whole extension nobody knows, with body_len zero bytes in it. */
void grease_write_extension(const struct hs *hs, enum grease which, size_t body_len, struct writer *w);

#endif
