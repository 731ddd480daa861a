/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_QUIC_H
#define HF_TESTS_SUPPORT_QUIC_H

#include <handfast/unstable/quic.h>

#include "pair.h"

/* What a QUIC stack does with a handshake, without packets: CRYPTO bytes by level, and the secrets. */
#define QUIC_LEVELS 4
struct quic_secret {
    bool there;
    uint16_t suite;
    size_t len;
    uint8_t bytes[64];
};
struct quic_end {
    hf_conn *conn;
    struct test_bytes out[QUIC_LEVELS]; /* taken over from the handshake, not yet delivered */
    struct quic_secret reads[QUIC_LEVELS], writes[QUIC_LEVELS];
    char order[256]; /* "r2 w2 …": secrets as they came; "*": complete */
};

/* A config of pair.h for QUIC, speaking h3. */
hf_config *quic_config(hf_config *config);
/* Freezes the config where it is not; the parameters are a text. */
void quic_open(struct quic_end *end, hf_config *config, const char *name, const char *parameters);
void quic_close(struct quic_end *end);
/* Secrets and bytes that the handshake has for the stack now. */
void quic_collect(struct quic_end *end);
/* All that waits at from goes to `to`, lowest level first; the last answer of hf_quic_push. */
hf_err quic_carry(struct quic_end *from, struct quic_end *to);
/* Both ways until nothing moves. */
void quic_converse(struct quic_end *a, struct quic_end *b);
/* Both complete, with the same secrets in the order of RFC 9001 4.1.5, none left over. */
void quic_assert_complete(const struct quic_end *client, const struct quic_end *server);
/* end failed by this row, and says so to its peer by this number. */
void quic_assert_refused(const struct quic_end *end, hf_err row, uint64_t error);

/* ---- both ends, ours ---- */
struct quic_two {
    hf_config *configs[2];
    struct quic_end client, server;
};
struct quic_two quic_two_of(hf_config *client, hf_config *server); /* takes the configs */
struct quic_two quic_two_new(void);                                /* of pair.h's, for QUIC */
void quic_two_free(struct quic_two *t);

/* ---- a message on its way ---- */
/* Of the extensions of the ClientHello (at the start) or EncryptedExtensions (likewise): where the body of
 * this one begins, and its length; NULL: it is not there. */
uint8_t *quic_extension(struct test_bytes *message, uint16_t code, size_t *len);
/* Takes it out. */
void quic_remove_extension(struct test_bytes *message, uint16_t code);

#endif
