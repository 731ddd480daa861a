/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_DESCRIBE_H
#define HF_WIRE_DESCRIBE_H

#include "wire/extension_bodies.h"

/*
 * A message told field by field, for people: from the same rows that encode and decode it. Nothing here is on
 * the way of a handshake, and no bytes can do harm: what is malformed is told as such.
 */
enum described_kind {
    DESCRIBED_GROUP, /* its members follow, one deeper; number: how many elements a list has */
    DESCRIBED_EXTENSION,
    DESCRIBED_NUMBER,
    DESCRIBED_BYTES,
    DESCRIBED_TEXT,
    DESCRIBED_MALFORMED,
};
struct described {
    enum described_kind kind;
    enum privacy privacy;
    unsigned depth;
    const char *name;
    uint64_t number;
    const char *text; /* never NULL */
    const char *rfc;
    struct slice bytes;            /* without length prefix */
    size_t offset, length;         /* in the message */
    const struct meaning *meaning; /* of its row */
};
typedef void describer(void *arg, const struct described *d);
/* What the shape of a message depends on, beside its type. */
struct setting {
    uint16_t version, suite; /* agreed; 0: not yet, or not known */
    bool from_client;
    bool raw_key; /* its sender shows a raw public key, RFC 7250 */
};
/* A whole message with its header, as far as it goes. */
void describe_message(struct slice message, const struct setting *setting, describer *tell, void *arg);
/* Something that is no handshake message, by its shape: offsets count from its first byte. */
void describe_struct(const struct layout *l, struct slice bytes, describer *tell, void *arg);
/* The shape of its body; NULL: empty, or not known. */
const struct layout *message_shape(struct slice message, const struct setting *setting);

/* ---- describe_text.c ---- */
/* RFC 8446 4.1.4: a ServerHello by its type, told by its random. */
bool is_hello_retry_request(struct slice message);
#define DESCRIBED_TEXT_SIZE 320
/* What a number or bytes stand for; "" when there is nothing to say. room: DESCRIBED_TEXT_SIZE bytes. */
const char *described_number_text(const struct meaning *m, uint32_t number);
const char *described_bytes_text(const struct meaning *m, struct slice bytes, char *room);
/* Printable, cut between characters: what others wrote does no harm on a terminal. */
const char *described_clean(struct slice bytes, char *room);

#endif
