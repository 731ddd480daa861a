/* SPDX-License-Identifier: MIT */
#ifndef HF_FUZZ_QUIC_DRIVE_H
#define HF_FUZZ_QUIC_DRIVE_H

#include <handfast/unstable/quic.h>

#include "peers.h"

/* What a QUIC stack does with a handshake, RFC 9001 4, without packets; what holds for every input is
 * checked. */

/* Bytes of CRYPTO frames of that level that arrived, in pieces of so many, each memory of its own. */
void quic_take(hf_conn *conn, hf_quic_level level, struct slice bytes, size_t piece);
/* All there is to say goes to the other; heard is told of it before (may be NULL). */
typedef void quic_heard(hf_quic_level level, struct slice bytes);
size_t quic_carry(hf_conn *from, hf_conn *to, quic_heard *heard);
void quic_converse(hf_conn *client, hf_conn *server);
/* What is to be sent is thrown away. */
void quic_drop(hf_conn *conn);

#endif
