/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_MESSAGE_H
#define HF_HANDSHAKE_MESSAGE_H

#include "handshake/handshake.h"

/* The largest message that is encoded during a handshake; larger ones are encoded at freeze. */
#define MESSAGE_ENCODED_MAX (SCRATCH_SIZE + 2048)

/* The shape of message m's body on this connection; NULL: empty. */
const struct layout *message_layout(const struct hs *hs, enum message m);
/* Builds and encodes message m; *sent is all of it, in w's memory or where it was encoded before. */
enum err message_encode(struct hs *hs, enum message m, struct writer *w, struct slice *sent) CHECKED;
/* The peer's next whole message, in place where it lies whole in the record; empty when more bytes are
 * needed. Refused on its header alone when it may not come now or is too long. */
enum err message_next(struct hs *hs, enum message *m, struct slice *message) CHECKED;
void message_drop(struct hs *hs,
                  size_t len); /* the first len bytes of what message_next answered are done with */
/* Decodes, handles and hashes it. */
enum err message_handle(struct hs *hs, enum message m, struct slice message) CHECKED;

#endif
